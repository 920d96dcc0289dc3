/*
 * catalog.h
 *		Which relations are ours, and how they are opened.
 *
 * Hot tables are written through the table access method, not through SQL, so
 * what the executor would do is done here by hand: all indexes that the
 * relation has at that moment are maintained, and a table on which somebody has
 * put triggers, rules or row security is refused rather than bypassed.
 */
#ifndef WALLET_CATALOG_H
#define WALLET_CATALOG_H

#include "postgres.h"

#include "executor/tuptable.h"
#include "nodes/execnodes.h"
#include "utils/rel.h"

typedef enum WalletRelation
{
	WALLET_REL_EVENT,
	WALLET_REL_EVENT_PKEY,
	WALLET_REL_EVENT_KEY,
	WALLET_REL_EVENT_DEBIT_EFFECTIVE,
	WALLET_REL_EVENT_CREDIT_EFFECTIVE,
	WALLET_REL_ACCOUNT,
	WALLET_REL_ACCOUNT_PKEY,
	WALLET_REL_ACCOUNT_KEY,
	WALLET_REL_BALANCE,
	WALLET_REL_BALANCE_PKEY,
	WALLET_REL_CURRENCY,
	WALLET_REL_CURRENCY_PKEY,
	WALLET_REL_MILESTONE,
	WALLET_REL_MILESTONE_PKEY,
	WALLET_REL_INSTANCE,		/* since 1.1 */
	WALLET_REL_HOLD,
	WALLET_REL_HOLD_PKEY,
	WALLET_REL_HOLD_OPEN_KEY,
	WALLET_REL_REVERSAL,
	WALLET_REL_REVERSAL_PKEY,
	WALLET_REL_SEAL,
	WALLET_REL_SEAL_PKEY,
	WALLET_REL_COUNT
} WalletRelation;

/* A table opened for reading or writing; palloc'd where it was opened. */
typedef struct WalletTable
{
	Relation	rel;
	LOCKMODE	lockmode;
	TupleTableSlot *slot;		/* of the relation's own kind */
	EState	   *estate;			/* NULL until indexes are opened */
	ResultRelInfo *indexes;
} WalletTable;

/* Errors out if the relation is not here, with a hint why. */
extern Oid	wallet_relation_oid(WalletRelation which);

/* For relations that an older SQL version does not have. */
extern bool wallet_relation_exists(WalletRelation which);

/* Of the SQL objects in this database; empty if wallet is not installed.  Borrowed. */
extern const char *wallet_extension_version(void);

/* Errors out if the SQL objects here are of a later version than this library. */
extern void wallet_check_version(void);

extern WalletTable *wallet_table_open(WalletRelation which, LOCKMODE lockmode);
extern void wallet_table_close(WalletTable *table);

/*
 * After a look-up with a dirty snapshot has found the row in the table's slot: waits
 * until the transaction that is inserting it has ended, or has withdrawn it.  False if
 * there is nothing to wait for: the row is there for good, or is our own.
 */
extern bool wallet_table_wait_for_writer(WalletTable *table, const SnapshotData *dirty);

/* Inserts the tuple in slot and its index entries. */
extern void wallet_table_insert(WalletTable *table, TupleTableSlot *slot);

/*
 * Likewise, unless the unique index `arbiter` has or may be about to have the key:
 * then false, and nothing was inserted.
 */
extern bool wallet_table_insert_unique(WalletTable *table, TupleTableSlot *slot,
									   WalletRelation arbiter);

/*
 * Inserts n tuples with one WAL record per page.  False if `arbiter` has or may be
 * about to have one of the keys: then the caller must abort the subtransaction.
 */
extern bool wallet_table_insert_many(WalletTable *table, TupleTableSlot **slots, int n,
									 WalletRelation arbiter);

/*
 * Replaces the row at tid, which its caller has locked or guards otherwise, with all
 * index entries that this needs.  False if it is not as the snapshot saw it.
 */
extern bool wallet_table_update(WalletTable *table, const ItemPointerData *tid, TupleTableSlot *slot,
								Snapshot snapshot);

/* Index entries for a new version of a row that could not stay on its HOT chain. */
extern void wallet_table_index_update(WalletTable *table, TupleTableSlot *slot,
									  bool only_summarizing);

#endif
