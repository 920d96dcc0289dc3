/*
 * test_rules.c
 *
 * Goal: kinds 4 to 17 are decided as format-1.md, 6, says: the checks in their
 * order, the effects of a success, what a refusal leaves alone.
 *
 * Method: for each kind one command that succeeds and every set of simultaneous
 * faults, of which the first in the table must be told; effects, bounds and
 * windows by hand, on a ledger that audits itself after each step and is replayed
 * at the end of each case.
 */
#include "core/detail.h"
#include "core/invariant.h"
#include "ledger.h"

#define EVENT 100
#define SEEN \
	(WALLET_HAS_DEBIT_BALANCE | WALLET_HAS_CREDIT_BALANCE | WALLET_HAS_DEBIT_HELD | \
	 WALLET_HAS_DEBIT_VERSION | WALLET_HAS_CREDIT_VERSION)
#define ONE_SEEN (WALLET_HAS_DEBIT_BALANCE | WALLET_HAS_DEBIT_HELD | WALLET_HAS_DEBIT_VERSION)
#define PARTIES (WALLET_HAS_DEBIT | WALLET_HAS_CREDIT)

/* --- checks in their order --- */

/* Account 11 with 100, of which 30 are held by `hold` for account 22, which has 5. */
typedef struct Scene
{
	WalletAccount payer;
	WalletAccount payee;
	WalletHold	hold;
	int32_t		queue;
	WalletOriginal original;
	WalletEvent event;
	WalletView	view;
} Scene;

typedef enum Fault
{
	PAST_EXPIRY,
	FUTURE,
	NO_PAYER,
	NO_PAYEE,
	NO_HOLD,
	NO_ORIGINAL,
	FORBIDDEN,
	VERSION,
	SETTLED,
	EXPIRED,
	EXCEEDS_HOLD,
	IRREVERSIBLE,
	EXCEEDS_ORIGINAL,
	PAYER_FROZEN,
	PAYER_CLOSED,
	PAYEE_FROZEN,
	PAYEE_CLOSED,
	HAS_MONEY,
	NOTHING,
	SPENT,
	CEILING,
	HELD_RANGE,
	RANGE,
	FUNDS
} Fault;

static const WalletStatus status_of[] =
{
	[PAST_EXPIRY] = WALLET_invalid_argument,
	[FUTURE] = WALLET_invalid_effective_at,
	[NO_PAYER] = WALLET_account_not_found,
	[NO_PAYEE] = WALLET_account_not_found,
	[NO_HOLD] = WALLET_hold_not_found,
	[NO_ORIGINAL] = WALLET_original_not_found,
	[FORBIDDEN] = WALLET_insufficient_privilege,
	[VERSION] = WALLET_version_conflict,
	[SETTLED] = WALLET_hold_settled,
	[EXPIRED] = WALLET_hold_expired,
	[EXCEEDS_HOLD] = WALLET_exceeds_hold,
	[IRREVERSIBLE] = WALLET_not_reversible,
	[EXCEEDS_ORIGINAL] = WALLET_exceeds_original,
	[PAYER_FROZEN] = WALLET_account_frozen,
	[PAYER_CLOSED] = WALLET_account_closed,
	[PAYEE_FROZEN] = WALLET_account_frozen,
	[PAYEE_CLOSED] = WALLET_account_closed,
	[HAS_MONEY] = WALLET_account_not_empty,
	[NOTHING] = WALLET_insufficient_funds,
	[SPENT] = WALLET_spend_limit_exceeded,
	[CEILING] = WALLET_ceiling_exceeded,
	[HELD_RANGE] = WALLET_amount_overflow,
	[RANGE] = WALLET_amount_overflow,
	[FUNDS] = WALLET_insufficient_funds
};

/* Whom the command credits; of a reversal that is whom the original has debited. */
static WalletAccount *
receiver(Scene *s)
{
	return s->event.kind == WALLET_KIND_REVERSE ? &s->payer : &s->payee;
}

static WalletAccount *
giver(Scene *s)
{
	return s->event.kind == WALLET_KIND_REVERSE ? &s->payee : &s->payer;
}

static void
make_fault(Scene *s, Fault fault)
{
	switch (fault)
	{
		case PAST_EXPIRY:
			s->event.expires_at = EVENT;
			break;
		case FUTURE:
			s->event.present |= WALLET_HAS_EFFECTIVE_AT;
			s->event.effective_at = EVENT + 1;
			break;
		case NO_PAYER:
			s->view.debit = NULL;
			break;
		case NO_PAYEE:
			s->view.credit = NULL;
			break;
		case NO_HOLD:
			s->hold.state = WALLET_HOLD_NONE;
			break;
		case NO_ORIGINAL:
			s->view.original = NULL;
			break;
		case FORBIDDEN:
			s->view.forbidden = true;
			break;
		case VERSION:
			s->event.present |= WALLET_HAS_EXPECTED_VERSION;
			s->event.expected_version = 6;
			break;
		case SETTLED:
			if (s->hold.state == WALLET_HOLD_OPEN)
				s->hold.state = WALLET_HOLD_SETTLED;
			s->hold.remaining = 0;
			break;
		case EXPIRED:
			s->hold.expires_at = EVENT;
			break;
		case EXCEEDS_HOLD:
			s->event.requested = 31;
			break;
		case IRREVERSIBLE:
			s->original.kind = WALLET_KIND_HOLD;
			break;
		case EXCEEDS_ORIGINAL:
			s->original.reversed = 21;
			break;
		case PAYER_FROZEN:
			giver(s)->status = WALLET_ACCOUNT_FROZEN;
			break;
		case PAYER_CLOSED:
			giver(s)->status = WALLET_ACCOUNT_CLOSED;
			break;
		case PAYEE_FROZEN:
			receiver(s)->status = WALLET_ACCOUNT_FROZEN;
			break;
		case PAYEE_CLOSED:
			receiver(s)->status = WALLET_ACCOUNT_CLOSED;
			break;
		case HAS_MONEY:
			s->payer.balance = 1;
			break;
		case NOTHING:
			s->payer.balance = 30;
			break;
		case SPENT:
			s->payer.has_spend_limit = true;
			s->payer.spend_limit = 19;
			s->payer.spent = 20;	/* the limit was lowered since */
			s->payer.window_seconds = 1;
			break;
		case CEILING:
			receiver(s)->has_ceiling = true;
			receiver(s)->ceiling = -1;
			break;
		case HELD_RANGE:
			s->payer.held = fixture_most() - 19;
			break;
		case RANGE:
			receiver(s)->balance = fixture_most() - 19;
			break;
		case FUNDS:
			giver(s)->balance = s->event.kind == WALLET_KIND_REVERSE ? 19 : 49;
			break;
	}
}

/* The command of this kind, about 20, which succeeds. */
static void
set_scene(Scene *s, WalletKind kind)
{
	*s = (Scene)
	{
		.payer = fixture_account(11, 100),
			.payee = fixture_account(22, kind == WALLET_KIND_REVERSE ? 35 : 5),
			.hold =
		{
			.transaction_id = fixture_uuid(9),.event_id = 90,.debit = 11,.credit = 22,.amount = 40,
				.remaining = 30,.state = WALLET_HOLD_OPEN
		},
			.original =
		{
			.transaction_id = fixture_uuid(9),.event_id = 90,.debit = 11,.credit = 22,.amount = 40,
				.reversed = 10,.kind = WALLET_KIND_TRANSFER
		},
			.event = command(1, kind, 0, 0, 20)
	};
	s->payer.version = 7;
	s->payer.held = 30;
	s->event.event_id = EVENT;
	s->view = (WalletView)
	{
		.debit = &s->payer,
		.credit = &s->payee,
		.hold = &s->hold,
		.holds = &s->hold,
		.queue = &s->queue
	};
	switch (kind)
	{
		case WALLET_KIND_HOLD:
			s->hold = (WalletHold) {0};
			s->event.expires_at = EVENT + 1;
			s->event.present |= WALLET_HAS_EXPIRES_AT;
			/* FALLTHROUGH */
		case WALLET_KIND_TRANSFER:
		case WALLET_KIND_SWEEP:
			wallet_event_name(&s->event, WALLET_HAS_DEBIT, 11);
			wallet_event_name(&s->event, WALLET_HAS_CREDIT, 22);
			break;
		case WALLET_KIND_CAPTURE:
			s->event.present |= WALLET_HAS_FINAL;
			/* FALLTHROUGH */
		case WALLET_KIND_RELEASE:
			s->event.present |= WALLET_HAS_RELATED;
			break;
		case WALLET_KIND_REVERSE:
			s->event.present |= WALLET_HAS_RELATED;
			s->view.debit = &s->payee;
			s->view.credit = &s->payer;
			s->view.original = &s->original;
			s->payer.held = 0;
			break;
		case WALLET_KIND_CLOSE:
			s->payer.balance = 0;
			/* FALLTHROUGH */
		default:
			s->payer.held = 0;
			s->view.credit = NULL;
			wallet_event_name(&s->event, WALLET_HAS_DEBIT, 11);
			if (kind == WALLET_KIND_CLOSE || kind == WALLET_KIND_FREEZE ||
				kind == WALLET_KIND_UNFREEZE || kind == WALLET_KIND_REMOVE_FLOOR)
				s->event.present &= ~WALLET_HAS_REQUESTED;
			if (kind == WALLET_KIND_SET_SPEND_LIMIT)
			{
				s->event.present |= WALLET_HAS_DETAIL;
				s->event.detail = TEXT("\10\4\0\0\0\1\0\0\0");	/* 1 second */
			}
			break;
	}
}

/* One account has one status: the later of the two is left out. */
static bool
contradicts(const Fault *faults, unsigned set, int i)
{
	for (int j = 0; j < i; j++)
	{
		if ((set & 1u << j) &&
			((faults[i] == PAYER_CLOSED && faults[j] == PAYER_FROZEN) ||
			 (faults[i] == PAYEE_CLOSED && faults[j] == PAYEE_FROZEN)))
			return true;
	}
	return false;
}

/* All sets of these faults, which are in the order of the table. */
static bool
in_order(WalletKind kind, const Fault *faults, int n)
{
	for (unsigned set = 0; set < 1u << n; set++)
	{
		WalletStatus expected = WALLET_success;
		WalletStatus found;
		WalletAccount payer;
		WalletAccount payee;
		Scene		s;

		set_scene(&s, kind);
		for (int i = n - 1; i >= 0; i--)
		{
			if (!(set & 1u << i) || contradicts(faults, set, i))
				continue;
			make_fault(&s, faults[i]);
			expected = status_of[faults[i]];
		}
		payer = s.payer;
		payee = s.payee;
		found = wallet_step(&s.view, &s.event);
		if (wallet_status_remembered((int) expected))
		{
			if (s.view.debit != NULL)
				*(s.view.debit == &s.payer ? &payer.guard_event : &payee.guard_event) = EVENT;
			if (s.view.credit != NULL)
				*(s.view.credit == &s.payer ? &payer.guard_event : &payee.guard_event) = EVENT;
		}
		if (found != expected || s.event.status != expected ||
			(expected != WALLET_success &&
			 (!fixture_same_account(&payer, &s.payer) || !fixture_same_account(&payee, &s.payee) ||
			  (s.event.present & (WALLET_HAS_AMOUNT | WALLET_HAS_DEBIT_PREV | WALLET_HAS_CREDIT_PREV)))))
		{
			printf("# kind %d, faults %x: found %s, expected %s\n", kind, set,
				   wallet_status_name((int) found), wallet_status_name((int) expected));
			return false;
		}
	}
	return true;
}

#define IN_ORDER(kind, ...) \
	do { \
		const Fault faults[] = {__VA_ARGS__}; \
		CHECK(in_order(kind, faults, (int) (sizeof(faults) / sizeof(faults[0])))); \
	} while (0)

static void
test_order(void)
{
	IN_ORDER(WALLET_KIND_HOLD, PAST_EXPIRY, NO_PAYER, NO_PAYEE, FORBIDDEN, VERSION, PAYER_FROZEN,
			 PAYER_CLOSED, PAYEE_FROZEN, PAYEE_CLOSED, SPENT, HELD_RANGE, FUNDS);
	IN_ORDER(WALLET_KIND_TRANSFER, FUTURE, NO_PAYER, NO_PAYEE, FORBIDDEN, VERSION, PAYER_FROZEN,
			 PAYER_CLOSED, PAYEE_FROZEN, PAYEE_CLOSED, SPENT, CEILING, RANGE, FUNDS);
	IN_ORDER(WALLET_KIND_SWEEP, FUTURE, NO_PAYER, NO_PAYEE, FORBIDDEN, VERSION, PAYER_FROZEN,
			 PAYER_CLOSED, PAYEE_FROZEN, PAYEE_CLOSED, NOTHING, SPENT, CEILING, RANGE);
	IN_ORDER(WALLET_KIND_CAPTURE, NO_HOLD, SETTLED, EXPIRED, EXCEEDS_HOLD, PAYEE_CLOSED, CEILING, RANGE);
	IN_ORDER(WALLET_KIND_RELEASE, NO_HOLD, SETTLED, EXPIRED, EXCEEDS_HOLD);
	IN_ORDER(WALLET_KIND_REVERSE, NO_ORIGINAL, FORBIDDEN, IRREVERSIBLE, EXCEEDS_ORIGINAL,
			 PAYER_CLOSED, PAYEE_CLOSED, CEILING, RANGE, FUNDS);
	IN_ORDER(WALLET_KIND_FREEZE, NO_PAYER, PAYER_CLOSED);
	IN_ORDER(WALLET_KIND_UNFREEZE, NO_PAYER, PAYER_CLOSED);
	IN_ORDER(WALLET_KIND_CLOSE, NO_PAYER, PAYER_CLOSED, HAS_MONEY);
	IN_ORDER(WALLET_KIND_SET_FLOOR, NO_PAYER, PAYER_CLOSED);
	IN_ORDER(WALLET_KIND_REMOVE_FLOOR, NO_PAYER, PAYER_CLOSED);
	IN_ORDER(WALLET_KIND_SET_CEILING, NO_PAYER, PAYER_CLOSED);
	IN_ORDER(WALLET_KIND_SET_SPEND_LIMIT, NO_PAYER, PAYER_CLOSED);
	tap_case("of any faults at once the first in the table is told, and nothing moves");
}

/* Faults that a freeze, a missing right or a closed account is none for. */
static void
test_no_fault(void)
{
	const WalletKind granted[] = {WALLET_KIND_CAPTURE, WALLET_KIND_RELEASE, WALLET_KIND_REVERSE};
	Scene		s;

	for (int i = 0; i < 3; i++)
	{
		set_scene(&s, granted[i]);
		s.payer.status = s.payee.status = WALLET_ACCOUNT_FROZEN;
		CHECK(wallet_step(&s.view, &s.event) == WALLET_success);
	}
	tap_case("captures, releases and reversals pass a freeze on either side");

	for (int i = 0; i < 2; i++)
	{
		set_scene(&s, granted[i]);
		s.view.forbidden = true;
		CHECK(wallet_step(&s.view, &s.event) == WALLET_success);
	}
	set_scene(&s, WALLET_KIND_RELEASE);
	s.payee.status = WALLET_ACCOUNT_CLOSED;
	s.payee.balance = 0;
	CHECK(wallet_step(&s.view, &s.event) == WALLET_success);
	CHECK(s.payer.held == 10 && s.hold.remaining == 10 && s.hold.state == WALLET_HOLD_OPEN);
	tap_case("capture and release ask for no right to debit; a hold for a closed payee can be released");

	for (WalletKind kind = WALLET_KIND_FREEZE; kind <= WALLET_KIND_SET_SPEND_LIMIT; kind++)
	{
		set_scene(&s, kind);
		s.view.forbidden = true;
		s.payer.status = WALLET_ACCOUNT_FROZEN;
		CHECK(wallet_step(&s.view, &s.event) == WALLET_success);
		CHECK((s.event.present & ~(uint32_t) WALLET_HAS_INPUTS) == ONE_SEEN);
		CHECK(s.payer.version == 7 && s.payer.last_event == 11 && s.payer.guard_event == EVENT);
	}
	tap_case("a frozen account can be thawed, closed and limited; no version moves, the guard does");
}

static void
test_stateless(void)
{
	const WalletKind kinds[] = {WALLET_KIND_HOLD, WALLET_KIND_SWEEP, WALLET_KIND_CAPTURE,
	WALLET_KIND_RELEASE, WALLET_KIND_REVERSE};
	Scene		s;

	for (int i = 0; i < 5; i++)
	{
		for (int amount = -1; amount <= 0; amount++)
		{
			set_scene(&s, kinds[i]);
			s.event.requested = amount;
			CHECK(wallet_step(&s.view, &s.event) == WALLET_invalid_amount);
		}
		set_scene(&s, kinds[i]);
		s.event.present &= ~WALLET_HAS_REQUESTED;
		CHECK(wallet_step(&s.view, &s.event) == (i < 2 ? WALLET_invalid_amount : WALLET_success));
	}
	set_scene(&s, WALLET_KIND_SET_FLOOR);
	s.event.present &= ~WALLET_HAS_REQUESTED;
	CHECK(wallet_step(&s.view, &s.event) == WALLET_invalid_amount);
	set_scene(&s, WALLET_KIND_SET_SPEND_LIMIT);
	s.event.requested = -1;
	CHECK(wallet_step(&s.view, &s.event) == WALLET_invalid_amount);
	for (WalletKind kind = WALLET_KIND_SET_FLOOR; kind <= WALLET_KIND_SET_SPEND_LIMIT; kind++)
	{
		if (kind == WALLET_KIND_REMOVE_FLOOR)
			continue;
		set_scene(&s, kind);
		s.event.requested = fixture_most();
		CHECK(wallet_step(&s.view, &s.event) == WALLET_success);
		set_scene(&s, kind);
		s.event.requested = fixture_most() + 1;
		CHECK(wallet_step(&s.view, &s.event) == WALLET_amount_overflow);
	}
	set_scene(&s, WALLET_KIND_CAPTURE);
	s.event.present &= ~WALLET_HAS_FINAL;
	CHECK(wallet_step(&s.view, &s.event) == WALLET_invalid_argument);
	set_scene(&s, WALLET_KIND_SET_SPEND_LIMIT);
	s.event.present &= ~WALLET_HAS_DETAIL;
	CHECK(wallet_step(&s.view, &s.event) == WALLET_invalid_argument);
	set_scene(&s, WALLET_KIND_SET_SPEND_LIMIT);
	s.event.detail = TEXT("\10\4\0\0\0\0\0\0\200"); /* 2^31 seconds */
	CHECK(wallet_step(&s.view, &s.event) == WALLET_invalid_argument);
	set_scene(&s, WALLET_KIND_SET_SPEND_LIMIT);
	s.event.detail = TEXT("\10\4\0\0\0\377\377\377\177");
	CHECK(wallet_step(&s.view, &s.event) == WALLET_success && s.payer.window_seconds == INT32_MAX);
	tap_case("amounts, limits and windows that cannot be are refused without a trace");
}

/* A view that does not fit the hold or original would move the wrong account's money. */
static void
test_wrong_view(void)
{
	const WalletKind kinds[] = {WALLET_KIND_CAPTURE, WALLET_KIND_RELEASE, WALLET_KIND_REVERSE};
	Scene		s;

	for (int i = 0; i < 3; i++)
	{
		set_scene(&s, kinds[i]);
		s.payer.id = 12;
		CHECK(wallet_step(&s.view, &s.event) == WALLET_ledger_corrupt);
		set_scene(&s, kinds[i]);
		s.payee.id = 23;
		CHECK(wallet_step(&s.view, &s.event) == WALLET_ledger_corrupt);
		set_scene(&s, kinds[i]);
		s.view.debit = NULL;
		CHECK(wallet_step(&s.view, &s.event) == WALLET_ledger_corrupt);
		set_scene(&s, kinds[i]);
		s.view.credit = NULL;
		CHECK(wallet_step(&s.view, &s.event) == WALLET_ledger_corrupt);
	}
	set_scene(&s, WALLET_KIND_HOLD);
	s.hold.state = WALLET_HOLD_OPEN;
	CHECK(wallet_step(&s.view, &s.event) == WALLET_ledger_corrupt);
	/* More remains of the hold than it ever had. */
	set_scene(&s, WALLET_KIND_RELEASE);
	s.hold.amount = 9;
	CHECK(wallet_step(&s.view, &s.event) == WALLET_ledger_corrupt);
	set_scene(&s, WALLET_KIND_REVERSE);
	s.original.reversed = -1;
	s.event.requested = 5;
	CHECK(wallet_step(&s.view, &s.event) == WALLET_ledger_corrupt);
	/* More is held by the hold than is held at all. */
	set_scene(&s, WALLET_KIND_RELEASE);
	s.payer.held = 19;
	CHECK(wallet_step(&s.view, &s.event) == WALLET_ledger_corrupt);
	tap_case("accounts that are not the hold's or original's are ledger_corrupt");
}

/* --- effects --- */

/* amount < 0: no limit; seconds 0: no detail */
static WalletStatus
limit_spending(int number, wallet_int128 amount, int seconds)
{
	WalletEvent event = command(number, WALLET_KIND_SET_SPEND_LIMIT, 1, 0, amount);
	static uint8_t details[100][9]; /* records go on borrowing them */
	uint8_t    *detail = details[number];

	detail[0] = WALLET_DETAIL_WINDOW_SECONDS;
	detail[1] = 4;
	detail[5] = (uint8_t) (seconds != 0 ? seconds : detail[5]);
	event.present &= ~(amount < 0 ? WALLET_HAS_REQUESTED : 0);
	event.present |= amount >= 0 ? WALLET_HAS_REQUESTED : 0;
	if (seconds != 0)
	{
		event.present |= WALLET_HAS_DETAIL;
		event.detail = (WalletBytes)
		{
			detail, 9
		};
	}
	return ask(event);
}

static void
test_hold(void)
{
	const WalletEvent *event = &entries[0].event;

	ledger_begin(100);
	ledger_starts();
	CHECK(ask(a_hold(1, 1, 2, 30, 5000)) == WALLET_success);
	CHECK(event->present == (PARTIES | WALLET_HAS_REQUESTED | WALLET_HAS_EXPIRES_AT | SEEN |
							 WALLET_HAS_AMOUNT | WALLET_HAS_DEBIT_PREV));
	CHECK(event->event_id == 1000 && event->amount == 30 && event->exponent == 2);
	CHECK(event->debit_balance == 100 && event->debit_held == 30 && event->debit_version == 2);
	CHECK(event->credit_balance == 100 && event->credit_version == 1 && event->debit_prev == 1);
	CHECK(ledger.accounts[0].last_event == 1000 && ledger.accounts[0].next_expiry == 5000);
	CHECK(ledger.accounts[1].last_event == 2 && ledger.accounts[1].version == 1);
	CHECK(ledger.accounts[1].guard_event == 1000);
	CHECK(ledger.holds[1].state == WALLET_HOLD_OPEN && ledger.holds[1].remaining == 30);
	tap_case("a hold is in the payer's chain and moves nothing but held");

	CHECK(ask(a_hold(2, 1, 2, 70, 0)) == WALLET_success);
	CHECK(ask(a_hold(3, 1, 2, 1, 0)) == WALLET_insufficient_funds);
	CHECK(ask(command(4, WALLET_KIND_TRANSFER, 1, 2, 1)) == WALLET_insufficient_funds);
	CHECK(ask(a_hold(5, 6, 2, 5000, 4000)) == WALLET_success);	/* no floor */
	CHECK(ledger.accounts[5].held == 5000 && ledger.accounts[5].next_expiry == 4000);
	CHECK(replays());
	tap_case("what is held is not available; without a floor any amount is");
}

static void
test_capture(void)
{
	const WalletEvent *event = &entries[0].event;

	ledger_begin(100);
	ledger_starts();
	(void) ask(a_hold(1, 1, 2, 60, 0));
	CHECK(ask(a_capture(2, 1, 25, false)) == WALLET_success);
	CHECK(event->present == (PARTIES | WALLET_HAS_RELATED | WALLET_HAS_REQUESTED | WALLET_HAS_FINAL | SEEN |
							 WALLET_HAS_AMOUNT | WALLET_HAS_DEBIT_PREV | WALLET_HAS_CREDIT_PREV));
	CHECK(event->debit == 1 && event->credit == 2 && event->amount == 25);
	CHECK(event->debit_balance == 75 && event->debit_held == 35 && event->credit_balance == 125);
	CHECK(event->debit_prev == 1000 && event->credit_prev == 2);
	CHECK(event->debit_version == 3 && event->credit_version == 2);
	CHECK(ask(a_capture(3, 1, 36, false)) == WALLET_exceeds_hold);
	CHECK(event->present == (PARTIES | WALLET_HAS_RELATED | WALLET_HAS_REQUESTED | WALLET_HAS_FINAL | SEEN));
	CHECK(ask(a_capture(4, 1, 10, true)) == WALLET_success);
	CHECK(event->amount == 10 && event->debit_balance == 65 && event->debit_held == 0);
	CHECK(ledger.holds[1].state == WALLET_HOLD_SETTLED && ledger.holds[1].remaining == 0);
	CHECK(ask(a_capture(5, 1, 1, false)) == WALLET_hold_settled);
	CHECK(ask(about(6, WALLET_KIND_RELEASE, 1, 0)) == WALLET_hold_settled);
	CHECK(replays());
	tap_case("a hold is captured in parts; a final capture gives the rest back");

	(void) ask(a_hold(10, 1, 2, 40, 0));
	CHECK(ask(a_capture(11, 10, 0, false)) == WALLET_success && event->amount == 40);
	CHECK(!(event->present & WALLET_HAS_REQUESTED));
	CHECK(ledger.holds[10].state == WALLET_HOLD_SETTLED);
	CHECK(ask(a_capture(12, 10, 0, true)) == WALLET_hold_settled);
	CHECK(ask(a_capture(13, 11, 0, true)) == WALLET_hold_not_found);
	CHECK(ask(a_capture(14, 99, 0, true)) == WALLET_hold_not_found && !entries[0].recorded);
	CHECK(ask(a_hold(15, 1, 2, 999, 0)) == WALLET_insufficient_funds && entries[0].recorded);
	CHECK(ask(a_capture(16, 15, 0, true)) == WALLET_hold_not_found);
	CHECK(replays());
	tap_case("no amount is all that remains; only a hold that succeeded can be captured");

	/* Whatever becomes of the payer's floor, what was granted is granted. */
	(void) ask(a_hold(20, 1, 2, 20, 0));
	CHECK(ask(command(21, WALLET_KIND_SET_FLOOR, 1, 0, 1000)) == WALLET_success);
	CHECK(ask(command(22, WALLET_KIND_FREEZE, 1, 0, 0)) == WALLET_success);
	CHECK(ask(command(23, WALLET_KIND_FREEZE, 2, 0, 0)) == WALLET_success);
	CHECK(ask(a_capture(24, 20, 5, false)) == WALLET_success);
	CHECK(ask(about(25, WALLET_KIND_RELEASE, 20, 5)) == WALLET_success);
	CHECK(ask(a_capture(26, 20, 10, true)) == WALLET_success);
	CHECK(ledger.accounts[0].balance == 10 && ledger.accounts[0].held == 0);
	CHECK(replays());
	tap_case("a floor above the balance and a freeze do not stop a capture");
}

static void
test_release(void)
{
	const WalletEvent *event = &entries[0].event;

	ledger_begin(100);
	ledger_starts();
	(void) ask(a_hold(1, 1, 2, 60, 0));
	CHECK(ask(about(2, WALLET_KIND_RELEASE, 1, 20)) == WALLET_success);
	CHECK(event->present == (PARTIES | WALLET_HAS_RELATED | WALLET_HAS_REQUESTED | SEEN |
							 WALLET_HAS_AMOUNT | WALLET_HAS_DEBIT_PREV));
	CHECK(event->amount == 20 && event->debit_held == 40 && event->debit_balance == 100);
	CHECK(event->debit_prev == 1000 && event->debit_version == 3 && event->credit_version == 1);
	CHECK(ledger.accounts[1].last_event == 2 && ledger.accounts[1].guard_event == 1001);
	CHECK(ask(about(3, WALLET_KIND_RELEASE, 1, 41)) == WALLET_exceeds_hold);
	CHECK(ask(about(4, WALLET_KIND_RELEASE, 1, 0)) == WALLET_success && event->amount == 40);
	CHECK(ledger.accounts[0].held == 0 && ledger.holds[1].state == WALLET_HOLD_SETTLED);
	CHECK(replays());
	tap_case("a release lowers held, in parts or whole, in the payer's chain only");

	(void) ask(command(9, WALLET_KIND_TRANSFER, 2, 1, 100));
	(void) ask(a_hold(10, 1, 2, 10, 0));
	CHECK(ask(command(11, WALLET_KIND_CLOSE, 2, 0, 0)) == WALLET_success);
	CHECK(ask(a_capture(12, 10, 0, true)) == WALLET_account_closed);
	CHECK(ask(about(13, WALLET_KIND_RELEASE, 10, 0)) == WALLET_success);
	CHECK(replays());
	tap_case("a hold whose payee has closed can only be released");
}

static void
test_bounds(void)
{
	wallet_int128 most = fixture_most();

	ledger_begin(100);
	ledger.accounts[0].balance = most;
	ledger.accounts[1].balance = -most;
	ledger_starts();
	CHECK(ask(a_hold(1, 1, 2, most, 0)) == WALLET_success);
	CHECK(ask(a_hold(2, 1, 2, 1, 0)) == WALLET_amount_overflow && !entries[0].recorded);
	CHECK(ask(a_capture(3, 1, most, true)) == WALLET_success);
	CHECK(ledger.accounts[0].balance == 0 && ledger.accounts[1].balance == 0);
	CHECK(ask(about(4, WALLET_KIND_REVERSE, 3, 0)) == WALLET_insufficient_funds);
	CHECK(ask(command(5, WALLET_KIND_REMOVE_FLOOR, 2, 0, 0)) == WALLET_success);
	CHECK(ask(about(6, WALLET_KIND_REVERSE, 3, 0)) == WALLET_success);
	CHECK(ledger.accounts[0].balance == most && ledger.accounts[1].balance == -most);
	CHECK(ask(command(7, WALLET_KIND_SWEEP, 2, 1, 1)) == WALLET_amount_overflow);
	CHECK(ask(command(8, WALLET_KIND_SWEEP, 1, 2, most)) == WALLET_success && entries[0].event.amount == most);
	CHECK(replays());

	/* held alone may be as much as there can be, without a floor */
	ledger_begin(100);
	ledger.accounts[5].balance = -most;
	ledger_starts();
	CHECK(ask(a_hold(1, 6, 2, most, 0)) == WALLET_success);
	CHECK(ask(a_capture(2, 1, 1, false)) == WALLET_amount_overflow);
	CHECK(ask(about(3, WALLET_KIND_RELEASE, 1, 0)) == WALLET_success);
	CHECK(replays());
	tap_case("38 digits held, captured, reversed and swept, and one more refused");
}

static void
test_reverse(void)
{
	const WalletEvent *event = &entries[0].event;

	ledger_begin(100);
	ledger_starts();
	(void) ask(command(1, WALLET_KIND_TRANSFER, 1, 2, 60));
	CHECK(ask(about(2, WALLET_KIND_REVERSE, 1, 25)) == WALLET_success);
	CHECK(event->present == (PARTIES | WALLET_HAS_RELATED | WALLET_HAS_REQUESTED | SEEN |
							 WALLET_HAS_AMOUNT | WALLET_HAS_DEBIT_PREV | WALLET_HAS_CREDIT_PREV));
	CHECK(event->debit == 2 && event->credit == 1 && event->amount == 25);
	CHECK(event->debit_balance == 135 && event->credit_balance == 65);
	CHECK(event->debit_prev == 1000 && event->credit_prev == 1000);
	CHECK(ask(about(3, WALLET_KIND_REVERSE, 1, 36)) == WALLET_exceeds_original);
	CHECK(ask(about(4, WALLET_KIND_REVERSE, 1, 0)) == WALLET_success && event->amount == 35);
	CHECK(ask(about(5, WALLET_KIND_REVERSE, 1, 0)) == WALLET_exceeds_original);
	CHECK(ask(about(6, WALLET_KIND_REVERSE, 1, 1)) == WALLET_exceeds_original);
	CHECK(ledger.accounts[0].balance == 100 && ledger.originals[1].reversed == 60);
	CHECK(replays());
	tap_case("an original is reversed in parts, and never by more than it moved");

	(void) ask(a_hold(10, 1, 2, 40, 0));
	(void) ask(a_capture(11, 10, 30, false));
	(void) ask(command(12, WALLET_KIND_SWEEP, 1, 2, 500));	/* 70 - 10 held */
	CHECK(entries[0].event.amount == 60);
	CHECK(ask(about(13, WALLET_KIND_REVERSE, 11, 0)) == WALLET_success && event->amount == 30);
	CHECK(ledger.accounts[0].held == 10);
	CHECK(ask(about(14, WALLET_KIND_REVERSE, 12, 0)) == WALLET_success && event->amount == 60);
	CHECK(ask(about(15, WALLET_KIND_REVERSE, 10, 0)) == WALLET_not_reversible);
	CHECK(event->debit == 2 && event->credit == 1 && entries[0].recorded);
	CHECK(ask(about(16, WALLET_KIND_REVERSE, 14, 0)) == WALLET_not_reversible);
	(void) ask(command(17, WALLET_KIND_TRANSFER, 1, 2, 5000));	/* refused */
	CHECK(ask(about(18, WALLET_KIND_REVERSE, 17, 0)) == WALLET_not_reversible);
	CHECK(ask(about(19, WALLET_KIND_REVERSE, 98, 0)) == WALLET_original_not_found && !entries[0].recorded);
	(void) ask(command(20, WALLET_KIND_FREEZE, 3, 0, 0));
	CHECK(ask(about(21, WALLET_KIND_REVERSE, 20, 7)) == WALLET_not_reversible);
	CHECK(event->present == (WALLET_HAS_CREDIT | WALLET_HAS_RELATED | WALLET_HAS_REQUESTED |
							 WALLET_HAS_CREDIT_BALANCE | WALLET_HAS_CREDIT_VERSION));
	CHECK(event->credit == 3 && ledger.accounts[2].guard_event == event->event_id);
	CHECK(replays());
	tap_case("captures and sweeps are reversible; holds, reversals, refusals and freezes are not");

	/* The receiver may have spent it, and its floor is its own. */
	(void) ask(command(30, WALLET_KIND_TRANSFER, 1, 3, 50));
	CHECK(entries[0].status == WALLET_account_frozen);
	(void) ask(command(31, WALLET_KIND_TRANSFER, 1, 4, 50));
	(void) ask(command(32, WALLET_KIND_TRANSFER, 4, 5, 120));
	CHECK(ask(about(33, WALLET_KIND_REVERSE, 31, 31)) == WALLET_insufficient_funds);
	CHECK(ask(about(34, WALLET_KIND_REVERSE, 31, 30)) == WALLET_success);
	CHECK(replays());
	tap_case("a reversal takes no more than its payer has");
}

static void
test_sweep(void)
{
	const WalletEvent *event = &entries[0].event;

	ledger_begin(100);
	ledger_starts();
	(void) ask(a_hold(1, 1, 2, 30, 0));
	CHECK(ask(command(2, WALLET_KIND_SWEEP, 1, 2, 69)) == WALLET_success && event->amount == 69);
	CHECK(event->requested == 69 && event->debit_balance == 31 && event->credit_balance == 169);
	CHECK(event->present == (PARTIES | WALLET_HAS_REQUESTED | SEEN |
							 WALLET_HAS_AMOUNT | WALLET_HAS_DEBIT_PREV | WALLET_HAS_CREDIT_PREV));
	CHECK(ask(command(3, WALLET_KIND_SWEEP, 1, 2, 69)) == WALLET_success && event->amount == 1);
	CHECK(event->requested == 69);
	CHECK(ask(command(4, WALLET_KIND_SWEEP, 1, 2, 1)) == WALLET_insufficient_funds);
	(void) ask(command(5, WALLET_KIND_SET_FLOOR, 1, 0, -5));
	CHECK(ask(command(6, WALLET_KIND_SWEEP, 1, 2, 10)) == WALLET_success && event->amount == 5);
	(void) ask(command(7, WALLET_KIND_SET_FLOOR, 1, 0, 10));
	CHECK(ask(command(8, WALLET_KIND_SWEEP, 1, 2, 10)) == WALLET_insufficient_funds);
	CHECK(ask(command(9, WALLET_KIND_SWEEP, 6, 2, 777)) == WALLET_success && event->amount == 777);
	CHECK(replays());
	tap_case("a sweep moves what is available, at most what is asked");

	(void) ask(command(10, WALLET_KIND_SET_CEILING, 4, 0, 150));
	CHECK(ask(command(11, WALLET_KIND_SWEEP, 3, 4, 60)) == WALLET_ceiling_exceeded);
	CHECK(ask(command(12, WALLET_KIND_SWEEP, 3, 4, 50)) == WALLET_success);
	CHECK(replays());
	tap_case("a ceiling does not shorten a sweep, it refuses it");

	ledger_begin(100);
	ledger_starts();
	(void) limit_spending(1, 120, 1);
	CHECK(ask(command(2, WALLET_KIND_SWEEP, 1, 2, 130)) == WALLET_success);
	CHECK(event->amount == 100 && ledger.accounts[0].spent == 100);
	CHECK(replays());
	tap_case("a sweep spends what it moves, not what was asked");
}

static void
test_status_kinds(void)
{
	WalletEvent event;

	ledger_begin(100);
	ledger_starts();
	CHECK(ask(command(1, WALLET_KIND_FREEZE, 1, 0, 0)) == WALLET_success);
	CHECK(ledger.accounts[0].status == WALLET_ACCOUNT_FROZEN && ledger.accounts[0].version == 1);
	event = command(2, WALLET_KIND_FREEZE, 1, 0, 0);
	event.present |= WALLET_HAS_DETAIL;
	event.detail = TEXT("\11\5\0\0\0fraud");
	CHECK(ask(event) == WALLET_success);
	CHECK(ask(command(3, WALLET_KIND_TRANSFER, 1, 2, 1)) == WALLET_account_frozen);
	CHECK(ask(command(4, WALLET_KIND_TRANSFER, 2, 1, 1)) == WALLET_account_frozen);
	CHECK(ask(command(5, WALLET_KIND_UNFREEZE, 1, 0, 0)) == WALLET_success);
	CHECK(ask(command(6, WALLET_KIND_UNFREEZE, 1, 0, 0)) == WALLET_success);
	CHECK(ledger.accounts[0].status == WALLET_ACCOUNT_OPEN);
	CHECK(ask(command(7, WALLET_KIND_CLOSE, 1, 0, 0)) == WALLET_account_not_empty);
	(void) ask(command(8, WALLET_KIND_TRANSFER, 1, 2, 100));
	ledger.accounts[0].inbound = 1;
	CHECK(ask(command(9, WALLET_KIND_CLOSE, 1, 0, 0)) == WALLET_account_not_empty);
	ledger.accounts[0].inbound = 0;
	CHECK(ask(command(10, WALLET_KIND_CLOSE, 1, 0, 0)) == WALLET_success);
	CHECK(ask(command(11, WALLET_KIND_CLOSE, 1, 0, 0)) == WALLET_account_closed);
	CHECK(ask(command(12, WALLET_KIND_UNFREEZE, 1, 0, 0)) == WALLET_account_closed);
	CHECK(ask(command(13, WALLET_KIND_TRANSFER, 2, 1, 1)) == WALLET_account_closed);
	CHECK(ask(about(14, WALLET_KIND_REVERSE, 8, 0)) == WALLET_account_closed);
	tap_case("freeze, unfreeze, close: again is a success, after the end nothing is");

	/*
	 * An account with nothing but a hold on borrowed money: balance 0, held
	 * 10.
	 */
	ledger_begin(100);
	ledger_starts();
	(void) ask(command(1, WALLET_KIND_TRANSFER, 3, 4, 100));
	(void) ask(command(2, WALLET_KIND_SET_FLOOR, 3, 0, -10));
	(void) ask(a_hold(3, 3, 4, 10, 0));
	CHECK(ask(command(4, WALLET_KIND_CLOSE, 3, 0, 0)) == WALLET_account_not_empty);
	(void) ask(about(5, WALLET_KIND_RELEASE, 3, 0));
	CHECK(ask(command(6, WALLET_KIND_CLOSE, 3, 0, 0)) == WALLET_success);
	CHECK(replays());
	tap_case("an account with an open hold cannot be closed");
}

static void
test_limits(void)
{
	WalletAccount *account = &ledger.accounts[0];

	ledger_begin(100);
	ledger_starts();
	CHECK(ask(command(1, WALLET_KIND_SET_FLOOR, 1, 0, -50)) == WALLET_success);
	CHECK(account->has_floor && account->floor == -50);
	CHECK(ask(command(2, WALLET_KIND_TRANSFER, 1, 2, 150)) == WALLET_success);
	CHECK(ask(command(3, WALLET_KIND_REMOVE_FLOOR, 1, 0, 0)) == WALLET_success);
	CHECK(!account->has_floor && account->floor == 0);
	CHECK(ask(command(4, WALLET_KIND_TRANSFER, 1, 2, 1000)) == WALLET_success);
	CHECK(ask(command(5, WALLET_KIND_SET_FLOOR, 1, 0, 40)) == WALLET_success);
	/* Below its floor it receives, and gives nothing. */
	CHECK(ask(command(6, WALLET_KIND_TRANSFER, 1, 2, 1)) == WALLET_insufficient_funds);
	CHECK(ask(a_hold(7, 1, 2, 1, 0)) == WALLET_insufficient_funds);
	CHECK(ask(command(8, WALLET_KIND_SWEEP, 1, 2, 1)) == WALLET_insufficient_funds);
	CHECK(ask(about(9, WALLET_KIND_REVERSE, 4, 1)) == WALLET_success);
	CHECK(ask(command(10, WALLET_KIND_SET_CEILING, 2, 0, -7)) == WALLET_success);
	CHECK(ledger.accounts[1].has_ceiling && ledger.accounts[1].ceiling == -7);
	CHECK(ask(command(11, WALLET_KIND_TRANSFER, 3, 2, 1)) == WALLET_ceiling_exceeded);
	CHECK(ask(command(12, WALLET_KIND_SET_CEILING, 2, 0, 0)) == WALLET_success);
	CHECK(!ledger.accounts[1].has_ceiling && ledger.accounts[1].ceiling == 0);
	CHECK(ask(command(13, WALLET_KIND_TRANSFER, 3, 2, 1)) == WALLET_success);
	CHECK(replays());
	tap_case("floor and ceiling, set beyond what is there and taken away");
}

static void
test_spending(void)
{
	WalletAccount *payer = &ledger.accounts[0];

	/* Windows of one second: window 5 is [5000000, 6000000). */
	ledger_begin(100);
	ledger_starts();
	batch.next_id = 5000000;
	CHECK(limit_spending(1, 60, 1) == WALLET_success);
	CHECK(payer->has_spend_limit && payer->spend_limit == 60 && payer->window_seconds == 1);
	CHECK(ask(a_hold(2, 1, 2, 40, 0)) == WALLET_success && payer->spent == 40 && payer->window_number == 5);
	CHECK(ask(command(3, WALLET_KIND_SWEEP, 1, 2, 30)) == WALLET_spend_limit_exceeded);
	CHECK(ask(command(4, WALLET_KIND_SWEEP, 1, 2, 10)) == WALLET_success && payer->spent == 50);
	CHECK(ask(about(5, WALLET_KIND_RELEASE, 2, 5)) == WALLET_success && payer->spent == 45);
	CHECK(ask(a_capture(6, 2, 5, false)) == WALLET_success && payer->spent == 45);
	CHECK(ask_at(5999999, a_capture(7, 2, 10, true)) == WALLET_success && payer->spent == 25);	/* 20 come back */
	CHECK(ask(a_hold(8, 1, 2, 60, 0)) == WALLET_success && payer->spent == 60 && payer->window_number == 6);
	tap_case("holds count when placed, sweeps by what they move; what comes back in the same window is not spent");

	CHECK(ask(about(9, WALLET_KIND_RELEASE, 8, 20)) == WALLET_success && payer->spent == 40);
	CHECK(ask_at(6999999, about(10, WALLET_KIND_RELEASE, 8, 10)) == WALLET_success && payer->spent == 30);
	CHECK(ask_at(7000000, about(11, WALLET_KIND_RELEASE, 8, 10)) == WALLET_success);
	CHECK(payer->spent == 30 && payer->window_number == 6);
	CHECK(ask(a_hold(12, 1, 2, 30, 0)) == WALLET_success && payer->spent == 30 && payer->window_number == 7);
	CHECK(ask(about(13, WALLET_KIND_RELEASE, 8, 10)) == WALLET_success && payer->spent == 30);
	CHECK(replays());
	tap_case("a window ends with its last microsecond: what comes back later is spent");

	/* The same length keeps what is spent, another begins anew. */
	CHECK(limit_spending(20, 31, 1) == WALLET_success && payer->spent == 30 && payer->window_number == 7);
	CHECK(ask(command(21, WALLET_KIND_TRANSFER, 1, 2, 2)) == WALLET_spend_limit_exceeded);
	CHECK(limit_spending(22, -1, 1) == WALLET_success && !payer->has_spend_limit && payer->spend_limit == 0);
	CHECK(payer->spent == 30 && payer->window_seconds == 1);
	CHECK(ask(command(23, WALLET_KIND_TRANSFER, 1, 2, 2)) == WALLET_success && payer->spent == 30);
	CHECK(limit_spending(24, 31, 1) == WALLET_success && payer->spent == 30);
	CHECK(limit_spending(25, 31, 2) == WALLET_success && payer->spent == 0 && payer->window_number == 0);
	CHECK(ask(command(26, WALLET_KIND_TRANSFER, 1, 2, 2)) == WALLET_success);
	CHECK(payer->spent == 2 && payer->window_number == 3);	/* 7.0 s / 2 s */
	CHECK(limit_spending(27, -1, 0) == WALLET_success && payer->window_seconds == 0 && payer->spent == 0);
	CHECK(replays());
	tap_case("a limit set again keeps what is spent if the window's length is the same");

	/* What was held before there was a limit was never counted. */
	(void) ask_at(9000000, a_hold(30, 1, 2, 5, 0));
	(void) limit_spending(31, 10, 1);
	CHECK(ask(about(32, WALLET_KIND_RELEASE, 30, 0)) == WALLET_success && payer->spent == 0);
	CHECK(replays());
	tap_case("spent does not fall below 0");

	/*
	 * A group that crosses into the next window: the moment is its first
	 * id's.
	 */
	ledger_begin(100);
	ledger_starts();
	batch.next_id = 4999990;
	(void) limit_spending(1, 90, 1);
	(void) ask(a_hold(2, 1, 2, 40, 0));
	CHECK(payer->spent == 40 && payer->window_number == 4);
	next_batch(4999999);
	add(0, command(3, WALLET_KIND_TRANSFER, 3, 4, 1));
	add(0, about(4, WALLET_KIND_RELEASE, 2, 10));
	CHECK(run() && entries[1].event.event_id == 5000000 && payer->spent == 30);
	next_batch(0);
	(void) ask(command(5, WALLET_KIND_TRANSFER, 1, 2, 1));
	CHECK(payer->window_number == 5 && payer->spent == 1);
	CHECK(replays());

	/* Of the window after it nothing comes back. */
	ledger_begin(100);
	ledger_starts();
	batch.next_id = 4999990;
	(void) limit_spending(1, 90, 1);
	(void) ask(a_hold(2, 1, 2, 40, 0));
	next_batch(4999999);
	add(0, command(3, WALLET_KIND_TRANSFER, 3, 4, 1));
	add(0, command(4, WALLET_KIND_TRANSFER, 1, 2, 30));
	add(0, about(5, WALLET_KIND_RELEASE, 2, 10));
	CHECK(run() && payer->window_number == 5 && payer->spent == 30);
	CHECK(replays());
	tap_case("in a group what comes back is judged by the group's moment");
}

static void
test_snapshot(void)
{
	WalletEvent event = command(1, WALLET_KIND_SNAPSHOT, 0, 0, 0);
	WalletDetail detail = {.until_event = 7};
	uint8_t		bytes[100];
	uint8_t		later[100];
	static const uint8_t digest[32] = {1};

	detail.digest = (WalletBytes)
	{
		digest, 32
	};
	ledger_begin(100);
	ledger_starts();
	CHECK(ask(event) == WALLET_invalid_argument && !entries[0].recorded);
	event.present |= WALLET_HAS_DETAIL;
	for (int i = 0; i < 4; i++)
	{
		detail.present = 0;
		if (i & 1)
			wallet_detail_set(&detail, WALLET_DETAIL_UNTIL_EVENT);
		if (i & 2)
			wallet_detail_set(&detail, WALLET_DETAIL_DIGEST);
		wallet_detail_encode(&detail, bytes);
		event.detail = (WalletBytes)
		{
			bytes, (uint32_t) wallet_detail_size(&detail)
		};
		CHECK(ask(event) == (i == 3 ? WALLET_success : WALLET_invalid_argument));
	}
	CHECK(entries[0].event.present == WALLET_HAS_DETAIL && entries[0].event.exponent == 0);
	CHECK(replays());
	/* Its content was found out, not asked for: later it would be another. */
	detail.until_event = 8;
	wallet_detail_encode(&detail, later);
	event.detail = (WalletBytes)
	{
		later, (uint32_t) wallet_detail_size(&detail)
	};
	CHECK(ask(event) == WALLET_success && entries[0].replayed);
	tap_case("a snapshot tells until when and what; asked again it is the same");
}

/* --- content --- */

static bool
conflicts_in(WalletEvent event, const char *word)
{
	next_batch(0);
	add(-1, event);
	return run() && !entries[0].recorded &&
		(word == NULL ? entries[0].replayed && entries[0].status == WALLET_success
		 : entries[0].status == WALLET_transaction_id_conflict && strcmp(entries[0].difference, word) == 0);
}

static void
test_content(void)
{
	WalletEvent event;

	ledger_begin(100);
	ledger_starts();
	(void) ask(a_hold(1, 1, 2, 30, 900000));
	CHECK(conflicts_in(a_hold(1, 1, 2, 30, 900000), NULL));
	CHECK(conflicts_in(a_hold(1, 1, 2, 31, 900000), "amount"));
	CHECK(conflicts_in(a_hold(1, 1, 2, 30, 900001), "expires_at"));
	CHECK(conflicts_in(a_hold(1, 1, 2, 30, 0), "expires_at"));
	CHECK(conflicts_in(a_hold(1, 3, 2, 30, 900000), "from_account"));
	CHECK(conflicts_in(a_hold(1, 1, 3, 30, 900000), "to_account"));
	CHECK(conflicts_in(command(1, WALLET_KIND_TRANSFER, 1, 2, 30), "command"));
	(void) ask(a_capture(2, 1, 0, false));
	CHECK(conflicts_in(a_capture(2, 1, 0, false), NULL));
	CHECK(conflicts_in(a_capture(2, 1, 30, false), "amount"));	/* as asked, not as it
																 * came */
	CHECK(conflicts_in(a_capture(2, 1, 0, true), "final"));
	CHECK(conflicts_in(a_capture(2, 3, 0, false), "hold_id"));
	(void) ask(about(3, WALLET_KIND_REVERSE, 2, 10));
	CHECK(conflicts_in(about(3, WALLET_KIND_REVERSE, 2, 10), NULL));
	CHECK(conflicts_in(about(3, WALLET_KIND_REVERSE, 2, 0), "amount"));
	CHECK(conflicts_in(about(3, WALLET_KIND_REVERSE, 1, 10), "original"));
	(void) ask(a_hold(4, 1, 2, 5, 0));
	(void) ask(about(5, WALLET_KIND_RELEASE, 4, 1));
	CHECK(conflicts_in(about(5, WALLET_KIND_RELEASE, 4, 1), NULL));
	CHECK(conflicts_in(about(5, WALLET_KIND_RELEASE, 1, 1), "hold_id"));
	(void) ask(command(6, WALLET_KIND_SWEEP, 1, 2, 500));
	CHECK(conflicts_in(command(6, WALLET_KIND_SWEEP, 1, 2, 500), NULL));
	CHECK(conflicts_in(command(6, WALLET_KIND_SWEEP, 1, 2, 501), "up_to"));
	(void) ask(command(7, WALLET_KIND_SET_FLOOR, 3, 0, 5));
	CHECK(conflicts_in(command(7, WALLET_KIND_SET_FLOOR, 3, 0, 6), "floor"));
	CHECK(conflicts_in(command(7, WALLET_KIND_SET_FLOOR, 4, 0, 5), "name"));
	(void) ask(command(8, WALLET_KIND_SET_CEILING, 3, 0, 0));
	CHECK(conflicts_in(command(8, WALLET_KIND_SET_CEILING, 3, 0, 0), NULL));
	CHECK(conflicts_in(command(8, WALLET_KIND_SET_CEILING, 3, 0, 6), "ceiling"));
	event = command(9, WALLET_KIND_FREEZE, 3, 0, 0);
	event.present |= WALLET_HAS_DETAIL;
	event.detail = TEXT("\11\5\0\0\0fraud");
	(void) ask(event);
	CHECK(conflicts_in(event, NULL));
	event.detail = TEXT("\11\4\0\0\0loss");
	CHECK(conflicts_in(event, "reason"));
	CHECK(conflicts_in(command(9, WALLET_KIND_UNFREEZE, 3, 0, 0), "command"));
	(void) limit_spending(10, 5, 60);
	CHECK(limit_spending(10, 5, 60) == WALLET_success && entries[0].replayed);
	CHECK(limit_spending(10, 6, 60) == WALLET_transaction_id_conflict &&
		  strcmp(entries[0].difference, "amount") == 0);
	CHECK(limit_spending(10, -1, 0) == WALLET_transaction_id_conflict);
	tap_case("content is what was asked, told in the words of the command");

	(void) ask(a_hold(40, 4, 5, 5, 0));
	CHECK(ask(a_capture(41, 40, 0, true)) == WALLET_success);
	event = entries[0].event;
	CHECK(wallet_result_difference(&entries[0].event, &event) == NULL);
	event.debit = 5;
	CHECK(strcmp(wallet_result_difference(&entries[0].event, &event), "debit") == 0);
	event = entries[0].event;
	event.credit = 4;
	CHECK(strcmp(wallet_result_difference(&entries[0].event, &event), "credit") == 0);
	tap_case("accounts that a decision finds are compared when it is made again");
}

/* --- invariants of what is not an account --- */

static void
test_invariants(void)
{
	WalletAccount before = fixture_account(11, 100);
	WalletAccount after;
	WalletHold	was = {.debit = 11,.amount = 40,.remaining = 30,.state = WALLET_HOLD_OPEN};
	WalletHold	is;
	WalletOriginal had = {.event_id = 5,.amount = 40,.reversed = 10};
	WalletOriginal has = had;
	WalletEvent event = {.amount = 20};

	before.held = 30;
	after = before;
	after.held = 10;
	is = was;
	is.remaining = 10;
	CHECK(wallet_invariant_hold(&before, &after, &was, &is));
	is.remaining = 11;
	CHECK(!wallet_invariant_hold(&before, &after, &was, &is));
	is.remaining = 10;
	is.amount = 41;
	CHECK(!wallet_invariant_hold(&before, &after, &was, &is));
	is.amount = 40;
	is.debit = 12;
	CHECK(!wallet_invariant_hold(&before, &after, &was, &is));
	is = was;
	is.state = WALLET_HOLD_SETTLED;
	after.held = 0;
	CHECK(!wallet_invariant_hold(&before, &after, &was, &is));
	is.remaining = 0;
	CHECK(wallet_invariant_hold(&before, &after, &was, &is));
	was.state = WALLET_HOLD_EXPIRED;
	CHECK(!wallet_invariant_hold(&before, &before, &was, &is));
	was = (WalletHold) {0};
	is = (WalletHold)
	{
		.debit = 11,.amount = 20,.remaining = 20,.state = WALLET_HOLD_OPEN
	};
	after.held = 50;
	CHECK(wallet_invariant_hold(&before, &after, &was, &is));
	after.held = 49;
	CHECK(!wallet_invariant_hold(&before, &after, &was, &is));
	is.remaining = 21;
	after.held = 51;
	CHECK(!wallet_invariant_hold(&before, &after, &was, &is));
	tap_case("held moves by what remains of the hold");

	after.held = 10;
	CHECK(wallet_invariant_expire(&event, &before, &after));
	after.held = 11;
	CHECK(!wallet_invariant_expire(&event, &before, &after));
	has.reversed = 30;
	CHECK(wallet_invariant_reversal(&event, &had, &has));
	has.reversed = 29;
	CHECK(!wallet_invariant_reversal(&event, &had, &has));
	had.reversed = 21;
	has.reversed = 41;
	CHECK(!wallet_invariant_reversal(&event, &had, &has));
	tap_case("what expires is no longer held; no more is reversed than was moved");

	before = after = fixture_account(11, 1);
	after.guard_event = event.event_id = EVENT;
	event.kind = WALLET_KIND_CLOSE;
	after.status = WALLET_ACCOUNT_CLOSED;
	CHECK(!wallet_invariant_holds(&event, &before, &after, NULL, NULL));
	before.balance = after.balance = 0;
	CHECK(wallet_invariant_holds(&event, &before, &after, NULL, NULL));
	before.inbound = after.inbound = 1;
	CHECK(!wallet_invariant_holds(&event, &before, &after, NULL, NULL));
	before = after = fixture_account(11, 1);
	after.guard_event = EVENT;
	after.next_expiry = 500;
	CHECK(!wallet_invariant_holds(&event, &before, &after, NULL, NULL));
	after.next_expiry = 0;
	after.spent = -1;
	CHECK(!wallet_invariant_holds(&event, &before, &after, NULL, NULL));
	tap_case("nothing is left in what closes, nothing expires where nothing is held");
}

int
main(void)
{
	test_order();
	test_no_fault();
	test_stateless();
	test_wrong_view();
	test_hold();
	test_capture();
	test_release();
	test_bounds();
	test_reverse();
	test_sweep();
	test_status_kinds();
	test_limits();
	test_spending();
	test_snapshot();
	test_content();
	test_invariants();
	ledger_end();
	return tap_end();
}
