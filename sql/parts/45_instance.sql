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
