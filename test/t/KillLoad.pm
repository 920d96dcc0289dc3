# What the clients of the kill suite send, and how they keep what they are told.
#
# An operation is a function of (seed, client, n): whoever knows these knows each statement, each
# command in it, and what must be there when the operation was acknowledged. Nothing here asks wallet.
#
# The log of a client, a file outside the database, has a line before each statement is sent
# ("S n step") and lines after it was answered ("R n step row", then "A n step sqlstate"), each
# written to the file before anything else is sent.
package KillLoad;

use strict;
use warnings;
use Exporter 'import';
use POSIX ();
use WalletTest;

our @EXPORT = qw(operation run_client read_log resend_steps ask @account cents shown);
our @account = map { "acc$_" } 1 .. 10;

sub cents { return $_[0] =~ /^(-?)(\d+)\.(\d\d)$/ ? "${1}1" * ($2 * 100 + $3) : 'NaN'; }
sub shown { return sprintf('%s%d.%02d', $_[0] < 0 ? '-' : '', int(abs($_[0]) / 100), abs($_[0]) % 100); }

# A small generator of its own, so that each operation can be made again.
sub generator
{
	my ($state) = @_;

	$state = ($state * 2654435761 + 12345) % 4294967296;
	return sub {
		$state = ($state * 1664525 + 1013904223) % 4294967296;
		return int($state / 65536) % $_[0];
	};
}

sub transfers
{
	my ($random, $tag, $n, $count, $most) = @_;
	my @list;

	for my $i (0 .. $count - 1)
	{
		my $from = $random->(scalar @account);
		my $to = ($from + 1 + $random->(@account - 1)) % @account;

		push @list, { id => uuid($n * 1000 + $i, $tag), kind => 'transfer', from => $account[$from], to => $account[$to], amount => 1 + $random->($most) };
	}
	return @list;
}

# ---- SQL. Each statement answers with rows id|status|event_id|from_balance|to_balance|replayed.

my $columns = 'transaction_id, status, event_id, from_balance, to_balance, replayed';

sub single
{
	my ($c) = @_;

	return "SELECT '$c->{id}', 'success', wallet_open('$c->{name}', '$c->{currency}', '$c->{id}'" . ($c->{metadata} ? ", metadata => '$c->{metadata}'" : '') . "), '', '', '';" if $c->{kind} eq 'open';
	return "SELECT $columns FROM wallet_redact('$c->{target}', '$c->{id}');" if $c->{kind} eq 'redact';
	return "SELECT $columns FROM wallet_define_currency('$c->{currency}', 2, '$c->{id}');" if $c->{kind} eq 'define';
	return "SELECT $columns FROM wallet_transfer('$c->{from}', '$c->{to}', " . shown($c->{amount}) . ", 'USD', '$c->{id}');";
}

sub list { my ($field, $type, $of, @c) = @_; return 'ARRAY[' . join(',', map { "'" . $of->($_->{$field}) . "'" } @c) . "]::$type\[]"; }

sub bulk
{
	my ($op, $ids) = @_;
	my @c = @{ $op->{commands} };
	my $same = sub { $_[0] };
	my $accounts = $op->{by_id} ? join(', ', map { list($_, 'bigint', sub { $ids->{ $_[0] } }, @c) } qw(from to)) : join(', ', map { list($_, 'text', $same, @c) } qw(from to));
	my $groups = $op->{grouped} ? ', groups => ' . list('group', 'int', $same, @c) : '';

	return "SELECT $columns FROM wallet_transfers" . ($op->{by_id} ? '_by_id' : '') . "($accounts, " . list('amount', 'numeric', \&shown, @c)
	  . ($op->{by_id} ? '' : ", array_fill('USD'::text, ARRAY[" . scalar(@c) . '])') . ', ' . list('id', 'uuid', $same, @c)
	  . $groups . ($op->{atomic} ? ', atomic => true' : '') . ') ORDER BY ord;';
}

sub business { my ($c, $rest) = @_; return "INSERT INTO business VALUES ('$c->{id}', '$c->{from}', '$c->{to}', " . shown($c->{amount}) . ')' . ($rest // '') . ';'; }

# ---- Operations. kept: what is there if it was acknowledged; undone: what must never be there;
# commit: the step from whose sending on it may be there; guarded: the step whose error a savepoint undoes.

sub in_transaction
{
	my ($op, @inner) = @_;

	$op->{steps} = [ 'BEGIN;', @inner, $op->{rolls_back} ? 'ROLLBACK;' : 'COMMIT;' ];
	$op->{commit} = $#{ $op->{steps} };
	return $op;
}

sub in_call
{
	my ($op, $ids) = @_;

	$op->{bulk} = 1;
	$op->{kept} //= $op->{commands};
	$op->{steps} = [ bulk($op, $ids) ];
	$op->{commit} = 0;
	return $op;
}

sub prepared
{
	my ($op, $client, $n, $end) = @_;

	$op->{gid} = "g${client}_$n";
	$op->{steps} = [ 'BEGIN;', single($op->{commands}[0]), "PREPARE TRANSACTION '$op->{gid}';", "$end PREPARED '$op->{gid}';" ];
	$op->{commit} = 3;
	$op->{ends} = $end;
	return $op;
}

sub grouped { my ($op, $size) = @_; my $i = 0; $_->{group} = int($i++ / $size) for @{ $op->{commands} }; $op->{grouped} = 1; return $op; }

# Twins: clients 2k and 2k + 1 send the same commands with the same ids, at about the same time.
sub twin
{
	my ($seed, $client, $n, $ids) = @_;
	my $pair = int($client / 2);
	my $random = generator($seed + 31337 * $pair + 104729 * $n);
	my $op = { n => $n, twin => 1, undone => [], commands => [ transfers($random, 0x200 + $pair, $n, $n % 2 ? 1 : 5, 3000) ] };

	$op->{kept} = $op->{commands};
	return in_call($op, $ids) if $n % 2 == 0;
	$op->{steps} = [ single($op->{commands}[0]) ];
	$op->{commit} = 0;
	return $op;
}

sub operation
{
	my ($seed, $client, $n, $ids, $twins_only) = @_;
	my $what = $n % 16;
	my $random = generator($seed + 7919 * $client + 104729 * $n);
	my $tag = $client + 1;
	my $op = { n => $n, undone => [] };
	my $commands = sub { $op->{commands} = [ transfers($random, $tag, $n, @_) ]; return @{ $op->{commands} }; };
	my $keep = sub { $op->{kept} = [@_]; };

	return twin($seed, $client, $n, $ids) if $twins_only or $what == 5 or $what == 12;
	if ($what == 0)
	{
		# The metadata of what this client did just before: mostly of an opening.
		my $c = { id => uuid($n * 1000, $tag), kind => 'redact', target => uuid(($n - 1) * 1000, $tag) };

		$op->{commands} = [$c];
		$keep->($c);
		@$op{ 'steps', 'commit' } = ([ single($c) ], 0);
	}
	elsif ($what == 14)
	{
		# Single, and too much for many a payer.
		my @c = $commands->(1, 200000);

		$keep->(@c);
		@$op{ 'steps', 'commit' } = ([ single(@c) ], 0);
	}
	elsif ($what == 1 or $what == 3) { $commands->(6, 20000); $op->{by_id} = $what == 3; in_call($op, $ids); }
	elsif ($what == 6) { $commands->(9, 40000); in_call(grouped($op, 3), $ids); }
	elsif ($what == 9) { $commands->(4, 20000); $op->{atomic} = 1; in_call($op, $ids); }
	elsif ($what == 2)
	{
		# A row of the application, and its payment.
		my ($c) = $commands->(1, 3000);

		$c->{id} = uuid($n, 0x100 + $client);
		$keep->($c);
		$op->{business} = $c;
		in_transaction($op, business($c), single($c));
	}
	elsif ($what == 10)
	{
		# The same, in a bulk call, rolled back.
		my @c = $commands->(3, 3000);

		$c[0]{id} = uuid($n, 0x100 + $client);
		@$op{ 'kept', 'undone', 'rolls_back' } = ([], [@c], 1);
		in_transaction($op, business($c[0]), bulk($op, $ids));
	}
	elsif ($what == 4)
	{
		my ($c) = $commands->(1, 100);
		my $open = { id => uuid($n * 1000 + 999, $tag), kind => 'open', name => "new${client}_$n", currency => 'USD' };

		$c->{to} = $open->{name};
		$op->{commands} = [ $open, $c ];
		$keep->($open, $c);
		in_transaction($op, single($open), single($c));
	}
	elsif ($what == 11)
	{
		my $code = "C${client}N$n";
		my $define = { id => uuid($n * 1000, $tag), kind => 'define', currency => $code };
		my $open = { id => uuid($n * 1000 + 999, $tag), kind => 'open', name => "new${client}_$n", currency => $code };

		$op->{commands} = [ $define, $open ];
		$keep->($define, $open);
		in_transaction($op, single($define), single($open));
	}
	elsif ($what == 8)
	{
		my @c = $commands->(4, 2000);
		my $inner = { commands => [ @c[ 1, 2 ] ] };

		$keep->(@c[ 0, 3 ]);
		@$op{ 'undone', 'guarded' } = ([ @c[ 1, 2 ] ], 3);
		in_transaction($op, single($c[0]), 'SAVEPOINT s;', bulk($inner, $ids), 'ROLLBACK TO s;', single($c[3]));
	}
	elsif ($what == 7) { $keep->($commands->(1, 3000)); prepared($op, $client, $n, 'COMMIT'); }
	elsif ($what == 13) { $op->{kept} = []; $op->{undone} = [ $commands->(1, 3000) ]; prepared($op, $client, $n, 'ROLLBACK'); }
	elsif ($n % 64 == 15) { $commands->(530, 50); in_call($op, $ids); }
	else
	{
		my $open = { id => uuid($n * 1000, $tag), kind => 'open', name => "new${client}_$n", currency => 'USD', metadata => qq({"number": $n}) };

		$op->{commands} = [$open];
		$keep->($open);
		@$op{ 'steps', 'commit' } = ([ single($open) ], 0);
	}
	return $op;
}

# How an application asks again: each statement a list of statements that are one transaction.
sub resend_steps
{
	my ($op, $ids) = @_;

	return () if !@{ $op->{kept} };
	return ([ $op->{steps}[0] ]) if $op->{bulk};
	return ([ 'BEGIN;', business($op->{business}, ' ON CONFLICT DO NOTHING'), single($op->{business}), 'COMMIT;' ]) if $op->{business};
	return map { [ single($_) ] } @{ $op->{kept} };
}

# ---- Asking, and keeping the answers

# One statement: its SQLSTATE and its rows; nothing if the server has gone.
sub ask
{
	my ($session, $sql) = @_;
	my @lines = answer($session, "$sql\n\\echo = :SQLSTATE") or return;
	my $state = pop @lines;

	# No SQLSTATE, or that of a shutdown: nobody has answered.
	return if $state !~ s/^= (?=\w{5}$)// or $state =~ /^57P/;
	return ($state, @lines);
}

# Connects, waits until all are to begin, and sends the operations from n on, as many as there are to send,
# or until the server is gone.
sub run_client
{
	my ($node, $db, $file, $options, $begin, $operation, $first, $count) = @_;

	open my $log, '>>', $file or die "$file: $!";
	$log->autoflush(1);
	open STDERR, '>', '/dev/null';
	my $session = session($node, $db, PGOPTIONS => $options);

	answer($session, 'SELECT 1;') or POSIX::_exit(1);
	$begin->();
	for my $n ($first .. $first + $count - 1)
	{
		my $op = $operation->($n);

		for my $step (0 .. $#{ $op->{steps} })
		{
			print $log "S $n $step\n" or die;
			my ($state, @rows) = ask($session, $op->{steps}[$step]) or POSIX::_exit(1);
			print $log map({ "R $n $step $_\n" } @rows), "A $n $step $state\n" or die;
		}
	}
	finish($session);
	POSIX::_exit(0);
}

# What a log says: per operation how many steps were sent, and the answer of each: [ sqlstate, row ... ].
sub read_log
{
	my ($file) = @_;
	my %told;

	open my $log, '<', $file or return {};
	while (<$log>)
	{
		chomp;
		my ($what, $n, $step, $rest) = split / /, $_, 4;

		if ($what eq 'S') { $told{$n}{sent} = $step; }
		elsif ($what eq 'R') { push @{ $told{$n}{rows}[$step] }, $rest; }
		else { $told{$n}{answers}[$step] = [ $rest, @{ $told{$n}{rows}[$step] // [] } ]; }
	}
	return \%told;
}

1;
