/*
 * fuzz_batch.c
 *
 * Goal: no batch, however odd, makes or loses money, breaks a floor, goes back
 * in ids, or writes an event that is not one.
 *
 * Method: bytes become accounts and commands, some in groups, some with ids that
 * were there before, in this batch or an earlier one; several batches in a row.
 */
#include <stdlib.h>

#include "core/batch.h"
#include "core/codec.h"
#include "core/money.h"

#define ACCOUNTS 5
#define ENTRIES 24
#define BATCHES 6
#define IDS 32					/* different transaction ids */

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

static void
take_entry(Input *input, const WalletBatch *batch, int *group, int *number, WalletEntry *entry)
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
		.same_as = -1
	};
	event->kind = WALLET_KIND_TRANSFER;
	event->transaction_id.bytes[15] = (uint8_t) *number;
	event->present = WALLET_HAS_DEBIT | WALLET_HAS_CREDIT | WALLET_HAS_REQUESTED;
	event->debit = entry->debit + 1;
	event->credit = entry->credit + 1;
	event->requested = take_money(input);
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
	if (event->requested <= 0)
		entry->fault = WALLET_invalid_amount;
	else if (entry->debit == entry->credit)
		entry->fault = WALLET_same_account;

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
		require(event->amount == event->requested && event->amount > 0);
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
		wallet_int128 lowest = before[i].balance < after[i].balance ? before[i].balance : after[i].balance;

		require(wallet_money_in_range(after[i].balance));
		require(after[i].version >= before[i].version && after[i].last_event >= before[i].last_event);
		require(after[i].guard_event >= before[i].guard_event && after[i].guard_event >= after[i].last_event);
		require(after[i].held == before[i].held && after[i].floor == before[i].floor);

		/* Alone, an account below its floor only rises. */
		if (after[i].has_floor && after[i].balance == lowest && after[i].balance < before[i].balance)
			require(wallet_money_available(after[i].balance, after[i].held, after[i].floor) >= 0);
	}
}

static void
run_batch(Input *input, WalletAccount *accounts, WalletEvent *records, bool *recorded, int64_t *next_id)
{
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
		.next_id = *next_id
	};

	for (; batch.count < wanted; batch.count++)
	{
		WalletEntry *entry = &entries[batch.count];
		int			number;

		take_entry(input, &batch, &group, &number, entry);
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
		check_entry(&entries[i], &last_id);
	require(batch.next_id == last_id + 1);
	check_groups(&batch);
	check_accounts(before, accounts);
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
	WalletAccount accounts[ACCOUNTS];
	WalletEvent records[IDS];
	bool		recorded[IDS] = {false};
	int64_t		next_id = 1000000;

	for (int i = 0; i < ACCOUNTS; i++)
		take_account(&input, &accounts[i], i + 1);
	for (int i = 0; i < BATCHES && input.at < input.end; i++)
		run_batch(&input, accounts, records, recorded, &next_id);
	return 0;
}
