/*
 * relate.h
 *		Holds and originals that the commands of a call name.
 */
#ifndef WALLET_RELATE_H
#define WALLET_RELATE_H

#include "apply/call.h"

/* Nothing is in play: an attempt begins. */
extern void wallet_relate_reset(WalletCall *call);

/*
 * Gives every command its places in batch.holds and batch.originals, and reads
 * what is there of them, so that their accounts are known.
 */
extern void wallet_relate(WalletCall *call);

/* Reads them again, now that their accounts are locked. */
extern void wallet_relate_loaded(WalletCall *call);

/* Takes event ids, as many as records may be written, and loads the holds that may expire within them. */
extern void wallet_take_ids(WalletCall *call);

#endif
