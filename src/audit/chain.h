/*
 * chain.h
 *		The events of one account, walked from new to old.
 *
 * No index leads from an account to its events (format-1.md, 10): each event names
 * the one before it in the chain of either account, the balance row names the
 * newest, and a milestone is kept at every 256th.  Any moment is one look-up and at
 * most 256 steps away.
 */
#ifndef WALLET_CHAIN_H
#define WALLET_CHAIN_H

#include "postgres.h"

#include "core/types.h"
#include "fmgr.h"
#include "store/lookup.h"
#include "utils/snapshot.h"

typedef struct WalletChain
{
	int64		account;		/* its id: also the event_id of its opening */
	int64		last_event;		/* newest event of the chain */
	uint8_t		exponent;
	Snapshot	snapshot;
	WalletLookup events;
	/* where it stands, after a successful seek */
	WalletEvent event;			/* bytes are borrowed until the next step */
	bool		debit;			/* the account is the event's debit, else its
								 * credit */
} WalletChain;

/*
 * The chain of an account as the snapshot sees it, palloc'd; NULL if there is no such
 * account.  The snapshot must be active or registered until closed.
 */
extern WalletChain *wallet_chain_open(WalletBytes name, WalletBytes currency, Snapshot snapshot);

/* The same for the first two arguments of a function, by the snapshot of the query that calls it; NULLs name no account. */
extern WalletChain *wallet_chain_open_args(FunctionCallInfo fcinfo);
extern void wallet_chain_close(WalletChain *chain);

/* To the newest event with an id <= moment; false if the account was not open then. */
extern bool wallet_chain_seek(WalletChain *chain, int64 moment);

/* To the event before; false at the opening. */
extern bool wallet_chain_back(WalletChain *chain);

/* Of the event on which the chain stands, in minor units. */
extern wallet_int128 wallet_chain_balance(const WalletChain *chain);
extern wallet_int128 wallet_chain_change(const WalletChain *chain);

/*
 * Is the event in the chain of the account, and on which side?  *prev: the event
 * before it, 0 for the opening.
 */
extern bool wallet_event_in_chain(const WalletEvent *event, int64 account, bool *debit, int64 *prev);

/* By how much a success changes the balance of its debit or its credit. */
extern wallet_int128 wallet_event_change(const WalletEvent *event, bool debit);

/* Do successes of this kind change balances? */
extern bool wallet_kind_moves_money(uint16_t kind);

#endif
