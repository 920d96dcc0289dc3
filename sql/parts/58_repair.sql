-- Privacy, repair, and what long work is doing.

CREATE FUNCTION @extschema@.wallet_redact(target uuid, transaction_id uuid DEFAULT NULL) RETURNS wallet.receipt
	LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'wallet_sql_redact';
COMMENT ON FUNCTION @extschema@.wallet_redact(uuid, uuid) IS 'Erases the metadata of a transaction, and of the account that it opened, for good; its digest and an event that says so stay. Asked again it replays.';

CREATE FUNCTION @extschema@.wallet_rebuild(name text, currency text)
	RETURNS TABLE (what text, before text, after text, event_id bigint)
	LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 10 AS 'MODULE_PATHNAME', 'wallet_sql_rebuild';
COMMENT ON FUNCTION @extschema@.wallet_rebuild(text, text) IS 'Computes the rows of one account again from the events alone and puts right what differs: one row per correction, none if all is right. Refused if the events themselves are broken.';

CREATE FUNCTION wallet.long_work()
	RETURNS TABLE (pid integer, database text, role text, command text, started timestamptz, phase text, done bigint, total bigint,
				   rate double precision, phase_started timestamptz, eta timestamptz)
	LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 5 AS 'MODULE_PATHNAME', 'wallet_sql_long_work';
COMMENT ON FUNCTION wallet.long_work() IS 'What wallet.progress shows.';

CREATE VIEW wallet.progress AS
	SELECT w.pid, w.database, w.role, w.command, w.started, w.phase, w.done, w.total, w.rate, w.eta
	FROM wallet.long_work() w;
COMMENT ON VIEW wallet.progress IS 'Long work that is running: rows done of those expected in this phase, rows per second, and when the phase will end. One''s own; all of it for members of pg_read_all_stats. pg_cancel_backend(pid) ends it.';
