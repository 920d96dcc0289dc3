/*
 * test_detail.c
 *
 * Goal: a detail has exactly one byte string, that of format-1.md, 4, and no
 * other bytes are taken for one.
 *
 * Method: one detail with every tag, its bytes written by hand from the table;
 * then each rule of the table broken once; every truncation and every changed
 * byte of the full detail.
 */
#include "core/detail.h"
#include "tap.h"

#define TEXT(string) ((WalletBytes) {(const uint8_t *) (string), sizeof(string) - 1})

#define DIGEST_32 \
	0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, \
	0xe0, 0xe1, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xeb, 0xec, 0xed, 0xee, 0xef

static const uint8_t digest[32] = {DIGEST_32};

/* 10^38 - 1 = 0x4B3B4CA85A86C47A098A223FFFFFFFFF, since 10^38 = 0x4B3B4CA85A86C47A098A224000000000 */
#define MONEY_MAX_BYTES \
	0xff, 0xff, 0xff, 0xff, 0x3f, 0x22, 0x8a, 0x09, 0x7a, 0xc4, 0x86, 0x5a, 0xa8, 0x4c, 0x3b, 0x4b
/* -(10^38 - 1): every bit turned, plus one */
#define MONEY_MIN_BYTES \
	0x01, 0x00, 0x00, 0x00, 0xc0, 0xdd, 0x75, 0xf6, 0x85, 0x3b, 0x79, 0xa5, 0x57, 0xb3, 0xc4, 0xb4

static const uint8_t full[] =
{
	1, 5, 0, 0, 0, 'a', 'l', 'i', 'c', 'e',
	2, 3, 0, 0, 0, 'E', 'U', 'R',
	3, 1, 0, 0, 0, 2,
	4, 8, 0, 0, 0, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
	5, 0, 0, 0, 0,				/* empty, and not absent */
	6, 16, 0, 0, 0, MONEY_MIN_BYTES,
	7, 16, 0, 0, 0, MONEY_MAX_BYTES,
	8, 4, 0, 0, 0, 0x80, 0x51, 0x01, 0x00,	/* 86400 = 0x15180 */
	9, 3, 0, 0, 0, 'w', 'h', 'y',
	10, 2, 0, 0, 0, 's', '2',
	11, 3, 0, 0, 0, 'b', 'o', 'b',
	12, 8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0x80,
	13, 32, 0, 0, 0, DIGEST_32,
	14, 2, 0, 0, 0, 0x34, 0x12
};

static WalletBytes
bytes_of(const uint8_t *data, size_t length)
{
	WalletBytes bytes = {data, (uint32_t) length};

	return bytes;
}

static bool
decodes(const void *bytes, size_t length)
{
	WalletDetail detail;

	/* In memory of its own, so that reading past the end is seen. */
	uint8_t    *copy = malloc(length > 0 ? length : 1);
	bool		good;

	if (length > 0)
		memcpy(copy, bytes, length);
	good = wallet_detail_decode(bytes_of(copy, length), &detail);
	if (good && CHECK(wallet_detail_size(&detail) == length))
	{
		uint8_t    *again = malloc(length > 0 ? length : 1);

		wallet_detail_encode(&detail, again);
		CHECK(length == 0 || memcmp(again, bytes, length) == 0);
		free(again);
	}
	free(copy);
	return good;
}

#define DECODES(...) decodes((const uint8_t[]) {__VA_ARGS__}, sizeof((const uint8_t[]) {__VA_ARGS__}))

static wallet_int128
money_max(void)
{
	wallet_int128 value = 1;

	for (int i = 0; i < 38; i++)
		value *= 10;
	return value - 1;
}

static void
test_encode(void)
{
	WalletDetail detail = {
		.exponent = 2,
		.step = 0x1234,
		.window_seconds = 86400,
		.parent = 0x1122334455667788,
		.until_event = INT64_MIN + 1,
		.floor = -money_max(),
		.ceiling = money_max(),
		.name = TEXT("alice"),
		.currency = TEXT("EUR"),
		.owner = TEXT(""),
		.reason = TEXT("why"),
		.peer = TEXT("s2"),
		.remote_name = TEXT("bob"),
		.digest = {digest, 32}
	};
	const uint8_t two_decimals[] = {3, 1, 0, 0, 0, 2};
	uint8_t		out[sizeof(full) + 1];

	CHECK(wallet_detail_size(&detail) == 0);

	for (int tag = 14; tag >= 1; tag--)
		wallet_detail_set(&detail, (WalletDetailTag) tag);
	CHECK(detail.present == 0x7ffe);
	CHECK(wallet_detail_size(&detail) == sizeof(full));
	out[sizeof(full)] = 0x77;
	wallet_detail_encode(&detail, out);
	CHECK(memcmp(out, full, sizeof(full)) == 0);
	CHECK(out[sizeof(full)] == 0x77);

	detail.present = 0;
	wallet_detail_set(&detail, WALLET_DETAIL_EXPONENT);
	CHECK(wallet_detail_size(&detail) == 6);
	wallet_detail_encode(&detail, out);
	CHECK(memcmp(out, two_decimals, 6) == 0);
	tap_case("every tag is written as the table says");
}

static void
test_decode(void)
{
	WalletDetail detail;

	CHECK(wallet_detail_decode(bytes_of(full, sizeof(full)), &detail));
	CHECK(detail.present == 0x7ffe);
	CHECK(wallet_bytes_equal(detail.name, TEXT("alice")));
	CHECK(wallet_bytes_equal(detail.currency, TEXT("EUR")));
	CHECK(detail.exponent == 2);
	CHECK(detail.parent == 0x1122334455667788);
	CHECK(detail.owner.length == 0);
	CHECK(detail.floor == -money_max());
	CHECK(detail.ceiling == money_max());
	CHECK(detail.window_seconds == 86400);
	CHECK(wallet_bytes_equal(detail.reason, TEXT("why")));
	CHECK(wallet_bytes_equal(detail.peer, TEXT("s2")));
	CHECK(wallet_bytes_equal(detail.remote_name, TEXT("bob")));
	CHECK(detail.until_event == INT64_MIN + 1);
	CHECK(detail.digest.length == 32 && memcmp(detail.digest.data, digest, 32) == 0);
	CHECK(detail.step == 0x1234);
	for (int tag = 1; tag <= 14; tag++)
		CHECK(wallet_detail_has(&detail, (WalletDetailTag) tag));

	CHECK(wallet_detail_decode(bytes_of(full, 10), &detail));
	CHECK(detail.present == 1 << 1);
	CHECK(!wallet_detail_has(&detail, WALLET_DETAIL_OWNER) && detail.parent == 0 &&
		  detail.floor == 0);
	tap_case("every tag is read as the table says");
}

static void
test_empty(void)
{
	WalletDetail detail;

	CHECK(decodes("", 0));
	memset(&detail, 0xff, sizeof(detail));
	CHECK(wallet_detail_decode(bytes_of(NULL, 0), &detail));
	CHECK(detail.present == 0);
	tap_case("an empty detail has no fields");
}

static void
test_order_and_tags(void)
{
	CHECK(DECODES(3, 1, 0, 0, 0, 2, 5, 1, 0, 0, 0, 'x'));
	CHECK(!DECODES(5, 1, 0, 0, 0, 'x', 3, 1, 0, 0, 0, 2));
	CHECK(!DECODES(3, 1, 0, 0, 0, 2, 3, 1, 0, 0, 0, 2));
	CHECK(!DECODES(0, 0, 0, 0, 0));
	CHECK(!DECODES(0, 1, 0, 0, 0, 2));
	CHECK(!DECODES(15, 0, 0, 0, 0));
	CHECK(!DECODES(15, 1, 0, 0, 0, 2));
	CHECK(!DECODES(32, 0, 0, 0, 0));
	CHECK(!DECODES(255, 0, 0, 0, 0));
	tap_case("tags ascend strictly, unknown ones are refused");
}

static void
test_lengths(void)
{
	CHECK(!DECODES(3, 0, 0, 0, 0));
	CHECK(!DECODES(3, 2, 0, 0, 0, 2, 0));
	CHECK(!DECODES(4, 7, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7));
	CHECK(!DECODES(4, 9, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
	CHECK(!DECODES(6, 15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
	CHECK(!DECODES(8, 3, 0, 0, 0, 1, 0, 0));
	CHECK(!DECODES(13, 31, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
				   0, 0, 0, 0, 0, 0, 0, 0, 0));
	CHECK(!DECODES(14, 1, 0, 0, 0, 1));
	CHECK(!DECODES(9, 4, 0, 0, 0, 'w', 'h', 'y'));
	CHECK(!DECODES(9, 0xff, 0xff, 0xff, 0xff, 'w', 'h', 'y'));
	CHECK(!DECODES(9, 3, 0, 0, 1, 'w', 'h', 'y'));
	CHECK(!DECODES(9, 3, 0, 0, 0, 'w', 'h', 'y', 10));
	tap_case("a length must be the type's and must end inside");
}

static void
test_values(void)
{
	uint8_t		name[5 + 256] = {1, 255, 0, 0, 0};
	uint8_t		code[5 + 17] = {2, 16, 0, 0, 0};

	CHECK(DECODES(3, 1, 0, 0, 0, 0));
	CHECK(DECODES(3, 1, 0, 0, 0, 30));
	CHECK(!DECODES(3, 1, 0, 0, 0, 31));
	CHECK(!DECODES(3, 1, 0, 0, 0, 255));
	CHECK(DECODES(8, 4, 0, 0, 0, 1, 0, 0, 0));
	CHECK(!DECODES(8, 4, 0, 0, 0, 0, 0, 0, 0));
	CHECK(DECODES(6, 16, 0, 0, 0, MONEY_MAX_BYTES));
	CHECK(DECODES(7, 16, 0, 0, 0, MONEY_MIN_BYTES));

	/*
	 * 10^38: one more than the maximum; -10^38; and the most negative of 128
	 * bits
	 */
	CHECK(!DECODES(6, 16, 0, 0, 0, 0, 0, 0, 0, 0x40, 0x22, 0x8a, 0x09, 0x7a, 0xc4, 0x86, 0x5a, 0xa8, 0x4c, 0x3b, 0x4b));
	CHECK(!DECODES(7, 16, 0, 0, 0, 0, 0, 0, 0, 0x40, 0x22, 0x8a, 0x09, 0x7a, 0xc4, 0x86, 0x5a, 0xa8, 0x4c, 0x3b, 0x4b));
	CHECK(!DECODES(6, 16, 0, 0, 0, 0, 0, 0, 0, 0xc0, 0xdd, 0x75, 0xf6, 0x85, 0x3b, 0x79, 0xa5, 0x57, 0xb3, 0xc4, 0xb4));
	CHECK(!DECODES(6, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80));

	memset(name + 5, 'n', 256);
	CHECK(decodes(name, 5 + 255));
	name[1] = 0;
	name[2] = 1;				/* 256 */
	CHECK(!decodes(name, 5 + 256));
	memset(code + 5, 'A', 17);
	CHECK(decodes(code, 5 + 16));
	code[1] = 17;
	CHECK(!decodes(code, 5 + 17));
	tap_case("values that a field cannot have are refused at their bounds");

	/* format-1.md, 1: a name has 1-255 bytes, a currency 1-16 */
	CHECK(!DECODES(1, 0, 0, 0, 0));
	CHECK(!DECODES(2, 0, 0, 0, 0));
	tap_case("an empty name and an empty currency are refused");
}

static void
test_broken_bytes(void)
{
	uint8_t		bytes[sizeof(full)];
	int			taken = 0;
	size_t		ends[] = {0, 10, 18, 24, 37, 42, 63, 84, 93, 101, 108, 116, 129, 166, 173};

	for (size_t length = 0; length <= sizeof(full); length++)
	{
		bool		at_end = false;

		for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
			at_end |= ends[i] == length;
		CHECK(decodes(full, length) == at_end);
	}
	CHECK(sizeof(full) == 173);
	tap_case("every truncation inside a field is refused");

	for (size_t at = 0; at < sizeof(full); at++)
	{
		for (int change = 1; change < 256; change++)
		{
			memcpy(bytes, full, sizeof(full));
			bytes[at] = (uint8_t) (bytes[at] ^ change);
			taken += decodes(bytes, sizeof(full));
		}
	}
	CHECK(taken > 10000);
	tap_case("every changed byte is refused or means itself");
}

int
main(void)
{
	test_encode();
	test_decode();
	test_empty();
	test_order_and_tags();
	test_lengths();
	test_values();
	test_broken_bytes();
	return tap_end();
}
