/*
 * redact.c
 *		wallet_redact: the metadata of a transaction is erased, its proof is not.
 */
#include "postgres.h"

#include "pg/datum.h"
#include "pg/error.h"
#include "api/command.h"

PG_FUNCTION_INFO_V1(wallet_sql_redact);

/*
 * The id of a redaction that was given none: a hash of its target (UUID version 8).
 * So the same redaction asked again, by whomever, replays (doc/adr/0011).
 */
static WalletUuid
id_of_redaction(const WalletUuid *target)
{
	static const char prefix[] = "wallet redact";
	uint8_t text[sizeof(prefix) - 1 + sizeof(WalletUuid)];
	uint8_t		digest[WALLET_DIGEST_BYTES];
	WalletUuid	id;

	memcpy(text, prefix, sizeof(prefix) - 1);
	memcpy(text +sizeof(prefix) - 1, target->bytes, sizeof(WalletUuid));
	wallet_sha256(text, sizeof(text), digest);
	memcpy(id.bytes, digest, sizeof(id.bytes));
	id.bytes[6] = (uint8_t) (0x80 | (id.bytes[6] & 0x0f));
	id.bytes[8] = (uint8_t) (0x80 | (id.bytes[8] & 0x3f));
	return id;
}

Datum
wallet_sql_redact(PG_FUNCTION_ARGS)
{
	WalletCall *call = wallet_call_begin(1, WALLET_KIND_REDACT, true);
	WalletEntry *entry = &call->batch.entries[0];
	WalletEvent *event = &entry->event;

	if (PG_ARGISNULL(0))
		wallet_raise(WALLET_invalid_argument, "The target is NULL.", NULL);
	memcpy(event->related.bytes, DatumGetPointer(PG_GETARG_DATUM(0)), sizeof(WalletUuid));
	event->present |= WALLET_HAS_RELATED;
	if (PG_ARGISNULL(1))
		event->transaction_id = id_of_redaction(&event->related);
	else
		memcpy(event->transaction_id.bytes, DatumGetPointer(PG_GETARG_DATUM(1)), sizeof(WalletUuid));

	wallet_pipeline_run(call);
	if (entry->status == WALLET_original_not_found)
		wallet_raise(entry->status, psprintf("There is no event of transaction id %s.",
											 wallet_uuid_text(&event->related)), NULL);
	wallet_refusal_raise(call, NULL);
	return wallet_receipt_make(fcinfo, entry);
}
