/*
 * uuid_map.h
 *		A hash table from transaction ids to positions.
 */
#ifndef WALLET_UUID_MAP_H
#define WALLET_UUID_MAP_H

#include "postgres.h"

#include "core/types.h"

typedef struct WalletUuidEntry
{
	WalletUuid	id;
	int32		position;
	char		status;
} WalletUuidEntry;

/* The last eight bytes: random in every version in use. */
static inline uint32
wallet_uuid_hash(WalletUuid id)
{
	uint64		bits;

	memcpy(&bits, id.bytes + 8, sizeof(bits));
	bits ^= bits >> 32;
	bits *= UINT64CONST(0x9E3779B97F4A7C15);
	return (uint32) (bits >> 32);
}

#define SH_PREFIX uuid_map
#define SH_ELEMENT_TYPE WalletUuidEntry
#define SH_KEY_TYPE WalletUuid
#define SH_KEY id
#define SH_HASH_KEY(table, key) wallet_uuid_hash(key)
#define SH_EQUAL(table, a, b) wallet_uuid_equal(&(a), &(b))
#define SH_SCOPE static inline
#define SH_DEFINE
#define SH_DECLARE
#include "lib/simplehash.h"

#endif
