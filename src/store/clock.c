/*
 * clock.c
 *		Ids are microseconds; this file makes them strictly increasing, keeps
 *		them sane when the system clock is not, and knows the horizon.
 *
 * Order.  `last` only grows.  A batch of n takes [max(last + 1, now - n + 1, ...)],
 * so ids end at now and are never far in the future.  The first use in a
 * session raises `last` above the newest event in the table, seen with
 * SnapshotAny so that prepared and aborted transactions count too, and above the
 * stored horizon, below which no event may appear any more even if there was
 * none for long; rows that were loaded raise it further, so that nothing a restore
 * brought in can be overtaken.
 *
 * Start.  If the newest of these lies further in the future than
 * wallet.max_clock_step, either it or the system clock is wrong, and nobody here
 * knows which: clock_unsafe.  Nothing is remembered of such a clock, so setting it right
 * is enough.  A clock far ahead of a ledger that has been idle looks the same
 * as one that is right, and is believed.
 *
 * Steps.  CLOCK_BOOTTIME never jumps.  When the wall clock has moved against it
 * by more than wallet.max_clock_step since ids followed it, ids go on at boot
 * time's pace and drift towards the wall clock by 5 ms per second.  A step forward to
 * where ids are already is followed: they stood still and waited for it.
 *
 * Promotion.  An asynchronous standby lacks the last events of the primary that
 * died, and with them ids that clients and followers of the feed have seen.  They are at
 * most what the old primary's clock said, hence at most our wall clock and the
 * difference of the two clocks.  So when the timeline is another one than when ids were
 * last taken in this database, `last` jumps to PROMOTION_JUMP_US above the wall
 * clock, once per server; or, if the newest event is above that, because somebody followed
 * the hint of clock_unsafe, to that much above the newest event.  The jump is what
 * wallet.max_clock_step is by default: a larger difference is told as clock_unsafe
 * when the newest event is recent.  It is not the setting itself, which the hint tells people
 * to raise for one command.  Ids then stand still until the wall clock is there.
 * Twice in a row it reaches no further: it starts from the wall clock.
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
 * A standby uses nothing of this: what a session remembers, it remembers with the
 * timeline, and looks again when it has lived through a promotion.
 *
 * `spin` guards all but `last`, which is atomic.
 */
#include "postgres.h"

#include <time.h>

#include "access/genam.h"
#include "access/table.h"
#include "access/transam.h"
#include "access/xact.h"
#include "access/xlog.h"
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
#include "store/horizon_row.h"
#include "utils/snapmgr.h"

#define PAIRS			512
#define PAIR_EVERY_US	100000
#define SLEW_DIVISOR	200
#define REBASE_EVERY_US	1000000
#define WARN_EVERY_US	(60 * INT64CONST(1000000))
#define PROMOTION_JUMP_US	(10 * INT64CONST(1000000))

typedef enum Warning
{
	WARNING_STEP,
	WARNING_AHEAD
} Warning;

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
	int64		warned_boot[WARNING_AHEAD + 1]; /* 0: never */
	TimeLineID	jumped_timeline;	/* for which `last` has jumped; 0: none */
	int64		pair_recorded;	/* when the newest pair was, as ids follow
								 * time */
	int			pair_count;
	Pair		pairs[PAIRS];	/* both members ascending */
} ClockShared;

static ClockShared *shared = NULL;

/* `last` is above what this session's database holds; its row has another timeline. */
static Oid	raised_for_relation = InvalidOid;
static TimeLineID raised_on_timeline = 0;
static bool timeline_is_stale = false;

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

int64
wallet_clock_boot(void)
{
	return read_clock(CLOCK_BOOTTIME);
}

/* Once a minute for the whole server: sessions may be many and short. */
static bool
may_warn(Warning about)
{
	int64		boot = read_clock(CLOCK_BOOTTIME);
	bool		due;

	SpinLockAcquire(&shared->spin);
	due = shared->warned_boot[about] == 0 || boot - shared->warned_boot[about] >= WARN_EVERY_US;
	if (due)
		shared->warned_boot[about] = boot;
	SpinLockRelease(&shared->spin);
	return due;
}

static void
warn_of_step(int64 away_us)
{
	if (may_warn(WARNING_STEP))
		ereport(WARNING,
				(errmsg("system clock stepped by more than wallet.max_clock_step"),
				 errdetail("Event ids go on from where they were and approach it by 5 ms per second; it is " INT64_FORMAT " ms away.",
						   away_us / 1000),
				 errhint("Set the clock right. If it is right now, SET wallet.max_clock_step beyond that for one command, and ids follow it at once.")));
}

static void
warn_of_ids_ahead(int64 ahead_us)
{
	if (may_warn(WARNING_AHEAD))
		ereport(WARNING,
				(errmsg("event ids are ahead of the system clock"),
				 errdetail("They are " INT64_FORMAT " ms ahead and stand still, a microsecond apart, until the clock has come there; meanwhile nothing expires.",
						   ahead_us / 1000),
				 errhint("If the clock is behind, set it right; ids follow it at once. If it is right, wait.")));
}

/*
 * Where ids are to be at this moment of the wall and the boot clock; caller holds
 * `spin`.  While they drift, the base stays for a second: a drift of less than
 * a microsecond per use would be none.
 */
static int64
follow(int64 wall, int64 boot, int64 step)
{
	int64		last = (int64) pg_atomic_read_u64(&shared->last);
	int64		passed = shared->base_boot == 0 ? 0 : boot - shared->base_boot;
	int64		expected = shared->base_boot == 0 ? wall : shared->base_wall + passed;
	int64		now = wall;

	if (wall > Max(expected, last) + step)
		now = expected + passed / SLEW_DIVISOR;
	else if (wall < expected - step)
		now = expected - passed / SLEW_DIVISOR;
	if (now == wall || passed >= REBASE_EVERY_US)
	{
		shared->base_wall = now;
		shared->base_boot = boot;
	}
	return now;
}

/* Now, in microseconds since 1970, without the wall clock's jumps. */
static int64
steady_now(void)
{
	int64		wall = read_clock(CLOCK_REALTIME);
	int64		boot = read_clock(CLOCK_BOOTTIME);
	int64		now;

	SpinLockAcquire(&shared->spin);
	now = follow(wall, boot, (int64) wallet_max_clock_step_ms * 1000);
	SpinLockRelease(&shared->spin);
	if (now != wall)
		warn_of_step(wall - now);
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
check_clock(int64 wall, int64 newest, bool is_event)
{
	if (newest > wall + (int64) wallet_max_clock_step_ms * 1000 &&
		newest > (int64) pg_atomic_read_u64(&shared->last))
		wallet_raise(WALLET_clock_unsafe,
					 psprintf("The newest %s is of %s, which lies " INT64_FORMAT " s in the future.",
							  is_event ? "event" : "stored horizon",
							  pstrdup(timestamptz_to_str(wallet_timestamp_from_moment(newest))),
							  (newest - wall) / 1000000),
					 "Set the system clock right. If it is right, or cannot be set now, SET wallet.max_clock_step beyond the difference for one command: ids then go on above the newest event.");
}

/* The first session after a promotion; in each database, if its newest event asks for more. */
static void
jump(TimeLineID timeline, int64 wall, int64 newest)
{
	bool		first;

	SpinLockAcquire(&shared->spin);
	first = shared->jumped_timeline != timeline;
	SpinLockRelease(&shared->spin);
	if (!first && newest <= (int64) pg_atomic_read_u64(&shared->last))
		return;
	raise_to((newest > wall + PROMOTION_JUMP_US ? newest : wall) + PROMOTION_JUMP_US);
	/* Not before: whoever finds it done takes ids. */
	SpinLockAcquire(&shared->spin);
	shared->jumped_timeline = timeline;
	SpinLockRelease(&shared->spin);
}

static void
raise_above_table(void)
{
	Oid			relation = wallet_relation_oid(WALLET_REL_EVENT);
	TimeLineID	timeline = GetWALInsertionTimeLine();
	WalletHorizonRow stored;
	int64		event;
	int64		newest;
	int64		wall;

	if (raised_for_relation == relation && raised_on_timeline == timeline)
		return;
	wallet_horizon_row_read_newest(&stored);
	event = newest_event();
	newest = Max(event, stored.horizon);
	wall = read_clock(CLOCK_REALTIME);
	check_clock(wall, newest, event == newest);
	timeline_is_stale = stored.timeline != 0 && stored.timeline != timeline;
	if (timeline_is_stale)
		jump(timeline, wall, newest);
	raise_to(newest);
	raised_for_relation = relation;
	raised_on_timeline = timeline;
}

/* Without this, the next start of the server would take itself for promoted, and jump again. */
static void
record_timeline(void)
{
	WalletHorizonRow row;

	(void) wallet_horizon_row_write(0, raised_on_timeline, &row);
	timeline_is_stale = false;
}

static void
keep_pair(Pair pair, int64 now)
{
	SpinLockAcquire(&shared->spin);
	shared->pair_recorded = now;
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
record_pair(int64 now)
{
	Pair		pair;

	pair.last = (int64) pg_atomic_read_u64(&shared->last);
	pg_memory_barrier();
	WALLET_FAILPOINT(pair_half_read);
	pair.xid = ReadNextFullTransactionId();
	keep_pair(pair, now);
}

/* By time, not by ids: they may be standing still. */
static bool
pair_is_due(int64 now)
{
	bool		due;

	SpinLockAcquire(&shared->spin);
	due = now - shared->pair_recorded >= PAIR_EVERY_US || now < shared->pair_recorded;
	SpinLockRelease(&shared->spin);
	return due;
}

int64
wallet_clock_take(int n, int64 above, int64 call_start_boot)
{
	uint64		last;
	int64		now;
	int64		call_start;
	int64		first;

	Assert(TransactionIdIsValid(GetTopTransactionIdIfAny()));
	raise_above_table();
	if (timeline_is_stale)
		record_timeline();
	raise_to(above);
	now = steady_now();
	call_start = now - (read_clock(CLOCK_BOOTTIME) - call_start_boot);
	last = pg_atomic_read_u64(&shared->last);
	do
	{
		first = Max((int64) last + 1, Max(now - n + 1, call_start + 1));
	} while (!pg_atomic_compare_exchange_u64(&shared->last, &last, (uint64) (first + n - 1)));

	if (first - now > Max((int64) wallet_max_clock_step_ms * 1000, PROMOTION_JUMP_US))
		warn_of_ids_ahead(first - now);
	if (pair_is_due(now))
		record_pair(now);
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
	int64		now;

	raise_above_table();
	now = steady_now();
	raise_to(now);
	record_pair(now);
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
