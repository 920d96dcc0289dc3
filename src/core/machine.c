/*
 * machine.c
 *		Dispatch, what all kinds have in common, and the invariants around them.
 */
#include "core/invariant.h"
#include "core/machine.h"
#include "core/status.h"

static WalletStatus
apply_rule(WalletView *view, WalletEvent *event)
{
	switch (event->kind)
	{
		case WALLET_KIND_DEFINE_CURRENCY:
			return wallet_rule_define_currency(view, event);
		case WALLET_KIND_OPEN:
			return wallet_rule_open(view, event);
		case WALLET_KIND_TRANSFER:
			return wallet_rule_transfer(view, event);
		case WALLET_KIND_HOLD:
			return wallet_rule_hold(view, event);
		case WALLET_KIND_CAPTURE:
			return wallet_rule_capture(view, event);
		case WALLET_KIND_RELEASE:
			return wallet_rule_release(view, event);
		case WALLET_KIND_EXPIRE:
			return wallet_rule_expire(view, event);
		case WALLET_KIND_REVERSE:
			return wallet_rule_reverse(view, event);
		case WALLET_KIND_SWEEP:
			return wallet_rule_sweep(view, event);
		case WALLET_KIND_FREEZE:
			return wallet_rule_freeze(view, event);
		case WALLET_KIND_UNFREEZE:
			return wallet_rule_unfreeze(view, event);
		case WALLET_KIND_CLOSE:
			return wallet_rule_close(view, event);
		case WALLET_KIND_SET_FLOOR:
			return wallet_rule_set_floor(view, event);
		case WALLET_KIND_REMOVE_FLOOR:
			return wallet_rule_remove_floor(view, event);
		case WALLET_KIND_SET_CEILING:
			return wallet_rule_set_ceiling(view, event);
		case WALLET_KIND_SET_SPEND_LIMIT:
			return wallet_rule_set_spend_limit(view, event);
		case WALLET_KIND_SNAPSHOT:
			return wallet_rule_snapshot(event);
		case WALLET_KIND_REDACT:
			return wallet_rule_redact(view, event);
		case WALLET_KIND_REBUILD:
			return wallet_rule_rebuild(view, event);
		default:
			return WALLET_invalid_argument;
	}
}

WalletStatus
wallet_account_is_open(const WalletAccount *account)
{
	switch (account->status)
	{
		case WALLET_ACCOUNT_OPEN:
			return WALLET_success;
		case WALLET_ACCOUNT_FROZEN:
			return WALLET_account_frozen;
		case WALLET_ACCOUNT_CLOSED:
			return WALLET_account_closed;
		default:
			return WALLET_ledger_corrupt;
	}
}

WalletStatus
wallet_account_is_not_closed(const WalletAccount *account)
{
	WalletStatus status = wallet_account_is_open(account);

	return status == WALLET_account_frozen ? WALLET_success : status;
}

int64_t
wallet_account_advance(WalletAccount *account, int64_t event_id)
{
	int64_t		before = account->last_event;

	account->last_event = event_id;
	account->version++;
	return before;
}

/* Every id is greater than all that its accounts have seen: what makes id order the order of decisions. */
static bool
id_is_new_to(const WalletAccount *account, int64_t event_id)
{
	return account == NULL ||
		(event_id > account->last_event && event_id > account->guard_event);
}

bool
wallet_event_is_new(const WalletView *view, int64_t event_id)
{
	return id_is_new_to(view->debit, event_id) && id_is_new_to(view->credit, event_id);
}

static inline bool
is_overdue(const WalletView *view, const WalletEvent *event, int64_t moment)
{
	return (wallet_account_is_due(view->debit, moment) || wallet_account_is_due(view->credit, moment)) &&
		event->kind != WALLET_KIND_EXPIRE;
}

bool
wallet_event_is_overdue(const WalletView *view, const WalletEvent *event)
{
	return is_overdue(view, event, wallet_event_moment(event));
}

/* Balances, held and versions as they stand now go into the event. */
static void
record_state(const WalletView *view, WalletEvent *event)
{
	if (view->debit)
	{
		event->debit_balance = view->debit->balance;
		event->debit_held = view->debit->held;
		event->debit_version = view->debit->version;
		event->exponent = view->debit->exponent;
		event->present |= WALLET_HAS_DEBIT_BALANCE | WALLET_HAS_DEBIT_HELD |
			WALLET_HAS_DEBIT_VERSION;
	}
	if (view->credit)
	{
		event->credit_balance = view->credit->balance;
		event->credit_version = view->credit->version;
		event->exponent = view->credit->exponent;
		event->present |= WALLET_HAS_CREDIT_BALANCE | WALLET_HAS_CREDIT_VERSION;
	}
}

void
wallet_event_guard(const WalletView *view, int64_t event_id)
{
	if (view->debit)
		view->debit->guard_event = event_id;
	if (view->credit)
		view->credit->guard_event = event_id;
}

void
wallet_event_refuse(WalletView *view, WalletEvent *event, WalletStatus status)
{
	event->status = (uint16_t) status;
	if (!(event->present & WALLET_HAS_REQUESTED))
		event->exponent = 0;
	event->present &= WALLET_HAS_INPUTS | WALLET_HAS_GROUP_FIRST | WALLET_HAS_CAUSE;
	if (event->kind == WALLET_KIND_OPEN)
	{
		/* Nothing was opened, so there is no account to name. */
		event->present &= ~WALLET_HAS_CREDIT;
		view->credit = NULL;
	}
	record_state(view, event);
	if (wallet_status_remembered((int) status))
		wallet_event_guard(view, event->event_id);
}

/* What holds for a command of any kind, before its own rule is asked. */
static WalletStatus
judge_moments(const WalletView *view, const WalletEvent *event)
{
	int64_t		moment = wallet_event_moment(event);

	if (!wallet_event_is_new(view, event->event_id) || is_overdue(view, event, moment))
		return WALLET_ledger_corrupt;
	if ((event->present & WALLET_HAS_EFFECTIVE_AT) && event->effective_at > moment)
		return WALLET_invalid_effective_at;
	if ((event->present & WALLET_HAS_EXPIRES_AT) && event->expires_at <= moment)
		return WALLET_invalid_argument;
	return WALLET_success;
}

/* What the view names besides accounts goes where held and the event say that it went. */
static bool
references_are_sound(const WalletView *view, const WalletEvent *event,
					 const WalletAccount *debit_before, const WalletHold *hold_before,
					 const WalletOriginal *original_before)
{
	switch (event->kind)
	{
		case WALLET_KIND_HOLD:
		case WALLET_KIND_CAPTURE:
		case WALLET_KIND_RELEASE:
			return wallet_invariant_hold(debit_before, view->debit, hold_before, view->hold);
		case WALLET_KIND_EXPIRE:
			return wallet_invariant_expire(event, debit_before, view->debit);
		case WALLET_KIND_REVERSE:
			return wallet_invariant_reversal(event, original_before, view->original);
		default:
			return true;
	}
}

WalletStatus
wallet_step(WalletView *view, WalletEvent *event)
{
	WalletAccount debit_before;
	WalletAccount credit_before;
	WalletHold	hold_before;
	WalletOriginal original_before;
	WalletStatus status = judge_moments(view, event);

	if (view->debit)
		debit_before = *view->debit;
	if (view->credit)
		credit_before = *view->credit;
	if (view->hold)
		hold_before = *view->hold;
	if (view->original)
		original_before = *view->original;

	if (status == WALLET_success)
		status = apply_rule(view, event);
	if (status != WALLET_success)
	{
		wallet_event_refuse(view, event, status);
		return status;
	}

	event->status = WALLET_success;
	if (event->kind == WALLET_KIND_OPEN)
		view->credit = view->opened;
	record_state(view, event);
	wallet_event_guard(view, event->event_id);

	if (!wallet_invariant_holds(event,
								view->debit ? &debit_before : NULL, view->debit,
								view->credit && event->kind != WALLET_KIND_OPEN ? &credit_before : NULL,
								view->credit) ||
		!references_are_sound(view, event, &debit_before, &hold_before, &original_before))
		return WALLET_ledger_corrupt;
	return WALLET_success;
}
