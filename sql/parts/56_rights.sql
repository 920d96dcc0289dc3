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
