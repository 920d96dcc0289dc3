/*
 * expiry.c
 *		A pairing heap: adding is one comparison, and n holds come out in
 *		O(n log n), however they went in.
 *
 * Only holds that are not open may change their keys while they are in it (an
 * undo takes a birth back): such a hold is never asked for, and those that are
 * open keep their order among themselves.
 */
#include "core/expiry.h"

static WalletHold *
at(WalletHold *holds, int32_t place)
{
	return place == 0 ? NULL : &holds[place - 1];
}

static bool
is_before(const WalletHold *a, const WalletHold *b)
{
	return a->expires_at != b->expires_at ? a->expires_at < b->expires_at
		: a->event_id < b->event_id;
}

/* Two heaps into one: the later of the two roots becomes a child of the other. */
static int32_t
meld(WalletHold *holds, int32_t a, int32_t b)
{
	int32_t		first = a;
	int32_t		other = b;

	if (a == 0 || b == 0)
		return a + b;
	if (is_before(at(holds, b), at(holds, a)))
	{
		first = b;
		other = a;
	}
	at(holds, other)->next = at(holds, first)->child;
	at(holds, first)->child = other;
	return first;
}

/* Pairs of neighbours become heaps, threaded in reverse order; returns the last. */
static int32_t
meld_pairs(WalletHold *holds, int32_t list)
{
	int32_t		pairs = 0;

	while (list != 0)
	{
		int32_t		a = list;
		int32_t		b = at(holds, a)->next;

		list = b != 0 ? at(holds, b)->next : 0;
		a = meld(holds, a, b);
		at(holds, a)->next = pairs;
		pairs = a;
	}
	return pairs;
}

void
wallet_expiry_push(WalletHold *holds, int32_t *queue, WalletHold *hold)
{
	if (hold->queued)
		return;
	hold->queued = true;
	hold->child = hold->next = 0;
	*queue = meld(holds, *queue, (int32_t) (hold - holds) + 1);
	at(holds, *queue)->next = 0;
}

void
wallet_expiry_pop(WalletHold *holds, int32_t *queue)
{
	WalletHold *first = at(holds, *queue);
	int32_t		pairs = meld_pairs(holds, first->child);
	int32_t		heap = 0;

	while (pairs != 0)
	{
		int32_t		next = at(holds, pairs)->next;

		heap = meld(holds, heap, pairs);
		pairs = next;
	}
	if (heap != 0)
		at(holds, heap)->next = 0;
	*queue = heap;
	first->queued = false;
	first->child = first->next = 0;
}

WalletHold *
wallet_expiry_first(WalletHold *holds, int32_t *queue)
{
	while (*queue != 0 && at(holds, *queue)->state != WALLET_HOLD_OPEN)
		wallet_expiry_pop(holds, queue);
	return at(holds, *queue);
}

int64_t
wallet_expiry_next(WalletHold *holds, int32_t *queue)
{
	const WalletHold *first = wallet_expiry_first(holds, queue);

	return first == NULL ? 0 : first->expires_at;
}
