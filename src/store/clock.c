/*
 * clock.c
 *		Ids are microseconds; this file makes them strictly increasing, keeps
 *		them sane when the system clock is not, and knows the horizon.
 *
 * Order.  `last` only grows.  A batch of n takes [max(last + 1, now - n + 1, ...)],
 * so ids end at now and are never far in the future.  The first use in a
 * session raises `last` above the newest event in the table, seen with
 * SnapshotAny so that prepared and aborted transactions count too; rows that
 * were loaded raise it further, so that nothing a restore brought in can be
 * overtaken.
 *
 * Steps.  CLOCK_BOOTTIME never jumps.  When the wall clock has moved against it
 * by more than wallet.max_clock_step between two uses, ids go on at boot time's
 * pace and drift towards the wall clock by 5 ms per second.
 *
 * Horizon.  A pair is (last, read first; next full transaction id, read second).
 * Whoever has taken an id <= pair.last had its top-level xid before it took it,
 * hence an xid < pair.xid; whoever takes ids later takes greater ones.  So once
 * no transaction with an xid < pair.xid is running, every id <= pair.last is
 * decided for good: pair.last is a horizon.  The oldest running xid is the xmin
 * of a snapshot taken after the pair; prepared transactions count as running.
 * Under REPEATABLE READ it is the transaction's own snapshot: a horizon that it
 * cannot see up to would be none.
 * Pairs are recorded by whoever takes ids, at most every 100 ms, and by
 * wallet_clock_horizon() itself; when their room is full every second one of the
 * older half goes.
 *
 * `spin` guards base_*, pairs and pair_count; `last` is atomic.
 */
#include "postgres.h"

#include <time.h>

#include "access/genam.h"
#include "access/table.h"
#include "access/transam.h"
#include "access/xact.h"
#include "core/status.h"
#include "miscadmin.h"
#include "pg/compat.h"
#include "pg/datum.h"
#include "pg/error.h"
#include "pg/failpoint.h"
#include "pg/guc.h"
#include "port/atomics.h"
#include "storage/shmem.h"
#include "storage/spin.h"
#include "store/catalog.h"
#include "store/clock.h"
#include "utils/snapmgr.h"

#define PAIRS			512
#define PAIR_EVERY_US	100000
#define SLEW_DIVISOR	200

typedef struct Pair
{
	int64		last;
	FullTransactionId xid;
} Pair;

typedef struct ClockShared
{
	pg_atomic_uint64 last;		/* greatest id handed out */
	slock_t		spin;
	int64		base_wall;		/* microseconds since 1970, as ids follow it */
	int64		base_boot;		/* CLOCK_BOOTTIME at the same moment; 0: not
								 * yet */
	int			pair_count;
	Pair		pairs[PAIRS];	/* both members ascending */
} ClockShared;

static ClockShared *shared = NULL;

/* `last` is above what this session's database holds. */
static Oid	raised_for_relation = InvalidOid;

Size
wallet_clock_shmem_size(void)
{
	return MAXALIGN(sizeof(ClockShared));
}

void
wallet_clock_shmem_init(void)
{
	bool		found;

	shared = ShmemInitStruct("wallet clock", wallet_clock_shmem_size(), &found);
	if (!found)
	{
		memset(shared, 0, sizeof(*shared));
		pg_atomic_init_u64(&shared->last, 0);
		SpinLockInit(&shared->spin);
	}
}

bool
wallet_clock_available(void)
{
	return shared != NULL;
}

static int64
read_clock(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (int64) now.tv_sec * 1000000 + now.tv_nsec / 1000 +
		(id == CLOCK_REALTIME ? (int64) wallet_clock_offset_ms * 1000 : 0);
}

/* Now, in microseconds since 1970, without the wall clock's jumps. */
static int64
steady_now(void)
{
	int64		wall = read_clock(CLOCK_REALTIME);
	int64		boot = read_clock(CLOCK_BOOTTIME);
	int64		step = (int64) wallet_max_clock_step_ms * 1000;
	int64		now = wall;
	int64		drift;

	SpinLockAcquire(&shared->spin);
	if (shared->base_boot != 0)
	{
		int64		passed = boot - shared->base_boot;
		int64		slew = passed / SLEW_DIVISOR;

		drift = wall - (shared->base_wall + passed);
		if (drift > step)
			now = shared->base_wall + passed + slew;
		else if (drift < -step)
			now = shared->base_wall + passed - slew;
	}
	shared->base_wall = now;
	shared->base_boot = boot;
	SpinLockRelease(&shared->spin);

	if (now != wall)
	{
		static int64 warned = 0;

		if (boot - warned > 60 * INT64CONST(1000000))
		{
			warned = boot;
			ereport(WARNING,
					(errmsg("system clock stepped by more than wallet.max_clock_step"),
					 errdetail("Event ids go on from where they were and approach it slowly; it is " INT64_FORMAT " ms away.",
							   (wall - now) / 1000)));
		}
	}
	return now;
}

/* The newest event_id that any transaction has put into the table, however that ended. */
static int64
newest_event(void)
{
	WalletTable *event = wallet_table_open(WALLET_REL_EVENT, AccessShareLock);
	Relation	index = index_open(wallet_relation_oid(WALLET_REL_EVENT_PKEY), AccessShareLock);
	IndexScanDesc scan = wallet_index_beginscan(event->rel, index, SnapshotAny, 0);
	int64		newest = 0;
	bool		isnull;

	index_rescan(scan, NULL, 0, NULL, 0);
	if (index_getnext_slot(scan, BackwardScanDirection, event->slot))
		newest = DatumGetInt64(slot_getattr(event->slot, 1, &isnull));
	index_endscan(scan);
	index_close(index, AccessShareLock);
	wallet_table_close(event);
	return newest;
}

static void
raise_to(int64 id)
{
	uint64		last = pg_atomic_read_u64(&shared->last);

	while (last < (uint64) id &&
		   !pg_atomic_compare_exchange_u64(&shared->last, &last, (uint64) id))
		;
}

static void
raise_above_table(void)
{
	Oid			relation = wallet_relation_oid(WALLET_REL_EVENT);
	int64		newest;

	if (raised_for_relation == relation)
		return;
	newest = newest_event();
	if (newest > steady_now() + (int64) wallet_max_clock_step_ms * 1000 &&
		newest > (int64) pg_atomic_read_u64(&shared->last))
		wallet_raise(WALLET_clock_unsafe,
					 psprintf("The newest event is of %s, which lies in the future.",
							  pstrdup(timestamptz_to_str(wallet_timestamp_from_moment(newest)))),
					 "Set the system clock right; or, if the event's time is right, set wallet.max_clock_step beyond the difference for one command.");
	raise_to(newest);
	raised_for_relation = relation;
}

static void
keep_pair(Pair pair)
{
	SpinLockAcquire(&shared->spin);
	if (shared->pair_count == PAIRS)
	{
		int			half = PAIRS / 2;

		for (int i = 0; i < half / 2; i++)
			shared->pairs[i] = shared->pairs[2 * i];
		memmove(&shared->pairs[half / 2], &shared->pairs[half], half * sizeof(Pair));
		shared->pair_count = half / 2 + half;
	}
	if (shared->pair_count == 0 ||
		(shared->pairs[shared->pair_count - 1].last < pair.last &&
		 FullTransactionIdPrecedesOrEquals(shared->pairs[shared->pair_count - 1].xid, pair.xid)))
		shared->pairs[shared->pair_count++] = pair;
	SpinLockRelease(&shared->spin);
}

static void
record_pair(void)
{
	Pair		pair;

	pair.last = (int64) pg_atomic_read_u64(&shared->last);
	pg_memory_barrier();
	pair.xid = ReadNextFullTransactionId();
	keep_pair(pair);
}

static int64
newest_pair(void)
{
	int64		last;

	SpinLockAcquire(&shared->spin);
	last = shared->pair_count > 0 ? shared->pairs[shared->pair_count - 1].last : 0;
	SpinLockRelease(&shared->spin);
	return last;
}

int64
wallet_clock_take(int n, int64 above, int64 call_start)
{
	uint64		last;
	int64		now;
	int64		first;

	Assert(TransactionIdIsValid(GetTopTransactionIdIfAny()));
	raise_above_table();
	raise_to(above);
	now = steady_now();
	last = pg_atomic_read_u64(&shared->last);
	do
	{
		first = Max((int64) last + 1, Max(now - n + 1, call_start + 1));
	} while (!pg_atomic_compare_exchange_u64(&shared->last, &last, (uint64) (first + n - 1)));

	if (first - newest_pair() >= PAIR_EVERY_US)
		record_pair();
	return first;
}

/* The full id of a transaction id that is at most as old as the newest. */
static FullTransactionId
widen_xid(TransactionId xid, FullTransactionId next)
{
	uint32		epoch = EpochFromFullTransactionId(next);

	if (xid > XidFromFullTransactionId(next))
		epoch--;
	return FullTransactionIdFromEpochAndXid(epoch, xid);
}

int64
wallet_clock_horizon(void)
{
	Snapshot	snapshot;
	FullTransactionId oldest;
	int64		horizon = 0;

	raise_above_table();
	raise_to(steady_now());
	record_pair();
	snapshot = IsolationUsesXactSnapshot() ? GetTransactionSnapshot() : GetLatestSnapshot();
	oldest = widen_xid(snapshot->xmin, ReadNextFullTransactionId());

	SpinLockAcquire(&shared->spin);
	for (int i = shared->pair_count - 1; i >= 0 && horizon == 0; i--)
	{
		if (FullTransactionIdPrecedesOrEquals(shared->pairs[i].xid, oldest))
			horizon = shared->pairs[i].last;
	}
	SpinLockRelease(&shared->spin);
	return horizon;
}
