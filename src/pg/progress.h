/*
 * progress.h
 *		What long work in this server is doing: wallet.progress.
 *
 *	wallet_progress_begin("verify");
 *	PG_ENSURE_ERROR_CLEANUP(wallet_progress_abandon, (Datum) 0);
 *	{
 *		wallet_progress_phase("replaying events", rows_expected);
 *		... wallet_progress_set(rows_done), every few hundred rows ...
 *	}
 *	PG_END_ENSURE_ERROR_CLEANUP(wallet_progress_abandon, (Datum) 0);
 *	wallet_progress_end();
 *
 * Work inside of work shows its phases under the outer command's name.  Without
 * wallet in shared_preload_libraries, or with all slots in use, nothing is shown and
 * nothing fails.
 */
#ifndef WALLET_PROGRESS_H
#define WALLET_PROGRESS_H

#include "postgres.h"

#include "port/atomics.h"

extern Size wallet_progress_shmem_size(void);
extern void wallet_progress_shmem_init(void);

/* command and phase must be string constants: they are copied, but shown as they are. */
extern void wallet_progress_begin(const char *command);
extern void wallet_progress_phase(const char *phase, int64 total);
extern void wallet_progress_end(void);

/* The same as end, on an error's way out. */
extern void wallet_progress_abandon(int code, Datum arg);

/* Where `done` of this session's work is counted; NULL: nowhere. */
extern pg_atomic_uint64 *wallet_progress_done;

static inline void
wallet_progress_set(int64 done)
{
	if (wallet_progress_done != NULL)
		pg_atomic_write_u64(wallet_progress_done, (uint64) done);
}

#endif
