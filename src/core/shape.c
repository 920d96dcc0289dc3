/*
 * shape.c
 *		One row per kind: what must be there, what may, whether an amount moves, and
 *		in whose chain a success is.
 */
#include "core/shape.h"
#include "core/status.h"

#define D		WALLET_HAS_DEBIT
#define C		WALLET_HAS_CREDIT
#define R		WALLET_HAS_REQUESTED
#define REL		WALLET_HAS_RELATED
#define DETAIL	WALLET_HAS_DETAIL
#define TIMES	(WALLET_HAS_EFFECTIVE_AT | WALLET_HAS_EXPECTED_VERSION)
#define D_PREV	WALLET_HAS_DEBIT_PREV
#define BOTH	(WALLET_HAS_DEBIT_PREV | WALLET_HAS_CREDIT_PREV)

typedef struct Shape
{
	uint32_t	required;		/* inputs */
	uint32_t	optional;		/* inputs; metadata_digest is so everywhere */
	uint32_t	chain;			/* prev fields of a success */
	bool		amount;			/* a success has one */
} Shape;

static const Shape shapes[] =
{
	[WALLET_KIND_DEFINE_CURRENCY] = {DETAIL, 0, 0, false},
	[WALLET_KIND_OPEN] = {C | DETAIL, 0, 0, false},
	[WALLET_KIND_TRANSFER] = {D | C | R, TIMES, BOTH, true},
	[WALLET_KIND_HOLD] = {D | C | R, TIMES | WALLET_HAS_EXPIRES_AT, D_PREV, true},
	[WALLET_KIND_CAPTURE] = {D | C | REL | WALLET_HAS_FINAL, R, BOTH, true},
	[WALLET_KIND_RELEASE] = {D | C | REL, R, D_PREV, true},
	[WALLET_KIND_EXPIRE] = {D, 0, D_PREV, true},
	[WALLET_KIND_REVERSE] = {REL, D | C | R, BOTH, true},
	[WALLET_KIND_SWEEP] = {D | C | R, TIMES, BOTH, true},
	[WALLET_KIND_FREEZE] = {D, DETAIL, 0, false},
	[WALLET_KIND_UNFREEZE] = {D, DETAIL, 0, false},
	[WALLET_KIND_CLOSE] = {D, 0, 0, false},
	[WALLET_KIND_SET_FLOOR] = {D | R, 0, 0, false},
	[WALLET_KIND_REMOVE_FLOOR] = {D, 0, 0, false},
	[WALLET_KIND_SET_CEILING] = {D, R, 0, false},
	[WALLET_KIND_SET_SPEND_LIMIT] = {D, R | DETAIL, 0, false},
	[WALLET_KIND_SNAPSHOT] = {DETAIL, 0, 0, false},
	[WALLET_KIND_REDACT] = {REL, 0, 0, false},
	[WALLET_KIND_REBUILD] = {D | DETAIL, 0, 0, false},
	[WALLET_KIND_TRY_DEBIT] = {D | C | R | DETAIL, TIMES | WALLET_HAS_EXPIRES_AT, D_PREV, true},
	[WALLET_KIND_TRY_CREDIT] = {D | C | R | DETAIL, WALLET_HAS_EFFECTIVE_AT, 0, true},
	[WALLET_KIND_CONFIRM_DEBIT] = {D | C | REL, 0, BOTH, true},
	[WALLET_KIND_CONFIRM_CREDIT] = {D | C | REL, 0, BOTH, true},
	[WALLET_KIND_CANCEL_DEBIT] = {D | C | REL, 0, D_PREV, true},
	[WALLET_KIND_CANCEL_CREDIT] = {REL, D | C, 0, true},
	[WALLET_KIND_TRANSIT] = {D | C | R | DETAIL, TIMES, BOTH, true},
	[WALLET_KIND_COMPENSATE] = {D | C | REL, R | DETAIL, BOTH, true}
};

/* What is told of the accounts that the event names. */
static uint32_t
state_fields(uint32_t present)
{
	uint32_t	fields = 0;

	if (present & D)
		fields |= WALLET_HAS_DEBIT_BALANCE | WALLET_HAS_DEBIT_HELD | WALLET_HAS_DEBIT_VERSION;
	if (present & C)
		fields |= WALLET_HAS_CREDIT_BALANCE | WALLET_HAS_CREDIT_VERSION;
	return fields;
}

/* Legs are a fixed list (format-1.md, 5). */
static bool
leg_fits(const WalletEvent *event)
{
	switch (event->kind)
	{
		case WALLET_KIND_EXPIRE:
			return event->leg == 1;
		case WALLET_KIND_CONFIRM_DEBIT:
		case WALLET_KIND_CONFIRM_CREDIT:
			return event->leg == 3;
		case WALLET_KIND_CANCEL_DEBIT:
		case WALLET_KIND_CANCEL_CREDIT:
			return event->leg == 4;
		case WALLET_KIND_TRANSIT:
			return event->leg == 2 || (event->leg >= 16 && event->leg < 16 + 4096);
		case WALLET_KIND_COMPENSATE:
			return event->leg == 5;
		default:
			return event->leg == 0;
	}
}

static bool
inputs_fit(const WalletEvent *event, const Shape *shape)
{
	uint32_t	inputs = event->present & WALLET_HAS_INPUTS;
	uint32_t	required = shape->required;

	/* An opening that was refused has no account. */
	if (event->kind == WALLET_KIND_OPEN && event->status != WALLET_success)
		required &= ~C;
	return (inputs & required) == required &&
		(inputs & ~(required | shape->optional | WALLET_HAS_METADATA_DIGEST)) == 0;
}

static bool
results_fit(const WalletEvent *event, const Shape *shape)
{
	uint32_t	results = event->present &
	~(WALLET_HAS_INPUTS | WALLET_HAS_GROUP_FIRST | WALLET_HAS_CAUSE);
	uint32_t	state = state_fields(event->present);
	bool		nameless = event->kind == WALLET_KIND_CANCEL_CREDIT && !(event->present & D);

	/*
	 * A member of a failed group may name an account that only the group had
	 * opened.
	 */
	if (event->status == WALLET_group_failed)
		return (results & ~state) == 0;
	if (event->status != WALLET_success)
		return results == state;
	return results == (state | shape->chain | (shape->amount && !nameless ? WALLET_HAS_AMOUNT : 0));
}

const char *
wallet_event_shape_fault(const WalletEvent *event)
{
	const Shape *shape;

	if (wallet_kind_name(event->kind) == NULL)
		return "an unknown kind";
	if (!wallet_status_remembered(event->status))
		return "a status that is never recorded";
	if (((event->present & WALLET_HAS_CAUSE) != 0) != (event->status == WALLET_group_failed))
		return "a cause without group_failed, or the reverse";
	if (!leg_fits(event))
		return "a leg that its kind does not have";
	shape = &shapes[event->kind];
	if (!inputs_fit(event, shape))
		return "other inputs than its kind has";
	if (!results_fit(event, shape))
		return "other results than its kind has";
	return NULL;
}
