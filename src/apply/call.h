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
#include "store/holds.h"

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
	Datum		amount;			/* numeric, or a limit; 0: none, or all */
	Datum		metadata;		/* jsonb; 0: none */
	Datum		floor;			/* open: numeric; 0: none */
	Datum		ceiling;		/* open: numeric; 0: none */
	WalletBytes owner;			/* open: data NULL for none */
	WalletBytes reason;			/* freeze, unfreeze: data NULL for none */
	int			window_seconds; /* set_spend_limit; 0: none */
	int32		bearer;			/* capture, release, reverse: the command of
								 * this call, from 1, that is to bring forth
								 * what it names; 0: it is there, or nowhere */
	int			exponent;		/* define_currency: as asked; else resolved,
								 * -1 unknown */
} WalletRequest;

typedef struct WalletRelations WalletRelations;

/* A call.  The door fills the first part; answers are in batch.entries. */
typedef struct WalletCall
{
	WalletRequest *requests;
	WalletBatch batch;			/* entries: identity and plain inputs filled */
	bool		single;			/* one command, no subtransaction, refusals
								 * are not recorded */
	int			group_max;		/* members of the largest group; 0: no groups */
	int64		call_start_boot;	/* wallet_clock_boot() when it began */

	/* of the running attempt */
	Snapshot	snapshot;
	WalletEvents *events;
	WalletBalances balances;
	WalletBalanceRow *rows;		/* as loaded; same positions as batch.accounts */
	int64	   *ids;			/* accounts, ascending */
	size_t		id_count;
	size_t		opened_count;	/* positions after id_count that openings fill */
	bool		relates;		/* some command names or places a hold, or
								 * names an original */
	WalletRelations *relations; /* see relate.c; NULL if none is in play */
	WalletHoldRow *hold_rows;	/* as loaded; same positions as batch.holds */
	size_t		hold_count;
	WalletReversalRow *reversal_rows;	/* likewise, of batch.originals */
	size_t		original_count;
} WalletCall;

/* Which commands are recorded already, and which repeat one of this call. */
extern void wallet_find_known(WalletCall *call);

/* Names, codes and numbers into ids, exponents and minor units; faults where that fails. */
extern void wallet_resolve(WalletCall *call);

/* False if command i was refused for want of an account that exists by now. */
extern bool wallet_names_are_current(WalletCall *call, size_t i);

/* The same for amounts whose accounts were named by id: they have been loaded by now. */
extern void wallet_resolve_loaded(WalletCall *call);

/* Position of an account in the footprint, -1 if it is not there. */
extern int32 wallet_call_position(const WalletCall *call, int64 id);

/* Locks all accounts of undecided commands in id order and loads them. */
extern void wallet_load(WalletCall *call);

/* Marks the commands whose payer the user may not debit. */
extern void wallet_check_rights(WalletCall *call);

/* Tells the server's log if commands were refused for want of a right. */
extern void wallet_log_forbidden(const WalletCall *call);

/* Writes what was decided; false if that is out of date (an id is taken, a name has appeared): nothing may stay. */
extern bool wallet_save(WalletCall *call);

/* Errors out where no command can run: no preload, read-only, a standby, a parallel worker. */
extern void wallet_check_environment(void);

/* The pipeline: decides all commands of the call and writes what came of them. */
extern void wallet_pipeline_run(WalletCall *call);

#endif
