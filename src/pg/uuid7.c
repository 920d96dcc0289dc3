/*
 * uuid7.c
 *		RFC 9562, version 7: 48 bits of milliseconds, 12 bits of their fraction, the
 *		rest random.
 */
#include "postgres.h"

#include <time.h>

#include "pg/uuid7.h"

WalletUuid
wallet_uuid_make(void)
{
	static uint64 last = 0;		/* milliseconds << 12 | fraction */
	WalletUuid	id;
	struct timespec now;
	uint64		stamp;

	clock_gettime(CLOCK_REALTIME, &now);
	stamp = ((uint64) now.tv_sec * 1000 + (uint64) now.tv_nsec / 1000000) << 12 |
		((uint64) now.tv_nsec % 1000000) * 4096 / 1000000;
	last = Max(stamp, last + 1);

	if (!pg_strong_random(id.bytes + 8, 8))
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate random values")));
	for (int i = 0; i < 6; i++)
		id.bytes[i] = (uint8_t) (last >> (52 - 8 * i));
	id.bytes[6] = (uint8_t) (0x70 | ((last >> 8) & 0x0f));
	id.bytes[7] = (uint8_t) last;
	id.bytes[8] = (uint8_t) ((id.bytes[8] & 0x3f) | 0x80);
	return id;
}
