/*
 * error.c
 *		The one place where a status becomes an ereport.
 */
#include "pg/error.h"

int
wallet_errcode(WalletStatus status)
{
	const char *state = wallet_status_info(status)->sqlstate;

	return MAKE_SQLSTATE(state[0], state[1], state[2], state[3], state[4]);
}

void
wallet_raise(WalletStatus status, const char *detail, const char *hint)
{
	const WalletStatusInfo *info = wallet_status_info(status);

	if (hint == NULL)
		hint = info->hint;
	ereport(ERROR,
			(errcode(wallet_errcode(status)),
			 errmsg("%s", info->message),
			 detail ? errdetail("%s", detail) : 0,
			 hint[0] ? errhint("%s", hint) : 0));
	pg_unreachable();
}
