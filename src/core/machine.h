/*
 * machine.h
 *		The state machine: one command against the accounts it names.
 *
 * step() reads only what it is handed and writes only there: same inputs, same
 * event, on any machine, for ever.  Replay calls the very same function.
 */
#ifndef WALLET_MACHINE_H
#define WALLET_MACHINE_H

#include "core/types.h"

/*
 * What a decision may read and change.  Accounts are NULL when the event names
 * none or there is none; `opened` receives the account that an open creates.
 * A capture or release gets its hold's accounts, a reversal its original's, the
 * other way round.  The flags answer questions about things that are not
 * accounts.
 */
typedef struct WalletView
{
	WalletAccount *debit;
	WalletAccount *credit;
	WalletAccount *opened;
	WalletHold *hold;			/* hold: the place for it; capture, release:
								 * the one they name, if there is one */
	WalletOriginal *original;	/* reverse: what it names, if there is one */
	WalletHold *holds;			/* what the queue counts in */
	int32_t    *queue;			/* the payer's open holds that expire; NULL if
								 * no hold is in play */
	size_t		closed;			/* out, expire: how many holds it closed */
	bool		name_taken;		/* open: the (name, currency) exists */
	bool		parent_found;	/* open: the parent exists in that currency */
	bool		currency_defined;	/* define_currency: the code exists */
	bool		target_found;	/* redact: the target has events */
	bool		forbidden;		/* the user may not debit this payer: never in
								 * replay */
} WalletView;

/*
 * Decides event (identity, inputs and group_first filled) and fills its results
 * in.  On success accounts have moved on.  A remembered refusal moves only
 * guard_event; any other changes nothing, and the event must not be recorded.
 */
extern WalletStatus wallet_step(WalletView *view, WalletEvent *event);

/* Is an expire event due before this one? */
extern bool wallet_event_is_overdue(const WalletView *view, const WalletEvent *event);

/* Makes event the record of a refusal with status, as seen now. */
extern void wallet_event_refuse(WalletView *view, WalletEvent *event, WalletStatus status);

/* Moves guard_event of every account in the view: a recorded decision has read it. */
extern void wallet_event_guard(const WalletView *view, int64_t event_id);

/* Is the id greater than all that the view's accounts have seen? */
extern bool wallet_event_is_new(const WalletView *view, int64_t event_id);

/* --- for rule files only --- */

/* Checks of SPEC and format-1, in the order of the table there. */
extern WalletStatus wallet_rule_define_currency(const WalletView *view, const WalletEvent *event);
extern WalletStatus wallet_rule_open(WalletView *view, WalletEvent *event);
extern WalletStatus wallet_rule_transfer(WalletView *view, WalletEvent *event);
extern WalletStatus wallet_rule_hold(WalletView *view, WalletEvent *event);
extern WalletStatus wallet_rule_capture(WalletView *view, WalletEvent *event);
extern WalletStatus wallet_rule_release(WalletView *view, WalletEvent *event);
extern WalletStatus wallet_rule_expire(WalletView *view, WalletEvent *event);
extern WalletStatus wallet_rule_reverse(WalletView *view, WalletEvent *event);
extern WalletStatus wallet_rule_sweep(WalletView *view, WalletEvent *event);
extern WalletStatus wallet_rule_freeze(WalletView *view, const WalletEvent *event);
extern WalletStatus wallet_rule_unfreeze(WalletView *view, const WalletEvent *event);
extern WalletStatus wallet_rule_close(WalletView *view, const WalletEvent *event);
extern WalletStatus wallet_rule_set_floor(WalletView *view, const WalletEvent *event);
extern WalletStatus wallet_rule_remove_floor(WalletView *view, const WalletEvent *event);
extern WalletStatus wallet_rule_set_ceiling(WalletView *view, const WalletEvent *event);
extern WalletStatus wallet_rule_set_spend_limit(WalletView *view, const WalletEvent *event);
extern WalletStatus wallet_rule_snapshot(const WalletEvent *event);
extern WalletStatus wallet_rule_redact(const WalletView *view, const WalletEvent *event);
extern WalletStatus wallet_rule_rebuild(const WalletView *view, const WalletEvent *event);

/* account_frozen, account_closed or success. */
extern WalletStatus wallet_account_is_open(const WalletAccount *account);

/* account_closed or success: for what a freeze does not stop. */
extern WalletStatus wallet_account_is_not_closed(const WalletAccount *account);

/* Puts the event at the end of an account's chain; returns the one before it, 0 if none. */
extern int64_t wallet_account_advance(WalletAccount *account, int64_t event_id);

#endif
