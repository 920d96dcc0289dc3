# A call of 65,536 commands, cancelled in the middle; and what errors leave behind.
#
# Goal: a call that ends in an error has recorded nothing, holds nothing and leaves the session and
# the ids usable, at whatever point it ended: by pg_cancel_backend, statement_timeout, an
# error in a savepoint or in an exception block of PL/pgSQL.
# Method: the same call is cancelled after different times, from nearly at once to nearly
# done; between them verify, the horizon and a transfer on the same accounts.

use strict;
use warnings;
use lib 'test/t';
use Test::More;
use Time::HiRes qw(sleep time);
use WalletTest;

my $node = wallet_node('main');

$node->safe_psql('postgres', 'CREATE DATABASE bank');
wallet_seed($node, 'bank', 1000000, map { "a$_" } 0 .. 99);
$node->safe_psql('bank', <<'SQL');
CREATE FUNCTION big(start int, n int DEFAULT 65536) RETURNS TABLE (status text, count bigint, replayed bigint) LANGUAGE sql AS $$
	SELECT status, count(*), count(*) FILTER (WHERE replayed)
	FROM wallet_transfers((SELECT array_agg('a' || i * 7919 % 100) FROM generate_series(1, n) i), (SELECT array_agg('a' || (i * 7919 + 1 + i % 99) % 100) FROM generate_series(1, n) i),
		(SELECT array_agg(1 + i % 5) FROM generate_series(1, n) i), array_fill('USD'::text, ARRAY[n]),
		(SELECT array_agg(('0000000a-0000-7000-8000-' || lpad((start + i)::text, 12, '0'))::uuid) FROM generate_series(1, n) i))
	GROUP BY status $$;
CREATE FUNCTION recorded() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM wallet.event WHERE transaction_id::text LIKE '0000000a-%' $$;
SQL

my $began = time;
is($node->safe_psql('bank', 'BEGIN; SELECT * FROM big(0); ROLLBACK'), 'success|65536|0', 'the whole call, rolled back');
my $whole = time - $began;
is($node->safe_psql('bank', 'SELECT recorded()'), '0', 'a rollback leaves nothing');
proof_ok($node, 'bank', 'after 65,536 dead events');
is($node->safe_psql('bank', 'SELECT sum(balance) FROM wallet_replay()'), '0.00', 'and replay walks over them');

# ---- pg_cancel_backend

my ($cancelled, $finished) = (0, 0);
for my $i (1 .. 6)
{
	my $session = session($node, 'bank');
	my ($pid) = answer($session, 'SELECT pg_backend_pid();');

	print { $session->{in} } "SELECT * FROM big(0);\n";
	poll(sub { $node->safe_psql('bank', "SELECT state FROM pg_stat_activity WHERE pid = $pid") eq 'active' }, 'the call runs');
	sleep $whole * (0.1 + 0.13 * $i);
	$node->safe_psql('bank', "SELECT pg_cancel_backend($pid)");
	my @lines = answer($session, 'SELECT recorded();');
	if ($lines[0] and $lines[0] =~ /^success/) { $finished++; last; }
	$cancelled++;
	is("@lines", '0', "cancelled ($i): nothing is recorded, and the session goes on");
	is(join(' ', answer($session, "SELECT status FROM wallet_transfer('a1', 'a2', 1, 'USD', wallet_uuid());")), 'success', "cancelled ($i): nothing is locked");
	finish($session);
}
cmp_ok($cancelled, '>=', 3, 'it was cancelled some times');
note("cancelled $cancelled times; the whole call takes $whole s");

# ---- statement_timeout

# On a machine whose load falls meanwhile, a late timeout can come too late: then the call has done it all.
my $in_time = 0;
for my $part (0.1, 0.3, 0.6)
{
	my $session = session($node, 'bank');
	my $ms = int(1000 * $whole * $part) + 1;

	answer($session, "SET statement_timeout = $ms;");
	answer($session, 'SELECT * FROM big(100000);');
	answer($session, 'SET statement_timeout = 0;');
	my $there = join(' ', answer($session, "SELECT count(*) FROM wallet.event WHERE transaction_id > '0000000a-0000-7000-8000-000000100000' AND transaction_id < '0000000b-0000-7000-8000-000000000000';"));
	finish($session);
	if ($there eq '65536') { $in_time = 1; last; }
	is($there, '0', "statement_timeout of $ms ms: nothing is recorded, and the session goes on");
}
ok(log_has($node, qr/canceling statement due to statement timeout/), 'there was a timeout');
ok(log_has($node, qr/canceling statement due to user request/), 'and a cancel');
is($node->safe_psql('bank', "SELECT bool_and(b.balance = r.balance AND b.version = r.version) FROM wallet.balance b JOIN wallet_replay() r USING (account)"), 't', 'the balances are those of the events');
is($node->safe_psql('bank', 'SELECT wallet_horizon() >= (SELECT max(event_id) FROM wallet.event)'), 't', 'nothing holds the horizon');

# ---- The same ids afterwards

is($node->safe_psql('bank', 'SELECT * FROM big(0)'), $finished ? 'success|65536|65536' : 'success|65536|0', 'the same ids: all succeed');
is($node->safe_psql('bank', 'SELECT * FROM big(100000)'), $in_time ? 'success|65536|65536' : 'success|65536|0', 'those that had timed out, too');
is($node->safe_psql('bank', 'SELECT * FROM big(0)'), 'success|65536|65536', 'and again: all are replayed');
is($node->safe_psql('bank', 'SELECT recorded()'), '131072', 'each once');
proof_ok($node, 'bank', 'in the end');

# ---- Errors inside a bulk call that somebody catches

$node->safe_psql('bank', "CREATE UNIQUE INDEX once ON wallet.event (amount) WHERE amount BETWEEN 5000 AND 6000");
my $good = "wallet_transfers(ARRAY['a1'], ARRAY['a2'], ARRAY[5000], ARRAY['USD'], ARRAY['%s'::uuid])";
my $bad = "wallet_transfers(ARRAY['a1', 'a1', 'a1'], ARRAY['a2', 'a2', 'a2'], ARRAY[1, 5000, 2], ARRAY['USD', 'USD', 'USD'], ARRAY['%s', '%s', '%s']::uuid[])";
my @bad = map { uuid($_) } 2 .. 4;
is($node->safe_psql('bank', sprintf("SELECT status FROM $good", uuid(1))), 'success', 'an amount that a unique index of the user allows once');

my $session = session($node, 'bank');
is(join(' ', answer($session, sprintf("SELECT status FROM $bad;", @bad) . "\nSELECT 'alive';")), 'alive', 'after an error outside a transaction block the next statement runs');
is(join(' ', answer($session, sprintf("BEGIN; SELECT 'a'; SAVEPOINT s; SELECT status FROM $bad; ROLLBACK TO s; SELECT status FROM wallet_transfer('a1', 'a2', 1, 'USD', '%s'); COMMIT; SELECT 'done';", @bad, uuid(5)))), 'a success done', 'a savepoint catches it');
is(join(' ', answer($session, sprintf(<<'SQL', @bad, uuid(6)))), 'done', 'an exception block catches it, and what follows in the same block counts');
DO $$
BEGIN
	FOR i IN 1 .. 3 LOOP
		BEGIN
			PERFORM * FROM wallet_transfers(ARRAY['a1', 'a1', 'a1'], ARRAY['a2', 'a2', 'a2'], ARRAY[1, 5000, 2], ARRAY['USD', 'USD', 'USD'], ARRAY['%s', '%s', '%s']::uuid[]);
			RAISE 'no error';
		EXCEPTION WHEN unique_violation THEN
			NULL;
		END;
	END LOOP;
	PERFORM wallet_transfer('a1', 'a2', 1, 'USD', '%s');
END $$;
SELECT 'done';
SQL
finish($session);
is($node->safe_psql('bank', "SELECT count(*) FROM wallet.event WHERE transaction_id IN ('$bad[0]', '$bad[1]', '$bad[2]')"), '0', 'nothing of the failed calls is recorded');
is($node->safe_psql('bank', "SELECT count(*) FROM wallet.event WHERE transaction_id IN ('${\ uuid(5)}', '${\ uuid(6)}')"), '2', 'what followed is');

# More subtransactions than a snapshot's cache holds, released, rolled back, nested.
is($node->safe_psql('bank', <<'SQL'), 'f|t|100', 'many calls in subtransactions');
DO $$
BEGIN
	FOR i IN 1 .. 200 LOOP
		BEGIN
			PERFORM * FROM wallet_transfers(ARRAY['a3'], ARRAY['a4'], ARRAY[1], ARRAY['USD'], ARRAY[('0000000c-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid]);
			IF i % 2 = 0 THEN RAISE division_by_zero; END IF;
		EXCEPTION WHEN division_by_zero THEN NULL;
		END;
	END LOOP;
END $$;
SELECT EXISTS (SELECT FROM wallet_verify() WHERE NOT ok), bool_and(right(transaction_id::text, 1)::int % 2 = 1), count(*) FROM wallet.event WHERE transaction_id::text LIKE '0000000c-%';
SQL
ok(!log_has($node, qr/WARNING:|PANIC:|FATAL:|was terminated/), 'no warning and no crash in the log');
proof_ok($node, 'bank', 'after errors');

$node->stop;
done_testing();
