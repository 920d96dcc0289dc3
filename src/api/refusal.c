/*
 * refusal.c
 *		The words in which a single command is refused: which account, how much,
 *		which limit, and what to do.
 */
#include "postgres.h"

#include "core/money.h"
#include "core/status.h"
#include "pg/datum.h"
#include "pg/error.h"
#include "store/accounts.h"
#include "api/command.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

/* Money has 38 digits, a sign and a point: numbers of this length are shown whole. */
#define NUMBER_SHOWN_MAX	64
#define NUMBER_SHOWN_HEAD	40

typedef struct Words
{
	const char *detail;
	const char *hint;
} Words;

static Words
words(const char *detail)
{
	Words		result = {detail, NULL};

	return result;
}

static char *
text_of(WalletBytes bytes)
{
	return pnstrdup((const char *) bytes.data, bytes.length);
}

static const WalletAccount *
account_at(const WalletCall *call, int32 position)
{
	return position < 0 ? NULL : &call->batch.accounts[position];
}

/* The hold or original that the command names. */
static const WalletHold *
hold_of(const WalletCall *call)
{
	const WalletEntry *entry = &call->batch.entries[0];

	return entry->hold < 0 || call->batch.holds == NULL ? NULL : &call->batch.holds[entry->hold];
}

static const WalletOriginal *
original_of(const WalletCall *call)
{
	const WalletEntry *entry = &call->batch.entries[0];

	return entry->original < 0 || call->batch.originals == NULL ? NULL : &call->batch.originals[entry->original];
}

/* How much was asked for, also if that was "all". */
static wallet_int128
asked_for(const WalletCall *call)
{
	const WalletEvent *event = &call->batch.entries[0].event;
	const WalletHold *hold = hold_of(call);
	const WalletOriginal *original = original_of(call);

	if (event->present & WALLET_HAS_REQUESTED)
		return event->requested;
	if (original != NULL)
		return original->amount - original->reversed;
	return hold != NULL ? hold->remaining : 0;
}

/* A command about a hold or an original names no account: theirs have names. */
static void
name_accounts(WalletCall *call)
{
	WalletRequest *request = &call->requests[0];
	const WalletEvent *event = &call->batch.entries[0].event;
	WalletIdentity identity;

	if (!(event->present & WALLET_HAS_RELATED) || request->currency.data != NULL)
		return;
	PushActiveSnapshot(GetLatestSnapshot());
	if ((event->present & WALLET_HAS_CREDIT) && wallet_accounts_read(event->credit, GetActiveSnapshot(), &identity))
		request->to = identity.name;
	if ((event->present & WALLET_HAS_DEBIT) && wallet_accounts_read(event->debit, GetActiveSnapshot(), &identity))
	{
		request->from = identity.name;
		request->currency = wallet_bytes_from_datum(wallet_currency_text(&identity.currency));
	}
	PopActiveSnapshot();
}

/* Which of both names is not there, and where else it is. */
static Words
describe_not_found(const WalletCall *call)
{
	const WalletRequest *request = &call->requests[0];
	const WalletEntry *entry = &call->batch.entries[0];
	bool		is_open = entry->event.kind == WALLET_KIND_OPEN;
	bool		payer = !is_open && !(entry->event.present & WALLET_HAS_DEBIT);
	WalletBytes name = payer ? request->from : request->to;
	char	   *currencies;
	Words		result;

	PushActiveSnapshot(GetLatestSnapshot());
	currencies = wallet_accounts_currencies(name, GetActiveSnapshot());
	PopActiveSnapshot();
	result.detail = psprintf("There is no account \"%s\" in %s.", text_of(name), text_of(request->currency));
	result.hint = currencies
		? psprintf("\"%s\" has accounts in %s.", text_of(name), currencies)
		: NULL;
	return result;
}

static Words
describe_funds(const WalletCall *call)
{
	const WalletRequest *request = &call->requests[0];
	const WalletEntry *entry = &call->batch.entries[0];
	const WalletAccount *payer = account_at(call, entry->debit);
	int			exponent = payer->exponent;
	wallet_int128 available = wallet_money_available(payer->balance, payer->held, payer->floor);

	return words(psprintf("Account \"%s\" has %s %s available (balance %s, held %s, floor %s); %s was asked for.",
						  text_of(request->from),
						  wallet_money_in_range(available) ? wallet_money_text(available, exponent) : "less than nothing",
						  text_of(request->currency),
						  wallet_money_text(payer->balance, exponent),
						  wallet_money_text(payer->held, exponent),
						  wallet_money_text(payer->floor, exponent),
						  wallet_money_text(asked_for(call), exponent)));
}

static Words
describe_ceiling(const WalletCall *call)
{
	const WalletRequest *request = &call->requests[0];
	const WalletAccount *payee = account_at(call, call->batch.entries[0].credit);

	return words(psprintf("Account \"%s\" has %s %s and may hold at most %s; %s would be added.",
						  text_of(request->to), wallet_money_text(payee->balance, payee->exponent),
						  text_of(request->currency), wallet_money_text(payee->ceiling, payee->exponent),
						  wallet_money_text(asked_for(call), payee->exponent)));
}

static Words
describe_spend_limit(const WalletCall *call)
{
	const WalletRequest *request = &call->requests[0];
	const WalletEntry *entry = &call->batch.entries[0];
	const WalletAccount *payer = account_at(call, entry->debit);
	int64		window = entry->event.event_id / (payer->window_seconds * USECS_PER_SEC);

	return words(psprintf("Account \"%s\" may spend %s %s per %d seconds and has spent %s in this window; %s was asked for.",
						  text_of(request->from), wallet_money_text(payer->spend_limit, payer->exponent),
						  text_of(request->currency), (int) payer->window_seconds,
						  wallet_money_text(payer->window_number == window ? payer->spent : 0, payer->exponent),
						  wallet_money_text(asked_for(call), payer->exponent)));
}

static Words
describe_account_status(const WalletCall *call, uint8_t status)
{
	const WalletRequest *request = &call->requests[0];
	const WalletAccount *payer = account_at(call, call->batch.entries[0].debit);
	bool		is_payer = payer != NULL && payer->status == status;

	return words(psprintf("Account \"%s\" in %s is the %s.",
						  text_of(is_payer ? request->from : request->to), text_of(request->currency),
						  is_payer ? "payer" : "payee"));
}

static Words
describe_version(const WalletCall *call)
{
	const WalletEntry *entry = &call->batch.entries[0];

	return words(psprintf("Account \"%s\" has version " INT64_FORMAT ", expected was " INT64_FORMAT ".",
						  text_of(call->requests[0].from), account_at(call, entry->debit)->version,
						  entry->event.expected_version));
}

/* Two accounts of one name in two currencies differ in what people would call the currency. */
static const char *
conflict_field(const WalletCall *call)
{
	const WalletEntry *entry = &call->batch.entries[0];
	WalletIdentity identity;
	bool		found;

	if (strcmp(entry->difference, "from_account") != 0 || entry->known == NULL)
		return entry->difference;
	PushActiveSnapshot(GetLatestSnapshot());
	found = wallet_accounts_read(entry->known->debit, GetActiveSnapshot(), &identity);
	PopActiveSnapshot();
	if (found && wallet_bytes_equal(identity.name, call->requests[0].from))
		return "currency";
	return entry->difference;
}

static Words
describe_conflict(const WalletCall *call)
{
	const WalletEntry *entry = &call->batch.entries[0];

	return words(psprintf("Transaction id %s is recorded as event " INT64_FORMAT " with another %s.",
						  wallet_uuid_text(&entry->event.transaction_id), entry->known->event_id,
						  conflict_field(call)));
}

static Words
describe_name(const WalletCall *call)
{
	const WalletRequest *request = &call->requests[0];
	bool		first = wallet_check_name(request->from) != WALLET_success;
	WalletBytes name = first ? request->from : request->to;

	if (name.data == NULL)
		return words("The name is NULL.");
	if (name.length > WALLET_NAME_MAX)
		return words(psprintf("The name has %u bytes.", name.length));
	return words(psprintf("The name is \"%s\".", text_of(name)));
}

static Words
describe_currency(const WalletCall *call)
{
	WalletBytes code = call->requests[0].currency;

	return words(psprintf("The code is \"%.*s\".", (int) Min(code.length, 64), (const char *) code.data));
}

static Words
describe_exists(const WalletCall *call)
{
	const WalletRequest *request = &call->requests[0];

	return words(psprintf("Account \"%s\" in %s was opened by another transaction id.",
						  text_of(request->from), text_of(request->currency)));
}

static Words
describe_scale(const WalletCall *call)
{
	const WalletRequest *request = &call->requests[0];

	return words(psprintf("%s has %d decimals.", text_of(request->currency), request->exponent));
}

static Words
describe_privilege(const WalletCall *call)
{
	const WalletRequest *request = &call->requests[0];
	WalletIdentity identity;
	bool		owned;

	PushActiveSnapshot(GetLatestSnapshot());
	owned = wallet_accounts_read(call->batch.entries[0].event.debit, GetActiveSnapshot(), &identity) &&
		identity.owner.data != NULL;
	PopActiveSnapshot();
	if (owned)
		return words(psprintf("Only \"%s\", its members or an admin may debit account \"%s\".",
							  text_of(identity.owner), text_of(request->from)));
	return words(psprintf("Account \"%s\" has no floor and no owner: only an admin may debit it.",
						  text_of(request->from)));
}

/* A number as it was given; nobody reads a hundred thousand digits. */
static char *
number_text(Datum numeric)
{
	char	   *text = DatumGetCString(DirectFunctionCall1(numeric_out, numeric));
	int			length = (int) strlen(text);

	if (length > NUMBER_SHOWN_MAX)
		text = psprintf("%.*s... (%d characters)", NUMBER_SHOWN_HEAD, text, length);
	return text;
}

static Words
describe_same_account(const WalletCall *call)
{
	const WalletRequest *request = &call->requests[0];

	return words(psprintf("Account \"%s\" in %s is named as payer and as payee.",
						  text_of(request->from), text_of(request->currency)));
}

/* No finite number, or an amount that moves nothing; an opening has two limits instead. */
static Words
describe_no_amount(const WalletCall *call)
{
	const WalletRequest *request = &call->requests[0];
	const char *what = "amount";
	Datum		number = request->amount;

	if (call->batch.entries[0].event.kind == WALLET_KIND_OPEN)
	{
		bool		floor = request->floor != (Datum) 0 && wallet_numeric_scale(request->floor) < 0;

		what = floor ? "floor" : "ceiling";
		number = floor ? request->floor : request->ceiling;
	}
	if (number == (Datum) 0)
		return words(psprintf("The %s is NULL.", what));
	return words(psprintf("The %s is %s; it must be %s.", what, number_text(number),
						  wallet_numeric_scale(number) < 0 ? "a finite number" : "above zero"));
}

/* Does the number have too many digits for the request's currency? */
static bool
is_too_long(const WalletRequest *request, Datum number)
{
	wallet_int128 ignored;

	return number != (Datum) 0 &&
		wallet_money_from_numeric(number, request->exponent, &ignored) == WALLET_amount_overflow;
}

/* Nothing that was asked for is too long by itself: so a balance would become so. */
static Words
describe_full(const WalletCall *call)
{
	const WalletRequest *request = &call->requests[0];
	const WalletEntry *entry = &call->batch.entries[0];
	const WalletAccount *payer = account_at(call, entry->debit);
	const WalletAccount *payee = account_at(call, entry->credit);
	wallet_int128 after;
	bool		is_payer;

	if (payer == NULL || payee == NULL)
		return words("A balance would need more than 38 digits.");
	is_payer = !wallet_money_subtract(payer->balance, asked_for(call), &after);
	return words(psprintf("Account \"%s\" has %s %s; %s %s needs more than 38 digits.",
						  text_of(is_payer ? request->from : request->to),
						  wallet_money_text(is_payer ? payer->balance : payee->balance, payer->exponent),
						  text_of(request->currency), is_payer ? "taking" : "adding",
						  wallet_money_text(asked_for(call), payer->exponent)));
}

static Words
describe_overflow(const WalletCall *call)
{
	const WalletRequest *request = &call->requests[0];
	const char *what = "amount";
	Datum		number = request->amount;

	if (is_too_long(request, request->floor))
	{
		what = "floor";
		number = request->floor;
	}
	else if (is_too_long(request, request->ceiling))
	{
		what = "ceiling";
		number = request->ceiling;
	}
	else if (!is_too_long(request, number))
		return describe_full(call);
	return words(psprintf("The %s is %s; 38 digits are the most, and in %s %d of them are decimals.",
						  what, number_text(number), text_of(request->currency), request->exponent));
}

/* Both moments: what differs is often the clock of the client. */
static Words
describe_effective_at(const WalletCall *call)
{
	const WalletEvent *event = &call->batch.entries[0].event;
	char	   *asked = pstrdup(timestamptz_to_str(wallet_timestamp_from_moment(event->effective_at)));

	return words(psprintf("effective_at is %s; the event would have been recorded at %s.", asked,
						  timestamptz_to_str(wallet_timestamp_from_moment(event->event_id))));
}

static Words
describe_metadata(const WalletCall *call)
{
	uint8_t		ignored[WALLET_DIGEST_BYTES];

	return words(psprintf("The metadata has %d bytes as text; %d are the most.",
						  wallet_metadata_digest(call->requests[0].metadata, ignored), WALLET_METADATA_MAX));
}

static Words
describe_not_there(const WalletCall *call, const char *what)
{
	return words(psprintf("There is no %s with the id %s.", what,
						  wallet_uuid_text(&call->batch.entries[0].event.related)));
}

static Words
describe_settled(const WalletCall *call)
{
	const WalletHold *hold = hold_of(call);

	return words(psprintf("All %s %s of hold %s were captured or released.",
						  wallet_money_text(hold->amount, account_at(call, hold->payer)->exponent),
						  text_of(call->requests[0].currency), wallet_uuid_text(&hold->transaction_id)));
}

static Words
describe_expired(const WalletCall *call)
{
	const WalletHold *hold = hold_of(call);

	return words(psprintf("Hold %s expired at %s.", wallet_uuid_text(&hold->transaction_id),
						  timestamptz_to_str(wallet_timestamp_from_moment(hold->expires_at))));
}

static Words
describe_beyond_hold(const WalletCall *call)
{
	const WalletHold *hold = hold_of(call);
	int			exponent = account_at(call, hold->payer)->exponent;

	return words(psprintf("%s %s of hold %s remain; %s was asked for.",
						  wallet_money_text(hold->remaining, exponent), text_of(call->requests[0].currency),
						  wallet_uuid_text(&hold->transaction_id), wallet_money_text(asked_for(call), exponent)));
}

static Words
describe_beyond_original(const WalletCall *call)
{
	const WalletOriginal *original = original_of(call);
	int			exponent = account_at(call, original->payer)->exponent;

	return words(psprintf("Of %s %s %s are reversed already; %s was asked for.",
						  wallet_money_text(original->amount, exponent), text_of(call->requests[0].currency),
						  wallet_money_text(original->reversed, exponent), wallet_money_text(asked_for(call), exponent)));
}

static Words
describe_not_reversible(const WalletCall *call)
{
	const WalletOriginal *original = original_of(call);

	if (original->status != WALLET_success)
		return words(psprintf("Event " INT64_FORMAT " is a refusal (%s): it moved nothing.", original->event_id,
							  wallet_status_name(original->status)));
	return words(psprintf("Event " INT64_FORMAT " is a \"%s\".", original->event_id,
						  wallet_kind_name(original->kind)));
}

static Words
describe_not_empty(const WalletCall *call)
{
	const WalletAccount *account = account_at(call, call->batch.entries[0].debit);

	return words(psprintf("Account \"%s\" has a balance of %s %s, holds of %s, and %d transfers on their way to it.",
						  text_of(call->requests[0].from), wallet_money_text(account->balance, account->exponent),
						  text_of(call->requests[0].currency), wallet_money_text(account->held, account->exponent),
						  (int) account->inbound));
}

/* Nothing is wrong with the arguments by themselves: the moment of the hold's end is past. */
static Words
describe_argument(const WalletCall *call)
{
	const WalletEvent *event = &call->batch.entries[0].event;

	if (!(event->present & WALLET_HAS_EXPIRES_AT) || event->expires_at > event->event_id)
		return words(NULL);
	return words(psprintf("expires_at is %s, which is past.",
						  timestamptz_to_str(wallet_timestamp_from_moment(event->expires_at))));
}

static Words
describe(const WalletCall *call, WalletStatus status)
{
	switch (status)
	{
		case WALLET_insufficient_funds:
			return describe_funds(call);
		case WALLET_account_not_found:
			return describe_not_found(call);
		case WALLET_account_frozen:
			return describe_account_status(call, WALLET_ACCOUNT_FROZEN);
		case WALLET_account_closed:
			return describe_account_status(call, WALLET_ACCOUNT_CLOSED);
		case WALLET_same_account:
			return describe_same_account(call);
		case WALLET_invalid_amount:
			return describe_no_amount(call);
		case WALLET_amount_overflow:
			return describe_overflow(call);
		case WALLET_invalid_effective_at:
			return describe_effective_at(call);
		case WALLET_metadata_too_large:
			return describe_metadata(call);
		case WALLET_ceiling_exceeded:
			return describe_ceiling(call);
		case WALLET_spend_limit_exceeded:
			return describe_spend_limit(call);
		case WALLET_version_conflict:
			return describe_version(call);
		case WALLET_transaction_id_conflict:
			return describe_conflict(call);
		case WALLET_invalid_name:
			return describe_name(call);
		case WALLET_unknown_currency:
			return describe_currency(call);
		case WALLET_account_exists:
			return describe_exists(call);
		case WALLET_invalid_scale:
			return describe_scale(call);
		case WALLET_insufficient_privilege:
			return describe_privilege(call);
		case WALLET_invalid_argument:
			return describe_argument(call);
		case WALLET_hold_not_found:
			return describe_not_there(call, "hold");
		case WALLET_original_not_found:
			return describe_not_there(call, "event");
		case WALLET_hold_settled:
			return describe_settled(call);
		case WALLET_hold_expired:
			return describe_expired(call);
		case WALLET_exceeds_hold:
			return describe_beyond_hold(call);
		case WALLET_exceeds_original:
			return describe_beyond_original(call);
		case WALLET_not_reversible:
			return describe_not_reversible(call);
		case WALLET_account_not_empty:
			return describe_not_empty(call);
		default:
			return words(NULL);
	}
}

void
wallet_refusal_raise(WalletCall *call, const char *argument_fault)
{
	const WalletEntry *entry = &call->batch.entries[0];
	Words		said;

	if (entry->status == WALLET_success)
		return;
	if (entry->replayed)
		wallet_raise(entry->status,
					 psprintf("This is the answer recorded for transaction id %s as event " INT64_FORMAT ".",
							  wallet_uuid_text(&entry->event.transaction_id), entry->answer->event_id), NULL);
	if (entry->status == WALLET_invalid_argument && argument_fault != NULL)
		wallet_raise(entry->status, argument_fault, NULL);
	name_accounts(call);
	said = describe(call, entry->status);
	wallet_raise(entry->status, said.detail, said.hint);
}
