/*
 * wait.c
 *		For standbys: the horizon is stored, and a reader waits for an event.
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "common/int.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "pg/error.h"
#include "pg/statement.h"
#include "portability/instr_time.h"
#include "storage/latch.h"
#include "store/arrival.h"
#include "store/horizon.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#define FIRST_NAP_MS	1
#define LONGEST_NAP_MS	50

PG_FUNCTION_INFO_V1(wallet_sql_store_horizon);
PG_FUNCTION_INFO_V1(wallet_sql_wait_event);

Datum
wallet_sql_store_horizon(PG_FUNCTION_ARGS)
{
	int64		horizon;

	PreventCommandDuringRecovery("wallet.store_horizon()");
	PreventCommandIfReadOnly("wallet.store_horizon()");
	horizon = wallet_horizon_store();
	CommandCounterIncrement();
	if (horizon == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT64(horizon);
}

/* In microseconds; a month has 30 days here; PG_INT64_MAX: for ever. */
static int64
timeout_us(const Interval *timeout)
{
	int64		us;

	if (pg_mul_s64_overflow((int64) timeout->month * DAYS_PER_MONTH + timeout->day, USECS_PER_DAY, &us) ||
		pg_add_s64_overflow(us, timeout->time, &us))
		us = timeout->month < 0 || (timeout->month == 0 && timeout->day < 0) ? -1 : PG_INT64_MAX;
	if (us < 0)
		wallet_raise_argument("timeout must not be negative");
	return us;
}

static int64
elapsed_us(const instr_time *since)
{
	instr_time	now;

	INSTR_TIME_SET_CURRENT(now);
	INSTR_TIME_SUBTRACT(now, *since);
	return (int64) INSTR_TIME_GET_MICROSEC(now);
}

/* Naps grow, so that a short wait is answered soon and a long one costs little. */
static bool
wait_for_event(int64 event_id, int64 limit_us)
{
	instr_time	start;
	long		nap_ms = FIRST_NAP_MS;
	int64		left_us;

	INSTR_TIME_SET_CURRENT(start);
	while (!wallet_event_is_visible(event_id))
	{
		left_us = limit_us - elapsed_us(&start);
		if (left_us <= 0)
			return false;
		InvalidateCatalogSnapshot();
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 (long) Min(nap_ms, left_us / 1000 + 1), PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
		nap_ms = Min(nap_ms * 2, LONGEST_NAP_MS);
	}
	return true;
}

/*
 * A snapshot that was taken before the event was committed never sees it: waiting
 * would be in vain, and the answer false would say that the event has not come.
 */
static void
refuse_old_snapshot(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("this transaction's snapshot does not see the event and never will"),
			 errdetail("Its isolation level is REPEATABLE READ or above."),
			 errhint("Wait under READ COMMITTED, before the transaction that reads begins.")));
}

Datum
wallet_sql_wait_event(PG_FUNCTION_ARGS)
{
	int64		event_id;
	int64		limit_us;
	bool		put_down;
	bool		visible;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	event_id = PG_GETARG_INT64(0);
	limit_us = PG_ARGISNULL(1) ? PG_INT64_MAX : timeout_us(PG_GETARG_INTERVAL_P(1));

	if (IsolationUsesXactSnapshot())
	{
		visible = wallet_event_is_visible(event_id);
		if (!visible && limit_us > 0)
			refuse_old_snapshot();
		PG_RETURN_BOOL(visible);
	}
	put_down = wallet_statement_put_snapshot_down(fcinfo);
	visible = wait_for_event(event_id, limit_us);
	if (put_down)
		wallet_statement_take_snapshot_up();
	PG_RETURN_BOOL(visible);
}
