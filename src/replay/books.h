/*
 * books.h
 *		A ledger in memory, as the events alone make it: accounts by id and by name,
 *		currencies, and of holds and originals those that still count.
 *
 * Which holds and originals later events name is known beforehand (survey.h): of
 * all others nothing is kept but the holds that are still to expire.  So memory
 * grows with accounts and with what is referred to, not with events.  Names and
 * owners are borrowed from the log.
 */
#ifndef WALLET_BOOKS_H
#define WALLET_BOOKS_H

#include "core/detail.h"
#include "core/types.h"
#include "replay/lookup_table.h"

/* What of an account no rule reads; beside each account. */
typedef struct WalletHolder
{
	WalletBytes name;
	WalletBytes owner;			/* data NULL: none */
	int64_t		parent;			/* 0: none */
} WalletHolder;

/* A transaction_id that events name as related. */
typedef struct WalletReference
{
	WalletUuid	id;
	int32_t		hold;			/* place; -1: there is none, or not yet */
	int32_t		original;		/* place; -1: nobody names it as an original */
	bool		met;			/* an event of that id was met, of any leg */
	bool		decided;		/* its leg 0 was met */
} WalletReference;

/* An event by which later groups failed. */
typedef struct WalletCause
{
	int64_t		event_id;
	bool		refused;		/* met, and it is a refusal */
} WalletCause;

typedef struct WalletCode
{
	WalletCurrency currency;
	uint8_t		exponent;
	bool		defined;		/* by an event of its own */
} WalletCode;

typedef struct WalletBooks
{
	/* a place with id 0 holds no account */
	WalletAccount *accounts;
	WalletHolder *holders;
	int32_t    *queues;			/* of open holds that expire, see
								 * core/expiry.h */
	size_t		account_count;
	size_t		account_room;
	WalletLookup by_id;
	WalletLookup by_name;

	WalletHold *holds;
	size_t		hold_count;
	size_t		hold_room;
	int32_t		free_hold;		/* place from 1, threaded by `next`; 0: none */

	WalletOriginal *originals;
	size_t		original_count;
	size_t		original_room;

	WalletReference *references;
	size_t		reference_count;
	size_t		reference_room;
	WalletLookup by_uuid;

	WalletCause *causes;
	size_t		cause_count;
	size_t		cause_room;
	WalletLookup by_cause;

	WalletCode *codes;
	size_t		code_count;
	size_t		code_room;
	WalletLookup by_code;
} WalletBooks;

extern void wallet_books_free(WalletBooks *books);

/* Makes room, so that so many more accounts do not move those that are there. */
extern void wallet_books_reserve_accounts(WalletBooks *books, size_t more);

/* An empty place for an account, out of those reserved. */
extern int32_t wallet_books_take_account(WalletBooks *books);

/* The place of an account, or -1. */
extern int32_t wallet_books_find(const WalletBooks *books, int64_t id);

/* The place of the account of that name and currency, or -1. */
extern int32_t wallet_books_find_name(const WalletBooks *books, WalletBytes name,
									  const WalletCurrency *currency);

/* Makes an account that the machine has opened at this place known by id and name. */
extern void wallet_books_enter(WalletBooks *books, int32_t place, const WalletDetail *detail);

/* An empty place for a hold. */
extern int32_t wallet_books_take_hold(WalletBooks *books);

/* Gives up the place of a hold that is in no queue and that nobody will name. */
extern void wallet_books_give_hold(WalletBooks *books, int32_t place);

/* What is known of an id that some event names; NULL if none does. */
extern WalletReference *wallet_books_reference(const WalletBooks *books, const WalletUuid *id);

/* Says that an event names the id. */
extern void wallet_books_refer(WalletBooks *books, const WalletUuid *id, bool as_original);

extern WalletCause *wallet_books_cause(const WalletBooks *books, int64_t event_id);
extern void wallet_books_add_cause(WalletBooks *books, int64_t event_id);

/* The code as it was first met, or NULL. */
extern WalletCode *wallet_books_code(const WalletBooks *books, const WalletCurrency *currency);
extern WalletCode *wallet_books_add_code(WalletBooks *books, const WalletCurrency *currency, uint8_t exponent);

#endif
