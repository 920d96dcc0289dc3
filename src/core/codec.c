/*
 * codec.c
 *		One table of the optional fields in bit order; size, encode and decode
 *		follow it, and so does the comparison of contents.
 */
#include "core/codec.h"
#include "core/detail.h"
#include "core/money.h"
#include "core/shape.h"
#include "core/wire.h"

#define FIXED_BYTES 37

typedef enum FieldType
{
	FIELD_I64,
	FIELD_MONEY,
	FIELD_FLAG,
	FIELD_UUID,
	FIELD_DIGEST,
	FIELD_COUNTED
} FieldType;

typedef struct FieldInfo
{
	uint32_t	bit;
	FieldType	type;
	size_t		offset;			/* in WalletEvent */
	const char *word;			/* what users call it */
} FieldInfo;

static const FieldInfo fields[] =
{
	{WALLET_HAS_DEBIT, FIELD_I64, offsetof(WalletEvent, debit), "from_account"},
	{WALLET_HAS_CREDIT, FIELD_I64, offsetof(WalletEvent, credit), "to_account"},
	{WALLET_HAS_REQUESTED, FIELD_MONEY, offsetof(WalletEvent, requested), "amount"},
	{WALLET_HAS_FINAL, FIELD_FLAG, offsetof(WalletEvent, final), "final"},
	{WALLET_HAS_RELATED, FIELD_UUID, offsetof(WalletEvent, related), "related"},
	{WALLET_HAS_GROUP_FIRST, FIELD_I64, offsetof(WalletEvent, group_first), "group_first"},
	{WALLET_HAS_EFFECTIVE_AT, FIELD_I64, offsetof(WalletEvent, effective_at), "effective_at"},
	{WALLET_HAS_EXPIRES_AT, FIELD_I64, offsetof(WalletEvent, expires_at), "expires_at"},
	{WALLET_HAS_EXPECTED_VERSION, FIELD_I64, offsetof(WalletEvent, expected_version), "expected_version"},
	{WALLET_HAS_METADATA_DIGEST, FIELD_DIGEST, offsetof(WalletEvent, metadata_digest), "metadata"},
	{WALLET_HAS_DETAIL, FIELD_COUNTED, offsetof(WalletEvent, detail), "detail"},
	{WALLET_HAS_AMOUNT, FIELD_MONEY, offsetof(WalletEvent, amount), "amount"},
	{WALLET_HAS_DEBIT_BALANCE, FIELD_MONEY, offsetof(WalletEvent, debit_balance), "debit_balance"},
	{WALLET_HAS_CREDIT_BALANCE, FIELD_MONEY, offsetof(WalletEvent, credit_balance), "credit_balance"},
	{WALLET_HAS_DEBIT_HELD, FIELD_MONEY, offsetof(WalletEvent, debit_held), "debit_held"},
	{WALLET_HAS_DEBIT_VERSION, FIELD_I64, offsetof(WalletEvent, debit_version), "debit_version"},
	{WALLET_HAS_CREDIT_VERSION, FIELD_I64, offsetof(WalletEvent, credit_version), "credit_version"},
	{WALLET_HAS_DEBIT_PREV, FIELD_I64, offsetof(WalletEvent, debit_prev), "debit_prev"},
	{WALLET_HAS_CREDIT_PREV, FIELD_I64, offsetof(WalletEvent, credit_prev), "credit_prev"},
	{WALLET_HAS_CAUSE, FIELD_I64, offsetof(WalletEvent, cause), "cause"}
};

#define FIELD_COUNT (sizeof(fields) / sizeof(fields[0]))

static const void *
field_at(const WalletEvent *event, size_t i)
{
	return (const char *) event + fields[i].offset;
}

static size_t
field_size(const WalletEvent *event, size_t i)
{
	switch (fields[i].type)
	{
		case FIELD_I64:
			return 8;
		case FIELD_MONEY:
		case FIELD_UUID:
			return 16;
		case FIELD_FLAG:
			return 1;
		case FIELD_DIGEST:
			return WALLET_DIGEST_BYTES;
		case FIELD_COUNTED:
			return 4 + (size_t) ((const WalletBytes *) field_at(event, i))->length;
	}
	return 0;
}

size_t
wallet_event_size(const WalletEvent *event)
{
	size_t		size = FIXED_BYTES + 4 + (size_t) event->actor.length;

	for (size_t i = 0; i < FIELD_COUNT; i++)
	{
		if (event->present & fields[i].bit)
			size += field_size(event, i);
	}
	return size;
}

static void
encode_field(const void *field, FieldType type, uint8_t **at)
{
	switch (type)
	{
		case FIELD_I64:
			wallet_write_unsigned(at, (uint64_t) *(const int64_t *) field, 8);
			break;
		case FIELD_MONEY:
			wallet_write_money(at, *(const wallet_int128 *) field);
			break;
		case FIELD_FLAG:
			wallet_write_unsigned(at, *(const uint8_t *) field, 1);
			break;
		case FIELD_UUID:
			wallet_write_bytes(at, field, sizeof(WalletUuid));
			break;
		case FIELD_DIGEST:
			wallet_write_bytes(at, field, WALLET_DIGEST_BYTES);
			break;
		case FIELD_COUNTED:
			wallet_write_counted(at, *(const WalletBytes *) field);
			break;
	}
}

void
wallet_event_encode(const WalletEvent *event, uint8_t *out)
{
	wallet_write_unsigned(&out, WALLET_FORMAT, 2);
	wallet_write_unsigned(&out, (uint64_t) event->event_id, 8);
	wallet_write_bytes(&out, event->transaction_id.bytes, sizeof(WalletUuid));
	wallet_write_unsigned(&out, event->leg, 2);
	wallet_write_unsigned(&out, event->kind, 2);
	wallet_write_unsigned(&out, event->status, 2);
	wallet_write_unsigned(&out, event->exponent, 1);
	wallet_write_unsigned(&out, event->present, 4);
	for (size_t i = 0; i < FIELD_COUNT; i++)
	{
		if (event->present & fields[i].bit)
			encode_field(field_at(event, i), fields[i].type, &out);
	}
	wallet_write_counted(&out, event->actor);
}

/* False for a value that the bytes can hold and the field cannot. */
static bool
decode_field(WalletReader *reader, void *field, FieldType type)
{
	const uint8_t *bytes;

	switch (type)
	{
		case FIELD_I64:
			*(int64_t *) field = (int64_t) wallet_read_unsigned(reader, 8);
			return true;
		case FIELD_MONEY:
			*(wallet_int128 *) field = wallet_read_money(reader);
			return wallet_money_in_range(*(wallet_int128 *) field);
		case FIELD_FLAG:
			*(uint8_t *) field = (uint8_t) wallet_read_unsigned(reader, 1);
			return *(uint8_t *) field <= 1;
		case FIELD_UUID:
		case FIELD_DIGEST:
			{
				size_t		n = type == FIELD_UUID ? sizeof(WalletUuid) : WALLET_DIGEST_BYTES;

				bytes = wallet_read_bytes(reader, n);
				if (bytes != NULL)
					memcpy(field, bytes, n);
				return bytes != NULL;
			}
		case FIELD_COUNTED:
			*(WalletBytes *) field = wallet_read_counted(reader);
			return reader->ok;
	}
	return false;
}

static bool
exponent_is_legal(const WalletEvent *event)
{
	if (!(event->present & WALLET_HAS_MONEY))
		return event->exponent == 0;
	return event->exponent <= WALLET_EXPONENT_MAX;
}

bool
wallet_event_decode(const uint8_t *bytes, size_t length, WalletEvent *event)
{
	WalletReader reader = wallet_reader(bytes, length);
	const uint8_t *id;

	*event = (WalletEvent) {0};
	if (wallet_read_unsigned(&reader, 2) != WALLET_FORMAT)
		return false;
	event->event_id = (int64_t) wallet_read_unsigned(&reader, 8);
	id = wallet_read_bytes(&reader, sizeof(WalletUuid));
	if (id == NULL)
		return false;
	memcpy(event->transaction_id.bytes, id, sizeof(WalletUuid));
	event->leg = (uint16_t) wallet_read_unsigned(&reader, 2);
	event->kind = (uint16_t) wallet_read_unsigned(&reader, 2);
	event->status = (uint16_t) wallet_read_unsigned(&reader, 2);
	event->exponent = (uint8_t) wallet_read_unsigned(&reader, 1);
	event->present = (uint32_t) wallet_read_unsigned(&reader, 4);
	if (!reader.ok || event->event_id <= 0 || (event->present & ~WALLET_HAS_ALL) ||
		!exponent_is_legal(event))
		return false;

	for (size_t i = 0; i < FIELD_COUNT; i++)
	{
		if ((event->present & fields[i].bit) &&
			!decode_field(&reader, (char *) event + fields[i].offset, fields[i].type))
			return false;
	}
	event->actor = wallet_read_counted(&reader);
	return reader.ok && reader.at == reader.end && wallet_event_shape_fault(event) == NULL;
}

static bool
field_differs(const WalletEvent *a, const WalletEvent *b, size_t i)
{
	const void *left = field_at(a, i);
	const void *right = field_at(b, i);

	if ((a->present ^ b->present) & fields[i].bit)
		return true;
	if (!(a->present & fields[i].bit))
		return false;
	if (fields[i].type == FIELD_COUNTED)
		return !wallet_bytes_equal(*(const WalletBytes *) left, *(const WalletBytes *) right);
	return memcmp(left, right, field_size(a, i)) != 0;
}

/* The tag in which two details differ, as users know it. */
static const char *
detail_difference(WalletBytes asked, WalletBytes recorded)
{
	WalletDetail a;
	WalletDetail b;

	if (!wallet_detail_decode(asked, &a) || !wallet_detail_decode(recorded, &b))
		return "detail";
	if (!wallet_bytes_equal(a.name, b.name))
		return "name";
	if (!wallet_bytes_equal(a.currency, b.currency))
		return "currency";
	if (a.exponent != b.exponent)
		return "exponent";
	if (wallet_detail_has(&a, WALLET_DETAIL_FLOOR) != wallet_detail_has(&b, WALLET_DETAIL_FLOOR) ||
		a.floor != b.floor)
		return "floor";
	if (wallet_detail_has(&a, WALLET_DETAIL_CEILING) != wallet_detail_has(&b, WALLET_DETAIL_CEILING) ||
		a.ceiling != b.ceiling)
		return "ceiling";
	if (a.parent != b.parent)
		return "parent";
	if (a.window_seconds != b.window_seconds)
		return "window_seconds";
	if (wallet_detail_has(&a, WALLET_DETAIL_REASON) != wallet_detail_has(&b, WALLET_DETAIL_REASON) ||
		!wallet_bytes_equal(a.reason, b.reason))
		return "reason";
	if (wallet_detail_has(&a, WALLET_DETAIL_OWNER) != wallet_detail_has(&b, WALLET_DETAIL_OWNER) ||
		!wallet_bytes_equal(a.owner, b.owner))
		return "owner";
	return "detail";
}

/*
 * Inputs of the decision that nobody asks for: an opening's credit is its own id;
 * the accounts of a capture, release or reversal are those of what it names; what
 * a snapshot says was found out, not told.
 */
static uint32_t
not_asked_for(uint16_t kind)
{
	switch (kind)
	{
		case WALLET_KIND_OPEN:
			return WALLET_HAS_CREDIT;
		case WALLET_KIND_CAPTURE:
		case WALLET_KIND_RELEASE:
		case WALLET_KIND_REVERSE:
			return WALLET_HAS_DEBIT | WALLET_HAS_CREDIT;
		case WALLET_KIND_SNAPSHOT:
			return WALLET_HAS_DETAIL;
		default:
			return 0;
	}
}

/* What the users of this command call the field, where it is not what most call it. */
static const char *
word_of(uint16_t kind, const FieldInfo *field)
{
	switch (kind)
	{
		case WALLET_KIND_CAPTURE:
		case WALLET_KIND_RELEASE:
			return field->bit == WALLET_HAS_RELATED ? "hold_id" : field->word;
		case WALLET_KIND_REVERSE:
			return field->bit == WALLET_HAS_RELATED ? "original" : field->word;
		case WALLET_KIND_REDACT:
			return field->bit == WALLET_HAS_RELATED ? "target" : field->word;
		case WALLET_KIND_SWEEP:
			return field->bit == WALLET_HAS_REQUESTED ? "up_to" : field->word;
		case WALLET_KIND_SET_FLOOR:
			if (field->bit == WALLET_HAS_REQUESTED)
				return "floor";
			break;
		case WALLET_KIND_SET_CEILING:
			if (field->bit == WALLET_HAS_REQUESTED)
				return "ceiling";
			break;
		case WALLET_KIND_FREEZE:
		case WALLET_KIND_UNFREEZE:
		case WALLET_KIND_CLOSE:
		case WALLET_KIND_REMOVE_FLOOR:
		case WALLET_KIND_SET_SPEND_LIMIT:
			break;
		default:
			return field->word;
	}
	/* Commands about one account: it is neither payer nor payee. */
	return field->bit == WALLET_HAS_DEBIT ? "name" : field->word;
}

const char *
wallet_content_difference(const WalletEvent *asked, const WalletEvent *recorded)
{
	uint32_t	compared = WALLET_HAS_INPUTS & ~not_asked_for(asked->kind);

	if (asked->kind != recorded->kind)
		return "command";
	for (size_t i = 0; i < FIELD_COUNT; i++)
	{
		if (!(fields[i].bit & compared) || !field_differs(asked, recorded, i))
			continue;
		return fields[i].bit == WALLET_HAS_DETAIL
			? detail_difference(asked->detail, recorded->detail)
			: word_of(asked->kind, &fields[i]);
	}
	return NULL;
}

const char *
wallet_result_difference(const WalletEvent *again, const WalletEvent *recorded)
{
	if (again->status != recorded->status)
		return "status";
	for (size_t i = 0; i < FIELD_COUNT; i++)
	{
		/*
		 * Accounts may be found by the decision: of an opening, of what is
		 * related.
		 */
		if ((fields[i].bit & WALLET_HAS_INPUTS & ~(WALLET_HAS_DEBIT | WALLET_HAS_CREDIT)) ||
			!field_differs(again, recorded, i))
			continue;
		return fields[i].bit == WALLET_HAS_DEBIT ? "debit"
			: fields[i].bit == WALLET_HAS_CREDIT ? "credit" : fields[i].word;
	}
	return again->exponent == recorded->exponent ? NULL : "exponent";
}
