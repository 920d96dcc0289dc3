/*
 * rule_transfer.c
 *		Money from one account to another, now.
 */
#include "core/payment.h"

WalletStatus
wallet_rule_transfer(WalletView *view, WalletEvent *event)
{
	wallet_int128 amount = event->requested;
	WalletStatus status;

	if (!(event->present & WALLET_HAS_REQUESTED) || amount <= 0)
		return WALLET_invalid_amount;
	status = wallet_payment_check_parties(view, event);
	if (status == WALLET_success)
		status = wallet_spending_check(view->debit, event->event_id, amount);
	if (status == WALLET_success)
		status = wallet_payment_check_room(view, amount);
	if (status != WALLET_success)
		return status;
	if (!wallet_payment_has_funds(view->debit, amount))
		return WALLET_insufficient_funds;

	wallet_payment_move(view, event, amount);
	wallet_spending_count(view->debit, event->event_id, amount);
	return WALLET_success;
}
