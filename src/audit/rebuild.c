/*
 * rebuild.c
 *		wallet_rebuild: the rows of one account, computed again from the events.
 *
 * Order, and why:
 *	1. The account's id comes from its opening event.  Every other row may be wrong.
 *	2. A lock on (name, currency), which only rebuilds take, makes two of them one
 *	   after the other even if there is no row to lock.
 *	3. The balance row is locked, whatever is in it: who moves money needs that lock.
 *	   If there is no row, nobody can move money: commands lock the row that
 *	   they decide on, and answer account_not_found without one.
 *	4. A snapshot taken after that sees every event that the account will have until
 *	   this transaction ends; all events are replayed under it.
 *	5. What differs is written, after the event that says so.  If something was found
 *	   in an event of this account nothing is: that would be guessing.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "audit/opening.h"
#include "audit/tables.h"
#include "catalog/pg_class.h"
#include "core/detail.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "pg/datum.h"
#include "pg/error.h"
#include "pg/failpoint.h"
#include "pg/name_key.h"
#include "pg/progress.h"
#include "pg/uuid7.h"
#include "storage/lmgr.h"
#include "store/accounts.h"
#include "store/balances.h"
#include "store/clock.h"
#include "store/events.h"
#include "store/milestones.h"
#include "store/rows.h"
#include "apply/call.h"
#include "apply/transaction.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(wallet_sql_rebuild);

/* One difference, as it is told. */
typedef struct Correction
{
	char	   *what;
	char	   *before;			/* NULL: was not there */
	char	   *after;			/* NULL: is not there any more */
} Correction;

typedef struct Rebuild
{
	WalletBytes name;
	WalletCurrency currency;
	int64		id;				/* of the account */
	Snapshot	snapshot;		/* taken after the lock */
	WalletRows	balance;		/* the row as found is in its slot */
	bool		balance_found;
	uint8_t		found_digest[WALLET_DIGEST_BYTES];
	WalletLedger *ledger;
	WalletReplayed *replayed;
	WalletIdentity identity;	/* as the opening says */
	WalletAccount account;		/* after the rebuild's own event */
	List	   *corrections;	/* of Correction */
	bool		writing;		/* false: only look what differs */
	/* which kinds of row differ */
	bool		balance_differs;
	bool		milestones_differ;
	bool		account_differs;
} Rebuild;

/* ----- telling differences ----- */

static void
add_correction(Rebuild *rebuild, char *what, char *before, char *after)
{
	Correction *correction = palloc(sizeof(Correction));

	correction->what = what;
	correction->before = before;
	correction->after = after;
	rebuild->corrections = lappend(rebuild->corrections, correction);
}

/* The row as PostgreSQL prints it. */
static char *
row_text(TupleTableSlot *slot)
{
	HeapTuple	tuple = ExecCopySlotHeapTuple(slot);
	Datum		row = heap_copy_tuple_as_datum(tuple, slot->tts_tupleDescriptor);
	char	   *text = OidOutputFunctionCall(F_RECORD_OUT, row);

	heap_freetuple(tuple);
	return text;
}

static char *
column_text(TupleTableSlot *slot, int column)
{
	Oid			output;
	bool		varlena;

	if (slot->tts_isnull[column])
		return NULL;
	getTypeOutputInfo(TupleDescAttr(slot->tts_tupleDescriptor, column)->atttypid, &output, &varlena);
	return OidOutputFunctionCall(output, slot->tts_values[column]);
}

/*
 * Adds a correction for each column that prints differently.  Text, because a damaged
 * row need not be a value of anything; and what prints the same is the same.
 */
static bool
compare_rows(Rebuild *rebuild, const char *table, TupleTableSlot *found, TupleTableSlot *wanted)
{
	TupleDesc	descriptor = found->tts_tupleDescriptor;
	bool		differs = false;

	slot_getallattrs(found);
	slot_getallattrs(wanted);
	for (int i = 0; i < descriptor->natts; i++)
	{
		char	   *before = column_text(found, i);
		char	   *after = column_text(wanted, i);

		if (before == NULL ? after == NULL : after != NULL && strcmp(before, after) == 0)
			continue;
		differs = true;
		if (!rebuild->writing)
			add_correction(rebuild, psprintf("%s.%s", table, NameStr(TupleDescAttr(descriptor, i)->attname)),
						   before, after);
	}
	return differs;
}

/* ----- finding and locking ----- */

static Snapshot
push_fresh_snapshot(void)
{
	PushActiveSnapshot(IsolationUsesXactSnapshot() ? GetTransactionSnapshot() : GetLatestSnapshot());
	return GetActiveSnapshot();
}

static void
find_account(Rebuild *rebuild)
{
	wallet_progress_phase("finding the account", 0);
	rebuild->id = wallet_opening_find(rebuild->name, &rebuild->currency, push_fresh_snapshot());
	PopActiveSnapshot();
	if (rebuild->id == 0)
		wallet_raise(WALLET_account_not_found,
					 psprintf("No event opens an account \"%.*s\" in %.*s.",
							  (int) rebuild->name.length, (const char *) rebuild->name.data,
							  wallet_currency_length(&rebuild->currency), rebuild->currency.code),
					 "Only what was opened can be rebuilt.");
}

/* Two names with one hash wait for each other: that is all. */
static void
lock_out_rebuilds(Rebuild *rebuild)
{
	WalletNameKey key = {rebuild->currency, rebuild->name};

	LockDatabaseObject(RelationRelationId, (Oid) wallet_name_hash(key), 19, ExclusiveLock);
}

/* Leaves a snapshot active that is older than the lock. */
static void
lock_balance(Rebuild *rebuild)
{
	ScanKeyData key;
	bool		isnull;
	char	   *text = "";

	wallet_progress_phase("waiting for the account", 0);
	lock_out_rebuilds(rebuild);
	ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(rebuild->id));
	wallet_rows_open(&rebuild->balance, WALLET_REL_BALANCE, WALLET_REL_BALANCE_PKEY,
					 push_fresh_snapshot(), &key, 1);
	rebuild->balance_found = wallet_rows_lock_next(&rebuild->balance);
	if (rebuild->balance_found)
	{
		if (DatumGetInt64(slot_getattr(rebuild->balance.table->slot, 1, &isnull)) != rebuild->id)
			wallet_raise_corrupt("The balance row of account " INT64_FORMAT " changed its account while it was locked.",
								 rebuild->id);
		text = row_text(rebuild->balance.table->slot);
	}
	wallet_sha256((const uint8_t *) text, strlen(text), rebuild->found_digest);
	WALLET_FAILPOINT(rebuild_locked);
}

/* ----- what the events say ----- */

static void
check_log(Rebuild *rebuild, const WalletFindings *findings)
{
	StringInfoData said;

	if (rebuild->replayed != NULL && rebuild->replayed->broken_event == 0)
		return;
	initStringInfo(&said);
	for (int i = WALLET_CHECK_EVENTS; i <= WALLET_CHECK_REPLAY; i++)
	{
		if (findings->checks[i].broken > 0)
			appendStringInfo(&said, " %s", findings->checks[i].detail.data);
	}
	ereport(ERROR,
			(errcode(wallet_errcode(WALLET_ledger_corrupt)),
			 errmsg("the events of the account are broken, so its rows cannot be rebuilt from them"),
			 errdetail("Account " INT64_FORMAT " (\"%.*s\"), event " INT64_FORMAT ".%s", rebuild->id,
					   (int) rebuild->name.length, (const char *) rebuild->name.data,
					   rebuild->replayed ? rebuild->replayed->broken_event : rebuild->id, said.data),
			 errhint("Nothing was changed. Restore the events from a backup or a replica first.")));
}

static void
replay_events(Rebuild *rebuild)
{
	WalletFindings *findings = wallet_findings_create();

	rebuild->ledger = wallet_ledger_create(findings);
	wallet_ledger_replay(rebuild->ledger, rebuild->snapshot, 0);
	rebuild->replayed = wallet_ledger_account(rebuild->ledger, rebuild->id);
	check_log(rebuild, findings);
	rebuild->account = rebuild->replayed->account;
}

/* ----- the balance row ----- */

static bool
is_owned(const Rebuild *rebuild)
{
	return rebuild->replayed->owner.data != NULL;
}

static void
look_at_balance(Rebuild *rebuild)
{
	TupleTableSlot *wanted = rebuild->balance.changed;

	wallet_balance_to_slot(&rebuild->account, is_owned(rebuild), wanted);
	if (rebuild->balance_found)
		rebuild->balance_differs = compare_rows(rebuild, "balance", rebuild->balance.table->slot, wanted);
	else
	{
		rebuild->balance_differs = true;
		add_correction(rebuild, "balance", NULL, row_text(wanted));
	}
}

/* Always, if anything was rebuilt: the event has read the account, so its guard moves. */
static void
write_balance(Rebuild *rebuild)
{
	wallet_balance_to_slot(&rebuild->account, is_owned(rebuild), rebuild->balance.changed);
	if (rebuild->balance_found)
		wallet_rows_replace(&rebuild->balance);
	else
		wallet_table_insert(rebuild->balance.table, rebuild->balance.changed);
	WALLET_FAILPOINT(rebuild_balance_written);
}

/* ----- milestones ----- */

static void
due_to_slot(const Rebuild *rebuild, const WalletMilestoneDue *due, TupleTableSlot *slot)
{
	wallet_milestone_to_slot(due->account, due->event_id, due->version, due->balance, due->held,
							 rebuild->account.exponent, slot);
}

/* A row that is there: kept, replaced, or, where none is due, deleted. */
static void
mend_milestone(Rebuild *rebuild, WalletRows *rows)
{
	TupleTableSlot *found = rows->table->slot;
	WalletMilestoneDue *due;
	bool		isnull;
	int64		event_id = DatumGetInt64(slot_getattr(found, 2, &isnull));
	char	   *what = psprintf("milestone " INT64_FORMAT, event_id);

	due = wallet_ledger_milestone(rebuild->ledger, rebuild->id, event_id);
	if (due != NULL)
	{
		due->met = true;
		due_to_slot(rebuild, due, rows->changed);
		if (!compare_rows(rebuild, what, found, rows->changed))
			return;
		if (rebuild->writing)
			wallet_rows_replace(rows);
	}
	else if (rebuild->writing)
		wallet_rows_delete(rows);
	else
		add_correction(rebuild, what, row_text(found), NULL);
	rebuild->milestones_differ = true;
	if (rebuild->writing)
		WALLET_FAILPOINT(rebuild_milestone_written);
}

typedef struct UnmetVisit
{
	Rebuild    *rebuild;
	WalletRows *rows;
} UnmetVisit;

/* One that is due and not there. */
static void
add_milestone(WalletMilestoneDue *due, void *arg)
{
	UnmetVisit *visit = arg;
	Rebuild    *rebuild = visit->rebuild;
	TupleTableSlot *slot = visit->rows->changed;

	if (due->account != rebuild->id || due->met)
		return;
	due_to_slot(rebuild, due, slot);
	if (rebuild->writing)
	{
		wallet_table_insert(visit->rows->table, slot);
		WALLET_FAILPOINT(rebuild_milestone_written);
	}
	else
		add_correction(rebuild, psprintf("milestone " INT64_FORMAT, due->event_id), NULL, row_text(slot));
	rebuild->milestones_differ = true;
}

static void
forget_met(WalletMilestoneDue *due, void *arg)
{
	due->met = false;
}

static void
visit_milestones(Rebuild *rebuild)
{
	WalletRows	rows;
	UnmetVisit	visit = {rebuild, &rows};
	ScanKeyData key;

	wallet_ledger_each_milestone(rebuild->ledger, forget_met, NULL);
	ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(rebuild->id));
	wallet_rows_open(&rows, WALLET_REL_MILESTONE, WALLET_REL_MILESTONE_PKEY, rebuild->snapshot, &key, 1);
	while (wallet_rows_lock_next(&rows))
	{
		CHECK_FOR_INTERRUPTS();
		mend_milestone(rebuild, &rows);
	}
	wallet_ledger_each_milestone(rebuild->ledger, add_milestone, &visit);
	wallet_rows_close(&rows);
}

/* ----- the identity row ----- */

static bool
has_digest(Datum metadata, const uint8_t digest[WALLET_DIGEST_BYTES])
{
	uint8_t		found[WALLET_DIGEST_BYTES];

	if (metadata == (Datum) 0)
		return false;
	(void) wallet_metadata_digest(metadata, found);
	return memcmp(found, digest, WALLET_DIGEST_BYTES) == 0;
}

/*
 * What the opening had, unless it was redacted: as the event still has it; or, if it
 * lost it, as the row has it, if that is what the digest is of.
 */
static Datum
metadata_of_opening(const Rebuild *rebuild, const WalletIdentity *found)
{
	Datum		metadata;

	if (!rebuild->replayed->has_metadata || rebuild->replayed->metadata_erased)
		return (Datum) 0;
	metadata = wallet_opening_metadata(rebuild->id, rebuild->snapshot);
	if (metadata == (Datum) 0 && found != NULL && has_digest(found->metadata, rebuild->replayed->metadata_digest))
		metadata = found->metadata;
	return metadata;
}

static void
mend_account(Rebuild *rebuild, WalletRows *rows)
{
	WalletIdentity found;

	wallet_identity_from_slot(rows->table->slot, &found);
	rebuild->identity.metadata = metadata_of_opening(rebuild, &found);
	wallet_identity_to_slot(&rebuild->identity, rows->changed);
	rebuild->account_differs = compare_rows(rebuild, "account", rows->table->slot, rows->changed);
	if (rebuild->account_differs && rebuild->writing)
		wallet_rows_replace(rows);
}

static void
add_account(Rebuild *rebuild, WalletRows *rows)
{
	rebuild->account_differs = true;
	rebuild->identity.metadata = metadata_of_opening(rebuild, NULL);
	wallet_identity_to_slot(&rebuild->identity, rows->changed);
	if (rebuild->writing)
		wallet_table_insert(rows->table, rows->changed);
	else
		add_correction(rebuild, "account", NULL, row_text(rows->changed));
}

static void
visit_account(Rebuild *rebuild)
{
	WalletRows	rows;
	ScanKeyData key;

	rebuild->identity = (WalletIdentity)
	{
		.id = rebuild->id,
		.parent = rebuild->replayed->parent,
		.name = rebuild->replayed->name,
		.currency = rebuild->account.currency,
		.owner = rebuild->replayed->owner
	};
	ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(rebuild->id));
	wallet_rows_open(&rows, WALLET_REL_ACCOUNT, WALLET_REL_ACCOUNT_PKEY, rebuild->snapshot, &key, 1);
	if (wallet_rows_lock_next(&rows))
		mend_account(rebuild, &rows);
	else
		add_account(rebuild, &rows);

	/*
	 * Sessions remember names of accounts: they must not remember what was
	 * wrong.
	 */
	if (rebuild->account_differs && rebuild->writing)
		CacheInvalidateRelcache(rows.table->rel);
	wallet_rows_close(&rows);
}

/* ----- the event ----- */

static WalletBytes
detail_of(const Rebuild *rebuild)
{
	WalletDetail detail = {.digest = {rebuild->found_digest, WALLET_DIGEST_BYTES}};
	uint8_t    *bytes;

	wallet_detail_set(&detail, WALLET_DETAIL_DIGEST);
	bytes = palloc(wallet_detail_size(&detail));
	wallet_detail_encode(&detail, bytes);
	return (WalletBytes)
	{
		bytes, (uint32_t) wallet_detail_size(&detail)
	};
}

/* Decides and writes the event; moves the account's guard. */
static int64
record(Rebuild *rebuild, int64 call_start_boot)
{
	WalletView	view = {.debit = &rebuild->account};
	const char *actor = GetUserNameFromId(GetSessionUserId(), false);
	WalletEvents *events = wallet_events_open(RowExclusiveLock);
	WalletEvent event = {
		.transaction_id = wallet_uuid_make(),
		.present = WALLET_HAS_DEBIT | WALLET_HAS_DETAIL,
		.kind = WALLET_KIND_REBUILD,
		.debit = rebuild->id,
		.detail = detail_of(rebuild),
		.actor = {(const uint8_t *) actor, (uint32_t) strlen(actor)}
	};
	WalletEventRow row = {&event, (Datum) 0};

	(void) GetTopTransactionId();
	event.event_id = wallet_clock_take(1, Max(rebuild->account.last_event, rebuild->account.guard_event),
									   call_start_boot);
	if (wallet_step(&view, &event) != WALLET_success)
		wallet_raise_corrupt("The rebuild of account " INT64_FORMAT " would have broken an invariant.", rebuild->id);
	if (!wallet_events_insert(events, &row))
		elog(ERROR, "a new transaction id is taken");
	wallet_events_close(events);
	WALLET_FAILPOINT(rebuild_event_inserted);
	return event.event_id;
}

/* ----- all of it ----- */

static void
look(Rebuild *rebuild)
{
	wallet_progress_phase("comparing rows", 0);
	look_at_balance(rebuild);
	visit_milestones(rebuild);
	visit_account(rebuild);
}

static void
write_rows(Rebuild *rebuild)
{
	wallet_progress_phase("writing rows", 0);
	rebuild->writing = true;
	write_balance(rebuild);
	if (rebuild->milestones_differ)
		visit_milestones(rebuild);
	if (rebuild->account_differs)
		visit_account(rebuild);
	WALLET_FAILPOINT(rebuild_account_written);
}

static void
put_text(Datum *value, bool *isnull, const char *text)
{
	*isnull = text == NULL;

	if (text !=NULL)
		*value = CStringGetTextDatum(text);
}

static void
put_corrections(const Rebuild *rebuild, int64 event_id, ReturnSetInfo *result)
{
	ListCell   *cell;

	foreach(cell, rebuild->corrections)
	{
		const Correction *correction = lfirst(cell);
		Datum		values[4] = {0};
		bool		isnull[4] = {false};

		put_text(&values[0], &isnull[0], correction->what);
		put_text(&values[1], &isnull[1], correction->before);
		put_text(&values[2], &isnull[2], correction->after);
		values[3] = Int64GetDatum(event_id);
		tuplestore_putvalues(result->setResult, result->setDesc, values, isnull);
	}
}

static void
read_arguments(FunctionCallInfo fcinfo, Rebuild *rebuild)
{
	if (PG_ARGISNULL(0))
		wallet_raise(WALLET_invalid_name, "The name is NULL.", NULL);
	if (PG_ARGISNULL(1))
		wallet_raise(WALLET_invalid_argument, "The currency is NULL.", NULL);
	rebuild->name = wallet_bytes_from_datum(PointerGetDatum(PG_GETARG_TEXT_PP(0)));
	if (!wallet_currency_from_bytes(wallet_bytes_from_datum(PointerGetDatum(PG_GETARG_TEXT_PP(1))), &rebuild->currency))
		wallet_raise(WALLET_unknown_currency, psprintf("The code is \"%s\".", text_to_cstring(PG_GETARG_TEXT_PP(1))), NULL);
}

static void
rebuild_account(FunctionCallInfo fcinfo)
{
	Rebuild		rebuild = {0};
	int64		call_start_boot = wallet_clock_boot();
	int64		event_id;

	wallet_check_environment();
	read_arguments(fcinfo, &rebuild);
	wallet_transaction_writes();
	find_account(&rebuild);
	lock_balance(&rebuild);
	rebuild.snapshot = push_fresh_snapshot();
	replay_events(&rebuild);
	look(&rebuild);
	if (rebuild.corrections == NIL)
		ereport(NOTICE,
				(errmsg("account \"%.*s\" in %.*s is right: nothing was rebuilt",
						(int) rebuild.name.length, (const char *) rebuild.name.data,
						wallet_currency_length(&rebuild.currency), rebuild.currency.code)));
	else
	{
		event_id = record(&rebuild, call_start_boot);
		write_rows(&rebuild);
		put_corrections(&rebuild, event_id, (ReturnSetInfo *) fcinfo->resultinfo);
	}
	PopActiveSnapshot();
	wallet_rows_close(&rebuild.balance);
	PopActiveSnapshot();
	CommandCounterIncrement();
}

Datum
wallet_sql_rebuild(PG_FUNCTION_ARGS)
{
	return wallet_audit_run("rebuild", rebuild_account, fcinfo);
}
