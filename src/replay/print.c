/*
 * print.c
 *		No locale and no rounding: digits are made by hand.
 */
#include <inttypes.h>

#include "core/currency.h"
#include "core/money.h"
#include "replay/print.h"

static void
print_money(FILE *out, wallet_int128 value, int exponent)
{
	char		digits[48];
	int			n = 0;
	wallet_uint128 rest = value < 0 ? -(wallet_uint128) value : (wallet_uint128) value;

	for (; rest > 0 || n <= exponent; rest /= 10)
		digits[n++] = (char) ('0' + (int) (rest % 10));
	if (value < 0)
		fputc('-', out);
	while (n > 0)
	{
		fputc(digits[--n], out);
		if (n == exponent && n > 0)
			fputc('.', out);
	}
}

/* As COPY writes text: a tab in a name is no new column. */
static void
print_text(FILE *out, WalletBytes text)
{
	static const char special[] = "\b\f\n\r\t\v\\";
	static const char letter[] = "bfnrtv\\";

	for (uint32_t i = 0; i < text.length; i++)
	{
		const char *at = text.data[i] == '\0' ? NULL : strchr(special, text.data[i]);

		if (at != NULL)
		{
			fputc('\\', out);
			fputc(letter[at - special], out);
		}
		else
			fputc(text.data[i], out);
	}
}

static const char *
status_word(uint8_t status)
{
	switch (status)
	{
		case WALLET_ACCOUNT_OPEN:
			return "open";
		case WALLET_ACCOUNT_FROZEN:
			return "frozen";
		case WALLET_ACCOUNT_CLOSED:
			return "closed";
		default:
			return "unknown";
	}
}

static void
print_limit(FILE *out, bool has, wallet_int128 limit, int exponent)
{
	fputc('\t', out);
	if (has)
		print_money(out, limit, exponent);
	else
		fputs("\\N", out);
}

static void
print_rest(FILE *out, const WalletAccount *account, const WalletHolder *holder)
{
	fprintf(out, "\t%" PRId64 "\t", account->id);
	if (holder->parent != 0)
		fprintf(out, "%" PRId64, holder->parent);
	else
		fputs("\\N", out);
	fputc('\t', out);
	if (holder->owner.data != NULL)
		print_text(out, holder->owner);
	else
		fputs("\\N", out);
	print_limit(out, account->has_floor, account->floor, account->exponent);
	print_limit(out, account->has_ceiling, account->ceiling, account->exponent);
	print_limit(out, account->has_spend_limit, account->spend_limit, account->exponent);
	if (account->has_spend_limit)
		fprintf(out, "\t%" PRId32, account->window_seconds);
	else
		fputs("\t\\N", out);
	fprintf(out, "\t%" PRId64, account->last_event);
}

static void
print_account(FILE *out, const WalletAccount *account, const WalletHolder *holder, bool full)
{
	print_text(out, holder->name);
	fprintf(out, "\t%.*s\t", wallet_currency_length(&account->currency), account->currency.code);
	print_money(out, account->balance, account->exponent);
	fputc('\t', out);
	print_money(out, account->held, account->exponent);
	fprintf(out, "\t%s\t%" PRId64, status_word(account->status), account->version);
	if (full)
		print_rest(out, account, holder);
	fputc('\n', out);
}

void
wallet_print_accounts(FILE *out, const WalletBooks *books, bool full)
{
	for (size_t i = 0; i < books->account_count; i++)
	{
		if (books->accounts[i].id != 0)
			print_account(out, &books->accounts[i], &books->holders[i], full);
	}
}

void
wallet_print_hex(FILE *out, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		fprintf(out, "%02x", bytes[i]);
}
