/*
 * rule_define_currency.c
 *		A code gets its number of decimals, for ever.
 */
#include "core/detail.h"
#include "core/machine.h"

WalletStatus
wallet_rule_define_currency(const WalletView *view, const WalletEvent *event)
{
	WalletDetail detail;

	if (!(event->present & WALLET_HAS_DETAIL) ||
		!wallet_detail_decode(event->detail, &detail) ||
		!wallet_detail_has(&detail, WALLET_DETAIL_CURRENCY) ||
		!wallet_detail_has(&detail, WALLET_DETAIL_EXPONENT))
		return WALLET_invalid_argument;
	if (view->currency_defined)
		return WALLET_invalid_argument;
	return WALLET_success;
}
