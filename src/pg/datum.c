/*
 * datum.c
 *		numeric is read and built in its stored form: a header of two or four
 *		bytes, then base-10000 digits.  That form cannot change, because pg_upgrade
 *		keeps data files; going through text or the numeric functions costs ten
 *		times as much per transfer.  test/sql/money.sql holds it against
 *		numeric's own input and output.
 */
#include "postgres.h"

#include "common/cryptohash.h"
#include "common/sha2.h"
#include "core/money.h"
#include "fmgr.h"
#include "pg/compat.h"
#include "pg/datum.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"
#include "utils/uuid.h"

#define FORM_MASK		0xC000
#define FORM_SHORT		0x8000
#define FORM_SPECIAL	0xC000
#define LONG_NEGATIVE	0x4000
#define LONG_SCALE		0x3FFF
#define SHORT_NEGATIVE	0x2000
#define SHORT_SCALE		0x1F80
#define SHORT_SCALE_SHIFT	7
#define SHORT_WEIGHT_SIGN	0x0040
#define SHORT_WEIGHT		0x003F

StaticAssertDecl(VARHDRSZ + 2 + WALLET_MONEY_DIGITS * sizeof(int16) <= WALLET_NUMERIC_BYTES,
				 "money fits the buffer");

/* A numeric taken apart; digits may be unaligned in the original and are copied. */
typedef struct Parts
{
	bool		special;
	bool		negative;
	int			scale;
	int			weight;
	int			ndigits;
	const char *digits;
} Parts;

static void
take_apart(const struct varlena *value, Parts *parts)
{
	const char *at = VARDATA_ANY(value);
	int			length = VARSIZE_ANY_EXHDR(value);
	uint16		header;
	int16		weight;

	memset(parts, 0, sizeof(*parts));
	memcpy(&header, at, sizeof(header));
	parts->special = (header & FORM_MASK) == FORM_SPECIAL;
	if (parts->special)
		return;
	if ((header & FORM_MASK) == FORM_SHORT)
	{
		parts->negative = (header & SHORT_NEGATIVE) != 0;
		parts->scale = (header & SHORT_SCALE) >> SHORT_SCALE_SHIFT;
		parts->weight = header & SHORT_WEIGHT;
		if (header & SHORT_WEIGHT_SIGN)
			parts->weight -= SHORT_WEIGHT + 1;
		parts->digits = at + sizeof(header);
	}
	else
	{
		memcpy(&weight, at + sizeof(header), sizeof(weight));
		parts->negative = (header & FORM_MASK) == LONG_NEGATIVE;
		parts->scale = header & LONG_SCALE;
		parts->weight = weight;
		parts->digits = at + sizeof(header) + sizeof(weight);
	}
	parts->ndigits = (int) ((at + length - parts->digits) / (int) sizeof(int16));
}

/* Taken-apart digits as money. */
static WalletStatus
money_from_parts(const Parts *parts, int exponent, wallet_int128 *value)
{
	int16		few[WALLET_MONEY_DIGITS];
	int16	   *digits = few;
	WalletStatus status;

	if (parts->special)
		return WALLET_invalid_amount;
	if (parts->ndigits > WALLET_MONEY_DIGITS)
		digits = palloc(parts->ndigits * sizeof(int16));
	memcpy(digits, parts->digits, parts->ndigits * sizeof(int16));
	status = wallet_money_from_digits(digits, parts->ndigits, parts->weight,
									  parts->negative, exponent, value);
	if (digits != few)
		pfree(digits);
	return status;
}

WalletStatus
wallet_money_from_numeric(Datum numeric, int exponent, wallet_int128 *value)
{
	Parts		parts;

	take_apart(PG_DETOAST_DATUM_PACKED(numeric), &parts);
	return money_from_parts(&parts, exponent, value);
}

bool
wallet_money_from_shown(Datum numeric, int *exponent, wallet_int128 *value)
{
	Parts		parts;

	take_apart(PG_DETOAST_DATUM_PACKED(numeric), &parts);
	if (*exponent < 0)
		*exponent = parts.scale;
	return !parts.special && parts.scale == *exponent && *exponent <= WALLET_EXPONENT_MAX &&
		money_from_parts(&parts, *exponent, value) == WALLET_success;
}

bool
wallet_numeric_is_positive(Datum numeric)
{
	Parts		parts;

	take_apart(PG_DETOAST_DATUM_PACKED(numeric), &parts);
	return !parts.special && !parts.negative && parts.ndigits > 0;
}

int
wallet_numeric_scale(Datum numeric)
{
	Parts		parts;

	take_apart(PG_DETOAST_DATUM_PACKED(numeric), &parts);
	return parts.special ? -1 : parts.scale;
}

Datum
wallet_numeric_build(wallet_int128 value, int exponent, WalletNumericBuffer *buffer)
{
	int16		digits[WALLET_MONEY_DIGITS];
	int			weight;
	int			ndigits = wallet_money_to_digits(value, exponent, digits, &weight);
	uint16		header = FORM_SHORT | (uint16) (exponent << SHORT_SCALE_SHIFT) |
	(uint16) (weight & (SHORT_WEIGHT | SHORT_WEIGHT_SIGN));

	if (value < 0)
		header |= SHORT_NEGATIVE;
	SET_VARSIZE(buffer->bytes, VARHDRSZ + sizeof(header) + ndigits * sizeof(int16));
	memcpy(buffer->bytes + VARHDRSZ, &header, sizeof(header));
	memcpy(buffer->bytes + VARHDRSZ + sizeof(header), digits, ndigits * sizeof(int16));
	return PointerGetDatum(buffer->bytes);
}

Datum
wallet_numeric_make(wallet_int128 value, int exponent)
{
	return wallet_numeric_build(value, exponent, palloc(sizeof(WalletNumericBuffer)));
}

char *
wallet_money_text(wallet_int128 value, int exponent)
{
	return DatumGetCString(DirectFunctionCall1(numeric_out,
											   wallet_numeric_make(value, exponent)));
}

WalletBytes
wallet_bytes_from_datum(Datum varlena)
{
	struct varlena *plain = PG_DETOAST_DATUM_PACKED(varlena);

	WalletBytes bytes = {(const uint8_t *) VARDATA_ANY(plain), (uint32_t) VARSIZE_ANY_EXHDR(plain)};

	return bytes;
}

WalletBytes
wallet_bytes_copy(MemoryContext context, WalletBytes bytes)
{
	uint8_t    *copy;

	if (bytes.data == NULL)
		return bytes;
	copy = MemoryContextAlloc(context, bytes.length + 1);
	memcpy(copy, bytes.data, bytes.length);
	bytes.data = copy;
	return bytes;
}

Datum
wallet_bytes_text(WalletBytes bytes)
{
	return PointerGetDatum(cstring_to_text_with_len((const char *) bytes.data, (int) bytes.length));
}

Datum
wallet_currency_text(const WalletCurrency *currency)
{
	return PointerGetDatum(cstring_to_text_with_len(currency->code, wallet_currency_length(currency)));
}

int
wallet_metadata_digest(Datum jsonb, uint8_t digest[WALLET_DIGEST_BYTES])
{
	Jsonb	   *value = DatumGetJsonbP(jsonb);
	StringInfoData text;

	initStringInfo(&text);
	(void) JsonbToCString(&text, &value->root, VARSIZE(value));
	wallet_sha256((const uint8_t *) text.data, (size_t) text.len, digest);
	pfree(text.data);
	return text.len;
}

char *
wallet_uuid_text(const WalletUuid *id)
{
	return DatumGetCString(DirectFunctionCall1(uuid_out, PointerGetDatum(id->bytes)));
}

/* While wallet_sha256_share works; NULL else. */
static pg_cryptohash_ctx *shared_context = NULL;

static pg_cryptohash_ctx *
create_context(void)
{
	pg_cryptohash_ctx *context = pg_cryptohash_create(PG_SHA256);

	if (context == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	return context;
}

void
wallet_sha256_share(void (*work) (void *arg), void *arg)
{
	pg_cryptohash_ctx *outer = shared_context;

	shared_context = create_context();
	PG_TRY();
	{
		work(arg);
	}
	PG_FINALLY();
	{
		pg_cryptohash_free(shared_context);
		shared_context = outer;
	}
	PG_END_TRY();
}

void
wallet_sha256(const uint8_t *data, size_t length, uint8_t out[WALLET_DIGEST_BYTES])
{
	pg_cryptohash_ctx *context = shared_context ? shared_context : create_context();

	if (pg_cryptohash_init(context) < 0 ||
		pg_cryptohash_update(context, data, length) < 0 ||
		pg_cryptohash_final(context, out, WALLET_DIGEST_BYTES) < 0)
		elog(ERROR, "could not compute SHA-256: %s", pg_cryptohash_error(context));
	if (context != shared_context)
		pg_cryptohash_free(context);
}
