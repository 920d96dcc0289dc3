/*
 * stream.h
 *		The events in event_id order.
 */
#ifndef WALLET_STREAM_H
#define WALLET_STREAM_H

#include "postgres.h"

#include "core/types.h"
#include "executor/tuptable.h"
#include "utils/snapshot.h"

/*
 * What is done with an event; false: no more.  Its bytes live until the call returns.  reason is NULL,
 * or says why the row cannot be an event: of it only event_id is then worth
 * anything.  Called in memory that is reset now and then.
 */
typedef bool (*WalletEventVisitor) (void *arg, const WalletEvent *event, const char *reason,
									TupleTableSlot *slot);

/* All events that the snapshot sees with after < event_id <= until; until 0: no end. */
extern void wallet_stream_events(Snapshot snapshot, int64 after, int64 until,
								 WalletEventVisitor visit, void *arg);

#endif
