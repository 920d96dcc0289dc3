/*
 * clock.h
 *		Where event ids come from, and up to which id the past is complete.
 *
 * One atomic in shared memory is the greatest id handed out in this cluster.  A
 * caller takes ids only after it has its top-level transaction id and holds the
 * locks of every row that its decision reads; with that, id order is the order
 * of decisions on each account, and a horizon can be told (see clock.c).
 */
#ifndef WALLET_CLOCK_H
#define WALLET_CLOCK_H

#include "postgres.h"

extern Size wallet_clock_shmem_size(void);
extern void wallet_clock_shmem_init(void);

/* False if wallet is not in shared_preload_libraries. */
extern bool wallet_clock_available(void);

/* Microseconds since the machine was booted: what never jumps. */
extern int64 wallet_clock_boot(void);

/*
 * n consecutive ids that end at now, all greater than `above` and than any
 * moment before the call began (wallet_clock_boot() then: a time of day may
 * have been stepped since, or be one that ids do not follow).  Returns the
 * first.
 */
extern int64 wallet_clock_take(int n, int64 above, int64 call_start_boot);

/* Greatest id up to which the past is complete; 0 if none can be told. */
extern int64 wallet_clock_horizon(void);

#endif
