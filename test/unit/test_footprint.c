/*
 * test_footprint.c
 *
 * Goal: the accounts of a batch come out once each and in id order, which is the
 * order in which they are locked: an error here is a deadlock.
 *
 * Method: small lists by hand; random ones, whose ids differ in all, some or one
 * of their bytes, against an insertion sort.
 */
#include "core/footprint.h"
#include "tap.h"

#define IDS_MAX 600

static bool
builds(int64_t *ids, size_t n, const int64_t *expected, size_t expected_n)
{
	int64_t		scratch[IDS_MAX];
	size_t		kept = wallet_footprint_build(ids, n, scratch);

	return kept == expected_n &&
		(kept == 0 || memcmp(ids, expected, kept * sizeof(int64_t)) == 0);
}

static void
test_by_hand(void)
{
	int64_t		none[] = {7};
	int64_t		one[] = {7};
	int64_t		same[] = {7, 7, 7, 7};
	int64_t		sorted[] = {1, 2, 3};
	int64_t		reversed[] = {3, 2, 1};
	int64_t		mixed[] = {300, 2, 300, 1, 256, 2, 255};
	int64_t		extremes[] = {INT64_MAX, 1, INT64_MAX - 1, INT64_MAX, INT64_C(1) << 62, 1};
	const int64_t seven[] = {7};
	const int64_t three[] = {1, 2, 3};
	const int64_t mixed_sorted[] = {1, 2, 255, 256, 300};
	const int64_t extremes_sorted[] = {1, INT64_C(1) << 62, INT64_MAX - 1, INT64_MAX};

	CHECK(builds(none, 0, NULL, 0));
	CHECK(none[0] == 7);
	CHECK(builds(one, 1, seven, 1));
	CHECK(builds(same, 4, seven, 1));
	CHECK(builds(sorted, 3, three, 3));
	CHECK(builds(reversed, 3, three, 3));
	CHECK(builds(mixed, 7, mixed_sorted, 5));
	CHECK(builds(extremes, 6, extremes_sorted, 4));
	tap_case("small footprints");
}

static void
test_find(void)
{
	const int64_t ids[] = {10, 20, 30, 40, INT64_MAX};

	for (size_t n = 0; n <= 5; n++)
	{
		for (size_t i = 0; i < 5; i++)
		{
			CHECK(wallet_footprint_find(ids, n, ids[i]) == (i < n ? (int32_t) i : -1));
			CHECK(wallet_footprint_find(ids, n, ids[i] - 1) == -1);
		}
		CHECK(wallet_footprint_find(ids, n, 0) == -1);
		CHECK(wallet_footprint_find(ids, n, -1) == -1);
		CHECK(wallet_footprint_find(ids, n, 41) == -1);
		CHECK(wallet_footprint_find(ids, n, INT64_MIN) == -1);
	}
	tap_case("find tells the position or -1");
}

static size_t
insert_sorted(int64_t *list, size_t n, int64_t id)
{
	size_t		at = n;

	for (size_t i = 0; i < n; i++)
	{
		if (list[i] == id)
			return n;
	}
	for (; at > 0 && list[at - 1] > id; at--)
		list[at] = list[at - 1];
	list[at] = id;
	return n + 1;
}

static void
test_random(void)
{
	for (int round = 0; round < 3000; round++)
	{
		int64_t		ids[IDS_MAX];
		int64_t		expected[IDS_MAX];
		size_t		expected_n = 0;
		size_t		n = (size_t) tap_pick(round % 30 == 0 ? IDS_MAX : 40);

		/*
		 * Bits in which ids differ: a mask of random bytes, so that passes
		 * are skipped here and there.
		 */
		uint64_t	mask = 0;
		uint64_t	base = tap_random() & INT64_MAX;

		for (int byte = 0; byte < 8; byte++)
		{
			if (tap_chance(40))
				mask |= UINT64_C(0xff) << (8 * byte);
		}
		if (tap_chance(30))
			mask &= UINT64_C(0x0101010101010101);
		for (size_t i = 0; i < n; i++)
		{
			ids[i] = (int64_t) (((base & ~mask) | (tap_random() & mask)) & INT64_MAX);
			if (ids[i] == 0)
				ids[i] = 1;
			expected_n = insert_sorted(expected, expected_n, ids[i]);
		}
		CHECK(builds(ids, n, expected, expected_n));
		for (size_t i = 0; i < expected_n; i++)
			CHECK(wallet_footprint_find(ids, expected_n, expected[i]) == (int32_t) i);
	}
	tap_case("3,000 random footprints are sorted and without repetitions");
}

int
main(void)
{
	test_by_hand();
	test_find();
	test_random();
	return tap_end();
}
