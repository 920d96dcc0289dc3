/*
 * uuid7.h
 *		Time-ordered ids.
 */
#ifndef WALLET_UUID7_H
#define WALLET_UUID7_H

#include "postgres.h"

#include "core/types.h"

/* A new id; within a session its first 60 bits never go back. */
extern WalletUuid wallet_uuid_make(void);

#endif
