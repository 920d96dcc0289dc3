/*
 * catalog.c
 *		Relation OIDs, cached until pg_class or pg_namespace changes, and the
 *		writing of tuples with all their index entries.
 *
 * Versions.  One library serves every SQL version up to its own: until a database is
 * updated, relations that came later are not there.  They are looked up without a
 * complaint, and missed only by who needs them.  The version itself is read together
 * with them: no cache says when pg_extension changes, but an update script that
 * changes no relation, function or schema has nothing that a library could notice.
 *
 * Index lists are never cached here: ExecOpenIndices asks the relcache after the
 * table lock was taken, so an index made by CREATE INDEX is seen by every
 * transaction that could write rows which its build did not.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_extension.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "pg/compat.h"
#include "pg/failpoint.h"
#include "store/catalog.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

static const char *const relation_names[WALLET_REL_COUNT] =
{
	[WALLET_REL_EVENT] = "event",
	[WALLET_REL_EVENT_PKEY] = "event_pkey",
	[WALLET_REL_EVENT_KEY] = "event_transaction_id_leg_key",
	[WALLET_REL_EVENT_DEBIT_EFFECTIVE] = "event_debit_effective_at_event_id_idx",
	[WALLET_REL_EVENT_CREDIT_EFFECTIVE] = "event_credit_effective_at_event_id_idx",
	[WALLET_REL_ACCOUNT] = "account",
	[WALLET_REL_ACCOUNT_PKEY] = "account_pkey",
	[WALLET_REL_ACCOUNT_KEY] = "account_name_currency_key",
	[WALLET_REL_BALANCE] = "balance",
	[WALLET_REL_BALANCE_PKEY] = "balance_pkey",
	[WALLET_REL_CURRENCY] = "currency",
	[WALLET_REL_CURRENCY_PKEY] = "currency_pkey",
	[WALLET_REL_MILESTONE] = "milestone",
	[WALLET_REL_MILESTONE_PKEY] = "milestone_pkey",
	[WALLET_REL_INSTANCE] = "instance",
	[WALLET_REL_HOLD] = "hold",
	[WALLET_REL_HOLD_PKEY] = "hold_pkey",
	[WALLET_REL_HOLD_OPEN_KEY] = "hold_open_key",
	[WALLET_REL_REVERSAL] = "reversal",
	[WALLET_REL_REVERSAL_PKEY] = "reversal_pkey",
	[WALLET_REL_SEAL] = "seal",
	[WALLET_REL_SEAL_PKEY] = "seal_pkey"
};

static Oid	relation_oids[WALLET_REL_COUNT];	/* InvalidOid: not there */
static char sql_version[32];	/* of the extension here; empty: not installed */
static bool sql_is_newer;		/* than this library */
static bool relation_oids_valid = false;

static void
forget_oids(Datum arg, int cacheid, uint32 hashvalue)
{
	relation_oids_valid = false;
}

static void
read_sql_version(void)
{
	Relation	rel = table_open(ExtensionRelationId, AccessShareLock);
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	tuple;
	bool		isnull;

	sql_version[0] = '\0';
	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ, CStringGetDatum("wallet"));
	scan = systable_beginscan(rel, ExtensionNameIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		strlcpy(sql_version,
				TextDatumGetCString(heap_getattr(tuple, Anum_pg_extension_extversion, RelationGetDescr(rel), &isnull)),
				sizeof(sql_version));
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
}

/* Versions are MAJOR.MINOR; what follows does not count. */
static int
compare_versions(const char *a, const char *b)
{
	int			a_major = 0,
				a_minor = 0,
				b_major = 0,
				b_minor = 0;

	(void) sscanf(a, "%d.%d", &a_major, &a_minor);
	(void) sscanf(b, "%d.%d", &b_major, &b_minor);
	return a_major != b_major ? a_major - b_major : a_minor - b_minor;
}

static void
look_up_oids(void)
{
	static bool registered = false;
	Oid			namespace;

	if (!registered)
	{
		CacheRegisterSyscacheCallback(RELNAMENSP, forget_oids, (Datum) 0);
		CacheRegisterSyscacheCallback(NAMESPACEOID, forget_oids, (Datum) 0);
		CacheRegisterSyscacheCallback(PROCOID, forget_oids, (Datum) 0);
		registered = true;
	}
	/* First, because a change that arrives meanwhile must be noticed. */
	relation_oids_valid = true;
	read_sql_version();
	sql_is_newer = compare_versions(sql_version, WALLET_VERSION) > 0;
	namespace = get_namespace_oid("wallet", true);
	for (int i = 0; i < WALLET_REL_COUNT; i++)
		relation_oids[i] = OidIsValid(namespace)
			? get_relname_relid(relation_names[i], namespace) : InvalidOid;
}

static _Noreturn void
raise_missing(WalletRelation which)
{
	/* An error on the way must not leave half of what was looked up. */
	relation_oids_valid = false;
	if (sql_version[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation \"wallet.%s\" does not exist", relation_names[which]),
				 errdetail("The extension wallet is not installed in this database."),
				 errhint("CREATE EXTENSION wallet makes a ledger here.")));
	if (compare_versions(sql_version, WALLET_VERSION) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation \"wallet.%s\" does not exist", relation_names[which]),
				 errdetail("This database has version %s of the extension wallet, the server has the library of version %s.",
						   sql_version, WALLET_VERSION),
				 errhint("ALTER EXTENSION wallet UPDATE.")));
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_TABLE),
			 errmsg("relation \"wallet.%s\" does not exist", relation_names[which]),
			 errhint("Somebody dropped or renamed it: restore the ledger from a backup.")));
}

Oid
wallet_relation_oid(WalletRelation which)
{
	if (!relation_oids_valid)
		look_up_oids();
	if (!OidIsValid(relation_oids[which]))
		raise_missing(which);
	return relation_oids[which];
}

bool
wallet_relation_exists(WalletRelation which)
{
	if (!relation_oids_valid)
		look_up_oids();
	return OidIsValid(relation_oids[which]);
}

const char *
wallet_extension_version(void)
{
	if (!relation_oids_valid)
		look_up_oids();
	return sql_version;
}

void
wallet_check_version(void)
{
	if (!relation_oids_valid)
		look_up_oids();
	if (sql_is_newer)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the library of wallet is older than the extension in this database"),
				 errdetail("This database has version %s, the server has loaded the library of version %s.",
						   sql_version, WALLET_VERSION),
				 errhint("Restart the server, so that it loads the library that came with version %s.", sql_version)));
}

/* What somebody added to the table that writing it directly would skip. */
static const char *
find_bypassed(Relation rel)
{
	const TriggerDesc *triggers = rel->trigdesc;

	if (rel->rd_rel->relrowsecurity)
		return "row security";
	if (rel->rd_rules != NULL)
		return "rules";
	if (triggers != NULL &&
		(triggers->trig_insert_before_row || triggers->trig_insert_after_row ||
		 triggers->trig_insert_before_statement || triggers->trig_insert_after_statement ||
		 triggers->trig_update_before_row || triggers->trig_update_after_row))
		return "triggers";
	return NULL;
}

WalletTable *
wallet_table_open(WalletRelation which, LOCKMODE lockmode)
{
	WalletTable *table = palloc0(sizeof(WalletTable));
	const char *bypassed;

	table->rel = table_open(wallet_relation_oid(which), lockmode);
	table->lockmode = lockmode;
	if (lockmode > AccessShareLock)
	{
		bypassed = find_bypassed(table->rel);
		if (bypassed != NULL)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("table \"wallet.%s\" has %s, which wallet would bypass",
							RelationGetRelationName(table->rel), bypassed),
					 errhint("Remove them; wallet writes its tables directly.")));
	}
	table->slot = table_slot_create(table->rel, NULL);
	return table;
}

bool
wallet_table_wait_for_writer(WalletTable *table, const SnapshotData *dirty)
{
	TransactionId writer = dirty->xmin;
	ItemPointerData tid = table->slot->tts_tid;

	if (!TransactionIdIsValid(writer))
		return false;
	/* No page stays pinned while we wait. */
	ExecClearTuple(table->slot);
	if (dirty->speculativeToken != 0)
		SpeculativeInsertionWait(writer, dirty->speculativeToken);
	else
		XactLockTableWait(writer, table->rel, &tid, XLTW_InsertIndex);
	CHECK_FOR_INTERRUPTS();
	return true;
}

/* Indexes are opened at the first insert: updates that stay on their page need none. */
static void
open_indexes(WalletTable *table)
{
	if (table->estate != NULL)
		return;
	table->estate = CreateExecutorState();
	table->indexes = makeNode(ResultRelInfo);
	InitResultRelInfo(table->indexes, table->rel, 1, NULL, 0);
	ExecOpenIndices(table->indexes, false);
}

void
wallet_table_close(WalletTable *table)
{
	ExecDropSingleTupleTableSlot(table->slot);
	if (table->estate != NULL)
	{
		ExecCloseIndices(table->indexes);
		FreeExecutorState(table->estate);
	}
	/* The lock stays until the end of the transaction. */
	table_close(table->rel, NoLock);
	pfree(table);
}

/* The indexes of `which`; false if a key of an arbiter is taken, or may be about to be. */
static bool
insert_entries_of(WalletTable *table, ResultRelInfo *which, TupleTableSlot *slot, List *arbiters)
{
	bool		conflict = false;

	list_free(wallet_insert_index_tuples(which, slot, table->estate, false,
										 arbiters != NIL, &conflict, arbiters, false));
	ResetPerTupleExprContext(table->estate);
	return !conflict;
}

/* The same, for tests: index by index, so that there is a moment between two of them. */
static bool
insert_entries_one_by_one(WalletTable *table, TupleTableSlot *slot, List *arbiters)
{
	ResultRelInfo *all = table->indexes;
	bool		inserted = true;

	for (int i = 0; i < all->ri_NumIndices; i++)
	{
		ResultRelInfo one = *all;

		one.ri_NumIndices = 1;
		one.ri_IndexRelationDescs = all->ri_IndexRelationDescs + i;
		one.ri_IndexRelationInfo = all->ri_IndexRelationInfo + i;
		inserted &= insert_entries_of(table, &one, slot, arbiters);
		WALLET_FAILPOINT(index_entry_inserted);
	}
	return inserted;
}

static bool
insert_index_entries(WalletTable *table, TupleTableSlot *slot, List *arbiters)
{
	if (table->indexes->ri_NumIndices == 0)
		return true;
	if (wallet_failpoints_set)
		return insert_entries_one_by_one(table, slot, arbiters);
	return insert_entries_of(table, table->indexes, slot, arbiters);
}

void
wallet_table_insert(WalletTable *table, TupleTableSlot *slot)
{
	open_indexes(table);
	table_tuple_insert(table->rel, slot, GetCurrentCommandId(true), 0, NULL);
	WALLET_FAILPOINT(heap_tuple_inserted);
	(void) insert_index_entries(table, slot, NIL);
}

bool
wallet_table_insert_unique(WalletTable *table, TupleTableSlot *slot, WalletRelation arbiter)
{
	List	   *arbiters = list_make1_oid(wallet_relation_oid(arbiter));
	uint32		token;
	bool		inserted;

	open_indexes(table);
	token = SpeculativeInsertionLockAcquire(GetCurrentTransactionId());
	table_tuple_insert_speculative(table->rel, slot, GetCurrentCommandId(true), 0, NULL, token);
	WALLET_FAILPOINT(heap_tuple_inserted);
	inserted = insert_index_entries(table, slot, arbiters);
	table_tuple_complete_speculative(table->rel, slot, token, inserted);
	WALLET_FAILPOINT(speculation_ended);
	SpeculativeInsertionLockRelease(GetCurrentTransactionId());
	list_free(arbiters);
	return inserted;
}

bool
wallet_table_insert_many(WalletTable *table, TupleTableSlot **slots, int n,
						 WalletRelation arbiter)
{
	List	   *arbiters = list_make1_oid(wallet_relation_oid(arbiter));
	bool		inserted = true;

	open_indexes(table);
	table_multi_insert(table->rel, slots, n, GetCurrentCommandId(true), 0, NULL);
	WALLET_FAILPOINT(heap_tuples_inserted);
	for (int i = 0; i < n && inserted; i++)
	{
		inserted = insert_index_entries(table, slots[i], arbiters);
		WALLET_FAILPOINT(index_entries_inserted);
	}
	list_free(arbiters);
	return inserted;
}

void
wallet_table_index_update(WalletTable *table, TupleTableSlot *slot, bool only_summarizing)
{
	open_indexes(table);
	list_free(wallet_insert_index_tuples(table->indexes, slot, table->estate, false,
										 false, NULL, NIL, only_summarizing));
	ResetPerTupleExprContext(table->estate);
}

bool
wallet_table_update(WalletTable *table, const ItemPointerData *tid, TupleTableSlot *slot,
					Snapshot snapshot)
{
	ItemPointerData old = *tid;
	TM_FailureData failure;
	LockTupleMode lockmode;
	WalletUpdateIndexes update_indexes;

	if (table_tuple_update(table->rel, &old, slot, GetCurrentCommandId(true), snapshot,
						   IsolationUsesXactSnapshot() ? GetTransactionSnapshot() : InvalidSnapshot,
						   true, &failure, &lockmode, &update_indexes) != TM_Ok)
		return false;
	WALLET_FAILPOINT(balance_heap_updated);
	if (wallet_update_needs_indexes(update_indexes))
		wallet_table_index_update(table, slot, wallet_update_only_summarizing(update_indexes));
	return true;
}
