/*
 * test_expiry.c
 *
 * Goal: holds expire at their moment and at no other, in the order of format-1.md,
 * 8, before the command whose moment reaches them, alone and in groups; and an
 * account's next_expiry is at all times the earliest of its open holds.
 *
 * Method: commands at ids just before, at and after a hold's expires_at; the
 * ledger audits held and next_expiry by plain sums after every batch and replays.
 * The queue alone against a sort, and with 100,000 holds due at once.
 */
#include <time.h>

#include "ledger.h"

static bool
is_expire(size_t i, int64_t event_id, int number, int64_t account, int amount, size_t count)
{
	const WalletExpire *expire = &expires[i];
	const WalletEvent *event = &expire->event;
	const uint32_t present = WALLET_HAS_DEBIT | WALLET_HAS_AMOUNT | WALLET_HAS_DEBIT_PREV |
	WALLET_HAS_DEBIT_BALANCE | WALLET_HAS_DEBIT_HELD | WALLET_HAS_DEBIT_VERSION;

	return i < batch.expire_count && event->event_id == event_id && event->leg == 1 &&
		event->kind == WALLET_KIND_EXPIRE && event->status == WALLET_success &&
		event->present == present && event->amount == amount && event->debit == account &&
		number_of(&event->transaction_id) == number && expire->account == account - 1 &&
		expire->first == number && expire->count == count;
}

static void
test_moments(void)
{
	const struct
	{
		int64_t		moment;
		WalletStatus capture;
	}			cases[] = {{1999, WALLET_success}, {2000, WALLET_hold_expired}, {2001, WALLET_hold_expired}};

	for (int i = 0; i < 3; i++)
	{
		bool		due = i > 0;

		ledger_begin(20);
		ledger_starts();
		(void) ask(a_hold(1, 1, 2, 30, 2000));
		CHECK(ledger.accounts[0].next_expiry == 2000);
		CHECK(ask_at(cases[i].moment, a_capture(2, 1, 10, false)) == cases[i].capture);
		CHECK(batch.expire_count == (due ? 1 : 0));
		CHECK(!due || is_expire(0, cases[i].moment, 1, 1, 30, 1));
		CHECK(entries[0].event.event_id == cases[i].moment + (due ? 1 : 0));
		CHECK(ledger.holds[1].state == (due ? WALLET_HOLD_EXPIRED : WALLET_HOLD_OPEN));
		CHECK(ledger.holds[1].remaining == (due ? 30 : 20));
		CHECK(ledger.accounts[0].held == (due ? 0 : 20) && ledger.accounts[0].next_expiry == (due ? 0 : 2000));
		CHECK(replays());
	}
	tap_case("a hold can be captured until the microsecond before expires_at; then it expires first");

	for (int64_t expires_at = 999; expires_at <= 1001; expires_at++)
	{
		ledger_begin(20);
		ledger_starts();
		CHECK(ask(a_hold(1, 1, 2, 30, expires_at)) ==
			  (expires_at > 1000 ? WALLET_success : WALLET_invalid_argument));
		CHECK(entries[0].recorded == (expires_at > 1000));
	}
	tap_case("a hold must expire later than it begins");

	/* A release of what has expired, and a transfer of it. */
	ledger_begin(20);
	ledger_starts();
	(void) ask(a_hold(1, 1, 2, 100, 2000));
	CHECK(ask_at(1999, command(2, WALLET_KIND_TRANSFER, 1, 2, 1)) == WALLET_insufficient_funds);
	CHECK(ask(command(3, WALLET_KIND_TRANSFER, 1, 2, 100)) == WALLET_success);
	CHECK(is_expire(0, 2000, 1, 1, 100, 1) && entries[0].event.event_id == 2001);
	CHECK(expires[0].entry == 0 && wallet_bytes_equal(expires[0].event.actor, TEXT("app")));
	CHECK(expires[0].event.debit_prev == 1000 && expires[0].event.debit_version == 3);
	CHECK(expires[0].event.debit_held == 0 && expires[0].event.debit_balance == 100);
	CHECK(ask(about(4, WALLET_KIND_RELEASE, 1, 0)) == WALLET_hold_expired && batch.expire_count == 0);
	CHECK(replays());
	tap_case("what remained is available to the very command whose moment reaches it");
}

/* Settled, or expired?  The same whether or not anything has swept it. */
static void
test_told_alike(void)
{
	for (int swept = 0; swept < 2; swept++)
	{
		ledger_begin(20);
		ledger_starts();
		(void) ask(a_hold(1, 1, 2, 10, 2000));	/* captured in part */
		(void) ask(a_hold(2, 1, 2, 10, 2000));	/* captured whole */
		(void) ask(a_hold(3, 1, 2, 10, 2000));	/* a final capture */
		(void) ask(a_hold(4, 1, 2, 10, 2000));	/* untouched */
		(void) ask(a_capture(5, 1, 4, false));
		(void) ask(a_capture(6, 2, 10, false));
		(void) ask(a_capture(7, 3, 1, true));
		if (swept)
		{
			next_batch(3000);
			batch.accounts = ledger.accounts;
			batch.holds = ledger.holds;
			batch.queues = ledger.queues;
			batch.expires = expires;
			batch.expire_room = 1;
			CHECK(wallet_batch_expire_account(&batch, 0, TEXT("sweeper")));
			CHECK(is_expire(0, 3000, 1, 1, 16, 2) && expires[0].entry == -1);
			CHECK(wallet_batch_expire_account(&batch, 0, TEXT("sweeper")) && batch.expire_count == 1);
			CHECK(wallet_batch_expire_account(&batch, -1, TEXT("sweeper")) && batch.expire_count == 1);
			keep_records();
		}
		CHECK(ask_at(5000, a_capture(10, 1, 7, false)) == WALLET_hold_expired);
		CHECK(batch.expire_count == (swept ? 0 : 1));
		CHECK(ask(a_capture(11, 2, 1, false)) == WALLET_hold_settled);
		CHECK(ask(a_capture(12, 3, 1, false)) == WALLET_hold_settled);
		CHECK(ask(about(13, WALLET_KIND_RELEASE, 4, 0)) == WALLET_hold_expired);
		CHECK(ledger.holds[1].remaining == 6);
		CHECK(replays());
	}
	tap_case("expired is told as expired, settled as settled, swept or not");
}

static void
test_fold(void)
{
	ledger_begin(20);
	ledger_starts();
	(void) ask(a_hold(1, 1, 2, 1, 3000));
	(void) ask(a_hold(2, 1, 2, 2, 2000));
	(void) ask(a_hold(3, 1, 2, 4, 2000));
	(void) ask(a_hold(4, 1, 2, 8, 2500));
	(void) ask(a_hold(5, 1, 2, 16, 0));
	(void) ask(a_hold(6, 2, 1, 32, 2600));
	CHECK(ledger.accounts[0].next_expiry == 2000);
	CHECK(ask_at(2599, command(7, WALLET_KIND_TRANSFER, 2, 1, 1)) == WALLET_success);
	CHECK(batch.expire_count == 2);
	CHECK(is_expire(0, 2599, 2, 1, 14, 3));
	CHECK(ledger.holds[2].next - 1 == 3 && ledger.holds[3].next - 1 == 4 && ledger.holds[4].next == 0);
	/* The command's id would be 2600 then, which reaches the payer's. */
	CHECK(is_expire(1, 2600, 6, 2, 32, 1));
	CHECK(entries[0].event.event_id == 2601);
	CHECK(ledger.accounts[0].held == 17 && ledger.accounts[0].next_expiry == 3000);
	CHECK(replays());
	tap_case("due holds of an account fold into one event, by expires_at, then by age");

	ledger_begin(20);
	ledger_starts();
	(void) ask(a_hold(1, 1, 2, 1, 2000));
	(void) ask(a_hold(2, 2, 1, 1, 2000));
	(void) ask(a_hold(3, 2, 1, 1, 2001));
	(void) ask(a_hold(4, 1, 2, 1, 2002));
	CHECK(ask_at(2000, command(5, WALLET_KIND_TRANSFER, 2, 1, 1)) == WALLET_success);
	CHECK(batch.expire_count == 3);
	CHECK(is_expire(0, 2000, 2, 2, 1, 1));	/* debit first, at its own id */
	CHECK(is_expire(1, 2001, 3, 2, 1, 1));
	CHECK(is_expire(2, 2002, 1, 1, 2, 2));
	CHECK(entries[0].event.event_id == 2003);
	CHECK(replays());
	tap_case("until nothing is due: the payer first, each at the id that the command would have had");

	/* An account that a command only credits, and one that it only names. */
	ledger_begin(20);
	ledger_starts();
	(void) ask(a_hold(1, 2, 1, 100, 2000));
	CHECK(ask_at(2000, command(2, WALLET_KIND_TRANSFER, 1, 2, 1)) == WALLET_success);
	CHECK(is_expire(0, 2000, 1, 2, 100, 1));
	(void) ask(a_hold(3, 2, 1, 100, 3000));
	CHECK(ask_at(3000, command(4, WALLET_KIND_FREEZE, 2, 0, 0)) == WALLET_success);
	CHECK(is_expire(0, 3000, 3, 2, 100, 1));
	/* A command that is answered from a record reads no account. */
	(void) ask(command(9, WALLET_KIND_UNFREEZE, 2, 0, 0));
	(void) ask(a_hold(5, 2, 1, 100, 4000));
	CHECK(ask_at(4000, command(4, WALLET_KIND_FREEZE, 2, 0, 0)) == WALLET_success);
	CHECK(entries[0].replayed && batch.expire_count == 0 && batch.next_id == 4000);
	/* One that is refused without a record does: the event stays. */
	CHECK(ask(about(6, WALLET_KIND_RELEASE, 18, 0)) == WALLET_hold_not_found && batch.expire_count == 0);
	next_batch(0);
	add(-1, a_hold(7, 2, 1, 1, 0))->event.present |= WALLET_HAS_EXPECTED_VERSION;
	CHECK(run() && entries[0].status == WALLET_version_conflict && !entries[0].recorded);
	CHECK(is_expire(0, 4000, 5, 2, 100, 1) && batch.next_id == 4001);
	CHECK(replays());
	tap_case("every account that a command is decided about, and only those");
}

/* The account's earliest hold leaves it: the next one counts. */
static void
test_next_expiry(void)
{
	const WalletAccount *payer = &ledger.accounts[0];

	ledger_begin(40);
	ledger_starts();
	(void) ask(a_hold(1, 1, 2, 1, 5000));
	(void) ask(a_hold(2, 1, 2, 2, 4000));
	(void) ask(a_hold(3, 1, 2, 4, 6000));
	(void) ask(a_hold(4, 1, 2, 4, 4000));
	CHECK(payer->next_expiry == 4000);
	(void) ask(a_capture(5, 2, 1, false));
	CHECK(payer->next_expiry == 4000);
	(void) ask(a_capture(6, 2, 0, false));
	CHECK(payer->next_expiry == 4000);	/* the other one */
	(void) ask(about(7, WALLET_KIND_RELEASE, 4, 0));
	CHECK(payer->next_expiry == 5000);
	(void) ask(about(8, WALLET_KIND_RELEASE, 3, 0));
	CHECK(payer->next_expiry == 5000);
	(void) ask(a_capture(9, 1, 0, true));
	CHECK(payer->next_expiry == 0);
	(void) ask(a_hold(10, 1, 2, 4, 6000));
	CHECK(payer->next_expiry == 6000);
	CHECK(ask_at(6000, command(11, WALLET_KIND_TRANSFER, 1, 2, 1)) == WALLET_success);
	CHECK(is_expire(0, 6000, 10, 1, 4, 1) && payer->next_expiry == 0);
	CHECK(replays());
	tap_case("next_expiry is the earliest of the open holds, whichever of them leaves");
}

static void
test_windows(void)
{
	WalletEvent limit = command(1, WALLET_KIND_SET_SPEND_LIMIT, 1, 0, 90);
	WalletAccount *payer = &ledger.accounts[0];

	ledger_begin(20);
	ledger_starts();
	batch.next_id = 4000000;
	limit.present |= WALLET_HAS_DETAIL;
	limit.detail = TEXT("\10\4\0\0\0\1\0\0\0");
	(void) ask(limit);
	(void) ask(a_hold(2, 1, 2, 8, 5000101));
	(void) ask_at(5000000, a_hold(3, 1, 2, 16, 5000102));
	(void) ask(a_hold(4, 1, 2, 32, 5999999));
	CHECK(payer->spent == 48 && payer->window_number == 5);
	(void) ask_at(5999999, command(5, WALLET_KIND_TRANSFER, 1, 2, 1));

	/*
	 * Of 8 + 16 + 32 that expire, 48 were held in this window; the transfer
	 * is in the next.
	 */
	CHECK(is_expire(0, 5999999, 2, 1, 56, 3));
	CHECK(entries[0].event.event_id == 6000000 && payer->spent == 1 && payer->window_number == 6);
	CHECK(replays());

	ledger_begin(20);
	ledger_starts();
	batch.next_id = 5000000;
	(void) ask(limit);
	(void) ask(a_hold(2, 1, 2, 8, 5000100));
	(void) ask(a_hold(3, 1, 2, 16, 6000002));
	CHECK(ask_at(5000100, command(5, WALLET_KIND_TRANSFER, 1, 2, 74)) == WALLET_success);
	CHECK(payer->spent == 90);
	CHECK(ask_at(6000002, command(6, WALLET_KIND_FREEZE, 1, 0, 0)) == WALLET_success);
	CHECK(payer->spent == 90 && payer->window_number == 5);
	CHECK(replays());
	tap_case("what expires in the window in which it was held is not spent");
}

static void
test_groups(void)
{
	ledger_begin(40);
	ledger_starts();
	(void) ask(a_hold(1, 1, 2, 100, 2000));
	(void) ask(a_hold(2, 3, 2, 100, 2002));
	(void) ask(a_hold(3, 4, 2, 100, 2003));
	next_batch(2000);
	add(0, command(10, WALLET_KIND_TRANSFER, 3, 4, 100));
	add(0, command(11, WALLET_KIND_TRANSFER, 1, 2, 100));
	add(0, a_capture(12, 3, 10, false));
	CHECK(run());
	/* At 2000 the hold of 1 is due; at 2001 no other: the group begins there. */
	CHECK(batch.expire_count == 1 && is_expire(0, 2000, 1, 1, 100, 1) && expires[0].entry == 1);
	CHECK(entries[0].status == WALLET_insufficient_funds && entries[0].event.group_first == 2001);
	CHECK(entries[1].status == WALLET_group_failed && entries[2].status == WALLET_group_failed);
	CHECK(entries[2].event.debit == 4 && entries[2].event.credit == 2 && entries[2].event.debit_held == 100);
	CHECK(ledger.holds[1].state == WALLET_HOLD_EXPIRED && ledger.accounts[0].held == 0);
	CHECK(!(expires[0].event.present & WALLET_HAS_GROUP_FIRST));
	CHECK(replays());
	tap_case("what is due comes before a group, and stays when the group is undone");

	/*
	 * All members' moment is the first's: at 2999 the hold lives, though the
	 * capture's own id is 3001.
	 */
	(void) ask_at(2500, a_hold(4, 1, 2, 50, 3000));
	next_batch(2998);
	add(0, command(20, WALLET_KIND_TRANSFER, 5, 2, 1));
	add(0, command(21, WALLET_KIND_TRANSFER, 5, 2, 1));
	add(0, a_capture(22, 4, 10, false));
	add(0, command(23, WALLET_KIND_TRANSFER, 1, 2, 50));
	CHECK(run() && batch.expire_count == 0);
	CHECK(entries[2].status == WALLET_success && entries[2].event.event_id == 3000);
	CHECK(entries[3].status == WALLET_success && entries[3].event.event_id == 3001);
	CHECK(ledger.accounts[0].next_expiry == 3000);
	next_batch(0);
	add(0, a_capture(24, 4, 10, false));
	CHECK(run() && entries[0].status == WALLET_hold_expired);
	CHECK(is_expire(0, 3002, 4, 1, 40, 1) && entries[0].event.group_first == 3003);
	CHECK(replays());
	tap_case("in a group due is judged at its first id, for all");

	/*
	 * The hold of a member that was answered before, or of nobody, is left
	 * alone.
	 */
	(void) ask_at(4000, a_hold(5, 5, 2, 1, 5000));
	next_batch(5000);
	add(0, command(20, WALLET_KIND_TRANSFER, 5, 2, 1));
	add(0, command(30, WALLET_KIND_TRANSFER, 2, 6, 1));
	CHECK(run() && entries[0].replayed && entries[1].recorded && batch.expire_count == 0);
	/* A group that is told a fault uses no id and expires nothing. */
	next_batch(0);
	add(0, command(31, WALLET_KIND_TRANSFER, 5, 2, 1));
	add(0, a_capture(32, 39, 0, true));
	CHECK(run() && batch.expire_count == 0 && entries[1].status == WALLET_hold_not_found);
	CHECK(entries[0].status == WALLET_group_failed && !entries[0].recorded);

	/*
	 * One that fails by an older refusal uses ids: what is due comes before
	 * them.
	 */
	next_batch(0);
	add(0, command(10, WALLET_KIND_TRANSFER, 3, 4, 100));
	add(0, command(33, WALLET_KIND_TRANSFER, 5, 2, 1));
	CHECK(run() && batch.expire_count == 1 && entries[1].status == WALLET_group_failed);
	CHECK(entries[1].event.group_first == expires[0].event.event_id + 1);
	CHECK(replays());

	/*
	 * A hold that a member places expires after the group's moment, and is
	 * not in the way of the group.
	 */
	next_batch(6000);
	add(0, a_hold(34, 1, 2, 1, 6001));
	add(0, command(35, WALLET_KIND_TRANSFER, 1, 2, 1));
	add(0, a_capture(36, 34, 0, true));
	CHECK(run() && batch.expire_count == 0 && entries[2].status == WALLET_success);
	CHECK(replays());
	tap_case("members that take part, if the group uses ids at all");
}

/* --- what must not go unnoticed --- */

static void
test_wrong_expires(void)
{
	WalletEvent event;
	WalletView	view;
	Ledger	   *l = &ledger;

	for (int fault = 0; fault < 6; fault++)
	{
		ledger_begin(20);
		ledger_starts();
		(void) ask(a_hold(1, 1, 2, 10, 2000));
		(void) ask(a_hold(2, 1, 2, 10, 3000));
		event = command(1, WALLET_KIND_EXPIRE, 1, 0, 0);
		event.leg = 1;
		event.event_id = 2000;
		view = (WalletView)
		{
			.debit = &l->accounts[0],.holds = l->holds,.queue = &l->queues[0]
		};
		switch (fault)
		{
			case 1:
				event.event_id = 1999;	/* not due yet */
				break;
			case 2:
				event.transaction_id = fixture_uuid(2);
				break;
			case 3:
				view.debit = &l->accounts[1];	/* another's */
				view.queue = &l->queues[1];
				break;
			case 4:
				l->accounts[0].next_expiry = 1500;
				break;
			case 5:
				view.queue = NULL;
				break;
			default:
				break;
		}
		CHECK(wallet_step(&view, &event) == (fault ? WALLET_invalid_argument : WALLET_success));
		CHECK(l->accounts[0].held == (fault ? 20 : 10));
		CHECK(l->holds[2].state == WALLET_HOLD_OPEN);
	}
	tap_case("an expire event that is not due is refused");

	for (int64_t id = 1999; id <= 2001; id++)
	{
		for (int side = 0; side < 2; side++)
		{
			ledger_begin(20);
			ledger_starts();
			(void) ask(a_hold(1, 1, 2, 10, 2000));
			event = command(5, WALLET_KIND_TRANSFER, side ? 2 : 1, side ? 1 : 2, 1);
			event.event_id = id;
			view = (WalletView)
			{
				.debit = &l->accounts[side],.credit = &l->accounts[!side]
			};
			CHECK(wallet_event_is_overdue(&view, &event) == (id >= 2000));
			CHECK(wallet_step(&view, &event) == (id >= 2000 ? WALLET_ledger_corrupt : WALLET_success));
			event = command(6, WALLET_KIND_TRANSFER, 1, 2, 1);
			event.event_id = id + 10;
			event.group_first = id;
			event.present |= WALLET_HAS_GROUP_FIRST;
			CHECK(wallet_event_is_overdue(&view, &event) == (id >= 2000));
		}
	}
	tap_case("an event before which one should have expired is not decided");

	/* Room for one expire event, and two are due. */
	ledger_begin(20);
	ledger_starts();
	(void) ask(a_hold(1, 1, 2, 10, 2000));
	(void) ask(a_hold(2, 2, 1, 10, 2000));
	expire_room = 1;
	next_batch(2000);
	add(-1, command(3, WALLET_KIND_TRANSFER, 1, 2, 1));
	CHECK(!run() && batch.exhausted);
	expire_room = 16;
	/* A row that says a hold is due when none is. */
	ledger_begin(20);
	ledger_starts();
	ledger.accounts[0].next_expiry = 5;
	next_batch(2000);
	add(-1, command(3, WALLET_KIND_TRANSFER, 1, 2, 1));
	CHECK(!run() && !batch.exhausted);
	tap_case("a batch without room says so; a next_expiry without a hold is corrupt");
}

/* --- the queue --- */

#define MANY 100000

static int
compare_holds(const void *a, const void *b)
{
	const WalletHold *x = a;
	const WalletHold *y = b;

	if (x->expires_at != y->expires_at)
		return x->expires_at < y->expires_at ? -1 : 1;
	return x->event_id < y->event_id ? -1 : x->event_id > y->event_id;
}

/* Random pushes, pops, settlements and births taken back, against the least of all that is open. */
static void
test_queue(void)
{
	enum
	{
		N = 200
	};
	WalletHold	holds[N];
	int32_t		queue;
	bool		good = true;

	for (int round = 0; round < 300; round++)
	{
		memset(holds, 0, sizeof(holds));
		queue = 0;
		for (int step = 0; step < 600; step++)
		{
			WalletHold *hold = &holds[tap_pick(N)];
			const WalletHold *least = NULL;

			if (hold->state == WALLET_HOLD_NONE && !hold->queued)
			{
				hold->expires_at = 1 + tap_pick(20);
				hold->event_id = 1 + tap_pick(1000000);
				hold->state = WALLET_HOLD_OPEN;
				wallet_expiry_push(holds, &queue, hold);
			}
			else if (hold->state == WALLET_HOLD_OPEN && tap_chance(30))
			{
				wallet_expiry_remove(holds, &queue, hold);
				hold->state = WALLET_HOLD_SETTLED;
			}
			else if (hold->state == WALLET_HOLD_SETTLED)
			{
				hold->state = WALLET_HOLD_OPEN; /* an undo */
				wallet_expiry_push(holds, &queue, hold);
			}
			else if (tap_chance(10) && hold->state == WALLET_HOLD_OPEN)
			{
				wallet_expiry_remove(holds, &queue, hold);
				memset(hold, 0, sizeof(*hold)); /* an undo of its birth */
			}
			else if (tap_chance(20) && (hold = wallet_expiry_first(holds, &queue)) != NULL)
			{
				wallet_expiry_remove(holds, &queue, hold);
				hold->state = WALLET_HOLD_EXPIRED;
			}
			for (int i = 0; i < N; i++)
			{
				if (holds[i].state == WALLET_HOLD_OPEN &&
					(least == NULL || compare_holds(&holds[i], least) < 0))
					least = &holds[i];
			}
			if (tap_chance(50))
			{
				hold = wallet_expiry_first(holds, &queue);
				good = good && (least == NULL ? hold == NULL : hold != NULL && compare_holds(least, hold) == 0);
				good = good && wallet_expiry_next(holds, &queue) == (least == NULL ? 0 : least->expires_at);
			}
		}
	}
	CHECK(good);
	tap_case("the first of the queue is the open hold that expires first, whatever came and went");
}

/* In the order given by the sort: 0 ascending, 1 descending, 2 random. */
static void
test_many(void)
{
	for (int how = 0; how < 3; how++)
	{
		WalletHold *sorted = malloc(MANY * sizeof(WalletHold));
		clock_t		start;
		int32_t		place;
		bool		good = true;

		ledger_begin(MANY + 10);
		ledger.accounts[0].balance = ledger.accounts[0].held = MANY;
		ledger.accounts[0].next_expiry = 5000;
		start = clock();
		for (int i = 0; i < MANY; i++)
		{
			WalletHold *hold = &ledger.holds[i];

			*hold = (WalletHold)
			{
				.transaction_id = fixture_uuid(i),
				.event_id = 10 + i,
				.debit = 1,
				.credit = 2,
				.expires_at = 5000 + (how == 0 ? i : how == 1 ? MANY - 1 - i : tap_pick(MANY)),
				.amount = 1,
				.remaining = 1,
				.payer = 0,
				.payee = 1,
				.state = WALLET_HOLD_OPEN
			};
			if (i == 0)
				hold->expires_at = how == 1 ? hold->expires_at : 5000;
			sorted[i] = *hold;
			wallet_expiry_push(ledger.holds, &ledger.queues[0], hold);
		}
		memcpy(ledger_start, ledger.accounts, sizeof(ledger_start));
		ledger_start[0].held = 0;
		qsort(sorted, MANY, sizeof(WalletHold), compare_holds);
		batch.next_id = 5000 + MANY;
		CHECK(ask(command(MANY + 1, WALLET_KIND_TRANSFER, 1, 2, MANY)) == WALLET_success);
		CHECK(batch.expire_count == 1 && expires[0].count == MANY && expires[0].event.amount == MANY);
		place = expires[0].first;
		for (int i = 0; i < MANY && good; i++)
		{
			good = place >= 0 && place < MANY && ledger.holds[place].event_id == sorted[i].event_id &&
				ledger.holds[place].state == WALLET_HOLD_EXPIRED;
			place = ledger.holds[place].next - 1;
		}
		CHECK(good && place == -1);
		CHECK(ledger.accounts[0].held == 0 && ledger.accounts[0].next_expiry == 0);
		printf("# %d due at once: %.0f ms\n", MANY, (double) (clock() - start) * 1000 / CLOCKS_PER_SEC);
		CHECK(clock() - start < 5 * CLOCKS_PER_SEC);
		free(sorted);
	}
	tap_case("100,000 holds of one account that are due at once are one event, in order");
}

int
main(void)
{
	test_moments();
	test_told_alike();
	test_fold();
	test_next_expiry();
	test_windows();
	test_groups();
	test_wrong_expires();
	test_queue();
	test_many();
	ledger_end();
	return tap_end();
}
