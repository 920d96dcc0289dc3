/*
 * wire.h
 *		Little-endian reading and writing for the formats.  A reader that has
 *		run past the end stays there with ok = false and yields zeros.
 */
#ifndef WALLET_WIRE_H
#define WALLET_WIRE_H

#include "core/types.h"

typedef struct WalletReader
{
	const uint8_t *at;
	const uint8_t *end;
	bool		ok;
} WalletReader;

/* NULL stands for no bytes. */
static inline WalletReader
wallet_reader(const uint8_t *data, size_t length)
{
	static const uint8_t nothing[1];
	WalletReader reader = {.ok = true};

	reader.at = data ? data : nothing;
	reader.end = reader.at + (data ? length : 0);
	return reader;
}

static inline const uint8_t *
wallet_read_bytes(WalletReader *reader, size_t n)
{
	const uint8_t *at = reader->at;

	if (!reader->ok || (size_t) (reader->end - at) < n)
	{
		reader->ok = false;
		return NULL;
	}
	reader->at += n;
	return at;
}

static inline uint64_t
wallet_read_unsigned(WalletReader *reader, size_t n)
{
	const uint8_t *bytes = wallet_read_bytes(reader, n);
	uint64_t	value = 0;

	if (bytes == NULL)
		return 0;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	memcpy(&value, bytes, n);
#else
	for (size_t i = n; i > 0; i--)
		value = value << 8 | bytes[i - 1];
#endif
	return value;
}

static inline wallet_int128
wallet_read_money(WalletReader *reader)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	/*
	 * At once: two halves that are stored and then read as one stall the
	 * processor.
	 */
	const uint8_t *bytes = wallet_read_bytes(reader, sizeof(wallet_int128));
	wallet_int128 value = 0;

	if (bytes != NULL)
		memcpy(&value, bytes, sizeof(value));
	return value;
#else
	uint64_t	low = wallet_read_unsigned(reader, 8);
	uint64_t	high = wallet_read_unsigned(reader, 8);

	return (wallet_int128) ((wallet_uint128) high << 64 | low);
#endif
}

/* u32 length and bytes, borrowed. */
static inline WalletBytes
wallet_read_counted(WalletReader *reader)
{
	WalletBytes bytes = {0};

	bytes.length = (uint32_t) wallet_read_unsigned(reader, 4);
	bytes.data = wallet_read_bytes(reader, bytes.length);
	if (bytes.data == NULL)
		bytes.length = 0;
	return bytes;
}

static inline void
wallet_write_bytes(uint8_t **at, const void *bytes, size_t n)
{
	if (n > 0)
		memcpy(*at, bytes, n);
	*at += n;
}

static inline void
wallet_write_unsigned(uint8_t **at, uint64_t value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		*(*at)++ = (uint8_t) (value >> (8 * i));
}

static inline void
wallet_write_money(uint8_t **at, wallet_int128 value)
{
	wallet_write_unsigned(at, (uint64_t) (wallet_uint128) value, 8);
	wallet_write_unsigned(at, (uint64_t) ((wallet_uint128) value >> 64), 8);
}

static inline void
wallet_write_counted(uint8_t **at, WalletBytes bytes)
{
	wallet_write_unsigned(at, bytes.length, 4);
	wallet_write_bytes(at, bytes.data, bytes.length);
}

#endif
