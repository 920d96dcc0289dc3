/*
 * currency.h
 *		What a currency code may look like (format-1.md, 1).
 */
#ifndef WALLET_CURRENCY_H
#define WALLET_CURRENCY_H

#include "core/types.h"

/* False if the bytes cannot be a currency code. */
extern bool wallet_currency_from_bytes(WalletBytes bytes, WalletCurrency *currency);
extern int	wallet_currency_length(const WalletCurrency *currency);

#endif
