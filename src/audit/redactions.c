/*
 * redactions.c
 *		A redaction comes after what it erases: an event without its metadata is
 *		noted, and taken off the list by the redact event of its transaction_id.
 *		Memory grows with redactions (and with losses), not with events.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/tableam.h"
#include "audit/redactions.h"
#include "miscadmin.h"
#include "pg/compat.h"
#include "store/events.h"
#include "store/lookup.h"
#include "store/redaction.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"

typedef struct Missing
{
	WalletUuid	id;				/* key */
	int64		event_id;		/* the first without metadata; 0: none yet */
	bool		redacted;
	char		status;
} Missing;

static inline uint32
hash_id(WalletUuid id)
{
	uint64		bits;

	memcpy(&bits, id.bytes + 8, sizeof(bits));
	bits ^= bits >> 32;
	return (uint32) ((bits * UINT64CONST(0x9E3779B97F4A7C15)) >> 32);
}

#define SH_PREFIX missing
#define SH_ELEMENT_TYPE Missing
#define SH_KEY_TYPE WalletUuid
#define SH_KEY id
#define SH_HASH_KEY(table, key) hash_id(key)
#define SH_EQUAL(table, a, b) wallet_uuid_equal(&(a), &(b))
#define SH_SCOPE static inline
#define SH_DEFINE
#define SH_DECLARE
#include "lib/simplehash.h"

struct WalletRedactions
{
	WalletTable *events;
	Snapshot	snapshot;
	missing_hash *missing;
	bool		all_read;		/* every redact event is in `missing` */
};

WalletRedactions *
wallet_redactions_create(WalletTable *events, Snapshot snapshot)
{
	WalletRedactions *redactions = palloc(sizeof(WalletRedactions));

	redactions->events = events;
	redactions->snapshot = snapshot;
	redactions->all_read = false;
	redactions->missing = missing_create(CurrentMemoryContext, 64, NULL);
	return redactions;
}

static Missing *
entry_of(WalletRedactions *redactions, const WalletUuid *id)
{
	bool		found;
	Missing    *entry = missing_insert(redactions->missing, *id, &found);

	if (!found)
	{
		entry->event_id = 0;
		entry->redacted = false;
	}
	return entry;
}

void
wallet_redactions_miss(WalletRedactions *redactions, const WalletEvent *event)
{
	Missing    *entry = entry_of(redactions, &event->transaction_id);

	if (entry->event_id == 0)
		entry->event_id = event->event_id;
}

/* One leg of a target: nothing of its metadata may be left. */
static void
check_leg(WalletLedger *ledger, WalletFindings *findings, const WalletEvent *redact,
		  const WalletEvent *leg, TupleTableSlot *slot)
{
	WalletReplayed *opened;

	if (wallet_event_slot_metadata(slot) != (Datum) 0 && findings != NULL)
		wallet_find(findings, WALLET_CHECK_EVENTS,
					"Event " INT64_FORMAT " has metadata, which event " INT64_FORMAT " has erased.",
					leg->event_id, redact->event_id);
	if (leg->kind != WALLET_KIND_OPEN || !(leg->present & WALLET_HAS_CREDIT))
		return;
	opened = wallet_ledger_account(ledger, leg->credit);
	if (opened != NULL)
		opened->metadata_erased = true;
}

bool
wallet_redactions_apply(WalletRedactions *redactions, WalletLedger *ledger,
						WalletFindings *findings, const WalletEvent *event)
{
	Relation	rel = redactions->events->rel;
	Relation	index = index_open(wallet_relation_oid(WALLET_REL_EVENT_KEY), AccessShareLock);
	IndexScanDesc scan = wallet_index_beginscan(rel, index, redactions->snapshot, 1);
	TupleTableSlot *slot = table_slot_create(rel, NULL);
	ScanKeyData key;
	bool		found = false;

	ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_UUID_EQ, PointerGetDatum(event->related.bytes));
	index_rescan(scan, &key, 1, NULL, 0);
	while (index_getnext_slot(scan, ForwardScanDirection, slot))
	{
		WalletEvent leg;
		const char *reason;

		(void) wallet_event_from_slot(slot, &leg, &reason);
		if (leg.event_id >= event->event_id)
			continue;
		found = true;
		check_leg(ledger, findings, event, &leg, slot);
	}
	ExecDropSingleTupleTableSlot(slot);
	index_endscan(scan);
	index_close(index, AccessShareLock);
	if (found)
		entry_of(redactions, &event->related)->redacted = true;
	return found;
}

static bool
is_redaction_of(TupleTableSlot *slot, const WalletUuid *id)
{
	WalletEvent event;
	const char *reason;

	return wallet_event_from_slot(slot, &event, &reason) && event.kind == WALLET_KIND_REDACT &&
		event.status == WALLET_success && wallet_uuid_equal(&event.related, id);
}

static bool
has_computed_id(const WalletRedactions *redactions, const WalletUuid *id)
{
	WalletUuid	computed = wallet_redaction_id(id);
	WalletLookup lookup;
	ScanKeyData key;
	bool		found = false;

	ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_UUID_EQ, PointerGetDatum(computed.bytes));
	wallet_lookup_open(&lookup, WALLET_REL_EVENT, WALLET_REL_EVENT_KEY, 1, redactions->snapshot);
	wallet_lookup_start(&lookup, &key);
	while (!found && wallet_lookup_next(&lookup))
		found = is_redaction_of(lookup.table->slot, id);
	wallet_lookup_close(&lookup);
	return found;
}

static void
read_all(WalletRedactions *redactions)
{
	TupleTableSlot *slot = table_slot_create(redactions->events->rel, NULL);
	TableScanDesc scan = table_beginscan(redactions->events->rel, redactions->snapshot, 0, NULL);

	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		WalletEvent event;
		const char *reason;
		bool		isnull;

		CHECK_FOR_INTERRUPTS();
		/* kind is the fourth column: the rest is read of redactions alone */
		if (DatumGetInt16(slot_getattr(slot, 4, &isnull)) == WALLET_KIND_REDACT &&
			wallet_event_from_slot(slot, &event, &reason) && event.status == WALLET_success)
			entry_of(redactions, &event.related)->redacted = true;
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	redactions->all_read = true;
}

bool
wallet_redactions_excuse(WalletRedactions *redactions, const WalletUuid *id)
{
	Missing    *entry;

	if (!redactions->all_read)
	{
		if (has_computed_id(redactions, id))
			return true;
		read_all(redactions);
	}
	entry = missing_lookup(redactions->missing, *id);
	return entry != NULL && entry->redacted;
}

void
wallet_redactions_end(WalletRedactions *redactions, WalletFindings *findings)
{
	missing_iterator iterator;
	Missing    *entry;

	if (findings != NULL)
	{
		missing_start_iterate(redactions->missing, &iterator);
		while ((entry = missing_iterate(redactions->missing, &iterator)) != NULL)
		{
			if (!entry->redacted)
				wallet_find(findings, WALLET_CHECK_EVENTS,
							"Event " INT64_FORMAT " has lost its metadata.", entry->event_id);
		}
	}
	missing_destroy(redactions->missing);
	pfree(redactions);
}
