/*
 * guards.c
 *		Whether the tables are still protected, and the recomputation in plain SQL.
 *
 * Both ask PostgreSQL through SPI, with search_path = pg_catalog, so that nobody's
 * operators stand in for the built-in ones.
 */
#include "postgres.h"

#include "audit/tables.h"
#include "executor/spi.h"
#include "pg/progress.h"
#include "utils/builtins.h"
#include "utils/guc.h"

static const char guards_query[] =
"SELECT t.name, "
"       (SELECT count(*) FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid JOIN pg_namespace pn ON pn.oid = p.pronamespace "
"        WHERE g.tgrelid = c.oid AND g.tgname = 'immutable' AND g.tgenabled = 'A' AND g.tgtype & 58 = 58 "
"          AND g.tgattr::text = '' AND g.tgqual IS NULL "
"          AND p.proname = 'refuse_change' AND pn.nspname = 'wallet' AND p.prosrc = 'wallet_sql_refuse_change') = t.immutable AS kept, "
"       EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = c.oid AND g.tgname <> 'immutable' AND NOT g.tgisinternal) "
"       OR c.relrowsecurity OR c.relhasrules AS bypassed "
"FROM (VALUES ('event', 1), ('account', 1), ('currency', 1), ('milestone', 1), ('seal', 1), ('balance', 0), ('hold', 0), ('reversal', 0)) AS t (name, immutable) "
"JOIN pg_namespace n ON n.nspname = 'wallet' "
"JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = t.name";

static const char recompute_query[] =
"WITH posting AS ("
"  SELECT debit AS account, -amount AS change FROM wallet.event WHERE status = 0 AND kind IN (3, 5, 8, 9, 22, 23, 26, 27) "
"  UNION ALL "
"  SELECT credit, amount FROM wallet.event WHERE status = 0 AND kind IN (3, 5, 8, 9, 22, 23, 26, 27)), "
"total AS (SELECT account, sum(change) AS balance, count(*) AS postings FROM posting GROUP BY account) "
"SELECT COALESCE(b.account, t.account), b.balance::text, COALESCE(t.balance, 0)::text, COALESCE(t.postings, 0) "
"FROM wallet.balance b FULL JOIN total t ON t.account = b.account "
"WHERE b.account IS NULL OR b.balance <> COALESCE(t.balance, 0) "
"UNION ALL SELECT NULL, NULL, NULL, count(*) FROM wallet.event";

static const char conservation_query[] =
"SELECT currency, sum(balance)::text, count(*) FROM wallet.balance GROUP BY currency HAVING sum(balance) <> 0";

static int
begin_sql(const char *query)
{
	int			level = NewGUCNestLevel();

	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	if (SPI_connect() != SPI_OK_CONNECT || SPI_execute(query, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "audit query failed");
	return level;
}

static void
end_sql(int level)
{
	SPI_finish();
	AtEOXact_GUC(false, level);
}

static char *
text_at(uint64 row, int column)
{
	return SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column);
}

static bool
bool_at(uint64 row, int column)
{
	char	   *value = text_at(row, column);

	return value != NULL && value[0] == 't';
}

void
wallet_audit_guards(WalletFindings *findings)
{
	int			level;

	wallet_progress_phase("checking guards", 0);
	level = begin_sql(guards_query);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		wallet_examine(findings, WALLET_CHECK_GUARDS);
		if (!bool_at(i, 2))
			wallet_find(findings, WALLET_CHECK_GUARDS,
						"Table wallet.%s has lost the trigger that keeps it immutable, or it is not ENABLE ALWAYS.", text_at(i, 1));
		if (bool_at(i, 3))
			wallet_find(findings, WALLET_CHECK_GUARDS,
						"Table wallet.%s has triggers, rules or row security of somebody else.", text_at(i, 1));
	}
	end_sql(level);

	level = begin_sql(conservation_query);
	for (uint64 i = 0; i < SPI_processed; i++)
		wallet_find(findings, WALLET_CHECK_CONSERVATION,
					"The balances in %s add up to %s, not to 0.", text_at(i, 1), text_at(i, 2));
	end_sql(level);
}

void
wallet_audit_recompute(WalletFindings *findings)
{
	int			level;

	wallet_progress_phase("recomputing in SQL", 0);
	level = begin_sql(recompute_query);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		if (text_at(i, 1) == NULL)
			findings->checks[WALLET_CHECK_RECOMPUTE].examined = atoll(text_at(i, 4));
		else
			wallet_find(findings, WALLET_CHECK_RECOMPUTE,
						"Account %s has balance %s; its events add up to %s.",
						text_at(i, 1), text_at(i, 2) ? text_at(i, 2) : "(no row)", text_at(i, 3));
	}
	end_sql(level);
}
