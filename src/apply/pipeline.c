/*
 * pipeline.c
 *		The heart of the book: lock, load, STEP, save.  Every door comes through
 *		here.
 *
 * Why this order is right:
 *	- Ids of commands are looked up before rows are locked: waiting for another
 *	  user of an id holds no row of this call.  What is named and read is seen
 *	  by a snapshot taken after that wait.
 *	- The top-level transaction id exists before event ids are taken: see clock.c,
 *	  horizon.
 *	- Rows are locked before event ids are taken, and the ids are greater than all
 *	  that these rows have seen: on every account, id order is the order of
 *	  decisions, and a refusal can never be older than a credit it did not see.
 *	- Every row that a recorded decision read is written (guard_event), so a
 *	  transaction with an older snapshot notices.
 *	- Nothing of a call becomes visible but by the caller's own commit.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "pg/datum.h"
#include "pg/error.h"
#include "pg/failpoint.h"
#include "store/catalog.h"
#include "store/clock.h"
#include "store/instance.h"
#include "tcop/utility.h"
#include "apply/call.h"
#include "apply/relate.h"
#include "apply/transaction.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"

/* What the executor would refuse for us. */
void
wallet_check_environment(void)
{
	if (!wallet_clock_available())
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("wallet is not loaded in this server"),
				 errhint("Add wallet to shared_preload_libraries and restart the server. Reading works without.")));
	PreventCommandIfReadOnly("a wallet command");
	PreventCommandDuringRecovery("a wallet command");
	PreventCommandIfParallelMode("a wallet command");
	wallet_check_version();
}

/* Fresh under READ COMMITTED; the transaction's own, with what it has done so far, above. */
static void
push_snapshot(WalletCall *call)
{
	if (IsolationUsesXactSnapshot())
		PushActiveSnapshot(GetTransactionSnapshot());
	else
		PushActiveSnapshot(GetLatestSnapshot());
	call->snapshot = GetActiveSnapshot();
}

static bool
has_undecided(const WalletCall *call)
{
	for (size_t i = 0; i < call->batch.count; i++)
	{
		if (call->batch.entries[i].fault == WALLET_success && call->batch.entries[i].prior == NULL)
			return true;
	}
	return false;
}

static bool
has_recorded(const WalletCall *call)
{
	for (size_t i = 0; i < call->batch.count; i++)
	{
		if (call->batch.entries[i].recorded)
			return true;
	}
	return false;
}

static void
decide(WalletCall *call)
{
	if (has_undecided(call))
		wallet_take_ids(call);
	WALLET_FAILPOINT(ids_taken);
	if (wallet_batch_run(&call->batch))
		return;
	if (call->batch.exhausted)
		elog(ERROR, "more holds expired than were counted");
	wallet_raise_corrupt("A decision of this call would have broken an invariant.");
}

/* Once through.  False if an id was taken, or a name appeared, while we worked: all of it must be undone. */
static bool
attempt(WalletCall *call)
{
	bool		first = wallet_instance_is_due();
	bool		saved;

	wallet_relate_reset(call);
	push_snapshot(call);
	call->events = wallet_events_open(RowExclusiveLock);
	wallet_find_known(call);
	WALLET_FAILPOINT(ids_looked_up);
	PopActiveSnapshot();

	push_snapshot(call);
	wallet_balances_open(&call->balances, RowExclusiveLock, call->snapshot);
	wallet_resolve(call);
	wallet_relate(call);
	if (has_undecided(call))
		(void) GetTopTransactionId();
	wallet_load(call);
	WALLET_FAILPOINT(accounts_locked);
	wallet_relate_loaded(call);
	wallet_resolve_loaded(call);
	wallet_check_rights(call);
	decide(call);
	WALLET_FAILPOINT(decided);
	saved = wallet_save(call);
	if (first && saved && has_recorded(call))
		wallet_instance_claim();
	WALLET_FAILPOINT(saved);

	wallet_balances_close(&call->balances);
	wallet_events_close(call->events);
	PopActiveSnapshot();
	return saved;
}

/*
 * An attempt that leaves no trace when it fails.  An error must end this
 * subtransaction too: whoever catches it knows only of his own.
 */
static bool
attempt_in_subtransaction(WalletCall *call)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile bool saved = false;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		WALLET_FAILPOINT(subtransaction_begun);
		saved = attempt(call);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
		ReThrowError(error);
	}
	PG_END_TRY();

	if (saved)
	{
		ReleaseCurrentSubTransaction();
		WALLET_FAILPOINT(subtransaction_released);
	}
	else
	{
		RollbackAndReleaseCurrentSubTransaction();
		WALLET_FAILPOINT(subtransaction_undone);
	}
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return saved;
}

void
wallet_pipeline_run(WalletCall *call)
{
	wallet_check_environment();
	wallet_transaction_writes();
	while (!(call->single ? attempt(call) : attempt_in_subtransaction(call)))
	{
		WALLET_FAILPOINT(starting_over);
		CHECK_FOR_INTERRUPTS();
	}
	CommandCounterIncrement();
	wallet_log_forbidden(call);
}
