/*
 * accounts.h
 *		wallet.account: who an account is.  Immutable, so what is committed may be
 *		remembered by a session.
 */
#ifndef WALLET_ACCOUNTS_H
#define WALLET_ACCOUNTS_H

#include "postgres.h"

#include "core/types.h"
#include "executor/tuptable.h"
#include "utils/snapshot.h"

/* One row of wallet.account; strings are palloc'd, NULL where the column is. */
typedef struct WalletIdentity
{
	int64		id;
	int64		parent;			/* 0: none */
	WalletBytes name;
	WalletCurrency currency;
	WalletBytes owner;			/* data NULL: none */
	Datum		metadata;		/* jsonb; 0: none */
} WalletIdentity;

/* Id of (name, currency) as the snapshot sees it, 0 if there is none. */
extern int64 wallet_accounts_find(WalletBytes name, const WalletCurrency *currency, Snapshot snapshot);

/* The currencies in which the name has accounts, as "EUR, USD"; NULL if none. */
extern char *wallet_accounts_currencies(WalletBytes name, Snapshot snapshot);

/* The account's identity; false if there is no such id. */
extern bool wallet_accounts_read(int64 id, Snapshot snapshot, WalletIdentity *identity);

/* What a row says; strings are borrowed from the slot. */
extern void wallet_identity_from_slot(TupleTableSlot *slot, WalletIdentity *identity);

/* The row as it must be; its texts are palloc'd. */
extern void wallet_identity_to_slot(const WalletIdentity *identity, TupleTableSlot *slot);

/*
 * Is the name taken, by whomever, committed or not?  Waits for a transaction that
 * is taking it.
 */
extern bool wallet_accounts_taken(WalletBytes name, const WalletCurrency *currency);

/* False, and nothing inserted, if the name is taken or being taken. */
extern bool wallet_accounts_insert(const WalletIdentity *identity);

#endif
