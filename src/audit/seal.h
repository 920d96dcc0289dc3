/*
 * seal.h
 *		The chain of digests over the log, as doc/format-1.md, 3 defines it.
 */
#ifndef WALLET_SEAL_AUDIT_H
#define WALLET_SEAL_AUDIT_H

#include "postgres.h"

#include "core/digest.h"
#include "store/seals.h"

/* Events folded in order; when a block is full, its seal. */
typedef struct WalletFold
{
	WalletHead	head;
	WalletSeal	seal;			/* of the block folded last, or being folded */
} WalletFold;

extern void wallet_fold_start(WalletFold *fold);

/* Goes on after a sealed block. */
extern void wallet_fold_resume(WalletFold *fold, const WalletSeal *seal);

/* True if the event filled a block: fold->seal is its seal. */
extern bool wallet_fold_event(WalletFold *fold, const WalletEvent *event);

#endif
