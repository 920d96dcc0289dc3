/*
 * statement.c
 *		Why a function that waits should not hold a snapshot, and when it need not.
 *
 * A statement's snapshot is held from its start to its end.  On a primary it
 * stops the pruning of hot rows; on a standby it can stop replay, since WAL that removes
 * rows which it may see has to wait for it (max_standby_streaming_delay), and
 * a function that waits for replay would wait for itself.
 *
 * A statement that is one Result node without a plan below it has no scan under
 * way: after the function returned, only other expressions of the same select list can
 * read, and they may as well do so with a newer snapshot.  So the executor's two references
 * (query descriptor and executor state) and the portal's active one are dropped before,
 * and made anew after the wait.  Whatever else holds a snapshot (a caller
 * further out, an open cursor, REPEATABLE READ) goes on holding its own.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/execdesc.h"
#include "nodes/execnodes.h"
#include "nodes/plannodes.h"
#include "pg/statement.h"
#include "tcop/pquery.h"
#include "utils/portal.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"

/* The call is an output column of a plan that reads nothing by itself. */
static bool
is_bare_select(const PlannedStmt *statement, const Node *call)
{
	const Plan *plan = statement->planTree;
	ListCell   *cell;

	if (statement->commandType != CMD_SELECT || !IsA(plan, Result) || plan->lefttree != NULL ||
		plan->initPlan != NIL || statement->subplans != NIL)
		return false;
	foreach(cell, plan->targetlist)
	{
		if ((Node *) lfirst_node(TargetEntry, cell)->expr == call)
			return true;
	}
	return false;
}

bool
wallet_statement_put_snapshot_down(FunctionCallInfo fcinfo)
{
	QueryDesc  *query = ActivePortal != NULL && ActivePortal->strategy == PORTAL_ONE_SELECT
	? ActivePortal->queryDesc : NULL;
	ResourceOwner owner;

	if (IsolationUsesXactSnapshot() || query == NULL || query->estate == NULL ||
		fcinfo->flinfo->fn_expr == NULL ||
		!is_bare_select(query->plannedstmt, fcinfo->flinfo->fn_expr) ||
		!ActiveSnapshotSet() || GetActiveSnapshot() != query->snapshot ||
		query->estate->es_snapshot != query->snapshot)
		return false;

	owner = ActivePortal->resowner;
	PopActiveSnapshot();
	UnregisterSnapshotFromOwner(query->estate->es_snapshot, owner);
	UnregisterSnapshotFromOwner(query->snapshot, owner);
	query->estate->es_snapshot = query->snapshot = NULL;
	InvalidateCatalogSnapshot();
	return true;
}

void
wallet_statement_take_snapshot_up(void)
{
	QueryDesc  *query = ActivePortal->queryDesc;
	ResourceOwner owner = ActivePortal->resowner;

	query->snapshot = RegisterSnapshotOnOwner(GetLatestSnapshot(), owner);
	query->estate->es_snapshot = RegisterSnapshotOnOwner(query->snapshot, owner);
	PushActiveSnapshot(query->snapshot);
}
