/*
 * tables.h
 *		The derived tables, held against a replayed ledger.
 */
#ifndef WALLET_TABLES_H
#define WALLET_TABLES_H

#include "audit/ledger.h"
#include "executor/tuptable.h"
#include "store/catalog.h"
#include "fmgr.h"

/* Runs what fills fcinfo's set of rows, shown in wallet.progress under the command's name. */
extern Datum wallet_audit_run(const char *command, void (*work) (FunctionCallInfo),
							  FunctionCallInfo fcinfo);

typedef void (*WalletRowVisitor) (void *arg, TupleTableSlot *slot);

/* Visits all rows, and shows progress; total: how many there should be, 0 if nobody knows. */
extern void wallet_audit_each_row(WalletRelation which, const char *phase, int64 total, void *arg,
								  Snapshot snapshot, WalletRowVisitor visit);

extern void wallet_audit_holds(WalletLedger *ledger, Snapshot snapshot);
extern void wallet_audit_reversals(WalletLedger *ledger, Snapshot snapshot);
extern void wallet_audit_accounts(WalletLedger *ledger, Snapshot snapshot);
extern void wallet_audit_balances(WalletLedger *ledger, Snapshot snapshot);
extern void wallet_audit_currencies(WalletLedger *ledger, Snapshot snapshot);
extern void wallet_audit_milestones(WalletLedger *ledger, Snapshot snapshot);

/* Every seal, against a digest of its events made again. */
extern void wallet_audit_seals(WalletFindings *findings, Snapshot snapshot);

/* Triggers that keep the past immutable, and nothing that would make writing bypass somebody. */
extern void wallet_audit_guards(WalletFindings *findings);

/* Balances once more, in plain SQL that shares no code with the machine. */
extern void wallet_audit_recompute(WalletFindings *findings);

#endif
