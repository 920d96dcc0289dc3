/*
 * holds.h
 *		The rows of wallet.hold and wallet.reversal: what of earlier commands later
 *		ones need.  A hold is guarded by the lock on its payer's balance, what was
 *		reversed of an event by the locks on both its balances: no row of these
 *		tables is locked by itself.
 */
#ifndef WALLET_HOLDS_H
#define WALLET_HOLDS_H

#include "postgres.h"

#include "core/types.h"
#include "storage/itemptr.h"
#include "store/lookup.h"

/* A row, and where it is; an invalid tid: nowhere yet. */
typedef struct WalletHoldRow
{
	WalletHold	hold;
	ItemPointerData tid;
	int32		bearer;			/* the caller's */
} WalletHoldRow;

typedef struct WalletReversalRow
{
	wallet_int128 reversed;
	ItemPointerData tid;
	int32		bearer;			/* the caller's */
} WalletReversalRow;

/* Reading, under one snapshot, which must be active or registered until closed. */
typedef struct WalletHolds
{
	WalletLookup by_id;
	WalletLookup by_payer;
} WalletHolds;

extern void wallet_holds_open(WalletHolds *holds, Snapshot snapshot);
extern void wallet_holds_close(WalletHolds *holds);

/* False if there is no such hold. */
extern bool wallet_holds_find(WalletHolds *holds, const WalletUuid *id, WalletHoldRow *row);

/* The payer's open holds that expire, the next one first: start, then next until false. */
extern void wallet_holds_start(WalletHolds *holds, int64 payer);
extern bool wallet_holds_next(WalletHolds *holds, WalletHoldRow *row);

/* What was reversed of an event so far; false, and 0, if nothing. */
extern bool wallet_reversals_find(const WalletUuid *original, Snapshot snapshot, WalletReversalRow *row);

/* What a row says; false if its money is impossible. */
extern bool wallet_hold_from_slot(TupleTableSlot *slot, WalletHold *hold, int *exponent);

/*
 * Writing: a row without a tid is inserted, another is replaced.  False, and nothing
 * written, if somebody else is inserting the same: then his command has the same id.
 */
typedef struct WalletHoldWriter WalletHoldWriter;

extern WalletHoldWriter *wallet_hold_writer_open(Snapshot snapshot);
extern void wallet_hold_writer_close(WalletHoldWriter *writer);
extern bool wallet_hold_write(WalletHoldWriter *writer, const ItemPointerData *tid,
							  const WalletHold *hold, int exponent);
extern bool wallet_reversal_write(WalletHoldWriter *writer, const ItemPointerData *tid,
								  const WalletOriginal *original, int exponent);

#endif
