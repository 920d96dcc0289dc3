/*
 * transaction.c
 *		One flag per transaction, from its first write to its end.
 */
#include "postgres.h"

#include "access/xact.h"
#include "pg/failpoint.h"
#include "apply/transaction.h"

static bool has_written = false;

static void
at_end(XactEvent event, void *arg)
{
	if (!has_written)
		return;
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
			WALLET_FAILPOINT(before_commit);
			break;
		case XACT_EVENT_COMMIT:
			has_written = false;
			WALLET_FAILPOINT(after_commit);
			break;
		case XACT_EVENT_PRE_PREPARE:
			WALLET_FAILPOINT(before_prepare);
			break;
		case XACT_EVENT_PREPARE:
			has_written = false;
			WALLET_FAILPOINT(after_prepare);
			break;
		case XACT_EVENT_ABORT:
			has_written = false;
			break;
		default:
			break;
	}
}

void
wallet_transaction_writes(void)
{
	static bool registered = false;

	if (!registered)
	{
		RegisterXactCallback(at_end, NULL);
		registered = true;
	}
	has_written = true;
}

bool
wallet_transaction_has_written(void)
{
	return has_written;
}
