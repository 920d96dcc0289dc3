/*
 * ledger.c
 *		The tables of the replay: accounts by id and by name, currencies defined,
 *		milestones due.  Memory grows with accounts, not with events.
 */
#include "postgres.h"

#include "audit/ledger.h"
#include "common/hashfn.h"
#include "core/detail.h"
#include "miscadmin.h"
#include "pg/datum.h"
#include "pg/name_key.h"
#include "utils/memutils.h"

typedef struct NameEntry
{
	WalletNameKey key;
	char		status;
} NameEntry;

typedef struct MilestoneKey
{
	int64		account;
	int64		event_id;
} MilestoneKey;

static inline uint32
hash_code(WalletCurrency currency)
{
	return hash_bytes((const unsigned char *) currency.code, sizeof(currency.code));
}

/* Accounts are allocated one by one, so that pointers to them stay. */
typedef struct AccountEntry
{
	int64		id;
	WalletReplayed *replayed;
	char		status;
} AccountEntry;

#define SH_PREFIX accounts
#define SH_ELEMENT_TYPE AccountEntry
#define SH_KEY_TYPE int64
#define SH_KEY id
#define SH_HASH_KEY(table, key) murmurhash32((uint32) ((uint64) (key) ^ ((uint64) (key) >> 32)))
#define SH_EQUAL(table, a, b) ((a) == (b))
#define SH_SCOPE static inline
#define SH_DEFINE
#define SH_DECLARE
#include "lib/simplehash.h"

#define SH_PREFIX names
#define SH_ELEMENT_TYPE NameEntry
#define SH_KEY_TYPE WalletNameKey
#define SH_KEY key
#define SH_HASH_KEY(table, key) wallet_name_hash(key)
#define SH_EQUAL(table, a, b) wallet_name_equal(a, b)
#define SH_SCOPE static inline
#define SH_DEFINE
#define SH_DECLARE
#include "lib/simplehash.h"

/* An event can be a milestone of both its accounts: the account is part of the key. */
typedef struct DueEntry
{
	MilestoneKey key;
	WalletMilestoneDue due;
	char		status;
} DueEntry;

#define SH_PREFIX dues
#define SH_ELEMENT_TYPE DueEntry
#define SH_KEY_TYPE MilestoneKey
#define SH_KEY key
#define SH_HASH_KEY(table, key) hash_bytes((const unsigned char *) &(key), sizeof(key))
#define SH_EQUAL(table, a, b) ((a).account == (b).account && (a).event_id == (b).event_id)
#define SH_SCOPE static inline
#define SH_DEFINE
#define SH_DECLARE
#include "lib/simplehash.h"

#define SH_PREFIX codes
#define SH_ELEMENT_TYPE WalletDefined
#define SH_KEY_TYPE WalletCurrency
#define SH_KEY currency
#define SH_HASH_KEY(table, key) hash_code(key)
#define SH_EQUAL(table, a, b) wallet_currency_equal(&(a), &(b))
#define SH_SCOPE static inline
#define SH_DEFINE
#define SH_DECLARE
#include "lib/simplehash.h"

struct WalletLedger
{
	MemoryContext memory;
	WalletFindings *findings;
	accounts_hash *accounts;
	names_hash *names;
	dues_hash  *dues;
	codes_hash *codes;
	WalletReferences *references;
};

WalletLedger *
wallet_ledger_create(WalletFindings *findings)
{
	WalletLedger *ledger = palloc0(sizeof(WalletLedger));

	ledger->memory = AllocSetContextCreate(CurrentMemoryContext, "wallet replay", ALLOCSET_DEFAULT_SIZES);
	ledger->findings = findings;
	ledger->accounts = accounts_create(ledger->memory, 1024, NULL);
	ledger->names = names_create(ledger->memory, 1024, NULL);
	ledger->dues = dues_create(ledger->memory, 256, NULL);
	ledger->codes = codes_create(ledger->memory, 16, NULL);
	ledger->references = wallet_references_create(ledger->memory);
	return ledger;
}

WalletReferences *
wallet_ledger_references(WalletLedger *ledger)
{
	return ledger->references;
}

WalletFindings *
wallet_ledger_findings(WalletLedger *ledger)
{
	return ledger->findings;
}

WalletReplayed *
wallet_ledger_account(WalletLedger *ledger, int64 id)
{
	AccountEntry *entry = accounts_lookup(ledger->accounts, id);

	if (entry == NULL)
		return NULL;
	/* The caller looks two of them up before it reads either. */
	for (int line = 0; line < 3; line++)
		__builtin_prefetch((const char *) entry->replayed + 64 * line, 1);
	return entry->replayed;
}

WalletMilestoneDue *
wallet_ledger_milestone(WalletLedger *ledger, int64 account, int64 event_id)
{
	MilestoneKey key = {account, event_id};
	DueEntry   *entry = dues_lookup(ledger->dues, key);

	return entry ? &entry->due : NULL;
}

WalletDefined *
wallet_ledger_currency(WalletLedger *ledger, const WalletCurrency *currency)
{
	return codes_lookup(ledger->codes, *currency);
}

bool
wallet_ledger_name_taken(WalletLedger *ledger, WalletBytes name, const WalletCurrency *currency)
{
	WalletNameKey key = {*currency, name};

	return names_lookup(ledger->names, key) != NULL;
}

WalletReplayed *
wallet_ledger_add_account(WalletLedger *ledger, const WalletAccount *account, const WalletEvent *event)
{
	WalletReplayed *replayed = MemoryContextAllocZero(ledger->memory, sizeof(WalletReplayed));
	WalletDetail detail;
	WalletNameKey name;
	bool		found;

	(void) wallet_detail_decode(event->detail, &detail);
	replayed->id = account->id;
	replayed->account = *account;
	replayed->name = wallet_bytes_copy(ledger->memory, detail.name);
	if (wallet_detail_has(&detail, WALLET_DETAIL_OWNER))
		replayed->owner = wallet_bytes_copy(ledger->memory, detail.owner);
	replayed->parent = detail.parent;
	replayed->has_metadata = (event->present & WALLET_HAS_METADATA_DIGEST) != 0;
	memcpy(replayed->metadata_digest, event->metadata_digest, WALLET_DIGEST_BYTES);
	accounts_insert(ledger->accounts, account->id, &found)->replayed = replayed;
	name.currency = account->currency;
	name.name = replayed->name;
	(void) names_insert(ledger->names, name, &found);
	return replayed;
}

void
wallet_ledger_add_currency(WalletLedger *ledger, const WalletEvent *event)
{
	WalletDetail detail;
	WalletCurrency currency;
	WalletDefined *defined;
	bool		found;

	if (!wallet_detail_decode(event->detail, &detail) ||
		!wallet_currency_from_bytes(detail.currency, &currency))
		return;
	defined = codes_insert(ledger->codes, currency, &found);
	defined->exponent = detail.exponent;
	defined->event_id = event->event_id;
	defined->met = false;
}

void
wallet_ledger_add_milestone(WalletLedger *ledger, const WalletAccount *account, int64 event_id)
{
	MilestoneKey key = {account->id, event_id};
	WalletMilestoneDue *due;
	bool		found;

	due = &dues_insert(ledger->dues, key, &found)->due;
	due->event_id = event_id;
	due->account = account->id;
	due->version = account->version;
	due->balance = account->balance;
	due->held = account->held;
	due->met = false;
}

int64
wallet_ledger_account_count(const WalletLedger *ledger)
{
	return (int64) ledger->accounts->members;
}

int64
wallet_ledger_milestone_count(const WalletLedger *ledger)
{
	return (int64) ledger->dues->members;
}

void
wallet_ledger_each_account(WalletLedger *ledger, void (*visit) (WalletReplayed *, void *), void *arg)
{
	accounts_iterator iterator;
	AccountEntry *entry;

	accounts_start_iterate(ledger->accounts, &iterator);
	while ((entry = accounts_iterate(ledger->accounts, &iterator)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		visit(entry->replayed, arg);
	}
}

void
wallet_ledger_each_milestone(WalletLedger *ledger, void (*visit) (WalletMilestoneDue *, void *), void *arg)
{
	dues_iterator iterator;
	DueEntry   *entry;

	dues_start_iterate(ledger->dues, &iterator);
	while ((entry = dues_iterate(ledger->dues, &iterator)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		visit(&entry->due, arg);
	}
}

void
wallet_ledger_each_currency(WalletLedger *ledger, void (*visit) (WalletDefined *, void *), void *arg)
{
	codes_iterator iterator;
	WalletDefined *entry;

	codes_start_iterate(ledger->codes, &iterator);
	while ((entry = codes_iterate(ledger->codes, &iterator)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		visit(entry, arg);
	}
}
