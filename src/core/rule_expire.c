/*
 * rule_expire.c
 *		All holds of an account whose time has come are given back, in one event
 *		(format-1.md, 8).  Nobody asks for it: it is due, or it must not be there.
 */
#include "core/expiry.h"
#include "core/payment.h"

/* Is this event due: is its id that of the first hold to expire, and the moment there? */
static bool
is_due(const WalletView *view, const WalletEvent *event)
{
	const WalletHold *first;

	if (view->queue == NULL)
		return false;
	first = wallet_expiry_first(view->holds, view->queue);
	return first != NULL && first->expires_at <= wallet_event_moment(event) &&
		first->expires_at == view->debit->next_expiry &&
		wallet_uuid_equal(&first->transaction_id, &event->transaction_id);
}

/* Closes the holds, threaded by `next` in the order in which they expired; their sum, or false. */
static bool
close_due(WalletView *view, int64_t moment, wallet_int128 *sum)
{
	WalletHold *last = NULL;
	WalletHold *hold;

	*sum = 0;
	view->closed = 0;
	while ((hold = wallet_expiry_first(view->holds, view->queue)) != NULL &&
		   hold->expires_at <= moment)
	{
		wallet_expiry_remove(view->holds, view->queue, hold);
		hold->state = WALLET_HOLD_EXPIRED;
		if (!wallet_money_add(*sum, hold->remaining, sum))
			return false;
		wallet_spending_give_back(view->debit, hold->event_id, moment, hold->remaining);
		if (last != NULL)
			last->next = (int32_t) (hold - view->holds) + 1;
		last = hold;
		view->closed++;
	}
	return true;
}

WalletStatus
wallet_rule_expire(WalletView *view, WalletEvent *event)
{
	WalletAccount *payer = view->debit;
	wallet_int128 amount;

	if (payer == NULL)
		return WALLET_account_not_found;
	if (!is_due(view, event))
		return WALLET_invalid_argument;
	if (!close_due(view, wallet_event_moment(event), &amount))
		return WALLET_ledger_corrupt;

	payer->held -= amount;
	payer->next_expiry = wallet_expiry_next(view->holds, view->queue);
	event->amount = amount;
	event->debit_prev = wallet_account_advance(payer, event->event_id);
	event->present |= WALLET_HAS_AMOUNT | WALLET_HAS_DEBIT_PREV;
	return WALLET_success;
}
