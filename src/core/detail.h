/*
 * detail.h
 *		The inputs of rare kinds, in an encoding of our own (format-1.md, 4).
 */
#ifndef WALLET_DETAIL_H
#define WALLET_DETAIL_H

#include "core/types.h"

typedef enum WalletDetailTag
{
	WALLET_DETAIL_NAME = 1,
	WALLET_DETAIL_CURRENCY = 2,
	WALLET_DETAIL_EXPONENT = 3,
	WALLET_DETAIL_PARENT = 4,
	WALLET_DETAIL_OWNER = 5,
	WALLET_DETAIL_FLOOR = 6,
	WALLET_DETAIL_CEILING = 7,
	WALLET_DETAIL_WINDOW_SECONDS = 8,
	WALLET_DETAIL_REASON = 9,
	WALLET_DETAIL_PEER = 10,
	WALLET_DETAIL_REMOTE_NAME = 11,
	WALLET_DETAIL_UNTIL_EVENT = 12,
	WALLET_DETAIL_DIGEST = 13,
	WALLET_DETAIL_STEP = 14
} WalletDetailTag;

#define WALLET_DETAIL_LAST WALLET_DETAIL_STEP

/* A field counts only if its bit (1 << tag) is set.  Bytes are borrowed. */
typedef struct WalletDetail
{
	uint32_t	present;
	uint8_t		exponent;
	uint16_t	step;
	uint32_t	window_seconds;
	int64_t		parent;
	int64_t		until_event;
	wallet_int128 floor;
	wallet_int128 ceiling;
	WalletBytes name;
	WalletBytes currency;
	WalletBytes owner;
	WalletBytes reason;
	WalletBytes peer;
	WalletBytes remote_name;
	WalletBytes digest;
} WalletDetail;

static inline bool
wallet_detail_has(const WalletDetail *detail, WalletDetailTag tag)
{
	return (detail->present & (UINT32_C(1) << tag)) != 0;
}

static inline void
wallet_detail_set(WalletDetail *detail, WalletDetailTag tag)
{
	detail->present |= UINT32_C(1) << tag;
}

/* Bytes that encoding takes. */
extern size_t wallet_detail_size(const WalletDetail *detail);

/* Writes exactly wallet_detail_size() bytes. */
extern void wallet_detail_encode(const WalletDetail *detail, uint8_t *out);

/* False if the bytes are not those of a detail; the result borrows from bytes. */
extern bool wallet_detail_decode(WalletBytes bytes, WalletDetail *detail);

/*
 * Writes another parent over the one that encoded bytes have, which must be those of
 * a detail; false if they have none.
 */
extern bool wallet_detail_set_parent(uint8_t *bytes, uint32_t length, int64_t parent);

#endif
