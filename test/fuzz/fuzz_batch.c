/*
 * fuzz_batch.c
 *
 * Goal: no batch, however odd, makes or loses money, breaks a floor, goes back
 * in ids, or writes an event that is not one; what is held is what holds say, and
 * what expires next is the first of them.
 *
 * Method: bytes become accounts and commands of every kind, some in groups, some
 * with ids that were there before, in this batch or an earlier one, or about holds
 * and originals of any of them; several batches in a row.  Sums are taken here, by
 * the holds themselves, and know nothing of the rules.
 */
#include <stdlib.h>

#include "core/batch.h"
#include "core/codec.h"
#include "core/money.h"

#define ACCOUNTS 5
#define ENTRIES 24
#define BATCHES 6
#define IDS 32					/* different transaction ids */
#define EXPIRES 256

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What lasts from batch to batch. */
typedef struct State
{
	WalletAccount accounts[ACCOUNTS];
	WalletAccount start[ACCOUNTS];
	int32_t		queues[ACCOUNTS];
	WalletHold	holds[IDS];		/* by number of their id */
	WalletOriginal originals[IDS];
	WalletEvent records[IDS];
	uint8_t		details[IDS][9];	/* that records borrow */
	bool		recorded[IDS];
	int64_t		next_id;
} State;

typedef struct Input
{
	const uint8_t *at;
	const uint8_t *end;
} Input;

static void
require(bool condition)
{
	if (!condition)
		abort();
}

static unsigned
take(Input *input)
{
	return input->at < input->end ? *input->at++ : 0;
}

/* Small, or next to a bound of 38 digits. */
static wallet_int128
take_money(Input *input)
{
	unsigned	how = take(input);
	wallet_int128 small = (wallet_int128) take(input);

	switch (how % 8)
	{
		case 6:
			return wallet_money_max() - small;
		case 7:
			return small - wallet_money_max();
		case 5:
			return -small;
		default:
			return small;
	}
}

static void
take_account(Input *input, WalletAccount *account, int64_t id)
{
	unsigned	flags = take(input);

	*account = (WalletAccount)
	{
		.id = id,
			.version = 1,
			.last_event = id,
			.guard_event = id,
			.exponent = 2,
			.currency =
		{
			"EUR"
		},
			.window_seconds = 1,
			.status = (uint8_t) ((flags & 0x60) == 0x60 ? WALLET_ACCOUNT_FROZEN
								 : (flags & 0x70) == 0x50 ? WALLET_ACCOUNT_CLOSED : WALLET_ACCOUNT_OPEN),
			.has_floor = flags & 1,
			.has_ceiling = flags & 2,
			.has_spend_limit = flags & 4
	};
	account->balance = take_money(input);
	account->floor = account->has_floor ? take_money(input) : 0;
	account->ceiling = account->has_ceiling ? take_money(input) : 0;
	account->spend_limit = account->has_spend_limit ? (wallet_int128) take(input) : 0;
	account->held = flags & 8 ? (wallet_int128) take(input) : 0;
	account->reserved = flags & 16 ? take_money(input) : 0;
	if (account->reserved < 0)
		account->reserved = 0;
}

/* The inputs that a command of the kind has, as its door would have checked them. */
static void
take_kind(Input *input, WalletEntry *entry)
{
	WalletEvent *event = &entry->event;
	unsigned	related = take(input) % IDS;
	unsigned	flags = take(input);

	event->kind = (uint16_t) (WALLET_KIND_TRANSFER + flags % 14);
	if (event->kind == WALLET_KIND_EXPIRE)
		event->kind = WALLET_KIND_CAPTURE;
	switch (event->kind)
	{
		case WALLET_KIND_TRANSFER:
		case WALLET_KIND_SWEEP:
			break;
		case WALLET_KIND_HOLD:
			entry->hold = event->transaction_id.bytes[15];
			break;
		case WALLET_KIND_CAPTURE:
		case WALLET_KIND_RELEASE:
		case WALLET_KIND_REVERSE:
			event->related.bytes[15] = (uint8_t) related;
			event->present = WALLET_HAS_RELATED | (flags & 64 ? WALLET_HAS_REQUESTED : 0);
			if (event->kind == WALLET_KIND_CAPTURE)
			{
				event->present |= WALLET_HAS_FINAL;
				event->final = flags >> 7;
			}
			if (event->kind == WALLET_KIND_REVERSE)
				entry->original = (int32_t) related;
			else
				entry->hold = (int32_t) related;
			entry->debit = entry->credit = -1;
			break;
		default:
			event->present = WALLET_HAS_DEBIT;
			entry->credit = -1;
			if (event->kind >= WALLET_KIND_SET_FLOOR && event->kind != WALLET_KIND_REMOVE_FLOOR &&
				(flags & 64 || event->kind == WALLET_KIND_SET_FLOOR))
				event->present |= WALLET_HAS_REQUESTED;
			break;
	}
}

/* What a door would have told before any state is read. */
static WalletStatus
stateless_fault(const WalletEntry *entry)
{
	const WalletEvent *event = &entry->event;

	if ((event->present & WALLET_HAS_REQUESTED) && event->requested <= 0 &&
		event->kind != WALLET_KIND_SET_FLOOR && event->kind != WALLET_KIND_SET_CEILING)
		return WALLET_invalid_amount;
	if ((event->present & WALLET_HAS_CREDIT) && entry->debit == entry->credit)
		return WALLET_same_account;
	return WALLET_success;
}

static void
take_entry(Input *input, State *state, const WalletBatch *batch, int *group, int *number, WalletEntry *entry)
{
	unsigned	flags = take(input);
	unsigned	who = take(input);
	WalletEvent *event = &entry->event;

	*number = (int) (take(input) % IDS);
	*entry = (WalletEntry)
	{
		.debit = (int32_t) (who % (ACCOUNTS + 1)) - 1,
		.credit = (int32_t) (who / 16 % (ACCOUNTS + 1)) - 1,
		.opened = -1,
		.hold = -1,
		.original = -1,
		.becomes = *number,
		.same_as = -1
	};
	event->transaction_id.bytes[15] = (uint8_t) *number;
	event->present = WALLET_HAS_DEBIT | WALLET_HAS_CREDIT | WALLET_HAS_REQUESTED;
	event->debit = entry->debit + 1;
	event->credit = entry->credit + 1;
	event->requested = take_money(input);
	take_kind(input, entry);
	if (event->kind == WALLET_KIND_HOLD && (flags & 32))
	{
		event->present |= WALLET_HAS_EXPIRES_AT;
		event->expires_at = batch->next_id + (int8_t) take(input) * (flags & 64 ? 1 : 1000);
	}
	if (event->kind == WALLET_KIND_SET_SPEND_LIMIT && !state->recorded[*number] && !state->details[*number][0])
	{
		memcpy(state->details[*number], "\10\4\0\0\0\1\0\0\0", 9);
		state->details[*number][5] = (uint8_t) (1 + take(input) % 3);
	}
	if (event->kind == WALLET_KIND_SET_SPEND_LIMIT && state->details[*number][0])
	{
		event->present |= WALLET_HAS_DETAIL;
		event->detail = (WalletBytes)
		{
			state->details[*number], 9
		};
	}
	entry->fault = stateless_fault(entry);
	if (event->kind != WALLET_KIND_TRANSFER && event->kind != WALLET_KIND_HOLD && event->kind != WALLET_KIND_SWEEP)
		flags &= ~24u;
	if (event->kind == WALLET_KIND_HOLD)
		flags &= ~16u;
	if (flags & 8)
	{
		event->present |= WALLET_HAS_EXPECTED_VERSION;
		event->expected_version = take(input);
	}
	if (flags & 16)
	{
		event->present |= WALLET_HAS_EFFECTIVE_AT;
		event->effective_at = batch->next_id + (int8_t) take(input);
	}

	/* 0: alone, 1: a group begins, else: goes on with what the one before was */
	if ((flags & 7) == 0)
		*group = -1;
	else if ((flags & 7) == 1)
		*group = (int) batch->count + 1;
	entry->group = *group;
}

static void
check_event(const WalletEvent *event)
{
	uint8_t		bytes[1024];
	WalletEvent decoded;
	size_t		size = wallet_event_size(event);

	require(size <= sizeof(bytes));
	wallet_event_encode(event, bytes);
	require(wallet_event_decode(bytes, size, &decoded));
	require(decoded.present == event->present);
	if (event->status == WALLET_success)
	{
		if (event->kind == WALLET_KIND_TRANSFER || event->kind == WALLET_KIND_HOLD)
			require(event->amount == event->requested);
		if (event->present & WALLET_HAS_AMOUNT)
			require(event->amount > 0 && (event->amount <= event->requested || event->kind == WALLET_KIND_EXPIRE ||
										  !(event->present & WALLET_HAS_REQUESTED)));
	}
	else
		require(!(event->present & (WALLET_HAS_AMOUNT | WALLET_HAS_DEBIT_PREV | WALLET_HAS_CREDIT_PREV)));
	require((event->status == WALLET_group_failed) == ((event->present & WALLET_HAS_CAUSE) != 0));
}

static void
check_entry(const WalletEntry *entry, int64_t *last_id)
{
	require(!(entry->recorded && entry->replayed));
	require(!(entry->replayed && entry->answer == NULL));
	require(entry->status != WALLET_success || entry->recorded || entry->replayed);
	require(entry->status != WALLET_transaction_id_conflict || entry->difference != NULL);
	require(entry->fault == WALLET_success || (!entry->recorded && !entry->replayed));
	if (entry->answer != NULL)
		require(entry->answer->status == (uint16_t) entry->status);
	if (!entry->recorded)
		return;
	require(entry->event.event_id > *last_id);
	*last_id = entry->event.event_id;
	check_event(&entry->event);
}

/* In a group that failed nothing new may be a success; one that did not has no group_failed that is new. */
static void
check_groups(const WalletBatch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
	{
		for (size_t j = i + 1; j < batch->count; j++)
		{
			const WalletEntry *a = &batch->entries[i];
			const WalletEntry *b = &batch->entries[j];

			if (a->group < 0 || a->group != b->group || !a->recorded || !b->recorded)
				continue;
			require((a->status == WALLET_success) == (b->status == WALLET_success));
			require(a->event.group_first == b->event.group_first);
		}
	}
}

/* What an account has moved by is kept apart from what it began with, which may be near the bounds. */
static void
check_accounts(const WalletAccount *before, const WalletAccount *after)
{
	wallet_int128 sum = 0;

	for (int i = 0; i < ACCOUNTS; i++)
		sum += after[i].balance / 2 - before[i].balance / 2;
	require(sum >= -ACCOUNTS && sum <= ACCOUNTS);
	sum = 0;
	for (int i = 0; i < ACCOUNTS; i++)
		sum += after[i].balance % 1000000007 - before[i].balance % 1000000007;
	require(sum % 1000000007 == 0);

	for (int i = 0; i < ACCOUNTS; i++)
	{
		require(wallet_money_in_range(after[i].balance));
		require(after[i].version >= before[i].version && after[i].last_event >= before[i].last_event);
		require(after[i].guard_event >= before[i].guard_event && after[i].guard_event >= after[i].last_event);
	}
}

/* held is what open holds say, next_expiry the first of them; a reversal never exceeds its original. */
static void
check_holds(const State *state)
{
	for (int i = 0; i < ACCOUNTS; i++)
	{
		const WalletAccount *account = &state->accounts[i];
		wallet_int128 held = state->start[i].held;
		int64_t		next = 0;

		for (int j = 0; j < IDS; j++)
		{
			const WalletHold *hold = &state->holds[j];

			require(hold->bearer == 0);
			require(hold->remaining >= 0 && hold->remaining <= hold->amount);
			require(hold->queued == (hold->state == WALLET_HOLD_OPEN && hold->expires_at != 0));
			if (hold->state != WALLET_HOLD_OPEN || hold->debit != account->id)
				continue;
			require(hold->remaining > 0);
			held += hold->remaining;
			if (hold->expires_at != 0 && (next == 0 || hold->expires_at < next))
				next = hold->expires_at;
		}
		require(account->held == held && account->next_expiry == next);
	}
	for (int j = 0; j < IDS; j++)
		require(state->originals[j].reversed >= 0 && state->originals[j].reversed <= state->originals[j].amount &&
				state->originals[j].bearer == 0);
}

/*
 * Available, one event after the other as it was recorded: what takes or reserves
 * leaves it >= 0, unless the money was held for it.
 */
static void
check_available(const WalletBatch *batch, const WalletAccount *before)
{
	bool		limits_change = false;

	for (size_t i = 0; i < batch->count; i++)
		limits_change = limits_change || batch->entries[i].event.kind == WALLET_KIND_SET_FLOOR ||
			batch->entries[i].event.kind == WALLET_KIND_REMOVE_FLOOR;
	for (size_t i = 0; i < batch->count && !limits_change; i++)
	{
		const WalletEvent *event = &batch->entries[i].event;
		const WalletAccount *payer;

		if (!batch->entries[i].recorded || event->status != WALLET_success ||
			(event->kind != WALLET_KIND_TRANSFER && event->kind != WALLET_KIND_HOLD &&
			 event->kind != WALLET_KIND_SWEEP && event->kind != WALLET_KIND_REVERSE))
			continue;
		payer = &before[event->debit - 1];
		require(!payer->has_floor ||
				wallet_money_available(event->debit_balance, event->debit_held, payer->floor) >= 0);
	}
}

static void
run_batch(Input *input, State *state)
{
	WalletAccount *accounts = state->accounts;
	WalletEvent *records = state->records;
	bool	   *recorded = state->recorded;
	int64_t    *next_id = &state->next_id;
	WalletExpire expires[EXPIRES];
	WalletEntry entries[ENTRIES];
	WalletUndo	undo[ENTRIES * WALLET_UNDO_PER_MEMBER];
	WalletAccount before[ACCOUNTS];
	int			numbers[ENTRIES];
	int			group = -1;
	int64_t		last_id = *next_id - 1;
	size_t		wanted = take(input) % (ENTRIES + 1);
	WalletBatch batch = {
		.entries = entries,
		.accounts = accounts,
		.undo = undo,
		.holds = state->holds,
		.queues = state->queues,
		.originals = state->originals,
		.expires = expires,
		.expire_room = EXPIRES,
		.next_id = *next_id
	};
	size_t		e = 0;

	for (; batch.count < wanted; batch.count++)
	{
		WalletEntry *entry = &entries[batch.count];
		int			number;

		take_entry(input, state, &batch, &group, &number, entry);
		numbers[batch.count] = number;
		if (recorded[number])
			entry->prior = &records[number];
		for (size_t j = 0; j < batch.count; j++)
		{
			if (numbers[j] == number)
				entry->same_as = (int32_t) j;
		}
	}
	memcpy(before, accounts, sizeof(before));
	require(wallet_batch_run(&batch));
	for (size_t i = 0; i < batch.count; i++)
	{
		for (; e < batch.expire_count && entries[i].recorded &&
			 expires[e].event.event_id < entries[i].event.event_id; e++)
		{
			require(expires[e].event.event_id > last_id);
			last_id = expires[e].event.event_id;
			check_event(&expires[e].event);
		}
		check_entry(&entries[i], &last_id);
	}
	if (batch.expire_count > e)
		last_id = expires[batch.expire_count - 1].event.event_id;
	require(batch.next_id == last_id + 1);
	check_groups(&batch);
	check_accounts(before, accounts);
	check_holds(state);
	check_available(&batch, before);
	for (size_t i = 0; i < batch.count; i++)
	{
		if (!entries[i].recorded)
			continue;
		require(!recorded[numbers[i]]);
		recorded[numbers[i]] = true;
		records[numbers[i]] = entries[i].event;
	}
	*next_id = batch.next_id + take(input) * 10000;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Input		input = {data, data + size};
	State		state = {.next_id = 1000000};

	for (int i = 0; i < ACCOUNTS; i++)
		take_account(&input, &state.accounts[i], i + 1);
	memcpy(state.start, state.accounts, sizeof(state.start));
	for (int i = 0; i < BATCHES && input.at < input.end; i++)
		run_batch(&input, &state);
	return 0;
}
