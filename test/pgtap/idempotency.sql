-- Goal: a transaction id names one command for ever: the same again is answered with the first receipt, another with the same id is a
-- conflict that names the field; what was not recorded leaves the id free.
-- Method: one command, repeated as it was and with each field changed alone, through every door, in one call, one statement and several.
\ir lib/setup.sql
SELECT plan(83);

SELECT open('world', 'USD', NULL), open('world', 'EUR', NULL), open('alice'), open('alice', 'EUR'), open('bob'), open('bob', 'EUR'), open('carol') \g /dev/null
SELECT pay('world', 'alice', 1000) \g /dev/null

-- ---- the same again
CREATE TABLE first AS SELECT * FROM wallet_transfer('alice', 'bob', 100.5, 'USD', id(1), '{"order": 7, "note": "x"}', '2024-02-29 12:00+00', 3 - 1);
SELECT results_eq('SELECT status, transaction_id, amount, from_balance, to_balance, replayed FROM first', $$ VALUES ('success', id(1), 100.50, 899.50, 100.50, false) $$, 'the first receipt');
SELECT is((SELECT recorded_at FROM first), (SELECT wallet_event_time(event_id) FROM first), 'recorded_at is the event''s time');
CREATE TABLE events AS SELECT count(*) AS n FROM wallet.event;
CREATE FUNCTION again(rest text) RETURNS SETOF wallet.receipt LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE 'SELECT * FROM wallet_transfer(' || rest || ')'; END $$;
CREATE FUNCTION same(rest text, description text) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT results_eq('SELECT * FROM again(' || quote_literal(rest) || ')', 'SELECT status, transaction_id, event_id, recorded_at, amount, from_balance, to_balance, true FROM first', description)
$$;
SELECT same($$ 'alice', 'bob', 100.5, 'USD', id(1), '{"order": 7, "note": "x"}', '2024-02-29 12:00+00', 2 $$, 'the same again: the first receipt, replayed');
SELECT same($$ 'alice', 'bob', 100.50000, 'USD', id(1), '{"order": 7, "note": "x"}', '2024-02-29 12:00+00', 2 $$, 'written with more zeros');
SELECT same($$ 'alice', 'bob', 100.5, 'USD', id(1), '{ "note" : "x", "order":7 }', '2024-02-29 12:00+00', 2 $$, 'metadata with its keys in another order');
SELECT same($$ 'alice', 'bob', 100.5, 'USD', id(1), '{"order": 7, "note": "x"}', '2024-02-29 13:00+01', 2 $$, 'effective_at said in another time zone');
SELECT pay('alice', 'carol', 899.5), pay('bob', 'carol', 100.5) \g /dev/null
SELECT same($$ 'alice', 'bob', 100.5, 'USD', id(1), '{"order": 7, "note": "x"}', '2024-02-29 12:00+00', 2 $$, 'after both accounts were drained: the first balances');
BEGIN;
UPDATE wallet.balance SET status = 3;
SELECT same($$ 'alice', 'bob', 100.5, 'USD', id(1), '{"order": 7, "note": "x"}', '2024-02-29 12:00+00', 2 $$, 'after both accounts were closed (by hand)');
ROLLBACK;
BEGIN;
CREATE ROLE wt_idem;
GRANT USAGE ON SCHEMA wallet TO wt_idem;
GRANT SELECT ON first TO wt_idem;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO wt_idem;
SET LOCAL ROLE wt_idem;
SELECT same($$ 'alice', 'bob', 100.5, 'USD', id(1), '{"order": 7, "note": "x"}', '2024-02-29 12:00+00', 2 $$, 'asked by another role: the actor is not content');
ROLLBACK;

-- ---- each field changed alone
CREATE FUNCTION conflict(rest text, field text, n bigint DEFAULT 1) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT refuses('SELECT * FROM ' || rest, 'WA010', 'transaction id was used for a different command', ARRAY[id(n)::text, field, (SELECT event_id::text FROM wallet.event WHERE transaction_id = id(n))],
		'Use a new id for a new command, and the same id with the same content for a retry.', 'conflict: ' || field || ': ' || rest)
$$;
SELECT conflict($$ wallet_transfer('carol', 'bob', 100.5, 'USD', id(1), '{"order": 7, "note": "x"}', '2024-02-29 12:00+00', 2) $$, 'from_account');
SELECT conflict($$ wallet_transfer('alice', 'carol', 100.5, 'USD', id(1), '{"order": 7, "note": "x"}', '2024-02-29 12:00+00', 2) $$, 'to_account');
SELECT conflict($$ wallet_transfer('bob', 'alice', 100.5, 'USD', id(1), '{"order": 7, "note": "x"}', '2024-02-29 12:00+00', 2) $$, 'from_account');
SELECT conflict($$ wallet_transfer('nobody', 'bob', 100.5, 'USD', id(1), '{"order": 7, "note": "x"}', '2024-02-29 12:00+00', 2) $$, 'from_account');
SELECT conflict($$ wallet_transfer('alice', 'nobody', 100.5, 'USD', id(1), '{"order": 7, "note": "x"}', '2024-02-29 12:00+00', 2) $$, 'to_account');
SELECT conflict($$ wallet_transfer('alice', 'bob', 100.51, 'USD', id(1), '{"order": 7, "note": "x"}', '2024-02-29 12:00+00', 2) $$, 'amount');
SELECT conflict($$ wallet_transfer('alice', 'bob', 100.5, 'EUR', id(1), '{"order": 7, "note": "x"}', '2024-02-29 12:00+00', 2) $$, 'currency');
SELECT conflict($$ wallet_transfer('alice', 'bob', 1005, 'JPY', id(1), '{"order": 7, "note": "x"}', '2024-02-29 12:00+00', 2) $$, 'currency');
SELECT conflict($$ wallet_transfer('alice', 'bob', 100.5, 'USD', id(1), '{"order": 8, "note": "x"}', '2024-02-29 12:00+00', 2) $$, 'metadata');
SELECT conflict($$ wallet_transfer('alice', 'bob', 100.5, 'USD', id(1), '{"order": 7.0, "note": "x"}', '2024-02-29 12:00+00', 2) $$, 'metadata');
SELECT conflict($$ wallet_transfer('alice', 'bob', 100.5, 'USD', id(1), NULL, '2024-02-29 12:00+00', 2) $$, 'metadata');
SELECT conflict($$ wallet_transfer('alice', 'bob', 100.5, 'USD', id(1), '{}', '2024-02-29 12:00+00', 2) $$, 'metadata');
SELECT conflict($$ wallet_transfer('alice', 'bob', 100.5, 'USD', id(1), '{"order": 7, "note": "x"}', '2024-02-29 12:00:00.000001+00', 2) $$, 'effective_at');
SELECT conflict($$ wallet_transfer('alice', 'bob', 100.5, 'USD', id(1), '{"order": 7, "note": "x"}', NULL, 2) $$, 'effective_at');
SELECT conflict($$ wallet_transfer('alice', 'bob', 100.5, 'USD', id(1), '{"order": 7, "note": "x"}', '2024-02-29 12:00+00', 3) $$, 'expected_version');
SELECT conflict($$ wallet_transfer('alice', 'bob', 100.5, 'USD', id(1), '{"order": 7, "note": "x"}', '2024-02-29 12:00+00', NULL) $$, 'expected_version');
SELECT conflict($$ wallet_open('alice', 'USD', id(1)) $$, 'command');
SELECT conflict($$ wallet_open('someone', 'USD', id(1)) $$, 'command');
SELECT conflict($$ wallet_define_currency('NEW', 2, id(1)) $$, 'command');
-- and the other way: NULL first
SELECT wallet_transfer('world', 'bob', 1, 'USD', id(2)) \g /dev/null
SELECT conflict($$ wallet_transfer('world', 'bob', 1, 'USD', id(2), '{}') $$, 'metadata', 2);
SELECT conflict($$ wallet_transfer('world', 'bob', 1, 'USD', id(2), 'null') $$, 'metadata', 2);
SELECT conflict($$ wallet_transfer('world', 'bob', 1, 'USD', id(2), NULL, '2000-01-01 00:00+00') $$, 'effective_at', 2);
SELECT conflict($$ wallet_transfer('world', 'bob', 1, 'USD', id(2), NULL, NULL, 0) $$, 'expected_version', 2);
SELECT is((SELECT count(*) FROM wallet.event), (SELECT n + 3 FROM events), 'no repetition and no conflict has left an event');

-- ---- openings
CREATE TABLE opened AS SELECT wallet_open('dave', 'USD', id(10), -5, 500, 'alice', 'postgres', '{"k": 1}') AS account;
SELECT is(account, (SELECT e.event_id FROM wallet.event e WHERE e.transaction_id = id(10)), 'an account''s id is the event_id of its opening') FROM opened;
SELECT is(wallet_open('dave', 'USD', id(10), -5, 500, 'alice', 'postgres', '{"k": 1}'), account, 'open: the same again gives the same id') FROM opened;
SELECT is(wallet_open('dave', 'USD', id(10), -5.00, 500.000, 'alice', 'postgres', '{"k":1}'), account, 'open: and written differently') FROM opened;
SELECT conflict($$ wallet_open('Dave', 'USD', id(10), -5, 500, 'alice', 'postgres', '{"k": 1}') $$, 'name', 10);
SELECT conflict($$ wallet_open('dave', 'EUR', id(10), -5, 500, 'alice', 'postgres', '{"k": 1}') $$, 'currency', 10);
SELECT conflict($$ wallet_open('dave', 'USD', id(10), -6, 500, 'alice', 'postgres', '{"k": 1}') $$, 'floor', 10);
SELECT conflict($$ wallet_open('dave', 'USD', id(10), 0, 500, 'alice', 'postgres', '{"k": 1}') $$, 'floor', 10);
SELECT conflict($$ wallet_open('dave', 'USD', id(10), NULL, 500, 'alice', 'postgres', '{"k": 1}') $$, 'floor', 10);
SELECT conflict($$ wallet_open('dave', 'USD', id(10), -5, 501, 'alice', 'postgres', '{"k": 1}') $$, 'ceiling', 10);
SELECT conflict($$ wallet_open('dave', 'USD', id(10), -5, NULL, 'alice', 'postgres', '{"k": 1}') $$, 'ceiling', 10);
SELECT conflict($$ wallet_open('dave', 'USD', id(10), -5, 500, 'bob', 'postgres', '{"k": 1}') $$, 'parent', 10);
SELECT conflict($$ wallet_open('dave', 'USD', id(10), -5, 500, NULL, 'postgres', '{"k": 1}') $$, 'parent', 10);
SELECT conflict($$ wallet_open('dave', 'USD', id(10), -5, 500, 'nobody', 'postgres', '{"k": 1}') $$, 'parent', 10);
SELECT conflict($$ wallet_open('dave', 'USD', id(10), -5, 500, 'alice', 'pg_monitor', '{"k": 1}') $$, 'owner', 10);
SELECT conflict($$ wallet_open('dave', 'USD', id(10), -5, 500, 'alice', NULL, '{"k": 1}') $$, 'owner', 10);
SELECT conflict($$ wallet_open('dave', 'USD', id(10), -5, 500, 'alice', 'postgres', '{"k": 2}') $$, 'metadata', 10);
SELECT conflict($$ wallet_open('dave', 'USD', id(10), -5, 500, 'alice', 'postgres', NULL) $$, 'metadata', 10);
SELECT conflict($$ wallet_transfer('alice', 'bob', 1, 'USD', id(10)) $$, 'command', 10);
SELECT is((fault_of($$ SELECT wallet_open('dave', 'USD', id(11), -5, 500, 'alice', 'postgres', '{"k": 1}') $$)).sqlstate, 'WA020', 'open: the same content with another id is account_exists');
-- zero and none are two floors, also when none came first
SELECT wallet_open('none', 'USD', id(12), NULL, NULL) \g /dev/null
SELECT conflict($$ wallet_open('none', 'USD', id(12), 0, NULL) $$, 'floor', 12);
SELECT conflict($$ wallet_open('none', 'USD', id(12), NULL, 0) $$, 'ceiling', 12);

-- ---- currencies
CREATE TABLE defined AS SELECT * FROM wallet_define_currency('GOLD', 4, id(15));
SELECT results_eq('SELECT status, transaction_id, amount, from_balance, to_balance, replayed FROM defined', $$ VALUES ('success', id(15), NULL::numeric, NULL::numeric, NULL::numeric, false) $$, 'define_currency: the receipt');
SELECT results_eq($$ SELECT * FROM wallet_define_currency('GOLD', 4, id(15)) $$, 'SELECT status, transaction_id, event_id, recorded_at, amount, from_balance, to_balance, true FROM defined', 'define_currency: the same again');
SELECT conflict($$ wallet_define_currency('GOLD', 5, id(15)) $$, 'exponent', 15);
SELECT matches((fault_of($$ SELECT wallet_define_currency('SILVER', 4, id(15)) $$)).detail, 'currency|code', 'conflict: code');

-- ---- across doors
SELECT open('shop') \g /dev/null
SELECT is(told('{20 world shop 5 USD}'), 'success', 'bulk first');
SELECT is((SELECT status || replayed FROM wallet_transfer('world', 'shop', 5, 'USD', id(20))), 'successtrue', 'then the single door');
SELECT is((SELECT status || replayed FROM wallet_transfers_by_id(ARRAY[account('world')], ARRAY[account('shop')], '{5}', ARRAY[id(20)])), 'successtrue', 'then by id');
SELECT is((SELECT status || replayed FROM wallet_transfers_by_id(ARRAY[account('world')], ARRAY[account('shop')], '{6}', ARRAY[id(21)])), 'successfalse', 'by id first');
SELECT is(told('{21 world shop 6 USD}'), 'success*', 'then bulk');
SELECT is((SELECT string_agg(status, ' ') FROM wallet_transfers_by_id(ARRAY[account('alice')], ARRAY[account('bob')], '{100.5}', ARRAY[id(1)])), 'transaction_id_conflict', 'by id there is no metadata: not the same content');
SELECT is(wallet_balance('shop', 'USD'), 11.00, 'each was done once');

-- ---- remembered refusals
SELECT is(told('{30 shop bob 50 USD}'), 'insufficient_funds', 'a refusal that is remembered');
SELECT pay('world', 'shop', 1000) \g /dev/null
SELECT is(told('{30 shop bob 50 USD}'), 'insufficient_funds*', 'the same id: the same no, though there is money now');
SELECT results_eq($$ SELECT status, event_id IS NOT NULL, amount, from_balance, to_balance, replayed FROM bulk('{30 shop bob 50 USD}') $$, $$ VALUES ('insufficient_funds', true, NULL::numeric, 11.00, 1.00, true) $$, 'with what was seen then');
SELECT refuses($$ SELECT * FROM wallet_transfer('shop', 'bob', 50, 'USD', id(30)) $$, 'WA001', 'insufficient funds', ARRAY[id(30)::text, (SELECT event_id::text FROM wallet.event WHERE transaction_id = id(30))], '', 'the single door raises it and says that it is recorded');
SELECT is(told('{30 shop bob 51 USD}'), 'transaction_id_conflict', 'other content is a conflict all the same');
SELECT is(wallet_balance('shop', 'USD'), 1011.00, 'and nothing was moved');

-- ---- those that are not remembered
SELECT is(told('{40 shop later 1 USD}'), 'account_not_found', 'a refusal that is not remembered');
SELECT open('later') \g /dev/null
SELECT is(told('{40 shop later 1 USD}'), 'success', 'the same id later succeeds');
SELECT is((fault_of($$ SELECT wallet_transfer('later', 'bob', 50, 'USD', id(41)) $$)).sqlstate, 'WA001', 'the single door refuses');
SELECT is_empty($$ SELECT * FROM wallet_get(id(41)) $$, 'and records nothing');
SELECT pay('world', 'later', 100) \g /dev/null
SELECT is((SELECT status || replayed FROM wallet_transfer('later', 'bob', 50, 'USD', id(41))), 'successfalse', 'so that the id succeeds when there is money');

-- ---- twice in one call, twice in one statement
SELECT results_eq($$ SELECT status, event_id = first_value(event_id) OVER (ORDER BY ord), from_balance, to_balance, amount, replayed FROM bulk('{50 shop bob 1 USD,51 shop bob 2 USD,50 shop bob 1 USD,50 shop bob 3 USD,50 shop bob 1.00 USD}') ORDER BY ord $$,
	$$ VALUES ('success', true, 1009.00, 52.00, 1.00, false), ('success', false, 1007.00, 54.00, 2.00, false), ('success', true, 1009.00, 52.00, 1.00, true),
		('transaction_id_conflict', NULL, NULL, NULL, NULL, false), ('success', true, 1009.00, 52.00, 1.00, true) $$, 'one call: the second is answered from the first, other content is a conflict');
SELECT is(told('{52 shop nobody 1 USD,52 shop bob 1 USD,52 shop bob 1 USD}'), 'account_not_found success success*', 'one call: what was not recorded is judged anew');
SELECT is(told('{53 shop bob 100000 USD,54 world shop 100000 USD,53 shop bob 100000 USD}'), 'insufficient_funds success insufficient_funds*', 'one call: what was recorded is not');
SELECT results_eq($$ SELECT a.replayed, b.replayed, a.event_id = b.event_id FROM wallet_transfer('shop', 'bob', 1, 'USD', id(55)) a, wallet_transfer('shop', 'bob', 1, 'USD', id(55)) b $$, $$ VALUES (false, true, true) $$, 'two calls in one statement');
SELECT is((SELECT string_agg(r.replayed::text, ' ' ORDER BY n) FROM (SELECT n, (wallet_transfer('shop', 'bob', 1, 'USD', id(56))).* FROM generate_series(1, 1) n) r), 'true', '(f(...)).* calls once per column, which does no harm');
SELECT is((SELECT count(*) FROM wallet.event WHERE transaction_id IN (id(50), id(52), id(53), id(55), id(56))), 5::bigint, 'one event for each id');
SELECT sound();
SELECT * FROM finish();
