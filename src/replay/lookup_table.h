/*
 * lookup_table.h
 *		Open addressing from a hash to a place in somebody's array.
 *
 * Keys are not kept: whoever asks compares with what lies in the place.  Nothing is
 * ever taken out: a place that is given up simply equals no key any more.
 */
#ifndef WALLET_LOOKUP_TABLE_H
#define WALLET_LOOKUP_TABLE_H

#include "core/types.h"

typedef struct WalletSlot
{
	uint32_t	hash;
	uint32_t	place;			/* from 1; 0: free */
} WalletSlot;

typedef struct WalletLookup
{
	WalletSlot *slots;
	size_t		size;			/* a power of two, or 0 */
	size_t		used;
} WalletLookup;

/* Does the place hold the key? */
typedef bool (*WalletIsAt) (const void *array, size_t place, const void *key);

extern void wallet_lookup_add(WalletLookup *lookup, uint32_t hash, size_t place);
extern void wallet_lookup_free(WalletLookup *lookup);

/* An array that has room for more elements than `count`; ends the program if there is no memory. */
extern void *wallet_grow(void *array, size_t *room, size_t count, size_t size);

/* The place of the key, or -1. */
static inline int64_t
wallet_lookup_find(const WalletLookup *lookup, uint32_t hash, WalletIsAt is_at,
				   const void *array, const void *key)
{
	if (lookup->size == 0)
		return -1;
	for (size_t i = hash & (lookup->size - 1);; i = (i + 1) & (lookup->size - 1))
	{
		const WalletSlot *slot = &lookup->slots[i];

		if (slot->place == 0)
			return -1;
		if (slot->hash == hash && is_at(array, slot->place - 1, key))
			return (int64_t) slot->place - 1;
	}
}

static inline uint64_t
wallet_mix(uint64_t h)
{
	h ^= h >> 32;
	h *= UINT64_C(0xd6e8feb86659fd93);
	h ^= h >> 32;
	h *= UINT64_C(0xd6e8feb86659fd93);
	return h ^ h >> 32;
}

/* Ids are moments: the low bits of neighbours differ, and must not be all that counts. */
static inline uint32_t
wallet_hash_id(int64_t id)
{
	return (uint32_t) ((uint64_t) id * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

static inline uint32_t
wallet_hash_bytes(const void *data, size_t length, uint32_t seed)
{
	const uint8_t *at = data;
	uint64_t	hash = seed ^ (uint64_t) length << 32;
	uint64_t	word = 0;

	for (; length >= 8; at += 8, length -= 8)
	{
		memcpy(&word, at, 8);
		hash = wallet_mix(hash ^ word);
	}
	word = 0;
	if (length > 0)
		memcpy(&word, at, length);
	return (uint32_t) wallet_mix(hash ^ word);
}

#endif
