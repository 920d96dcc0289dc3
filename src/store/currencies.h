/*
 * currencies.h
 *		wallet.currency: codes and their number of decimals.
 */
#ifndef WALLET_CURRENCIES_H
#define WALLET_CURRENCIES_H

#include "postgres.h"

#include "core/types.h"
#include "utils/snapshot.h"

/* The exponent of a code, a user's definition before a built-in one; -1 if unknown. */
extern int	wallet_currencies_exponent(const WalletCurrency *currency, Snapshot snapshot);

/*
 * Has a user defined the code, whoever, committed or not?  Waits for a transaction that
 * is defining it.
 */
extern bool wallet_currencies_taken(const WalletCurrency *currency);

/* False, and nothing inserted, if a user's definition of the code exists or is being made. */
extern bool wallet_currencies_insert(const WalletCurrency *currency, int exponent, int64 event_id);

#endif
