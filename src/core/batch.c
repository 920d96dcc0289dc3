/*
 * batch.c
 *		The loop over commands, and those that are alone.
 */
#include "core/batch.h"
#include "core/codec.h"
#include "core/machine.h"
#include "core/status.h"

/* A position whose account was not opened, or no longer, holds none. */
WalletAccount *
wallet_batch_account(WalletBatch *batch, int32_t position)
{
	return position < 0 || batch->accounts[position].id == 0 ? NULL
		: &batch->accounts[position];
}

/* Answers from the record that the id has: the same again, or a conflict. */
void
wallet_batch_answer(WalletEntry *entry, const WalletEvent *known)
{
	entry->known = known;
	entry->difference = wallet_content_difference(&entry->event, known);
	if (entry->difference != NULL)
	{
		entry->status = WALLET_transaction_id_conflict;
		return;
	}
	entry->status = (WalletStatus) known->status;
	entry->answer = known;
	entry->replayed = true;
}

/* Steps one command with the next id.  The id is used up only by a record. */
WalletStatus
wallet_batch_step(WalletBatch *batch, WalletEntry *entry)
{
	WalletView	view = {
		.debit = wallet_batch_account(batch, entry->debit),
		.credit = wallet_batch_account(batch, entry->credit),
		.opened = entry->opened < 0 ? NULL : &batch->accounts[entry->opened],
		.name_taken = entry->name_taken,
		.parent_found = entry->parent_found,
		.currency_defined = entry->currency_defined,
		.target_found = entry->target_found,
		.forbidden = entry->forbidden
	};

	if (!batch->replaying)
		entry->event.event_id = batch->next_id;
	entry->status = wallet_step(&view, &entry->event);
	entry->recorded = wallet_status_remembered((int) entry->status);
	entry->known = entry->answer = entry->recorded ? &entry->event : NULL;
	if (entry->recorded)
		batch->next_id++;
	return entry->status;
}

static bool
run_alone(WalletBatch *batch, WalletEntry *entry)
{
	const WalletEvent *known = entry->prior;

	if (known == NULL && entry->same_as >= 0)
		known = batch->entries[entry->same_as].known;
	if (entry->fault != WALLET_success)
	{
		entry->status = entry->fault;
		entry->known = known;
	}
	else if (known != NULL)
		wallet_batch_answer(entry, known);
	else
		return wallet_batch_step(batch, entry) != WALLET_ledger_corrupt;
	return true;
}

static size_t
group_length(const WalletBatch *batch, size_t first)
{
	size_t		next = first + 1;

	while (next < batch->count && batch->entries[next].group == batch->entries[first].group)
		next++;
	return next - first;
}

bool
wallet_batch_run(WalletBatch *batch)
{
	size_t		i = 0;

	while (i < batch->count)
	{
		size_t		length = 1;

		if (batch->entries[i].group < 0)
		{
			if (!run_alone(batch, &batch->entries[i]))
				return false;
		}
		else
		{
			length = group_length(batch, i);
			if (!wallet_group_run(batch, i, length))
				return false;
		}
		i += length;
	}
	return true;
}
