/*
 * failpoint.h
 *		Named places at which tests stop, break or kill a server.
 *
 * Only in builds with FAILPOINTS=1 (what `make check` builds); in any other the
 * macro is nothing and the settings do not exist.
 *
 *	SET wallet.failpoint = 'NAME=ACTION[:ARGUMENT][@N], ...'
 *
 * ACTION: error, fatal, panic; kill (this process), crash (this process and the
 * postmaster, by SIGKILL); stop:KEY (waits for the advisory lock KEY: whoever
 * holds it decides when to go on); sleep:MILLISECONDS; log.  @N: at the Nth time
 * only, counted from the setting on.  Every action is first written to the
 * server's log.
 */
#ifndef WALLET_FAILPOINT_H
#define WALLET_FAILPOINT_H

#include "postgres.h"

#ifdef WALLET_FAILPOINTS

typedef enum WalletFailpoint
{
#define WALLET_FAILPOINT_DEF(name, happened) WALLET_FAILPOINT_##name,
#include "pg/failpoint.def"
#undef WALLET_FAILPOINT_DEF
	WALLET_FAILPOINT_COUNT
} WalletFailpoint;

extern bool wallet_failpoints_set;

/* Milliseconds that a test adds to the system clock: wallet.clock_offset. */
extern int	wallet_clock_offset_ms;

extern void wallet_failpoint_hit(WalletFailpoint point);
extern void wallet_failpoint_define_settings(void);

#define WALLET_FAILPOINT(name) \
	do { \
		if (unlikely(wallet_failpoints_set)) \
			wallet_failpoint_hit(WALLET_FAILPOINT_##name); \
	} while (0)

#else

#define WALLET_FAILPOINT(name) ((void) 0)
#define wallet_failpoints_set false
#define wallet_clock_offset_ms 0
#define wallet_failpoint_define_settings() ((void) 0)

#endif

#endif
