/*
 * helpers.c
 *		Functions that decide nothing: ids, times, the horizon, the trigger of the
 *		immutable tables.
 */
#include "postgres.h"

#include "commands/trigger.h"
#include "fmgr.h"
#include "pg/datum.h"
#include "pg/uuid7.h"
#include "store/horizon.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/uuid.h"

PG_FUNCTION_INFO_V1(wallet_sql_uuid);
PG_FUNCTION_INFO_V1(wallet_sql_event_time);
PG_FUNCTION_INFO_V1(wallet_sql_horizon);
PG_FUNCTION_INFO_V1(wallet_sql_refuse_change);
PG_FUNCTION_INFO_V1(wallet_sql_load_guard);

Datum
wallet_sql_uuid(PG_FUNCTION_ARGS)
{
	pg_uuid_t  *uuid = palloc(sizeof(pg_uuid_t));
	WalletUuid	id = wallet_uuid_make();

	memcpy(uuid->data, id.bytes, sizeof(uuid->data));
	PG_RETURN_UUID_P(uuid);
}

Datum
wallet_sql_event_time(PG_FUNCTION_ARGS)
{
	int64		id = PG_GETARG_INT64(0);

	if (id < PG_INT64_MIN + WALLET_EPOCH_OFFSET || !IS_VALID_TIMESTAMP(wallet_timestamp_from_moment(id)))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("event id out of range")));
	PG_RETURN_TIMESTAMPTZ(wallet_timestamp_from_moment(id));
}

Datum
wallet_sql_horizon(PG_FUNCTION_ARGS)
{
	int64		horizon = wallet_horizon();

	if (horizon == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT64(horizon);
}

Datum
wallet_sql_refuse_change(PG_FUNCTION_ARGS)
{
	if (!CALLED_AS_TRIGGER(fcinfo))
		elog(ERROR, "wallet.refuse_change must be called as a trigger");
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("table \"wallet.%s\" is immutable",
					RelationGetRelationName(((TriggerData *) fcinfo->context)->tg_relation)),
			 errhint("What happened stays; correct it by a further command.")));
	PG_RETURN_NULL();
}

/* To call it is to load the library: its hook does the rest (wallet.c). */
Datum
wallet_sql_load_guard(PG_FUNCTION_ARGS)
{
	PG_RETURN_NULL();
}
