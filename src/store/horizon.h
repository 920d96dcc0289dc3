/*
 * horizon.h
 *		Up to which event the past is complete, wherever this is asked.
 *
 * The promise.  No event with an id up to the horizon can still appear, and
 * every snapshot that is taken after wallet_horizon() returned sees all that
 * there are.  Under REPEATABLE READ and above, the transaction's own snapshot does.
 *
 * On a primary the clock knows (clock.c).  On a standby it is what the primary
 * stored last, in the one row of wallet.instance, and the promise holds there
 * because of the order of commits:
 *	- The primary told H first, and only then wrote H into the row, in a transaction S.
 *	  When H was told, every transaction that has an event <= H had ended; those that
 *	  committed have their commit record before S's in the WAL.
 *	- A standby replays commits in that order, and a snapshot there is a cut through
 *	  it: one that sees S sees all that committed before S.
 *	- The row was read with a snapshot that saw S, and those taken later see no less.
 * That S itself has a transaction id does no harm: H was told before S took it, if
 * storing is the first that S writes; if not, S was running when H was told, and
 * only made H smaller.  It is not told smaller than before: the row only grows.
 * A crash that loses S loses no transaction before S in the WAL.
 */
#ifndef WALLET_HORIZON_H
#define WALLET_HORIZON_H

#include "postgres.h"

/* No event with an id up to this one can still appear; 0 if none can be told here. */
extern int64 wallet_horizon(void);

/*
 * Stores the horizon for the standbys of this primary and for its own next start,
 * in the caller's transaction, which should be short.  Waits for nobody: if another
 * transaction has just written it, that one's stands.  Returns what is stored now;
 * 0 if that is nothing, because the ledger has no event yet, or is a paused copy.
 */
extern int64 wallet_horizon_store(void);

#endif
