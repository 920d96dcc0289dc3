/*
 * payment.h
 *		What the kinds that move or reserve money have in common: who may take
 *		part, spending limits, ceilings, ranges, funds, and the move itself.  For
 *		rule files only.
 */
#ifndef WALLET_PAYMENT_H
#define WALLET_PAYMENT_H

#include "core/machine.h"
#include "core/money.h"

/* Checks 1 to 4 of a transfer: both exist, the payer's version, both open. */
extern WalletStatus wallet_payment_check_parties(const WalletView *view, const WalletEvent *event);

/*
 * What was reserved by event `placed` comes back: it is not spent, if the moment
 * lies in the same window.
 */
extern void wallet_spending_give_back(WalletAccount *payer, int64_t placed, int64_t moment,
									  wallet_int128 amount);

/* --- of accounts that have such a limit --- */

extern bool wallet_payment_exceeds_ceiling(const WalletAccount *payee, wallet_int128 amount);
extern WalletStatus wallet_spending_check_limit(const WalletAccount *payer, int64_t event_id,
												wallet_int128 amount);
extern void wallet_spending_count_limited(WalletAccount *payer, int64_t event_id,
										  wallet_int128 amount);

/* --- of all: most have none --- */

/* May the payer spend the amount in the window of event_id? */
static inline WalletStatus
wallet_spending_check(const WalletAccount *payer, int64_t event_id, wallet_int128 amount)
{
	return payer->has_spend_limit ? wallet_spending_check_limit(payer, event_id, amount)
		: WALLET_success;
}

/* The payer has spent the amount. */
static inline void
wallet_spending_count(WalletAccount *payer, int64_t event_id, wallet_int128 amount)
{
	if (payer->has_spend_limit)
		wallet_spending_count_limited(payer, event_id, amount);
}

/* Checks 6 and 7 of a transfer: the payee's ceiling, both balances in range. */
static inline WalletStatus
wallet_payment_check_room(const WalletView *view, wallet_int128 amount)
{
	wallet_int128 after;

	if (view->credit->has_ceiling && wallet_payment_exceeds_ceiling(view->credit, amount))
		return WALLET_ceiling_exceeded;
	if (!wallet_money_subtract(view->debit->balance, amount, &after) ||
		!wallet_money_add(view->credit->balance, amount, &after))
		return WALLET_amount_overflow;
	return WALLET_success;
}

/* available(payer) >= amount */
static inline bool
wallet_payment_has_funds(const WalletAccount *payer, wallet_int128 amount)
{
	return !payer->has_floor ||
		wallet_money_available(payer->balance, payer->held, payer->floor) >= amount;
}

/* Moves an amount that was checked, in both chains, and records it. */
static inline void
wallet_payment_move(const WalletView *view, WalletEvent *event, wallet_int128 amount)
{
	view->debit->balance -= amount;
	view->credit->balance += amount;
	event->amount = amount;
	event->debit_prev = wallet_account_advance(view->debit, event->event_id);
	event->credit_prev = wallet_account_advance(view->credit, event->event_id);
	event->present |= WALLET_HAS_AMOUNT | WALLET_HAS_DEBIT_PREV | WALLET_HAS_CREDIT_PREV;
}

#endif
