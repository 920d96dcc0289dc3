/*
 * call.h
 *		One call of a command function: what was asked, and what the pipeline
 *		carries from step to step.
 */
#ifndef WALLET_CALL_H
#define WALLET_CALL_H

#include "postgres.h"

#include "core/batch.h"
#include "store/balances.h"
#include "store/events.h"

/* What one command said that the machine does not read: names and unscaled numbers. */
typedef struct WalletRequest
{
	WalletStatus fault;			/* found by the door: needs no state; or
								 * success */
	bool		by_id;			/* from_id, to_id instead of from, to,
								 * currency */
	WalletBytes from;			/* open: the name */
	WalletBytes to;				/* open: the parent; data NULL for none */
	WalletBytes currency;
	int64		from_id;
	int64		to_id;
	Datum		amount;			/* numeric; define_currency and open: none */
	Datum		metadata;		/* jsonb; 0: none */
	Datum		floor;			/* open: numeric; 0: none */
	Datum		ceiling;		/* open: numeric; 0: none */
	WalletBytes owner;			/* open: data NULL for none */
	int			exponent;		/* define_currency: as asked; else resolved,
								 * -1 unknown */
} WalletRequest;

/* A call.  The door fills the first part; answers are in batch.entries. */
typedef struct WalletCall
{
	WalletRequest *requests;
	WalletBatch batch;			/* entries: identity and plain inputs filled */
	bool		single;			/* one command, no subtransaction, refusals
								 * are not recorded */
	int			group_max;		/* members of the largest group; 0: no groups */
	int64		call_start;		/* microseconds since 1970 */

	/* of the running attempt */
	Snapshot	snapshot;
	WalletEvents *events;
	WalletBalances balances;
	WalletBalanceRow *rows;		/* as loaded; same positions as batch.accounts */
	int64	   *ids;			/* accounts, ascending */
	size_t		id_count;
	size_t		opened_count;	/* positions after id_count that openings fill */
} WalletCall;

/* Which commands are recorded already, and which repeat one of this call. */
extern void wallet_find_known(WalletCall *call);

/* Names, codes and numbers into ids, exponents and minor units; faults where that fails. */
extern void wallet_resolve(WalletCall *call);

/* The same for amounts whose accounts were named by id: they have been loaded by now. */
extern void wallet_resolve_loaded(WalletCall *call);

/* Locks all accounts of undecided commands in id order and loads them. */
extern void wallet_load(WalletCall *call);

/* Marks the commands whose payer the user may not debit. */
extern void wallet_check_rights(WalletCall *call);

/* Writes what was decided; false if an id turned out to be taken: nothing may stay. */
extern bool wallet_save(WalletCall *call);

/* Errors out where no command can run: no preload, read-only, a standby, a parallel worker. */
extern void wallet_check_environment(void);

/* The pipeline: decides all commands of the call and writes what came of them. */
extern void wallet_pipeline_run(WalletCall *call);

#endif
