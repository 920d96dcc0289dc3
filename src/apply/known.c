/*
 * known.c
 *		Which ids are recorded already.  Done before any row is locked, so that
 *		waiting for another user of an id holds nothing that others want.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "apply/call.h"

typedef struct IdEntry
{
	WalletUuid	id;
	int32		last;			/* latest entry of the batch with this id */
	char		status;
} IdEntry;

/* The last eight bytes: random in every version in use. */
static inline uint32
hash_id(WalletUuid id)
{
	uint64		bits;

	memcpy(&bits, id.bytes + 8, sizeof(bits));
	bits ^= bits >> 32;
	bits *= UINT64CONST(0x9E3779B97F4A7C15);
	return (uint32) (bits >> 32);
}

#define SH_PREFIX ids
#define SH_ELEMENT_TYPE IdEntry
#define SH_KEY_TYPE WalletUuid
#define SH_KEY id
#define SH_HASH_KEY(table, key) hash_id(key)
#define SH_EQUAL(table, a, b) wallet_uuid_equal(&(a), &(b))
#define SH_SCOPE static inline
#define SH_DEFINE
#define SH_DECLARE
#include "lib/simplehash.h"

static void
link_repetitions(WalletBatch *batch)
{
	ids_hash   *ids;

	if (batch->count < 2)
		return;
	ids = ids_create(CurrentMemoryContext, (uint32) batch->count, NULL);
	for (size_t i = 0; i < batch->count; i++)
	{
		WalletEntry *entry = &batch->entries[i];
		IdEntry    *id;
		bool		found;

		if (entry->fault != WALLET_success)
			continue;
		id = ids_insert(ids, entry->event.transaction_id, &found);
		if (found)
			entry->same_as = id->last;
		id->last = (int32) i;
	}
	ids_destroy(ids);
}

/* Back to what the door filled: an attempt may be the second. */
static void
reset_entry(WalletEntry *entry)
{
	entry->event.present &= WALLET_HAS_EFFECTIVE_AT | WALLET_HAS_EXPECTED_VERSION |
		WALLET_HAS_METADATA_DIGEST | WALLET_HAS_RELATED;
	entry->event.exponent = 0;
	entry->prior = entry->known = entry->answer = NULL;
	entry->debit = entry->credit = entry->opened = entry->same_as = -1;
	entry->status = WALLET_success;
	entry->difference = NULL;
	entry->recorded = entry->replayed = false;
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
