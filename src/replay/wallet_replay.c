/*
 * wallet_replay.c
 *		The program wallet-replay: a log that wallet_export wrote, decided again from
 *		nothing, without PostgreSQL.
 *
 * Two threads, since digests need the bytes alone and decisions the events alone.
 * Exit code 0: all agrees.  1: something does not.  2: it could not be tried.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

#include "replay/fold.h"
#include "replay/print.h"
#include "replay/redo.h"

#define FAILED 2
#define COUNT_BYTES 8

typedef struct Options
{
	const char *path;
	bool		balances;
	bool		accounts;
	/* --verify-head */
	size_t		head_bytes;		/* 0: not asked; 32; 40: with the count */
	uint8_t		head[WALLET_DIGEST_BYTES + COUNT_BYTES];
} Options;

static void
__attribute__((noreturn))
usage(void)
{
	fputs("usage: wallet-replay FILE [--balances | --accounts] [--verify-head HEX]\n"
		  "Replays a log that wallet_export wrote, and compares everything in it.\n"
		  "  --balances         name, currency, balance, held, status, version of each account\n"
		  "  --accounts         and its id, parent, owner, floor, ceiling, spending limit, window, last event\n"
		  "  --verify-head HEX  the log begins with the events that wallet_head() digested then\n"
		  "                     (80 digits), or is all of them (the first 64 digits)\n"
		  "Exit code 0: all agrees; 1: something does not; 2: it could not be tried.\n", stderr);
	exit(FAILED);
}

static int
hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c == '\0' ? NULL : strchr(digits, c | 0x20);

	return at == NULL ? -1 : (int) (at - digits);
}

/* With or without the \x that PostgreSQL writes before it. */
static bool
parse_head(const char *text, Options *options)
{
	size_t		n;

	if (strncmp(text, "\\x", 2) == 0)
		text	  +=2;

	n = strlen(text);
	if (n != 2 * WALLET_DIGEST_BYTES && n != 2 * sizeof(options->head))
		return false;
	for (size_t i = 0; i < n; i++)
	{
		int			digit = hex_digit(text[i]);

		if (digit < 0)
			return false;
		options->head[i / 2] = (uint8_t) (options->head[i / 2] << 4 | digit);
	}
	options->head_bytes = n / 2;
	return true;
}

static Options
parse(int argc, char **argv)
{
	Options		options = {0};

	for (int i = 1; i < argc; i++)
	{
		if (strcmp(argv[i], "--balances") == 0)
			options.balances = true;
		else if (strcmp(argv[i], "--accounts") == 0)
			options.accounts = true;
		else if (strcmp(argv[i], "--verify-head") == 0 && i + 1 < argc)
		{
			if (!parse_head(argv[++i], &options))
			{
				fputs("wallet-replay: a head has 64 or 80 hexadecimal digits\n", stderr);
				exit(FAILED);
			}
		}
		else if (argv[i][0] == '-' || options.path != NULL)
			usage();
		else
			options.path = argv[i];
	}
	if (options.path == NULL || (options.balances && options.accounts))
		usage();
	return options;
}

static uint64_t
count_of(const uint8_t bytes[COUNT_BYTES])
{
	uint64_t	count = 0;

	for (int i = COUNT_BYTES - 1; i >= 0; i--)
		count = count << 8 | bytes[i];
	return count;
}

/* The head that the log itself ends with, and one kept elsewhere. */
static void
check_heads(WalletReport *report, const WalletFolding *folding, const Options *options)
{
	if (folding->complete && memcmp(folding->trailer.head, folding->head, WALLET_DIGEST_BYTES) != 0)
		wallet_report(report, 0, "its trailer has another head than its events");
	if (options->head_bytes == WALLET_DIGEST_BYTES)
	{
		if (memcmp(options->head, folding->head, WALLET_DIGEST_BYTES) != 0)
			wallet_report(report, 0, "the head given is not that of its events");
	}
	else if (options->head_bytes > 0)
	{
		if (!folding->wanted_met)
			wallet_report(report, 0, "the head given is of %" PRIu64 " events, and here are only %" PRIu64,
						  folding->wanted, folding->events);
		else if (memcmp(options->head, folding->wanted_head, WALLET_DIGEST_BYTES) != 0)
			wallet_report(report, 0, "the head given is not that of its first %" PRIu64 " events", folding->wanted);
	}
}

static void
print_summary(FILE *out, const WalletRedo *redo, const WalletFolding *folding)
{
	uint8_t		count[COUNT_BYTES];
	uint64_t	accounts = 0;

	for (size_t i = 0; i < redo->books.account_count; i++)
		accounts += redo->books.accounts[i].id != 0;
	for (int i = 0; i < COUNT_BYTES; i++)
		count[i] = (uint8_t) (folding->events >> (8 * i));
	fprintf(out, "events\t%" PRIu64 "\nlast_event\t%" PRId64 "\naccounts\t%" PRIu64 "\ndifferences\t%" PRIu64 "\nhead\t",
			folding->events, redo->last_id, accounts, redo->report.differences);
	wallet_print_hex(out, folding->head, WALLET_DIGEST_BYTES);
	fputs("\nwallet_head\t", out);
	wallet_print_hex(out, folding->head, WALLET_DIGEST_BYTES);
	wallet_print_hex(out, count, COUNT_BYTES);
	fputc('\n', out);
}

/* Replays here, and folds beside it if there may be another thread. */
static void
run(WalletRedo *redo, WalletFolding *folding)
{
	pthread_t	thread;
	bool		beside = pthread_create(&thread, NULL, wallet_fold_log, folding) == 0;

	wallet_redo_log(redo, folding->log);
	if (beside)
		pthread_join(thread, NULL);
	else
		(void) wallet_fold_log(folding);
}

int
main(int argc, char **argv)
{
	Options		options = parse(argc, argv);
	bool		tables = options.balances || options.accounts;
	WalletLog	log;
	WalletRedo	redo = {.report.out = stderr};
	WalletFolding folding = {.log = &log,.wanted = UINT64_MAX};

	if (!wallet_log_open(&log, options.path))
	{
		fprintf(stderr, "wallet-replay: cannot read %s: %s\n", options.path, strerror(errno));
		return FAILED;
	}
	if (options.head_bytes > WALLET_DIGEST_BYTES)
		folding.wanted = count_of(options.head + WALLET_DIGEST_BYTES);
	run(&redo, &folding);
	if (folding.failed)
	{
		fputs("wallet-replay: the library has no SHA-256\n", stderr);
		return FAILED;
	}
	check_heads(&redo.report, &folding, &options);
	if (tables)
		wallet_print_accounts(stdout, &redo.books, options.accounts);
	print_summary(tables ? stderr : stdout, &redo, &folding);
	if (fflush(stdout) != 0 || ferror(stdout))
	{
		fprintf(stderr, "wallet-replay: cannot write: %s\n", strerror(errno));
		return FAILED;
	}
	wallet_redo_free(&redo);
	wallet_log_close(&log);
	return redo.report.differences > 0 ? 1 : 0;
}
