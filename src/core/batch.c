/*
 * batch.c
 *		The loop over commands, and those that are alone.
 */
#include "core/batch.h"
#include "core/codec.h"
#include "core/detail.h"
#include "core/expiry.h"
#include "core/machine.h"
#include "core/status.h"

/* A position whose account was not opened, or no longer, holds none. */
WalletAccount *
wallet_batch_account(WalletBatch *batch, int32_t position)
{
	return position < 0 || batch->accounts[position].id == 0 ? NULL
		: &batch->accounts[position];
}

WalletHold *
wallet_batch_hold(WalletBatch *batch, const WalletEntry *entry)
{
	switch (entry->event.kind)
	{
		case WALLET_KIND_HOLD:
		case WALLET_KIND_CAPTURE:
		case WALLET_KIND_RELEASE:
			return batch->holds == NULL || entry->hold < 0 ? NULL : &batch->holds[entry->hold];
		default:
			return NULL;
	}
}

static void
set_accounts(WalletEntry *entry, int32_t debit, int64_t debit_id, int32_t credit, int64_t credit_id)
{
	entry->debit = debit;
	entry->credit = credit;
	wallet_event_name(&entry->event, WALLET_HAS_DEBIT, debit_id);
	wallet_event_name(&entry->event, WALLET_HAS_CREDIT, credit_id);
}

/* The id that an entry's event gives to a side; 0: none. */
static int64_t
named(const WalletEvent *event, uint32_t bit)
{
	if (!(event->present & bit))
		return 0;
	return bit == WALLET_HAS_DEBIT ? event->debit : event->credit;
}

/* The member of the running group that is to bring forth what another names, or NULL.  Bearers count from 1. */
static const WalletEntry *
bearer_of(const WalletBatch *batch, int32_t bearer)
{
	return bearer > 0 ? &batch->entries[bearer - 1] : NULL;
}

static bool
refer_to_hold(WalletBatch *batch, WalletEntry *entry)
{
	const WalletHold *hold = wallet_batch_hold(batch, entry);
	const WalletEntry *bearer;

	if (hold == NULL)
		return false;
	bearer = bearer_of(batch, hold->bearer);
	if (hold->state != WALLET_HOLD_NONE)
		set_accounts(entry, hold->payer, hold->debit, hold->payee, hold->credit);
	else if (bearer != NULL)
		set_accounts(entry, bearer->debit, named(&bearer->event, WALLET_HAS_DEBIT),
					 bearer->credit, named(&bearer->event, WALLET_HAS_CREDIT));
	return hold->state != WALLET_HOLD_NONE || bearer != NULL;
}

static bool
refer_to_original(WalletBatch *batch, WalletEntry *entry)
{
	const WalletOriginal *original = wallet_batch_original(batch, entry->original);
	const WalletEntry *bearer;

	if (original == NULL)
		return false;
	bearer = bearer_of(batch, original->bearer);
	if (original->event_id != 0)
		set_accounts(entry, original->payee, original->credit, original->payer, original->debit);
	else if (bearer != NULL)
		set_accounts(entry, bearer->credit, named(&bearer->event, WALLET_HAS_CREDIT),
					 bearer->debit, named(&bearer->event, WALLET_HAS_DEBIT));
	return original->event_id != 0 || bearer != NULL;
}

bool
wallet_batch_refer(WalletBatch *batch, WalletEntry *entry)
{
	bool		found;

	switch (entry->event.kind)
	{
		case WALLET_KIND_CAPTURE:
		case WALLET_KIND_RELEASE:
			found = refer_to_hold(batch, entry);
			break;
		case WALLET_KIND_REVERSE:
			found = refer_to_original(batch, entry);
			break;
		default:
			return true;
	}
	if (!found)
		set_accounts(entry, -1, 0, -1, 0);
	return found;
}

bool
wallet_batch_fits(const WalletBatch *batch, const WalletEntry *entry)
{
	int32_t		side = entry->debit >= 0 ? entry->debit : entry->credit;

	return !entry->guessed || side < 0 || !(entry->event.present & WALLET_HAS_REQUESTED) || entry->event.exponent == batch->accounts[side].exponent;
}

void
wallet_batch_remember(WalletBatch *batch, const WalletEntry *entry)
{
	WalletOriginal *original = wallet_batch_original(batch, entry->becomes);
	const WalletEvent *event = &entry->event;

	if (original == NULL)
		return;
	*original = (WalletOriginal)
	{
		.transaction_id = event->transaction_id,
		.event_id = event->event_id,
		.debit = named(event, WALLET_HAS_DEBIT),
		.credit = named(event, WALLET_HAS_CREDIT),
		.amount = (event->present & WALLET_HAS_AMOUNT) ? event->amount : 0,
		.payer = entry->debit,
		.payee = event->kind == WALLET_KIND_OPEN ? entry->opened : entry->credit,
		.bearer = original->bearer,
		.kind = event->kind,
		.status = event->status
	};
}

static bool
emit_expire(WalletBatch *batch, int32_t account, int32_t entry, WalletBytes actor)
{
	WalletHold *first;
	WalletExpire *expire;
	WalletView	view = {.debit = wallet_batch_account(batch, account)};

	batch->exhausted = batch->expire_count == batch->expire_room;
	if (batch->exhausted || batch->queues == NULL)
		return false;
	view.holds = batch->holds;
	view.queue = &batch->queues[account];
	first = wallet_expiry_first(view.holds, view.queue);
	if (first == NULL)
		return false;
	expire = &batch->expires[batch->expire_count++];
	*expire = (WalletExpire)
	{
		.event =
		{
			.event_id = batch->next_id++,
				.transaction_id = first->transaction_id,
				.present = WALLET_HAS_DEBIT,
				.leg = 1,
				.kind = WALLET_KIND_EXPIRE,
				.debit = view.debit->id,
				.actor = actor
		},
			.account = account,
			.entry = entry,
			.first = (int32_t) (first - batch->holds)
	};
	if (wallet_step(&view, &expire->event) != WALLET_success)
		return false;
	expire->count = view.closed;
	return true;
}

bool
wallet_batch_expire_account(WalletBatch *batch, int32_t account, WalletBytes actor)
{
	while (wallet_batch_is_due(batch, account))
	{
		if (!emit_expire(batch, account, -1, actor))
			return false;
	}
	return true;
}

bool
wallet_batch_expire(WalletBatch *batch, const WalletEntry *entry)
{
	int32_t		position = (int32_t) (entry - batch->entries);

	while (wallet_batch_has_due(batch, entry))
	{
		int32_t		account = wallet_batch_is_due(batch, entry->debit) ? entry->debit : entry->credit;

		if (!emit_expire(batch, account, position, entry->event.actor))
			return false;
	}
	return true;
}

/* Answers from the record that the id has: the same again, or a conflict. */
void
wallet_batch_answer(WalletEntry *entry, const WalletEvent *known)
{
	entry->known = known;
	entry->difference = wallet_content_difference(&entry->event, known);
	if (entry->difference != NULL)
	{
		entry->status = WALLET_transaction_id_conflict;
		return;
	}
	entry->status = (WalletStatus) known->status;
	entry->answer = known;
	entry->replayed = true;
}

/* What the command may touch besides its accounts. */
static void
view_references(WalletBatch *batch, const WalletEntry *entry, WalletView *view)
{
	view->hold = wallet_batch_hold(batch, entry);
	view->holds = batch->holds;
	if (batch->queues != NULL && view->debit != NULL)
		view->queue = &batch->queues[entry->debit];
	if (entry->event.kind == WALLET_KIND_REVERSE)
		view->original = wallet_batch_original(batch, entry->original);
}

/* Where the account is that the entry at `birth` has opened, or an earlier one of that name; -1: nowhere. */
static int32_t
born_at(WalletBatch *batch, int32_t birth)
{
	while (birth >= 0 && wallet_batch_account(batch, batch->entries[birth].opened) == NULL)
		birth = batch->entries[birth].rival;
	return birth < 0 ? -1 : batch->entries[birth].opened;
}

/* One side of an entry, if an earlier one was to open it. */
static void
meet_side(WalletBatch *batch, WalletEntry *entry, uint32_t bit, int32_t birth, int32_t *place)
{
	if (birth < 0)
		return;
	*place = born_at(batch, birth);
	if (*place >= 0)
		wallet_event_name(&entry->event, bit, batch->accounts[*place].id);
}

WalletStatus
wallet_batch_meet(WalletBatch *batch, WalletEntry *entry)
{
	int32_t		parent = born_at(batch, entry->parent_birth);

	if (entry->needs >= 0 && batch->entries[entry->needs].status != WALLET_success)
		return WALLET_unknown_currency;
	meet_side(batch, entry, WALLET_HAS_DEBIT, entry->debit_birth, &entry->debit);
	meet_side(batch, entry, WALLET_HAS_CREDIT, entry->credit_birth, &entry->credit);
	if (parent >= 0)
	{
		entry->parent_found = true;
		(void) wallet_detail_set_parent(entry->parent_detail, entry->event.detail.length,
										batch->accounts[parent].id);
	}
	return WALLET_success;
}

/* Steps one command with the next id.  The id is used up only by a record. */
WalletStatus
wallet_batch_step(WalletBatch *batch, WalletEntry *entry)
{
	WalletView	view = {
		.debit = wallet_batch_account(batch, entry->debit),
		.credit = wallet_batch_account(batch, entry->credit),
		.opened = entry->opened < 0 ? NULL : &batch->accounts[entry->opened],
		.name_taken = entry->name_taken,
		.parent_found = entry->parent_found,
		.currency_defined = entry->currency_defined,
		.target_found = entry->target_found,
		.forbidden = entry->forbidden
	};

	if (wallet_batch_refers(batch))
		view_references(batch, entry, &view);
	if (!batch->replaying)
		entry->event.event_id = batch->next_id;
	if (batch->has_births && born_at(batch, entry->rival) >= 0)
		view.name_taken = true;
	entry->status = wallet_step(&view, &entry->event);
	entry->recorded = wallet_status_remembered((int) entry->status);
	entry->known = entry->answer = entry->recorded ? &entry->event : NULL;
	if (!entry->recorded)
		return entry->status;
	batch->next_id++;
	if (view.hold != NULL && entry->event.kind == WALLET_KIND_HOLD && entry->status == WALLET_success)
	{
		view.hold->payer = entry->debit;
		view.hold->payee = entry->credit;
	}
	wallet_batch_remember(batch, entry);
	return entry->status;
}

/* With what comes before it. */
static bool
step_alone(WalletBatch *batch, WalletEntry *entry)
{
	if (entry->event.kind != WALLET_KIND_TRANSFER)
		(void) wallet_batch_refer(batch, entry);
	if (wallet_batch_has_due(batch, entry) && !wallet_batch_expire(batch, entry))
		return false;
	return wallet_batch_step(batch, entry) != WALLET_ledger_corrupt;
}

static bool
run_alone(WalletBatch *batch, WalletEntry *entry)
{
	const WalletEvent *known = entry->prior;
	WalletStatus met = WALLET_success;

	if (known == NULL && entry->same_as >= 0)
		known = batch->entries[entry->same_as].known;
	if (entry->fault == WALLET_success && batch->has_births)
		met = wallet_batch_meet(batch, entry);
	if (entry->fault != WALLET_success)
	{
		entry->status = entry->fault;
		entry->known = known;
	}
	else if (known != NULL)
		wallet_batch_answer(entry, known);
	else if (met != WALLET_success)
		entry->status = met;
	else
		return step_alone(batch, entry);
	return true;
}

static size_t
group_length(const WalletBatch *batch, size_t first)
{
	size_t		next = first + 1;

	while (next < batch->count && batch->entries[next].group == batch->entries[first].group)
		next++;
	return next - first;
}

bool
wallet_batch_run(WalletBatch *batch)
{
	size_t		i = 0;

	while (i < batch->count)
	{
		size_t		length = 1;

		if (batch->entries[i].group < 0)
		{
			if (!run_alone(batch, &batch->entries[i]))
				return false;
		}
		else
		{
			length = group_length(batch, i);
			if (!wallet_group_run(batch, i, length))
				return false;
		}
		i += length;
	}
	return true;
}
