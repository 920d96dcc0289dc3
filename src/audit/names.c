/*
 * names.c
 *		Few accounts are named by many events, so names are remembered, up to a limit
 *		of entries: a result of any length takes bounded memory.
 */
#include "postgres.h"

#include "audit/names.h"
#include "pg/datum.h"
#include "store/accounts.h"
#include "store/lookup.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#define REMEMBERED 10000

typedef struct NameEntry
{
	int64		id;				/* key */
	bool		found;
	Datum		name;
	Datum		currency;
} NameEntry;

struct WalletNames
{
	WalletLookup accounts;
	MemoryContext home;			/* where a scan may allocate: it lives until
								 * closed */
	MemoryContext memory;		/* of the entries */
	HTAB	   *entries;
};

static void
start_over(WalletNames *names)
{
	HASHCTL		control = {
		.keysize = sizeof(int64),
		.entrysize = sizeof(NameEntry),
		.hcxt = names->memory
	};

	MemoryContextReset(names->memory);
	names->entries = hash_create("wallet names", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

WalletNames *
wallet_names_open(Snapshot snapshot)
{
	WalletNames *names = palloc(sizeof(WalletNames));

	wallet_lookup_open(&names->accounts, WALLET_REL_ACCOUNT, WALLET_REL_ACCOUNT_PKEY, 1, snapshot);
	names->home = CurrentMemoryContext;
	names->memory = AllocSetContextCreate(CurrentMemoryContext, "wallet names", ALLOCSET_DEFAULT_SIZES);
	start_over(names);
	return names;
}

void
wallet_names_close(WalletNames *names)
{
	wallet_lookup_close(&names->accounts);
	MemoryContextDelete(names->memory);
	pfree(names);
}

static void
read_entry(WalletNames *names, NameEntry *entry)
{
	MemoryContext old = MemoryContextSwitchTo(names->home);
	WalletIdentity identity;

	entry->found = wallet_lookup_id(&names->accounts, entry->id);
	if (entry->found)
	{
		MemoryContextSwitchTo(names->memory);
		wallet_identity_from_slot(names->accounts.table->slot, &identity);
		entry->name = wallet_bytes_text(identity.name);
		entry->currency = wallet_currency_text(&identity.currency);
	}
	MemoryContextSwitchTo(old);
}

bool
wallet_names_find(WalletNames *names, int64 id, Datum *name, Datum *currency)
{
	NameEntry  *entry = hash_search(names->entries, &id, HASH_FIND, NULL);

	if (entry == NULL)
	{
		if (hash_get_num_entries(names->entries) >= REMEMBERED)
			start_over(names);
		entry = hash_search(names->entries, &id, HASH_ENTER, NULL);
		read_entry(names, entry);
	}
	if (!entry->found)
		return false;
	*name = PointerGetDatum(PG_DETOAST_DATUM_COPY(entry->name));
	*currency = PointerGetDatum(PG_DETOAST_DATUM_COPY(entry->currency));
	return true;
}
