/*
 * form.h
 *		The form of each command: its fields, their names as users write them, and
 *		which may be left out.  Single doors fill it from SQL arguments, in this
 *		order; wallet_execute from jsonb, by name.
 */
#ifndef WALLET_FORM_H
#define WALLET_FORM_H

#include "postgres.h"

#include "apply/call.h"

typedef enum WalletFieldType
{
	WALLET_TYPE_TEXT,
	WALLET_TYPE_UUID,
	WALLET_TYPE_NUMERIC,
	WALLET_TYPE_JSONB,
	WALLET_TYPE_TIMESTAMPTZ,
	WALLET_TYPE_BIGINT,
	WALLET_TYPE_INTEGER,
	WALLET_TYPE_BOOLEAN
} WalletFieldType;

/* What a field means: where its value goes and what it may be. */
typedef enum WalletFieldRole
{
	WALLET_ROLE_FROM,			/* the payer, or the one account */
	WALLET_ROLE_TO,
	WALLET_ROLE_PARENT,
	WALLET_ROLE_CURRENCY,
	WALLET_ROLE_ID,
	WALLET_ROLE_RELATED,
	WALLET_ROLE_AMOUNT,			/* > 0 */
	WALLET_ROLE_LIMIT,			/* any finite number */
	WALLET_ROLE_FLOOR,			/* of an opening */
	WALLET_ROLE_CEILING,
	WALLET_ROLE_METADATA,
	WALLET_ROLE_EFFECTIVE_AT,
	WALLET_ROLE_EXPIRES_AT,
	WALLET_ROLE_EXPECTED_VERSION,
	WALLET_ROLE_FINAL,
	WALLET_ROLE_OWNER,
	WALLET_ROLE_REASON,
	WALLET_ROLE_EXPONENT,
	WALLET_ROLE_WINDOW
} WalletFieldRole;

typedef struct WalletField
{
	const char *name;
	WalletFieldType type;
	WalletFieldRole role;
	bool		required;		/* must not be NULL */
	const char *missing;		/* value of one left out in jsonb; NULL: NULL */
} WalletField;

#define WALLET_FORM_FIELDS 9

typedef struct WalletForm
{
	const char *command;		/* as in wallet_execute */
	WalletKind	kind;
	WalletField fields[WALLET_FORM_FIELDS]; /* ends with name NULL */
} WalletForm;

/* A field filled in. */
typedef struct WalletFilled
{
	Datum		value;
	bool		isnull;
} WalletFilled;

extern const WalletForm *wallet_form_of_kind(WalletKind kind);

/* By the word in "command"; NULL if there is none. */
extern const WalletForm *wallet_form_of_command(WalletBytes command);

/*
 * Puts the fields into command i of the call.  What needs no state is judged here, in
 * the order of SPEC, 10; a sentence about an invalid_argument is returned, else NULL.
 */
extern const char *wallet_form_fill(const WalletForm *form, const WalletFilled *filled,
									WalletCall *call, size_t i);

#endif
