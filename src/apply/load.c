/*
 * load.c
 *		The footprint of a call: every account that an undecided command names,
 *		locked in id order, then read.  Two calls that touch the same accounts meet
 *		at the same one first, so neither can hold what the other waits for.
 */
#include "postgres.h"

#include "core/footprint.h"
#include "miscadmin.h"
#include "pg/error.h"
#include "apply/call.h"
#include "utils/memutils.h"

static bool
is_undecided(const WalletEntry *entry)
{
	return entry->fault == WALLET_success && entry->prior == NULL;
}

static void *
allocate(size_t count, size_t size)
{
	return MemoryContextAllocHuge(CurrentMemoryContext, Max(count, 1) * size);
}

/* Users may name any number; a footprint holds ids that an account can have. */
static void
add_to_footprint(WalletCall *call, size_t *n, uint32 present, uint32 bit, int64 id)
{
	if ((present & bit) && id > 0)
		call->ids[(*n)++] = id;
}

/* The accounts of what a command is about; 0: none. */
static void
add_pair(WalletCall *call, size_t *n, int64 debit, int64 credit)
{
	if (debit > 0)
		call->ids[(*n)++] = debit;
	if (credit > 0)
		call->ids[(*n)++] = credit;
}

static void
build_footprint(WalletCall *call)
{
	WalletBatch *batch = &call->batch;
	size_t		n = 0;
	int64	   *scratch;

	call->ids = allocate(2 * (batch->count + call->hold_count + call->original_count), sizeof(int64));
	call->opened_count = 0;
	for (size_t i = 0; i < batch->count; i++)
	{
		const WalletEntry *entry = &batch->entries[i];

		if (!is_undecided(entry))
			continue;
		add_to_footprint(call, &n, entry->event.present, WALLET_HAS_DEBIT, entry->event.debit);
		add_to_footprint(call, &n, entry->event.present, WALLET_HAS_CREDIT, entry->event.credit);
		if (entry->event.kind == WALLET_KIND_OPEN)
			call->opened_count++;
	}
	for (size_t i = 0; i < call->hold_count; i++)
		add_pair(call, &n, batch->holds[i].debit, batch->holds[i].credit);
	for (size_t i = 0; i < call->original_count; i++)
		add_pair(call, &n, batch->originals[i].debit, batch->originals[i].credit);
	scratch = allocate(n, sizeof(int64));
	call->id_count = wallet_footprint_build((int64_t *) call->ids, n, (int64_t *) scratch);
	pfree(scratch);
}

int32
wallet_call_position(const WalletCall *call, int64 id)
{
	return wallet_footprint_find((const int64_t *) call->ids, call->id_count, id);
}

/* Positions of the accounts that were found; an account that has no row is left out. */
static int32
position_of(const WalletCall *call, uint32 present, uint32 bit, int64 id)
{
	int32		position;

	if (!(present & bit) || id <= 0)
		return -1;
	position = wallet_call_position(call, id);
	return position >= 0 && call->batch.accounts[position].id == id ? position : -1;
}

static void
assign_positions(WalletCall *call)
{
	int32		opened = (int32) call->id_count;

	for (size_t i = 0; i < call->batch.count && call->opened_count > 0; i++)
	{
		WalletEntry *entry = &call->batch.entries[i];

		if (is_undecided(entry) && entry->event.kind == WALLET_KIND_OPEN)
			entry->opened = opened++;
	}
	for (size_t i = 0; i < call->batch.count; i++)
	{
		WalletEntry *entry = &call->batch.entries[i];

		if (!is_undecided(entry))
			continue;
		entry->debit = position_of(call, entry->event.present, WALLET_HAS_DEBIT, entry->event.debit);
		entry->credit = position_of(call, entry->event.present, WALLET_HAS_CREDIT, entry->event.credit);
	}
}

void
wallet_load(WalletCall *call)
{
	WalletBatch *batch = &call->batch;

	build_footprint(call);
	batch->accounts = allocate(call->id_count + call->opened_count, sizeof(WalletAccount));
	call->rows = allocate(call->id_count, sizeof(WalletBalanceRow));
	for (size_t i = 0; i < call->id_count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (wallet_balances_lock(&call->balances, call->ids[i], &call->rows[i]))
			batch->accounts[i] = call->rows[i].account;
		else
		{
			memset(&call->rows[i], 0, sizeof(call->rows[i]));
			memset(&batch->accounts[i], 0, sizeof(batch->accounts[i]));
		}
	}
	if (call->opened_count > 0)
		memset(&batch->accounts[call->id_count], 0, call->opened_count * sizeof(WalletAccount));
	assign_positions(call);
	if (call->group_max > 0 && batch->undo == NULL)
		batch->undo = allocate((size_t) call->group_max * WALLET_UNDO_PER_MEMBER, sizeof(WalletUndo));
}
