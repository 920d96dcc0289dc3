/*
 * accounts.c
 *		wallet.account, and the session's memory of name -> id.
 *
 * Only rows committed by other transactions are remembered: an account opened in
 * this transaction can still be rolled back and its name opened again with
 * another id, and a remembered id would then pay the wrong one.  Any relcache
 * invalidation of the table (DROP, TRUNCATE, VACUUM FULL) empties the memory.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/xact.h"
#include "catalog/pg_collation.h"
#include "miscadmin.h"
#include "pg/compat.h"
#include "pg/datum.h"
#include "pg/error.h"
#include "pg/guc.h"
#include "pg/name_key.h"
#include "store/accounts.h"
#include "store/catalog.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

enum
{
	COL_ID,
	COL_PARENT,
	COL_NAME,
	COL_CURRENCY,
	COL_OWNER,
	COL_METADATA,
	COL_COUNT
};

typedef struct NameEntry
{
	WalletNameKey key;
	int64		id;
	uint32		hash;
	char		status;
} NameEntry;

#define SH_PREFIX names
#define SH_ELEMENT_TYPE NameEntry
#define SH_KEY_TYPE WalletNameKey
#define SH_KEY key
#define SH_HASH_KEY(table, key) wallet_name_hash(key)
#define SH_EQUAL(table, a, b) wallet_name_equal(a, b)
#define SH_STORE_HASH
#define SH_GET_HASH(table, entry) (entry)->hash
#define SH_SCOPE static inline
#define SH_DEFINE
#define SH_DECLARE
#include "lib/simplehash.h"

static MemoryContext memory = NULL;
static names_hash *names = NULL;
static Oid	names_of = InvalidOid;	/* the table that the memory is about */

static void
forget_names(void)
{
	if (memory != NULL)
		MemoryContextReset(memory);
	names = NULL;
}

static void
on_relcache_change(Datum arg, Oid relation)
{
	if (names != NULL && (relation == InvalidOid || relation == names_of))
		forget_names();
}

static void
prepare_memory(void)
{
	if (memory == NULL)
	{
		memory = AllocSetContextCreate(CacheMemoryContext, "wallet account names",
									   ALLOCSET_DEFAULT_SIZES);
		CacheRegisterRelcacheCallback(on_relcache_change, (Datum) 0);
	}
	if (names != NULL && names->members >= (uint64) wallet_name_cache_size)
		forget_names();
	if (names == NULL)
	{
		/* In this order: looking the table up may empty the memory. */
		names_of = wallet_relation_oid(WALLET_REL_ACCOUNT);
		names = names_create(memory, 1024, NULL);
	}
}

static void
remember(WalletNameKey key, int64 id)
{
	bool		found;
	NameEntry  *entry;

	prepare_memory();
	key.name = wallet_bytes_copy(memory, key.name);
	entry = names_insert(names, key, &found);
	entry->id = id;
}

/* ----- scans ----- */

typedef struct AccountScan
{
	WalletTable *table;
	Relation	index;
	IndexScanDesc scan;
	text	   *name;
	text	   *currency;
} AccountScan;

static void
begin_scan(AccountScan *scan, WalletRelation index, int nkeys, Snapshot snapshot)
{
	scan->table = wallet_table_open(WALLET_REL_ACCOUNT, AccessShareLock);
	scan->index = index_open(wallet_relation_oid(index), AccessShareLock);
	scan->scan = wallet_index_beginscan(scan->table->rel, scan->index, snapshot, nkeys);
}

static void
end_scan(AccountScan *scan)
{
	index_endscan(scan->scan);
	index_close(scan->index, NoLock);
	wallet_table_close(scan->table);
}

/* currency NULL: accounts of the name in any; the scan then has one key. */
static void
seek_name(AccountScan *scan, WalletBytes name, const WalletCurrency *currency)
{
	ScanKeyData keys[2];

	ScanKeyEntryInitialize(&keys[0], 0, 1, BTEqualStrategyNumber, InvalidOid, C_COLLATION_OID, F_TEXTEQ,
						   wallet_bytes_text(name));
	if (currency)
		ScanKeyEntryInitialize(&keys[1], 0, 2, BTEqualStrategyNumber, InvalidOid, C_COLLATION_OID, F_TEXTEQ,
							   wallet_currency_text(currency));
	index_rescan(scan->scan, keys, scan->scan->numberOfKeys, NULL, 0);
}

static bool
next_row(AccountScan *scan)
{
	return index_getnext_slot(scan->scan, ForwardScanDirection, scan->table->slot);
}

/* Was the row in the slot committed by somebody else before now? */
static bool
is_committed(TupleTableSlot *slot)
{
	bool		isnull;
	TransactionId xmin = DatumGetTransactionId(slot_getsysattr(slot, MinTransactionIdAttributeNumber, &isnull));

	return !TransactionIdIsCurrentTransactionId(xmin);
}

int64
wallet_accounts_find(WalletBytes name, const WalletCurrency *currency, Snapshot snapshot)
{
	WalletNameKey key = {*currency, name};
	NameEntry  *entry = names ? names_lookup(names, key) : NULL;
	AccountScan scan;
	int64		id = 0;
	bool		isnull;

	if (entry != NULL)
		return entry->id;
	begin_scan(&scan, WALLET_REL_ACCOUNT_KEY, 2, snapshot);
	seek_name(&scan, name, currency);
	if (next_row(&scan))
	{
		id = DatumGetInt64(slot_getattr(scan.table->slot, COL_ID + 1, &isnull));
		if (is_committed(scan.table->slot))
			remember(key, id);
	}
	end_scan(&scan);
	return id;
}

char *
wallet_accounts_currencies(WalletBytes name, Snapshot snapshot)
{
	AccountScan scan;
	StringInfoData list;
	bool		isnull;

	initStringInfo(&list);
	begin_scan(&scan, WALLET_REL_ACCOUNT_KEY, 1, snapshot);
	seek_name(&scan, name, NULL);
	while (next_row(&scan))
		appendStringInfo(&list, "%s%s", list.len ? ", " : "",
						 TextDatumGetCString(slot_getattr(scan.table->slot, COL_CURRENCY + 1, &isnull)));
	end_scan(&scan);
	return list.len ? list.data : NULL;
}

void
wallet_identity_from_slot(TupleTableSlot *slot, WalletIdentity *identity)
{
	Datum	   *values = slot->tts_values;
	bool	   *isnull = slot->tts_isnull;

	slot_getallattrs(slot);
	memset(identity, 0, sizeof(*identity));
	identity->id = DatumGetInt64(values[COL_ID]);
	identity->parent = isnull[COL_PARENT] ? 0 : DatumGetInt64(values[COL_PARENT]);
	identity->name = wallet_bytes_from_datum(values[COL_NAME]);
	(void) wallet_currency_from_bytes(wallet_bytes_from_datum(values[COL_CURRENCY]), &identity->currency);
	if (!isnull[COL_OWNER])
		identity->owner = wallet_bytes_from_datum(values[COL_OWNER]);
	identity->metadata = isnull[COL_METADATA] ? (Datum) 0 : values[COL_METADATA];
}

bool
wallet_accounts_read(int64 id, Snapshot snapshot, WalletIdentity *identity)
{
	AccountScan scan;
	ScanKeyData key;
	bool		found;

	begin_scan(&scan, WALLET_REL_ACCOUNT_PKEY, 1, snapshot);
	ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(id));
	index_rescan(scan.scan, &key, 1, NULL, 0);
	found = next_row(&scan);
	if (found)
	{
		wallet_identity_from_slot(scan.table->slot, identity);
		identity->name = wallet_bytes_copy(CurrentMemoryContext, identity->name);
		identity->owner = wallet_bytes_copy(CurrentMemoryContext, identity->owner);
		identity->metadata = (Datum) 0;
	}
	end_scan(&scan);
	return found;
}

bool
wallet_accounts_taken(WalletBytes name, const WalletCurrency *currency)
{
	SnapshotData dirty;
	AccountScan scan;
	bool		taken = false;

	InitDirtySnapshot(dirty);
	begin_scan(&scan, WALLET_REL_ACCOUNT_KEY, 2, &dirty);
	do
	{
		seek_name(&scan, name, currency);
		if (!next_row(&scan))
			break;
		taken = !wallet_table_wait_for_writer(scan.table, &dirty);
	} while (!taken);
	end_scan(&scan);
	return taken;
}

void
wallet_identity_to_slot(const WalletIdentity *identity, TupleTableSlot *slot)
{
	Datum	   *values = slot->tts_values;

	ExecClearTuple(slot);
	memset(slot->tts_isnull, 0, COL_COUNT * sizeof(bool));
	values[COL_ID] = Int64GetDatum(identity->id);
	values[COL_PARENT] = Int64GetDatum(identity->parent);
	slot->tts_isnull[COL_PARENT] = identity->parent == 0;
	values[COL_NAME] = wallet_bytes_text(identity->name);
	values[COL_CURRENCY] = wallet_currency_text(&identity->currency);
	slot->tts_isnull[COL_OWNER] = identity->owner.data == NULL;
	if (identity->owner.data != NULL)
		values[COL_OWNER] = wallet_bytes_text(identity->owner);
	values[COL_METADATA] = identity->metadata;
	slot->tts_isnull[COL_METADATA] = identity->metadata == (Datum) 0;
	ExecStoreVirtualTuple(slot);
}

bool
wallet_accounts_insert(const WalletIdentity *identity)
{
	WalletTable *table = wallet_table_open(WALLET_REL_ACCOUNT, RowExclusiveLock);
	bool		inserted;

	wallet_identity_to_slot(identity, table->slot);
	inserted = wallet_table_insert_unique(table, table->slot, WALLET_REL_ACCOUNT_KEY);
	wallet_table_close(table);
	return inserted;
}
