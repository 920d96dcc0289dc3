/*
 * expiry.h
 *		The open holds of one account that expire, the next one first: a pairing
 *		heap, threaded through the holds themselves, so that it needs no memory.
 *
 * Holds lie in one array; a queue is the place of its first hold in it, counted
 * from 1, and 0 when it is empty: zeroed memory is empty queues.  The order is
 * expires_at, then event_id.  A hold that is settled stays in the queue until it
 * comes to the front: it is passed over there.
 */
#ifndef WALLET_EXPIRY_H
#define WALLET_EXPIRY_H

#include "core/types.h"

/* Adds an open hold with an expires_at; one that is in the queue already stays there. */
extern void wallet_expiry_push(WalletHold *holds, int32_t *queue, WalletHold *hold);

/* The open hold that expires first, or NULL. */
extern WalletHold *wallet_expiry_first(WalletHold *holds, int32_t *queue);

/* Takes out what wallet_expiry_first() has just given. */
extern void wallet_expiry_pop(WalletHold *holds, int32_t *queue);

/* The expires_at of the first, or 0: what an account carries as next_expiry. */
extern int64_t wallet_expiry_next(WalletHold *holds, int32_t *queue);

#endif
