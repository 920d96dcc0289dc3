/*
 * redact.c
 *		wallet_redact: the metadata of a transaction is erased, its proof is not.
 */
#include "postgres.h"

#include "pg/datum.h"
#include "pg/error.h"
#include "api/command.h"
#include "store/redaction.h"

PG_FUNCTION_INFO_V1(wallet_sql_redact);

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
		event->transaction_id = wallet_redaction_id(&event->related);
	else
		memcpy(event->transaction_id.bytes, DatumGetPointer(PG_GETARG_DATUM(1)), sizeof(WalletUuid));

	wallet_pipeline_run(call);
	if (entry->status == WALLET_original_not_found)
		wallet_raise(entry->status, psprintf("There is no event of transaction id %s.",
											 wallet_uuid_text(&event->related)), NULL);
	wallet_refusal_raise(call, NULL);
	return wallet_receipt_make(fcinfo, entry);
}
