/*
 * events.c
 *		wallet.event.  The uniqueness of (transaction_id, leg) is what makes a
 *		command happen once; a look-up with a dirty snapshot, which waits for
 *		whoever is writing the id, is what makes a repeat get the first answer.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "core/money.h"
#include "miscadmin.h"
#include "pg/compat.h"
#include "pg/datum.h"
#include "pg/error.h"
#include "pg/failpoint.h"
#include "store/events.h"
#include "utils/fmgroids.h"
#include "utils/snapmgr.h"
#include "utils/uuid.h"

#define ROWS_AT_ONCE 512

enum
{
	COL_EVENT_ID,
	COL_TRANSACTION_ID,
	COL_LEG,
	COL_KIND,
	COL_STATUS,
	COL_FORMAT,
	COL_DEBIT,
	COL_CREDIT,
	COL_DEBIT_VERSION,
	COL_CREDIT_VERSION,
	COL_DEBIT_PREV,
	COL_CREDIT_PREV,
	COL_GROUP_FIRST,
	COL_CAUSE,
	COL_EFFECTIVE_AT,
	COL_EXPIRES_AT,
	COL_EXPECTED_VERSION,
	COL_RELATED,
	COL_FINAL,
	COL_REQUESTED,
	COL_AMOUNT,
	COL_DEBIT_BALANCE,
	COL_CREDIT_BALANCE,
	COL_DEBIT_HELD,
	COL_ACTOR,
	COL_DETAIL,
	COL_METADATA_DIGEST,
	COL_METADATA,
	COL_COUNT
};

/* Where each column of a plain type lives in WalletEvent. */
typedef struct ColumnMap
{
	int			column;
	uint32		bit;
	size_t		offset;
} ColumnMap;

static const ColumnMap integers[] =
{
	{COL_DEBIT, WALLET_HAS_DEBIT, offsetof(WalletEvent, debit)},
	{COL_CREDIT, WALLET_HAS_CREDIT, offsetof(WalletEvent, credit)},
	{COL_DEBIT_VERSION, WALLET_HAS_DEBIT_VERSION, offsetof(WalletEvent, debit_version)},
	{COL_CREDIT_VERSION, WALLET_HAS_CREDIT_VERSION, offsetof(WalletEvent, credit_version)},
	{COL_DEBIT_PREV, WALLET_HAS_DEBIT_PREV, offsetof(WalletEvent, debit_prev)},
	{COL_CREDIT_PREV, WALLET_HAS_CREDIT_PREV, offsetof(WalletEvent, credit_prev)},
	{COL_GROUP_FIRST, WALLET_HAS_GROUP_FIRST, offsetof(WalletEvent, group_first)},
	{COL_CAUSE, WALLET_HAS_CAUSE, offsetof(WalletEvent, cause)},
	{COL_EXPECTED_VERSION, WALLET_HAS_EXPECTED_VERSION, offsetof(WalletEvent, expected_version)}
};

static const ColumnMap moments[] =
{
	{COL_EFFECTIVE_AT, WALLET_HAS_EFFECTIVE_AT, offsetof(WalletEvent, effective_at)},
	{COL_EXPIRES_AT, WALLET_HAS_EXPIRES_AT, offsetof(WalletEvent, expires_at)}
};

static const ColumnMap moneys[] =
{
	{COL_REQUESTED, WALLET_HAS_REQUESTED, offsetof(WalletEvent, requested)},
	{COL_AMOUNT, WALLET_HAS_AMOUNT, offsetof(WalletEvent, amount)},
	{COL_DEBIT_BALANCE, WALLET_HAS_DEBIT_BALANCE, offsetof(WalletEvent, debit_balance)},
	{COL_CREDIT_BALANCE, WALLET_HAS_CREDIT_BALANCE, offsetof(WalletEvent, credit_balance)},
	{COL_DEBIT_HELD, WALLET_HAS_DEBIT_HELD, offsetof(WalletEvent, debit_held)}
};

struct WalletEvents
{
	WalletTable *table;
	Relation	key;
	IndexScanDesc scan;			/* NULL until the first look-up */
	SnapshotData dirty;
	text	   *actor;			/* of the event written last */
	TupleTableSlot **slots;		/* for insert_many; NULL until then */
	int			slot_count;
};

WalletEvents *
wallet_events_open(LOCKMODE lockmode)
{
	WalletEvents *events = palloc0(sizeof(WalletEvents));

	events->table = wallet_table_open(WALLET_REL_EVENT, lockmode);
	events->key = index_open(wallet_relation_oid(WALLET_REL_EVENT_KEY), AccessShareLock);
	InitDirtySnapshot(events->dirty);
	return events;
}

void
wallet_events_close(WalletEvents *events)
{
	if (events->scan != NULL)
		index_endscan(events->scan);
	for (int i = 0; i < events->slot_count; i++)
		ExecDropSingleTupleTableSlot(events->slots[i]);
	index_close(events->key, NoLock);
	wallet_table_close(events->table);
	pfree(events);
}

static void *
field_at(const WalletEvent *event, size_t offset)
{
	return (char *) unconstify(WalletEvent *, event) + offset;
}

/* ----- reading ----- */

/* False for a moment that no event can have. */
static bool
read_plain(const Datum *values, const bool *isnull, WalletEvent *event)
{
	for (int i = 0; i < (int) lengthof(integers); i++)
	{
		if (isnull[integers[i].column])
			continue;
		*(int64_t *) field_at(event, integers[i].offset) = DatumGetInt64(values[integers[i].column]);
		event->present |= integers[i].bit;
	}
	for (int i = 0; i < (int) lengthof(moments); i++)
	{
		if (isnull[moments[i].column])
			continue;
		if (TIMESTAMP_NOT_FINITE(DatumGetTimestampTz(values[moments[i].column])))
			return false;
		*(int64_t *) field_at(event, moments[i].offset) =
			wallet_moment_from_timestamp(DatumGetTimestampTz(values[moments[i].column]));
		event->present |= moments[i].bit;
	}
	if (!isnull[COL_RELATED])
	{
		memcpy(event->related.bytes, DatumGetPointer(values[COL_RELATED]), sizeof(WalletUuid));
		event->present |= WALLET_HAS_RELATED;
	}
	if (!isnull[COL_FINAL])
	{
		event->final = DatumGetBool(values[COL_FINAL]);
		event->present |= WALLET_HAS_FINAL;
	}
	return true;
}

/* All money of an event is shown with one number of decimals: its exponent. */
static bool
read_money(const Datum *values, const bool *isnull, WalletEvent *event)
{
	int			exponent = -1;

	for (int i = 0; i < (int) lengthof(moneys); i++)
	{
		if (isnull[moneys[i].column])
			continue;
		if (!wallet_money_from_shown(values[moneys[i].column], &exponent,
									 field_at(event, moneys[i].offset)))
			return false;
		event->present |= moneys[i].bit;
	}
	event->exponent = exponent < 0 ? 0 : (uint8_t) exponent;
	return true;
}

static bool
read_bytes(const Datum *values, const bool *isnull, WalletEvent *event)
{
	event->actor = wallet_bytes_from_datum(values[COL_ACTOR]);
	if (!isnull[COL_DETAIL])
	{
		event->detail = wallet_bytes_from_datum(values[COL_DETAIL]);
		event->present |= WALLET_HAS_DETAIL;
	}
	if (!isnull[COL_METADATA_DIGEST])
	{
		WalletBytes digest = wallet_bytes_from_datum(values[COL_METADATA_DIGEST]);

		if (digest.length != WALLET_DIGEST_BYTES)
			return false;
		memcpy(event->metadata_digest, digest.data, WALLET_DIGEST_BYTES);
		event->present |= WALLET_HAS_METADATA_DIGEST;
	}
	return true;
}

bool
wallet_event_from_slot(TupleTableSlot *slot, WalletEvent *event, const char **reason)
{
	Datum	   *values = slot->tts_values;
	bool	   *isnull = slot->tts_isnull;

	slot_getallattrs(slot);
	memset(event, 0, sizeof(*event));
	event->event_id = DatumGetInt64(values[COL_EVENT_ID]);
	memcpy(event->transaction_id.bytes, DatumGetPointer(values[COL_TRANSACTION_ID]), sizeof(WalletUuid));
	event->leg = (uint16_t) DatumGetInt16(values[COL_LEG]);
	event->kind = (uint16_t) DatumGetInt16(values[COL_KIND]);
	event->status = (uint16_t) DatumGetInt16(values[COL_STATUS]);

	*reason = NULL;
	if (DatumGetInt16(values[COL_FORMAT]) != WALLET_FORMAT)
		*reason = "its format is unknown";
	else if (event->event_id <= 0)
		*reason = "its event_id is not positive";
	if (!read_plain(values, isnull, event) && *reason == NULL)
		*reason = "it has an infinite moment";
	if (*reason == NULL && !read_money(values, isnull, event))
		*reason = "it holds an impossible amount";
	if (*reason == NULL && !read_bytes(values, isnull, event))
		*reason = "its metadata_digest has not 32 bytes";
	return *reason == NULL;
}

Datum
wallet_event_slot_metadata(TupleTableSlot *slot)
{
	bool		isnull;
	Datum		value = slot_getattr(slot, COL_METADATA + 1, &isnull);

	return isnull ? (Datum) 0 : value;
}

static const WalletEvent *
copy_event(TupleTableSlot *slot)
{
	WalletEvent *event = palloc(sizeof(WalletEvent));
	const char *reason;

	if (!wallet_event_from_slot(slot, event, &reason))
		wallet_raise_corrupt("Event " INT64_FORMAT " cannot be read: %s.", event->event_id, reason);
	event->detail = wallet_bytes_copy(CurrentMemoryContext, event->detail);
	event->actor = wallet_bytes_copy(CurrentMemoryContext, event->actor);
	return event;
}

/* ----- looking up ----- */

static void
start_scan(WalletEvents *events, const WalletUuid *id, int leg)
{
	ScanKeyData keys[2];

	if (events->scan == NULL)
		events->scan = wallet_index_beginscan(events->table->rel, events->key, &events->dirty, 2);
	ScanKeyInit(&keys[0], 1, BTEqualStrategyNumber, F_UUID_EQ, PointerGetDatum(id->bytes));
	ScanKeyInit(&keys[1], 2, BTEqualStrategyNumber, F_INT2EQ, Int16GetDatum((int16) leg));
	index_rescan(events->scan, keys, 2, NULL, 0);
}

const WalletEvent *
wallet_events_find(WalletEvents *events, const WalletUuid *id, int leg)
{
	TupleTableSlot *slot = events->table->slot;

	for (;;)
	{
		const WalletEvent *event;

		start_scan(events, id, leg);
		if (!index_getnext_slot(events->scan, ForwardScanDirection, slot))
			return NULL;
		if (wallet_table_wait_for_writer(events->table, &events->dirty))
			continue;
		if (IsolationUsesXactSnapshot() &&
			!table_tuple_satisfies_snapshot(events->table->rel, slot, GetTransactionSnapshot()))
			ereport(ERROR,
					(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
					 errmsg("could not serialize access due to concurrent use of a transaction id"),
					 errdetail("Transaction id %s was recorded after this transaction began.",
							   wallet_uuid_text(id))));
		event = copy_event(slot);
		ExecClearTuple(slot);
		return event;
	}
}

bool
wallet_events_probe(WalletEvents *events, const WalletUuid *id)
{
	bool		found;

	start_scan(events, id, 0);
	found = index_getnext_slot(events->scan, ForwardScanDirection, events->table->slot);
	ExecClearTuple(events->table->slot);
	return found;
}

/* ----- writing ----- */

static void
write_plain(Datum *values, bool *isnull, const WalletEvent *event)
{
	for (int i = 0; i < (int) lengthof(integers); i++)
	{
		isnull[integers[i].column] = !(event->present & integers[i].bit);
		values[integers[i].column] = Int64GetDatum(*(int64_t *) field_at(event, integers[i].offset));
	}
	for (int i = 0; i < (int) lengthof(moments); i++)
	{
		isnull[moments[i].column] = !(event->present & moments[i].bit);
		values[moments[i].column] = TimestampTzGetDatum(
														wallet_timestamp_from_moment(*(int64_t *) field_at(event, moments[i].offset)));
	}
	isnull[COL_RELATED] = !(event->present & WALLET_HAS_RELATED);
	values[COL_RELATED] = PointerGetDatum(event->related.bytes);
	isnull[COL_FINAL] = !(event->present & WALLET_HAS_FINAL);
	values[COL_FINAL] = BoolGetDatum(event->final != 0);
}

/* Events of one call share their actor: it is built once. */
static Datum
actor_datum(WalletEvents *events, WalletBytes actor)
{
	if (events->actor == NULL ||
		!wallet_bytes_equal(wallet_bytes_from_datum(PointerGetDatum(events->actor)), actor))
	{
		events->actor = DatumGetTextP(wallet_bytes_text(actor));
	}
	return PointerGetDatum(events->actor);
}

/* A bytea of the event's own memory. */
static Datum
bytea_datum(const uint8_t *data, uint32_t length)
{
	bytea	   *value = palloc(VARHDRSZ + length);

	SET_VARSIZE(value, VARHDRSZ + length);
	memcpy(VARDATA(value), data, length);
	return PointerGetDatum(value);
}

static void
fill_slot(WalletEvents *events, TupleTableSlot *slot, const WalletEventRow *row)
{
	const WalletEvent *event = row->event;
	WalletNumericBuffer buffers[lengthof(moneys)];
	Datum	   *values = slot->tts_values;
	bool	   *isnull = slot->tts_isnull;

	ExecClearTuple(slot);
	memset(isnull, 0, COL_COUNT * sizeof(bool));
	values[COL_EVENT_ID] = Int64GetDatum(event->event_id);
	values[COL_TRANSACTION_ID] = PointerGetDatum(event->transaction_id.bytes);
	values[COL_LEG] = Int16GetDatum((int16) event->leg);
	values[COL_KIND] = Int16GetDatum((int16) event->kind);
	values[COL_STATUS] = Int16GetDatum((int16) event->status);
	values[COL_FORMAT] = Int16GetDatum(WALLET_FORMAT);
	write_plain(values, isnull, event);
	for (int i = 0; i < (int) lengthof(moneys); i++)
	{
		isnull[moneys[i].column] = !(event->present & moneys[i].bit);
		if (!isnull[moneys[i].column])
			values[moneys[i].column] = wallet_numeric_build(*(wallet_int128 *) field_at(event, moneys[i].offset),
															event->exponent, &buffers[i]);
	}
	values[COL_ACTOR] = actor_datum(events, event->actor);
	isnull[COL_DETAIL] = !(event->present & WALLET_HAS_DETAIL);
	if (!isnull[COL_DETAIL])
		values[COL_DETAIL] = bytea_datum(event->detail.data, event->detail.length);
	isnull[COL_METADATA_DIGEST] = !(event->present & WALLET_HAS_METADATA_DIGEST);
	if (!isnull[COL_METADATA_DIGEST])
		values[COL_METADATA_DIGEST] = bytea_datum(event->metadata_digest, WALLET_DIGEST_BYTES);
	isnull[COL_METADATA] = row->metadata == (Datum) 0;
	values[COL_METADATA] = row->metadata;
	ExecStoreVirtualTuple(slot);
	ExecMaterializeSlot(slot);	/* the buffers above are gone after this */
}

bool
wallet_events_insert(WalletEvents *events, const WalletEventRow *row)
{
	bool		inserted;

	fill_slot(events, events->table->slot, row);
	inserted = wallet_table_insert_unique(events->table, events->table->slot, WALLET_REL_EVENT_KEY);
	ExecClearTuple(events->table->slot);
	return inserted;
}

bool
wallet_events_insert_many(WalletEvents *events, const WalletEventRow *rows, int n)
{
	int			wanted = Min(n, ROWS_AT_ONCE);

	if (events->slots == NULL)
	{
		events->slots = palloc(ROWS_AT_ONCE * sizeof(TupleTableSlot *));
		while (events->slot_count < wanted)
			events->slots[events->slot_count++] = table_slot_create(events->table->rel, NULL);
	}
	for (int done = 0; done < n; done += wanted)
	{
		int			now = Min(wanted, n - done);

		CHECK_FOR_INTERRUPTS();
		for (int i = 0; i < now; i++)
			fill_slot(events, events->slots[i], &rows[done + i]);
		if (!wallet_table_insert_many(events->table, events->slots, now, WALLET_REL_EVENT_KEY))
			return false;
		for (int i = 0; i < now; i++)
			ExecClearTuple(events->slots[i]);
		WALLET_FAILPOINT(events_inserted);
	}
	return true;
}
