/*
 * known.c
 *		Which ids are recorded already.  Done before any row is locked, so that
 *		waiting for another user of an id holds nothing that others want.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "pg/uuid_map.h"
#include "apply/call.h"

static void
link_repetitions(WalletBatch *batch)
{
	uuid_map_hash *ids;

	if (batch->count < 2)
		return;
	ids = uuid_map_create(CurrentMemoryContext, (uint32) batch->count, NULL);
	for (size_t i = 0; i < batch->count; i++)
	{
		WalletEntry *entry = &batch->entries[i];
		WalletUuidEntry *id;
		bool		found;

		if (entry->fault != WALLET_success)
			continue;
		id = uuid_map_insert(ids, entry->event.transaction_id, &found);
		if (found)
			entry->same_as = id->position;
		id->position = (int32) i;
	}
	uuid_map_destroy(ids);
}

/* Back to what the door filled: an attempt may be the second. */
static void
reset_entry(WalletEntry *entry)
{
	entry->event.present &= WALLET_HAS_EFFECTIVE_AT | WALLET_HAS_EXPIRES_AT | WALLET_HAS_EXPECTED_VERSION |
		WALLET_HAS_METADATA_DIGEST | WALLET_HAS_RELATED | WALLET_HAS_FINAL;
	entry->event.exponent = 0;
	entry->prior = entry->known = entry->answer = NULL;
	entry->debit = entry->credit = entry->opened = entry->same_as = -1;
	entry->hold = entry->original = entry->becomes = -1;
	entry->debit_birth = entry->credit_birth = entry->parent_birth = entry->rival = entry->needs = -1;
	entry->status = WALLET_success;
	entry->difference = NULL;
	entry->recorded = entry->replayed = entry->guessed = false;
	entry->name_taken = entry->parent_found = entry->currency_defined = false;
	entry->target_found = entry->forbidden = false;
}

void
wallet_find_known(WalletCall *call)
{
	for (size_t i = 0; i < call->batch.count; i++)
	{
		reset_entry(&call->batch.entries[i]);
		call->batch.entries[i].fault = call->requests[i].fault;
		call->requests[i].bearer = 0;
	}
	link_repetitions(&call->batch);
	for (size_t i = 0; i < call->batch.count; i++)
	{
		WalletEntry *entry = &call->batch.entries[i];

		if (entry->fault != WALLET_success)
			continue;
		if ((i & 0xff) == 0)
			CHECK_FOR_INTERRUPTS();
		entry->prior = wallet_events_find(call->events, &entry->event.transaction_id, 0);
	}
}
