/*
 * digest.c
 *		The chain of heads of format-1.md, 3.
 */
#include "core/digest.h"

static const char seed[] = "wallet format 1";

void
wallet_head_start(WalletHead *head, WalletHash hash)
{
	head->events = 0;
	hash((const uint8_t *) seed, sizeof(seed) - 1, head->head);
}

/* head := SHA-256(head || SHA-256(the first n digests of the block)). */
static void
fold_block(const WalletHead *head, size_t n, WalletHash hash, uint8_t out[WALLET_DIGEST_BYTES])
{
	uint8_t		pair[2 * WALLET_DIGEST_BYTES];

	memcpy(pair, head->head, WALLET_DIGEST_BYTES);
	hash(head->block[0], n * WALLET_DIGEST_BYTES, pair + WALLET_DIGEST_BYTES);
	hash(pair, sizeof(pair), out);
}

void
wallet_head_fold(WalletHead *head, WalletHash hash, const uint8_t digest[WALLET_DIGEST_BYTES])
{
	memcpy(head->block[head->events % WALLET_BLOCK_EVENTS], digest, WALLET_DIGEST_BYTES);
	head->events++;
	if (head->events % WALLET_BLOCK_EVENTS == 0)
		fold_block(head, WALLET_BLOCK_EVENTS, hash, head->head);
}

void
wallet_head_value(const WalletHead *head, WalletHash hash, uint8_t out[WALLET_DIGEST_BYTES])
{
	size_t		open = head->events % WALLET_BLOCK_EVENTS;

	if (open > 0)
		fold_block(head, open, hash, out);
	else
		memcpy(out, head->head, WALLET_DIGEST_BYTES);
}
