/*
 * datum.h
 *		numeric, text, uuid and timestamps to the machine's types and back.
 */
#ifndef WALLET_DATUM_H
#define WALLET_DATUM_H

#include "postgres.h"

#include "core/currency.h"
#include "core/types.h"
#include "utils/timestamp.h"

/* Largest numeric that money can be: header and WALLET_MONEY_DIGITS digits. */
#define WALLET_NUMERIC_BYTES 40

typedef union WalletNumericBuffer
{
	int32		header;			/* for its alignment */
	char		bytes[WALLET_NUMERIC_BYTES];
} WalletNumericBuffer;

/*
 * invalid_amount for NaN and infinities, invalid_scale, amount_overflow or
 * success.  numeric may have a short header.
 */
extern WalletStatus wallet_money_from_numeric(Datum numeric, int exponent, wallet_int128 *value);

/*
 * Money shown with *exponent decimals; -1: with however many it has, which are
 * then in *exponent.  False if it is not.
 */
extern bool wallet_money_from_shown(Datum numeric, int *exponent, wallet_int128 *value);

/* NaN, infinite, zero or negative: no amount, whatever the currency. */
extern bool wallet_numeric_is_positive(Datum numeric);

/* Decimals that the value is shown with; -1 for NaN and infinities. */
extern int	wallet_numeric_scale(Datum numeric);

/* Builds the value in buffer, shown with the currency's decimals. */
extern Datum wallet_numeric_build(wallet_int128 value, int exponent, WalletNumericBuffer *buffer);

/* The same, palloc'd. */
extern Datum wallet_numeric_make(wallet_int128 value, int exponent);

/* The value as text in major units, palloc'd: for messages. */
extern char *wallet_money_text(wallet_int128 value, int exponent);

/* Borrowed bytes of a detoasted text or bytea. */
extern WalletBytes wallet_bytes_from_datum(Datum varlena);
extern char *wallet_uuid_text(const WalletUuid *id);

/* A copy in the given context; data NULL stays NULL. */
extern WalletBytes wallet_bytes_copy(MemoryContext context, WalletBytes bytes);

/* A palloc'd text of the bytes. */
extern Datum wallet_bytes_text(WalletBytes bytes);
extern Datum wallet_currency_text(const WalletCurrency *currency);

/*
 * SHA-256 of jsonb's own text output: what an event keeps of its metadata.
 * Returns the number of bytes of that text.
 */
extern int	wallet_metadata_digest(Datum jsonb, uint8_t digest[WALLET_DIGEST_BYTES]);

/* PostgreSQL counts from 2000, events from 1970. */
#define WALLET_EPOCH_OFFSET \
	((int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY)

static inline TimestampTz
wallet_timestamp_from_moment(int64_t moment)
{
	return moment - WALLET_EPOCH_OFFSET;
}

static inline int64_t
wallet_moment_from_timestamp(TimestampTz timestamp)
{
	return timestamp + WALLET_EPOCH_OFFSET;
}

/* The same for any argument: infinities, and what lies beyond 64 bits, are the smallest or greatest moment. */
static inline int64_t
wallet_moment_clamped(TimestampTz timestamp)
{
	if (TIMESTAMP_IS_NOBEGIN(timestamp))
		return PG_INT64_MIN;
	if (timestamp > PG_INT64_MAX - WALLET_EPOCH_OFFSET)
		return PG_INT64_MAX;
	return wallet_moment_from_timestamp(timestamp);
}

/* Does work in which many hashes share one context: making one costs more than a hash. */
extern void wallet_sha256_share(void (*work) (void *arg), void *arg);

/* SHA-256 by the server's own library: a WalletHash. */
extern void wallet_sha256(const uint8_t *data, size_t length, uint8_t out[WALLET_DIGEST_BYTES]);

#endif
