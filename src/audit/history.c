/*
 * history.c
 *		wallet_statement and wallet_balance_at: one account's past.
 *
 * Both read with the snapshot of the query that calls them: what its transaction
 * did before that query is seen, and an account's balance row and chain agree.
 */
#include "postgres.h"

#include "audit/chain.h"
#include "audit/names.h"
#include "core/money.h"
#include "core/status.h"
#include "fmgr.h"
#include "funcapi.h"
#include "pg/datum.h"
#include "pg/error.h"
#include "store/events.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(wallet_sql_statement);
PG_FUNCTION_INFO_V1(wallet_sql_balance_at);

/* Columns of the view wallet.entry. */
enum
{
	COL_ACCOUNT,
	COL_NAME,
	COL_CURRENCY,
	COL_EVENT_ID,
	COL_RECORDED_AT,
	COL_EFFECTIVE_AT,
	COL_TRANSACTION_ID,
	COL_KIND,
	COL_AMOUNT,
	COL_BALANCE_BEFORE,
	COL_BALANCE_AFTER,
	COL_VERSION,
	COL_COUNTERPARTY,
	COL_METADATA,
	COL_COUNT
};

/* ----- wallet_statement ----- */

/* Which entries, by event_id. */
typedef struct Range
{
	int64		from;			/* inclusive */
	int64		to;				/* inclusive */
	int64		rows;			/* at most */
} Range;

static int64
before(int64 event_id)
{
	return event_id == PG_INT64_MIN ? event_id : event_id - 1;
}

static Range
take_range(FunctionCallInfo fcinfo)
{
	Range		range = {.from = PG_INT64_MIN,.to = PG_INT64_MAX,.rows = PG_INT64_MAX};

	if (!PG_ARGISNULL(2))
		range.from = wallet_moment_clamped(PG_GETARG_TIMESTAMPTZ(2));

	/*
	 * No event is as late as the greatest moment: there it does not matter
	 * that it is left out.
	 */
	if (!PG_ARGISNULL(3))
		range.to = before(wallet_moment_clamped(PG_GETARG_TIMESTAMPTZ(3)));
	if (!PG_ARGISNULL(4))
		range.rows = PG_GETARG_INT32(4);
	if (!PG_ARGISNULL(5))
		range.to = Min(range.to, before(PG_GETARG_INT64(5)));
	if (range.rows < 0)
		wallet_raise_argument("max_rows must not be negative");
	return range;
}

static Datum
money(wallet_int128 value, int exponent, int64 event_id)
{
	if (!wallet_money_in_range(value))
		wallet_raise_corrupt("Event " INT64_FORMAT " leaves a balance that its amount does not explain.", event_id);
	return wallet_numeric_make(value, exponent);
}

static void
put_entry(ReturnSetInfo *result, const WalletChain *chain, WalletNames *names)
{
	const WalletEvent *event = &chain->event;
	wallet_int128 after = wallet_chain_balance(chain);
	wallet_int128 change = wallet_chain_change(chain);
	Datum		values[COL_COUNT];
	bool		isnull[COL_COUNT] = {false};
	Datum		ignored;

	values[COL_ACCOUNT] = Int64GetDatum(chain->account);
	values[COL_EVENT_ID] = Int64GetDatum(event->event_id);
	values[COL_RECORDED_AT] = TimestampTzGetDatum(wallet_timestamp_from_moment(event->event_id));
	values[COL_EFFECTIVE_AT] = (event->present & WALLET_HAS_EFFECTIVE_AT)
		? TimestampTzGetDatum(wallet_timestamp_from_moment(event->effective_at)) : values[COL_RECORDED_AT];
	values[COL_TRANSACTION_ID] = PointerGetDatum(event->transaction_id.bytes);
	values[COL_KIND] = CStringGetTextDatum(wallet_kind_name(event->kind));
	values[COL_AMOUNT] = money(change, event->exponent, event->event_id);
	values[COL_BALANCE_BEFORE] = money(after - change, event->exponent, event->event_id);
	values[COL_BALANCE_AFTER] = money(after, event->exponent, event->event_id);
	values[COL_VERSION] = Int64GetDatum(chain->debit ? event->debit_version : event->credit_version);
	isnull[COL_COUNTERPARTY] = !wallet_names_find(names, chain->debit ? event->credit : event->debit,
												  &values[COL_COUNTERPARTY], &ignored);
	values[COL_METADATA] = wallet_event_slot_metadata(chain->events.table->slot);
	isnull[COL_METADATA] = values[COL_METADATA] == (Datum) 0;
	isnull[COL_NAME] = isnull[COL_CURRENCY] =
		!wallet_names_find(names, chain->account, &values[COL_NAME], &values[COL_CURRENCY]);
	tuplestore_putvalues(result->setResult, result->setDesc, values, isnull);
}

static void
put_entries(ReturnSetInfo *result, WalletChain *chain, Range range)
{
	WalletNames *names = wallet_names_open(chain->snapshot);
	MemoryContext memory = AllocSetContextCreate(CurrentMemoryContext, "wallet row", ALLOCSET_DEFAULT_SIZES);
	int64		rows = 0;

	for (bool found = wallet_chain_seek(chain, range.to);
		 found && rows < range.rows && chain->event.event_id >= range.from;
		 found = wallet_chain_back(chain))
	{
		MemoryContext old;

		if (!wallet_kind_moves_money(chain->event.kind))
			continue;
		old = MemoryContextSwitchTo(memory);
		put_entry(result, chain, names);
		MemoryContextSwitchTo(old);
		MemoryContextReset(memory);
		rows++;
	}
	MemoryContextDelete(memory);
	wallet_names_close(names);
}

Datum
wallet_sql_statement(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Range		range = take_range(fcinfo);
	WalletChain *chain;

	InitMaterializedSRF(fcinfo, 0);
	if (result->setDesc->natts != COL_COUNT)
		elog(ERROR, "wallet.entry has %d columns, not %d", result->setDesc->natts, COL_COUNT);
	if (range.rows == 0)
		return (Datum) 0;
	chain = wallet_chain_open_args(fcinfo);
	if (chain != NULL)
	{
		put_entries(result, chain, range);
		wallet_chain_close(chain);
	}
	return (Datum) 0;
}

/* ----- wallet_balance_at ----- */

Datum
wallet_sql_balance_at(PG_FUNCTION_ARGS)
{
	WalletChain *chain = PG_ARGISNULL(2) ? NULL : wallet_chain_open_args(fcinfo);
	Datum		balance = (Datum) 0;

	if (chain == NULL)
		PG_RETURN_NULL();
	if (wallet_chain_seek(chain, wallet_moment_clamped(PG_GETARG_TIMESTAMPTZ(2))))
		balance = wallet_numeric_make(wallet_chain_balance(chain), chain->event.exponent);
	wallet_chain_close(chain);
	if (balance == (Datum) 0)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(balance);
}
