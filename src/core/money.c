/*
 * money.c
 *		Checked arithmetic on minor units, and base-10000 digits to and fro.
 */
#include "core/money.h"

#define BASE 10000

/* 10^0 ... 10^19 fit 64 bits. */
static const uint64_t powers[] =
{
	UINT64_C(1), UINT64_C(10), UINT64_C(100), UINT64_C(1000), UINT64_C(10000),
	UINT64_C(100000), UINT64_C(1000000), UINT64_C(10000000),
	UINT64_C(100000000), UINT64_C(1000000000), UINT64_C(10000000000),
	UINT64_C(100000000000), UINT64_C(1000000000000),
	UINT64_C(10000000000000), UINT64_C(100000000000000),
	UINT64_C(1000000000000000), UINT64_C(10000000000000000),
	UINT64_C(100000000000000000), UINT64_C(1000000000000000000),
	UINT64_C(10000000000000000000)
};

/* 10^n, 0 <= n <= 38. */
static wallet_uint128
power_of_ten(int n)
{
	if (n <= 19)
		return powers[n];
	return (wallet_uint128) powers[19] * powers[n - 19];
}

static wallet_int128
subtract_saturating(wallet_int128 a, wallet_int128 b)
{
	wallet_int128 result;
	wallet_int128 most = (wallet_int128) (~(wallet_uint128) 0 >> 1);

	if (!__builtin_sub_overflow(a, b, &result))
		return result;
	return b > 0 ? -most : most;
}

/*
 * Where balance and floor have the same sign their difference fits; else the
 * floor comes last, and pushes further what has saturated.
 */
wallet_int128
wallet_money_available(wallet_int128 balance, wallet_int128 held, wallet_int128 floor)
{
	if ((balance < 0) == (floor < 0))
		return subtract_saturating(subtract_saturating(balance, floor), held);
	return subtract_saturating(subtract_saturating(balance, held), floor);
}

/* Does the digit whose unit is 10^power hold decimals beyond the last minor unit? */
static bool
digit_has_excess(int digit, int power)
{
	if (power >= 0 || digit == 0)
		return false;
	if (power <= -4)
		return true;
	return (uint64_t) digit % powers[-power] != 0;
}

/* acc := acc * 10^power + digit, false beyond 38 digits. */
static bool
accumulate(wallet_uint128 *acc, int power, uint64_t digit)
{
	wallet_uint128 most = (wallet_uint128) wallet_money_max();

	if (*acc != 0)
	{
		if (power > 38 || *acc > most / power_of_ten(power))
			return false;
		*acc *= power_of_ten(power);
	}
	if (digit > most - *acc)
		return false;
	*acc += digit;
	return true;
}

/*
 * The same sum in 64 bits, for numbers that have at most 18 digits in minor
 * units: nearly all money, at a third of the cost.  Decimals in excess were
 * ruled out.
 */
static uint64_t
sum_small(const int16_t *digits, int ndigits, int weight, int exponent)
{
	uint64_t	sum = 0;
	int			power = 0;

	for (int i = 0; i < ndigits; i++)
	{
		power = 4 * (weight - i) + exponent;
		if (power <= -4)
			break;
		if (power < 0)
			return sum * powers[4 + power] + (uint64_t) digits[i] / powers[-power];
		sum = sum * BASE + (uint64_t) digits[i];
	}
	return power > 0 ? sum * powers[power] : sum;
}

WalletStatus
wallet_money_from_digits(const int16_t *digits, int ndigits, int weight,
						 bool negative, int exponent, wallet_int128 *value)
{
	wallet_uint128 acc = 0;
	int			power = 0;

	for (int i = 0; i < ndigits; i++)
	{
		if (digit_has_excess(digits[i], 4 * (weight - i) + exponent))
			return WALLET_invalid_scale;
	}
	if (weight < 5 && 4 * (weight + 1) + exponent <= 18)
	{
		acc = sum_small(digits, ndigits, weight, exponent);
		*value = negative ? -(wallet_int128) acc : (wallet_int128) acc;
		return WALLET_success;
	}

	for (int i = 0; i < ndigits; i++)
	{
		power = 4 * (weight - i) + exponent;	/* of this digit's unit, in
												 * minor units */
		if (power <= -4)
			break;				/* only zeros from here on */
		if (power < 0)
		{
			if (!accumulate(&acc, 4 + power, (uint64_t) digits[i] / powers[-power]))
				return WALLET_amount_overflow;
			break;
		}
		if (!accumulate(&acc, 4, (uint64_t) digits[i]))
			return WALLET_amount_overflow;
	}
	if (power > 0 && !accumulate(&acc, power, 0))
		return WALLET_amount_overflow;

	*value = negative ? -(wallet_int128) acc : (wallet_int128) acc;
	return WALLET_success;
}

/*
 * Writes the base-10000 digits of value so that they end at end[-1], and
 * returns the first.  64-bit division where it serves: 128-bit division costs
 * ten times as much, and nearly all money fits.
 */
static int16_t *
write_digits(wallet_uint128 value, int16_t *end)
{
	while (value > UINT64_MAX)
	{
		*--end = (int16_t) (value % BASE);
		value /= BASE;
	}
	for (uint64_t rest = (uint64_t) value; rest > 0; rest /= BASE)
		*--end = (int16_t) (rest % BASE);
	return end;
}

static void
split(wallet_uint128 value, int exponent, wallet_uint128 *whole, wallet_uint128 *fraction)
{
	if (value <= UINT64_MAX && exponent <= 19)
	{
		*whole = (uint64_t) value / powers[exponent];
		*fraction = (uint64_t) value % powers[exponent];
	}
	else
	{
		*whole = value / power_of_ten(exponent);
		*fraction = value % power_of_ten(exponent);
	}
}

int
wallet_money_to_digits(wallet_int128 value, int exponent, int16_t *digits, int *weight)
{
	int16_t		buffer[24] = {0};	/* 12 digits before the point, 12 after */
	int16_t    *const point = buffer + 12;
	wallet_uint128 whole;
	wallet_uint128 fraction;
	int			pad = (4 - exponent % 4) % 4;
	int16_t    *first;
	int16_t    *last;

	split((wallet_uint128) (value < 0 ? -value : value), exponent, &whole, &fraction);
	first = write_digits(whole, point);
	last = point + (exponent + pad) / 4;
	(void) write_digits(fraction * powers[pad], last);

	while (first < last && *first == 0)
		first++;
	while (last > first && last[-1] == 0)
		last--;

	*weight = first == last ? 0 : (int) (point - first) - 1;
	memcpy(digits, first, (size_t) (last - first) * sizeof(int16_t));
	return (int) (last - first);
}
