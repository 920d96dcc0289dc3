# From every older version to the current one.
#
# Goal: a database that was updated has what a fresh one has, object for object: tables with their columns in
# order, functions, views, types, comments, rights, states of triggers, what pg_dump carries. The library serves the old
# SQL before the update; what was written then verifies, is remembered, goes on, and moves by pg_dump afterwards.
# Method: the schema as pg_upgrade would carry it, and the catalogs, of a fresh database against one that was
# updated with a ledger in it. That the comparison sees a difference is shown by making one of each kind.

use strict;
use warnings;
use lib 'test/t';
use Test::More;
use WalletTest;
use PostgreSQL::Test::Utils;

my $node = wallet_node('main', conf => "fsync = off\n");
my $dir = PostgreSQL::Test::Utils::tempdir();
$node->safe_psql('postgres', 'CREATE DATABASE fresh');
$node->safe_psql('fresh', 'CREATE EXTENSION wallet');
my $newest = $node->safe_psql('fresh', "SELECT extversion FROM pg_extension WHERE extname = 'wallet'");
my @older = split /\n/, $node->safe_psql('fresh', "SELECT source FROM pg_extension_update_paths('wallet') WHERE target = '$newest' AND path IS NOT NULL ORDER BY string_to_array(source, '.')::int[]");

# All that an extension script can leave behind and pg_dump does not show, or shows only together with it.
my $catalog = <<'SQL';
WITH member AS (
	SELECT d.classid, d.objid, pg_describe_object(d.classid, d.objid, 0) AS name
	FROM pg_depend d JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
	WHERE e.extname = 'wallet' AND d.deptype = 'e')
SELECT concat_ws(' ', 'member', name) FROM member
UNION ALL
SELECT concat_ws(' ', 'version', extversion, extrelocatable, extnamespace::regnamespace) FROM pg_extension WHERE extname = 'wallet'
UNION ALL
SELECT concat_ws(' ', 'dumped', c::regclass, w) FROM pg_extension, unnest(extconfig, extcondition) AS u (c, w) WHERE extname = 'wallet'
UNION ALL
SELECT concat_ws(' ', 'comment', name, objsubid, description) FROM member JOIN pg_description ON classoid = classid AND objoid = objid
UNION ALL
SELECT concat_ws(' ', 'initial rights', name, objsubid, initprivs::text) FROM member JOIN pg_init_privs ON classoid = classid AND objoid = objid
UNION ALL
SELECT concat_ws(' ', 'rights', name, COALESCE(proacl::text, 'default')) FROM member JOIN pg_proc p ON classid = 'pg_proc'::regclass AND p.oid = objid
UNION ALL
SELECT concat_ws(' ', 'rights', name, COALESCE(relacl::text, 'default')) FROM member JOIN pg_class c ON classid = 'pg_class'::regclass AND c.oid = objid
UNION ALL
SELECT concat_ws(' ', 'rights', name, COALESCE(nspacl::text, 'default')) FROM member JOIN pg_namespace n ON classid = 'pg_namespace'::regclass AND n.oid = objid
UNION ALL
SELECT concat_ws(' ', 'function', name, pg_get_functiondef(objid)) FROM member WHERE classid = 'pg_proc'::regclass
UNION ALL
SELECT concat_ws(' ', 'column', a.attrelid::regclass, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attstorage, a.attcollation, a.attisdropped)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = 'wallet'::regnamespace AND a.attnum > 0
UNION ALL
SELECT concat_ws(' ', 'relation', c.oid::regclass, c.relkind, COALESCE(c.reloptions::text, ''), c.relpersistence, c.relreplident, c.relrowsecurity)
FROM pg_class c WHERE c.relnamespace = 'wallet'::regnamespace
UNION ALL
SELECT concat_ws(' ', 'trigger', pg_get_triggerdef(t.oid), t.tgenabled) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relnamespace = 'wallet'::regnamespace
UNION ALL
SELECT concat_ws(' ', 'event trigger', evtname, evtenabled, evtfoid::regproc) FROM pg_event_trigger WHERE evtname LIKE 'wallet%'
UNION ALL
SELECT concat_ws(' ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint WHERE connamespace = 'wallet'::regnamespace
ORDER BY 1
SQL

# Rows that come with the extension and are not dumped: every version must bring its own.
my $rows = <<'SQL';
SELECT * FROM wallet.status ORDER BY number;
SELECT * FROM wallet.kind ORDER BY number;
SELECT * FROM wallet.currency WHERE builtin ORDER BY code;
SQL

sub schema_of
{
	my ($db) = @_;
	my ($out, $err) = run_command([ 'pg_dump', '-h', $node->host, '-p', $node->port, '-s', '--binary-upgrade', $db ]);

	# OIDs, file nodes and transaction ids are each database's own, and so is its name.
	my @lines = grep { !/binary_upgrade|relfrozenxid|restrict|^\\connect|WHERE oid = |OWNER TO|-- Name: .*DATABASE|^-- / } split /\n/, $out;

	return join "\n", grep { !/^$/ } @lines;
}

sub fingerprint { return join "\n", schema_of($_[0]), $node->safe_psql($_[0], $catalog), $node->safe_psql($_[0], $rows); }

# The first lines that only one of two texts has.
sub differences
{
	my ($one, $two) = @_;
	my (%one, %two);

	$one{$_}++ for split /\n/, $one;
	$two{$_}++ for split /\n/, $two;
	my @lines = ((map { "fresh only: $_" } grep { !$two{$_} } sort keys %one), (map { "updated only: $_" } grep { !$one{$_} } sort keys %two));
	return join "\n", $one eq $two ? () : ('they differ', @lines[ 0 .. ($#lines < 19 ? $#lines : 19) ]);
}

is($older[0], '1.0', 'there is a way from the first version');
my $fresh = fingerprint('fresh');
cmp_ok(length $fresh, '>', 20000, 'the comparison has much to compare');
like($fresh, qr/CREATE TABLE wallet\.event .*CREATE FUNCTION public\.wallet_transfer\(/s, 'tables and functions are among it');

my $commands = <<"SQL";
SELECT wallet_define_currency('GEMS', 3, '${\ uuid(1)}');
SELECT wallet_open('mint', 'GEMS', '${\ uuid(2)}', NULL) > 0;
SELECT wallet_open('alice', 'GEMS', '${\ uuid(3)}', 0, 50, 'mint', NULL, '{"a": 1}') > 0;
SELECT status, to_balance FROM wallet_transfer('mint', 'alice', 12.345, 'GEMS', '${\ uuid(4)}');
SELECT ord, status FROM wallet_transfers(ARRAY['alice', 'alice', 'mint'], ARRAY['mint', 'mint', 'alice'], ARRAY[2, 1000, 1000], ARRAY['GEMS', 'GEMS', 'GEMS'], ARRAY['${\ uuid(5)}', '${\ uuid(6)}', '${\ uuid(7)}']::uuid[], ARRAY[1, 2, 3]);
SELECT ord, status FROM wallet_transfers_by_id((SELECT array_agg(id) FROM wallet.account WHERE name = 'alice' AND currency = 'GEMS'), (SELECT array_agg(id) FROM wallet.account WHERE name = 'mint'), ARRAY[1.5], ARRAY['${\ uuid(8)}'::uuid]);
SELECT balance, held, available, status, version FROM wallet_account('alice', 'GEMS');
SELECT count(*) FROM wallet_replay(wallet_horizon());
SQL

for my $version (@older)
{
	my $db = 'from_' . $version =~ s/\./_/r;
	my $at = sub { return $node->safe_psql($db, $_[0]); };

	$node->safe_psql('postgres', "CREATE DATABASE $db");
	$at->("CREATE EXTENSION wallet VERSION '$version'");
	is($at->("SELECT extversion FROM pg_extension WHERE extname = 'wallet'"), $version, "$version: can be installed");
	wallet_seed($node, $db, 1000, qw(alice bob));
	# A session that used the old SQL and goes on while it is updated.
	my $session = session($node, $db);
	is(join(' ', answer($session, "SELECT status FROM wallet_transfer('alice', 'bob', 1, 'USD', wallet_uuid());")), 'success', "$version: a session");

	my ($code, $out, $err) = $node->psql($db, $commands);
	is($err, '', "$version: the library serves the old SQL");
	like($out, qr/^\(success,.*\nt\nt\nsuccess\|12\.345\n1\|success\n2\|insufficient_funds\n3\|ceiling_exceeded\n1\|success\n8\.845\|0\.000\|8\.845\|open\|4\n5$/s, "$version: and answers as it should");
	proof_ok($node, $db, "$version, before the update");
	# What is new in the library finds nothing to work with, and says what to do.
	($code, $out, $err) = $node->psql($db, q{CREATE FUNCTION resume() RETURNS text LANGUAGE c AS '$libdir/wallet', 'wallet_sql_resume'; SELECT resume()});
	like($err, qr/relation "wallet\.instance" does not exist\nDETAIL:  This database has version \Q$version\E of the extension wallet, the server has the library of version \Q$newest\E\.\nHINT:  ALTER EXTENSION wallet UPDATE/, "$version: a new function is refused with a hint") if $version eq '1.0';
	$at->('DROP FUNCTION resume()') if $version eq '1.0';
	# 300 more, for milestones.
	$at->("SELECT count(*) FROM wallet_transfers(array_fill('alice'::text, ARRAY[300]), array_fill('bob'::text, ARRAY[300]), array_fill(1, ARRAY[300]), array_fill('USD'::text, ARRAY[300]), ARRAY(SELECT wallet_uuid() FROM generate_series(1, 300)))");
	$at->('CREATE ROLE teller') if $version eq $older[0];
	$at->('GRANT EXECUTE ON FUNCTION wallet_balance(text, text) TO PUBLIC; GRANT EXECUTE ON FUNCTION wallet_uuid() TO teller');
	my $state = 'SELECT * FROM wallet.event ORDER BY event_id; SELECT * FROM wallet.account ORDER BY id; SELECT * FROM wallet.balance ORDER BY account; SELECT * FROM wallet.milestone ORDER BY 1, 2; SELECT * FROM wallet.currency ORDER BY 1, 3; SELECT * FROM wallet_replay() ORDER BY account';
	my $before = $at->($state);
	my $last = $at->('SELECT max(event_id) FROM wallet.event');

	# In a transaction that is undone, the old SQL is what is left.
	$at->('BEGIN; ALTER EXTENSION wallet UPDATE; ROLLBACK');
	is($at->("SELECT extversion FROM pg_extension WHERE extname = 'wallet'"), $version, "$version: an update can be rolled back");
	is($at->("SELECT status FROM wallet_transfer('alice', 'bob', 1, 'USD', '${\ uuid(9)}')"), 'success', "$version: and the old SQL goes on");
	$before = $at->($state);

	$at->('ALTER EXTENSION wallet UPDATE');
	is($at->("SELECT has_function_privilege('teller', 'wallet_uuid()', 'EXECUTE'), has_function_privilege('teller', 'wallet_balance(text, text)', 'EXECUTE')"), 't|t', "$version: what an administrator granted stays");
	$at->('REVOKE EXECUTE ON FUNCTION wallet_balance(text, text) FROM PUBLIC; REVOKE EXECUTE ON FUNCTION wallet_uuid() FROM teller');
	is(differences($fresh, fingerprint($db)), '', "$version: updated, it is the same as a fresh $newest");

	is($at->($state), $before, "$version: not a row has changed");
	proof_ok($node, $db, "$version, after the update");
	is(join(' ', answer($session, "SELECT status FROM wallet_transfer('alice', 'bob', 1, 'USD', wallet_uuid());")), 'success', "$version: the session that was there goes on");
	finish($session);
	is($at->("SELECT status, replayed, event_id <= $last FROM wallet_transfer('mint', 'alice', 12.345, 'GEMS', '${\ uuid(4)}')"), 'success|t|t', "$version: a success is remembered");
	is($at->("SELECT status, replayed FROM wallet_transfers(ARRAY['alice'], ARRAY['mint'], ARRAY[1000], ARRAY['GEMS'], ARRAY['${\ uuid(6)}'::uuid], ARRAY[2])"), 'insufficient_funds|t', "$version: a refusal is remembered");
	is($at->("SELECT status, event_id > $last FROM wallet_transfer('alice', 'mint', 1, 'GEMS', '${\ uuid(10)}')"), 'success|t', "$version: it goes on");

	$before = $at->($state);
	command_ok([ 'pg_dump', '-h', $node->host, '-p', $node->port, '-Fc', '-f', "$dir/$db", $db ], "$version: updated, then dumped");
	$node->safe_psql('postgres', "CREATE DATABASE ${db}_again");
	command_ok([ 'pg_restore', '-h', $node->host, '-p', $node->port, '-d', "${db}_again", "$dir/$db" ], "$version: and restored");
	is($node->safe_psql("${db}_again", $state), $before, "$version: the same rows");
	proof_ok($node, "${db}_again", "$version, updated, dumped and restored");
}

# ---- A dump of the oldest version restored here: CREATE EXTENSION takes the current one.
$node->safe_psql('postgres', 'CREATE DATABASE old; CREATE DATABASE moved');
$node->safe_psql('old', "CREATE EXTENSION wallet VERSION '$older[0]'");
wallet_seed($node, 'old', 5, 'alice');
$node->safe_psql('old', $commands);
command_ok([ 'pg_dump', '-h', $node->host, '-p', $node->port, '-Fc', '-f', "$dir/old", 'old' ], "a ledger of $older[0] is dumped");
command_ok([ 'pg_restore', '-h', $node->host, '-p', $node->port, '-d', 'moved', "$dir/old" ], "and restored as $newest");
is($node->safe_psql('moved', "SELECT extversion FROM pg_extension WHERE extname = 'wallet'"), $newest, 'which it is');
proof_ok($node, 'moved', 'restored into another version');

# ---- Somebody updated a database while the server still runs the library of before. What its functions need is not in that library, and PostgreSQL
# says so; what is in both must not write to tables of which it does not know all.
$node->safe_psql('postgres', 'CREATE DATABASE later TEMPLATE old');
$node->safe_psql('later', "UPDATE pg_extension SET extversion = '9.1' WHERE extname = 'wallet'");
my ($code, $out, $err) = $node->psql('later', "SELECT wallet_transfer('mint', 'alice', 1, 'GEMS', wallet_uuid())");
like($err, qr/ERROR:  the library of wallet is older than the extension in this database\nDETAIL:  This database has version 9\.1, the server has loaded the library of version \Q$newest\E\.\nHINT:  Restart the server/, 'an older library takes no command');
is($node->safe_psql('later', "SELECT wallet_balance('alice', 'GEMS')"), '8.845', 'but reads');
my $session = session($node, 'old');
is(join(' ', answer($session, "SELECT status FROM wallet_transfer('mint', 'alice', 1, 'GEMS', wallet_uuid());")), 'success', 'a session of before');
$node->safe_psql('old', "BEGIN; UPDATE pg_extension SET extversion = '10.0' WHERE extname = 'wallet'; CREATE FUNCTION wallet.later() RETURNS int LANGUAGE sql AS 'SELECT 1'; COMMIT");
is(join(' ', answer($session, "SELECT status FROM wallet_transfer('mint', 'alice', 1, 'GEMS', wallet_uuid());")), '', 'notices the update at its next command');
finish($session);
($code, $out, $err) = $node->psql('old', q{CREATE FUNCTION later() RETURNS int LANGUAGE c AS '$libdir/wallet', 'wallet_sql_of_the_future'});
like($err, qr/could not find function "wallet_sql_of_the_future" in file/, 'a function that the library does not have cannot be made');

# ---- The comparison sees each kind of difference.
my %faults = (
	'a function less' => 'ALTER EXTENSION wallet DROP FUNCTION wallet_get(uuid); ALTER FUNCTION wallet_get(uuid) RENAME TO other',
	'a view less' => 'ALTER EXTENSION wallet DROP VIEW wallet.entry; ALTER VIEW wallet.entry RENAME TO other',
	'not a member' => 'ALTER EXTENSION wallet DROP FUNCTION wallet_uuid()',
	'a column more' => 'ALTER TABLE wallet.milestone ADD further bigint',
	'another default' => 'ALTER TABLE wallet.currency ALTER builtin SET DEFAULT true',
	'an index less' => 'ALTER TABLE wallet.event DROP CONSTRAINT event_transaction_id_leg_key',
	'a storage parameter' => 'ALTER TABLE wallet.balance SET (fillfactor = 90)',
	'a trigger that is not ALWAYS' => 'ALTER TABLE wallet.event ENABLE TRIGGER immutable',
	'an event trigger that is off' => 'ALTER EVENT TRIGGER wallet_load_guard DISABLE',
	'another comment' => q(COMMENT ON FUNCTION wallet_uuid() IS 'x'),
	'a comment less' => 'COMMENT ON COLUMN wallet.balance.owned IS NULL',
	'a right of PUBLIC' => 'GRANT EXECUTE ON FUNCTION wallet_uuid() TO PUBLIC',
	'a table that is not dumped' => q(UPDATE pg_extension SET extconfig = extconfig[2:], extcondition = extcondition[2:] WHERE extname = 'wallet'),
	'another body' => q(CREATE OR REPLACE FUNCTION wallet_balance(name text, currency text) RETURNS numeric LANGUAGE sql STABLE PARALLEL SAFE AS 'SELECT 1::numeric'),
	'another marking' => 'ALTER FUNCTION wallet_transfer(text, text, numeric, text, uuid, jsonb, timestamptz, bigint) STABLE',
	'a status less' => 'DELETE FROM wallet.status WHERE number = 7',
	'another column order' => 'ALTER TYPE wallet.receipt DROP ATTRIBUTE amount; ALTER TYPE wallet.receipt ADD ATTRIBUTE amount numeric');
for my $fault (sort keys %faults)
{
	$node->safe_psql('postgres', 'CREATE DATABASE fault TEMPLATE fresh');
	$node->safe_psql('fault', "SET client_min_messages = error; $faults{$fault}");
	isnt(differences($fresh, fingerprint('fault')), '', "noticed: $fault");
	$node->safe_psql('postgres', 'DROP DATABASE fault');
}

$node->stop;
done_testing();
