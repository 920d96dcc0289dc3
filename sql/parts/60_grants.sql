-- Nothing is granted to PUBLIC, nor by ALTER DEFAULT PRIVILEGES to anybody: who may do what is said afterwards, by wallet_grant or by hand.
-- Types are for everybody to name, as PostgreSQL has it, but for the mark wallet.admin.
DO $do$
DECLARE
	revoke text;
BEGIN
	FOR revoke IN
		SELECT pg_catalog.format('REVOKE ALL ON %s FROM %s', o.object,
								 CASE WHEN a.grantee OPERATOR(pg_catalog.=) '0'::pg_catalog.oid THEN 'PUBLIC'
									  ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END)
		FROM pg_catalog.pg_depend d
		JOIN pg_catalog.pg_extension e ON d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.refobjid OPERATOR(pg_catalog.=) e.oid
		JOIN (SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass AS class, p.oid, p.proowner AS owner,
					 pg_catalog.format('ROUTINE %s', p.oid::pg_catalog.regprocedure) AS object,
					 COALESCE(p.proacl, pg_catalog.acldefault('f', p.proowner)) AS acl
			  FROM pg_catalog.pg_proc p
			  UNION ALL
			  SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, c.oid, c.relowner,
					 pg_catalog.format('TABLE %s', c.oid::pg_catalog.regclass), c.relacl
			  FROM pg_catalog.pg_class c
			  UNION ALL
			  SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid, t.typowner,
					 pg_catalog.format('TYPE %s', t.oid::pg_catalog.regtype), t.typacl
			  FROM pg_catalog.pg_type t
			  UNION ALL
			  SELECT 'pg_catalog.pg_namespace'::pg_catalog.regclass, n.oid, n.nspowner,
					 pg_catalog.format('SCHEMA %I', n.nspname), n.nspacl
			  FROM pg_catalog.pg_namespace n) o
			ON o.class OPERATOR(pg_catalog.=) d.classid AND o.oid OPERATOR(pg_catalog.=) d.objid
		CROSS JOIN LATERAL pg_catalog.aclexplode(o.acl) a
		WHERE d.deptype OPERATOR(pg_catalog.=) 'e' AND e.extname OPERATOR(pg_catalog.=) 'wallet'
		  AND a.grantee OPERATOR(pg_catalog.<>) o.owner
		  AND (a.grantee OPERATOR(pg_catalog.<>) '0'::pg_catalog.oid OR o.class OPERATOR(pg_catalog.<>) 'pg_catalog.pg_type'::pg_catalog.regclass)
		GROUP BY 1
	LOOP
		EXECUTE revoke;
	END LOOP;
END
$do$;
