/*
 * instance.c
 *		wallet.instance: one row, which names the database that the ledger lives in.
 *
 * What works by itself (engine, courier) must not work in a copy as well: it would
 * apply what was queued, and tell other shards, a second time.  A copy made by
 * pg_restore, pg_upgrade or CREATE DATABASE ... TEMPLATE carries the row of its
 * original, or events without a row, and so knows that it is one.  Commands of
 * sessions never ask: whoever calls them knows which database he is in.
 *
 * The row is written with the first event of an empty ledger, in its transaction: rolled
 * back with it, there with it.  Sessions that find the ledger empty take turns by a
 * lock on the table that lasts until the transaction ends, and look again
 * under a snapshot taken after it.  They hold no other lock of wallet yet, so this
 * waits in no cycle.  A session that has seen a row or an event of somebody else's
 * never looks again: events do not go away.
 *
 * Whoever else writes the row takes RowExclusiveLock on the table, which that lock
 * excludes.
 */
#include "postgres.h"

#include "access/tableam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "miscadmin.h"
#include "pg/compat.h"
#include "pg/guc.h"
#include "storage/lmgr.h"
#include "store/catalog.h"
#include "store/instance.h"
#include "utils/snapmgr.h"

#define CLAIM_LOCK ShareRowExclusiveLock

/* What the row says; tid is where it is. */
typedef struct Instance
{
	uint64		system_identifier;
	Oid			database;
	ItemPointerData tid;
	bool		foreign;		/* not written by this transaction */
} Instance;

/* Somebody else's row or event was seen in this table of events. */
static Oid	settled_for = InvalidOid;

static Snapshot
push_latest(void)
{
	PushActiveSnapshot(GetLatestSnapshot());
	return GetActiveSnapshot();
}

/* Reads the first visible row of a table into its slot.  *foreign: it is not this transaction's. */
static bool
first_row(WalletTable *table, Snapshot snapshot, bool *foreign)
{
	TableScanDesc scan = table_beginscan(table->rel, snapshot, 0, NULL);
	bool		found = table_scan_getnextslot(scan, ForwardScanDirection, table->slot);

	if (found)
	{
		bool		isnull;
		Datum		xmin = slot_getsysattr(table->slot, MinTransactionIdAttributeNumber, &isnull);

		*foreign = !TransactionIdIsCurrentTransactionId(DatumGetTransactionId(xmin));
		slot_getallattrs(table->slot);
		ExecMaterializeSlot(table->slot);
	}
	table_endscan(scan);
	return found;
}

/*
 * Events do not change, so any snapshot will do; one that is no MVCC snapshot leaves
 * no predicate lock on the whole table behind under SERIALIZABLE.
 */
static bool
has_event(bool *foreign)
{
	WalletTable *table = wallet_table_open(WALLET_REL_EVENT, AccessShareLock);
	bool		found = first_row(table, SnapshotSelf, foreign);

	wallet_table_close(table);
	return found;
}

static bool
read_instance(Snapshot snapshot, Instance *instance)
{
	WalletTable *table = wallet_table_open(WALLET_REL_INSTANCE, AccessShareLock);
	bool		found = first_row(table, snapshot, &instance->foreign);

	if (found)
	{
		instance->system_identifier = (uint64) DatumGetInt64(table->slot->tts_values[WALLET_INSTANCE_SYSTEM_IDENTIFIER]);
		instance->database = DatumGetObjectId(table->slot->tts_values[WALLET_INSTANCE_DATABASE]);
		instance->tid = table->slot->tts_tid;
	}
	wallet_table_close(table);
	return found;
}

/* Nobody's row, nobody's event.  Remembers for the session if that is over for good. */
static bool
is_unclaimed(void)
{
	Instance	instance;
	bool		foreign;
	bool		claimed = read_instance(push_latest(), &instance);

	if (claimed)
		foreign = instance.foreign;
	else
		claimed = has_event(&foreign);
	PopActiveSnapshot();
	if (claimed && foreign)
		settled_for = wallet_relation_oid(WALLET_REL_EVENT);
	return !claimed;
}

bool
wallet_instance_is_due(void)
{
	if (settled_for == wallet_relation_oid(WALLET_REL_EVENT) ||
		!wallet_relation_exists(WALLET_REL_INSTANCE) || !is_unclaimed())
		return false;
	LockRelationOid(wallet_relation_oid(WALLET_REL_INSTANCE), CLAIM_LOCK);
	return is_unclaimed();
}

/*
 * This database's row.  Ids are taken on this timeline from now on; the old home's
 * horizon says nothing here.
 */
static void
fill_slot(TupleTableSlot *slot)
{
	ExecClearTuple(slot);
	memset(slot->tts_isnull, true, WALLET_INSTANCE_COLUMNS * sizeof(bool));
	slot->tts_values[WALLET_INSTANCE_ONLY_ROW] = BoolGetDatum(true);
	slot->tts_isnull[WALLET_INSTANCE_ONLY_ROW] = false;
	slot->tts_values[WALLET_INSTANCE_SYSTEM_IDENTIFIER] = Int64GetDatum((int64) GetSystemIdentifier());
	slot->tts_isnull[WALLET_INSTANCE_SYSTEM_IDENTIFIER] = false;
	slot->tts_values[WALLET_INSTANCE_DATABASE] = ObjectIdGetDatum(MyDatabaseId);
	slot->tts_isnull[WALLET_INSTANCE_DATABASE] = false;
	slot->tts_values[WALLET_INSTANCE_TIMELINE] = Int32GetDatum((int32) GetWALInsertionTimeLine());
	slot->tts_isnull[WALLET_INSTANCE_TIMELINE] = false;
	ExecStoreVirtualTuple(slot);
}

void
wallet_instance_claim(void)
{
	WalletTable *table = wallet_table_open(WALLET_REL_INSTANCE, RowExclusiveLock);

	fill_slot(table->slot);
	wallet_table_insert(table, table->slot);
	wallet_table_close(table);
}

static bool
is_here(const Instance *instance)
{
	return instance->system_identifier == GetSystemIdentifier() && instance->database == MyDatabaseId;
}

void
wallet_instance_resume(void)
{
	WalletTable *table = wallet_table_open(WALLET_REL_INSTANCE, CLAIM_LOCK);
	Snapshot	snapshot = push_latest();
	Instance	instance;
	WalletUpdateIndexes update_indexes;

	if (!read_instance(snapshot, &instance))
		wallet_instance_claim();
	else if (!is_here(&instance))
	{
		fill_slot(table->slot);
		simple_table_tuple_update(table->rel, &instance.tid, table->slot, snapshot, &update_indexes);
		if (wallet_update_needs_indexes(update_indexes))
			wallet_table_index_update(table, table->slot, wallet_update_only_summarizing(update_indexes));
	}
	PopActiveSnapshot();
	wallet_table_close(table);
	CommandCounterIncrement();
}

const char *
wallet_instance_paused_reason(void)
{
	const char *reason = NULL;
	Instance	instance;
	bool		foreign;

	if (wallet_paused)
		return "the setting wallet.paused is on";
	if (!wallet_relation_exists(WALLET_REL_INSTANCE))
		return psprintf("this database has version %s of the extension: ALTER EXTENSION wallet UPDATE", wallet_extension_version());
	if (!read_instance(push_latest(), &instance))
	{
		if (has_event(&foreign))
			reason = "the ledger has events and no row in wallet.instance: it was restored, or updated from version 1.0";
	}
	else if (instance.system_identifier != GetSystemIdentifier())
		reason = psprintf("the ledger belongs to the server with system identifier " UINT64_FORMAT ", and this is " UINT64_FORMAT ": it was restored or carried over by pg_upgrade",
						  instance.system_identifier, GetSystemIdentifier());
	else if (instance.database != MyDatabaseId)
		reason = psprintf("the ledger belongs to the database with OID %u, and this is %u: it was restored or copied within this server",
						  instance.database, MyDatabaseId);
	PopActiveSnapshot();
	return reason;
}
