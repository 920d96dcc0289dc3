/*
 * seal.c
 *		wallet_seal, wallet_head, wallet_verify_against.
 *
 * Only what is complete is sealed: events up to the horizon, in whole blocks.  A
 * superuser who rewrites log and seals alike is caught only against a head that is
 * kept elsewhere.  wallet_head() gives it as 40 bytes: the 32 of the head, then
 * how many events it is of (64 bit, little-endian), without which it could only be
 * compared by trying every number of events.
 *
 * Whoever verifies a head trusts no seal: all events are digested again.  The seals only
 * help to say where a difference lies.
 */
#include "postgres.h"

#include "audit/seal.h"
#include "audit/stream.h"
#include "audit/tables.h"
#include "core/codec.h"
#include "access/parallel.h"
#include "access/xact.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "pg/datum.h"
#include "pg/error.h"
#include "pg/progress.h"
#include "store/horizon.h"
#include "store/lookup.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(wallet_sql_seal);
PG_FUNCTION_INFO_V1(wallet_sql_head);
PG_FUNCTION_INFO_V1(wallet_sql_verify_against);

#define SEALS_AT_ONCE	256
#define HEAD_BYTES		(WALLET_DIGEST_BYTES + 8)

/* ----- folding ----- */

void
wallet_fold_start(WalletFold *fold)
{
	memset(&fold->seal, 0, sizeof(fold->seal));
	wallet_head_start(&fold->head, wallet_sha256);
}

void
wallet_fold_resume(WalletFold *fold, const WalletSeal *seal)
{
	fold->seal = *seal;
	fold->head.events = (uint64) (seal->block + 1) * WALLET_BLOCK_EVENTS;
	memcpy(fold->head.head, seal->head, WALLET_DIGEST_BYTES);
}

static void
digest_event(const WalletEvent *event, uint8_t digest[WALLET_DIGEST_BYTES])
{
	uint8_t		few[1024];
	size_t		size = wallet_event_size(event);
	uint8_t    *bytes = size <= sizeof(few) ? few : palloc(size);

	wallet_event_encode(event, bytes);
	wallet_sha256(bytes, size, digest);
	if (bytes != few)
		pfree(bytes);
}

bool
wallet_fold_event(WalletFold *fold, const WalletEvent *event)
{
	uint8_t		digest[WALLET_DIGEST_BYTES];

	if (fold->head.events % WALLET_BLOCK_EVENTS == 0)
	{
		fold->seal.block = (int64) (fold->head.events / WALLET_BLOCK_EVENTS);
		fold->seal.first_event = event->event_id;
	}
	digest_event(event, digest);
	wallet_head_fold(&fold->head, wallet_sha256, digest);
	fold->seal.last_event = event->event_id;
	if (fold->head.events % WALLET_BLOCK_EVENTS != 0)
		return false;
	wallet_sha256(fold->head.block[0], sizeof(fold->head.block), fold->seal.digest);
	memcpy(fold->seal.head, fold->head.head, WALLET_DIGEST_BYTES);
	return true;
}

/* A row that is no event cannot be digested. */
static void
refuse_unreadable(const WalletEvent *event, const char *reason)
{
	if (reason != NULL)
		wallet_raise_corrupt("Event " INT64_FORMAT " cannot be read: %s.", event->event_id, reason);
}

/* What is below the horizon is committed by now: a snapshot taken now sees it. */
static void
push_snapshot(void)
{
	PushActiveSnapshot(IsolationUsesXactSnapshot() ? GetTransactionSnapshot() : GetLatestSnapshot());
}

/* ----- sealing ----- */

typedef struct Sealing
{
	WalletFold	fold;
	int64		horizon;
	int64		sealed;			/* last event of the newest seal */
	int			count;
	WalletSeal	seals[SEALS_AT_ONCE];
} Sealing;

static bool
seal_event(void *arg, const WalletEvent *event, const char *reason, TupleTableSlot *slot)
{
	Sealing    *sealing = arg;

	refuse_unreadable(event, reason);
	if (!wallet_fold_event(&sealing->fold, event))
		return true;
	sealing->seals[sealing->count++] = sealing->fold.seal;
	sealing->sealed = event->event_id;
	if (sealing->count == SEALS_AT_ONCE)
	{
		wallet_seals_insert(sealing->seals, sealing->count);
		sealing->count = 0;
	}
	return true;
}

static void
seal_stream(void *arg)
{
	Sealing    *sealing = arg;
	WalletSeal	newest;

	push_snapshot();
	if (wallet_seals_newest(GetActiveSnapshot(), &newest))
	{
		wallet_fold_resume(&sealing->fold, &newest);
		sealing->sealed = newest.last_event;
	}
	else
		wallet_fold_start(&sealing->fold);
	wallet_stream_events(GetActiveSnapshot(), sealing->sealed, sealing->horizon, seal_event, sealing);
	wallet_seals_insert(sealing->seals, sealing->count);
	PopActiveSnapshot();
}

Datum
wallet_sql_seal(PG_FUNCTION_ARGS)
{
	Sealing    *sealing = palloc0(sizeof(Sealing));

	PreventCommandIfReadOnly("wallet_seal()");
	PreventCommandDuringRecovery("wallet_seal()");
	PreventCommandIfParallelMode("wallet_seal()");
	wallet_seals_lock();
	sealing->horizon = wallet_horizon();
	if (sealing->horizon > 0)
		wallet_sha256_share(seal_stream, sealing);
	CommandCounterIncrement();
	if (sealing->sealed == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT64(sealing->sealed);
}

/* ----- the head ----- */

typedef struct Heading
{
	WalletFold	fold;
	int64		horizon;
	bytea	   *result;
} Heading;

static bool
head_event(void *arg, const WalletEvent *event, const char *reason, TupleTableSlot *slot)
{
	Heading    *heading = arg;

	refuse_unreadable(event, reason);
	(void) wallet_fold_event(&heading->fold, event);
	return true;
}

static void
put_head(const WalletHead *head, uint8_t out[HEAD_BYTES])
{
	wallet_head_value(head, wallet_sha256, out);
	for (int i = 0; i < 8; i++)
		out[WALLET_DIGEST_BYTES + i] = (uint8_t) (head->events >> (8 * i));
}

static void
head_stream(void *arg)
{
	Heading    *heading = arg;
	WalletSeal	newest;
	int64		sealed = 0;

	push_snapshot();
	wallet_fold_start(&heading->fold);
	if (wallet_seals_newest(GetActiveSnapshot(), &newest) && newest.last_event <= heading->horizon)
	{
		wallet_fold_resume(&heading->fold, &newest);
		sealed = newest.last_event;
	}
	wallet_stream_events(GetActiveSnapshot(), sealed, heading->horizon, head_event, heading);
	PopActiveSnapshot();
	heading->result = palloc(VARHDRSZ + HEAD_BYTES);
	SET_VARSIZE(heading->result, VARHDRSZ + HEAD_BYTES);
	put_head(&heading->fold.head, (uint8_t *) VARDATA(heading->result));
}

Datum
wallet_sql_head(PG_FUNCTION_ARGS)
{
	Heading    *heading = palloc0(sizeof(Heading));

	heading->horizon = wallet_horizon();
	if (heading->horizon == 0)
		PG_RETURN_NULL();
	wallet_sha256_share(head_stream, heading);
	PG_RETURN_BYTEA_P(heading->result);
}

/* ----- all seals, for wallet_verify ----- */

typedef struct SealAudit
{
	WalletFold	fold;
	WalletFindings *findings;
	Snapshot	snapshot;
	WalletLookup seals;
	WalletSeal	next;			/* the seal of the block being folded */
	bool		more;			/* there is one */
} SealAudit;

/* The next seal in order of blocks, which must be the next block's. */
static void
next_seal(SealAudit *audit)
{
	int64		expected = (int64) (audit->fold.head.events / WALLET_BLOCK_EVENTS);

	audit->more = wallet_lookup_next(&audit->seals);
	if (!audit->more)
		return;
	wallet_examine(audit->findings, WALLET_CHECK_SEALS);
	if (!wallet_seal_from_slot(audit->seals.table->slot, &audit->next) || audit->next.block != expected)
	{
		wallet_find(audit->findings, WALLET_CHECK_SEALS, "Where the seal of block " INT64_FORMAT " should be is one of block " INT64_FORMAT ", or its digests are too short.",
					expected, audit->next.block);
		audit->more = false;
	}
}

static bool
audit_event(void *arg, const WalletEvent *event, const char *reason, TupleTableSlot *slot)
{
	SealAudit  *audit = arg;
	const WalletSeal *made = &audit->fold.seal;

	/*
	 * What cannot be read is told elsewhere, and makes the digest differ
	 * here.
	 */
	if (reason == NULL && !wallet_fold_event(&audit->fold, event))
		return true;
	if (reason != NULL)
		return true;
	if (memcmp(made->digest, audit->next.digest, WALLET_DIGEST_BYTES) != 0 ||
		memcmp(made->head, audit->next.head, WALLET_DIGEST_BYTES) != 0 ||
		made->first_event != audit->next.first_event || made->last_event != audit->next.last_event)
		wallet_find(audit->findings, WALLET_CHECK_SEALS,
					"Block " INT64_FORMAT " (events " INT64_FORMAT " to " INT64_FORMAT ") is not what was sealed.",
					audit->next.block, audit->next.first_event, audit->next.last_event);
	/* One difference is told once: the chain goes on with what was sealed. */
	wallet_fold_resume(&audit->fold, &audit->next);
	next_seal(audit);
	return audit->more;
}

static void
audit_stream(void *arg)
{
	SealAudit  *audit = arg;

	wallet_fold_start(&audit->fold);
	wallet_lookup_open(&audit->seals, WALLET_REL_SEAL, WALLET_REL_SEAL_PKEY, 0, audit->snapshot);
	wallet_lookup_start(&audit->seals, NULL);
	next_seal(audit);
	if (audit->more)
		wallet_stream_events(audit->snapshot, 0, 0, audit_event, audit);
	if (audit->more)
		wallet_find(audit->findings, WALLET_CHECK_SEALS,
					"The events of block " INT64_FORMAT " and later, which were sealed, are not all there.", audit->next.block);
	wallet_lookup_close(&audit->seals);
}

void
wallet_audit_seals(WalletFindings *findings, Snapshot snapshot)
{
	SealAudit  *audit = palloc0(sizeof(SealAudit));

	if (!wallet_relation_exists(WALLET_REL_SEAL))
		return;
	wallet_progress_phase("checking seals", 0);
	audit->findings = findings;
	audit->snapshot = snapshot;
	wallet_sha256_share(audit_stream, audit);
}

/* ----- against a head kept elsewhere ----- */

typedef struct Against
{
	WalletFold	fold;
	Snapshot	snapshot;
	uint64		wanted;			/* events that the head is of */
	uint8_t		computed[HEAD_BYTES];
	bool		complete;		/* so many events were met */
	int64		seals_met;
	int64		seals_differ;
	WalletSeal	first_difference;
	bool		seal_found;
} Against;

/* Whether the seal of the block just folded says the same. */
static void
compare_seal(Against *against)
{
	WalletSeal	stored;

	if (!wallet_seals_find(against->snapshot, against->fold.seal.block, &stored))
		return;
	against->seals_met++;
	if (memcmp(stored.digest, against->fold.seal.digest, WALLET_DIGEST_BYTES) != 0 &&
		against->seals_differ++ == 0)
		against->first_difference = stored;
}

static bool
against_event(void *arg, const WalletEvent *event, const char *reason, TupleTableSlot *slot)
{
	Against    *against = arg;

	refuse_unreadable(event, reason);
	if (wallet_fold_event(&against->fold, event))
		compare_seal(against);
	if (against->fold.head.events == against->wanted)
	{
		put_head(&against->fold.head, against->computed);
		against->complete = true;
	}
	/* To the end of the block, whose seal may tell where a difference lies. */
	return !against->complete || against->fold.head.events % WALLET_BLOCK_EVENTS != 0;
}

static void
against_stream(void *arg)
{
	Against    *against = arg;

	push_snapshot();
	against->snapshot = GetActiveSnapshot();
	wallet_fold_start(&against->fold);
	if (against->wanted == 0)
	{
		put_head(&against->fold.head, against->computed);
		against->complete = true;
	}
	else
		wallet_stream_events(against->snapshot, 0, 0, against_event, against);
	PopActiveSnapshot();
}

static void
put_row(ReturnSetInfo *result, const char *check, int64 examined, const char *fault)
{
	Datum		values[4] = {CStringGetTextDatum(check), BoolGetDatum(fault == NULL), Int64GetDatum(examined)};
	bool		isnull[4] = {false, false, false, fault == NULL};

	if (fault != NULL)
		values[3] = CStringGetTextDatum(fault);
	tuplestore_putvalues(result->setResult, result->setDesc, values, isnull);
}

/* What is wrong with the head, given what the seals said on the way; NULL: nothing. */
static char *
head_fault(const Against *against, const uint8_t *head)
{
	if (!against->complete)
		return psprintf("The head is of " UINT64_FORMAT " events; there are only " UINT64_FORMAT ": the end was cut off.",
						against->wanted, against->fold.head.events);
	if (memcmp(against->computed, head, HEAD_BYTES) == 0)
		return NULL;
	if (against->seals_differ > 0)
		return psprintf("The first " UINT64_FORMAT " events are not those that were digested. The first block that differs from its seal is " INT64_FORMAT ": events " INT64_FORMAT " to " INT64_FORMAT ".",
						against->wanted, against->first_difference.block,
						against->first_difference.first_event, against->first_difference.last_event);
	return psprintf("The first " UINT64_FORMAT " events are not those that were digested, though the seals agree with them: log and seals were both rewritten, or the change lies in events not sealed.",
					against->wanted);
}

Datum
wallet_sql_verify_against(PG_FUNCTION_ARGS)
{
	Against    *against = palloc0(sizeof(Against));
	WalletBytes head;

	if (PG_ARGISNULL(0))
		wallet_raise_argument("head must not be NULL");
	head = wallet_bytes_from_datum(PG_GETARG_DATUM(0));
	if (head.length != HEAD_BYTES)
		wallet_raise_argument("a head has %d bytes, not %u", HEAD_BYTES, head.length);
	for (int i = 7; i >= 0; i--)
		against->wanted = against->wanted << 8 | head.data[WALLET_DIGEST_BYTES + i];

	wallet_sha256_share(against_stream, against);
	InitMaterializedSRF(fcinfo, 0);
	put_row((ReturnSetInfo *) fcinfo->resultinfo, "head", (int64) Min(against->fold.head.events, against->wanted), head_fault(against, head.data));
	put_row((ReturnSetInfo *) fcinfo->resultinfo, "seals", against->seals_met,
			against->seals_differ == 0 ? NULL
			: psprintf(INT64_FORMAT " found. Block " INT64_FORMAT " (events " INT64_FORMAT " to " INT64_FORMAT ") is not what was sealed.",
					   against->seals_differ, against->first_difference.block,
					   against->first_difference.first_event, against->first_difference.last_event));
	return (Datum) 0;
}
