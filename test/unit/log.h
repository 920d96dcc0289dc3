/*
 * log.h
 *		What batches recorded, in order, and its replay: every event decided again
 *		from its inputs alone must come out as the same bytes.
 */
#ifndef WALLET_TEST_LOG_H
#define WALLET_TEST_LOG_H

#include "core/batch.h"
#include "core/codec.h"
#include "core/status.h"
#include "tap.h"

typedef struct Log
{
	WalletEvent *events;
	size_t		count;
	size_t		room;
} Log;

static inline void
log_append(Log *log, const WalletEvent *event)
{
	if (log->count == log->room)
	{
		log->room = log->room ? 2 * log->room : 64;
		log->events = realloc(log->events, log->room * sizeof(WalletEvent));
		if (log->events == NULL)
			abort();
	}
	log->events[log->count++] = *event;
}

static inline void
log_append_recorded(Log *log, const WalletBatch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
	{
		if (batch->entries[i].recorded)
			log_append(log, &batch->entries[i].event);
	}
}

/* A record decodes from its bytes, and two records are the same if their bytes are. */
static inline bool
log_same_bytes(const WalletEvent *a, const WalletEvent *b)
{
	size_t		size = wallet_event_size(a);
	uint8_t    *left = malloc(size);
	uint8_t    *right = malloc(size);
	WalletEvent decoded;
	bool		same = wallet_event_size(b) == size;

	if (same)
	{
		wallet_event_encode(a, left);
		wallet_event_encode(b, right);
		same = memcmp(left, right, size) == 0 && wallet_event_decode(left, size, &decoded);
	}
	free(left);
	free(right);
	return same;
}

static inline int32_t
log_position(const WalletAccount *accounts, size_t count, const WalletEvent *event, uint32_t bit, int64_t id)
{
	if (!(event->present & bit) || event->kind == WALLET_KIND_OPEN)
		return -1;
	for (size_t i = 0; i < count; i++)
	{
		if (accounts[i].id == id)
			return (int32_t) i;
	}
	return -1;
}

/* A command again: what came of it is taken away. */
static inline WalletEntry
log_command(const WalletEvent *event, WalletAccount *accounts, size_t count)
{
	WalletEntry entry = {.event = *event,.opened = -1,.group = -1,.same_as = -1};
	WalletEvent *again = &entry.event;

	again->present &= WALLET_HAS_INPUTS | WALLET_HAS_GROUP_FIRST;
	again->status = 0;
	again->exponent = 0;
	again->amount = again->debit_balance = again->credit_balance = again->debit_held = 0;
	again->debit_version = again->credit_version = again->debit_prev = again->credit_prev = 0;
	again->cause = 0;
	entry.debit = log_position(accounts, count, event, WALLET_HAS_DEBIT, event->debit);
	entry.credit = log_position(accounts, count, event, WALLET_HAS_CREDIT, event->credit);
	if (event->present & WALLET_HAS_GROUP_FIRST)
		entry.group = 0;
	return entry;
}

/* How many events belong together, from the first on. */
static inline size_t
log_run(const Log *log, size_t first)
{
	size_t		next = first + 1;

	if (!(log->events[first].present & WALLET_HAS_GROUP_FIRST))
		return 1;
	while (next < log->count && (log->events[next].present & WALLET_HAS_GROUP_FIRST) &&
		   log->events[next].group_first == log->events[first].group_first)
		next++;
	return next - first;
}

/* Accounts are those before the first event; afterwards those after the last. */
static inline bool
log_replays(const Log *log, WalletAccount *accounts, size_t count)
{
	size_t		first = 0;
	bool		good = true;

	while (first < log->count)
	{
		size_t		n = log_run(log, first);
		WalletEntry *entries = calloc(n, sizeof(WalletEntry));
		WalletUndo *undo = calloc(n * WALLET_UNDO_PER_MEMBER, sizeof(WalletUndo));
		WalletBatch batch = {
			.entries = entries,
			.count = n,
			.accounts = accounts,
			.undo = undo,
			.replaying = true
		};

		for (size_t i = 0; i < n; i++)
		{
			const WalletEvent *event = &log->events[first + i];

			entries[i] = log_command(event, accounts, count);
			if ((event->present & WALLET_HAS_CAUSE) && event->cause < event->group_first)
				batch.outside_cause = event->cause;
		}
		good = wallet_batch_run(&batch) && good;
		for (size_t i = 0; i < n; i++)
			good = entries[i].recorded &&
				log_same_bytes(&entries[i].event, &log->events[first + i]) && good;
		free(entries);
		free(undo);
		first += n;
	}
	return good;
}

#endif
