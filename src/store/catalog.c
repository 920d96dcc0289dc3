/*
 * catalog.c
 *		Relation OIDs, cached until pg_class or pg_namespace changes, and the
 *		writing of tuples with all their index entries.
 *
 * Index lists are never cached here: ExecOpenIndices asks the relcache after the
 * table lock was taken, so an index made by CREATE INDEX is seen by every
 * transaction that could write rows which its build did not.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/namespace.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "pg/compat.h"
#include "pg/failpoint.h"
#include "store/catalog.h"
#include "storage/lmgr.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

static const char *const relation_names[WALLET_REL_COUNT] =
{
	[WALLET_REL_EVENT] = "event",
	[WALLET_REL_EVENT_PKEY] = "event_pkey",
	[WALLET_REL_EVENT_KEY] = "event_transaction_id_leg_key",
	[WALLET_REL_ACCOUNT] = "account",
	[WALLET_REL_ACCOUNT_PKEY] = "account_pkey",
	[WALLET_REL_ACCOUNT_KEY] = "account_name_currency_key",
	[WALLET_REL_BALANCE] = "balance",
	[WALLET_REL_BALANCE_PKEY] = "balance_pkey",
	[WALLET_REL_CURRENCY] = "currency",
	[WALLET_REL_CURRENCY_PKEY] = "currency_pkey",
	[WALLET_REL_MILESTONE] = "milestone",
	[WALLET_REL_MILESTONE_PKEY] = "milestone_pkey",
	[WALLET_REL_SEAL] = "seal",
	[WALLET_REL_SEAL_PKEY] = "seal_pkey"
};

static Oid	relation_oids[WALLET_REL_COUNT];
static bool relation_oids_valid = false;

static void
forget_oids(Datum arg, int cacheid, uint32 hashvalue)
{
	relation_oids_valid = false;
}

static void
look_up_oids(void)
{
	static bool registered = false;
	Oid			namespace = get_namespace_oid("wallet", true);

	if (!registered)
	{
		CacheRegisterSyscacheCallback(RELNAMENSP, forget_oids, (Datum) 0);
		CacheRegisterSyscacheCallback(NAMESPACEOID, forget_oids, (Datum) 0);
		registered = true;
	}
	relation_oids_valid = true;
	for (int i = 0; i < WALLET_REL_COUNT; i++)
	{
		relation_oids[i] = OidIsValid(namespace)
			? get_relname_relid(relation_names[i], namespace) : InvalidOid;
		if (!OidIsValid(relation_oids[i]))
		{
			relation_oids_valid = false;
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_TABLE),
					 errmsg("relation \"wallet.%s\" does not exist", relation_names[i]),
					 errhint("Is the extension wallet installed in this database, in the version of its library?")));
		}
	}
}

Oid
wallet_relation_oid(WalletRelation which)
{
	if (!relation_oids_valid)
		look_up_oids();
	return relation_oids[which];
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

static bool
insert_index_entries(WalletTable *table, TupleTableSlot *slot, List *arbiters)
{
	bool		conflict = false;

	if (table->indexes->ri_NumIndices > 0)
	{
		list_free(wallet_insert_index_tuples(table->indexes, slot, table->estate, false,
											 arbiters != NIL, &conflict, arbiters, false));
		ResetPerTupleExprContext(table->estate);
	}
	return !conflict;
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
