/*
 * opening.h
 *		The opening event of a name, whatever wallet.account says.
 */
#ifndef WALLET_OPENING_H
#define WALLET_OPENING_H

#include "postgres.h"

#include "core/types.h"
#include "utils/snapshot.h"

/* Id of the account that was opened as (name, currency), 0 if none was. */
extern int64 wallet_opening_find(WalletBytes name, const WalletCurrency *currency, Snapshot snapshot);

/* The metadata that its opening still has, palloc'd; 0 if none, or other than its digest says. */
extern Datum wallet_opening_metadata(int64 account, Snapshot snapshot);

#endif
