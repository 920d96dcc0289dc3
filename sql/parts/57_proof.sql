-- Proof that leaves the database.

CREATE FUNCTION @extschema@.wallet_seal() RETURNS bigint
	LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'wallet_sql_seal';
COMMENT ON FUNCTION @extschema@.wallet_seal() IS 'Seals all full blocks of 256 events up to the horizon; returns the last event sealed, NULL if none is.';

CREATE FUNCTION @extschema@.wallet_head() RETURNS bytea
	LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'wallet_sql_head';
COMMENT ON FUNCTION @extschema@.wallet_head() IS 'A digest of every event up to the horizon, 40 bytes: keep it where whoever could rewrite this database cannot reach. NULL where no horizon is known.';

CREATE FUNCTION @extschema@.wallet_verify_against(head bytea)
	RETURNS TABLE (check_name text, ok boolean, examined bigint, detail text)
	LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 2 AS 'MODULE_PATHNAME', 'wallet_sql_verify_against';
COMMENT ON FUNCTION @extschema@.wallet_verify_against(bytea) IS 'Proves that the events of this ledger begin with those that wallet_head() digested then, every byte of them.';

CREATE FUNCTION @extschema@.wallet_export(path text, until_event bigint DEFAULT NULL) RETURNS bigint
	LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'wallet_sql_export';
COMMENT ON FUNCTION @extschema@.wallet_export(text, bigint) IS 'Writes the events up to one, or up to the horizon, to a new file on the server, for the program wallet-replay; returns how many. Needs pg_write_server_files.';
