/*
 * references.c
 *		What an original was is taken from its own record, which the replay has compared
 *		when it came by; what was reversed of it, and all of a hold but its id, is
 *		what the machine made of it.
 */
#include "postgres.h"

#include "access/genam.h"
#include "audit/references.h"
#include "pg/compat.h"
#include "pg/uuid_map.h"
#include "store/events.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"

WalletReferences *
wallet_references_create(MemoryContext memory)
{
	WalletReferences *references = MemoryContextAllocZero(memory, sizeof(WalletReferences));

	references->memory = memory;
	references->hold_ids = uuid_map_create(memory, 64, NULL);
	references->original_ids = uuid_map_create(memory, 64, NULL);
	return references;
}

/* Zeroed room for one more. */
static void
make_room(MemoryContext memory, void **array, bool **met, size_t count, size_t *room, size_t size)
{
	if (count == *room)
	{
		*room = Max(64, 2 * *room);
		*array = *array ? repalloc_huge(*array, *room * size) : MemoryContextAllocHuge(memory, *room * size);
		*met = *met ? repalloc_huge(*met, *room) : MemoryContextAllocHuge(memory, *room);
	}
	memset((char *) *array + count * size, 0, size);
	(*met)[count] = false;
}

static int32
find(struct uuid_map_hash *ids, const WalletUuid *id)
{
	const WalletUuidEntry *entry = uuid_map_lookup(ids, *id);

	return entry ? entry->position : -1;
}

int32
wallet_references_find_hold(const WalletReferences *references, const WalletUuid *id)
{
	return find(references->hold_ids, id);
}

int32
wallet_references_find_original(const WalletReferences *references, const WalletUuid *id)
{
	return find(references->original_ids, id);
}

int32
wallet_references_place_hold(WalletReferences *references, const WalletUuid *id)
{
	bool		found;
	WalletUuidEntry *entry = uuid_map_insert(references->hold_ids, *id, &found);

	if (found)
		return entry->position;
	make_room(references->memory, (void **) &references->holds, &references->holds_met,
			  references->hold_count, &references->hold_room, sizeof(WalletHold));
	entry->position = (int32) references->hold_count++;
	return entry->position;
}

static bool
read_original(WalletTable *events, Snapshot snapshot, const WalletUuid *id, WalletOriginal *original)
{
	Relation	index = index_open(wallet_relation_oid(WALLET_REL_EVENT_KEY), AccessShareLock);
	IndexScanDesc scan = wallet_index_beginscan(events->rel, index, snapshot, 2);
	TupleTableSlot *slot = table_slot_create(events->rel, NULL);
	WalletEvent event = {0};
	const char *reason;
	ScanKeyData keys[2];
	bool		found;

	ScanKeyInit(&keys[0], 1, BTEqualStrategyNumber, F_UUID_EQ, PointerGetDatum(id->bytes));
	ScanKeyInit(&keys[1], 2, BTEqualStrategyNumber, F_INT2EQ, Int16GetDatum(0));
	index_rescan(scan, keys, 2, NULL, 0);
	found = index_getnext_slot(scan, ForwardScanDirection, slot) &&
		wallet_event_from_slot(slot, &event, &reason);
	if (found)
		*original = (WalletOriginal)
	{
		.transaction_id = event.transaction_id,
			.event_id = event.event_id,
			.debit = (event.present & WALLET_HAS_DEBIT) ? event.debit : 0,
			.credit = (event.present & WALLET_HAS_CREDIT) ? event.credit : 0,
			.amount = (event.present & WALLET_HAS_AMOUNT) ? event.amount : 0,
			.kind = event.kind,
			.status = event.status
	};
	ExecDropSingleTupleTableSlot(slot);
	index_endscan(scan);
	index_close(index, AccessShareLock);
	return found;
}

int32
wallet_references_place_original(WalletReferences *references, WalletTable *events,
								 Snapshot snapshot, const WalletUuid *id, int64 before)
{
	bool		found;
	WalletUuidEntry *entry = uuid_map_insert(references->original_ids, *id, &found);
	WalletOriginal *original;

	if (found)
		return entry->position;
	make_room(references->memory, (void **) &references->originals, &references->originals_met,
			  references->original_count, &references->original_room, sizeof(WalletOriginal));
	entry->position = (int32) references->original_count++;
	original = &references->originals[entry->position];
	if (!read_original(events, snapshot, id, original) || original->event_id >= before)
	{
		memset(original, 0, sizeof(*original));
		original->transaction_id = *id;
	}
	return entry->position;
}
