/*
 * invariant.c
 *		Checked on every transition, in every build, before anything is written.
 *		It knows no rules: it must be able to catch a rule that is wrong.
 */
#include "core/invariant.h"
#include "core/money.h"

static bool
moved(const WalletAccount *before, const WalletAccount *after)
{
	return before->balance != after->balance || before->held != after->held;
}

/* Whoever is closed has nothing, and nothing on its way. */
static bool
may_close(const WalletAccount *before, const WalletAccount *after)
{
	return after->status != WALLET_ACCOUNT_CLOSED || before->status == WALLET_ACCOUNT_CLOSED ||
		(after->balance == 0 && after->held == 0 && after->inbound == 0);
}

/* One account, seen alone. */
static bool
account_is_sound(const WalletAccount *before, const WalletAccount *after, int64_t event_id)
{
	bool		in_chain = after->last_event == event_id;

	if (before->id != after->id || before->exponent != after->exponent ||
		!wallet_currency_equal(&before->currency, &after->currency))
		return false;
	if (!wallet_money_in_range(after->balance) || !wallet_money_in_range(after->held) ||
		after->held < 0 || after->reserved < 0 || after->inbound < 0 || after->spent < 0)
		return false;
	if (after->next_expiry != 0 && after->held == 0)
		return false;
	if (!may_close(before, after))
		return false;
	if (moved(before, after) && !in_chain)
		return false;
	if (in_chain ? after->version != before->version + 1
		: after->version != before->version || after->last_event != before->last_event)
		return false;
	return event_id > before->last_event && event_id > before->guard_event &&
		after->guard_event == event_id;
}

/*
 * Whoever gives or reserves must be able to, unless what it gives was held for
 * that very purpose.
 */
static bool
payer_can_afford(const WalletAccount *before, const WalletAccount *after, wallet_int128 given)
{
	wallet_int128 unheld;

	if (!wallet_money_subtract(before->held, after->held, &unheld))
		return false;
	if (!after->has_floor || (given <= 0 && unheld >= 0) || unheld >= given)
		return true;
	return wallet_money_available(after->balance, after->held, after->floor) >= 0;
}

/* In the chain the event names the one before it; outside it names none. */
static bool
prev_is_sound(const WalletAccount *before, const WalletAccount *after,
			  int64_t event_id, bool has_prev, int64_t prev)
{
	if (after->last_event != event_id)
		return !has_prev;
	return has_prev && prev == before->last_event;
}

/* Seen alone, may this account go from before to after, and by how much does its balance change? */
static bool
side_is_sound(const WalletAccount *before, const WalletAccount *after,
			  const WalletEvent *event, uint32_t prev_bit, int64_t prev,
			  wallet_int128 *change)
{
	*change = 0;
	if (before == NULL)
		return !(event->present & prev_bit);
	return account_is_sound(before, after, event->event_id) &&
		prev_is_sound(before, after, event->event_id, (event->present & prev_bit) != 0, prev) &&
		wallet_money_subtract(after->balance, before->balance, change) &&
		payer_can_afford(before, after, -*change);
}

static bool
opening_is_sound(const WalletEvent *event, const WalletAccount *opened)
{
	return opened != NULL && opened->id == event->event_id && opened->balance == 0 &&
		opened->held == 0 && opened->version == 1 && opened->last_event == event->event_id;
}

bool
wallet_invariant_holds(const WalletEvent *event,
					   const WalletAccount *debit_before,
					   const WalletAccount *debit_after,
					   const WalletAccount *credit_before,
					   const WalletAccount *credit_after)
{
	wallet_int128 debit_change;
	wallet_int128 credit_change;

	if (event->kind == WALLET_KIND_OPEN)
		return opening_is_sound(event, credit_after);
	return side_is_sound(debit_before, debit_after, event, WALLET_HAS_DEBIT_PREV,
						 event->debit_prev, &debit_change) &&
		side_is_sound(credit_before, credit_after, event, WALLET_HAS_CREDIT_PREV,
					  event->credit_prev, &credit_change) &&
		debit_change == -credit_change &&
		(credit_before == NULL || credit_before->held == credit_after->held);
}

/* How much of held is the hold's. */
static wallet_int128
held_by(const WalletHold *hold)
{
	return hold->state == WALLET_HOLD_OPEN ? hold->remaining : 0;
}

bool
wallet_invariant_hold(const WalletAccount *debit_before, const WalletAccount *debit_after,
					  const WalletHold *before, const WalletHold *after)
{
	if (after->amount <= 0 || after->remaining < 0 || after->remaining > after->amount ||
		(after->state == WALLET_HOLD_OPEN) != (after->remaining > 0))
		return false;
	if (before->state != WALLET_HOLD_NONE &&
		(before->state != WALLET_HOLD_OPEN || after->amount != before->amount ||
		 after->remaining >= before->remaining))
		return false;
	return after->debit == debit_after->id &&
		debit_after->held - debit_before->held == held_by(after) - held_by(before);
}

bool
wallet_invariant_expire(const WalletEvent *event, const WalletAccount *debit_before,
						const WalletAccount *debit_after)
{
	return event->amount > 0 && debit_before->held - debit_after->held == event->amount;
}

bool
wallet_invariant_reversal(const WalletEvent *event, const WalletOriginal *before,
						  const WalletOriginal *after)
{
	return event->amount > 0 && after->reversed - before->reversed == event->amount &&
		before->reversed >= 0 && after->reversed <= after->amount;
}
