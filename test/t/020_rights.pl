# Who may do what.
#
# Goal: every function and relation of the extension does for every kind of role what doc/rights.md says, wherever the
# functions are; what is granted is taken back; refusals are in the log; a dump, an upgrade and DROP ROLE keep it so.
# Method: every line of WalletCalls is tried for real, in a session of each role. The catalog is asked whether a function
# or relation has no line. ACLs are compared as a whole before and after.

use strict;
use warnings;
use lib 'test/t';
use Test::More;
use WalletTest;
use WalletCalls;
use PostgreSQL::Test::Utils;

my $node = wallet_node('main');
my $other = wallet_node('new');
my @who = qw(nobody reader teller auditor admin owner other cluster);
my %bundle = (reader => 'reader', teller => 'teller', auditor => 'auditor', admin => 'admin', owner => 'teller', other => 'teller', cluster => 'cluster');
my ($schema, $db, %id);

# What each statement answers in a session of the role: its SQLSTATE, or 42501 for the status of that name.
sub try_all
{
	my ($role, @statements) = @_;
	my $script = join '', map { "BEGIN;\n$_;\n\\echo -- :SQLSTATE\nROLLBACK;\n" } @statements;
	my ($out, $err) = ('', '');
	my @answers;

	IPC::Run::run([ 'psql', '-qXAt', '-h', $node->host, '-p', $node->port, '-d', $db, '-U', $role ], '<', \$script, '>', \$out, '2>', \$err);
	for my $answer (split /^(?=-- )/m, $out)
	{
		push @answers, $1 if $answer =~ /^-- (\w+)/;
	}
	# What came before the mark of a statement is what it said.
	my @said = split /^-- \w+\n/m, $out;
	for my $i (0 .. $#answers)
	{
		$answers[$i] = '42501' if ($said[$i] // '') =~ /^insufficient_privilege$/m;
	}
	die "$role: $err" unless @answers == @statements;
	return @answers;
}

sub call_of
{
	my ($call) = @_;

	$call =~ s/\bS\./$schema./g;
	$call =~ s/\bID\b/'00000009-0000-7000-8000-000000000009'::uuid/g;
	$call =~ s/\b(PLAIN|OWNED)\b/$id{lc $1}/g;
	return "SELECT $call";
}

# All privileges of the extension's objects and both schemas, and what wallet remembers of them.
sub privileges
{
	my ($where) = @_;

	return $node->safe_psql($db, <<"SQL");
SELECT o || ' ' || a.privilege_type || a.is_grantable || ' ' || pg_get_userbyid(a.grantee)
FROM (SELECT p.oid::regprocedure::text, p.proacl FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid WHERE d.deptype = 'e'
	UNION ALL SELECT c.oid::regclass::text, c.relacl FROM pg_class c WHERE c.relnamespace = 'wallet'::regnamespace
	UNION ALL SELECT t.oid::regtype::text, t.typacl FROM pg_type t WHERE t.typnamespace = 'wallet'::regnamespace
	UNION ALL SELECT n.nspname, n.nspacl FROM pg_namespace n) AS v (o, acl), aclexplode(acl) a
WHERE a.grantee NOT IN (0, current_user::regrole) AND $where
ORDER BY 1
SQL
}

sub fails
{
	my ($role, $sql, $pattern, $what) = @_;
	my ($code, $out, $err) = $node->psql($db, $sql, extra_params => [ '-U', $role ]);

	like($err, $pattern, $what);
}

$node->safe_psql('postgres', join ' ', map { "CREATE ROLE wr_$_ LOGIN;" } @who);

for my $place (qw(public wallet odd))
{
	$db = "bank_$place";
	$schema = $place eq 'odd' ? '"Odd Place"' : $place;
	$node->safe_psql('postgres', "CREATE DATABASE $db");
	$node->safe_psql($db, "CREATE SCHEMA $schema") if $place ne 'public';
	# Whatever default privileges would give away, the extension takes back.
	$node->safe_psql($db, 'ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO wr_nobody; ALTER DEFAULT PRIVILEGES GRANT ALL ON FUNCTIONS TO wr_nobody;
		ALTER DEFAULT PRIVILEGES GRANT ALL ON TYPES TO wr_nobody; ALTER DEFAULT PRIVILEGES GRANT ALL ON SCHEMAS TO wr_nobody;
		ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC');
	$node->safe_psql($db, "CREATE EXTENSION wallet SCHEMA $schema");
	$node->safe_psql($db, 'ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM wr_nobody, PUBLIC; ALTER DEFAULT PRIVILEGES REVOKE ALL ON FUNCTIONS FROM wr_nobody;
		ALTER DEFAULT PRIVILEGES REVOKE ALL ON TYPES FROM wr_nobody; ALTER DEFAULT PRIVILEGES REVOKE ALL ON SCHEMAS FROM wr_nobody');
	is(privileges("o NOT IN ('public', 'pg_catalog', 'information_schema')"), '', "$place: after CREATE EXTENSION nobody has anything");
	$node->safe_psql($db, join ' ', map { "SELECT $schema.wallet_grant('wr_$_', '$bundle{$_}');" } sort keys %bundle);
	seed_calls($node, $db, $schema);
	%id = map { $_ => $node->safe_psql($db, "SELECT id FROM wallet.account WHERE name = '$_'") } qw(plain owned);
	my @tries = map { call_of($_->[1]) } @calls;

	# ---- every function has a line, and does what it says
	my %line = map { $_->[0] => 1 } @calls;
	my @functions = split /\n/, $node->safe_psql($db, "SELECT DISTINCT p.proname FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'wallet' WHERE d.deptype = 'e'");
	is(join(' ', sort grep { !$line{$_} } @functions), '', "$place: every function has a line in WalletCalls");
	is($node->safe_psql($db, "SELECT string_agg(f, ' ') FROM unnest('{" . join(',', @functions) . "}'::text[]) f WHERE NOT EXISTS (SELECT FROM wallet.bundle_object WHERE kind = 'function' AND name = f)"), '', "$place: and one in wallet.bundle_object");
	for my $who (@who, 'superuser')
	{
		my @answers = try_all($who eq 'superuser' ? $node->safe_psql('postgres', 'SELECT current_user') : "wr_$who", @tries);

		for my $i (0 .. $#calls)
		{
			my ($name, $call, $may, $always) = @{ $calls[$i] };
			my $wanted = $who eq 'superuser' ? $always // '00000' : " $may " =~ / $who / ? '00000' : '42501';

			is($answers[$i], $wanted, "$place: $who: $call");
		}
	}

	# ---- relations
	my %relation = map { $_->[0] => 1 } @relations;
	my %kind = map { split /\|/ } split /\n/, $node->safe_psql($db, "SELECT c.relname, c.relkind FROM pg_class c JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid WHERE d.deptype = 'e' AND c.relkind IN ('r', 'v', 'm', 'S', 'p', 'f')");
	is(join(' ', sort grep { !$relation{$_} } keys %kind), '', "$place: every relation has a line in WalletCalls");
	is($node->safe_psql($db, "SELECT string_agg(r, ' ') FROM unnest('{" . join(',', keys %kind) . "}'::text[]) r WHERE NOT EXISTS (SELECT FROM wallet.bundle_object WHERE kind = 'relation' AND name = r)"), '', "$place: and one in wallet.bundle_object");
	my %column = map { split /\|/ } split /\n/, $node->safe_psql($db, "SELECT c.relname, quote_ident(a.attname) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = 1 WHERE c.relnamespace = 'wallet'::regnamespace AND c.relkind IN ('r', 'v')");
	for my $who (@who)
	{
		my @reads = try_all("wr_$who", map { "SELECT count(*) FROM wallet.$_->[0]" } @relations);
		my @tables = grep { $kind{$_} eq 'r' } sort keys %kind;
		my @writes = map { my $t = $_; map { s/\bT\b/wallet.$t/r =~ s/\bC\b/$column{$t}/r } 'INSERT INTO T DEFAULT VALUES', 'UPDATE T SET C = NULL', 'DELETE FROM T', 'TRUNCATE T', 'LOCK TABLE T IN SHARE MODE', 'ALTER TABLE T DISABLE TRIGGER ALL' } @tables;

		is($reads[$_], " $relations[$_][1] " =~ / $who / ? '00000' : '42501', "$place: $who reads $relations[$_][0]") for 0 .. $#relations;
		is(join(' ', try_all("wr_$who", @writes)), join(' ', map { '42501' } @writes), "$place: $who writes no table");
		is(join(' ', try_all("wr_$who", 'CREATE TABLE wallet.mine ()', "CREATE FUNCTION wallet.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
			'CREATE TRIGGER t BEFORE INSERT ON wallet.event EXECUTE FUNCTION suppress_redundant_updates_trigger()', 'SET wallet.allow_drop = on', 'DROP EXTENSION wallet', 'ALTER EXTENSION wallet UPDATE')),
			join(' ', map { '42501' } 1 .. 6), "$place: $who changes nothing about the extension");
	}
	my @immutable = map { my $t = $_; map { s/\bT\b/wallet.$t/r =~ s/\bC\b/$column{$t}/r } 'UPDATE T SET C = NULL', 'DELETE FROM T', 'TRUNCATE T' } qw(event account currency milestone);
	is(join(' ', try_all($node->safe_psql('postgres', 'SELECT current_user'), @immutable)), join(' ', map { '55000' } @immutable), "$place: a superuser meets immutability");
	is($node->safe_psql($db, "SELECT bool_and(ok) FROM $schema.wallet_verify(true)"), 't', "$place: it verifies");
}

# ---- granting and taking back, on the ledger whose functions have a place of their own
sub grant { $node->safe_psql($db, "SELECT $schema.wallet_grant('$_[0]', '$_[1]')"); }
sub revoke { $node->safe_psql($db, "SELECT $schema.wallet_revoke('$_[0]', '$_[1]')"); }

my $none = privileges("true");
my $of_new = "a.grantee::regrole::text = 'wr_new'";
my %alone;
$node->safe_psql('postgres', 'CREATE ROLE wr_new LOGIN');
for my $bundle (qw(reader teller auditor admin cluster))
{
	grant('wr_new', $bundle);
	$alone{$bundle} = privileges($of_new);
	grant('wr_new', $bundle);
	is(privileges($of_new), $alone{$bundle}, "$bundle: granted twice is granted once");
	revoke('wr_new', $bundle);
	is(privileges("true"), $none, "$bundle: what was granted is taken back, and nothing else");
}
for my $pair ([ qw(reader teller) ], [ qw(teller reader) ], [ qw(teller auditor) ], [ qw(admin teller) ], [ qw(auditor admin) ], [ qw(cluster reader) ])
{
	my ($kept, $taken) = @$pair;

	grant('wr_new', $_) for $kept, $taken;
	revoke('wr_new', $taken);
	is(privileges($of_new), $alone{$kept}, "of $kept and $taken, $kept is left");
	grant('wr_new', $taken);
	revoke('wr_new', $kept);
	is(privileges($of_new), $alone{$taken}, "of $kept and $taken, $taken is left");
	revoke('wr_new', $taken);
	is(privileges("true"), $none, "and then nothing");
}
$node->safe_psql($db, "GRANT USAGE ON SCHEMA $schema TO wr_new");
grant('wr_new', $_), revoke('wr_new', $_) for qw(reader admin);
like(privileges($of_new), qr/^Odd Place USAGEfalse wr_new$/, 'USAGE on a schema that was there before stays');
$node->safe_psql($db, "REVOKE USAGE ON SCHEMA $schema FROM wr_new; BEGIN; SELECT $schema.wallet_grant('wr_new', 'admin'); ROLLBACK");
is(privileges("true"), $none, 'a grant rolls back');
is($node->safe_psql($db, "SELECT count(*) FROM wallet.bundle_grant WHERE role = 'wr_new'"), '0', 'with what is remembered of it');

my $superuser = $node->safe_psql('postgres', 'SELECT current_user');
fails($superuser, "SELECT $schema.wallet_grant('wr_nowhere', 'reader')", qr/role "wr_nowhere" does not exist/, 'a role must exist');
fails($superuser, "SELECT $schema.wallet_revoke('wr_nowhere', 'reader')", qr/role "wr_nowhere" does not exist/, 'also for wallet_revoke');
fails($superuser, "SELECT $schema.wallet_grant('public', 'reader')", qr/role "public" does not exist/, 'PUBLIC is no role');
fails($superuser, "SELECT $schema.wallet_grant('wr_new', 'Reader')", qr/unknown bundle of rights "Reader"\nHINT:  Bundles are reader, teller, auditor, admin and cluster/, 'bundles are spelt exactly');
fails($superuser, "SELECT $schema.wallet_grant(NULL, 'reader')", qr/"role" must not be NULL/, 'NULL is no role');
fails($superuser, "SELECT $schema.wallet_revoke('wr_new', NULL)", qr/"bundle" must not be NULL/, 'nor a bundle');
fails($superuser, "SELECT $schema.wallet_revoke('wr_new', 'reader')", qr/NOTICE:  role "wr_new" does not hold the bundle "reader"/, 'what is not held is told');

# Who owns the extension may grant, who may merely execute the function may not.
$node->safe_psql($db, "GRANT EXECUTE ON FUNCTION $schema.wallet_grant, $schema.wallet_revoke, wallet.apply_grants TO wr_admin");
fails('wr_admin', "SELECT $schema.wallet_$_->[0]('wr_new', 'admin')", qr/permission denied to change bundles of rights\nDETAIL:  Only a superuser or "$superuser"/, "an admin cannot $_->[0], even with EXECUTE") for [ 'grant' ], [ 'revoke' ];
fails('wr_admin', 'SELECT wallet.apply_grants()', qr/permission denied to change bundles/, 'nor apply');
$node->safe_psql($db, "REVOKE EXECUTE ON FUNCTION $schema.wallet_grant, $schema.wallet_revoke, wallet.apply_grants FROM wr_admin");
is(privileges("true"), $none, 'as before');

# A role with a name that must be quoted; membership; an admin by membership.
$node->safe_psql($db, qq{CREATE ROLE "wr ""odd"" Role"; SELECT $schema.wallet_grant('wr "odd" Role', 'admin'); GRANT "wr ""odd"" Role" TO wr_new});
my $take = "SELECT status FROM $schema.wallet_transfer('world', 'plain', 1, 'USD', $schema.wallet_uuid())";
is(join(' ', try_all('wr_new', $take)), '00000', 'a member of an admin is an admin');
$node->safe_psql($db, 'ALTER ROLE wr_new NOINHERIT');
is(join(' ', try_all('wr_new', $take, qq{SET ROLE "wr ""odd"" Role"; $take})), '42501 00000', 'unless it does not inherit: then by SET ROLE') if $node->safe_psql('postgres', "SELECT current_setting('server_version_num')::int < 160000") eq 't';
$node->safe_psql($db, 'ALTER ROLE wr_new INHERIT');
# An open session notices at once.
my $session = session($node, $db, PGUSER => 'wr_new');
is((answer($session, "$take;"))[0], 'success', 'an open session of an admin');
$node->safe_psql($db, qq{SELECT $schema.wallet_revoke('wr "odd" Role', 'admin'); SELECT $schema.wallet_grant('wr_new', 'teller')});
is(scalar(answer($session, "$take;")), 0, 'is one no longer');
$node->safe_psql($db, "SELECT $schema.wallet_grant('wr_new', 'admin')");
is((answer($session, "$take;"))[0], 'success', 'and again');
$node->safe_psql($db, "SELECT $schema.wallet_revoke('wr_new', 'admin'), $schema.wallet_revoke('wr_new', 'teller')");
finish($session);
$node->safe_psql($db, qq{DROP ROLE "wr ""odd"" Role"});
is(privileges("true"), $none, 'as before');

# Two at a time: one after the other, and above READ COMMITTED a serialization failure.
my $first = session($node, $db);
my $second = session($node, $db);
answer($second, 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1;');
answer($first, "SELECT $schema.wallet_grant('wr_new', 'teller');");
answer($second, "SELECT $schema.wallet_grant('wr_new', 'reader');");
is((answer($second, '\echo :LAST_ERROR_SQLSTATE'))[0], '40001', 'REPEATABLE READ does not overlook a grant');
finish($_) for $first, $second;
revoke('wr_new', 'teller');

# ---- the log
sub logged { my @lines = slurp_file($node->logfile) =~ /$_[0]/g; return scalar @lines; }
my $denied = qr/LOG:  (?:42501: )?permission denied to debit account "owned" in USD: session user "wr_teller", current user "wr_teller", commands refused in this call: (?:1 of 1|2 of 3)\n/;
my $before = logged($denied);
my @ids = map { "'" . uuid($_, 7) . "'" } 1 .. 3;
$node->psql($db, "SELECT $schema.wallet_transfer('owned', 'plain', 1, 'USD', $ids[0])", extra_params => [ '-U', 'wr_teller' ]);
is(logged($denied), $before + 1, 'a refusal that raises is logged');
$node->safe_psql($db, "DO \$\$ BEGIN PERFORM $schema.wallet_transfer('owned', 'plain', 1, 'USD', $ids[0]); EXCEPTION WHEN insufficient_privilege THEN NULL; END \$\$", extra_params => [ '-U', 'wr_teller' ]);
is(logged($denied), $before + 2, 'also when the error is caught');
my $bulk = "SELECT string_agg(status, ' ' ORDER BY ord) FROM $schema.wallet_transfers('{owned,plain,owned}', '{plain,owned,plain}', '{1,1,1}', '{USD,USD,USD}', ARRAY[" . join(',', @ids) . "]::uuid[])";
is($node->safe_psql($db, $bulk, extra_params => [ '-U', 'wr_teller' ]), 'insufficient_privilege success insufficient_privilege', 'in bulk it is a status');
is(logged($denied), $before + 3, 'one line per call');
ok(log_has($node, qr/commands refused in this call: 2 of 3\n/), 'with the count');
$node->safe_psql($db, "SET ROLE wr_teller; SET client_min_messages = debug1; $bulk");
ok(log_has($node, qr/session user "$superuser", current user "wr_teller", commands refused/), 'both users are named');
$node->psql($db, "SELECT $schema.wallet_open('x', 'USD', $ids[0])", extra_params => [ '-U', 'wr_teller' ]);
ok(log_has($node, qr/ERROR:  permission denied for function wallet_open/), 'PostgreSQL logs its own refusals');
is($node->safe_psql($db, $bulk, extra_params => [ '-U', 'wr_owner' ]), 'success success success', 'whoever may is told the same as ever');
is(logged($denied), $before + 3, 'and nothing is logged of him');

# ---- a function that lends its owner's rights: the right is the definer's, the actor the session's user
$node->safe_psql($db, <<"SQL");
CREATE SCHEMA shop; GRANT USAGE ON SCHEMA shop TO wr_nobody, wr_owner; GRANT CREATE ON SCHEMA shop TO wr_owner, wr_teller; SET ROLE wr_owner;
CREATE FUNCTION shop.pay(amount numeric, id uuid) RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS \$\$ SELECT status FROM $schema.wallet_transfer('owned', 'plain', amount, 'USD', id) \$\$;
SET ROLE wr_teller;
CREATE FUNCTION shop.steal(id uuid) RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS \$\$ SELECT status FROM $schema.wallet_transfer('owned', 'plain', 1, 'USD', id) \$\$;
SQL
is($node->safe_psql($db, "SELECT shop.pay(1, '" . uuid(1, 8) . "')", extra_params => [ '-U', 'wr_nobody' ]), 'success', 'a wrapper pays with its definer\'s rights');
fails('wr_owner', "SELECT shop.steal('" . uuid(2, 8) . "')", qr/permission denied to debit the account/, 'and with no others: the caller\'s do not count inside');
is($node->safe_psql($db, "SELECT actor FROM wallet.event WHERE transaction_id = '" . uuid(1, 8) . "'"), 'wr_nobody', 'the actor is the session\'s user, not the definer');
$node->safe_psql($db, "SET ROLE wr_owner; SELECT $schema.wallet_transfer('owned', 'plain', 1, 'USD', '" . uuid(3, 8) . "')");
is($node->safe_psql($db, "SELECT actor FROM wallet.event WHERE transaction_id = '" . uuid(3, 8) . "'"), $superuser, 'nor whom SET ROLE named');
$node->safe_psql($db, "SET SESSION AUTHORIZATION wr_owner; SELECT $schema.wallet_transfer('owned', 'plain', 1, 'USD', '" . uuid(4, 8) . "')");
is($node->safe_psql($db, "SELECT actor FROM wallet.event WHERE transaction_id = '" . uuid(4, 8) . "'"), 'wr_owner', 'SET SESSION AUTHORIZATION changes it');

# ---- an upgrade: what it adds is given to whoever holds the bundle, and is not taken for the extension's own
my $version = $node->safe_psql($db, "SELECT extversion FROM pg_extension WHERE extname = 'wallet'");
my ($script) = glob("$ENV{WALLET_STAGE}" . `pg_config --sharedir | tr -d '\n'` . "/extension/wallet--$version.sql");
my $upgrade = $script =~ s/wallet--[^\/]*$/wallet--$version--rightstest.sql/r;
open my $file, '>', $upgrade or die "$upgrade: $!";
print $file <<'SQL';
INSERT INTO wallet.bundle_object VALUES ('function', 'wallet_test_added', 'reader');
CREATE FUNCTION @extschema@.wallet_test_added() RETURNS int LANGUAGE sql AS 'SELECT 1';
REVOKE ALL ON FUNCTION @extschema@.wallet_test_added() FROM PUBLIC;
SELECT wallet.apply_grants();
SQL
close $file;
END { unlink $upgrade if defined $upgrade }
$node->safe_psql($db, "ALTER EXTENSION wallet UPDATE TO 'rightstest'");
my %added = map { $_ => (try_all("wr_$_", "SELECT $schema.wallet_test_added()"))[0] } @who;
is(join(' ', map { "$_=$added{$_}" } @who), 'nobody=42501 reader=00000 teller=00000 auditor=00000 admin=00000 owner=00000 other=00000 cluster=42501', 'an upgrade gives what it has added');
is($node->safe_psql($db, "SELECT count(*) FROM pg_init_privs i, aclexplode(i.initprivs) a JOIN pg_roles r ON r.oid = a.grantee WHERE r.rolname LIKE 'wr%'"), '0', 'no grant is taken for an initial privilege, which pg_dump leaves out');
my $everything = privileges("true");

# ---- a dump: into a server that has all roles but one
my $dump = PostgreSQL::Test::Utils::tempdir() . '/dump.sql';
command_ok([ 'pg_dump', '-h', $node->host, '-p', $node->port, '-f', $dump, $db ], 'dumped');
$other->safe_psql('postgres', join ' ', "CREATE DATABASE $db;", map { "CREATE ROLE wr_$_ LOGIN;" } grep { $_ ne 'auditor' } @who);
my $restored = PostgreSQL::Test::Utils::slurp_file($dump);
# CREATE EXTENSION in a dump takes the default version; the test's upgrade is done by hand.
$restored =~ s/(CREATE EXTENSION IF NOT EXISTS wallet[^;]*;)/$1 ALTER EXTENSION wallet UPDATE TO 'rightstest';/;
append_to_file("$dump.new", $restored);
my ($code, $out, $err) = $other->psql($db, '', extra_params => [ '-f', "$dump.new" ], on_error_stop => 0);
my @errors = $err =~ /ERROR: +(.*)/g;
is(join(' | ', grep { $_ !~ /role "wr_auditor" does not exist/ } @errors), '', 'only the missing role is missed');
my $main = $node;
$node = $other;
is_deeply([ split /\n/, privileges("true") ], [ grep { !/wr_auditor/ } split /\n/, $everything ], 'every other role has what it had');
($code, $out, $err) = $node->psql($db, 'SELECT wallet.apply_grants()');
like($err, qr/WARNING:  role "wr_auditor" holds bundles of rights and does not exist\nHINT:  Create it/, 'a role that is not there is told');
is($code, 0, 'and is no error');
$node->safe_psql($db, 'CREATE ROLE wr_auditor LOGIN; SELECT wallet.apply_grants()');
is_deeply([ split /\n/, privileges("true") ], [ split /\n/, $everything ], 'when it is made, apply_grants gives it what it had');
is(join(' ', try_all('wr_auditor', "SELECT bool_and(ok) FROM $schema.wallet_verify(true)")), '00000', 'and it can verify');

# ---- roles that go
for my $how ("SELECT $schema.wallet_revoke('wr_auditor', 'auditor')", 'DROP OWNED BY wr_auditor')
{
	fails($superuser, 'DROP ROLE wr_auditor', qr/cannot be dropped because some objects depend on it/, 'a role that holds a bundle cannot be dropped');
	$node->safe_psql($db, "$how; DROP ROLE wr_auditor");
	is(privileges("a.grantee NOT IN (SELECT oid FROM pg_roles)"), '', "after $how it can, and leaves nothing");
	is($node->safe_psql($db, "SELECT count(*) FROM wallet.bundle_grant WHERE role = 'wr_auditor'"), $how =~ /OWNED/ ? '1' : '0', 'wallet_revoke forgets the role, DROP OWNED does not');
	$node->safe_psql($db, "CREATE ROLE wr_auditor LOGIN; SELECT $schema.wallet_grant('wr_auditor', 'auditor')") if $how !~ /OWNED/;
}
$node->safe_psql($db, "SELECT $schema.wallet_revoke('wr_auditor', 'auditor')");
is($node->safe_psql($db, "SELECT count(*) FROM wallet.bundle_grant WHERE role = 'wr_auditor'"), '0', 'wallet_revoke forgets a role that is gone');

$_->stop for $main, $other;
done_testing();
