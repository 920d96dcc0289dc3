/*
 * names.h
 *		Names of accounts by id, for results that name many.
 */
#ifndef WALLET_NAMES_H
#define WALLET_NAMES_H

#include "postgres.h"

#include "utils/snapshot.h"

typedef struct WalletNames WalletNames;

/* The snapshot must be active or registered until closed. */
extern WalletNames *wallet_names_open(Snapshot snapshot);
extern void wallet_names_close(WalletNames *names);

/* Name and currency of an account as palloc'd texts; false if there is no such account. */
extern bool wallet_names_find(WalletNames *names, int64 id, Datum *name, Datum *currency);

#endif
