/*
 * failpoint.c
 *		Nothing of it is in a build for use: see failpoint.h.
 */
#include "postgres.h"

#include "pg/failpoint.h"

#ifdef WALLET_FAILPOINTS

#include <limits.h>
#include <signal.h>
#include <unistd.h>

#include "miscadmin.h"
#include "storage/lock.h"
#include "tcop/utility.h"
#include "utils/guc.h"

typedef enum Action
{
	ACTION_NONE,
	ACTION_ERROR,
	ACTION_FATAL,
	ACTION_PANIC,
	ACTION_KILL,
	ACTION_CRASH,
	ACTION_STOP,
	ACTION_SLEEP,
	ACTION_LOG
} Action;

typedef struct Armed
{
	Action		action;
	int			argument;
	int			nth;			/* 0: every time */
	int			hits;
} Armed;

static const char *const point_names[] =
{
#define WALLET_FAILPOINT_DEF(name, happened) [WALLET_FAILPOINT_##name] = #name,
#include "pg/failpoint.def"
#undef WALLET_FAILPOINT_DEF
};

static const char *const action_names[] =
{
	[ACTION_NONE] = "none",
	[ACTION_ERROR] = "error",
	[ACTION_FATAL] = "fatal",
	[ACTION_PANIC] = "panic",
	[ACTION_KILL] = "kill",
	[ACTION_CRASH] = "crash",
	[ACTION_STOP] = "stop",
	[ACTION_SLEEP] = "sleep",
	[ACTION_LOG] = "log"
};

bool		wallet_failpoints_set = false;
int			wallet_clock_offset_ms = 0;
static Armed armed[WALLET_FAILPOINT_COUNT];
static char *setting = NULL;
static ProcessUtility_hook_type next_process_utility = NULL;

static int
find_name(const char *const *names, int count, const char *name)
{
	for (int i = 0; i < count; i++)
	{
		if (strcmp(names[i], name) == 0)
			return i;
	}
	return -1;
}

/* One NAME=ACTION[:ARGUMENT][@N] into points. */
static bool
parse_one(const char *spec, Armed points[WALLET_FAILPOINT_COUNT])
{
	char		name[64];
	char		action[16];
	int			used = 0;
	int			argument = 0;
	int			nth = 0;
	int			point;
	int			what;

	if (sscanf(spec, " %63[a-z_] = %15[a-z]%n", name, action, &used) != 2)
		return false;
	spec += used;
	point = find_name(point_names, lengthof(point_names), name);
	what = find_name(action_names, lengthof(action_names), action);
	if (point < 0 || what <= ACTION_NONE)
		return false;
	if (what == ACTION_STOP || what == ACTION_SLEEP)
	{
		if (sscanf(spec, ":%d%n", &argument, &used) != 1 || argument < 0)
			return false;
		spec += used;
	}
	if (*spec == '@')
	{
		if (sscanf(spec, "@%d%n", &nth, &used) != 1 || nth < 1)
			return false;
		spec += used;
	}
	if (spec[strspn(spec, " ")] != '\0')
		return false;
	points[point] = (Armed)
	{
		.action = (Action) what,
		.argument = argument,
		.nth = nth
	};
	return true;
}

static bool
parse(const char *spec, Armed points[WALLET_FAILPOINT_COUNT])
{
	memset(points, 0, WALLET_FAILPOINT_COUNT * sizeof(Armed));
	while (spec[strspn(spec, " ")] != '\0')
	{
		size_t		length = strcspn(spec, ",");
		char		one[128];

		if (length >= sizeof(one))
			return false;
		memcpy(one, spec, length);
		one[length] = '\0';
		if (!parse_one(one, points))
			return false;
		spec += length + (spec[length] == ',');
	}
	return true;
}

static bool
check_setting(char **value, void **extra, GucSource source)
{
	Armed		points[WALLET_FAILPOINT_COUNT];

	if (parse(*value, points))
		return true;
	GUC_check_errdetail("Write NAME=ACTION[:ARGUMENT][@N], with names of pg/failpoint.def.");
	return false;
}

static void
assign_setting(const char *value, void *extra)
{
	(void) parse(value, armed);
	wallet_failpoints_set = false;
	for (int i = 0; i < WALLET_FAILPOINT_COUNT; i++)
		wallet_failpoints_set |= armed[i].action != ACTION_NONE;
}

/* A prepared transaction is ended by another one, of which wallet knows nothing: only its command tells. */
static void
process_utility(PlannedStmt *statement, const char *query, bool read_only_tree,
				ProcessUtilityContext context, ParamListInfo parameters,
				QueryEnvironment *environment, DestReceiver *receiver, QueryCompletion *completion)
{
	ProcessUtility_hook_type next = next_process_utility ? next_process_utility : standard_ProcessUtility;
	TransactionStmt *transaction = (TransactionStmt *) statement->utilityStmt;
	bool		ends_prepared = IsA(transaction, TransactionStmt) &&
	(transaction->kind == TRANS_STMT_COMMIT_PREPARED || transaction->kind == TRANS_STMT_ROLLBACK_PREPARED);

	if (ends_prepared)
		WALLET_FAILPOINT(before_end_prepared);
	next(statement, query, read_only_tree, context, parameters, environment, receiver, completion);
	if (ends_prepared)
		WALLET_FAILPOINT(after_end_prepared);
}

void
wallet_failpoint_define_settings(void)
{
	next_process_utility = ProcessUtility_hook;
	ProcessUtility_hook = process_utility;
	DefineCustomStringVariable("wallet.failpoint",
							   "Where a test stops, breaks or kills this session.",
							   NULL, &setting, "",
							   PGC_SUSET, 0, check_setting, assign_setting, NULL);
	DefineCustomIntVariable("wallet.clock_offset",
							"What a test adds to the system clock.",
							NULL, &wallet_clock_offset_ms, 0, INT_MIN, INT_MAX,
							PGC_SUSET, GUC_UNIT_MS, NULL, NULL, NULL);
}

/* Until nobody else holds the advisory lock; a lock wait like any other, so it can be seen and cancelled. */
static void
wait_for_key(int key)
{
	LOCKTAG		tag;

	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, 0, (uint32) key, 1);
	(void) LockAcquire(&tag, ShareLock, true, false);
	(void) LockRelease(&tag, ShareLock, true);
}

static void
act(const char *name, const Armed *point)
{
	switch (point->action)
	{
		case ACTION_ERROR:
			ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("failpoint %s", name)));
			break;
		case ACTION_FATAL:
			ereport(FATAL, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("failpoint %s", name)));
			break;
		case ACTION_PANIC:
			ereport(PANIC, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("failpoint %s", name)));
			break;
		case ACTION_CRASH:
			kill(PostmasterPid, SIGKILL);
			kill(getpid(), SIGKILL);
			break;
		case ACTION_KILL:
			kill(getpid(), SIGKILL);
			break;
		case ACTION_STOP:
			wait_for_key(point->argument);
			break;
		case ACTION_SLEEP:
			pg_usleep((long) point->argument * 1000);
			break;
		default:
			break;
	}
}

void
wallet_failpoint_hit(WalletFailpoint point)
{
	Armed	   *it = &armed[point];

	if (it->action == ACTION_NONE || (++it->hits != it->nth && it->nth != 0))
		return;
	ereport(LOG, (errmsg("wallet failpoint %s: %s", point_names[point], action_names[it->action])));
	act(point_names[point], it);
}

#endif
