/*
 * milestones.c
 *		Opened only when a milestone is due: nearly always it is not.
 */
#include "postgres.h"

#include "pg/datum.h"
#include "pg/failpoint.h"
#include "store/catalog.h"
#include "store/lookup.h"
#include "store/milestones.h"
#include "utils/fmgroids.h"

enum
{
	COL_ACCOUNT,
	COL_EVENT_ID,
	COL_VERSION,
	COL_BALANCE,
	COL_HELD,
	COL_COUNT
};

struct WalletMilestones
{
	WalletTable *table;
};

WalletMilestones *
wallet_milestones_open(void)
{
	return palloc0(sizeof(WalletMilestones));
}

void
wallet_milestones_close(WalletMilestones *milestones)
{
	if (milestones->table != NULL)
		wallet_table_close(milestones->table);
	pfree(milestones);
}

void
wallet_milestone_to_slot(int64 account, int64 event_id, int64 version, wallet_int128 balance,
						 wallet_int128 held, int exponent, TupleTableSlot *slot)
{
	WalletNumericBuffer buffers[2];

	ExecClearTuple(slot);
	memset(slot->tts_isnull, 0, COL_COUNT * sizeof(bool));
	slot->tts_values[COL_ACCOUNT] = Int64GetDatum(account);
	slot->tts_values[COL_EVENT_ID] = Int64GetDatum(event_id);
	slot->tts_values[COL_VERSION] = Int64GetDatum(version);
	slot->tts_values[COL_BALANCE] = wallet_numeric_build(balance, exponent, &buffers[0]);
	slot->tts_values[COL_HELD] = wallet_numeric_build(held, exponent, &buffers[1]);
	ExecStoreVirtualTuple(slot);
	ExecMaterializeSlot(slot);
}

void
wallet_milestones_insert(WalletMilestones *milestones, int64 account, int64 event_id,
						 int64 version, wallet_int128 balance, wallet_int128 held,
						 int exponent)
{
	if (milestones->table == NULL)
		milestones->table = wallet_table_open(WALLET_REL_MILESTONE, RowExclusiveLock);
	wallet_milestone_to_slot(account, event_id, version, balance, held, exponent, milestones->table->slot);
	wallet_table_insert(milestones->table, milestones->table->slot);
	WALLET_FAILPOINT(milestone_inserted);
	ExecClearTuple(milestones->table->slot);
}

int64
wallet_milestones_first(int64 account, int64 from, Snapshot snapshot)
{
	WalletLookup lookup;
	ScanKeyData keys[2];
	int64		event_id = 0;
	bool		isnull;

	wallet_lookup_open(&lookup, WALLET_REL_MILESTONE, WALLET_REL_MILESTONE_PKEY, lengthof(keys), snapshot);
	ScanKeyInit(&keys[0], 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(account));
	ScanKeyInit(&keys[1], 2, BTGreaterEqualStrategyNumber, F_INT8GE, Int64GetDatum(from));
	wallet_lookup_start(&lookup, keys);
	if (wallet_lookup_next(&lookup))
		event_id = DatumGetInt64(slot_getattr(lookup.table->slot, COL_EVENT_ID + 1, &isnull));
	wallet_lookup_close(&lookup);
	return event_id;
}
