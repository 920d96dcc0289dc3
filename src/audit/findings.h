/*
 * findings.h
 *		What an audit examined and what it found wrong, check by check.
 */
#ifndef WALLET_FINDINGS_H
#define WALLET_FINDINGS_H

#include "postgres.h"

#include "lib/stringinfo.h"
#include "nodes/execnodes.h"

typedef enum WalletCheck
{
	WALLET_CHECK_EVENTS,
	WALLET_CHECK_CHAIN,
	WALLET_CHECK_CONSERVATION,
	WALLET_CHECK_REFUSALS,
	WALLET_CHECK_REPLAY,
	WALLET_CHECK_ACCOUNTS,
	WALLET_CHECK_CURRENCIES,
	WALLET_CHECK_MILESTONES,
	WALLET_CHECK_HOLDS,
	WALLET_CHECK_REVERSALS,
	WALLET_CHECK_SEALS,
	WALLET_CHECK_GUARDS,
	WALLET_CHECK_RECOMPUTE,
	/* of one account alone */
	WALLET_CHECK_AMOUNTS,
	WALLET_CHECK_BALANCE
} WalletCheck;

#define WALLET_CHECK_LEDGER_COUNT (WALLET_CHECK_RECOMPUTE + 1)
#define WALLET_CHECK_COUNT (WALLET_CHECK_BALANCE + 1)

typedef struct WalletFinding
{
	int64		examined;
	int64		broken;
	StringInfoData detail;		/* the first few, one sentence each */
} WalletFinding;

typedef struct WalletFindings
{
	WalletFinding checks[WALLET_CHECK_COUNT];
	int64		broken;			/* in all checks */
} WalletFindings;

extern WalletFindings *wallet_findings_create(void);
extern const char *wallet_check_name_of(WalletCheck check);

/* Notes a broken thing; the sentence says which and where. */
extern void wallet_find(WalletFindings *findings, WalletCheck check, const char *format,...)
			pg_attribute_printf(3, 4);

/* The check's row of the result: check_name, ok, examined, detail. */
extern void wallet_findings_put(ReturnSetInfo *result, const WalletFindings *findings, WalletCheck check);

static inline void
wallet_examine(WalletFindings *findings, WalletCheck check)
{
	findings->checks[check].examined++;
}

#endif
