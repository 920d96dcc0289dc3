/*
 * rule_rebuild.c
 *		A derived row of an account was computed again from its events.  That
 *		changes nothing here: what the row then says is the account as the machine
 *		has it.
 */
#include "core/detail.h"
#include "core/machine.h"

WalletStatus
wallet_rule_rebuild(const WalletView *view, const WalletEvent *event)
{
	WalletDetail detail;

	if (!(event->present & WALLET_HAS_DETAIL) ||
		!wallet_detail_decode(event->detail, &detail) ||
		!wallet_detail_has(&detail, WALLET_DETAIL_DIGEST))
		return WALLET_invalid_argument;
	return view->debit == NULL ? WALLET_account_not_found : WALLET_success;
}
