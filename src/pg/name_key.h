/*
 * name_key.h
 *		(name, currency) as the key of a hash table.
 */
#ifndef WALLET_NAME_KEY_H
#define WALLET_NAME_KEY_H

#include "postgres.h"

#include "common/hashfn.h"
#include "core/types.h"

typedef struct WalletNameKey
{
	WalletCurrency currency;
	WalletBytes name;
} WalletNameKey;

static inline uint32
wallet_name_hash(WalletNameKey key)
{
	return hash_combine(hash_bytes(key.name.data, (int) key.name.length),
						hash_bytes((const unsigned char *) key.currency.code, sizeof(key.currency.code)));
}

static inline bool
wallet_name_equal(WalletNameKey a, WalletNameKey b)
{
	return wallet_currency_equal(&a.currency, &b.currency) && wallet_bytes_equal(a.name, b.name);
}

#endif
