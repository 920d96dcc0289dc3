/*
 * horizon.c
 *		A primary computes its horizon (clock.c) and stores it now and then; a standby
 *		reads what was stored.  Why that is enough is in horizon.h.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "store/clock.h"
#include "store/horizon.h"
#include "store/horizon_row.h"

int64
wallet_horizon(void)
{
	WalletHorizonRow row;

	if (RecoveryInProgress())
	{
		wallet_horizon_row_read(&row);
		return row.horizon;
	}
	return wallet_clock_available() ? wallet_clock_horizon() : 0;
}

int64
wallet_horizon_store(void)
{
	int64		horizon;
	WalletHorizonRow row;

	/* The timeline is only to be written by a clock that has jumped for it. */
	if (!wallet_clock_available())
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("wallet is not loaded in this server"),
				 errhint("Add wallet to shared_preload_libraries and restart the server. Reading works without.")));
	horizon = wallet_clock_horizon();
	(void) wallet_horizon_row_write(horizon, GetWALInsertionTimeLine(), &row);
	return row.horizon;
}
