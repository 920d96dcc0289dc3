/*
 * transfers.c
 *		wallet_transfers and wallet_transfers_by_id: many commands, one status each.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "pg/datum.h"
#include "pg/error.h"
#include "api/command.h"
#include "utils/array.h"
#include "utils/uuid.h"

PG_FUNCTION_INFO_V1(wallet_sql_transfers);
PG_FUNCTION_INFO_V1(wallet_sql_transfers_by_id);

/* An array argument, taken apart. */
typedef struct Column
{
	const char *name;
	Datum	   *values;			/* NULL: the argument was NULL, and may be */
	bool	   *isnull;
	int			count;
} Column;

static Column
take_column(FunctionCallInfo fcinfo, int arg, const char *name, Oid type, int16 length,
			bool by_value, char align, bool required)
{
	Column		column = {.name = name};
	ArrayType  *array;

	if (PG_ARGISNULL(arg))
	{
		if (required)
			wallet_raise_argument("array \"%s\" must not be NULL", name);
		return column;
	}
	array = PG_GETARG_ARRAYTYPE_P(arg);
	if (ARR_NDIM(array) > 1)
		wallet_raise_argument("array \"%s\" must have one dimension, not %d", name, ARR_NDIM(array));
	deconstruct_array(array, type, length, by_value, align, &column.values, &column.isnull, &column.count);
	return column;
}

static Column
take_texts(FunctionCallInfo fcinfo, int arg, const char *name)
{
	return take_column(fcinfo, arg, name, TEXTOID, -1, false, TYPALIGN_INT, true);
}

static Column
take_ids(FunctionCallInfo fcinfo, int arg, const char *name)
{
	return take_column(fcinfo, arg, name, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, true);
}

static Column
take_amounts(FunctionCallInfo fcinfo, int arg)
{
	return take_column(fcinfo, arg, "amounts", NUMERICOID, -1, false, TYPALIGN_INT, true);
}

static Column
take_uuids(FunctionCallInfo fcinfo, int arg)
{
	return take_column(fcinfo, arg, "transaction_ids", UUIDOID, UUID_LEN, false, TYPALIGN_CHAR, true);
}

static Column
take_groups(FunctionCallInfo fcinfo, int arg)
{
	return take_column(fcinfo, arg, "groups", INT4OID, sizeof(int32), true, TYPALIGN_INT, false);
}

static Column
take_metadatas(FunctionCallInfo fcinfo, int arg)
{
	return take_column(fcinfo, arg, "metadatas", JSONBOID, -1, false, TYPALIGN_INT, false);
}

/* As long as the first array, and without NULLs. */
static void
check_column(const Column *column, const Column *first, bool nulls_allowed)
{
	if (column->values == NULL)
		return;
	if (column->count != first->count)
		wallet_raise_argument("array \"%s\" has %d elements where \"%s\" has %d",
							  column->name, column->count, first->name, first->count);
	for (int i = 0; i < column->count && !nulls_allowed; i++)
	{
		if (column->isnull[i])
			wallet_raise_argument("element %d of array \"%s\" is NULL", i + 1, column->name);
	}
}

/* Group numbers of all commands; NULL if none were given. */
static WalletGroupNumber *
group_numbers(const Column *groups)
{
	WalletGroupNumber *numbers;

	if (groups->values == NULL)
		return NULL;
	numbers = palloc((groups->count + 1) * sizeof(WalletGroupNumber));
	for (int i = 0; i < groups->count; i++)
	{
		numbers[i].number = DatumGetInt32(groups->values[i]);
		numbers[i].given = true;
	}
	return numbers;
}

static void
set_common(WalletRequest *request, WalletEntry *entry, Datum amount, Datum id)
{
	memcpy(entry->event.transaction_id.bytes, DatumGetPointer(id), sizeof(WalletUuid));
	if (!wallet_numeric_is_positive(amount))
		wallet_fault(request, WALLET_invalid_amount);
	request->amount = amount;
}

Datum
wallet_sql_transfers(PG_FUNCTION_ARGS)
{
	Column		from = take_texts(fcinfo, 0, "from_accounts");
	Column		to = take_texts(fcinfo, 1, "to_accounts");
	Column		amounts = take_amounts(fcinfo, 2);
	Column		currencies = take_texts(fcinfo, 3, "currencies");
	Column		ids = take_uuids(fcinfo, 4);
	Column		groups = take_groups(fcinfo, 5);
	Column		metadatas = take_metadatas(fcinfo, 6);
	bool		atomic = wallet_atomic_arg(fcinfo, 7);
	WalletCall *call;

	check_column(&from, &from, false);
	check_column(&to, &from, false);
	check_column(&amounts, &from, false);
	check_column(&currencies, &from, false);
	check_column(&ids, &from, false);
	check_column(&groups, &from, false);
	check_column(&metadatas, &from, true);
	call = wallet_bulk_begin(from.count, WALLET_KIND_TRANSFER);
	wallet_call_group(call, group_numbers(&groups), atomic);
	for (int i = 0; i < from.count; i++)
	{
		WalletRequest *request = &call->requests[i];
		WalletEntry *entry = &call->batch.entries[i];

		request->from = wallet_bytes_from_datum(from.values[i]);
		request->to = wallet_bytes_from_datum(to.values[i]);
		request->currency = wallet_bytes_from_datum(currencies.values[i]);
		wallet_fault(request, wallet_check_name(request->from));
		wallet_fault(request, wallet_check_name(request->to));
		if (metadatas.values != NULL && !metadatas.isnull[i])
			wallet_fault(request, wallet_set_metadata(request, &entry->event, metadatas.values[i]));
		set_common(request, entry, amounts.values[i], ids.values[i]);
	}
	return wallet_bulk_run(fcinfo, call);
}

Datum
wallet_sql_transfers_by_id(PG_FUNCTION_ARGS)
{
	Column		from = take_ids(fcinfo, 0, "from_ids");
	Column		to = take_ids(fcinfo, 1, "to_ids");
	Column		amounts = take_amounts(fcinfo, 2);
	Column		ids = take_uuids(fcinfo, 3);
	Column		groups = take_groups(fcinfo, 4);
	bool		atomic = wallet_atomic_arg(fcinfo, 5);
	WalletCall *call;

	check_column(&from, &from, false);
	check_column(&to, &from, false);
	check_column(&amounts, &from, false);
	check_column(&ids, &from, false);
	check_column(&groups, &from, false);
	call = wallet_bulk_begin(from.count, WALLET_KIND_TRANSFER);
	wallet_call_group(call, group_numbers(&groups), atomic);
	for (int i = 0; i < from.count; i++)
	{
		WalletRequest *request = &call->requests[i];

		request->by_id = true;
		request->from_id = DatumGetInt64(from.values[i]);
		request->to_id = DatumGetInt64(to.values[i]);
		set_common(request, &call->batch.entries[i], amounts.values[i], ids.values[i]);
	}
	return wallet_bulk_run(fcinfo, call);
}
