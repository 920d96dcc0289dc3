-- Goal: the past of an account can be read at any moment: wallet_balance_at and wallet_statement say what the events add up to, wherever a milestone
-- lies, in any order of arguments, for the smallest and the greatest money, inside the transaction that writes too; and they say so fast.
-- Method: a ledger with an account of more than 600 chain events, batches, groups, refusals and backdated transfers; every moment at which anything
-- happened, and the microseconds around it, against sums over wallet.event and the view wallet.entry, which share no code with the functions.
\ir lib/setup.sql
SELECT plan(79);

CREATE FUNCTION at(n bigint) RETURNS timestamptz LANGUAGE sql AS $$ SELECT wallet_event_time(event_id) FROM wallet.event WHERE transaction_id = id(n) AND leg = 0 $$;
CREATE FUNCTION ev(n bigint) RETURNS bigint LANGUAGE sql AS $$ SELECT event_id FROM wallet.event WHERE transaction_id = id(n) AND leg = 0 $$;

-- ---- the ledger
SELECT wallet_define_currency('FINE', 30, id(1)) \g /dev/null
SELECT open('world', 'USD', NULL), open('world', 'FINE', NULL), open('world', 'JPY', NULL), open('alice'), open('bob'), open('carol'), open('alice', 'FINE'), open('rich', 'JPY') \g /dev/null
SELECT wallet_transfer('world', 'alice', 1000, 'USD', id(10)), wallet_transfer('alice', 'bob', 10, 'USD', id(11), '{"note": "first"}'),
	wallet_transfer('alice', 'carol', 1, 'USD', id(12), NULL, '2024-02-29 12:00+00') \g /dev/null
-- 700 events of alice in three batches, every third a payment; a refusal after each hundredth, a group that fails after each fiftieth
SELECT count(*) FROM bulk((SELECT array_agg(format(CASE n % 3 WHEN 0 THEN '%s alice bob 0.0%s USD' ELSE '%s world alice 0.0%s USD' END, 1000 + n, 1 + n % 9) ORDER BY n) FROM generate_series(1, 200) n)) \g /dev/null
SELECT count(*) FROM bulk((SELECT array_agg(c ORDER BY n, m) FROM (
		SELECT n, 1 AS m, format('%s carol alice 0.01 USD', 10000 + n) AS c FROM generate_series(1, 1) n
		UNION ALL SELECT n, 2, format('%s world alice 1.5 USD', 1000 + n) FROM generate_series(201, 500) n
		UNION ALL SELECT n, 3, format('%s bob carol 100000 USD', 20000 + n) FROM generate_series(300, 500, 100) n) c)) \g /dev/null
SELECT count(*) FROM bulk('{3001 alice bob 2 USD,3002 alice carol 3 USD,3003 alice bob 4 USD,3004 bob alice 900000 USD,3005 world alice 5 USD}', '{1,1,2,2,3}') \g /dev/null
SELECT count(*) FROM bulk((SELECT array_agg(format('%s world alice 0.01 USD', 1000 + n) ORDER BY n) FROM generate_series(501, 700) n), NULL, true) \g /dev/null
SELECT wallet_transfer('world', 'alice', 0.000000000000000000000000000001, 'FINE', id(20)), wallet_transfer('world', 'alice', 99999999.999999999999999999999999999998, 'FINE', id(21)),
	wallet_transfer('alice', 'world', 99999999.999999999999999999999999999999, 'FINE', id(22)), wallet_transfer('world', 'rich', 99999999999999999999999999999999999999, 'JPY', id(23)), wallet_transfer('rich', 'world', 1, 'JPY', id(24)) \g /dev/null
SELECT open('late') \g /dev/null
SELECT wallet_transfer('alice', 'late', 7, 'USD', id(30)) \g /dev/null

SELECT cmp_ok((SELECT count(*) FROM wallet.event WHERE status = 0 AND account('alice') IN (debit, credit)), '>', 600::bigint, 'the account has more than 600 chain events');
SELECT is((SELECT count(*) FROM wallet.milestone WHERE account = account('alice')), 2::bigint, 'and two milestones');
SELECT cmp_ok((SELECT count(*) FROM wallet.event WHERE status <> 0), '>=', 4::bigint, 'there are refusals');
SELECT sound();

-- ---- wallet_balance_at, every moment of every account
-- What the events say: opened, and what they have moved since. The list of kinds that move money is that of format 1.
CREATE FUNCTION said(the_account bigint, moment bigint) RETURNS numeric LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN moment >= the_account THEN
		COALESCE(sum(CASE WHEN e.credit = the_account THEN e.amount ELSE -e.amount END), (SELECT e.credit_balance FROM wallet.event e WHERE e.event_id = the_account)) END
	FROM wallet.event e WHERE e.status = 0 AND e.kind IN (3, 5, 8, 9, 22, 23, 26, 27) AND the_account IN (e.debit, e.credit) AND e.event_id <= moment
$$;
CREATE TABLE moments AS SELECT DISTINCT event_id + d AS moment FROM wallet.event, generate_series(-1, 1) d;
CREATE TABLE answers AS
	SELECT a.id, a.name, a.currency, m.moment, said(a.id, m.moment)::text AS wanted, wallet_balance_at(a.name, a.currency, wallet_event_time(m.moment))::text AS told
	FROM moments m, wallet.account a WHERE a.name IN ('alice', 'late', 'rich', 'world');
SELECT cmp_ok((SELECT count(*) FROM answers), '>', 5000::bigint, 'moments times accounts');
SELECT is_empty('SELECT * FROM answers WHERE wanted IS DISTINCT FROM told', 'at every moment the balance is what the events add up to, to the last shown digit');
SELECT cmp_ok((SELECT count(*) FROM answers WHERE told IS NULL), '>', 100::bigint, 'before their opening accounts have none');
SELECT is((SELECT string_agg(told, ' ' ORDER BY moment) FROM answers WHERE name = 'late' AND moment IN (id - 1, id, id + 1)), '0.00 0.00', 'an opening counts at its own moment, with 0.00');

SELECT is(wallet_balance_at('alice', 'USD', at(10)), 1000.00, 'a moment is inclusive');
SELECT is(wallet_balance_at('alice', 'USD', at(10) - interval '1 microsecond'), 0.00, 'and exact to the microsecond');
SELECT is(wallet_balance_at('alice', 'USD', at(3002))::text, (SELECT debit_balance FROM wallet.event WHERE event_id = ev(3002))::text, 'inside a group');
SELECT is(wallet_balance_at('alice', 'USD', at(3003)), wallet_balance_at('alice', 'USD', at(3002)), 'a group that failed moved nothing');
SELECT is(wallet_balance_at('alice', 'USD', 'infinity'), wallet_balance('alice', 'USD'), 'infinity: all that is recorded');
SELECT is(wallet_balance_at('alice', 'USD', '294276-12-31'), wallet_balance('alice', 'USD'), 'the last moment that PostgreSQL knows');
SELECT is(wallet_balance_at('alice', 'USD', clock_timestamp() + interval '1 year'), wallet_balance('alice', 'USD'), 'the future: as of now');
SELECT is(wallet_balance_at('alice', 'USD', '-infinity'), NULL, '-infinity: not opened');
SELECT is(wallet_balance_at('alice', 'USD', '4713-01-01 BC'), NULL, 'the first moment that PostgreSQL knows');
SELECT is(wallet_balance_at('alice', 'USD', '1970-01-01 00:00+00'), NULL, 'the epoch');
SELECT is(wallet_balance_at('alice', 'USD', NULL), NULL, 'NULL: NULL');
SELECT is(ARRAY[wallet_balance_at(NULL, 'USD', now()), wallet_balance_at('alice', NULL, now())], ARRAY[NULL, NULL]::numeric[], 'no name, no currency: NULL');
SELECT is(ARRAY[wallet_balance_at('nobody', 'USD', 'infinity'), wallet_balance_at('alice', 'EUR', 'infinity'), wallet_balance_at('alice', 'usd', 'infinity'), wallet_balance_at('', '', 'infinity'), wallet_balance_at(repeat('x', 10000), repeat('X', 10000), 'infinity')],
	ARRAY[NULL, NULL, NULL, NULL, NULL]::numeric[], 'no such account: NULL');
SELECT is(wallet_balance_at('rich', 'JPY', at(23))::text, '99999999999999999999999999999999999999', '38 digits');
SELECT is(wallet_balance_at('world', 'JPY', at(23))::text, '-99999999999999999999999999999999999999', '38 digits below 0');
SELECT is(wallet_balance_at('alice', 'FINE', at(20))::text, '0.000000000000000000000000000001', '30 decimals');

-- ---- wallet_statement
CREATE FUNCTION entries(the_name text, the_currency text, condition text DEFAULT 'true') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	list text;
BEGIN
	EXECUTE format('SELECT string_agg(e::text, E''\n'' ORDER BY event_id DESC) FROM wallet.entry e WHERE name = %L AND currency = %L AND (%s)', the_name, the_currency, condition) INTO list;
	RETURN list;
END $$;
CREATE FUNCTION statement(arguments text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	list text;
BEGIN
	EXECUTE format('SELECT string_agg(e::text, E''\n'' ORDER BY n) FROM (SELECT e, row_number() OVER () AS n FROM wallet_statement(%s) e) x', arguments) INTO list;
	RETURN list;
END $$;
SELECT is(md5(statement(format('%L, %L, max_rows => NULL', name, currency))), md5(entries(name, currency)), format('all of %s in %s, newest first', name, currency))
FROM wallet.account WHERE name IN ('alice', 'carol', 'rich', 'late') ORDER BY id;
SELECT is((SELECT count(*) FROM wallet_statement('alice', 'USD')), 100::bigint, 'a hundred rows, if nothing is said');
SELECT is((SELECT array_agg(event_id) FROM wallet_statement('alice', 'USD')), ARRAY(SELECT event_id FROM wallet.entry WHERE name = 'alice' AND currency = 'USD' ORDER BY event_id DESC LIMIT 100), 'the newest');
SELECT is(md5(statement($$ 'alice', 'USD', max_rows => 1000000 $$)), md5(entries('alice', 'USD')), 'more than there are');
SELECT is((SELECT count(*) FROM wallet_statement('alice', 'USD', max_rows => 0)), 0::bigint, 'none');
SELECT refuses($$ SELECT * FROM wallet_statement('alice', 'USD', max_rows => -1) $$, 'WA024', 'max_rows must not be negative', NULL, NULL, 'fewer than none');
SELECT is((SELECT count(*) FROM wallet_statement('late', 'USD')), 1::bigint, 'an opening is no entry');
SELECT is((SELECT count(*) FROM (SELECT FROM wallet_statement('nobody', 'USD') UNION ALL SELECT FROM wallet_statement('alice', 'EUR') UNION ALL SELECT FROM wallet_statement(NULL, 'USD') UNION ALL SELECT FROM wallet_statement('alice', NULL)) x), 0::bigint, 'no such account: no rows');
SELECT shows($$ SELECT kind, amount, balance_before, balance_after, counterparty, version, metadata, effective_at = recorded_at FROM wallet_statement('alice', 'USD', until => at(12)) $$,
	$$ VALUES ('transfer', -10.00, 1000.00, 990.00, 'bob', 3, '{"note": "first"}'::jsonb, true), ('transfer', 1000.00, 0.00, 1000.00, 'world', 2, NULL, true) $$, 'what an entry says');
SELECT is((SELECT effective_at FROM wallet_statement('alice', 'USD', at(12), max_rows => NULL) WHERE event_id = ev(12)), '2024-02-29 12:00+00', 'a backdated entry is listed by when it was recorded, and says when it is effective');

-- bounds: since is inclusive, until is not, before_event is not
SELECT is(md5(statement(format('%L, %L, %L, %L, NULL', 'alice', 'USD', at(1100), at(1400)))), md5(entries('alice', 'USD', format('event_id >= %s AND event_id < %s', ev(1100), ev(1400)))), 'since and until');
SELECT is((SELECT array_agg(event_id) FROM wallet_statement('alice', 'USD', at(1400), at(1400) + interval '1 microsecond')), ARRAY[ev(1400)], 'one microsecond');
SELECT is((SELECT count(*) FROM wallet_statement('alice', 'USD', at(1400), at(1400))), 0::bigint, 'an empty interval');
SELECT is((SELECT count(*) FROM wallet_statement('alice', 'USD', at(1400), at(1100))), 0::bigint, 'a reversed one');
SELECT is((SELECT min(event_id) FROM wallet_statement('alice', 'USD', at(1400), max_rows => NULL)), ev(1400), 'since alone');
SELECT is((SELECT max(event_id) FROM wallet_statement('alice', 'USD', until => at(1400))), (SELECT max(event_id) FROM wallet.entry WHERE name = 'alice' AND currency = 'USD' AND event_id < ev(1400)), 'until alone');
SELECT is((SELECT max(event_id) FROM wallet_statement('alice', 'USD', before_event => ev(1400))), (SELECT max(event_id) FROM wallet.entry WHERE name = 'alice' AND currency = 'USD' AND event_id < ev(1400)), 'before_event');
SELECT is((SELECT max(event_id) FROM wallet_statement('alice', 'USD', until => at(1300), before_event => ev(1400))), (SELECT max(event_id) FROM wallet_statement('alice', 'USD', until => at(1300))), 'until and before_event: the earlier one counts');
SELECT is((SELECT max(event_id) FROM wallet_statement('alice', 'USD', until => at(1400), before_event => ev(1300))), (SELECT max(event_id) FROM wallet_statement('alice', 'USD', until => at(1300))), 'either way');
SELECT is(md5(statement($$ 'alice', 'USD', '-infinity', 'infinity', NULL, 9223372036854775807 $$)), md5(entries('alice', 'USD')), 'bounds that bound nothing');
SELECT is(md5(statement($$ 'alice', 'USD', '4713-01-01 BC', '294276-12-31', NULL $$)), md5(entries('alice', 'USD')), 'the ends of PostgreSQL''s time');
SELECT is((SELECT count(*) FROM (SELECT FROM wallet_statement('alice', 'USD', 'infinity') UNION ALL SELECT FROM wallet_statement('alice', 'USD', until => '-infinity') UNION ALL SELECT FROM wallet_statement('alice', 'USD', before_event => -9223372036854775808)
	UNION ALL SELECT FROM wallet_statement('alice', 'USD', before_event => 0) UNION ALL SELECT FROM wallet_statement('alice', 'USD', until => '1970-01-01 00:00+00') UNION ALL SELECT FROM wallet_statement('alice', 'USD', until => wallet_event_time(account('alice') + 1))) x), 0::bigint, 'bounds that leave nothing');

-- pages, of every size from 1 to 300 in steps: together they are all, each once
CREATE FUNCTION pages(size int, OUT list bigint[], OUT count int) LANGUAGE plpgsql AS $$
DECLARE
	page bigint[];
	last bigint;
BEGIN
	list := '{}'; count := 0;
	LOOP
		SELECT array_agg(event_id) INTO page FROM wallet_statement('alice', 'USD', max_rows => size, before_event => last);
		EXIT WHEN page IS NULL;
		list := list || page; count := count + 1; last := page[cardinality(page)];
	END LOOP;
END $$;
SELECT is_empty($$ SELECT size FROM unnest('{1,2,7,99,100,255,256,257,300,1000}'::int[]) size, pages(size) p
	WHERE p.list IS DISTINCT FROM ARRAY(SELECT event_id FROM wallet.entry WHERE name = 'alice' AND currency = 'USD' ORDER BY event_id DESC)
		OR p.count <> ceil(cardinality(p.list) / size::numeric) $$, 'pages');
SELECT is_empty($$ SELECT event_id FROM wallet.entry e WHERE name = 'alice' AND currency = 'USD' AND ROW(e.event_id, e.balance_before) IS DISTINCT FROM
	(SELECT ROW(s.event_id, s.balance_before) FROM wallet_statement('alice', 'USD', until => e.recorded_at + interval '1 microsecond', max_rows => 1) s) $$, 'every entry is the first of its own page');

-- ---- inside the transaction that writes
BEGIN;
SELECT wallet_open('new', 'USD', id(40)) \g /dev/null
SELECT is(wallet_balance_at('new', 'USD', 'infinity'), 0.00, 'opened in this transaction: 0.00');
SELECT is(wallet_balance_at('new', 'USD', now()), NULL, 'its own now() excludes what it wrote');
SELECT wallet_transfer('alice', 'new', 3, 'USD', id(41)) \g /dev/null
SELECT count(*) FROM bulk((SELECT array_agg(format('%s world new 0.01 USD', 5000 + n) ORDER BY n) FROM generate_series(1, 600) n)) \g /dev/null
SELECT is(wallet_balance_at('new', 'USD', 'infinity'), 9.00, 'what it wrote is seen');
SELECT is(wallet_balance_at('new', 'USD', at(5300)), 6.00, 'behind a milestone that it wrote too');
SELECT is(md5(statement($$ 'new', 'USD', max_rows => NULL $$)), md5(entries('new', 'USD')), 'so is the statement');
SELECT is_empty($$ SELECT event_id FROM wallet.event WHERE account('new') IN (debit, credit) AND wallet_balance_at('new', 'USD', wallet_event_time(event_id)) IS DISTINCT FROM said(account('new'), event_id) $$, 'every moment of it');
SELECT is((SELECT amount FROM wallet_statement('alice', 'USD', max_rows => 1)), -3.00, 'of an account that was there before');
SAVEPOINT a;
SELECT wallet_transfer('new', 'alice', 1, 'USD', id(42)) \g /dev/null
SELECT is(wallet_balance_at('new', 'USD', 'infinity'), 8.00, 'in a subtransaction');
ROLLBACK TO a;
SELECT is(wallet_balance_at('new', 'USD', 'infinity'), 9.00, 'undone with it');
SELECT is((SELECT bool_and(ok) FROM wallet_verify_account('new', 'USD')), true, 'and the account verifies in its own transaction');
ROLLBACK;
SELECT is(wallet_balance_at('new', 'USD', 'infinity'), NULL, 'undone: no such account');

-- ---- an older snapshot
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT is(wallet_balance_at('alice', 'USD', 'infinity'), wallet_balance('alice', 'USD'), 'REPEATABLE READ, read only');
SELECT is((SELECT count(*) FROM wallet_statement('alice', 'USD')), 100::bigint, 'the statement too');
COMMIT;

-- ---- whose names are looked up
CREATE SCHEMA evil;
CREATE FUNCTION evil.always(bigint, bigint) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE OPERATOR evil.= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = evil.always);
CREATE FUNCTION evil.wallet_event_time(bigint) RETURNS timestamptz LANGUAGE sql AS $$ SELECT 'infinity'::timestamptz $$;
CREATE TABLE evil.account AS SELECT * FROM wallet.account;
CREATE TABLE told AS SELECT statement($$ 'alice', 'USD' $$) AS before;
BEGIN;
SET LOCAL search_path = evil, pg_catalog, public;
SELECT public.is(public.statement($$ 'alice', 'USD' $$), (SELECT before FROM public.told), 'a search_path full of traps changes nothing');
COMMIT;
BEGIN;
CREATE ROLE wt_history;
GRANT EXECUTE ON FUNCTION wallet_statement(text, text, timestamptz, timestamptz, int, bigint), wallet_balance_at(text, text, timestamptz) TO wt_history;
SET LOCAL ROLE wt_history;
SELECT is((SELECT wallet_balance_at('alice', 'USD', 'infinity') = balance_after FROM wallet_statement('alice', 'USD', max_rows => 1)), true, 'whoever may call them needs no rights on the tables');
SELECT is((fault_of($$ SELECT * FROM wallet_verify_account('alice', 'USD') $$)).sqlstate, '42501', 'and may not call others');
ROLLBACK;

-- ---- a chain that is broken is not read over
CREATE FUNCTION broken_by(deed text, question text) RETURNS fault LANGUAGE plpgsql AS $$
DECLARE
	f fault;
BEGIN
	BEGIN
		ALTER TABLE wallet.event DISABLE TRIGGER immutable;
		ALTER TABLE wallet.milestone DISABLE TRIGGER immutable;
		EXECUTE deed;
		f := fault_of(question);
		RAISE EXCEPTION USING ERRCODE = 'UNDO2';
	EXCEPTION WHEN SQLSTATE 'UNDO2' THEN NULL;
	END;
	RETURN f;
END $$;
SELECT is((broken_by('DELETE FROM wallet.event WHERE event_id = ' || ev(1690), $$ SELECT wallet_balance_at('alice', 'USD', at(1680)) $$)).detail, format('Event %s of the chain of account %s is missing.', ev(1690), account('alice')), 'a missing event');
SELECT is((broken_by(format('UPDATE wallet.event SET credit_prev = %s WHERE event_id = %s', ev(1691), ev(1690)), $$ SELECT * FROM wallet_statement('alice', 'USD') $$)).sqlstate, 'WA090', 'a chain that runs in a circle ends');
SELECT is((broken_by(format('UPDATE wallet.event SET credit_prev = %s WHERE event_id = %s', ev(30), ev(1690)), $$ SELECT * FROM wallet_statement('alice', 'USD') $$)).sqlstate, 'WA090', 'a chain that leads forward');
SELECT is((broken_by(format('UPDATE wallet.event SET credit_prev = %s WHERE event_id = %s', ev(3004), ev(1501)), $$ SELECT wallet_balance_at('alice', 'USD', at(1400)) $$)).sqlstate, 'WA090', 'a chain that leads into a refusal');
SELECT is((broken_by(format('UPDATE wallet.event SET credit_balance = ''NaN'' WHERE event_id = %s', ev(1690)), $$ SELECT * FROM wallet_statement('alice', 'USD') $$)).sqlstate, 'WA090', 'an event that cannot be read');
SELECT is((broken_by('DELETE FROM wallet.milestone', $$ SELECT 1 / (wallet_balance_at('alice', 'USD', at(10)) = 1000.00)::int $$))::text, NULL, 'without milestones it only takes longer');
SELECT is((broken_by(format('UPDATE wallet.milestone SET event_id = %s WHERE account = %s AND version = 256', ev(3004), account('alice')), $$ SELECT wallet_balance_at('alice', 'USD', at(1300)) $$)).sqlstate, 'WA090', 'a milestone beside the chain');

-- ---- milestones are used: a moment costs at most 256 steps, however long the chain
CREATE FUNCTION blocks(question text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE 'EXPLAIN (ANALYZE, BUFFERS, FORMAT json) ' || question INTO plan;
	RETURN (plan->0->'Plan'->>'Shared Hit Blocks')::bigint + (plan->0->'Plan'->>'Shared Read Blocks')::bigint;
END $$;
SELECT count(*) FROM bulk((SELECT array_agg(format('%s world alice 0.01 USD', 100000 + n) ORDER BY n) FROM generate_series(1, 5000) n)) \g /dev/null
SELECT cmp_ok(blocks($$ SELECT wallet_balance_at('alice', 'USD', at(1300)) $$), '<', 256 * 4::bigint, 'far back in a long chain');
SELECT cmp_ok(blocks($$ SELECT * FROM wallet_statement('alice', 'USD', before_event => ev(1300), max_rows => 10) $$), '<', 270 * 4::bigint, 'a page far back in a long chain');
SELECT is(wallet_balance_at('alice', 'USD', at(1300))::text, said(account('alice'), ev(1300))::text, 'and right');
SELECT sound();
SELECT * FROM finish();
