/*
 * rule_hold.c
 *		Money of the payer's is kept for the payee.  Nothing moves.
 */
#include "core/expiry.h"
#include "core/payment.h"

/* The hold comes into being, and expires in its turn. */
static void
place(WalletView *view, const WalletEvent *event)
{
	WalletAccount *payer = view->debit;
	WalletHold *hold = view->hold;

	hold->transaction_id = event->transaction_id;
	hold->event_id = event->event_id;
	hold->debit = event->debit;
	hold->credit = event->credit;
	hold->expires_at = (event->present & WALLET_HAS_EXPIRES_AT) ? event->expires_at : 0;
	hold->amount = hold->remaining = event->requested;
	hold->state = WALLET_HOLD_OPEN;
	if (hold->expires_at == 0)
		return;
	wallet_expiry_push(view->holds, view->queue, hold);
	if (payer->next_expiry == 0 || hold->expires_at < payer->next_expiry)
		payer->next_expiry = hold->expires_at;
}

WalletStatus
wallet_rule_hold(WalletView *view, WalletEvent *event)
{
	WalletAccount *payer = view->debit;
	wallet_int128 amount = event->requested;
	wallet_int128 held;
	WalletStatus status;

	if (!(event->present & WALLET_HAS_REQUESTED) || amount <= 0)
		return WALLET_invalid_amount;
	status = wallet_payment_check_parties(view, event);
	if (status == WALLET_success &&
		(view->hold == NULL || view->hold->state != WALLET_HOLD_NONE || view->queue == NULL))
		return WALLET_ledger_corrupt;
	if (status == WALLET_success)
		status = wallet_spending_check(payer, event->event_id, amount);
	if (status != WALLET_success)
		return status;
	if (!wallet_money_add(payer->held, amount, &held))
		return WALLET_amount_overflow;
	if (!wallet_payment_has_funds(payer, amount))
		return WALLET_insufficient_funds;

	payer->held = held;
	wallet_spending_count(payer, event->event_id, amount);
	place(view, event);
	event->amount = amount;
	event->debit_prev = wallet_account_advance(payer, event->event_id);
	event->present |= WALLET_HAS_AMOUNT | WALLET_HAS_DEBIT_PREV;
	return WALLET_success;
}
