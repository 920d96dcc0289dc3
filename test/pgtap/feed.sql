-- Goal: wallet_feed tells what the view wallet.journal tells, every column of every kind of event, in order, from where it is asked, as much as it is
-- asked, up to the horizon and no further: not what its own transaction wrote.
-- Method: a ledger with openings, a currency, transfers with everything, refusals, groups and more accounts than a feed remembers names of; text of
-- rows against the view's. That an open transaction is waited for is shown in test/specs/feed.spec.
\ir lib/setup.sql
SELECT plan(22);

CREATE FUNCTION ev(n bigint) RETURNS bigint LANGUAGE sql AS $$ SELECT event_id FROM wallet.event WHERE transaction_id = id(n) AND leg = 0 $$;
-- Nothing but an open transaction of another session of this server may hold the horizon, and not for long.
CREATE PROCEDURE await_horizon() LANGUAGE plpgsql AS $$ BEGIN FOR i IN 1 .. 1000 LOOP EXIT WHEN wallet_horizon() >= (SELECT max(event_id) FROM wallet.event); PERFORM pg_sleep(0.01); END LOOP; END $$;

SELECT is((SELECT count(*) FROM wallet_feed(NULL, NULL)), 0::bigint, 'nothing happened yet');
SELECT wallet_define_currency('FINE', 30, id(1)), open('world', 'USD', NULL), open('world', 'FINE', NULL), wallet_open('alice', 'USD', id(2), -50, 100000, 'world', 'postgres', '{"k": 1}'), open('bob'), open('alice', 'FINE') \g /dev/null
SELECT wallet_transfer('world', 'alice', 1000, 'USD', id(10)), wallet_transfer('alice', 'bob', 10, 'USD', id(11), '{"note": "first"}', '2024-02-29 12:00+00', 2), wallet_transfer('world', 'alice', 99999999.999999999999999999999999999999, 'FINE', id(12)) \g /dev/null
SELECT bulk('{20 bob alice 500 USD,21 bob alice 1 USD,22 bob alice 500 USD,23 bob alice 1 USD}', '{1,2,2,3}') \g /dev/null
SELECT wallet_transfer('alice', 'bob', 1, 'USD', id(30), jsonb_build_object('long', repeat('x', 5000))) \g /dev/null
CALL await_horizon();

SELECT is(md5((SELECT string_agg(f::text, E'\n') FROM wallet_feed(NULL, NULL) f)), md5((SELECT string_agg(j::text, E'\n' ORDER BY event_id) FROM wallet.journal j)), 'every event as the journal tells it');
SELECT is((SELECT array_agg(event_id) FROM wallet_feed(NULL, NULL)), (SELECT array_agg(event_id ORDER BY event_id) FROM wallet.event), 'in order');
SELECT shows('SELECT kind, status, from_account, to_account, currency, amount, from_balance_before, from_balance_after, to_balance_before, to_balance_after FROM wallet_feed(ev(12), 2)',
	$$ VALUES ('transfer', 'insufficient_funds', 'bob', 'alice', 'USD', NULL::numeric, 10.00, 10.00, 990.00, 990.00), ('transfer', 'group_failed', 'bob', 'alice', 'USD', NULL, 10.00, 10.00, 990.00, 990.00) $$, 'refusals too: of one before and after are what it saw');
SELECT is((SELECT count(*) FROM wallet_feed(0, NULL)), (SELECT count(*) FROM wallet.event), 'from 0: all');
SELECT is((SELECT count(*) FROM wallet_feed(-9223372036854775808, NULL)), (SELECT count(*) FROM wallet.event), 'from the smallest bigint: all');
SELECT is((SELECT array_agg(event_id) FROM wallet_feed(ev(12), NULL)), (SELECT array_agg(event_id ORDER BY event_id) FROM wallet.event WHERE event_id > ev(12)), 'after an event');
SELECT is((SELECT array_agg(event_id) FROM wallet_feed(ev(12) - 1, 1)), ARRAY[ev(12)], 'the position need not be an event');
SELECT is((SELECT count(*) FROM wallet_feed(ev(30), NULL)), 0::bigint, 'after the newest: none');
SELECT is((SELECT count(*) FROM wallet_feed(9223372036854775807, NULL)), 0::bigint, 'after all that can be: none');
SELECT is((SELECT count(*) FROM wallet_feed(0, 0)), 0::bigint, 'no rows wanted');
SELECT is((SELECT array_agg(event_id) FROM wallet_feed(0, 3)), ARRAY(SELECT event_id FROM wallet.event ORDER BY event_id LIMIT 3), 'three rows');
SELECT refuses('SELECT * FROM wallet_feed(0, -1)', 'WA024', 'max_rows must not be negative', NULL, NULL, 'fewer than none');

-- ---- a transaction's own events lie above the horizon
BEGIN;
SELECT wallet_transfer('alice', 'bob', 1, 'USD', id(40)) \g /dev/null
SELECT is((SELECT count(*) FROM wallet_feed(ev(30), NULL)), 0::bigint, 'what is not committed is not told, not even to who wrote it');
COMMIT;
CALL await_horizon();
SELECT is((SELECT array_agg(transaction_id) FROM wallet_feed(ev(30), NULL)), ARRAY[id(40)], 'committed, it is');
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT is((SELECT count(*) FROM wallet_feed(NULL, NULL)), (SELECT count(*) FROM wallet.event), 'REPEATABLE READ, read only');
COMMIT;

-- ---- more accounts than names are remembered of, each in use again
SELECT count(open('account-' || n, 'USD', NULL)) FROM generate_series(1, 10050) n \g /dev/null
SELECT count(*) FROM bulk((SELECT array_agg(format('%s account-%s account-%s 0.01 USD', 100000 + n, n, 10051 - n) ORDER BY n) FROM generate_series(1, 5000) n)) \g /dev/null
CALL await_horizon();
SELECT is((SELECT count(*) FROM wallet_feed(ev(40), NULL)), 15050::bigint, 'fifteen thousand events');
SELECT is(md5((SELECT string_agg(f::text, E'\n') FROM wallet_feed(ev(40), NULL) f)), md5((SELECT string_agg(j::text, E'\n' ORDER BY event_id) FROM wallet.journal j WHERE event_id > ev(40))), 'as the journal tells them');
-- As a follower asks: a hundred at a time from the last it got.
CREATE FUNCTION follow(size int) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
	list bigint[] := '{}';
	page bigint[];
BEGIN
	LOOP
		SELECT array_agg(event_id) INTO page FROM wallet_feed(list[cardinality(list)], size);
		EXIT WHEN page IS NULL;
		list := list || page;
	END LOOP;
	RETURN list;
END $$;
SELECT is(follow(100), (SELECT array_agg(event_id ORDER BY event_id) FROM wallet.event), 'a hundred at a time: each once');

-- ---- rights, and an event that cannot be read
BEGIN;
CREATE ROLE wt_feed;
GRANT EXECUTE ON FUNCTION wallet_feed(bigint, int) TO wt_feed;
SET LOCAL ROLE wt_feed;
SELECT is((SELECT count(*) FROM wallet_feed(NULL, 5)), 5::bigint, 'rights on the function are enough');
ROLLBACK;
ALTER TABLE wallet.event DISABLE TRIGGER immutable;
UPDATE wallet.event SET format = 2 WHERE event_id = ev(11);
SELECT is((fault_of('SELECT * FROM wallet_feed(NULL, NULL)')).sqlstate, 'WA090', 'an event that cannot be read is not passed over');
UPDATE wallet.event SET format = 1 WHERE event_id = ev(11);
ALTER TABLE wallet.event ENABLE ALWAYS TRIGGER immutable;
SELECT sound();
SELECT * FROM finish();
