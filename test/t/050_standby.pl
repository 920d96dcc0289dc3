# Reading from standbys, and promoting them under load: three times in a row, with clocks that disagree.
#
# Goal: a standby answers every read, knows the horizon that the primary stored, and waits for
# an event without standing in its own replay's way. Promoted, it goes on with ids greater than
# all that anybody saw, even those of events that it never got; every command that had reached
# it is remembered, a prepared transaction can be ended, and the ledger is proven. A synchronous
# standby has every acknowledged command.
# Method: clients send bulk calls, write each receipt to a file before the next, and the primary is
# killed under them. One standby's clock is an hour behind (clock_unsafe, and the way on), the
# next one's an hour ahead (and it is synchronous), the last one's is 5 s behind, which no check
# can tell. The first and the last are cut off before the end, so that they surely lack events.

use strict;
use warnings;
use lib 'test/t';
use Test::More;
use Time::HiRes qw(sleep time);
use WalletTest;
use PostgreSQL::Test::Utils;

my $hour = 3_600_000;
my @accounts = map { "acc$_" } 1 .. 10;
my $dir = PostgreSQL::Test::Utils::tempdir();
my @to_first_transfer;

my $primary = wallet_node('one', conf => "wal_log_hints = on\nautovacuum = off\nlock_timeout = 10s\n");
$primary->safe_psql('postgres', 'CREATE DATABASE bank');
wallet_seed($primary, 'bank', 1000, 'alice', 'bob', 'carol', 'dave', @accounts);

# A running standby of $from with a clock of its own.
sub standby_of
{
	my ($from, $name, $offset, $conf) = @_;
	my $standby = PostgreSQL::Test::Cluster->new($name);

	$from->backup("for_$name");
	$standby->init_from_backup($from, "for_$name", has_streaming => 1);
	$standby->append_conf('postgresql.conf', "wallet.clock_offset = $offset\n" . ($conf // ''));
	$standby->start;
	return $standby;
}

sub sql { my ($node, $sql) = @_; return $node->safe_psql('bank', $sql); }

sub fails
{
	my ($node, $sql, $pattern, $what) = @_;
	my ($code, $out, $err) = $node->psql('bank', "\\set VERBOSITY verbose\n$sql");

	like($err, $pattern, $what);
}

sub pay { my ($n, $amount) = @_; return "SELECT event_id FROM wallet_transfer('alice', 'bob', $amount, 'USD', '${\ uuid($n)}')"; }

# ---- The horizon

my $standby = standby_of($primary, 'two', -$hour, "max_standby_streaming_delay = -1\nhot_standby_feedback = off\n");
my $event = sql($primary, pay(1, 1));

is(sql($standby, "SELECT wallet_wait_event($event)"), 't', 'the standby waits for an event of the primary');
is(sql($standby, 'SELECT wallet_horizon() IS NULL, horizon IS NULL, stored IS NULL, standby FROM wallet.horizon_state'), 't|t|t|t', 'before any was stored there is no horizon');
is(sql($standby, 'SELECT count(*) FROM wallet_feed(0, 10)'), '0', 'and no feed');
fails($standby, "SELECT * FROM wallet_replay($event)", qr/ERROR:  WA024: the horizon is not known here/, 'and no replay up to an event');
fails($standby, 'SELECT wallet.store_horizon()', qr/ERROR:  25006: cannot execute wallet\.store_horizon\(\) during recovery/, 'a standby stores none');
fails($primary, 'BEGIN READ ONLY; SELECT wallet.store_horizon()', qr/ERROR:  25006: .*read-only/, 'nor does a read-only transaction');

sub store_and_catch_up
{
	my $stored = sql($primary, 'SELECT wallet.store_horizon()');

	$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
	return $stored;
}
my $horizon = store_and_catch_up();
cmp_ok($horizon, '>=', $event, 'stored: it is above what was committed');
is(sql($standby, 'SELECT wallet_horizon()'), $horizon, 'the standby knows it');
is(sql($standby, "SELECT count(*) = (SELECT count(*) FROM wallet.event), max(event_id) = $event FROM wallet_feed(0, 100000)"), 't|t', 'and feeds all events up to it');
is(sql($standby, "SELECT stored = horizon AND horizon = $horizon AND stored_age > interval '0' AND stored_age < interval '1 min' AND abs(extract(epoch FROM stored_at) * 1000000 - $horizon) < 2000000 FROM wallet.horizon_state"), 't', 'and its age');
is(sql($standby, "SELECT name, balance FROM wallet_replay($event) WHERE name = 'bob'"), 'bob|1001.00', 'and replays up to it');
fails($standby, "SELECT * FROM wallet_replay($horizon + 1)", qr/ERROR:  WA024: until_event lies above the horizon/, 'and no further');

# Each second for 200 seconds, seen by nobody: one page.
my $storing = session($primary, 'bank');
answer($storing, 'SELECT wallet.store_horizon();') for 1 .. 200;
finish($storing);
is(sql($primary, "SELECT pg_relation_size('wallet.instance') <= 8192, (SELECT n_tup_hot_upd = n_tup_upd AND n_tup_upd >= 200 FROM pg_stat_all_tables WHERE relid = 'wallet.instance'::regclass)"), 't|t', 'storing 200 times stays on its page');

# A transaction with an old snapshot knows an older one: what is stored does not go back.
my $old = session($primary, 'bank');
answer($old, 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1;');
sql($primary, "SELECT count(wallet_transfer('alice', 'bob', 1, 'USD', wallet_uuid()))");
my $newer = sql($primary, 'SELECT wallet.store_horizon()');
is((answer($old, 'SELECT wallet.store_horizon();'))[0], $newer, 'storing an older one leaves the newer');
answer($old, 'COMMIT;');
finish($old);
is(sql($primary, 'SELECT horizon FROM wallet.instance'), $newer, 'it does not go back');

# Running transactions hold it; it can be seen who.
my $holder = session($primary, 'bank', PGAPPNAME => 'holder');
my $to_be_prepared = "wallet_transfer('carol', 'dave', 1, 'USD', '${\ uuid(2)}')";
my ($held) = answer($holder, "BEGIN; SELECT event_id FROM $to_be_prepared;");
my $later = sql($primary, "SELECT wallet_open('later', 'USD', wallet_uuid())");
my $second = store_and_catch_up();
ok($second >= $horizon && $second < $held && $held < $later, 'a running transaction holds it back');
cmp_ok(sql($standby, 'SELECT wallet_horizon()'), '<', $held, 'on the standby too');
is(sql($standby, "SELECT max(event_id) < $held, (SELECT count(*) FROM wallet.event WHERE event_id = $later) FROM wallet_feed(0, 100000)"), 't|1', 'so the feed stops there too, though a later event is visible');
is(sql($primary, "SELECT holder, application_name, state, query LIKE '%wallet_transfer%', xid_age >= 1 FROM wallet.horizon_holders"), 'session|holder|idle in transaction|t|t', 'the holder is named');
answer($holder, "PREPARE TRANSACTION 'left';");
cmp_ok(store_and_catch_up(), '<', $held, 'a prepared transaction holds it too');
is(sql($primary, "SELECT holder, gid, database, started > now() - interval '1 min' FROM wallet.horizon_holders"), 'prepared|left|bank|t', 'and is named');
is(sql($primary, 'SELECT age > stored_age - interval \'1 s\' AND horizon >= stored AND NOT standby FROM wallet.horizon_state'), 't', 'the primary shows both');

# A session that has stored and not committed: others store nothing, wait for nothing, and see what is stored.
answer($holder, 'BEGIN; SELECT wallet.store_horizon();');
is(sql($primary, "SET statement_timeout = '5s'; SELECT wallet.store_horizon() = (SELECT horizon FROM wallet.instance)"), 't', 'storing waits for nobody');
answer($holder, 'ROLLBACK;');
finish($holder);
is(sql($primary, 'SELECT count(DISTINCT wallet.store_horizon()) <= 2 FROM generate_series(1, 3)'), 't', 'storing thrice in a statement');
is(sql($primary, 'BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT wallet.store_horizon() = (SELECT horizon FROM wallet.instance); COMMIT'), 't', 'storing in a serializable transaction');

# ---- Waiting for an event

is(sql($primary, "BEGIN; SELECT wallet_wait_event((${\ pay(3, 1)}), '0 s'); COMMIT"), 't', 'an event of the very statement is there');
is((split /\n/, sql($primary, "BEGIN; ${\ pay(4, 1)} \\gset\nSELECT wallet_wait_event(:event_id, '0 s'); COMMIT"))[-1], 't', 'one of the own transaction is, at once');
my $began = time;
is(sql($standby, "SELECT wallet_wait_event(17, '300 ms')"), 'f', 'an event that never comes');
ok(time - $began >= 0.3 && time - $began < 5, 'is waited for as long as was said');
is(sql($standby, "SELECT wallet_wait_event($event, '0 s'), wallet_wait_event($event, NULL), wallet_wait_event(NULL)"), 't|t|', 'no timeout at all, for ever, no event');
is(sql($standby, "SELECT wallet_wait_event($event, '178000000 years'), wallet_wait_event($event, '1 mon')"), 't|t', 'a very long timeout');
fails($standby, "SELECT wallet_wait_event($event, '$_')", qr/ERROR:  WA024: timeout must not be negative/, "timeout $_") for '-1 us', '-178000000 years', '1 day -25 hours';
fails($standby, "SET statement_timeout = '200 ms'; SELECT wallet_wait_event(17, NULL)", qr/ERROR:  57014: .*statement timeout/, 'statement_timeout ends a wait');
fails($standby, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT wallet_wait_event($event); SELECT wallet_wait_event(17)", qr/ERROR:  55000: this transaction's snapshot does not see the event and never will\n.*HINT:  Wait under READ COMMITTED/s, 'a REPEATABLE READ transaction is told that it never comes');
is(sql($standby, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT wallet_wait_event($event), wallet_wait_event(17, '0 s')"), 't|f', 'and may ask');
is(sql($standby, "SELECT wallet_wait_event(17, '100 ms'), wallet_balance('bob', 'USD') > 0, (SELECT count(*) > 0 FROM wallet.event) FROM generate_series(1, 2)"), "f|t|t\nf|t|t", 'in a statement that reads');
is(sql($standby, "SELECT * FROM wallet_wait_event($event)"), 't', 'in FROM');
is((split /\n/, sql($standby, "BEGIN; DECLARE c CURSOR FOR SELECT name FROM wallet.account ORDER BY 1; FETCH c; SELECT wallet_wait_event(17, '20 ms'); FETCH ALL FROM c; SELECT wallet_wait_event($event); SELECT count(*) > 0 FROM wallet.event; COMMIT"))[-1], 't', 'beside an open cursor');
is(sql($standby, "SELECT wallet_wait_event(17, '20 ms'), wallet_wait_event($event), wallet_balance('bob', 'USD') > 0"), 'f|t|t', 'others in the same select list still read');

my $waiter = session($standby, 'bank', PGAPPNAME => 'waiter');
answer($waiter, 'SELECT 1;');
print { $waiter->{in} } "SELECT wallet_wait_event(17, NULL);\n";
poll(sub { sql($standby, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'waiter' AND state = 'active' AND wait_event_type = 'Extension' AND backend_xmin IS NULL") eq '1' }, 'the waiter holds no snapshot');
pass('a waiter holds no snapshot');
is(sql($standby, "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE a.application_name = 'waiter' AND l.relation = 'wallet.event'::regclass"), '0', 'and no lock on the log');
is(sql($standby, "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'waiter'"), 't', 'a cancel');
is((answer($waiter, "SELECT 'goes on';"))[0], 'goes on', 'ends a wait');
finish($waiter);

# Replay that must remove rows waits for whoever has an old snapshot, here for ever: the waiter must not be that one.
sql($standby, 'SELECT pg_wal_replay_pause()');
sql($primary, "SELECT count(wallet_transfer('alice', 'bob', 1, 'USD', wallet_uuid())) FROM generate_series(1, 50)") for 1 .. 2;
sql($primary, 'VACUUM wallet.balance');
my $beyond = sql($primary, pay(5, 1));
my $program = start_program("$dir/waiter", 'psql', '-qXAt', '-h', $standby->host, '-p', $standby->port, '-d', 'bank', '-c', "SELECT wallet_wait_event($beyond, '20 s')");
poll(sub { sql($standby, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT wallet_wait_event%' AND state = 'active' AND wait_event_type = 'Extension'") eq '1' }, 'it waits');
sql($standby, 'SELECT pg_wal_replay_resume()');
is((end_program($program))[1], "t\n", 'it does not stop the replay that it waits for');

# ---- Clients

# Calls of one client until the server is gone, each answer in the file before the next call.
sub start_clients
{
	my ($node, $round) = @_;
	my @pids;

	for my $client (1 .. 3)
	{
		my $pid = fork() // die;

		if (!$pid)
		{
			open my $log, '>>', "$dir/round$round" or die;
			$log->autoflush(1);
			open STDERR, '>', '/dev/null';
			my $session = session($node, 'bank');
			for (my $n = 1;; $n++)
			{
				my @lines = answer($session, call($round, $client, $n)) or last;

				last if @lines != 4;
				syswrite $log, join('', map { "$_\n" } @lines);
			}
			POSIX::_exit(0);
		}
		push @pids, $pid;
	}
	return @pids;
}

sub call
{
	my ($round, $client, $n) = @_;
	my @from = map { "'" . $accounts[ ($client * 31 + $n * 7 + $_ * 3) % @accounts ] . "'" } 0 .. 3;
	my @to = map { "'" . $accounts[ ($client * 31 + $n * 7 + $_ * 3 + 1 + ($n + $_) % 8) % @accounts ] . "'" } 0 .. 3;
	my @ids = map { "'" . uuid($n * 10 + $_, $round * 16 + $client) . "'" } 0 .. 3;
	local $" = ',';

	return "SELECT transaction_id, status, event_id, amount, from_balance, to_balance FROM wallet_transfers(ARRAY[@from], ARRAY[@to], ARRAY[${\ (1 + $n % 40)},2,900,${\ (1 + $n % 7)}], ARRAY['USD','USD','USD','USD'], ARRAY[@ids]::uuid[]) ORDER BY ord;";
}

# What was acknowledged in a round, and of that what this server has.
sub compare
{
	my ($node, $round) = @_;
	my @acknowledged = split /\n/, slurp_file("$dir/round$round");
	my $mask = sprintf '000000%x', $round;
	my %event = map { (split /\|/)[0] => $_ } split /\n/,
	  sql($node, "SELECT e.transaction_id, s.name, e.event_id, CASE WHEN e.status = 0 THEN e.amount END, e.debit_balance, e.credit_balance FROM wallet.event e JOIN wallet.status s ON s.number = e.status WHERE e.transaction_id::text LIKE '$mask%'");
	my ($there, $lost, $changed, $greatest) = (0, 0, 0, 0);

	for (@acknowledged)
	{
		my ($id, $status, $event_id, $amount, @balances) = split /\|/, $_, -1;
		my $found = $event{$id};

		$greatest = $event_id if $event_id > $greatest;
		if (!$found) { $lost++; next; }
		$there++;
		my (undef, $s, $e, $a, @b) = split /\|/, $found, -1;
		$changed++ if "$s|$e|@b" ne "$status|$event_id|@balances";
	}
	is($changed, 0, "round $round: what is there says what was acknowledged ($there of " . @acknowledged . ')');
	return { acknowledged => scalar @acknowledged, there => $there, lost => $lost, greatest => $greatest };
}

# All calls of the round once more: what is there replays, what is not is done now, above all that anybody saw.
sub send_again
{
	my ($node, $round, $seen) = @_;
	my $session = session($node, 'bank');
	my %told = map { (split /\|/)[0] => $_ } split /\n/, slurp_file("$dir/round$round");
	my %there = map { $_ => 1 } split /\n/, sql($node, 'SELECT transaction_id FROM wallet.event');
	my ($replayed, $anew, $wrong) = (0, 0, 0);

	for my $client (1 .. 3)
	{
		for (my $n = 1; $told{ uuid($n * 10, $round * 16 + $client) }; $n++)
		{
			for my $line (answer($session, call($round, $client, $n)))
			{
				my ($id, $status, $event_id) = split /\|/, $line;

				if ($there{$id}) { $replayed++; $wrong++ if $line ne $told{$id}; }
				else { $anew++; $wrong++ if $event_id <= $seen->{greatest}; }
			}
		}
	}
	finish($session);
	is($wrong, 0, "round $round: sent again, $replayed replay as acknowledged, $anew that it lacks get ids above all that were told");
	is($anew, $seen->{lost}, "round $round: and no others");
}

# From the signal to the first transfer.
sub promote_and_measure
{
	my ($node, $id, @settings) = @_;
	my $began = time;

	$node->promote;
	my $first = sql($node, join('', map { "SET $_;" } @settings) . "SELECT event_id FROM wallet_transfer('alice', 'bob', 1, 'USD', '${\ uuid($id)}')");

	push @to_first_transfer, time - $began;
	return $first;
}

# Cuts the standby off: from now on it lacks what the primary acknowledges.
sub cut_off
{
	my ($node) = @_;

	$node->append_conf('postgresql.conf', "primary_conninfo = ''");
	$node->reload;
	poll(sub { sql($node, 'SELECT count(*) FROM pg_stat_wal_receiver') eq '0' }, 'it is cut off');
}

# ---- First promotion: an hour behind, with a prepared transaction, by a session that was there before

my $reader = session($standby, 'bank');
is((answer($reader, "SELECT wallet_horizon() > 0, wallet_balance('alice', 'USD') > 0, count(*) > 0 FROM wallet_verify();"))[0], 't|t|t', 'a session of the standby reads');
my @clients = start_clients($primary, 1);
sleep 0.7;
store_and_catch_up();
cut_off($standby);
sleep 0.3;
my $lost_horizon = sql($primary, 'SELECT wallet.store_horizon()');
crash($primary);
waitpid $_, 0 for @clients;
my $newest = sql($standby, 'SELECT max(event_id) FROM wallet.event');
my $timeline = sql($standby, 'SELECT timeline FROM wallet.instance');

$began = time;
$standby->promote;
fails($standby, pay(10, 1), qr/ERROR:  WA034: .*\nDETAIL:  The newest .* lies 3[56]\d\d s in the future\.\nHINT:  Set the system clock right/, 'an hour behind: clock_unsafe');
like(join(' ', $reader->{out} ? answer($reader, "SELECT count(*) >= 0 FROM wallet.event;") : ()), qr/^t$/, 'reading goes on');
my $first = sql($standby, "SET wallet.max_clock_step = '2h'; ${\ pay(10, 1)}");
push @to_first_transfer, time - $began;
cmp_ok($first - $newest, '>=', 10_000_000, 'with the hint followed it goes on, 10 s above the newest event that it has');
my $seen = compare($standby, 1);
cmp_ok($seen->{there}, '>', 100, 'the load was a load');
cmp_ok($seen->{lost}, '>', 0, 'and some of it never got there');
cmp_ok($first, '>', $seen->{greatest}, 'ids are above those that were lost');
my ($from_reader) = answer($reader, pay(11, 1) . ';');
cmp_ok($from_reader, '>', $first, 'a session that was there before the promotion takes greater ids');
ok($from_reader - $first < 1_000_000, 'and does not jump again') or diag($from_reader - $first);
finish($reader);
is(sql($standby, 'SELECT timeline FROM wallet.instance'), $timeline + 1, 'the new timeline is recorded');
fails($standby, "SET lock_timeout = '200ms'; SELECT $to_be_prepared", qr/ERROR:  55P03/, 'the prepared transaction has its locks');
sql($standby, "COMMIT PREPARED 'left'");
is(sql($standby, "SELECT event_id = $held AND replayed FROM $to_be_prepared"), 't', 'and can be committed');
send_again($standby, 1, $seen);
proof_ok($standby, 'bank', 'after the first promotion');
cmp_ok(sql($standby, 'SELECT wallet.store_horizon()'), '>=', sql($standby, 'SELECT max(event_id) FROM wallet.event'), 'there is a horizon above all events');

# The clock is set right: ids follow at once, with no restart.
$standby->append_conf('postgresql.conf', 'wallet.clock_offset = 0');
$standby->reload;
sleep 0.2;
is(sql($standby, "SELECT abs(event_id / 1000000.0 - extract(epoch FROM clock_timestamp())) < 25 FROM wallet_transfer('alice', 'bob', 1, 'USD', wallet_uuid())"), 't', 'its clock set right, ids are near');

# ---- Second: synchronous, an hour ahead

$primary = $standby;
$standby = standby_of($primary, 'three', $hour, "primary_conninfo = '" . $primary->connstr . " application_name=three'\n");
$primary->append_conf('postgresql.conf', "synchronous_standby_names = 'three'");
$primary->reload;
poll(sub { sql($primary, "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") eq '1' }, 'it is synchronous');
is(sql($standby, "SELECT wallet_wait_event((SELECT max(event_id) FROM wallet.event)), wallet_horizon() IS NOT NULL"), 't|t', 'a standby of the promoted reads and has a horizon');
@clients = start_clients($primary, 2);
sleep 0.8;
crash($primary);
waitpid $_, 0 for @clients;
$first = promote_and_measure($standby, 20);
$seen = compare($standby, 2);
cmp_ok($seen->{acknowledged}, '>', 100, 'the load was a load');
is($seen->{lost}, 0, 'a synchronous standby has every acknowledged command');
cmp_ok($first, '>', $seen->{greatest}, 'an hour ahead: it goes on with greater ids');
send_again($standby, 2, $seen);
proof_ok($standby, 'bank', 'after the second promotion');
is(sql($standby, 'SELECT timeline FROM wallet.instance'), $timeline + 2, 'the second timeline is recorded');

# ---- Third: 5 s behind the one before, which is no reason for clock_unsafe, and it lacks events

$primary = $standby;
# The jump is over when the clock has come there: only then does the old primary tell ids by its clock.
poll(sub { sql($primary, "SELECT event_id - extract(epoch FROM clock_timestamp()) * 1000000 < $hour * 1000.0 + 500000 FROM wallet_transfer('alice', 'bob', 1, 'USD', wallet_uuid())") eq 't' }, 'the clock has come there');
$standby = standby_of($primary, 'four', $hour - 5000);
@clients = start_clients($primary, 3);
sleep 0.3;
cut_off($standby);
sleep 0.5;
crash($primary);
waitpid $_, 0 for @clients;
$first = promote_and_measure($standby, 30);
$seen = compare($standby, 3);
cmp_ok($seen->{lost}, '>', 0, 'some of the load never got there');
cmp_ok($first, '>', $seen->{greatest}, '5 s behind: ids jump above those that were lost');
send_again($standby, 3, $seen);
proof_ok($standby, 'bank', 'after the third promotion');

# A restart is no promotion.
$newest = sql($standby, 'SELECT max(event_id) FROM wallet.event');
$standby->restart;
cmp_ok(sql($standby, pay(31, 1)) - $newest, '<', 4_000_000, 'a restart does not jump');
proof_ok($standby, 'bank', 'after a restart');

note(sprintf 'promotion to first transfer: median of 3: %.2f s', (sort { $a <=> $b } @to_first_transfer)[1]);
$standby->stop;
done_testing();
