/*
 * report.h
 *		What does not agree.  The first hundred are told, all are counted.
 */
#ifndef WALLET_REPORT_H
#define WALLET_REPORT_H

#include <stdio.h>

#include "core/types.h"

typedef struct WalletReport
{
	FILE	   *out;			/* NULL: only count */
	uint64_t	differences;
} WalletReport;

/* One difference.  event_id 0: it is about the whole log. */
extern void wallet_report(WalletReport *report, int64_t event_id, const char *format,...)
			__attribute__((format(printf, 3, 4)));

#endif
