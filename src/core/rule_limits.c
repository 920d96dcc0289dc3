/*
 * rule_limits.c
 *		Floor, ceiling and spending limit of an account.  A limit may be set beyond
 *		what the account has: limits judge what happens next, not what is.
 */
#include "core/detail.h"
#include "core/machine.h"
#include "core/money.h"

/* The account may be changed, and the limit, if there is one, is money. */
static WalletStatus
check_change(const WalletView *view, const WalletEvent *event)
{
	if ((event->present & WALLET_HAS_REQUESTED) && !wallet_money_in_range(event->requested))
		return WALLET_amount_overflow;
	if (view->debit == NULL)
		return WALLET_account_not_found;
	return wallet_account_is_not_closed(view->debit);
}

/* The limit asked for; 0 where none is, so that two accounts without one are equal. */
static wallet_int128
limit_of(const WalletEvent *event)
{
	return (event->present & WALLET_HAS_REQUESTED) ? event->requested : 0;
}

WalletStatus
wallet_rule_set_floor(WalletView *view, const WalletEvent *event)
{
	WalletStatus status;

	if (!(event->present & WALLET_HAS_REQUESTED))
		return WALLET_invalid_amount;
	status = check_change(view, event);
	if (status != WALLET_success)
		return status;
	view->debit->has_floor = true;
	view->debit->floor = event->requested;
	return WALLET_success;
}

WalletStatus
wallet_rule_remove_floor(WalletView *view, const WalletEvent *event)
{
	WalletStatus status = check_change(view, event);

	if (status != WALLET_success)
		return status;
	view->debit->has_floor = false;
	view->debit->floor = 0;
	return WALLET_success;
}

WalletStatus
wallet_rule_set_ceiling(WalletView *view, const WalletEvent *event)
{
	WalletStatus status = check_change(view, event);

	if (status != WALLET_success)
		return status;
	view->debit->has_ceiling = (event->present & WALLET_HAS_REQUESTED) != 0;
	view->debit->ceiling = limit_of(event);
	return WALLET_success;
}

/* The window's length; 0: none was named, which only the end of a limit may do.  False: no length. */
static bool
window_of(const WalletEvent *event, int32_t *seconds)
{
	WalletDetail detail = {0};

	if ((event->present & WALLET_HAS_DETAIL) && !wallet_detail_decode(event->detail, &detail))
		return false;
	*seconds = (int32_t) detail.window_seconds;
	if (!wallet_detail_has(&detail, WALLET_DETAIL_WINDOW_SECONDS))
		return !(event->present & WALLET_HAS_REQUESTED);
	return detail.window_seconds <= INT32_MAX;
}

WalletStatus
wallet_rule_set_spend_limit(WalletView *view, const WalletEvent *event)
{
	WalletAccount *account = view->debit;
	WalletStatus status;
	int32_t		seconds;

	if (limit_of(event) < 0)
		return WALLET_invalid_amount;
	if (!window_of(event, &seconds))
		return WALLET_invalid_argument;
	status = check_change(view, event);
	if (status != WALLET_success)
		return status;
	account->has_spend_limit = (event->present & WALLET_HAS_REQUESTED) != 0;
	account->spend_limit = limit_of(event);
	if (seconds != account->window_seconds)
	{
		account->window_seconds = seconds;
		account->window_number = 0;
		account->spent = 0;
	}
	return WALLET_success;
}
