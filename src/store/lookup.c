/*
 * lookup.c
 *		One scan descriptor, started again for every look-up: opening one costs more
 *		than using it.
 */
#include "postgres.h"

#include "pg/compat.h"
#include "store/lookup.h"
#include "utils/fmgroids.h"

void
wallet_lookup_open(WalletLookup *lookup, WalletRelation table, WalletRelation index,
				   int nkeys, Snapshot snapshot)
{
	lookup->table = wallet_table_open(table, AccessShareLock);
	lookup->index = index_open(wallet_relation_oid(index), AccessShareLock);
	lookup->scan = wallet_index_beginscan(lookup->table->rel, lookup->index, snapshot, nkeys);
}

void
wallet_lookup_close(WalletLookup *lookup)
{
	index_endscan(lookup->scan);
	index_close(lookup->index, NoLock);
	wallet_table_close(lookup->table);
}

void
wallet_lookup_start(WalletLookup *lookup, ScanKey keys)
{
	index_rescan(lookup->scan, keys, lookup->scan->numberOfKeys, NULL, 0);
}

bool
wallet_lookup_next(WalletLookup *lookup)
{
	return index_getnext_slot(lookup->scan, ForwardScanDirection, lookup->table->slot);
}

bool
wallet_lookup_id(WalletLookup *lookup, int64 id)
{
	ScanKeyData key;

	Assert(lookup->scan->numberOfKeys == 1);
	ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(id));
	wallet_lookup_start(lookup, &key);
	return wallet_lookup_next(lookup);
}
