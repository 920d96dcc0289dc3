/*
 * detail.c
 *		One table says what each tag holds; size, encode and decode follow it.
 */
#include "core/currency.h"
#include "core/detail.h"
#include "core/money.h"
#include "core/wire.h"

typedef enum FieldType
{
	FIELD_NONE,
	FIELD_U8,
	FIELD_U16,
	FIELD_U32,
	FIELD_I64,
	FIELD_MONEY,
	FIELD_DIGEST,
	FIELD_TEXT
} FieldType;

typedef struct FieldInfo
{
	FieldType	type;
	size_t		offset;			/* in WalletDetail */
} FieldInfo;

static const FieldInfo fields[WALLET_DETAIL_LAST + 1] =
{
	[WALLET_DETAIL_NAME] = {FIELD_TEXT, offsetof(WalletDetail, name)},
	[WALLET_DETAIL_CURRENCY] = {FIELD_TEXT, offsetof(WalletDetail, currency)},
	[WALLET_DETAIL_EXPONENT] = {FIELD_U8, offsetof(WalletDetail, exponent)},
	[WALLET_DETAIL_PARENT] = {FIELD_I64, offsetof(WalletDetail, parent)},
	[WALLET_DETAIL_OWNER] = {FIELD_TEXT, offsetof(WalletDetail, owner)},
	[WALLET_DETAIL_FLOOR] = {FIELD_MONEY, offsetof(WalletDetail, floor)},
	[WALLET_DETAIL_CEILING] = {FIELD_MONEY, offsetof(WalletDetail, ceiling)},
	[WALLET_DETAIL_WINDOW_SECONDS] = {FIELD_U32, offsetof(WalletDetail, window_seconds)},
	[WALLET_DETAIL_REASON] = {FIELD_TEXT, offsetof(WalletDetail, reason)},
	[WALLET_DETAIL_PEER] = {FIELD_TEXT, offsetof(WalletDetail, peer)},
	[WALLET_DETAIL_REMOTE_NAME] = {FIELD_TEXT, offsetof(WalletDetail, remote_name)},
	[WALLET_DETAIL_UNTIL_EVENT] = {FIELD_I64, offsetof(WalletDetail, until_event)},
	[WALLET_DETAIL_DIGEST] = {FIELD_DIGEST, offsetof(WalletDetail, digest)},
	[WALLET_DETAIL_STEP] = {FIELD_U16, offsetof(WalletDetail, step)}
};

/* Length that the type prescribes; 0 for text, which brings its own. */
static size_t
fixed_length(FieldType type)
{
	switch (type)
	{
		case FIELD_U8:
			return 1;
		case FIELD_U16:
			return 2;
		case FIELD_U32:
			return 4;
		case FIELD_I64:
			return 8;
		case FIELD_MONEY:
			return 16;
		case FIELD_DIGEST:
			return WALLET_DIGEST_BYTES;
		default:
			return 0;
	}
}

static const void *
field_at(const WalletDetail *detail, int tag)
{
	return (const char *) detail + fields[tag].offset;
}

static size_t
field_length(const WalletDetail *detail, int tag)
{
	if (fields[tag].type == FIELD_TEXT)
		return ((const WalletBytes *) field_at(detail, tag))->length;
	return fixed_length(fields[tag].type);
}

size_t
wallet_detail_size(const WalletDetail *detail)
{
	size_t		size = 0;

	for (int tag = 1; tag <= WALLET_DETAIL_LAST; tag++)
	{
		if (wallet_detail_has(detail, (WalletDetailTag) tag))
			size += 1 + 4 + field_length(detail, tag);
	}
	return size;
}

static void
encode_field(const void *field, FieldType type, uint8_t **at)
{
	switch (type)
	{
		case FIELD_U8:
			wallet_write_unsigned(at, *(const uint8_t *) field, 1);
			break;
		case FIELD_U16:
			wallet_write_unsigned(at, *(const uint16_t *) field, 2);
			break;
		case FIELD_U32:
			wallet_write_unsigned(at, *(const uint32_t *) field, 4);
			break;
		case FIELD_I64:
			wallet_write_unsigned(at, (uint64_t) *(const int64_t *) field, 8);
			break;
		case FIELD_MONEY:
			wallet_write_money(at, *(const wallet_int128 *) field);
			break;
		case FIELD_DIGEST:
		case FIELD_TEXT:
			wallet_write_bytes(at, ((const WalletBytes *) field)->data,
							   ((const WalletBytes *) field)->length);
			break;
		case FIELD_NONE:
			break;
	}
}

void
wallet_detail_encode(const WalletDetail *detail, uint8_t *out)
{
	for (int tag = 1; tag <= WALLET_DETAIL_LAST; tag++)
	{
		if (!wallet_detail_has(detail, (WalletDetailTag) tag))
			continue;
		wallet_write_unsigned(&out, (uint64_t) tag, 1);
		wallet_write_unsigned(&out, field_length(detail, tag), 4);
		encode_field(field_at(detail, tag), fields[tag].type, &out);
	}
}

static void
decode_field(void *field, FieldType type, WalletBytes bytes)
{
	WalletReader reader = wallet_reader(bytes.data, bytes.length);

	switch (type)
	{
		case FIELD_U8:
			*(uint8_t *) field = (uint8_t) wallet_read_unsigned(&reader, 1);
			break;
		case FIELD_U16:
			*(uint16_t *) field = (uint16_t) wallet_read_unsigned(&reader, 2);
			break;
		case FIELD_U32:
			*(uint32_t *) field = (uint32_t) wallet_read_unsigned(&reader, 4);
			break;
		case FIELD_I64:
			*(int64_t *) field = (int64_t) wallet_read_unsigned(&reader, 8);
			break;
		case FIELD_MONEY:
			*(wallet_int128 *) field = wallet_read_money(&reader);
			break;
		case FIELD_DIGEST:
		case FIELD_TEXT:
			*(WalletBytes *) field = bytes;
			break;
		case FIELD_NONE:
			break;
	}
}

/* Values that the bytes can hold and the field cannot. */
static bool
values_are_legal(const WalletDetail *detail)
{
	WalletCurrency currency;

	if (wallet_detail_has(detail, WALLET_DETAIL_CURRENCY) &&
		!wallet_currency_from_bytes(detail->currency, &currency))
		return false;
	if (wallet_detail_has(detail, WALLET_DETAIL_NAME) && detail->name.length == 0)
		return false;
	return detail->exponent <= WALLET_EXPONENT_MAX &&
		detail->name.length <= WALLET_NAME_MAX &&
		wallet_money_in_range(detail->floor) &&
		wallet_money_in_range(detail->ceiling) &&
		(!wallet_detail_has(detail, WALLET_DETAIL_WINDOW_SECONDS) || detail->window_seconds > 0);
}

bool
wallet_detail_decode(WalletBytes bytes, WalletDetail *detail)
{
	WalletReader reader;
	int			last = 0;

	*detail = (WalletDetail) {0};
	if (bytes.length == 0)
		return true;
	reader = wallet_reader(bytes.data, bytes.length);
	while (reader.ok && reader.at < reader.end)
	{
		int			tag = (int) wallet_read_unsigned(&reader, 1);
		WalletBytes field = wallet_read_counted(&reader);

		if (!reader.ok || tag <= last || tag > WALLET_DETAIL_LAST)
			return false;
		if (fields[tag].type != FIELD_TEXT && field.length != fixed_length(fields[tag].type))
			return false;
		decode_field((char *) detail + fields[tag].offset, fields[tag].type, field);
		wallet_detail_set(detail, (WalletDetailTag) tag);
		last = tag;
	}
	return reader.ok && values_are_legal(detail);
}

bool
wallet_detail_set_parent(uint8_t *bytes, uint32_t length, int64_t parent)
{
	WalletReader reader = wallet_reader(bytes, length);

	for (uint32_t at = 0; at < length;)
	{
		uint8_t		tag = (uint8_t) wallet_read_unsigned(&reader, 1);
		WalletBytes field = wallet_read_counted(&reader);
		uint8_t    *place = bytes + at + 5;

		if (tag == WALLET_DETAIL_PARENT)
		{
			wallet_write_unsigned(&place, (uint64_t) parent, 8);
			return true;
		}
		at += 5 + field.length;
	}
	return false;
}
