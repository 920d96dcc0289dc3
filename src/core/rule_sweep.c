/*
 * rule_sweep.c
 *		A transfer of what is there, up to an amount.
 */
#include "core/payment.h"

/* The smaller of what is asked for and what the payer can give. */
static wallet_int128
amount_of(const WalletAccount *payer, wallet_int128 most)
{
	wallet_int128 available;

	if (!payer->has_floor)
		return most;
	available = wallet_money_available(payer->balance, payer->held, payer->floor);
	return available < most ? available : most;
}

WalletStatus
wallet_rule_sweep(WalletView *view, WalletEvent *event)
{
	wallet_int128 amount;
	WalletStatus status;

	if (!(event->present & WALLET_HAS_REQUESTED) || event->requested <= 0)
		return WALLET_invalid_amount;
	status = wallet_payment_check_parties(view, event);
	if (status != WALLET_success)
		return status;
	amount = amount_of(view->debit, event->requested);
	if (amount <= 0)
		return WALLET_insufficient_funds;
	status = wallet_spending_check(view->debit, event->event_id, amount);
	if (status == WALLET_success)
		status = wallet_payment_check_room(view, amount);
	if (status != WALLET_success)
		return status;

	wallet_payment_move(view, event, amount);
	wallet_spending_count(view->debit, event->event_id, amount);
	return WALLET_success;
}
