/*
 * transfer.c
 *		wallet_transfer: one command, in the caller's transaction.
 */
#include "postgres.h"

#include "pg/datum.h"
#include "api/command.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(wallet_sql_transfer);

/* A moment from an argument; those beyond the machine's range are in the far future all the same. */
static int64
moment_from_arg(TimestampTz timestamp)
{
	if (timestamp > PG_INT64_MAX - WALLET_EPOCH_OFFSET)
		return PG_INT64_MAX;
	return wallet_moment_from_timestamp(timestamp);
}

static const char *
judge_arguments(FunctionCallInfo fcinfo, WalletRequest *request)
{
	const char *fault = NULL;

	wallet_fault(request, wallet_check_name(request->from));
	wallet_fault(request, wallet_check_name(request->to));
	if (PG_ARGISNULL(3))
		fault = "The currency is NULL.";
	else if (PG_ARGISNULL(4))
		fault = "The transaction_id is NULL.";
	else if (!PG_ARGISNULL(6) && TIMESTAMP_NOT_FINITE(PG_GETARG_TIMESTAMPTZ(6)))
		fault = "effective_at is infinite.";
	if (fault != NULL)
		wallet_fault(request, WALLET_invalid_argument);
	return fault;
}

Datum
wallet_sql_transfer(PG_FUNCTION_ARGS)
{
	WalletCall *call = wallet_call_begin(1, WALLET_KIND_TRANSFER, true);
	WalletRequest *request = &call->requests[0];
	WalletEvent *event = &call->batch.entries[0].event;
	const char *fault;

	request->from = wallet_arg_bytes(fcinfo, 0);
	request->to = wallet_arg_bytes(fcinfo, 1);
	request->currency = wallet_arg_bytes(fcinfo, 3);
	fault = judge_arguments(fcinfo, request);
	if (!PG_ARGISNULL(5))
		wallet_fault(request, wallet_set_metadata(request, event, PG_GETARG_DATUM(5)));
	if (!PG_ARGISNULL(2))
		request->amount = PG_GETARG_DATUM(2);
	if (PG_ARGISNULL(2) || !wallet_numeric_is_positive(request->amount))
		wallet_fault(request, WALLET_invalid_amount);
	if (!PG_ARGISNULL(4))
		memcpy(event->transaction_id.bytes, DatumGetPointer(PG_GETARG_DATUM(4)), sizeof(WalletUuid));
	if (!PG_ARGISNULL(6))
	{
		event->effective_at = moment_from_arg(PG_GETARG_TIMESTAMPTZ(6));
		event->present |= WALLET_HAS_EFFECTIVE_AT;
	}
	if (!PG_ARGISNULL(7))
	{
		event->expected_version = PG_GETARG_INT64(7);
		event->present |= WALLET_HAS_EXPECTED_VERSION;
	}

	wallet_pipeline_run(call);
	wallet_refusal_raise(call, fault);
	return wallet_receipt_make(fcinfo, &call->batch.entries[0]);
}
