/*
 * seals.c
 *		wallet.seal.  Written by one transaction at a time, in order, and never changed.
 */
#include "postgres.h"

#include "access/genam.h"
#include "pg/compat.h"
#include "pg/datum.h"
#include "pg/error.h"
#include "pg/failpoint.h"
#include "storage/lmgr.h"
#include "store/catalog.h"
#include "store/seals.h"
#include "utils/fmgroids.h"

enum
{
	COL_BLOCK,
	COL_FIRST_EVENT,
	COL_LAST_EVENT,
	COL_DIGEST,
	COL_HEAD,
	COL_COUNT
};

void
wallet_seals_lock(void)
{
	LockRelationOid(wallet_relation_oid(WALLET_REL_SEAL), ShareRowExclusiveLock);
}

static bool
take_digest(Datum value, uint8_t digest[WALLET_DIGEST_BYTES])
{
	WalletBytes bytes = wallet_bytes_from_datum(value);

	if (bytes.length != WALLET_DIGEST_BYTES)
		return false;
	memcpy(digest, bytes.data, WALLET_DIGEST_BYTES);
	return true;
}

bool
wallet_seal_from_slot(TupleTableSlot *slot, WalletSeal *seal)
{
	slot_getallattrs(slot);
	seal->block = DatumGetInt64(slot->tts_values[COL_BLOCK]);
	seal->first_event = DatumGetInt64(slot->tts_values[COL_FIRST_EVENT]);
	seal->last_event = DatumGetInt64(slot->tts_values[COL_LAST_EVENT]);
	return take_digest(slot->tts_values[COL_DIGEST], seal->digest) &&
		take_digest(slot->tts_values[COL_HEAD], seal->head);
}

/* The seal of a block; block < 0: the newest. */
static bool
find(Snapshot snapshot, int64 block, WalletSeal *seal)
{
	WalletTable *table = wallet_table_open(WALLET_REL_SEAL, AccessShareLock);
	Relation	index = index_open(wallet_relation_oid(WALLET_REL_SEAL_PKEY), AccessShareLock);
	int			nkeys = block < 0 ? 0 : 1;
	IndexScanDesc scan = wallet_index_beginscan(table->rel, index, snapshot, nkeys);
	ScanKeyData key;
	bool		found;

	ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(block));
	index_rescan(scan, &key, nkeys, NULL, 0);
	found = index_getnext_slot(scan, BackwardScanDirection, table->slot);
	if (found && !wallet_seal_from_slot(table->slot, seal))
		wallet_raise_corrupt("The seal of block " INT64_FORMAT " has a digest that has not 32 bytes.", seal->block);
	index_endscan(scan);
	index_close(index, NoLock);
	wallet_table_close(table);
	return found;
}

bool
wallet_seals_newest(Snapshot snapshot, WalletSeal *seal)
{
	return find(snapshot, -1, seal);
}

bool
wallet_seals_find(Snapshot snapshot, int64 block, WalletSeal *seal)
{
	return find(snapshot, block, seal);
}

static Datum
digest_datum(const uint8_t digest[WALLET_DIGEST_BYTES])
{
	bytea	   *value = palloc(VARHDRSZ + WALLET_DIGEST_BYTES);

	SET_VARSIZE(value, VARHDRSZ + WALLET_DIGEST_BYTES);
	memcpy(VARDATA(value), digest, WALLET_DIGEST_BYTES);
	return PointerGetDatum(value);
}

void
wallet_seals_insert(const WalletSeal *seals, int n)
{
	WalletTable *table = wallet_table_open(WALLET_REL_SEAL, RowExclusiveLock);
	TupleTableSlot *slot = table->slot;

	for (int i = 0; i < n; i++)
	{
		ExecClearTuple(slot);
		memset(slot->tts_isnull, 0, COL_COUNT * sizeof(bool));
		slot->tts_values[COL_BLOCK] = Int64GetDatum(seals[i].block);
		slot->tts_values[COL_FIRST_EVENT] = Int64GetDatum(seals[i].first_event);
		slot->tts_values[COL_LAST_EVENT] = Int64GetDatum(seals[i].last_event);
		slot->tts_values[COL_DIGEST] = digest_datum(seals[i].digest);
		slot->tts_values[COL_HEAD] = digest_datum(seals[i].head);
		ExecStoreVirtualTuple(slot);
		wallet_table_insert(table, slot);
		ExecClearTuple(slot);
		WALLET_FAILPOINT(seal_inserted);
	}
	wallet_table_close(table);
}
