/*
 * feed.c
 *		wallet_feed: events in order, up to the horizon.
 *
 * Ids are taken before they are committed, so a later id may become visible first;
 * whoever follows by "greater than the last one I saw" would skip the earlier one for
 * ever.  Nothing up to the horizon can still appear, and all of it is visible to a
 * snapshot taken after the horizon was told: in this order here.  Under REPEATABLE
 * READ the snapshot is older, and wallet_horizon() tells only what it sees up to.
 */
#include "postgres.h"

#include "access/xact.h"
#include "audit/chain.h"
#include "audit/names.h"
#include "core/money.h"
#include "core/status.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "pg/datum.h"
#include "pg/error.h"
#include "store/events.h"
#include "store/horizon.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(wallet_sql_feed);

/* Columns of the view wallet.journal. */
enum
{
	COL_EVENT_ID,
	COL_RECORDED_AT,
	COL_TRANSACTION_ID,
	COL_LEG,
	COL_KIND,
	COL_STATUS,
	COL_FROM_ACCOUNT,
	COL_TO_ACCOUNT,
	COL_CURRENCY,
	COL_REQUESTED,
	COL_AMOUNT,
	COL_FROM_BALANCE_BEFORE,
	COL_FROM_BALANCE_AFTER,
	COL_TO_BALANCE_BEFORE,
	COL_TO_BALANCE_AFTER,
	COL_FROM_HELD_AFTER,
	COL_FROM_VERSION,
	COL_TO_VERSION,
	COL_FINAL,
	COL_RELATED,
	COL_GROUP_FIRST,
	COL_CAUSE,
	COL_EFFECTIVE_AT,
	COL_EXPIRES_AT,
	COL_ACTOR,
	COL_METADATA,
	COL_METADATA_DIGEST,
	COL_DETAIL,
	COL_FORMAT,
	COL_COUNT
};

typedef struct Feed
{
	ReturnSetInfo *result;
	WalletNames *names;
	WalletLookup events;
	Datum		values[COL_COUNT];
	bool		isnull[COL_COUNT];
} Feed;

/* Absent is NULL; what follows sets what is there. */
static void
set(Feed *feed, int column, Datum value)
{
	feed->values[column] = value;
	feed->isnull[column] = false;
}

static void
set_integer(Feed *feed, int column, const WalletEvent *event, uint32 bit, int64 value)
{
	if (event->present & bit)
		set(feed, column, Int64GetDatum(value));
}

static void
set_money(Feed *feed, int column, const WalletEvent *event, uint32 bit, wallet_int128 value)
{
	if (!(event->present & bit))
		return;
	if (!wallet_money_in_range(value))
		wallet_raise_corrupt("Event " INT64_FORMAT " leaves a balance that its amount does not explain.", event->event_id);
	set(feed, column, wallet_numeric_make(value, event->exponent));
}

static void
set_bytes(Feed *feed, int column, WalletBytes bytes)
{
	/* A bytea and a text look the same. */
	set(feed, column, wallet_bytes_text(bytes));
}

static void
set_moment(Feed *feed, int column, const WalletEvent *event, uint32 bit, int64 moment)
{
	if (event->present & bit)
		set(feed, column, TimestampTzGetDatum(wallet_timestamp_from_moment(moment)));
}

static void
set_account(Feed *feed, int column, const WalletEvent *event, uint32 bit, int64 account)
{
	Datum		name;
	Datum		currency;

	if (!(event->present & bit) || !wallet_names_find(feed->names, account, &name, &currency))
		return;
	set(feed, column, name);
	set(feed, COL_CURRENCY, currency);
}

static void
set_state(Feed *feed, const WalletEvent *event)
{
	wallet_int128 moved = event->status == WALLET_success ? wallet_event_change(event, false) : 0;

	set_money(feed, COL_REQUESTED, event, WALLET_HAS_REQUESTED, event->requested);
	set_money(feed, COL_AMOUNT, event, WALLET_HAS_AMOUNT, event->amount);
	set_money(feed, COL_FROM_BALANCE_BEFORE, event, WALLET_HAS_DEBIT_BALANCE, event->debit_balance + moved);
	set_money(feed, COL_FROM_BALANCE_AFTER, event, WALLET_HAS_DEBIT_BALANCE, event->debit_balance);
	set_money(feed, COL_TO_BALANCE_BEFORE, event, WALLET_HAS_CREDIT_BALANCE, event->credit_balance - moved);
	set_money(feed, COL_TO_BALANCE_AFTER, event, WALLET_HAS_CREDIT_BALANCE, event->credit_balance);
	set_money(feed, COL_FROM_HELD_AFTER, event, WALLET_HAS_DEBIT_HELD, event->debit_held);
	set_integer(feed, COL_FROM_VERSION, event, WALLET_HAS_DEBIT_VERSION, event->debit_version);
	set_integer(feed, COL_TO_VERSION, event, WALLET_HAS_CREDIT_VERSION, event->credit_version);
}

static void
set_rest(Feed *feed, const WalletEvent *event)
{
	WalletBytes digest = {event->metadata_digest, WALLET_DIGEST_BYTES};
	Datum		metadata = wallet_event_slot_metadata(feed->events.table->slot);

	if (event->present & WALLET_HAS_FINAL)
		set(feed, COL_FINAL, BoolGetDatum(event->final != 0));
	if (event->present & WALLET_HAS_RELATED)
		set(feed, COL_RELATED, PointerGetDatum(event->related.bytes));
	set_integer(feed, COL_GROUP_FIRST, event, WALLET_HAS_GROUP_FIRST, event->group_first);
	set_integer(feed, COL_CAUSE, event, WALLET_HAS_CAUSE, event->cause);
	set_moment(feed, COL_EFFECTIVE_AT, event, WALLET_HAS_EFFECTIVE_AT, event->effective_at);
	set_moment(feed, COL_EXPIRES_AT, event, WALLET_HAS_EXPIRES_AT, event->expires_at);
	set_bytes(feed, COL_ACTOR, event->actor);
	if (metadata != (Datum) 0)
		set(feed, COL_METADATA, metadata);
	if (event->present & WALLET_HAS_METADATA_DIGEST)
		set_bytes(feed, COL_METADATA_DIGEST, digest);
	if (event->present & WALLET_HAS_DETAIL)
		set_bytes(feed, COL_DETAIL, event->detail);
	set(feed, COL_FORMAT, Int16GetDatum(WALLET_FORMAT));
}

static void
put_event(Feed *feed, const WalletEvent *event)
{
	const char *kind = wallet_kind_name(event->kind);
	const char *status = wallet_status_name(event->status);

	memset(feed->isnull, true, sizeof(feed->isnull));
	set(feed, COL_EVENT_ID, Int64GetDatum(event->event_id));
	set(feed, COL_RECORDED_AT, TimestampTzGetDatum(wallet_timestamp_from_moment(event->event_id)));
	set(feed, COL_TRANSACTION_ID, PointerGetDatum(event->transaction_id.bytes));
	set(feed, COL_LEG, Int16GetDatum((int16) event->leg));
	if (kind != NULL)
		set(feed, COL_KIND, CStringGetTextDatum(kind));
	if (status != NULL)
		set(feed, COL_STATUS, CStringGetTextDatum(status));
	/* In this order: the payee's currency comes first. */
	set_account(feed, COL_FROM_ACCOUNT, event, WALLET_HAS_DEBIT, event->debit);
	set_account(feed, COL_TO_ACCOUNT, event, WALLET_HAS_CREDIT, event->credit);
	set_state(feed, event);
	set_rest(feed, event);
	tuplestore_putvalues(feed->result->setResult, feed->result->setDesc, feed->values, feed->isnull);
}

static void
put_row(Feed *feed)
{
	WalletEvent event;
	const char *reason;

	if (!wallet_event_from_slot(feed->events.table->slot, &event, &reason))
		wallet_raise_corrupt("Event " INT64_FORMAT " cannot be read: %s.", event.event_id, reason);
	put_event(feed, &event);
}

static void
run_feed(Feed *feed, int64 after_event, int64 horizon, int64 max_rows, Snapshot snapshot)
{
	MemoryContext memory = AllocSetContextCreate(CurrentMemoryContext, "wallet row", ALLOCSET_DEFAULT_SIZES);
	ScanKeyData keys[2];
	int64		rows = 0;

	feed->names = wallet_names_open(snapshot);
	wallet_lookup_open(&feed->events, WALLET_REL_EVENT, WALLET_REL_EVENT_PKEY, lengthof(keys), snapshot);
	ScanKeyInit(&keys[0], 1, BTGreaterStrategyNumber, F_INT8GT, Int64GetDatum(after_event));
	ScanKeyInit(&keys[1], 1, BTLessEqualStrategyNumber, F_INT8LE, Int64GetDatum(horizon));
	wallet_lookup_start(&feed->events, keys);
	while (rows < max_rows && wallet_lookup_next(&feed->events))
	{
		MemoryContext old = MemoryContextSwitchTo(memory);

		CHECK_FOR_INTERRUPTS();
		put_row(feed);
		MemoryContextSwitchTo(old);
		MemoryContextReset(memory);
		rows++;
	}
	wallet_lookup_close(&feed->events);
	wallet_names_close(feed->names);
	MemoryContextDelete(memory);
}

Datum
wallet_sql_feed(PG_FUNCTION_ARGS)
{
	Feed		feed = {.result = (ReturnSetInfo *) fcinfo->resultinfo};
	int64		after_event = PG_ARGISNULL(0) ? 0 : PG_GETARG_INT64(0);
	int64		max_rows = PG_ARGISNULL(1) ? PG_INT64_MAX : PG_GETARG_INT32(1);
	int64		horizon;

	if (max_rows < 0)
		wallet_raise_argument("max_rows must not be negative");
	InitMaterializedSRF(fcinfo, 0);
	if (feed.result->setDesc->natts != COL_COUNT)
		elog(ERROR, "wallet.journal has %d columns, not %d", feed.result->setDesc->natts, COL_COUNT);
	horizon = wallet_horizon();
	PushActiveSnapshot(IsolationUsesXactSnapshot() ? GetTransactionSnapshot() : GetLatestSnapshot());
	if (horizon > after_event)
		run_feed(&feed, after_event, horizon, max_rows, GetActiveSnapshot());
	PopActiveSnapshot();
	return (Datum) 0;
}
