/*
 * log_file.h
 *		The log that wallet_export wrote (format-1.md, 3): a file in memory, and a
 *		cursor over its events.
 *
 * Every byte may be wrong.  Events are found by their lengths alone; what is in
 * them is for the decoder to judge.
 */
#ifndef WALLET_LOG_FILE_H
#define WALLET_LOG_FILE_H

#include "core/types.h"

#define WALLET_LOG_MAGIC "wallet log 1\n\0\0\0"
#define WALLET_LOG_MAGIC_BYTES 16

typedef struct WalletLog
{
	const uint8_t *bytes;
	size_t		length;
	bool		mapped;			/* else the bytes are malloc'd, or somebody
								 * else's */
} WalletLog;

/* What ends a log. */
typedef struct WalletTrailer
{
	uint64_t	events;
	uint8_t		head[WALLET_DIGEST_BYTES];
} WalletTrailer;

typedef struct WalletCursor
{
	const uint8_t *at;
	const uint8_t *end;
	const char *fault;			/* why there are no more events, if the
								 * trailer is not why */
	bool		complete;		/* the trailer was reached, and nothing
								 * follows it */
	WalletTrailer trailer;
} WalletCursor;

/* False, and errno, if the file cannot be read. */
extern bool wallet_log_open(WalletLog *log, const char *path);
extern void wallet_log_close(WalletLog *log);

extern WalletCursor wallet_log_start(const WalletLog *log);

/* The bytes of the next event; false at the end, or where the file is broken. */
extern bool wallet_log_next(WalletCursor *cursor, WalletBytes *event);

#endif
