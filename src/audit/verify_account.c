/*
 * verify_account.c
 *		wallet_verify_account: one account, proven along its own chain.
 *
 * The chain is walked from the balance row back to the opening.  Each event is held
 * against the one after it, which was read before: versions count down by one, the
 * balance after an event is the balance before the next, held likewise.  So memory is
 * that of the milestones that must be there.  A chain that breaks is told where, and
 * what lies before the break is not examined.
 *
 * What it cannot see is the end of the chain itself: that the balance row names the
 * newest event there is.  guard_event tells when only last_event was set back;
 * wallet_verify tells all.
 */
#include "postgres.h"

#include "audit/chain.h"
#include "audit/findings.h"
#include "audit/redactions.h"
#include "core/detail.h"
#include "core/shape.h"
#include "core/status.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "pg/datum.h"
#include "pg/error.h"
#include "store/accounts.h"
#include "store/balances.h"
#include "store/events.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(wallet_sql_verify_account);

/* A milestone that must be there. */
typedef struct Due
{
	int64		event_id;
	int64		version;
	wallet_int128 balance;
	wallet_int128 held;
	bool		held_known;		/* an event in which the account is the credit
								 * does not say */
} Due;

typedef struct Audit
{
	WalletFindings *findings;
	Snapshot	snapshot;
	int64		account;
	WalletBalanceRow row;
	WalletLookup events;
	WalletRedactions *redactions;
	/* where the walk stands */
	WalletEvent event;
	bool		debit;			/* the account is its debit */
	int64		prev;			/* 0: it is the opening */
	bool		complete;		/* the opening was reached */

	/*
	 * the event after it in the chain; newer 0: there is none, the balance
	 * row stands for it
	 */
	int64		newer;
	int64		newer_version;
	wallet_int128 newer_before; /* the balance before it */
	uint8_t		newer_exponent;

	/*
	 * held before the next event in which the account is the debit;
	 * newer_debit 0: the balance row's
	 */
	int64		newer_debit;
	wallet_int128 held_before;
	bool		held_exact;		/* else it was at least that much */
	/* milestones, newest first; from `pending` on without their held */
	Due		   *dues;
	int			due_count;
	int			due_room;
	int			pending;
} Audit;

/* ----- one event by itself ----- */

/* Missing metadata is right if it was redacted. */
static bool
metadata_matches(Audit *audit, Datum metadata, const WalletEvent *event)
{
	bool		has_digest = (event->present & WALLET_HAS_METADATA_DIGEST) != 0;
	uint8_t		digest[WALLET_DIGEST_BYTES];

	if (metadata == (Datum) 0)
		return !has_digest || wallet_redactions_excuse(audit->redactions, &event->transaction_id);
	(void) wallet_metadata_digest(metadata, digest);
	return has_digest && memcmp(digest, event->metadata_digest, WALLET_DIGEST_BYTES) == 0;
}

static void
check_record(Audit *audit)
{
	const WalletEvent *event = &audit->event;
	const char *fault = wallet_event_shape_fault(event);

	wallet_examine(audit->findings, WALLET_CHECK_EVENTS);
	if (fault != NULL)
		wallet_find(audit->findings, WALLET_CHECK_EVENTS, "Event " INT64_FORMAT " has %s.", event->event_id, fault);
	if (!metadata_matches(audit, wallet_event_slot_metadata(audit->events.table->slot), event))
		wallet_find(audit->findings, WALLET_CHECK_EVENTS,
					"Event " INT64_FORMAT " has other metadata than its digest says.", event->event_id);
}

/* ----- against the event after it ----- */

static int64
version_of(const Audit *audit)
{
	return audit->debit ? audit->event.debit_version : audit->event.credit_version;
}

static wallet_int128
balance_of(const Audit *audit)
{
	return audit->debit ? audit->event.debit_balance : audit->event.credit_balance;
}

static void
check_version(Audit *audit)
{
	int64		version = version_of(audit);

	if (audit->newer != 0 && version != audit->newer_version - 1)
		wallet_find(audit->findings, WALLET_CHECK_CHAIN,
					"Event " INT64_FORMAT " makes version " INT64_FORMAT " of account " INT64_FORMAT ", and event " INT64_FORMAT " after it version " INT64_FORMAT ".",
					audit->event.event_id, version, audit->account, audit->newer, audit->newer_version);
	if (audit->prev == 0 && version != 1)
		wallet_find(audit->findings, WALLET_CHECK_CHAIN,
					"Event " INT64_FORMAT ", the opening of account " INT64_FORMAT ", makes version " INT64_FORMAT ".",
					audit->event.event_id, audit->account, version);
}

static void
check_balance(Audit *audit)
{
	const WalletEvent *event = &audit->event;

	wallet_examine(audit->findings, WALLET_CHECK_AMOUNTS);
	if (audit->newer != 0 && (balance_of(audit) != audit->newer_before || event->exponent != audit->newer_exponent))
		wallet_find(audit->findings, WALLET_CHECK_AMOUNTS,
					"Event " INT64_FORMAT " leaves account " INT64_FORMAT " with a balance from which the amount of event " INT64_FORMAT " does not lead to the balance after that.",
					event->event_id, audit->account, audit->newer);
	if (audit->prev == 0 && balance_of(audit) != 0)
		wallet_find(audit->findings, WALLET_CHECK_AMOUNTS,
					"Event " INT64_FORMAT " opens account " INT64_FORMAT " with a balance.", event->event_id, audit->account);
}

static void
check_held(Audit *audit, wallet_int128 held)
{
	if (held == audit->held_before || (!audit->held_exact && held > audit->held_before))
		return;
	if (audit->newer_debit == 0)
		wallet_find(audit->findings, WALLET_CHECK_BALANCE,
					"Account " INT64_FORMAT " has another held in wallet.balance than after event " INT64_FORMAT ".",
					audit->account, audit->event.event_id);
	else
		wallet_find(audit->findings, WALLET_CHECK_AMOUNTS,
					"Event " INT64_FORMAT " leaves account " INT64_FORMAT " with a held from which event " INT64_FORMAT " does not lead to the held after that.",
					audit->event.event_id, audit->account, audit->newer_debit);
}

/* What held was before the event in which the account is the debit. */
static void
note_held_before(Audit *audit)
{
	const WalletEvent *event = &audit->event;

	audit->newer_debit = event->event_id;
	audit->held_before = event->debit_held;
	audit->held_exact = true;
	switch (event->kind)
	{
		case WALLET_KIND_HOLD:
		case WALLET_KIND_TRY_DEBIT:
			audit->held_before -= event->amount;
			break;
		case WALLET_KIND_CAPTURE:
			audit->held_before += event->amount;

			/*
			 * A final capture also gives back the rest, of which only the
			 * hold tells.
			 */
			audit->held_exact = event->final == 0;
			break;
		case WALLET_KIND_RELEASE:
		case WALLET_KIND_EXPIRE:
		case WALLET_KIND_CONFIRM_DEBIT:
		case WALLET_KIND_CANCEL_DEBIT:
			audit->held_before += event->amount;
			break;
		default:
			break;
	}
}

/* ----- milestones ----- */

static void
note_due(Audit *audit, MemoryContext memory)
{
	Due		   *due;

	if (audit->due_count == audit->due_room)
	{
		audit->due_room = Max(64, 2 * audit->due_room);
		audit->dues = audit->dues == NULL
			? MemoryContextAlloc(memory, audit->due_room * sizeof(Due))
			: repalloc_huge(audit->dues, audit->due_room * sizeof(Due));
	}
	due = &audit->dues[audit->due_count++];
	*due = (Due)
	{
		.event_id = audit->event.event_id,
		.version = version_of(audit),
		.balance = balance_of(audit)
	};
}

/* Between the events in which the account is the debit its held stays: one of them settles it for all since. */
static void
settle_dues(Audit *audit, wallet_int128 held)
{
	for (; audit->pending < audit->due_count; audit->pending++)
	{
		audit->dues[audit->pending].held = held;
		audit->dues[audit->pending].held_known = true;
	}
}

static void
compare_milestone(Audit *audit, TupleTableSlot *slot, const Due *due)
{
	uint8_t		exponent = audit->newer_exponent;
	wallet_int128 balance;
	wallet_int128 held;

	if (DatumGetInt64(slot->tts_values[2]) != due->version ||
		wallet_money_from_numeric(slot->tts_values[3], exponent, &balance) != WALLET_success ||
		wallet_money_from_numeric(slot->tts_values[4], exponent, &held) != WALLET_success ||
		balance != due->balance || (due->held_known && held != due->held))
		wallet_find(audit->findings, WALLET_CHECK_MILESTONES,
					"The milestone of account " INT64_FORMAT " at event " INT64_FORMAT " differs from the event.",
					audit->account, due->event_id);
}

static void
miss_milestone(Audit *audit, const Due *due)
{
	wallet_examine(audit->findings, WALLET_CHECK_MILESTONES);
	wallet_find(audit->findings, WALLET_CHECK_MILESTONES,
				"Account " INT64_FORMAT " has no milestone at event " INT64_FORMAT ".", audit->account, due->event_id);
}

/* Rows come oldest first, what is due was noted newest first. */
static void
check_milestones(Audit *audit)
{
	WalletLookup lookup;
	int			i = audit->due_count - 1;

	wallet_lookup_open(&lookup, WALLET_REL_MILESTONE, WALLET_REL_MILESTONE_PKEY, 1, audit->snapshot);
	for (bool found = wallet_lookup_id(&lookup, audit->account); found; found = wallet_lookup_next(&lookup))
	{
		TupleTableSlot *slot = lookup.table->slot;
		int64		event_id;

		CHECK_FOR_INTERRUPTS();
		slot_getallattrs(slot);
		event_id = DatumGetInt64(slot->tts_values[1]);
		if (!audit->complete && (audit->newer == 0 || event_id < audit->newer))
			continue;			/* before the break */
		for (; i >= 0 && audit->dues[i].event_id < event_id; i--)
			miss_milestone(audit, &audit->dues[i]);
		wallet_examine(audit->findings, WALLET_CHECK_MILESTONES);
		if (i >= 0 && audit->dues[i].event_id == event_id)
			compare_milestone(audit, slot, &audit->dues[i--]);
		else
			wallet_find(audit->findings, WALLET_CHECK_MILESTONES,
						"Account " INT64_FORMAT " has a milestone at event " INT64_FORMAT " where none is due.",
						audit->account, event_id);
	}
	for (; i >= 0; i--)
		miss_milestone(audit, &audit->dues[i]);
	wallet_lookup_close(&lookup);
}

/* ----- identity ----- */

static const char *
identity_difference(Audit *audit, const WalletIdentity *identity, const WalletDetail *detail)
{
	const WalletEvent *opening = &audit->event;
	WalletCurrency currency;

	if (!wallet_bytes_equal(identity->name, detail->name))
		return "name";
	if (!wallet_currency_from_bytes(detail->currency, &currency) ||
		!wallet_currency_equal(&identity->currency, &currency))
		return "currency";
	if (identity->parent != (wallet_detail_has(detail, WALLET_DETAIL_PARENT) ? detail->parent : 0))
		return "parent";
	if ((identity->owner.data != NULL) != wallet_detail_has(detail, WALLET_DETAIL_OWNER) ||
		(identity->owner.data != NULL && !wallet_bytes_equal(identity->owner, detail->owner)))
		return "owner";
	if (!metadata_matches(audit, identity->metadata, opening))
		return "metadata";
	return NULL;
}

static void
compare_identity(Audit *audit, const WalletDetail *detail)
{
	WalletLookup lookup;
	WalletIdentity identity;
	const char *difference;

	wallet_lookup_open(&lookup, WALLET_REL_ACCOUNT, WALLET_REL_ACCOUNT_PKEY, 1, audit->snapshot);
	if (!wallet_lookup_id(&lookup, audit->account))
		difference = "row, namely none,";
	else
	{
		wallet_identity_from_slot(lookup.table->slot, &identity);
		difference = identity_difference(audit, &identity, detail);
	}
	if (difference != NULL)
		wallet_find(audit->findings, WALLET_CHECK_ACCOUNTS,
					"Account " INT64_FORMAT " has another %s in wallet.account than its opening event says.",
					audit->account, difference);
	wallet_lookup_close(&lookup);
}

/* The opening, reached: who the account is, and in which currency it counts. */
static void
check_opening(Audit *audit)
{
	WalletDetail detail;
	WalletCurrency currency;

	audit->complete = true;
	wallet_examine(audit->findings, WALLET_CHECK_ACCOUNTS);
	if (audit->event.event_id != audit->account || !wallet_detail_decode(audit->event.detail, &detail) ||
		!wallet_currency_from_bytes(detail.currency, &currency))
	{
		wallet_find(audit->findings, WALLET_CHECK_ACCOUNTS,
					"Event " INT64_FORMAT " is no opening of account " INT64_FORMAT ".", audit->event.event_id, audit->account);
		return;
	}
	compare_identity(audit, &detail);
	if (detail.exponent != audit->event.exponent || detail.exponent != audit->row.account.exponent ||
		!wallet_currency_equal(&currency, &audit->row.account.currency))
		wallet_find(audit->findings, WALLET_CHECK_BALANCE,
					"Account " INT64_FORMAT " has another currency or number of decimals in wallet.balance than its opening event says.",
					audit->account);
	if (audit->row.owned != wallet_detail_has(&detail, WALLET_DETAIL_OWNER))
		wallet_find(audit->findings, WALLET_CHECK_BALANCE,
					"Account " INT64_FORMAT " has another owned in wallet.balance than its opening event says.", audit->account);
}

/* ----- the balance row ----- */

/* False if there is none from which a walk could start. */
static bool
read_balance(Audit *audit)
{
	WalletLookup lookup;
	const char *fault = NULL;
	bool		found;

	wallet_examine(audit->findings, WALLET_CHECK_BALANCE);
	wallet_lookup_open(&lookup, WALLET_REL_BALANCE, WALLET_REL_BALANCE_PKEY, 1, audit->snapshot);
	found = wallet_lookup_id(&lookup, audit->account);
	if (!found)
		wallet_find(audit->findings, WALLET_CHECK_BALANCE,
					"Account " INT64_FORMAT " has no row in wallet.balance.", audit->account);
	else if (!wallet_balance_from_slot(lookup.table->slot, &audit->row, &fault))
		wallet_find(audit->findings, WALLET_CHECK_BALANCE,
					"Account " INT64_FORMAT " has %s in wallet.balance.", audit->account, fault);
	else if (!audit->row.scaled)
		wallet_find(audit->findings, WALLET_CHECK_BALANCE,
					"Account " INT64_FORMAT " has another number of decimals in wallet.balance than its currency.", audit->account);
	wallet_lookup_close(&lookup);
	audit->held_before = audit->row.account.held;
	audit->held_exact = true;
	return found;
}

/* On the newest event. */
static void
compare_balance(Audit *audit)
{
	const WalletAccount *account = &audit->row.account;
	const char *difference = NULL;

	if (account->balance != balance_of(audit))
		difference = "balance";
	else if (account->version != version_of(audit))
		difference = "version";
	else if (account->exponent != audit->event.exponent)
		difference = "number of decimals";
	if (difference != NULL)
		wallet_find(audit->findings, WALLET_CHECK_BALANCE,
					"Account " INT64_FORMAT " has another %s in wallet.balance than after event " INT64_FORMAT ".",
					audit->account, difference, audit->event.event_id);
}

/* guard_event is the last of the chain, or a later event that read the account and is not in its chain. */
static void
check_guard(Audit *audit)
{
	const WalletAccount *account = &audit->row.account;
	WalletEvent event = {0};
	const char *reason;
	bool		debit;
	int64		prev;
	bool		sound = account->guard_event >= account->last_event;

	wallet_examine(audit->findings, WALLET_CHECK_BALANCE);
	if (account->guard_event > account->last_event)
		sound = wallet_lookup_id(&audit->events, account->guard_event) &&
			wallet_event_from_slot(audit->events.table->slot, &event, &reason) &&
			(event.debit == audit->account || event.credit == audit->account) &&
			!wallet_event_in_chain(&event, audit->account, &debit, &prev);
	if (!sound)
		wallet_find(audit->findings, WALLET_CHECK_BALANCE,
					"Account " INT64_FORMAT " has guard_event " INT64_FORMAT " in wallet.balance, which does not fit last_event " INT64_FORMAT ".",
					audit->account, account->guard_event, account->last_event);
}

/* ----- the walk ----- */

/* Who leads to the event that the walk goes to next. */
static const char *
leader(const Audit *audit)
{
	return audit->newer == 0 ? "wallet.balance"
		: psprintf("Event " INT64_FORMAT " of the chain of account " INT64_FORMAT, audit->newer, audit->account);
}

/* Goes to the next event, which must be there, and earlier. */
static bool
find_event(Audit *audit, int64 next)
{
	const char *fault = NULL;

	wallet_examine(audit->findings, WALLET_CHECK_CHAIN);
	if (audit->newer != 0 && next >= audit->newer)
		fault = "is no earlier one";
	else if (!wallet_lookup_id(&audit->events, next))
		fault = "is missing";
	if (fault != NULL)
		wallet_find(audit->findings, WALLET_CHECK_CHAIN, "%s names event " INT64_FORMAT " as the %s, which %s.",
					leader(audit), next, audit->newer == 0 ? "newest" : "one before it", fault);
	return fault == NULL;
}

/* Reads it; false if the walk ends here, and why was told. */
static bool
read_event(Audit *audit, int64 event_id)
{
	const char *reason;

	if (!wallet_event_from_slot(audit->events.table->slot, &audit->event, &reason))
	{
		wallet_find(audit->findings, WALLET_CHECK_EVENTS, "Event " INT64_FORMAT " cannot be read: %s.", event_id, reason);
		return false;
	}
	if (!wallet_event_in_chain(&audit->event, audit->account, &audit->debit, &audit->prev))
	{
		wallet_find(audit->findings, WALLET_CHECK_CHAIN,
					"%s names event " INT64_FORMAT ", which is not in the chain of account " INT64_FORMAT ".",
					leader(audit), event_id, audit->account);
		return false;
	}
	return true;
}

static void
visit_event(Audit *audit, MemoryContext memory)
{
	bool		opening = audit->prev == 0;

	check_record(audit);
	check_version(audit);
	check_balance(audit);
	if (audit->newer == 0)
		compare_balance(audit);
	if (version_of(audit) % WALLET_MILESTONE_EVERY == 0)
		note_due(audit, memory);
	if (audit->debit || opening)
	{
		wallet_int128 held = opening ? 0 : audit->event.debit_held;

		check_held(audit, held);
		settle_dues(audit, held);
		note_held_before(audit);
	}
	if (opening)
		check_opening(audit);
	audit->newer = audit->event.event_id;
	audit->newer_version = version_of(audit);
	audit->newer_before = balance_of(audit) - wallet_event_change(&audit->event, audit->debit);
	audit->newer_exponent = audit->event.exponent;
}

static void
walk(Audit *audit)
{
	MemoryContext memory = CurrentMemoryContext;
	MemoryContext row_memory = AllocSetContextCreate(memory, "wallet row", ALLOCSET_DEFAULT_SIZES);
	bool		going = true;

	for (int64 next = audit->row.account.last_event; going && next != 0; next = audit->prev)
	{
		CHECK_FOR_INTERRUPTS();
		if (!find_event(audit, next))
			break;
		MemoryContextSwitchTo(row_memory);
		going = read_event(audit, next);
		if (going)
			visit_event(audit, memory);
		MemoryContextSwitchTo(memory);
		MemoryContextReset(row_memory);
	}
	MemoryContextDelete(row_memory);
}

static _Noreturn void
raise_not_found(WalletBytes name, WalletBytes currency)
{
	char	   *currencies = wallet_accounts_currencies(name, GetActiveSnapshot());

	wallet_raise(WALLET_account_not_found,
				 psprintf("There is no account \"%.*s\" in %.*s.", (int) name.length, (const char *) name.data,
						  (int) currency.length, (const char *) currency.data),
				 currencies ? psprintf("\"%.*s\" has accounts in %s.", (int) name.length, (const char *) name.data, currencies) : NULL);
}

static int64
find_account(FunctionCallInfo fcinfo)
{
	WalletBytes name;
	WalletBytes code;
	WalletCurrency currency;
	int64		account = 0;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		wallet_raise_argument("name and currency must not be NULL");
	name = wallet_bytes_from_datum(PG_GETARG_DATUM(0));
	code = wallet_bytes_from_datum(PG_GETARG_DATUM(1));
	if (wallet_currency_from_bytes(code, &currency))
		account = wallet_accounts_find(name, &currency, GetActiveSnapshot());
	if (account == 0)
		raise_not_found(name, code);
	return account;
}

Datum
wallet_sql_verify_account(PG_FUNCTION_ARGS)
{
	static const WalletCheck checks[] =
	{
		WALLET_CHECK_EVENTS, WALLET_CHECK_CHAIN, WALLET_CHECK_AMOUNTS,
		WALLET_CHECK_MILESTONES, WALLET_CHECK_ACCOUNTS, WALLET_CHECK_BALANCE
	};
	Audit		audit = {
		.findings = wallet_findings_create(),
		.snapshot = GetActiveSnapshot(),
		.account = find_account(fcinfo)
	};

	InitMaterializedSRF(fcinfo, 0);
	if (read_balance(&audit))
	{
		wallet_lookup_open(&audit.events, WALLET_REL_EVENT, WALLET_REL_EVENT_PKEY, 1, audit.snapshot);
		audit.redactions = wallet_redactions_create(audit.events.table, audit.snapshot);
		walk(&audit);
		check_guard(&audit);
		wallet_lookup_close(&audit.events);
		check_milestones(&audit);
	}
	for (int i = 0; i < (int) lengthof(checks); i++)
		wallet_findings_put((ReturnSetInfo *) fcinfo->resultinfo, audit.findings, checks[i]);
	return (Datum) 0;
}
