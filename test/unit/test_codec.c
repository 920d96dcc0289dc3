/*
 * test_codec.c
 *
 * Goal: an event has exactly one byte string, that of format-1.md, 3, and no
 * other bytes are taken for one; a conflict names the first field that differs.
 *
 * Method: four events whose bytes are written by hand from the table; random
 * events there and back; every truncation and every changed byte of the four;
 * each rule for the decoder broken once.
 */
#include "core/codec.h"
#include "core/detail.h"
#include "fixture.h"
#include "tap.h"

#define ZERO_7 0, 0, 0, 0, 0, 0, 0
#define ZERO_8 ZERO_7, 0
#define ZERO_14 ZERO_7, ZERO_7
#define ONES_8 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff
#define ONES_14 ONES_8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff
#define LAST_ID 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f
#define DIGEST_32 \
	0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, \
	0xe0, 0xe1, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xeb, 0xec, 0xed, 0xee, 0xef

/* What a transfer that succeeds has, and one that is refused. */
#define INPUTS (WALLET_HAS_DEBIT | WALLET_HAS_CREDIT | WALLET_HAS_REQUESTED)
#define SEEN \
	(WALLET_HAS_DEBIT_BALANCE | WALLET_HAS_CREDIT_BALANCE | WALLET_HAS_DEBIT_HELD | \
	 WALLET_HAS_DEBIT_VERSION | WALLET_HAS_CREDIT_VERSION)
#define DONE (SEEN | WALLET_HAS_AMOUNT | WALLET_HAS_DEBIT_PREV | WALLET_HAS_CREDIT_PREV)

/*
 * 123.45 EUR from account 0xA01 to 0xA02.  Bits 0 1 2, 6 8 9, 11 ... 18:
 * 0x7 + 0x340 + (0x80000 - 0x800 = 0x7f800) = 0x7fb47.
 */
static const uint8_t transfer_bytes[] =
{
	1, 0,						/* format */
	0x02, 0x01, 0, 0, 0xe1, 0xf5, 0x05, 0,	/* event_id 0x5f5e100000102 */
	0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff,
	0, 0,						/* leg */
	3, 0,						/* kind: transfer */
	0, 0,						/* status: success */
	2,							/* exponent */
	0x47, 0xfb, 0x07, 0,		/* presence */
	0x01, 0x0a, 0, 0, 0, 0, 0, 0,	/* debit */
	0x02, 0x0a, 0, 0, 0, 0, 0, 0,	/* credit */
	0x39, 0x30, ZERO_14,		/* requested 12345 = 0x3039 */
	ONES_8,						/* effective_at: a microsecond before 1970 */
	41, ZERO_7,					/* expected_version */
	DIGEST_32,					/* metadata_digest */
	0x39, 0x30, ZERO_14,		/* amount */
	0xc7, 0xcf, ONES_14,		/* debit_balance -12345 = ~0x3038 */
	0x39, 0x30, ZERO_14,		/* credit_balance */
	0, 0, ZERO_14,				/* debit_held */
	42, ZERO_7,					/* debit_version */
	2, ZERO_7,					/* credit_version */
	0x01, 0x01, 0, 0, 0xe1, 0xf5, 0x05, 0,	/* debit_prev */
	0x02, 0x0a, 0, 0, 0, 0, 0, 0,	/* credit_prev: the opening */
	3, 0, 0, 0, 'a', 'p', 'p'	/* actor */
};

static const WalletEvent transfer_event = {
	.event_id = 0x5f5e100000102,
	.transaction_id = {{0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff}},
	.present = INPUTS | WALLET_HAS_EFFECTIVE_AT | WALLET_HAS_EXPECTED_VERSION |
	WALLET_HAS_METADATA_DIGEST | DONE,
	.kind = WALLET_KIND_TRANSFER,
	.exponent = 2,
	.debit = 0xa01,
	.credit = 0xa02,
	.requested = 12345,
	.effective_at = -1,
	.expected_version = 41,
	.metadata_digest = {DIGEST_32},
	.amount = 12345,
	.debit_balance = -12345,
	.credit_balance = 12345,
	.debit_version = 42,
	.credit_version = 2,
	.debit_prev = 0x5f5e100000101,
	.credit_prev = 0xa02,
	.actor = {(const uint8_t *) "app", 3}
};

/* A yen too many, in a group: bits 0 1 2, 5, 12 ... 16: 0x27 + 0x1f000.  The actor is empty. */
static const uint8_t refusal_bytes[] =
{
	1, 0,
	0x10, ZERO_7,				/* event_id 16 */
	9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 1, 2, 3, 4, 5, 6,
	0, 0,
	3, 0,
	1, 0,						/* status: insufficient_funds */
	0,							/* exponent: yen have none */
	0x27, 0xf0, 0x01, 0,		/* presence */
	1, ZERO_7,					/* debit */
	2, ZERO_7,					/* credit */
	0, 1, ZERO_14,				/* requested 256 */
	0x0f, ZERO_7,				/* group_first 15 */
	0xff, 0, ZERO_14,			/* debit_balance 255 */
	0, 0, ZERO_14,				/* credit_balance */
	1, 0, ZERO_14,				/* debit_held 1 */
	7, ZERO_7,					/* debit_version */
	1, ZERO_7,					/* credit_version */
	0, 0, 0, 0					/* actor */
};

static const WalletEvent refusal_event = {
	.event_id = 16,
	.transaction_id = {{9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 1, 2, 3, 4, 5, 6}},
	.present = INPUTS | WALLET_HAS_GROUP_FIRST | SEEN,
	.kind = WALLET_KIND_TRANSFER,
	.status = 1,
	.debit = 1,
	.credit = 2,
	.requested = 256,
	.group_first = 15,
	.debit_balance = 255,
	.debit_held = 1,
	.debit_version = 7,
	.credit_version = 1
};

/* Account "zoë" with floor -1: bits 1, 10, 13, 16: 0x2 + 0x400 + 0x2000 + 0x10000. */
#define OPEN_DETAIL \
	1, 4, 0, 0, 0, 'z', 'o', 0xc3, 0xab, \
	2, 3, 0, 0, 0, 'B', 'H', 'D', \
	3, 1, 0, 0, 0, 3, \
	6, 16, 0, 0, 0, 0xff, 0xff, ONES_14

static const uint8_t open_detail[] = {OPEN_DETAIL};

static const uint8_t open_bytes[] =
{
	1, 0,
	LAST_ID,					/* event_id 2^63 - 1 */
	ONES_8, ONES_8,
	0, 0,
	2, 0,						/* kind: open */
	0, 0,
	3,							/* exponent */
	0x02, 0x24, 0x01, 0,		/* presence */
	LAST_ID,					/* credit = event_id */
	44, 0, 0, 0, OPEN_DETAIL,	/* 9 + 8 + 6 + 21 = 44 bytes */
	0, 0, ZERO_14,				/* credit_balance */
	1, ZERO_7,					/* credit_version */
	5, 0, 0, 0, 'a', 'd', 'm', 'i', 'n'
};

static const WalletEvent open_event = {
	.event_id = INT64_MAX,
	.transaction_id = {{ONES_8, ONES_8}},
	.present = WALLET_HAS_CREDIT | WALLET_HAS_DETAIL | WALLET_HAS_CREDIT_BALANCE |
	WALLET_HAS_CREDIT_VERSION,
	.kind = WALLET_KIND_OPEN,
	.exponent = 3,
	.credit = INT64_MAX,
	.detail = {open_detail, sizeof(open_detail)},
	.credit_version = 1,
	.actor = {(const uint8_t *) "admin", 5}
};

/* The other member of the group: bits 0 1 2, 5, 12 ... 16, 19: 0x27 + 0x1f000 + 0x80000. */
static const uint8_t group_failed_bytes[] =
{
	1, 0,
	0x0f, ZERO_7,				/* event_id 15 */
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
	0, 0,
	3, 0,
	19, 0,						/* status: group_failed */
	30,							/* exponent */
	0x27, 0xf0, 0x09, 0,		/* presence */
	3, ZERO_7,
	4, ZERO_7,
	/* requested 10^38 - 1 = 0x4B3B4CA85A86C47A098A223FFFFFFFFF */
	0xff, 0xff, 0xff, 0xff, 0x3f, 0x22, 0x8a, 0x09, 0x7a, 0xc4, 0x86, 0x5a, 0xa8, 0x4c, 0x3b, 0x4b,
	0x0f, ZERO_7,				/* group_first 15 */
	/* debit_balance -(10^38 - 1): every bit turned, plus one */
	0x01, 0x00, 0x00, 0x00, 0xc0, 0xdd, 0x75, 0xf6, 0x85, 0x3b, 0x79, 0xa5, 0x57, 0xb3, 0xc4, 0xb4,
	0, 0, ZERO_14,
	0, 0, ZERO_14,
	0, 1, 0, 0, 0, 0, 0, 0,		/* debit_version 256 */
	1, ZERO_7,
	0x10, ZERO_7,				/* cause 16 */
	3, 0, 0, 0, 'a', 'p', 'p'
};

static const WalletEvent group_failed_event = {
	.event_id = 15,
	.transaction_id = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}},
	.present = INPUTS | WALLET_HAS_GROUP_FIRST | WALLET_HAS_CAUSE | SEEN,
	.kind = WALLET_KIND_TRANSFER,
	.status = 19,
	.exponent = 30,
	.debit = 3,
	.credit = 4,
	.group_first = 15,
	.debit_version = 256,
	.credit_version = 1,
	.cause = 16,
	.actor = {(const uint8_t *) "app", 3}
};

/* Decodes from memory of its own, so that reading past the end is seen; what decodes must encode to itself. */
static bool
decodes(const uint8_t *bytes, size_t length)
{
	WalletEvent event;
	uint8_t    *copy = malloc(length > 0 ? length : 1);
	bool		good;

	if (length > 0)
		memcpy(copy, bytes, length);
	good = wallet_event_decode(copy, length, &event);
	if (good && CHECK(wallet_event_size(&event) == length))
	{
		uint8_t    *again = malloc(length);

		wallet_event_encode(&event, again);
		CHECK(memcmp(again, bytes, length) == 0);
		free(again);
	}
	free(copy);
	return good;
}

static bool
encodes_to(const WalletEvent *event, const uint8_t *bytes, size_t length)
{
	uint8_t    *out = malloc(length);
	bool		good = wallet_event_size(event) == length;

	if (good)
	{
		wallet_event_encode(event, out);
		good = memcmp(out, bytes, length) == 0;
	}
	free(out);
	return good;
}

static bool
same_event(const WalletEvent *a, const WalletEvent *b)
{
	return a->event_id == b->event_id && wallet_uuid_equal(&a->transaction_id, &b->transaction_id) &&
		a->present == b->present && a->leg == b->leg && a->kind == b->kind &&
		a->status == b->status && a->exponent == b->exponent && a->final == b->final &&
		a->debit == b->debit && a->credit == b->credit && a->group_first == b->group_first &&
		a->effective_at == b->effective_at && a->expires_at == b->expires_at &&
		a->expected_version == b->expected_version && a->debit_version == b->debit_version &&
		a->credit_version == b->credit_version && a->debit_prev == b->debit_prev &&
		a->credit_prev == b->credit_prev && a->cause == b->cause &&
		a->requested == b->requested && a->amount == b->amount &&
		a->debit_balance == b->debit_balance && a->credit_balance == b->credit_balance &&
		a->debit_held == b->debit_held && wallet_uuid_equal(&a->related, &b->related) &&
		memcmp(a->metadata_digest, b->metadata_digest, 32) == 0 &&
		wallet_bytes_equal(a->detail, b->detail) && wallet_bytes_equal(a->actor, b->actor);
}

static void
check_by_hand(const WalletEvent *event, const uint8_t *bytes, size_t length, const char *name)
{
	WalletEvent decoded;

	CHECK(encodes_to(event, bytes, length));
	if (CHECK(wallet_event_decode(bytes, length, &decoded)))
		CHECK(same_event(event, &decoded));
	tap_case(name);

	for (size_t shorter = 0; shorter < length; shorter++)
		CHECK(!decodes(bytes, shorter));
	for (size_t at = 0; at < length; at++)
	{
		uint8_t    *changed = malloc(length);

		memcpy(changed, bytes, length);
		for (int change = 1; change < 256; change++)
		{
			changed[at] = (uint8_t) (bytes[at] ^ change);
			(void) decodes(changed, length);
		}
		free(changed);
	}
	tap_case("... its truncations are refused, its changed bytes are refused or mean themselves");
}

static void
test_by_hand(void)
{
	uint8_t		group_failed[sizeof(group_failed_bytes)];
	uint8_t		open[sizeof(open_bytes)];
	WalletEvent event = group_failed_event;

	check_by_hand(&transfer_event, transfer_bytes, sizeof(transfer_bytes), "a transfer, byte by byte");
	check_by_hand(&refusal_event, refusal_bytes, sizeof(refusal_bytes), "a refusal, byte by byte");

	memcpy(open, open_bytes, sizeof(open));
	check_by_hand(&open_event, open, sizeof(open), "an opening, byte by byte");

	event.requested = fixture_most();
	event.debit_balance = -fixture_most();
	memcpy(group_failed, group_failed_bytes, sizeof(group_failed));
	check_by_hand(&event, group_failed, sizeof(group_failed), "a group_failed, byte by byte");
}

/* --- random events of the kinds' shapes --- */

static const struct
{
	uint16_t	kind;
	uint32_t	inputs;
	uint32_t	optional;
	uint32_t	done;			/* results of a success */
	uint32_t	seen;			/* results of a refusal */
}			shapes[] =

{
	{1, WALLET_HAS_DETAIL, WALLET_HAS_GROUP_FIRST, 0, 0},
	{2, WALLET_HAS_CREDIT | WALLET_HAS_DETAIL, WALLET_HAS_METADATA_DIGEST,
	WALLET_HAS_CREDIT_BALANCE | WALLET_HAS_CREDIT_VERSION, 0},
	{3, INPUTS, WALLET_HAS_GROUP_FIRST | WALLET_HAS_EFFECTIVE_AT |
	WALLET_HAS_EXPECTED_VERSION | WALLET_HAS_METADATA_DIGEST, DONE, SEEN},
	{4, INPUTS, WALLET_HAS_GROUP_FIRST | WALLET_HAS_EXPIRES_AT |
		WALLET_HAS_EXPECTED_VERSION | WALLET_HAS_METADATA_DIGEST,
	DONE & ~WALLET_HAS_CREDIT_PREV, SEEN},
	{5, WALLET_HAS_DEBIT | WALLET_HAS_CREDIT | WALLET_HAS_RELATED | WALLET_HAS_FINAL,
	WALLET_HAS_REQUESTED | WALLET_HAS_GROUP_FIRST | WALLET_HAS_METADATA_DIGEST, DONE, SEEN}
};

static wallet_int128
random_money(void)
{
	wallet_int128 value = (wallet_int128) (((wallet_uint128) tap_random() << 64 | tap_random()) %
										   (wallet_uint128) fixture_most());

	if (tap_chance(50))
		value = (wallet_int128) tap_pick(1000);
	return tap_chance(50) ? value : -value;
}

static int64_t
random_i64(void)
{
	return (int64_t) (tap_random() >> tap_pick(64));
}

static WalletEvent
random_event(uint8_t *memory)
{
	size_t		i = (size_t) tap_pick(5);
	bool		refused = tap_chance(30);
	WalletEvent event = {
		.event_id = 1 + (int64_t) (tap_random() >> 2),
		.kind = shapes[i].kind,
		.status = (uint16_t) (refused ? 1 : 0)
	};

	event.present = shapes[i].inputs | (shapes[i].optional & (uint32_t) tap_random()) |
		(refused ? shapes[i].seen : shapes[i].done);
	if (refused && event.kind == 2)
		event.present &= ~WALLET_HAS_CREDIT;	/* nothing was opened */
	if (refused && tap_chance(30))
	{
		event.status = 19;
		event.present |= WALLET_HAS_GROUP_FIRST | WALLET_HAS_CAUSE;
	}
	for (int byte = 0; byte < 16; byte++)
	{
		event.transaction_id.bytes[byte] = (uint8_t) tap_random();
		if (event.present & WALLET_HAS_RELATED)
			event.related.bytes[byte] = (uint8_t) tap_random();
	}
	if (event.present & WALLET_HAS_MONEY)
		event.exponent = (uint8_t) tap_pick(31);

#define RANDOM(bit, field, value) \
	do { if (event.present & (bit)) event.field = (value); } while (0)
	RANDOM(WALLET_HAS_DEBIT, debit, random_i64());
	RANDOM(WALLET_HAS_CREDIT, credit, random_i64());
	RANDOM(WALLET_HAS_REQUESTED, requested, random_money());
	RANDOM(WALLET_HAS_FINAL, final, (uint8_t) tap_pick(2));
	RANDOM(WALLET_HAS_GROUP_FIRST, group_first, random_i64());
	RANDOM(WALLET_HAS_EFFECTIVE_AT, effective_at, random_i64());
	RANDOM(WALLET_HAS_EXPIRES_AT, expires_at, random_i64());
	RANDOM(WALLET_HAS_EXPECTED_VERSION, expected_version, random_i64());
	RANDOM(WALLET_HAS_AMOUNT, amount, random_money());
	RANDOM(WALLET_HAS_DEBIT_BALANCE, debit_balance, random_money());
	RANDOM(WALLET_HAS_CREDIT_BALANCE, credit_balance, random_money());
	RANDOM(WALLET_HAS_DEBIT_HELD, debit_held, random_money());
	RANDOM(WALLET_HAS_DEBIT_VERSION, debit_version, random_i64());
	RANDOM(WALLET_HAS_CREDIT_VERSION, credit_version, random_i64());
	RANDOM(WALLET_HAS_DEBIT_PREV, debit_prev, random_i64());
	RANDOM(WALLET_HAS_CREDIT_PREV, credit_prev, random_i64());
	RANDOM(WALLET_HAS_CAUSE, cause, random_i64());
#undef RANDOM
	if (event.present & WALLET_HAS_METADATA_DIGEST)
		memset(event.metadata_digest, tap_pick(256), 32);
	if (event.present & WALLET_HAS_DETAIL)
		event.detail = (WalletBytes)
	{
		open_detail, sizeof(open_detail)
	};
	event.actor = (WalletBytes)
	{
		memory, (uint32_t) tap_pick(64)
	};
	return event;
}

static void
test_round_trip(void)
{
	uint8_t		memory[64];

	for (int i = 0; i < 64; i++)
		memory[i] = (uint8_t) tap_random();
	for (int round = 0; round < 20000; round++)
	{
		WalletEvent event = random_event(memory);
		WalletEvent decoded;
		size_t		size = wallet_event_size(&event);
		uint8_t    *bytes = malloc(size);

		wallet_event_encode(&event, bytes);
		if (CHECK(wallet_event_decode(bytes, size, &decoded)))
			CHECK(same_event(&event, &decoded));
		CHECK(!decodes(bytes, (size_t) tap_pick((int) size)));
		bytes[tap_pick((int) size)] = (uint8_t) tap_random();
		(void) decodes(bytes, size);
		free(bytes);
	}
	tap_case("20,000 random events there and back");
}

/* --- what a decoder refuses --- */

/* The transfer with n bytes at offset replaced. */
static bool
transfer_decodes_with(size_t offset, const void *bytes, size_t n)
{
	uint8_t		changed[sizeof(transfer_bytes)];

	memcpy(changed, transfer_bytes, sizeof(changed));
	memcpy(changed + offset, bytes, n);
	return decodes(changed, sizeof(changed));
}

#define WITH(offset, ...) \
	transfer_decodes_with(offset, (const uint8_t[]) {__VA_ARGS__}, sizeof((const uint8_t[]) {__VA_ARGS__}))

static void
test_refusals(void)
{
	uint8_t		longer[sizeof(transfer_bytes) + 1];

	CHECK(WITH(0, 1, 0));
	CHECK(!WITH(0, 0, 0));
	CHECK(!WITH(0, 2, 0));
	CHECK(!WITH(0, 1, 1));
	tap_case("another format is refused");

	CHECK(!WITH(2, ZERO_8));
	CHECK(!WITH(9, 0x80));
	CHECK(!WITH(2, ONES_8));
	tap_case("an event_id that is not positive is refused");

	CHECK(WITH(32, 30));
	CHECK(!WITH(32, 31));
	CHECK(!WITH(32, 255));
	tap_case("an exponent over 30 is refused");

	for (int bit = 20; bit < 32; bit++)
	{
		uint32_t	present = UINT32_C(0x7fb47) | UINT32_C(1) << bit;

		CHECK(!WITH(33, (uint8_t) present, (uint8_t) (present >> 8), (uint8_t) (present >> 16),
					(uint8_t) (present >> 24)));
	}
	tap_case("unknown presence bits are refused");

	/* requested begins at 37 + 16: 10^38, -10^38 and -2^127 */
	CHECK(!WITH(53, 0, 0, 0, 0, 0x40, 0x22, 0x8a, 0x09, 0x7a, 0xc4, 0x86, 0x5a, 0xa8, 0x4c, 0x3b, 0x4b));
	CHECK(!WITH(53, 0, 0, 0, 0, 0xc0, 0xdd, 0x75, 0xf6, 0x85, 0x3b, 0x79, 0xa5, 0x57, 0xb3, 0xc4, 0xb4));
	CHECK(!WITH(53, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80));
	CHECK(WITH(53, 0xff, 0xff, 0xff, 0xff, 0x3f, 0x22, 0x8a, 0x09, 0x7a, 0xc4, 0x86, 0x5a, 0xa8, 0x4c, 0x3b, 0x4b));
	tap_case("money outside 38 digits is refused");

	/* the actor's length is 7 bytes before the end */
	CHECK(!WITH(sizeof(transfer_bytes) - 7, 4, 0, 0, 0));
	CHECK(!WITH(sizeof(transfer_bytes) - 7, 2, 0, 0, 0));
	CHECK(!WITH(sizeof(transfer_bytes) - 7, 0xff, 0xff, 0xff, 0xff));
	memcpy(longer, transfer_bytes, sizeof(transfer_bytes));
	longer[sizeof(transfer_bytes)] = 0;
	CHECK(!decodes(longer, sizeof(longer)));
	tap_case("lengths past the end and bytes left over are refused");
}

static void
test_final_and_exponent(void)
{
	WalletEvent capture = {
		.event_id = 9,
		.kind = WALLET_KIND_CAPTURE,
		.exponent = 2,
		.final = 1,
		.debit = 1,
		.credit = 2,
		.present = WALLET_HAS_DEBIT | WALLET_HAS_CREDIT | WALLET_HAS_RELATED | WALLET_HAS_FINAL | DONE
	};
	WalletEvent define = {
		.event_id = 9,
		.kind = WALLET_KIND_DEFINE_CURRENCY,
		.present = WALLET_HAS_DETAIL,
		.detail = TEXT("\x02\x03\0\0\0PTS\x03\x01\0\0\0")
	};
	uint8_t		bytes[400];
	size_t		size = wallet_event_size(&capture);

	wallet_event_encode(&capture, bytes);
	CHECK(decodes(bytes, size));
	bytes[53] = 0;				/* 37 + debit + credit */
	CHECK(decodes(bytes, size));
	bytes[53] = 2;
	CHECK(!decodes(bytes, size));
	bytes[53] = 255;
	CHECK(!decodes(bytes, size));
	tap_case("final is 0 or 1");

	size = wallet_event_size(&define);
	wallet_event_encode(&define, bytes);
	CHECK(decodes(bytes, size));
	bytes[32] = 2;
	CHECK(!decodes(bytes, size));
	tap_case("an event without money has exponent 0");
}

static bool
decodes_as(uint16_t kind, uint32_t present)
{
	WalletEvent event = {
		.event_id = 9,
		.kind = kind,
		.present = present,
		.exponent = (present & WALLET_HAS_MONEY) ? 2 : 0,
		.detail = {open_detail, sizeof(open_detail)}
	};
	uint8_t		bytes[500];

	wallet_event_encode(&event, bytes);
	return decodes(bytes, wallet_event_size(&event));
}

/* "A decoder refuses: an unset or unknown bit where the kind demands otherwise." */
static void
test_bits_of_kinds(void)
{
	CHECK(decodes_as(3, INPUTS | DONE));
	for (uint32_t bit = WALLET_HAS_DEBIT; bit <= WALLET_HAS_REQUESTED; bit <<= 1)
		CHECK(!decodes_as(3, (INPUTS | DONE) & ~bit));
	CHECK(!decodes_as(3, INPUTS | DONE | WALLET_HAS_FINAL));
	CHECK(!decodes_as(3, INPUTS | DONE | WALLET_HAS_RELATED));
	CHECK(!decodes_as(3, INPUTS | DONE | WALLET_HAS_EXPIRES_AT));
	CHECK(!decodes_as(3, INPUTS | DONE | WALLET_HAS_DETAIL));
	CHECK(!decodes_as(1, 0));
	CHECK(!decodes_as(1, WALLET_HAS_DETAIL | WALLET_HAS_DEBIT));
	CHECK(!decodes_as(2, WALLET_HAS_CREDIT | WALLET_HAS_CREDIT_BALANCE | WALLET_HAS_CREDIT_VERSION));
	CHECK(!decodes_as(0, 0));
	CHECK(!decodes_as(28, 0));
	tap_case("bits that the kind does not have, or must have, are refused");
}

/* --- contents --- */

static bool
differs_in(const WalletEvent *a, const WalletEvent *b, const char *word)
{
	const char *there = wallet_content_difference(a, b);
	const char *back = wallet_content_difference(b, a);

	if (word == NULL)
		return there == NULL && back == NULL;
	return there != NULL && back != NULL && strcmp(there, word) == 0 && strcmp(back, word) == 0;
}

/* Everything differs at first; field by field, in the order of the table, is made the same. */
static void
test_difference_in_order(void)
{
	const uint32_t all = INPUTS | WALLET_HAS_FINAL | WALLET_HAS_RELATED | WALLET_HAS_EFFECTIVE_AT |
	WALLET_HAS_EXPIRES_AT | WALLET_HAS_EXPECTED_VERSION | WALLET_HAS_METADATA_DIGEST |
	WALLET_HAS_DETAIL;
	WalletEvent a = {
		.kind = WALLET_KIND_TRANSFER,
		.present = all,
		.debit = 1,
		.credit = 2,
		.requested = 3,
		.effective_at = 4,
		.expires_at = 5,
		.expected_version = 6,
		.detail = TEXT("x")
	};
	WalletEvent b = {
		.kind = WALLET_KIND_HOLD,
		.present = all,
		.debit = 11,
		.credit = 12,
		.requested = (wallet_int128) 1 << 100,
		.final = 1,
		.related = {{[15] = 1}},
		.effective_at = 14,
		.expires_at = 15,
		.expected_version = 16,
		.metadata_digest = {[31] = 1},
		.detail = TEXT("y")
	};

	CHECK(differs_in(&a, &b, "command"));
	b.kind = a.kind;
	CHECK(differs_in(&a, &b, "from_account"));
	b.debit = a.debit;
	CHECK(differs_in(&a, &b, "to_account"));
	b.credit = a.credit;
	CHECK(differs_in(&a, &b, "amount"));
	b.requested = a.requested;
	CHECK(differs_in(&a, &b, "final"));
	b.final = a.final;
	CHECK(differs_in(&a, &b, "related"));
	b.related = a.related;
	CHECK(differs_in(&a, &b, "effective_at"));
	b.effective_at = a.effective_at;
	CHECK(differs_in(&a, &b, "expires_at"));
	b.expires_at = a.expires_at;
	CHECK(differs_in(&a, &b, "expected_version"));
	b.expected_version = a.expected_version;
	CHECK(differs_in(&a, &b, "metadata"));
	b.metadata_digest[31] = 0;
	CHECK(differs_in(&a, &b, "detail"));
	b.detail = a.detail;
	CHECK(differs_in(&a, &b, NULL));
	tap_case("the first field that differs is named, in the order of the table");
}

static void
test_difference_of_presence(void)
{
	WalletEvent a = fixture_transfer(1, 10, 20, 0);
	WalletEvent b = a;

	b.present |= WALLET_HAS_EFFECTIVE_AT;
	CHECK(differs_in(&a, &b, "effective_at"));
	b.present = a.present | WALLET_HAS_EXPECTED_VERSION;
	CHECK(differs_in(&a, &b, "expected_version"));
	b.present = a.present | WALLET_HAS_METADATA_DIGEST;
	CHECK(differs_in(&a, &b, "metadata"));
	b.present = a.present & ~WALLET_HAS_REQUESTED;
	CHECK(differs_in(&a, &b, "amount"));
	b.present = a.present | WALLET_HAS_DETAIL;
	CHECK(differs_in(&a, &b, "detail"));
	tap_case("absent is not zero and not empty");

	b = a;
	b.effective_at = 77;		/* absent: its bytes mean nothing */
	CHECK(differs_in(&a, &b, NULL));
	b = transfer_event;
	b.present |= WALLET_HAS_GROUP_FIRST | WALLET_HAS_CAUSE;
	b.present &= ~(uint32_t) (DONE);
	b.event_id = 1;
	b.group_first = 1;
	b.status = 19;
	b.exponent = 5;
	b.actor = TEXT("somebody else");
	CHECK(differs_in(&transfer_event, &b, NULL));
	tap_case("results, group, actor and identity are not content");
}

static WalletEvent
open_with(WalletDetail *detail, uint8_t *memory)
{
	WalletEvent event = {.kind = WALLET_KIND_OPEN,.present = WALLET_HAS_DETAIL};

	wallet_detail_encode(detail, memory);
	event.detail = (WalletBytes)
	{
		memory, (uint32_t) wallet_detail_size(detail)
	};
	return event;
}

static void
test_difference_of_details(void)
{
	uint8_t		left[200];
	uint8_t		right[200];
	const uint32_t named = 1 << 1 | 1 << 2 | 1 << 3;	/* name, currency,
														 * exponent */
	WalletDetail x = {.present = named,.name = TEXT("x"),.currency = TEXT("EUR"),.exponent = 2};
	WalletDetail y = {
		.present = named | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7,
		.name = TEXT("y"),
		.currency = TEXT("BHD"),
		.exponent = 3,
		.parent = 7
	};
	WalletEvent a = open_with(&x, left);
	WalletEvent b = open_with(&y, right);
	const int	tags[] = {WALLET_DETAIL_FLOOR, WALLET_DETAIL_CEILING, WALLET_DETAIL_PARENT, WALLET_DETAIL_OWNER};
	const char *const words[] = {"name", "currency", "exponent", "floor", "ceiling", "parent", "owner"};

	for (int i = 0; i < 7; i++)
	{
		b = open_with(&y, right);
		if (!CHECK(differs_in(&a, &b, words[i])))
			printf("# expected %s, found %s\n", words[i], wallet_content_difference(&a, &b));
		if (i == 0)
			y.name = x.name;
		else if (i == 1)
			y.currency = x.currency;
		else if (i == 2)
			y.exponent = x.exponent;
		else
			y.present &= ~(UINT32_C(1) << tags[i - 3]);
		if (i == 5)
			y.parent = 0;
	}
	b = open_with(&y, right);
	CHECK(differs_in(&a, &b, NULL));

	/* An opening's credit is its id. */
	b.present |= WALLET_HAS_CREDIT;
	b.credit = 99;
	CHECK(differs_in(&a, &b, NULL));
	tap_case("of openings the field in the detail is named");
}

int
main(void)
{
	test_by_hand();
	test_round_trip();
	test_refusals();
	test_final_and_exponent();
	test_bits_of_kinds();
	test_difference_in_order();
	test_difference_of_presence();
	test_difference_of_details();
	return tap_end();
}
