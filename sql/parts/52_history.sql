-- The past of an account, and the way to follow the ledger.

-- Backdated successes alone, by account: what wallet_balance_effective corrects a recorded balance by. event_id lets it skip in the index
-- what was recorded too early or too late. Events without an effective_at, nearly all, cost a test for NULL and no entry.
CREATE INDEX event_debit_effective_at_event_id_idx ON wallet.event (debit, effective_at, event_id) WHERE effective_at IS NOT NULL AND status = 0;
CREATE INDEX event_credit_effective_at_event_id_idx ON wallet.event (credit, effective_at, event_id) WHERE effective_at IS NOT NULL AND status = 0;
COMMENT ON INDEX wallet.event_debit_effective_at_event_id_idx IS 'Backdated payments of an account, for wallet_balance_effective.';
COMMENT ON INDEX wallet.event_credit_effective_at_event_id_idx IS 'Backdated receipts of an account, for wallet_balance_effective.';

CREATE FUNCTION @extschema@.wallet_statement(name text, currency text, since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL,
	max_rows integer DEFAULT 100, before_event bigint DEFAULT NULL) RETURNS SETOF wallet.entry
	LANGUAGE c STABLE PARALLEL SAFE ROWS 100 AS 'MODULE_PATHNAME', 'wallet_sql_statement';
COMMENT ON FUNCTION @extschema@.wallet_statement(text, text, timestamptz, timestamptz, integer, bigint) IS 'Entries of an account, newest first: recorded at or after since and before until, at most max_rows (NULL: all); the next page has before_event => the last event_id of this one.';

CREATE FUNCTION @extschema@.wallet_balance_at(name text, currency text, recorded timestamptz) RETURNS numeric
	LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'wallet_sql_balance_at';
COMMENT ON FUNCTION @extschema@.wallet_balance_at(text, text, timestamptz) IS 'The balance after all that was recorded up to a moment, inclusive; NULL if the account was not open then. Provisional for a moment above wallet_horizon().';

CREATE FUNCTION @extschema@.wallet_balance_effective(name text, currency text, effective timestamptz, known timestamptz DEFAULT NULL) RETURNS numeric
	LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'wallet_sql_balance_effective';
COMMENT ON FUNCTION @extschema@.wallet_balance_effective(text, text, timestamptz, timestamptz) IS 'The sum of all entries that are effective up to one moment and were recorded up to another (NULL: all), both inclusive; NULL if the account was not known then.';

CREATE FUNCTION @extschema@.wallet_verify_account(name text, currency text)
	RETURNS TABLE (check_name text, ok boolean, examined bigint, detail text)
	LANGUAGE c STABLE PARALLEL SAFE ROWS 6 AS 'MODULE_PATHNAME', 'wallet_sql_verify_account';
COMMENT ON FUNCTION @extschema@.wallet_verify_account(text, text) IS 'Proves one account by walking its chain back to its opening: one row per check, with what is broken and where.';

CREATE FUNCTION @extschema@.wallet_feed(after_event bigint, max_rows integer) RETURNS SETOF wallet.journal
	LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1000 AS 'MODULE_PATHNAME', 'wallet_sql_feed';
COMMENT ON FUNCTION @extschema@.wallet_feed(bigint, integer) IS 'Events with a greater id, in order, up to the horizon: whoever goes on from the last one it got misses none. max_rows NULL: all there are.';
