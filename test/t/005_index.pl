# Indexes of the user's own, made while transfers run.
#
# Goal: every index that the tables have is complete, whenever and however it was made
# (CREATE INDEX, CONCURRENTLY, partial, expression, unique, hash), on event and on balance;
# updates of balance stay on their page while no index of theirs is in the way.
# Method: pgbench runs single and bulk transfers, in sessions that live for the whole
# test; meanwhile the indexes come and go; then amcheck compares every index with its table.

use strict;
use warnings;
use lib 'test/t';
use Test::More;
use WalletTest;
use PostgreSQL::Test::Utils;

my $node = wallet_node('main', conf => "autovacuum_naptime = 1s\n");
my $dir = PostgreSQL::Test::Utils::tempdir();

$node->safe_psql('postgres', 'CREATE DATABASE bank');
wallet_seed($node, 'bank', 100000, map { "a$_" } 0 .. 49);
$node->safe_psql('bank', 'CREATE EXTENSION amcheck');

append_to_file("$dir/single.sql", <<'SQL');
\set i random(0, 48)
SELECT wallet_transfer('a' || :i, 'a' || (:i + 1), 1, 'USD', wallet_uuid());
SQL
append_to_file("$dir/bulk.sql", <<'SQL');
\set i random(0, 40)
SELECT count(*) FROM wallet_transfers((SELECT array_agg('a' || (:i + k)) FROM generate_series(0, 7) k), (SELECT array_agg('a' || (:i + k + 1)) FROM generate_series(0, 7) k),
	(SELECT array_agg((k + 1) / 100.0) FROM generate_series(0, 7) k), array_fill('USD'::text, ARRAY[8]), (SELECT array_agg(wallet_uuid()) FROM generate_series(0, 7) k));
SQL
append_to_file("$dir/long.sql", <<'SQL');
BEGIN;
\set i random(0, 48)
SELECT wallet_transfer('a' || :i, 'a' || (:i + 1), 1, 'USD', wallet_uuid());
\sleep 20 ms
SELECT wallet_transfer('a' || :i, 'a' || (:i + 1), 1, 'USD', wallet_uuid());
COMMIT;
SQL
my $load = start_program("$dir/load.out", 'pgbench', '-n', '-h', $node->host, '-p', $node->port, '-c', 4, '-T', 600, '-f', "$dir/single.sql\@4", '-f', "$dir/bulk.sql\@2", '-f', "$dir/long.sql\@1", 'bank');
my $events = sub { return $node->safe_psql('bank', 'SELECT count(*) FROM wallet.event'); };
my $move_on = sub { my $now = $events->(); poll(sub { $events->() > $now + 200 }, 'the load goes on'); };

# A concurrent build that meets a deadlock with a bulk call would be told so: nothing of that may happen.
my $checked = sub {
	my ($what) = @_;

	is($node->safe_psql('bank', <<'SQL'), '', "amcheck while the load runs: $what");
SELECT string_agg(c.relname, ' ') FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
WHERE t.relnamespace = 'wallet'::regnamespace AND c.relam = (SELECT oid FROM pg_am WHERE amname = 'btree') AND bt_index_check(c.oid, i.indisvalid)::text <> '';
SQL
};

poll(sub { $events->() > 300 }, 'the load has begun');
for my $how ('', 'CONCURRENTLY')
{
	my $tag = $how ? 'c' : 'p';

	for my $index (
		["INDEX $how ${tag}_debit ON wallet.event (debit, event_id)", 'plain'],
		["INDEX $how ${tag}_backdated ON wallet.event (effective_at) WHERE effective_at IS NOT NULL", 'partial, of nothing'],
		["INDEX $how ${tag}_large ON wallet.event (credit) WHERE amount >= 0.05", 'partial'],
		["INDEX $how ${tag}_time ON wallet.event ((wallet_event_time(event_id)))", 'expression'],
		["UNIQUE INDEX $how ${tag}_once ON wallet.event ((transaction_id::text))", 'unique expression'],
		["INDEX $how ${tag}_hash ON wallet.event USING hash (transaction_id)", 'hash'],
		["INDEX $how ${tag}_balance ON wallet.balance (balance)", 'on balance'],
		["INDEX $how ${tag}_rich ON wallet.balance (account) WHERE balance > 100000", 'on balance, partial'],
		["INDEX $how ${tag}_name ON wallet.account (upper(name))", 'on account'])
	{
		my ($sql, $what) = @$index;
		my ($code, $out, $err) = $node->psql('bank', "CREATE $sql");

		is("$code$err", '0', "CREATE $sql");
		$move_on->();
	}
	$checked->($how || 'plain');
}
is($node->safe_psql('bank', 'SELECT count(*) FROM pg_index WHERE NOT indisvalid'), '0', 'all indexes are valid');
$node->safe_psql('bank', 'REINDEX TABLE CONCURRENTLY wallet.event');
$node->safe_psql('bank', 'REINDEX INDEX CONCURRENTLY wallet.balance_pkey');
$move_on->();

# What an index on a changing column costs is gone when the index is: updates stay on their page again.
$node->safe_psql('bank', "DROP INDEX wallet.p_balance, wallet.p_rich; DROP INDEX CONCURRENTLY wallet.c_balance; DROP INDEX CONCURRENTLY wallet.c_rich");
my $hot = 'SELECT n_tup_hot_upd, n_tup_upd FROM pg_stat_user_tables WHERE relid = \'wallet.balance\'::regclass';
$move_on->();
sleep 2;
my ($hot_before, $all_before) = split /\|/, $node->safe_psql('bank', $hot);
$move_on->() for 1 .. 3;
sleep 2;
my ($hot_after, $all_after) = split /\|/, $node->safe_psql('bank', $hot);
cmp_ok($all_after - $all_before, '>', 100, 'balances were updated');
cmp_ok($hot_after - $hot_before, '>', 0.8 * ($all_after - $all_before), 'and most of them on their page');

kill 'INT', $load->{pid};
my (undef, $out) = end_program($load);
unlike($out, qr/error/i, 'no call of the load failed');
ok(!log_has($node, qr/deadlock detected|WARNING:|PANIC:/), 'no deadlock, no warning in the log');

$checked->('in the end');
is($node->safe_psql('bank', 'SET enable_seqscan = off; SELECT count(*) FROM wallet.event WHERE debit > 0'), $node->safe_psql('bank', 'SET enable_indexscan = off; SET enable_bitmapscan = off; SET enable_indexonlyscan = off; SELECT count(*) FROM wallet.event WHERE debit > 0'), 'an index finds as many events as the table has');
is($node->safe_psql('bank', "SET enable_seqscan = off; SELECT count(*) FROM wallet.event e WHERE NOT EXISTS (SELECT FROM wallet.event h WHERE h.transaction_id = e.transaction_id)"), '0', 'the hash index too');
is($node->safe_psql('bank', 'SELECT count(*) FROM wallet.event e JOIN wallet.balance b ON b.account = e.debit WHERE e.status = 0') > 1000 ? 'many' : 'few', 'many', 'there was a load');
proof_ok($node, 'bank', 'in the end');

# A user's unique index refuses with its own error, and nothing of the call stays.
$node->safe_psql('bank', "CREATE UNIQUE INDEX big ON wallet.event (amount) WHERE amount BETWEEN 5000 AND 6000");
is($node->safe_psql('bank', "SELECT status FROM wallet_transfer('a0', 'a1', 5001, 'USD', '" . uuid(1) . "')"), 'success', 'unique of the user: the first');
for my $call ("SELECT wallet_transfer('a2', 'a3', 5001, 'USD', '" . uuid(2) . "')",
	"SELECT wallet_transfers(ARRAY['a2', 'a2'], ARRAY['a3', 'a3'], ARRAY[1, 5001], ARRAY['USD', 'USD'], ARRAY['" . uuid(3) . "', '" . uuid(2) . "']::uuid[])")
{
	my ($code, $stdout, $err) = $node->psql('bank', $call);

	like($err, qr/duplicate key value violates unique constraint "big"/, 'unique of the user: the second is refused');
}
is($node->safe_psql('bank', "SELECT count(*) FROM wallet.event WHERE transaction_id IN ('" . uuid(2) . "', '" . uuid(3) . "')"), '0', 'and nothing is recorded');
proof_ok($node, 'bank', 'after that');

$node->stop;
done_testing();
