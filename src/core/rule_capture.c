/*
 * rule_capture.c
 *		What is held goes to the payee, or back to the payer.
 */
#include "core/expiry.h"
#include "core/payment.h"

/* The command's accounts are the hold's: it names none itself. */
static bool
take_accounts(const WalletView *view, WalletEvent *event)
{
	const WalletHold *hold = view->hold;

	if (view->debit == NULL || view->debit->id != hold->debit ||
		view->credit == NULL || view->credit->id != hold->credit || view->queue == NULL)
		return false;
	wallet_event_name(event, WALLET_HAS_DEBIT, hold->debit);
	wallet_event_name(event, WALLET_HAS_CREDIT, hold->credit);
	return true;
}

/*
 * What a capture and a release check alike, and how much they are about.  A hold
 * that has expired is told as that whether or not anything has swept it: it is
 * not settled by expiring.
 */
static WalletStatus
check_hold(const WalletView *view, WalletEvent *event, wallet_int128 *amount)
{
	const WalletHold *hold = view->hold;

	if ((event->present & WALLET_HAS_REQUESTED) && event->requested <= 0)
		return WALLET_invalid_amount;
	if (hold == NULL || hold->state == WALLET_HOLD_NONE)
		return WALLET_hold_not_found;
	if (!take_accounts(view, event))
		return WALLET_ledger_corrupt;
	if (hold->state == WALLET_HOLD_SETTLED)
		return WALLET_hold_settled;
	if (hold->state == WALLET_HOLD_EXPIRED ||
		(hold->expires_at != 0 && wallet_event_moment(event) >= hold->expires_at))
		return WALLET_hold_expired;
	*amount = (event->present & WALLET_HAS_REQUESTED) ? event->requested : hold->remaining;
	return *amount > hold->remaining ? WALLET_exceeds_hold : WALLET_success;
}

/* So much is no longer held.  If nothing remains, the next hold of the payer's expires first. */
static void
unhold(const WalletView *view, wallet_int128 amount)
{
	WalletAccount *payer = view->debit;
	WalletHold *hold = view->hold;

	payer->held -= amount;
	hold->remaining -= amount;
	if (hold->remaining > 0)
		return;
	hold->state = WALLET_HOLD_SETTLED;
	wallet_expiry_remove(view->holds, view->queue, hold);
	if (hold->expires_at != 0 && hold->expires_at == payer->next_expiry)
		payer->next_expiry = wallet_expiry_next(view->holds, view->queue);
}

WalletStatus
wallet_rule_capture(WalletView *view, WalletEvent *event)
{
	WalletHold *hold = view->hold;
	wallet_int128 amount;
	wallet_int128 rest;
	WalletStatus status;

	if (!(event->present & WALLET_HAS_FINAL))
		return WALLET_invalid_argument;
	status = check_hold(view, event, &amount);
	if (status == WALLET_success)
		status = wallet_account_is_not_closed(view->credit);
	if (status == WALLET_success)
		status = wallet_payment_check_room(view, amount);
	if (status != WALLET_success)
		return status;

	rest = event->final ? hold->remaining - amount : 0;
	wallet_payment_move(view, event, amount);
	unhold(view, amount + rest);
	wallet_spending_give_back(view->debit, hold->event_id, wallet_event_moment(event), rest);
	return WALLET_success;
}

WalletStatus
wallet_rule_release(WalletView *view, WalletEvent *event)
{
	WalletAccount *payer = view->debit;
	wallet_int128 amount;
	WalletStatus status = check_hold(view, event, &amount);

	if (status != WALLET_success)
		return status;

	unhold(view, amount);
	wallet_spending_give_back(payer, view->hold->event_id, wallet_event_moment(event), amount);
	event->amount = amount;
	event->debit_prev = wallet_account_advance(payer, event->event_id);
	event->present |= WALLET_HAS_AMOUNT | WALLET_HAS_DEBIT_PREV;
	return WALLET_success;
}
