/*
 * arrival.c
 *		One look-up by event_id for those who wait.  It holds nothing when it returns:
 *		on a standby a lock on wallet.event or an old snapshot could stop the very
 *		replay that is waited for.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "access/xact.h"
#include "executor/tuptable.h"
#include "pg/compat.h"
#include "store/arrival.h"
#include "store/catalog.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

bool
wallet_event_is_visible(int64 event_id)
{
	Snapshot	snapshot = RegisterSnapshot(IsolationUsesXactSnapshot() ? GetTransactionSnapshot() : GetLatestSnapshot());
	Relation	event = table_open(wallet_relation_oid(WALLET_REL_EVENT), AccessShareLock);
	Relation	index = index_open(wallet_relation_oid(WALLET_REL_EVENT_PKEY), AccessShareLock);
	TupleTableSlot *slot = table_slot_create(event, NULL);
	IndexScanDesc scan = wallet_index_beginscan(event, index, snapshot, 1);
	ScanKeyData key;
	bool		visible;

	ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(event_id));
	index_rescan(scan, &key, 1, NULL, 0);
	visible = index_getnext_slot(scan, ForwardScanDirection, slot);
	index_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	index_close(index, AccessShareLock);
	table_close(event, AccessShareLock);
	UnregisterSnapshot(snapshot);
	return visible;
}
