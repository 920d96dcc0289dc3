/*
 * fold.h
 *		The head of a log, by OpenSSL's SHA-256.
 */
#ifndef WALLET_FOLD_H
#define WALLET_FOLD_H

#include "core/types.h"
#include "replay/log_file.h"

typedef struct WalletFolding
{
	/* in */
	const WalletLog *log;
	uint64_t	wanted;			/* also the head of the first so many events */
	/* out */
	uint64_t	events;
	uint8_t		head[WALLET_DIGEST_BYTES];
	bool		wanted_met;		/* there are so many */
	uint8_t		wanted_head[WALLET_DIGEST_BYTES];
	bool		complete;		/* the log has a trailer, and it says: */
	WalletTrailer trailer;
	bool		failed;			/* the library refused */
} WalletFolding;

/* Folds all events there are, readable or not; void * so that it can be a thread's. */
extern void *wallet_fold_log(void *folding);

#endif
