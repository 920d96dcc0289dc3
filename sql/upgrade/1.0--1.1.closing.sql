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
