/*
 * digest.h
 *		Event digests folded into blocks of 256, and blocks into one head.  The
 *		hash is handed in: the server's own here, a library's elsewhere.
 */
#ifndef WALLET_DIGEST_H
#define WALLET_DIGEST_H

#include "core/types.h"

/* SHA-256 of data into out. */
typedef void (*WalletHash) (const uint8_t *data, size_t length,
							uint8_t out[WALLET_DIGEST_BYTES]);

/* The state of folding; may be copied, and kept between runs. */
typedef struct WalletHead
{
	uint8_t		head[WALLET_DIGEST_BYTES];	/* over all full blocks */
	uint64_t	events;			/* folded so far, those of the open block
								 * included */
	uint8_t		block[WALLET_BLOCK_EVENTS][WALLET_DIGEST_BYTES];	/* the open block */
} WalletHead;

extern void wallet_head_start(WalletHead *head, WalletHash hash);
extern void wallet_head_fold(WalletHead *head, WalletHash hash,
							 const uint8_t digest[WALLET_DIGEST_BYTES]);

/* The head over everything folded so far, an open block included. */
extern void wallet_head_value(const WalletHead *head, WalletHash hash,
							  uint8_t out[WALLET_DIGEST_BYTES]);

#endif
