/*
 * footprint.c
 *		A radix sort, because it needs no memory of its own, no comparison
 *		function and no luck: eight passes at most, and ids of one day share
 *		their upper bytes, whose passes are skipped.
 */
#include "core/footprint.h"

static unsigned
byte_of(int64_t id, int pass)
{
	return (unsigned) ((uint64_t) id >> (8 * pass)) & 0xff;
}

/* One stable pass from `from` to `to`; false if all ids share the byte. */
static bool
radix_pass(const int64_t *from, int64_t *to, size_t n, int pass)
{
	size_t		start[256] = {0};
	size_t		sum = 0;

	for (size_t i = 0; i < n; i++)
		start[byte_of(from[i], pass)]++;
	if (start[byte_of(from[0], pass)] == n)
		return false;
	for (int b = 0; b < 256; b++)
	{
		size_t		count = start[b];

		start[b] = sum;
		sum += count;
	}
	for (size_t i = 0; i < n; i++)
		to[start[byte_of(from[i], pass)]++] = from[i];
	return true;
}

size_t
wallet_footprint_build(int64_t *ids, size_t n, int64_t *scratch)
{
	int64_t    *from = ids;
	int64_t    *to = scratch;
	size_t		kept = 0;

	if (n == 0)
		return 0;
	for (int pass = 0; pass < 8; pass++)
	{
		if (radix_pass(from, to, n, pass))
		{
			int64_t    *swap = from;

			from = to;
			to = swap;
		}
	}
	for (size_t i = 0; i < n; i++)
	{
		if (kept == 0 || ids[kept - 1] != from[i])
			ids[kept++] = from[i];
	}
	return kept;
}

int32_t
wallet_footprint_find(const int64_t *ids, size_t n, int64_t id)
{
	size_t		low = 0;
	size_t		high = n;

	while (low < high)
	{
		size_t		middle = low + (high - low) / 2;

		if (ids[middle] < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n && ids[low] == id ? (int32_t) low : -1;
}
