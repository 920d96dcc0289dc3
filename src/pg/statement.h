/*
 * statement.h
 *		The snapshot of the running statement, put down while a function waits.
 */
#ifndef WALLET_STATEMENT_H
#define WALLET_STATEMENT_H

#include "postgres.h"

#include "fmgr.h"

/*
 * Puts the snapshot of the statement down that calls this function, if nothing of
 * the statement but functions in its select list could read with it: `SELECT f(...)`
 * sent by the client.  True if so; then a new one must be taken up before the
 * function returns.  An error in between is fine.
 */
extern bool wallet_statement_put_snapshot_down(FunctionCallInfo fcinfo);
extern void wallet_statement_take_snapshot_up(void);

#endif
