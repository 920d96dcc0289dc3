# Physical copies: pg_basebackup, point-in-time recovery, a second server from the same files.
#
# Goal: a backup taken under load, recovered to a moment in the middle of it, is the ledger of that moment: what was
# acknowledged before the moment is there, what began after it is not; it verifies, remembers, and goes on with greater ids
# than any that anybody was told. A physical copy looks like its original, so the setting wallet.paused pauses it.
# Method: clients write down each answer before they ask again. Between their answers a restore point is
# set and the time is read; the archive is then played to the one and to the other. WALLET_SOAK=1: more load.

use strict;
use warnings;
use lib 'test/t';
use Test::More;
use WalletTest;
use PostgreSQL::Test::Utils;
use Time::HiRes qw(sleep);

my $clients = 3;
my $seconds = $ENV{WALLET_SOAK} ? 20 : 2;
my $node = PostgreSQL::Test::Cluster->new('main');

$node->init(allows_streaming => 1, has_archiving => 1, extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "max_connections = 40\nmax_prepared_transactions = 20\nlog_statement = none\nfsync = off\n");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE bank');
wallet_seed($node, 'bank', 1000000, map { "a$_" } 1 .. 6);

# Each client is a process that transfers with ids of its own, counting up, and writes each id that was answered into its file.
sub start_client
{
	my ($number) = @_;
	my $file = PostgreSQL::Test::Utils::tempdir() . "/acknowledged.$number";
	my $pid = fork() // die "fork: $!";

	return { pid => $pid, file => $file, number => $number } if $pid;
	my $session = session($node, 'bank');
	open my $log, '>', $file or POSIX::_exit(1);
	$log->autoflush(1);
	for (my $n = 1;; $n++)
	{
		my ($from, $to) = ("a$number", 'a' . (1 + ($number + $n) % 6));
		my @answer = answer($session, "SELECT status, event_id FROM wallet_transfer('$from', '" . ($to eq $from ? '@world' : $to) . "', 1, 'USD', '" . uuid($n, $number) . "');");

		POSIX::_exit(0) if @answer != 1 || $answer[0] !~ /^success\|(\d+)$/;
		print $log "$n $1\n";
	}
}

# How many a client has been answered by now, and the greatest event_id that it was told.
sub acknowledged
{
	my ($client) = @_;
	my @lines = split /\n/, slurp_file($client->{file});
	my ($n, $event) = split / /, $lines[-1] // '0 0';

	return ($n, $event);
}

my @clients = map { start_client($_) } 1 .. $clients;
poll(sub { !grep { !-s $_->{file} } @clients }, 'every client was answered');
$node->backup('base');
sleep $seconds / 2;

# The moments: what had been answered before surely lies before, what is asked after an answer to the second look surely lies after.
my %moment;
for my $kind (qw(time name))
{
	my @before = map { [ acknowledged($_) ] } @clients;

	$moment{$kind}{target} = $kind eq 'time' ? $node->safe_psql('bank', "SELECT clock_timestamp()") : $node->safe_psql('bank', "SELECT pg_create_restore_point('middle')");
	$moment{$kind}{before} = \@before;
	$moment{$kind}{after} = [ map { (acknowledged($_))[0] } @clients ];
	sleep $seconds / 2;
}
$node->safe_psql('bank', "BEGIN; SELECT wallet_transfer('a6', 'a5', 1, 'USD', '" . uuid(1, 99) . "'); PREPARE TRANSACTION 'open'");
sleep 0.3;
kill 'TERM', $_->{pid} for @clients;
waitpid $_->{pid}, 0 for @clients;
$moment{end} = { before => [ map { [ acknowledged($_) ] } @clients ] };
my ($told) = sort { $b <=> $a } map { (acknowledged($_))[1] } @clients;
$node->safe_psql('bank', 'SELECT pg_switch_wal()');
$node->stop;

sub check_copy
{
	my ($copy, $what, $moment) = @_;
	my $at = sub { return $copy->safe_psql('bank', $_[0]); };

	proof_ok($copy, 'bank', $what);
	for my $client (@clients)
	{
		my $number = $client->{number};
		my $need = $moment->{before}[ $number - 1 ][0];
		my $prefix = sprintf('%08x', $number);
		my ($have, $last) = split /\|/, $at->("SELECT count(*), COALESCE(max(('x' || right(transaction_id::text, 12))::bit(48)::bigint), 0) FROM wallet.event WHERE transaction_id::text LIKE '$prefix-%'");

		cmp_ok($need, '>', 5, "$what: client $number had been answered");
		is($have, $last, "$what: client $number: no gap among its events");
		cmp_ok($last, '>=', $need, "$what: client $number: all that was acknowledged before is there");
		next if !$moment->{after};
		# It was answered so many when we looked again; one more may have been on its way.
		cmp_ok($last, '<=', $moment->{after}[ $number - 1 ] + 1, "$what: client $number: nothing from after");
		cmp_ok($last, '<', (acknowledged($client))[0], "$what: client $number: which there was");
	}
	my $again = uuid(1, 1);
	is($at->("SELECT status, replayed FROM wallet_transfer('a1', 'a3', 1, 'USD', '$again')"), 'success|t', "$what: ids are remembered");
	is($at->("SELECT status, event_id > $told FROM wallet_transfer('a1', 'a2', 1, 'USD', wallet_uuid())"), 'success|t', "$what: ids are greater than any that was told");
	# What was lost is asked again by whoever was told, and happens.
	my $lost = (acknowledged($clients[0]))[0];
	my $to = 'a' . (1 + (1 + $lost) % 6);
	is($at->("SELECT status, replayed FROM wallet_transfer('a1', '" . ($to eq 'a1' ? '@world' : $to) . "', 1, 'USD', '" . uuid($lost, 1) . "')"), 'success|' . ($moment->{after} ? 'f' : 't'), "$what: the last that was told is asked again");
	proof_ok($copy, 'bank', "$what, gone on");
}

for my $kind (qw(time name))
{
	my $copy = PostgreSQL::Test::Cluster->new("to_$kind");

	$copy->init_from_backup($node, 'base', has_restoring => 1, standby => 0);
	$copy->append_conf('postgresql.conf', $kind eq 'time' ? "recovery_target_time = '$moment{time}{target}'\n" : "recovery_target_name = 'middle'\n");
	$copy->append_conf('postgresql.conf', "recovery_target_action = pause\narchive_mode = off\nwallet.paused = on\n");
	$copy->start;
	poll(sub { $copy->safe_psql('bank', 'SELECT pg_get_wal_replay_pause_state()') eq 'paused' }, 'the moment is reached');
	proof_ok($copy, 'bank', "at the $kind, before it is promoted");
	is($copy->safe_psql('bank', 'SELECT wallet_paused()'), 'the setting wallet.paused is on', "$kind: not promoted, it is paused");
	my ($refused, $nothing, $why) = $copy->psql('bank', 'SELECT wallet_resume()');
	like($why, qr/cannot execute wallet_resume\(\) (?:during recovery|in a read-only transaction)/, "$kind: nor can it be resumed");
	$copy->safe_psql('bank', 'SELECT pg_wal_replay_resume()');
	poll(sub { $copy->safe_psql('bank', 'SELECT pg_is_in_recovery()') eq 'f' }, 'recovery has ended');
	check_copy($copy, "recovered to a $kind", $moment{$kind});

	# It has its original's system identifier, so only the setting can tell.
	is($copy->safe_psql('bank', 'SELECT wallet_paused()'), 'the setting wallet.paused is on', "$kind: paused by the setting");
	is($copy->safe_psql('bank', 'SELECT wallet_resume()'), 'the setting wallet.paused is on', "$kind: and not resumed against it");
	my ($code, $out, $err) = $copy->psql('bank', 'SET wallet.paused = off');
	like($err, qr/cannot be changed now/, "$kind: nor by a session");
	$copy->safe_psql('bank', 'ALTER SYSTEM SET wallet.paused = off');
	$copy->reload;
	poll(sub { $copy->safe_psql('bank', 'SELECT wallet_paused() IS NULL') eq 't' }, 'the setting was read again');
	is($copy->safe_psql('bank', 'SELECT wallet_paused()'), '', "$kind: until the server's owner says so");
	$copy->stop;
}

# ---- To the end of the archive
my $copy = PostgreSQL::Test::Cluster->new('to_end');
$copy->init_from_backup($node, 'base', has_restoring => 1, standby => 0);
$copy->append_conf('postgresql.conf', "archive_mode = off\n");
$copy->start;
poll(sub { $copy->safe_psql('bank', 'SELECT pg_is_in_recovery()') eq 'f' }, 'recovery has ended');
is($copy->safe_psql('bank', 'SELECT wallet_paused()'), '', 'a physical copy that nobody paused takes itself for the original');
check_copy($copy, 'recovered to the end', $moment{end});
is($copy->safe_psql('bank', 'SELECT gid FROM pg_prepared_xacts'), 'open', 'what was prepared is still prepared');
$copy->safe_psql('bank', "COMMIT PREPARED 'open'");
is($copy->safe_psql('bank', "SELECT status, replayed FROM wallet_transfer('a6', 'a5', 1, 'USD', '" . uuid(1, 99) . "')"), 'success|t', 'and can be committed');
proof_ok($copy, 'bank', 'in the end');
$copy->stop;
done_testing();
