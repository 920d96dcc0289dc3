/*
 * execute.c
 *		wallet_execute: commands of any kind as jsonb, in order, one status each.
 *
 * A command asks for the same right here as by itself: EXECUTE on the function of its
 * kind in the schema of wallet_execute.  Without it nobody could be given less than all.
 *
 * What is no command at all (no object, an unknown word, a value of another type) is an
 * error that names the place, as in the calls with arrays; what is a command that
 * cannot be carried out is a status.
 */
#include "postgres.h"

#include "catalog/pg_proc.h"
#include "miscadmin.h"
#include "pg/compat.h"
#include "pg/datum.h"
#include "pg/error.h"
#include "api/command.h"
#include "api/form.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/catcache.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/syscache.h"

PG_FUNCTION_INFO_V1(wallet_sql_execute);

/* May the user call the function that carries out one such command? */
static void
check_right(FunctionCallInfo fcinfo, const WalletForm *form)
{
	char	   *name = psprintf("wallet_%s", form->command);
	Oid			namespace = get_func_namespace(fcinfo->flinfo->fn_oid);
	CatCList   *functions = SearchSysCacheList1(PROCNAMEARGSNSP, CStringGetDatum(name));
	bool		allowed = false;

	for (int i = 0; i < functions->n_members && !allowed; i++)
	{
		Form_pg_proc function = (Form_pg_proc) GETSTRUCT(&functions->members[i]->tuple);

		allowed = function->pronamespace == namespace &&
			wallet_may_execute(function->oid, GetUserId());
	}
	ReleaseCatCacheList(functions);
	if (!allowed)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for function %s", name)));
}

/* Where we are, for messages. */
typedef struct Place
{
	int			command;		/* from 1 */
	const char *field;
	bool		allowed[WALLET_KIND_SET_SPEND_LIMIT + 1];	/* by kind: asked
															 * already */
} Place;

static void
say_place(void *arg)
{
	const Place *place = arg;

	if (place->field != NULL)
		errcontext("field \"%s\" of command %d", place->field, place->command);
	else
		errcontext("command %d", place->command);
}

static Datum
from_text(const char *text, WalletFieldType type)
{
	switch (type)
	{
		case WALLET_TYPE_TEXT:
			return CStringGetTextDatum(text);
		case WALLET_TYPE_UUID:
			return DirectFunctionCall1(uuid_in, CStringGetDatum(text));
		case WALLET_TYPE_NUMERIC:
			return DirectFunctionCall3(numeric_in, CStringGetDatum(text), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
		case WALLET_TYPE_TIMESTAMPTZ:
			return DirectFunctionCall3(timestamptz_in, CStringGetDatum(text), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
		case WALLET_TYPE_BIGINT:
			return DirectFunctionCall1(int8in, CStringGetDatum(text));
		case WALLET_TYPE_INTEGER:
			return DirectFunctionCall1(int4in, CStringGetDatum(text));
		case WALLET_TYPE_BOOLEAN:
			return DirectFunctionCall1(boolin, CStringGetDatum(text));
		case WALLET_TYPE_JSONB:
			break;
	}
	elog(ERROR, "unknown type of a field");
}

static Datum
from_number(Numeric number, WalletFieldType type)
{
	switch (type)
	{
		case WALLET_TYPE_NUMERIC:
			return NumericGetDatum(number);
		case WALLET_TYPE_BIGINT:
			return DirectFunctionCall1(numeric_int8, NumericGetDatum(number));
		case WALLET_TYPE_INTEGER:
			return DirectFunctionCall1(numeric_int4, NumericGetDatum(number));
		default:
			wallet_raise_argument("a number is of no use here");
	}
}

static bool
is_whole(Numeric number)
{
	Datum		whole = DirectFunctionCall2(numeric_trunc, NumericGetDatum(number), Int32GetDatum(0));

	return DatumGetBool(DirectFunctionCall2(numeric_eq, NumericGetDatum(number), whole));
}

/* The value as the field wants it; numbers may be written as strings, so that no client rounds them. */
static Datum
convert(JsonbValue *value, WalletFieldType type)
{
	if (type == WALLET_TYPE_JSONB)
		return JsonbPGetDatum(JsonbValueToJsonb(value));
	switch (value->type)
	{
		case jbvString:
			return from_text(pnstrdup(value->val.string.val, value->val.string.len), type);
		case jbvNumeric:
			if (type != WALLET_TYPE_NUMERIC && !is_whole(value->val.numeric))
				wallet_raise_argument("a whole number is wanted");
			return from_number(value->val.numeric, type);
		case jbvBool:
			if (type == WALLET_TYPE_BOOLEAN)
				return BoolGetDatum(value->val.boolean);
			/* FALLTHROUGH */
		default:
			wallet_raise_argument("a value of another type is wanted");
	}
}

static JsonbValue *
member(JsonbContainer *object, const char *name)
{
	return getKeyJsonValueFromContainer(object, name, (int) strlen(name), NULL);
}

/* The first key that the form does not know. */
static void
refuse_unknown_field(JsonbContainer *object, const WalletForm *form)
{
	JsonbIterator *iterator = JsonbIteratorInit(object);
	JsonbIteratorToken token;
	JsonbValue	value;

	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		bool		known;
		char	   *key;

		if (token != WJB_KEY)
			continue;
		key = pnstrdup(value.val.string.val, value.val.string.len);
		known = strcmp(key, "command") == 0 || strcmp(key, "group") == 0;
		for (const WalletField *field = form->fields; field->name != NULL; field++)
			known |= strcmp(key, field->name) == 0;
		if (!known)
			wallet_raise_argument("a \"%s\" has no field \"%s\"", form->command, key);
	}
}

static const WalletForm *
form_of(JsonbContainer *object)
{
	JsonbValue *word = member(object, "command");
	const WalletForm *form;
	WalletBytes bytes;

	if (word == NULL || word->type != jbvString)
		wallet_raise_argument("it has no \"command\"");
	bytes.data = (const uint8_t *) word->val.string.val;
	bytes.length = (uint32_t) word->val.string.len;
	form = wallet_form_of_command(bytes);
	if (form == NULL)
		wallet_raise_argument("there is no command \"%.*s\"", word->val.string.len, word->val.string.val);
	return form;
}

/* One object into command i. */
static void
read_command(FunctionCallInfo fcinfo, JsonbContainer *object, WalletCall *call, int i,
			 WalletGroupNumber *group, Place *place)
{
	const WalletForm *form = form_of(object);
	WalletFilled filled[WALLET_FORM_FIELDS];
	JsonbValue *value;
	uint32		met = 1;

	if (!place->allowed[form->kind])
		check_right(fcinfo, form);
	place->allowed[form->kind] = true;
	for (int k = 0; form->fields[k].name != NULL; k++)
	{
		const WalletField *field = &form->fields[k];

		place->field = field->name;
		value = member(object, field->name);
		met += value != NULL;
		filled[k].isnull = value == NULL ? field->missing == NULL : value->type == jbvNull;
		if (!filled[k].isnull)
			filled[k].value = value ? convert(value, field->type) : from_text(field->missing, field->type);
	}
	place->field = NULL;
	for (int k = 0; form->fields[k].name != NULL; k++)
	{
		if (form->fields[k].role == WALLET_ROLE_ID && filled[k].isnull)
			wallet_raise_argument("it has no \"%s\"", form->fields[k].name);
	}
	place->field = "group";
	value = member(object, "group");
	met += value != NULL;
	group->given = value != NULL && value->type != jbvNull;
	if (group->given)
		group->number = DatumGetInt32(convert(value, WALLET_TYPE_INTEGER));
	place->field = NULL;
	if (met != JsonContainerSize(object))
		refuse_unknown_field(object, form);
	(void) wallet_form_fill(form, filled, call, (size_t) i);
}

static void
read_commands(FunctionCallInfo fcinfo, Jsonb *commands, WalletCall *call, WalletGroupNumber *groups)
{
	Place		place = {0};
	ErrorContextCallback context = {.callback = say_place,.arg = &place,.previous = error_context_stack};
	JsonbIterator *iterator = JsonbIteratorInit(&commands->root);
	JsonbIteratorToken token;
	JsonbValue	value;

	error_context_stack = &context;
	(void) JsonbIteratorNext(&iterator, &value, true);	/* the array */
	while ((token = JsonbIteratorNext(&iterator, &value, true)) == WJB_ELEM)
	{
		place.command++;
		if (value.type != jbvBinary || !JsonContainerIsObject(value.val.binary.data))
			wallet_raise_argument("a command is an object");
		read_command(fcinfo, value.val.binary.data, call, place.command - 1, &groups[place.command - 1], &place);
	}
	error_context_stack = context.previous;
}

Datum
wallet_sql_execute(PG_FUNCTION_ARGS)
{
	Jsonb	   *commands;
	WalletCall *call;
	WalletGroupNumber *groups;
	int			count;

	if (PG_ARGISNULL(0))
		wallet_raise_argument("\"commands\" must not be NULL");
	commands = PG_GETARG_JSONB_P(0);
	if (!JB_ROOT_IS_ARRAY(commands) || JB_ROOT_IS_SCALAR(commands))
		wallet_raise_argument("\"commands\" must be an array of objects");
	count = (int) JB_ROOT_COUNT(commands);
	call = wallet_bulk_begin(count, 0);
	groups = palloc0(Max(count, 1) * sizeof(WalletGroupNumber));
	read_commands(fcinfo, commands, call, groups);
	wallet_call_group(call, groups, wallet_atomic_arg(fcinfo, 1));
	return wallet_bulk_run(fcinfo, call);
}
