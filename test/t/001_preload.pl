# Without shared_preload_libraries, with two databases, over restarts, and with a clock that cannot be right.
#
# Goal: a server that does not load wallet reads and proves, but takes no command; ids
# go on growing over restarts and in every database; an event of the future is
# refused as clock_unsafe, and there is a way on.
# Method: one node, restarted with and without the library; a definition of a currency is
# moved an hour ahead by a superuser who switches the guard off for that.

use strict;
use warnings;
use lib 'test/t';
use Test::More;
use WalletTest;

my $node = wallet_node('main');

$node->safe_psql('postgres', "CREATE DATABASE $_") for qw(one two three);
wallet_seed($node, $_, 100, qw(alice bob)) for qw(one two);
is($node->safe_psql('one', "SELECT status, from_balance FROM wallet_transfer('alice', 'bob', 10, 'USD', '" . uuid(1) . "')"), 'success|90.00', 'a transfer in the first database');
is($node->safe_psql('two', "SELECT status, from_balance FROM wallet_transfer('alice', 'bob', 20, 'USD', '" . uuid(1) . "')"), 'success|80.00', 'the same id in the second is another command');
proof_ok($node, $_, "database $_") for qw(one two);

my $reads = <<"SQL";
SELECT wallet_balance('alice', 'USD');
SELECT balance, available, status FROM wallet_account('alice', 'USD');
SELECT status, amount FROM wallet_get('${\ uuid(1)}');
SELECT count(*) FROM wallet.journal;
SELECT count(*) FROM wallet.entry;
SELECT name, balance, status, version FROM wallet_replay() ORDER BY name;
SELECT check_name, ok, examined FROM wallet_verify(true);
SELECT wallet_event_time(0) = to_timestamp(0), wallet_uuid() < wallet_uuid();
SELECT * FROM wallet_statement('alice', 'USD');
SELECT wallet_balance_at('alice', 'USD', 'infinity'), wallet_balance_effective('alice', 'USD', 'infinity');
SELECT * FROM wallet_verify_account('alice', 'USD');
SQL
my $before = $node->safe_psql('one', $reads);

# ---- Without the library

$node->append_conf('postgresql.conf', "shared_preload_libraries = ''");
$node->restart;
is($node->safe_psql('one', $reads), $before, 'not loaded: reads, replay and verify answer the same');
is($node->safe_psql('one', 'SELECT wallet_horizon()'), '', 'not loaded: no horizon');
is($node->safe_psql('one', 'SELECT count(*) FROM wallet_feed(NULL, NULL)'), '0', 'not loaded: nothing to feed');

my %commands = (
	open => "wallet_open('carol', 'USD', wallet_uuid())",
	define_currency => "wallet_define_currency('GEMS', 2, wallet_uuid())",
	transfer => "wallet_transfer('alice', 'bob', 1, 'USD', wallet_uuid())",
	'transfer again' => "wallet_transfer('alice', 'bob', 10, 'USD', '${\ uuid(1)}')",
	transfers => "wallet_transfers(ARRAY['alice'], ARRAY['bob'], ARRAY[1], ARRAY['USD'], ARRAY[wallet_uuid()])",
	'store the horizon' => 'wallet.store_horizon()',
	transfers_by_id => "wallet_transfers_by_id(ARRAY[1], ARRAY[2], ARRAY[1], ARRAY[wallet_uuid()])");
for my $name (sort keys %commands)
{
	my ($code, $out, $err) = $node->psql('one', "\\set VERBOSITY verbose\nSELECT $commands{$name}");

	like($err, qr/ERROR:  55000: .*\nHINT:  Add wallet to shared_preload_libraries and restart the server/, "not loaded: $name is refused");
}
my ($code, $out, $err) = $node->psql('one', 'SELECT * FROM wallet_replay(1)');
like($err, qr/horizon is not known/, 'not loaded: replay up to an event is refused');
is($node->safe_psql('three', 'CREATE EXTENSION wallet; SELECT count(*) FROM wallet_verify() WHERE NOT ok'), '0', 'not loaded: the extension can be made and verified');
is($node->safe_psql('one', 'SELECT count(*) FROM wallet.journal'), (split /\n/, $before)[3], 'not loaded: nothing was written');

# ---- With it again

my $newest = $node->safe_psql('one', 'SELECT max(event_id) FROM wallet.event');
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'wallet'");
$node->restart;
is($node->safe_psql('one', "SELECT status, event_id > $newest FROM wallet_transfer('alice', 'bob', 1, 'USD', wallet_uuid())"), 'success|t', 'after restarts ids go on growing');
is($node->safe_psql('one', "SELECT status, replayed FROM wallet_transfer('alice', 'bob', 10, 'USD', '${\ uuid(1)}')"), 'success|t', 'after restarts ids are remembered');
is($node->safe_psql('three', "SELECT wallet_open('alice', 'USD', wallet_uuid()) > $newest"), 't', 'the third database works');

# ---- An event of the future

$node->safe_psql('one', <<"SQL");
SELECT wallet_define_currency('GEMS', 2, '${\ uuid(2)}');
ALTER TABLE wallet.event DISABLE TRIGGER immutable;
ALTER TABLE wallet.currency DISABLE TRIGGER immutable;
UPDATE wallet.event SET event_id = event_id + 3600000000 WHERE transaction_id = '${\ uuid(2)}';
UPDATE wallet.currency SET defined_by = defined_by + 3600000000 WHERE NOT builtin;
ALTER TABLE wallet.event ENABLE ALWAYS TRIGGER immutable;
ALTER TABLE wallet.currency ENABLE ALWAYS TRIGGER immutable;
SQL
proof_ok($node, 'one', 'an event of the future is as good as any');
my $count = $node->safe_psql('one', 'SELECT count(*) FROM wallet.event');

for my $round ('a new session', 'a restarted server')
{
	($code, $out, $err) = $node->psql('one', "\\set VERBOSITY verbose\nSELECT wallet_transfer('alice', 'bob', 2, 'USD', '${\ uuid(3)}')");
	like($err, qr/ERROR:  WA034: .*\nDETAIL:  The newest event is of .*future.*\nHINT:  .*wallet\.max_clock_step/s, "clock_unsafe in $round");
	($code, $out, $err) = $node->psql('one', "SELECT wallet_transfers(ARRAY['alice'], ARRAY['bob'], ARRAY[1], ARRAY['USD'], ARRAY[wallet_uuid()])");
	like($err, qr/ERROR:  clock/, "clock_unsafe in bulk in $round");
	is($node->safe_psql('one', 'SELECT count(*) FROM wallet.event'), $count, "nothing was written in $round");
	is($node->safe_psql('one', "SELECT wallet_balance('alice', 'USD')"), '89.00', "reading goes on in $round");
	$node->restart if $round eq 'a new session';
}
is($node->safe_psql('two', "SELECT status FROM wallet_transfer('alice', 'bob', 1, 'USD', wallet_uuid())"), 'success', 'the other database is not concerned');

is($node->safe_psql('one', "SET wallet.max_clock_step = '2h'; SELECT status, event_id > (SELECT max(event_id) FROM wallet.event) FROM wallet_transfer('alice', 'bob', 2, 'USD', '${\ uuid(3)}')"),
	'success|t', 'with wallet.max_clock_step beyond the difference it goes on above that event');
is($node->safe_psql('one', "SELECT status, event_id > (SELECT max(event_id) FROM wallet.event) FROM wallet_transfer('alice', 'bob', 3, 'USD', wallet_uuid())"),
	'success|t', 'and needs that for one command only');

# The newest event is now one that a prepared transaction has written, which no snapshot sees.
$node->safe_psql('one', "BEGIN; SELECT wallet_transfer('alice', 'bob', 4, 'USD', '${\ uuid(4)}'); PREPARE TRANSACTION 'future'");
$node->stop('immediate');
$node->start;
is($node->safe_psql('one', "SET wallet.max_clock_step = '2h'; SELECT wallet_open('carol', 'USD', '${\ uuid(5)}') > (SELECT max(event_id) FROM wallet.event)"), 't', 'after a crash ids are above those that are committed');
$node->safe_psql('one', "COMMIT PREPARED 'future'");
is($node->safe_psql('one', "SELECT (SELECT event_id FROM wallet.event WHERE transaction_id = '${\ uuid(4)}') < (SELECT event_id FROM wallet.event WHERE transaction_id = '${\ uuid(5)}')"), 't', 'and above those that are prepared');
proof_ok($node, 'one', 'after all that');
proof_ok($node, 'two', 'the second database too');

$node->stop;
done_testing();
