/*
 * relate.c
 *		Commands that are about earlier ones: capture and release name a hold, a
 *		reversal an original, which may be an earlier command of the same call.
 *
 * Whatever a command names has one place, however many commands name it.  A hold is
 * guarded by its payer's balance, what was reversed of an original by both
 * balances: so places are read twice, first to learn which accounts to lock, then
 * what they hold.
 *
 * Expiry.  Every account that an event id reaches the next expiry of must have those
 * holds in the batch, and what a settled hold was the first of must show the next.
 * How many ids a call needs depends on how many holds expire within them; so ids are
 * taken, the holds counted, and if they are too few, taken again.
 */
#include "postgres.h"

#include "access/xact.h"
#include "core/expiry.h"
#include "pg/datum.h"
#include "pg/error.h"
#include "pg/uuid_map.h"
#include "store/clock.h"
#include "store/holds.h"
#include "apply/relate.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

struct WalletRelations
{
	uuid_map_hash *holds;
	uuid_map_hash *originals;
	size_t		hold_room;
	size_t		original_room;
	size_t		named;			/* holds that commands name; the rest may
								 * expire */
};

static void *
grow(void *array, size_t *room, size_t size)
{
	size_t		more = Max(16, 2 * *room);

	array = array == NULL ? MemoryContextAllocHuge(CurrentMemoryContext, more * size)
		: repalloc_huge(array, more * size);
	*room = more;
	return array;
}

void
wallet_relate_reset(WalletCall *call)
{
	call->relates = false;
	call->relations = NULL;
	call->batch.holds = NULL;
	call->batch.queues = NULL;
	call->batch.originals = NULL;
	call->batch.expire_count = call->batch.expire_room = 0;
	call->hold_count = call->original_count = 0;
}

/* ----- places ----- */

static WalletRelations *
relations_of(WalletCall *call)
{
	if (call->relations == NULL)
	{
		call->relations = palloc0(sizeof(WalletRelations));
		call->relations->holds = uuid_map_create(CurrentMemoryContext, 64, NULL);
		call->relations->originals = uuid_map_create(CurrentMemoryContext, 64, NULL);
	}
	return call->relations;
}

/* The place of a hold; *is_new: it is empty. */
static int32
place_hold(WalletCall *call, const WalletUuid *id, bool *is_new)
{
	WalletRelations *relations = relations_of(call);
	bool		found;
	WalletUuidEntry *entry = uuid_map_insert(relations->holds, *id, &found);

	*is_new = !found;
	if (found)
		return entry->position;
	if (call->hold_count == relations->hold_room)
	{
		size_t		room = relations->hold_room;

		call->batch.holds = grow(call->batch.holds, &room, sizeof(WalletHold));
		call->hold_rows = grow(call->hold_rows, &relations->hold_room, sizeof(WalletHoldRow));
	}
	memset(&call->batch.holds[call->hold_count], 0, sizeof(WalletHold));
	memset(&call->hold_rows[call->hold_count], 0, sizeof(WalletHoldRow));
	ItemPointerSetInvalid(&call->hold_rows[call->hold_count].tid);
	entry->position = (int32) call->hold_count++;
	return entry->position;
}

static int32
place_original(WalletCall *call, const WalletUuid *id, bool *is_new)
{
	WalletRelations *relations = relations_of(call);
	bool		found;
	WalletUuidEntry *entry = uuid_map_insert(relations->originals, *id, &found);

	*is_new = !found;
	if (found)
		return entry->position;
	if (call->original_count == relations->original_room)
	{
		size_t		room = relations->original_room;

		call->batch.originals = grow(call->batch.originals, &room, sizeof(WalletOriginal));
		call->reversal_rows = grow(call->reversal_rows, &relations->original_room, sizeof(WalletReversalRow));
	}
	memset(&call->batch.originals[call->original_count], 0, sizeof(WalletOriginal));
	memset(&call->reversal_rows[call->original_count], 0, sizeof(WalletReversalRow));
	ItemPointerSetInvalid(&call->reversal_rows[call->original_count].tid);
	entry->position = (int32) call->original_count++;
	return entry->position;
}

static void
read_hold(WalletCall *call, WalletHolds *holds, const WalletUuid *id, int32 position)
{
	WalletHoldRow *row = &call->hold_rows[position];

	if (wallet_holds_find(holds, id, row))
		call->batch.holds[position] = row->hold;
}

static void
read_original(WalletCall *call, const WalletUuid *id, int32 position)
{
	const WalletEvent *event = wallet_events_find(call->events, id, 0);

	if (event == NULL)
		return;
	call->batch.originals[position] = (WalletOriginal)
	{
		.transaction_id = *id,
		.event_id = event->event_id,
		.debit = (event->present & WALLET_HAS_DEBIT) ? event->debit : 0,
		.credit = (event->present & WALLET_HAS_CREDIT) ? event->credit : 0,
		.amount = (event->present & WALLET_HAS_AMOUNT) ? event->amount : 0,
		.kind = event->kind,
		.status = event->status
	};
}

static bool
is_undecided(const WalletEntry *entry)
{
	return entry->fault == WALLET_success && entry->prior == NULL;
}

static void
relate_entry(WalletCall *call, WalletHolds *holds, size_t i)
{
	WalletEntry *entry = &call->batch.entries[i];
	bool		is_new;

	switch (entry->event.kind)
	{
		case WALLET_KIND_HOLD:
			entry->hold = place_hold(call, &entry->event.transaction_id, &is_new);
			break;
		case WALLET_KIND_CAPTURE:
		case WALLET_KIND_RELEASE:
			entry->hold = place_hold(call, &entry->event.related, &is_new);
			if (is_new)
				read_hold(call, holds, &entry->event.related, entry->hold);
			break;
		case WALLET_KIND_REVERSE:
			entry->original = place_original(call, &entry->event.related, &is_new);
			if (is_new)
				read_original(call, &entry->event.related, entry->original);
			break;
		default:
			break;
	}
}

/* Which commands bring forth what others of the call reverse. */
static void
find_bearers(WalletCall *call)
{
	for (size_t i = 0; i < call->batch.count; i++)
	{
		WalletEntry *entry = &call->batch.entries[i];
		WalletUuidEntry *place;

		if (!is_undecided(entry))
			continue;
		place = uuid_map_lookup(call->relations->originals, entry->event.transaction_id);
		if (place == NULL)
			continue;
		entry->becomes = place->position;
	}
}

void
wallet_relate(WalletCall *call)
{
	WalletHolds holds;

	if (!call->relates)
		return;
	wallet_holds_open(&holds, call->snapshot);
	for (size_t i = 0; i < call->batch.count; i++)
	{
		if (is_undecided(&call->batch.entries[i]))
			relate_entry(call, &holds, i);
	}
	wallet_holds_close(&holds);
	if (call->relations == NULL)
		return;
	if (call->original_count > 0)
		find_bearers(call);
	call->relations->named = call->hold_count;
}

/* ----- once their accounts are locked ----- */

static int32
position_of(const WalletCall *call, int64 id)
{
	int32		position = id == 0 ? -1 : wallet_call_position(call, id);

	return position >= 0 && call->batch.accounts[position].id == id ? position : -1;
}

static void
reread_hold(WalletCall *call, WalletHolds *holds, size_t i)
{
	WalletHold *hold = &call->batch.holds[i];

	if (hold->state == WALLET_HOLD_NONE)
		return;
	if (!wallet_holds_find(holds, &hold->transaction_id, &call->hold_rows[i]))
		wallet_raise_corrupt("Hold %s is gone from wallet.hold.", wallet_uuid_text(&hold->transaction_id));
	*hold = call->hold_rows[i].hold;
	hold->payer = position_of(call, hold->debit);
	hold->payee = position_of(call, hold->credit);
}

static void
reread_original(WalletCall *call, size_t i)
{
	WalletOriginal *original = &call->batch.originals[i];

	original->payer = position_of(call, original->debit);
	original->payee = position_of(call, original->credit);
	if (original->event_id == 0)
		return;
	(void) wallet_reversals_find(&original->transaction_id, GetActiveSnapshot(), &call->reversal_rows[i]);
	original->reversed = call->reversal_rows[i].reversed;
}

/*
 * The accounts of what a command names: as they are, or as the command says that is to
 * bring it forth.  The machine finds out again; until then whoever asks about the
 * payer's rights, or what an amount means, must know.
 */
static void
refer(WalletCall *call, WalletEntry *entry)
{
	bool		reverse = entry->event.kind == WALLET_KIND_REVERSE;
	int32		me = (int32) (entry - call->batch.entries) + 1;
	int32		bearer = 0;

	if (wallet_batch_refer(&call->batch, entry))
	{
		/* The first that has accounts is the one that can succeed. */
		bool		can_succeed = entry->debit >= 0 || entry->debit_birth >= 0;

		if (can_succeed && entry->event.kind == WALLET_KIND_HOLD &&
			call->hold_rows[entry->hold].bearer == 0)
			call->hold_rows[entry->hold].bearer = me;
		if (can_succeed && entry->becomes >= 0 && call->reversal_rows[entry->becomes].bearer == 0)
			call->reversal_rows[entry->becomes].bearer = me;
		return;
	}
	if (reverse && entry->original >= 0)
		bearer = call->reversal_rows[entry->original].bearer;
	else if (!reverse && entry->hold >= 0)
		bearer = call->hold_rows[entry->hold].bearer;
	if (bearer == 0)
		return;
	call->requests[me - 1].bearer = bearer;
	/* It may itself be reversed. */
	if (entry->becomes >= 0 && call->reversal_rows[entry->becomes].bearer == 0)
		call->reversal_rows[entry->becomes].bearer = me;
	entry->debit = reverse ? call->batch.entries[bearer - 1].credit : call->batch.entries[bearer - 1].debit;
	entry->credit = reverse ? call->batch.entries[bearer - 1].debit : call->batch.entries[bearer - 1].credit;
}

void
wallet_relate_loaded(WalletCall *call)
{
	WalletHolds holds;

	if (!call->relates)
		return;
	PushActiveSnapshot(IsolationUsesXactSnapshot() ? GetTransactionSnapshot() : GetLatestSnapshot());
	wallet_holds_open(&holds, GetActiveSnapshot());
	for (size_t i = 0; i < call->hold_count; i++)
		reread_hold(call, &holds, i);
	for (size_t i = 0; i < call->original_count; i++)
		reread_original(call, i);
	wallet_holds_close(&holds);
	PopActiveSnapshot();

	for (size_t i = 0; i < call->batch.count; i++)
	{
		if (is_undecided(&call->batch.entries[i]))
			refer(call, &call->batch.entries[i]);
	}
}

/* ----- expiry ----- */

/* How many of an account's holds the call may settle, one after the other; -1: none of its commands minds. */
static int *
count_settlings(const WalletCall *call)
{
	int		   *settlings = palloc((call->id_count + 1) * sizeof(int));

	memset(settlings, -1, call->id_count * sizeof(int));
	for (size_t i = 0; i < call->batch.count; i++)
	{
		const WalletEntry *entry = &call->batch.entries[i];

		if (!is_undecided(entry) || entry->debit < 0 || (size_t) entry->debit >= call->id_count)
			continue;
		if (entry->event.kind == WALLET_KIND_HOLD)
			settlings[entry->debit] = Max(settlings[entry->debit], 0);
		else if (entry->event.kind == WALLET_KIND_CAPTURE || entry->event.kind == WALLET_KIND_RELEASE)
			settlings[entry->debit] = Max(settlings[entry->debit], 0) + 1;
	}
	return settlings;
}

/* Forgets what an earlier taking of ids has loaded. */
static void
reset_queues(WalletCall *call)
{
	size_t		named = call->relations->named;

	for (size_t i = named; i < call->hold_count; i++)
		(void) uuid_map_delete(call->relations->holds, call->batch.holds[i].transaction_id);
	call->hold_count = named;
	for (size_t i = 0; i < named; i++)
	{
		call->batch.holds[i].child = call->batch.holds[i].next = 0;
		call->batch.holds[i].queued = false;
	}
	memset(call->batch.queues, 0, (call->id_count + call->opened_count) * sizeof(int32));
}

/* The account's open holds up to the last id, and `more` of those that come next. */
static void
load_queue(WalletCall *call, WalletHolds *holds, int32 account, int64 last, int more)
{
	WalletHoldRow row = {0};

	wallet_holds_start(holds, call->ids[account]);
	while (wallet_holds_next(holds, &row))
	{
		bool		is_new;
		int32		position;

		if (row.hold.expires_at > last && more-- < 0)
			break;
		position = place_hold(call, &row.hold.transaction_id, &is_new);
		if (is_new)
		{
			call->hold_rows[position] = row;
			call->batch.holds[position] = row.hold;
			call->batch.holds[position].payer = account;
			call->batch.holds[position].payee = -1;
		}
		wallet_expiry_push(call->batch.holds, &call->batch.queues[account], &call->batch.holds[position]);
	}
}

/* Events that the holds of one account may make expire events of, with ids from first to last. */
static size_t
count_expires(const WalletCall *call, int64 first, int64 last)
{
	bool	   *due = palloc0(call->id_count + 1);
	size_t		n = 0;

	for (size_t i = 0; i < call->hold_count; i++)
	{
		const WalletHold *hold = &call->batch.holds[i];

		if (!hold->queued || hold->expires_at > last)
			continue;
		/* All that are due at the first id make one event. */
		if (hold->expires_at > first)
			n++;
		else if (!due[hold->payer])
		{
			due[hold->payer] = true;
			n++;
		}
	}
	for (size_t i = 0; i < call->batch.count; i++)
	{
		const WalletEntry *entry = &call->batch.entries[i];

		if (is_undecided(entry) && entry->event.kind == WALLET_KIND_HOLD &&
			(entry->event.present & WALLET_HAS_EXPIRES_AT) && entry->event.expires_at <= last)
			n++;
	}
	pfree(due);
	return n;
}

static void
load_queues(WalletCall *call, const int *settlings, int64 last)
{
	WalletHolds holds;

	reset_queues(call);
	PushActiveSnapshot(IsolationUsesXactSnapshot() ? GetTransactionSnapshot() : GetLatestSnapshot());
	wallet_holds_open(&holds, GetActiveSnapshot());
	for (size_t i = 0; i < call->id_count; i++)
	{
		const WalletAccount *account = &call->batch.accounts[i];

		if (account->next_expiry != 0 && (account->next_expiry <= last || settlings[i] >= 0))
			load_queue(call, &holds, (int32) i, last, Max(settlings[i], 0));
	}
	wallet_holds_close(&holds);
	PopActiveSnapshot();
}

static int64
newest_seen(const WalletCall *call)
{
	int64		newest = 0;

	for (size_t i = 0; i < call->id_count; i++)
		newest = Max(newest, Max(call->rows[i].account.last_event, call->rows[i].account.guard_event));
	return newest;
}

/* Does any account have a hold that may expire, or get one? */
static bool
minds_expiry(const WalletCall *call)
{
	if (call->hold_count > 0)
		return true;
	for (size_t i = 0; i < call->id_count; i++)
	{
		if (call->batch.accounts[i].next_expiry != 0)
			return true;
	}
	return false;
}

void
wallet_take_ids(WalletCall *call)
{
	WalletBatch *batch = &call->batch;
	size_t		room = 0;
	int64		above = newest_seen(call);
	const int  *settlings;

	if (!minds_expiry(call))
	{
		batch->next_id = wallet_clock_take((int) batch->count, above, call->call_start_boot);
		return;
	}
	(void) relations_of(call);
	settlings = count_settlings(call);
	batch->queues = MemoryContextAllocHuge(CurrentMemoryContext,
										   (call->id_count + call->opened_count + 1) * sizeof(int32));
	for (;;)
	{
		int64		last;
		size_t		needed;

		batch->next_id = wallet_clock_take((int) (batch->count + room), above, call->call_start_boot);
		last = batch->next_id + (int64) (batch->count + room) - 1;
		load_queues(call, settlings, last);
		needed = count_expires(call, batch->next_id, last);
		if (needed <= room)
			break;
		room = needed + needed / 8 + 8;
	}
	batch->expire_room = room;
	batch->expires = MemoryContextAllocHuge(CurrentMemoryContext, Max(room, 1) * sizeof(WalletExpire));
	if (batch->holds == NULL)
		batch->holds = palloc0(sizeof(WalletHold));
}
