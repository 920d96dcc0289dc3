/*
 * rows.c
 *		Each row is locked before it is written, so the write itself never waits
 *		and never finds another version than the one that was looked at.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "executor/executor.h"
#include "pg/compat.h"
#include "pg/error.h"
#include "pg/failpoint.h"
#include "store/rows.h"

void
wallet_rows_open(WalletRows *rows, WalletRelation table, WalletRelation index,
				 Snapshot snapshot, ScanKey keys, int nkeys)
{
	rows->table = wallet_table_open(table, RowExclusiveLock);
	rows->changed = table_slot_create(rows->table->rel, NULL);
	rows->index = index_open(wallet_relation_oid(index), AccessShareLock);
	rows->snapshot = snapshot;
	rows->scan = wallet_index_beginscan(rows->table->rel, rows->index, snapshot, nkeys);
	index_rescan(rows->scan, keys, nkeys, NULL, 0);
}

void
wallet_rows_close(WalletRows *rows)
{
	index_endscan(rows->scan);
	index_close(rows->index, NoLock);
	ExecDropSingleTupleTableSlot(rows->changed);
	wallet_table_close(rows->table);
}

/* False if the row is gone. */
static bool
lock_newest(WalletRows *rows)
{
	TupleTableSlot *slot = rows->table->slot;
	ItemPointerData tid = slot->tts_tid;
	TM_FailureData failure;
	TM_Result	result;

	result = table_tuple_lock(rows->table->rel, &tid, rows->snapshot, slot,
							  GetCurrentCommandId(false), LockTupleNoKeyExclusive, LockWaitBlock,
							  IsolationUsesXactSnapshot() ? 0 : TUPLE_LOCK_FLAG_FIND_LAST_VERSION,
							  &failure);
	if (result == TM_Ok)
		return true;
	if (IsolationUsesXactSnapshot() && (result == TM_Updated || result == TM_Deleted))
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access due to concurrent update")));
	if (result != TM_Deleted)
		elog(ERROR, "unexpected result %d of locking a row of wallet.%s", result,
			 RelationGetRelationName(rows->table->rel));
	return false;
}

bool
wallet_rows_lock_next(WalletRows *rows)
{
	while (index_getnext_slot(rows->scan, ForwardScanDirection, rows->table->slot))
	{
		if (lock_newest(rows))
			return true;
	}
	return false;
}

void
wallet_rows_copy(WalletRows *rows)
{
	TupleTableSlot *from = rows->table->slot;
	int			natts = from->tts_tupleDescriptor->natts;

	slot_getallattrs(from);
	ExecClearTuple(rows->changed);
	memcpy(rows->changed->tts_values, from->tts_values, natts * sizeof(Datum));
	memcpy(rows->changed->tts_isnull, from->tts_isnull, natts * sizeof(bool));
}

static void
check_written(WalletRows *rows, TM_Result result)
{
	if (result != TM_Ok)
		wallet_raise_corrupt("A locked row of wallet.%s could not be changed.",
							 RelationGetRelationName(rows->table->rel));
}

void
wallet_rows_replace(WalletRows *rows)
{
	Relation	rel = rows->table->rel;
	ItemPointerData tid = rows->table->slot->tts_tid;
	TM_FailureData failure;
	LockTupleMode lockmode;
	WalletUpdateIndexes update_indexes;

	/* As the executor would: a subscriber must be able to find the row. */
	CheckCmdReplicaIdentity(rel, CMD_UPDATE);
	check_written(rows, table_tuple_update(rel, &tid, rows->changed, GetCurrentCommandId(true),
										   rows->snapshot, InvalidSnapshot, true, &failure,
										   &lockmode, &update_indexes));
	WALLET_FAILPOINT(row_replaced);
	if (wallet_update_needs_indexes(update_indexes))
		wallet_table_index_update(rows->table, rows->changed,
								  wallet_update_only_summarizing(update_indexes));
	ExecClearTuple(rows->changed);
}

void
wallet_rows_delete(WalletRows *rows)
{
	Relation	rel = rows->table->rel;
	ItemPointerData tid = rows->table->slot->tts_tid;
	TM_FailureData failure;

	CheckCmdReplicaIdentity(rel, CMD_DELETE);
	check_written(rows, table_tuple_delete(rel, &tid, GetCurrentCommandId(true), rows->snapshot,
										   InvalidSnapshot, true, &failure, false));
}
