/*
 * currencies.c
 *		wallet.currency, and the session's memory of it.  As with names, only what
 *		others have committed is remembered; an exponent never changes, but a
 *		built-in code may be overruled by a definition that a restore brings, which
 *		is why the memory is dropped with the relcache entry.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/xact.h"
#include "catalog/pg_collation.h"
#include "pg/compat.h"
#include "pg/datum.h"
#include "store/catalog.h"
#include "store/currencies.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

enum
{
	COL_CODE,
	COL_EXPONENT,
	COL_BUILTIN,
	COL_DEFINED_BY,
	COL_COUNT
};

typedef struct CodeEntry
{
	WalletCurrency currency;	/* key */
	int			exponent;
} CodeEntry;

static HTAB *codes = NULL;
static Oid	codes_of = InvalidOid;

static void
on_relcache_change(Datum arg, Oid relation)
{
	if (codes != NULL && (relation == InvalidOid || relation == codes_of))
	{
		hash_destroy(codes);
		codes = NULL;
	}
}

static void
remember(const WalletCurrency *currency, int exponent)
{
	static bool registered = false;
	CodeEntry  *entry;

	if (!registered)
	{
		CacheRegisterRelcacheCallback(on_relcache_change, (Datum) 0);
		registered = true;
	}
	if (codes == NULL)
	{
		HASHCTL		control = {
			.keysize = sizeof(WalletCurrency),
			.entrysize = sizeof(CodeEntry),
			.hcxt = CacheMemoryContext
		};

		codes_of = wallet_relation_oid(WALLET_REL_CURRENCY);
		codes = hash_create("wallet currencies", 256, &control,
							HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	entry = hash_search(codes, currency, HASH_ENTER, NULL);
	entry->exponent = exponent;
}

int
wallet_currencies_exponent(const WalletCurrency *currency, Snapshot snapshot)
{
	CodeEntry  *entry = codes ? hash_search(codes, currency, HASH_FIND, NULL) : NULL;
	WalletTable *table;
	Relation	index;
	IndexScanDesc scan;
	ScanKeyData key;
	int			exponent = -1;
	bool		committed = false;
	bool		isnull;

	if (entry != NULL)
		return entry->exponent;

	table = wallet_table_open(WALLET_REL_CURRENCY, AccessShareLock);
	index = index_open(wallet_relation_oid(WALLET_REL_CURRENCY_PKEY), AccessShareLock);
	scan = wallet_index_beginscan(table->rel, index, snapshot, 1);
	ScanKeyEntryInitialize(&key, 0, 1, BTEqualStrategyNumber, InvalidOid, C_COLLATION_OID, F_TEXTEQ,
						   wallet_currency_text(currency));
	index_rescan(scan, &key, 1, NULL, 0);
	/* (code, false) comes before (code, true): a user's definition first. */
	if (index_getnext_slot(scan, ForwardScanDirection, table->slot))
	{
		TransactionId xmin = DatumGetTransactionId(slot_getsysattr(table->slot, MinTransactionIdAttributeNumber, &isnull));

		exponent = DatumGetInt16(slot_getattr(table->slot, COL_EXPONENT + 1, &isnull));
		committed = !TransactionIdIsCurrentTransactionId(xmin);
	}
	index_endscan(scan);
	index_close(index, NoLock);
	wallet_table_close(table);
	if (committed)
		remember(currency, exponent);
	return exponent;
}

bool
wallet_currencies_taken(const WalletCurrency *currency)
{
	WalletTable *table = wallet_table_open(WALLET_REL_CURRENCY, AccessShareLock);
	Relation	index = index_open(wallet_relation_oid(WALLET_REL_CURRENCY_PKEY), AccessShareLock);
	SnapshotData dirty;
	IndexScanDesc scan;
	ScanKeyData keys[2];
	bool		taken = false;

	InitDirtySnapshot(dirty);
	scan = wallet_index_beginscan(table->rel, index, &dirty, 2);
	ScanKeyEntryInitialize(&keys[0], 0, 1, BTEqualStrategyNumber, InvalidOid, C_COLLATION_OID, F_TEXTEQ,
						   wallet_currency_text(currency));
	ScanKeyInit(&keys[1], 2, BTEqualStrategyNumber, F_BOOLEQ, BoolGetDatum(false));
	do
	{
		index_rescan(scan, keys, 2, NULL, 0);
		if (!index_getnext_slot(scan, ForwardScanDirection, table->slot))
			break;
		taken = !wallet_table_wait_for_writer(table, &dirty);
	} while (!taken);
	index_endscan(scan);
	index_close(index, NoLock);
	wallet_table_close(table);
	return taken;
}

bool
wallet_currencies_insert(const WalletCurrency *currency, int exponent, int64 event_id)
{
	WalletTable *table = wallet_table_open(WALLET_REL_CURRENCY, RowExclusiveLock);
	TupleTableSlot *slot = table->slot;
	bool		inserted;

	ExecClearTuple(slot);
	memset(slot->tts_isnull, 0, COL_COUNT * sizeof(bool));
	slot->tts_values[COL_CODE] = wallet_currency_text(currency);
	slot->tts_values[COL_EXPONENT] = Int16GetDatum((int16) exponent);
	slot->tts_values[COL_BUILTIN] = BoolGetDatum(false);
	slot->tts_values[COL_DEFINED_BY] = Int64GetDatum(event_id);
	ExecStoreVirtualTuple(slot);
	inserted = wallet_table_insert_unique(table, slot, WALLET_REL_CURRENCY_PKEY);
	wallet_table_close(table);
	return inserted;
}
