/*
 * horizon.c
 *		A primary computes its horizon (clock.c); a standby has no clock of its own
 *		and knows none.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "store/clock.h"
#include "store/horizon.h"

int64
wallet_horizon(void)
{
	if (!wallet_clock_available() || RecoveryInProgress())
		return 0;
	return wallet_clock_horizon();
}
