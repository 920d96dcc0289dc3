/*
 * rule_transfer.c
 *		Money from one account to another, now.
 */
#include "core/machine.h"
#include "core/money.h"

/* What the payer has spent in the window that the event falls into. */
static wallet_int128
spent_in_window(const WalletAccount *payer, int64_t window)
{
	return payer->window_number == window ? payer->spent : 0;
}

static int64_t
window_of(const WalletAccount *payer, int64_t event_id)
{
	return event_id / ((int64_t) payer->window_seconds * 1000000);
}

static WalletStatus
check_spend_limit(const WalletAccount *payer, int64_t event_id, wallet_int128 amount)
{
	wallet_int128 spent;

	if (!payer->has_spend_limit)
		return WALLET_success;
	spent = spent_in_window(payer, window_of(payer, event_id));
	if (!wallet_money_add(spent, amount, &spent) || spent > payer->spend_limit)
		return WALLET_spend_limit_exceeded;
	return WALLET_success;
}

static void
count_spending(WalletAccount *payer, int64_t event_id, wallet_int128 amount)
{
	int64_t		window;

	if (!payer->has_spend_limit)
		return;
	window = window_of(payer, event_id);
	payer->spent = spent_in_window(payer, window) + amount;
	payer->window_number = window;
}

/* What is reserved for arrivals counts as if it were there. */
static bool
exceeds_ceiling(const WalletAccount *payee, wallet_int128 amount)
{
	wallet_int128 sum;

	if (!payee->has_ceiling)
		return false;
	return !wallet_money_add(payee->balance, payee->reserved, &sum) ||
		!wallet_money_add(sum, amount, &sum) ||
		sum > payee->ceiling;
}

static bool
has_funds(const WalletAccount *payer, wallet_int128 amount)
{
	return !payer->has_floor ||
		wallet_money_available(payer->balance, payer->held, payer->floor) >= amount;
}

static WalletStatus
check_accounts(const WalletView *view, const WalletEvent *event)
{
	WalletStatus status;

	if (view->debit == NULL || view->credit == NULL)
		return WALLET_account_not_found;
	if (view->debit == view->credit)
		return WALLET_same_account;
	if (!wallet_currency_equal(&view->debit->currency, &view->credit->currency))
		return WALLET_invalid_argument;
	if (view->forbidden)
		return WALLET_insufficient_privilege;
	if ((event->present & WALLET_HAS_EXPECTED_VERSION) &&
		event->expected_version != view->debit->version)
		return WALLET_version_conflict;
	status = wallet_account_is_open(view->debit);
	if (status == WALLET_success)
		status = wallet_account_is_open(view->credit);
	return status;
}

WalletStatus
wallet_rule_transfer(WalletView *view, WalletEvent *event)
{
	WalletAccount *payer = view->debit;
	WalletAccount *payee = view->credit;
	wallet_int128 amount = event->requested;
	wallet_int128 payer_after;
	wallet_int128 payee_after;
	WalletStatus status;

	if (!(event->present & WALLET_HAS_REQUESTED) || amount <= 0)
		return WALLET_invalid_amount;
	status = check_accounts(view, event);
	if (status == WALLET_success)
		status = check_spend_limit(payer, event->event_id, amount);
	if (status != WALLET_success)
		return status;
	if (exceeds_ceiling(payee, amount))
		return WALLET_ceiling_exceeded;
	if (!wallet_money_subtract(payer->balance, amount, &payer_after) ||
		!wallet_money_add(payee->balance, amount, &payee_after))
		return WALLET_amount_overflow;
	if (!has_funds(payer, amount))
		return WALLET_insufficient_funds;

	payer->balance = payer_after;
	payee->balance = payee_after;
	count_spending(payer, event->event_id, amount);
	event->amount = amount;
	event->debit_prev = wallet_account_advance(payer, event->event_id);
	event->credit_prev = wallet_account_advance(payee, event->event_id);
	event->present |= WALLET_HAS_AMOUNT | WALLET_HAS_DEBIT_PREV | WALLET_HAS_CREDIT_PREV;
	return WALLET_success;
}
