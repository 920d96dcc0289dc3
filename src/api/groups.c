/*
 * groups.c
 *		Which commands of a call stand or fall together.
 */
#include "postgres.h"

#include "pg/error.h"
#include "api/command.h"

/* Where a run of one group number begins. */
typedef struct Run
{
	int32		group;
	int			position;		/* from 1 */
} Run;

static int
compare_runs(const void *a, const void *b)
{
	const Run  *left = a;
	const Run  *right = b;

	if (left->group != right->group)
		return left->group < right->group ? -1 : 1;
	return left->position - right->position;
}

/* Does command i begin a run of its own?  One without a group is always alone. */
static bool
begins_run(const WalletGroupNumber *groups, size_t i)
{
	return i == 0 || !groups[i].given || !groups[i - 1].given ||
		groups[i].number != groups[i - 1].number;
}

/* Members of a group are neighbours: a number that comes back is an error. */
static void
check_adjacent(const WalletGroupNumber *groups, size_t count)
{
	Run		   *runs = palloc((count + 1) * sizeof(Run));
	int			n = 0;

	for (size_t i = 0; i < count; i++)
	{
		if (groups[i].given && begins_run(groups, i))
		{
			runs[n].group = groups[i].number;
			runs[n++].position = (int) i + 1;
		}
	}
	qsort(runs, n, sizeof(Run), compare_runs);
	for (int i = 1; i < n; i++)
	{
		if (runs[i].group == runs[i - 1].group)
			wallet_raise_argument("element %d of array \"groups\" takes up group %d again: members of a group must be neighbours",
								  runs[i].position, runs[i].group);
	}
	pfree(runs);
}

void
wallet_call_group(WalletCall *call, const WalletGroupNumber *groups, bool atomic)
{
	int			ordinal = -1;
	int			length = 0;

	if (!atomic && groups == NULL)
		return;
	if (!atomic)
		check_adjacent(groups, call->batch.count);
	for (size_t i = 0; i < call->batch.count; i++)
	{
		if (!atomic && !groups[i].given)
			continue;
		if (i == 0 || (!atomic && begins_run(groups, i)))
		{
			ordinal++;
			length = 0;
		}
		call->batch.entries[i].group = ordinal;
		call->group_max = Max(call->group_max, ++length);
	}
}
