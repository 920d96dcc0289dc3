/*
 * balances.h
 *		The rows of wallet.balance: found, locked, loaded, written back.
 */
#ifndef WALLET_BALANCES_H
#define WALLET_BALANCES_H

#include "postgres.h"

#include "access/genam.h"
#include "core/types.h"
#include "storage/itemptr.h"
#include "store/catalog.h"
#include "utils/snapshot.h"

/* A locked row: what the machine sees of it, and what only the store needs. */
typedef struct WalletBalanceRow
{
	WalletAccount account;		/* as loaded; never changed here */
	ItemPointerData tid;
	bool		owned;
	bool		scaled;			/* all money is shown with the currency's
								 * decimals */
} WalletBalanceRow;

/* The table with its primary key, opened for a run of look-ups. */
typedef struct WalletBalances
{
	WalletTable *table;
	Relation	index;
	IndexScanDesc scan;
	Snapshot	snapshot;
} WalletBalances;

/* The snapshot must be active or registered until closed. */
extern void wallet_balances_open(WalletBalances *balances, LOCKMODE lockmode, Snapshot snapshot);
extern void wallet_balances_close(WalletBalances *balances);

/* Reads the row without locking it; false if there is none. */
extern bool wallet_balances_read(WalletBalances *balances, int64 id, WalletBalanceRow *row);

/*
 * Locks the row against other writers and loads its newest version; false if
 * there is none.  Under REPEATABLE READ a row changed since the snapshot is a
 * serialization failure.
 */
extern bool wallet_balances_lock(WalletBalances *balances, int64 id, WalletBalanceRow *row);

/* Writes the state of a locked row back. */
extern void wallet_balances_update(WalletBalances *balances, WalletBalanceRow *row,
								   const WalletAccount *account);

extern void wallet_balances_insert(WalletBalances *balances, const WalletAccount *account,
								   bool owned);

/* The row that says this, in a slot of the table's. */
extern void wallet_balance_to_slot(const WalletAccount *account, bool owned, TupleTableSlot *slot);

/*
 * What a row of the table says.  False if it cannot be an account's state;
 * *reason then says why.
 */
extern bool wallet_balance_from_slot(TupleTableSlot *slot, WalletBalanceRow *row,
									 const char **reason);

#endif
