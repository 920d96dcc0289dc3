/*
 * test_money.c
 *
 * Goal: money enters and leaves without losing a digit, faults are told in the
 * order of the contract (scale before size), and sums stop at 38 digits.
 *
 * Method: values worked out by hand from format-1.md, 1, at every exponent; then
 * random numbers against a reference that knows only strings of decimal digits.
 */
#include "core/money.h"
#include "tap.h"

#define DECIMALS_MAX 400		/* of the reference's strings */

/* 10^n by repeated multiplication: shares nothing with the table under test. */
static wallet_int128
ten_to(int n)
{
	wallet_int128 value = 1;

	while (n-- > 0)
		value *= 10;
	return value;
}

/* 2^127 - 1 */
static wallet_int128
int128_max(void)
{
	return (wallet_int128) (((wallet_uint128) 1 << 127) - 1);
}

static bool
becomes(const int16_t *digits, int ndigits, int weight, bool negative,
		int exponent, wallet_int128 expected)
{
	wallet_int128 value = 4711;

	return wallet_money_from_digits(digits, ndigits, weight, negative, exponent, &value)
		== WALLET_success && value == expected;
}

/* Refused with status, and the result untouched. */
static bool
is_refused(const int16_t *digits, int ndigits, int weight, int exponent, WalletStatus status)
{
	wallet_int128 value = 4711;

	return wallet_money_from_digits(digits, ndigits, weight, false, exponent, &value) == status &&
		wallet_money_from_digits(digits, ndigits, weight, true, exponent, &value) == status &&
		value == 4711;
}

static bool
shows(wallet_int128 value, int exponent, int weight, int ndigits, const int16_t *expected)
{
	int16_t		digits[WALLET_MONEY_DIGITS];
	int			found_weight = 99;

	return wallet_money_to_digits(value, exponent, digits, &found_weight) == ndigits &&
		found_weight == weight &&
		(ndigits == 0 || memcmp(digits, expected, (size_t) ndigits * sizeof(int16_t)) == 0);
}

static void
test_range(void)
{
	wallet_int128 most = ten_to(38) - 1;

	CHECK(wallet_money_max() == most);
	CHECK(wallet_money_in_range(0));
	CHECK(wallet_money_in_range(most));
	CHECK(wallet_money_in_range(-most));
	CHECK(!wallet_money_in_range(most + 1));
	CHECK(!wallet_money_in_range(-most - 1));
	CHECK(!wallet_money_in_range(int128_max()));
	CHECK(!wallet_money_in_range(-int128_max() - 1));
	tap_case("range is +-(10^38 - 1)");
}

static void
test_small_numbers(void)
{
	const int16_t zeros[] = {0, 0, 0};
	const int16_t five[] = {5};
	const int16_t mixed[] = {1234, 5600};	/* 1234.56 */
	const int16_t padded[] = {0, 0, 12, 3400, 0};	/* 0000 0000 0012 . 3400
													 * 0000 */

	for (int exponent = 0; exponent <= 30; exponent++)
	{
		CHECK(becomes(NULL, 0, 0, false, exponent, 0));
		CHECK(becomes(NULL, 0, 0, true, exponent, 0));
		CHECK(becomes(zeros, 3, 0, true, exponent, 0));
		CHECK(becomes(zeros, 3, 20, false, exponent, 0));
		CHECK(becomes(zeros, 3, -20, false, exponent, 0));
		/* 5 major units are 5 * 10^exponent minor units */
		CHECK(becomes(five, 1, 0, false, exponent, 5 * ten_to(exponent)));
		CHECK(becomes(five, 1, 0, true, exponent, -5 * ten_to(exponent)));
	}
	CHECK(becomes(mixed, 2, 0, false, 2, 123456));
	CHECK(becomes(mixed, 2, 0, true, 2, -123456));
	CHECK(becomes(mixed, 2, 0, false, 3, 1234560));
	CHECK(becomes(mixed, 2, 0, false, 6, 1234560000));
	CHECK(becomes(padded, 5, 2, false, 2, 1234));
	CHECK(becomes(padded, 5, 2, false, 4, 123400));
	/* 5 * 10000^2 = 500000000 */
	CHECK(becomes(five, 1, 2, false, 0, 500000000));
	CHECK(becomes(five, 1, 2, false, 1, 5000000000));
	tap_case("digits of small numbers, at every exponent");
}

/* The smallest minor unit, and a tenth of it, at every exponent. */
static void
test_scale(void)
{
	const int16_t ten[] = {10};
	const int16_t uneven[] = {1234};

	for (int exponent = 0; exponent <= 30; exponent++)
	{
		/*
		 * 10^-e lies in base-10000 digit g = ceil(e / 4) after the point, as
		 * 10^(4g - e).
		 */
		int			g = (exponent + 3) / 4;
		int			h = (exponent + 4) / 4; /* the same for e + 1 decimals */
		int16_t		smallest = (int16_t) ten_to(4 * g - exponent);
		int16_t		tenth = (int16_t) ten_to(4 * h - exponent - 1);

		CHECK(becomes(&smallest, 1, -g, false, exponent, 1));
		CHECK(becomes(&smallest, 1, -g, true, exponent, -1));
		CHECK(is_refused(&tenth, 1, -h, exponent, WALLET_invalid_scale));
		CHECK(is_refused(ten, 1, -32768, exponent, WALLET_invalid_scale));
	}
	CHECK(becomes(ten, 1, -1, false, 3, 1));	/* 0.0010 */
	CHECK(is_refused(ten, 1, -1, 2, WALLET_invalid_scale));
	CHECK(becomes(uneven, 1, -1, false, 4, 1234));	/* 0.1234 */
	CHECK(is_refused(uneven, 1, -1, 3, WALLET_invalid_scale));
	CHECK(is_refused(uneven, 1, -1, 0, WALLET_invalid_scale));
	tap_case("one minor unit is taken, a tenth of it is invalid_scale");
}

/* 10^38 - 1 and 10^38 minor units, written as major units. */
static void
test_size(void)
{
	/* exponent 0: 38 nines: 99 9999 * 9, the first digit counts 10000^9 */
	const int16_t nines_0[] = {99, 9999, 9999, 9999, 9999, 9999, 9999, 9999, 9999, 9999};

	/* exponent 2: 36 nines before the point, 2 after */
	const int16_t nines_2[] = {9999, 9999, 9999, 9999, 9999, 9999, 9999, 9999, 9999, 9900};

	/* exponent 3: 35 nines before, 3 after */
	const int16_t nines_3[] = {999, 9999, 9999, 9999, 9999, 9999, 9999, 9999, 9999, 9990};

	/* exponent 30: 8 nines before, 30 = 7 * 4 + 2 after */
	const int16_t nines_30[] = {9999, 9999, 9999, 9999, 9999, 9999, 9999, 9999, 9999, 9900};
	const int16_t zeros_after[] = {99, 9999, 9999, 9999, 9999, 9999, 9999, 9999, 9999, 9999, 0, 0};
	const int16_t one[] = {1};
	wallet_int128 most = ten_to(38) - 1;

	CHECK(becomes(nines_0, 10, 9, false, 0, most));
	CHECK(becomes(nines_0, 10, 9, true, 0, -most));
	CHECK(becomes(zeros_after, 12, 9, false, 0, most));
	CHECK(becomes(nines_2, 10, 8, false, 2, most));
	CHECK(becomes(nines_2, 10, 8, true, 2, -most));
	CHECK(becomes(nines_3, 10, 8, false, 3, most));
	CHECK(becomes(nines_30, 10, 1, false, 30, most));
	CHECK(becomes(nines_30, 10, 1, true, 30, -most));

	/*
	 * the same digits with one decimal more to come: 38 nines are 39 digits
	 * of minor units
	 */
	CHECK(is_refused(nines_0, 10, 9, 1, WALLET_amount_overflow));
	CHECK(is_refused(nines_2, 10, 8, 3, WALLET_amount_overflow));

	for (int exponent = 0; exponent <= 30; exponent++)
	{
		/* 10^38 minor units are 10^(38 - e) major ones, 10^37 a tenth of that */
		int			over = 38 - exponent;
		int			under = 37 - exponent;
		int16_t		over_digit = (int16_t) ten_to(over % 4);
		int16_t		under_digit = (int16_t) ten_to(under % 4);

		CHECK(is_refused(&over_digit, 1, over / 4, exponent, WALLET_amount_overflow));
		CHECK(becomes(&under_digit, 1, under / 4, false, exponent, ten_to(37)));
		CHECK(becomes(&under_digit, 1, under / 4, true, exponent, -ten_to(37)));
		CHECK(is_refused(one, 1, 32767, exponent, WALLET_amount_overflow));
	}
	tap_case("38 nines are taken, 10^38 is amount_overflow");
}

static void
test_scale_before_size(void)
{
	/* 10^40 + 10^-4: both faults in one number */
	const int16_t both[] = {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

	/* 9999 0000 ... with 99.99 behind the point in the middle of a digit */
	const int16_t partial[] = {9999, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9999};

	for (int exponent = 0; exponent <= 3; exponent++)
	{
		CHECK(is_refused(both, 12, 10, exponent, WALLET_invalid_scale));
		CHECK(is_refused(partial, 12, 10, exponent, WALLET_invalid_scale));
	}
	CHECK(is_refused(both, 12, 10, 4, WALLET_amount_overflow));
	CHECK(is_refused(partial, 12, 10, 4, WALLET_amount_overflow));
	tap_case("a number with both faults has too many decimals");
}

static void
test_to_digits(void)
{
	const int16_t one[] = {1};
	const int16_t hundred[] = {100};
	const int16_t mixed[] = {1234, 5600};
	const int16_t seven[] = {7};
	const int16_t gap[] = {1, 0, 1};	/* 1 0000 . 0001 */
	const int16_t nines_1[] = {9, 9999, 9999, 9999, 9999, 9999, 9999, 9999, 9999, 9999, 9000};

	for (int exponent = 0; exponent <= 30; exponent++)
		CHECK(shows(0, exponent, 0, 0, NULL));
	CHECK(shows(1, 2, -1, 1, hundred)); /* 0.01 = 100 / 10000 */
	CHECK(shows(-1, 2, -1, 1, hundred));
	CHECK(shows(123456, 2, 0, 2, mixed));
	CHECK(shows(10000, 0, 1, 1, one));
	CHECK(shows(100000000, 0, 2, 1, one));
	CHECK(shows(-7, 0, 0, 1, seven));
	/* 10^-30 = 100 * 10^-32, the eighth digit after the point */
	CHECK(shows(1, 30, -8, 1, hundred));
	/* 10^-20 = 10000^-5 */
	CHECK(shows(1, 20, -5, 1, one));
	CHECK(shows(ten_to(30), 30, 0, 1, one));
	CHECK(shows(100000001, 4, 1, 3, gap));
	/* 37 nines before the point, one after: the most digits there can be, 11 */
	CHECK(shows(ten_to(38) - 1, 1, 9, 11, nines_1));
	CHECK(shows(1 - ten_to(38), 1, 9, 11, nines_1));
	tap_case("minor units as digits");
}

static void
test_add_and_subtract(void)
{
	wallet_int128 most = ten_to(38) - 1;
	wallet_int128 result = 4711;

	CHECK(!wallet_money_add(most, 1, &result) && result == 4711);
	CHECK(!wallet_money_add(-most, -1, &result) && result == 4711);
	CHECK(!wallet_money_subtract(-most, 1, &result) && result == 4711);
	CHECK(!wallet_money_subtract(most, -1, &result) && result == 4711);
	/* 2 * (10^38 - 1) > 2^127: wraps unless it is looked for */
	CHECK(!wallet_money_add(most, most, &result) && result == 4711);
	CHECK(!wallet_money_add(-most, -most, &result) && result == 4711);
	CHECK(!wallet_money_subtract(-most, most, &result) && result == 4711);
	CHECK(!wallet_money_subtract(most, -most, &result) && result == 4711);
	CHECK(!wallet_money_add(int128_max(), int128_max(), &result) && result == 4711);

	CHECK(wallet_money_add(most - 1, 1, &result) && result == most);
	CHECK(wallet_money_add(most, -most, &result) && result == 0);
	CHECK(wallet_money_add(most, 0, &result) && result == most);
	CHECK(wallet_money_add(-most + 1, -1, &result) && result == -most);
	CHECK(wallet_money_subtract(most, most, &result) && result == 0);
	CHECK(wallet_money_subtract(-most, -most, &result) && result == 0);
	CHECK(wallet_money_subtract(0, most, &result) && result == -most);
	CHECK(wallet_money_subtract(0, -most, &result) && result == most);
	CHECK(wallet_money_subtract(12, 30, &result) && result == -18);
	tap_case("sums and differences at the bounds");
}

/* Whole numbers too large for 128 bits, as high * 10^20 + low. */
static bool
available_exactly(wallet_int128 balance, wallet_int128 held, wallet_int128 floor,
				  wallet_int128 *exact)
{
	wallet_int128 unit = ten_to(20);
	wallet_int128 high = balance / unit - held / unit - floor / unit;
	wallet_int128 low = balance % unit - held % unit - floor % unit;
	wallet_int128 product;

	return !__builtin_mul_overflow(high, unit, &product) &&
		!__builtin_add_overflow(product, low, exact);
}

static void
test_available(void)
{
	wallet_int128 most = ten_to(38) - 1;
	wallet_int128 balances[] = {-most, -most + 1, -1, 0, 1, most - 1, most};
	wallet_int128 helds[] = {0, 1, most - 1, most};

	CHECK(wallet_money_available(100, 30, 20) == 50);
	CHECK(wallet_money_available(100, 30, -20) == 90);
	CHECK(wallet_money_available(10, 30, 20) == -40);
	CHECK(wallet_money_available(most, 0, most) == 0);
	CHECK(wallet_money_available(-most, 0, -most) == 0);
	CHECK(wallet_money_available(most, most, most) == -most);
	CHECK(wallet_money_available(most, most, -most) == most);
	tap_case("available = balance - held - floor");

	/*
	 * 2 * (10^38 - 1) does not fit: more than any amount is there, or less
	 * than none.
	 */
	CHECK(wallet_money_available(most, 0, -most) >= most);
	CHECK(wallet_money_available(most, 0, -most) == int128_max());
	CHECK(wallet_money_available(-most, most, 0) < -most);
	CHECK(wallet_money_available(-most, most, most) < -most);
	CHECK(wallet_money_available(-most, 0, most) < -most);
	tap_case("what does not fit 128 bits saturates to its own side");

	for (size_t b = 0; b < 7; b++)
		for (size_t h = 0; h < 4; h++)
			for (size_t f = 0; f < 7; f++)
			{
				wallet_int128 exact;
				wallet_int128 found = wallet_money_available(balances[b], helds[h], balances[f]);

				if (available_exactly(balances[b], helds[h], balances[f], &exact))
					CHECK((found < 0) == (exact < 0) && (found == 0) == (exact == 0));
			}
	tap_case("the sign of what is available is right in every corner");

	for (size_t b = 0; b < 7; b++)
		for (size_t h = 0; h < 4; h++)
			for (size_t f = 0; f < 7; f++)
			{
				wallet_int128 exact;
				wallet_int128 found = wallet_money_available(balances[b], helds[h], balances[f]);

				if (available_exactly(balances[b], helds[h], balances[f], &exact))
					CHECK(found == exact);
				else
					CHECK(found > most || found < -most);
			}
	tap_case("available is exact where it fits 128 bits, in every corner");
}

/* --- the reference: numbers as strings of decimal digits --- */

static WalletStatus
reference_from_digits(const int16_t *digits, int ndigits, int weight, int exponent, char *minor)
{
	char text[	DECIMALS_MAX * 2] = "";
	int			kept = 4 * (weight + 1) + exponent; /* characters that are
													 * minor units */
	int			length;
	char	   *first = text;

	for (int i = 0; i < ndigits; i++)
	{
		text[		4 * i] = (char) ('0' + digits[i] / 1000);
		text[		4 * i + 1] = (char) ('0' + digits[i] / 100 % 10);
		text[		4 * i + 2] = (char) ('0' + digits[i] / 10 % 10);
		text[		4 * i + 3] = (char) ('0' + digits[i] % 10);
	}
	length = 4 * ndigits;
	for (int i = kept < 0 ? 0 : kept; i < length; i++)
	{
		if (text[i] != '0')
			return WALLET_invalid_scale;
	}
	for (; length < kept; length++)
		text[		length] = '0';
	text[		kept < 0 ? 0 : kept] = '\0';

	while (*first == '0')
		first++;
	if (strlen(first) > 38)
		return WALLET_amount_overflow;
	strcpy(minor, *first ? first : "0");
	return WALLET_success;
}

static void
text_of(wallet_int128 value, char *text)
{
	char		reversed[48];
	int			n = 0;

	if (value < 0)
		value = -value;
	do
	{
		reversed[n++] = (char) ('0' + (int) (value % 10));
		value /= 10;
	} while (value > 0);
	while (n > 0)
		*text ++= reversed[--n];
	*text = '\0';
}

/* Pads until the point lies between groups of four, then drops groups of zeros. */
static int
reference_to_digits(const char *minor, int exponent, int16_t *digits, int *weight)
{
	char text[	128];
	int			behind = exponent;
	int			before;
	int			n = 0;
	int			first = 0;

	/* at least one digit before the point, and whole groups on both sides */
	snprintf(text, sizeof(text), "%s%s", "00000000000000000000000000000000", minor);
	while (behind % 4 != 0)
	{
		strcat(text, "0");
		behind++;
	}
	before = (int) strlen(text) - behind;
	while (before % 4 != 0)
	{
		memmove(text +1, text, strlen(text) + 1);
		text[		0] = '0';

		before++;
	}
	for (size_t i = 0; i < strlen(text); i += 4)
	{
		char		group[5];

		memcpy(group, text +i, 4);
		group[4] = '\0';
		digits[n++] = (int16_t) atoi(group);
	}
	*weight = before / 4 - 1;
	while (first < n && digits[first] == 0)
	{
		first++;
		(*weight)--;
	}
	while (n > first && digits[n - 1] == 0)
		n--;
	if (n == first)
		*weight = 0;
	memmove(digits, digits + first, (size_t) (n - first) * sizeof(int16_t));
	return n - first;
}

static void
test_random_from_digits(void)
{
	int			seen[3] = {0};

	for (int round = 0; round < 200000; round++)
	{
		int16_t		digits[16];
		int			ndigits = tap_pick(13);
		int			weight = tap_pick(24) - 12;
		int			exponent = tap_pick(31);
		bool		negative = tap_chance(50);
		char		expected[DECIMALS_MAX * 2] = "";
		char		found[64] = "";
		wallet_int128 value = 0;
		WalletStatus status;
		WalletStatus wanted;

		for (int i = 0; i < ndigits; i++)
			digits[i] = (int16_t) (tap_chance(40) ? 0 : tap_chance(30) ? 1000 * tap_pick(10)
								   : tap_pick(10000));
		wanted = reference_from_digits(digits, ndigits, weight, exponent, expected);
		status = wallet_money_from_digits(digits, ndigits, weight, negative, exponent, &value);
		seen[wanted == WALLET_success ? 0 : wanted == WALLET_invalid_scale ? 1 : 2]++;
		if (!CHECK(status == wanted) || status != WALLET_success)
			continue;
		text_of(value, found);
		CHECK(strcmp(found, expected) == 0);
		CHECK(value == 0 || negative == (value < 0));
	}
	CHECK(seen[0] > 1000 && seen[1] > 1000 && seen[2] > 1000);
	tap_case("200,000 random numbers come in as the reference says");
}

static void
test_random_to_digits(void)
{
	for (int round = 0; round < 100000; round++)
	{
		int			exponent = tap_pick(31);
		wallet_int128 value = (wallet_int128) (tap_random() >> tap_pick(64));
		int16_t		digits[WALLET_MONEY_DIGITS + 4];
		int16_t		expected[64];
		int			weight = 0;
		int			expected_weight = 0;
		int			n;
		char text[	48];
		wallet_int128 back = 0;

		if (tap_chance(60))
			value = (wallet_int128) ((wallet_uint128) value * (tap_random() >> tap_pick(64)) %
									 (wallet_uint128) ten_to(38));
		if (tap_chance(30))
		{
			int			zeros = tap_pick(20);

			value = value / ten_to(zeros) * ten_to(zeros);
		}
		memset(digits, 0x55, sizeof(digits));
		text_of(value, text);
		if (tap_chance(50))
			value = -value;
		n = wallet_money_to_digits(value, exponent, digits, &weight);
		CHECK(n <= WALLET_MONEY_DIGITS);
		CHECK(n == reference_to_digits(text, exponent, expected, &expected_weight));
		CHECK(weight == expected_weight);
		CHECK(memcmp(digits, expected, (size_t) n * sizeof(int16_t)) == 0);
		CHECK(digits[n] == 0x5555);
		CHECK(wallet_money_from_digits(digits, n, weight, value < 0, exponent, &back)
			  == WALLET_success && back == value);
	}
	tap_case("100,000 random amounts go out as the reference says, and come back");
}

int
main(void)
{
	test_range();
	test_small_numbers();
	test_scale();
	test_size();
	test_scale_before_size();
	test_to_digits();
	test_add_and_subtract();
	test_available();
	test_random_from_digits();
	test_random_to_digits();
	return tap_end();
}
