-- Every command a wallet needs, one at a time: each in the caller's transaction; a refusal raises an error.

CREATE FUNCTION @extschema@.wallet_hold(from_account text, to_account text, amount numeric, currency text,
	transaction_id uuid, metadata jsonb DEFAULT NULL, expires_at timestamptz DEFAULT NULL,
	expected_version bigint DEFAULT NULL) RETURNS wallet.receipt
	LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'wallet_sql_hold';
COMMENT ON FUNCTION @extschema@.wallet_hold(text, text, numeric, text, uuid, jsonb, timestamptz, bigint) IS 'Reserves the payer''s money for the payee and moves nothing; the hold''s id is its transaction_id. From expires_at on it cannot be captured.';

CREATE FUNCTION @extschema@.wallet_capture(hold_id uuid, transaction_id uuid, amount numeric DEFAULT NULL,
	final boolean DEFAULT true, metadata jsonb DEFAULT NULL) RETURNS wallet.receipt
	LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'wallet_sql_capture';
COMMENT ON FUNCTION @extschema@.wallet_capture(uuid, uuid, numeric, boolean, jsonb) IS 'Moves held money to the payee: an amount, or all that remains. final gives the rest back to the payer; else it can be captured again.';

CREATE FUNCTION @extschema@.wallet_release(hold_id uuid, transaction_id uuid, amount numeric DEFAULT NULL,
	metadata jsonb DEFAULT NULL) RETURNS wallet.receipt
	LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'wallet_sql_release';
COMMENT ON FUNCTION @extschema@.wallet_release(uuid, uuid, numeric, jsonb) IS 'Gives held money back to the payer: an amount, or all that remains.';

CREATE FUNCTION @extschema@.wallet_reverse(original uuid, transaction_id uuid, amount numeric DEFAULT NULL,
	metadata jsonb DEFAULT NULL) RETURNS wallet.receipt
	LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'wallet_sql_reverse';
COMMENT ON FUNCTION @extschema@.wallet_reverse(uuid, uuid, numeric, jsonb) IS 'Moves the money of a transfer, sweep or capture back: an amount, or all that is not yet reversed; never more than the original.';

CREATE FUNCTION @extschema@.wallet_sweep(from_account text, to_account text, up_to numeric, currency text,
	transaction_id uuid, metadata jsonb DEFAULT NULL) RETURNS wallet.receipt
	LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'wallet_sql_sweep';
COMMENT ON FUNCTION @extschema@.wallet_sweep(text, text, numeric, text, uuid, jsonb) IS 'Moves up_to or what is available, whichever is less.';

CREATE FUNCTION @extschema@.wallet_freeze(name text, currency text, transaction_id uuid, reason text DEFAULT NULL) RETURNS wallet.receipt
	LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'wallet_sql_freeze';
COMMENT ON FUNCTION @extschema@.wallet_freeze(text, text, uuid, text) IS 'No new transfer or hold, in or out; captures, releases and reversals of what was granted still work.';

CREATE FUNCTION @extschema@.wallet_unfreeze(name text, currency text, transaction_id uuid, reason text DEFAULT NULL) RETURNS wallet.receipt
	LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'wallet_sql_unfreeze';
COMMENT ON FUNCTION @extschema@.wallet_unfreeze(text, text, uuid, text) IS 'Lifts a freeze.';

CREATE FUNCTION @extschema@.wallet_close(name text, currency text, transaction_id uuid) RETURNS wallet.receipt
	LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'wallet_sql_close';
COMMENT ON FUNCTION @extschema@.wallet_close(text, text, uuid) IS 'Closes an account for ever; it must have balance 0, no open hold and nothing on its way.';

CREATE FUNCTION @extschema@.wallet_set_floor(name text, currency text, floor numeric, transaction_id uuid) RETURNS wallet.receipt
	LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'wallet_sql_set_floor';
COMMENT ON FUNCTION @extschema@.wallet_set_floor(text, text, numeric, uuid) IS 'Sets the lowest balance that the account may reach from now on.';

CREATE FUNCTION @extschema@.wallet_remove_floor(name text, currency text, transaction_id uuid) RETURNS wallet.receipt
	LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'wallet_sql_remove_floor';
COMMENT ON FUNCTION @extschema@.wallet_remove_floor(text, text, uuid) IS 'The account may go as low as it likes; from now on only its owner or an admin may debit it.';

CREATE FUNCTION @extschema@.wallet_set_ceiling(name text, currency text, ceiling numeric, transaction_id uuid) RETURNS wallet.receipt
	LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'wallet_sql_set_ceiling';
COMMENT ON FUNCTION @extschema@.wallet_set_ceiling(text, text, numeric, uuid) IS 'Sets the highest balance that money coming in may make; NULL: none.';

CREATE FUNCTION @extschema@.wallet_set_spend_limit(name text, currency text, amount numeric, window_seconds integer, transaction_id uuid) RETURNS wallet.receipt
	LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'wallet_sql_set_spend_limit';
COMMENT ON FUNCTION @extschema@.wallet_set_spend_limit(text, text, numeric, integer, uuid) IS 'Limits what leaves the account in each window of so many seconds; amount NULL: no limit.';

CREATE FUNCTION @extschema@.wallet_execute(commands jsonb, atomic boolean DEFAULT false) RETURNS SETOF wallet.outcome
	LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1000 AS 'MODULE_PATHNAME', 'wallet_sql_execute';
COMMENT ON FUNCTION @extschema@.wallet_execute(jsonb, boolean) IS 'Up to 65,536 commands of any kind in order, one status each: an array of objects with "command" and its parameters by name; "group" ties neighbours.';

-- Reading.  Held and available never count a hold that has expired, whether or not its expire event has been written.
CREATE FUNCTION wallet.expired(account bigint, next_expiry bigint) RETURNS numeric
	LANGUAGE sql STABLE PARALLEL SAFE
	AS $$ SELECT CASE WHEN $2 OPERATOR(pg_catalog.<=) (pg_catalog.date_part('epoch', pg_catalog.clock_timestamp()) OPERATOR(pg_catalog.*) 1000000)::bigint
				 THEN COALESCE((SELECT pg_catalog.sum(h.remaining) FROM wallet.hold h
								WHERE h.debit OPERATOR(pg_catalog.=) $1 AND h.state OPERATOR(pg_catalog.=) 1::smallint
								  AND h.expires_at OPERATOR(pg_catalog.<=) pg_catalog.clock_timestamp()), 0)
				 ELSE 0 END $$;
COMMENT ON FUNCTION wallet.expired(bigint, bigint) IS 'What an account''s held amount still counts of holds that have expired.';

CREATE OR REPLACE VIEW wallet.accounts AS
	SELECT a.name, a.currency, b.balance, b.held - e.expired AS held,
		   b.balance - (b.held - e.expired) - b.floor AS available,
		   CASE b.status WHEN 1 THEN 'open' WHEN 2 THEN 'frozen' WHEN 3 THEN 'closed' END AS status
	FROM wallet.account a
	JOIN wallet.balance b ON b.account = a.id
	CROSS JOIN LATERAL (SELECT CASE WHEN b.next_expiry IS NULL THEN 0 ELSE wallet.expired(b.account, b.next_expiry) END AS expired) e;

CREATE OR REPLACE FUNCTION @extschema@.wallet_account(name text, currency text)
	RETURNS TABLE (account bigint, balance numeric, held numeric, available numeric, status text, floor numeric, ceiling numeric,
				   version bigint, last_event bigint, parent bigint, owner text, metadata jsonb)
	LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
	AS $$ SELECT a.id, b.balance, b.held OPERATOR(pg_catalog.-) e.expired,
				 b.balance OPERATOR(pg_catalog.-) (b.held OPERATOR(pg_catalog.-) e.expired) OPERATOR(pg_catalog.-) b.floor,
				 CASE WHEN b.status OPERATOR(pg_catalog.=) 1 THEN 'open'
					  WHEN b.status OPERATOR(pg_catalog.=) 2 THEN 'frozen'
					  WHEN b.status OPERATOR(pg_catalog.=) 3 THEN 'closed' END,
				 b.floor, b.ceiling, b.version, b.last_event, a.parent, a.owner, a.metadata
		  FROM wallet.account a JOIN wallet.balance b ON b.account OPERATOR(pg_catalog.=) a.id
		  CROSS JOIN LATERAL (SELECT CASE WHEN b.next_expiry IS NULL THEN 0 ELSE wallet.expired(b.account, b.next_expiry) END AS expired) e
		  WHERE a.name OPERATOR(pg_catalog.=) $1 AND a.currency OPERATOR(pg_catalog.=) $2 $$;

CREATE FUNCTION @extschema@.wallet_holds(name text, currency text)
	RETURNS TABLE (hold_id uuid, to_account text, amount numeric, remaining numeric, placed_at timestamptz, expires_at timestamptz)
	LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
	AS $$ SELECT h.id, c.name, h.amount, h.remaining, @extschema@.wallet_event_time(h.event_id), h.expires_at
		  FROM wallet.account a
		  JOIN wallet.hold h ON h.debit OPERATOR(pg_catalog.=) a.id
		  JOIN wallet.account c ON c.id OPERATOR(pg_catalog.=) h.credit
		  WHERE a.name OPERATOR(pg_catalog.=) $1 AND a.currency OPERATOR(pg_catalog.=) $2
			AND h.state OPERATOR(pg_catalog.=) 1
			AND (h.expires_at IS NULL OR h.expires_at OPERATOR(pg_catalog.>) pg_catalog.clock_timestamp())
		  ORDER BY h.event_id $$;
COMMENT ON FUNCTION @extschema@.wallet_holds(text, text) IS 'The open holds of an account that have not expired, oldest first.';
