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

#include "access/xact.h"
#include "core/detail.h"
#include "core/money.h"
#include "pg/datum.h"
#include "pg/error.h"
#include "pg/name_key.h"
#include "store/accounts.h"
#include "store/currencies.h"
#include "store/redaction.h"
#include "apply/call.h"
#include "utils/snapmgr.h"

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

/* ----- what earlier commands of the call may bring forth ----- */

typedef struct BirthEntry
{
	WalletNameKey key;			/* name empty: the currency itself */
	int32		position;
	char		status;
} BirthEntry;

#define SH_PREFIX births
#define SH_ELEMENT_TYPE BirthEntry
#define SH_KEY_TYPE WalletNameKey
#define SH_KEY key
#define SH_HASH_KEY(table, key) wallet_name_hash(key)
#define SH_EQUAL(table, a, b) wallet_name_equal(a, b)
#define SH_SCOPE static inline
#define SH_DEFINE
#define SH_DECLARE
#include "lib/simplehash.h"

static births_hash *
begin_births(WalletCall *call)
{
	bool		any = false;

	call->batch.has_births = false;
	for (size_t i = 0; i < call->batch.count && call->batch.count > 1; i++)
		any |= call->batch.entries[i].event.kind == WALLET_KIND_OPEN ||
			call->batch.entries[i].event.kind == WALLET_KIND_DEFINE_CURRENCY;
	if (!any)
		return NULL;
	call->batch.has_births = true;
	return births_create(CurrentMemoryContext, 64, NULL);
}

/* The latest earlier command that opens the account, or with an empty name defines the currency; -1: none does. */
static int32
find_birth(births_hash *births, WalletBytes name, const WalletCurrency *currency)
{
	WalletNameKey key = {*currency, name};
	BirthEntry *entry = births == NULL ? NULL : births_lookup(births, key);

	return entry == NULL ? -1 : entry->position;
}

/* The same for command i, which cannot name what its own group brings forth. */
static int32
find_birth_for(const WalletCall *call, births_hash *births, size_t i, WalletBytes name,
			   const WalletCurrency *currency)
{
	const WalletEntry *entries = call->batch.entries;
	int32		birth = find_birth(births, name, currency);

	while (birth >= 0 && entries[birth].group >= 0 && entries[birth].group == entries[i].group)
		birth = entries[birth].rival;
	return birth;
}

/* From now on it can be found. */
static void
add_birth(births_hash *births, WalletBytes name, const WalletCurrency *currency, size_t position)
{
	WalletNameKey key = {*currency, name};
	bool		found;

	if (births != NULL)
		births_insert(births, key, &found)->position = (int32) position;
}

static const WalletBytes no_name = {(const uint8_t *) "", 0};

/* ----- currencies, amounts, names ----- */

/* The exponent of the request's currency, or a fault. */
static WalletStatus
resolve_currency(WalletCall *call, births_hash *births, size_t i, WalletCurrency *currency)
{
	WalletRequest *request = &call->requests[i];
	int32		birth;

	if (!wallet_currency_from_bytes(request->currency, currency))
		return WALLET_unknown_currency;
	request->exponent = wallet_currencies_exponent(currency, call->snapshot);
	if (request->exponent >= 0)
		return WALLET_success;
	birth = find_birth_for(call, births, i, no_name, currency);
	if (birth < 0)
		return WALLET_unknown_currency;
	call->batch.entries[i].needs = birth;
	request->exponent = call->requests[birth].exponent;
	return WALLET_success;
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

/* The account of that name, which is there or may be opened by an earlier command. */
static void
resolve_name(WalletCall *call, births_hash *births, size_t i, uint32 bit, WalletBytes name,
			 const WalletCurrency *currency)
{
	int64		id = wallet_accounts_find(name, currency, call->snapshot);

	set_account(&call->batch.entries[i].event, bit, id);
	if (id != 0 || births == NULL)
		return;
	*(bit == WALLET_HAS_DEBIT ? &call->batch.entries[i].debit_birth : &call->batch.entries[i].credit_birth) =
		find_birth_for(call, births, i, name, currency);
}

static WalletStatus
resolve_by_name(WalletCall *call, births_hash *births, size_t i)
{
	WalletRequest *request = &call->requests[i];
	WalletEvent *event = &call->batch.entries[i].event;
	WalletCurrency currency;
	WalletStatus status = resolve_currency(call, births, i, &currency);

	if (status == WALLET_success)
		status = resolve_amount(request, event);
	if (status == WALLET_success && wallet_bytes_equal(request->from, request->to))
		status = WALLET_same_account;
	if (status != WALLET_success)
		return status;
	resolve_name(call, births, i, WALLET_HAS_DEBIT, request->from, &currency);
	resolve_name(call, births, i, WALLET_HAS_CREDIT, request->to, &currency);
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

/* The exponent of an account of the call, opened by one of its commands or loaded; -1: there is none. */
static int
exponent_at(const WalletCall *call, int32 position)
{
	if (position < 0)
		return -1;
	if ((size_t) position < call->id_count)
		return call->batch.accounts[position].exponent;
	for (size_t i = 0; i < call->batch.count; i++)
	{
		if (call->batch.entries[i].opened == position)
			return call->requests[i].exponent;
	}
	return -1;
}

/*
 * A part of a hold or original: its accounts say what the amount means.  What has none
 * is nothing of which there could be a part, but the request is recorded as it was.
 */
static WalletStatus
resolve_part(WalletCall *call, WalletRequest *request, WalletEntry *entry)
{
	if (entry->prior != NULL && (entry->prior->present & WALLET_HAS_REQUESTED))
		request->exponent = entry->prior->exponent;
	else if (request->bearer > 0)
	{
		entry->guessed = true;
		request->exponent = call->requests[request->bearer - 1].exponent;
	}
	else
		request->exponent = Max(exponent_at(call, entry->debit), exponent_at(call, entry->credit));
	if (request->amount == (Datum) 0)
		return WALLET_success;
	if (request->exponent < 0)
	{
		entry->guessed = true;
		request->exponent = Min(wallet_numeric_scale(request->amount), WALLET_EXPONENT_MAX);
	}
	return resolve_amount(request, &entry->event);
}

static bool
is_about_part(const WalletEntry *entry)
{
	return entry->event.kind == WALLET_KIND_CAPTURE || entry->event.kind == WALLET_KIND_RELEASE ||
		entry->event.kind == WALLET_KIND_REVERSE;
}

void
wallet_resolve_loaded(WalletCall *call)
{
	for (size_t i = 0; i < call->batch.count; i++)
	{
		WalletEntry *entry = &call->batch.entries[i];

		if (entry->fault != WALLET_success)
			continue;
		if (call->requests[i].by_id)
			entry->fault = resolve_by_id(call, &call->requests[i], entry);
		else if (is_about_part(entry))
			entry->fault = resolve_part(call, &call->requests[i], entry);
	}
}

/* Returns the encoded bytes. */
static uint8_t *
set_detail(WalletEvent *event, const WalletDetail *detail)
{
	uint8_t    *bytes = palloc(wallet_detail_size(detail));

	wallet_detail_encode(detail, bytes);
	event->detail.data = bytes;
	event->detail.length = (uint32_t) wallet_detail_size(detail);
	event->present |= WALLET_HAS_DETAIL;
	return bytes;
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

static void
resolve_parent(WalletCall *call, births_hash *births, size_t i, const WalletCurrency *currency,
			   WalletDetail *detail)
{
	WalletEntry *entry = &call->batch.entries[i];

	if (call->requests[i].to.data == NULL)
		return;
	detail->parent = wallet_accounts_find(call->requests[i].to, currency, call->snapshot);
	entry->parent_found = detail->parent != 0;
	wallet_detail_set(detail, WALLET_DETAIL_PARENT);
	if (!entry->parent_found)
		entry->parent_birth = find_birth_for(call, births, i, call->requests[i].to, currency);
}

static WalletStatus
resolve_open(WalletCall *call, births_hash *births, size_t i)
{
	WalletRequest *request = &call->requests[i];
	WalletEntry *entry = &call->batch.entries[i];
	WalletDetail detail = {.name = request->from,.owner = request->owner};
	WalletCurrency currency;
	WalletStatus status = resolve_currency(call, births, i, &currency);

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
	resolve_parent(call, births, i, &currency, &detail);
	entry->parent_detail = set_detail(&entry->event, &detail);
	if (entry->prior != NULL)
		return WALLET_success;
	entry->name_taken = wallet_accounts_taken(request->from, &currency);
	entry->rival = find_birth(births, request->from, &currency);
	add_birth(births, request->from, &currency, i);
	return WALLET_success;
}

static WalletStatus
resolve_define_currency(WalletCall *call, births_hash *births, size_t i)
{
	WalletRequest *request = &call->requests[i];
	WalletEntry *entry = &call->batch.entries[i];
	WalletDetail detail = {.currency = request->currency,.exponent = (uint8_t) request->exponent};
	WalletCurrency currency;

	wallet_detail_set(&detail, WALLET_DETAIL_CURRENCY);
	wallet_detail_set(&detail, WALLET_DETAIL_EXPONENT);
	(void) set_detail(&entry->event, &detail);
	(void) wallet_currency_from_bytes(request->currency, &currency);
	entry->currency_defined = wallet_currencies_exponent(&currency, call->snapshot) >= 0 ||
		find_birth(births, no_name, &currency) >= 0 ||
		(entry->prior == NULL && wallet_currencies_taken(&currency));
	if (entry->prior == NULL && !entry->currency_defined)
		add_birth(births, no_name, &currency, i);
	return WALLET_success;
}

/* What a command about one account says besides its name. */
static void
resolve_settings(const WalletRequest *request, WalletEvent *event)
{
	WalletDetail detail = {.reason = request->reason,.window_seconds = (uint32) request->window_seconds};

	if (request->reason.data != NULL)
		wallet_detail_set(&detail, WALLET_DETAIL_REASON);
	if (request->window_seconds != 0)
		wallet_detail_set(&detail, WALLET_DETAIL_WINDOW_SECONDS);
	if (detail.present != 0)
		(void) set_detail(event, &detail);
}

static WalletStatus
resolve_one_account(WalletCall *call, births_hash *births, size_t i)
{
	WalletRequest *request = &call->requests[i];
	WalletEvent *event = &call->batch.entries[i].event;
	WalletCurrency currency;
	WalletStatus status = resolve_currency(call, births, i, &currency);

	if (status == WALLET_success && request->amount != (Datum) 0)
		status = resolve_amount(request, event);
	if (status != WALLET_success)
		return status;
	resolve_settings(request, event);
	resolve_name(call, births, i, WALLET_HAS_DEBIT, request->from, &currency);
	return WALLET_success;
}

static WalletStatus
resolve_entry(WalletCall *call, births_hash *births, size_t i)
{
	WalletRequest *request = &call->requests[i];
	WalletEvent *event = &call->batch.entries[i].event;

	if (request->fault != WALLET_success)
		return request->fault;
	switch (event->kind)
	{
		case WALLET_KIND_OPEN:
			return resolve_open(call, births, i);
		case WALLET_KIND_DEFINE_CURRENCY:
			return resolve_define_currency(call, births, i);
		case WALLET_KIND_CAPTURE:
		case WALLET_KIND_RELEASE:
		case WALLET_KIND_REVERSE:
			call->relates = true;
			return WALLET_success;
		case WALLET_KIND_REDACT:
			call->batch.entries[i].target_found = call->batch.entries[i].prior == NULL &&
				wallet_redaction_target_exists(&event->related);
			return WALLET_success;
		case WALLET_KIND_HOLD:
			call->relates = true;
			break;
		case WALLET_KIND_TRANSFER:
		case WALLET_KIND_SWEEP:
			break;
		default:
			return resolve_one_account(call, births, i);
	}
	if (!request->by_id)
		return resolve_by_name(call, births, i);
	set_account(event, WALLET_HAS_DEBIT, request->from_id);
	set_account(event, WALLET_HAS_CREDIT, request->to_id);
	return WALLET_success;
}

/* Is there by now what was not when names were resolved? */
static bool
has_appeared(WalletCall *call, size_t i, WalletBytes name, bool was_found)
{
	WalletCurrency currency;
	bool		found;

	if (was_found || name.data == NULL ||
		!wallet_currency_from_bytes(call->requests[i].currency, &currency))
		return false;
	PushActiveSnapshot(GetLatestSnapshot());
	found = wallet_accounts_find(name, &currency, GetActiveSnapshot()) != 0;
	PopActiveSnapshot();
	return found;
}

bool
wallet_names_are_current(WalletCall *call, size_t i)
{
	const WalletRequest *request = &call->requests[i];
	const WalletEntry *entry = &call->batch.entries[i];

	if (entry->status != WALLET_account_not_found || request->by_id || IsolationUsesXactSnapshot())
		return true;
	if (entry->event.kind == WALLET_KIND_OPEN)
		return !has_appeared(call, i, request->to, entry->parent_found);
	return !has_appeared(call, i, request->from, entry->event.present & WALLET_HAS_DEBIT) &&
		!has_appeared(call, i, request->to, entry->event.present & WALLET_HAS_CREDIT);
}

void
wallet_resolve(WalletCall *call)
{
	births_hash *births = begin_births(call);

	for (size_t i = 0; i < call->batch.count; i++)
		call->batch.entries[i].fault = resolve_entry(call, births, i);
}
