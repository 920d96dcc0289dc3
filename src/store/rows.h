/*
 * rows.h
 *		Rows found by a key, locked in their newest version, replaced or deleted:
 *		what redaction and rebuild share.  The triggers that keep the tables
 *		immutable do not see this; who calls it leaves an event that says so.
 */
#ifndef WALLET_ROWS_H
#define WALLET_ROWS_H

#include "postgres.h"

#include "access/relscan.h"
#include "access/skey.h"
#include "store/catalog.h"
#include "utils/snapshot.h"

typedef struct WalletRows
{
	WalletTable *table;			/* its slot holds the locked row */
	TupleTableSlot *changed;	/* for what replaces it */
	Relation	index;
	IndexScanDesc scan;
	Snapshot	snapshot;
} WalletRows;

/* The snapshot must be active or registered until closed; keys are copied. */
extern void wallet_rows_open(WalletRows *rows, WalletRelation table, WalletRelation index,
							 Snapshot snapshot, ScanKey keys, int nkeys);
extern void wallet_rows_close(WalletRows *rows);

/*
 * Locks the next row against other writers, waiting for them, and loads its newest
 * version, which may have another key; a row deleted meanwhile is passed over.
 * Under REPEATABLE READ a row changed since the snapshot is a serialization failure.
 */
extern bool wallet_rows_lock_next(WalletRows *rows);

/* Starts `changed` as a copy of the locked row, to be changed and stored. */
extern void wallet_rows_copy(WalletRows *rows);

/* Puts `changed`, which is stored, in the place of the locked row, with all index entries. */
extern void wallet_rows_replace(WalletRows *rows);

extern void wallet_rows_delete(WalletRows *rows);

#endif
