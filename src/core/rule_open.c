/*
 * rule_open.c
 *		An account comes into being.
 */
#include "core/detail.h"
#include "core/machine.h"

WalletStatus
wallet_rule_open(WalletView *view, WalletEvent *event)
{
	WalletAccount *account = view->opened;
	WalletDetail detail;

	if (!(event->present & WALLET_HAS_DETAIL) ||
		!wallet_detail_decode(event->detail, &detail) ||
		!wallet_detail_has(&detail, WALLET_DETAIL_NAME) ||
		!wallet_detail_has(&detail, WALLET_DETAIL_CURRENCY) ||
		!wallet_detail_has(&detail, WALLET_DETAIL_EXPONENT))
		return WALLET_invalid_argument;
	if (view->name_taken)
		return WALLET_account_exists;
	if (wallet_detail_has(&detail, WALLET_DETAIL_PARENT) && !view->parent_found)
		return WALLET_account_not_found;

	*account = (WalletAccount)
	{
		.id = event->event_id,
		.exponent = detail.exponent,
		.status = WALLET_ACCOUNT_OPEN,
		.has_floor = wallet_detail_has(&detail, WALLET_DETAIL_FLOOR),
		.floor = detail.floor,
		.has_ceiling = wallet_detail_has(&detail, WALLET_DETAIL_CEILING),
		.ceiling = detail.ceiling
	};
	memcpy(account->currency.code, detail.currency.data, detail.currency.length);

	event->credit = event->event_id;
	event->present |= WALLET_HAS_CREDIT;
	(void) wallet_account_advance(account, event->event_id);
	return WALLET_success;
}
