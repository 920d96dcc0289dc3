# Redaction, rebuild and long work, with other sessions, cancels, kills and replicas.
#
# Goal: wallet_redact and wallet_rebuild happen once or not at all, wait for whom they must and make wait whom they must;
# wallet.progress shows long work while it runs, to whom it may; a cancel ends it within a second in any phase; nothing
# of it stays behind.
# Method: sessions that are stopped at failpoints by advisory locks, and seen to wait; the server killed at every
# failpoint between two writes, then looked at; a ledger of 260,000 events, whose verification is cancelled in the middle.

use strict;
use warnings;
use lib 'test/t';
use Test::More;
use Time::HiRes qw(sleep time);
use WalletTest;
use PostgreSQL::Test::Utils;

my $node = wallet_node('main', conf => "autovacuum = off\nwal_level = logical\n");

$node->safe_psql('postgres', 'CREATE DATABASE bank');
wallet_seed($node, 'bank', 1000, qw(alice bob carol));
$node->safe_psql('bank', <<"SQL");
SELECT wallet_open('dave', 'USD', '${\ uuid(1)}', metadata => '{"mail": "dave"}');
SELECT status FROM wallet_transfer('alice', 'bob', 5, 'USD', '${\ uuid(2)}', '{"note": "two"}');
SELECT count(*) FROM wallet_transfers(array_fill('\@world'::text, ARRAY[600]), array_fill('dave'::text, ARRAY[600]), array_fill(0.01, ARRAY[600]),
	array_fill('USD'::text, ARRAY[600]), (SELECT array_agg(wallet_uuid()) FROM generate_series(1, 600)));
SQL
my $dave = $node->safe_psql('bank', "SELECT id FROM wallet.account WHERE name = 'dave'");

sub sql { return $node->safe_psql('bank', $_[0]); }

# A session whose errors can be read: what it says goes to its output.
sub talk
{
	my ($how) = @_;
	my $s = session($node, 'bank', PGOPTIONS => '-c client_min_messages=warning');

	answer($s, '\set ECHO none');
	($s->{backend}) = answer($s, 'SELECT pg_backend_pid();');
	answer($s, $how) if $how;
	return $s;
}

# Sends SQL without waiting for the answer; SQLSTATE of the last statement comes with it.
sub send_sql { my ($s, $sql) = @_; print { $s->{in} } "$sql\n"; }
sub told { my ($s) = @_; return join(' ', answer($s, '\echo state :SQLSTATE')); }

sub waits
{
	my ($s, $what) = @_;

	poll(sub { sql("SELECT wait_event_type FROM pg_stat_activity WHERE pid = $s->{backend}") eq 'Lock' }, $what);
	pass($what);
}

# The advisory locks at which others stop.
my $gate = talk();
sub shut { answer($gate, "SELECT pg_advisory_lock($_[0]);"); }
sub free { answer($gate, "SELECT pg_advisory_unlock($_[0]);"); }

sub damage
{
	sql("UPDATE wallet.balance SET balance = 77.77 WHERE account = $dave; SET session_replication_role = replica; "
	  . 'ALTER TABLE wallet.milestone DISABLE TRIGGER immutable; ALTER TABLE wallet.account DISABLE TRIGGER immutable; '
	  . "UPDATE wallet.milestone SET balance = 1 WHERE account = $dave; UPDATE wallet.account SET owner = 'x' WHERE id = $dave; "
	  . 'ALTER TABLE wallet.milestone ENABLE ALWAYS TRIGGER immutable; ALTER TABLE wallet.account ENABLE ALWAYS TRIGGER immutable');
}

my $broken = "SELECT string_agg(check_name, ' ' ORDER BY check_name) FROM wallet_verify(true) WHERE NOT ok";
my $damaged = 'accounts conservation milestones recompute replay';

# ---- Redactions and other sessions

{
	my ($a, $b) = (talk(), talk());
	my $id = sub { "'${\ uuid($_[0])}'" };
	my $note = sub { sql("SELECT coalesce(metadata->>'note', 'none') FROM wallet.event WHERE transaction_id = " . $id->($_[0])) };

	is(join(' ', answer($a, "BEGIN; SELECT status, replayed FROM wallet_redact(${\ $id->(2)});")), 'success|f', 'a redaction that is not committed');
	is($note->(2), 'two', 'is seen by nobody');
	send_sql($b, "SELECT status, replayed FROM wallet_redact(${\ $id->(2)});");
	waits($b, 'the same redaction waits for it');
	answer($a, 'ROLLBACK;');
	is(told($b), 'success|f state 00000', 'and is the first, when that is rolled back');
	is($note->(2), 'none', 'now it is erased');
	is(join(' ', answer($b, "SELECT status, replayed FROM wallet_redact(${\ $id->(2)});")), 'success|t', 'again: replayed');

	sql("SELECT status FROM wallet_transfer('alice', 'bob', 1, 'USD', ${\ $id->($_)}, '{\"note\": \"n$_\"}')") for 3 .. 9;
	answer($a, "BEGIN; SELECT wallet_redact(${\ $id->(3)}, ${\ $id->(103)});");
	send_sql($b, "SELECT status, replayed FROM wallet_redact(${\ $id->(3)}, ${\ $id->(203)});");
	waits($b, 'a redaction of the same target under another id waits for the row');
	answer($a, 'COMMIT;');
	is(told($b), 'success|f state 00000', 'and finds nothing to erase');

	answer($a, "BEGIN; SELECT wallet_redact(${\ $id->(4)});");
	send_sql($b, "SELECT status, replayed FROM wallet_transfer('alice', 'bob', 1, 'USD', ${\ $id->(4)}, '{\"note\": \"n4\"}');");
	sleep 0.3;
	answer($a, 'COMMIT;');
	is(told($b), 'success|t state 00000', 'a retry of a command that is being redacted replays');
	is($note->(4), 'none', 'and is redacted');

	answer($a, "BEGIN; SELECT wallet_transfer('alice', 'bob', 1, 'USD', ${\ $id->(20)}, '{\"note\": \"new\"}');");
	send_sql($b, "SELECT status, replayed FROM wallet_redact(${\ $id->(20)});");
	waits($b, 'a redaction waits for a target that is being written');
	answer($a, 'COMMIT;');
	is(told($b), 'success|f state 00000', 'and erases it');
	is($note->(20), 'none', 'indeed');

	answer($a, 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM wallet.event;');
	answer($b, "SELECT wallet_redact(${\ $id->(5)});");
	is(join(' ', answer($a, "SELECT metadata->>'note' FROM wallet.event WHERE transaction_id = ${\ $id->(5)};")), 'n5', 'an older snapshot still sees what was erased');
	send_sql($a, "SELECT wallet_redact(${\ $id->(5)}, ${\ $id->(105)});");
	is(told($a), 'state 40001', 'and cannot erase it again: serialization failure');
	answer($a, 'ROLLBACK;');

	answer($a, 'BEGIN READ ONLY;');
	send_sql($a, "SELECT wallet_redact(${\ $id->(6)});");
	is(told($a), 'state 25006', 'not in a read-only transaction');
	answer($a, 'ROLLBACK;');

	# Whoever subscribes must be able to find the row.
	answer($a, 'CREATE PUBLICATION p FOR TABLE wallet.event; ALTER TABLE wallet.event REPLICA IDENTITY NOTHING;');
	send_sql($a, "SELECT wallet_redact(${\ $id->(6)});");
	is(told($a), 'state 55000', 'a published table without a replica identity');
	answer($a, 'ALTER TABLE wallet.event REPLICA IDENTITY DEFAULT;');
	is(join(' ', answer($a, "SELECT status FROM wallet_redact(${\ $id->(6)});")), 'success', 'and with one');
	answer($a, 'DROP PUBLICATION p;');

	answer($a, "BEGIN; SELECT wallet_redact(${\ $id->(7)}); SAVEPOINT s; SELECT wallet_redact(${\ $id->(8)}); ROLLBACK TO s; COMMIT;");
	is($note->(7) . ' ' . $note->(8), 'none n8', 'a savepoint takes one back and not the other');
	finish($_) for $a, $b;
	proof_ok($node, 'bank', 'after redactions by many');
}

# ---- Rebuilds and other sessions

damage();
is(sql($broken), $damaged, 'the damage is found');
{
	my $a = talk("SET wallet.failpoint = 'rebuild_locked=stop:1';");
	my ($b, $c) = (talk(), talk());

	shut(1);
	send_sql($a, "SELECT what FROM wallet_rebuild('dave', 'USD') ORDER BY 1;");
	waits($a, 'a rebuild has locked its account');
	send_sql($b, "SELECT status, to_balance FROM wallet_transfer('\@world', 'dave', 3, 'USD', '${\ uuid(30)}');");
	waits($b, 'a transfer to it waits');
	is(sql("SELECT status FROM wallet_transfer('alice', 'carol', 1, 'USD', '${\ uuid(31)}')"), 'success', 'other accounts do not');
	send_sql($c, "SELECT what FROM wallet_rebuild('dave', 'USD');");
	waits($c, 'nor does another rebuild get through');
	free(1);
	like(told($a), qr/^account.owner balance.balance milestone \d+.balance milestone \d+.balance state 00000$/, 'the first rebuilds');
	is(told($b), 'success|9.00 state 00000', 'the transfer goes on from the right balance');
	is(told($c), 'state 00000', 'the other rebuild finds all right');
	proof_ok($node, 'bank', 'after a rebuild with others waiting');
	finish($_) for $a, $b, $c;
}
{
	my $a = talk("SET wallet.failpoint = 'rebuild_event_inserted=stop:1';");
	my $b = talk();

	sql("DELETE FROM wallet.balance WHERE account = $dave");
	shut(1);
	send_sql($a, "SELECT what, before IS NULL FROM wallet_rebuild('dave', 'USD');");
	waits($a, 'a rebuild of a row that is missing');
	send_sql($b, "SELECT what FROM wallet_rebuild('dave', 'USD');");
	waits($b, 'a second waits for it');
	my $s = talk();
	send_sql($s, "SELECT wallet_transfer('alice', 'dave', 3, 'USD', '${\ uuid(32)}');");
	is(told($s), 'state WA002', 'a transfer finds no account, and does not wait');
	free(1);
	is(told($a), 'balance|t state 00000', 'the first inserts the row');
	is(told($b), 'state 00000', 'the second finds all right');
	send_sql($s, "SELECT status, to_balance FROM wallet_transfer('alice', 'dave', 3, 'USD', '${\ uuid(32)}');");
	is(told($s), 'success|12.00 state 00000', 'and the transfer its account');

	answer($b, 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM wallet.event;');
	answer($s, "SELECT wallet_transfer('alice', 'dave', 1, 'USD', '${\ uuid(33)}');");
	send_sql($b, "SELECT what FROM wallet_rebuild('dave', 'USD');");
	is(told($b), 'state 40001', 'REPEATABLE READ: the row has changed since the snapshot');
	answer($b, 'ROLLBACK;');
	sql("UPDATE wallet.balance SET balance = 77.77 WHERE account = $dave");
	answer($b, 'BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT count(*) FROM wallet.event;');
	is(join(' ', answer($b, "SELECT what, before, after FROM wallet_rebuild('dave', 'USD'); COMMIT;")), 'balance.balance|77.77|13.00', 'SERIALIZABLE: if it has not, it is rebuilt');
	finish($_) for $a, $b, $s;
	proof_ok($node, 'bank', 'after rebuilds of a missing row');
}

# ---- Killed between any two writes

my %points = (
	redact => [qw(event_inserted event_metadata_erased account_metadata_erased saved before_commit)],
	rebuild => [qw(rebuild_locked rebuild_event_inserted rebuild_balance_written rebuild_milestone_written rebuild_account_written before_commit)]);
my %call = (redact => "SELECT status FROM wallet_redact('${\ uuid(1)}')", rebuild => "SELECT count(*) FROM wallet_rebuild('dave', 'USD')");
my $mail = "SELECT coalesce(metadata->>'mail', 'none') FROM wallet.account WHERE id = $dave";

damage();
for my $what ('rebuild', 'redact')
{
	my $before = $what eq 'rebuild' ? $damaged : '';

	for my $point (@{ $points{$what} })
	{
		for my $action ('error', 'kill')
		{
			my ($code) = $node->psql('bank', "SET wallet.failpoint = '$point=$action'; $call{$what}");

			isnt($code, 0, "$what ends at $point by $action");
			poll(sub { !system('psql', '-qX', '-h', $node->host, '-p', $node->port, '-d', 'bank', '-c', 'DO $$ BEGIN END $$', '-o', '/dev/null') }, 'the server is back') if $action eq 'kill';
		}
		is(sql($broken), $before, "$what, $point: all is as it was");
		is(sql($mail), 'dave', "$what, $point: nothing is erased");
		ok(log_has($node, qr/wallet failpoint $point: kill/), "$what, $point was hit");
	}
	# Done, but its client does not know.
	$node->psql('bank', "SET wallet.failpoint = 'after_commit=crash'; $call{$what}");
	crash($node);
	start_again($node);
	is(sql($broken), '', "$what, after the commit: it is done");
}
is(sql($mail), 'none', 'redacted');
is(sql("SELECT status, replayed FROM wallet_redact('${\ uuid(1)}')"), 'success|t', 'asked again, the redaction replays');
is(sql("SELECT count(*) FROM wallet.event WHERE kind IN (18, 19)"), sql("SELECT count(DISTINCT transaction_id) FROM wallet.event WHERE kind IN (18, 19)"), 'each event once');
is(sql('SELECT count(*) FROM wallet.progress'), '0', 'no slot is taken');
finish($gate);
$gate = talk();

# ---- A dump, a replica

$node->safe_psql('postgres', 'CREATE DATABASE copy TEMPLATE template0');
$node->command_ok([ 'bash', '-c', 'pg_dump bank | psql -qX -v ON_ERROR_STOP=1 copy' ], 'dumped and restored');
is($node->safe_psql('copy', $broken), '', 'a restored ledger knows what was redacted and rebuilt');

$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
sql("SELECT wallet_redact('${\ uuid(9)}')");
$node->wait_for_catchup('standby', 'replay', $node->lsn('insert'));
is($standby->safe_psql('bank', "SELECT count(*) FROM wallet.event WHERE transaction_id = '${\ uuid(9)}' AND metadata IS NULL"), '1', 'the standby has it erased');
proof_ok($standby, 'bank', 'on the standby');
for my $command ("wallet_redact('${\ uuid(8)}')", "wallet_rebuild('dave', 'USD')")
{
	my ($code, $out, $err) = $standby->psql('bank', "\\set VERBOSITY verbose\nSELECT $command");

	like($err, qr/ERROR:  25006: /, "refused on the standby: $command");
}
$standby->stop;

# ---- Progress, and its end

$node->safe_psql('bank', <<'SQL') for 1 .. 4;
SELECT count(*) FROM wallet_transfers_by_id((SELECT array_agg((SELECT id FROM wallet.account WHERE name = '@world')) FROM generate_series(1, 65000)),
	(SELECT array_agg((SELECT id FROM wallet.account WHERE name = 'carol')) FROM generate_series(1, 65000)), array_fill(0.01, ARRAY[65000]), (SELECT array_agg(wallet_uuid()) FROM generate_series(1, 65000)));
SQL
sql('VACUUM ANALYZE');
my $events = sql('SELECT count(*) FROM wallet.event');
my $watch = talk();

sub shown { my ($s, $what) = @_; return join(' ', answer($watch, "SELECT $what FROM wallet.progress WHERE pid = $s->{backend};")); }

# Cancelled in the middle of the rows.
{
	my $s = talk();
	my ($counted, $estimated) = (0, 0);

	send_sql($s, 'SELECT count(*) FROM wallet_verify(true);');
	poll(sub { shown($s, "phase = 'replaying events' AND done > 5000") eq 't' }, 'rows are counted');
	is(shown($s, "database, role = session_user, command, done <= total, total BETWEEN $events * 0.9 AND $events * 1.1, rate > 1000, eta > now() - interval '1 second', eta < now() + interval '1 hour'"),
		'bank|t|verify|t|t|t|t|t', 'who does what, how far, how fast, until when');
	my $began = time;
	sql("SELECT pg_cancel_backend($s->{backend})");
	is(told($s), 'state 57014', 'cancelled in the middle of replay');
	cmp_ok(time - $began, '<', 1, 'within a second');
	is(shown($s, '*'), '', 'and it is not shown any more');
	finish($s);
}

# In every phase: it is stopped there, seen, and cancelled.
my %phases = (
	'SELECT * FROM wallet_verify(true)' => [ 'verify', 'replaying events', 'checking accounts', 'checking balances', 'checking currencies', 'checking milestones', 'checking guards', 'recomputing in SQL' ],
	'SELECT * FROM wallet_replay()' => [ 'replay', 'replaying events', 'returning accounts' ],
	"SELECT * FROM wallet_rebuild('dave', 'USD')" => [ 'rebuild', 'finding the account', 'waiting for the account', 'replaying events', 'comparing rows', 'writing rows' ]);
sql("UPDATE wallet.balance SET balance = 77.77 WHERE account = $dave");
for my $sql (sort keys %phases)
{
	my ($command, @names) = @{ $phases{$sql} };

	for my $n (1 .. @names)
	{
		my $s = talk("SET wallet.failpoint = 'audit_phase=stop:2\@$n';");

		shut(2);
		send_sql($s, "$sql;");
		poll(sub { sql("SELECT wait_event_type FROM pg_stat_activity WHERE pid = $s->{backend}") eq 'Lock' }, "$command stops in phase $n");
		is(shown($s, 'command, phase, done'), "$command|$names[$n - 1]|0", "$command: phase $n is shown");
		my $began = time;
		sql("SELECT pg_cancel_backend($s->{backend})");
		is(told($s), 'state 57014', "$command: cancelled in phase $n");
		cmp_ok(time - $began, '<', 1, 'within a second');
		free(2);
		is(shown($s, '*'), '', 'it is gone');
		is(sql("SELECT count(*) FROM pg_locks WHERE pid = $s->{backend} AND locktype <> 'virtualxid'"), '0', 'and has no lock');
		is(join(' ', answer($s, 'SELECT count(*) FROM wallet_replay();')), '5', 'its session works on');
		finish($s);
	}
}
is(sql($broken), 'conservation recompute replay', 'nothing was mended by what was cancelled');
is(sql("SELECT what, before, after FROM wallet_rebuild('dave', 'USD')"), 'balance.balance|77.77|13.00', 'then it is');

# Terminated; caught.
{
	my $s = talk("SET wallet.failpoint = 'audit_phase=stop:2\@2';");

	shut(2);
	send_sql($s, 'SELECT * FROM wallet_verify();');
	poll(sub { shown($s, 'phase') eq 'checking accounts' }, 'it stops');
	sql("SELECT pg_terminate_backend($s->{backend})");
	poll(sub { sql("SELECT count(*) FROM pg_stat_activity WHERE pid = $s->{backend}") eq '0' }, 'it is gone');
	is(sql('SELECT count(*) FROM wallet.progress'), '0', 'terminated: nothing is shown');
	free(2);
	finish($s);

	$s = talk("SET wallet.failpoint = 'audit_phase=error\@2';");
	is(join(' ', answer($s, "DO \$\$ BEGIN PERFORM wallet_verify(); EXCEPTION WHEN OTHERS THEN NULL; END \$\$; SELECT count(*) FROM wallet.progress;")), '0', 'an error that is caught: nothing is shown');
	finish($s);
	$s = talk("SET wallet.failpoint = 'audit_phase=fatal\@2';");
	answer($s, 'SELECT * FROM wallet_verify();');
	finish($s);
	is(sql('SELECT count(*) FROM wallet.progress'), '0', 'FATAL: nothing is shown');
}

# Who sees it.
{
	my $s = talk("SET wallet.failpoint = 'audit_phase=stop:2\@2';");

	sql('CREATE ROLE reader LOGIN; CREATE ROLE watcher; GRANT watcher TO reader; GRANT USAGE ON SCHEMA wallet TO reader; GRANT SELECT ON wallet.progress TO reader; '
	  . 'GRANT EXECUTE ON FUNCTION wallet.long_work() TO reader; ALTER ROLE reader IN DATABASE bank SET client_min_messages = warning');
	shut(2);
	send_sql($s, 'SELECT * FROM wallet_verify();');
	poll(sub { shown($s, 'phase') eq 'checking accounts' }, 'it stops');
	is(sql('SET ROLE reader; SELECT count(*) FROM wallet.progress'), '0', 'a reader does not see the work of others');
	is(sql('GRANT pg_read_all_stats TO reader; SET ROLE reader; SELECT count(*) FROM wallet.progress'), '1', 'whoever may read all statistics does');
	is($node->safe_psql('postgres', 'SELECT 1'), '1', 'other databases have no view of it');
	free(2);
	like(told($s), qr/state 00000$/, 'it goes on to its end');
	is(shown($s, '*'), '', 'and is not shown any more');
	sql('REVOKE pg_read_all_stats FROM reader; GRANT EXECUTE ON FUNCTION wallet_replay(bigint) TO reader');
	my $own = session($node, 'bank', PGUSER => 'reader');
	($own->{backend}) = answer($own, 'SELECT pg_backend_pid();');
	send_sql($own, 'SELECT count(*) FROM wallet_replay();');
	poll(sub { my ($row) = answer($watch, "SET ROLE reader; SELECT role FROM wallet.progress WHERE pid = $own->{backend}; RESET ROLE;"); ($row // '') eq 'reader' }, 'its own work');
	pass('a reader sees its own work');
	finish($_) for $s, $own;
}
proof_ok($node, 'bank', 'in the end');

$node->stop;
done_testing();
