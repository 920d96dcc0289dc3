# Logical replication of wallet.event, as a feed for other systems.
#
# Goal: each event that is committed arrives once, whichever door it came through, none that was rolled back
# does; they arrive in the order of commits, which is not the order of events; up to the horizon the past is complete.
# Method: a subscriber without wallet, whose table counts arrivals; events that commit in another order than they were
# decided; every kind of transaction; the subscriber and the publisher restarted in the middle.

use strict;
use warnings;
use lib 'test/t';
use Test::More;
use WalletTest;

my $node = wallet_node('publisher', conf => "wal_level = logical\nfsync = off\n");
my $subscriber = PostgreSQL::Test::Cluster->new('subscriber');

$subscriber->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$subscriber->append_conf('postgresql.conf', "shared_preload_libraries = ''\n");
$subscriber->start;
$node->safe_psql('postgres', 'CREATE DATABASE bank');
wallet_seed($node, 'bank', 1000, qw(alice bob carol));
$node->safe_psql('bank', "CREATE PUBLICATION feed FOR TABLE wallet.event WITH (publish = 'insert')");

# Of its columns a subscriber takes what it wants; the table has the publisher's name.
$subscriber->safe_psql('postgres', <<'SQL');
CREATE SCHEMA wallet;
CREATE TABLE wallet.event (event_id bigint PRIMARY KEY, transaction_id uuid, leg smallint, kind smallint, status smallint, debit bigint, credit bigint,
	requested numeric, amount numeric, debit_balance numeric, credit_balance numeric, actor text, metadata jsonb,
	format smallint, debit_version bigint, credit_version bigint, debit_prev bigint, credit_prev bigint, group_first bigint, cause bigint,
	effective_at timestamptz, expires_at timestamptz, expected_version bigint, related uuid, final boolean, debit_held numeric, detail bytea, metadata_digest bytea,
	arrival bigint GENERATED ALWAYS AS IDENTITY);
SQL
my $connection = 'host=' . $node->host . ' port=' . $node->port . ' dbname=bank';
$subscriber->safe_psql('postgres', "CREATE SUBSCRIPTION feed CONNECTION '$connection' PUBLICATION feed");
$subscriber->wait_for_subscription_sync($node, 'feed');

my $columns = 'event_id, transaction_id, leg, kind, status, format, debit, credit, debit_version, credit_version, debit_prev, credit_prev, group_first, cause, effective_at, expires_at, expected_version, related, final, requested, amount, debit_balance, credit_balance, debit_held, actor, detail, metadata_digest, metadata';
my $all = "SELECT $columns FROM wallet.event ORDER BY event_id";

sub caught_up
{
	my ($what) = @_;

	$node->wait_for_catchup('feed');
	is($subscriber->safe_psql('postgres', $all), $node->safe_psql('bank', $all), "the same events: $what");
}

sub arrived { return $subscriber->safe_psql('postgres', "SELECT count(*) FROM wallet.event WHERE transaction_id = '$_[0]'"); }

caught_up('what was there before');

# ---- Every door and every end of a transaction
my ($code, $out, $err) = $node->psql('bank', <<"SQL", on_error_stop => 0);
SELECT wallet_define_currency('GEMS', 3, '${\ uuid(1)}');
SELECT wallet_open('dave', 'GEMS', '${\ uuid(2)}', NULL);
SELECT wallet_transfer('alice', 'bob', 1, 'USD', '${\ uuid(3)}', '{"a": 1}', '2020-01-01');
SELECT wallet_transfer('alice', 'bob', 1, 'USD', '${\ uuid(3)}', '{"a": 1}', '2020-01-01');
SELECT wallet_transfer('alice', 'bob', 2, 'USD', '${\ uuid(3)}');
SELECT wallet_transfer('alice', 'bob', 1000000, 'USD', '${\ uuid(4)}');
SELECT wallet_transfers(array_fill('alice'::text, ARRAY[300]), array_fill('bob'::text, ARRAY[300]), array_fill(0.01, ARRAY[300]), array_fill('USD'::text, ARRAY[300]), ARRAY(SELECT wallet_uuid() FROM generate_series(1, 300)));
SELECT wallet_transfers(ARRAY['alice', 'alice'], ARRAY['bob', 'bob'], ARRAY[1, 1000000], ARRAY['USD', 'USD'], ARRAY['${\ uuid(5)}', '${\ uuid(6)}']::uuid[], ARRAY[1, 1]);
BEGIN; SELECT wallet_transfer('alice', 'bob', 1, 'USD', '${\ uuid(7)}'); ROLLBACK;
BEGIN; SAVEPOINT a; SELECT wallet_transfer('alice', 'bob', 1, 'USD', '${\ uuid(8)}'); ROLLBACK TO a; SELECT wallet_transfer('alice', 'bob', 1, 'USD', '${\ uuid(9)}'); COMMIT;
BEGIN; SELECT wallet_transfer('carol', 'bob', 1, 'USD', '${\ uuid(10)}'); PREPARE TRANSACTION 'open';
SQL
like($err, qr/transaction id was used.*insufficient funds/s, 'two commands were refused');
caught_up('after every kind of command');
is(join(' ', map { arrived(uuid($_)) } 1 .. 10), '1 1 1 0 1 1 0 0 1 0', 'what was recorded arrived once, what was not did not');
$node->safe_psql('bank', "COMMIT PREPARED 'open'");
caught_up('after COMMIT PREPARED');
is(arrived(uuid(10)), '1', 'prepared: arrives when it is committed');

# ---- Order.  The first to be decided commits last.
my $slow = session($node, 'bank');
my ($early) = answer($slow, "BEGIN; SELECT event_id FROM wallet_transfer('carol', 'alice', 1, 'USD', '${\ uuid(20)}');");
my $late = $node->safe_psql('bank', "SELECT wallet_open('erin', 'USD', '${\ uuid(21)}')");
$node->wait_for_catchup('feed');
cmp_ok($early, '<', $late, 'one was decided before the other');
is(arrived(uuid(20)) . arrived(uuid(21)), '01', 'the other arrives first');
my $horizon = $node->safe_psql('bank', 'SELECT wallet_horizon()');
cmp_ok($horizon, '<', $early, 'but the horizon is still before the first');
answer($slow, 'COMMIT;');
finish($slow);
caught_up('in another order');
is($subscriber->safe_psql('postgres', "SELECT (SELECT arrival FROM wallet.event WHERE event_id = $early) > (SELECT arrival FROM wallet.event WHERE event_id = $late)"), 't', 'it arrived after what is younger');
cmp_ok($node->safe_psql('bank', 'SELECT wallet_horizon()'), '>=', $late, 'and the horizon has moved beyond both');
is($subscriber->safe_psql('postgres', "SELECT count(*) FROM wallet.event WHERE event_id <= $horizon"), $node->safe_psql('bank', "SELECT count(*) FROM wallet.event WHERE event_id <= $horizon"), 'up to the earlier horizon nothing was added');

# ---- As doc/operations.md says: up to the horizon, once what was written before it was told has arrived.
$node->safe_psql('bank', "SELECT count(wallet_transfer('alice', 'bob', 0.01, 'USD', wallet_uuid())) FROM generate_series(1, 20)");
my ($upto, $lsn) = split /\|/, $node->safe_psql('bank', 'SELECT wallet_horizon(), pg_current_wal_insert_lsn()');
poll(sub { $node->safe_psql('bank', "SELECT confirmed_flush_lsn >= '$lsn' FROM pg_replication_slots WHERE slot_name = 'feed'") eq 't' }, 'the slot has confirmed it');
is($subscriber->safe_psql('postgres', "SELECT max(event_id) FROM wallet.event WHERE event_id <= $upto"), $node->safe_psql('bank', 'SELECT max(event_id) FROM wallet.event'), 'up to the horizon all has arrived');

# ---- Restarts
$subscriber->stop('immediate');
$node->safe_psql('bank', "SELECT count(wallet_transfer('alice', 'bob', 0.01, 'USD', wallet_uuid())) FROM generate_series(1, 50)");
$subscriber->start;
caught_up('the subscriber was down');
crash($node);
start_again($node);
$node->safe_psql('bank', "SELECT count(wallet_transfer('alice', 'bob', 0.01, 'USD', wallet_uuid())) FROM generate_series(1, 50)");
caught_up('the publisher was killed');

# ---- With everything published, writes go on: each table that is updated has a key.
$node->safe_psql('bank', 'CREATE PUBLICATION everything FOR ALL TABLES');
is($node->safe_psql('bank', "SELECT status FROM wallet_transfer('alice', 'bob', 1, 'USD', wallet_uuid())"), 'success', 'published: transfers go on');
is($node->safe_psql('bank', 'UPDATE wallet.instance SET system_identifier = 1; SELECT wallet_resume()'), '', 'published: so does the row of the instance');
proof_ok($node, 'bank', 'the publisher');
$node->stop;
$subscriber->stop;
done_testing();
