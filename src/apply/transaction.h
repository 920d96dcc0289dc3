/*
 * transaction.h
 *		Whether the running transaction has written to the wallet.
 */
#ifndef WALLET_TRANSACTION_H
#define WALLET_TRANSACTION_H

#include "postgres.h"

/* Called by whatever is about to write. */
extern void wallet_transaction_writes(void);

/* Also true if what wrote was rolled back to a savepoint since. */
extern bool wallet_transaction_has_written(void);

#endif
