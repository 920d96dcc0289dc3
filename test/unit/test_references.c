/*
 * test_references.c
 *
 * Goal: a command may name a hold or an original that an earlier command of its
 * batch brings forth, alone or in its group; and a group that fails leaves holds,
 * originals, queues and next_expiry as they were.
 *
 * Method: small batches by hand; then random ones of all kinds, with groups, twins
 * and time that passes.  After every batch the ledger sums up what is held, what
 * expires next and all balances; every log is replayed, byte for byte.
 */
#include "core/detail.h"
#include "ledger.h"

#define SEEN \
	(WALLET_HAS_DEBIT_BALANCE | WALLET_HAS_CREDIT_BALANCE | WALLET_HAS_DEBIT_HELD | \
	 WALLET_HAS_DEBIT_VERSION | WALLET_HAS_CREDIT_VERSION)

static bool
told(int i, WalletStatus status, bool recorded)
{
	return entries[i].status == status && entries[i].recorded == recorded;
}

static void
test_born_alone(void)
{
	ledger_begin(40);
	ledger_starts();
	next_batch(LEDGER_FIRST);
	add(-1, a_hold(1, 1, 2, 60, 5000));
	add(-1, a_capture(2, 1, 20, false));
	add(-1, about(3, WALLET_KIND_REVERSE, 2, 5));
	add(-1, about(4, WALLET_KIND_RELEASE, 1, 10));
	add(-1, about(5, WALLET_KIND_REVERSE, 2, 0));
	add(-1, command(6, WALLET_KIND_TRANSFER, 1, 2, 30));
	add(-1, about(7, WALLET_KIND_REVERSE, 6, 0));
	add(-1, about(8, WALLET_KIND_REVERSE, 7, 0));
	add(-1, a_capture(9, 1, 0, true));
	add(-1, a_capture(10, 1, 0, true));
	CHECK(run());
	for (int i = 0; i < 7; i++)
		CHECK(told(i, WALLET_success, true));
	CHECK(entries[1].debit == 0 && entries[1].credit == 1);
	CHECK(entries[2].debit == 1 && entries[2].credit == 0);
	CHECK(entries[4].event.amount == 15 && entries[6].event.amount == 30);
	CHECK(told(7, WALLET_not_reversible, true));
	CHECK(told(8, WALLET_success, true) && entries[8].event.amount == 30);
	CHECK(told(9, WALLET_hold_settled, true));
	/* 100 - 20 + 5 + 15 - 30 + 30 - 30 */
	CHECK(ledger.accounts[0].balance == 70 && ledger.accounts[0].held == 0);
	CHECK(ledger.accounts[0].next_expiry == 0 && ledger.holds[1].payer == 0 && ledger.holds[1].payee == 1);
	CHECK(replays());
	tap_case("captures, releases and reversals of what the same batch brought forth");

	next_batch(0);
	add(-1, a_hold(20, 1, 2, 500, 0));	/* refused */
	add(-1, a_capture(21, 20, 1, false));
	add(-1, about(22, WALLET_KIND_REVERSE, 20, 0));
	add(-1, about(23, WALLET_KIND_REVERSE, 21, 0));
	CHECK(run());
	CHECK(told(0, WALLET_insufficient_funds, true));
	CHECK(told(1, WALLET_hold_not_found, false) && entries[1].debit == -1 && entries[1].credit == -1);
	CHECK(told(2, WALLET_not_reversible, true));
	CHECK(told(3, WALLET_original_not_found, false));
	CHECK(replays());
	tap_case("of what was refused there is no hold, but there is an original");

	/* The same id twice: whichever is carried out is the one that counts. */
	next_batch(0);
	add(-1, a_hold(30, 1, 2, 10, 0))->event.present |= WALLET_HAS_EXPECTED_VERSION;
	add(-1, a_hold(30, 3, 4, 10, 0));
	add(-1, a_hold(30, 1, 2, 10, 0));
	add(-1, a_capture(31, 30, 4, false));
	CHECK(run());
	CHECK(told(0, WALLET_version_conflict, false) && told(1, WALLET_success, true));
	CHECK(told(2, WALLET_transaction_id_conflict, false));
	CHECK(told(3, WALLET_success, true) && entries[3].event.debit == 3 && entries[3].event.credit == 4);
	CHECK(replays());
	tap_case("a capture's accounts are those of the hold that was carried out");
}

static void
test_born_in_group(void)
{
	ledger_begin(60);
	ledger_starts();
	next_batch(LEDGER_FIRST);
	add(0, a_hold(1, 1, 2, 60, 5000));
	add(0, a_capture(2, 1, 20, false));
	add(0, about(3, WALLET_KIND_REVERSE, 2, 5));
	add(0, about(4, WALLET_KIND_RELEASE, 1, 40));
	CHECK(run());
	for (int i = 0; i < 4; i++)
		CHECK(told(i, WALLET_success, true) && entries[i].event.group_first == LEDGER_FIRST);
	CHECK(ledger.accounts[0].next_expiry == 0 && ledger.accounts[0].balance == 85);
	CHECK(replays());
	tap_case("in a group, too");

	/*
	 * The last member is refused: nothing of the hold, the capture, the
	 * reversal is left.
	 */
	next_batch(0);
	add(0, a_hold(10, 1, 2, 50, 9000));
	add(0, a_capture(11, 10, 20, false));
	add(0, about(12, WALLET_KIND_REVERSE, 11, 5));
	add(0, about(13, WALLET_KIND_RELEASE, 10, 31));
	CHECK(run());
	CHECK(told(3, WALLET_exceeds_hold, true));
	for (int i = 0; i < 3; i++)
		CHECK(told(i, WALLET_group_failed, true));
	CHECK(entries[1].event.present == (WALLET_HAS_DEBIT | WALLET_HAS_CREDIT | WALLET_HAS_REQUESTED |
									   WALLET_HAS_FINAL | WALLET_HAS_RELATED | WALLET_HAS_GROUP_FIRST |
									   WALLET_HAS_CAUSE | SEEN));
	CHECK(entries[3].event.debit_held == 30 && entries[3].event.debit_balance == 70);
	CHECK(entries[2].event.debit == 2 && entries[2].event.credit == 1);
	CHECK(ledger.holds[10].state == WALLET_HOLD_NONE && ledger.accounts[0].next_expiry == 0);
	CHECK(ledger.originals[11].event_id == entries[1].event.event_id);
	CHECK(ledger.originals[11].status == WALLET_group_failed && ledger.originals[11].reversed == 0);
	CHECK(ask(a_capture(14, 10, 1, false)) == WALLET_hold_not_found);
	CHECK(ask(about(15, WALLET_KIND_REVERSE, 11, 0)) == WALLET_not_reversible);
	CHECK(replays());
	tap_case("a group that fails takes its holds and originals with it");

	/*
	 * The first is refused: the others are recorded with the accounts that
	 * they would have had.
	 */
	next_batch(0);
	add(0, command(20, WALLET_KIND_TRANSFER, 3, 4, 999));
	add(0, a_hold(21, 1, 2, 50, 9000));
	add(0, a_capture(22, 21, 20, false));
	add(0, about(23, WALLET_KIND_REVERSE, 22, 5));
	CHECK(run());
	CHECK(told(0, WALLET_insufficient_funds, true) && told(2, WALLET_group_failed, true));
	CHECK(entries[2].event.debit == 1 && entries[2].event.credit == 2 && entries[2].event.debit_balance == 85);
	CHECK(entries[3].event.debit == 2 && entries[3].event.credit == 1 && entries[3].event.credit_balance == 85);
	CHECK(replays());
	/* And by an older refusal. */
	next_batch(0);
	add(0, command(20, WALLET_KIND_TRANSFER, 3, 4, 999));
	add(0, a_hold(24, 1, 2, 50, 9000));
	add(0, a_capture(25, 24, 20, false));
	CHECK(run() && told(2, WALLET_group_failed, true) && entries[2].event.debit == 1);
	CHECK(replays());
	tap_case("a capture that was never tried names the accounts of its hold");

	/* Not recorded: every id stays free, and the hold's place too. */
	next_batch(0);
	add(0, a_hold(30, 1, 2, 50, 9000));
	add(0, a_capture(31, 30, 20, false));
	add(0, a_hold(32, 1, 2, 5, 0))->event.present |= WALLET_HAS_EXPECTED_VERSION;
	add(1, a_hold(30, 1, 2, 50, 8000));
	add(1, a_capture(33, 30, 20, false));
	CHECK(run());
	CHECK(told(0, WALLET_group_failed, false) && told(2, WALLET_version_conflict, false));
	CHECK(told(3, WALLET_success, true) && told(4, WALLET_success, true));
	CHECK(ledger.accounts[0].next_expiry == 8000 && ledger.holds[30].remaining == 30);
	CHECK(ledger.originals[31].event_id == 0);
	CHECK(replays());
	tap_case("what was undone can be done by the next");
}

/* Told before anything is stepped: what is neither there nor going to be. */
static void
test_judged_before(void)
{
	ledger_begin(40);
	ledger_starts();
	(void) ask(a_hold(1, 1, 2, 500, 0));
	CHECK(entries[0].status == WALLET_insufficient_funds);
	next_batch(0);
	add(0, command(2, WALLET_KIND_TRANSFER, 3, 4, 999));	/* would be refused */
	add(0, a_capture(3, 1, 1, false));
	CHECK(run() && told(1, WALLET_hold_not_found, false) && told(0, WALLET_group_failed, false));
	next_batch(0);
	add(0, command(2, WALLET_KIND_TRANSFER, 3, 4, 999));
	add(0, about(4, WALLET_KIND_REVERSE, 39, 0));
	CHECK(run() && told(1, WALLET_original_not_found, false) && told(0, WALLET_group_failed, false));
	/* It must come earlier, and in this group. */
	next_batch(0);
	add(0, a_capture(5, 6, 1, false));
	add(0, a_hold(6, 1, 2, 5, 0));
	CHECK(run() && told(0, WALLET_hold_not_found, false));
	next_batch(0);
	add(0, a_hold(7, 1, 2, 5, 0));
	add(0, command(8, WALLET_KIND_TRANSFER, 3, 4, 999));
	add(1, a_capture(9, 7, 1, false));
	add(1, command(10, WALLET_KIND_TRANSFER, 3, 4, 998));
	CHECK(run() && told(2, WALLET_hold_not_found, false) && told(3, WALLET_group_failed, false));
	tap_case("a hold or an original that no member brings forth is told before any is stepped");

	next_batch(0);
	add(0, command(20, WALLET_KIND_TRANSFER, 3, 4, 999));
	add(0, a_hold(21, 1, 99, 5, 0));
	CHECK(run() && told(1, WALLET_account_not_found, false));
	next_batch(0);
	add(0, command(20, WALLET_KIND_TRANSFER, 3, 4, 999));
	add(0, command(21, WALLET_KIND_FREEZE, 99, 0, 0));
	CHECK(run() && told(1, WALLET_account_not_found, false));
	next_batch(0);
	add(0, command(20, WALLET_KIND_TRANSFER, 3, 4, 999));
	add(0, a_hold(21, 1, 2, 5, 0))->forbidden = true;
	CHECK(run() && told(1, WALLET_insufficient_privilege, false));
	/* Neither a capture nor a freeze is a debit. */
	(void) ask(a_hold(22, 1, 2, 5, 0));
	next_batch(0);
	add(0, a_capture(23, 22, 0, true))->forbidden = true;
	add(0, command(24, WALLET_KIND_FREEZE, 1, 0, 0))->forbidden = true;
	CHECK(run() && told(0, WALLET_success, true) && told(1, WALLET_success, true));
	next_batch(0);
	add(0, about(25, WALLET_KIND_REVERSE, 23, 0))->forbidden = true;
	CHECK(run() && told(0, WALLET_insufficient_privilege, false));
	CHECK(replays());
	tap_case("so are missing accounts and missing rights, of the kinds that need them");

	for (WalletKind kind = WALLET_KIND_TRANSFER; kind <= WALLET_KIND_SET_SPEND_LIMIT; kind++)
	{
		WalletEvent event = command(30, kind, 99, 1, 5);

		if (kind >= WALLET_KIND_CAPTURE && kind <= WALLET_KIND_REVERSE)
			continue;
		if (kind >= WALLET_KIND_FREEZE)
			wallet_event_name(&event, WALLET_HAS_CREDIT, 0);
		event.present |= WALLET_HAS_DETAIL;
		event.detail = TEXT("\10\4\0\0\0\1\0\0\0");
		CHECK(ask(event) == WALLET_account_not_found && !entries[0].recorded);
		if (kind >= WALLET_KIND_FREEZE)
			continue;
		wallet_event_name(&event, WALLET_HAS_DEBIT, 1);
		wallet_event_name(&event, WALLET_HAS_CREDIT, 99);
		CHECK(ask(event) == WALLET_account_not_found && !entries[0].recorded);
	}
	tap_case("alone, an account that nobody has is told by every kind that names one");
}

/* A settled hold that the queue has dropped comes back with the undo. */
static void
test_undone_queue(void)
{
	ledger_begin(60);
	ledger_starts();
	(void) ask(a_hold(1, 1, 2, 10, 5000));
	(void) ask(a_hold(2, 1, 2, 10, 6000));
	(void) ask(a_hold(3, 1, 2, 10, 7000));
	next_batch(0);
	add(0, a_capture(4, 1, 0, true));	/* next: 6000 */
	add(0, about(5, WALLET_KIND_RELEASE, 2, 0));	/* next: 7000 */
	add(0, a_hold(6, 1, 2, 10, 4000));	/* next: 4000 */
	add(0, a_capture(7, 3, 0, true));
	add(0, a_capture(8, 6, 0, true));	/* next: none */
	add(0, command(9, WALLET_KIND_TRANSFER, 1, 2, 999));
	CHECK(run() && told(5, WALLET_insufficient_funds, true));
	CHECK(ledger.accounts[0].next_expiry == 5000 && ledger.accounts[0].held == 30);
	CHECK(ask_at(6500, command(10, WALLET_KIND_TRANSFER, 1, 2, 90)) == WALLET_success);
	CHECK(batch.expire_count == 1 && expires[0].count == 2 && expires[0].event.amount == 20);
	CHECK(ledger.accounts[0].next_expiry == 7000);
	CHECK(ask_at(7000, command(11, WALLET_KIND_TRANSFER, 1, 2, 10)) == WALLET_success);
	CHECK(batch.expire_count == 1 && expires[0].count == 1);
	CHECK(replays());
	tap_case("after an undo the same holds expire, in the same order");

	/* Partial captures, reversals and limits are undone as well. */
	ledger_begin(60);
	ledger_starts();
	(void) ask(a_hold(1, 1, 2, 50, 5000));
	(void) ask(a_capture(2, 1, 20, false));
	(void) ask(about(3, WALLET_KIND_REVERSE, 2, 5));
	next_batch(0);
	add(0, a_capture(4, 1, 20, false));
	add(0, about(5, WALLET_KIND_REVERSE, 2, 15));
	add(0, command(6, WALLET_KIND_SET_FLOOR, 1, 0, -500));
	add(0, command(7, WALLET_KIND_FREEZE, 3, 0, 0));
	add(0, command(8, WALLET_KIND_TRANSFER, 1, 3, 1));
	CHECK(run() && told(4, WALLET_account_frozen, true));
	CHECK(ledger.holds[1].remaining == 30 && ledger.originals[2].reversed == 5);
	CHECK(ledger.accounts[0].floor == 0 && ledger.accounts[2].status == WALLET_ACCOUNT_OPEN);
	CHECK(replays());
	tap_case("parts captured, parts reversed, limits and statuses are undone");
}

/* --- at random --- */

#define ROUNDS 350
#define BATCHES 40
#define NUMBERS (BATCHES * 14 + 20)

static int	numbers;
static int	seen[32][256];		/* by kind and status */
static int	seen_expires;

static int
recent(void)
{
	return numbers == 0 ? 0 : numbers - 1 - tap_pick(numbers < 30 ? numbers : 30);
}

/* A number that a hold had, if there is one among some. */
static int
some_hold(void)
{
	for (int i = 0; i < 8; i++)
	{
		int			number = recent();

		if (ledger.holds[number].state != WALLET_HOLD_NONE || tap_chance(5))
			return number;
	}
	return recent();
}

static WalletEvent
random_command(void)
{
	static uint8_t seconds[9] = {WALLET_DETAIL_WINDOW_SECONDS, 4, 0, 0, 0, 1};
	const int	number = numbers++;
	const int64_t one = 1 + tap_pick(LEDGER_ACCOUNTS);
	const int64_t other = 1 + (one + tap_pick(LEDGER_ACCOUNTS - 1)) % LEDGER_ACCOUNTS;
	WalletEvent event;

	switch (tap_pick(24))
	{
		case 0:
			return command(number, WALLET_KIND_FREEZE, tap_chance(97) ? one : 99, 0, 0);
		case 1:
		case 2:
			return command(number, WALLET_KIND_UNFREEZE, one, 0, 0);
		case 3:
			return command(number, tap_chance(20) ? WALLET_KIND_CLOSE : WALLET_KIND_UNFREEZE, one, 0, 0);
		case 4:
			return command(number, WALLET_KIND_SET_FLOOR, one, 0, tap_pick(50) - 60);
		case 5:
			return command(number, WALLET_KIND_REMOVE_FLOOR, 6, 0, 0);
		case 6:
			return command(number, WALLET_KIND_SET_CEILING, one, 0, tap_chance(50) ? 0 : 60 + tap_pick(100));
		case 7:
			event = command(number, WALLET_KIND_SET_SPEND_LIMIT, one, 0, tap_chance(50) ? 0 : 1 + tap_pick(120));
			event.present |= WALLET_HAS_DETAIL;
			event.detail = (WalletBytes)
			{
				seconds, 9
			};
			return event;
		case 8:
			return command(number, WALLET_KIND_SWEEP, one, other, 1 + tap_pick(100));
		case 9:
		case 10:
		case 11:
			return command(number, WALLET_KIND_TRANSFER, one, other, 1 + tap_pick(60));
		case 12:
		case 13:
		case 14:
		case 15:
		case 16:
			return a_hold(number, one, other, 1 + tap_pick(40),
						  tap_chance(20) ? 0 : batch.next_id + tap_pick(tap_chance(50) ? 12 : 4000));
		case 17:
		case 18:
		case 19:
			return a_capture(number, some_hold(), tap_chance(30) ? 0 : 1 + tap_pick(25), tap_chance(40));
		case 20:
		case 21:
			return about(number, WALLET_KIND_RELEASE, some_hold(), tap_chance(50) ? 0 : 1 + tap_pick(25));
		default:
			return about(number, WALLET_KIND_REVERSE, recent(), tap_chance(50) ? 0 : 1 + tap_pick(50));
	}
}

static void
random_batch(void)
{
	int			wanted = 1 + tap_pick(12);
	int			group = 0;

	next_batch(batch.next_id + (tap_chance(60) ? 0 : tap_pick(tap_chance(5) ? 1000000 : 300)));
	while ((int) batch.count < wanted)
	{
		int			members = tap_chance(50) ? 0 : 1 + tap_pick(5);

		group++;
		for (int i = 0; i < (members ? members : 1); i++)
		{
			WalletEvent event = random_command();

			if (numbers > 1 && tap_chance(8))
			{
				/* an old number with new content, or the same again */
				int			old = recent();

				event.transaction_id = fixture_uuid(old);
				if (ledger.records[old] != NULL && tap_chance(60))
					event = log_command(ledger.records[old], ledger.accounts, LEDGER_ACCOUNTS).event;
				event.present &= ~WALLET_HAS_GROUP_FIRST;
			}
			add(members ? group : -1, event);
		}
	}
	CHECK(run());
	for (size_t i = 0; i < batch.count; i++)
		seen[entries[i].event.kind][entries[i].status]++;
	seen_expires += (int) batch.expire_count;
}

static void
test_random(void)
{
	const struct
	{
		WalletKind	kind;
		WalletStatus status;
	}			wanted[] = {
		{WALLET_KIND_HOLD, WALLET_success}, {WALLET_KIND_HOLD, WALLET_group_failed},
		{WALLET_KIND_HOLD, WALLET_insufficient_funds}, {WALLET_KIND_HOLD, WALLET_spend_limit_exceeded},
		{WALLET_KIND_HOLD, WALLET_account_frozen}, {WALLET_KIND_HOLD, WALLET_invalid_argument},
		{WALLET_KIND_CAPTURE, WALLET_success}, {WALLET_KIND_CAPTURE, WALLET_group_failed},
		{WALLET_KIND_CAPTURE, WALLET_hold_settled}, {WALLET_KIND_CAPTURE, WALLET_hold_expired},
		{WALLET_KIND_CAPTURE, WALLET_exceeds_hold}, {WALLET_KIND_CAPTURE, WALLET_ceiling_exceeded},
		{WALLET_KIND_CAPTURE, WALLET_hold_not_found}, {WALLET_KIND_RELEASE, WALLET_success},
		{WALLET_KIND_RELEASE, WALLET_hold_expired}, {WALLET_KIND_RELEASE, WALLET_hold_settled},
		{WALLET_KIND_REVERSE, WALLET_success}, {WALLET_KIND_REVERSE, WALLET_not_reversible},
		{WALLET_KIND_REVERSE, WALLET_exceeds_original}, {WALLET_KIND_REVERSE, WALLET_group_failed},
		{WALLET_KIND_REVERSE, WALLET_original_not_found}, {WALLET_KIND_SWEEP, WALLET_success},
		{WALLET_KIND_CLOSE, WALLET_account_not_empty}, {WALLET_KIND_FREEZE, WALLET_success},
		{WALLET_KIND_FREEZE, WALLET_account_not_found}, {WALLET_KIND_SET_FLOOR, WALLET_success},
		{WALLET_KIND_TRANSFER, WALLET_transaction_id_conflict}
	};
	bool		replayed = true;
	int			commands = 0;

	expire_room = 4096;
	for (int round = 0; round < ROUNDS; round++)
	{
		numbers = 0;
		ledger_begin(NUMBERS);
		ledger_starts();
		for (int i = 0; i < BATCHES; i++)
			random_batch();
		replayed = replays() && replayed;
	}
	CHECK(replayed);
	for (int kind = 0; kind < 32; kind++)
	{
		for (int status = 0; status < 256; status++)
			commands += seen[kind][status];
	}
	printf("# %d commands, %d expire events\n", commands, seen_expires);
	CHECK(commands > 50000 && seen_expires > 2000);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
	{
		if (!CHECK(seen[wanted[i].kind][wanted[i].status] >= 30))
			printf("# %s: %s only %d times\n", wallet_kind_name(wanted[i].kind),
				   wallet_status_name(wanted[i].status), seen[wanted[i].kind][wanted[i].status]);
	}
	tap_case("random batches of all kinds add up, and their logs replay");
}

int
main(void)
{
	test_born_alone();
	test_born_in_group();
	test_judged_before();
	test_undone_queue();
	test_random();
	ledger_end();
	return tap_end();
}
