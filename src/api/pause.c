/*
 * pause.c
 *		wallet_paused and wallet_resume: is this a copy, and may it work by itself.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "store/instance.h"
#include "tcop/utility.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(wallet_sql_paused);
PG_FUNCTION_INFO_V1(wallet_sql_resume);

static Datum
answer(FunctionCallInfo fcinfo)
{
	const char *reason = wallet_instance_paused_reason();

	if (reason == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(reason));
}

Datum
wallet_sql_paused(PG_FUNCTION_ARGS)
{
	return answer(fcinfo);
}

/* Answers what still pauses it: a setting is not changed from here. */
Datum
wallet_sql_resume(PG_FUNCTION_ARGS)
{
	PreventCommandIfReadOnly("wallet_resume()");
	PreventCommandDuringRecovery("wallet_resume()");
	PreventCommandIfParallelMode("wallet_resume()");
	wallet_instance_resume();
	ereport(LOG,
			(errmsg("wallet_resume() by \"%s\": the ledger of this database is no copy any more",
					GetUserNameFromId(GetSessionUserId(), false))));
	return answer(fcinfo);
}
