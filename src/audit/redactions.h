/*
 * redactions.h
 *		What replay knows of erased metadata: whose is missing, and which events
 *		say that it may be.
 */
#ifndef WALLET_REDACTIONS_H
#define WALLET_REDACTIONS_H

#include "audit/ledger.h"
#include "store/catalog.h"

typedef struct WalletRedactions WalletRedactions;

/* Both outlive it. */
extern WalletRedactions *wallet_redactions_create(WalletTable *events, Snapshot snapshot);

/* An event whose digest is there and whose metadata is not. */
extern void wallet_redactions_miss(WalletRedactions *redactions, const WalletEvent *event);

/*
 * A redact event: does its target exist, recorded before it?  Tells what of the
 * target has still its metadata; findings may be NULL.
 */
extern bool wallet_redactions_apply(WalletRedactions *redactions, WalletLedger *ledger,
									WalletFindings *findings, const WalletEvent *event);

/*
 * Without a replay: is there a redact event of that transaction_id?  Most have the
 * id computed from it, which is one look-up; if not, all events are read, once.
 */
extern bool wallet_redactions_excuse(WalletRedactions *redactions, const WalletUuid *id);

/* At the end of the log: what is missing and was never redacted. */
extern void wallet_redactions_end(WalletRedactions *redactions, WalletFindings *findings);

#endif
