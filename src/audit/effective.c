/*
 * effective.c
 *		wallet_balance_effective: what an account had at one moment of the outside
 *		world, as the ledger knew it at another.
 *
 * An entry counts if it is effective at or before E and recorded at or before K.  An
 * event's effective_at is never later than its own moment, so all that is recorded up
 * to min(E, K) counts: that is one look into the chain.  What else counts was recorded
 * in (E, K] and backdated to E or before; two partial indexes hold backdated
 * successes alone, by account, effective_at and event_id.
 */
#include "postgres.h"

#include "audit/chain.h"
#include "core/money.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "pg/datum.h"
#include "pg/error.h"
#include "store/events.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/numeric.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(wallet_sql_balance_effective);

/* The sum of any number of amounts: `part` has at most 38 digits, what did not fit is in `rest`. */
typedef struct Sum
{
	wallet_int128 part;
	Datum		rest;			/* numeric; 0: none */
	int			exponent;
} Sum;

static void
sum_flush(Sum *sum)
{
	Datum		part = wallet_numeric_make(sum->part, sum->exponent);

	sum->rest = sum->rest == (Datum) 0 ? part : DirectFunctionCall2(numeric_add, sum->rest, part);
	sum->part = 0;
}

/* Balances of the two axes pass through states that no account ever had, of more than 38 digits too. */
static void
sum_add(Sum *sum, wallet_int128 amount)
{
	if (wallet_money_add(sum->part, amount, &sum->part))
		return;
	sum_flush(sum);
	sum->part = amount;
}

static Datum
sum_result(Sum *sum)
{
	if (sum->rest != (Datum) 0)
	{
		sum_flush(sum);
		return sum->rest;
	}
	return wallet_numeric_make(sum->part, sum->exponent);
}

/* Backdated entries of one side of the account: recorded in (effective, known], effective until `effective`. */
static void
add_backdated(Sum *sum, const WalletChain *chain, bool debit, TimestampTz effective, int64 known)
{
	WalletLookup lookup;
	ScanKeyData keys[4];
	WalletEvent event;
	const char *reason;

	wallet_lookup_open(&lookup, WALLET_REL_EVENT,
					   debit ? WALLET_REL_EVENT_DEBIT_EFFECTIVE : WALLET_REL_EVENT_CREDIT_EFFECTIVE,
					   lengthof(keys), chain->snapshot);
	ScanKeyInit(&keys[0], 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(chain->account));
	ScanKeyInit(&keys[1], 2, BTLessEqualStrategyNumber, F_TIMESTAMPTZ_LE, TimestampTzGetDatum(effective));
	ScanKeyInit(&keys[2], 3, BTGreaterStrategyNumber, F_INT8GT, Int64GetDatum(wallet_moment_clamped(effective)));
	ScanKeyInit(&keys[3], 3, BTLessEqualStrategyNumber, F_INT8LE, Int64GetDatum(known));
	wallet_lookup_start(&lookup, keys);
	while (wallet_lookup_next(&lookup))
	{
		CHECK_FOR_INTERRUPTS();
		if (!wallet_event_from_slot(lookup.table->slot, &event, &reason))
			wallet_raise_corrupt("Event " INT64_FORMAT " cannot be read: %s.", event.event_id, reason);
		sum_add(sum, wallet_event_change(&event, debit));
	}
	wallet_lookup_close(&lookup);
}

static Datum
balance_effective(WalletChain *chain, TimestampTz effective, int64 known)
{
	int64		moment = wallet_moment_clamped(effective);
	Sum			sum = {.exponent = chain->exponent};

	/* Before its opening an account has nothing but what was backdated. */
	if (wallet_chain_seek(chain, Min(moment, known)))
		sum.part = wallet_chain_balance(chain);
	if (known > moment)
	{
		add_backdated(&sum, chain, true, effective, known);
		add_backdated(&sum, chain, false, effective, known);
	}
	return sum_result(&sum);
}

Datum
wallet_sql_balance_effective(PG_FUNCTION_ARGS)
{
	int64		known = PG_ARGISNULL(3) ? PG_INT64_MAX : wallet_moment_clamped(PG_GETARG_TIMESTAMPTZ(3));
	WalletChain *chain = PG_ARGISNULL(2) ? NULL : wallet_chain_open_args(fcinfo);
	Datum		balance;

	if (chain == NULL)
		PG_RETURN_NULL();
	/* What was not known to exist has no balance. */
	if (known < chain->account)
	{
		wallet_chain_close(chain);
		PG_RETURN_NULL();
	}
	balance = balance_effective(chain, PG_GETARG_TIMESTAMPTZ(2), known);
	wallet_chain_close(chain);
	PG_RETURN_DATUM(balance);
}
