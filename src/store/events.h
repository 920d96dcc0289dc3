/*
 * events.h
 *		The rows of wallet.event: looked up by id, appended, read back.
 */
#ifndef WALLET_EVENTS_H
#define WALLET_EVENTS_H

#include "postgres.h"

#include "core/types.h"
#include "store/catalog.h"

/* An event on its way into the table; metadata is what the digest is of. */
typedef struct WalletEventRow
{
	const WalletEvent *event;
	Datum		metadata;		/* jsonb; 0 if there is none */
} WalletEventRow;

typedef struct WalletEvents WalletEvents;

extern WalletEvents *wallet_events_open(LOCKMODE lockmode);
extern void wallet_events_close(WalletEvents *events);

/*
 * The event recorded for (id, leg), whoever recorded it and whether or not our
 * snapshot sees it; palloc'd.  Waits for a transaction that is writing one.
 * NULL if there is none.  Under REPEATABLE READ an event that the transaction's
 * snapshot does not see is a serialization failure.
 */
extern const WalletEvent *wallet_events_find(WalletEvents *events, const WalletUuid *id, int leg);

/* Has anybody recorded (id, 0), or is about to?  Never waits. */
extern bool wallet_events_probe(WalletEvents *events, const WalletUuid *id);

/* Appends one event; false, and nothing written, if its id is taken or being taken. */
extern bool wallet_events_insert(WalletEvents *events, const WalletEventRow *row);

/* Appends many; false if an id is taken or being taken: abort the subtransaction. */
extern bool wallet_events_insert_many(WalletEvents *events, const WalletEventRow *rows, int n);

/*
 * What a row says.  Bytes are borrowed from the slot.  False if the row cannot be
 * an event; *reason then says why.
 */
extern bool wallet_event_from_slot(TupleTableSlot *slot, WalletEvent *event, const char **reason);

/* The row's metadata, or (Datum) 0. */
extern Datum wallet_event_slot_metadata(TupleTableSlot *slot);

#endif
