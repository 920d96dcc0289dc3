-- Reading from standbys: doc/standby.md.

CREATE FUNCTION @extschema@.wallet_wait_event(event_id bigint, timeout interval DEFAULT '10 s') RETURNS boolean
	LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'wallet_sql_wait_event';
COMMENT ON FUNCTION @extschema@.wallet_wait_event(bigint, interval) IS 'Waits until the event is visible here, on a standby until it is replayed: true; false after the timeout (NULL: none). Call it as a statement of its own.';

CREATE FUNCTION wallet.store_horizon() RETURNS bigint
	LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'wallet_sql_store_horizon';
COMMENT ON FUNCTION wallet.store_horizon() IS 'Stores the horizon for the standbys and returns it: for an operator''s cron, each second, in a transaction of its own.';
REVOKE ALL ON FUNCTION wallet.store_horizon() FROM PUBLIC;

CREATE VIEW wallet.horizon_state AS
	SELECT here.horizon, pg_catalog.clock_timestamp() - @extschema@.wallet_event_time(here.horizon) AS age,
		   i.horizon AS stored, i.horizon_at AS stored_at, pg_catalog.clock_timestamp() - @extschema@.wallet_event_time(i.horizon) AS stored_age,
		   pg_catalog.pg_is_in_recovery() AS standby
	FROM (SELECT @extschema@.wallet_horizon() AS horizon OFFSET 0) here
	LEFT JOIN wallet.instance i ON true;
COMMENT ON VIEW wallet.horizon_state IS 'The horizon here and its age, and the one that standbys know. On a primary an age beyond a second means that a transaction holds it: wallet.horizon_holders.';

CREATE VIEW wallet.horizon_holders AS
	SELECT 'session' AS holder, a.pid, NULL::text AS gid, a.datname::text AS database, a.usename::text AS role, a.application_name, a.state,
		   a.xact_start AS started, a.query_start, a.query, a.backend_xid AS xid, pg_catalog.age(a.backend_xid) AS xid_age
	FROM pg_catalog.pg_stat_activity a
	WHERE a.backend_xid IS NOT NULL
	UNION ALL
	SELECT 'prepared', NULL, p.gid, p.database::text, p.owner::text, NULL, NULL, p.prepared, NULL, NULL, p.transaction, pg_catalog.age(p.transaction)
	FROM pg_catalog.pg_prepared_xacts p
	ORDER BY xid_age DESC;
COMMENT ON VIEW wallet.horizon_holders IS 'Transactions that have written, in any database, oldest first: the horizon waits for the first one. Sessions of other roles show to members of pg_read_all_stats.';
