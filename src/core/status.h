/*
 * status.h
 *		What is known about a status: its name, SQLSTATE, words.
 */
#ifndef WALLET_STATUS_H
#define WALLET_STATUS_H

#include "core/types.h"

typedef struct WalletStatusInfo
{
	WalletStatus status;
	const char *name;			/* as users see it */
	const char *sqlstate;		/* five characters; empty: never raised */
	bool		remembered;		/* recorded, and given again to the same id */
	const char *message;		/* ereport's primary message */
	const char *meaning;
	const char *hint;			/* may be empty */
} WalletStatusInfo;

/* NULL for a number that is no status. */
extern const WalletStatusInfo *wallet_status_info(int number);
extern const char *wallet_status_name(int number);
extern bool wallet_status_remembered(int number);

/* NULL for a number that is no kind. */
extern const char *wallet_kind_name(int number);

#endif
