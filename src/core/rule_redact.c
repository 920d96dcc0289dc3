/*
 * rule_redact.c
 *		The metadata of a transaction is erased from now on.  No account changes:
 *		metadata is no part of an event, only its digest is.
 */
#include "core/machine.h"

WalletStatus
wallet_rule_redact(const WalletView *view, const WalletEvent *event)
{
	if (!(event->present & WALLET_HAS_RELATED))
		return WALLET_invalid_argument;
	return view->target_found ? WALLET_success : WALLET_original_not_found;
}
