-- Nothing is granted to PUBLIC.  Only of what is new here: what an administrator granted since 1.0 stays as it is.
DO $do$
DECLARE
	f pg_catalog.regprocedure;
BEGIN
	FOR f IN
		SELECT p.oid FROM pg_catalog.pg_proc p
		JOIN pg_catalog.pg_depend d ON d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid OPERATOR(pg_catalog.=) p.oid
		JOIN pg_catalog.pg_extension e ON d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.refobjid OPERATOR(pg_catalog.=) e.oid
		WHERE d.deptype OPERATOR(pg_catalog.=) 'e' AND e.extname OPERATOR(pg_catalog.=) 'wallet'
		  AND NOT EXISTS (SELECT FROM pg_catalog.pg_init_privs i
						  WHERE i.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass AND i.objoid OPERATOR(pg_catalog.=) p.oid)
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
