/*
 * findings.c
 *		The first few sentences of each check are kept, the rest is counted: one
 *		broken event can make a million others differ.
 */
#include "postgres.h"

#include "audit/findings.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#define SENTENCES 5

static const char *const check_names[WALLET_CHECK_COUNT] =
{
	[WALLET_CHECK_EVENTS] = "events",
	[WALLET_CHECK_CHAIN] = "chain",
	[WALLET_CHECK_CONSERVATION] = "conservation",
	[WALLET_CHECK_REFUSALS] = "refusals",
	[WALLET_CHECK_REPLAY] = "replay",
	[WALLET_CHECK_ACCOUNTS] = "accounts",
	[WALLET_CHECK_CURRENCIES] = "currencies",
	[WALLET_CHECK_MILESTONES] = "milestones",
	[WALLET_CHECK_HOLDS] = "holds",
	[WALLET_CHECK_REVERSALS] = "reversals",
	[WALLET_CHECK_SEALS] = "seals",
	[WALLET_CHECK_GUARDS] = "guards",
	[WALLET_CHECK_RECOMPUTE] = "recompute",
	[WALLET_CHECK_AMOUNTS] = "amounts",
	[WALLET_CHECK_BALANCE] = "balance"
};

WalletFindings *
wallet_findings_create(void)
{
	WalletFindings *findings = palloc0(sizeof(WalletFindings));

	for (int i = 0; i < WALLET_CHECK_COUNT; i++)
		initStringInfo(&findings->checks[i].detail);
	return findings;
}

const char *
wallet_check_name_of(WalletCheck check)
{
	return check_names[check];
}

void
wallet_find(WalletFindings *findings, WalletCheck check, const char *format,...)
{
	WalletFinding *finding = &findings->checks[check];

	findings->broken++;
	if (finding->broken++ >= SENTENCES)
		return;
	if (finding->detail.len > 0)
		appendStringInfoChar(&finding->detail, ' ');
	for (;;)
	{
		va_list		args;
		int			needed;

		va_start(args, format);
		needed = appendStringInfoVA(&finding->detail, format, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(&finding->detail, needed);
	}
}

void
wallet_findings_put(ReturnSetInfo *result, const WalletFindings *findings, WalletCheck check)
{
	const WalletFinding *finding = &findings->checks[check];
	Datum		values[4];
	bool		isnull[4] = {false};

	values[0] = CStringGetTextDatum(wallet_check_name_of(check));
	values[1] = BoolGetDatum(finding->broken == 0);
	values[2] = Int64GetDatum(finding->examined);
	isnull[3] = finding->broken == 0;
	if (finding->broken > 0)
		values[3] = CStringGetTextDatum(psprintf(INT64_FORMAT " found. %s", finding->broken, finding->detail.data));
	tuplestore_putvalues(result->setResult, result->setDesc, values, isnull);
}
