# What the kill suite and the race specs stand on: failpoints do what src/pg/failpoint.h says.
#
# Goal: a wrong setting is refused; only a superuser sets one; @N counts; each action does what its
# name says, and writes a line to the server's log first. And an error at any point of any
# kind of call leaves nothing behind, nor a session that cannot go on.
# Method: each action once, in a call that comes to its point; then every point of
# failpoint.def that lies before the commit, with error, under six kinds of calls.

use strict;
use warnings;
use lib 'test/t';
use Test::More;
use Time::HiRes qw(time);
use WalletTest;
use PostgreSQL::Test::Utils;

my $node = wallet_node('main', conf => "fsync = off\n");
my @points = slurp_file('src/pg/failpoint.def') =~ /^WALLET_FAILPOINT_DEF\((\w+),/mg;
my $number = 0;

$node->safe_psql('postgres', 'CREATE DATABASE bank');
wallet_seed($node, 'bank', 1000, qw(alice bob carol dave));

sub sql { return $node->safe_psql('bank', $_[0]); }
sub error { my ($code, $out, $err) = $node->psql('bank', $_[0], on_error_stop => 0); return $err; }
sub pay { return "SELECT status FROM wallet_transfer('alice', 'bob', 1, 'USD', '" . uuid(++$number) . "');"; }
sub events { return sql('SELECT count(*) FROM wallet.event'); }
sub logged { my ($pattern) = @_; my @lines = slurp_file($node->logfile) =~ /LOG:  wallet failpoint ($pattern)$/mg; return scalar @lines; }

# ---- The setting

for my $bad ('saved', 'saved=', 'saved=no', 'nowhere=log', 'saved=none', 'saved=log@', 'saved=log@0', 'saved=log@-1', 'saved=log@x', 'saved=log 3', 'saved=log:5',
	'saved=stop', 'saved=stop:', 'saved=stop:x', 'saved=sleep:-1', 'saved=log,,decided=log', 'saved=log;decided=log', 'SAVED=log', '=log', 'saved=log@1@2')
{
	like(error("SET wallet.failpoint = '$bad'"), qr/invalid value for parameter "wallet.failpoint".*\n.*NAME=ACTION/, "refused: $bad");
}
for my $good ('', ' ', 'saved=log', ' saved = log ', 'saved=stop:7@3, decided=sleep:0', map({ "$_=error" } @points), join(',', map { "$_=log\@9" } @points))
{
	is(error("SET wallet.failpoint = '$good'"), '', 'accepted: ' . substr($good, 0, 60));
}
sql('CREATE ROLE clerk');
like(error("SET ROLE clerk; SET wallet.failpoint = 'saved=log'"), qr/permission denied to set parameter "wallet.failpoint"/, 'not for everybody');
like(error("SET ROLE clerk; SET wallet.clock_offset = 1"), qr/permission denied to set parameter "wallet.clock_offset"/, 'nor the clock');

# ---- Actions

my $before = events();
my $err = error("SET wallet.failpoint = 'saved=error\@2';" . pay() . pay() . pay());
is(() = $err =~ /ERROR:  failpoint saved$/mg, 1, 'error@2: one of three');
is(sql("SELECT string_agg(right(transaction_id::text, 1), ' ' ORDER BY event_id) FROM wallet.event WHERE transaction_id::text LIKE '00000000-%'"), '1 3', 'the second');
$err = error("SET wallet.failpoint = 'saved=error\@2';" . pay() . "SET wallet.failpoint = 'saved=error\@2';" . pay() . "RESET wallet.failpoint;" . pay() . pay());
is($err, '', '@N counts from the setting on');
is(events() - $before, 6, 'and all others were done');

is(logged('decided: log'), 0, 'log: not yet');
sql("SET wallet.failpoint = 'decided=log';" . pay() . pay());
is(logged('decided: log'), 2, 'log: each time');

my $began = time;
sql("SET wallet.failpoint = 'decided=sleep:400\@1';" . pay() . pay());
cmp_ok(time - $began, '>', 0.4, 'sleep: so long');

like(error("SET wallet.failpoint = 'accounts_locked=fatal';" . pay()), qr/FATAL:  failpoint accounts_locked/, 'fatal: the session ends');
ok(!log_has($node, qr/reinitializing/), 'and no other');

my $holder = session($node, 'bank');
my $session = session($node, 'bank');
my ($pid) = answer($session, 'SELECT pg_backend_pid();');
my $waits = sub { sql("SELECT count(*) FROM pg_stat_activity a JOIN pg_locks l USING (pid) WHERE a.pid = $pid AND a.wait_event = 'advisory' AND NOT l.granted AND l.objid = 77") };

answer($holder, 'SELECT pg_advisory_lock(77);');
print { $session->{in} } "SET wallet.failpoint = 'decided=stop:77';\n" . pay() . "\n";
poll(sub { $waits->() }, 'the call stops');
ok(1, 'stop: seen waiting for the key');
sql("SELECT pg_cancel_backend($pid)");
is(join(' ', answer($session, 'SELECT 1;')), '1', 'and it can be cancelled');
print { $session->{in} } pay() . "\n";
poll(sub { $waits->() }, 'the call stops again');
answer($holder, 'SELECT pg_advisory_unlock(77);');
is(join(' ', answer($session, 'SELECT 2;')), 'success 2', 'goes on when the key is free');
is(join(' ', answer($session, pay() . "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory';")), 'success 0', 'and keeps no key');
finish($_) for $holder, $session;

for my $action ('panic', 'kill')
{
	my $log = -s $node->logfile;

	error("SET wallet.failpoint = 'event_inserted=$action';" . pay());
	poll(sub { substr(slurp_file($node->logfile), $log) =~ /reinitializing/ }, 'the server has noticed');
	poll(sub { connects($node, 'bank') }, 'the server is back');
	like(substr(slurp_file($node->logfile), $log), $action eq 'panic' ? qr/PANIC:  failpoint event_inserted/ : qr/terminated by signal 9/, "$action: the server starts again");
	is(logged("event_inserted: $action"), 1, "$action: is in the log");
}
error("SET wallet.failpoint = 'event_inserted=crash';" . pay());
crash($node);
ok(logged('event_inserted: crash') == 1 && slurp_file($node->logfile) !~ /event_inserted: crash.*reinitializing/s, 'crash: nobody is left to start it again');
start_again($node);
is(sql("SELECT count(*) FROM wallet.event WHERE transaction_id = '" . uuid($number) . "'"), '0', 'and the call has never been');

# ---- An error at every point

# Those after it cannot fail any more. Those of a rebuild are met by 060_repair.pl; of second attempts, by
# same_id.spec; of the horizon, only ten times a second.
my %after = map { $_ => 1 } qw(after_commit after_prepare after_end_prepared);
my %elsewhere = map { $_ => 1 } qw(subtransaction_undone starting_over pair_half_read), grep { /^(rebuild_|audit_phase)/ } @points;
my %met;

for my $point (grep { !$after{$_} } @points)
{
	my @id = map { uuid(++$number) } 1 .. 9;

	sql("SELECT wallet_open('m$number', 'USD', '$id[8]', metadata => '{}')");
	my @calls = (
		[ 1, "SELECT status FROM wallet_transfer('alice', 'bob', 1, 'USD', '$id[0]')" ],
		[ 3, "SELECT count(*) FROM wallet_transfers(ARRAY['alice', 'bob', 'alice'], ARRAY['bob', 'alice', '\@world'], ARRAY[2, 1, 1e6], ARRAY['USD', 'USD', 'USD'], ARRAY['$id[1]', '$id[2]', '$id[3]']::uuid[])" ],
		[ 1, "SELECT wallet_open('a$number', 'USD', '$id[4]')" ],
		[ 1, "SELECT status FROM wallet_define_currency('C$number', 2, '$id[5]')" ],
		[ 0, "SELECT status FROM wallet_transfer('bob', 'alice', 1e6, 'USD', '$id[6]')" ],
		[ 1, "SELECT status FROM wallet_redact('$id[8]', wallet_uuid())" ],
		# 260 events: a milestone.
		[ 260, "SELECT count(*) FROM wallet_transfers(array_fill('alice'::text, ARRAY[260]), array_fill('bob'::text, ARRAY[260]), array_fill(0.01, ARRAY[260]), array_fill('USD'::text, ARRAY[260]), (SELECT array_agg(wallet_uuid()) FROM generate_series(1, 260)))" ],
		[ 1, "BEGIN; SELECT status FROM wallet_transfer('alice', 'bob', 1, 'USD', '$id[7]'); PREPARE TRANSACTION 'p'; COMMIT PREPARED 'p'" ]);

	for my $call (@calls)
	{
		my ($records, $statements) = @$call;
		my $had = events();
		my $err = error("SET wallet.failpoint = '$point=error'; $statements; ROLLBACK; RESET wallet.failpoint; SELECT status FROM wallet_transfer('carol', 'dave', 0.01, 'USD', wallet_uuid());");
		my $failed = $err =~ /ERROR:  failpoint $point$/m;

		$met{$point}++ if $failed;
		my $refused = $statements =~ /'bob', 'alice', 1e6/ && $err =~ /insufficient funds/;
		my $prepared = sql("SELECT count(*) FROM pg_prepared_xacts");
		fail("$point, $statements: $err") if !$failed && !$refused && $err =~ /ERROR/;
		sql("ROLLBACK PREPARED 'p'") if $prepared;
		is(events() - $had, 1 + ($failed ? 0 : $records), "error at $point: nothing stays, the session goes on") if $failed;
		is(events() - $had, 1 + $records, "$point is not on the way of this call") if !$failed && events() - $had != 1 + $records;
	}
}
is(join(' ', sort grep { !$elsewhere{$_} } keys %met), join(' ', sort grep { !$after{$_} && !$elsewhere{$_} } @points), 'every other point was met');
proof_ok($node, 'bank', 'after all these errors');

$node->stop;
done_testing();
