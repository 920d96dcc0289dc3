/*
 * invariant.h
 *		What no transition may break, whatever rule made it.
 */
#ifndef WALLET_INVARIANT_H
#define WALLET_INVARIANT_H

#include "core/types.h"

/*
 * Is the step from the accounts before to the accounts after one that a
 * successful event may make?  `before` is NULL for no account, and for the
 * credit of an opening.
 */
extern bool wallet_invariant_holds(const WalletEvent *event,
								   const WalletAccount *debit_before,
								   const WalletAccount *debit_after,
								   const WalletAccount *credit_before,
								   const WalletAccount *credit_after);

/* held moves by what remains of the hold, and a hold never gives more than it has. */
extern bool wallet_invariant_hold(const WalletAccount *debit_before,
								  const WalletAccount *debit_after,
								  const WalletHold *before, const WalletHold *after);

/* What expired is what is no longer held. */
extern bool wallet_invariant_expire(const WalletEvent *event,
									const WalletAccount *debit_before,
									const WalletAccount *debit_after);

/* No more is reversed than was moved, and what is counted is what the event moves. */
extern bool wallet_invariant_reversal(const WalletEvent *event,
									  const WalletOriginal *before,
									  const WalletOriginal *after);

#endif
