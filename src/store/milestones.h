/*
 * milestones.h
 *		wallet.milestone: balance and held after every 256th event of an account.
 */
#ifndef WALLET_MILESTONES_H
#define WALLET_MILESTONES_H

#include "postgres.h"

#include "core/types.h"

/*
 * Writes a milestone for each side of the event that reached one.  held of a
 * credit account is not in the event: the caller hands it in.
 */
typedef struct WalletMilestones WalletMilestones;

extern WalletMilestones *wallet_milestones_open(void);
extern void wallet_milestones_close(WalletMilestones *milestones);
extern void wallet_milestones_insert(WalletMilestones *milestones, int64 account, int64 event_id,
									 int64 version, wallet_int128 balance, wallet_int128 held,
									 int exponent);

#endif
