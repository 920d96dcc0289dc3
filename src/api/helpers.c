/*
 * helpers.c
 *		Functions that decide nothing: ids, times, the horizon, the trigger of the
 *		immutable tables.
 */
#include "postgres.h"

#include <time.h>

#include "commands/trigger.h"
#include "fmgr.h"
#include "pg/datum.h"
#include "store/horizon.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/uuid.h"

PG_FUNCTION_INFO_V1(wallet_sql_uuid);
PG_FUNCTION_INFO_V1(wallet_sql_event_time);
PG_FUNCTION_INFO_V1(wallet_sql_horizon);
PG_FUNCTION_INFO_V1(wallet_sql_refuse_change);
PG_FUNCTION_INFO_V1(wallet_sql_load_guard);

/*
 * RFC 9562, version 7: 48 bits of milliseconds, 12 bits of their fraction, the
 * rest random.  Within a session the first 60 bits never go back.
 */
Datum
wallet_sql_uuid(PG_FUNCTION_ARGS)
{
	static uint64 last = 0;		/* milliseconds << 12 | fraction */
	pg_uuid_t  *uuid = palloc(sizeof(pg_uuid_t));
	struct timespec now;
	uint64		stamp;

	clock_gettime(CLOCK_REALTIME, &now);
	stamp = ((uint64) now.tv_sec * 1000 + (uint64) now.tv_nsec / 1000000) << 12 |
		((uint64) now.tv_nsec % 1000000) * 4096 / 1000000;
	last = Max(stamp, last + 1);

	if (!pg_strong_random(uuid->data + 8, 8))
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate random values")));
	for (int i = 0; i < 6; i++)
		uuid->data[i] = (unsigned char) (last >> (52 - 8 * i));
	uuid->data[6] = (unsigned char) (0x70 | ((last >> 8) & 0x0f));
	uuid->data[7] = (unsigned char) last;
	uuid->data[8] = (uuid->data[8] & 0x3f) | 0x80;
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
