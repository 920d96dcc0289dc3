-- Helpers that touch no table.

CREATE FUNCTION @extschema@.wallet_uuid() RETURNS uuid
	LANGUAGE c VOLATILE PARALLEL SAFE AS 'MODULE_PATHNAME', 'wallet_sql_uuid';
COMMENT ON FUNCTION @extschema@.wallet_uuid() IS 'A new time-ordered id (UUID version 7): transaction ids made by it are also the fastest to store.';

CREATE FUNCTION @extschema@.wallet_event_time(event_id bigint) RETURNS timestamptz
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'wallet_sql_event_time';
COMMENT ON FUNCTION @extschema@.wallet_event_time(bigint) IS 'The moment of an event: its id is microseconds since 1970-01-01 UTC.';

-- Commands.

CREATE FUNCTION @extschema@.wallet_define_currency(code text, exponent integer, transaction_id uuid) RETURNS wallet.receipt
	LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'wallet_sql_define_currency';
COMMENT ON FUNCTION @extschema@.wallet_define_currency(text, integer, uuid) IS 'Adds a currency code with its number of decimals (0 to 30), for ever.';

CREATE FUNCTION @extschema@.wallet_open(name text, currency text, transaction_id uuid,
	floor numeric DEFAULT 0, ceiling numeric DEFAULT NULL, parent text DEFAULT NULL,
	owner text DEFAULT NULL, metadata jsonb DEFAULT NULL) RETURNS bigint
	LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'wallet_sql_open';
COMMENT ON FUNCTION @extschema@.wallet_open(text, text, uuid, numeric, numeric, text, text, jsonb) IS 'Opens an account and returns its id. floor: lowest balance it may reach, NULL for none (the outside world); ceiling: highest, NULL for none.';

CREATE FUNCTION @extschema@.wallet_transfer(from_account text, to_account text, amount numeric, currency text,
	transaction_id uuid, metadata jsonb DEFAULT NULL, effective_at timestamptz DEFAULT NULL,
	expected_version bigint DEFAULT NULL) RETURNS wallet.receipt
	LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'wallet_sql_transfer';
COMMENT ON FUNCTION @extschema@.wallet_transfer(text, text, numeric, text, uuid, jsonb, timestamptz, bigint) IS 'Moves money inside the caller''s transaction; a refusal raises an error. The same transaction_id again gives the first receipt.';

CREATE FUNCTION @extschema@.wallet_transfers(from_accounts text[], to_accounts text[], amounts numeric[], currencies text[],
	transaction_ids uuid[], groups integer[] DEFAULT NULL, metadatas jsonb[] DEFAULT NULL,
	atomic boolean DEFAULT false) RETURNS SETOF wallet.outcome
	LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1000 AS 'MODULE_PATHNAME', 'wallet_sql_transfers';
COMMENT ON FUNCTION @extschema@.wallet_transfers(text[], text[], numeric[], text[], uuid[], integer[], jsonb[], boolean) IS 'Up to 65,536 transfers in order, one status each; neighbours with the same group number stand or fall together, atomic makes all one group.';

CREATE FUNCTION @extschema@.wallet_transfers_by_id(from_ids bigint[], to_ids bigint[], amounts numeric[],
	transaction_ids uuid[], groups integer[] DEFAULT NULL, atomic boolean DEFAULT false) RETURNS SETOF wallet.outcome
	LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1000 AS 'MODULE_PATHNAME', 'wallet_sql_transfers_by_id';
COMMENT ON FUNCTION @extschema@.wallet_transfers_by_id(bigint[], bigint[], numeric[], uuid[], integer[], boolean) IS 'wallet_transfers with accounts named by id.';

-- Looking back.

CREATE FUNCTION @extschema@.wallet_horizon() RETURNS bigint
	LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'wallet_sql_horizon';
COMMENT ON FUNCTION @extschema@.wallet_horizon() IS 'No event with a smaller or equal id can still appear. NULL on a standby that has been told none.';

CREATE FUNCTION @extschema@.wallet_replay(until_event bigint DEFAULT NULL)
	RETURNS TABLE (account bigint, name text, currency text, balance numeric, held numeric, status text, version bigint)
	LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 10000 AS 'MODULE_PATHNAME', 'wallet_sql_replay';
COMMENT ON FUNCTION @extschema@.wallet_replay(bigint) IS 'Every account as the events alone say, run again from nothing through the machine; until an event, or all that this snapshot sees.';

CREATE FUNCTION @extschema@.wallet_verify(thorough boolean DEFAULT false)
	RETURNS TABLE (check_name text, ok boolean, examined bigint, detail text)
	LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 10 AS 'MODULE_PATHNAME', 'wallet_sql_verify';
COMMENT ON FUNCTION @extschema@.wallet_verify(boolean) IS 'Proves the ledger and names what is broken and where: one row per check. thorough adds a recomputation in plain SQL.';
