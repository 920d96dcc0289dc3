\echo Use "ALTER EXTENSION wallet UPDATE TO '1.1'" to load this file. \quit
-- From 1.0 to 1.1.  Afterwards the database has what sql/parts make in a fresh one, object for object (test/t/040_upgrade.pl).

-- ---- 45_instance: as in sql/parts. No row: a ledger that was updated says wallet_resume() once.
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
