/*
 * stream.c
 *		One index scan over the log, whoever reads it: replay, seals, export.
 */
#include "postgres.h"

#include "access/genam.h"
#include "audit/stream.h"
#include "miscadmin.h"
#include "pg/compat.h"
#include "store/events.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"

void
wallet_stream_events(Snapshot snapshot, int64 after, int64 until, WalletEventVisitor visit, void *arg)
{
	WalletTable *table = wallet_table_open(WALLET_REL_EVENT, AccessShareLock);
	Relation	index = index_open(wallet_relation_oid(WALLET_REL_EVENT_PKEY), AccessShareLock);
	MemoryContext memory = AllocSetContextCreate(CurrentMemoryContext, "wallet event", ALLOCSET_DEFAULT_SIZES);
	ScanKeyData keys[2];
	int			nkeys = until > 0 ? 2 : 1;
	IndexScanDesc scan = wallet_index_beginscan(table->rel, index, snapshot, nkeys);
	int64		rows = 0;
	bool		go_on = true;

	ScanKeyInit(&keys[0], 1, BTGreaterStrategyNumber, F_INT8GT, Int64GetDatum(after));
	ScanKeyInit(&keys[1], 1, BTLessEqualStrategyNumber, F_INT8LE, Int64GetDatum(until));
	index_rescan(scan, keys, nkeys, NULL, 0);

	/*
	 * A scan allocates when it needs to: it must not do that in memory that
	 * is reset.
	 */
	while (go_on && index_getnext_slot(scan, ForwardScanDirection, table->slot))
	{
		MemoryContext old = MemoryContextSwitchTo(memory);
		WalletEvent event;
		const char *reason;

		CHECK_FOR_INTERRUPTS();
		(void) wallet_event_from_slot(table->slot, &event, &reason);
		go_on = visit(arg, &event, reason, table->slot);
		MemoryContextSwitchTo(old);
		if ((++rows & 0xff) == 0)
			MemoryContextReset(memory);
	}
	MemoryContextDelete(memory);
	index_endscan(scan);
	index_close(index, AccessShareLock);
	wallet_table_close(table);
}
