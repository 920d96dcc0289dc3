# Logical copies: ways to dump and restore, and what a copy knows of itself.
#
# Goal: however a ledger is moved, whatever is going on meanwhile, the copy is one consistent moment of the
# original: it verifies, remembers, goes on with greater ids. It is paused until wallet_resume(), and so is every copy of it.
# Roles that do not exist in the new place cost rights, not money.
# Method: a ledger under load, with a transaction prepared, dumped by each way into a server of its own with
# no other roles. WALLET_SOAK=1: more load.

use strict;
use warnings;
use lib 'test/t';
use Test::More;
use WalletTest;
use POSIX ':sys_wait_h';
use PostgreSQL::Test::Utils;

my $old = wallet_node('old', conf => "fsync = off\n");
my $new = wallet_node('new', conf => "fsync = off\n");
my $dir = PostgreSQL::Test::Utils::tempdir();
my @at_old = ('-h', $old->host, '-p', $old->port);
my @at_new = ('-h', $new->host, '-p', $new->port);
my $soak = $ENV{WALLET_SOAK} // 0;

# One statement's answer there.
sub there { my ($db, $sql) = @_; return $new->safe_psql($db, $sql); }

sub dump_to { my ($file, @how) = @_; command_ok([ 'pg_dump', @at_old, @how, '-f', "$dir/$file", 'bank' ], "dumped: $file"); }

sub restore { my ($db, $file, @how) = @_; command_ok([ 'pg_restore', @at_new, '-d', $db, @how, "$dir/$file" ], "restored: $file @how"); }

$old->safe_psql('postgres', 'CREATE ROLE clerk; CREATE ROLE teller; CREATE DATABASE bank');
wallet_seed($old, 'bank', 1000000, 'aside', map { "a$_" } 1 .. 20);
$old->safe_psql('bank', <<"SQL");
SELECT wallet_define_currency('GEMS', 30, '${\ uuid(1)}');
SELECT wallet_open('mint', 'GEMS', '${\ uuid(2)}', NULL);
SELECT wallet_open('vault', 'GEMS', '${\ uuid(3)}', owner => 'clerk');
SELECT wallet_transfer('mint', 'vault', 0.123456789012345678901234567890, 'GEMS', '${\ uuid(4)}', '{"note": "\\u00e9"}');
SELECT wallet_transfers(ARRAY['a1'], ARRAY['a2'], ARRAY[9000000], ARRAY['USD'], ARRAY['${\ uuid(5)}'::uuid]);
GRANT USAGE ON SCHEMA wallet TO teller;
GRANT EXECUTE ON FUNCTION wallet_transfer(text, text, numeric, text, uuid, jsonb, timestamptz, bigint) TO teller;
GRANT SELECT ON wallet.accounts TO teller;
BEGIN; SELECT wallet_transfer('\@world', 'aside', 7, 'USD', '${\ uuid(6)}'); PREPARE TRANSACTION 'open';
SQL
is($old->safe_psql('bank', 'SELECT wallet_paused()'), '', 'the original is not paused');

# ---- Under load

append_to_file("$dir/load.sql", <<'SQL');
\set a random(1, 20)
\set b 1 + (:a + random(0, 18)) % 20
SELECT status FROM wallet_transfer('a' || :a, 'a' || :b, 0.01, 'USD', wallet_uuid());
SELECT count(*) FROM wallet_transfers(ARRAY['a' || :a, 'a' || :b], ARRAY['a' || :b, 'a' || :a], ARRAY[5000000, 1], ARRAY['USD', 'USD'], ARRAY[wallet_uuid(), wallet_uuid()]);
SELECT wallet_open(wallet_uuid()::text, 'USD', wallet_uuid());
SQL
my $load = start_program("$dir/load.log", 'pgbench', @at_old, '-n', '-c', '4', '-T', $soak ? '60' : '300', '-f', "$dir/load.sql", 'bank');
poll(sub { $old->safe_psql('bank', 'SELECT count(*) FROM wallet.event') > 500 }, 'there is load');
for my $round (1 .. ($soak ? 10 : 1))
{
	dump_to("load$round", '-Fd', '-j', '4');
}
is(waitpid($load->{pid}, WNOHANG), 0, 'the load went on all the time');
kill 'TERM', $load->{pid};
end_program($load);
my $newest = $old->safe_psql('bank', 'SELECT max(event_id) FROM wallet.event');
for my $round (1 .. ($soak ? 10 : 1))
{
	$new->safe_psql('postgres', "CREATE DATABASE load$round");
	command_fails([ 'pg_restore', @at_new, '-j', '4', '-d', "load$round", "$dir/load$round" ], 'roles are missing, and pg_restore says so');
	proof_ok($new, "load$round", "dumped in parallel under load, restored in parallel");
	my $events = there("load$round", "SELECT count(*), md5(string_agg(e::text, '' ORDER BY event_id)) FROM wallet.event e");
	my $ids = there("load$round", "SELECT string_agg(event_id::text, ',') FROM wallet.event");

	is($old->safe_psql('bank', "SELECT count(*), md5(string_agg(e::text, '' ORDER BY event_id)) FROM wallet.event e WHERE event_id IN ($ids)"), $events, 'each event is as it was');
}
cmp_ok($newest, '>', there('load1', 'SELECT max(event_id) FROM wallet.event'), 'the original went on');
like(there('load1', 'SELECT wallet_paused()'), qr/^the ledger belongs to the server with system identifier/, 'the copy is paused');
is(there('load1', "SELECT status, replayed, event_id > $newest FROM wallet_transfer('\@world', 'aside', 7, 'USD', '${\ uuid(6)}')"), 'success|f|t', 'what was prepared is not there: its id is free');
is(there('load1', "SELECT status, replayed FROM wallet_transfers(ARRAY['a1'], ARRAY['a2'], ARRAY[9000000], ARRAY['USD'], ARRAY['${\ uuid(5)}'::uuid])"), 'insufficient_funds|t', 'a refusal is remembered');
is(there('load1', "SELECT to_balance, replayed FROM wallet_transfer('mint', 'vault', 0.123456789012345678901234567890, 'GEMS', '${\ uuid(4)}', '{\"note\": \"\\u00e9\"}')"), '0.123456789012345678901234567890|t', 'a success as well, to the 30th decimal');
like(there('load1', 'SELECT wallet_paused()'), qr/^the ledger belongs to the server/, 'commands go on in a copy, and do not resume it');

# ---- Roles that are not there: the account stays its owner's, whoever that will be.
there('load1', 'CREATE ROLE bystander; GRANT EXECUTE ON FUNCTION wallet_transfer(text, text, numeric, text, uuid, jsonb, timestamptz, bigint) TO bystander');
my $debit = "SELECT status FROM wallet_transfer('vault', 'mint', 0.1, 'GEMS', '00000008-0000-7000-8000-000000000001')";
my ($code, $out, $err) = $new->psql('load1', "SET SESSION AUTHORIZATION bystander; $debit");
like($err, qr/permission denied to debit/, 'nobody else may debit it');
there('load1', 'CREATE ROLE clerk; GRANT EXECUTE ON FUNCTION wallet_transfer(text, text, numeric, text, uuid, jsonb, timestamptz, bigint) TO clerk');
is(there('load1', "SET SESSION AUTHORIZATION clerk; $debit"), 'success', 'its owner, once there is one, may');
is(there('load1', "SELECT count(*) FROM pg_proc p, aclexplode(p.proacl) a WHERE p.proname LIKE 'wallet%' AND a.grantee = 0"), '0', 'PUBLIC may nothing there either');
proof_ok($new, 'load1', 'after going on');
there('load1', 'DROP OWNED BY clerk, bystander; DROP ROLE clerk; DROP ROLE bystander');

# ---- Resumed, it is the ledger, and its own copies are copies.
is(there('load1', 'SELECT wallet_resume()'), '', 'resumed');
is(there('load1', 'SELECT wallet_paused(), count(*), count(*) FILTER (WHERE timeline = 1 AND horizon IS NULL AND horizon_at IS NULL) FROM wallet.instance'), '|1|1', 'and works, with one row');
is(there('load1', 'SELECT wallet_resume(), (SELECT count(*) FROM wallet.instance)'), '|1', 'resumed again: nothing changes');
there('postgres', 'CREATE DATABASE template_copy TEMPLATE load1');
like(there('template_copy', 'SELECT wallet_paused()'), qr/^the ledger belongs to the database with OID \d+, and this is \d+:/, 'a template copy is paused');
is(there('load1', 'SELECT wallet_paused()'), '', 'its original is not');
is(there('template_copy', 'BEGIN READ WRITE; SELECT wallet_resume(); ROLLBACK; SELECT wallet_paused() IS NOT NULL'), "\nt", 'a resume can be rolled back');
proof_ok($new, 'template_copy', 'the template copy');

# ---- Who may, and where
there('load1', 'CREATE ROLE bystander');
for my $call ('wallet_resume()', 'wallet_paused()')
{
	($code, $out, $err) = $new->psql('load1', "SET ROLE bystander; SELECT $call");
	like($err, qr/permission denied for function/, "$call needs a right");
}
($code, $out, $err) = $new->psql('load1', 'BEGIN READ ONLY; SELECT wallet_resume()');
like($err, qr/cannot execute wallet_resume\(\) in a read-only transaction/, 'it writes');
is(there('load1', 'BEGIN READ ONLY; SELECT wallet_paused()'), '', 'asking does not');

# ---- Section by section
dump_to('sections', '-Fc');
there('postgres', 'CREATE ROLE clerk; CREATE ROLE teller; CREATE DATABASE sections');
for my $section (qw(pre-data data post-data)) { restore('sections', 'sections', "--section=$section"); }
my $state = 'SELECT * FROM wallet.event ORDER BY event_id; SELECT * FROM wallet.account ORDER BY id; SELECT * FROM wallet.balance ORDER BY account; SELECT * FROM wallet.milestone ORDER BY 1, 2; SELECT * FROM wallet.currency ORDER BY 1, 3; SELECT * FROM wallet.instance; SELECT * FROM wallet_replay() ORDER BY account';
my $before = $old->safe_psql('bank', $state);
is(there('sections', $state), $before, 'section by section: all tables are the same');
proof_ok($new, 'sections', 'restored section by section');
is(there('sections', "SELECT has_function_privilege('teller', 'wallet_transfer(text, text, numeric, text, uuid, jsonb, timestamptz, bigint)', 'EXECUTE'), has_table_privilege('teller', 'wallet.accounts', 'SELECT'), has_function_privilege('teller', 'wallet_resume()', 'EXECUTE')"), 't|t|f', 'with the roles there, rights are restored');

# ---- Data alone, into a database that has the extension
dump_to('data', '-Fc', '--data-only');
there('postgres', 'CREATE DATABASE data');
there('data', 'CREATE EXTENSION wallet');
restore('data', 'data', '-j', '4');
is(there('data', $state), $before, 'data alone: all tables are the same');
proof_ok($new, 'data', 'restored as data alone');
is(there('data', "SELECT status, event_id > $newest FROM wallet_transfer('a1', 'a2', 1, 'USD', wallet_uuid())"), 'success|t', 'data alone: goes on with greater ids');

# A session that was connected all the time, and looked for an account before it was there.
there('postgres', 'CREATE DATABASE watched');
there('watched', 'CREATE EXTENSION wallet');
my $session = session($new, 'watched');
is(join(' ', answer($session, "SELECT wallet_balance('a1', 'USD') IS NULL, wallet_paused() IS NULL;")), 't|t', 'a session sees the empty ledger');
answer($session, "SELECT wallet_transfer('a1', 'a2', 1, 'USD', wallet_uuid());");
restore('watched', 'data');
is(join(' ', answer($session, "SELECT status, event_id > $newest FROM wallet_transfer('a1', 'a2', 1, 'USD', wallet_uuid());")), 'success|t', 'and goes on with the restored one');
is(join(' ', answer($session, "SELECT wallet_paused() IS NOT NULL, (SELECT count(*) FROM wallet.instance);")), 't|1', 'which did not become its own');
finish($session);
proof_ok($new, 'watched', 'restored before a session\'s eyes');

# ---- Over a ledger that is there: only on purpose
my $count = there('data', 'SELECT count(*) FROM wallet.event');
command_fails([ 'pg_restore', @at_new, '--clean', '--if-exists', '-e', '-d', 'data', "$dir/sections" ], 'pg_restore --clean does not replace a ledger');
is(there('data', 'SELECT count(*) FROM wallet.event'), $count, 'it is still there');
{
	local $ENV{PGOPTIONS} = '-c wallet.allow_drop=on';
	restore('data', 'sections', '--clean', '--if-exists', '-e');
}
is(there('data', $state), $before, 'on purpose it does');
proof_ok($new, 'data', 'replaced');
command_fails([ 'pg_restore', @at_new, '-d', 'data', "$dir/data" ], 'the same data cannot come twice');
is(there('data', $state), $before, 'and nothing of it came');

# ---- Events without a row, as a dump of a ledger of version 1.0 brings them
there('postgres', 'CREATE DATABASE rowless TEMPLATE data');
there('rowless', 'DELETE FROM wallet.instance');
like(there('rowless', 'SELECT wallet_paused()'), qr/^the ledger has events and no row in wallet\.instance/, 'no row: paused');
is(there('rowless', "SELECT status FROM wallet_transfer('a1', 'a2', 1, 'USD', wallet_uuid()); SELECT count(*) FROM wallet.instance"), "success\n0", 'no row: commands go on, and do not make one');
is(there('rowless', 'SELECT wallet_resume(); SELECT wallet_paused(), count(*) FROM wallet.instance'), "\n|1", 'no row: resumed');

# ---- The functions in a schema of their own
$old->safe_psql('postgres', 'CREATE DATABASE apart');
$old->safe_psql('apart', "CREATE SCHEMA app; CREATE EXTENSION wallet SCHEMA app; SELECT app.wallet_open('x', 'USD', app.wallet_uuid(), NULL)");
command_ok([ 'pg_dump', @at_old, '-Fc', '-f', "$dir/apart", 'apart' ], 'dumped: functions in a schema of their own');
there('postgres', 'CREATE DATABASE apart');
restore('apart', 'apart');
is(there('apart', "SELECT bool_and(ok), (SELECT app.wallet_paused() IS NOT NULL), to_regproc('public.wallet_open') IS NULL FROM app.wallet_verify(true)"), 't|t|t', 'they are there again');

# ---- What doc/operations.md tells to run, runs.
my $queries = join "\n", slurp_file('doc/operations.md') =~ /^```sql\n(.*?)^```/msg;
cmp_ok(scalar(() = $queries =~ /^SELECT /mg), '>', 10, 'the manual has queries');
($code, $out, $err) = $new->psql('sections', "SET client_min_messages = error;\n$queries");
is("$code|$err", '0|', 'and each runs');

# ---- The first command of a ledger, broken or killed between any two of its writes: both the event and the row, or neither.
there('postgres', 'CREATE DATABASE first');
there('first', 'CREATE EXTENSION wallet');
my $first = "SELECT wallet_open('x', 'USD', '${\ uuid(40)}', NULL) > 0";
my $rows = 'SELECT (SELECT count(*) FROM wallet.event), (SELECT count(*) FROM wallet.account), (SELECT count(*) FROM wallet.balance), (SELECT count(*) FROM wallet.instance)';
for my $point (qw(ids_taken event_inserted account_inserted heap_tuple_inserted@1 heap_tuple_inserted@2 heap_tuple_inserted@3 heap_tuple_inserted@4 state_saved saved before_commit))
{
	my ($name, $at) = split /@/, $point;

	($code, $out, $err) = $new->psql('first', "SET wallet.failpoint = '$name=error" . ($at ? "\@$at" : '') . "'; $first");
	like($err, qr/failpoint/, "the first command breaks at $point");
	is(there('first', $rows), '0|0|0|0', 'and leaves nothing');
}
for my $point ('heap_tuple_inserted=kill@4', 'before_commit=kill', 'after_commit=kill')
{
	($code, $out, $err) = $new->psql('first', "SET wallet.failpoint = '$point'; $first");
	isnt($code, 0, "the first command is killed: $point");
	poll(sub { !system('psql', '-qX', @at_new, '-d', 'first', '-c', 'DO $$ BEGIN END $$', '-o', '/dev/null') }, 'the server is back');
	is(there('first', $rows), $point =~ /^after/ ? '1|1|1|1' : '0|0|0|0', 'and has left all or nothing');
}
is(there('first', "$first; SELECT wallet_paused(); $rows"), "t\n\n1|1|1|1", 'asked again, it is the first command');

# ---- The original, at last
is($old->safe_psql('bank', "SELECT wallet_paused(); COMMIT PREPARED 'open'"), '', 'the original was never paused');
proof_ok($old, 'bank', 'the original');
$_->stop for $old, $new;
done_testing();
