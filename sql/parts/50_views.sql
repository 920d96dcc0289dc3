-- What people read.  Kinds that move money: transfer 3, capture 5, reverse 8, sweep 9, confirm 22 and 23, transit 26, compensate 27.

CREATE VIEW wallet.accounts AS
	SELECT a.name, a.currency, b.balance, b.held,
		   b.balance - b.held - b.floor AS available,
		   CASE b.status WHEN 1 THEN 'open' WHEN 2 THEN 'frozen' WHEN 3 THEN 'closed' END AS status
	FROM wallet.account a
	JOIN wallet.balance b ON b.account = a.id;
COMMENT ON VIEW wallet.accounts IS 'Accounts with their balance; available is NULL where an account has no floor.';

CREATE VIEW wallet.journal AS
	SELECT e.event_id,
		   @extschema@.wallet_event_time(e.event_id) AS recorded_at,
		   e.transaction_id, e.leg, k.name AS kind, s.name AS status,
		   d.name AS from_account, c.name AS to_account,
		   COALESCE(c.currency, d.currency) AS currency,
		   e.requested, e.amount,
		   e.debit_balance + moved.out AS from_balance_before, e.debit_balance AS from_balance_after,
		   e.credit_balance - moved.out AS to_balance_before, e.credit_balance AS to_balance_after,
		   e.debit_held AS from_held_after,
		   e.debit_version AS from_version, e.credit_version AS to_version,
		   e.final, e.related, e.group_first, e.cause, e.effective_at, e.expires_at, e.actor, e.metadata, e.metadata_digest, e.detail, e.format
	FROM wallet.event e
	CROSS JOIN LATERAL (SELECT CASE WHEN e.status = 0 AND e.kind IN (3, 5, 8, 9, 22, 23, 26, 27) THEN e.amount ELSE 0 END AS out) moved
	LEFT JOIN wallet.kind k ON k.number = e.kind
	LEFT JOIN wallet.status s ON s.number = e.status
	LEFT JOIN wallet.account d ON d.id = e.debit
	LEFT JOIN wallet.account c ON c.id = e.credit;
COMMENT ON VIEW wallet.journal IS 'Events for people: names, currencies, kind and status in words, balances before and after. Of a refusal before and after are what it saw.';

CREATE VIEW wallet.entry AS
	SELECT a.id AS account, a.name, a.currency, e.event_id,
		   @extschema@.wallet_event_time(e.event_id) AS recorded_at,
		   COALESCE(e.effective_at, @extschema@.wallet_event_time(e.event_id)) AS effective_at,
		   e.transaction_id, k.name AS kind,
		   side.amount,
		   side.balance_after - side.amount AS balance_before, side.balance_after,
		   side.version, other.name AS counterparty, e.metadata
	FROM wallet.event e
	CROSS JOIN LATERAL (VALUES
		(e.debit, e.credit, -e.amount, e.debit_balance, e.debit_version),
		(e.credit, e.debit, e.amount, e.credit_balance, e.credit_version))
		AS side (account, other, amount, balance_after, version)
	JOIN wallet.account a ON a.id = side.account
	JOIN wallet.account other ON other.id = side.other
	JOIN wallet.kind k ON k.number = e.kind
	WHERE e.status = 0 AND e.kind IN (3, 5, 8, 9, 22, 23, 26, 27);
COMMENT ON VIEW wallet.entry IS 'One row per account whose balance an event changed: signed amount, balance before and after, counterparty.';

CREATE FUNCTION @extschema@.wallet_balance(name text, currency text) RETURNS numeric
	LANGUAGE sql STABLE PARALLEL SAFE
	AS $$ SELECT b.balance FROM wallet.account a JOIN wallet.balance b ON b.account OPERATOR(pg_catalog.=) a.id
		  WHERE a.name OPERATOR(pg_catalog.=) $1 AND a.currency OPERATOR(pg_catalog.=) $2 $$;
COMMENT ON FUNCTION @extschema@.wallet_balance(text, text) IS 'The balance of an account in major units; NULL if there is no such account.';

CREATE FUNCTION @extschema@.wallet_account(name text, currency text)
	RETURNS TABLE (account bigint, balance numeric, held numeric, available numeric, status text, floor numeric, ceiling numeric,
				   version bigint, last_event bigint, parent bigint, owner text, metadata jsonb)
	LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
	AS $$ SELECT a.id, b.balance, b.held,
				 b.balance OPERATOR(pg_catalog.-) b.held OPERATOR(pg_catalog.-) b.floor,
				 CASE WHEN b.status OPERATOR(pg_catalog.=) 1 THEN 'open'
					  WHEN b.status OPERATOR(pg_catalog.=) 2 THEN 'frozen'
					  WHEN b.status OPERATOR(pg_catalog.=) 3 THEN 'closed' END,
				 b.floor, b.ceiling, b.version, b.last_event, a.parent, a.owner, a.metadata
		  FROM wallet.account a JOIN wallet.balance b ON b.account OPERATOR(pg_catalog.=) a.id
		  WHERE a.name OPERATOR(pg_catalog.=) $1 AND a.currency OPERATOR(pg_catalog.=) $2 $$;
COMMENT ON FUNCTION @extschema@.wallet_account(text, text) IS 'The state of one account: balance, held, available (NULL without a floor), status, limits, version; no row if there is none.';

CREATE FUNCTION @extschema@.wallet_get(transaction_id uuid) RETURNS SETOF wallet.journal
	LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
	AS $$ SELECT * FROM wallet.journal j WHERE j.transaction_id OPERATOR(pg_catalog.=) $1 ORDER BY j.leg $$;
COMMENT ON FUNCTION @extschema@.wallet_get(uuid) IS 'The events that were recorded for a transaction_id.';
