/*
 * horizon_row.c
 *		See horizon_row.h.  Every update is HOT: the only index is on a column that
 *		never changes, and a page holds more versions than are alive for a minute.
 */
#include "postgres.h"

#include "access/tableam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "miscadmin.h"
#include "pg/compat.h"
#include "storage/lmgr.h"
#include "store/catalog.h"
#include "store/horizon_row.h"
#include "store/instance.h"
#include "utils/snapmgr.h"

/* What the table's slot says, if that is about this server and database. */
static bool
from_slot(TupleTableSlot *slot, WalletHorizonRow *row)
{
	Datum	   *values = slot->tts_values;
	bool	   *isnull = slot->tts_isnull;

	slot_getallattrs(slot);
	memset(row, 0, sizeof(*row));
	if ((uint64) DatumGetInt64(values[WALLET_INSTANCE_SYSTEM_IDENTIFIER]) != GetSystemIdentifier() ||
		DatumGetObjectId(values[WALLET_INSTANCE_DATABASE]) != MyDatabaseId)
		return false;
	if (!isnull[WALLET_INSTANCE_HORIZON])
		row->horizon = DatumGetInt64(values[WALLET_INSTANCE_HORIZON]);
	if (!isnull[WALLET_INSTANCE_HORIZON_AT])
		row->stored_at = DatumGetTimestampTz(values[WALLET_INSTANCE_HORIZON_AT]);
	if (!isnull[WALLET_INSTANCE_TIMELINE])
		row->timeline = (TimeLineID) DatumGetInt32(values[WALLET_INSTANCE_TIMELINE]);
	return true;
}

/* Leaves the row in the table's slot; false if there is none of this database. */
static bool
find(WalletTable *table, Snapshot snapshot, WalletHorizonRow *row)
{
	TableScanDesc scan = table_beginscan(table->rel, snapshot, 0, NULL);
	bool		found = table_scan_getnextslot(scan, ForwardScanDirection, table->slot);

	if (found)
		ExecMaterializeSlot(table->slot);
	table_endscan(scan);
	if (!found)
		memset(row, 0, sizeof(*row));
	return found && from_slot(table->slot, row);
}

static void
read_row(Snapshot snapshot, WalletHorizonRow *row)
{
	WalletTable *table;

	memset(row, 0, sizeof(*row));
	if (!wallet_relation_exists(WALLET_REL_INSTANCE))
		return;
	table = wallet_table_open(WALLET_REL_INSTANCE, AccessShareLock);
	snapshot = RegisterSnapshot(snapshot);
	(void) find(table, snapshot, row);
	UnregisterSnapshot(snapshot);
	wallet_table_close(table);
}

void
wallet_horizon_row_read(WalletHorizonRow *row)
{
	read_row(IsolationUsesXactSnapshot() ? GetTransactionSnapshot() : GetLatestSnapshot(), row);
}

void
wallet_horizon_row_read_newest(WalletHorizonRow *row)
{
	read_row(GetLatestSnapshot(), row);
}

/* Locks the newest version of the row that find() left in the slot, if that needs no waiting. */
static bool
lock(WalletTable *table, Snapshot snapshot)
{
	ItemPointerData tid = table->slot->tts_tid;
	TM_FailureData failure;

	return table_tuple_lock(table->rel, &tid, snapshot, table->slot, GetCurrentCommandId(false),
							LockTupleNoKeyExclusive, LockWaitSkip, TUPLE_LOCK_FLAG_FIND_LAST_VERSION,
							&failure) == TM_Ok;
}

/* The row with its new values; the rest of it stays. */
static void
refill_slot(TupleTableSlot *slot, const WalletHorizonRow *row)
{
	Datum		values[WALLET_INSTANCE_COLUMNS];

	memcpy(values, slot->tts_values, sizeof(values));	/* all by value */
	ExecClearTuple(slot);
	memset(slot->tts_isnull, 0, sizeof(values) / sizeof(Datum) * sizeof(bool));
	memcpy(slot->tts_values, values, sizeof(values));
	slot->tts_values[WALLET_INSTANCE_TIMELINE] = Int32GetDatum((int32) row->timeline);
	slot->tts_values[WALLET_INSTANCE_HORIZON] = Int64GetDatum(row->horizon);
	slot->tts_isnull[WALLET_INSTANCE_HORIZON] = row->horizon == 0;
	slot->tts_values[WALLET_INSTANCE_HORIZON_AT] = TimestampTzGetDatum(row->stored_at);
	slot->tts_isnull[WALLET_INSTANCE_HORIZON_AT] = row->stored_at == 0;
	ExecStoreVirtualTuple(slot);
}

static void
update(WalletTable *table, Snapshot snapshot, const WalletHorizonRow *row)
{
	ItemPointerData tid = table->slot->tts_tid;
	TM_FailureData failure;
	LockTupleMode lockmode;
	WalletUpdateIndexes update_indexes;

	refill_slot(table->slot, row);
	if (table_tuple_update(table->rel, &tid, table->slot, GetCurrentCommandId(true), snapshot, InvalidSnapshot,
						   true, &failure, &lockmode, &update_indexes) != TM_Ok)
		elog(ERROR, "the locked row of wallet.instance could not be updated");
	if (wallet_update_needs_indexes(update_indexes))
		wallet_table_index_update(table, table->slot, wallet_update_only_summarizing(update_indexes));
}

static bool
write_found(WalletTable *table, Snapshot snapshot, int64 horizon, TimeLineID timeline, WalletHorizonRow *row)
{
	if (!find(table, snapshot, row) || !lock(table, snapshot) || !from_slot(table->slot, row))
		return false;
	row->timeline = timeline;
	if (horizon > row->horizon)
	{
		row->horizon = horizon;
		row->stored_at = GetCurrentTimestamp();
	}
	update(table, snapshot, row);
	return true;
}

bool
wallet_horizon_row_write(int64 horizon, TimeLineID timeline, WalletHorizonRow *row)
{
	WalletTable *table;
	Snapshot	snapshot;
	bool		written;

	/*
	 * Whoever claims an empty ledger has the table until it commits
	 * (instance.c).
	 */
	if (!wallet_relation_exists(WALLET_REL_INSTANCE) ||
		!ConditionalLockRelationOid(wallet_relation_oid(WALLET_REL_INSTANCE), RowExclusiveLock))
	{
		wallet_horizon_row_read_newest(row);
		return false;
	}
	table = wallet_table_open(WALLET_REL_INSTANCE, RowExclusiveLock);
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	written = write_found(table, snapshot, horizon, timeline, row);
	ExecClearTuple(table->slot);
	UnregisterSnapshot(snapshot);
	wallet_table_close(table);
	return written;
}
