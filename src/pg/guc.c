/*
 * guc.c
 *		Every setting with its unit, default and range.
 */
#include "postgres.h"

#include <limits.h>

#include "pg/failpoint.h"
#include "pg/guc.h"
#include "utils/guc.h"

bool		wallet_allow_drop = false;
int			wallet_max_clock_step_ms = 10000;
int			wallet_name_cache_size = 262144;
bool		wallet_paused = false;

void
wallet_guc_define(void)
{
	DefineCustomBoolVariable("wallet.allow_drop",
							 "Lets DROP EXTENSION wallet destroy the ledger.",
							 NULL, &wallet_allow_drop, false,
							 PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("wallet.max_clock_step",
							"Largest step of the system clock that event ids follow at once.",
							"Larger steps are followed slowly, with a warning; at the first use after a start, a newest event further ahead is refused as clock_unsafe.",
							&wallet_max_clock_step_ms, 10000, 0, INT_MAX,
							PGC_SUSET, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomIntVariable("wallet.name_cache_size",
							"Accounts whose id a session remembers by name.",
							"About 100 bytes each; the cache starts over when it is full.",
							&wallet_name_cache_size, 262144, 64, INT_MAX / 2,
							PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("wallet.paused",
							 "Keeps everything that works by itself from working: for copies of a running ledger.",
							 "Commands of sessions are not concerned.",
							 &wallet_paused, false,
							 PGC_SIGHUP, 0, NULL, NULL, NULL);
	wallet_failpoint_define_settings();
	MarkGUCPrefixReserved("wallet");
}
