/*
 * test_machine.c
 *
 * Goal: one command is decided as format-1.md, 6, says: the checks in their
 * order, the effects of a success, what a refusal records and leaves alone; and
 * no transition gets past the invariants.
 *
 * Method: a transfer of 30 from an account with 100 to one with 5; every set of
 * simultaneous faults, of which the first in the table must be told; bounds by
 * hand; every invariant broken once.
 */
#include "core/detail.h"
#include "core/invariant.h"
#include "core/machine.h"
#include "core/status.h"
#include "fixture.h"
#include "tap.h"

#define EVENT 100				/* the id that commands here take */

#define INPUTS (WALLET_HAS_DEBIT | WALLET_HAS_CREDIT | WALLET_HAS_REQUESTED)
#define SEEN \
	(WALLET_HAS_DEBIT_BALANCE | WALLET_HAS_CREDIT_BALANCE | WALLET_HAS_DEBIT_HELD | \
	 WALLET_HAS_DEBIT_VERSION | WALLET_HAS_CREDIT_VERSION)
#define DONE (SEEN | WALLET_HAS_AMOUNT | WALLET_HAS_DEBIT_PREV | WALLET_HAS_CREDIT_PREV)

/* A transfer of 30 about to be stepped, and copies of the accounts before. */
typedef struct Scene
{
	WalletAccount payer;
	WalletAccount payee;
	WalletAccount payer_before;
	WalletAccount payee_before;
	bool		no_payer;
	bool		no_payee;
	bool		forbidden;
	WalletEvent event;
} Scene;

static Scene
scene(void)
{
	Scene		s = {
		.payer = fixture_account(11, 100),
		.payee = fixture_account(22, 5),
		.event = fixture_transfer(1, 11, 22, 30)
	};

	s.payer.version = 7;
	s.payer.last_event = 70;
	s.payer.guard_event = 71;
	s.payee.version = 3;
	s.payee.last_event = 60;
	s.payee.guard_event = 60;
	s.event.event_id = EVENT;
	return s;
}

static WalletStatus
play(Scene *s)
{
	WalletView	view = {
		.debit = s->no_payer ? NULL : &s->payer,
		.credit = s->no_payee ? NULL : &s->payee,
		.forbidden = s->forbidden
	};

	s->payer_before = s->payer;
	s->payee_before = s->payee;
	return wallet_step(&view, &s->event);
}

static bool
untouched(const Scene *s)
{
	return fixture_same_account(&s->payer, &s->payer_before) &&
		fixture_same_account(&s->payee, &s->payee_before);
}

/* Nothing changed but that the event was read. */
static bool
only_guarded(const Scene *s)
{
	WalletAccount payer = s->payer_before;
	WalletAccount payee = s->payee_before;

	payer.guard_event = s->event.event_id;
	payee.guard_event = s->event.event_id;
	return fixture_same_account(&s->payer, &payer) && fixture_same_account(&s->payee, &payee);
}

static void
test_success(void)
{
	Scene		s = scene();
	WalletAccount payer;
	WalletAccount payee;

	s.payer.held = 20;
	s.event.exponent = 0;
	CHECK(play(&s) == WALLET_success);
	CHECK(s.event.status == WALLET_success);
	CHECK(s.event.present == (INPUTS | DONE));
	CHECK(s.event.exponent == 2);
	CHECK(s.event.requested == 30);
	CHECK(s.event.amount == 30);
	CHECK(s.event.debit_balance == 70);
	CHECK(s.event.credit_balance == 35);
	CHECK(s.event.debit_held == 20);
	CHECK(s.event.debit_version == 8);
	CHECK(s.event.credit_version == 4);
	CHECK(s.event.debit_prev == 70);
	CHECK(s.event.credit_prev == 60);
	CHECK(s.event.event_id == EVENT && s.event.debit == 11 && s.event.credit == 22);
	tap_case("a transfer records balances, versions and predecessors");

	payer = s.payer_before;
	payer.balance = 70;
	payer.version = 8;
	payer.last_event = payer.guard_event = EVENT;
	payee = s.payee_before;
	payee.balance = 35;
	payee.version = 4;
	payee.last_event = payee.guard_event = EVENT;
	CHECK(fixture_same_account(&s.payer, &payer));
	CHECK(fixture_same_account(&s.payee, &payee));
	tap_case("a transfer changes balance, version, last_event, guard_event, and nothing else");
}

/* --- faults, in the order of the table --- */

typedef enum Fault
{
	FAULT_FUTURE,
	FAULT_NO_PAYER,
	FAULT_NO_PAYEE,
	FAULT_FORBIDDEN,
	FAULT_VERSION,
	FAULT_PAYER_FROZEN,
	FAULT_PAYER_CLOSED,
	FAULT_PAYEE_FROZEN,
	FAULT_PAYEE_CLOSED,
	FAULT_SPEND_LIMIT,
	FAULT_CEILING,
	FAULT_RANGE,
	FAULT_FUNDS,
	FAULTS
} Fault;

static const WalletStatus fault_status[FAULTS] =
{
	[FAULT_FUTURE] = WALLET_invalid_effective_at,
	[FAULT_NO_PAYER] = WALLET_account_not_found,
	[FAULT_NO_PAYEE] = WALLET_account_not_found,
	[FAULT_FORBIDDEN] = WALLET_insufficient_privilege,
	[FAULT_VERSION] = WALLET_version_conflict,
	[FAULT_PAYER_FROZEN] = WALLET_account_frozen,
	[FAULT_PAYER_CLOSED] = WALLET_account_closed,
	[FAULT_PAYEE_FROZEN] = WALLET_account_frozen,
	[FAULT_PAYEE_CLOSED] = WALLET_account_closed,
	[FAULT_SPEND_LIMIT] = WALLET_spend_limit_exceeded,
	[FAULT_CEILING] = WALLET_ceiling_exceeded,
	[FAULT_RANGE] = WALLET_amount_overflow,
	[FAULT_FUNDS] = WALLET_insufficient_funds
};

static void
make_fault(Scene *s, Fault fault)
{
	switch (fault)
	{
		case FAULT_FUTURE:
			s->event.present |= WALLET_HAS_EFFECTIVE_AT;
			s->event.effective_at = EVENT + 1;
			break;
		case FAULT_NO_PAYER:
			s->no_payer = true;
			break;
		case FAULT_NO_PAYEE:
			s->no_payee = true;
			break;
		case FAULT_FORBIDDEN:
			s->forbidden = true;
			break;
		case FAULT_VERSION:
			s->event.present |= WALLET_HAS_EXPECTED_VERSION;
			s->event.expected_version = 6;
			break;
		case FAULT_PAYER_FROZEN:
			s->payer.status = WALLET_ACCOUNT_FROZEN;
			break;
		case FAULT_PAYER_CLOSED:
			s->payer.status = WALLET_ACCOUNT_CLOSED;
			break;
		case FAULT_PAYEE_FROZEN:
			s->payee.status = WALLET_ACCOUNT_FROZEN;
			break;
		case FAULT_PAYEE_CLOSED:
			s->payee.status = WALLET_ACCOUNT_CLOSED;
			break;
		case FAULT_SPEND_LIMIT:
			s->payer.has_spend_limit = true;
			s->payer.spend_limit = 29;
			s->payer.window_seconds = 1;
			break;
		case FAULT_CEILING:
			s->payee.has_ceiling = true;
			s->payee.ceiling = 34;
			break;
		case FAULT_RANGE:
			s->payee.balance = fixture_most() - 29;
			break;
		case FAULT_FUNDS:
			s->payer.balance = 29;
			break;
		case FAULTS:
			break;
	}
}

static Scene
scene_with(unsigned faults, WalletStatus *expected)
{
	Scene		s = scene();

	*expected = WALLET_success;
	for (int fault = FAULTS - 1; fault >= 0; fault--)
	{
		/*
		 * An account has one status: the later of the two is the one that is
		 * left out.
		 */
		if (!(faults & 1u << fault) ||
			(fault == FAULT_PAYER_CLOSED && (faults & 1u << FAULT_PAYER_FROZEN)) ||
			(fault == FAULT_PAYEE_CLOSED && (faults & 1u << FAULT_PAYEE_FROZEN)))
			continue;
		make_fault(&s, (Fault) fault);
		*expected = fault_status[fault];
	}
	return s;
}

static void
test_order(void)
{
	for (unsigned faults = 0; faults < 1u << FAULTS; faults++)
	{
		WalletStatus expected;
		Scene		s = scene_with(faults, &expected);
		WalletStatus found = play(&s);

		if (!CHECK(found == expected))
			printf("# faults %x: found %s, expected %s\n", faults, wallet_status_name((int) found),
				   wallet_status_name((int) expected));
		CHECK(s.event.status == found);
		if (found != WALLET_success)
			CHECK(wallet_status_remembered((int) expected) ? only_guarded(&s) : untouched(&s));
	}
	tap_case("of any faults at once the first in the table is told, and nothing moves");
}

/* What stateless checks of the doors should have caught does no harm either. */
static void
test_stateless(void)
{
	Scene		s = scene();
	WalletView	view;

	s.event.requested = 0;
	CHECK(play(&s) == WALLET_invalid_amount && untouched(&s));
	s = scene();
	s.event.requested = -1;
	CHECK(play(&s) == WALLET_invalid_amount && untouched(&s));
	s = scene();
	s.event.present &= ~WALLET_HAS_REQUESTED;
	CHECK(play(&s) == WALLET_invalid_amount && untouched(&s));
	s = scene();
	s.event.requested = fixture_most() + 1;
	s.payer.has_floor = false;
	CHECK(play(&s) == WALLET_amount_overflow && untouched(&s));
	s = scene();
	memcpy(s.payee.currency.code, "USD", 3);
	CHECK(play(&s) == WALLET_invalid_argument && untouched(&s));
	s = scene();
	view = (WalletView)
	{
		.debit = &s.payer,.credit = &s.payer
	};
	CHECK(wallet_step(&view, &s.event) == WALLET_same_account);
	CHECK(s.payer.balance == 100 && s.payer.version == 7 && s.payer.guard_event == 71);
	tap_case("amounts, currencies and twice the same account are refused without a trace");

	for (int status = 0; status < 256; status++)
	{
		if (status >= WALLET_ACCOUNT_OPEN && status <= WALLET_ACCOUNT_CLOSED)
			continue;
		s = scene();
		s.payer.status = (uint8_t) status;
		CHECK(play(&s) == WALLET_ledger_corrupt && untouched(&s));
		s = scene();
		s.payee.status = (uint8_t) status;
		CHECK(play(&s) == WALLET_ledger_corrupt && untouched(&s));
	}
	tap_case("an account status that does not exist is ledger_corrupt");

	for (int i = 0; i < 3; i++)
	{
		s = scene();
		s.event.kind = (uint16_t[])
		{
			0, 28, 65535
		}[i];
		CHECK(play(&s) == WALLET_invalid_argument && untouched(&s));
	}
	tap_case("a kind that does not exist is invalid_argument");
}

static void
test_refusal_record(void)
{
	const Fault remembered[] = {
		FAULT_PAYER_FROZEN, FAULT_PAYER_CLOSED, FAULT_PAYEE_FROZEN, FAULT_PAYEE_CLOSED,
		FAULT_SPEND_LIMIT, FAULT_CEILING
	};

	for (size_t i = 0; i < sizeof(remembered) / sizeof(remembered[0]); i++)
	{
		Scene		s = scene();
		const uint32_t inputs = INPUTS | WALLET_HAS_EFFECTIVE_AT | WALLET_HAS_EXPECTED_VERSION |
		WALLET_HAS_METADATA_DIGEST | WALLET_HAS_GROUP_FIRST;

		make_fault(&s, remembered[i]);
		s.payer.held = 13;
		s.event.present = inputs;
		s.event.effective_at = 50;
		s.event.expected_version = 7;
		s.event.group_first = 99;
		s.event.metadata_digest[5] = 5;
		CHECK(play(&s) == fault_status[remembered[i]]);
		CHECK(s.event.status == (uint16_t) fault_status[remembered[i]]);
		CHECK(s.event.present == (inputs | SEEN));
		CHECK(s.event.debit == 11 && s.event.credit == 22 && s.event.requested == 30);
		CHECK(s.event.effective_at == 50 && s.event.expected_version == 7 && s.event.group_first == 99);
		CHECK(s.event.metadata_digest[5] == 5);
		CHECK(s.event.exponent == 2);
		CHECK(s.event.debit_balance == 100 && s.event.credit_balance == 5);
		CHECK(s.event.debit_held == 13);
		CHECK(s.event.debit_version == 7 && s.event.credit_version == 3);
		CHECK(only_guarded(&s));
	}
	tap_case("a refusal records all inputs and what was seen, no amount, no predecessor");
}

static void
test_ids(void)
{
	for (int side = 0; side < 2; side++)
		for (int which = 0; which < 2; which++)
			for (int64_t id = EVENT - 1; id <= EVENT + 1; id++)
			{
				Scene		s = scene();
				WalletAccount *account = side ? &s.payee : &s.payer;

				if (which)
					account->last_event = id;
				else
					account->guard_event = id;
				if (id < EVENT)
					CHECK(play(&s) == WALLET_success);
				else
					CHECK(play(&s) == WALLET_ledger_corrupt && untouched(&s));
			}
	tap_case("an id that an account has seen, or a smaller one, is ledger_corrupt");
}

static void
test_effective_at(void)
{
	for (int64_t distance = -1; distance <= 1; distance++)
	{
		Scene		alone = scene();
		Scene		grouped = scene();

		alone.event.present |= WALLET_HAS_EFFECTIVE_AT;
		alone.event.effective_at = EVENT + distance;
		grouped.event.present |= WALLET_HAS_EFFECTIVE_AT | WALLET_HAS_GROUP_FIRST;
		grouped.event.group_first = 90;
		grouped.event.effective_at = 90 + distance;
		if (distance <= 0)
		{
			CHECK(play(&alone) == WALLET_success);
			CHECK(play(&grouped) == WALLET_success);
			CHECK(alone.event.present == (INPUTS | WALLET_HAS_EFFECTIVE_AT | DONE));
		}
		else
		{
			CHECK(play(&alone) == WALLET_invalid_effective_at && untouched(&alone));
			CHECK(play(&grouped) == WALLET_invalid_effective_at && untouched(&grouped));
		}
	}
	tap_case("effective_at may be the moment itself and no later; in a group its first event's");
}

static void
test_expected_version(void)
{
	for (int64_t version = 6; version <= 8; version++)
	{
		Scene		s = scene();

		s.event.present |= WALLET_HAS_EXPECTED_VERSION;
		s.event.expected_version = version;
		s.payee.version = 6;	/* whose version nobody asks for */
		CHECK(play(&s) == (version == 7 ? WALLET_success : WALLET_version_conflict));
	}
	tap_case("expected_version is the payer's, before the event");
}

/* Can 30 leave an account with this balance, held and floor? */
static WalletStatus
pay_from(wallet_int128 balance, wallet_int128 held, bool has_floor, wallet_int128 floor)
{
	Scene		s = scene();

	s.payer.balance = balance;
	s.payer.held = held;
	s.payer.has_floor = has_floor;
	s.payer.floor = floor;
	return play(&s);
}

static void
test_floors(void)
{
	wallet_int128 most = fixture_most();

	CHECK(pay_from(30, 0, true, 0) == WALLET_success);
	CHECK(pay_from(29, 0, true, 0) == WALLET_insufficient_funds);
	CHECK(pay_from(50, 20, true, 0) == WALLET_success);
	CHECK(pay_from(50, 21, true, 0) == WALLET_insufficient_funds);
	CHECK(pay_from(0, 0, true, -30) == WALLET_success);
	CHECK(pay_from(0, 0, true, -29) == WALLET_insufficient_funds);
	CHECK(pay_from(-10, 5, true, -45) == WALLET_success);
	CHECK(pay_from(-10, 5, true, -44) == WALLET_insufficient_funds);
	CHECK(pay_from(40, 0, true, 10) == WALLET_success);
	CHECK(pay_from(39, 0, true, 10) == WALLET_insufficient_funds);
	/* A floor above the balance: such an account can only receive. */
	CHECK(pay_from(100, 0, true, 200) == WALLET_insufficient_funds);
	CHECK(pay_from(0, 0, false, 0) == WALLET_success);
	CHECK(pay_from(0, 1000, false, 777) == WALLET_success);
	CHECK(pay_from(most, 0, true, -most) == WALLET_success);
	CHECK(pay_from(-most + 30, 0, true, -most) == WALLET_success);
	CHECK(pay_from(-most + 29, 0, true, -most) == WALLET_amount_overflow);
	CHECK(pay_from(-most + 29, 0, false, 0) == WALLET_amount_overflow);
	CHECK(pay_from(-most + 30, 0, false, 0) == WALLET_success);
	CHECK(pay_from(0, most, true, -most) == WALLET_insufficient_funds);
	CHECK(pay_from(0, most - 30, true, -most) == WALLET_success);
	CHECK(pay_from(0, most - 29, true, -most) == WALLET_insufficient_funds);
	CHECK(pay_from(-most + 100, most, true, most) == WALLET_insufficient_funds);
	tap_case("available >= amount at every kind of floor");
}

static void
test_floor_of_payee(void)
{
	Scene		s = scene();

	s.payee.floor = 500;
	s.payee.balance = -20;
	s.payee.held = 7;
	CHECK(play(&s) == WALLET_success);
	CHECK(s.payee.balance == 10 && s.payee.held == 7);
	tap_case("a payee below its floor may receive");
}

/* May 30 come to an account with this balance, ceiling and reserve? */
static WalletStatus
pay_to(wallet_int128 balance, wallet_int128 reserved, wallet_int128 ceiling)
{
	Scene		s = scene();

	s.payee.balance = balance;
	s.payee.reserved = reserved;
	s.payee.has_ceiling = true;
	s.payee.ceiling = ceiling;
	return play(&s);
}

static void
test_ceilings(void)
{
	wallet_int128 most = fixture_most();
	Scene		s = scene();

	CHECK(pay_to(5, 0, 35) == WALLET_success);
	CHECK(pay_to(5, 0, 34) == WALLET_ceiling_exceeded);
	CHECK(pay_to(5, 10, 45) == WALLET_success);
	CHECK(pay_to(5, 10, 44) == WALLET_ceiling_exceeded);
	CHECK(pay_to(0, 0, 0) == WALLET_ceiling_exceeded);
	CHECK(pay_to(-30, 0, 0) == WALLET_success);
	CHECK(pay_to(-29, 0, 0) == WALLET_ceiling_exceeded);
	CHECK(pay_to(-100, 0, -70) == WALLET_success);
	CHECK(pay_to(-100, 0, -71) == WALLET_ceiling_exceeded);
	CHECK(pay_to(most - 30, 0, most) == WALLET_success);

	/*
	 * More than 38 digits is above any ceiling: told as that, which comes
	 * first.
	 */
	CHECK(pay_to(most - 29, 0, most) == WALLET_ceiling_exceeded);
	CHECK(pay_to(most, most, most) == WALLET_ceiling_exceeded);
	CHECK(pay_to(1, most, most) == WALLET_ceiling_exceeded);
	tap_case("a ceiling holds for balance and reserve together");

	s.payee.reserved = fixture_most();
	s.payee.ceiling = 1;		/* not in force */
	CHECK(play(&s) == WALLET_success);
	s = scene();
	s.payer.has_ceiling = true; /* of the payer: does not matter */
	s.payer.ceiling = -1000;
	CHECK(play(&s) == WALLET_success);
	tap_case("no ceiling, no limit; the payer's does not matter");
}

static void
test_range(void)
{
	wallet_int128 most = fixture_most();
	Scene		s = scene();

	s.payee.balance = most - 30;
	CHECK(play(&s) == WALLET_success);
	CHECK(s.payee.balance == most);
	s = scene();
	s.payee.balance = most - 29;
	CHECK(play(&s) == WALLET_amount_overflow && untouched(&s));

	/* As much as there can be at once, into the deepest debt and back. */
	s = scene();
	s.payer.has_floor = false;
	s.payer.balance = 0;
	s.payee.balance = 0;
	s.event.requested = most;
	CHECK(play(&s) == WALLET_success);
	CHECK(s.payer.balance == -most && s.payee.balance == most);
	s = scene();
	s.payer.has_floor = false;
	s.payer.balance = -1;
	s.payee.balance = 0;
	s.event.requested = most;
	CHECK(play(&s) == WALLET_amount_overflow && untouched(&s));
	s = scene();
	s.payer.balance = most;
	s.payee.balance = -most;
	s.event.requested = most;
	CHECK(play(&s) == WALLET_success);
	CHECK(s.payer.balance == 0 && s.payee.balance == 0);
	tap_case("balances stop at 38 digits on both sides");
}

/* --- spending limits --- */

/* Pays amount at event_id from an account that spent 60 of 100 in window 1 of one second. */
static WalletStatus
spend(Scene *s, int64_t event_id, wallet_int128 amount)
{
	*s = scene();
	s->payer.balance = 1000;
	s->payer.has_spend_limit = true;
	s->payer.spend_limit = 100;
	s->payer.spent = 60;
	s->payer.window_seconds = 1;
	s->payer.window_number = 1;
	s->event.event_id = event_id;
	s->event.requested = amount;
	return play(s);
}

static void
test_spending(void)
{
	Scene		s;

	/* Window 1 is [1000000, 2000000). */
	CHECK(spend(&s, 1000000, 40) == WALLET_success);
	CHECK(s.payer.spent == 100 && s.payer.window_number == 1);
	CHECK(spend(&s, 1999999, 40) == WALLET_success);
	CHECK(s.payer.spent == 100 && s.payer.window_number == 1);
	CHECK(spend(&s, 1999999, 41) == WALLET_spend_limit_exceeded && only_guarded(&s));
	CHECK(spend(&s, 2000000, 41) == WALLET_success);
	CHECK(s.payer.spent == 41 && s.payer.window_number == 2);
	CHECK(spend(&s, 2000000, 100) == WALLET_success);
	CHECK(s.payer.spent == 100 && s.payer.window_number == 2);
	CHECK(spend(&s, 2000000, 101) == WALLET_spend_limit_exceeded && only_guarded(&s));
	CHECK(spend(&s, 999999, 100) == WALLET_success);
	CHECK(s.payer.spent == 100 && s.payer.window_number == 0);
	tap_case("a spending limit counts per window, which begins at its first microsecond");

	/* A refusal that is told before the money moves is not spent. */
	(void) spend(&s, 1500000, 1);
	s.event = fixture_transfer(2, 11, 22, 20);
	s.event.event_id = 1600000;
	s.payee.status = WALLET_ACCOUNT_FROZEN;
	CHECK(play(&s) == WALLET_account_frozen && s.payer.spent == 61);
	s.payee.status = WALLET_ACCOUNT_OPEN;
	s.payer.floor = 990;
	s.event = fixture_transfer(2, 11, 22, 20);
	s.event.event_id = 1700000;
	CHECK(play(&s) == WALLET_insufficient_funds && s.payer.spent == 61);
	tap_case("what is refused is not spent");

	/* The window is the event's own, not its group's. */
	s = scene();
	s.payer.has_spend_limit = true;
	s.payer.spend_limit = 50;
	s.payer.spent = 50;
	s.payer.window_seconds = 1;
	s.payer.window_number = 1;
	s.event.event_id = 2000000;
	s.event.group_first = 1999999;
	s.event.present |= WALLET_HAS_GROUP_FIRST;
	CHECK(play(&s) == WALLET_success);
	CHECK(s.payer.window_number == 2 && s.payer.spent == 30);
	tap_case("in a group the window is that of the member's own id");
}

static void
test_spending_bounds(void)
{
	wallet_int128 most = fixture_most();
	Scene		s = scene();

	/*
	 * days: 86400 * 10^6 microseconds; the last of day 19999 and the first of
	 * day 20000
	 */
	s.payer.has_spend_limit = true;
	s.payer.spend_limit = 30;
	s.payer.window_seconds = 86400;
	s.payer.window_number = 19999;
	s.payer.spent = 1;
	s.event.event_id = INT64_C(20000) * 86400 * 1000000 - 1;
	CHECK(play(&s) == WALLET_spend_limit_exceeded);
	s.event = fixture_transfer(1, 11, 22, 30);
	s.event.event_id = INT64_C(20000) * 86400 * 1000000;
	CHECK(play(&s) == WALLET_success);
	CHECK(s.payer.window_number == 20000 && s.payer.spent == 30);

	/* the longest window there can be, and the largest id */
	s = scene();
	s.payer.has_spend_limit = true;
	s.payer.spend_limit = 30;
	s.payer.window_seconds = INT32_MAX;
	s.event.event_id = INT64_MAX;
	CHECK(play(&s) == WALLET_success);
	/* (2^63 - 1) / (2147483647 * 10^6) = 4294.97 */
	CHECK(s.payer.window_number == 4294);

	/* spent + amount beyond 38 digits is beyond any limit */
	s = scene();
	s.payer.has_spend_limit = true;
	s.payer.spend_limit = most;
	s.payer.spent = most - 29;
	s.payer.window_seconds = 1;
	CHECK(play(&s) == WALLET_spend_limit_exceeded && only_guarded(&s));
	s = scene();
	s.payer.has_spend_limit = true;
	s.payer.spend_limit = most;
	s.payer.spent = most - 30;
	s.payer.window_seconds = 1;
	CHECK(play(&s) == WALLET_success && s.payer.spent == most);

	/*
	 * a limit of 0 lets nothing out; no limit counts nothing; the payee's
	 * does not matter
	 */
	s = scene();
	s.payer.has_spend_limit = true;
	s.payer.window_seconds = 1;
	CHECK(play(&s) == WALLET_spend_limit_exceeded);
	s = scene();
	s.payer.spent = 8;
	s.payee.has_spend_limit = true;
	s.payee.window_seconds = 1;
	CHECK(play(&s) == WALLET_success);
	CHECK(s.payer.spent == 8 && s.payee.spent == 0 && s.payer.window_number == 0);
	tap_case("spending at the bounds of windows, ids and digits");
}

/* --- opening --- */

typedef struct Opening
{
	WalletDetail detail;
	uint8_t		bytes[400];
	WalletEvent event;
	WalletAccount account;
	WalletView	view;
} Opening;

static void
prepare_opening(Opening *o)
{
	*o = (Opening)
	{
		.detail =
		{
			.name = TEXT("alice"),.currency = TEXT("BHD"),.exponent = 3
		},
			.event =
		{
			.event_id = EVENT,
				.kind = WALLET_KIND_OPEN,
				.present = WALLET_HAS_DETAIL,
				.transaction_id = fixture_uuid(1)
		}
	};
	wallet_detail_set(&o->detail, WALLET_DETAIL_NAME);
	wallet_detail_set(&o->detail, WALLET_DETAIL_CURRENCY);
	wallet_detail_set(&o->detail, WALLET_DETAIL_EXPONENT);
	memset(&o->account, 0x5a, sizeof(o->account));
	o->account.status = WALLET_ACCOUNT_CLOSED;
	o->account.has_floor = o->account.has_ceiling = o->account.has_spend_limit = true;
	o->view.opened = &o->account;
}

static WalletStatus
play_opening(Opening *o)
{
	wallet_detail_encode(&o->detail, o->bytes);
	o->event.detail = (WalletBytes)
	{
		o->bytes, (uint32_t) wallet_detail_size(&o->detail)
	};
	return wallet_step(&o->view, &o->event);
}

static void
test_open(void)
{
	Opening		o;
	WalletAccount expected = {
		.id = EVENT,
		.version = 1,
		.last_event = EVENT,
		.guard_event = EVENT,
		.exponent = 3,
		.status = WALLET_ACCOUNT_OPEN,
		.currency = {"BHD"}
	};

	prepare_opening(&o);
	CHECK(play_opening(&o) == WALLET_success);
	CHECK(fixture_same_account(&o.account, &expected));
	CHECK(o.event.status == 0 && o.event.exponent == 3);
	CHECK(o.event.credit == EVENT && o.event.credit_balance == 0 && o.event.credit_version == 1);
	CHECK(o.event.present == (WALLET_HAS_DETAIL | WALLET_HAS_CREDIT | WALLET_HAS_CREDIT_BALANCE |
							  WALLET_HAS_CREDIT_VERSION));
	tap_case("an opening makes an empty account, and is the first of its chain");

	prepare_opening(&o);
	wallet_detail_set(&o.detail, WALLET_DETAIL_FLOOR);
	wallet_detail_set(&o.detail, WALLET_DETAIL_CEILING);
	wallet_detail_set(&o.detail, WALLET_DETAIL_OWNER);
	wallet_detail_set(&o.detail, WALLET_DETAIL_PARENT);
	o.detail.currency = TEXT("SIXTEEN_LETTERS_");
	o.detail.floor = -fixture_most();
	o.detail.ceiling = fixture_most();
	o.detail.exponent = 30;
	o.detail.parent = 9;
	o.view.parent_found = true;
	expected.has_floor = expected.has_ceiling = true;
	expected.floor = -fixture_most();
	expected.ceiling = fixture_most();
	expected.exponent = 30;
	memcpy(expected.currency.code, "SIXTEEN_LETTERS_", 16);
	CHECK(play_opening(&o) == WALLET_success);
	CHECK(fixture_same_account(&o.account, &expected));
	tap_case("an opening takes floor, ceiling, exponent and a code of 16 bytes");
}

static void
test_open_refused(void)
{
	Opening		o;

	prepare_opening(&o);
	o.view.name_taken = true;
	CHECK(play_opening(&o) == WALLET_account_exists);
	CHECK(o.event.present == WALLET_HAS_DETAIL && o.account.status == WALLET_ACCOUNT_CLOSED);

	prepare_opening(&o);
	wallet_detail_set(&o.detail, WALLET_DETAIL_PARENT);
	o.detail.parent = 9;
	CHECK(play_opening(&o) == WALLET_account_not_found);
	CHECK(o.event.present == WALLET_HAS_DETAIL && o.account.status == WALLET_ACCOUNT_CLOSED);

	prepare_opening(&o);
	wallet_detail_set(&o.detail, WALLET_DETAIL_PARENT);
	o.detail.parent = 9;
	o.view.name_taken = true;
	CHECK(play_opening(&o) == WALLET_account_exists);
	tap_case("an opening: first the name, then the parent");

	for (int tag = WALLET_DETAIL_NAME; tag <= WALLET_DETAIL_EXPONENT; tag++)
	{
		prepare_opening(&o);
		o.detail.present &= ~(1u << tag);
		o.view.name_taken = true;
		CHECK(play_opening(&o) == WALLET_invalid_argument);
	}
	prepare_opening(&o);
	o.event.present = 0;
	CHECK(wallet_step(&o.view, &o.event) == WALLET_invalid_argument);
	prepare_opening(&o);
	o.event.detail = TEXT("\1");
	CHECK(wallet_step(&o.view, &o.event) == WALLET_invalid_argument);
	CHECK(o.account.status == WALLET_ACCOUNT_CLOSED);
	tap_case("an opening without name, code or exponent is invalid_argument");
}

static void
test_define_currency(void)
{
	const WalletBytes complete = TEXT("\2\3\0\0\0PTS\3\1\0\0\0\5");
	WalletEvent event = {
		.event_id = EVENT,
		.kind = WALLET_KIND_DEFINE_CURRENCY,
		.present = WALLET_HAS_DETAIL,
		.detail = complete
	};
	WalletView	view = {.currency_defined = false};

	CHECK(wallet_step(&view, &event) == WALLET_success);
	CHECK(event.present == WALLET_HAS_DETAIL && event.status == 0 && event.exponent == 0);
	view.currency_defined = true;
	CHECK(wallet_step(&view, &event) == WALLET_invalid_argument);
	view.currency_defined = false;
	event.detail = TEXT("\2\3\0\0\0PTS");
	CHECK(wallet_step(&view, &event) == WALLET_invalid_argument);
	event.detail = TEXT("\3\1\0\0\0\5");
	CHECK(wallet_step(&view, &event) == WALLET_invalid_argument);
	event.detail = TEXT("\2\3\0\0\0PTS\3\1\0\0\0\37");	/* 31 decimals */
	CHECK(wallet_step(&view, &event) == WALLET_invalid_argument);
	event.present = 0;
	CHECK(wallet_step(&view, &event) == WALLET_invalid_argument);
	tap_case("a currency is defined once, with code and exponent");
}

/* --- invariants --- */

/* The transition that a transfer of 30 makes, to be broken. */
typedef struct Transition
{
	WalletEvent event;
	WalletAccount debit[2];		/* before, after */
	WalletAccount credit[2];
} Transition;

static Transition
sound(void)
{
	Scene		s = scene();
	Transition	t;

	(void) play(&s);
	t.event = s.event;
	t.debit[0] = s.payer_before;
	t.debit[1] = s.payer;
	t.credit[0] = s.payee_before;
	t.credit[1] = s.payee;
	return t;
}

static bool
holds(const Transition *t)
{
	return wallet_invariant_holds(&t->event, &t->debit[0], &t->debit[1], &t->credit[0], &t->credit[1]);
}

#define BROKEN(change) \
	do { \
		Transition	t = sound(); \
		change; \
		CHECK(!holds(&t)); \
	} while (0)
#define SOUND(change) \
	do { \
		Transition	t = sound(); \
		change; \
		CHECK(holds(&t)); \
	} while (0)

static void
test_invariants_of_accounts(void)
{
	wallet_int128 most = fixture_most();

	SOUND((void) t);
	BROKEN(t.debit[1].balance++);
	BROKEN(t.debit[1].balance--);
	BROKEN(t.credit[1].balance++);
	BROKEN(t.debit[1].balance = t.debit[0].balance);
	BROKEN(t.credit[1].balance = t.credit[0].balance);
	BROKEN(t.credit[1].balance = -25);
	tap_case("the changes of both balances sum to 0");

	BROKEN(t.debit[1].held = -1);
	BROKEN(t.credit[1].held = -1);
	BROKEN(t.debit[1].reserved = -1);
	BROKEN(t.credit[1].inbound = -1);
	BROKEN(t.credit[1].held = most + 1);
	BROKEN((t.debit[1].balance = -most - 1, t.debit[0].balance = -most + 29));
	BROKEN((t.credit[0].balance = most - 29, t.credit[1].balance = most + 1));
	tap_case("held and balances stay in their ranges");

	BROKEN(t.debit[1].version = t.debit[0].version);
	BROKEN(t.debit[1].version += 1);
	BROKEN(t.credit[1].version = t.credit[0].version);
	BROKEN(t.credit[1].version += 1);
	BROKEN(t.debit[1].last_event = t.debit[0].last_event);
	BROKEN(t.credit[1].last_event = t.credit[0].last_event);
	BROKEN(t.debit[1].last_event = EVENT + 1);
	BROKEN((t.debit[1].last_event = t.debit[0].last_event, t.debit[1].version = t.debit[0].version));
	BROKEN((t.credit[1].last_event = t.credit[0].last_event, t.credit[1].version = t.credit[0].version));
	tap_case("whoever moves goes on by one version, to this event");

	BROKEN(t.debit[0].last_event = EVENT);
	BROKEN(t.debit[0].guard_event = EVENT);
	BROKEN(t.credit[0].last_event = EVENT);
	BROKEN(t.credit[0].guard_event = EVENT);
	BROKEN(t.credit[0].guard_event = EVENT + 1);
	BROKEN(t.debit[1].guard_event = EVENT - 1);
	BROKEN(t.credit[1].guard_event = t.credit[0].guard_event);
	tap_case("the id is greater than all that the accounts have seen, and guards them");

	BROKEN(t.debit[1].id++);
	BROKEN(t.credit[1].exponent++);
	BROKEN(t.credit[1].currency.code[0] = 'X');
	BROKEN(t.debit[1].currency.code[15] = 'X');
	tap_case("id, exponent and currency are for ever");
}

static void
test_invariants_of_funds(void)
{
	SOUND((t.debit[0].floor = t.debit[1].floor = 70));
	BROKEN((t.debit[0].floor = t.debit[1].floor = 71));
	BROKEN((t.debit[0].held = t.debit[1].held = 71));
	SOUND((t.debit[0].held = t.debit[1].held = 70));
	SOUND((t.debit[0].held = t.debit[1].held = 71, t.debit[1].has_floor = false));
	/* What was held for it may leave, however deep the account is. */
	SOUND((t.debit[0].held = 30, t.debit[1].held = 0, t.debit[1].floor = 1000));
	BROKEN((t.debit[0].held = 29, t.debit[1].held = 0, t.debit[1].floor = 1000));
	/* A payee below its floor. */
	SOUND(t.credit[1].floor = 1000);
	/* Reserving is giving. */
	BROKEN((t.debit[1].balance = 100, t.credit[1].balance = 5, t.debit[1].held = 101));
	SOUND((t.debit[1].balance = 100, t.credit[1].balance = 5, t.debit[1].held = 100));
	tap_case("who gives or reserves is left with available >= 0");
}

static void
test_invariants_of_chain(void)
{
	BROKEN(t.event.debit_prev = 71);
	BROKEN(t.event.debit_prev = 0);
	BROKEN(t.event.credit_prev = 59);
	BROKEN(t.event.present &= ~WALLET_HAS_DEBIT_PREV);
	BROKEN(t.event.present &= ~WALLET_HAS_CREDIT_PREV);
	tap_case("prev is the last event of the chain");
}

static void
test_invariants_of_opening(void)
{
	Opening		o;
	WalletAccount opened;

	prepare_opening(&o);
	(void) play_opening(&o);
	CHECK(wallet_invariant_holds(&o.event, NULL, NULL, NULL, &o.account));
	CHECK(!wallet_invariant_holds(&o.event, NULL, NULL, NULL, NULL));
#define BROKEN_OPENING(change) \
	do { \
		opened = o.account; \
		change; \
		CHECK(!wallet_invariant_holds(&o.event, NULL, NULL, NULL, &opened)); \
	} while (0)
	BROKEN_OPENING(opened.id++);
	BROKEN_OPENING(opened.balance = 1);
	BROKEN_OPENING(opened.held = 1);
	BROKEN_OPENING(opened.version = 0);
	BROKEN_OPENING(opened.version = 2);
	BROKEN_OPENING(opened.last_event = EVENT - 1);
	tap_case("an opening begins with nothing, at version 1");
}

int
main(void)
{
	test_success();
	test_order();
	test_stateless();
	test_refusal_record();
	test_ids();
	test_effective_at();
	test_expected_version();
	test_floors();
	test_floor_of_payee();
	test_ceilings();
	test_range();
	test_spending();
	test_spending_bounds();
	test_open();
	test_open_refused();
	test_define_currency();
	test_invariants_of_accounts();
	test_invariants_of_funds();
	test_invariants_of_chain();
	test_invariants_of_opening();
	return tap_end();
}
