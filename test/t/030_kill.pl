# kill -9 at every failpoint, under load.
#
# Goal: wherever a server dies, what was acknowledged is there, once, as it was told; what was not
# acknowledged is there whole or not at all, and asking again says which; what was rolled back or
# refused is not there; a row of the application is there exactly if its payment is; balances
# are what the events add up to. And every failpoint of src/pg/failpoint.def was hit.
# Method: a round for each point, with kill (of the backend: the server starts again by itself) or
# crash (of backend and postmaster). Clients send single transfers, bulk calls by name and by id,
# groups, atomic calls, openings, currencies, prepared transactions, savepoints and rollbacks (KillLoad.pm)
# and write each answer to a file before the next request. Then the server is up again, logs
# and tables are compared (KillCheck.pm), and each operation of unknown end is sent twice more.
#
# Arming: every client of a round is armed, by its connection's options, with the round's point, each with an
# Nth hit of its own from the seed. The statements of a client follow from the seed, so what it has sent when its
# count is reached does too; which client comes first, and what the others are at then, is left to the
# scheduler: that is what a load is for. (A setting for the whole server would arm the checker, too.) How
# often a client comes to a point is measured in a round before, in which every point only writes to the server's log.
# Points of the second attempt need two clients that use an id at once: in their rounds pairs of
# clients send the same commands, and all are held up a little between looking up and locking. Those of a repair
# need something to repair: an account whose rows are broken before the round.
#
# What a process has written survives its death without fsync, which would only slow starting again: off, but for soak.
#
# WALLET_SEED repeats a run. tools/soak.sh sets KILL_ROUNDS, KILL_CLIENTS, KILL_SECONDS, KILL_FSYNC, KILL_SUMMARY.

use strict;
use warnings;
use lib 'test/t';
use Test::More;
use POSIX ();
use Time::HiRes qw(sleep time);
use WalletTest;
use KillLoad;
use KillCheck;
use PostgreSQL::Test::Utils;

my $seed = $ENV{WALLET_SEED} // int(rand(1_000_000_000));
my $clients = $ENV{KILL_CLIENTS} // 4;
my $limit = $ENV{KILL_SECONDS} // 600;
my $money = 100_000;
my $rounds_of_database = 40;
my @points = slurp_file('src/pg/failpoint.def') =~ /^WALLET_FAILPOINT_DEF\((\w+),/mg;
my $rounds = $ENV{KILL_ROUNDS} // @points;
my %race = map { $_ => 1 } qw(starting_over subtransaction_undone);
my %repair = map { $_ => 1 } grep { /^(rebuild_|audit_phase)/ } @points;
my %rare = (%race, %repair, milestone_inserted => 1);
my $dir = PostgreSQL::Test::Utils::tempdir();
my $began = time;

my (%hits, %rate, %sum, $node, $check, $db, %ids);

diag("seed $seed, " . scalar(@points) . " points, $rounds rounds, $clients clients");
srand($seed);

sub sum { my ($what, $n) = @_; $sum{$what} += $n; }

# ---- Server and databases

sub new_database
{
	my ($number) = @_;

	$db = "bank$number";
	$node->safe_psql('postgres', 'DROP DATABASE bank' . ($number - 1)) if $number > 1;
	$node->safe_psql('postgres', "CREATE DATABASE $db");
	wallet_seed($node, $db, $money / 100, @account);
	$node->safe_psql($db, 'CREATE EXTENSION amcheck; CREATE TABLE business (id uuid PRIMARY KEY, payer text, payee text, amount numeric)');
	# In a circle, so that balances stay as they are: milestones are then not far.
	my $circle = 50 * @account;
	$node->safe_psql($db, "SELECT count(*) FROM wallet_transfers((SELECT array_agg('acc' || 1 + i % 10) FROM generate_series(1, $circle) i), (SELECT array_agg('acc' || 1 + (i + 1) % 10) FROM generate_series(1, $circle) i), array_fill(0.01, ARRAY[$circle]), array_fill('USD'::text, ARRAY[$circle]), (SELECT array_agg(wallet_uuid()) FROM generate_series(1, $circle) i))") for 1 .. 5;
	$node->safe_psql($db, "SELECT wallet_open('broken', 'USD', wallet_uuid()); SELECT count(wallet_transfer('\@world', 'broken', 0.01, 'USD', wallet_uuid())) FROM generate_series(1, 600)");
	%ids = map { split /\|/ } split /\n/, $node->safe_psql($db, 'SELECT name, id FROM wallet.account');
	$check = KillCheck->new($node, $db, $money);
}

my $log_read = 0;

# What the server has written to its log since it was last asked.
sub new_log
{
	open my $log, '<', $node->logfile or die;
	seek $log, $log_read, 0;
	local $/;
	my $text = <$log> // '';
	$log_read = tell $log;
	return $text;
}

# Back on its feet, after whatever it was that hit; what its log says of it.
sub recover
{
	my ($action) = @_;
	my $log = new_log();

	if ($action eq 'crash' and $log =~ /wallet failpoint \w+: crash/)
	{
		crash($node);
		start_again($node);
	}
	elsif ($action eq 'kill' and $log =~ /wallet failpoint \w+: kill/)
	{
		poll(sub { $log .= new_log(); $log =~ /reinitializing/ }, 'the server has noticed');
		poll(sub { connects($node, $db) }, 'the server is back');
	}
	return $log;
}

# ---- A round

my $next = 31;						# so that an opening is before its erasure

# The broken account: a cent too much would do; a dollar, and no milestones.
sub break_rows
{
	$node->safe_psql($db, <<'SQL');
BEGIN;
ALTER TABLE wallet.milestone DISABLE TRIGGER immutable;
DELETE FROM wallet.milestone WHERE account = (SELECT id FROM wallet.account WHERE name = 'broken');
ALTER TABLE wallet.milestone ENABLE ALWAYS TRIGGER immutable;
UPDATE wallet.balance SET balance = balance + 1 WHERE account = (SELECT id FROM wallet.account WHERE name = 'broken');
COMMIT;
SQL
}

# What a client sends as its n-th operation of a round. In a round of repairs the first client has one to make.
sub sent
{
	my ($client, $n, $point) = @_;

	return { n => $n, kept => [], undone => [], commands => [], commit => 0, repairs => 1, steps => ["SELECT count(*) FROM wallet_rebuild('broken', 'USD');"] }
	  if $repair{$point} && $client == 0 && $n == $next + 3;
	return operation($seed, $client, $n, \%ids, $race{$point});
}

# All clients, from the same n on; returns when all of them have ended. They begin when the last of them has connected:
# who came late would meet the server that has started again, and wait there for the rows of a transaction
# that was prepared before, which nobody ends while clients run.
sub run_clients
{
	my ($round, $count, $point, $options) = @_;
	my @pids;

	pipe(my $ready_in, my $ready_out) or die;
	pipe(my $go_in, my $go_out) or die;
	for my $client (0 .. $clients - 1)
	{
		my $pid = fork() // die;
		my $begin = sub { syswrite $ready_out, 'r'; close $go_out; sysread $go_in, my $end, 1; };

		run_client($node, $db, "$dir/$round.$client", $options->($client), $begin, sub { sent($client, $_[0], $point) }, $next, $count) if !$pid;
		push @pids, $pid;
	}
	close $ready_out;
	for (@pids) { sysread $ready_in, my $ready, 1 or die 'a client could not connect'; }
	close $go_out;
	my $late = time + 60;
	for my $pid (@pids)
	{
		while (!waitpid $pid, 1)
		{
			sleep 0.02;
			if (time > $late) { kill 'KILL', @pids; $check->find('a client hangs'); $late += 60; }
		}
	}
}

# Prepared transactions that were left are ended, in one way or the other; gid => which.
sub end_prepared
{
	my ($operations) = @_;
	my %ended;
	my %of = map { $_->{gid} ? ($_->{gid} => $_) : () } @$operations;

	for my $gid (split /\n/, $node->safe_psql($db, 'SELECT gid FROM pg_prepared_xacts WHERE database = current_database() ORDER BY gid'))
	{
		my $end = $of{$gid}{ends} eq 'ROLLBACK' || rand() < 0.5 ? 'ROLLBACK' : 'COMMIT';

		$node->safe_psql($db, "$end PREPARED '$gid'");
		$ended{$gid} = $end;
	}
	sum('prepared transactions found and ended', scalar(keys %ended));
	return \%ended;
}

# Commands by id, with the group that each stands or falls with.
sub commands_of
{
	my %command;

	for my $op (@_)
	{
		for my $c (@{ $op->{kept} })
		{
			$c->{group_of} = [ grep { $op->{atomic} || $_->{group} == $c->{group} } @{ $op->{kept} } ] if $op->{atomic} || $op->{grouped};
			$command{ $c->{id} } = $c;
		}
	}
	return \%command;
}

# Whole or not at all; and if it was prepared, as it was ended.
sub check_whole
{
	my ($op, $told, $ended) = @_;
	my @there = grep { $check->{seen}{ $_->{id} } } @{ $op->{kept} };
	my $was_prepared = $op->{gid} && ($told->{answers}[2] // ['-'])->[0] eq '00000' && !grep { $_->[0] ne '00000' } @{ $told->{answers} };

	$check->find("of $op->{steps}[0] ... $op->{kept}[0]{id} there are " . @there . ' of ' . @{ $op->{kept} }) if @there and @there != @{ $op->{kept} };
	return if !$op->{gid};
	my $end = $ended->{ $op->{gid} };
	$check->find("$op->{gid} was prepared, and is neither prepared nor ended") if $was_prepared and !$end and $told->{sent} < 3;
	$check->find("$op->{gid} was ended by $end, and there are " . @there) if $end and @{ $op->{kept} } and ($end eq 'COMMIT') != (@there > 0);
	$check->find("$op->{gid} was prepared and committed, and is not there") if $was_prepared and !$end and $op->{ends} eq 'COMMIT' and !@there;
}

sub look
{
	my ($round, $point, $thorough) = @_;
	my (@ops, @unknown, @acked, %absent);

	for my $client (0 .. $clients - 1)
	{
		my $log = read_log("$dir/$round.$client");

		push @ops, map { [ sent($client, $_, $point), $log->{$_} ] } sort { $a <=> $b } keys %$log;
		unlink "$dir/$round.$client";
	}
	my $ended = end_prepared([ map { $_->[0] } @ops ]);
	my $command = commands_of(map { $_->[0] } @ops);

	@$check{ 'repairs', 'rebuilt' } = ($repair{$point}, 0);
	$check->fold($command, $check->new_events());
	sum('broken accounts found repaired', $check->check_repair(scalar(grep { $_->[0]{repairs} && ($_->[1]{answers}[0] // ['-'])->[0] eq '00000' } @ops))) if $repair{$point};
	for (@ops)
	{
		my ($op, $told) = @$_;
		my $result = $check->told($op, $told);

		check_whole($op, $told, $ended);
		$result = { acked => [], absent => [], unknown => $ended->{ $op->{gid} } eq 'COMMIT' } if $op->{gid} and $ended->{ $op->{gid} };
		push @acked, @{ $result->{acked} };
		$absent{ $_->{id} } = 1 for @{ $result->{absent} };
		push @unknown, $op if $result->{unknown};
		sum('operations cut before they could commit', 1) if $result->{cut};
	}
	$check->check_receipt($_, 'acknowledged') for @acked;
	$check->{seen}{$_} and $check->find("$_ was refused or undone, and is there") for keys %absent;
	sum('acknowledged commands', scalar(@acked));
	sum('commands refused or undone', scalar(keys %absent));
	my %unknown = map { map { $_->{id} => 1 } @{ $_->{kept} } } @unknown;
	sum('commands of unknown end', scalar(keys %unknown));
	sum('of these found committed', scalar(grep { $check->{seen}{$_} } keys %unknown));

	my $session = session($node, $db);
	$check->resend($session, $_, \%ids) for @unknown;
	finish($session);
	$check->fold($command, $check->new_events());
	$check->check_receipt($_, 'acknowledged when asked again') for @{ delete $check->{again} // [] };
	$check->check_balances();
	$check->check_business();
	$check->check_erased();
	$check->check_proof($thorough);
	$check->{found} = {};
	$next = 16 * (int($next / 16) + 8) + int(rand(16));
	return @{ delete $check->{findings} // [] };
}

# ---- Before: how often a client comes to each point

$node = wallet_node('main', conf => ($ENV{KILL_FSYNC} ? "recovery_init_sync_method = syncfs\n" : "fsync = off\n") . "deadlock_timeout = 100ms\ncheckpoint_timeout = 30s\nmax_wal_size = 64MB\nautovacuum_naptime = 1s\n");
new_database(1);
my $all = join(',', map { "$_=log" } @points);
new_log();
run_clients('measured', 16, 'none', sub { "-c wallet.failpoint=$all" });
my $log = new_log();
$rate{$1}++ while $log =~ /wallet failpoint (\w+): log/g;
is(join("\n", look('measured', 'none', 'true')), '', 'a round in which nothing dies');
is_deeply([ grep { !$rate{$_} && !$rare{$_} } @points ], [], 'a client comes to every point, but to those of second attempts, of repairs and of milestones') or note(explain(\%rate));

# ---- The rounds

my (@queue, @missed, $findings, $round);

sub shuffled { my @left = @_; return map { splice @left, rand @left, 1 } 1 .. @left; }

$findings = 0;
$round = 0;
for my $turn (0 .. int($rounds / @points))
{
	my $order = 0;
	my %odd = map { $_ => $order++ } @points;

	push @queue, map { { point => $_, action => ($odd{$_} + $turn + $seed) % 2 ? 'kill' : 'crash', tries => 0 } } shuffled(@points);
}
splice @queue, $rounds;
while (my $it = shift @queue)
{
	my $twins_only = $race{ $it->{point} };
	my $most = 1.5 * ($rate{ $it->{point} } // 0) / $clients;	# clients send twice what was measured
	my @nth = map { $it->{tries} || $rare{ $it->{point} } ? 1 : 1 + int(rand($most)) } 1 .. $clients;

	last if time - $began > $limit;
	$round++;
	new_database(1 + int($round / $rounds_of_database)) if $round % $rounds_of_database == 0;
	new_log();
	break_rows() if $repair{ $it->{point} };
	run_clients($round, 32 * (1 + $it->{tries}), $it->{point},
		sub { '-c wallet.failpoint=' . ($twins_only ? 'ids_looked_up=sleep:3,' : '') . "$it->{point}=$it->{action}\@$nth[ $_[0] ]" });
	my $hit = recover($it->{action}) =~ /wallet failpoint $it->{point}: $it->{action}/;
	my @found = look($round, $it->{point}, $round % 10 ? 'false' : 'true');

	$hits{ $it->{point} }{ $it->{action} }++ if $hit;
	$findings += @found;
	is(join("\n", @found[ 0 .. ($#found > 9 ? 9 : $#found) ]), '', "round $round: $it->{point}, $it->{action} at hit @nth" . ($hit ? '' : ' (not reached)'));
	last if @found;				# a broken ledger stays broken: what follows would only repeat it
	# Not reached, though it can be: once more, at the first hit, and for longer.
	unshift @queue, { %$it, tries => $it->{tries} + 1 } if !$hit and $it->{tries} < 4;
}

my @never = grep { !$hits{$_} } @points;
is("@never", '', 'every point was hit') if $rounds >= @points;
cmp_ok($sum{'acknowledged commands'}, '>', 20 * $round, 'the load was a load');
cmp_ok($sum{'commands of unknown end'}, '>', $round / 4, 'the end of some commands was unknown');
cmp_ok($sum{'of these found committed'}, '>', 0, 'and some of them had been committed');

# ---- What it was

my $kills = 0;
$kills += $_ for map { values %$_ } values %hits;
my @summary = (
	sprintf('%-42s %s', 'rounds', $round), sprintf('%-42s %s', 'kills', $kills), sprintf('%-42s %s', 'clients', $clients),
	(map { sprintf('%-42s %s', $_, $sum{$_} // 0) } 'acknowledged commands', 'commands refused or undone', 'operations cut before they could commit',
		'commands of unknown end', 'of these found committed', 'prepared transactions found and ended', 'broken accounts found repaired'),
	sprintf('%-42s %s', 'findings', $findings), sprintf('%-42s %s', 'points never hit', "@never" || 'none'), sprintf('%-42s %s', 'seed', $seed),
	sprintf('%-42s %d s', 'duration', time - $began), sprintf('%-42s %s', 'date', POSIX::strftime('%Y-%m-%d', gmtime)),
	sprintf('%-42s %s', 'PostgreSQL', $node->safe_psql('postgres', 'SHOW server_version')), '',
	sprintf('%-42s %6s %6s', 'kills per point', 'kill', 'crash'), map { sprintf('%-42s %6d %6d', $_, $hits{$_}{kill} // 0, $hits{$_}{crash} // 0) } @points);
note(join("\n", @summary));
if (my $file = $ENV{KILL_SUMMARY})
{
	open my $out, '>', $file or die "$file: $!";
	print $out join("\n", @summary), "\n";
}
$node->stop;
done_testing();
