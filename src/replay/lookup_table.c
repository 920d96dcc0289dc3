/*
 * lookup_table.c
 *		Growth: at most three quarters of the slots are used.
 */
#include <stdio.h>
#include <stdlib.h>

#include "replay/lookup_table.h"

static void
out_of_memory(void)
{
	fputs("wallet-replay: out of memory\n", stderr);
	exit(2);
}

static void
put(WalletSlot *slots, size_t size, WalletSlot slot)
{
	size_t		i = slot.hash & (size - 1);

	while (slots[i].place != 0)
		i = (i + 1) & (size - 1);
	slots[i] = slot;
}

static void
enlarge(WalletLookup *lookup)
{
	size_t		size = lookup->size == 0 ? 64 : 2 * lookup->size;
	WalletSlot *slots = calloc(size, sizeof(WalletSlot));

	if (slots == NULL)
		out_of_memory();
	for (size_t i = 0; i < lookup->size; i++)
	{
		if (lookup->slots[i].place != 0)
			put(slots, size, lookup->slots[i]);
	}
	free(lookup->slots);
	lookup->slots = slots;
	lookup->size = size;
}

void
wallet_lookup_add(WalletLookup *lookup, uint32_t hash, size_t place)
{
	WalletSlot	slot = {hash, (uint32_t) place + 1};

	if (4 * (lookup->used + 1) > 3 * lookup->size)
		enlarge(lookup);
	put(lookup->slots, lookup->size, slot);
	lookup->used++;
}

void
wallet_lookup_free(WalletLookup *lookup)
{
	free(lookup->slots);
	*lookup = (WalletLookup) {0};
}

/* Places are 32-bit numbers, in the machine too. */
void *
wallet_grow(void *array, size_t *room, size_t count, size_t size)
{
	size_t		more = *room < 64 ? 64 : *room + *room / 2;

	if (count < *room)
		return array;
	if (more <= count)
		more = count + 1;
	if (more > INT32_MAX)
		more = INT32_MAX;
	if (count >= more)
		out_of_memory();
	array = realloc(array, more * size);
	if (array == NULL)
		out_of_memory();
	*room = more;
	return array;
}
