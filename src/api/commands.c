/*
 * commands.c
 *		The commands one at a time: one command, in the caller's transaction.
 */
#include "postgres.h"

#include "api/command.h"
#include "api/form.h"

PG_FUNCTION_INFO_V1(wallet_sql_define_currency);
PG_FUNCTION_INFO_V1(wallet_sql_open);
PG_FUNCTION_INFO_V1(wallet_sql_transfer);
PG_FUNCTION_INFO_V1(wallet_sql_hold);
PG_FUNCTION_INFO_V1(wallet_sql_capture);
PG_FUNCTION_INFO_V1(wallet_sql_release);
PG_FUNCTION_INFO_V1(wallet_sql_reverse);
PG_FUNCTION_INFO_V1(wallet_sql_sweep);
PG_FUNCTION_INFO_V1(wallet_sql_freeze);
PG_FUNCTION_INFO_V1(wallet_sql_unfreeze);
PG_FUNCTION_INFO_V1(wallet_sql_close);
PG_FUNCTION_INFO_V1(wallet_sql_set_floor);
PG_FUNCTION_INFO_V1(wallet_sql_remove_floor);
PG_FUNCTION_INFO_V1(wallet_sql_set_ceiling);
PG_FUNCTION_INFO_V1(wallet_sql_set_spend_limit);

/* The arguments are the fields of the form, in its order.  Returns what came of the command. */
static const WalletEntry *
run(FunctionCallInfo fcinfo, WalletKind kind)
{
	const WalletForm *form = wallet_form_of_kind(kind);
	WalletCall *call = wallet_call_begin(1, kind, true);
	WalletEntry *entry = &call->batch.entries[0];
	WalletFilled filled[WALLET_FORM_FIELDS];
	const char *fault;

	for (int i = 0; i < PG_NARGS(); i++)
	{
		filled[i].value = PG_GETARG_DATUM(i);
		filled[i].isnull = PG_ARGISNULL(i);
	}
	fault = wallet_form_fill(form, filled, call, 0);
	wallet_pipeline_run(call);
	if (fault == NULL && entry->currency_defined)
		fault = psprintf("Currency \"%.*s\" is already defined.", (int) call->requests[0].currency.length,
						 (const char *) call->requests[0].currency.data);
	wallet_refusal_raise(call, fault);
	return entry;
}

Datum
wallet_sql_open(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(run(fcinfo, WALLET_KIND_OPEN)->answer->event_id);
}

#define COMMAND(function, kind) \
Datum \
function(PG_FUNCTION_ARGS) \
{ \
	return wallet_receipt_make(fcinfo, run(fcinfo, kind)); \
}

COMMAND(wallet_sql_define_currency, WALLET_KIND_DEFINE_CURRENCY)
COMMAND(wallet_sql_transfer, WALLET_KIND_TRANSFER)
COMMAND(wallet_sql_hold, WALLET_KIND_HOLD)
COMMAND(wallet_sql_capture, WALLET_KIND_CAPTURE)
COMMAND(wallet_sql_release, WALLET_KIND_RELEASE)
COMMAND(wallet_sql_reverse, WALLET_KIND_REVERSE)
COMMAND(wallet_sql_sweep, WALLET_KIND_SWEEP)
COMMAND(wallet_sql_freeze, WALLET_KIND_FREEZE)
COMMAND(wallet_sql_unfreeze, WALLET_KIND_UNFREEZE)
COMMAND(wallet_sql_close, WALLET_KIND_CLOSE)
COMMAND(wallet_sql_set_floor, WALLET_KIND_SET_FLOOR)
COMMAND(wallet_sql_remove_floor, WALLET_KIND_REMOVE_FLOOR)
COMMAND(wallet_sql_set_ceiling, WALLET_KIND_SET_CEILING)
COMMAND(wallet_sql_set_spend_limit, WALLET_KIND_SET_SPEND_LIMIT)
