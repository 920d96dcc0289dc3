# Many sessions, few accounts.
#
# Goal: calls that touch the same accounts in any order never deadlock, lose nothing and
# do nothing twice; verify may be asked at any time meanwhile.
# Method: 500 transfers A to B against 500 B to A from four pgbench clients; then
# single and bulk calls around a ring of five accounts, with repeated ids, refusals and
# groups; then the same ids from all clients at once. The sums are counted from the events.

use strict;
use warnings;
use lib 'test/t';
use Test::More;
use WalletTest;
use PostgreSQL::Test::Utils;

my $node = wallet_node('main', conf => "deadlock_timeout = 100ms\n");
my $dir = PostgreSQL::Test::Utils::tempdir();

$node->safe_psql('postgres', 'CREATE DATABASE hot');
wallet_seed($node, 'hot', 1000, qw(a b r0 r1 r2 r3 r4));

sub script { my ($name, $text) = @_; append_to_file("$dir/$name.sql", $text); return "$dir/$name.sql"; }

sub pgbench
{
	my ($name, $clients, $calls, @files) = @_;

	return start_program("$dir/$name.out", 'pgbench', '-n', '-h', $node->host, '-p', $node->port, '-c', $clients, '-t', $calls, (map { ('-f', $_) } @files), 'hot');
}

sub ends_well
{
	my ($program, $calls, $what) = @_;
	my ($code, $out) = end_program($program);

	is($code, 0, "$what: no error") or diag($out);
	like($out, qr/transactions actually processed: $calls\/$calls\b/, "$what: all $calls calls");
}

# ---- A to B against B to A

my $forth = pgbench('forth', 2, 250, script('forth', "SELECT wallet_transfer('a', 'b', 2, 'USD', wallet_uuid());\n"));
my $back = pgbench('back', 2, 250, script('back', "SELECT wallet_transfer('b', 'a', 1, 'USD', wallet_uuid());\n"));
my $broken = 0;
for (1 .. 5)
{
	$broken += $node->safe_psql('hot', 'SELECT count(*) FROM wallet_verify() WHERE NOT ok');
}
is($broken, 0, 'verify holds while transfers run');
ends_well($forth, 500, 'a to b');
ends_well($back, 500, 'b to a');
is($node->safe_psql('hot', "SELECT wallet_balance('a', 'USD'), wallet_balance('b', 'USD')"), '500.00|1500.00', 'the balances are those of 500 each way');
is($node->safe_psql('hot', "SELECT count(*), count(DISTINCT debit_version) FROM wallet.event e JOIN wallet.account d ON d.id = e.debit WHERE d.name = 'a'"), '500|500', 'each version once');

# ---- Around a ring

my $single = script('single', <<'SQL');
\set i random(0, 4)
\set step random(1, 4)
\set n random(1, 100000)
SELECT wallet_transfer('r' || :i, 'r' || ((:i + :step) % 5), 1, 'USD', wallet_uuid());
SQL
my $bulk = script('bulk', <<'SQL');
\set i random(0, 4)
\set step random(1, 4)
SELECT count(*) FROM wallet_transfers(
	ARRAY['r' || :i, 'r' || ((:i + :step) % 5), 'r' || ((:i + 2 * :step) % 5), 'r' || ((:i + 3 * :step) % 5), 'r' || :i, 'r' || ((:i + :step) % 5)],
	ARRAY['r' || ((:i + :step) % 5), 'r' || ((:i + 2 * :step) % 5), 'r' || ((:i + 3 * :step) % 5), 'r' || ((:i + 4 * :step) % 5), 'r' || ((:i + 4 * :step) % 5), 'r' || ((:i + 2 * :step) % 5)],
	ARRAY[3, 5, 7, 11, 13, 100000], array_fill('USD'::text, ARRAY[6]), ARRAY[wallet_uuid(), wallet_uuid(), wallet_uuid(), wallet_uuid(), wallet_uuid(), wallet_uuid()],
	ARRAY[1, 1, 2, 2, 3, 4]);
SQL
my $repeat = script('repeat', <<'SQL');
\set i random(0, 4)
\set n random(1, 40)
SELECT count(*) FROM wallet_transfers(ARRAY['r' || (:n % 5), 'r' || ((:n + 2) % 5)], ARRAY['r' || ((:n + 1) % 5), 'r' || (:n % 5)], ARRAY[:n, 1], ARRAY['USD', 'USD'],
	ARRAY[('00000000-0000-7000-8000-' || lpad(:n::text, 12, '0'))::uuid, ('00000000-0000-7000-8000-' || lpad((:n * 7 % 41 + 1000)::text, 12, '0'))::uuid]);
SQL
ends_well(pgbench('ring', 6, 150, $single, $bulk, $repeat), 900, 'around the ring');
is($node->safe_psql('hot', "SELECT sum(balance) FROM wallet.accounts WHERE name LIKE 'r_'"), '5000.00', 'the ring has what it had');
is($node->safe_psql('hot', "SELECT count(*) > 100 FROM wallet.journal WHERE status = 'insufficient_funds'"), 't', 'there were refusals');

# ---- All clients want the same ids, in opposite orders, on accounts of their own and on shared ones

wallet_open_more();
my $same = script('same', <<'SQL');
\set n random(1, 200)
\set m 2 * :n
SELECT count(*) FROM wallet_transfers(ARRAY['s' || (:n % 4), 's' || ((:n + 1) % 4)], ARRAY['t' || (:n % 4), 't' || ((:n + 1) % 4)], ARRAY[1, 1], ARRAY['USD', 'USD'],
	CASE WHEN random() < 0.5
		 THEN ARRAY[('00000001-0000-7000-8000-' || lpad(:n::text, 12, '0'))::uuid, ('00000001-0000-7000-8000-' || lpad((:n % 200 + 1)::text, 12, '0'))::uuid]
		 ELSE ARRAY[('00000001-0000-7000-8000-' || lpad((:n % 200 + 1)::text, 12, '0'))::uuid, ('00000001-0000-7000-8000-' || lpad(:n::text, 12, '0'))::uuid] END);
SQL
ends_well(pgbench('same', 6, 150, $same), 900, 'the same ids');
is($node->safe_psql('hot', "SELECT count(*) = count(DISTINCT transaction_id), count(*) > 150 FROM wallet.event WHERE transaction_id::text LIKE '00000001-%'"), 't|t', 'each id once');
is($node->safe_psql('hot', "SELECT sum(balance) = (SELECT sum(amount) FROM wallet.event WHERE transaction_id::text LIKE '00000001-%') FROM wallet.accounts WHERE name LIKE 't_'"), 't', 'and its money once');

ok(!log_has($node, qr/deadlock detected/), 'no deadlock was ever detected');
ok(!log_has($node, qr/(?:ERROR|PANIC|WARNING):/), 'and no error or warning in the log') or diag(join "\n", grep { /ERROR|PANIC|WARNING/ } split /\n/, slurp_file($node->logfile));
proof_ok($node, 'hot', 'after all that');

# The milestones are those of every 256th version, counted here.
is($node->safe_psql('hot', <<'SQL'), 't|t', 'a milestone for every 256th event of each account');
WITH chain AS (
	SELECT debit AS account, event_id, debit_version AS version, debit_balance AS balance FROM wallet.event WHERE debit_prev IS NOT NULL
	UNION ALL SELECT credit, event_id, credit_version, credit_balance FROM wallet.event WHERE credit_prev IS NOT NULL),
expected AS (SELECT account, event_id, version, balance FROM chain WHERE version % 256 = 0)
SELECT count(*) >= 6, count(*) = (SELECT count(*) FROM wallet.milestone) AND bool_and(m.event_id IS NOT NULL)
FROM expected e LEFT JOIN wallet.milestone m USING (account, event_id, version, balance)
SQL

$node->stop;
done_testing();

sub wallet_open_more
{
	$node->safe_psql('hot', "SELECT count(wallet_open(name, 'USD', wallet_uuid(), NULL)) FROM unnest(ARRAY['s0', 's1', 's2', 's3', 't0', 't1', 't2', 't3']) AS name");
}
