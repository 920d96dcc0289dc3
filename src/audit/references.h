/*
 * references.h
 *		Holds and reversed originals of a replay, by the id that commands name them by.
 */
#ifndef WALLET_REFERENCES_H
#define WALLET_REFERENCES_H

#include "postgres.h"

#include "core/types.h"
#include "store/catalog.h"
#include "utils/snapshot.h"

/*
 * All holds that the log has placed, and what was reversed of which originals: some
 * 200 bytes each.  Positions stay; the arrays move when one is added.
 */
typedef struct WalletReferences
{
	MemoryContext memory;
	struct uuid_map_hash *hold_ids;
	WalletHold *holds;
	bool	   *holds_met;		/* in wallet.hold */
	size_t		hold_count;
	size_t		hold_room;
	struct uuid_map_hash *original_ids;
	WalletOriginal *originals;
	bool	   *originals_met;	/* in wallet.reversal */
	size_t		original_count;
	size_t		original_room;
} WalletReferences;

extern WalletReferences *wallet_references_create(MemoryContext memory);

/* The place of the hold with that id: of the one that is there, or an empty one. */
extern int32 wallet_references_place_hold(WalletReferences *references, const WalletUuid *id);

/* -1: no event has placed it. */
extern int32 wallet_references_find_hold(const WalletReferences *references, const WalletUuid *id);

extern int32 wallet_references_find_original(const WalletReferences *references, const WalletUuid *id);

/*
 * The place of an original.  The first time it is read from the log, where it must be
 * recorded before event `before`; else its place is empty.
 */
extern int32 wallet_references_place_original(WalletReferences *references, WalletTable *events,
											  Snapshot snapshot, const WalletUuid *id, int64 before);

#endif
