/*
 * milestones.h
 *		wallet.milestone: balance and held after every 256th event of an account.
 */
#ifndef WALLET_MILESTONES_H
#define WALLET_MILESTONES_H

#include "postgres.h"

#include "core/types.h"
#include "executor/tuptable.h"
#include "utils/snapshot.h"

/*
 * The event_id of the account's first milestone at or after an event_id, as the
 * snapshot sees it; 0 if there is none.
 */
extern int64 wallet_milestones_first(int64 account, int64 from, Snapshot snapshot);

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

/* The row that says this, in a slot of the table's. */
extern void wallet_milestone_to_slot(int64 account, int64 event_id, int64 version,
									 wallet_int128 balance, wallet_int128 held, int exponent,
									 TupleTableSlot *slot);

#endif
