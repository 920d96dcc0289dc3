# The checker of the kill suite: what must be in the database after a round.
#
# It knows the operations that were sent (KillLoad) and what the clients were told. From these, and
# from the order of event_ids alone, it calculates each decision and each balance with arithmetic of its
# own, in cents; it shares no code with wallet and asks wallet_verify only besides.
package KillCheck;

use strict;
use warnings;
use KillLoad;
use WalletTest;

# Balances in cents by "name currency"; world has no floor.
sub new
{
	my ($class, $node, $db, $money) = @_;
	my $self = bless { node => $node, db => $db, last => 0, events => 0, balance => { '@world USD' => 0 }, seen => {}, found => {} }, $class;

	for (@account) { $self->{balance}{"$_ USD"} = $money; $self->{balance}{'@world USD'} -= $money; }
	$self->{balance}{'broken USD'} = 600;
	$self->{balance}{'@world USD'} -= 600;
	($self->{last}, $self->{events}) = split /\|/, $self->sql('SELECT max(event_id), count(*) FROM wallet.event');
	return $self;
}

sub sql { my ($self, $sql) = @_; return $self->{node}->safe_psql($self->{db}, $sql); }
sub find { my ($self, $what) = @_; push @{ $self->{findings} }, $what; }

# Events that were not there at the last look, by their order.
sub new_events
{
	my ($self) = @_;
	my @field = qw(event_id id kind status from to amount from_balance to_balance);
	my @events;

	for (split /\n/, $self->sql("SELECT e.event_id, e.transaction_id, e.kind, s.name, d.name, c.name, e.amount, e.debit_balance, e.credit_balance FROM wallet.event e JOIN wallet.status s ON s.number = e.status LEFT JOIN wallet.account d ON d.id = e.debit LEFT JOIN wallet.account c ON c.id = e.credit WHERE e.event_id > $self->{last} ORDER BY e.event_id"))
	{
		my %event;

		@event{@field} = split /\|/, $_, -1;
		push @events, \%event;
	}
	$self->{events} += @events;
	$self->{last} = $events[-1]{event_id} if @events;
	my ($count) = $self->sql('SELECT count(*) FROM wallet.event');
	$self->find("$count events, counted were $self->{events}: one has appeared below the last look, or gone") if $count != $self->{events};
	return @events;
}

# ---- The calculation

sub judge_single
{
	my ($self, $c, $e) = @_;
	my ($from, $to) = ("$c->{from} USD", "$c->{to} USD");
	my $balance = $self->{balance};
	my $enough = ($balance->{$from} // 0) >= $c->{amount};

	return $self->find("event $e->{event_id}: $c->{to} was not opened before it") if !defined $balance->{$to};
	if ($enough) { $balance->{$from} -= $c->{amount}; $balance->{$to} += $c->{amount}; }
	my $expected = ($enough ? 'success' : 'insufficient_funds') . '|' . shown($balance->{$from}) . '|' . shown($balance->{$to});
	$self->find("event $e->{event_id} of $c->{id}: $e->{status}|$e->{from_balance}|$e->{to_balance}, calculated $expected") if "$e->{status}|$e->{from_balance}|$e->{to_balance}" ne $expected;
	$self->find("event $e->{event_id} of $c->{id}: is $e->{from} to $e->{to} $e->{amount}") if $e->{from} ne $c->{from} or $e->{to} ne $c->{to} or ($enough and cents($e->{amount}) != $c->{amount});
}

# Members stand or fall together; the first that is too much is the guilty one.
sub judge_group
{
	my ($self, $c, @events) = @_;
	my %draft = %{ $self->{balance} };
	my $guilty;

	for (@$c)
	{
		if ($draft{"$_->{from} USD"} < $_->{amount}) { $guilty = $_; last; }
		$draft{"$_->{from} USD"} -= $_->{amount};
		$draft{"$_->{to} USD"} += $_->{amount};
	}
	$self->{balance} = \%draft if !$guilty;
	my $expected = join(' ', map { !$guilty ? 'success' : $_ == $guilty ? 'insufficient_funds' : 'group_failed' } @$c);
	my $got = join(' ', map { $_->{status} } @events);
	$self->find("group of $c->[0]{id}: $got, calculated $expected") if $got ne $expected;
}

sub judge_birth
{
	my ($self, $c, $e) = @_;
	my %kind = (define => 1, open => 2, redact => 18);

	$self->find("event $e->{event_id} of $c->{id}: a $c->{kind} is $e->{kind} $e->{status}") if $e->{status} ne 'success' or $e->{kind} != $kind{ $c->{kind} };
	$self->find("event $e->{event_id} of $c->{id}: what it erased is not there") if $c->{kind} eq 'redact' and !$self->{seen}{ $c->{target} };
	$self->{balance}{"$c->{name} $c->{currency}"} = 0 if $c->{kind} eq 'open';
}

# Each event has a command that was sent, once; and says what the calculation says. The events of a group follow one another.
sub fold
{
	my ($self, $command, @events) = @_;

	while (my $e = shift @events)
	{
		my $c = $command->{ $e->{id} };

		# A rebuild finds an id for itself.
		if ($e->{kind} == 19 and $e->{from} eq 'broken' and $self->{repairs}) { $self->{rebuilt}++; next; }
		if (!$c) { $self->find("event $e->{event_id}: nobody sent $e->{id}, or it was undone"); next; }
		$self->find("$e->{id} is there twice") if $self->{seen}{ $e->{id} }++;
		$self->{found}{ $e->{id} } = $e;
		if ($c->{group_of})
		{
			my @members = ($e, splice(@events, 0, $#{ $c->{group_of} }));

			$self->{found}{ $_->{id} } = $_ for @members;
			$self->{seen}{ $_->{id} }++ && $self->find("$_->{id} is there twice") for @members[ 1 .. $#members ];
			my ($got, $sent) = map { join(' ', map { $_->{id} } @$_) } \@members, $c->{group_of};
			$self->find("group of $e->{id}: its events are $got, it is $sent") if $got ne $sent;
			$self->judge_group($c->{group_of}, @members) if $got eq $sent;
		}
		elsif ($c->{kind} eq 'transfer') { $self->judge_single($c, $e); }
		else { $self->judge_birth($c, $e); }
	}
}

sub check_balances
{
	my ($self) = @_;
	my %is = map { /^(.*)\|(.*)$/ ? ($1, $2) : () } split /\n/, $self->sql("SELECT name || ' ' || currency, balance FROM wallet.accounts");

	for (sort keys %{ { %is, %{ $self->{balance} } } })
	{
		my ($is, $should) = ($is{$_} // 'missing', defined $self->{balance}{$_} ? shown($self->{balance}{$_}) : 'never opened');

		$self->find("balance of $_: $is, calculated $should") if $is ne $should;
	}
}

# A row of the application is there exactly if its payment is.
sub check_business
{
	my ($self) = @_;
	my $bad = $self->sql("SELECT COALESCE(b.id, e.transaction_id), b.id IS NULL FROM business b FULL JOIN (SELECT * FROM wallet.journal WHERE transaction_id::text LIKE '000001__-%') e ON e.transaction_id = b.id WHERE b.id IS NULL OR e.transaction_id IS NULL OR (b.payer, b.payee, b.amount) IS DISTINCT FROM (e.from_account, e.to_account, e.amount)");

	$self->find("business row and payment differ: $bad") if $bad ne '';
}

# Metadata is gone exactly if there is an event that says so.
sub check_erased
{
	my ($self) = @_;
	my $bad = $self->sql("SELECT string_agg(e.transaction_id::text, ' ') FROM wallet.event e JOIN wallet.account a ON a.id = e.credit WHERE e.kind = 2 AND e.metadata_digest IS NOT NULL AND ((e.metadata IS NULL) <> EXISTS (SELECT FROM wallet.event r WHERE r.kind = 18 AND r.related = e.transaction_id) OR e.metadata IS DISTINCT FROM a.metadata)");

	$self->find("metadata and its erasure do not fit together: $bad") if $bad ne '';
}

# The account that was broken before the round is as broken as it was, or wholly repaired, with an event
# that says so; as it was told. If it is still broken, it is repaired now, and only once.
sub check_repair
{
	my ($self, $acknowledged) = @_;
	my $is = $self->sql("SELECT b.balance, (SELECT count(*) FROM wallet.milestone m WHERE m.account = a.id) FROM wallet.account a JOIN wallet.balance b ON b.account = a.id WHERE a.name = 'broken'");
	my $rebuilt = delete $self->{rebuilt} // 0;

	$self->find("a rebuild is half there: $is, $rebuilt events") if $is ne ($rebuilt ? '6.00|2' : '7.00|0') or $rebuilt > 1;
	$self->find('a rebuild was acknowledged and is not there') if $acknowledged and !$rebuilt;
	my @corrections = map { $self->sql("SELECT count(*) FROM wallet_rebuild('broken', 'USD')") } 1, 2;
	$self->find("rebuilt again with @corrections corrections") if "@corrections" ne ($rebuilt ? '0 0' : '3 0');
	return $rebuilt;
}

sub check_proof
{
	my ($self, $thorough) = @_;
	my $broken = $self->sql("SELECT string_agg(check_name || ': ' || detail, '; ') FROM wallet_verify($thorough) WHERE ok IS DISTINCT FROM true");
	my ($code, $out, $error) = $self->{node}->psql($self->{db}, "SELECT bt_index_check(i.indexrelid, true) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace = 'wallet'::regnamespace OR i.indrelid = 'business'::regclass");

	$self->find("wallet_verify: $broken") if $broken ne '';
	$self->find("an index: $error") if $error ne '';
}

# ---- What the clients were told

# acked: receipts that must be there; absent: ids that must not; unknown: operations whose end was not told.
sub told
{
	my ($self, $op, $told) = @_;
	my @answers = @{ $told->{answers} // [] };
	my @bad = map { $answers[$_] } grep { $answers[$_][0] ne '00000' && $_ != ($op->{guarded} // -1) } 0 .. $#answers;
	my $done = @answers == @{ $op->{steps} };
	my $result = { acked => [], absent => [ @{ $op->{undone} } ], unknown => 0 };

	for (@bad)
	{
		$self->{states}{ $_->[0] }++;
		# Refused; a deadlock; and what follows in a transaction that has failed: no savepoint, nothing prepared.
		next if $_->[0] eq 'WA028' and $op->{commands}[0]{target} and !$self->{seen}{ $op->{commands}[0]{target} };
		$self->find("$op->{steps}[0] ... answered $_->[0]") if $_->[0] !~ /^(WA001|40P01|25P02|42704|3B001)$/ or ($_->[0] =~ /^(25P02|42704|3B001)$/ and $bad[0][0] !~ /^(WA001|40P01)$/);
	}
	if (!$done and $told->{sent} >= $op->{commit} and !@bad) { $result->{unknown} = 1; }
	elsif (!$done or @bad or $op->{rolls_back}) { push @{ $result->{absent} }, @{ $op->{kept} } if !$op->{twin}; $result->{cut} = !$done; }
	else
	{
		my %kept = map { $_->{id} => 1 } @{ $op->{kept} };

		$result->{acked} = [ grep { $kept{ (split /\|/)[0] } } map { my ($state, @rows) = @$_; @rows } @answers ];
		$self->find("an operation of " . keys(%kept) . ' commands was answered with ' . @{ $result->{acked} } . ' rows') if @{ $result->{acked} } != keys %kept;
	}
	$result->{unknown} = 1 if $op->{twin} and !$done;
	return $result;
}

# A receipt against the event; an opening answers only with its id.
sub check_receipt
{
	my ($self, $row, $what) = @_;
	my ($id, $status, $event_id, $from, $to) = split /\|/, $row, -1;
	my $e = $self->{found}{$id} or return $self->find("$what, and not there: $row");
	my ($is, $was) = $from eq '' ? ($e->{event_id}, $event_id) : ("$e->{status}|$e->{event_id}|$e->{from_balance}|$e->{to_balance}", "$status|$event_id|$from|$to");

	$self->find("$what $was, and there as $is") if $is ne $was;
}

# Asked twice more, an operation of unknown end answers the same both times, and what is there if something is.
sub resend
{
	my ($self, $session, $op, $ids) = @_;

	for my $statements (resend_steps($op, $ids))
	{
		my (@first, @second);

		for my $answers (\@first, \@second)
		{
			for (@$statements)
			{
				my ($state, @rows) = ask($session, $_) or die 'the server has gone while the checker asked';

				push @$answers, @rows ? @rows : $state;
			}
		}
		my @strip = map { [ map { s/\|[tf]?$//r } @$_ ] } \@first, \@second;
		$self->find("asked again: @first, and then: @second") if "@{$strip[0]}" ne "@{$strip[1]}";
		$self->find("asked again and not replayed: @second") if grep { /\|f$/ } @second;
		for (grep { /\|/ } @first)
		{
			my ($id) = split /\|/;

			$self->find("is there and was not replayed: $_") if $self->{found}{$id} and /\|f$/;
			push @{ $self->{again} }, $_;
		}
		$self->find("is there, and is refused when asked again: @first") if grep({ !/\|/ and $_ ne '00000' } @first) and grep { $self->{found}{ $_->{id} } } @{ $op->{kept} };
	}
}

1;
