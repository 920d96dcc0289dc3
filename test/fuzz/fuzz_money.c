/*
 * fuzz_money.c
 *
 * Goal: any digits that become money come back as the same number, in normal
 * form; sums and what is available never leave their ranges.
 *
 * Method: exponent, sign, weight and digits from the bytes; if they are taken,
 * back to digits and compared after zeros at both ends are dropped.
 */
#include <stdlib.h>

#include "core/money.h"

#define DIGITS_MAX 40

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition)
{
	if (!condition)
		abort();
}

static void
normalize(const int16_t **digits, int *ndigits, int *weight)
{
	while (*ndigits > 0 && (*digits)[0] == 0)
	{
		(*digits)++;
		(*ndigits)--;
		(*weight)--;
	}
	while (*ndigits > 0 && (*digits)[*ndigits - 1] == 0)
		(*ndigits)--;
	if (*ndigits == 0)
		*weight = 0;
}

static void
try_arithmetic(wallet_int128 a, wallet_int128 b)
{
	wallet_int128 sum;
	wallet_int128 back;
	wallet_int128 held = b < 0 ? -b : b;

	if (wallet_money_add(a, b, &sum))
		require(wallet_money_in_range(sum) && wallet_money_subtract(sum, b, &back) && back == a);
	else
		require((a > 0) == (b > 0));
	if (wallet_money_subtract(a, b, &sum))
		require(wallet_money_in_range(sum) && wallet_money_add(sum, b, &back) && back == a);
	else
		require((a > 0) != (b > 0));
	require(wallet_money_available(a, 0, a) == 0);
	require(wallet_money_available(a, held, a) == -held);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int16_t		storage[DIGITS_MAX];
	const int16_t *digits = storage;
	int16_t		found[WALLET_MONEY_DIGITS];
	int			ndigits = 0;
	int			weight;
	int			found_weight;
	int			exponent;
	bool		negative;
	wallet_int128 value = 0;
	wallet_int128 again = 0;
	WalletStatus status;

	if (size < 4)
		return 0;
	exponent = data[0] % 31;
	negative = data[1] & 1;
	weight = (int16_t) (data[2] | data[3] << 8);
	if (data[1] & 2)
		weight %= 16;			/* where most of the cases are */
	for (size_t i = 4; i + 1 < size && ndigits < DIGITS_MAX; i += 2)
		storage[ndigits++] = (int16_t) ((data[i] | data[i + 1] << 8) % 10000);

	status = wallet_money_from_digits(digits, ndigits, weight, negative, exponent, &value);
	require(status == WALLET_success || status == WALLET_invalid_scale || status == WALLET_amount_overflow);
	if (status != WALLET_success)
	{
		require(value == 0);
		return 0;
	}
	require(wallet_money_in_range(value) && (value == 0 || (value < 0) == negative));
	normalize(&digits, &ndigits, &weight);
	require(wallet_money_to_digits(value, exponent, found, &found_weight) == ndigits);
	require(found_weight == weight);
	require(ndigits == 0 || memcmp(found, digits, (size_t) ndigits * sizeof(int16_t)) == 0);
	require(wallet_money_from_digits(found, ndigits, found_weight, negative, exponent, &again)
			== WALLET_success && again == value);
	try_arithmetic(value, wallet_money_max() - (value < 0 ? -value : value));
	try_arithmetic(value, value);
	try_arithmetic(value, negative ? -wallet_money_max() : wallet_money_max());
	return 0;
}
