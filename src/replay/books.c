/*
 * books.c
 *		The tables of the replay.
 */
#include <stdlib.h>

#include "replay/books.h"

typedef struct NameKey
{
	WalletBytes name;
	const WalletCurrency *currency;
} NameKey;

void
wallet_books_free(WalletBooks *books)
{
	free(books->accounts);
	free(books->holders);
	free(books->queues);
	free(books->holds);
	free(books->originals);
	free(books->references);
	free(books->causes);
	free(books->codes);
	wallet_lookup_free(&books->by_id);
	wallet_lookup_free(&books->by_name);
	wallet_lookup_free(&books->by_uuid);
	wallet_lookup_free(&books->by_cause);
	wallet_lookup_free(&books->by_code);
	*books = (WalletBooks) {0};
}

/* ----- accounts ----- */

static bool
account_is_at(const void *array, size_t place, const void *key)
{
	return ((const WalletAccount *) array)[place].id == *(const int64_t *) key;
}

int32_t
wallet_books_find(const WalletBooks *books, int64_t id)
{
	return (int32_t) wallet_lookup_find(&books->by_id, wallet_hash_id(id), account_is_at,
										books->accounts, &id);
}

static bool
name_is_at(const void *array, size_t place, const void *key)
{
	const WalletBooks *books = array;
	const NameKey *name = key;

	return wallet_bytes_equal(books->holders[place].name, name->name) &&
		wallet_currency_equal(&books->accounts[place].currency, name->currency);
}

static uint32_t
hash_name(WalletBytes name, const WalletCurrency *currency)
{
	return wallet_hash_bytes(name.data, name.length,
							 wallet_hash_bytes(currency->code, sizeof(currency->code), 0));
}

int32_t
wallet_books_find_name(const WalletBooks *books, WalletBytes name, const WalletCurrency *currency)
{
	NameKey		key = {name, currency};

	return (int32_t) wallet_lookup_find(&books->by_name, hash_name(name, currency), name_is_at,
										books, &key);
}

void
wallet_books_reserve_accounts(WalletBooks *books, size_t more)
{
	size_t		last = books->account_count + more;
	size_t		holder_room = books->account_room;
	size_t		queue_room = books->account_room;

	books->holders = wallet_grow(books->holders, &holder_room, last, sizeof(WalletHolder));
	books->queues = wallet_grow(books->queues, &queue_room, last, sizeof(int32_t));
	books->accounts = wallet_grow(books->accounts, &books->account_room, last, sizeof(WalletAccount));
}

int32_t
wallet_books_take_account(WalletBooks *books)
{
	size_t		place = books->account_count++;

	books->accounts[place] = (WalletAccount) {0};
	books->holders[place] = (WalletHolder) {0};
	books->queues[place] = 0;
	return (int32_t) place;
}

void
wallet_books_enter(WalletBooks *books, int32_t place, const WalletDetail *detail)
{
	const WalletAccount *account = &books->accounts[place];

	books->holders[place] = (WalletHolder)
	{
		.name = detail->name,
			.owner = wallet_detail_has(detail, WALLET_DETAIL_OWNER) ? detail->owner : (WalletBytes)
		{
			0
		},
			.parent = wallet_detail_has(detail, WALLET_DETAIL_PARENT) ? detail->parent : 0
	};
	wallet_lookup_add(&books->by_id, wallet_hash_id(account->id), (size_t) place);
	wallet_lookup_add(&books->by_name, hash_name(detail->name, &account->currency), (size_t) place);
}

/* ----- holds ----- */

int32_t
wallet_books_take_hold(WalletBooks *books)
{
	int32_t		place = books->free_hold - 1;

	if (place >= 0)
		books->free_hold = books->holds[place].next;
	else
	{
		books->holds = wallet_grow(books->holds, &books->hold_room, books->hold_count, sizeof(WalletHold));
		place = (int32_t) books->hold_count++;
	}
	books->holds[place] = (WalletHold) {0};
	return place;
}

void
wallet_books_give_hold(WalletBooks *books, int32_t place)
{
	books->holds[place] = (WalletHold)
	{
		.next = books->free_hold
	};
	books->free_hold = place + 1;
}

/* ----- what is referred to ----- */

static bool
reference_is_at(const void *array, size_t place, const void *key)
{
	return wallet_uuid_equal(&((const WalletReference *) array)[place].id, key);
}

static uint32_t
hash_uuid(const WalletUuid *id)
{
	return wallet_hash_bytes(id->bytes, sizeof(id->bytes), 0);
}

WalletReference *
wallet_books_reference(const WalletBooks *books, const WalletUuid *id)
{
	int64_t		place;

	if (books->reference_count == 0)
		return NULL;
	place = wallet_lookup_find(&books->by_uuid, hash_uuid(id), reference_is_at, books->references, id);
	return place < 0 ? NULL : &books->references[place];
}

void
wallet_books_refer(WalletBooks *books, const WalletUuid *id, bool as_original)
{
	WalletReference *reference = wallet_books_reference(books, id);

	if (reference == NULL)
	{
		books->references = wallet_grow(books->references, &books->reference_room,
										books->reference_count, sizeof(WalletReference));
		reference = &books->references[books->reference_count];
		*reference = (WalletReference)
		{
			.id = *id,.hold = -1,.original = -1
		};
		wallet_lookup_add(&books->by_uuid, hash_uuid(id), books->reference_count++);
	}
	if (!as_original || reference->original >= 0)
		return;
	books->originals = wallet_grow(books->originals, &books->original_room,
								   books->original_count, sizeof(WalletOriginal));
	books->originals[books->original_count] = (WalletOriginal)
	{
		.payer = -1,.payee = -1
	};
	reference->original = (int32_t) books->original_count++;
}

static bool
cause_is_at(const void *array, size_t place, const void *key)
{
	return ((const WalletCause *) array)[place].event_id == *(const int64_t *) key;
}

WalletCause *
wallet_books_cause(const WalletBooks *books, int64_t event_id)
{
	int64_t		place;

	if (books->cause_count == 0)
		return NULL;
	place = wallet_lookup_find(&books->by_cause, wallet_hash_id(event_id), cause_is_at,
							   books->causes, &event_id);
	return place < 0 ? NULL : &books->causes[place];
}

void
wallet_books_add_cause(WalletBooks *books, int64_t event_id)
{
	if (wallet_books_cause(books, event_id) != NULL)
		return;
	books->causes = wallet_grow(books->causes, &books->cause_room, books->cause_count, sizeof(WalletCause));
	books->causes[books->cause_count] = (WalletCause)
	{
		.event_id = event_id
	};
	wallet_lookup_add(&books->by_cause, wallet_hash_id(event_id), books->cause_count++);
}

/* ----- currencies ----- */

static bool
code_is_at(const void *array, size_t place, const void *key)
{
	return wallet_currency_equal(&((const WalletCode *) array)[place].currency, key);
}

static uint32_t
hash_code(const WalletCurrency *currency)
{
	return wallet_hash_bytes(currency->code, sizeof(currency->code), 0);
}

WalletCode *
wallet_books_code(const WalletBooks *books, const WalletCurrency *currency)
{
	int64_t		place = wallet_lookup_find(&books->by_code, hash_code(currency), code_is_at,
										   books->codes, currency);

	return place < 0 ? NULL : &books->codes[place];
}

WalletCode *
wallet_books_add_code(WalletBooks *books, const WalletCurrency *currency, uint8_t exponent)
{
	books->codes = wallet_grow(books->codes, &books->code_room, books->code_count, sizeof(WalletCode));
	books->codes[books->code_count] = (WalletCode)
	{
		.currency = *currency,.exponent = exponent
	};
	wallet_lookup_add(&books->by_code, hash_code(currency), books->code_count);
	return &books->codes[books->code_count++];
}
