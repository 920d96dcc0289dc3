\echo Use "ALTER EXTENSION wallet UPDATE TO '1.1'" to load this file. \quit
-- From 1.0 to 1.1. Made by tools/gen-upgrade.sh from sql/parts and sql/upgrade; do not edit.
-- Afterwards the database has what sql/parts make in a fresh one, object for object (test/t/040_upgrade.pl).

-- ---- 14_holds
-- What later commands need to know of earlier ones and an event's own row does not say.

CREATE TABLE wallet.hold (
	id uuid NOT NULL,
	event_id bigint NOT NULL,
	debit bigint NOT NULL,
	credit bigint NOT NULL,
	expires_at timestamptz,
	state smallint NOT NULL,
	amount numeric NOT NULL,
	remaining numeric NOT NULL,
	CONSTRAINT hold_pkey PRIMARY KEY (id)
) WITH (fillfactor = 80);

-- The open holds of an account in the order in which they expire.
CREATE INDEX hold_open_key ON wallet.hold (debit, expires_at, event_id) WHERE state = 1;

CREATE TABLE wallet.reversal (
	original uuid NOT NULL,
	event_id bigint NOT NULL,
	reversed numeric NOT NULL,
	CONSTRAINT reversal_pkey PRIMARY KEY (original)
);

SELECT pg_catalog.pg_extension_config_dump('wallet.hold', '');
SELECT pg_catalog.pg_extension_config_dump('wallet.reversal', '');

COMMENT ON TABLE wallet.hold IS 'One row per hold: how much of it remains. state: 1 open, 2 settled (captured or released), 3 expired and counted so. Written by the machine only; truth is wallet.event.';
COMMENT ON COLUMN wallet.hold.id IS 'The transaction_id of the command that placed it.';
COMMENT ON TABLE wallet.reversal IS 'One row per transfer, sweep or capture of which something was reversed, and how much. Written by the machine only.';
COMMENT ON COLUMN wallet.reversal.event_id IS 'The original''s event.';

-- ---- 32_seal
-- What the events were when they were sealed.

CREATE TABLE wallet.seal (
	block bigint NOT NULL,
	first_event bigint NOT NULL,
	last_event bigint NOT NULL,
	digest bytea NOT NULL,
	head bytea NOT NULL,
	CONSTRAINT seal_pkey PRIMARY KEY (block)
);

SELECT pg_catalog.pg_extension_config_dump('wallet.seal', '');

CREATE TRIGGER immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON wallet.seal FOR EACH STATEMENT EXECUTE FUNCTION wallet.refuse_change();
ALTER TABLE wallet.seal ENABLE ALWAYS TRIGGER immutable;

COMMENT ON TABLE wallet.seal IS 'One row per 256 events in event_id order, made once they are complete: their digest, and the head that it makes with all before it (doc/format-1.md, 3). Immutable.';
COMMENT ON COLUMN wallet.seal.block IS 'Events 256 * block to 256 * block + 255, counted from 0.';

-- ---- 45_instance
-- Which database the ledger lives in: a copy carries its original's row, and is paused until somebody says that it is the ledger now.
CREATE TABLE wallet.instance (
	only_row boolean NOT NULL DEFAULT true,
	system_identifier bigint NOT NULL,
	database oid NOT NULL,
	timeline integer,
	horizon bigint,
	horizon_at timestamptz,
	CONSTRAINT instance_pkey PRIMARY KEY (only_row),
	CONSTRAINT instance_only_row CHECK (only_row)
);
SELECT pg_catalog.pg_extension_config_dump('wallet.instance', '');
COMMENT ON TABLE wallet.instance IS 'At most one row: the server and database that the ledger lives in. Written with the first event, and by wallet_resume(). Where it does not match, or is missing beside events, engine and courier are paused.';
COMMENT ON COLUMN wallet.instance.system_identifier IS 'Of the server, as pg_control_system() shows it.';
COMMENT ON COLUMN wallet.instance.database IS 'OID of the database.';
COMMENT ON COLUMN wallet.instance.timeline IS 'Timeline of the server when it was last seen; NULL: not recorded.';
COMMENT ON COLUMN wallet.instance.horizon IS 'Horizon that the primary stored last, for its standbys; NULL: none.';
COMMENT ON COLUMN wallet.instance.horizon_at IS 'When that was.';

CREATE FUNCTION @extschema@.wallet_paused() RETURNS text
	LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'wallet_sql_paused';
COMMENT ON FUNCTION @extschema@.wallet_paused() IS 'Why engine and courier do not work here: wallet.paused is on, or this is a copy. NULL: they may. Commands of sessions work in any case.';

CREATE FUNCTION @extschema@.wallet_resume() RETURNS text
	LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'wallet_sql_resume';
COMMENT ON FUNCTION @extschema@.wallet_resume() IS 'Says that this database is where the ledger lives from now on, and no copy. Answers what still pauses it, NULL if nothing does.';

-- ---- 51_commands
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

-- ---- 52_history
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

-- ---- 53_tree
-- Hierarchy: an account may have a parent in the same currency, given when it is opened and never changed, so there are no cycles.

CREATE INDEX account_parent ON wallet.account (parent) WHERE parent IS NOT NULL;

CREATE VIEW wallet.tree AS
	WITH RECURSIVE tree AS (
		SELECT a.id, a.id AS root, a.parent, 0 AS depth, ARRAY[a.name] AS path
		FROM wallet.account a
		WHERE a.parent IS NULL
		UNION ALL
		SELECT a.id, t.root, a.parent, t.depth + 1, t.path || a.name
		FROM tree t
		JOIN wallet.account a ON a.parent = t.id)
	SELECT t.id AS account, a.name, a.currency, r.name AS root, p.name AS parent, t.depth, t.path, b.balance
	FROM tree t
	JOIN wallet.account a ON a.id = t.id
	JOIN wallet.account r ON r.id = t.root
	LEFT JOIN wallet.account p ON p.id = t.parent
	JOIN wallet.balance b ON b.account = t.id;
COMMENT ON VIEW wallet.tree IS 'Accounts with their place in the hierarchy: the root, the path of names from it, and the depth below it.';

CREATE FUNCTION @extschema@.wallet_tree_balance(name text, currency text) RETURNS numeric
	LANGUAGE sql STABLE PARALLEL SAFE
	AS $$ WITH RECURSIVE tree AS (
			  SELECT a.id FROM wallet.account a
			  WHERE a.name OPERATOR(pg_catalog.=) $1 AND a.currency OPERATOR(pg_catalog.=) $2
			  UNION ALL
			  SELECT a.id FROM tree t JOIN wallet.account a ON a.parent OPERATOR(pg_catalog.=) t.id)
		  SELECT pg_catalog.sum(b.balance) FROM tree t JOIN wallet.balance b ON b.account OPERATOR(pg_catalog.=) t.id $$;
COMMENT ON FUNCTION @extschema@.wallet_tree_balance(text, text) IS 'The balance of an account and of all below it; NULL if there is no such account.';

-- ---- 54_standby
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

-- ---- 56_rights
-- Bundles of rights.  What a bundle gives is said here and nowhere else: one line per object in wallet.bundle_object.

CREATE TABLE wallet.bundle (
	name text COLLATE "C" NOT NULL PRIMARY KEY,
	includes text[] COLLATE "C" NOT NULL,
	meaning text NOT NULL
);
COMMENT ON TABLE wallet.bundle IS 'Bundles of rights that wallet_grant gives to roles; includes names all bundles whose rights it has, its own among them.';

INSERT INTO wallet.bundle (name, includes, meaning) VALUES
	('reader', '{reader}', 'reads balances, statements and single transactions'),
	('teller', '{reader,teller}', 'also moves money, from accounts that are anybody''s to debit'),
	('auditor', '{reader,auditor}', 'reads all tables, replays and verifies'),
	('admin', '{reader,teller,auditor,admin}', 'also opens, freezes, closes, limits, defines, and debits any account'),
	('cluster', '{cluster}', 'for the connections of other shards alone');

CREATE TABLE wallet.bundle_object (
	kind text COLLATE "C" NOT NULL CHECK (kind OPERATOR(pg_catalog.=) ANY (ARRAY['function', 'relation', 'type'])),
	name text COLLATE "C" NOT NULL,
	bundle text COLLATE "C" NOT NULL,
	PRIMARY KEY (kind, name, bundle)
);
COMMENT ON TABLE wallet.bundle_object IS 'The smallest bundle that may execute a function, read a relation or use a type of the extension; owner: no bundle gives it. A name stands for all functions of that name; one that this version lacks does no harm.';

INSERT INTO wallet.bundle_object (kind, name, bundle) VALUES
	-- helpers and looking (SPEC 8)
	('function', 'wallet_uuid', 'reader'),
	('function', 'wallet_event_time', 'reader'),
	('function', 'wallet_balance', 'reader'),
	('function', 'wallet_account', 'reader'),
	('function', 'wallet_balance_at', 'reader'),
	('function', 'wallet_balance_effective', 'reader'),
	('function', 'wallet_statement', 'reader'),
	('function', 'wallet_get', 'reader'),
	('function', 'wallet_holds', 'reader'),
	('function', 'expired', 'reader'),
	('function', 'wallet_tree_balance', 'reader'),
	('function', 'wallet_horizon', 'reader'),
	('function', 'wallet_feed', 'reader'),
	('function', 'wallet_wait_event', 'reader'),
	('function', 'wallet_outcome', 'reader'),
	('function', 'wallet_wait', 'reader'),
	('function', 'wallet_paused', 'reader'),
	-- moving money (SPEC 4 to 7)
	('function', 'wallet_transfer', 'teller'),
	('function', 'wallet_transfers', 'teller'),
	('function', 'wallet_transfers_by_id', 'teller'),
	('function', 'wallet_hold', 'teller'),
	('function', 'wallet_capture', 'teller'),
	('function', 'wallet_release', 'teller'),
	('function', 'wallet_reverse', 'teller'),
	('function', 'wallet_sweep', 'teller'),
	('function', 'wallet_submit', 'teller'),
	('function', 'wallet_enqueue', 'teller'),
	('function', 'wallet_cancel', 'teller'),
	-- proof (SPEC 9)
	('function', 'wallet_replay', 'auditor'),
	('function', 'wallet_verify', 'auditor'),
	('function', 'wallet_verify_account', 'auditor'),
	('function', 'wallet_verify_against', 'auditor'),
	('function', 'wallet_head', 'auditor'),
	('function', 'wallet_reconcile', 'auditor'),
	('function', 'long_work', 'auditor'),
	-- what changes an account, a currency or the ledger as a whole
	('function', 'wallet_open', 'admin'),
	('function', 'wallet_define_currency', 'admin'),
	('function', 'wallet_freeze', 'admin'),
	('function', 'wallet_unfreeze', 'admin'),
	('function', 'wallet_close', 'admin'),
	('function', 'wallet_set_floor', 'admin'),
	('function', 'wallet_remove_floor', 'admin'),
	('function', 'wallet_set_ceiling', 'admin'),
	('function', 'wallet_set_spend_limit', 'admin'),
	('function', 'wallet_execute', 'teller'),
	('function', 'wallet_snapshot', 'admin'),
	('function', 'wallet_seal', 'admin'),
	('function', 'wallet_rebuild', 'admin'),
	('function', 'wallet_redact', 'admin'),
	('function', 'wallet_resume', 'admin'),
	-- whoever owns the extension
	('function', 'wallet_grant', 'owner'),
	('function', 'wallet_revoke', 'owner'),
	('function', 'wallet_export', 'owner'),
	('function', 'apply_grants', 'owner'),
	('function', 'refuse_change', 'owner'),
	('function', 'load_guard', 'owner'),
	('function', 'store_horizon', 'owner'),

	('relation', 'account', 'reader'),
	('relation', 'balance', 'reader'),
	('relation', 'hold', 'reader'),
	('relation', 'currency', 'reader'),
	('relation', 'status', 'reader'),
	('relation', 'kind', 'reader'),
	('relation', 'accounts', 'reader'),
	('relation', 'tree', 'reader'),
	('relation', 'entry', 'reader'),
	('relation', 'journal', 'reader'),
	('relation', 'bundle', 'reader'),
	('relation', 'bundle_object', 'reader'),
	('relation', 'event', 'auditor'),
	('relation', 'milestone', 'auditor'),
	('relation', 'reversal', 'auditor'),
	('relation', 'snapshot', 'auditor'),
	('relation', 'seal', 'auditor'),
	('relation', 'command', 'auditor'),
	('relation', 'instance', 'auditor'),
	('relation', 'horizon', 'auditor'),
	('relation', 'horizon_state', 'auditor'),
	('relation', 'horizon_holders', 'auditor'),
	('relation', 'progress', 'auditor'),
	('relation', 'bundle_grant', 'auditor'),

	('type', 'admin', 'admin');

-- By name: oids do not survive a dump into a server with other roles, and a GRANT in a dump goes by name too.
CREATE TABLE wallet.bundle_grant (
	role text COLLATE "C" NOT NULL,
	bundle text COLLATE "C" NOT NULL,
	usage_given boolean NOT NULL,
	granted_by text NOT NULL,
	granted_at timestamptz NOT NULL,
	PRIMARY KEY (role, bundle)
);
SELECT pg_catalog.pg_extension_config_dump('wallet.bundle_grant', '');
COMMENT ON TABLE wallet.bundle_grant IS 'Which role holds which bundle of rights; written by wallet_grant and wallet_revoke.';
COMMENT ON COLUMN wallet.bundle_grant.usage_given IS 'USAGE on the schema of the functions came with the bundle, and goes with the role''s last one.';
COMMENT ON COLUMN wallet.bundle_grant.granted_by IS 'The session''s user who granted it.';

-- USAGE on this type is what makes an admin (src/apply/rights.c).
CREATE DOMAIN wallet.admin AS boolean;
REVOKE ALL ON TYPE wallet.admin FROM PUBLIC;
COMMENT ON DOMAIN wallet.admin IS 'A mark: whoever has USAGE on this type is an admin of the ledger. wallet_grant gives it with the bundle admin.';

CREATE FUNCTION @extschema@.wallet_grant(role text, bundle text) RETURNS void
	LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'wallet_sql_grant';
COMMENT ON FUNCTION @extschema@.wallet_grant(text, text) IS 'Gives a bundle of rights to a role: reader, teller, auditor, admin or cluster. For superusers and the owner of the extension.';

CREATE FUNCTION @extschema@.wallet_revoke(role text, bundle text) RETURNS void
	LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'wallet_sql_revoke';
COMMENT ON FUNCTION @extschema@.wallet_revoke(text, text) IS 'Takes a bundle of rights from a role, but for what its other bundles give.';

CREATE FUNCTION wallet.apply_grants() RETURNS void
	LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'wallet_sql_apply_grants';
COMMENT ON FUNCTION wallet.apply_grants() IS 'Gives every role what its bundles give by now: after an upgrade, or a restore into a server that lacked the role.';

-- ---- 57_proof
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

-- ---- 58_repair
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

-- Nothing is granted to PUBLIC.  Only of what is new here: what an administrator granted since 1.0 stays as it is.
DO $do$
DECLARE
	f pg_catalog.regprocedure;
BEGIN
	FOR f IN
		SELECT p.oid FROM pg_catalog.pg_proc p
		JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid
		JOIN pg_catalog.pg_extension e ON d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.refobjid = e.oid
		WHERE d.deptype = 'e' AND e.extname = 'wallet'
		  AND NOT EXISTS (SELECT FROM pg_catalog.pg_init_privs i
						  WHERE i.classoid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND i.objoid = p.oid)
	LOOP
		EXECUTE pg_catalog.format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
	END LOOP;
END
$do$;

-- Bundles of rights, for the functions that are new here too.
DO $do$
BEGIN
	IF pg_catalog.to_regprocedure('wallet.apply_grants()') IS NOT NULL THEN
		PERFORM wallet.apply_grants();
	END IF;
END
$do$;
