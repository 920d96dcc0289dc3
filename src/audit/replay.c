/*
 * replay.c
 *		Events in event_id order, decided again by the same step().
 *
 * Recorded results are read for one purpose only: to be compared.  The state is
 * what the machine makes of the recorded inputs, from nothing.  A group is
 * collected and run again with its undo.  Memory of a group is given back after it.
 */
#include "postgres.h"

#include "access/genam.h"
#include "audit/ledger.h"
#include "audit/redactions.h"
#include "core/batch.h"
#include "core/codec.h"
#include "core/detail.h"
#include "core/footprint.h"
#include "core/shape.h"
#include "core/status.h"
#include "miscadmin.h"
#include "optimizer/plancat.h"
#include "pg/compat.h"
#include "pg/datum.h"
#include "pg/error.h"
#include "pg/progress.h"
#include "store/events.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"

typedef struct Replay
{
	WalletLedger *ledger;
	WalletFindings *findings;	/* NULL: do not compare */
	WalletTable *table;
	Snapshot	snapshot;
	WalletRedactions *redactions;
	WalletReferences *references;
	int64		last_id;
	/* the group being collected */
	MemoryContext group_memory;
	WalletEvent *members;
	size_t		member_count;
	size_t		member_room;
} Replay;

/* Something was found in the event since `before`: its accounts are not to be rebuilt from it. */
static void
blame(Replay *replay, int64 before, const WalletEvent *event)
{
	int64		sides[2] = {event->debit, event->credit};

	if (replay->findings == NULL || replay->findings->broken == before)
		return;
	for (int i = 0; i < 2; i++)
	{
		WalletReplayed *replayed = wallet_ledger_account(replay->ledger, sides[i]);

		if (replayed != NULL && replayed->broken_event == 0)
			replayed->broken_event = event->event_id;
	}
}

static int64
broken_so_far(const Replay *replay)
{
	return replay->findings ? replay->findings->broken : 0;
}

/* ----- what can be told of one record without any state ----- */

static void
check_metadata(Replay *replay, const WalletEvent *event, TupleTableSlot *slot)
{
	Datum		metadata = wallet_event_slot_metadata(slot);
	uint8_t		digest[WALLET_DIGEST_BYTES];

	if (metadata == (Datum) 0)
	{
		if (event->present & WALLET_HAS_METADATA_DIGEST)
			wallet_redactions_miss(replay->redactions, event);
		return;
	}
	(void) wallet_metadata_digest(metadata, digest);
	if (!(event->present & WALLET_HAS_METADATA_DIGEST) ||
		memcmp(digest, event->metadata_digest, WALLET_DIGEST_BYTES) != 0)
		wallet_find(replay->findings, WALLET_CHECK_EVENTS,
					"Event " INT64_FORMAT " has other metadata than its digest says.", event->event_id);
}

static bool
check_record(Replay *replay, const WalletEvent *event, TupleTableSlot *slot)
{
	const char *fault = wallet_event_shape_fault(event);

	if (fault == NULL && event->event_id <= replay->last_id)
		fault = "an event_id that is not greater than the one before";
	if (replay->findings != NULL)
	{
		wallet_examine(replay->findings, WALLET_CHECK_EVENTS);
		check_metadata(replay, event, slot);
		if (fault != NULL)
		{
			int64		before = broken_so_far(replay);

			wallet_find(replay->findings, WALLET_CHECK_EVENTS, "Event " INT64_FORMAT " has %s.", event->event_id, fault);
			blame(replay, before, event);
		}
	}
	return fault == NULL;
}

/* ----- chains, as the records tell them ----- */

static bool
moves_money(uint16_t kind)
{
	return kind == WALLET_KIND_TRANSFER || kind == WALLET_KIND_CAPTURE ||
		kind == WALLET_KIND_REVERSE || kind == WALLET_KIND_SWEEP;
}

static wallet_int128
side_change(const WalletEvent *event, uint32 side)
{
	wallet_int128 amount = moves_money(event->kind) && (event->present & WALLET_HAS_AMOUNT) ? event->amount : 0;

	return side == WALLET_HAS_DEBIT ? -amount : amount;
}

static void
check_side(Replay *replay, const WalletEvent *event, uint32 side, WalletReplayed *replayed)
{
	bool		debit = side == WALLET_HAS_DEBIT;
	int64		prev = debit ? event->debit_prev : event->credit_prev;
	int64		version = debit ? event->debit_version : event->credit_version;
	wallet_int128 balance = debit ? event->debit_balance : event->credit_balance;

	if (replayed == NULL)
	{
		wallet_find(replay->findings, WALLET_CHECK_CHAIN,
					"Event " INT64_FORMAT " names account " INT64_FORMAT ", which was never opened.",
					event->event_id, debit ? event->debit : event->credit);
		return;
	}
	if (prev != replayed->recorded_last)
		wallet_find(replay->findings, WALLET_CHECK_CHAIN,
					"Event " INT64_FORMAT " follows event " INT64_FORMAT " in the chain of account " INT64_FORMAT ", but says " INT64_FORMAT ".",
					event->event_id, replayed->recorded_last, replayed->id, prev);
	if (version != replayed->recorded_version + 1)
		wallet_find(replay->findings, WALLET_CHECK_CHAIN,
					"Event " INT64_FORMAT " makes version " INT64_FORMAT " of account " INT64_FORMAT " after version " INT64_FORMAT ".",
					event->event_id, version, replayed->id, replayed->recorded_version);
	if (balance != replayed->recorded_balance + side_change(event, side))
		wallet_find(replay->findings, WALLET_CHECK_CHAIN,
					"Event " INT64_FORMAT " leaves account " INT64_FORMAT " with a balance that its amount does not explain.",
					event->event_id, replayed->id);
	replayed->recorded_last = event->event_id;
	replayed->recorded_version = version;
	replayed->recorded_balance = balance;
}

/* Both balances of a success as recorded, against the chain so far: what one loses the other gains. */
static void
check_conservation(Replay *replay, const WalletEvent *event,
				   const WalletReplayed *debit, const WalletReplayed *credit)
{
	wallet_int128 change = 0;

	wallet_examine(replay->findings, WALLET_CHECK_CONSERVATION);
	if (debit != NULL)
		change += event->debit_balance - debit->recorded_balance;
	if (credit != NULL)
		change += event->credit_balance - credit->recorded_balance;
	if (change != 0)
		wallet_find(replay->findings, WALLET_CHECK_CONSERVATION,
					"Event " INT64_FORMAT " makes or destroys money: its balances change by %s minor units in sum.",
					event->event_id, wallet_money_text(change, 0));
}

static void
check_chains(Replay *replay, const WalletEvent *event, WalletReplayed *debit, WalletReplayed *credit)
{
	if (replay->findings == NULL || event->status != WALLET_success || event->kind == WALLET_KIND_OPEN)
		return;
	if (moves_money(event->kind))
		check_conservation(replay, event, debit, credit);
	if (!(event->present & (WALLET_HAS_DEBIT_PREV | WALLET_HAS_CREDIT_PREV)))
		return;
	wallet_examine(replay->findings, WALLET_CHECK_CHAIN);
	if (event->present & WALLET_HAS_DEBIT_PREV)
		check_side(replay, event, WALLET_HAS_DEBIT, debit);
	if (event->present & WALLET_HAS_CREDIT_PREV)
		check_side(replay, event, WALLET_HAS_CREDIT, credit);
}

/* ----- deciding again ----- */

/* The command that the record is of: its identity and inputs. */
static WalletEvent
command_of(const WalletEvent *recorded)
{
	WalletEvent command = *recorded;

	command.present &= WALLET_HAS_INPUTS | WALLET_HAS_GROUP_FIRST;
	command.exponent = 0;
	return command;
}

static void
compare(Replay *replay, const WalletEvent *again, const WalletEvent *recorded)
{
	const char *difference;
	WalletCheck check = recorded->status == WALLET_success ? WALLET_CHECK_REPLAY : WALLET_CHECK_REFUSALS;

	if (replay->findings == NULL)
		return;
	wallet_examine(replay->findings, check);
	difference = wallet_result_difference(again, recorded);
	if (difference == NULL)
		return;
	if (again->status != recorded->status)
		wallet_find(replay->findings, check,
					"Event " INT64_FORMAT " is recorded as %s; decided again it is %s.",
					recorded->event_id, wallet_status_name(recorded->status), wallet_status_name(again->status));
	else
		wallet_find(replay->findings, check,
					"Event " INT64_FORMAT " has another %s when it is decided again.",
					recorded->event_id, difference);
}

static void
note_milestone(Replay *replay, const WalletAccount *account, const WalletEvent *event)
{
	if (account != NULL && account->last_event == event->event_id &&
		account->version % WALLET_MILESTONE_EVERY == 0)
		wallet_ledger_add_milestone(replay->ledger, account, event->event_id);
}

/* An opening or a definition has no account yet: answers what the machine may ask. */
static void
answer_questions(Replay *replay, const WalletEvent *event, WalletView *view)
{
	WalletDetail detail;
	WalletCurrency currency;
	WalletReplayed *parent;

	if (!wallet_detail_decode(event->detail, &detail) ||
		!wallet_currency_from_bytes(detail.currency, &currency))
		return;
	view->name_taken = wallet_ledger_name_taken(replay->ledger, detail.name, &currency);
	view->currency_defined = wallet_ledger_currency(replay->ledger, &currency) != NULL;
	parent = wallet_ledger_account(replay->ledger, detail.parent);
	view->parent_found = parent != NULL && wallet_currency_equal(&parent->account.currency, &currency);
}

/* An account or a code that an event has brought forth. */
static void
add_birth(Replay *replay, const WalletAccount *opened, const WalletEvent *recorded)
{
	WalletReplayed *replayed;

	if (recorded->kind != WALLET_KIND_OPEN)
	{
		wallet_ledger_add_currency(replay->ledger, recorded);
		return;
	}
	replayed = wallet_ledger_add_account(replay->ledger, opened, recorded);
	replayed->recorded_last = recorded->event_id;
	replayed->recorded_version = recorded->credit_version;
	replayed->recorded_balance = recorded->credit_balance;
}

static bool
is_birth(const WalletEvent *event)
{
	return event->kind == WALLET_KIND_OPEN || event->kind == WALLET_KIND_DEFINE_CURRENCY;
}

static void
replay_birth(Replay *replay, const WalletEvent *recorded)
{
	WalletEvent again = command_of(recorded);
	WalletAccount opened = {0};
	WalletView	view = {.opened = &opened};

	answer_questions(replay, recorded, &view);
	if (recorded->kind == WALLET_KIND_OPEN)
		again.present &= ~WALLET_HAS_CREDIT;
	(void) wallet_step(&view, &again);
	compare(replay, &again, recorded);
	if (again.status == WALLET_success)
		add_birth(replay, &opened, recorded);
}

/* ----- holds and originals ----- */

/* The place of the hold that an event places or names; -1: none. */
static int32
hold_of(Replay *replay, const WalletEvent *event)
{
	switch (event->kind)
	{
		case WALLET_KIND_HOLD:
			return wallet_references_place_hold(replay->references, &event->transaction_id);
		case WALLET_KIND_CAPTURE:
		case WALLET_KIND_RELEASE:
			return wallet_references_find_hold(replay->references, &event->related);
		default:
			return -1;
	}
}

static int32
original_of(Replay *replay, const WalletEvent *event, int64 before)
{
	if (event->kind != WALLET_KIND_REVERSE)
		return -1;
	return wallet_references_place_original(replay->references, replay->table, replay->snapshot,
											&event->related, before);
}

static void
view_references(Replay *replay, const WalletEvent *event, WalletReplayed *debit, WalletView *view)
{
	int32		hold = hold_of(replay, event);
	int32		original = original_of(replay, event, event->event_id);

	view->holds = replay->references->holds;
	view->hold = hold < 0 ? NULL : &view->holds[hold];
	view->original = original < 0 ? NULL : &replay->references->originals[original];
	view->queue = debit ? &debit->queue : NULL;
}

static void
replay_alone(Replay *replay, const WalletEvent *recorded)
{
	WalletEvent again = command_of(recorded);
	WalletReplayed *debit;
	WalletReplayed *credit;
	WalletView	view = {0};

	if (is_birth(recorded))
	{
		replay_birth(replay, recorded);
		return;
	}
	debit = wallet_ledger_account(replay->ledger, recorded->debit);
	credit = wallet_ledger_account(replay->ledger, recorded->credit);
	check_chains(replay, recorded, debit, credit);
	view.debit = debit ? &debit->account : NULL;
	view.credit = credit ? &credit->account : NULL;
	if (recorded->kind != WALLET_KIND_TRANSFER)
		view_references(replay, recorded, debit, &view);
	if (recorded->kind == WALLET_KIND_REDACT)
		view.target_found = wallet_redactions_apply(replay->redactions, replay->ledger,
													replay->findings, recorded);
	(void) wallet_step(&view, &again);
	compare(replay, &again, recorded);
	note_milestone(replay, view.debit, recorded);
	note_milestone(replay, view.credit, recorded);
}

/* ----- groups ----- */

/* An older refusal by which the whole group failed, or 0 if the reason is in the group. */
static int64
outside_cause(const Replay *replay)
{
	for (size_t i = 0; i < replay->member_count; i++)
	{
		if (replay->members[i].status != WALLET_group_failed)
			return 0;
	}
	return replay->members[0].cause;
}

/* Is that event a recorded refusal older than the group? */
static void
check_cause(Replay *replay, int64 cause)
{
	Relation	index = index_open(wallet_relation_oid(WALLET_REL_EVENT_PKEY), AccessShareLock);
	IndexScanDesc scan = wallet_index_beginscan(replay->table->rel, index, replay->snapshot, 1);
	TupleTableSlot *slot = table_slot_create(replay->table->rel, NULL);
	WalletEvent event = {0};
	const char *reason;
	ScanKeyData key;

	ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(cause));
	index_rescan(scan, &key, 1, NULL, 0);
	if (cause >= replay->members[0].group_first ||
		!index_getnext_slot(scan, ForwardScanDirection, slot) ||
		!wallet_event_from_slot(slot, &event, &reason) ||
		event.status == WALLET_success)
		wallet_find(replay->findings, WALLET_CHECK_REFUSALS,
					"The group of event " INT64_FORMAT " failed because of event " INT64_FORMAT ", which is no older refusal.",
					replay->members[0].event_id, cause);
	ExecDropSingleTupleTableSlot(slot);
	index_endscan(scan);
	index_close(index, AccessShareLock);
}

/* A group that is run again. */
typedef struct GroupRun
{
	WalletBatch batch;
	int64	   *ids;			/* of its accounts that were there before,
								 * ascending */
	size_t		id_count;
	size_t		opened_count;	/* accounts after them that it may open */
	wallet_int128 *held;		/* of each account, before the member looked
								 * at */
} GroupRun;

static void *
group_array(size_t count, size_t size)
{
	return palloc_extended(Max(count, 1) * size, MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

static void
add_account(Replay *replay, GroupRun *run, int64 id)
{
	if (wallet_ledger_account(replay->ledger, id) != NULL)
		run->ids[run->id_count++] = id;
}

/* Copies of the group's accounts, and empty ones for those that it opens. */
static void
copy_accounts_in(Replay *replay, GroupRun *run)
{
	size_t		count = replay->member_count;
	int64	   *scratch = group_array(2 * count, sizeof(int64));

	run->ids = group_array(2 * count, sizeof(int64));
	for (size_t i = 0; i < count; i++)
	{
		add_account(replay, run, replay->members[i].debit);
		add_account(replay, run, replay->members[i].credit);
		run->opened_count += replay->members[i].kind == WALLET_KIND_OPEN;
	}
	run->id_count = wallet_footprint_build((int64_t *) run->ids, run->id_count, (int64_t *) scratch);
	run->batch.accounts = group_array(run->id_count + run->opened_count, sizeof(WalletAccount));
	run->batch.queues = group_array(run->id_count + run->opened_count, sizeof(int32_t));
	run->held = group_array(run->id_count + run->opened_count, sizeof(wallet_int128));
	for (size_t i = 0; i < run->id_count; i++)
	{
		const WalletReplayed *replayed = wallet_ledger_account(replay->ledger, run->ids[i]);

		run->batch.accounts[i] = replayed->account;
		run->batch.queues[i] = replayed->queue;
		run->held[i] = replayed->account.held;
	}
}

static int32
group_position(const GroupRun *run, int64 id)
{
	return id <= 0 ? -1 : wallet_footprint_find((int64_t *) run->ids, run->id_count, id);
}

/* What of an opening or definition earlier members of the group answer. */
static void
prepare_birth(Replay *replay, GroupRun *run, size_t i)
{
	WalletEntry *entry = &run->batch.entries[i];
	WalletView	view = {0};
	WalletDetail mine;
	WalletDetail other;

	answer_questions(replay, &replay->members[i], &view);
	entry->name_taken = view.name_taken;
	entry->currency_defined = view.currency_defined;
	entry->parent_found = view.parent_found;
	if (entry->event.kind == WALLET_KIND_OPEN)
		entry->event.present &= ~WALLET_HAS_CREDIT;
	if (!wallet_detail_decode(entry->event.detail, &mine))
		return;
	for (size_t j = 0; j < i; j++)
	{
		if (replay->members[j].kind != entry->event.kind ||
			!wallet_detail_decode(replay->members[j].detail, &other) ||
			!wallet_bytes_equal(mine.currency, other.currency))
			continue;
		if (entry->event.kind == WALLET_KIND_DEFINE_CURRENCY)
			entry->currency_defined = true;
		else if (wallet_bytes_equal(mine.name, other.name))
			entry->rival = (int32) j;
	}
}

/* The hold or original that a member names. */
static void
prepare_references(Replay *replay, GroupRun *run, size_t i)
{
	WalletEntry *entry = &run->batch.entries[i];
	int64		group_first = replay->members[0].group_first;

	entry->hold = hold_of(replay, &entry->event);
	entry->original = original_of(replay, &entry->event, group_first);
}

/* The members' positions, now that the arrays do not move any more. */
static void
place_references(Replay *replay, GroupRun *run)
{
	WalletReferences *references = replay->references;

	run->batch.holds = references->holds;
	run->batch.originals = references->originals;
	for (size_t i = 0; i < replay->member_count; i++)
	{
		WalletEntry *entry = &run->batch.entries[i];
		int32		becomes = wallet_references_find_original(references, &entry->event.transaction_id);

		if (becomes >= 0 && references->originals[becomes].event_id == 0)
			entry->becomes = becomes;
		if (entry->hold >= 0)
		{
			references->holds[entry->hold].payer = group_position(run, references->holds[entry->hold].debit);
			references->holds[entry->hold].payee = group_position(run, references->holds[entry->hold].credit);
		}
		if (entry->original >= 0)
		{
			references->originals[entry->original].payer = group_position(run, references->originals[entry->original].debit);
			references->originals[entry->original].payee = group_position(run, references->originals[entry->original].credit);
		}
	}
}

static void
prepare_members(Replay *replay, GroupRun *run)
{
	int32		opened = (int32) run->id_count;

	for (size_t i = 0; i < replay->member_count; i++)
	{
		WalletEntry *entry = &run->batch.entries[i];

		entry->event = command_of(&replay->members[i]);
		entry->opened = entry->same_as = entry->rival = entry->needs = -1;
		entry->debit_birth = entry->credit_birth = entry->parent_birth = -1;
		entry->hold = entry->original = entry->becomes = -1;
		if (entry->event.kind == WALLET_KIND_OPEN)
			entry->opened = opened++;
		if (is_birth(&entry->event))
			prepare_birth(replay, run, i);
		prepare_references(replay, run, i);
		if (entry->event.kind == WALLET_KIND_REDACT)
			entry->target_found = wallet_redactions_apply(replay->redactions, replay->ledger,
														  replay->findings, &entry->event);
		entry->debit = (entry->event.present & WALLET_HAS_DEBIT)
			? group_position(run, entry->event.debit) : -1;
		entry->credit = (entry->event.present & WALLET_HAS_CREDIT)
			? group_position(run, entry->event.credit) : -1;
	}
	place_references(replay, run);
}

/* What the group made of its accounts goes back; what it brought forth is added. */
static void
copy_accounts_out(Replay *replay, GroupRun *run)
{
	for (size_t i = 0; i < run->id_count; i++)
	{
		WalletReplayed *replayed = wallet_ledger_account(replay->ledger, run->ids[i]);

		replayed->account = run->batch.accounts[i];
		replayed->queue = run->batch.queues[i];
	}
	for (size_t i = 0; i < replay->member_count; i++)
	{
		const WalletEntry *entry = &run->batch.entries[i];

		if (!is_birth(&entry->event) || entry->status != WALLET_success || !entry->recorded)
			continue;
		add_birth(replay, entry->opened < 0 ? NULL : &run->batch.accounts[entry->opened], &replay->members[i]);
		if (entry->opened >= 0)
			wallet_ledger_account(replay->ledger, entry->event.event_id)->queue = run->batch.queues[entry->opened];
	}
}

/* One side of a member, as it was right after it. */
static void
note_side_milestone(Replay *replay, const GroupRun *run, int32 position, const WalletEvent *event, bool debit)
{
	WalletAccount then;

	if (position < 0 || !(event->present & (debit ? WALLET_HAS_DEBIT_PREV : WALLET_HAS_CREDIT_PREV)))
		return;
	then = run->batch.accounts[position];
	then.version = debit ? event->debit_version : event->credit_version;
	then.balance = debit ? event->debit_balance : event->credit_balance;
	then.held = run->held[position];
	then.last_event = event->event_id;
	note_milestone(replay, &then, event);
}

/* Milestones inside a group: an account may pass one in the middle of it, so members are told one by one. */
static void
note_group_milestones(Replay *replay, GroupRun *run, const WalletEntry *entry)
{
	if (entry->event.status != WALLET_success)
		return;
	if (entry->debit >= 0)
		run->held[entry->debit] = entry->event.debit_held;
	note_side_milestone(replay, run, entry->debit, &entry->event, true);
	note_side_milestone(replay, run, entry->credit, &entry->event, false);
}

static void
run_group(Replay *replay)
{
	size_t		count = replay->member_count;
	GroupRun	run = {.batch = {.count = count,.replaying = true,.has_births = true}};

	run.batch.entries = group_array(count, sizeof(WalletEntry));
	run.batch.undo = group_array(count * WALLET_UNDO_PER_MEMBER, sizeof(WalletUndo));
	copy_accounts_in(replay, &run);
	run.batch.outside_cause = outside_cause(replay);
	if (run.batch.outside_cause != 0 && replay->findings != NULL)
		check_cause(replay, run.batch.outside_cause);
	prepare_members(replay, &run);
	(void) wallet_batch_run(&run.batch);
	copy_accounts_out(replay, &run);
	for (size_t i = 0; i < count; i++)
	{
		check_chains(replay, &replay->members[i],
					 wallet_ledger_account(replay->ledger, replay->members[i].debit),
					 wallet_ledger_account(replay->ledger, replay->members[i].credit));
		compare(replay, &run.batch.entries[i].event, &replay->members[i]);
		note_group_milestones(replay, &run, &run.batch.entries[i]);
	}
}

static void
end_group(Replay *replay)
{
	MemoryContext old;
	int64		before;

	if (replay->member_count == 0)
		return;
	old = MemoryContextSwitchTo(replay->group_memory);
	before = broken_so_far(replay);
	run_group(replay);
	for (size_t i = 0; i < replay->member_count; i++)
		blame(replay, before, &replay->members[i]);
	MemoryContextSwitchTo(old);
	MemoryContextReset(replay->group_memory);
	replay->members = NULL;
	replay->member_count = replay->member_room = 0;
}

static void
collect_member(Replay *replay, const WalletEvent *event)
{
	WalletEvent *member;

	if (replay->member_count == replay->member_room)
	{
		size_t		room = Max(64, 2 * replay->member_room);
		WalletEvent *more = MemoryContextAllocHuge(replay->group_memory, room * sizeof(WalletEvent));

		if (replay->member_count > 0)
			memcpy(more, replay->members, replay->member_count * sizeof(WalletEvent));
		replay->members = more;
		replay->member_room = room;
	}
	member = &replay->members[replay->member_count++];
	*member = *event;
	member->actor = wallet_bytes_copy(replay->group_memory, event->actor);
	if (event->present & WALLET_HAS_DETAIL)
		member->detail = wallet_bytes_copy(replay->group_memory, event->detail);
}

/* ----- the stream ----- */

static void
replay_event(Replay *replay, const WalletEvent *event)
{
	bool		grouped = (event->present & WALLET_HAS_GROUP_FIRST) != 0;
	int64		before;

	if (replay->member_count > 0 &&
		!(grouped && event->group_first == replay->members[0].group_first))
		end_group(replay);
	if (grouped)
	{
		collect_member(replay, event);
		return;
	}
	before = broken_so_far(replay);
	replay_alone(replay, event);
	blame(replay, before, event);
}

static void
replay_row(Replay *replay, TupleTableSlot *slot)
{
	WalletEvent event;
	const char *reason;
	int64		before;

	if (!wallet_event_from_slot(slot, &event, &reason))
	{
		if (replay->findings == NULL)
			wallet_raise_corrupt("Event " INT64_FORMAT " cannot be read: %s.", event.event_id, reason);
		before = broken_so_far(replay);
		wallet_examine(replay->findings, WALLET_CHECK_EVENTS);
		wallet_find(replay->findings, WALLET_CHECK_EVENTS,
					"Event " INT64_FORMAT " cannot be read: %s.", event.event_id, reason);
		blame(replay, before, &event);
	}
	else if (check_record(replay, &event, slot))
		replay_event(replay, &event);
	replay->last_id = Max(replay->last_id, event.event_id);
}

/* As the planner would: 0 if it knows nothing. */
static int64
estimate_rows(Relation rel)
{
	BlockNumber pages;
	double		tuples = 0;
	double		visible;

	estimate_rel_size(rel, NULL, &pages, &tuples, &visible);
	return (int64) tuples;
}

void
wallet_ledger_replay(WalletLedger *ledger, Snapshot snapshot, int64 until_event)
{
	Replay		replay = {
		.ledger = ledger,
		.findings = wallet_ledger_findings(ledger),
		.snapshot = snapshot,
		.references = wallet_ledger_references(ledger),
		.table = wallet_table_open(WALLET_REL_EVENT, AccessShareLock),
		.group_memory = AllocSetContextCreate(CurrentMemoryContext, "wallet group", ALLOCSET_DEFAULT_SIZES)
	};
	MemoryContext row_memory = AllocSetContextCreate(CurrentMemoryContext, "wallet row", ALLOCSET_DEFAULT_SIZES);
	Relation	index = index_open(wallet_relation_oid(WALLET_REL_EVENT_PKEY), AccessShareLock);
	int			nkeys = until_event > 0 ? 1 : 0;
	IndexScanDesc scan = wallet_index_beginscan(replay.table->rel, index, snapshot, nkeys);
	ScanKeyData key;
	int64		rows = 0;

	replay.redactions = wallet_redactions_create(replay.table, snapshot);
	wallet_progress_phase("replaying events", until_event > 0 ? 0 : estimate_rows(replay.table->rel));
	ScanKeyInit(&key, 1, BTLessEqualStrategyNumber, F_INT8LE, Int64GetDatum(until_event));
	index_rescan(scan, nkeys > 0 ? &key : NULL, nkeys, NULL, 0);
	/* A scan allocates when it needs to: it must not do that in row_memory. */
	while (index_getnext_slot(scan, ForwardScanDirection, replay.table->slot))
	{
		MemoryContext old = MemoryContextSwitchTo(row_memory);

		CHECK_FOR_INTERRUPTS();
		replay_row(&replay, replay.table->slot);
		MemoryContextSwitchTo(old);
		if ((++rows & 0xff) == 0)
		{
			MemoryContextReset(row_memory);
			wallet_progress_set(rows);
		}
	}
	end_group(&replay);
	wallet_redactions_end(replay.redactions, replay.findings);
	index_endscan(scan);
	index_close(index, AccessShareLock);
	wallet_table_close(replay.table);
	MemoryContextDelete(row_memory);
	MemoryContextDelete(replay.group_memory);
}
