/*
 * known.c
 *		Which ids are recorded already.  Done before any row is locked, so that
 *		waiting for another user of an id holds nothing that others want.
 */
#include "postgres.h"

#include "core/detail.h"
#include "miscadmin.h"
#include "pg/datum.h"
#include "store/accounts.h"
#include "store/currencies.h"
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

/* The questions of rare kinds that are not about an account's state. */
static void
ask_for_names(WalletCall *call, WalletEntry *entry, const WalletRequest *request)
{
	WalletCurrency currency;

	if (entry->event.kind != WALLET_KIND_OPEN && entry->event.kind != WALLET_KIND_DEFINE_CURRENCY)
		return;
	(void) wallet_currency_from_bytes(request->currency, &currency);
	if (entry->event.kind == WALLET_KIND_OPEN)
		entry->name_taken = wallet_accounts_taken(request->from, &currency);
	else
		entry->currency_defined = wallet_currencies_exponent(&currency, call->snapshot) >= 0;
}

void
wallet_find_known(WalletCall *call)
{
	link_repetitions(&call->batch);
	for (size_t i = 0; i < call->batch.count; i++)
	{
		WalletEntry *entry = &call->batch.entries[i];

		if (entry->fault != WALLET_success)
			continue;
		if ((i & 0xff) == 0)
			CHECK_FOR_INTERRUPTS();
		entry->prior = wallet_events_find(call->events, &entry->event.transaction_id, 0);
		if (entry->prior == NULL)
			ask_for_names(call, entry, &call->requests[i]);
	}
}
