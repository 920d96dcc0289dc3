/*
 * tables.c
 *		Row by row, both ways: what a table says and replay does not, and what
 *		replay says and no row has.
 */
#include "postgres.h"

#include "access/tableam.h"
#include "audit/tables.h"
#include "core/iso4217.h"
#include "core/money.h"
#include "core/status.h"
#include "miscadmin.h"
#include "pg/datum.h"
#include "pg/progress.h"
#include "store/accounts.h"
#include "store/balances.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

void
wallet_audit_each_row(WalletRelation which, const char *phase, int64 total, void *arg, Snapshot snapshot,
					  WalletRowVisitor visit)
{
	WalletTable *table = wallet_table_open(which, AccessShareLock);
	TableScanDesc scan = table_beginscan(table->rel, snapshot, 0, NULL);
	MemoryContext memory = AllocSetContextCreate(CurrentMemoryContext, "wallet row", ALLOCSET_DEFAULT_SIZES);
	int64		rows = 0;

	wallet_progress_phase(phase, total);
	while (table_scan_getnextslot(scan, ForwardScanDirection, table->slot))
	{
		MemoryContext old = MemoryContextSwitchTo(memory);

		CHECK_FOR_INTERRUPTS();
		visit(arg, table->slot);
		MemoryContextSwitchTo(old);
		MemoryContextReset(memory);
		if ((++rows & 0xff) == 0)
			wallet_progress_set(rows);
	}
	MemoryContextDelete(memory);
	table_endscan(scan);
	wallet_table_close(table);
}

/* ----- accounts ----- */

static bool
metadata_matches(const WalletReplayed *replayed, Datum metadata)
{
	uint8_t		digest[WALLET_DIGEST_BYTES];

	if (metadata == (Datum) 0)
		return !replayed->has_metadata || replayed->metadata_erased;
	if (replayed->metadata_erased)
		return false;
	(void) wallet_metadata_digest(metadata, digest);
	return replayed->has_metadata && memcmp(digest, replayed->metadata_digest, WALLET_DIGEST_BYTES) == 0;
}

static const char *
identity_difference(const WalletReplayed *replayed, const WalletIdentity *identity)
{
	if (!wallet_bytes_equal(replayed->name, identity->name))
		return "name";
	if (!wallet_currency_equal(&replayed->account.currency, &identity->currency))
		return "currency";
	if (replayed->parent != identity->parent)
		return "parent";
	if ((replayed->owner.data == NULL) != (identity->owner.data == NULL) ||
		!wallet_bytes_equal(replayed->owner, identity->owner))
		return "owner";
	if (!metadata_matches(replayed, identity->metadata))
		return "metadata";
	return NULL;
}

static void
visit_account(void *arg, TupleTableSlot *slot)
{
	WalletLedger *ledger = arg;
	WalletFindings *findings = wallet_ledger_findings(ledger);
	WalletReplayed *replayed;
	WalletIdentity identity;
	const char *difference;

	wallet_examine(findings, WALLET_CHECK_ACCOUNTS);
	wallet_identity_from_slot(slot, &identity);
	replayed = wallet_ledger_account(ledger, identity.id);
	if (replayed == NULL)
	{
		wallet_find(findings, WALLET_CHECK_ACCOUNTS,
					"Account " INT64_FORMAT " (\"%.*s\") has no opening event.",
					identity.id, (int) identity.name.length, (const char *) identity.name.data);
		return;
	}
	replayed->in_account = true;
	difference = identity_difference(replayed, &identity);
	if (difference != NULL)
		wallet_find(findings, WALLET_CHECK_ACCOUNTS,
					"Account " INT64_FORMAT " has another %s than its opening event says.",
					identity.id, difference);
}

static void
visit_unmet_account(WalletReplayed *replayed, void *ledger)
{
	if (!replayed->in_account)
		wallet_find(wallet_ledger_findings(ledger), WALLET_CHECK_ACCOUNTS,
					"Account " INT64_FORMAT " (\"%.*s\") was opened and is not in wallet.account.",
					replayed->id, (int) replayed->name.length, (const char *) replayed->name.data);
}

void
wallet_audit_accounts(WalletLedger *ledger, Snapshot snapshot)
{
	wallet_audit_each_row(WALLET_REL_ACCOUNT, "checking accounts", wallet_ledger_account_count(ledger), ledger, snapshot, visit_account);
	wallet_ledger_each_account(ledger, visit_unmet_account, ledger);
}

/* ----- balances ----- */

static const char *
state_difference(const WalletAccount *a, const WalletAccount *b)
{
	if (a->balance != b->balance)
		return "balance";
	if (a->held != b->held)
		return "held";
	if (a->status != b->status)
		return "status";
	if (a->has_floor != b->has_floor || a->floor != b->floor)
		return "floor";
	if (a->has_ceiling != b->has_ceiling || a->ceiling != b->ceiling)
		return "ceiling";
	if (a->version != b->version)
		return "version";
	if (a->last_event != b->last_event)
		return "last_event";
	if (a->guard_event != b->guard_event)
		return "guard_event";
	if (a->exponent != b->exponent)
		return "exponent";
	if (!wallet_currency_equal(&a->currency, &b->currency))
		return "currency";
	if (a->next_expiry != b->next_expiry)
		return "next_expiry";
	if (a->inbound != b->inbound || a->reserved != b->reserved)
		return "inbound or reserved";
	if (a->has_spend_limit != b->has_spend_limit || a->spend_limit != b->spend_limit ||
		a->window_seconds != b->window_seconds || a->window_number != b->window_number ||
		a->spent != b->spent)
		return "spending limit";
	return NULL;
}

static void
visit_balance(void *arg, TupleTableSlot *slot)
{
	WalletLedger *ledger = arg;
	WalletFindings *findings = wallet_ledger_findings(ledger);
	WalletBalanceRow row;
	WalletReplayed *replayed;
	const char *difference;
	bool		sound;

	wallet_examine(findings, WALLET_CHECK_REPLAY);
	sound = wallet_balance_from_slot(slot, &row, &difference);
	replayed = wallet_ledger_account(ledger, row.account.id);
	if (replayed == NULL)
	{
		wallet_find(findings, WALLET_CHECK_REPLAY,
					"The balance row of account " INT64_FORMAT " has no opening event.", row.account.id);
		return;
	}
	replayed->in_balance = true;
	if (!sound)
	{
		wallet_find(findings, WALLET_CHECK_REPLAY,
					"Account " INT64_FORMAT " has %s in wallet.balance.", row.account.id, difference);
		return;
	}
	difference = state_difference(&row.account, &replayed->account);
	if (difference == NULL && row.owned != (replayed->owner.data != NULL))
		difference = "owned";
	if (difference == NULL && !row.scaled)
		difference = "number of decimals";
	if (difference != NULL)
		wallet_find(findings, WALLET_CHECK_REPLAY,
					"Account " INT64_FORMAT " (\"%.*s\") has another %s in wallet.balance (balance %s) than replay gives (balance %s).",
					row.account.id, (int) replayed->name.length, (const char *) replayed->name.data, difference,
					wallet_money_text(row.account.balance, row.account.exponent),
					wallet_money_text(replayed->account.balance, replayed->account.exponent));
}

static void
visit_unmet_balance(WalletReplayed *replayed, void *ledger)
{
	if (!replayed->in_balance)
		wallet_find(wallet_ledger_findings(ledger), WALLET_CHECK_REPLAY,
					"Account " INT64_FORMAT " (\"%.*s\") has no row in wallet.balance.",
					replayed->id, (int) replayed->name.length, (const char *) replayed->name.data);
}

void
wallet_audit_balances(WalletLedger *ledger, Snapshot snapshot)
{
	wallet_audit_each_row(WALLET_REL_BALANCE, "checking balances", wallet_ledger_account_count(ledger), ledger, snapshot, visit_balance);
	wallet_ledger_each_account(ledger, visit_unmet_balance, ledger);
}

/* ----- currencies ----- */

typedef struct CurrencyAudit
{
	WalletLedger *ledger;
	bool	   *built_in_met;	/* by position in the list */
} CurrencyAudit;

/* What a built-in code's exponent must be, -1 if there is no such code. */
static int
meet_built_in(CurrencyAudit *audit, const WalletCurrency *currency)
{
	int			position = wallet_iso4217_position(currency);

	if (position >= 0)
		audit->built_in_met[position] = true;
	return wallet_iso4217_exponent(currency);
}

static void
visit_currency(void *arg, TupleTableSlot *slot)
{
	CurrencyAudit *audit = arg;
	WalletFindings *findings = wallet_ledger_findings(audit->ledger);
	WalletBytes code;
	WalletCurrency currency;
	WalletDefined *defined;
	int			expected;
	bool		isnull;

	wallet_examine(findings, WALLET_CHECK_CURRENCIES);
	slot_getallattrs(slot);
	code = wallet_bytes_from_datum(slot->tts_values[0]);
	if (!wallet_currency_from_bytes(code, &currency))
	{
		wallet_find(findings, WALLET_CHECK_CURRENCIES, "\"%.*s\" is no currency code.",
					(int) code.length, (const char *) code.data);
		return;
	}
	if (DatumGetBool(slot_getattr(slot, 3, &isnull)))
		expected = meet_built_in(audit, &currency);
	else
	{
		defined = wallet_ledger_currency(audit->ledger, &currency);
		expected = defined ? defined->exponent : -1;
		if (defined != NULL)
			defined->met = true;
		if (defined != NULL && (slot->tts_isnull[3] || DatumGetInt64(slot->tts_values[3]) != defined->event_id))
			wallet_find(findings, WALLET_CHECK_CURRENCIES,
						"Currency %.*s does not name the event that defined it.",
						(int) code.length, (const char *) code.data);
	}
	if (expected < 0)
		wallet_find(findings, WALLET_CHECK_CURRENCIES, "Currency %.*s was never defined.",
					(int) code.length, (const char *) code.data);
	else if (DatumGetInt16(slot->tts_values[1]) != expected)
		wallet_find(findings, WALLET_CHECK_CURRENCIES, "Currency %.*s has exponent %d in wallet.currency; it was defined with %d.",
					(int) code.length, (const char *) code.data, DatumGetInt16(slot->tts_values[1]), expected);
}

static void
visit_unmet_currency(WalletDefined *defined, void *ledger)
{
	if (!defined->met)
		wallet_find(wallet_ledger_findings(ledger), WALLET_CHECK_CURRENCIES,
					"Currency %.*s was defined by event " INT64_FORMAT " and is not in wallet.currency.",
					wallet_currency_length(&defined->currency), defined->currency.code, defined->event_id);
}

void
wallet_audit_currencies(WalletLedger *ledger, Snapshot snapshot)
{
	CurrencyAudit audit = {ledger, palloc0(wallet_iso4217_count() * sizeof(bool))};

	wallet_audit_each_row(WALLET_REL_CURRENCY, "checking currencies", 0, &audit, snapshot, visit_currency);
	for (int i = 0; i < wallet_iso4217_count(); i++)
	{
		if (!audit.built_in_met[i])
			wallet_find(wallet_ledger_findings(ledger), WALLET_CHECK_CURRENCIES,
						"The built-in currency %s is not in wallet.currency.", wallet_iso4217_code(i));
	}
	wallet_ledger_each_currency(ledger, visit_unmet_currency, ledger);
}

/* ----- milestones ----- */

static void
visit_milestone(void *arg, TupleTableSlot *slot)
{
	WalletLedger *ledger = arg;
	WalletFindings *findings = wallet_ledger_findings(ledger);
	WalletMilestoneDue *due;
	WalletReplayed *replayed;
	wallet_int128 balance;
	wallet_int128 held;
	int64		account;
	int64		event_id;

	wallet_examine(findings, WALLET_CHECK_MILESTONES);
	slot_getallattrs(slot);
	account = DatumGetInt64(slot->tts_values[0]);
	event_id = DatumGetInt64(slot->tts_values[1]);
	due = wallet_ledger_milestone(ledger, account, event_id);
	replayed = wallet_ledger_account(ledger, account);
	if (due == NULL || replayed == NULL)
	{
		wallet_find(findings, WALLET_CHECK_MILESTONES,
					"Account " INT64_FORMAT " has a milestone at event " INT64_FORMAT " where none is due.", account, event_id);
		return;
	}
	due->met = true;
	if (DatumGetInt64(slot->tts_values[2]) != due->version ||
		wallet_money_from_numeric(slot->tts_values[3], replayed->account.exponent, &balance) != WALLET_success ||
		wallet_money_from_numeric(slot->tts_values[4], replayed->account.exponent, &held) != WALLET_success ||
		balance != due->balance || held != due->held)
		wallet_find(findings, WALLET_CHECK_MILESTONES,
					"The milestone of account " INT64_FORMAT " at event " INT64_FORMAT " differs from replay.", account, event_id);
}

static void
visit_unmet_milestone(WalletMilestoneDue *due, void *ledger)
{
	WalletFindings *findings = wallet_ledger_findings(ledger);

	wallet_examine(findings, WALLET_CHECK_MILESTONES);
	if (!due->met)
		wallet_find(findings, WALLET_CHECK_MILESTONES,
					"Account " INT64_FORMAT " has no milestone at event " INT64_FORMAT ".", due->account, due->event_id);
}

void
wallet_audit_milestones(WalletLedger *ledger, Snapshot snapshot)
{
	wallet_audit_each_row(WALLET_REL_MILESTONE, "checking milestones", wallet_ledger_milestone_count(ledger), ledger, snapshot, visit_milestone);
	wallet_ledger_each_milestone(ledger, visit_unmet_milestone, ledger);
}
