/*
 * batch.h
 *		Many commands in order, some of them in groups that stand or fall together
 *		(format-1.md, 7).  Every door runs its commands through here, one or
 *		many, and replay runs groups through here again.
 *
 * Commands that name a hold or an original may name one that an earlier command
 * of the batch brings forth: both have the same place in `holds` or `originals`.
 * What was there before the batch lies in its place from the start.
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
	int32_t		hold;			/* position in holds.  hold: free, or of an
								 * earlier command with the same id; capture,
								 * release: of the hold named, -1: nowhere */
	int32_t		original;		/* reverse: position in originals of what it
								 * names, -1: nowhere */
	int32_t		becomes;		/* position in originals that this one's
								 * record fills, for a later command that
								 * reverses it; -1: none does */

	/*
	 * what earlier entries may open or define: their positions in entries, -1
	 * none
	 */
	int32_t		debit_birth;	/* the account named as debit */
	int32_t		credit_birth;
	int32_t		parent_birth;	/* open: the parent */
	int32_t		rival;			/* open: the latest that opens the same name */
	int32_t		needs;			/* defines the currency */
	uint8_t    *parent_detail;	/* the detail, to write the parent's id into */
	int32_t		group;			/* -1: alone; members are adjacent */
	int32_t		same_as;		/* latest earlier entry with the same id, or
								 * -1 */
	WalletStatus fault;			/* told before the id is looked at, or success */
	bool		guessed;		/* the exponent of a part's amount: see
								 * wallet_batch_fits */
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

/* An expire event, and the holds that it closed. */
typedef struct WalletExpire
{
	WalletEvent event;
	int32_t		account;		/* position in accounts */
	int32_t		entry;			/* it comes before this one; -1: nobody's
								 * command called for it */
	int32_t		first;			/* position in holds; the others follow by
								 * `next` - 1 */
	size_t		count;
} WalletExpire;

typedef enum WalletUndoKind
{
	WALLET_UNDO_ACCOUNT,
	WALLET_UNDO_HOLD,
	WALLET_UNDO_ORIGINAL
} WalletUndoKind;

/* What an account, hold or original was before a member of the running group touched it. */
typedef struct WalletUndo
{
	int32_t		position;
	WalletUndoKind kind;
	union
	{
		WalletAccount account;
		WalletHold	hold;
		WalletOriginal original;
	}			before;
} WalletUndo;

/* Undo records that one member may need: two accounts, what it names, what it becomes. */
#define WALLET_UNDO_PER_MEMBER 4

typedef struct WalletBatch
{
	WalletEntry *entries;
	size_t		count;
	WalletAccount *accounts;
	WalletUndo *undo;			/* room for WALLET_UNDO_PER_MEMBER per member
								 * of the largest group */
	size_t		undo_count;
	WalletHold *holds;			/* NULL: no hold is in play */
	int32_t    *queues;			/* per account its open holds that expire, see
								 * expiry.h; NULL only if holds is */
	WalletOriginal *originals;	/* NULL: nothing is reversed */
	WalletExpire *expires;		/* out: in order of their ids */
	size_t		expire_count;
	size_t		expire_room;	/* as many ids may be used besides one per
								 * entry */
	int64_t		next_id;		/* the id that the next record takes */
	bool		has_births;		/* some entry may name what another is to open
								 * or define */
	bool		replaying;		/* ids are given by the events; next_id is not
								 * used */
	int64_t		outside_cause;	/* replaying: the group failed by this older
								 * refusal; else 0 */
	bool		exhausted;		/* out: expire_room was too small */
} WalletBatch;

/*
 * Decides all entries in order.  False if an invariant would break, or if the
 * batch was exhausted: then nothing of it may be written, and accounts, holds
 * and originals are worthless.
 *
 * Needed of the holds, for each account that an entry may touch: in `holds` and
 * in its queue all open ones that have an expires_at no later than the last id
 * that may be used, and in order of their expiry as many more as captures and
 * releases of this account's holds are in the batch, and one.  For next_expiry
 * is exact: when the first hold is settled, the next one must be known.
 */
extern bool wallet_batch_run(WalletBatch *batch);

/*
 * Writes the expire events that are due for an account at the next id, if any:
 * what a sweeper does.  False as above.
 */
extern bool wallet_batch_expire_account(WalletBatch *batch, int32_t account, WalletBytes actor);

/* --- between batch.c and group.c --- */

extern bool wallet_group_run(WalletBatch *batch, size_t first, size_t count);
extern WalletStatus wallet_batch_step(WalletBatch *batch, WalletEntry *entry);

/*
 * Lets an entry name what earlier ones have opened.  Members of its own group are not
 * among them: if the group failed, their records would name what never was.
 * unknown_currency if the definition that it needs was refused.
 */
extern WalletStatus wallet_batch_meet(WalletBatch *batch, WalletEntry *entry);

/* Has the id that comes next reached a hold of the account's?  In replay expire events are records like others. */
static inline bool
wallet_batch_is_due(const WalletBatch *batch, int32_t account)
{
	return account >= 0 && !batch->replaying &&
		wallet_account_is_due(&batch->accounts[account], batch->next_id);
}

static inline bool
wallet_batch_has_due(const WalletBatch *batch, const WalletEntry *entry)
{
	return wallet_batch_is_due(batch, entry->debit) || wallet_batch_is_due(batch, entry->credit);
}

/* Writes what is due before the entry, for its debit first.  False as above. */
extern bool wallet_batch_expire(WalletBatch *batch, const WalletEntry *entry);

/* Is a hold or an original in play? */
static inline bool
wallet_batch_refers(const WalletBatch *batch)
{
	return batch->holds != NULL || batch->originals != NULL;
}

/*
 * Gives a capture, release or reversal the accounts of what it names: of what is
 * there, or of the member of its group that is to bring it forth.  False if
 * there is neither.  True for all other kinds.
 */
extern bool wallet_batch_refer(WalletBatch *batch, WalletEntry *entry);

/*
 * Is the amount of a part in the currency of what it is a part of?  It was read before
 * that was known, if an earlier entry brings it forth.
 */
extern bool wallet_batch_fits(const WalletBatch *batch, const WalletEntry *entry);

/* The hold that the entry names or places, NULL if none. */
extern WalletHold *wallet_batch_hold(WalletBatch *batch, const WalletEntry *entry);

static inline WalletOriginal *
wallet_batch_original(WalletBatch *batch, int32_t position)
{
	return batch->originals == NULL || position < 0 ? NULL : &batch->originals[position];
}

/* From now on a later reversal finds the entry's record. */
extern void wallet_batch_remember(WalletBatch *batch, const WalletEntry *entry);
extern WalletAccount *wallet_batch_account(WalletBatch *batch, int32_t position);
extern void wallet_batch_answer(WalletEntry *entry, const WalletEvent *known);

#endif
