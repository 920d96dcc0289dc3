/*
 * iso4217.h
 *		The built-in currencies.
 */
#ifndef WALLET_ISO4217_H
#define WALLET_ISO4217_H

#include "core/types.h"

/* Exponent of a built-in code, -1 if it is none. */
extern int	wallet_iso4217_exponent(const WalletCurrency *currency);

/* How many codes are built in. */
extern int	wallet_iso4217_count(void);

/* The i-th code, in their order. */
extern const char *wallet_iso4217_code(int i);

/* Position of a code in that order, -1 if it is not built in. */
extern int	wallet_iso4217_position(const WalletCurrency *currency);

#endif
