/*
 * batch.h
 *		Many commands in order, some of them in groups that stand or fall together
 *		(format-1.md, 7).  Every door runs its commands through here, one or
 *		many, and replay runs groups through here again.
 */
#ifndef WALLET_BATCH_H
#define WALLET_BATCH_H

#include "core/types.h"

/* One command of a batch, and what came of it. */
typedef struct WalletEntry
{
	/* in */
	WalletEvent event;			/* identity and inputs; out: the record, if
								 * `recorded` */
	const WalletEvent *prior;	/* recorded for this id before the batch, or
								 * NULL */
	int32_t		debit;			/* position in accounts; -1: none, or not
								 * found */
	int32_t		credit;			/* likewise */
	int32_t		opened;			/* open: free position for the new account */
	int32_t		group;			/* -1: alone; members are adjacent */
	int32_t		same_as;		/* latest earlier entry with the same id, or
								 * -1 */
	WalletStatus fault;			/* told before the id is looked at, or success */
	bool		name_taken;		/* as in WalletView */
	bool		parent_found;
	bool		currency_defined;
	bool		target_found;
	bool		forbidden;

	/* out */
	WalletStatus status;
	const WalletEvent *known;	/* what is recorded for this id by now, or
								 * NULL */
	const WalletEvent *answer;	/* what the receipt shows, or NULL */
	const char *difference;		/* conflict: the field that differs */
	bool		recorded;		/* event is new and must be written */
	bool		replayed;		/* answered from an earlier record */
} WalletEntry;

/* What an account was before a member of the running group touched it. */
typedef struct WalletUndo
{
	int32_t		position;
	WalletAccount account;
} WalletUndo;

/* Undo records that one member may need. */
#define WALLET_UNDO_PER_MEMBER 3

typedef struct WalletBatch
{
	WalletEntry *entries;
	size_t		count;
	WalletAccount *accounts;
	WalletUndo *undo;			/* room for 3 per member of the largest group */
	size_t		undo_count;
	int64_t		next_id;		/* the id that the next record takes */
	bool		replaying;		/* ids are given by the events; next_id is not
								 * used */
	int64_t		outside_cause;	/* replaying: the group failed by this older
								 * refusal; else 0 */
} WalletBatch;

/*
 * Decides all entries in order.  False if an invariant would break: then nothing
 * of the batch may be written, and accounts are worthless.
 */
extern bool wallet_batch_run(WalletBatch *batch);

/* --- between batch.c and group.c --- */

extern bool wallet_group_run(WalletBatch *batch, size_t first, size_t count);
extern WalletStatus wallet_batch_step(WalletBatch *batch, WalletEntry *entry);
extern WalletAccount *wallet_batch_account(WalletBatch *batch, int32_t position);
extern void wallet_batch_answer(WalletEntry *entry, const WalletEvent *known);

#endif
