/*
 * iso4217.c
 *		The table made of iso4217.def.
 */
#include "core/iso4217.h"

typedef struct BuiltIn
{
	char		code[4];
	int			exponent;
} BuiltIn;

static const BuiltIn built_in[] =
{
#define WALLET_ISO4217(code, exponent) {#code, exponent},
#include "core/iso4217.def"
#undef WALLET_ISO4217
};

int
wallet_iso4217_position(const WalletCurrency *currency)
{
	for (int i = 0; i < wallet_iso4217_count(); i++)
	{
		if (strncmp(built_in[i].code, currency->code, sizeof(currency->code)) == 0)
			return i;
	}
	return -1;
}

int
wallet_iso4217_exponent(const WalletCurrency *currency)
{
	int			position = wallet_iso4217_position(currency);

	return position < 0 ? -1 : built_in[position].exponent;
}

const char *
wallet_iso4217_code(int i)
{
	return built_in[i].code;
}

int
wallet_iso4217_count(void)
{
	return (int) (sizeof(built_in) / sizeof(built_in[0]));
}
