/*
 * holds.c
 *		See holds.h for what guards these rows.
 */
#include "postgres.h"

#include "access/xact.h"
#include "pg/datum.h"
#include "pg/error.h"
#include "pg/failpoint.h"
#include "store/holds.h"
#include "utils/fmgroids.h"
#include "utils/timestamp.h"

enum
{
	HOLD_ID,
	HOLD_EVENT_ID,
	HOLD_DEBIT,
	HOLD_CREDIT,
	HOLD_EXPIRES_AT,
	HOLD_STATE,
	HOLD_AMOUNT,
	HOLD_REMAINING,
	HOLD_COUNT
};

enum
{
	REVERSAL_ORIGINAL,
	REVERSAL_EVENT_ID,
	REVERSAL_REVERSED,
	REVERSAL_COUNT
};

/* ----- reading ----- */

void
wallet_holds_open(WalletHolds *holds, Snapshot snapshot)
{
	wallet_lookup_open(&holds->by_id, WALLET_REL_HOLD, WALLET_REL_HOLD_PKEY, 1, snapshot);
	wallet_lookup_open(&holds->by_payer, WALLET_REL_HOLD, WALLET_REL_HOLD_OPEN_KEY, 2, snapshot);
}

void
wallet_holds_close(WalletHolds *holds)
{
	wallet_lookup_close(&holds->by_payer);
	wallet_lookup_close(&holds->by_id);
}

bool
wallet_hold_from_slot(TupleTableSlot *slot, WalletHold *hold, int *exponent)
{
	Datum	   *values = slot->tts_values;

	slot_getallattrs(slot);
	memset(hold, 0, sizeof(*hold));
	memcpy(hold->transaction_id.bytes, DatumGetPointer(values[HOLD_ID]), sizeof(WalletUuid));
	hold->event_id = DatumGetInt64(values[HOLD_EVENT_ID]);
	hold->debit = DatumGetInt64(values[HOLD_DEBIT]);
	hold->credit = DatumGetInt64(values[HOLD_CREDIT]);
	if (!slot->tts_isnull[HOLD_EXPIRES_AT])
		hold->expires_at = wallet_moment_from_timestamp(DatumGetTimestampTz(values[HOLD_EXPIRES_AT]));
	hold->state = (uint8_t) DatumGetInt16(values[HOLD_STATE]);
	*exponent = -1;
	return wallet_money_from_shown(values[HOLD_AMOUNT], exponent, &hold->amount) &&
		wallet_money_from_shown(values[HOLD_REMAINING], exponent, &hold->remaining);
}

static void
take_row(TupleTableSlot *slot, WalletHoldRow *row)
{
	int			exponent;

	if (!wallet_hold_from_slot(slot, &row->hold, &exponent))
		wallet_raise_corrupt("Hold %s has an impossible amount in wallet.hold.",
							 wallet_uuid_text(&row->hold.transaction_id));
	row->tid = slot->tts_tid;
	ExecClearTuple(slot);
}

bool
wallet_holds_find(WalletHolds *holds, const WalletUuid *id, WalletHoldRow *row)
{
	ScanKeyData key;

	ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_UUID_EQ, PointerGetDatum(id->bytes));
	wallet_lookup_start(&holds->by_id, &key);
	if (!wallet_lookup_next(&holds->by_id))
		return false;
	take_row(holds->by_id.table->slot, row);
	return true;
}

void
wallet_holds_start(WalletHolds *holds, int64 payer)
{
	ScanKeyData keys[2];

	ScanKeyInit(&keys[0], 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(payer));
	ScanKeyEntryInitialize(&keys[1], SK_ISNULL | SK_SEARCHNOTNULL, 2, InvalidStrategy,
						   InvalidOid, InvalidOid, InvalidOid, (Datum) 0);
	wallet_lookup_start(&holds->by_payer, keys);
}

bool
wallet_holds_next(WalletHolds *holds, WalletHoldRow *row)
{
	if (!wallet_lookup_next(&holds->by_payer))
		return false;
	take_row(holds->by_payer.table->slot, row);
	return true;
}

bool
wallet_reversals_find(const WalletUuid *original, Snapshot snapshot, WalletReversalRow *row)
{
	WalletLookup lookup;
	ScanKeyData key;
	int			exponent = -1;
	bool		found;

	row->reversed = 0;
	ItemPointerSetInvalid(&row->tid);
	wallet_lookup_open(&lookup, WALLET_REL_REVERSAL, WALLET_REL_REVERSAL_PKEY, 1, snapshot);
	ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_UUID_EQ, PointerGetDatum(original->bytes));
	wallet_lookup_start(&lookup, &key);
	found = wallet_lookup_next(&lookup);
	if (found)
	{
		TupleTableSlot *slot = lookup.table->slot;

		slot_getallattrs(slot);
		if (!wallet_money_from_shown(slot->tts_values[REVERSAL_REVERSED], &exponent, &row->reversed))
			wallet_raise_corrupt("The reversal of %s has an impossible amount in wallet.reversal.",
								 wallet_uuid_text(original));
		row->tid = slot->tts_tid;
	}
	wallet_lookup_close(&lookup);
	return found;
}

/* ----- writing ----- */

/* Each table is opened when its first row is written. */
struct WalletHoldWriter
{
	Snapshot	snapshot;
	WalletTable *holds;
	WalletTable *reversals;
};

WalletHoldWriter *
wallet_hold_writer_open(Snapshot snapshot)
{
	WalletHoldWriter *writer = palloc0(sizeof(WalletHoldWriter));

	writer->snapshot = snapshot;
	return writer;
}

void
wallet_hold_writer_close(WalletHoldWriter *writer)
{
	if (writer->holds != NULL)
		wallet_table_close(writer->holds);
	if (writer->reversals != NULL)
		wallet_table_close(writer->reversals);
	pfree(writer);
}

static TupleTableSlot *
empty_slot(WalletTable **table, WalletRelation which, int columns)
{
	if (*table == NULL)
		*table = wallet_table_open(which, RowExclusiveLock);
	ExecClearTuple((*table)->slot);
	memset((*table)->slot->tts_isnull, 0, columns * sizeof(bool));
	return (*table)->slot;
}

/* False if another transaction has or may be about to have the key. */
static bool
put_row(WalletHoldWriter *writer, WalletTable *table, const ItemPointerData *tid, WalletRelation key)
{
	bool		written = true;

	ExecStoreVirtualTuple(table->slot);
	if (!ItemPointerIsValid(tid))
		written = wallet_table_insert_unique(table, table->slot, key);
	else if (!wallet_table_update(table, tid, table->slot, writer->snapshot))
		wallet_raise_corrupt("A row of wallet.%s was changed by something else than wallet.",
							 RelationGetRelationName(table->rel));
	ExecClearTuple(table->slot);
	WALLET_FAILPOINT(hold_written);
	return written;
}

bool
wallet_hold_write(WalletHoldWriter *writer, const ItemPointerData *tid,
				  const WalletHold *hold, int exponent)
{
	WalletNumericBuffer buffers[2];
	TupleTableSlot *slot = empty_slot(&writer->holds, WALLET_REL_HOLD, HOLD_COUNT);
	Datum	   *values = slot->tts_values;

	values[HOLD_ID] = PointerGetDatum(hold->transaction_id.bytes);
	values[HOLD_EVENT_ID] = Int64GetDatum(hold->event_id);
	values[HOLD_DEBIT] = Int64GetDatum(hold->debit);
	values[HOLD_CREDIT] = Int64GetDatum(hold->credit);
	values[HOLD_EXPIRES_AT] = TimestampTzGetDatum(wallet_timestamp_from_moment(hold->expires_at));
	slot->tts_isnull[HOLD_EXPIRES_AT] = hold->expires_at == 0;
	values[HOLD_STATE] = Int16GetDatum(hold->state);
	values[HOLD_AMOUNT] = wallet_numeric_build(hold->amount, exponent, &buffers[0]);
	values[HOLD_REMAINING] = wallet_numeric_build(hold->remaining, exponent, &buffers[1]);
	return put_row(writer, writer->holds, tid, WALLET_REL_HOLD_PKEY);
}

bool
wallet_reversal_write(WalletHoldWriter *writer, const ItemPointerData *tid,
					  const WalletOriginal *original, int exponent)
{
	WalletNumericBuffer buffer;
	TupleTableSlot *slot = empty_slot(&writer->reversals, WALLET_REL_REVERSAL, REVERSAL_COUNT);

	slot->tts_values[REVERSAL_ORIGINAL] = PointerGetDatum(original->transaction_id.bytes);
	slot->tts_values[REVERSAL_EVENT_ID] = Int64GetDatum(original->event_id);
	slot->tts_values[REVERSAL_REVERSED] = wallet_numeric_build(original->reversed, exponent, &buffer);
	return put_row(writer, writer->reversals, tid, WALLET_REL_REVERSAL_PKEY);
}
