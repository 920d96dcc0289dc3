/*
 * grant.c
 *		wallet_grant and wallet_revoke: bundles of rights.
 *
 * A bundle is no more than a set of PostgreSQL's own privileges, and is given by
 * GRANT and taken by REVOKE: EXECUTE on functions, SELECT on relations, USAGE on
 * the type that marks an admin, USAGE on both schemas.  What belongs to it is said
 * in wallet.bundle_object; who holds it, in wallet.bundle_grant, from which
 * apply_grants gives again what an upgrade has added.
 *
 * Only a superuser or the owner of wallet's tables gets past the door, and what
 * follows runs with his own rights: nobody hands out what he could not have
 * handed out by GRANT.  An admin cannot: he would leave admins behind that
 * outlive his own bundle.
 *
 * SQL runs through SPI with search_path = pg_catalog, pg_temp.  The row 'reader' of
 * wallet.bundle is the lock: two that change grants come one after the other, and
 * above READ COMMITTED the second is a serialization failure.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "pg/error.h"
#include "store/catalog.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/rel.h"

PG_FUNCTION_INFO_V1(wallet_sql_grant);
PG_FUNCTION_INFO_V1(wallet_sql_revoke);
PG_FUNCTION_INFO_V1(wallet_sql_apply_grants);

/* Every object of the extension that a bundle gives, with its privilege. */
#define OBJECTS \
	"member AS (" \
	" SELECT d.classid, d.objid FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid" \
	" WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND e.extname = 'wallet'), " \
	"object AS (" \
	" SELECT o.bundle, 'EXECUTE ON ROUTINE' AS privilege, p.oid::regprocedure::text AS name, p.proowner AS owner" \
	" FROM wallet.bundle_object o JOIN pg_proc p ON p.proname = o.name" \
	" JOIN member m ON m.classid = 'pg_proc'::regclass AND m.objid = p.oid WHERE o.kind = 'function'" \
	" UNION ALL" \
	" SELECT o.bundle, 'SELECT ON TABLE', c.oid::regclass::text, c.relowner" \
	" FROM wallet.bundle_object o JOIN pg_class c ON c.relname = o.name" \
	" JOIN member m ON m.classid = 'pg_class'::regclass AND m.objid = c.oid WHERE o.kind = 'relation'" \
	" UNION ALL" \
	" SELECT o.bundle, 'USAGE ON TYPE', t.oid::regtype::text, t.typowner" \
	" FROM wallet.bundle_object o JOIN pg_type t ON t.typname = o.name" \
	" JOIN member m ON m.classid = 'pg_type'::regclass AND m.objid = t.oid WHERE o.kind = 'type') "

/* $1: a role, or NULL for all that hold something. */
#define HOLDERS \
	"holder AS (" \
	" SELECT g.role, g.usage_given, b.includes, r.oid FROM wallet.bundle_grant g" \
	" JOIN wallet.bundle b ON b.name = g.bundle JOIN pg_roles r ON r.rolname = g.role" \
	" WHERE $1 IS NULL OR g.role = $1), "

static const char lock_command[] =
"UPDATE wallet.bundle SET name = name WHERE name = 'reader'";

static const char bundle_query[] =
"SELECT name FROM wallet.bundle WHERE name = $2";

static const char insert_command[] =
"INSERT INTO wallet.bundle_grant (role, bundle, usage_given, granted_by, granted_at) "
"SELECT $1, $2, EXISTS (SELECT FROM wallet.bundle_grant WHERE role = $1 AND usage_given), session_user, now() "
"ON CONFLICT (role, bundle) DO NOTHING";

static const char delete_command[] =
"DELETE FROM wallet.bundle_grant WHERE role = $1 AND bundle = $2 RETURNING usage_given::text";

/* Whoever has USAGE on the functions' schema of his own does not get it from us, and keeps it. */
static const char mark_usage_command[] =
"UPDATE wallet.bundle_grant g SET usage_given = true "
"FROM pg_roles r, pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace "
"WHERE r.rolname = g.role AND e.extname = 'wallet' AND NOT g.usage_given AND ($1 IS NULL OR g.role = $1) "
"AND NOT EXISTS (SELECT FROM aclexplode(COALESCE(n.nspacl, acldefault('n', n.nspowner))) a"
"                WHERE a.grantee = r.oid AND a.privilege_type = 'USAGE')";

static const char missing_roles_query[] =
"SELECT DISTINCT g.role FROM wallet.bundle_grant g "
"WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = g.role) ORDER BY 1";

static const char give_query[] =
"WITH " HOLDERS OBJECTS
"SELECT format('GRANT USAGE ON SCHEMA wallet TO %I', role) FROM holder GROUP BY role "
"UNION ALL "
"SELECT format('GRANT USAGE ON SCHEMA %I TO %I', n.nspname, h.role) "
"FROM holder h, pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace "
"WHERE e.extname = 'wallet' AND h.usage_given GROUP BY n.nspname, h.role "
"UNION ALL "
"SELECT format('GRANT %s %s TO %I', o.privilege, string_agg(DISTINCT o.name, ', '), h.role) "
"FROM holder h JOIN object o ON o.bundle = ANY (h.includes) AND o.owner <> h.oid GROUP BY o.privilege, h.role";

/* What bundle $2 gave to role $1 and no bundle gives any more; $3: its row said usage_given. */
static const char take_query[] =
"WITH " HOLDERS OBJECTS ", "
"lost AS (SELECT o.privilege, o.name FROM object o, wallet.bundle b, pg_roles r"
"         WHERE b.name = $2 AND o.bundle = ANY (b.includes) AND r.rolname = $1 AND o.owner <> r.oid"
"         EXCEPT SELECT o.privilege, o.name FROM object o JOIN holder h ON o.bundle = ANY (h.includes)) "
"SELECT format('REVOKE %s %s FROM %I', privilege, string_agg(name, ', '), $1) FROM lost GROUP BY privilege "
"UNION ALL "
"SELECT format('REVOKE USAGE ON SCHEMA %I FROM %I', n.nspname, $1) "
"FROM pg_extension e JOIN pg_namespace n ON n.nspname = 'wallet' OR n.oid = e.extnamespace AND $3 = 'true' "
"WHERE e.extname = 'wallet' AND NOT EXISTS (SELECT FROM holder)"
"AND n.nspowner <> (SELECT oid FROM pg_roles WHERE rolname = $1)";

/* One query with texts for parameters; NULL is NULL.  The first column of its rows, palloc'd by SPI. */
static List *
run(const char *query, const char *one, const char *two, const char *three)
{
	const char *given[] = {one, two, three};
	Oid			types[] = {TEXTOID, TEXTOID, TEXTOID};
	Datum		values[3];
	char		nulls[3];
	List	   *result = NIL;

	for (int i = 0; i < 3; i++)
	{
		nulls[i] = given[i] == NULL ? 'n' : ' ';
		values[i] = given[i] == NULL ? (Datum) 0 : CStringGetTextDatum(given[i]);
	}
	if (SPI_execute_with_args(query, 3, types, values, nulls, false, 0) < 0)
		elog(ERROR, "query about bundles failed");
	for (uint64 i = 0; SPI_tuptable != NULL && i < SPI_processed; i++)
		result = lappend(result, SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1));
	return result;
}

static int
begin_sql(void)
{
	int			level = NewGUCNestLevel();

	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	SPI_connect();
	(void) run(lock_command, NULL, NULL, NULL);
	return level;
}

static void
end_sql(int level)
{
	SPI_finish();
	AtEOXact_GUC(false, level);
}

/*
 * Runs GRANTs or REVOKEs.  Not as part of an extension's script, even if an upgrade
 * called us: PostgreSQL would take them for initial privileges, and pg_dump leaves
 * those out.
 */
static void
run_statements(List *statements)
{
	bool		in_script = creating_extension;
	ListCell   *cell;

	creating_extension = false;
	PG_TRY();
	{
		foreach(cell, statements)
		{
			if (SPI_execute(lfirst(cell), false, 0) < 0)
				elog(ERROR, "could not execute: %s", (char *) lfirst(cell));
		}
	}
	PG_FINALLY();
	{
		creating_extension = in_script;
	}
	PG_END_TRY();
}

/* Marks and gives what the bundles of the role (NULL: of all roles) say by now. */
static void
give(const char *role)
{
	(void) run(mark_usage_command, role, NULL, NULL);
	run_statements(run(give_query, role, NULL, NULL));
}

static void
check_owner(void)
{
	Relation	balance = table_open(wallet_relation_oid(WALLET_REL_BALANCE), AccessShareLock);
	Oid			owner = balance->rd_rel->relowner;

	table_close(balance, AccessShareLock);
	if (!superuser() && !has_privs_of_role(GetUserId(), owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to change bundles of rights"),
				 errdetail("Only a superuser or \"%s\", who owns the tables of wallet, may.", GetUserNameFromId(owner, false))));
}

static char *
text_arg(FunctionCallInfo fcinfo, int i, const char *name)
{
	if (PG_ARGISNULL(i))
		wallet_raise_argument("\"%s\" must not be NULL", name);
	return text_to_cstring(PG_GETARG_TEXT_PP(i));
}

static void
check_bundle(const char *bundle)
{
	if (run(bundle_query, NULL, bundle, NULL) == NIL)
		ereport(ERROR,
				(errcode(wallet_errcode(WALLET_invalid_argument)),
				 errmsg("unknown bundle of rights \"%s\"", bundle),
				 errhint("Bundles are reader, teller, auditor, admin and cluster.")));
}

Datum
wallet_sql_grant(PG_FUNCTION_ARGS)
{
	char	   *role = text_arg(fcinfo, 0, "role");
	char	   *bundle = text_arg(fcinfo, 1, "bundle");
	int			level;

	check_owner();
	(void) get_role_oid(role, false);
	level = begin_sql();
	check_bundle(bundle);
	(void) run(insert_command, role, bundle, NULL);
	give(role);
	end_sql(level);
	PG_RETURN_VOID();
}

/* A role that is gone is forgotten; what it was given went with it. */
Datum
wallet_sql_revoke(PG_FUNCTION_ARGS)
{
	char	   *role = text_arg(fcinfo, 0, "role");
	char	   *bundle = text_arg(fcinfo, 1, "bundle");
	List	   *usage_given;
	int			level;

	check_owner();
	level = begin_sql();
	check_bundle(bundle);
	usage_given = run(delete_command, role, bundle, NULL);
	if (usage_given == NIL)
	{
		(void) get_role_oid(role, false);
		ereport(NOTICE, (errmsg("role \"%s\" does not hold the bundle \"%s\"", role, bundle)));
	}
	else if (OidIsValid(get_role_oid(role, true)))
		run_statements(run(take_query, role, bundle, linitial(usage_given)));
	end_sql(level);
	PG_RETURN_VOID();
}

Datum
wallet_sql_apply_grants(PG_FUNCTION_ARGS)
{
	ListCell   *cell;
	int			level;

	check_owner();
	level = begin_sql();
	foreach(cell, run(missing_roles_query, NULL, NULL, NULL))
		ereport(WARNING,
				(errmsg("role \"%s\" holds bundles of rights and does not exist", (char *) lfirst(cell)),
				 errhint("Create it and call wallet.apply_grants(), or take the bundles from it with wallet_revoke.")));
	give(NULL);
	end_sql(level);
	PG_RETURN_VOID();
}
