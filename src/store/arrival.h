/*
 * arrival.h
 *		Is an event there, for a new snapshot?
 */
#ifndef WALLET_ARRIVAL_H
#define WALLET_ARRIVAL_H

#include "postgres.h"

/*
 * True if this transaction sees the event: by a new snapshot, or, under
 * REPEATABLE READ and above, by its own.  Keeps neither the snapshot nor a lock.
 */
extern bool wallet_event_is_visible(int64 event_id);

#endif
