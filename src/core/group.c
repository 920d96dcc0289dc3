/*
 * group.c
 *		Commands that stand or fall together: judged before stepping, stepped,
 *		undone (format-1.md, 7).
 *
 * A member takes part if it is neither answered from an earlier record nor the
 * second of two with the same id.
 */
#include "core/batch.h"
#include "core/codec.h"
#include "core/detail.h"
#include "core/expiry.h"
#include "core/machine.h"
#include "core/status.h"

typedef struct Group
{
	WalletBatch *batch;
	WalletEntry *members;
	size_t		first;			/* position of members[0] in the batch */
	size_t		count;
} Group;

/* Two commands with one id inside the group: the first of them, or NULL. */
static WalletEntry *
twin_of(const Group *group, const WalletEntry *member)
{
	if (member->same_as < 0 || (size_t) member->same_as < group->first)
		return NULL;
	return &group->batch->entries[member->same_as];
}

/* Lets same_as of every later twin name the first one, so that no chain has to be walked. */
static void
shorten_twin_chains(const Group *group)
{
	for (size_t i = 0; i < group->count; i++)
	{
		WalletEntry *twin = twin_of(group, &group->members[i]);

		if (twin != NULL && twin_of(group, twin) != NULL)
			group->members[i].same_as = twin->same_as;
	}
}

/* What is recorded for the member's id, before the batch or earlier in it. */
static const WalletEvent *
known_before(const Group *group, const WalletEntry *member)
{
	const WalletEntry *twin = twin_of(group, member);
	const WalletEntry *root = twin ? twin : member;

	if (root->prior != NULL || root->same_as < 0)
		return root->prior;
	return group->batch->entries[root->same_as].known;
}

static bool
takes_part(const Group *group, const WalletEntry *member)
{
	return !member->replayed && twin_of(group, member) == NULL;
}

static bool
misses_parent(const WalletEntry *member)
{
	WalletDetail detail;

	return !member->parent_found && !member->name_taken && wallet_detail_decode(member->event.detail, &detail) &&
		wallet_detail_has(&detail, WALLET_DETAIL_PARENT);
}

/* An account that the command names and nobody has. */
static bool
misses_account(const WalletEntry *member)
{
	switch (member->event.kind)
	{
		case WALLET_KIND_TRANSFER:
		case WALLET_KIND_HOLD:
		case WALLET_KIND_SWEEP:
			return member->debit < 0 || member->credit < 0;
		case WALLET_KIND_OPEN:
			return misses_parent(member);
		case WALLET_KIND_FREEZE:
		case WALLET_KIND_UNFREEZE:
		case WALLET_KIND_CLOSE:
		case WALLET_KIND_SET_FLOOR:
		case WALLET_KIND_REMOVE_FLOOR:
		case WALLET_KIND_SET_CEILING:
		case WALLET_KIND_SET_SPEND_LIMIT:
			return member->debit < 0;
		default:
			return false;
	}
}

/* Only where the user himself takes from the payer; a hold was placed by one who might. */
static bool
is_forbidden(const WalletEntry *member)
{
	switch (member->event.kind)
	{
		case WALLET_KIND_TRANSFER:
		case WALLET_KIND_HOLD:
		case WALLET_KIND_REVERSE:
		case WALLET_KIND_SWEEP:
			return member->forbidden;
		default:
			return false;
	}
}

/* By id, two accounts that have nothing in common. */
static bool
mixes_currencies(const Group *group, const WalletEntry *member)
{
	const WalletAccount *accounts = group->batch->accounts;

	return member->debit >= 0 && member->credit >= 0 &&
		!wallet_currency_equal(&accounts[member->debit].currency, &accounts[member->credit].currency);
}

/* The accounts of a member that names a hold or an original, which may be another member's doing. */
static WalletStatus
refer(const Group *group, WalletEntry *member)
{
	WalletHold *hold;
	WalletOriginal *original;
	int32_t		bearer = (int32_t) (member - group->batch->entries) + 1;

	if (member->event.kind == WALLET_KIND_TRANSFER && !wallet_batch_refers(group->batch))
		return WALLET_success;
	hold = wallet_batch_hold(group->batch, member);
	original = wallet_batch_original(group->batch, member->becomes);
	if (!wallet_batch_refer(group->batch, member))
		return member->event.kind == WALLET_KIND_REVERSE
			? WALLET_original_not_found : WALLET_hold_not_found;
	if (hold != NULL && member->event.kind == WALLET_KIND_HOLD)
		hold->bearer = bearer;
	if (original != NULL)
		original->bearer = bearer;
	return WALLET_success;
}

/* After the group what it brought forth is there, or it is not. */
static void
forget_bearers(const Group *group)
{
	for (size_t i = 0; i < group->count && wallet_batch_refers(group->batch); i++)
	{
		WalletHold *hold = wallet_batch_hold(group->batch, &group->members[i]);
		WalletOriginal *original = wallet_batch_original(group->batch, group->members[i].becomes);

		if (hold != NULL)
			hold->bearer = 0;
		if (original != NULL)
			original->bearer = 0;
	}
}

/* Answers the member from an earlier record if there is one; tells a fault that is never recorded. */
static WalletStatus
judge_before_stepping(const Group *group, WalletEntry *member)
{
	const WalletEvent *known = known_before(group, member);
	const WalletEntry *twin = twin_of(group, member);
	WalletStatus status = WALLET_success;

	member->known = known;
	if (member->fault != WALLET_success)
		return member->fault;
	if (group->batch->has_births)
		status = wallet_batch_meet(group->batch, member);
	if (known != NULL)
	{
		wallet_batch_answer(member, known);
		return member->replayed ? WALLET_success : member->status;
	}
	if (twin != NULL)
	{
		member->difference = wallet_content_difference(&member->event, &twin->event);
		return member->difference ? WALLET_transaction_id_conflict : WALLET_success;
	}
	if (status == WALLET_success)
		status = refer(group, member);
	if (status != WALLET_success)
		return status;
	if (!wallet_batch_fits(group->batch, member))
		return WALLET_invalid_scale;
	if (misses_account(member))
		return WALLET_account_not_found;
	if (mixes_currencies(group, member))
		return WALLET_invalid_argument;
	return is_forbidden(member) ? WALLET_insufficient_privilege : WALLET_success;
}

/*
 * Twins are answered as the first of them; the guilty one, and those answered from
 * records, have their own answer.
 */
static void
answer_twins(const Group *group, const WalletEntry *guilty)
{
	for (size_t i = 0; i < group->count; i++)
	{
		WalletEntry *member = &group->members[i];
		const WalletEntry *twin = twin_of(group, member);

		if (twin == NULL || twin->replayed || member->replayed || member == guilty)
			continue;
		member->status = twin->status;
		member->difference = twin->difference;
		member->known = twin->known;
		member->answer = twin->answer;
		member->replayed = twin->recorded;
	}
}

/* Nothing of the group is recorded; every id that was free stays free. */
static void
fail_unrecorded(const Group *group, WalletEntry *guilty, WalletStatus status)
{
	for (size_t i = 0; i < group->count; i++)
	{
		WalletEntry *member = &group->members[i];

		if (member->replayed)
			continue;
		member->status = member == guilty ? status : WALLET_group_failed;
		if (member != guilty)
			member->difference = NULL;
		member->recorded = false;
		member->answer = NULL;
		if (takes_part(group, member))
			member->known = known_before(group, member);
	}
	answer_twins(group, guilty);
}

static void
push_account(WalletBatch *batch, int32_t position)
{
	WalletUndo *undo;

	if (position < 0)
		return;
	undo = &batch->undo[batch->undo_count++];
	undo->position = position;
	undo->kind = WALLET_UNDO_ACCOUNT;
	undo->before.account = batch->accounts[position];
}

static void
push_original(WalletBatch *batch, int32_t position)
{
	const WalletOriginal *original = wallet_batch_original(batch, position);
	WalletUndo *undo;

	if (original == NULL)
		return;
	undo = &batch->undo[batch->undo_count++];
	undo->position = position;
	undo->kind = WALLET_UNDO_ORIGINAL;
	undo->before.original = *original;
}

static void
push_hold(WalletBatch *batch, const WalletEntry *member)
{
	const WalletHold *hold = wallet_batch_hold(batch, member);
	WalletUndo *undo;

	if (hold == NULL)
		return;
	undo = &batch->undo[batch->undo_count++];
	undo->position = member->hold;
	undo->kind = WALLET_UNDO_HOLD;
	undo->before.hold = *hold;
}

/* All that the member may change. */
static void
push_undo(WalletBatch *batch, const WalletEntry *member)
{
	push_account(batch, member->debit);
	push_account(batch, member->credit);
	push_account(batch, member->opened);
	if (!wallet_batch_refers(batch))
		return;
	push_hold(batch, member);
	if (member->event.kind == WALLET_KIND_REVERSE)
		push_original(batch, member->original);
	push_original(batch, member->becomes);
}

/*
 * Queues are not undone, as they have more threads than this hold's: it leaves its
 * queue if it is not to be, and goes in again if it had left.
 */
static void
undo_hold(WalletBatch *batch, int32_t position, const WalletHold *before)
{
	WalletHold *hold = &batch->holds[position];
	WalletHold	now;

	if (before->state != WALLET_HOLD_OPEN && hold->queued)
		wallet_expiry_remove(batch->holds, &batch->queues[hold->payer], hold);
	now = *hold;
	*hold = *before;
	hold->child = now.child;
	hold->next = now.next;
	hold->prev = now.prev;
	hold->queued = now.queued;
	if (hold->state == WALLET_HOLD_OPEN && hold->expires_at != 0)
		wallet_expiry_push(batch->holds, &batch->queues[hold->payer], hold);
}

static void
undo_all(WalletBatch *batch)
{
	while (batch->undo_count > 0)
	{
		const WalletUndo *undo = &batch->undo[--batch->undo_count];

		switch (undo->kind)
		{
			case WALLET_UNDO_ACCOUNT:
				batch->accounts[undo->position] = undo->before.account;
				break;
			case WALLET_UNDO_HOLD:
				undo_hold(batch, undo->position, &undo->before.hold);
				break;
			case WALLET_UNDO_ORIGINAL:
				batch->originals[undo->position] = undo->before.original;
				break;
		}
	}
}

/*
 * The record of one member of a group that failed; guilty tells what it saw, others
 * what they see.  False if its id is not greater than all that its accounts saw.
 */
static bool
record_failure(WalletBatch *batch, WalletEntry *member, const WalletEntry *guilty,
			   int64_t group_first, int64_t cause)
{
	WalletView	view = {
		.debit = wallet_batch_account(batch, member->debit),
		.credit = wallet_batch_account(batch, member->credit)
	};

	if (!batch->replaying)
		member->event.event_id = batch->next_id;
	batch->next_id++;
	if (!wallet_event_is_new(&view, member->event.event_id))
		return false;
	member->recorded = true;
	member->known = member->answer = &member->event;
	if (member == guilty)
		wallet_event_guard(&view, member->event.event_id);
	else
	{
		member->status = WALLET_group_failed;
		member->event.group_first = group_first;
		member->event.cause = cause;
		member->event.present |= WALLET_HAS_GROUP_FIRST | WALLET_HAS_CAUSE;
		wallet_event_refuse(&view, &member->event, WALLET_group_failed);
	}
	wallet_batch_remember(batch, member);
	return true;
}

/* All members that take part are recorded; guilty is NULL if the cause is an older record. */
static bool
fail_recorded(const Group *group, const WalletEntry *guilty, int64_t group_first, int64_t cause)
{
	undo_all(group->batch);
	group->batch->next_id = group_first;
	for (size_t i = 0; i < group->count; i++)
	{
		if (takes_part(group, &group->members[i]) &&
			!record_failure(group->batch, &group->members[i], guilty, group_first, cause))
			return false;
	}
	answer_twins(group, NULL);
	return true;
}

/* The older refusal by which the group fails, or 0. */
static int64_t
recorded_culprit(const Group *group)
{
	if (group->batch->replaying)
		return group->batch->outside_cause;
	for (size_t i = 0; i < group->count; i++)
	{
		const WalletEntry *member = &group->members[i];

		if (member->replayed && member->known->status != WALLET_success)
			return member->known->event_id;
	}
	return 0;
}

/* The first event_id of the group: given in replay, else the next one. */
static int64_t
first_id(const Group *group)
{
	return group->batch->replaying ? group->members[0].event.group_first
		: group->batch->next_id;
}

/* Steps the members in order; the first that is refused, or NULL. */
static WalletEntry *
step_members(const Group *group, int64_t group_first)
{
	WalletBatch *batch = group->batch;

	for (size_t i = 0; i < group->count; i++)
	{
		WalletEntry *member = &group->members[i];

		if (!takes_part(group, member))
			continue;
		member->event.group_first = group_first;
		member->event.present |= WALLET_HAS_GROUP_FIRST;
		push_undo(batch, member);
		if (wallet_batch_step(batch, member) != WALLET_success)
			return member;
	}
	return NULL;
}

/* Whatever is due for any member's accounts comes before the first of them, and is not undone. */
static bool
expire_all(const Group *group)
{
	int64_t		judged_at;

	/* Until nothing is due at the id that the first member is to have. */
	do
	{
		judged_at = group->batch->next_id;
		for (size_t i = 0; i < group->count; i++)
		{
			const WalletEntry *member = &group->members[i];

			if (wallet_batch_has_due(group->batch, member) && takes_part(group, member) &&
				!wallet_batch_expire(group->batch, member))
				return false;
		}
	} while (group->batch->next_id != judged_at);
	return true;
}

static bool
decide(const Group *group)
{
	int64_t		group_first;
	int64_t		cause;
	WalletEntry *guilty;

	for (size_t i = 0; i < group->count; i++)
	{
		WalletStatus status = judge_before_stepping(group, &group->members[i]);

		if (status != WALLET_success)
		{
			/*
			 * Members after this one may be answered from records all the
			 * same.
			 */
			for (size_t j = i + 1; j < group->count; j++)
				(void) judge_before_stepping(group, &group->members[j]);
			fail_unrecorded(group, &group->members[i], status);
			return true;
		}
	}

	if (!expire_all(group))
		return false;
	group_first = first_id(group);
	group->batch->undo_count = 0;
	cause = recorded_culprit(group);
	if (cause != 0)
		return fail_recorded(group, NULL, group_first, cause);

	guilty = step_members(group, group_first);
	if (guilty == NULL)
		answer_twins(group, NULL);
	else if (guilty->status == WALLET_ledger_corrupt)
		return false;
	else if (guilty->recorded)
		return fail_recorded(group, guilty, group_first, guilty->event.event_id);
	else
	{
		undo_all(group->batch);
		group->batch->next_id = group_first;
		fail_unrecorded(group, guilty, guilty->status);
	}
	return true;
}

bool
wallet_group_run(WalletBatch *batch, size_t first, size_t count)
{
	Group		group = {batch, &batch->entries[first], first, count};
	bool		sound;

	shorten_twin_chains(&group);
	sound = decide(&group);
	forget_bearers(&group);
	return sound;
}
