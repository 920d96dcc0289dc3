/*
 * test_batch.c
 *
 * Goal: whatever is asked in whatever order, alone, in groups, twice, with other
 * content, the batch decides as the rules say, and its records decide themselves
 * again.
 *
 * Method: random batches against a reference written from format-1.md, 6 and 7,
 * in another style: it knows commands by number, keeps a table of what was
 * recorded, and tries a group on a copy of the whole world, which it throws away
 * if the group fails.  Every hundred batches the log is replayed from the
 * accounts as they were.
 */
#include "core/batch.h"
#include "core/codec.h"
#include "core/status.h"
#include "fixture.h"
#include "log.h"
#include "tap.h"

#define ACCOUNTS 9
#define EPOCHS 100
#define BATCHES_PER_EPOCH 100
#define ASKED_MAX 14			/* commands of a batch */
#define NUMBERS_MAX (EPOCHS * BATCHES_PER_EPOCH * ASKED_MAX)
#define NOBODY (-1)

/* --- the reference --- */

typedef struct Ask
{
	int			number;			/* stands for the transaction id */
	int			from;			/* NOBODY: a name that no account has */
	int			to;
	int			amount;
	bool		has_version;
	int64_t		version;
	bool		has_effective;
	int64_t		effective;
	int			note;			/* of metadata; 0: none */
	int			group;			/* -1: alone */
} Ask;

typedef struct Toy
{
	wallet_int128 balance;
	wallet_int128 held;
	wallet_int128 floor;
	wallet_int128 ceiling;
	wallet_int128 reserved;
	wallet_int128 limit;
	wallet_int128 spent;
	int64_t		window;
	int			seconds;		/* 0: no spending limit */
	bool		bottomless;
	bool		topless;
	char		status;			/* 'o'pen, 'f'rozen, 'c'losed */
	int64_t		version;
	int64_t		last;
	int64_t		guard;
} Toy;

typedef struct World
{
	Toy			toys[ACCOUNTS];
	int64_t		next;
} World;

typedef struct Record
{
	bool		there;
	Ask			ask;
	WalletStatus status;
	int64_t		id;
	bool		grouped;
	int64_t		first;
	int64_t		cause;
	wallet_int128 from_balance;
	wallet_int128 to_balance;
	wallet_int128 from_held;
	int64_t		from_version;
	int64_t		to_version;
	int64_t		from_prev;
	int64_t		to_prev;
} Record;

typedef struct Answer
{
	WalletStatus status;
	WalletStatus or_status;		/* a twin of a culprit may be answered as it
								 * or as a member */
	bool		is_new;
	bool		is_replay;
} Answer;

static Record records[NUMBERS_MAX];
static World world;

static bool
is_remembered(WalletStatus status)
{
	return status == WALLET_success || status == WALLET_insufficient_funds ||
		status == WALLET_account_frozen || status == WALLET_account_closed ||
		status == WALLET_ceiling_exceeded || status == WALLET_spend_limit_exceeded ||
		status == WALLET_group_failed;
}

static bool
asks_the_same(const Ask *a, const Ask *b)
{
	return a->from == b->from && a->to == b->to && a->amount == b->amount &&
		a->has_version == b->has_version && (!a->has_version || a->version == b->version) &&
		a->has_effective == b->has_effective && (!a->has_effective || a->effective == b->effective) &&
		a->note == b->note;
}

static WalletStatus
stateless_fault(const Ask *ask)
{
	if (ask->amount <= 0)
		return WALLET_invalid_amount;
	if (ask->from == ask->to && ask->from != NOBODY)
		return WALLET_same_account;
	return WALLET_success;
}

static WalletStatus
closed_or_frozen(const Toy *toy)
{
	return toy->status == 'f' ? WALLET_account_frozen
		: toy->status == 'c' ? WALLET_account_closed : WALLET_success;
}

static WalletStatus
verdict(const World *w, const Ask *ask, int64_t id, int64_t moment)
{
	const Toy  *from;
	const Toy  *to;
	wallet_int128 spent;

	if (ask->has_effective && ask->effective > moment)
		return WALLET_invalid_effective_at;
	if (ask->from == NOBODY || ask->to == NOBODY)
		return WALLET_account_not_found;
	from = &w->toys[ask->from];
	to = &w->toys[ask->to];
	if (ask->has_version && ask->version != from->version)
		return WALLET_version_conflict;
	if (closed_or_frozen(from) != WALLET_success)
		return closed_or_frozen(from);
	if (closed_or_frozen(to) != WALLET_success)
		return closed_or_frozen(to);
	if (from->seconds > 0)
	{
		spent = id / (from->seconds * INT64_C(1000000)) == from->window ? from->spent : 0;
		if (spent + ask->amount > from->limit)
			return WALLET_spend_limit_exceeded;
	}
	if (!to->topless && to->balance + to->reserved + ask->amount > to->ceiling)
		return WALLET_ceiling_exceeded;
	if (to->balance + ask->amount > fixture_most() || from->balance - ask->amount < -fixture_most())
		return WALLET_amount_overflow;
	if (!from->bottomless && from->balance - from->held - ask->amount < from->floor)
		return WALLET_insufficient_funds;
	return WALLET_success;
}

static void
write_down(const World *w, const Ask *ask, WalletStatus status, int64_t id, Record *record)
{
	*record = (Record)
	{
		.there = true,
		.ask = *ask,
		.status = status,
		.id = id,
		.from_balance = w->toys[ask->from].balance,
		.to_balance = w->toys[ask->to].balance,
		.from_held = w->toys[ask->from].held,
		.from_version = w->toys[ask->from].version,
		.to_version = w->toys[ask->to].version
	};
}

static void
read_by(World *w, const Ask *ask, int64_t id)
{
	w->toys[ask->from].guard = id;
	w->toys[ask->to].guard = id;
}

static void
carry_out(World *w, const Ask *ask, int64_t id, Record *record)
{
	Toy		   *from = &w->toys[ask->from];
	Toy		   *to = &w->toys[ask->to];
	int64_t		from_prev = from->last;
	int64_t		to_prev = to->last;

	if (from->seconds > 0)
	{
		int64_t		window = id / (from->seconds * INT64_C(1000000));

		if (window != from->window)
			from->spent = 0;
		from->window = window;
		from->spent += ask->amount;
	}
	from->balance -= ask->amount;
	to->balance += ask->amount;
	from->version++;
	to->version++;
	from->last = to->last = id;
	read_by(w, ask, id);
	write_down(w, ask, WALLET_success, id, record);
	record->from_prev = from_prev;
	record->to_prev = to_prev;
}

static Answer
told(WalletStatus status)
{
	return (Answer)
	{
		.status = status,
		.or_status = status
	};
}

/* What is recorded, if anything, says all. */
static Answer
from_record(const Ask *ask)
{
	const Record *record = &records[ask->number];

	if (!asks_the_same(ask, &record->ask))
		return told(WALLET_transaction_id_conflict);
	return (Answer)
	{
		.status = record->status,
		.or_status = record->status,
		.is_replay = true
	};
}

static Answer
decide_alone(const Ask *ask)
{
	WalletStatus status = stateless_fault(ask);
	Record	   *record = &records[ask->number];
	int64_t		id = world.next;

	if (status != WALLET_success)
		return told(status);
	if (record->there)
		return from_record(ask);
	status = verdict(&world, ask, id, id);
	if (!is_remembered(status))
		return told(status);
	if (status == WALLET_success)
		carry_out(&world, ask, id, record);
	else
	{
		write_down(&world, ask, status, id, record);
		read_by(&world, ask, id);
	}
	world.next++;
	return (Answer)
	{
		.status = status,
		.or_status = status,
		.is_new = true
	};
}

/* The earlier member with the same number, or i itself. */
static int
first_of(const Ask *asks, int i)
{
	for (int j = 0; j < i; j++)
	{
		if (asks[j].number == asks[i].number)
			return j;
	}
	return i;
}

/* What is wrong with a member before anything is tried. */
static WalletStatus
wrong_at_sight(const Ask *asks, int i)
{
	WalletStatus status = stateless_fault(&asks[i]);

	if (status != WALLET_success)
		return status;
	if (records[asks[i].number].there)
		return asks_the_same(&asks[i], &records[asks[i].number].ask)
			? WALLET_success : WALLET_transaction_id_conflict;
	if (!asks_the_same(&asks[i], &asks[first_of(asks, i)]))
		return WALLET_transaction_id_conflict;
	if (asks[i].from == NOBODY || asks[i].to == NOBODY)
		return WALLET_account_not_found;
	return WALLET_success;
}

/* Does the member answer from the table, whatever becomes of the group? */
static bool
is_answered(const Ask *asks, int i)
{
	return stateless_fault(&asks[i]) == WALLET_success && records[asks[i].number].there &&
		asks_the_same(&asks[i], &records[asks[i].number].ask);
}

static void
fail_without_trace(const Ask *asks, int n, int culprit, WalletStatus status, Answer *answers)
{
	for (int i = 0; i < n; i++)
	{
		if (is_answered(asks, i))
			answers[i] = from_record(&asks[i]);
		else if (i == culprit)
			answers[i] = told(status);
		else
		{
			answers[i] = told(WALLET_group_failed);
			if (first_of(asks, i) == culprit)
			{
				answers[i].or_status = status;
				if (stateless_fault(&asks[i]) == WALLET_success &&
					asks_the_same(&asks[i], &asks[culprit]))
					answers[i].status = status;
			}
		}
	}
}

/* All new members go into the table; the culprit, if it is one of them, keeps what it has there. */
static void
fail_with_records(const Ask *asks, int n, int culprit, int64_t first, int64_t cause, const bool *is_new)
{
	for (int i = 0; i < n; i++)
	{
		Record	   *record = &records[asks[i].number];

		if (!is_new[i])
			continue;
		if (i != culprit)
		{
			write_down(&world, &asks[i], WALLET_group_failed, world.next, record);
			record->cause = cause;
		}
		record->grouped = true;
		record->first = first;
		read_by(&world, &asks[i], world.next);
		world.next++;
	}
}

static void
answer_from_table(const Ask *asks, int n, const bool *is_new, Answer *answers)
{
	for (int i = 0; i < n; i++)
	{
		answers[i] = from_record(&asks[i]);
		answers[i].is_new = is_new[i];
		answers[i].is_replay = !is_new[i];
	}
}

static void
decide_group(const Ask *asks, int n, Answer *answers)
{
	World		trial = world;
	int64_t		first = world.next;
	int64_t		cause = 0;
	bool		is_new[ASKED_MAX];
	Record		tried[ASKED_MAX];

	for (int i = 0; i < n; i++)
	{
		if (wrong_at_sight(asks, i) != WALLET_success)
		{
			fail_without_trace(asks, n, i, wrong_at_sight(asks, i), answers);
			return;
		}
	}
	for (int i = 0; i < n; i++)
	{
		const Record *record = &records[asks[i].number];

		is_new[i] = !record->there && first_of(asks, i) == i;
		if (cause == 0 && record->there && record->status != WALLET_success)
			cause = record->id;
	}
	if (cause != 0)
	{
		fail_with_records(asks, n, -1, first, cause, is_new);
		answer_from_table(asks, n, is_new, answers);
		return;
	}

	for (int i = 0; i < n; i++)
	{
		WalletStatus status;

		if (!is_new[i])
			continue;
		status = verdict(&trial, &asks[i], trial.next, first);
		if (status == WALLET_success)
		{
			carry_out(&trial, &asks[i], trial.next++, &tried[i]);
			continue;
		}
		if (!is_remembered(status))
			fail_without_trace(asks, n, i, status, answers);
		else
		{
			write_down(&trial, &asks[i], status, trial.next, &records[asks[i].number]);
			fail_with_records(asks, n, i, first, trial.next, is_new);
			answer_from_table(asks, n, is_new, answers);
		}
		return;
	}

	world = trial;
	for (int i = 0; i < n; i++)
	{
		if (!is_new[i])
			continue;
		records[asks[i].number] = tried[i];
		records[asks[i].number].grouped = true;
		records[asks[i].number].first = first;
	}
	answer_from_table(asks, n, is_new, answers);
}

static void
decide(const Ask *asks, int n, Answer *answers)
{
	int			i = 0;

	while (i < n)
	{
		int			next = i + 1;

		if (asks[i].group < 0)
			answers[i] = decide_alone(&asks[i]);
		else
		{
			while (next < n && asks[next].group == asks[i].group)
				next++;
			decide_group(asks + i, next - i, answers + i);
		}
		i = next;
	}
}

/* --- the same, asked of the batch --- */

static WalletAccount accounts[ACCOUNTS];
static const WalletEvent *recorded[NUMBERS_MAX];

static WalletEntry
entry_of(const Ask *ask)
{
	WalletEntry entry = {
		.event = fixture_transfer(ask->number, ask->from == NOBODY ? 9999 : ask->from + 1,
								  ask->to == NOBODY ? 9998 : ask->to + 1, ask->amount),
		.prior = recorded[ask->number],
		.debit = ask->from,
		.credit = ask->to,
		.opened = -1,
		.group = ask->group,
		.same_as = -1,
		.fault = stateless_fault(ask)
	};

	if (ask->has_version)
	{
		entry.event.present |= WALLET_HAS_EXPECTED_VERSION;
		entry.event.expected_version = ask->version;
	}
	if (ask->has_effective)
	{
		entry.event.present |= WALLET_HAS_EFFECTIVE_AT;
		entry.event.effective_at = ask->effective;
	}
	if (ask->note != 0)
	{
		entry.event.present |= WALLET_HAS_METADATA_DIGEST;
		memset(entry.event.metadata_digest, ask->note, 32);
	}
	return entry;
}

static bool
event_is(const WalletEvent *event, const Record *record)
{
	bool		done = record->status == WALLET_success;
	uint32_t	results = WALLET_HAS_DEBIT_BALANCE | WALLET_HAS_CREDIT_BALANCE | WALLET_HAS_DEBIT_HELD |
	WALLET_HAS_DEBIT_VERSION | WALLET_HAS_CREDIT_VERSION;

	if (done)
		results |= WALLET_HAS_AMOUNT | WALLET_HAS_DEBIT_PREV | WALLET_HAS_CREDIT_PREV;
	if (record->grouped)
		results |= WALLET_HAS_GROUP_FIRST;
	if (record->cause != 0)
		results |= WALLET_HAS_CAUSE;
	return event->event_id == record->id && event->status == (uint16_t) record->status &&
		(event->present & ~(uint32_t) WALLET_HAS_INPUTS) == results && event->exponent == 2 &&
		(!done || (event->amount == record->ask.amount &&
				   event->debit_prev == record->from_prev && event->credit_prev == record->to_prev)) &&
		(!record->grouped || event->group_first == record->first) &&
		(record->cause == 0 || event->cause == record->cause) &&
		event->debit_balance == record->from_balance && event->credit_balance == record->to_balance &&
		event->debit_held == record->from_held && event->debit_version == record->from_version &&
		event->credit_version == record->to_version;
}

static bool
account_is(const WalletAccount *account, const Toy *toy)
{
	return account->balance == toy->balance && account->held == toy->held &&
		account->version == toy->version && account->last_event == toy->last &&
		account->guard_event == toy->guard && account->spent == toy->spent &&
		account->window_number == toy->window;
}

static bool
entry_is(const WalletEntry *entry, const Ask *ask, const Answer *answer)
{
	const Record *record = &records[ask->number];

	if (entry->status != answer->status && entry->status != answer->or_status)
		return false;
	if (entry->recorded != answer->is_new || entry->replayed != answer->is_replay)
		return false;
	if (answer->is_new && (entry->answer != &entry->event || !event_is(&entry->event, record)))
		return false;
	if (answer->is_replay && (entry->answer == NULL || !event_is(entry->answer, record)))
		return false;
	if (!answer->is_new && !answer->is_replay && entry->answer != NULL)
		return false;
	if (entry->status == WALLET_transaction_id_conflict && entry->difference == NULL)
		return false;
	return true;
}

/* --- what is asked --- */

static Ask	asked[NUMBERS_MAX];
static int	numbers;

static Ask
random_ask(void)
{
	Ask			ask;

	if (numbers > 0 && tap_chance(25))
	{
		int			back = tap_pick(tap_chance(70) ? 8 : 200);

		ask = asked[numbers - 1 - (back < numbers ? back : numbers - 1)];
		if (tap_chance(12))
			ask.amount += tap_chance(30) ? -1000 : 1;
		if (tap_chance(4))
			ask.note++;
		return ask;
	}
	ask = (Ask)
	{
		.number = numbers,
		.from = tap_pick(ACCOUNTS),
		.to = tap_pick(ACCOUNTS - 1),
		.amount = 1 + tap_pick(60),
		.note = tap_chance(20) ? 1 + tap_pick(3) : 0
	};
	if (ask.to >= ask.from)
		ask.to++;
	if (tap_chance(2))
		ask.to = ask.from;
	if (tap_chance(2))
		ask.amount = -tap_pick(2);
	if (tap_chance(2))
		ask.from = NOBODY;
	if (tap_chance(2))
		ask.to = NOBODY;
	if (tap_chance(6) && ask.from != NOBODY)
	{
		ask.has_version = true;
		ask.version = world.toys[ask.from].version + (tap_chance(60) ? 0 : 1);
	}
	if (tap_chance(10))
	{
		ask.has_effective = true;
		ask.effective = world.next + tap_pick(8) - 5;
	}
	asked[numbers++] = ask;
	return ask;
}

static int
random_asks(Ask *asks)
{
	int			n = 0;
	int			group = 0;
	int			wanted = 1 + tap_pick(ASKED_MAX);

	while (n < wanted)
	{
		int			members = tap_chance(45) ? 0 : 1 + tap_pick(6);

		group++;
		if (members == 0)
		{
			asks[n] = random_ask();
			asks[n++].group = -1;
		}
		for (int i = 0; i < members && n < wanted; i++)
		{
			asks[n] = random_ask();
			asks[n++].group = group;
		}
	}
	return n;
}

/* Accounts of every sort; near the bounds of 38 digits, too. */
static void
new_epoch(void)
{
	for (int i = 0; i < ACCOUNTS; i++)
	{
		Toy		   *toy = &world.toys[i];
		WalletAccount *account = &accounts[i];

		*toy = (Toy)
		{
			.balance = tap_pick(400),
			.held = tap_chance(20) ? tap_pick(50) : 0,
			.floor = tap_chance(60) ? 0 : tap_pick(200) - 150,
			.ceiling = 150 + tap_pick(500),
			.reserved = tap_chance(20) ? tap_pick(50) : 0,
			.limit = 50 + tap_pick(200),
			.spent = tap_pick(50),
			.seconds = tap_chance(30) ? 1 + tap_pick(2) : 0,
			.bottomless = i == 0 || tap_chance(15),
			.topless = i == 0 || tap_chance(70),
			.status = "ooooooooofc"[tap_pick(11)],
			.version = 1 + tap_pick(300),
			.last = world.next - 1 - tap_pick(50)
		};
		toy->guard = toy->last + (world.next - 1 - toy->last) * tap_pick(2);
		toy->window = toy->seconds ? world.next / (toy->seconds * INT64_C(1000000)) : 0;
		if (i == 7)
			toy->balance = fixture_most() - tap_pick(100);
		if (i == 8)
		{
			toy->balance = tap_pick(100) - fixture_most();
			toy->bottomless = true;
		}
		if (i >= 7)
		{
			toy->topless = true;
			toy->held = toy->reserved = 0;
		}
		*account = fixture_account(i + 1, toy->balance);
		account->version = toy->version;
		account->last_event = toy->last;
		account->guard_event = toy->guard;
		account->held = toy->held;
		account->floor = toy->floor;
		account->has_floor = !toy->bottomless;
		account->ceiling = toy->ceiling;
		account->has_ceiling = !toy->topless;
		account->reserved = toy->reserved;
		account->spend_limit = toy->limit;
		account->spent = toy->spent;
		account->window_seconds = toy->seconds;
		account->window_number = toy->window;
		account->has_spend_limit = toy->seconds > 0;
		account->status = toy->status == 'o' ? WALLET_ACCOUNT_OPEN
			: toy->status == 'f' ? WALLET_ACCOUNT_FROZEN : WALLET_ACCOUNT_CLOSED;
	}
}

static int	seen[256];
static int	seen_in_groups[256];
static int	commands;

static void
play_batch(Log *log)
{
	Ask			asks[ASKED_MAX];
	Answer		answers[ASKED_MAX];
	WalletEntry entries[ASKED_MAX];
	WalletUndo	undo[ASKED_MAX * WALLET_UNDO_PER_MEMBER];
	int			n = random_asks(asks);
	WalletBatch batch = {
		.entries = entries,
		.count = (size_t) n,
		.accounts = accounts,
		.undo = undo,
		.next_id = world.next
	};

	for (int i = 0; i < n; i++)
	{
		entries[i] = entry_of(&asks[i]);
		for (int j = 0; j < i; j++)
		{
			if (asks[j].number == asks[i].number)
				entries[i].same_as = j;
		}
	}
	decide(asks, n, answers);
	CHECK(wallet_batch_run(&batch));
	CHECK(batch.next_id == world.next);
	for (int i = 0; i < n; i++)
	{
		commands++;
		seen[answers[i].status]++;
		if (asks[i].group >= 0)
			seen_in_groups[answers[i].status]++;
		if (!CHECK(entry_is(&entries[i], &asks[i], &answers[i])))
			printf("# batch at %lld, entry %d of %d, group %d: %s%s, expected %s%s\n",
				   (long long) world.next, i, n, asks[i].group,
				   wallet_status_name((int) entries[i].status), entries[i].replayed ? " again" : "",
				   wallet_status_name((int) answers[i].status), answers[i].is_replay ? " again" : "");
	}
	for (int i = 0; i < ACCOUNTS; i++)
		CHECK(account_is(&accounts[i], &world.toys[i]));
	log_append_recorded(log, &batch);
}

static wallet_int128
sum_of_balances(void)
{
	wallet_int128 sum = 0;

	/* In this order the two near the bounds cancel out. */
	for (int i = ACCOUNTS - 1; i >= 0; i--)
		sum += accounts[i].balance;
	return sum;
}

static bool
ids_increase(const Log *log)
{
	for (size_t i = 1; i < log->count; i++)
	{
		if (log->events[i].event_id <= log->events[i - 1].event_id)
			return false;
	}
	return true;
}

/* Records of a batch live in its entries; afterwards in a copy that stays. */
static void
keep_records(const Log *log, size_t from)
{
	for (size_t i = from; i < log->count; i++)
	{
		const uint8_t *id = log->events[i].transaction_id.bytes;
		int			number = id[0] << 24 | id[1] << 16 | id[14] << 8 | id[15];
		WalletEvent *copy = malloc(sizeof(WalletEvent));

		*copy = log->events[i];
		CHECK(recorded[number] == NULL);
		recorded[number] = copy;
	}
}

int
main(void)
{
	bool		replayed_all = true;
	bool		increased = true;
	bool		conserved = true;

	world.next = INT64_C(5000000);
	for (int epoch = 0; epoch < EPOCHS; epoch++)
	{
		Log			log = {0};
		WalletAccount start[ACCOUNTS];
		wallet_int128 sum;

		new_epoch();
		sum = sum_of_balances();
		memcpy(start, accounts, sizeof(start));
		for (int i = 0; i < BATCHES_PER_EPOCH; i++)
		{
			size_t		logged = log.count;

			play_batch(&log);
			keep_records(&log, logged);
			conserved = conserved && sum_of_balances() == sum;
			/* Sometimes time passes, and windows of spending with it. */
			world.next += tap_chance(50) ? 0 : tap_pick(tap_chance(10) ? 2000000 : 100);
		}
		increased = increased && ids_increase(&log);
		replayed_all = log_replays(&log, start, ACCOUNTS) && replayed_all;
		for (int i = 0; i < ACCOUNTS; i++)
			replayed_all = fixture_same_account(&start[i], &accounts[i]) && replayed_all;
		free(log.events);
	}
	tap_case("random batches are decided as the reference says");

	CHECK(conserved);
	CHECK(increased);
	tap_case("the sum of balances never changes, ids increase");
	CHECK(replayed_all);
	tap_case("every log replays, byte for byte");

	CHECK(commands >= 50000);
	printf("# %d commands\n", commands);
	for (int status = 0; status < 256; status++)
	{
		const WalletStatusInfo *info = wallet_status_info(status);

		if (info != NULL && seen[status] > 0)
			printf("# %-24s %6d, in groups %6d\n", info->name, seen[status], seen_in_groups[status]);
	}
	for (int i = 0; i < 14; i++)
	{
		const WalletStatus wanted[] = {
			WALLET_success, WALLET_insufficient_funds, WALLET_account_not_found, WALLET_account_frozen,
			WALLET_account_closed, WALLET_same_account, WALLET_invalid_amount, WALLET_amount_overflow,
			WALLET_transaction_id_conflict, WALLET_ceiling_exceeded, WALLET_spend_limit_exceeded,
			WALLET_group_failed, WALLET_version_conflict, WALLET_invalid_effective_at
		};

		CHECK(seen[wanted[i]] >= 50 && seen_in_groups[wanted[i]] >= 20);
	}
	tap_case("enough of every status was asked for, alone and in groups");

	for (int i = 0; i < NUMBERS_MAX; i++)
		free((void *) recorded[i]);
	return tap_end();
}
