/*
 * resolve.c
 *		What people say, in the machine's terms: names become ids, codes become
 *		exponents, numbers become minor units.  Nothing is locked here, and nothing
 *		that can change is read: an account's id and exponent are for ever.
 *
 * Faults are told in the order of SPEC, 10: the door has judged what needs no
 * state; here come currency, scale, size, same account.  A missing account is no
 * fault yet: the id is looked at first.
 */
#include "postgres.h"

#include "core/detail.h"
#include "core/money.h"
#include "pg/datum.h"
#include "pg/error.h"
#include "store/accounts.h"
#include "store/currencies.h"
#include "store/redaction.h"
#include "apply/call.h"

static void
set_account(WalletEvent *event, uint32 bit, int64 id)
{
	if (id == 0)
		return;
	if (bit == WALLET_HAS_DEBIT)
		event->debit = id;
	else
		event->credit = id;
	event->present |= bit;
}

/* The exponent of the request's currency, or a fault. */
static WalletStatus
resolve_currency(WalletCall *call, WalletRequest *request, WalletCurrency *currency)
{
	if (!wallet_currency_from_bytes(request->currency, currency))
		return WALLET_unknown_currency;
	request->exponent = wallet_currencies_exponent(currency, call->snapshot);
	return request->exponent < 0 ? WALLET_unknown_currency : WALLET_success;
}

static WalletStatus
resolve_amount(const WalletRequest *request, WalletEvent *event)
{
	WalletStatus status = wallet_money_from_numeric(request->amount, request->exponent,
													&event->requested);

	if (status == WALLET_success)
	{
		event->present |= WALLET_HAS_REQUESTED;
		event->exponent = (uint8_t) request->exponent;
	}
	return status;
}

static WalletStatus
resolve_by_name(WalletCall *call, WalletRequest *request, WalletEvent *event)
{
	WalletCurrency currency;
	WalletStatus status = resolve_currency(call, request, &currency);

	if (status == WALLET_success)
		status = resolve_amount(request, event);
	if (status == WALLET_success && wallet_bytes_equal(request->from, request->to))
		status = WALLET_same_account;
	if (status != WALLET_success)
		return status;
	set_account(event, WALLET_HAS_DEBIT, wallet_accounts_find(request->from, &currency, call->snapshot));
	set_account(event, WALLET_HAS_CREDIT, wallet_accounts_find(request->to, &currency, call->snapshot));
	return WALLET_success;
}

/*
 * By id the currency is the payer's own.  Known: as loaded, or as the record with
 * this id says if it is of the same payer; else the row is read.
 */
static int
payer_exponent(WalletCall *call, const WalletRequest *request, const WalletEntry *entry)
{
	WalletBalanceRow row;

	if (entry->debit >= 0)
		return call->batch.accounts[entry->debit].exponent;
	if (entry->prior != NULL && (entry->prior->present & WALLET_HAS_DEBIT) &&
		entry->prior->debit == request->from_id)
		return entry->prior->exponent;
	return wallet_balances_read(&call->balances, request->from_id, &row)
		? row.account.exponent : -1;
}

static WalletStatus
resolve_by_id(WalletCall *call, WalletRequest *request, WalletEntry *entry)
{
	WalletStatus status;

	request->exponent = payer_exponent(call, request, entry);
	if (request->exponent < 0)
		return WALLET_account_not_found;
	status = resolve_amount(request, &entry->event);
	if (status != WALLET_success)
		return status;
	if (request->from_id == request->to_id)
		return WALLET_same_account;
	return WALLET_success;
}

void
wallet_resolve_loaded(WalletCall *call)
{
	for (size_t i = 0; i < call->batch.count; i++)
	{
		WalletEntry *entry = &call->batch.entries[i];

		if (call->requests[i].by_id && entry->fault == WALLET_success)
			entry->fault = resolve_by_id(call, &call->requests[i], entry);
	}
}

static void
set_detail(WalletEvent *event, const WalletDetail *detail)
{
	uint8_t    *bytes = palloc(wallet_detail_size(detail));

	wallet_detail_encode(detail, bytes);
	event->detail.data = bytes;
	event->detail.length = (uint32_t) wallet_detail_size(detail);
	event->present |= WALLET_HAS_DETAIL;
}

/* One of an opening's limits; absent is a success. */
static WalletStatus
resolve_limit(Datum limit, int exponent, WalletDetail *detail, WalletDetailTag tag,
			  wallet_int128 *value)
{
	if (limit == (Datum) 0)
		return WALLET_success;
	wallet_detail_set(detail, tag);
	return wallet_money_from_numeric(limit, exponent, value);
}

/* Both limits; the scale of either is told before the size of either. */
static WalletStatus
resolve_limits(const WalletRequest *request, WalletDetail *detail)
{
	WalletStatus floor = resolve_limit(request->floor, request->exponent, detail,
									   WALLET_DETAIL_FLOOR, &detail->floor);
	WalletStatus ceiling = resolve_limit(request->ceiling, request->exponent, detail,
										 WALLET_DETAIL_CEILING, &detail->ceiling);

	if (floor == WALLET_success || ceiling == WALLET_invalid_scale)
		return ceiling;
	return floor;
}

static WalletStatus
resolve_open(WalletCall *call, WalletRequest *request, WalletEntry *entry)
{
	WalletDetail detail = {.name = request->from,.owner = request->owner};
	WalletCurrency currency;
	WalletStatus status = resolve_currency(call, request, &currency);

	if (status == WALLET_success)
		status = resolve_limits(request, &detail);
	if (status != WALLET_success)
		return status;

	detail.currency = request->currency;
	detail.exponent = (uint8_t) request->exponent;
	wallet_detail_set(&detail, WALLET_DETAIL_NAME);
	wallet_detail_set(&detail, WALLET_DETAIL_CURRENCY);
	wallet_detail_set(&detail, WALLET_DETAIL_EXPONENT);
	if (request->owner.data != NULL)
		wallet_detail_set(&detail, WALLET_DETAIL_OWNER);
	if (request->to.data != NULL)
	{
		detail.parent = wallet_accounts_find(request->to, &currency, call->snapshot);
		entry->parent_found = detail.parent != 0;
		wallet_detail_set(&detail, WALLET_DETAIL_PARENT);
	}
	set_detail(&entry->event, &detail);
	if (entry->prior == NULL)
		entry->name_taken = wallet_accounts_taken(request->from, &currency);
	return WALLET_success;
}

static WalletStatus
resolve_define_currency(WalletCall *call, WalletRequest *request, WalletEntry *entry)
{
	WalletDetail detail = {.currency = request->currency,.exponent = (uint8_t) request->exponent};
	WalletCurrency currency;

	wallet_detail_set(&detail, WALLET_DETAIL_CURRENCY);
	wallet_detail_set(&detail, WALLET_DETAIL_EXPONENT);
	set_detail(&entry->event, &detail);
	(void) wallet_currency_from_bytes(request->currency, &currency);
	entry->currency_defined = wallet_currencies_exponent(&currency, call->snapshot) >= 0;
	return WALLET_success;
}

static WalletStatus
resolve_entry(WalletCall *call, WalletRequest *request, WalletEntry *entry)
{
	if (request->fault != WALLET_success)
		return request->fault;
	switch (entry->event.kind)
	{
		case WALLET_KIND_OPEN:
			return resolve_open(call, request, entry);
		case WALLET_KIND_DEFINE_CURRENCY:
			return resolve_define_currency(call, request, entry);
		case WALLET_KIND_REDACT:
			entry->target_found = entry->prior == NULL &&
				wallet_redaction_target_exists(&entry->event.related);
			return WALLET_success;
		default:
			break;
	}
	if (!request->by_id)
		return resolve_by_name(call, request, &entry->event);
	set_account(&entry->event, WALLET_HAS_DEBIT, request->from_id);
	set_account(&entry->event, WALLET_HAS_CREDIT, request->to_id);
	return WALLET_success;
}

void
wallet_resolve(WalletCall *call)
{
	for (size_t i = 0; i < call->batch.count; i++)
	{
		WalletEntry *entry = &call->batch.entries[i];

		entry->fault = resolve_entry(call, &call->requests[i], entry);
	}
}
