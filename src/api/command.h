/*
 * command.h
 *		What the command functions share: arguments in, receipts out.
 */
#ifndef WALLET_COMMAND_H
#define WALLET_COMMAND_H

#include "postgres.h"

#include "apply/call.h"
#include "fmgr.h"

#define WALLET_METADATA_MAX 65536	/* bytes as text */
#define WALLET_BATCH_MAX	65536	/* commands in a call */

/* A call of n commands of one kind, zeroed, with actor and times set. */
extern WalletCall *wallet_call_begin(int n, WalletKind kind, bool single);

/* WA023 unless the bytes may be a name that users use. */
extern WalletStatus wallet_check_name(WalletBytes name);

/* NULL argument: empty bytes, which no check accepts. */
extern WalletBytes wallet_arg_bytes(FunctionCallInfo fcinfo, int i);

/* Puts metadata and its digest into the command; WA026 if it is too large. */
extern WalletStatus wallet_set_metadata(WalletRequest *request, WalletEvent *event, Datum jsonb);

/* A bulk call of n commands; kind 0: each gets its own. */
extern WalletCall *wallet_bulk_begin(int n, WalletKind kind);

/* Runs it and answers one wallet.outcome per command. */
extern Datum wallet_bulk_run(FunctionCallInfo fcinfo, WalletCall *call);

extern bool wallet_atomic_arg(FunctionCallInfo fcinfo, int arg);

/* The group of one command, if it has any. */
typedef struct WalletGroupNumber
{
	int32		number;
	bool		given;
} WalletGroupNumber;

/* groups: one per command, or NULL; atomic: all are one group.  An error if a number comes back. */
extern void wallet_call_group(WalletCall *call, const WalletGroupNumber *groups, bool atomic);

/* Keeps the first fault. */
static inline void
wallet_fault(WalletRequest *request, WalletStatus status)
{
	if (request->fault == WALLET_success)
		request->fault = status;
}

/* Columns of wallet.receipt. */
#define WALLET_RECEIPT_COLUMNS 8

/* Fills status ... replayed of a receipt. */
extern void wallet_receipt_fill(const WalletEntry *entry, Datum *values, bool *isnull);

/* The receipt of a single command as a composite; fcinfo's function returns wallet.receipt. */
extern Datum wallet_receipt_make(FunctionCallInfo fcinfo, const WalletEntry *entry);

/* Raises the refusal of a single command, with all that is known about it. */
extern void wallet_refusal_raise(WalletCall *call, const char *argument_fault);

#endif
