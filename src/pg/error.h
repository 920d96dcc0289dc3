/*
 * error.h
 *		From the machine's statuses to PostgreSQL's errors.
 */
#ifndef WALLET_ERROR_H
#define WALLET_ERROR_H

#include "postgres.h"

#include "core/status.h"

/* The status's SQLSTATE, packed. */
extern int	wallet_errcode(WalletStatus status);

/*
 * Raises the status with its message and hint.  detail: a sentence that names
 * the account, amount or limit, or NULL; hint: instead of the status's own, or
 * NULL.
 */
extern _Noreturn void wallet_raise(WalletStatus status, const char *detail, const char *hint);

/* invalid_argument with a message of its own. */
#define wallet_raise_argument(...) \
	ereport(ERROR, (errcode(wallet_errcode(WALLET_invalid_argument)), errmsg(__VA_ARGS__)))

/* ledger_corrupt with what was seen. */
#define wallet_raise_corrupt(...) \
	ereport(ERROR, \
			(errcode(wallet_errcode(WALLET_ledger_corrupt)), \
			 errmsg("%s", wallet_status_info(WALLET_ledger_corrupt)->message), \
			 errdetail(__VA_ARGS__), \
			 errhint("%s", wallet_status_info(WALLET_ledger_corrupt)->hint)))

#endif
