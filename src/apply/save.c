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

/*
 * An account or a currency comes into being.  Its name was free when it was looked
 * up, but another transaction may have taken it since.  A bulk call then starts over,
 * as for an id.  The single door has written its event already, and need not: it
 * waits for the other; if that is rolled back the name is free as decided, and is
 * taken again; if not, this call is refused with the words that it would have got.
 *
 * False: start over.
 */
static bool
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
	while (!wallet_accounts_insert(&identity))
	{
		if (!call->single)
			return false;
		if (wallet_accounts_taken(identity.name, &identity.currency))
			wallet_raise(WALLET_account_exists,
						 psprintf("Account \"%.*s\" in %.*s was opened by another transaction id.",
								  (int) request->from.length, (const char *) request->from.data,
								  (int) request->currency.length, (const char *) request->currency.data), NULL);
	}
	WALLET_FAILPOINT(account_inserted);
	wallet_balances_insert(&call->balances, &call->batch.accounts[entry->opened],
						   request->owner.data != NULL);
	return true;
}

static bool
save_currency(WalletCall *call, const WalletEntry *entry, const WalletRequest *request)
{
	WalletCurrency currency;

	(void) wallet_currency_from_bytes(request->currency, &currency);
	while (!wallet_currencies_insert(&currency, request->exponent, entry->event.event_id))
	{
		if (!call->single)
			return false;
		if (wallet_currencies_taken(&currency))
			wallet_raise(WALLET_invalid_argument,
						 psprintf("Currency \"%.*s\" is already defined.", (int) request->currency.length,
								  (const char *) request->currency.data), NULL);
	}
	return true;
}

static bool
save_births(WalletCall *call)
{
	for (size_t i = 0; i < call->batch.count; i++)
	{
		const WalletEntry *entry = &call->batch.entries[i];

		if (!entry->recorded || entry->status != WALLET_success)
			continue;
		if (entry->event.kind == WALLET_KIND_OPEN)
		{
			if (!save_opened(call, entry, &call->requests[i]))
				return false;
		}
		else if (entry->event.kind == WALLET_KIND_DEFINE_CURRENCY)
		{
			if (!save_currency(call, entry, &call->requests[i]))
				return false;
		}
		else if (entry->event.kind == WALLET_KIND_REDACT)
			wallet_redaction_erase(&entry->event.related);
		else
			continue;
		WALLET_FAILPOINT(birth_saved);
	}
	return true;
}

static bool
is_milestone(const WalletEvent *event, uint32 in_chain, int64 version)
{
	return (event->present & in_chain) && version % WALLET_MILESTONE_EVERY == 0;
}

/*
 * The milestones of one event.  held is what every account holds after the events
 * before this one, which tells only its debit's.
 */
static void
save_event_milestones(WalletMilestones *milestones, const WalletEvent *event, int32 debit, int32 credit,
					  wallet_int128 *held)
{
	if (event->status != WALLET_success)
		return;
	if (debit >= 0)
		held[debit] = event->debit_held;
	if (is_milestone(event, WALLET_HAS_DEBIT_PREV, event->debit_version))
		wallet_milestones_insert(milestones, event->debit, event->event_id, event->debit_version,
								 event->debit_balance, event->debit_held, event->exponent);
	if (is_milestone(event, WALLET_HAS_CREDIT_PREV, event->credit_version))
		wallet_milestones_insert(milestones, event->credit, event->event_id, event->credit_version,
								 event->credit_balance, held[credit], event->exponent);
}

static void
save_milestones(WalletCall *call)
{
	const WalletBatch *batch = &call->batch;
	WalletMilestones *milestones = wallet_milestones_open();
	wallet_int128 *held = MemoryContextAllocHuge(CurrentMemoryContext,
												 (call->id_count + call->opened_count + 1) * sizeof(wallet_int128));
	size_t		expire = 0;

	for (size_t i = 0; i < call->id_count + call->opened_count; i++)
		held[i] = i < call->id_count ? call->rows[i].account.held : 0;
	for (size_t i = 0; i < batch->count; i++)
	{
		const WalletEntry *entry = &batch->entries[i];

		if (!entry->recorded)
			continue;
		for (; expire < batch->expire_count && batch->expires[expire].event.event_id < entry->event.event_id; expire++)
			save_event_milestones(milestones, &batch->expires[expire].event, batch->expires[expire].account, -1, held);
		save_event_milestones(milestones, &entry->event, entry->debit, entry->credit, held);
	}
	for (; expire < batch->expire_count; expire++)
		save_event_milestones(milestones, &batch->expires[expire].event, batch->expires[expire].account, -1, held);
	pfree(held);
	wallet_milestones_close(milestones);
}

/* What holds and originals are now, where that is not what was loaded.  False: start over. */
static bool
save_relations(WalletCall *call)
{
	const WalletBatch *batch = &call->batch;
	WalletHoldWriter *writer;
	bool		saved = true;

	if (call->hold_count + call->original_count == 0)
		return true;
	writer = wallet_hold_writer_open(call->snapshot);
	for (size_t i = 0; i < call->hold_count && saved; i++)
	{
		const WalletHold *hold = &batch->holds[i];

		if (hold->state != call->hold_rows[i].hold.state || hold->remaining != call->hold_rows[i].hold.remaining)
			saved = wallet_hold_write(writer, &call->hold_rows[i].tid, hold, batch->accounts[hold->payer].exponent);
	}
	for (size_t i = 0; i < call->original_count && saved; i++)
	{
		const WalletOriginal *original = &batch->originals[i];

		if (original->reversed != call->reversal_rows[i].reversed)
			saved = wallet_reversal_write(writer, &call->reversal_rows[i].tid, original, batch->accounts[original->payer].exponent);
	}
	wallet_hold_writer_close(writer);
	return saved;
}

static bool
save_state(WalletCall *call)
{
	if (!save_births(call))
		return false;
	save_balances(call);
	if (!save_relations(call))
		return false;
	save_milestones(call);
	WALLET_FAILPOINT(state_saved);
	return true;
}

/*
 * A refusal that is not recorded meets no unique index: the id is looked at again,
 * because whoever held our rows before us may have recorded it; and so is an account
 * that was missing, because he may have opened it.
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
		if (!wallet_names_are_current(call, i))
			return false;
	}
	WALLET_FAILPOINT(refusals_probed);
	return true;
}

/* Expire events as rows to be written; how many. */
static int
put_expires(const WalletCall *call, WalletEventRow *rows)
{
	for (size_t i = 0; i < call->batch.expire_count; i++)
	{
		rows[i].event = &call->batch.expires[i].event;
		rows[i].metadata = (Datum) 0;
	}
	return (int) call->batch.expire_count;
}

static bool
save_many(WalletCall *call)
{
	WalletEventRow *rows;
	int			n;

	if (!refusals_are_current(call))
		return false;
	if (!save_state(call))
		return false;
	rows = palloc_extended((call->batch.count + call->batch.expire_count) * sizeof(WalletEventRow), MCXT_ALLOC_HUGE);
	n = put_expires(call, rows);
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

/* No other can have taken their ids: they go with holds whose payer is locked. */
static void
save_expires(WalletCall *call)
{
	WalletEventRow *rows;
	int			n = (int) call->batch.expire_count;

	if (n == 0)
		return;
	rows = palloc_extended(n * sizeof(WalletEventRow), MCXT_ALLOC_HUGE);
	if (!wallet_events_insert_many(call->events, rows, put_expires(call, rows)))
		wallet_raise_corrupt("An expire event of account " INT64_FORMAT " is there already.", rows[0].event->debit);
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
	bool		current;

	if (entry->fault != WALLET_success || entry->prior != NULL)
		return true;			/* nothing was decided anew */
	if (entry->status != WALLET_success)
	{
		entry->recorded = false;
		current = !wallet_events_probe(call->events, &entry->event.transaction_id) &&
			wallet_names_are_current(call, 0);
		WALLET_FAILPOINT(refusals_probed);
		return current;
	}
	if (!wallet_events_insert(call->events, &row))
		return false;
	WALLET_FAILPOINT(event_inserted);
	save_expires(call);
	if (!save_state(call))
		elog(ERROR, "a single command cannot start over once its event is written");
	return true;
}

bool
wallet_save(WalletCall *call)
{
	return call->single ? save_one(call) : save_many(call);
}
