/*
 * rule_reverse.c
 *		What an event moved goes back, whole or in part.
 */
#include "core/payment.h"

/*
 * The accounts are the original's, the other way round: the command names none
 * itself.  Of an original that moved nothing there may be one or none.
 */
static void
take_accounts(const WalletView *view, WalletEvent *event)
{
	wallet_event_name(event, WALLET_HAS_DEBIT, view->debit ? view->debit->id : 0);
	wallet_event_name(event, WALLET_HAS_CREDIT, view->credit ? view->credit->id : 0);
}

static bool
is_reversible(const WalletOriginal *original)
{
	return original->status == WALLET_success &&
		(original->kind == WALLET_KIND_TRANSFER || original->kind == WALLET_KIND_SWEEP ||
		 original->kind == WALLET_KIND_CAPTURE);
}

/* Checks 1 to 3, and how much goes back. */
static WalletStatus
check_original(const WalletView *view, WalletEvent *event, wallet_int128 *amount)
{
	const WalletOriginal *original = view->original;
	wallet_int128 left;

	if ((event->present & WALLET_HAS_REQUESTED) && event->requested <= 0)
		return WALLET_invalid_amount;
	if (original == NULL || original->event_id == 0)
		return WALLET_original_not_found;
	take_accounts(view, event);
	if (view->forbidden)
		return WALLET_insufficient_privilege;
	if (!is_reversible(original))
		return WALLET_not_reversible;
	if (view->debit == NULL || view->debit->id != original->credit ||
		view->credit == NULL || view->credit->id != original->debit)
		return WALLET_ledger_corrupt;
	left = original->amount - original->reversed;
	*amount = (event->present & WALLET_HAS_REQUESTED) ? event->requested : left;
	return left <= 0 || *amount > left ? WALLET_exceeds_original : WALLET_success;
}

WalletStatus
wallet_rule_reverse(WalletView *view, WalletEvent *event)
{
	wallet_int128 amount;
	WalletStatus status = check_original(view, event, &amount);

	if (status == WALLET_success)
		status = wallet_account_is_not_closed(view->debit);
	if (status == WALLET_success)
		status = wallet_account_is_not_closed(view->credit);
	if (status == WALLET_success)
		status = wallet_payment_check_room(view, amount);
	if (status != WALLET_success)
		return status;
	if (!wallet_payment_has_funds(view->debit, amount))
		return WALLET_insufficient_funds;

	wallet_payment_move(view, event, amount);
	view->original->reversed += amount;
	return WALLET_success;
}
