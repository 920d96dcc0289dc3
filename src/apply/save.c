/*
 * save.c
 *		What was decided becomes rows.
 *
 * Bulk calls run in a subtransaction: every touched balance is written once, then
 * events and their index entries; an id that turns out to be taken aborts it all.
 * The single door has no subtransaction (65 of them overflow a snapshot's cache), so
 * it puts its event first, speculatively: a taken id withdraws that one tuple,
 * and nothing else was written.
 */
#include "postgres.h"

#include "access/xact.h"
#include "core/detail.h"
#include "core/status.h"
#include "miscadmin.h"
#include "pg/datum.h"
#include "pg/error.h"
#include "pg/failpoint.h"
#include "store/accounts.h"
#include "store/currencies.h"
#include "store/milestones.h"
#include "store/redaction.h"
#include "apply/call.h"

/* Every account that a recorded decision read has moved its guard. */
static void
save_balances(WalletCall *call)
{
	for (size_t i = 0; i < call->id_count; i++)
	{
		if (call->batch.accounts[i].guard_event == call->rows[i].account.guard_event)
			continue;
		wallet_balances_update(&call->balances, &call->rows[i], &call->batch.accounts[i]);
		WALLET_FAILPOINT(balance_updated);
	}
}

static void
save_opened(WalletCall *call, const WalletEntry *entry, const WalletRequest *request)
{
	WalletIdentity identity = {
		.id = entry->event.event_id,
		.name = request->from,
		.currency = call->batch.accounts[entry->opened].currency,
		.owner = request->owner,
		.metadata = request->metadata
	};
	WalletDetail detail;

	if (!wallet_detail_decode(entry->event.detail, &detail))
		elog(ERROR, "cannot decode the detail of an opening");
	identity.parent = detail.parent;
	if (!wallet_accounts_insert(&identity))
		wallet_raise(WALLET_account_exists,
					 psprintf("Account \"%.*s\" in %.*s is being opened by another transaction.",
							  (int) request->from.length, (const char *) request->from.data,
							  (int) request->currency.length, (const char *) request->currency.data), NULL);
	WALLET_FAILPOINT(account_inserted);
	wallet_balances_insert(&call->balances, &call->batch.accounts[entry->opened],
						   request->owner.data != NULL);
}

static void
save_currency(const WalletEntry *entry, const WalletRequest *request)
{
	WalletCurrency currency;

	(void) wallet_currency_from_bytes(request->currency, &currency);
	if (!wallet_currencies_insert(&currency, request->exponent, entry->event.event_id))
		wallet_raise_argument("currency \"%.*s\" is being defined by another transaction",
							  (int) request->currency.length, (const char *) request->currency.data);
}

static void
save_births(WalletCall *call)
{
	for (size_t i = 0; i < call->batch.count; i++)
	{
		const WalletEntry *entry = &call->batch.entries[i];

		if (!entry->recorded || entry->status != WALLET_success)
			continue;
		if (entry->event.kind == WALLET_KIND_OPEN)
			save_opened(call, entry, &call->requests[i]);
		else if (entry->event.kind == WALLET_KIND_DEFINE_CURRENCY)
			save_currency(entry, &call->requests[i]);
		else if (entry->event.kind == WALLET_KIND_REDACT)
			wallet_redaction_erase(&entry->event.related);
	}
}

/* Held of an account after entry `position`: the last debit of it says so, or the row as loaded. */
static wallet_int128
held_after(const WalletCall *call, size_t position, int32 account)
{
	for (size_t i = position + 1; i > 0; i--)
	{
		const WalletEntry *entry = &call->batch.entries[i - 1];

		if (entry->recorded && entry->status == WALLET_success && entry->debit == account)
			return entry->event.debit_held;
	}
	return call->rows[account].account.held;
}

static bool
is_milestone(const WalletEvent *event, uint32 in_chain, int64 version)
{
	return (event->present & in_chain) && version % WALLET_MILESTONE_EVERY == 0;
}

static void
save_milestones(WalletCall *call)
{
	WalletMilestones *milestones = wallet_milestones_open();

	for (size_t i = 0; i < call->batch.count; i++)
	{
		const WalletEntry *entry = &call->batch.entries[i];
		const WalletEvent *event = &entry->event;

		if (!entry->recorded)
			continue;
		if (is_milestone(event, WALLET_HAS_DEBIT_PREV, event->debit_version))
			wallet_milestones_insert(milestones, event->debit, event->event_id, event->debit_version,
									 event->debit_balance, event->debit_held, event->exponent);
		if (is_milestone(event, WALLET_HAS_CREDIT_PREV, event->credit_version))
			wallet_milestones_insert(milestones, event->credit, event->event_id, event->credit_version,
									 event->credit_balance, held_after(call, i, entry->credit), event->exponent);
	}
	wallet_milestones_close(milestones);
}

static void
save_state(WalletCall *call)
{
	save_births(call);
	save_balances(call);
	save_milestones(call);
	WALLET_FAILPOINT(state_saved);
}

/*
 * A refusal that is not recorded meets no unique index: the id is looked at again,
 * because whoever held our rows before us may have recorded it.
 */
static bool
refusals_are_current(WalletCall *call)
{
	for (size_t i = 0; i < call->batch.count; i++)
	{
		const WalletEntry *entry = &call->batch.entries[i];

		if (entry->fault == WALLET_success && entry->known == NULL &&
			wallet_events_probe(call->events, &entry->event.transaction_id))
			return false;
	}
	return true;
}

static bool
save_many(WalletCall *call)
{
	WalletEventRow *rows;
	int			n = 0;

	if (!refusals_are_current(call))
		return false;
	save_state(call);
	rows = palloc_extended(call->batch.count * sizeof(WalletEventRow), MCXT_ALLOC_HUGE);
	for (size_t i = 0; i < call->batch.count; i++)
	{
		if (!call->batch.entries[i].recorded)
			continue;
		rows[n].event = &call->batch.entries[i].event;
		rows[n].metadata = call->requests[i].metadata;
		n++;
	}
	return wallet_events_insert_many(call->events, rows, n);
}

/*
 * One command: a success is written, a refusal is not.  Either way, if the id was
 * recorded since it was looked up, the call starts over and finds that record; it
 * then waits for it with its rows locked, and a cycle of such waits ends as a
 * deadlock.
 */
static bool
save_one(WalletCall *call)
{
	WalletEntry *entry = &call->batch.entries[0];
	WalletEventRow row = {&entry->event, call->requests[0].metadata};

	if (entry->fault != WALLET_success || entry->prior != NULL)
		return true;			/* nothing was decided anew */
	if (entry->status != WALLET_success)
	{
		entry->recorded = false;
		return !wallet_events_probe(call->events, &entry->event.transaction_id);
	}
	if (!wallet_events_insert(call->events, &row))
		return false;
	WALLET_FAILPOINT(event_inserted);
	save_state(call);
	return true;
}

bool
wallet_save(WalletCall *call)
{
	return call->single ? save_one(call) : save_many(call);
}
