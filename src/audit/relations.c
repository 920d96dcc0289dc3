/*
 * relations.c
 *		wallet.hold, wallet.reversal and wallet.seal, held against a replay: row by
 *		row, both ways.
 */
#include "postgres.h"

#include "audit/seal.h"
#include "audit/tables.h"
#include "pg/datum.h"
#include "store/holds.h"

/* ----- holds ----- */

static const char *
hold_difference(const WalletHold *row, const WalletHold *replayed)
{
	if (row->event_id != replayed->event_id)
		return "event_id";
	if (row->debit != replayed->debit || row->credit != replayed->credit)
		return "account";
	if (row->expires_at != replayed->expires_at)
		return "expires_at";
	if (row->state != replayed->state)
		return "state";
	if (row->amount != replayed->amount)
		return "amount";
	return row->remaining != replayed->remaining ? "remaining amount" : NULL;
}

static void
visit_hold(void *arg, TupleTableSlot *slot)
{
	WalletLedger *ledger = arg;
	WalletFindings *findings = wallet_ledger_findings(ledger);
	WalletReferences *references = wallet_ledger_references(ledger);
	WalletHold	hold;
	WalletReplayed *payer;
	int			exponent;
	bool		sound = wallet_hold_from_slot(slot, &hold, &exponent);
	int32		position = wallet_references_find_hold(references, &hold.transaction_id);
	const char *difference;

	wallet_examine(findings, WALLET_CHECK_HOLDS);
	if (position < 0 || references->holds[position].state == WALLET_HOLD_NONE)
	{
		wallet_find(findings, WALLET_CHECK_HOLDS, "Hold %s was never placed.",
					wallet_uuid_text(&hold.transaction_id));
		return;
	}
	references->holds_met[position] = true;
	payer = wallet_ledger_account(ledger, references->holds[position].debit);
	difference = sound ? hold_difference(&hold, &references->holds[position]) : "impossible amount";
	if (difference == NULL && payer != NULL && exponent != payer->account.exponent)
		difference = "number of decimals";
	if (difference != NULL)
		wallet_find(findings, WALLET_CHECK_HOLDS, "Hold %s has another %s in wallet.hold than replay gives.",
					wallet_uuid_text(&hold.transaction_id), difference);
}

void
wallet_audit_holds(WalletLedger *ledger, Snapshot snapshot)
{
	WalletReferences *references = wallet_ledger_references(ledger);

	if (wallet_relation_exists(WALLET_REL_HOLD))
		wallet_audit_each_row(WALLET_REL_HOLD, "checking holds", (int64) references->hold_count, ledger, snapshot, visit_hold);
	for (size_t i = 0; i < references->hold_count; i++)
	{
		if (references->holds[i].state != WALLET_HOLD_NONE && !references->holds_met[i])
			wallet_find(wallet_ledger_findings(ledger), WALLET_CHECK_HOLDS, "Hold %s was placed and is not in wallet.hold.",
						wallet_uuid_text(&references->holds[i].transaction_id));
	}
}

/* ----- reversals ----- */

static void
visit_reversal(void *arg, TupleTableSlot *slot)
{
	WalletLedger *ledger = arg;
	WalletFindings *findings = wallet_ledger_findings(ledger);
	WalletReferences *references = wallet_ledger_references(ledger);
	WalletUuid	id;
	int32		position;
	int			exponent = -1;
	wallet_int128 reversed;

	wallet_examine(findings, WALLET_CHECK_REVERSALS);
	slot_getallattrs(slot);
	memcpy(id.bytes, DatumGetPointer(slot->tts_values[0]), sizeof(id.bytes));
	position = wallet_references_find_original(references, &id);
	if (position < 0 || references->originals[position].reversed == 0)
	{
		wallet_find(findings, WALLET_CHECK_REVERSALS, "Nothing was ever reversed of %s.", wallet_uuid_text(&id));
		return;
	}
	references->originals_met[position] = true;
	if (!wallet_money_from_shown(slot->tts_values[2], &exponent, &reversed) ||
		reversed != references->originals[position].reversed ||
		DatumGetInt64(slot->tts_values[1]) != references->originals[position].event_id)
		wallet_find(findings, WALLET_CHECK_REVERSALS, "What was reversed of %s differs in wallet.reversal from what replay gives.",
					wallet_uuid_text(&id));
}

void
wallet_audit_reversals(WalletLedger *ledger, Snapshot snapshot)
{
	WalletReferences *references = wallet_ledger_references(ledger);

	if (wallet_relation_exists(WALLET_REL_REVERSAL))
		wallet_audit_each_row(WALLET_REL_REVERSAL, "checking reversals", (int64) references->original_count, ledger, snapshot, visit_reversal);
	for (size_t i = 0; i < references->original_count; i++)
	{
		if (references->originals[i].reversed != 0 && !references->originals_met[i])
			wallet_find(wallet_ledger_findings(ledger), WALLET_CHECK_REVERSALS,
						"Something was reversed of %s that wallet.reversal does not know of.",
						wallet_uuid_text(&references->originals[i].transaction_id));
	}
}
