/*
 * test_iso4217.c
 *
 * Goal: the built-in currencies are those of format-1.md, 9, which is frozen.
 *
 * Method: its lists, copied from the page by hand, and every code of three
 * letters asked for.
 */
#include "core/iso4217.h"
#include "tap.h"

#define CODES (26 * 26 * 26)

static const char without_decimals[] =
"BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF ";
static const char with_three[] =
"BHD IQD JOD KWD LYD OMR TND ";
static const char with_four[] =
"CLF UYW ";
static const char with_two[] =
"AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN "
"BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP "
"ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR "
"IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT "
"MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP "
"PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC "
"SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD "
"XCD XCG YER ZAR ZMW ZWG ";

static int	expected[CODES];

static int
number_of(const char *code)
{
	return ((code[0] - 'A') * 26 + code[1] - 'A') * 26 + code[2] - 'A';
}

/* Codes of four bytes each: three letters and a space. */
static int
expect(const char *codes, int exponent)
{
	int			n = 0;

	for (; *codes; codes += 4, n++)
	{
		CHECK(expected[number_of(codes)] == -1);
		expected[number_of(codes)] = exponent;
	}
	return n;
}

static int
exponent_of(const char *code, size_t length)
{
	WalletCurrency currency = {{0}};

	memcpy(currency.code, code, length);
	return wallet_iso4217_exponent(&currency);
}

int
main(void)
{
	int			n = 0;

	for (int i = 0; i < CODES; i++)
		expected[i] = -1;
	n += expect(without_decimals, 0);
	n += expect(with_three, 3);
	n += expect(with_four, 4);
	n += expect(with_two, 2);
	CHECK(wallet_iso4217_count() == n);
	tap_case("as many currencies are built in as the page lists, each once");

	for (char a = 'A'; a <= 'Z'; a++)
		for (char b = 'A'; b <= 'Z'; b++)
			for (char c = 'A'; c <= 'Z'; c++)
			{
				char		code[] = {a, b, c, '\0'};

				if (!CHECK(exponent_of(code, 3) == expected[number_of(code)]))
					printf("# %s has %d\n", code, exponent_of(code, 3));
			}
	tap_case("each has its exponent, and no other code of three letters has one");

	CHECK(exponent_of("", 0) == -1);
	CHECK(exponent_of("EU", 2) == -1);
	CHECK(exponent_of("EURO", 4) == -1);
	CHECK(exponent_of("eur", 3) == -1);
	CHECK(exponent_of("EUR EUR EUR EUR ", 16) == -1);
	CHECK(exponent_of("XAU", 3) == -1 && exponent_of("XDR", 3) == -1 &&
		  exponent_of("XTS", 3) == -1 && exponent_of("XXX", 3) == -1);
	tap_case("codes that only begin or look like one have none");
	return tap_end();
}
