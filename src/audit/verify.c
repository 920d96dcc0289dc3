/*
 * verify.c
 *		wallet_replay and wallet_verify.
 */
#include "postgres.h"

#include "access/xact.h"
#include "audit/tables.h"
#include "fmgr.h"
#include "funcapi.h"
#include "pg/datum.h"
#include "pg/error.h"
#include "pg/progress.h"
#include "storage/ipc.h"
#include "store/horizon.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(wallet_sql_replay);
PG_FUNCTION_INFO_V1(wallet_sql_verify);

Datum
wallet_audit_run(const char *command, void (*work) (FunctionCallInfo), FunctionCallInfo fcinfo)
{
	InitMaterializedSRF(fcinfo, 0);
	wallet_progress_begin(command);
	PG_ENSURE_ERROR_CLEANUP(wallet_progress_abandon, (Datum) 0);
	{
		work(fcinfo);
	}
	PG_END_ENSURE_ERROR_CLEANUP(wallet_progress_abandon, (Datum) 0);
	wallet_progress_end();
	return (Datum) 0;
}

static const char *
account_status_name(uint8_t status)
{
	switch (status)
	{
		case WALLET_ACCOUNT_OPEN:
			return "open";
		case WALLET_ACCOUNT_FROZEN:
			return "frozen";
		case WALLET_ACCOUNT_CLOSED:
			return "closed";
		default:
			return "unknown";
	}
}

static void
put_account(WalletReplayed *replayed, void *arg)
{
	ReturnSetInfo *result = arg;
	const WalletAccount *account = &replayed->account;
	Datum		values[7];
	bool		isnull[7] = {false};

	values[0] = Int64GetDatum(replayed->id);
	values[1] = wallet_bytes_text(replayed->name);
	values[2] = wallet_currency_text(&account->currency);
	values[3] = wallet_numeric_make(account->balance, account->exponent);
	values[4] = wallet_numeric_make(account->held, account->exponent);
	values[5] = CStringGetTextDatum(account_status_name(account->status));
	values[6] = Int64GetDatum(account->version);
	tuplestore_putvalues(result->setResult, result->setDesc, values, isnull);
}

/* Above the horizon an older event could still appear: what replay said would not stay true. */
static void
check_until(int64 until)
{
	int64		horizon = wallet_horizon();

	if (until < 0)
		wallet_raise_argument("until_event must not be negative");
	if (horizon == 0)
		wallet_raise_argument("the horizon is not known here, so until_event cannot be used");
	if (until > horizon)
		ereport(ERROR,
				(errcode(wallet_errcode(WALLET_invalid_argument)),
				 errmsg("until_event lies above the horizon"),
				 errdetail("Events up to " INT64_FORMAT " are complete.", horizon),
				 errhint("Wait for running transactions to end, or give a smaller event.")));
}

static void
replay(FunctionCallInfo fcinfo)
{
	WalletLedger *ledger = wallet_ledger_create(NULL);
	bool		bounded = !PG_ARGISNULL(0);

	if (bounded)
	{
		check_until(PG_GETARG_INT64(0));

		/*
		 * What is below the horizon is committed by now: a snapshot taken now
		 * sees it.
		 */
		PushActiveSnapshot(IsolationUsesXactSnapshot() ? GetTransactionSnapshot() : GetLatestSnapshot());
	}
	else
		PushActiveSnapshot(GetActiveSnapshot());
	if (!bounded || PG_GETARG_INT64(0) > 0)
		wallet_ledger_replay(ledger, GetActiveSnapshot(), bounded ? PG_GETARG_INT64(0) : 0);
	PopActiveSnapshot();
	wallet_progress_phase("returning accounts", wallet_ledger_account_count(ledger));
	wallet_ledger_each_account(ledger, put_account, fcinfo->resultinfo);
}

Datum
wallet_sql_replay(PG_FUNCTION_ARGS)
{
	return wallet_audit_run("replay", replay, fcinfo);
}

static void
verify(FunctionCallInfo fcinfo)
{
	bool		thorough = !PG_ARGISNULL(0) && PG_GETARG_BOOL(0);
	WalletFindings *findings = wallet_findings_create();
	WalletLedger *ledger = wallet_ledger_create(findings);
	Snapshot	snapshot = GetActiveSnapshot();

	wallet_ledger_replay(ledger, snapshot, 0);
	wallet_audit_accounts(ledger, snapshot);
	wallet_audit_balances(ledger, snapshot);
	wallet_audit_currencies(ledger, snapshot);
	wallet_audit_milestones(ledger, snapshot);
	wallet_audit_holds(ledger, snapshot);
	wallet_audit_reversals(ledger, snapshot);
	wallet_audit_seals(findings, snapshot);
	wallet_audit_guards(findings);
	if (thorough)
		wallet_audit_recompute(findings);
	for (int i = 0; i < WALLET_CHECK_LEDGER_COUNT; i++)
	{
		if (thorough || i != WALLET_CHECK_RECOMPUTE)
			wallet_findings_put((ReturnSetInfo *) fcinfo->resultinfo, findings, i);
	}
}

Datum
wallet_sql_verify(PG_FUNCTION_ARGS)
{
	return wallet_audit_run("verify", verify, fcinfo);
}
