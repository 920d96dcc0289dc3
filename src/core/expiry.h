/*
 * expiry.h
 *		The open holds of one account that expire, the next one first: a pairing
 *		heap, threaded through the holds themselves, so that it needs no memory.
 *
 * Holds lie in one array; a queue is the place of its first hold in it, counted
 * from 1, and 0 when it is empty: zeroed memory is empty queues.  The order is
 * expires_at, then event_id, which do not change while a hold is in a queue.
 */
#ifndef WALLET_EXPIRY_H
#define WALLET_EXPIRY_H

#include "core/types.h"

/* Adds an open hold with an expires_at; one that is in the queue already stays there. */
extern void wallet_expiry_push(WalletHold *holds, int32_t *queue, WalletHold *hold);

/* Takes a hold out, wherever it is; one that is in no queue stays out. */
extern void wallet_expiry_remove(WalletHold *holds, int32_t *queue, WalletHold *hold);

/* The hold that expires first, or NULL. */
static inline WalletHold *
wallet_expiry_first(WalletHold *holds, const int32_t *queue)
{
	return *queue == 0 ? NULL : &holds[*queue - 1];
}

/* Its expires_at, or 0: what an account carries as next_expiry. */
static inline int64_t
wallet_expiry_next(const WalletHold *holds, const int32_t *queue)
{
	return *queue == 0 ? 0 : holds[*queue - 1].expires_at;
}

#endif
