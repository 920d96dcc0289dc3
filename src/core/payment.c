/*
 * payment.c
 *		Each check once, for all rules that have it.
 */
#include "core/payment.h"

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

WalletStatus
wallet_spending_check_limit(const WalletAccount *payer, int64_t event_id, wallet_int128 amount)
{
	wallet_int128 spent = spent_in_window(payer, window_of(payer, event_id));

	if (!wallet_money_add(spent, amount, &spent) || spent > payer->spend_limit)
		return WALLET_spend_limit_exceeded;
	return WALLET_success;
}

void
wallet_spending_count_limited(WalletAccount *payer, int64_t event_id, wallet_int128 amount)
{
	int64_t		window = window_of(payer, event_id);

	payer->spent = spent_in_window(payer, window) + amount;
	payer->window_number = window;
}

/* What was reserved before there was a limit was never counted: spent ends at 0. */
void
wallet_spending_give_back(WalletAccount *payer, int64_t placed, int64_t moment,
						  wallet_int128 amount)
{
	int64_t		window;

	if (!payer->has_spend_limit)
		return;
	window = window_of(payer, placed);
	if (window != window_of(payer, moment) || window != payer->window_number)
		return;
	payer->spent = payer->spent > amount ? payer->spent - amount : 0;
}

/* What is reserved for arrivals counts as if it were there. */
bool
wallet_payment_exceeds_ceiling(const WalletAccount *payee, wallet_int128 amount)
{
	wallet_int128 sum;

	return !wallet_money_add(payee->balance, payee->reserved, &sum) ||
		!wallet_money_add(sum, amount, &sum) ||
		sum > payee->ceiling;
}

WalletStatus
wallet_payment_check_parties(const WalletView *view, const WalletEvent *event)
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
