/*
 * open.c
 *		wallet_open and wallet_define_currency.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "pg/datum.h"
#include "api/command.h"
#include "utils/acl.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(wallet_sql_open);
PG_FUNCTION_INFO_V1(wallet_sql_define_currency);

enum
{
	ARG_NAME,
	ARG_CURRENCY,
	ARG_TRANSACTION_ID,
	ARG_FLOOR,
	ARG_CEILING,
	ARG_PARENT,
	ARG_OWNER,
	ARG_METADATA
};

static const char *
judge_open(FunctionCallInfo fcinfo, WalletRequest *request)
{
	const char *fault = NULL;

	wallet_fault(request, wallet_check_name(request->from));
	if (request->to.data != NULL)
		wallet_fault(request, wallet_check_name(request->to));
	if (PG_ARGISNULL(ARG_CURRENCY))
		fault = "The currency is NULL.";
	else if (PG_ARGISNULL(ARG_TRANSACTION_ID))
		fault = "The transaction_id is NULL.";
	else if (!PG_ARGISNULL(ARG_OWNER) &&
			 !OidIsValid(get_role_oid(text_to_cstring(PG_GETARG_TEXT_PP(ARG_OWNER)), true)))
		fault = psprintf("The owner \"%s\" is no role.", text_to_cstring(PG_GETARG_TEXT_PP(ARG_OWNER)));
	if (fault != NULL)
		wallet_fault(request, WALLET_invalid_argument);
	return fault;
}

static Datum
numeric_arg(FunctionCallInfo fcinfo, int i)
{
	return PG_ARGISNULL(i) ? (Datum) 0 : PG_GETARG_DATUM(i);
}

/* A finite number, or none. */
static bool
is_limit(Datum numeric)
{
	return numeric == (Datum) 0 || wallet_numeric_scale(numeric) >= 0;
}

Datum
wallet_sql_open(PG_FUNCTION_ARGS)
{
	WalletCall *call = wallet_call_begin(1, WALLET_KIND_OPEN, true);
	WalletRequest *request = &call->requests[0];
	WalletEntry *entry = &call->batch.entries[0];
	const char *fault;

	request->from = wallet_arg_bytes(fcinfo, ARG_NAME);
	request->to = wallet_arg_bytes(fcinfo, ARG_PARENT);
	request->currency = wallet_arg_bytes(fcinfo, ARG_CURRENCY);
	request->owner = wallet_arg_bytes(fcinfo, ARG_OWNER);
	request->floor = numeric_arg(fcinfo, ARG_FLOOR);
	request->ceiling = numeric_arg(fcinfo, ARG_CEILING);
	fault = judge_open(fcinfo, request);
	if (!PG_ARGISNULL(ARG_METADATA))
		wallet_fault(request, wallet_set_metadata(request, &entry->event, PG_GETARG_DATUM(ARG_METADATA)));
	if (!is_limit(request->floor) || !is_limit(request->ceiling))
		wallet_fault(request, WALLET_invalid_amount);
	if (!PG_ARGISNULL(ARG_TRANSACTION_ID))
		memcpy(entry->event.transaction_id.bytes,
			   DatumGetPointer(PG_GETARG_DATUM(ARG_TRANSACTION_ID)), sizeof(WalletUuid));

	wallet_pipeline_run(call);
	wallet_refusal_raise(call, fault);
	PG_RETURN_INT64(entry->answer->event_id);
}

static const char *
judge_currency(FunctionCallInfo fcinfo, WalletRequest *request)
{
	WalletCurrency currency;

	if (!wallet_currency_from_bytes(request->currency, &currency))
		return "A code has 1 to 16 bytes of A-Z 0-9 _ . -, the first a letter or digit.";
	if (PG_ARGISNULL(1) || PG_GETARG_INT32(1) < 0 || PG_GETARG_INT32(1) > WALLET_EXPONENT_MAX)
		return "An exponent is a number from 0 to 30.";
	if (PG_ARGISNULL(2))
		return "The transaction_id is NULL.";
	return NULL;
}

Datum
wallet_sql_define_currency(PG_FUNCTION_ARGS)
{
	WalletCall *call = wallet_call_begin(1, WALLET_KIND_DEFINE_CURRENCY, true);
	WalletRequest *request = &call->requests[0];
	WalletEntry *entry = &call->batch.entries[0];
	const char *fault;

	request->currency = wallet_arg_bytes(fcinfo, 0);
	fault = judge_currency(fcinfo, request);
	if (fault != NULL)
		wallet_fault(request, WALLET_invalid_argument);
	else
	{
		request->exponent = PG_GETARG_INT32(1);
		memcpy(entry->event.transaction_id.bytes, DatumGetPointer(PG_GETARG_DATUM(2)), sizeof(WalletUuid));
	}

	wallet_pipeline_run(call);
	if (fault == NULL && entry->currency_defined)
		fault = psprintf("Currency \"%.*s\" is already defined.", (int) request->currency.length,
						 (const char *) request->currency.data);
	wallet_refusal_raise(call, fault);
	return wallet_receipt_make(fcinfo, entry);
}
