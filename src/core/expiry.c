/*
 * expiry.c
 *		A pairing heap: adding is one comparison, taking out is O(log n) over
 *		time, and n holds come out in O(n log n), however they went in.
 *
 * Children are a list by `next`; `prev` is the neighbour before, or of the first
 * child its parent.  The root has neither.
 */
#include "core/expiry.h"

static WalletHold *
at(WalletHold *holds, int32_t place)
{
	return &holds[place - 1];
}

static bool
is_before(const WalletHold *a, const WalletHold *b)
{
	return a->expires_at != b->expires_at ? a->expires_at < b->expires_at
		: a->event_id < b->event_id;
}

/* Two heaps into one: the later of the two roots becomes the first child of the other. */
static int32_t
meld(WalletHold *holds, int32_t a, int32_t b)
{
	int32_t		first = a;
	int32_t		other = b;
	int32_t		child;

	if (a == 0 || b == 0)
		return a + b;
	if (is_before(at(holds, b), at(holds, a)))
	{
		first = b;
		other = a;
	}
	child = at(holds, first)->child;
	if (child != 0)
		at(holds, child)->prev = other;
	at(holds, other)->next = child;
	at(holds, other)->prev = first;
	at(holds, first)->child = other;
	return first;
}

/* A list of heaps into one: first neighbours, from left to right, then all, from right to left. */
static int32_t
meld_list(WalletHold *holds, int32_t list)
{
	int32_t		pairs = 0;
	int32_t		heap = 0;

	while (list != 0)
	{
		int32_t		a = list;
		int32_t		b = at(holds, a)->next;

		list = b != 0 ? at(holds, b)->next : 0;
		a = meld(holds, a, b);
		at(holds, a)->next = pairs;
		pairs = a;
	}
	while (pairs != 0)
	{
		int32_t		next = at(holds, pairs)->next;

		heap = meld(holds, heap, pairs);
		pairs = next;
	}
	return heap;
}

static void
set_root(WalletHold *holds, int32_t *queue, int32_t root)
{
	*queue = root;
	if (root != 0)
		at(holds, root)->next = at(holds, root)->prev = 0;
}

void
wallet_expiry_push(WalletHold *holds, int32_t *queue, WalletHold *hold)
{
	if (hold->queued)
		return;
	hold->queued = true;
	hold->child = 0;
	set_root(holds, queue, meld(holds, *queue, (int32_t) (hold - holds) + 1));
}

/* Out of the list that it is in. */
static void
unlink_hold(WalletHold *holds, const WalletHold *hold)
{
	WalletHold *prev = at(holds, hold->prev);

	if (prev->child == (int32_t) (hold - holds) + 1)
		prev->child = hold->next;
	else
		prev->next = hold->next;
	if (hold->next != 0)
		at(holds, hold->next)->prev = hold->prev;
}

void
wallet_expiry_remove(WalletHold *holds, int32_t *queue, WalletHold *hold)
{
	int32_t		rest;

	if (!hold->queued)
		return;
	rest = meld_list(holds, hold->child);
	if (hold->prev != 0)
	{
		unlink_hold(holds, hold);
		rest = meld(holds, *queue, rest);
	}
	set_root(holds, queue, rest);
	hold->queued = false;
	hold->child = hold->next = hold->prev = 0;
}
