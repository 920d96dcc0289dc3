/*
 * redaction.h
 *		Metadata out of wallet.event and wallet.account.
 */
#ifndef WALLET_REDACTION_H
#define WALLET_REDACTION_H

#include "postgres.h"

#include "core/types.h"

/*
 * The id of a redaction that was given none: a hash of its target (UUID version 8).
 * So the same redaction asked again, by whomever, replays (doc/adr/0011).
 */
extern WalletUuid wallet_redaction_id(const WalletUuid *target);

/*
 * Has a transaction_id any event?  Waits for a transaction that is writing the
 * first; under REPEATABLE READ one that the snapshot does not see is a
 * serialization failure.
 */
extern bool wallet_redaction_target_exists(const WalletUuid *target);

/* Sets metadata to NULL in all legs of the target, and in the accounts that they opened. */
extern void wallet_redaction_erase(const WalletUuid *target);

#endif
