/*
 * redo_group.c
 *		A group is run again by the very function that ran it, with its undo
 *		(format-1.md, 7), in the books themselves: nothing is copied.
 *
 * A member never names an account that its own group opens, but it may capture a hold
 * or reverse a payment that an earlier member makes.
 */
#include "core/machine.h"
#include "core/status.h"
#include "replay/redo.h"

/* ----- places ----- */

static void
place_opening(WalletRedo *redo, WalletEntry *entry)
{
	WalletBirthView birth = wallet_redo_birth_view(&redo->books, &entry->event);

	entry->name_taken = birth.name_taken;
	entry->parent_found = birth.parent_found;
	entry->opened = wallet_books_take_account(&redo->books);
}

static void
place_related(const WalletRedo *redo, WalletEntry *entry)
{
	const WalletReference *reference = wallet_books_reference(&redo->books, &entry->event.related);

	if (reference == NULL)
		return;
	if (entry->event.kind == WALLET_KIND_REVERSE)
		entry->original = reference->original;
	else
		entry->hold = reference->hold;
}

static void
place_member(WalletRedo *redo, size_t i)
{
	WalletEntry *entry = &redo->entries[i];
	WalletReference *reference = wallet_redo_meet(redo, &redo->members[i]);

	*entry = (WalletEntry)
	{
		.debit = -1,.credit = -1,.opened = -1,.hold = -1,.original = -1,
		.becomes = reference == NULL ? -1 : reference->original,
		.debit_birth = -1,.credit_birth = -1,.parent_birth = -1,.rival = -1,.needs = -1,
		.same_as = -1
	};
	wallet_redo_command(&redo->members[i], &entry->event);
	switch (entry->event.kind)
	{
		case WALLET_KIND_OPEN:
			place_opening(redo, entry);
			return;
		case WALLET_KIND_DEFINE_CURRENCY:
			entry->currency_defined = wallet_redo_birth_view(&redo->books, &entry->event).currency_defined;
			return;
		case WALLET_KIND_CAPTURE:
		case WALLET_KIND_RELEASE:
		case WALLET_KIND_REVERSE:
			place_related(redo, entry);
			return;
		case WALLET_KIND_REDACT:
			entry->target_found = wallet_redo_is_met(redo, &entry->event);
			return;
		case WALLET_KIND_HOLD:
			entry->hold = wallet_books_take_hold(&redo->books);
			if (reference != NULL)
				reference->hold = entry->hold;
			break;
		default:
			break;
	}
	if (entry->event.present & WALLET_HAS_DEBIT)
		entry->debit = wallet_books_find(&redo->books, entry->event.debit);
	if (entry->event.present & WALLET_HAS_CREDIT)
		entry->credit = wallet_books_find(&redo->books, entry->event.credit);
}

/* ----- causes ----- */

/* An older refusal by which the whole group failed, or 0 if the reason is in the group. */
static int64_t
outside_cause(const WalletRedo *redo)
{
	for (size_t i = 0; i < redo->member_count; i++)
	{
		if (redo->members[i].status != WALLET_group_failed)
			return 0;
	}
	return redo->members[0].cause;
}

/* Where the log was cut in the middle of a group, the guilty member may lie behind its end. */
static void
check_cause(WalletRedo *redo, int64_t cause, bool at_end)
{
	const WalletEvent *first = &redo->members[0];
	const WalletCause *known = wallet_books_cause(&redo->books, cause);

	if (at_end && cause > redo->last_id)
		return;
	if (cause >= first->group_first || known == NULL || !known->refused)
		wallet_report(&redo->report, first->event_id, "cause: it is no older refusal");
}

/* ----- the run ----- */

static WalletBatch
prepare(WalletRedo *redo)
{
	WalletBooks *books = &redo->books;
	size_t		count = redo->member_count;
	size_t		openings = 0;

	redo->entries = wallet_grow(redo->entries, &redo->entry_room, count, sizeof(WalletEntry));
	redo->undo = wallet_grow(redo->undo, &redo->undo_room, count * WALLET_UNDO_PER_MEMBER, sizeof(WalletUndo));
	for (size_t i = 0; i < count; i++)
		openings += redo->members[i].kind == WALLET_KIND_OPEN;
	if (openings > 0)
		wallet_books_reserve_accounts(books, openings);
	for (size_t i = 0; i < count; i++)
		place_member(redo, i);
	return (WalletBatch)
	{
		.entries = redo->entries,
		.count = count,
		.accounts = books->accounts,
		.undo = redo->undo,
		.holds = books->holds,
		.queues = books->queues,
		.originals = books->originals,
		.replaying = true
	};
}

/* What reversals will find must not name the place that an opening gave up. */
static bool
is_place_of(const WalletBooks *books, int32_t place, int64_t id)
{
	return place >= 0 && id != 0 && books->accounts[place].id == id;
}

static void
forget_unborn(WalletBooks *books, const WalletEntry *entry)
{
	WalletOriginal *original;

	if (entry->becomes < 0)
		return;
	original = &books->originals[entry->becomes];
	if (!is_place_of(books, original->payer, original->debit))
		original->payer = -1;
	if (!is_place_of(books, original->payee, original->credit))
		original->payee = -1;
}

static void
conclude_member(WalletRedo *redo, const WalletEntry *entry)
{
	WalletBooks *books = &redo->books;

	forget_unborn(books, entry);
	switch (entry->event.kind)
	{
		case WALLET_KIND_OPEN:
			if (books->accounts[entry->opened].id != 0)
				wallet_redo_enter_account(redo, &entry->event, entry->opened);
			break;
		case WALLET_KIND_DEFINE_CURRENCY:
			if (entry->recorded && entry->status == WALLET_success)
				wallet_redo_enter_code(redo, &entry->event);
			break;
		case WALLET_KIND_HOLD:
			wallet_redo_keep_hold(redo, wallet_books_reference(books, &entry->event.transaction_id), entry->hold);
			break;
		default:
			break;
	}
}

/* The places of accounts that came to nothing, if they are the last ones. */
static void
give_unborn(WalletRedo *redo)
{
	WalletBooks *books = &redo->books;

	for (size_t i = redo->member_count; i > 0; i--)
	{
		int32_t		place = redo->entries[i - 1].opened;

		if (place >= 0 && (size_t) place + 1 == books->account_count && books->accounts[place].id == 0)
			books->account_count--;
	}
}

void
wallet_redo_group(WalletRedo *redo, bool at_end)
{
	WalletBatch batch = prepare(redo);
	const WalletEvent *first = &redo->members[0];

	if (first->event_id != first->group_first)
		wallet_report(&redo->report, first->event_id, "group_first: no event of the group has it");
	batch.outside_cause = outside_cause(redo);
	if (batch.outside_cause != 0)
		check_cause(redo, batch.outside_cause, at_end);
	if (!wallet_batch_run(&batch))
		wallet_report(&redo->report, first->event_id,
					  "status: the group cannot be decided again: an invariant would break, or an event of kind expire is missing before it");
	for (size_t i = 0; i < batch.count; i++)
	{
		WalletEntry *entry = &redo->entries[i];

		if (!entry->recorded)
			entry->event.status = (uint16_t) entry->status;
		wallet_redo_compare(redo, &entry->event, &redo->members[i]);
		conclude_member(redo, entry);
	}
	give_unborn(redo);
}
