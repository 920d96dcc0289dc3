/*
 * horizon_row.h
 *		What outlives a server of its clock: the horizon and the timeline in the one
 *		row of wallet.instance.
 *
 * A row that is not of this server and database tells nothing: a copy brought it.
 * It is written by whoever gets it at once: nobody waits for it, because the
 * transaction that has it holds back the horizon as well.
 */
#ifndef WALLET_HORIZON_ROW_H
#define WALLET_HORIZON_ROW_H

#include "postgres.h"

#include "access/xlogdefs.h"
#include "utils/timestamp.h"

typedef struct WalletHorizonRow
{
	int64		horizon;		/* 0: none was stored */
	TimestampTz stored_at;		/* 0: never */
	TimeLineID	timeline;		/* 0: not known */
} WalletHorizonRow;

/*
 * As this transaction may see it: the newest committed row, or, under REPEATABLE
 * READ and above, that of its snapshot.  All zero if there is no row of this
 * database.
 */
extern void wallet_horizon_row_read(WalletHorizonRow *row);

/* The newest committed row, whatever the isolation level. */
extern void wallet_horizon_row_read_newest(WalletHorizonRow *row);

/*
 * Raises the stored horizon to `horizon` if that is greater (0: leaves it) and
 * sets the timeline.  False, and nothing is written, if another transaction has
 * the row, or there is none of this database.  *row is then what was read, else what was written.
 */
extern bool wallet_horizon_row_write(int64 horizon, TimeLineID timeline, WalletHorizonRow *row);

#endif
