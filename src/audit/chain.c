/*
 * chain.c
 *		Walking a chain.  What is read is believed as far as it must be for the walk
 *		to end and to stay in the chain; a ledger in which that is not so raises
 *		ledger_corrupt, and wallet_verify_account tells what is wrong.
 */
#include "postgres.h"

#include "core/currency.h"
#include "miscadmin.h"
#include "pg/datum.h"
#include "pg/error.h"
#include "store/accounts.h"
#include "store/balances.h"
#include "store/events.h"
#include "store/milestones.h"
#include "audit/chain.h"
#include "utils/snapmgr.h"

bool
wallet_kind_moves_money(uint16_t kind)
{
	switch (kind)
	{
		case WALLET_KIND_TRANSFER:
		case WALLET_KIND_CAPTURE:
		case WALLET_KIND_REVERSE:
		case WALLET_KIND_SWEEP:
		case WALLET_KIND_CONFIRM_DEBIT:
		case WALLET_KIND_CONFIRM_CREDIT:
		case WALLET_KIND_TRANSIT:
		case WALLET_KIND_COMPENSATE:
			return true;
		default:
			return false;
	}
}

wallet_int128
wallet_event_change(const WalletEvent *event, bool debit)
{
	if (!wallet_kind_moves_money(event->kind) || !(event->present & WALLET_HAS_AMOUNT))
		return 0;
	return debit ? -event->amount : event->amount;
}

bool
wallet_event_in_chain(const WalletEvent *event, int64 account, bool *debit, int64 *prev)
{
	if (event->status != WALLET_success)
		return false;
	*debit = (event->present & WALLET_HAS_DEBIT_PREV) && event->debit == account;
	if (*debit)
	{
		*prev = event->debit_prev;
		return true;
	}
	if (event->credit != account)
		return false;
	*prev = (event->present & WALLET_HAS_CREDIT_PREV) ? event->credit_prev : 0;
	return *prev != 0 || event->kind == WALLET_KIND_OPEN;
}

/* The account's id and the end of its chain; false if the snapshot sees no such account. */
static bool
find_account(WalletChain *chain, WalletBytes name, WalletBytes code)
{
	WalletCurrency currency;
	WalletBalances balances;
	WalletBalanceRow row;
	bool		found;

	if (!wallet_currency_from_bytes(code, &currency))
		return false;
	chain->account = wallet_accounts_find(name, &currency, chain->snapshot);
	if (chain->account == 0)
		return false;

	/*
	 * A name that the session remembers may be younger than this snapshot:
	 * then there is no row.
	 */
	wallet_balances_open(&balances, AccessShareLock, chain->snapshot);
	found = wallet_balances_read(&balances, chain->account, &row);
	wallet_balances_close(&balances);
	if (!found)
		return false;
	chain->last_event = row.account.last_event;
	chain->exponent = row.account.exponent;
	return true;
}

WalletChain *
wallet_chain_open(WalletBytes name, WalletBytes currency, Snapshot snapshot)
{
	WalletChain *chain = palloc0(sizeof(WalletChain));

	chain->snapshot = snapshot;
	if (!find_account(chain, name, currency))
	{
		pfree(chain);
		return NULL;
	}
	wallet_lookup_open(&chain->events, WALLET_REL_EVENT, WALLET_REL_EVENT_PKEY, 1, snapshot);
	return chain;
}

WalletChain *
wallet_chain_open_args(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		return NULL;
	return wallet_chain_open(wallet_bytes_from_datum(PG_GETARG_DATUM(0)),
							 wallet_bytes_from_datum(PG_GETARG_DATUM(1)), GetActiveSnapshot());
}

void
wallet_chain_close(WalletChain *chain)
{
	wallet_lookup_close(&chain->events);
	pfree(chain);
}

/* Goes to an event that must be in the chain. */
static void
stand_on(WalletChain *chain, int64 event_id)
{
	const char *reason;
	int64		prev;

	if (!wallet_lookup_id(&chain->events, event_id))
		wallet_raise_corrupt("Event " INT64_FORMAT " of the chain of account " INT64_FORMAT " is missing.",
							 event_id, chain->account);
	if (!wallet_event_from_slot(chain->events.table->slot, &chain->event, &reason))
		wallet_raise_corrupt("Event " INT64_FORMAT " cannot be read: %s.", event_id, reason);
	if (!wallet_event_in_chain(&chain->event, chain->account, &chain->debit, &prev))
		wallet_raise_corrupt("Event " INT64_FORMAT " is not in the chain of account " INT64_FORMAT ", whose chain leads to it.",
							 event_id, chain->account);
	/* Ids only ever get smaller, so that every walk ends. */
	if (prev >= event_id)
		wallet_raise_corrupt("Event " INT64_FORMAT " names event " INT64_FORMAT " as the one before it.",
							 event_id, prev);
}

bool
wallet_chain_back(WalletChain *chain)
{
	bool		debit;
	int64		prev = 0;

	CHECK_FOR_INTERRUPTS();
	(void) wallet_event_in_chain(&chain->event, chain->account, &debit, &prev);
	if (prev == 0)
		return false;
	stand_on(chain, prev);
	return true;
}

bool
wallet_chain_seek(WalletChain *chain, int64 moment)
{
	int64		start = 0;

	if (moment < chain->account)
		return false;
	if (moment < chain->last_event)
		start = wallet_milestones_first(chain->account, moment + 1, chain->snapshot);
	stand_on(chain, start != 0 ? start : chain->last_event);
	while (chain->event.event_id > moment)
	{
		if (!wallet_chain_back(chain))
			return false;
	}
	return true;
}

wallet_int128
wallet_chain_balance(const WalletChain *chain)
{
	return chain->debit ? chain->event.debit_balance : chain->event.credit_balance;
}

wallet_int128
wallet_chain_change(const WalletChain *chain)
{
	return wallet_event_change(&chain->event, chain->debit);
}
