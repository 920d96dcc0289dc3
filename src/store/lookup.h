/*
 * lookup.h
 *		Reading a table by one of its indexes, look-up after look-up.
 */
#ifndef WALLET_LOOKUP_H
#define WALLET_LOOKUP_H

#include "postgres.h"

#include "access/genam.h"
#include "access/skey.h"
#include "store/catalog.h"
#include "utils/snapshot.h"

typedef struct WalletLookup
{
	WalletTable *table;			/* its slot holds the row found last */
	Relation	index;
	IndexScanDesc scan;
} WalletLookup;

/* nkeys: of every look-up.  The snapshot must be active or registered until closed. */
extern void wallet_lookup_open(WalletLookup *lookup, WalletRelation table, WalletRelation index,
							   int nkeys, Snapshot snapshot);
extern void wallet_lookup_close(WalletLookup *lookup);

/* Starts a look-up with keys on columns of the index; wallet_lookup_next then gives the rows in its order. */
extern void wallet_lookup_start(WalletLookup *lookup, ScanKey keys);
extern bool wallet_lookup_next(WalletLookup *lookup);

/* The row whose first index column, a bigint, is this; for a look-up of one key. */
extern bool wallet_lookup_id(WalletLookup *lookup, int64 id);

#endif
