/*
 * fuzz_replay.c
 *
 * Goal: wallet-replay survives any file.
 *
 * Method: the bytes are a log; what the program does with one is done, and the
 * accounts are printed to nowhere.  Seeds are the golden logs, so that mutations meet
 * events that are almost right.  Whatever comes out, the balances of a currency that
 * the machine has made add up to nothing.
 */
#include <stdlib.h>

#include "replay/fold.h"
#include "replay/print.h"
#include "replay/redo.h"

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition)
{
	if (!condition)
		abort();
}

/* Sums wrap and are zero all the same. */
static void
check_conservation(const WalletBooks *books)
{
	for (size_t i = 0; i < books->code_count; i++)
	{
		wallet_uint128 sum = 0;

		for (size_t j = 0; j < books->account_count; j++)
		{
			if (books->accounts[j].id != 0 &&
				wallet_currency_equal(&books->accounts[j].currency, &books->codes[i].currency))
				sum += (wallet_uint128) books->accounts[j].balance;
		}
		require(sum == 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *nowhere = NULL;
	WalletLog	log = {.bytes = data,.length = size};
	WalletRedo	redo = {0};
	WalletFolding folding = {.log = &log,.wanted = 3};

	if (nowhere == NULL)
		nowhere = fopen("/dev/null", "w");
	redo.report.out = nowhere;
	(void) wallet_fold_log(&folding);
	wallet_redo_log(&redo, &log);
	require(folding.events == redo.events);
	wallet_print_accounts(nowhere, &redo.books, true);
	check_conservation(&redo.books);
	wallet_redo_free(&redo);
	return 0;
}
