/*
 * form.c
 *		One table of all commands, and the judging of what needs no state.
 *
 * Faults are told by class, whatever order the fields are in: names, then
 * arguments, then metadata, then amounts (SPEC, 10).
 */
#include "postgres.h"

#include "pg/datum.h"
#include "api/command.h"
#include "api/form.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#define NAME(n, r)		{n, WALLET_TYPE_TEXT, r, true, NULL}
#define CURRENCY		{"currency", WALLET_TYPE_TEXT, WALLET_ROLE_CURRENCY, true, NULL}
#define ID				{"transaction_id", WALLET_TYPE_UUID, WALLET_ROLE_ID, true, NULL}
#define RELATED(n)		{n, WALLET_TYPE_UUID, WALLET_ROLE_RELATED, true, NULL}
#define AMOUNT(n)		{n, WALLET_TYPE_NUMERIC, WALLET_ROLE_AMOUNT, true, NULL}
#define AMOUNT_OR_ALL	{"amount", WALLET_TYPE_NUMERIC, WALLET_ROLE_AMOUNT, false, NULL}
#define METADATA		{"metadata", WALLET_TYPE_JSONB, WALLET_ROLE_METADATA, false, NULL}
#define REASON			{"reason", WALLET_TYPE_TEXT, WALLET_ROLE_REASON, false, NULL}
#define MOMENT(n, r)	{n, WALLET_TYPE_TIMESTAMPTZ, r, false, NULL}
#define VERSION			{"expected_version", WALLET_TYPE_BIGINT, WALLET_ROLE_EXPECTED_VERSION, false, NULL}

#define FROM			NAME("from_account", WALLET_ROLE_FROM)
#define TO				NAME("to_account", WALLET_ROLE_TO)
#define ACCOUNT			NAME("name", WALLET_ROLE_FROM)

/* Fields in the order of the SQL arguments. */
static const WalletForm forms[] =
{
	{"define_currency", WALLET_KIND_DEFINE_CURRENCY, {
			NAME("code", WALLET_ROLE_CURRENCY),
			{"exponent", WALLET_TYPE_INTEGER, WALLET_ROLE_EXPONENT, true, NULL}, ID
	}},
	{"open", WALLET_KIND_OPEN, {
			ACCOUNT, CURRENCY, ID,
			{"floor", WALLET_TYPE_NUMERIC, WALLET_ROLE_FLOOR, false, "0"},
			{"ceiling", WALLET_TYPE_NUMERIC, WALLET_ROLE_CEILING, false, NULL},
			{"parent", WALLET_TYPE_TEXT, WALLET_ROLE_PARENT, false, NULL},
			{"owner", WALLET_TYPE_TEXT, WALLET_ROLE_OWNER, false, NULL}, METADATA
	}},
	{"transfer", WALLET_KIND_TRANSFER, {
			FROM, TO, AMOUNT("amount"), CURRENCY, ID, METADATA,
			MOMENT("effective_at", WALLET_ROLE_EFFECTIVE_AT), VERSION
	}},
	{"hold", WALLET_KIND_HOLD, {
			FROM, TO, AMOUNT("amount"), CURRENCY, ID, METADATA,
			MOMENT("expires_at", WALLET_ROLE_EXPIRES_AT), VERSION
	}},
	{"capture", WALLET_KIND_CAPTURE, {
			RELATED("hold_id"), ID, AMOUNT_OR_ALL,
			{"final", WALLET_TYPE_BOOLEAN, WALLET_ROLE_FINAL, true, "true"}, METADATA
	}},
	{"release", WALLET_KIND_RELEASE, {RELATED("hold_id"), ID, AMOUNT_OR_ALL, METADATA}},
	{"reverse", WALLET_KIND_REVERSE, {RELATED("original"), ID, AMOUNT_OR_ALL, METADATA}},
	{"sweep", WALLET_KIND_SWEEP, {FROM, TO, AMOUNT("up_to"), CURRENCY, ID, METADATA}},
	{"freeze", WALLET_KIND_FREEZE, {ACCOUNT, CURRENCY, ID, REASON}},
	{"unfreeze", WALLET_KIND_UNFREEZE, {ACCOUNT, CURRENCY, ID, REASON}},
	{"close", WALLET_KIND_CLOSE, {ACCOUNT, CURRENCY, ID}},
	{"set_floor", WALLET_KIND_SET_FLOOR, {
			ACCOUNT, CURRENCY, {"floor", WALLET_TYPE_NUMERIC, WALLET_ROLE_LIMIT, true, NULL}, ID
	}},
	{"remove_floor", WALLET_KIND_REMOVE_FLOOR, {ACCOUNT, CURRENCY, ID}},
	{"set_ceiling", WALLET_KIND_SET_CEILING, {
			ACCOUNT, CURRENCY, {"ceiling", WALLET_TYPE_NUMERIC, WALLET_ROLE_LIMIT, false, NULL}, ID
	}},
	{"set_spend_limit", WALLET_KIND_SET_SPEND_LIMIT, {
			ACCOUNT, CURRENCY, {"amount", WALLET_TYPE_NUMERIC, WALLET_ROLE_LIMIT, false, NULL},
			{"window_seconds", WALLET_TYPE_INTEGER, WALLET_ROLE_WINDOW, false, NULL}, ID
	}}
};

const WalletForm *
wallet_form_of_kind(WalletKind kind)
{
	for (size_t i = 0; i < lengthof(forms); i++)
	{
		if (forms[i].kind == kind)
			return &forms[i];
	}
	elog(ERROR, "no form for kind %d", kind);
}

const WalletForm *
wallet_form_of_command(WalletBytes command)
{
	for (size_t i = 0; i < lengthof(forms); i++)
	{
		if (strlen(forms[i].command) == command.length &&
			memcmp(forms[i].command, command.data, command.length) == 0)
			return &forms[i];
	}
	return NULL;
}

/* ----- one field ----- */

/* The first fault of each class. */
typedef struct Faults
{
	WalletStatus name;
	const char *argument;
	WalletStatus metadata;
	WalletStatus amount;
} Faults;

static void
argument_fault(Faults *faults, const char *sentence)
{
	if (faults->argument == NULL)
		faults->argument = sentence;
}

/* A moment from an argument; those beyond the machine's range are in the far future all the same. */
static int64
moment_from(Datum value)
{
	TimestampTz timestamp = DatumGetTimestampTz(value);

	if (timestamp > PG_INT64_MAX - WALLET_EPOCH_OFFSET)
		return PG_INT64_MAX;
	return wallet_moment_from_timestamp(timestamp);
}

static void
fill_moment(const WalletField *field, Datum value, int64_t *moment, Faults *faults)
{
	if (TIMESTAMP_NOT_FINITE(DatumGetTimestampTz(value)))
		argument_fault(faults, psprintf("%s is infinite.", field->name));
	else
		*moment = moment_from(value);
}

static void
fill_owner(WalletRequest *request, WalletBytes owner, Faults *faults)
{
	char	   *name = pnstrdup((const char *) owner.data, owner.length);

	request->owner = owner;
	if (!OidIsValid(get_role_oid(name, true)))
		argument_fault(faults, psprintf("The owner \"%s\" is no role.", name));
}

static void
fill_currency(const WalletForm *form, WalletRequest *request, WalletBytes code, Faults *faults)
{
	WalletCurrency currency;

	request->currency = code;
	if (form->kind == WALLET_KIND_DEFINE_CURRENCY && !wallet_currency_from_bytes(code, &currency))
		argument_fault(faults, "A code has 1 to 16 bytes of A-Z 0-9 _ . -, the first a letter or digit.");
}

static void
fill_name(WalletBytes *place, WalletBytes name, Faults *faults)
{
	*place = name;
	if (faults->name == WALLET_success)
		faults->name = wallet_check_name(name);
}

static void
fill_amount(WalletRequest *request, Datum value, Faults *faults)
{
	request->amount = value;
	if (!wallet_numeric_is_positive(value))
		faults->amount = WALLET_invalid_amount;
}

/* A finite number of any sign. */
static void
fill_limit(Datum *place, Datum value, Faults *faults)
{
	*place = value;
	if (wallet_numeric_scale(value) < 0)
		faults->amount = WALLET_invalid_amount;
}

static void
fill_exponent(WalletRequest *request, int exponent, Faults *faults)
{
	request->exponent = exponent;
	if (exponent < 0 || exponent > WALLET_EXPONENT_MAX)
		argument_fault(faults, "An exponent is a number from 0 to 30.");
}

static void
fill_window(WalletRequest *request, int seconds, Faults *faults)
{
	request->window_seconds = seconds;
	if (seconds < 1)
		argument_fault(faults, "window_seconds is less than 1.");
}

static void
fill_uuid(WalletUuid *place, Datum value)
{
	memcpy(place->bytes, DatumGetPointer(value), sizeof(WalletUuid));
}

static void
fill_present(const WalletForm *form, const WalletField *field, Datum value,
			 WalletRequest *request, WalletEvent *event, Faults *faults)
{
	switch (field->role)
	{
		case WALLET_ROLE_FROM:
			fill_name(&request->from, wallet_bytes_from_datum(value), faults);
			break;
		case WALLET_ROLE_TO:
		case WALLET_ROLE_PARENT:
			fill_name(&request->to, wallet_bytes_from_datum(value), faults);
			break;
		case WALLET_ROLE_CURRENCY:
			fill_currency(form, request, wallet_bytes_from_datum(value), faults);
			break;
		case WALLET_ROLE_ID:
			fill_uuid(&event->transaction_id, value);
			break;
		case WALLET_ROLE_RELATED:
			fill_uuid(&event->related, value);
			event->present |= WALLET_HAS_RELATED;
			break;
		case WALLET_ROLE_AMOUNT:
			fill_amount(request, value, faults);
			break;
		case WALLET_ROLE_LIMIT:
			fill_limit(&request->amount, value, faults);
			break;
		case WALLET_ROLE_FLOOR:
			fill_limit(&request->floor, value, faults);
			break;
		case WALLET_ROLE_CEILING:
			fill_limit(&request->ceiling, value, faults);
			break;
		case WALLET_ROLE_METADATA:
			faults->metadata = wallet_set_metadata(request, event, value);
			break;
		case WALLET_ROLE_EFFECTIVE_AT:
			fill_moment(field, value, &event->effective_at, faults);
			event->present |= WALLET_HAS_EFFECTIVE_AT;
			break;
		case WALLET_ROLE_EXPIRES_AT:
			fill_moment(field, value, &event->expires_at, faults);
			event->present |= WALLET_HAS_EXPIRES_AT;
			break;
		case WALLET_ROLE_EXPECTED_VERSION:
			event->expected_version = DatumGetInt64(value);
			event->present |= WALLET_HAS_EXPECTED_VERSION;
			break;
		case WALLET_ROLE_FINAL:
			event->final = DatumGetBool(value);
			event->present |= WALLET_HAS_FINAL;
			break;
		case WALLET_ROLE_OWNER:
			fill_owner(request, wallet_bytes_from_datum(value), faults);
			break;
		case WALLET_ROLE_REASON:
			request->reason = wallet_bytes_from_datum(value);
			break;
		case WALLET_ROLE_EXPONENT:
			fill_exponent(request, DatumGetInt32(value), faults);
			break;
		case WALLET_ROLE_WINDOW:
			fill_window(request, DatumGetInt32(value), faults);
			break;
	}
}

/* A field that is NULL and must not be. */
static void
fill_missing(const WalletForm *form, const WalletField *field, Faults *faults)
{
	static const WalletBytes nothing = {NULL, 0};
	WalletRequest ignored;

	switch (field->role)
	{
		case WALLET_ROLE_FROM:
		case WALLET_ROLE_TO:
			if (faults->name == WALLET_success)
				faults->name = wallet_check_name(nothing);
			break;
		case WALLET_ROLE_AMOUNT:
		case WALLET_ROLE_LIMIT:
			faults->amount = WALLET_invalid_amount;
			break;
		case WALLET_ROLE_EXPONENT:
			fill_exponent(&ignored, -1, faults);
			break;
		case WALLET_ROLE_CURRENCY:
			if (form->kind == WALLET_KIND_DEFINE_CURRENCY)
			{
				fill_currency(form, &ignored, nothing, faults);
				break;
			}
			/* FALLTHROUGH */
		default:
			argument_fault(faults, psprintf("The %s is NULL.", field->name));
			break;
	}
}

const char *
wallet_form_fill(const WalletForm *form, const WalletFilled *filled, WalletCall *call, size_t i)
{
	WalletRequest *request = &call->requests[i];
	WalletEvent *event = &call->batch.entries[i].event;
	Faults		faults = {.name = WALLET_success,.metadata = WALLET_success,.amount = WALLET_success};

	event->kind = (uint16_t) form->kind;
	for (const WalletField *field = form->fields; field->name != NULL; field++, filled++)
	{
		if (!filled->isnull)
			fill_present(form, field, filled->value, request, event, &faults);
		else if (field->required)
			fill_missing(form, field, &faults);
	}
	if (form->kind == WALLET_KIND_SET_SPEND_LIMIT && request->amount != (Datum) 0 &&
		request->window_seconds == 0)
		argument_fault(&faults, "A spending limit needs window_seconds.");

	wallet_fault(request, faults.name);
	if (faults.argument != NULL)
		wallet_fault(request, WALLET_invalid_argument);
	wallet_fault(request, faults.metadata);
	wallet_fault(request, faults.amount);
	return faults.argument;
}
