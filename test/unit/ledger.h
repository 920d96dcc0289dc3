/*
 * ledger.h
 *		A ledger in memory for tests of batches with holds and reversals: it does
 *		what the pipeline does around a batch, audits the state after each, and
 *		replays all that was recorded, from nothing, as an auditor would.
 *
 * Transaction ids are small numbers, and number n has place n among the holds
 * and the originals, so that a test can read where everything is.
 */
#ifndef WALLET_TEST_LEDGER_H
#define WALLET_TEST_LEDGER_H

#include "core/batch.h"
#include "core/expiry.h"
#include "core/machine.h"
#include "fixture.h"
#include "log.h"
#include "tap.h"

#define LEDGER_ACCOUNTS 6
#define LEDGER_ENTRIES 48
#define LEDGER_FIRST 1000		/* the first free id */

typedef struct Ledger
{
	WalletAccount accounts[LEDGER_ACCOUNTS];	/* ids 1, 2, ... */
	int32_t		queues[LEDGER_ACCOUNTS];
	WalletHold *holds;			/* by number */
	WalletOriginal *originals;
	const WalletEvent **records;	/* by number; of leg 0 */
	int			numbers;
} Ledger;

static Ledger ledger;
static WalletAccount ledger_start[LEDGER_ACCOUNTS];
static Log	ledger_log;
static WalletEntry entries[LEDGER_ENTRIES];
static WalletExpire *expires;
static WalletBatch batch;
static size_t expire_room = 16;
static WalletEvent *kept[4096]; /* what `records` points to */
static int	kept_count;

static inline void
ledger_make(Ledger *l, int numbers)
{
	free(l->holds);
	free(l->originals);
	free(l->records);
	*l = (Ledger)
	{
		.numbers = numbers,
		.holds = calloc((size_t) numbers, sizeof(WalletHold)),
		.originals = calloc((size_t) numbers, sizeof(WalletOriginal)),
		.records = calloc((size_t) numbers, sizeof(WalletEvent *))
	};
}

/* Accounts 1 ... 6 with 100 each, in positions 0 ... 5; 6 has no floor.  Ids go on from LEDGER_FIRST. */
static inline void
ledger_begin(int numbers)
{
	while (kept_count > 0)
		free(kept[--kept_count]);
	ledger_make(&ledger, numbers);
	for (int i = 0; i < LEDGER_ACCOUNTS; i++)
		ledger.accounts[i] = fixture_account(i + 1, 100);
	ledger.accounts[5].has_floor = false;
	ledger_log.count = 0;
	batch = (WalletBatch)
	{
		.next_id = LEDGER_FIRST
	};
}

/* The accounts as they are now are where a replay starts. */
static inline void
ledger_starts(void)
{
	memcpy(ledger_start, ledger.accounts, sizeof(ledger_start));
}

static inline int
number_of(const WalletUuid *id)
{
	return id->bytes[0] << 24 | id->bytes[1] << 16 | id->bytes[14] << 8 | id->bytes[15];
}

/* --- commands --- */

static inline WalletEvent
command(int number, WalletKind kind, int64_t debit, int64_t credit, wallet_int128 amount)
{
	WalletEvent event = {
		.transaction_id = fixture_uuid(number),
		.kind = (uint16_t) kind,
		.debit = debit,
		.credit = credit,
		.requested = amount,
		.actor = TEXT("app")
	};

	event.present = (debit ? WALLET_HAS_DEBIT : 0) | (credit ? WALLET_HAS_CREDIT : 0) |
		(amount ? WALLET_HAS_REQUESTED : 0);
	return event;
}

static inline WalletEvent
a_hold(int number, int64_t debit, int64_t credit, wallet_int128 amount, int64_t expires_at)
{
	WalletEvent event = command(number, WALLET_KIND_HOLD, debit, credit, amount);

	event.expires_at = expires_at;
	event.present |= expires_at ? WALLET_HAS_EXPIRES_AT : 0;
	return event;
}

/* amount 0: all */
static inline WalletEvent
about(int number, WalletKind kind, int related, wallet_int128 amount)
{
	WalletEvent event = command(number, kind, 0, 0, amount);

	event.related = fixture_uuid(related);
	event.present |= WALLET_HAS_RELATED;
	return event;
}

static inline WalletEvent
a_capture(int number, int hold, wallet_int128 amount, bool final)
{
	WalletEvent event = about(number, WALLET_KIND_CAPTURE, hold, amount);

	event.final = final;
	event.present |= WALLET_HAS_FINAL;
	return event;
}

/* Where the command's parts lie; as apply finds it from names and ids. */
static inline WalletEntry
entry_for(const Ledger *l, const WalletEvent *event)
{
	WalletEntry entry = {
		.event = *event,
		.debit = -1,
		.credit = -1,
		.opened = -1,
		.hold = -1,
		.original = -1,
		.becomes = number_of(&event->transaction_id),
		.group = -1,
		.same_as = -1
	};

	if ((event->present & WALLET_HAS_DEBIT) && event->debit <= LEDGER_ACCOUNTS)
		entry.debit = (int32_t) event->debit - 1;
	if ((event->present & WALLET_HAS_CREDIT) && event->credit <= LEDGER_ACCOUNTS)
		entry.credit = (int32_t) event->credit - 1;
	if (event->kind == WALLET_KIND_HOLD)
		entry.hold = number_of(&event->transaction_id);
	if (event->kind == WALLET_KIND_CAPTURE || event->kind == WALLET_KIND_RELEASE)
		entry.hold = number_of(&event->related);
	if (event->kind == WALLET_KIND_REVERSE)
		entry.original = number_of(&event->related);
	(void) l;
	return entry;
}

/* One more command of the batch that runs next; group -1: alone. */
static inline WalletEntry *
add(int group, WalletEvent event)
{
	WalletEntry *entry = &entries[batch.count++];

	*entry = entry_for(&ledger, &event);
	entry->group = group;
	entry->prior = ledger.records[entry->becomes];
	for (int i = (int) batch.count - 2; i >= 0 && entry->same_as < 0; i--)
	{
		if (wallet_uuid_equal(&entries[i].event.transaction_id, &event.transaction_id))
			entry->same_as = i;
	}
	return entry;
}

/* --- the state, by plain sums --- */

static inline bool
ledger_is_sound(const Ledger *l)
{
	wallet_int128 sum = 0;

	for (int a = 0; a < LEDGER_ACCOUNTS; a++)
	{
		const WalletAccount *account = &l->accounts[a];
		wallet_int128 held = ledger_start[a].held;
		int64_t		next = 0;

		for (int i = 0; i < l->numbers; i++)
		{
			const WalletHold *hold = &l->holds[i];

			if (hold->state != WALLET_HOLD_OPEN || hold->debit != account->id)
				continue;
			held += hold->remaining;
			if (hold->expires_at != 0 && (next == 0 || hold->expires_at < next))
				next = hold->expires_at;
		}
		sum += account->balance - ledger_start[a].balance;
		if (account->held != held || account->next_expiry != next)
			return false;
	}
	return sum == 0;
}

static inline void
keep_record(Ledger *l, const WalletEvent *event)
{
	log_append(&ledger_log, event);
	if (event->leg != 0)
		return;
	kept[kept_count] = malloc(sizeof(WalletEvent));
	*kept[kept_count] = *event;
	l->records[number_of(&event->transaction_id)] = kept[kept_count++];
}

/* Records of the batch in the order of their ids: expire events lie among the others. */
static inline void
keep_records(void)
{
	size_t		e = 0;

	for (size_t i = 0; i < batch.count; i++)
	{
		if (!entries[i].recorded)
			continue;
		while (e < batch.expire_count && expires[e].event.event_id < entries[i].event.event_id)
			keep_record(&ledger, &expires[e++].event);
		keep_record(&ledger, &entries[i].event);
	}
	while (e < batch.expire_count)
		keep_record(&ledger, &expires[e++].event);
}

/* Runs what was added; entries can be read until the next add() after it.  Memory is exact, for ASan. */
static inline bool
run(void)
{
	size_t		largest = 0;
	bool		good;

	for (size_t i = 0; i < batch.count; i++)
	{
		size_t		n = 0;

		for (size_t j = 0; j < batch.count; j++)
			n += entries[j].group == entries[i].group;
		if (entries[i].group >= 0 && n > largest)
			largest = n;
	}
	free(expires);
	expires = malloc(expire_room ? expire_room * sizeof(WalletExpire) : 1);
	batch.entries = entries;
	batch.accounts = ledger.accounts;
	batch.queues = ledger.queues;
	batch.holds = ledger.holds;
	batch.originals = ledger.originals;
	batch.expires = expires;
	batch.expire_room = expire_room;
	batch.undo = malloc(largest ? largest * WALLET_UNDO_PER_MEMBER * sizeof(WalletUndo) : 1);
	good = wallet_batch_run(&batch);
	free(batch.undo);
	if (good)
	{
		keep_records();
		good = CHECK(ledger_is_sound(&ledger));
	}
	return good;
}

/* The next batch takes ids from here on; 0: where the last one ended. */
static inline void
next_batch(int64_t next_id)
{
	batch = (WalletBatch)
	{
		.next_id = next_id ? next_id : batch.next_id
	};
}

/* One command in a batch of its own. */
static inline WalletStatus
ask(WalletEvent event)
{
	next_batch(0);
	add(-1, event);
	if (!run())
		return WALLET_ledger_corrupt;
	return entries[0].status;
}

static inline WalletStatus
ask_at(int64_t next_id, WalletEvent event)
{
	batch.next_id = next_id;
	return ask(event);
}

/* --- replay --- */

static inline bool
replay_expire(Ledger *l, const WalletEvent *event)
{
	WalletEvent again = log_command(event, l->accounts, LEDGER_ACCOUNTS).event;
	WalletView	view = {
		.debit = &l->accounts[event->debit - 1],
		.holds = l->holds,
		.queue = &l->queues[event->debit - 1]
	};

	return wallet_step(&view, &again) == WALLET_success && log_same_bytes(&again, event);
}

/* Some events of one group, or one that is alone. */
static inline bool
replay_run(Ledger *l, const WalletEvent *events, size_t n)
{
	WalletEntry *again = calloc(n, sizeof(WalletEntry));
	WalletUndo *undo = calloc(n * WALLET_UNDO_PER_MEMBER, sizeof(WalletUndo));
	WalletBatch b = {
		.entries = again,
		.count = n,
		.accounts = l->accounts,
		.queues = l->queues,
		.holds = l->holds,
		.originals = l->originals,
		.undo = undo,
		.replaying = true
	};
	bool		good = true;

	for (size_t i = 0; i < n; i++)
	{
		WalletEvent inputs = log_command(&events[i], l->accounts, LEDGER_ACCOUNTS).event;

		again[i] = entry_for(l, &inputs);
		again[i].group = (inputs.present & WALLET_HAS_GROUP_FIRST) ? 0 : -1;
		if ((events[i].present & WALLET_HAS_CAUSE) && events[i].cause < events[i].group_first)
			b.outside_cause = events[i].cause;
	}
	good = wallet_batch_run(&b) && b.expire_count == 0;
	for (size_t i = 0; i < n; i++)
		good = again[i].recorded && log_same_bytes(&again[i].event, &events[i]) &&
			wallet_result_difference(&again[i].event, &events[i]) == NULL && good;
	free(again);
	free(undo);
	return good;
}

static inline bool
same_holds(const Ledger *a, const Ledger *b)
{
	for (int i = 0; i < a->numbers; i++)
	{
		const WalletHold *x = &a->holds[i];
		const WalletHold *y = &b->holds[i];

		if (x->state != y->state)
			return false;
		if (x->state != WALLET_HOLD_NONE &&
			(x->remaining != y->remaining || x->amount != y->amount || x->event_id != y->event_id ||
			 x->debit != y->debit || x->credit != y->credit || x->expires_at != y->expires_at))
			return false;
		if (a->originals[i].event_id != b->originals[i].event_id ||
			a->originals[i].reversed != b->originals[i].reversed)
			return false;
	}
	return true;
}

/* All that was recorded decides itself again, and the state that it adds up to is the ledger's. */
static inline bool
replays(void)
{
	Ledger		l = {.numbers = 0};
	bool		good = true;
	size_t		n;

	ledger_make(&l, ledger.numbers);
	memcpy(l.accounts, ledger_start, sizeof(ledger_start));
	for (size_t i = 0; i < ledger_log.count; i += n)
	{
		const WalletEvent *event = &ledger_log.events[i];

		n = log_run(&ledger_log, i);
		good = (event->kind == WALLET_KIND_EXPIRE ? replay_expire(&l, event)
				: replay_run(&l, event, n)) && good;
		if (i > 0)
			good = event->event_id > event[-1].event_id && good;
	}
	for (int i = 0; i < LEDGER_ACCOUNTS; i++)
		good = fixture_same_account(&l.accounts[i], &ledger.accounts[i]) && good;
	good = same_holds(&l, &ledger) && good;
	free(l.holds);
	free(l.originals);
	free(l.records);
	return good;
}

static inline void
ledger_end(void)
{
	while (kept_count > 0)
		free(kept[--kept_count]);
	free(ledger.holds);
	free(ledger.originals);
	free(ledger.records);
	free(ledger_log.events);
	free(expires);
}

#endif
