/*
 * seals.h
 *		The rows of wallet.seal.
 */
#ifndef WALLET_SEALS_H
#define WALLET_SEALS_H

#include "postgres.h"

#include "core/types.h"
#include "executor/tuptable.h"
#include "utils/snapshot.h"

/* One block of 256 events, sealed. */
typedef struct WalletSeal
{
	int64		block;			/* from 0 */
	int64		first_event;
	int64		last_event;
	uint8_t		digest[WALLET_DIGEST_BYTES];
	uint8_t		head[WALLET_DIGEST_BYTES];
} WalletSeal;

/* Lets one transaction seal at a time: waits for the other until it has ended. */
extern void wallet_seals_lock(void);

/* The newest seal that the snapshot sees; false if there is none. */
extern bool wallet_seals_newest(Snapshot snapshot, WalletSeal *seal);

/* The seal of a block; false if the snapshot sees none. */
extern bool wallet_seals_find(Snapshot snapshot, int64 block, WalletSeal *seal);

/* False if a digest has not 32 bytes. */
extern bool wallet_seal_from_slot(TupleTableSlot *slot, WalletSeal *seal);

extern void wallet_seals_insert(const WalletSeal *seals, int n);

#endif
