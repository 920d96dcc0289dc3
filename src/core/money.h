/*
 * money.h
 *		Exact money: 128-bit counts of minor units, at most 38 digits, checked.
 *
 * Base-10000 digits are those of PostgreSQL's numeric, so that its values come
 * in and go out without text and without rounding.
 */
#ifndef WALLET_MONEY_H
#define WALLET_MONEY_H

#include "core/types.h"

/* 38 digits, 4 per base-10000 digit, and one partial digit on either side of the point. */
#define WALLET_MONEY_DIGITS 12

/* Largest count of minor units: 10^38 - 1. */
static inline wallet_int128
wallet_money_max(void)
{
	return (wallet_int128) ((wallet_uint128) UINT64_C(10000000000000000000) *
							UINT64_C(10000000000000000000) - 1);
}

static inline bool
wallet_money_in_range(wallet_int128 value)
{
	return value <= wallet_money_max() && value >= -wallet_money_max();
}

/* False, and *sum untouched, when the result is out of range. */
static inline bool
wallet_money_add(wallet_int128 a, wallet_int128 b, wallet_int128 *sum)
{
	wallet_int128 result;

	if (__builtin_add_overflow(a, b, &result) || !wallet_money_in_range(result))
		return false;
	*sum = result;
	return true;
}

static inline bool
wallet_money_subtract(wallet_int128 a, wallet_int128 b, wallet_int128 *difference)
{
	wallet_int128 result;

	if (__builtin_sub_overflow(a, b, &result) || !wallet_money_in_range(result))
		return false;
	*difference = result;
	return true;
}

/*
 * balance - held - floor, exact where it fits 128 bits and saturated beyond:
 * what saturates is more, or less, than any legal amount.
 */
extern wallet_int128 wallet_money_available(wallet_int128 balance, wallet_int128 held,
											wallet_int128 floor);

/*
 * The number sign * SUM digits[i] * 10000^(weight - i), in minor units of
 * 10^-exponent.  invalid_scale if it has more decimals, else amount_overflow if
 * it has more than 38 digits, else success.
 */
extern WalletStatus wallet_money_from_digits(const int16_t *digits, int ndigits,
											 int weight, bool negative,
											 int exponent, wallet_int128 *value);

/*
 * The reverse: no leading and no trailing zero digits, zero has none.  Returns
 * the number of digits; digits has room for WALLET_MONEY_DIGITS.
 */
extern int	wallet_money_to_digits(wallet_int128 value, int exponent,
								   int16_t *digits, int *weight);

#endif
