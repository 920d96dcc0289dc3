-- The schema wallet holds tables, views and types; functions go where CREATE EXTENSION was told.
-- That place may be full of somebody's operators, and a superuser runs this: every operator is named with its schema.
DO $do$
DECLARE
	ns oid := (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname OPERATOR(pg_catalog.=) 'wallet');
BEGIN
	IF pg_catalog.getdatabaseencoding() OPERATOR(pg_catalog.<>) 'UTF8' THEN
		RAISE EXCEPTION 'wallet needs a database with encoding UTF8'
			USING ERRCODE = 'feature_not_supported',
				  DETAIL = pg_catalog.format('This database has encoding %s.', pg_catalog.getdatabaseencoding()),
				  HINT = 'Create the database with ENCODING ''UTF8'' TEMPLATE template0.';
	END IF;

	IF ns IS NULL THEN
		CREATE SCHEMA wallet;
	ELSIF '@extschema@' OPERATOR(pg_catalog.<>) 'wallet' THEN
		RAISE EXCEPTION 'schema "wallet" exists already'
			USING ERRCODE = 'duplicate_schema',
				  HINT = 'Rename or drop it; if it is empty and yours, CREATE EXTENSION wallet SCHEMA wallet uses it.';
	ELSIF NOT EXISTS (SELECT FROM pg_catalog.pg_namespace n
					  JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) n.nspowner
					  WHERE n.oid OPERATOR(pg_catalog.=) ns AND r.rolname OPERATOR(pg_catalog.=) current_user) THEN
		RAISE EXCEPTION 'schema "wallet" belongs to another role'
			USING ERRCODE = 'insufficient_privilege',
				  HINT = 'Only a schema owned by the installing role is used.';
	ELSIF EXISTS (SELECT FROM pg_catalog.pg_depend
				  WHERE refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass
					AND refobjid OPERATOR(pg_catalog.=) ns AND deptype OPERATOR(pg_catalog.=) 'n'
					AND classid OPERATOR(pg_catalog.<>) 'pg_catalog.pg_extension'::pg_catalog.regclass) THEN
		RAISE EXCEPTION 'schema "wallet" is not empty'
			USING ERRCODE = 'duplicate_object',
				  HINT = 'Drop or move what is in it.';
	END IF;
END
$do$;
