/*
 * test_group.c
 *
 * Goal: members of a group stand or fall together as format-1.md, 7, says, rule
 * by rule, and what a failed group leaves behind is what it should: its records
 * and nothing else.
 *
 * Method: small batches on accounts of 100 each; statuses, ids, causes and
 * balances by hand; every batch's records are replayed and must come out again.
 */
#include <time.h>

#include "core/batch.h"
#include "core/codec.h"
#include "core/detail.h"
#include "fixture.h"
#include "log.h"
#include "tap.h"

#define ACCOUNTS 6
#define ENTRIES 40
#define FIRST 1000				/* the first free id */

#define INPUTS (WALLET_HAS_DEBIT | WALLET_HAS_CREDIT | WALLET_HAS_REQUESTED)
#define SEEN \
	(WALLET_HAS_DEBIT_BALANCE | WALLET_HAS_CREDIT_BALANCE | WALLET_HAS_DEBIT_HELD | \
	 WALLET_HAS_DEBIT_VERSION | WALLET_HAS_CREDIT_VERSION)

static WalletAccount accounts[ACCOUNTS];
static WalletAccount before[ACCOUNTS];
static WalletEntry entries[ENTRIES];
static WalletEvent priors[ENTRIES];
static int	prior_count;
static WalletBatch batch;

/* Accounts 1 ... 6, in positions 0 ... 5, with 100 each; 6 has no floor. */
static void
begin(void)
{
	free(batch.undo);
	memset(entries, 0, sizeof(entries));
	for (int i = 0; i < ACCOUNTS; i++)
		accounts[i] = fixture_account(i + 1, 100);
	accounts[5].has_floor = false;
	prior_count = 0;
	batch = (WalletBatch)
	{
		.entries = entries,
		.accounts = accounts,
		.next_id = FIRST
	};
}

/* A transfer between accounts by id; 0 is one that nobody has. */
static WalletEntry *
add(int group, int number, int debit, int credit, int amount)
{
	WalletEntry *entry = &entries[batch.count++];

	*entry = (WalletEntry)
	{
		.event = fixture_transfer(number, debit, credit, amount),
		.debit = debit - 1,
		.credit = credit - 1,
		.opened = -1,
		.group = group,
		.same_as = -1
	};
	for (int i = (int) batch.count - 2; i >= 0 && entry->same_as < 0; i--)
	{
		if (wallet_uuid_equal(&entries[i].event.transaction_id, &entry->event.transaction_id))
			entry->same_as = i;
	}
	return entry;
}

/* The entry's id was recorded long ago with the same content, and this answer. */
static const WalletEvent *
recorded_before(WalletEntry *entry, int64_t event_id, WalletStatus status)
{
	WalletEvent *prior = &priors[prior_count++];

	*prior = entry->event;
	prior->event_id = event_id;
	prior->status = (uint16_t) status;
	entry->prior = prior;
	return prior;
}

/* Undo has just the room that it may need, so that ASan sees one more. */
static bool
run(void)
{
	size_t		largest = 0;

	for (size_t i = 0; i < batch.count; i++)
	{
		size_t		n = 0;

		for (size_t j = 0; j < batch.count; j++)
			n += entries[j].group == entries[i].group;
		if (entries[i].group >= 0 && n > largest)
			largest = n;
	}
	batch.undo = malloc(largest ? largest * WALLET_UNDO_PER_MEMBER * sizeof(WalletUndo) : 1);
	memcpy(before, accounts, sizeof(before));
	return wallet_batch_run(&batch);
}

/* What was recorded decides itself again, from the accounts before. */
static bool
replays(void)
{
	Log			log = {0};
	WalletAccount replayed[ACCOUNTS];
	bool		good;

	memcpy(replayed, before, sizeof(replayed));
	log_append_recorded(&log, &batch);
	good = log_replays(&log, replayed, ACCOUNTS);
	for (int i = 0; i < ACCOUNTS; i++)
		good = fixture_same_account(&replayed[i], &accounts[i]) && good;
	free(log.events);
	return good;
}

/* Recorded now, as this event. */
static bool
is_new(int i, WalletStatus status, int64_t event_id)
{
	const WalletEntry *entry = &entries[i];

	return entry->status == status && entry->recorded && !entry->replayed &&
		entry->answer == &entry->event && entry->known == &entry->event &&
		entry->event.status == (uint16_t) status && entry->event.event_id == event_id &&
		entry->difference == NULL;
}

/* Answered from a record. */
static bool
is_replay(int i, WalletStatus status, const WalletEvent *record)
{
	const WalletEntry *entry = &entries[i];

	return entry->status == status && !entry->recorded && entry->replayed &&
		entry->answer == record && entry->known == record && entry->difference == NULL;
}

/* Told no, and nothing is left of it. */
static bool
is_lost(int i, WalletStatus status)
{
	const WalletEntry *entry = &entries[i];

	return entry->status == status && !entry->recorded && !entry->replayed && entry->answer == NULL;
}

static bool
all_untouched(void)
{
	for (int i = 0; i < ACCOUNTS; i++)
	{
		if (!fixture_same_account(&accounts[i], &before[i]))
			return false;
	}
	return true;
}

/* Untouched, but for the guards given, of accounts 1 ... 6; 0: not read. */
static bool
only_guards(int64_t g1, int64_t g2, int64_t g3, int64_t g4, int64_t g5, int64_t g6)
{
	const int64_t guards[ACCOUNTS] = {g1, g2, g3, g4, g5, g6};

	for (int i = 0; i < ACCOUNTS; i++)
	{
		WalletAccount expected = before[i];

		if (guards[i] != 0)
			expected.guard_event = guards[i];
		if (!fixture_same_account(&accounts[i], &expected))
			return false;
	}
	return true;
}

static bool
is_group_failed(int i, int64_t event_id, int64_t group_first, int64_t cause)
{
	const WalletEvent *event = &entries[i].event;

	return is_new(i, WALLET_group_failed, event_id) &&
		event->present == (INPUTS | SEEN | WALLET_HAS_GROUP_FIRST | WALLET_HAS_CAUSE) &&
		event->group_first == group_first && event->cause == cause;
}

static void
test_success(void)
{
	begin();
	add(0, 1, 1, 2, 100);
	add(0, 2, 2, 3, 200);		/* what came and what was there */
	add(0, 3, 3, 4, 300);
	CHECK(run());
	CHECK(is_new(0, WALLET_success, 1000));
	CHECK(is_new(1, WALLET_success, 1001));
	CHECK(is_new(2, WALLET_success, 1002));
	for (int i = 0; i < 3; i++)
	{
		CHECK(entries[i].event.present & WALLET_HAS_GROUP_FIRST);
		CHECK(entries[i].event.group_first == 1000);
		CHECK(!(entries[i].event.present & WALLET_HAS_CAUSE));
	}
	CHECK(accounts[0].balance == 0 && accounts[1].balance == 0 && accounts[2].balance == 0);
	CHECK(accounts[3].balance == 400);
	CHECK(entries[1].event.debit_prev == 1000 && entries[2].event.debit_prev == 1001);
	CHECK(entries[1].event.debit_version == 3 && entries[1].event.debit_balance == 0);
	CHECK(batch.next_id == 1003);
	CHECK(replays());
	tap_case("members see the effects of those before them, under ids without a gap");
}

static void
test_guilty_in_the_middle(void)
{
	begin();
	add(0, 1, 1, 2, 100);
	add(0, 2, 2, 3, 201);		/* sees 200 */
	add(0, 3, 3, 4, 10);
	add(0, 4, 1, 4, 10);
	CHECK(run());
	CHECK(is_group_failed(0, 1000, 1000, 1001));
	CHECK(is_new(1, WALLET_insufficient_funds, 1001));
	CHECK(is_group_failed(2, 1002, 1000, 1001));
	CHECK(is_group_failed(3, 1003, 1000, 1001));
	CHECK(batch.next_id == 1004);
	tap_case("a remembered refusal: the guilty with its status, the others group_failed");

	CHECK(entries[1].event.present == (INPUTS | SEEN | WALLET_HAS_GROUP_FIRST));
	CHECK(entries[1].event.group_first == 1000);
	CHECK(entries[1].event.debit_balance == 200 && entries[1].event.debit_version == 2);
	CHECK(entries[1].event.credit_balance == 100 && entries[1].event.credit_version == 1);
	CHECK(entries[0].event.debit_balance == 100 && entries[0].event.credit_balance == 100);
	CHECK(entries[0].event.debit_version == 1 && entries[0].event.credit_version == 1);
	CHECK(entries[2].event.debit_balance == 100 && entries[2].event.credit_balance == 100);
	CHECK(entries[0].event.exponent == 2 && entries[0].event.requested == 100);
	tap_case("the guilty records what it saw, the others what is there after the undo");

	CHECK(only_guards(1003, 1001, 1002, 1003, 0, 0));
	CHECK(replays());
	tap_case("a failed group moves only the guards of the accounts that were read");
}

static void
test_guilty_at_the_ends(void)
{
	begin();
	add(0, 1, 1, 2, 101);
	add(0, 2, 3, 4, 1);
	add(0, 3, 3, 4, 1000);		/* would be refused too: nobody asks */
	CHECK(run());
	CHECK(is_new(0, WALLET_insufficient_funds, 1000));
	CHECK(is_group_failed(1, 1001, 1000, 1000));
	CHECK(is_group_failed(2, 1002, 1000, 1000));
	CHECK(only_guards(1000, 1000, 1002, 1002, 0, 0));
	CHECK(replays());

	begin();
	add(0, 1, 1, 2, 1);
	add(0, 2, 2, 1, 1);
	add(0, 3, 1, 2, 101);
	CHECK(run());
	CHECK(is_group_failed(0, 1000, 1000, 1002));
	CHECK(is_group_failed(1, 1001, 1000, 1002));
	CHECK(is_new(2, WALLET_insufficient_funds, 1002));
	CHECK(entries[2].event.debit_version == 3);
	CHECK(only_guards(1002, 1002, 0, 0, 0, 0));
	CHECK(replays());
	tap_case("the first or the last member may be the guilty one");
}

static void
test_not_remembered(void)
{
	WalletEntry *entry;

	begin();
	add(0, 1, 1, 2, 100);
	entry = add(0, 2, 2, 3, 50);
	entry->event.present |= WALLET_HAS_EXPECTED_VERSION;
	entry->event.expected_version = 1;	/* it is 2 by then */
	add(0, 3, 3, 4, 10);
	CHECK(run());
	CHECK(is_lost(0, WALLET_group_failed));
	CHECK(is_lost(1, WALLET_version_conflict));
	CHECK(is_lost(2, WALLET_group_failed));
	CHECK(entries[0].known == NULL && entries[1].known == NULL && entries[2].known == NULL);
	CHECK(all_untouched());
	CHECK(batch.next_id == FIRST);
	tap_case("a refusal that is not remembered: nothing is recorded or moved, ids are free");

	begin();
	add(0, 1, 1, 2, 100);
	entry = add(0, 2, 2, 3, 50);
	entry->event.present |= WALLET_HAS_EFFECTIVE_AT;
	entry->event.effective_at = 1001;	/* its own id, but later than the
										 * group's moment */
	CHECK(run());
	CHECK(is_lost(0, WALLET_group_failed) && is_lost(1, WALLET_invalid_effective_at));
	CHECK(all_untouched() && batch.next_id == FIRST);
	begin();
	add(0, 1, 1, 2, 100);
	entry = add(0, 2, 2, 3, 50);
	entry->event.present |= WALLET_HAS_EFFECTIVE_AT;
	entry->event.effective_at = 1000;
	CHECK(run());
	CHECK(is_new(1, WALLET_success, 1001) && replays());
	tap_case("moments of all members are judged at the first");
}

static void
test_ids_used_again(void)
{
	WalletEntry *entry;

	begin();
	add(0, 1, 1, 2, 100);
	entry = add(0, 2, 2, 3, 50);
	entry->event.present |= WALLET_HAS_EXPECTED_VERSION;
	add(-1, 3, 1, 3, 60);		/* would fail if the 100 were gone */
	add(1, 4, 1, 4, 40);
	add(1, 5, 4, 1, 1);
	CHECK(run());
	CHECK(is_lost(0, WALLET_group_failed) && is_lost(1, WALLET_version_conflict));
	CHECK(is_new(2, WALLET_success, 1000));
	CHECK(!(entries[2].event.present & WALLET_HAS_GROUP_FIRST));
	CHECK(entries[2].event.debit_balance == 40 && entries[2].event.debit_version == 2);
	CHECK(is_new(3, WALLET_success, 1001) && entries[3].event.group_first == 1001);
	CHECK(is_new(4, WALLET_success, 1002) && entries[4].event.group_first == 1001);
	CHECK(accounts[0].balance == 1 && accounts[3].balance == 139);
	CHECK(replays());
	tap_case("what comes after sees the state restored and takes the ids that are free again");
}

static void
test_groups_in_a_row(void)
{
	begin();
	add(7, 1, 1, 2, 100);
	add(7, 2, 1, 2, 1);			/* guilty */
	add(3, 3, 1, 3, 100);
	add(3, 4, 3, 4, 200);
	add(-1, 5, 4, 5, 300);
	add(9, 6, 5, 6, 400);
	add(9, 7, 5, 6, 1);			/* guilty */
	add(-1, 8, 5, 6, 400);
	CHECK(run());
	CHECK(is_group_failed(0, 1000, 1000, 1001));
	CHECK(is_new(1, WALLET_insufficient_funds, 1001));
	CHECK(is_new(2, WALLET_success, 1002) && entries[2].event.group_first == 1002);
	CHECK(is_new(3, WALLET_success, 1003) && entries[3].event.group_first == 1002);
	CHECK(is_new(4, WALLET_success, 1004));
	CHECK(is_group_failed(5, 1005, 1005, 1006));
	CHECK(is_new(6, WALLET_insufficient_funds, 1006) && entries[6].event.group_first == 1005);
	CHECK(is_new(7, WALLET_success, 1007));
	CHECK(accounts[4].balance == 0 && accounts[5].balance == 500);
	CHECK(replays());
	tap_case("groups and singles in a row each see what those before left");

	begin();
	add(4, 1, 1, 2, 10);
	add(5, 2, 1, 2, 1000);
	add(6, 3, 1, 2, 10);
	CHECK(run());
	CHECK(is_new(0, WALLET_success, 1000) && entries[0].event.group_first == 1000);
	CHECK(is_new(1, WALLET_insufficient_funds, 1001) && entries[1].event.group_first == 1001);
	CHECK(entries[1].event.present == (INPUTS | SEEN | WALLET_HAS_GROUP_FIRST));
	CHECK(is_new(2, WALLET_success, 1002) && entries[2].event.group_first == 1002);
	CHECK(replays());
	tap_case("a group of one carries group_first too");
}

/* Undo takes back whatever a rule may have changed, also of accounts touched many times. */
static void
test_undo(void)
{
	begin();
	for (int i = 0; i < ACCOUNTS; i++)
	{
		accounts[i].has_spend_limit = true;
		accounts[i].spend_limit = 10000;
		accounts[i].spent = 3;
		accounts[i].window_seconds = 1;
		accounts[i].window_number = 77;
		accounts[i].has_ceiling = true;
		accounts[i].ceiling = 1000;
		accounts[i].reserved = 4;
		accounts[i].held = 5;
	}
	for (int i = 0; i < 20; i++)
		add(0, i, 1 + i % 5, 1 + (i + 1) % 5, 10 + i);
	add(0, 99, 1, 6, 1001);		/* over the ceiling */
	CHECK(run());
	CHECK(entries[20].status == WALLET_ceiling_exceeded);
	CHECK(entries[19].status == WALLET_group_failed);
	/* Member i reads 1 + i % 5 and the next; the guilty, 1020, reads 1 and 6. */
	CHECK(only_guards(1020, 1016, 1017, 1018, 1019, 1020));
	CHECK(replays());
	tap_case("undo restores everything, however often an account was touched");
}

/* --- rule 1: looked at before any is stepped --- */

static void
test_fault_before_stepping(void)
{
	begin();
	add(0, 1, 1, 2, 1000);		/* would be insufficient_funds: not asked */
	add(0, 2, 1, 2, 10);
	add(0, 3, 1, 2, -1)->fault = WALLET_invalid_amount;
	add(0, 4, 1, 0, 10);		/* a later fault */
	CHECK(run());
	CHECK(is_lost(0, WALLET_group_failed));
	CHECK(is_lost(1, WALLET_group_failed));
	CHECK(is_lost(2, WALLET_invalid_amount));
	CHECK(is_lost(3, WALLET_group_failed));
	CHECK(all_untouched() && batch.next_id == FIRST);
	tap_case("a fault without state anywhere is the culprit, and nothing is recorded");

	for (int side = 0; side < 2; side++)
	{
		begin();
		add(0, 1, 1, 2, 1000);
		add(0, 2, side ? 0 : 1, side ? 1 : 0, 10);
		add(0, 3, 1, 2, 10)->fault = WALLET_unknown_currency;
		CHECK(run());
		CHECK(is_lost(0, WALLET_group_failed) && is_lost(1, WALLET_account_not_found));
		CHECK(is_lost(2, WALLET_group_failed));
		CHECK(all_untouched() && batch.next_id == FIRST);
	}
	tap_case("an unknown account anywhere is the culprit");
}

static void
test_forbidden(void)
{
	WalletEntry *entry;

	begin();
	add(0, 1, 1, 2, 1000);		/* would be insufficient_funds: not asked */
	add(0, 2, 1, 2, 10)->forbidden = true;
	entry = add(0, 3, 1, 2, 10);
	entry->forbidden = true;
	recorded_before(entry, 500, WALLET_success);
	CHECK(run());
	CHECK(is_lost(0, WALLET_group_failed));
	CHECK(is_lost(1, WALLET_insufficient_privilege));
	CHECK(is_replay(2, WALLET_success, &priors[0]));
	CHECK(all_untouched() && batch.next_id == FIRST);
	tap_case("a debit that the user may not make is the culprit, unless it is recorded");

	begin();
	add(-1, 1, 1, 2, 10)->forbidden = true;
	entry = add(-1, 2, 1, 2, 10);
	entry->forbidden = true;
	recorded_before(entry, 500, WALLET_insufficient_funds);
	add(-1, 3, 1, 0, 10)->forbidden = true;
	CHECK(run());
	CHECK(is_lost(0, WALLET_insufficient_privilege));
	CHECK(is_replay(1, WALLET_insufficient_funds, &priors[0]));
	CHECK(is_lost(2, WALLET_account_not_found));
	CHECK(all_untouched() && batch.next_id == FIRST);
	tap_case("alone, too; and first the account must exist");
}

static void
test_conflict_before_stepping(void)
{
	WalletEntry *entry;
	const WalletEvent *prior;

	begin();
	add(0, 1, 1, 2, 1000);
	entry = add(0, 2, 1, 2, 10);
	prior = recorded_before(entry, 500, WALLET_success);
	entry->event.requested = 11;
	CHECK(run());
	CHECK(is_lost(0, WALLET_group_failed));
	CHECK(is_lost(1, WALLET_transaction_id_conflict));
	CHECK(entries[1].known == prior);
	CHECK(entries[1].difference != NULL && strcmp(entries[1].difference, "amount") == 0);
	CHECK(all_untouched() && batch.next_id == FIRST);
	tap_case("a conflict with a recorded id is the culprit");

	/*
	 * Before a recorded refusal, too, and recorded members answer all the
	 * same.
	 */
	begin();
	entry = add(0, 1, 1, 2, 1000);
	prior = recorded_before(entry, 500, WALLET_insufficient_funds);
	add(0, 2, 1, 2, 10);
	add(0, 3, 1, 2, 0)->fault = WALLET_invalid_amount;
	entry = add(0, 4, 1, 2, 7);
	CHECK(entry->prior == NULL);
	(void) recorded_before(entry, 501, WALLET_success);
	CHECK(run());
	CHECK(is_replay(0, WALLET_insufficient_funds, prior));
	CHECK(is_lost(1, WALLET_group_failed));
	CHECK(is_lost(2, WALLET_invalid_amount));
	CHECK(is_replay(3, WALLET_success, &priors[1]));
	CHECK(all_untouched() && batch.next_id == FIRST);
	tap_case("a fault goes before a recorded refusal; recorded members answer their records");

	begin();
	add(0, 1, 1, 2, 0)->fault = WALLET_invalid_amount;
	entry = add(0, 2, 1, 2, 10);
	recorded_before(entry, 500, WALLET_success);
	entry->event.requested = 11;
	CHECK(run());
	CHECK(is_lost(0, WALLET_invalid_amount));
	CHECK(is_lost(1, WALLET_group_failed));
	tap_case("of several culprits the first is told");
	CHECK(entries[1].difference == NULL);
	tap_case("difference is told of conflicts only");
}

/* --- rule 2: recorded members --- */

static void
test_recorded_refusal(void)
{
	WalletEntry *entry;

	begin();
	add(0, 1, 1, 2, 10);
	entry = add(0, 2, 1, 2, 10);
	recorded_before(entry, 500, WALLET_success);
	entry = add(0, 3, 3, 4, 10);
	recorded_before(entry, 400, WALLET_account_frozen);
	entry = add(0, 4, 3, 4, 10);
	recorded_before(entry, 300, WALLET_group_failed);
	add(0, 5, 2, 5, 1000);		/* not stepped, so not guilty */
	add(-1, 6, 1, 2, 100);
	CHECK(run());
	CHECK(is_group_failed(0, 1000, 1000, 400));
	CHECK(is_replay(1, WALLET_success, &priors[0]));
	CHECK(is_replay(2, WALLET_account_frozen, &priors[1]));
	CHECK(is_replay(3, WALLET_group_failed, &priors[2]));
	CHECK(is_group_failed(4, 1001, 1000, 400));
	CHECK(is_new(5, WALLET_success, 1002));
	CHECK(accounts[2].guard_event == 3 && accounts[3].guard_event == 4);
	CHECK(accounts[4].guard_event == 1001 && accounts[4].balance == 100);
	CHECK(replays());
	tap_case("the first recorded refusal is the culprit and the cause; nothing is stepped");

	begin();
	entry = add(0, 1, 1, 2, 10);
	recorded_before(entry, 500, WALLET_success);
	entry = add(0, 2, 1, 2, 10);
	recorded_before(entry, 400, WALLET_account_frozen);
	CHECK(run());
	CHECK(is_replay(0, WALLET_success, &priors[0]));
	CHECK(is_replay(1, WALLET_account_frozen, &priors[1]));
	CHECK(all_untouched() && batch.next_id == FIRST);
	tap_case("a group whose members are all recorded records nothing");
}

/* A refusal earlier in the same batch counts as recorded. */
static void
test_refusal_earlier_in_batch(void)
{
	begin();
	add(-1, 1, 1, 2, 101);
	add(0, 2, 1, 2, 10);
	add(0, 1, 1, 2, 101);
	CHECK(run());
	CHECK(is_new(0, WALLET_insufficient_funds, 1000));
	CHECK(is_group_failed(1, 1001, 1001, 1000));
	CHECK(is_replay(2, WALLET_insufficient_funds, &entries[0].event));
	CHECK(replays());
	tap_case("a refusal recorded earlier in the batch is a recorded refusal");
}

static void
test_recorded_success(void)
{
	WalletEntry *entry;

	begin();
	entry = add(0, 1, 1, 2, 60);
	recorded_before(entry, 500, WALLET_success);
	add(0, 2, 1, 2, 100);		/* only if the 60 are not taken again */
	CHECK(run());
	CHECK(is_replay(0, WALLET_success, &priors[0]));
	CHECK(is_new(1, WALLET_success, 1000) && entries[1].event.group_first == 1000);
	CHECK(accounts[0].balance == 0 && accounts[1].balance == 200);
	CHECK(replays());

	begin();
	entry = add(0, 1, 1, 2, 60);
	recorded_before(entry, 500, WALLET_success);
	add(0, 2, 1, 2, 100);
	add(0, 3, 1, 2, 1);
	CHECK(run());
	CHECK(is_replay(0, WALLET_success, &priors[0]));
	CHECK(is_group_failed(1, 1000, 1000, 1001));
	CHECK(is_new(2, WALLET_insufficient_funds, 1001));
	CHECK(only_guards(1001, 1001, 0, 0, 0, 0));
	CHECK(replays());
	tap_case("a recorded success replays, takes no part and is not undone");
}

/* --- rule 4: twins --- */

static void
test_twins(void)
{
	begin();
	add(0, 1, 1, 2, 60);
	add(0, 1, 1, 2, 60);
	add(0, 2, 2, 3, 160);
	add(0, 1, 1, 2, 60);
	CHECK(run());
	CHECK(is_new(0, WALLET_success, 1000));
	CHECK(is_replay(1, WALLET_success, &entries[0].event));
	CHECK(is_new(2, WALLET_success, 1001));
	CHECK(is_replay(3, WALLET_success, &entries[0].event));
	CHECK(accounts[0].balance == 40);
	CHECK(batch.next_id == 1002 && replays());
	tap_case("the same id twice is one member");

	begin();
	add(0, 1, 1, 2, 60);
	add(0, 1, 1, 2, 60);
	add(0, 2, 2, 3, 161);
	add(0, 2, 2, 3, 161);
	add(0, 1, 1, 2, 60);
	CHECK(run());
	CHECK(is_group_failed(0, 1000, 1000, 1001));
	CHECK(is_replay(1, WALLET_group_failed, &entries[0].event));
	CHECK(is_new(2, WALLET_insufficient_funds, 1001));
	CHECK(is_replay(3, WALLET_insufficient_funds, &entries[2].event));
	CHECK(is_replay(4, WALLET_group_failed, &entries[0].event));
	CHECK(batch.next_id == 1002 && replays());
	tap_case("twins in a group that failed and is remembered");

	begin();
	add(0, 1, 1, 2, 60);
	add(0, 1, 1, 2, 60);
	for (int i = 0; i < 2; i++)
	{
		WalletEntry *entry = add(0, 2, 2, 3, 10);

		entry->event.present |= WALLET_HAS_EXPECTED_VERSION;
	}
	CHECK(run());
	CHECK(is_lost(0, WALLET_group_failed) && is_lost(1, WALLET_group_failed));
	CHECK(is_lost(2, WALLET_version_conflict) && is_lost(3, WALLET_version_conflict));
	for (int i = 0; i < 4; i++)
		CHECK(entries[i].known == NULL);
	CHECK(all_untouched() && batch.next_id == FIRST);
	tap_case("twins in a group that failed without a trace");
}

static void
test_twins_of_recorded(void)
{
	WalletEntry *entry;

	begin();
	entry = add(0, 1, 1, 2, 60);
	recorded_before(entry, 500, WALLET_success);
	add(0, 1, 1, 2, 60);
	add(0, 2, 1, 2, 100);
	CHECK(run());
	CHECK(is_replay(0, WALLET_success, &priors[0]));
	CHECK(is_replay(1, WALLET_success, &priors[0]));
	CHECK(is_new(2, WALLET_success, 1000));

	begin();
	add(0, 2, 1, 2, 100);
	entry = add(0, 1, 1, 2, 60);
	recorded_before(entry, 500, WALLET_ceiling_exceeded);
	add(0, 1, 1, 2, 60);
	add(0, 2, 1, 2, 100);
	CHECK(run());
	CHECK(is_group_failed(0, 1000, 1000, 500));
	CHECK(is_replay(1, WALLET_ceiling_exceeded, &priors[0]));
	CHECK(is_replay(2, WALLET_ceiling_exceeded, &priors[0]));
	CHECK(is_replay(3, WALLET_group_failed, &entries[0].event));
	tap_case("twins of a recorded member answer its record");
}

static void
test_twins_that_differ(void)
{
	WalletEntry *entry;

	begin();
	add(0, 1, 1, 2, 1000);
	add(0, 2, 1, 2, 10);
	add(0, 1, 1, 2, 1001);
	CHECK(run());
	CHECK(is_lost(0, WALLET_group_failed) && is_lost(1, WALLET_group_failed));
	CHECK(is_lost(2, WALLET_transaction_id_conflict));
	CHECK(entries[2].difference != NULL && strcmp(entries[2].difference, "amount") == 0);
	CHECK(all_untouched() && batch.next_id == FIRST);
	tap_case("twins with other content conflict, though nothing is recorded yet");

	begin();
	entry = add(0, 1, 1, 2, 60);
	recorded_before(entry, 500, WALLET_success);
	add(0, 1, 1, 2, 61);
	add(0, 1, 1, 2, 60);
	CHECK(run());
	CHECK(is_replay(0, WALLET_success, &priors[0]));
	CHECK(is_lost(1, WALLET_transaction_id_conflict));
	CHECK(is_replay(2, WALLET_success, &priors[0]));
	tap_case("a twin that conflicts does not keep the others from their record");
}

/* The culprit tells its own fault, also when it repeats the id of a member that has none. */
static void
test_twins_with_a_fault(void)
{
	WalletEntry *entry;

	begin();
	add(0, 1, 1, 2, 60);
	add(0, 1, 1, 2, -60)->fault = WALLET_invalid_amount;
	add(0, 2, 1, 2, 1);
	CHECK(run());
	CHECK(is_lost(0, WALLET_group_failed));
	CHECK(is_lost(1, WALLET_invalid_amount));
	CHECK(is_lost(2, WALLET_group_failed));
	CHECK(all_untouched() && batch.next_id == FIRST);
	tap_case("a twin with a fault is the culprit and says so");

	begin();
	entry = add(0, 1, 1, 2, 60);
	recorded_before(entry, 500, WALLET_success);
	add(0, 1, 1, 2, -60)->fault = WALLET_invalid_amount;
	add(0, 2, 1, 2, 1);
	CHECK(run());
	CHECK(is_replay(0, WALLET_success, &priors[0]));
	CHECK(is_lost(1, WALLET_invalid_amount));
	CHECK(is_lost(2, WALLET_group_failed));
	tap_case("a twin with a fault is not a success because the first of its id was one");

	begin();
	entry = add(0, 1, 1, 2, 60);
	recorded_before(entry, 500, WALLET_success);
	add(0, 2, 1, 2, -1)->fault = WALLET_invalid_amount;
	add(0, 1, 1, 2, 61);		/* would conflict */
	add(0, 1, 1, 2, -1)->fault = WALLET_invalid_amount;
	CHECK(run());
	CHECK(is_replay(0, WALLET_success, &priors[0]));
	CHECK(is_lost(1, WALLET_invalid_amount));
	CHECK(is_lost(2, WALLET_group_failed));
	CHECK(is_lost(3, WALLET_group_failed));
	tap_case("a twin that differs from a recorded success is no success in a failed group");

	begin();
	add(0, 1, 1, 2, -60)->fault = WALLET_invalid_amount;
	add(0, 1, 1, 2, -60)->fault = WALLET_invalid_amount;
	CHECK(run());
	CHECK(is_lost(0, WALLET_invalid_amount) && is_lost(1, WALLET_invalid_amount));
	tap_case("the second of two with the same fault is answered as the first");
}

/* An id that comes again after its group. */
static void
test_ids_across_groups(void)
{
	begin();
	add(0, 1, 1, 2, 60);
	add(0, 1, 1, 2, 60);
	add(0, 2, 1, 2, 60);		/* guilty and remembered */
	add(1, 1, 1, 2, 60);		/* recorded by now: the culprit */
	add(1, 3, 3, 4, 5);
	add(-1, 1, 1, 2, 60);
	add(-1, 2, 1, 2, 61);
	CHECK(run());
	CHECK(is_group_failed(0, 1000, 1000, 1001));
	CHECK(is_new(2, WALLET_insufficient_funds, 1001));
	CHECK(is_replay(3, WALLET_group_failed, &entries[0].event));
	CHECK(is_group_failed(4, 1002, 1002, 1000));
	CHECK(is_replay(5, WALLET_group_failed, &entries[0].event));
	CHECK(is_lost(6, WALLET_transaction_id_conflict) && entries[6].known == &entries[2].event);
	CHECK(replays());
	tap_case("ids of a group that failed and is remembered are taken");

	begin();
	add(0, 1, 1, 2, 60);
	add(0, 1, 1, 2, 60);
	add(0, 2, 1, 0, 60);		/* guilty, not remembered */
	add(1, 1, 1, 2, 70);		/* free, so other content does no harm */
	add(1, 2, 1, 2, 30);
	add(2, 2, 1, 2, 30);
	add(-1, 1, 1, 2, 60);
	CHECK(run());
	CHECK(is_lost(0, WALLET_group_failed) && is_lost(1, WALLET_group_failed));
	CHECK(is_lost(2, WALLET_account_not_found));
	CHECK(is_new(3, WALLET_success, 1000) && is_new(4, WALLET_success, 1001));
	CHECK(is_replay(5, WALLET_success, &entries[4].event));
	CHECK(is_lost(6, WALLET_transaction_id_conflict));
	CHECK(accounts[0].balance == 0);
	CHECK(replays());
	tap_case("ids of a group that left no trace are free");

	begin();
	add(-1, 1, 1, 2, 60);
	add(0, 1, 1, 2, 61);		/* conflicts */
	add(0, 1, 1, 2, 61);
	add(-1, 1, 1, 2, 60);
	add(1, 1, 1, 2, 60);
	CHECK(run());
	CHECK(is_new(0, WALLET_success, 1000));
	CHECK(is_lost(1, WALLET_transaction_id_conflict));
	CHECK(entries[2].status != WALLET_success && !entries[2].recorded && entries[2].answer == NULL);
	CHECK(is_replay(3, WALLET_success, &entries[0].event));
	CHECK(is_replay(4, WALLET_success, &entries[0].event));
	tap_case("a conflict hides nothing from those that come after");
}

/* --- singles --- */

static void
test_singles(void)
{
	WalletEntry *entry;

	begin();
	entry = add(-1, 1, 1, 2, 60);
	recorded_before(entry, 500, WALLET_insufficient_funds);
	add(-1, 2, 1, 2, -1)->fault = WALLET_invalid_amount;
	add(-1, 2, 1, 2, 10);		/* judged anew */
	add(-1, 2, 1, 2, 10);
	add(-1, 2, 1, 3, 10);
	add(-1, 2, 1, 2, -1)->fault = WALLET_invalid_amount;
	add(-1, 2, 1, 2, 10);
	add(-1, 3, 0, 2, 10);
	add(-1, 3, 1, 2, 91);
	add(-1, 3, 1, 2, 91);
	CHECK(run());
	CHECK(is_replay(0, WALLET_insufficient_funds, &priors[0]));
	CHECK(is_lost(1, WALLET_invalid_amount) && entries[1].known == NULL);
	CHECK(is_new(2, WALLET_success, 1000));
	CHECK(is_replay(3, WALLET_success, &entries[2].event));
	CHECK(is_lost(4, WALLET_transaction_id_conflict));
	CHECK(entries[4].difference != NULL && strcmp(entries[4].difference, "to_account") == 0);
	CHECK(is_lost(5, WALLET_invalid_amount));
	CHECK(is_replay(6, WALLET_success, &entries[2].event));
	CHECK(is_lost(7, WALLET_account_not_found));
	CHECK(is_new(8, WALLET_insufficient_funds, 1001));
	CHECK(is_replay(9, WALLET_insufficient_funds, &entries[8].event));
	CHECK(replays());
	tap_case("alone: recorded ids replay or conflict, free ones are judged anew");
}

/* --- openings and currencies as members --- */

static uint8_t opening_bytes[] = {
	1, 1, 0, 0, 0, 'x', 2, 3, 0, 0, 0, 'E', 'U', 'R', 3, 1, 0, 0, 0, 2
};

static WalletEntry *
add_opening(int group, int number, int position)
{
	WalletEntry *entry = add(group, number, 0, 0, 0);

	entry->event.kind = WALLET_KIND_OPEN;
	entry->event.present = WALLET_HAS_DETAIL;
	entry->event.debit = entry->event.credit = 0;
	entry->event.requested = 0;
	entry->event.detail = (WalletBytes)
	{
		opening_bytes, sizeof(opening_bytes)
	};
	entry->opened = position;
	return entry;
}

/* There and back, to the same bytes. */
static bool
is_canonical(const WalletEvent *event)
{
	return log_same_bytes(event, event);
}

static void
test_openings(void)
{
	begin();
	add_opening(0, 1, 4);
	add(0, 2, 1, 2, 10);
	CHECK(run());
	CHECK(is_new(0, WALLET_success, 1000) && is_new(1, WALLET_success, 1001));
	CHECK(accounts[4].id == 1000 && accounts[4].balance == 0 && accounts[4].version == 1);
	CHECK(is_canonical(&entries[0].event));

	begin();
	add_opening(0, 1, 4);
	add(0, 2, 1, 2, 10)->event.expected_version = 9;
	entries[1].event.present |= WALLET_HAS_EXPECTED_VERSION;
	CHECK(run());
	CHECK(is_lost(0, WALLET_group_failed) && is_lost(1, WALLET_version_conflict));
	CHECK(all_untouched() && batch.next_id == FIRST);
	tap_case("an opening in a group takes place or is undone");

	begin();
	add_opening(0, 1, 4);
	add(0, 2, 1, 2, 101);
	add_opening(0, 3, 5);
	CHECK(run());
	CHECK(is_new(0, WALLET_group_failed, 1000));
	CHECK(is_new(1, WALLET_insufficient_funds, 1001));
	CHECK(is_new(2, WALLET_group_failed, 1002));
	CHECK(only_guards(1001, 1001, 0, 0, 0, 0));
	tap_case("an opening in a group that failed is recorded as group_failed");

	CHECK(is_canonical(&entries[0].event));
	CHECK(is_canonical(&entries[2].event));
	CHECK(entries[0].event.exponent == 0 && entries[2].event.exponent == 0);
	tap_case("an opening that was undone has the bytes of an event: exponent 0 without money");

	/*
	 * All that differs is who and when; "credit = event_id" for both or for
	 * none.
	 */
	CHECK(entries[0].event.present == entries[2].event.present);
	tap_case("it makes no difference to the record whether it was stepped and undone, or never");
}

/* --- what must stop everything --- */

static void
test_corrupt(void)
{
	begin();
	accounts[2].status = 0;
	add(0, 1, 1, 2, 10);
	add(0, 2, 1, 3, 10);
	CHECK(!run());
	begin();
	accounts[2].guard_event = FIRST + 1;
	add(-1, 1, 1, 2, 10);
	add(-1, 2, 1, 3, 10);		/* at FIRST + 1 */
	CHECK(!run());
	begin();
	accounts[2].guard_event = FIRST;
	add(-1, 1, 1, 2, 10);
	add(-1, 2, 1, 3, 10);
	CHECK(run());
	tap_case("an account that cannot be, or an id that was seen, stops the batch");

	/*
	 * "Every new event_id is greater than both of every account it reads":
	 * refusals, too.
	 */
	begin();
	accounts[3].guard_event = FIRST + 100;
	add(0, 1, 1, 2, 101);
	add(0, 2, 1, 4, 10);		/* never stepped */
	CHECK(!run());
	begin();
	accounts[3].guard_event = FIRST + 100;
	recorded_before(add(0, 1, 1, 2, 101), 500, WALLET_insufficient_funds);
	add(0, 2, 1, 4, 10);
	CHECK(!run());
	begin();
	accounts[3].last_event = FIRST;
	recorded_before(add(0, 1, 1, 2, 101), 500, WALLET_insufficient_funds);
	add(0, 2, 4, 1, 10);
	CHECK(!run());
	tap_case("... also of a member that fails with its group without being stepped");
}

/* --- size --- */

#define MANY 65536

static double
seconds_for(int group, bool with_fault)
{
	static WalletEntry many[MANY];
	WalletBatch big = {
		.entries = many,
		.count = MANY,
		.accounts = accounts,
		.next_id = FIRST,
		.undo = malloc((size_t) MANY * WALLET_UNDO_PER_MEMBER * sizeof(WalletUndo))
	};
	clock_t		began;
	double		seconds;

	begin();
	for (int i = 0; i < MANY; i++)
	{
		many[i] = (WalletEntry)
		{
			.event = fixture_transfer(1, 1, 2, 10),
			.debit = 0,
			.credit = 1,
			.opened = -1,
			.group = group,
			.same_as = i - 1
		};
	}
	if (with_fault)
		many[MANY - 1].fault = WALLET_invalid_amount;
	began = clock();
	CHECK(wallet_batch_run(&big));
	seconds = (double) (clock() - began) / CLOCKS_PER_SEC;
	if (!with_fault)
	{
		CHECK(many[0].recorded && big.next_id == FIRST + 1 && accounts[0].balance == 90);
		CHECK(many[MANY - 1].replayed && many[MANY - 1].answer == &many[0].event);
	}
	else if (group >= 0)
		CHECK(big.next_id == FIRST && many[0].status == WALLET_group_failed);
	free(big.undo);
	return seconds;
}

static void
test_long_chains(void)
{
	/* Walking each chain would be 2 * 10^9 steps each time. */
	CHECK(seconds_for(0, false) < 2);
	CHECK(seconds_for(0, true) < 2);
	CHECK(seconds_for(-1, false) < 2);
	CHECK(seconds_for(-1, true) < 2);
	tap_case("65,536 times the same id takes no walk along the chain");
}

int
main(void)
{
	test_success();
	test_guilty_in_the_middle();
	test_guilty_at_the_ends();
	test_not_remembered();
	test_ids_used_again();
	test_groups_in_a_row();
	test_undo();
	test_fault_before_stepping();
	test_forbidden();
	test_conflict_before_stepping();
	test_recorded_refusal();
	test_refusal_earlier_in_batch();
	test_recorded_success();
	test_twins();
	test_twins_of_recorded();
	test_twins_that_differ();
	test_twins_with_a_fault();
	test_ids_across_groups();
	test_singles();
	test_openings();
	test_corrupt();
	test_long_chains();
	free(batch.undo);
	return tap_end();
}
