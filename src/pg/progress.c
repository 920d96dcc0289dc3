/*
 * progress.c
 *		Slots in shared memory, one per running piece of long work.
 *
 * Not PostgreSQL's own progress API: its commands are a closed list, and a SELECT
 * that runs inside one would end the other's report (doc/adr/0011).
 *
 * `spin` guards pid and everything else of the slots but `done`, which is written by
 * its owner without a lock, so that counting costs one store.  It is held for a copy
 * at most.  A slot is given back by its owner, on ERROR and FATAL too; a
 * backend that is killed takes all shared memory with it.
 */
#include "postgres.h"

#include "catalog/pg_authid.h"
#include "commands/dbcommands.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "pg/failpoint.h"
#include "pg/progress.h"
#include "storage/shmem.h"
#include "storage/spin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#define SLOTS		64
#define NAME_BYTES	32

typedef struct Slot
{
	int			pid;			/* 0: free */
	Oid			database;
	Oid			role;			/* session_user */
	char		command[NAME_BYTES];
	char		phase[NAME_BYTES];
	int64		total;			/* rows expected; 0: not known */
	TimestampTz started;
	TimestampTz phase_started;
	pg_atomic_uint64 done;		/* rows of this phase */
} Slot;

typedef struct ProgressShared
{
	slock_t		spin;
	Slot		slots[SLOTS];
} ProgressShared;

PG_FUNCTION_INFO_V1(wallet_sql_long_work);

static ProgressShared *shared = NULL;
static Slot *mine = NULL;
static int	depth = 0;			/* of work inside of work */

pg_atomic_uint64 *wallet_progress_done = NULL;

Size
wallet_progress_shmem_size(void)
{
	return MAXALIGN(sizeof(ProgressShared));
}

void
wallet_progress_shmem_init(void)
{
	bool		found;

	shared = ShmemInitStruct("wallet progress", wallet_progress_shmem_size(), &found);
	if (found)
		return;
	memset(shared, 0, sizeof(*shared));
	SpinLockInit(&shared->spin);
	for (int i = 0; i < SLOTS; i++)
		pg_atomic_init_u64(&shared->slots[i].done, 0);
}

static Slot *
claim(const char *command, TimestampTz now)
{
	Slot	   *slot = NULL;

	SpinLockAcquire(&shared->spin);
	for (int i = 0; i < SLOTS && slot == NULL; i++)
	{
		if (shared->slots[i].pid == 0)
			slot = &shared->slots[i];
	}
	if (slot != NULL)
	{
		slot->pid = MyProcPid;
		slot->database = MyDatabaseId;
		slot->role = GetSessionUserId();
		strlcpy(slot->command, command, NAME_BYTES);
		slot->phase[0] = '\0';
		slot->total = 0;
		slot->started = slot->phase_started = now;
		pg_atomic_write_u64(&slot->done, 0);
	}
	SpinLockRelease(&shared->spin);
	return slot;
}

void
wallet_progress_begin(const char *command)
{
	if (depth++ > 0 || shared == NULL)
		return;
	mine = claim(command, GetCurrentTimestamp());
	wallet_progress_done = mine ? &mine->done : NULL;
}

void
wallet_progress_phase(const char *phase, int64 total)
{
	TimestampTz now = GetCurrentTimestamp();

	if (mine != NULL)
	{
		SpinLockAcquire(&shared->spin);
		strlcpy(mine->phase, phase, NAME_BYTES);
		mine->total = total;
		mine->phase_started = now;
		pg_atomic_write_u64(&mine->done, 0);
		SpinLockRelease(&shared->spin);
	}
	WALLET_FAILPOINT(audit_phase);
	CHECK_FOR_INTERRUPTS();
}

void
wallet_progress_end(void)
{
	Assert(depth > 0);
	if (--depth > 0 || mine == NULL)
		return;
	SpinLockAcquire(&shared->spin);
	mine->pid = 0;
	SpinLockRelease(&shared->spin);
	mine = NULL;
	wallet_progress_done = NULL;
}

void
wallet_progress_abandon(int code, Datum arg)
{
	wallet_progress_end();
}

/* As in pg_stat_progress_*: one's own, and all for whoever may read all statistics. */
static bool
may_see(Oid role)
{
	return has_privs_of_role(GetUserId(), role) ||
		has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_STATS);
}

/* Rows per second of the running phase, and when it will have done `total`, as far as that can be told. */
static void
put_estimates(const Slot *slot, int64 done, Datum *values, bool *isnull)
{
	TimestampTz now = GetCurrentTimestamp();
	double		seconds = (double) (now - slot->phase_started) / USECS_PER_SEC;
	double		rate = seconds > 0 ? done / seconds : 0;

	/* An estimate that was passed is no estimate any more. */
	isnull[7] = slot->total <= 0 || slot->total < done;
	values[7] = Int64GetDatum(slot->total);
	isnull[8] = rate <= 0;
	values[8] = Float8GetDatum(rate);
	isnull[10] = isnull[7] || isnull[8];
	if (!isnull[10])
		values[10] = TimestampTzGetDatum(now + (TimestampTz) ((slot->total - done) / rate * USECS_PER_SEC));
}

static void
put_slot(ReturnSetInfo *result, const Slot *slot, int64 done)
{
	Datum		values[11];
	bool		isnull[11] = {false};
	char	   *database = get_database_name(slot->database);
	char	   *role = GetUserNameFromId(slot->role, true);

	values[0] = Int32GetDatum(slot->pid);
	isnull[1] = database == NULL;
	values[1] = database ? CStringGetTextDatum(database) : (Datum) 0;
	isnull[2] = role == NULL;
	values[2] = role ? CStringGetTextDatum(role) : (Datum) 0;
	values[3] = CStringGetTextDatum(slot->command);
	values[4] = TimestampTzGetDatum(slot->started);
	isnull[5] = slot->phase[0] == '\0';
	values[5] = CStringGetTextDatum(slot->phase);
	values[6] = Int64GetDatum(done);
	values[9] = TimestampTzGetDatum(slot->phase_started);
	put_estimates(slot, done, values, isnull);
	tuplestore_putvalues(result->setResult, result->setDesc, values, isnull);
}

Datum
wallet_sql_long_work(PG_FUNCTION_ARGS)
{
	Slot	   *slots = palloc(sizeof(shared->slots));
	int64		done[SLOTS];

	InitMaterializedSRF(fcinfo, 0);
	if (shared == NULL)
		return (Datum) 0;
	SpinLockAcquire(&shared->spin);
	memcpy(slots, shared->slots, sizeof(shared->slots));
	for (int i = 0; i < SLOTS; i++)
		done[i] = (int64) pg_atomic_read_u64(&shared->slots[i].done);
	SpinLockRelease(&shared->spin);
	for (int i = 0; i < SLOTS; i++)
	{
		if (slots[i].pid != 0 && may_see(slots[i].role))
			put_slot((ReturnSetInfo *) fcinfo->resultinfo, &slots[i], done[i]);
	}
	return (Datum) 0;
}
