/*
 * rule_snapshot.c
 *		Says what the state was, by its digest, after some event.
 */
#include "core/detail.h"
#include "core/machine.h"

WalletStatus
wallet_rule_snapshot(const WalletEvent *event)
{
	WalletDetail detail;

	if (!(event->present & WALLET_HAS_DETAIL) ||
		!wallet_detail_decode(event->detail, &detail) ||
		!wallet_detail_has(&detail, WALLET_DETAIL_UNTIL_EVENT) ||
		!wallet_detail_has(&detail, WALLET_DETAIL_DIGEST))
		return WALLET_invalid_argument;
	return WALLET_success;
}
