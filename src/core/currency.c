/*
 * currency.c
 *		Codes are 1 to 16 bytes of A-Z 0-9 _ . -, the first a letter or digit.
 */
#include "core/currency.h"

static bool
is_code_byte(uint8_t c, bool first)
{
	return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		(!first && (c == '_' || c == '.' || c == '-'));
}

bool
wallet_currency_from_bytes(WalletBytes bytes, WalletCurrency *currency)
{
	if (bytes.length == 0 || bytes.length > WALLET_CURRENCY_MAX)
		return false;
	for (uint32_t i = 0; i < bytes.length; i++)
	{
		if (!is_code_byte(bytes.data[i], i == 0))
			return false;
	}
	memset(currency, 0, sizeof(*currency));
	memcpy(currency->code, bytes.data, bytes.length);
	return true;
}

int
wallet_currency_length(const WalletCurrency *currency)
{
	int			length = 0;

	while (length < WALLET_CURRENCY_MAX && currency->code[length] != '\0')
		length++;
	return length;
}
