/*
 * fixture.h
 *		Accounts and commands for tests of rules, groups and batches.  Small
 *		numbers stand for ids, so that an expected value can be read.
 */
#ifndef WALLET_TEST_FIXTURE_H
#define WALLET_TEST_FIXTURE_H

#include "core/types.h"

#define TEXT(string) ((WalletBytes) {(const uint8_t *) (string), sizeof(string) - 1})

/* 10^38 - 1 by multiplication. */
static inline wallet_int128
fixture_most(void)
{
	wallet_int128 value = 1;

	for (int i = 0; i < 38; i++)
		value *= 10;
	return value - 1;
}

static inline WalletUuid
fixture_uuid(int number)
{
	WalletUuid	id = {{0}};

	id.bytes[0] = (uint8_t) (number >> 24);
	id.bytes[1] = (uint8_t) (number >> 16);
	id.bytes[14] = (uint8_t) (number >> 8);
	id.bytes[15] = (uint8_t) number;
	return id;
}

/* In EUR with two decimals, floor 0, one event old, which has the account's id. */
static inline WalletAccount
fixture_account(int64_t id, wallet_int128 balance)
{
	WalletAccount account = {
		.id = id,
		.version = 1,
		.last_event = id,
		.guard_event = id,
		.balance = balance,
		.has_floor = true,
		.exponent = 2,
		.status = WALLET_ACCOUNT_OPEN
	};

	memcpy(account.currency.code, "EUR", 3);
	return account;
}

static inline WalletEvent
fixture_transfer(int number, int64_t debit, int64_t credit, wallet_int128 amount)
{
	return (WalletEvent)
	{
		.transaction_id = fixture_uuid(number),
		.present = WALLET_HAS_DEBIT | WALLET_HAS_CREDIT | WALLET_HAS_REQUESTED,
		.kind = WALLET_KIND_TRANSFER,
		.debit = debit,
		.credit = credit,
		.requested = amount,
		.actor = TEXT("app")
	};
}

/* All that a rule may change; padding and what it may not are left out on purpose. */
static inline bool
fixture_same_account(const WalletAccount *a, const WalletAccount *b)
{
	return a->id == b->id && a->version == b->version && a->last_event == b->last_event &&
		a->guard_event == b->guard_event && a->next_expiry == b->next_expiry &&
		a->window_number == b->window_number && a->balance == b->balance && a->held == b->held &&
		a->floor == b->floor && a->ceiling == b->ceiling && a->reserved == b->reserved &&
		a->spend_limit == b->spend_limit && a->spent == b->spent &&
		wallet_currency_equal(&a->currency, &b->currency) &&
		a->window_seconds == b->window_seconds && a->inbound == b->inbound &&
		a->exponent == b->exponent && a->status == b->status && a->has_floor == b->has_floor &&
		a->has_ceiling == b->has_ceiling && a->has_spend_limit == b->has_spend_limit;
}

#endif
