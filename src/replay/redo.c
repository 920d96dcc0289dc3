/*
 * redo.c
 *		The stream of events, and those that are in no group.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "core/codec.h"
#include "core/currency.h"
#include "core/machine.h"
#include "core/status.h"
#include "replay/redo.h"
#include "replay/survey.h"

/* Where what an event is about lies in the books; -1: nowhere. */
typedef struct Places
{
	int32_t		debit;
	int32_t		credit;
	int32_t		opened;
	int32_t		hold;
	int32_t		original;
} Places;

/* Where the accounts lie that an event itself names. */
typedef struct Sides
{
	int32_t		debit;
	int32_t		credit;
} Sides;

/* ----- what an event is about ----- */

void
wallet_redo_command(const WalletEvent *recorded, WalletEvent *command)
{
	*command = *recorded;
	command->present &= WALLET_HAS_INPUTS | WALLET_HAS_GROUP_FIRST;
	command->status = WALLET_success;

	/*
	 * Of accounts the machine knows it; what was asked without any has only
	 * the record.
	 */
	if (!(command->present & WALLET_HAS_REQUESTED))
		command->exponent = 0;
	switch (recorded->kind)
	{
		case WALLET_KIND_OPEN:
			command->present &= ~WALLET_HAS_CREDIT;
			break;
		case WALLET_KIND_CAPTURE:
		case WALLET_KIND_RELEASE:
		case WALLET_KIND_REVERSE:
			/* The accounts are found by the decision. */
			command->present &= ~(WALLET_HAS_DEBIT | WALLET_HAS_CREDIT);
			break;
		default:
			break;
	}
}

static void
place_of_hold(const WalletBooks *books, const WalletUuid *id, Places *places)
{
	const WalletReference *reference = wallet_books_reference(books, id);

	places->debit = places->credit = -1;
	if (reference == NULL || reference->hold < 0)
		return;
	places->hold = reference->hold;
	places->debit = books->holds[reference->hold].payer;
	places->credit = books->holds[reference->hold].payee;
}

static void
place_of_original(const WalletBooks *books, const WalletUuid *id, Places *places)
{
	const WalletReference *reference = wallet_books_reference(books, id);

	places->debit = places->credit = -1;
	if (reference == NULL || reference->original < 0)
		return;
	places->original = reference->original;
	places->debit = books->originals[reference->original].payee;
	places->credit = books->originals[reference->original].payer;
}

static Places
places_of(WalletBooks *books, const WalletEvent *event, const Sides *sides)
{
	Places		places = {sides->debit, sides->credit, -1, -1, -1};

	switch (event->kind)
	{
		case WALLET_KIND_CAPTURE:
		case WALLET_KIND_RELEASE:
			place_of_hold(books, &event->related, &places);
			break;
		case WALLET_KIND_REVERSE:
			place_of_original(books, &event->related, &places);
			break;
		case WALLET_KIND_OPEN:
			places.credit = -1;
			wallet_books_reserve_accounts(books, 1);
			places.opened = wallet_books_take_account(books);
			break;
		case WALLET_KIND_HOLD:
			places.hold = wallet_books_take_hold(books);
			break;
		default:
			break;
	}
	return places;
}

static WalletView
view_of(WalletBooks *books, const Places *places)
{
	WalletView	view = {.holds = books->holds};

	if (places->debit >= 0)
	{
		view.debit = &books->accounts[places->debit];
		view.queue = &books->queues[places->debit];
	}
	if (places->credit >= 0)
		view.credit = &books->accounts[places->credit];
	if (places->opened >= 0)
		view.opened = &books->accounts[places->opened];
	if (places->hold >= 0)
		view.hold = &books->holds[places->hold];
	if (places->original >= 0)
		view.original = &books->originals[places->original];
	return view;
}

WalletBirthView
wallet_redo_birth_view(const WalletBooks *books, const WalletEvent *event)
{
	WalletBirthView birth = {0};
	const WalletCode *code;
	int32_t		parent;

	if (!wallet_detail_decode(event->detail, &birth.detail) ||
		!wallet_currency_from_bytes(birth.detail.currency, &birth.currency))
		return birth;
	birth.name_taken = wallet_books_find_name(books, birth.detail.name, &birth.currency) >= 0;
	code = wallet_books_code(books, &birth.currency);
	birth.currency_defined = code != NULL && code->defined;
	if (!wallet_detail_has(&birth.detail, WALLET_DETAIL_PARENT))
		return birth;
	parent = wallet_books_find(books, birth.detail.parent);
	birth.parent_found = parent >= 0 &&
		wallet_currency_equal(&books->accounts[parent].currency, &birth.currency);
	return birth;
}

/* ----- what is compared ----- */

/*
 * The usual case, without a loop over fields.  What is absent in both is equal: one
 * was copied from the other.
 */
static inline bool
is_same(const WalletEvent *a, const WalletEvent *b)
{
	return a->present == b->present && a->status == b->status && a->exponent == b->exponent &&
		a->debit == b->debit && a->credit == b->credit && a->amount == b->amount &&
		a->debit_balance == b->debit_balance && a->credit_balance == b->credit_balance &&
		a->debit_held == b->debit_held && a->debit_version == b->debit_version &&
		a->credit_version == b->credit_version && a->debit_prev == b->debit_prev &&
		a->credit_prev == b->credit_prev && a->group_first == b->group_first &&
		a->cause == b->cause;
}

void
wallet_redo_compare(WalletRedo *redo, const WalletEvent *again, const WalletEvent *recorded)
{
	const char *difference;

	if (is_same(again, recorded))
		return;
	if (again->status != recorded->status)
	{
		const char *word = wallet_status_name(again->status);

		wallet_report(&redo->report, recorded->event_id, "status: it is recorded as %s; decided again it is %s",
					  wallet_status_name(recorded->status), word == NULL ? "nothing known" : word);
		return;
	}
	difference = wallet_result_difference(again, recorded);
	if (difference != NULL)
		wallet_report(&redo->report, recorded->event_id, "%s: it is another when the event is decided again", difference);
}

/* ----- what comes of an event ----- */

/* The exponent of a currency is the same for ever, whoever says it. */
static void
check_exponent(WalletRedo *redo, const WalletEvent *event, const WalletCode *code, uint8_t exponent)
{
	if (code->exponent != exponent)
		wallet_report(&redo->report, event->event_id, "exponent: the currency had %d decimals before, and now has %d",
					  code->exponent, exponent);
}

void
wallet_redo_enter_account(WalletRedo *redo, const WalletEvent *event, int32_t place)
{
	WalletBooks *books = &redo->books;
	const WalletAccount *account = &books->accounts[place];
	const WalletCode *code = wallet_books_code(books, &account->currency);
	WalletDetail detail;

	if (!wallet_detail_decode(event->detail, &detail))
		return;
	if (wallet_books_find_name(books, detail.name, &account->currency) >= 0)
		wallet_report(&redo->report, event->event_id, "detail: an account of that name and currency is there");
	wallet_books_enter(books, place, &detail);
	if (code == NULL)
		(void) wallet_books_add_code(books, &account->currency, account->exponent);
	else
		check_exponent(redo, event, code, account->exponent);
}

void
wallet_redo_enter_code(WalletRedo *redo, const WalletEvent *event)
{
	WalletDetail detail;
	WalletCurrency currency;
	WalletCode *code;

	if (!wallet_detail_decode(event->detail, &detail) ||
		!wallet_currency_from_bytes(detail.currency, &currency))
		return;
	code = wallet_books_code(&redo->books, &currency);
	if (code == NULL)
		code = wallet_books_add_code(&redo->books, &currency, detail.exponent);
	else if (code->defined)
		wallet_report(&redo->report, event->event_id, "detail: the currency was defined before");

	/*
	 * A built-in code may be defined by a user before or after accounts have
	 * it.
	 */
	code->exponent = detail.exponent;
	code->defined = true;
}

WalletReference *
wallet_redo_meet(WalletRedo *redo, const WalletEvent *event)
{
	WalletReference *reference = wallet_books_reference(&redo->books, &event->transaction_id);
	WalletCause *cause;

	if (event->status != WALLET_success)
	{
		cause = wallet_books_cause(&redo->books, event->event_id);
		if (cause != NULL)
			cause->refused = true;
	}
	if (reference == NULL)
		return NULL;
	reference->met = true;
	if (event->leg != 0)
		return NULL;
	if (reference->decided)
		wallet_report(&redo->report, event->event_id, "transaction_id: an older event has it too");
	reference->decided = true;
	return reference;
}

bool
wallet_redo_is_met(const WalletRedo *redo, const WalletEvent *event)
{
	const WalletReference *reference = wallet_books_reference(&redo->books, &event->related);

	return reference != NULL && reference->met;
}

/* From now on a reversal finds the event. */
static void
remember(WalletBooks *books, const WalletReference *reference, const WalletEvent *event, const Places *places)
{
	if (reference == NULL || reference->original < 0)
		return;
	books->originals[reference->original] = (WalletOriginal)
	{
		.transaction_id = event->transaction_id,
		.event_id = event->event_id,
		.debit = (event->present & WALLET_HAS_DEBIT) ? event->debit : 0,
		.credit = (event->present & WALLET_HAS_CREDIT) ? event->credit : 0,
		.amount = (event->present & WALLET_HAS_AMOUNT) ? event->amount : 0,
		.payer = places->debit,
		.payee = event->kind == WALLET_KIND_OPEN ? places->opened : places->credit,
		.kind = event->kind,
		.status = event->status
	};
}

void
wallet_redo_keep_hold(WalletRedo *redo, WalletReference *reference, int32_t place)
{
	const WalletHold *hold = &redo->books.holds[place];
	bool		placed = hold->state != WALLET_HOLD_NONE;

	if (reference != NULL)
		reference->hold = placed ? place : -1;
	/* One that is to expire is needed until it has. */
	if (!hold->queued && !(placed && reference != NULL))
		wallet_books_give_hold(&redo->books, place);
}

/* Those that expired are told of for ever, if somebody asks. */
static void
drop_expired(WalletBooks *books, int32_t first, size_t count)
{
	int32_t		place = first;

	for (size_t i = 0; i < count; i++)
	{
		int32_t		next = books->holds[place].next - 1;

		if (wallet_books_reference(books, &books->holds[place].transaction_id) == NULL)
			wallet_books_give_hold(books, place);
		place = next;
	}
}

static void
conclude(WalletRedo *redo, const WalletEvent *again, const Places *places, WalletReference *reference)
{
	WalletBooks *books = &redo->books;
	bool		success = again->status == WALLET_success;

	remember(books, reference, again, places);
	switch (again->kind)
	{
		case WALLET_KIND_DEFINE_CURRENCY:
			if (success)
				wallet_redo_enter_code(redo, again);
			break;
		case WALLET_KIND_OPEN:
			if (success)
				wallet_redo_enter_account(redo, again, places->opened);
			else
				books->account_count--;
			break;
		case WALLET_KIND_HOLD:
			if (success)
			{
				books->holds[places->hold].payer = places->debit;
				books->holds[places->hold].payee = places->credit;
			}
			wallet_redo_keep_hold(redo, reference, places->hold);
			break;
		default:
			break;
	}
}

/* ----- deciding again ----- */

static void
redo_alone(WalletRedo *redo, const WalletEvent *recorded, const Sides *sides)
{
	WalletBooks *books = &redo->books;
	WalletEvent again;
	Places		places = places_of(books, recorded, sides);
	WalletView	view = view_of(books, &places);
	int32_t		first = 0;

	wallet_redo_command(recorded, &again);
	if (recorded->kind == WALLET_KIND_OPEN || recorded->kind == WALLET_KIND_DEFINE_CURRENCY)
	{
		WalletBirthView birth = wallet_redo_birth_view(books, recorded);

		view.name_taken = birth.name_taken;
		view.parent_found = birth.parent_found;
		view.currency_defined = birth.currency_defined;
	}
	if (recorded->kind == WALLET_KIND_REDACT)
		view.target_found = wallet_redo_is_met(redo, recorded);
	if (recorded->kind == WALLET_KIND_EXPIRE && view.queue != NULL)
		first = *view.queue;
	if (wallet_event_is_overdue(&view, &again))
		wallet_report(&redo->report, recorded->event_id,
					  "kind: a hold of its accounts had expired, which an event of kind expire should have said before");
	(void) wallet_step(&view, &again);
	wallet_redo_compare(redo, &again, recorded);
	conclude(redo, &again, &places, wallet_redo_meet(redo, recorded));
	if (recorded->kind == WALLET_KIND_EXPIRE && again.status == WALLET_success)
		drop_expired(books, first - 1, view.closed);
}

/* ----- the stream ----- */

static void
end_group(WalletRedo *redo, bool at_end)
{
	if (redo->member_count > 0)
		wallet_redo_group(redo, at_end);
	redo->member_count = 0;
}

static void
redo_event(WalletRedo *redo, const WalletEvent *event, const Sides *sides)
{
	bool		grouped = (event->present & WALLET_HAS_GROUP_FIRST) != 0;

	if (redo->member_count > 0 &&
		!(grouped && event->group_first == redo->members[0].group_first))
		end_group(redo, false);
	if (grouped)
	{
		redo->members = wallet_grow(redo->members, &redo->member_room, redo->member_count, sizeof(WalletEvent));
		redo->members[redo->member_count++] = *event;
	}
	else
		redo_alone(redo, event, sides);
}

/* An account named by an event to come; on its way into the cache while another is decided. */
static int32_t
find_ahead(const WalletBooks *books, const WalletEvent *event, uint32_t bit, int64_t id)
{
	int32_t		place = (event->present & bit) ? wallet_books_find(books, id) : -1;

	for (int line = 0; place >= 0 && line < 4; line++)
		__builtin_prefetch((const char *) &books->accounts[place] + 64 * line, 1);
	return place;
}

static Sides
look_ahead(const WalletBooks *books, const WalletEvent *event)
{
	return (Sides)
	{
		.debit = find_ahead(books, event, WALLET_HAS_DEBIT, event->debit),
		.credit = find_ahead(books, event, WALLET_HAS_CREDIT, event->credit)
	};
}

/* What was not there when the event was looked at may have been opened by the one before it. */
static void
look_again(const WalletBooks *books, const WalletEvent *event, Sides *sides)
{
	if (sides->debit < 0 && (event->present & WALLET_HAS_DEBIT))
		sides->debit = wallet_books_find(books, event->debit);
	if (sides->credit < 0 && (event->present & WALLET_HAS_CREDIT))
		sides->credit = wallet_books_find(books, event->credit);
}

/* The next event that can be read. */
static bool
next_event(WalletRedo *redo, WalletCursor *cursor, WalletEvent *event)
{
	WalletBytes bytes;

	while (wallet_log_next(cursor, &bytes))
	{
		redo->events++;
		if (wallet_event_decode(bytes.data, bytes.length, event))
			return true;
		wallet_report(&redo->report, 0, "event number %" PRIu64 " is none of format 1", redo->events);
	}
	return false;
}

static void
redo_stream(WalletRedo *redo, WalletCursor *cursor)
{
	WalletEvent events[2];
	Sides		sides[2];
	bool		more = next_event(redo, cursor, &events[0]);

	sides[0] = (Sides)
	{
		-1, -1
	};
	for (int now = 0; more; now = 1 - now)
	{
		const WalletEvent *event = &events[now];

		more = next_event(redo, cursor, &events[1 - now]);
		if (more)
			sides[1 - now] = look_ahead(&redo->books, &events[1 - now]);
		if (event->event_id <= redo->last_id)
		{
			wallet_report(&redo->report, event->event_id, "event_id: it is not greater than the one before");
			continue;
		}
		look_again(&redo->books, event, &sides[now]);
		redo_event(redo, event, &sides[now]);
		redo->last_id = event->event_id;
	}
	end_group(redo, true);
}

void
wallet_redo_log(WalletRedo *redo, const WalletLog *log)
{
	WalletCursor cursor = wallet_log_start(log);

	wallet_survey(&redo->books, log);
	redo_stream(redo, &cursor);
	if (cursor.fault != NULL)
		wallet_report(&redo->report, 0, "%s", cursor.fault);
	else if (cursor.trailer.events != redo->events)
		wallet_report(&redo->report, 0, "its trailer counts %" PRIu64 " events, not %" PRIu64,
					  cursor.trailer.events, redo->events);
}

void
wallet_redo_free(WalletRedo *redo)
{
	wallet_books_free(&redo->books);
	free(redo->members);
	free(redo->entries);
	free(redo->undo);
	redo->members = NULL;
	redo->entries = NULL;
	redo->undo = NULL;
}
