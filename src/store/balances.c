/*
 * balances.c
 *		wallet.balance.  Rows are locked FOR NO KEY UPDATE in id order before ids
 *		are taken, so that no two calls can wait for each other and none decides
 *		on a row that another is about to change.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "core/money.h"
#include "miscadmin.h"
#include "pg/compat.h"
#include "pg/datum.h"
#include "pg/error.h"
#include "pg/failpoint.h"
#include "store/balances.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/snapmgr.h"

enum
{
	COL_ACCOUNT,
	COL_VERSION,
	COL_LAST_EVENT,
	COL_GUARD_EVENT,
	COL_NEXT_EXPIRY,
	COL_WINDOW_NUMBER,
	COL_WINDOW_SECONDS,
	COL_INBOUND,
	COL_STATUS,
	COL_EXPONENT,
	COL_OWNED,
	COL_CURRENCY,
	COL_BALANCE,
	COL_HELD,
	COL_FLOOR,
	COL_CEILING,
	COL_RESERVED,
	COL_SPEND_LIMIT,
	COL_SPENT,
	COL_COUNT
};

void
wallet_balances_open(WalletBalances *balances, LOCKMODE lockmode, Snapshot snapshot)
{
	balances->table = wallet_table_open(WALLET_REL_BALANCE, lockmode);
	balances->index = index_open(wallet_relation_oid(WALLET_REL_BALANCE_PKEY), AccessShareLock);
	balances->snapshot = snapshot;
	balances->scan = wallet_index_beginscan(balances->table->rel, balances->index, snapshot, 1);
}

void
wallet_balances_close(WalletBalances *balances)
{
	index_endscan(balances->scan);
	index_close(balances->index, NoLock);
	wallet_table_close(balances->table);
}

static bool
fetch(WalletBalances *balances, int64 id)
{
	ScanKeyData key;

	ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(id));
	index_rescan(balances->scan, &key, 1, NULL, 0);
	return index_getnext_slot(balances->scan, ForwardScanDirection, balances->table->slot);
}

/* NULL reads as 0; *ok becomes false for what is no money of this exponent. */
static wallet_int128
money_column(TupleTableSlot *slot, int column, WalletBalanceRow *row, bool *ok)
{
	int			exponent = row->account.exponent;
	wallet_int128 value = 0;

	if (slot->tts_isnull[column])
		return 0;
	if (wallet_money_from_numeric(slot->tts_values[column], exponent, &value) != WALLET_success)
		*ok = false;
	if (wallet_numeric_scale(slot->tts_values[column]) != exponent)
		row->scaled = false;
	return value;
}

bool
wallet_balance_from_slot(TupleTableSlot *slot, WalletBalanceRow *row, const char **reason)
{
	WalletAccount *account = &row->account;
	Datum	   *values = slot->tts_values;
	bool	   *isnull = slot->tts_isnull;
	bool		money_ok = true;

	slot_getallattrs(slot);
	memset(account, 0, sizeof(*account));
	row->tid = slot->tts_tid;
	row->owned = DatumGetBool(values[COL_OWNED]);
	account->id = DatumGetInt64(values[COL_ACCOUNT]);
	account->version = DatumGetInt64(values[COL_VERSION]);
	account->last_event = DatumGetInt64(values[COL_LAST_EVENT]);
	account->guard_event = DatumGetInt64(values[COL_GUARD_EVENT]);
	account->next_expiry = isnull[COL_NEXT_EXPIRY] ? 0 : DatumGetInt64(values[COL_NEXT_EXPIRY]);
	account->window_number = isnull[COL_WINDOW_NUMBER] ? 0 : DatumGetInt64(values[COL_WINDOW_NUMBER]);
	account->window_seconds = isnull[COL_WINDOW_SECONDS] ? 0 : DatumGetInt32(values[COL_WINDOW_SECONDS]);
	account->inbound = DatumGetInt32(values[COL_INBOUND]);
	account->status = (uint8_t) DatumGetInt16(values[COL_STATUS]);
	account->exponent = (uint8_t) DatumGetInt16(values[COL_EXPONENT]);
	row->scaled = true;
	*reason = NULL;
	if (account->exponent > WALLET_EXPONENT_MAX ||
		!wallet_currency_from_bytes(wallet_bytes_from_datum(values[COL_CURRENCY]), &account->currency))
	{
		*reason = "an impossible currency";
		return false;
	}
	account->has_floor = !isnull[COL_FLOOR];
	account->has_ceiling = !isnull[COL_CEILING];
	account->has_spend_limit = !isnull[COL_SPEND_LIMIT];
	account->balance = money_column(slot, COL_BALANCE, row, &money_ok);
	account->held = money_column(slot, COL_HELD, row, &money_ok);
	account->floor = money_column(slot, COL_FLOOR, row, &money_ok);
	account->ceiling = money_column(slot, COL_CEILING, row, &money_ok);
	account->reserved = money_column(slot, COL_RESERVED, row, &money_ok);
	account->spend_limit = money_column(slot, COL_SPEND_LIMIT, row, &money_ok);
	account->spent = money_column(slot, COL_SPENT, row, &money_ok);
	if (!money_ok)
		*reason = "an impossible amount";
	else if (account->has_spend_limit && account->window_seconds <= 0)
		*reason = "a spending limit without a window";
	return *reason == NULL;
}

/* The slot's row, which must be sound: nothing is decided on another. */
static void
load_slot(TupleTableSlot *slot, WalletBalanceRow *row)
{
	const char *reason;

	if (!wallet_balance_from_slot(slot, row, &reason))
		wallet_raise_corrupt("Account " INT64_FORMAT " has %s in wallet.balance.",
							 row->account.id, reason);
}

bool
wallet_balances_read(WalletBalances *balances, int64 id, WalletBalanceRow *row)
{
	if (!fetch(balances, id))
		return false;
	load_slot(balances->table->slot, row);
	ExecClearTuple(balances->table->slot);
	return true;
}

bool
wallet_balances_lock(WalletBalances *balances, int64 id, WalletBalanceRow *row)
{
	TupleTableSlot *slot = balances->table->slot;
	ItemPointerData tid;
	TM_FailureData failure;
	TM_Result	result;

	if (!fetch(balances, id))
		return false;
	tid = slot->tts_tid;
	result = table_tuple_lock(balances->table->rel, &tid, balances->snapshot, slot,
							  GetCurrentCommandId(false), LockTupleNoKeyExclusive, LockWaitBlock,
							  IsolationUsesXactSnapshot() ? 0 : TUPLE_LOCK_FLAG_FIND_LAST_VERSION,
							  &failure);
	if (result == TM_Updated && IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access due to concurrent update")));
	if (result != TM_Ok)
		wallet_raise_corrupt("The balance row of account " INT64_FORMAT " was deleted or changed by something else than wallet.", id);
	load_slot(slot, row);
	if (row->account.id != id)
		wallet_raise_corrupt("The balance row of account " INT64_FORMAT " changed its account.", id);
	ExecClearTuple(slot);
	return true;
}

static void
set_money(TupleTableSlot *slot, int column, bool present, wallet_int128 value, int exponent,
		  WalletNumericBuffer *buffer)
{
	slot->tts_isnull[column] = !present;
	if (present)
		slot->tts_values[column] = wallet_numeric_build(value, exponent, buffer);
}

/* Fills the slot with the account's state; buffers are borrowed until the slot is stored. */
static void
fill_slot(TupleTableSlot *slot, const WalletAccount *account, bool owned,
		  WalletNumericBuffer buffers[COL_COUNT], char *currency)
{
	Datum	   *values = slot->tts_values;
	int			exponent = account->exponent;
	int			length = wallet_currency_length(&account->currency);

	ExecClearTuple(slot);
	memset(slot->tts_isnull, 0, COL_COUNT * sizeof(bool));
	values[COL_ACCOUNT] = Int64GetDatum(account->id);
	values[COL_VERSION] = Int64GetDatum(account->version);
	values[COL_LAST_EVENT] = Int64GetDatum(account->last_event);
	values[COL_GUARD_EVENT] = Int64GetDatum(account->guard_event);
	values[COL_NEXT_EXPIRY] = Int64GetDatum(account->next_expiry);
	slot->tts_isnull[COL_NEXT_EXPIRY] = account->next_expiry == 0;
	values[COL_WINDOW_NUMBER] = Int64GetDatum(account->window_number);
	slot->tts_isnull[COL_WINDOW_NUMBER] = account->window_seconds == 0;
	values[COL_WINDOW_SECONDS] = Int32GetDatum(account->window_seconds);
	slot->tts_isnull[COL_WINDOW_SECONDS] = account->window_seconds == 0;
	values[COL_INBOUND] = Int32GetDatum(account->inbound);
	values[COL_STATUS] = Int16GetDatum(account->status);
	values[COL_EXPONENT] = Int16GetDatum(account->exponent);
	values[COL_OWNED] = BoolGetDatum(owned);
	SET_VARSIZE(currency, VARHDRSZ + length);
	memcpy(VARDATA(currency), account->currency.code, length);
	values[COL_CURRENCY] = PointerGetDatum(currency);
	set_money(slot, COL_BALANCE, true, account->balance, exponent, &buffers[COL_BALANCE]);
	set_money(slot, COL_HELD, true, account->held, exponent, &buffers[COL_HELD]);
	set_money(slot, COL_FLOOR, account->has_floor, account->floor, exponent, &buffers[COL_FLOOR]);
	set_money(slot, COL_CEILING, account->has_ceiling, account->ceiling, exponent, &buffers[COL_CEILING]);
	set_money(slot, COL_RESERVED, account->reserved != 0, account->reserved, exponent, &buffers[COL_RESERVED]);
	set_money(slot, COL_SPEND_LIMIT, account->has_spend_limit, account->spend_limit, exponent, &buffers[COL_SPEND_LIMIT]);
	set_money(slot, COL_SPENT, account->window_seconds != 0, account->spent, exponent, &buffers[COL_SPENT]);
	ExecStoreVirtualTuple(slot);
}

void
wallet_balance_to_slot(const WalletAccount *account, bool owned, TupleTableSlot *slot)
{
	WalletNumericBuffer buffers[COL_COUNT];
	char		currency[VARHDRSZ + WALLET_CURRENCY_MAX] pg_attribute_aligned(4);

	fill_slot(slot, account, owned, buffers, currency);
	ExecMaterializeSlot(slot);
}

void
wallet_balances_update(WalletBalances *balances, WalletBalanceRow *row,
					   const WalletAccount *account)
{
	WalletNumericBuffer buffers[COL_COUNT];
	char		currency[VARHDRSZ + WALLET_CURRENCY_MAX] pg_attribute_aligned(4);
	TupleTableSlot *slot = balances->table->slot;

	fill_slot(slot, account, row->owned, buffers, currency);
	if (!wallet_table_update(balances->table, &row->tid, slot, balances->snapshot))
		wallet_raise_corrupt("The locked balance row of account " INT64_FORMAT " could not be updated.",
							 account->id);
	row->tid = slot->tts_tid;
	ExecClearTuple(slot);
}

void
wallet_balances_insert(WalletBalances *balances, const WalletAccount *account, bool owned)
{
	WalletNumericBuffer buffers[COL_COUNT];
	char		currency[VARHDRSZ + WALLET_CURRENCY_MAX] pg_attribute_aligned(4);

	fill_slot(balances->table->slot, account, owned, buffers, currency);
	wallet_table_insert(balances->table, balances->table->slot);
	ExecClearTuple(balances->table->slot);
}
