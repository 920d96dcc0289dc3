# Nobody's operators stand in for PostgreSQL's.
#
# Goal: neither CREATE EXTENSION nor any function or view of wallet calls what somebody has put into a schema that comes
# early in search_path, or into pg_temp, whoever calls: a superuser too.
# Method: a hostile schema has an operator and a function for every one that PostgreSQL has, and operators for pairs of
# types for which it has none; each raises. It has tables and types of the names that wallet uses. Every call of WalletCalls is
# made with that schema first, and answers as with an innocent path.

use strict;
use warnings;
use lib 'test/t';
use Test::More;
use WalletTest;
use WalletCalls;

my $node = wallet_node('main');
my ($superuser) = $node->safe_psql('postgres', 'SELECT current_user');

# ---- the hostile schema
my $hostile = <<'SQL';
CREATE SCHEMA hostile AUTHORIZATION evil;
SET ROLE evil;
CREATE FUNCTION hostile.raise_hostile(what text) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$ BEGIN RAISE EXCEPTION USING MESSAGE = 'HOSTILE ' || what; END $$;
DO $do$
DECLARE
	v record;
	made int := 0;
	types text[] := ARRAY['oid', 'regclass', 'regproc', 'regprocedure', 'regnamespace', 'regrole', 'regtype', 'name', 'text', 'varchar', 'bpchar', '"char"', 'int2', 'int4', 'int8', 'numeric', 'float8', 'uuid', 'bool', 'timestamptz', 'jsonb', 'bytea'];
BEGIN
	FOR v IN
		SELECT oprname, format_type(NULLIF(oprleft, 0), NULL) AS l, format_type(oprright, NULL) AS r, format_type(oprresult, NULL) AS result, oid FROM pg_operator
		WHERE oprnamespace = 'pg_catalog'::regnamespace AND oprcode <> 0 AND NOT EXISTS (SELECT FROM pg_type t WHERE t.oid IN (oprleft, oprright, oprresult) AND t.typtype = 'p' AND t.typname NOT LIKE 'any%')
		UNION ALL
		SELECT o, l, r, CASE WHEN o IN ('=', '<>', '<', '>', '<=', '>=') THEN 'boolean' ELSE 'numeric' END, 0 FROM unnest(types) l, unnest(types) r, unnest('{=,<>,<,>,<=,>=,-,+,||}'::text[]) o
		WHERE NOT EXISTS (SELECT FROM pg_operator WHERE oprname = o AND oprleft = l::regtype AND oprright = r::regtype)
	LOOP
		BEGIN
			made := made + 1;
			IF v.l IS NULL OR v.l = '-' THEN
				EXECUTE format('CREATE FUNCTION hostile.op_%s(%s) RETURNS %s LANGUAGE plpgsql AS $f$ BEGIN PERFORM hostile.raise_hostile(%L); END $f$', made, v.r, v.result, 'operator ' || v.oprname);
				EXECUTE format('CREATE OPERATOR hostile.%s (FUNCTION = hostile.op_%s, RIGHTARG = %s)', v.oprname, made, v.r);
			ELSE
				EXECUTE format('CREATE FUNCTION hostile.op_%s(%s, %s) RETURNS %s LANGUAGE plpgsql AS $f$ BEGIN PERFORM hostile.raise_hostile(%L); END $f$', made, v.l, v.r, v.result, 'operator ' || v.oprname);
				EXECUTE format('CREATE OPERATOR hostile.%s (FUNCTION = hostile.op_%s, LEFTARG = %s, RIGHTARG = %s)', v.oprname, made, v.l, v.r);
			END IF;
		EXCEPTION WHEN OTHERS THEN
			NULL;
		END;
	END LOOP;
	FOR v IN
		SELECT p.proname, pg_get_function_identity_arguments(p.oid) AS arguments FROM pg_proc p
		WHERE pronamespace = 'pg_catalog'::regnamespace AND proname NOT LIKE 'binary\_upgrade%'
	LOOP
		BEGIN
			EXECUTE format('CREATE FUNCTION hostile.%I(%s) RETURNS text LANGUAGE plpgsql AS $f$ BEGIN PERFORM hostile.raise_hostile(%L); END $f$', v.proname, v.arguments, 'function ' || v.proname);
		EXCEPTION WHEN OTHERS THEN
			NULL;
		END;
	END LOOP;
	FOREACH v.proname IN ARRAY '{text,numeric,int8,int4,int2,bool,uuid,oid,regclass,regprocedure,timestamptz,jsonb,name}'::text[] LOOP
		EXECUTE format('CREATE TYPE hostile.%I AS (hostile pg_catalog.bytea)', v.proname);
	END LOOP;
	FOREACH v.proname IN ARRAY '{pg_class,pg_proc,pg_type,pg_namespace,pg_trigger,pg_extension,pg_depend,pg_roles,account,balance,event,currency,milestone,status,kind,journal,entry,accounts,bundle,bundle_object,bundle_grant}'::text[] LOOP
		EXECUTE format('CREATE TABLE hostile.%I (hostile pg_catalog.bytea)', v.proname);
	END LOOP;
END $do$;
GRANT USAGE ON SCHEMA hostile TO PUBLIC;
GRANT SELECT ON ALL TABLES IN SCHEMA hostile TO PUBLIC;
RESET ROLE;
SQL
my $temp = join '', map { "CREATE TEMP TABLE $_ (hostile bytea);\n" } qw(account balance event currency milestone status kind journal entry accounts bundle bundle_object bundle_grant pg_class pg_proc pg_trigger);

$node->safe_psql('postgres', 'CREATE ROLE evil; ' . join ' ', map { "CREATE ROLE wr_$_ LOGIN;" } qw(nobody reader teller auditor admin owner other cluster));

# The extension in an innocent schema; and in the hostile one itself, made by a superuser whose path begins there.
for my $place (qw(public hostile))
{
	my $db = "in_$place";
	my ($code, $out, $err);

	$node->safe_psql('postgres', "CREATE DATABASE $db");
	$node->safe_psql($db, $hostile);
	cmp_ok($node->safe_psql($db, "SELECT count(*) FROM pg_operator WHERE oprnamespace = 'hostile'::regnamespace"), '>', 2500, "$place: the attack has its operators");
	cmp_ok($node->safe_psql($db, "SELECT count(*) FROM pg_proc WHERE pronamespace = 'hostile'::regnamespace AND proname NOT LIKE 'op\\_%'"), '>', 2000, "$place: and its functions");
	($code, $out, $err) = $node->psql($db, "SET search_path = hostile, pg_catalog, public; SELECT 'a'::pg_catalog.name = 'b'::pg_catalog.name");
	like($err, qr/HOSTILE operator =/, "$place: which do catch the careless");
	($code, $out, $err) = $node->psql($db, "SET search_path = hostile, pg_catalog; SELECT lower('A'::pg_catalog.text)");
	like($err, qr/HOSTILE function lower/, "$place: likewise");

	($code, $out, $err) = $node->psql($db, "SET search_path = hostile, pg_catalog, public; ${temp}CREATE EXTENSION wallet SCHEMA $place");
	is($err, '', "$place: CREATE EXTENSION calls nothing of it");
	($code, $out, $err) = $node->psql($db, "SET search_path = hostile, pg_catalog, public; SELECT $place.wallet_grant(v.a, v.b) FROM (VALUES ('wr_reader'::pg_catalog.text, 'reader'::pg_catalog.text), ('wr_auditor', 'auditor'), ('wr_admin', 'admin'), ('wr_owner', 'teller')) v (a, b); SELECT wallet.apply_grants(); SELECT $place.wallet_revoke('wr_reader', 'reader'); SELECT $place.wallet_grant('wr_reader', 'reader')");
	is($err, '', "$place: nor do grants");
	seed_calls($node, $db, $place eq 'hostile' ? 'pg_catalog, hostile' : 'public');

	my %id = map { lc($_) => $node->safe_psql($db, "SELECT id FROM wallet.account WHERE name = lower('$_')") } qw(PLAIN OWNED);
	for my $line (@calls)
	{
		my ($name, $call, undef, $fails) = @$line;

		next if defined $fails;
		$call =~ s/\bS\./$place./g;
		$call =~ s/\bID\b/'00000009-0000-7000-8000-000000000009'::pg_catalog.uuid/g;
		$call =~ s/\b(PLAIN|OWNED)\b/$id{lc $1}/g;
		$call =~ s/'\{([^']*)\}'/"'{$1}'::pg_catalog." . ($1 =~ m{^(1|\d{10,})$} ? $1 eq '1' ? 'numeric[]' : 'int8[]' : 'text[]')/ge;
		$call =~ s/ IS NOT NULL| > 0//;
		$call =~ s/\b(count|bool_and)\(/pg_catalog.$1(/g;

		my $innocent = $node->safe_psql($db, "BEGIN; SET search_path = pg_catalog; SELECT $call; ROLLBACK");
		($code, $out, $err) = $node->psql($db, "SET search_path = hostile, pg_catalog, public; ${temp}BEGIN; SELECT $call; ROLLBACK");
		unlike($err, qr/ERROR|WARNING|HOSTILE/, "$place: $call calls nothing of it");
		$_ //= '' for $out;
		is($out, $innocent, "$place: and answers the same") unless $name =~ /uuid|horizon|open/;
	}
	for my $line (@relations)
	{
		my $innocent = $node->safe_psql($db, "SELECT * FROM wallet.$line->[0]");
		($code, $out, $err) = $node->psql($db, "SET search_path = hostile, pg_catalog, public; ${temp}SELECT * FROM wallet.$line->[0]");
		is($err, '', "$place: reading $line->[0] calls nothing of it");
		is($out, $innocent, "$place: and shows the same") unless $line->[0] =~ /^horizon/;
	}
	# Deeds that stay, and a definer's function that forgot to set its path.
	($code, $out, $err) = $node->psql($db, <<"SQL");
SET search_path = hostile, pg_catalog, public; ${temp}
CREATE FUNCTION public.lend(id pg_catalog.uuid) RETURNS pg_catalog.text LANGUAGE plpgsql SECURITY DEFINER AS \$\$ DECLARE r wallet.receipt; BEGIN r := $place.wallet_transfer('world', 'plain', 1, 'USD', id); RETURN r.status; END \$\$;
GRANT EXECUTE ON FUNCTION public.lend(pg_catalog.uuid) TO PUBLIC; GRANT USAGE ON SCHEMA public TO PUBLIC;
SET ROLE evil;
SELECT public.lend('00000009-0000-7000-8000-000000000001');
SQL
	is("$out|$err", 'success|', "$place: in a definer's function with the caller's path");
	is($node->safe_psql($db, "SELECT bool_and(ok) FROM $place.wallet_verify(true)"), 't', "$place: it verifies");
}

$node->stop;
done_testing();
