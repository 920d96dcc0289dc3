/*
 * command.c
 *		Arguments in, receipts out.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "core/status.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "pg/datum.h"
#include "pg/error.h"
#include "api/command.h"
#include "store/clock.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

static void *
allocate(size_t count, size_t size)
{
	return MemoryContextAllocExtended(CurrentMemoryContext, Max(count, 1) * size,
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

WalletCall *
wallet_call_begin(int n, WalletKind kind, bool single)
{
	WalletCall *call = palloc0(sizeof(WalletCall));
	const char *actor = GetUserNameFromId(GetSessionUserId(), false);
	WalletBytes actor_bytes = {(const uint8_t *) actor, (uint32_t) strlen(actor)};

	call->single = single;
	call->call_start_boot = wallet_clock_boot();
	call->requests = allocate((size_t) n, sizeof(WalletRequest));
	call->batch.entries = allocate((size_t) n, sizeof(WalletEntry));
	call->batch.count = (size_t) n;
	for (int i = 0; i < n; i++)
	{
		call->batch.entries[i].event.kind = (uint16_t) kind;
		call->batch.entries[i].event.actor = actor_bytes;
		call->batch.entries[i].group = -1;
	}
	return call;
}

WalletStatus
wallet_check_name(WalletBytes name)
{
	static const char internal[] = "@transit:";

	if (name.length == 0 || name.length > WALLET_NAME_MAX)
		return WALLET_invalid_name;
	if (name.length >= sizeof(internal) - 1 &&
		memcmp(name.data, internal, sizeof(internal) - 1) == 0)
		return WALLET_invalid_name;
	return WALLET_success;
}

WalletBytes
wallet_arg_bytes(FunctionCallInfo fcinfo, int i)
{
	static const WalletBytes nothing = {NULL, 0};

	if (PG_ARGISNULL(i))
		return nothing;
	return wallet_bytes_from_datum(PG_GETARG_DATUM(i));
}

WalletStatus
wallet_set_metadata(WalletRequest *request, WalletEvent *event, Datum jsonb)
{
	request->metadata = jsonb;
	if (wallet_metadata_digest(jsonb, event->metadata_digest) > WALLET_METADATA_MAX)
		return WALLET_metadata_too_large;
	event->present |= WALLET_HAS_METADATA_DIGEST;
	return WALLET_success;
}

static void
set_money(Datum *value, bool *isnull, const WalletEvent *event, uint32 bit, wallet_int128 money)
{
	*isnull = !(event->present & bit);
	if (!*isnull)
		*value = wallet_numeric_make(money, event->exponent);
}

void
wallet_receipt_fill(const WalletEntry *entry, Datum *values, bool *isnull)
{
	const WalletEvent *event = entry->answer;

	memset(isnull, 0, WALLET_RECEIPT_COLUMNS * sizeof(bool));
	values[0] = CStringGetTextDatum(wallet_status_name((int) entry->status));
	values[1] = PointerGetDatum(entry->event.transaction_id.bytes);
	values[7] = BoolGetDatum(entry->replayed);
	if (event == NULL)
	{
		memset(isnull + 2, true, 5 * sizeof(bool));
		return;
	}
	values[2] = Int64GetDatum(event->event_id);
	values[3] = TimestampTzGetDatum(wallet_timestamp_from_moment(event->event_id));
	set_money(&values[4], &isnull[4], event, WALLET_HAS_AMOUNT, event->amount);
	set_money(&values[5], &isnull[5], event, WALLET_HAS_DEBIT_BALANCE, event->debit_balance);
	set_money(&values[6], &isnull[6], event, WALLET_HAS_CREDIT_BALANCE, event->credit_balance);
}

/* The result's row type, looked up once per query. */
static TupleDesc
receipt_descriptor(FunctionCallInfo fcinfo)
{
	MemoryContext old;
	TupleDesc	descriptor;

	if (fcinfo->flinfo->fn_extra != NULL)
		return fcinfo->flinfo->fn_extra;
	old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be wallet.receipt");
	descriptor = BlessTupleDesc(descriptor);
	fcinfo->flinfo->fn_extra = descriptor;
	MemoryContextSwitchTo(old);
	return descriptor;
}

Datum
wallet_receipt_make(FunctionCallInfo fcinfo, const WalletEntry *entry)
{
	Datum		values[WALLET_RECEIPT_COLUMNS];
	bool		isnull[WALLET_RECEIPT_COLUMNS];

	wallet_receipt_fill(entry, values, isnull);
	return HeapTupleGetDatum(heap_form_tuple(receipt_descriptor(fcinfo), values, isnull));
}

WalletCall *
wallet_bulk_begin(int n, WalletKind kind)
{
	if (n > WALLET_BATCH_MAX)
		wallet_raise_argument("a call may have %d commands, not %d", WALLET_BATCH_MAX, n);
	return wallet_call_begin(n, kind, false);
}

Datum
wallet_bulk_run(FunctionCallInfo fcinfo, WalletCall *call)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum		values[1 + WALLET_RECEIPT_COLUMNS];
	bool		isnull[1 + WALLET_RECEIPT_COLUMNS];

	if (call->batch.count > 0)
		wallet_pipeline_run(call);
	InitMaterializedSRF(fcinfo, 0);
	for (size_t i = 0; i < call->batch.count; i++)
	{
		values[0] = Int32GetDatum((int32) i + 1);
		isnull[0] = false;
		wallet_receipt_fill(&call->batch.entries[i], values + 1, isnull + 1);
		tuplestore_putvalues(result->setResult, result->setDesc, values, isnull);
	}
	return (Datum) 0;
}

bool
wallet_atomic_arg(FunctionCallInfo fcinfo, int arg)
{
	if (PG_ARGISNULL(arg))
		wallet_raise_argument("\"atomic\" must not be NULL");
	return PG_GETARG_BOOL(arg);
}
