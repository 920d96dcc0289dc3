# kill -9 of the server in the middle of a bulk load, ten times.
#
# Goal: what was acknowledged is there, once; what was not is there once or not at
# all, and asking again with the same id says which. What the ledger says in the end is what
# a calculation from the receipts says.
# Method: client processes send calls (mostly bulk, some in groups, some single) that
# follow from the seed, write each receipt to a file of their own before the next
# request, and die with the server. It is killed at random moments, started again,
# looked at, and the clients go on with the call that was not answered. In the end
# every call is sent twice more. The calculation is in this file and knows only the
# receipts: in the order of their event_ids, each transfer must have succeeded exactly if the
# payer had enough, and have left the balances that its receipt told.
#
# WALLET_SEED repeats a run.

use strict;
use warnings;
use lib 'test/t';
use Test::More;
use Time::HiRes qw(sleep time);
use WalletTest;
use PostgreSQL::Test::Utils;

my $seed = $ENV{WALLET_SEED} // int(rand(1_000_000_000));
my $rounds = 10;
my $clients = 3;
my @accounts = map { "acc$_" } 1 .. 30;
my $dir = PostgreSQL::Test::Utils::tempdir();

diag("seed $seed");
note("WALLET_SEED=$seed");
srand($seed);

my $node = wallet_node('main', conf => "checkpoint_timeout = 30s\nmax_wal_size = 64MB\n");
$node->safe_psql('postgres', 'CREATE DATABASE load');
wallet_seed($node, 'load', 200, @accounts);

# ---- What client c sends as its call n: always the same

# A small generator of its own, so that each call can be made again.
sub generator
{
	my ($state) = @_;

	$state = ($state * 2654435761 + 12345) % 4294967296;
	return sub {
		$state = ($state * 1664525 + 1013904223) % 4294967296;
		return int($state / 65536) % $_[0];
	};
}

sub call_of
{
	my ($client, $n) = @_;
	my $random = generator($seed + 7919 * $client + 104729 * $n);
	my $single = $n % 10 == 3;
	my $grouped = $n % 5 == 1;
	my @commands;

	for my $i (0 .. ($single ? 0 : 39))
	{
		my $from = $random->(scalar @accounts);
		my $to = ($from + 1 + $random->(@accounts - 1)) % @accounts;

		push @commands, {
			id => uuid($n * 100 + $i, $client + 1), from => $accounts[$from], to => $accounts[$to],
			amount => 1 + $random->($random->(8) == 0 ? 400 : 40), group => int($i / 4) };
	}
	return { single => $single, grouped => $grouped, commands => \@commands };
}

sub sql_of
{
	my ($call) = @_;
	my @commands = @{ $call->{commands} };
	my $array = sub { my ($field, $quote) = @_; 'ARRAY[' . join(',', map { "$quote$_->{$field}$quote" } @commands) . ']' };

	# A single command that is refused raises, and is remembered by nobody: the receipt is the error.
	return "SELECT transaction_id, status, event_id, from_balance, to_balance, replayed FROM wallet_transfer('$commands[0]{from}', '$commands[0]{to}', $commands[0]{amount}, 'USD', '$commands[0]{id}');"
	  if $call->{single};
	return 'SELECT transaction_id, status, event_id, from_balance, to_balance, replayed FROM wallet_transfers('
	  . $array->('from', "'") . ', ' . $array->('to', "'") . ', ' . $array->('amount', '')
	  . ", array_fill('USD'::text, ARRAY[" . scalar(@commands) . ']), ' . $array->('id', "'") . '::uuid[]'
	  . ($call->{grouped} ? ', ' . $array->('group', '') : '') . ') ORDER BY ord;';
}

# ---- The clients

# Calls from number n on until the server is gone; each answer is in the file before the next call.
sub run_client
{
	my ($client, $n) = @_;

	open my $log, '>>', "$dir/client$client" or die;
	$log->autoflush(1);
	open STDERR, '>', '/dev/null';
	my $session = session($node, 'load');
	while (1)
	{
		my $call = call_of($client, $n);
		my @receipts = answer($session, sql_of($call)) or ($call->{single} and connected($session)) or last;

		@receipts = () if $call->{single} and @receipts == 1 and $receipts[0] !~ /\|/;
		last if !$call->{single} and @receipts != @{ $call->{commands} };
		print $log join("\n", (map { "receipt|$n|$_" } @receipts), "done|$n"), "\n" or die;
		$n++;
	}
	POSIX::_exit(0);
}

sub connected { my @alive = answer($_[0], 'SELECT 1;'); return @alive == 1 && $alive[0] eq '1'; }

# What the files say: receipts by id as first acknowledged, and each client's first unanswered call.
sub read_logs
{
	my (%receipt, %next);

	for my $client (1 .. $clients)
	{
		my @pending;

		$next{$client} = 0;
		for my $line (split /\n/, -e "$dir/client$client" ? slurp_file("$dir/client$client") : '')
		{
			my ($what, $n, @fields) = split /\|/, $line, -1;

			if ($what eq 'receipt') { push @pending, \@fields if @fields == 6; next; }
			next if $n < $next{$client};
			$receipt{ $_->[0] } //= $_ for @pending;
			@pending = ();
			$next{$client} = $n + 1;
		}
	}
	return (\%receipt, \%next);
}

# All events of transfers by clients: id -> [status, event_id, from_balance, to_balance], and how often each id is there.
sub read_events
{
	my (%event, $twice);

	$twice = 0;
	for (split /\n/, $node->safe_psql('load', "SELECT e.transaction_id, s.name, e.event_id, e.debit_balance, e.credit_balance FROM wallet.event e JOIN wallet.status s ON s.number = e.status WHERE e.transaction_id::text ~ '^0000000[1-9]-0000-7000'"))
	{
		my ($id, @fields) = split /\|/, $_, -1;

		$twice++ if $event{$id};
		$event{$id} = \@fields;
	}
	return (\%event, $twice);
}

# ---- Ten rounds

my ($receipts, $next) = ({}, { map { $_ => 0 } 1 .. $clients });
my $resent = 0;

for my $round (1 .. $rounds)
{
	my @pids;

	for my $client (1 .. $clients)
	{
		my $pid = fork() // die;

		run_client($client, $next->{$client}) if !$pid;
		push @pids, $pid;
	}
	sleep 0.1 + rand(0.6);
	# Now and then only one backend is killed: the server then forgets its shared memory and recovers by itself.
	if ($round % 4 == 0 and crash_backend($node, 'load'))
	{
		waitpid $_, 0 for @pids;
	}
	else
	{
		crash($node);
		waitpid $_, 0 for @pids;
		start_again($node);
	}

	($receipts, $next) = read_logs();
	my ($events, $twice) = read_events();
	my @lost = grep { !$events->{$_} } keys %$receipts;
	my @changed = grep { $events->{$_} and join('|', @{ $events->{$_} }) ne join('|', @{ $receipts->{$_} }[ 1 .. 4 ]) } keys %$receipts;

	is(scalar(@lost), 0, "round $round: all of " . keys(%$receipts) . ' acknowledged commands are there');
	is(scalar(@changed), 0, "round $round: and say what was acknowledged");
	is($twice, 0, "round $round: none is there twice");
	proof_ok($node, 'load', "round $round", $round % 5 == 0 ? 'true' : 'false');
	$resent += grep { my $call = call_of($_, $next->{$_}); grep { $events->{ $_->{id} } } @{ $call->{commands} } } 1 .. $clients;
}
cmp_ok(scalar(keys %$receipts), '>', 1000, 'the load was a load');
note("$resent of " . $rounds * $clients . ' unanswered calls had been committed');

# ---- Everything twice more, the unanswered included

my $session = session($node, 'load');
for my $again (1, 2)
{
	my ($wrong, $fresh, $sent) = (0, 0, 0);

	for my $client (1 .. $clients)
	{
		for my $n (0 .. $next->{$client})
		{
			my $call = call_of($client, $n);
			my @ids = map { $_->{id} } @{ $call->{commands} };

			# A single command that was refused was never recorded: it may succeed by now. It is asked only if it has a receipt.
			next if $call->{single} and !$receipts->{ $ids[0] };
			my @lines = answer($session, sql_of($call));

			$sent += @lines;
			$wrong++ if @lines != @ids;
			for my $line (@lines)
			{
				my ($id, @fields) = split /\|/, $line, -1;

				$receipts->{$id} //= [ $id, @fields ];
				$wrong++ if join('|', @fields[ 0 .. 3 ]) ne join('|', @{ $receipts->{$id} }[ 1 .. 4 ]);
				$fresh++ if $fields[4] ne 't';
			}
		}
	}
	is($wrong, 0, "sent again ($again): $sent commands have the answers that they had");
	is($fresh, 0, 'sent again (2): all are replayed') if $again == 2;
}
finish($session);

# ---- The calculation

my %command = map { my $client = $_; map { map { $_->{id} => $_ } @{ call_of($client, $_)->{commands} } } 0 .. $next->{$client} } 1 .. $clients;
my %balance = map { $_ => 200 } @accounts;
my ($refused, $group_failed, $wrong) = (0, 0, 0);
my %in_group;

# Members of a failed group are known by their status; the guilty one saw what its fellows had done before it.
for my $client (1 .. $clients)
{
	for my $n (0 .. $next->{$client})
	{
		my $call = call_of($client, $n);

		next if !$call->{grouped};
		push @{ $in_group{"$client/$n/$_->{group}"} }, $_->{id} for @{ $call->{commands} };
	}
}
my %group_of = map { my $g = $_; map { $_ => $g } @{ $in_group{$g} } } keys %in_group;
my %group_done;

for my $id (sort { $receipts->{$a}[2] <=> $receipts->{$b}[2] } keys %$receipts)
{
	my @ids = ($id);

	if (my $group = $group_of{$id})
	{
		next if $group_done{$group}++;
		@ids = grep { $receipts->{$_} } @{ $in_group{$group} };
	}
	my %draft = %balance;
	my $guilty;

	for (@ids)
	{
		my $c = $command{$_};

		if ($draft{ $c->{from} } < $c->{amount}) { $guilty = $_; last; }
		$draft{ $c->{from} } -= $c->{amount};
		$draft{ $c->{to} } += $c->{amount};
		$wrong++ if @ids == 1 and join('|', @{ $receipts->{$_} }[ 3, 4 ]) ne sprintf('%.2f|%.2f', @draft{ $c->{from}, $c->{to} });
	}
	for (@ids)
	{
		my $expected = !$guilty ? 'success' : $_ eq $guilty ? 'insufficient_funds' : 'group_failed';

		$refused++ if $expected eq 'insufficient_funds';
		$group_failed++ if $expected eq 'group_failed';
		$wrong++ if $receipts->{$_}[1] ne $expected;
	}
	%balance = %draft if !$guilty;
}
is($wrong, 0, 'every receipt is what the calculation says');
cmp_ok($refused, '>', 50, 'there were refusals');
cmp_ok($group_failed, '>', 20, 'and failed groups');
is($node->safe_psql('load', "SELECT string_agg(name || ' ' || balance, ',' ORDER BY name) FROM wallet.accounts WHERE name LIKE 'acc%'"),
	join(',', map { sprintf '%s %.2f', $_, $balance{$_} } sort @accounts), 'every balance is what the calculation says');
my ($events, $twice) = read_events();
is(join(',', sort keys %$events), join(',', sort keys %$receipts), 'there is no event without a receipt, and no receipt without an event');
proof_ok($node, 'load', 'in the end');

$node->stop;
done_testing();
