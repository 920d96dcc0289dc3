/*
 * redaction.c
 *		The one change that events know: their metadata goes, its digest stays.
 *
 * It is an ordinary update, below the triggers: the old versions of the rows are
 * there until VACUUM, and older transactions still read them.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "pg/compat.h"
#include "pg/datum.h"
#include "pg/failpoint.h"
#include "storage/lmgr.h"
#include "store/events.h"
#include "store/redaction.h"
#include "store/rows.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

WalletUuid
wallet_redaction_id(const WalletUuid *target)
{
	static const char prefix[] = "wallet redact";
	uint8_t		input[sizeof(prefix) - 1 + sizeof(WalletUuid)];
	uint8_t		digest[WALLET_DIGEST_BYTES];
	WalletUuid	id;

	memcpy(input, prefix, sizeof(prefix) - 1);
	memcpy(input + sizeof(prefix) - 1, target->bytes, sizeof(WalletUuid));
	wallet_sha256(input, sizeof(input), digest);
	memcpy(id.bytes, digest, sizeof(id.bytes));
	id.bytes[6] = (uint8_t) (0x80 | (id.bytes[6] & 0x0f));
	id.bytes[8] = (uint8_t) (0x80 | (id.bytes[8] & 0x3f));
	return id;
}

static void
key_of(ScanKey key, const WalletUuid *target)
{
	ScanKeyInit(key, 1, BTEqualStrategyNumber, F_UUID_EQ, PointerGetDatum(target->bytes));
}

bool
wallet_redaction_target_exists(const WalletUuid *target)
{
	WalletTable *table = wallet_table_open(WALLET_REL_EVENT, AccessShareLock);
	Relation	index = index_open(wallet_relation_oid(WALLET_REL_EVENT_KEY), AccessShareLock);
	SnapshotData dirty;
	IndexScanDesc scan;
	ScanKeyData key;
	bool		found;

	InitDirtySnapshot(dirty);
	scan = wallet_index_beginscan(table->rel, index, &dirty, 1);
	key_of(&key, target);
	for (;;)
	{
		TransactionId writer;
		ItemPointerData tid;

		index_rescan(scan, &key, 1, NULL, 0);
		found = index_getnext_slot(scan, ForwardScanDirection, table->slot);
		if (!found || !TransactionIdIsValid(dirty.xmin))
			break;
		writer = dirty.xmin;
		tid = table->slot->tts_tid;
		ExecClearTuple(table->slot);
		if (dirty.speculativeToken != 0)
			SpeculativeInsertionWait(writer, dirty.speculativeToken);
		else
			XactLockTableWait(writer, table->rel, &tid, XLTW_InsertIndex);
		CHECK_FOR_INTERRUPTS();
	}
	if (found && IsolationUsesXactSnapshot() &&
		!table_tuple_satisfies_snapshot(table->rel, table->slot, GetTransactionSnapshot()))
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access due to concurrent use of a transaction id"),
				 errdetail("Transaction id %s was recorded or redacted after this transaction began.",
						   wallet_uuid_text(target))));
	index_endscan(scan);
	index_close(index, NoLock);
	wallet_table_close(table);
	return found;
}

/* The locked row without its metadata; false if it has none. */
static bool
erase_row(WalletRows *rows)
{
	AttrNumber	column = get_attnum(RelationGetRelid(rows->table->rel), "metadata");

	wallet_rows_copy(rows);
	if (rows->changed->tts_isnull[column - 1])
		return false;
	rows->changed->tts_isnull[column - 1] = true;
	ExecStoreVirtualTuple(rows->changed);
	wallet_rows_replace(rows);
	return true;
}

static void
erase_account(int64 id, Snapshot snapshot)
{
	WalletRows	rows;
	ScanKeyData key;

	ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(id));
	wallet_rows_open(&rows, WALLET_REL_ACCOUNT, WALLET_REL_ACCOUNT_PKEY, snapshot, &key, 1);
	while (wallet_rows_lock_next(&rows))
	{
		if (erase_row(&rows))
			WALLET_FAILPOINT(account_metadata_erased);
	}
	wallet_rows_close(&rows);
}

void
wallet_redaction_erase(const WalletUuid *target)
{
	Snapshot	snapshot;
	WalletRows	rows;
	ScanKeyData key;

	/*
	 * The target may have been committed while it was waited for: an older
	 * snapshot need not see it.
	 */
	PushActiveSnapshot(IsolationUsesXactSnapshot() ? GetTransactionSnapshot() : GetLatestSnapshot());
	snapshot = GetActiveSnapshot();
	key_of(&key, target);
	wallet_rows_open(&rows, WALLET_REL_EVENT, WALLET_REL_EVENT_KEY, snapshot, &key, 1);
	while (wallet_rows_lock_next(&rows))
	{
		WalletEvent event;
		const char *reason;

		/*
		 * An event that cannot be read is redacted all the same: kind and
		 * credit are told.
		 */
		(void) wallet_event_from_slot(rows.table->slot, &event, &reason);
		if (erase_row(&rows))
			WALLET_FAILPOINT(event_metadata_erased);
		if (event.kind == WALLET_KIND_OPEN && (event.present & WALLET_HAS_CREDIT))
			erase_account(event.credit, snapshot);
	}
	wallet_rows_close(&rows);
	PopActiveSnapshot();
}
