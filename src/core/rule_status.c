/*
 * rule_status.c
 *		An account is frozen, thawed, closed.  No money moves, and no version.
 */
#include "core/machine.h"

static WalletStatus
set_status(WalletView *view, WalletAccountStatus status)
{
	WalletStatus refusal;

	if (view->debit == NULL)
		return WALLET_account_not_found;
	refusal = wallet_account_is_not_closed(view->debit);
	if (refusal == WALLET_success)
		view->debit->status = (uint8_t) status;
	return refusal;
}

WalletStatus
wallet_rule_freeze(WalletView *view, const WalletEvent *event)
{
	return set_status(view, WALLET_ACCOUNT_FROZEN);
}

WalletStatus
wallet_rule_unfreeze(WalletView *view, const WalletEvent *event)
{
	return set_status(view, WALLET_ACCOUNT_OPEN);
}

/* Frozen accounts may be closed: a freeze stops payments, not the end. */
WalletStatus
wallet_rule_close(WalletView *view, const WalletEvent *event)
{
	const WalletAccount *account = view->debit;

	if (account != NULL && wallet_account_is_not_closed(account) == WALLET_success &&
		(account->balance != 0 || account->held != 0 || account->inbound != 0))
		return WALLET_account_not_empty;
	return set_status(view, WALLET_ACCOUNT_CLOSED);
}
