# A system clock that jumps.
#
# Goal: whatever the clock does, ids grow, and stay where doc/standby.md says: a step up to
# wallet.max_clock_step is followed, a larger one is approached by 5 ms per second with a
# warning once a minute; ids that are ahead stand still until the clock is there; an event or a
# stored horizon of the future is clock_unsafe after a start, and each of the two ways out that
# the hint names works.
# Method: wallet.clock_offset is the error of the system clock, for one session or (ALTER SYSTEM)
# for all. clock_timestamp() has no error: the distance of an id from it is what is judged.

use strict;
use warnings;
use lib 'test/t';
use Test::More;
use Time::HiRes qw(sleep);
use WalletTest;

my $hour = 3_600_000;
my $node = wallet_node('main');
my $names = 0;
my $last = 0;

$node->safe_psql('postgres', "CREATE DATABASE $_") for qw(bank idle empty);
wallet_seed($node, 'bank', 100, qw(alice bob));

# Opens an account: its id, how many ms it lies ahead of the true time, and what was warned of.
sub open_one
{
	my ($db, @settings) = @_;
	my $set = join('', map { "SET $_;" } @settings);
	my ($code, $out, $err) = $node->psql($db, "\\set VERBOSITY verbose\n$set SELECT i, round(i / 1000.0 - extract(epoch FROM clock_timestamp()) * 1000) FROM wallet_open('account ${\ ++$names}', 'USD', wallet_uuid()) AS i");
	my ($id, $ahead) = split /\|/, $out // '';

	return ($id || 0, $ahead // 0, $err);
}

# The same, and it must work, with a greater id than any before, so far ahead.
sub opens
{
	my ($what, $low, $high, $db, @settings) = @_;
	my ($id, $ahead, $err) = open_one($db, @settings);

	cmp_ok($id, '>', $last, "$what: greater than all before") or diag($err);
	ok($ahead >= $low && $ahead <= $high, "$what: between $low and $high ms ahead") or diag("$ahead ms ahead");
	$last = $id;
	return $err;
}

sub clock_of_all
{
	my ($offset) = @_;

	$node->safe_psql('postgres', "ALTER SYSTEM SET wallet.clock_offset = $offset");
	$node->reload if -e $node->data_dir . '/postmaster.pid';
}

# Stops, sets the clock, starts.
sub start_with_clock
{
	my ($offset) = @_;

	$node->safe_psql('postgres', "ALTER SYSTEM SET wallet.clock_offset = $offset");
	$node->restart;
}

my $step = qr/WARNING: .*system clock stepped by more than wallet\.max_clock_step\nDETAIL: .*by 5 ms per second; it is (-?\d+) ms away\.\nHINT: .*wallet\.max_clock_step/;
my $ahead = qr/WARNING: .*event ids are ahead of the system clock\nDETAIL: .* (\d+) ms ahead and stand still/;
my $err;

# ---- Steps forward and back by an hour, in a running server

$err = opens('a right clock', -2000, 100, 'bank');
is($err, '', 'a right clock: no warning');
$err = opens('an hour forward', -2000, 500, 'bank', "wallet.clock_offset = $hour");
like($err, $step, 'an hour forward: a warning');
$err =~ $step and cmp_ok(abs($1 - $hour), '<', 3000, 'an hour forward: it says how far');
$err = opens('an hour forward again', -2000, 500, 'bank', "wallet.clock_offset = $hour");
is($err, '', 'an hour forward: the warning comes once a minute, for all sessions');
$err = opens('an hour back', -2000, 500, 'bank', "wallet.clock_offset = -$hour");

# effective_at may not be later than the event: judged by its id, not by the wall clock.
like(($node->psql('bank', "\\set VERBOSITY verbose\nSET wallet.clock_offset = $hour; SELECT wallet_transfer('alice', 'bob', 1, 'USD', wallet_uuid(), effective_at => now() + interval '30 min')"))[2],
	qr/ERROR:  WA025/, 'half an hour ahead of ids is the future, though the stepped clock says it is past');
is($node->safe_psql('bank', "SET wallet.clock_offset = -$hour; SELECT status FROM wallet_transfer('alice', 'bob', 1, 'USD', wallet_uuid(), effective_at => now() - interval '30 min')"),
	'success', 'half an hour before ids is the past, though the stepped clock says it is to come');

# 5 ms per second, also when calls come faster than that can be told from one to the next.
sub drift
{
	my ($offset) = @_;

	return $node->safe_psql('bank', <<"SQL");
SET client_min_messages = error;
SET wallet.clock_offset = $offset;
CREATE TEMP TABLE seen (at float8, ahead float8);
DO \$\$
DECLARE
	start timestamptz := clock_timestamp();
	before timestamptz;
	id bigint;
BEGIN
	WHILE clock_timestamp() < start + interval '2.2 s' LOOP
		before := clock_timestamp();
		IF before - start BETWEEN interval '0.1 s' AND interval '2.1 s' THEN
			PERFORM wallet_horizon() FROM generate_series(1, 1000);
		ELSE
			SELECT event_id INTO id FROM wallet_transfer('\@world', 'alice', 1, 'USD', wallet_uuid());
			INSERT INTO seen VALUES (extract(epoch FROM before - start), id / 1000.0 - extract(epoch FROM before) * 1000);
		END IF;
	END LOOP;
END
\$\$;
SELECT round(((SELECT min(ahead) FROM seen WHERE at > 2) - (SELECT min(ahead) FROM seen WHERE at < 0.2))::numeric, 1), (SELECT count(*) FROM seen);
SQL
}
for my $way ([ $hour, 1 ], [ -$hour, -1 ])
{
	my ($ms, $calls) = split /\|/, drift($way->[0]);

	note("$ms ms in 2 s, $calls calls");
	ok($ms * $way->[1] > 8.5 && $ms * $way->[1] < 14, "an hour off ($way->[0] ms): ids drift there by 5 ms per second") or diag("$ms ms, $calls calls");
}
$last = $node->safe_psql('bank', 'SELECT max(event_id) FROM wallet.event');

# ---- Sessions that disagree

my @sessions = map { session($node, 'bank', PGOPTIONS => "-c client_min_messages=error -c wallet.clock_offset=$_") } (0, $hour, -$hour, 3000, -3000);
my ($grew, $far) = (0, 0);
for my $i (0 .. 39)
{
	my ($line) = answer($sessions[ $i % @sessions ], "SELECT i, round(i / 1000.0 - extract(epoch FROM clock_timestamp()) * 1000) FROM wallet_open('account ${\ ++$names}', 'USD', wallet_uuid()) AS i;");
	my ($id, $distance) = split /\|/, $line;

	$grew++ if $id > $last;
	$far++ if abs($distance) > 8000;
	$last = $id;
}
finish($_) for @sessions;
is($grew, 40, 'sessions with five different clocks: ids grow');
is($far, 0, 'and stay near those whose clock did not step');

# ---- Small steps are followed

start_with_clock(0);
$err = opens('a right clock again', -2000, 4000, 'bank');
sleep 4;
$err = opens('3 s forward', 2000, 3500, 'bank', 'wallet.clock_offset = 3000');
is($err, '', '3 s forward: no warning');
my $before = $last;
$err = opens('3 s back', 1000, 3500, 'bank');
is($last, $before + 1, '3 s back: ids stand still');
is($err, '', '3 s back: no warning');
opens('an hour back', 0, 3500, 'bank', "wallet.clock_offset = -$hour");

# ---- An idle ledger believes a clock that is far ahead; then comes the right time

start_with_clock($hour);
$err = opens('started an hour ahead', $hour - 3000, $hour + 500, 'bank');
is($err, '', 'started an hour ahead: believed');
$last = $node->safe_psql('idle', "CREATE EXTENSION wallet; SELECT wallet_open('account 0', 'USD', wallet_uuid())");
sleep 1;
is($node->safe_psql('idle', "SELECT wallet.store_horizon() > $last + 900000"), 't', 'a ledger that is idle stores its horizon');
start_with_clock(0);

my ($id, $away);
for my $door ("wallet_open('never', 'USD', wallet_uuid())", 'wallet_horizon()', 'wallet.store_horizon()')
{
	my ($code, $out, $error) = $node->psql('bank', "\\set VERBOSITY verbose\nSELECT $door");

	like($error, qr/ERROR:  WA034: .*\nDETAIL:  The newest event is of .*, which lies 3[56]\d\d s in the future\.\nHINT:  Set the system clock right.*SET wallet\.max_clock_step/, "an event of the future: $door is clock_unsafe");
}
($id, $away, $err) = open_one('idle');
like($err, qr/ERROR:  WA034: .*\nDETAIL:  The newest stored horizon is of .*, which lies 3[56]\d\d s in the future/, 'a stored horizon of the future: clock_unsafe too');

# First way out: the clock is set right (as the event has it). The server has seen the wrong one before.
clock_of_all($hour);
$err = opens('clock set right', $hour - 5000, $hour + 500, 'bank');
is($err, '', 'clock set right: no warning');

# The clock comes back in a running server: ids go on where they were, and say so.
clock_of_all(0);
$err = opens('the clock came back', $hour - 5000, $hour + 500, 'bank');
like($err, $step, 'the clock came back: a warning');
$err =~ $step and cmp_ok(abs($1 + $hour), '<', 5000, 'the clock came back: it says how far');
sleep 0.3;
$before = $last;
opens('the clock came back, later', $hour - 5000, $hour + 500, 'bank');
cmp_ok($last - $before, '>', 290_000, 'ids go on at the pace of time');

# Its hint: with wallet.max_clock_step beyond that, ids follow the clock, that is, they wait for it.
opens('following it', $hour - 6000, $hour, 'bank', "wallet.max_clock_step = '2h'");
sleep 0.2;
$before = $last;
$err = opens('following it, later', $hour - 6000, $hour, 'bank');
is($last, $before + 1, 'following it: ids stand still');
like($err, $ahead, 'following it: a warning that they do');
$err =~ $ahead and cmp_ok(abs($1 - $hour), '<', 8000, 'following it: it says how far');
is(opens('following it, later still', $hour - 6000, $hour, 'bank'), '', 'following it: once a minute');

# Pairs for the horizon are recorded while ids stand still: between the starts of two transactions
# that overlap, nobody has asked for a horizon, and it still passes the first when that has ended.
my ($one, $two) = map { session($node, 'bank') } 1, 2;
$node->safe_psql('bank', 'SELECT wallet_horizon()');
my ($first) = answer($one, "BEGIN; SELECT wallet_open('one', 'USD', wallet_uuid());");
sleep 0.2;
opens('between the two', $hour - 8000, $hour, 'bank');
my ($second) = answer($two, "BEGIN; SELECT wallet_open('two', 'USD', wallet_uuid());");
answer($one, 'COMMIT;');
my $horizon = $node->safe_psql('bank', 'SELECT wallet_horizon()');
ok($first <= $horizon && $horizon < $second, 'ids stand still: the horizon goes on') or diag("$first, $horizon, $second");
answer($two, 'COMMIT;');
finish($_) for $one, $two;
$last = $second;

# A step forward to where ids are waiting is followed at once.
clock_of_all($hour);
sleep 0.2;
opens('forward to where ids are', $hour - 5000, $hour + 500, 'bank');
sleep 0.3;
$before = $last;
is(opens('forward to where ids are, later', $hour - 5000, $hour + 500, 'bank'), '', 'forward to where ids are: no warning');
cmp_ok($last - $before, '>', 290_000, 'forward to where ids are: they go on');

# Second way out: the limit is raised for one command.
start_with_clock(0);
like((open_one('bank'))[2], qr/ERROR:  WA034/, 'again: clock_unsafe');
$err = opens('the limit raised', $hour - 6000, $hour + 500, 'bank', "wallet.max_clock_step = '2h'");
$before = $last;
$err = opens('and back again', $hour - 6000, $hour + 500, 'bank');
like($err, $ahead, 'the limit raised for one command: the next warns that ids wait');
is($last, $before + 1, 'the limit raised: ids stand still');
my $stored = $node->safe_psql('idle', 'SELECT horizon FROM wallet.instance');
$err = opens('a stored horizon', $hour - 8000, $hour + 500, 'idle', "wallet.max_clock_step = '2h'");
cmp_ok($last, '>', $stored, 'no id below a stored horizon');
proof_ok($node, 'bank', 'after all that');
is($node->safe_psql('idle', 'SELECT count(*) FROM wallet_verify(true) WHERE NOT ok'), '0', 'the other ledger too');

# ---- A clock that was always behind is followed to the microsecond

start_with_clock(-$hour);
$last = 0;
$err = opens('a ledger that knows nothing else', -$hour - 2000, -$hour + 500, 'empty') if $node->safe_psql('empty', 'CREATE EXTENSION wallet; SELECT true');
is($err, '', 'no warning');

$node->stop;
done_testing();
