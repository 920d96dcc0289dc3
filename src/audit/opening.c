/*
 * opening.c
 *		wallet.account is believed only if the opening event says the same; else
 *		all events are looked through: there is no index on what is in a detail.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/tableam.h"
#include "audit/opening.h"
#include "core/detail.h"
#include "miscadmin.h"
#include "pg/compat.h"
#include "pg/datum.h"
#include "pg/progress.h"
#include "store/accounts.h"
#include "store/events.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"

/* The id of the account that the row opened under that name; 0 if it is no such opening. */
static int64
opened_by(TupleTableSlot *slot, WalletBytes name, const WalletCurrency *currency)
{
	WalletEvent event;
	WalletDetail detail;
	WalletCurrency opened;
	const char *reason;

	if (!wallet_event_from_slot(slot, &event, &reason) ||
		event.kind != WALLET_KIND_OPEN || event.status != WALLET_success ||
		!wallet_detail_decode(event.detail, &detail) ||
		!wallet_bytes_equal(detail.name, name) ||
		!wallet_currency_from_bytes(detail.currency, &opened) ||
		!wallet_currency_equal(&opened, currency))
		return 0;
	return event.event_id;
}

/* Calls back with the event's row; false if there is none. */
static bool
with_event(int64 event_id, Snapshot snapshot, void (*visit) (TupleTableSlot *, void *), void *arg)
{
	WalletTable *table = wallet_table_open(WALLET_REL_EVENT, AccessShareLock);
	Relation	index = index_open(wallet_relation_oid(WALLET_REL_EVENT_PKEY), AccessShareLock);
	IndexScanDesc scan = wallet_index_beginscan(table->rel, index, snapshot, 1);
	ScanKeyData key;
	bool		found;

	ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(event_id));
	index_rescan(scan, &key, 1, NULL, 0);
	found = index_getnext_slot(scan, ForwardScanDirection, table->slot);
	if (found)
		visit(table->slot, arg);
	index_endscan(scan);
	index_close(index, NoLock);
	wallet_table_close(table);
	return found;
}

typedef struct Sought
{
	WalletBytes name;
	const WalletCurrency *currency;
	int64		id;
} Sought;

static void
judge_row(TupleTableSlot *slot, void *arg)
{
	Sought	   *sought = arg;

	sought->id = opened_by(slot, sought->name, sought->currency);
}

static void
look_through_all(Sought *sought, Snapshot snapshot)
{
	WalletTable *table = wallet_table_open(WALLET_REL_EVENT, AccessShareLock);
	TableScanDesc scan = table_beginscan(table->rel, snapshot, 0, NULL);
	int64		rows = 0;

	wallet_progress_phase("looking for the opening", 0);
	while (sought->id == 0 && table_scan_getnextslot(scan, ForwardScanDirection, table->slot))
	{
		bool		isnull;

		CHECK_FOR_INTERRUPTS();
		/* kind is the fourth column */
		if (DatumGetInt16(slot_getattr(table->slot, 4, &isnull)) == WALLET_KIND_OPEN)
			judge_row(table->slot, sought);
		if ((++rows & 0xff) == 0)
			wallet_progress_set(rows);
	}
	table_endscan(scan);
	wallet_table_close(table);
}

int64
wallet_opening_find(WalletBytes name, const WalletCurrency *currency, Snapshot snapshot)
{
	Sought		sought = {name, currency, 0};
	int64		told = wallet_accounts_find(name, currency, snapshot);

	if (told != 0)
		(void) with_event(told, snapshot, judge_row, &sought);
	if (sought.id == 0)
		look_through_all(&sought, snapshot);
	return sought.id;
}

static void
copy_metadata(TupleTableSlot *slot, void *arg)
{
	Datum	   *metadata = arg;
	Datum		stored = wallet_event_slot_metadata(slot);
	WalletEvent event;
	const char *reason;
	uint8_t		digest[WALLET_DIGEST_BYTES];

	if (stored == (Datum) 0 || !wallet_event_from_slot(slot, &event, &reason) ||
		!(event.present & WALLET_HAS_METADATA_DIGEST))
		return;
	(void) wallet_metadata_digest(stored, digest);
	if (memcmp(digest, event.metadata_digest, WALLET_DIGEST_BYTES) == 0)
		*metadata = PointerGetDatum(PG_DETOAST_DATUM_COPY(stored));
}

Datum
wallet_opening_metadata(int64 account, Snapshot snapshot)
{
	Datum		metadata = (Datum) 0;

	(void) with_event(account, snapshot, copy_metadata, &metadata);
	return metadata;
}
