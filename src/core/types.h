/*
 * types.h
 *		The nouns of the machine: account, event, status, and what a decision may
 *		read.  Field for field the tables of doc/format-1.md.
 *
 * Owns nothing: every pointer in here belongs to the caller.  No PostgreSQL, no
 * allocation, no clock: the machine sees only what it is handed.
 */
#ifndef WALLET_TYPES_H
#define WALLET_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * palloc aligns to 8 bytes; a bare __int128 wants 16 and an optimiser that
 * believes it will crash.
 */
__extension__ typedef __int128 wallet_int128 __attribute__((aligned(8)));
__extension__ typedef unsigned __int128 wallet_uint128 __attribute__((aligned(8)));

#define WALLET_FORMAT			1
#define WALLET_NAME_MAX			255 /* bytes */
#define WALLET_CURRENCY_MAX		16	/* bytes */
#define WALLET_EXPONENT_MAX		30	/* decimals */
#define WALLET_MILESTONE_EVERY	256 /* chain events */
#define WALLET_BLOCK_EVENTS		256 /* events per digest */
#define WALLET_DIGEST_BYTES		32

typedef enum WalletStatus
{
#define WALLET_STATUS(name, number, sqlstate, remembered, message, meaning, hint) \
	WALLET_##name = (number),
#include "core/status.def"
#undef WALLET_STATUS
} WalletStatus;

typedef enum WalletKind
{
	WALLET_KIND_DEFINE_CURRENCY = 1,
	WALLET_KIND_OPEN = 2,
	WALLET_KIND_TRANSFER = 3,
	WALLET_KIND_HOLD = 4,
	WALLET_KIND_CAPTURE = 5,
	WALLET_KIND_RELEASE = 6,
	WALLET_KIND_EXPIRE = 7,
	WALLET_KIND_REVERSE = 8,
	WALLET_KIND_SWEEP = 9,
	WALLET_KIND_FREEZE = 10,
	WALLET_KIND_UNFREEZE = 11,
	WALLET_KIND_CLOSE = 12,
	WALLET_KIND_SET_FLOOR = 13,
	WALLET_KIND_REMOVE_FLOOR = 14,
	WALLET_KIND_SET_CEILING = 15,
	WALLET_KIND_SET_SPEND_LIMIT = 16,
	WALLET_KIND_SNAPSHOT = 17,
	WALLET_KIND_REDACT = 18,
	WALLET_KIND_REBUILD = 19,
	WALLET_KIND_TRY_DEBIT = 20,
	WALLET_KIND_TRY_CREDIT = 21,
	WALLET_KIND_CONFIRM_DEBIT = 22,
	WALLET_KIND_CONFIRM_CREDIT = 23,
	WALLET_KIND_CANCEL_DEBIT = 24,
	WALLET_KIND_CANCEL_CREDIT = 25,
	WALLET_KIND_TRANSIT = 26,
	WALLET_KIND_COMPENSATE = 27
} WalletKind;

typedef enum WalletAccountStatus
{
	WALLET_ACCOUNT_OPEN = 1,
	WALLET_ACCOUNT_FROZEN = 2,
	WALLET_ACCOUNT_CLOSED = 3
} WalletAccountStatus;

/* Presence bits: bit n is field n of the canonical bytes. */
#define WALLET_HAS_DEBIT			(UINT32_C(1) << 0)
#define WALLET_HAS_CREDIT			(UINT32_C(1) << 1)
#define WALLET_HAS_REQUESTED		(UINT32_C(1) << 2)
#define WALLET_HAS_FINAL			(UINT32_C(1) << 3)
#define WALLET_HAS_RELATED			(UINT32_C(1) << 4)
#define WALLET_HAS_GROUP_FIRST		(UINT32_C(1) << 5)
#define WALLET_HAS_EFFECTIVE_AT		(UINT32_C(1) << 6)
#define WALLET_HAS_EXPIRES_AT		(UINT32_C(1) << 7)
#define WALLET_HAS_EXPECTED_VERSION (UINT32_C(1) << 8)
#define WALLET_HAS_METADATA_DIGEST	(UINT32_C(1) << 9)
#define WALLET_HAS_DETAIL			(UINT32_C(1) << 10)
#define WALLET_HAS_AMOUNT			(UINT32_C(1) << 11)
#define WALLET_HAS_DEBIT_BALANCE	(UINT32_C(1) << 12)
#define WALLET_HAS_CREDIT_BALANCE	(UINT32_C(1) << 13)
#define WALLET_HAS_DEBIT_HELD		(UINT32_C(1) << 14)
#define WALLET_HAS_DEBIT_VERSION	(UINT32_C(1) << 15)
#define WALLET_HAS_CREDIT_VERSION	(UINT32_C(1) << 16)
#define WALLET_HAS_DEBIT_PREV		(UINT32_C(1) << 17)
#define WALLET_HAS_CREDIT_PREV		(UINT32_C(1) << 18)
#define WALLET_HAS_CAUSE			(UINT32_C(1) << 19)
#define WALLET_HAS_ALL				((UINT32_C(1) << 20) - 1)

/* What a command says, as opposed to what came of it. */
#define WALLET_HAS_INPUTS \
	(WALLET_HAS_DEBIT | WALLET_HAS_CREDIT | WALLET_HAS_REQUESTED | \
	 WALLET_HAS_FINAL | WALLET_HAS_RELATED | WALLET_HAS_EFFECTIVE_AT | \
	 WALLET_HAS_EXPIRES_AT | WALLET_HAS_EXPECTED_VERSION | \
	 WALLET_HAS_METADATA_DIGEST | WALLET_HAS_DETAIL)

/* Fields that are money, so that the event has an exponent. */
#define WALLET_HAS_MONEY \
	(WALLET_HAS_REQUESTED | WALLET_HAS_AMOUNT | WALLET_HAS_DEBIT_BALANCE | \
	 WALLET_HAS_CREDIT_BALANCE | WALLET_HAS_DEBIT_HELD)

typedef struct WalletUuid
{
	uint8_t		bytes[16];		/* RFC 4122 order */
} WalletUuid;

/* Zero-padded, so that two codes are equal exactly when their bytes are. */
typedef struct WalletCurrency
{
	char		code[WALLET_CURRENCY_MAX];
} WalletCurrency;

/* Borrowed bytes. */
typedef struct WalletBytes
{
	const uint8_t *data;
	uint32_t	length;
} WalletBytes;

/* An account's state: exactly what rules may read and change.  Money is in minor units. */
typedef struct WalletAccount
{
	int64_t		id;
	int64_t		version;
	int64_t		last_event;
	int64_t		guard_event;
	int64_t		next_expiry;	/* microseconds since 1970; 0 = no open hold
								 * expires */
	int64_t		window_number;	/* window that `spent` belongs to */
	wallet_int128 balance;
	wallet_int128 held;
	wallet_int128 floor;
	wallet_int128 ceiling;
	wallet_int128 reserved;		/* room kept under the ceiling for arrivals */
	wallet_int128 spend_limit;
	wallet_int128 spent;
	WalletCurrency currency;
	int32_t		window_seconds;
	int32_t		inbound;		/* cross-shard branches that name it as payee */
	uint8_t		exponent;
	uint8_t		status;			/* WalletAccountStatus */
	bool		has_floor;
	bool		has_ceiling;
	bool		has_spend_limit;
} WalletAccount;

typedef enum WalletHoldState
{
	WALLET_HOLD_NONE = 0,		/* there is no such hold, or not yet */
	WALLET_HOLD_OPEN = 1,
	WALLET_HOLD_SETTLED = 2,	/* captured, released, or a capture was final:
								 * nothing remains */
	WALLET_HOLD_EXPIRED = 3		/* what remained was given back, and is still
								 * told */
} WalletHoldState;

/*
 * A hold: money of the payer's that is kept for the payee.  held of an account
 * is the sum of `remaining` over its open holds.
 */
typedef struct WalletHold
{
	WalletUuid	transaction_id;
	int64_t		event_id;
	int64_t		debit;			/* payer */
	int64_t		credit;			/* payee */
	int64_t		expires_at;		/* microseconds since 1970; 0 = never */
	wallet_int128 amount;
	wallet_int128 remaining;
	/* the batch's: where its accounts are, which entry of a group may bear it */
	int32_t		payer;
	int32_t		payee;
	int32_t		bearer;
	/* the queue's, see expiry.h */
	int32_t		child;
	int32_t		next;
	int32_t		prev;
	bool		queued;
	uint8_t		state;			/* WalletHoldState */
} WalletHold;

/* What a reversal must know of the event that it reverses.  event_id 0: there is none. */
typedef struct WalletOriginal
{
	WalletUuid	transaction_id;
	int64_t		event_id;
	int64_t		debit;			/* 0: the event has none */
	int64_t		credit;
	wallet_int128 amount;
	wallet_int128 reversed;		/* so far */
	/* the batch's: where its accounts are, which entry of a group may bear it */
	int32_t		payer;
	int32_t		payee;
	int32_t		bearer;
	uint16_t	kind;
	uint16_t	status;
} WalletOriginal;

/*
 * An event; before its decision, a command: identity and inputs filled, results
 * absent.  A field counts only if its bit in `present` is set.
 */
typedef struct WalletEvent
{
	int64_t		event_id;
	WalletUuid	transaction_id;
	uint32_t	present;
	uint16_t	leg;
	uint16_t	kind;
	uint16_t	status;
	uint8_t		exponent;
	uint8_t		final;
	int64_t		debit;
	int64_t		credit;
	int64_t		group_first;
	int64_t		effective_at;	/* microseconds since 1970 */
	int64_t		expires_at;		/* microseconds since 1970 */
	int64_t		expected_version;
	int64_t		debit_version;
	int64_t		credit_version;
	int64_t		debit_prev;
	int64_t		credit_prev;
	int64_t		cause;
	wallet_int128 requested;
	wallet_int128 amount;
	wallet_int128 debit_balance;
	wallet_int128 credit_balance;
	wallet_int128 debit_held;
	WalletUuid	related;
	uint8_t		metadata_digest[WALLET_DIGEST_BYTES];
	WalletBytes detail;
	WalletBytes actor;
} WalletEvent;

_Static_assert(sizeof(wallet_int128) == 16, "money is 128 bits");
_Static_assert(sizeof(WalletUuid) == 16, "a uuid is 16 bytes");
_Static_assert(sizeof(WalletCurrency) == 16, "a currency code is 16 bytes");

static inline bool
wallet_uuid_equal(const WalletUuid *a, const WalletUuid *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static inline bool
wallet_currency_equal(const WalletCurrency *a, const WalletCurrency *b)
{
	return memcmp(a->code, b->code, sizeof(a->code)) == 0;
}

static inline bool
wallet_bytes_equal(WalletBytes a, WalletBytes b)
{
	return a.length == b.length &&
		(a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

/* The moment at which expiry and effective_at are judged. */
static inline int64_t
wallet_event_moment(const WalletEvent *event)
{
	return (event->present & WALLET_HAS_GROUP_FIRST) ? event->group_first
		: event->event_id;
}

/* Has the account a hold that the moment has reached?  Then that comes first. */
static inline bool
wallet_account_is_due(const WalletAccount *account, int64_t moment)
{
	return account != NULL && account->next_expiry != 0 && moment >= account->next_expiry;
}

/* Makes the account the event's debit or credit; id 0: it has none. */
static inline void
wallet_event_name(WalletEvent *event, uint32_t bit, int64_t id)
{
	event->present = id != 0 ? event->present | bit : event->present & ~bit;
	*(bit == WALLET_HAS_DEBIT ? &event->debit : &event->credit) = id;
}

#endif
