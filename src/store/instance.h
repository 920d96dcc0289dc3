/*
 * instance.h
 *		wallet.instance: whose ledger this is, and whether what works by itself may.
 */
#ifndef WALLET_INSTANCE_H
#define WALLET_INSTANCE_H

#include "postgres.h"

/* Columns of wallet.instance; the last three are horizon_row.c's. */
enum
{
	WALLET_INSTANCE_ONLY_ROW,
	WALLET_INSTANCE_SYSTEM_IDENTIFIER,
	WALLET_INSTANCE_DATABASE,
	WALLET_INSTANCE_TIMELINE,
	WALLET_INSTANCE_HORIZON,
	WALLET_INSTANCE_HORIZON_AT,
	WALLET_INSTANCE_COLUMNS
};

/*
 * True if the ledger is empty and nobody's: whoever records the first event then claims
 * it.  Called before any row of the call is locked; waits for another transaction
 * that may be recording the first event, and makes the next one wait for this.
 */
extern bool wallet_instance_is_due(void);

/* Writes that the ledger is this database's, in the transaction of its first event. */
extern void wallet_instance_claim(void);

/* Makes the ledger this database's, whose ever it was. */
extern void wallet_instance_resume(void);

/*
 * Why engine and courier must not work here, a clause without a full stop, palloc'd
 * or constant; NULL: they may.  Needs a transaction.
 */
extern const char *wallet_instance_paused_reason(void);

#endif
