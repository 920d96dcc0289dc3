/*
 * ledger.h
 *		A ledger in memory, as the events alone make it.
 */
#ifndef WALLET_LEDGER_H
#define WALLET_LEDGER_H

#include "postgres.h"

#include "audit/findings.h"
#include "audit/references.h"
#include "core/machine.h"
#include "core/types.h"
#include "utils/snapshot.h"

/* An account of the replay. */
typedef struct WalletReplayed
{
	int64		id;				/* key */
	/* what the records say: the end of the chain so far */
	int64		recorded_last;
	int64		recorded_version;
	wallet_int128 recorded_balance;
	WalletAccount account;		/* what the machine says */
	int32_t		queue;			/* its open holds that expire: core/expiry.h */
	/* from the opening */
	WalletBytes name;
	WalletBytes owner;			/* data NULL: none */
	int64		parent;
	uint8_t		metadata_digest[WALLET_DIGEST_BYTES];
	bool		has_metadata;
	bool		metadata_erased;	/* by a redact event */
	int64		broken_event;	/* the first of its events in which something
								 * was found; 0: none */
	/* met in the tables */
	bool		in_account;
	bool		in_balance;
	char		status;
} WalletReplayed;

/* A milestone that must be there. */
typedef struct WalletMilestoneDue
{
	int64		event_id;		/* key, with the account */
	int64		account;
	int64		version;
	wallet_int128 balance;
	wallet_int128 held;
	bool		met;
	char		status;
} WalletMilestoneDue;

/* A code that a define_currency event has defined. */
typedef struct WalletDefined
{
	WalletCurrency currency;	/* key */
	int			exponent;
	int64		event_id;
	bool		met;
	char		status;
} WalletDefined;

typedef struct WalletLedger WalletLedger;

/* With findings NULL nothing is compared: only the result counts. */
extern WalletLedger *wallet_ledger_create(WalletFindings *findings);

/* Replays all events that the snapshot sees, until one; 0 for all. */
extern void wallet_ledger_replay(WalletLedger *ledger, Snapshot snapshot, int64 until_event);

extern WalletReplayed *wallet_ledger_account(WalletLedger *ledger, int64 id);
extern WalletMilestoneDue *wallet_ledger_milestone(WalletLedger *ledger, int64 account, int64 event_id);
extern WalletDefined *wallet_ledger_currency(WalletLedger *ledger, const WalletCurrency *currency);

extern int64 wallet_ledger_account_count(const WalletLedger *ledger);
extern int64 wallet_ledger_milestone_count(const WalletLedger *ledger);

/* Calls back for each account, milestone, currency. */
extern void wallet_ledger_each_account(WalletLedger *ledger, void (*visit) (WalletReplayed *, void *), void *arg);
extern void wallet_ledger_each_milestone(WalletLedger *ledger, void (*visit) (WalletMilestoneDue *, void *), void *arg);
extern void wallet_ledger_each_currency(WalletLedger *ledger, void (*visit) (WalletDefined *, void *), void *arg);

/* --- between ledger.c and replay.c --- */

extern WalletReferences *wallet_ledger_references(WalletLedger *ledger);
extern WalletFindings *wallet_ledger_findings(WalletLedger *ledger);
extern bool wallet_ledger_name_taken(WalletLedger *ledger, WalletBytes name, const WalletCurrency *currency);
extern WalletReplayed *wallet_ledger_add_account(WalletLedger *ledger, const WalletAccount *account,
												 const WalletEvent *event);
extern void wallet_ledger_add_currency(WalletLedger *ledger, const WalletEvent *event);
extern void wallet_ledger_add_milestone(WalletLedger *ledger, const WalletAccount *account, int64 event_id);

#endif
