-- Goal: a hold reserves and moves nothing, is captured and released in parts, ends at its expires_at whether or not anything has swept it,
-- and all of that is in the events as format-1 6 (kinds 4 to 7) and 8 have it.
-- Method: commands one after the other with what each answers and what is left after; the holds that expire are placed first, with a
-- moment of a second later, everything else is tested meanwhile, and what has not passed of that second is slept.
\ir lib/setup.sql
SELECT plan(141);

SELECT open('world', 'USD', NULL), open('world', 'JPY', NULL), open('sink'), open('shop'), open('alice'), open('bob') \g /dev/null
SELECT pay('world', 'alice', 100) \g /dev/null
-- An open hold's or any: state, amount, what remains.
CREATE FUNCTION hold(n bigint) RETURNS text LANGUAGE sql AS $$ SELECT format('%s %s %s', h.state, h.amount, h.remaining) FROM wallet.hold h WHERE h.id = id(n) $$;
-- Whom the account's open holds are, and how much remains, as wallet_holds says.
CREATE FUNCTION holds(name text) RETURNS text LANGUAGE sql
AS $$ SELECT string_agg(format('%s:%s:%s/%s', ('x' || right(hold_id::text, 8))::bit(32)::int, to_account, remaining, amount), ' ' ORDER BY ord)
	  FROM wallet_holds($1, 'USD') WITH ORDINALITY AS h (hold_id, to_account, amount, remaining, placed_at, expires_at, ord) $$;
CREATE FUNCTION next_expiry(name text) RETURNS timestamptz LANGUAGE sql AS $$ SELECT wallet_event_time(b.next_expiry) FROM wallet.balance b WHERE b.account = account(name) $$;
CREATE FUNCTION spent(name text) RETURNS text LANGUAGE sql AS $$ SELECT b.spent::text FROM wallet.balance b WHERE b.account = account(name) $$;

-- ---- placed first: what expires, at t and 200 ms before it; x1 to x13 have 100.00 each
SELECT open('x' || i), pay('world', 'x' || i, 100) FROM generate_series(1, 8) AS i \g /dev/null
SELECT open('x9', 'USD', -100), open('x10', 'USD'), open('x11'), open('x12'), open('x13') \g /dev/null
SELECT pay('world', 'x' || i, 100) FROM generate_series(10, 13) AS i \g /dev/null
SELECT wallet_set_spend_limit('x6', 'USD', 50, 2147483647, id(300)) \g /dev/null
CREATE TABLE moment AS SELECT clock_timestamp() + interval '1 s' AS t;
-- An argument of execute(): so long before (or, negative, after) t.
CREATE FUNCTION expires(before interval DEFAULT '0') RETURNS text LANGUAGE sql
AS $$ SELECT 'expires_at=' || to_char((t - before) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') FROM moment $$;
SELECT is(does(ARRAY['hold 301 x1 shop 30 USD ' || expires(),
	'hold 311 x2 shop 10 USD ' || expires(), 'hold 312 x2 shop 20 USD ' || expires('200 ms'), 'hold 313 x2 bob 5 USD ' || expires('200 ms'), 'hold 314 x2 shop 7 USD', 'hold 315 x2 shop 8 USD ' || expires('-1 h'),
	'hold 320 x3 shop 30 USD ' || expires(), 'hold 321 x4 shop 40 USD ' || expires(), 'hold 322 x5 shop 50 USD ' || expires(),
	'hold 330 x6 shop 50 USD ' || expires(), 'transfer 331 x6 shop 1 USD',
	'hold 340 x7 shop 30 USD ' || expires(), 'capture 341 340 10 false', 'release 342 340 5',
	'hold 350 x8 shop 30 USD ' || expires(), 'hold 360 x9 shop 50 USD ' || expires(), 'close 361 x9 USD',
	'hold 370 x10 shop 100 USD ' || expires(), 'transfer 371 x10 shop 1 USD', 'hold 380 x11 shop 100 USD ' || expires(), 'hold 390 x12 shop 100 USD ' || expires(), 'hold 395 x13 shop 100 USD ' || expires()]),
	'success success success success success success success success success success spend_limit_exceeded success success success success success account_not_empty success insufficient_funds success success success',
	'the holds that will expire are placed; until then their money is not there');

-- ---- many captures, a release, a final capture
SELECT is(answer(wallet_hold('alice', 'bob', 60, 'USD', id(1))), 'success 60.00 100.00 0.00', 'a hold moves nothing');
SELECT is(has('alice') || ', ' || has('bob'), '100.00 60.00 40.00 open 3, 0.00 0.00 0.00 open 1', 'it is held, and not available; it is no event of the payee''s');
SELECT shows($$ SELECT name, balance, held, available, status FROM wallet.accounts WHERE name IN ('alice', 'bob') ORDER BY name $$, $$ VALUES ('alice', 100.00, 60.00, 40.00, 'open'), ('bob', 0.00, 0.00, 0.00, 'open') $$, 'the view says the same');
SELECT refuses($$ SELECT wallet_transfer('alice', 'bob', 40.01, 'USD', id(2)) $$, 'WA001', 'insufficient funds', '{alice,"40.00 USD available","balance 100.00","held 60.00",40.01}', '', 'no transfer of what is held');
SELECT refuses($$ SELECT wallet_hold('alice', 'bob', 40.01, 'USD', id(2)) $$, 'WA001', 'insufficient funds', '{alice,"40.00 USD available","held 60.00",40.01}', '', 'nor a hold');
SELECT is(answer(wallet_hold('alice', 'sink', 40, 'USD', id(2))), 'success 40.00 100.00 0.00', 'another hold, of all the rest');
SELECT is((fault_of($$ SELECT wallet_transfer('alice', 'bob', 0.01, 'USD', id(99)) $$)).sqlstate, 'WA001', 'nothing is available');
SELECT is(holds('alice'), '1:bob:60.00/60.00 2:sink:40.00/40.00', 'wallet_holds: the oldest first');
SELECT shows($$ SELECT placed_at = wallet_event_time(e.event_id), h.expires_at FROM wallet_holds('alice', 'USD') h JOIN wallet.event e ON e.transaction_id = h.hold_id $$, 'VALUES (true, NULL), (true, NULL)', 'with the moments of their events');
SELECT is(answer(wallet_release(id(2), id(3))), 'success 40.00 100.00 0.00', 'the second is released');
SELECT is(answer(wallet_capture(id(1), id(4), 10, false)), 'success 10.00 90.00 10.00', 'a part of the first is captured');
SELECT is(holds('alice'), '1:bob:50.00/60.00', 'what remains of it');
SELECT is(answer(wallet_capture(id(1), id(5), 15, false)), 'success 15.00 75.00 25.00', 'another part');
SELECT is(answer(wallet_release(id(1), id(6), 5)), 'success 5.00 75.00 25.00', 'a part is released');
SELECT is(has('alice'), '75.00 30.00 45.00 open 8', 'held is what remains');
SELECT refuses('SELECT wallet_capture(id(1), id(7), 30.01)', 'WA014', 'amount exceeds what remains of the hold', ARRAY['30.00 USD', id(1)::text, '30.01'], '', 'a cent more than remains');
SELECT refuses('SELECT wallet_release(id(1), id(7), 30.01)', 'WA014', 'amount exceeds what remains of the hold', ARRAY['30.00 USD', id(1)::text, '30.01'], '', 'nor can it be released');
SELECT is(hold(1), '1 60.00 30.00', 'its row');
SELECT is(answer(wallet_capture(id(1), id(8), 20)), 'success 20.00 55.00 45.00', 'a final capture');
SELECT is(has('alice') || ', ' || has('bob'), '55.00 0.00 55.00 open 9, 45.00 0.00 45.00 open 4', 'gives the rest back');
SELECT is(holds('alice'), NULL, 'no open hold');
SELECT is(hold(1) || ', ' || hold(2), '2 60.00 0.00, 2 40.00 0.00', 'both are settled');
SELECT refuses('SELECT wallet_capture(id(1), id(9), 0.01)', 'WA012', 'hold is settled', ARRAY['60.00 USD', id(1)::text], '', 'nothing is left to capture, though not all was');
SELECT refuses('SELECT wallet_release(id(1), id(9))', 'WA012', 'hold is settled', ARRAY['60.00 USD', id(1)::text], '', 'nor to release');
SELECT refuses('SELECT wallet_capture(id(2), id(9))', 'WA012', 'hold is settled', ARRAY['40.00 USD', id(2)::text], '', 'nor of the one that was released');
SELECT shows('SELECT * FROM events(''{1,2,3,4,5,6,7,8,9}'')', $$ VALUES
	(1, 0, 'hold', 'success', 60.00, 60.00, 100.00, 0.00, 60.00, 3, 1), (2, 0, 'hold', 'success', 40.00, 40.00, 100.00, 0.00, 100.00, 4, 1), (3, 0, 'release', 'success', NULL, 40.00, 100.00, 0.00, 60.00, 5, 1),
	(4, 0, 'capture', 'success', 10.00, 10.00, 90.00, 10.00, 50.00, 6, 2), (5, 0, 'capture', 'success', 15.00, 15.00, 75.00, 25.00, 35.00, 7, 3), (6, 0, 'release', 'success', 5.00, 5.00, 75.00, 25.00, 30.00, 8, 3),
	(8, 0, 'capture', 'success', 20.00, 20.00, 55.00, 45.00, 0.00, 9, 4) $$, 'the events; single refusals left none');
SELECT shows('SELECT related = id(1), final FROM wallet.event WHERE transaction_id IN (id(4), id(5), id(6), id(8)) ORDER BY event_id', 'VALUES (true, false), (true, false), (true, NULL), (true, true)', 'name their hold, captures whether they are final');
SELECT shows($$ SELECT kind, amount, balance_before, balance_after, counterparty FROM wallet.entry WHERE name = 'alice' ORDER BY event_id $$,
	$$ VALUES ('transfer', 100.00, 0.00, 100.00, 'world'), ('capture', -10.00, 100.00, 90.00, 'bob'), ('capture', -15.00, 90.00, 75.00, 'bob'), ('capture', -20.00, 75.00, 55.00, 'bob') $$, 'the statement has what moved alone');
SELECT is(answer(wallet_hold('alice', 'sink', 20, 'USD', id(10))) || ', ' || answer(wallet_capture(id(10), id(11), final => false)) || ', ' || has('alice'), 'success 20.00 55.00 0.00, success 20.00 35.00 20.00, 35.00 0.00 35.00 open 11', 'all that remains, not final');
SELECT is((fault_of('SELECT wallet_capture(id(10), id(12))')).sqlstate, 'WA012', 'settles it too');

-- ---- again, and again with other content
SELECT is(answer(wallet_hold('alice', 'bob', 60, 'USD', id(1))), 'success* 60.00 100.00 0.00', 'the hold again');
SELECT is(answer(wallet_capture(id(1), id(4), 10, false)) || ', ' || answer(wallet_capture(id(1), id(5), 15.0, false)) || ', ' || answer(wallet_capture(id(1), id(8), 20)), 'success* 10.00 90.00 10.00, success* 15.00 75.00 25.00, success* 20.00 55.00 45.00', 'the captures again');
SELECT is(answer(wallet_release(id(2), id(3))) || ', ' || answer(wallet_release(id(1), id(6), 5)), 'success* 40.00 100.00 0.00, success* 5.00 75.00 25.00', 'the releases again');
SELECT is(answer(wallet_capture(id(10), id(11), NULL, false)), 'success* 20.00 35.00 20.00', 'all of it again');
SELECT is(has('alice'), '35.00 0.00 35.00 open 11', 'nothing has happened');
SELECT refuses(command, 'WA010', 'transaction id was used for a different command', words, 'Use a new id for a new command, and the same id with the same content for a retry.', 'conflict: ' || what)
FROM (VALUES ('SELECT wallet_capture(id(1), id(4), 11, false)', '{another amount}'::text[], 'another amount'), ('SELECT wallet_capture(id(1), id(4), NULL, false)', '{another amount}', 'all instead of an amount'),
	('SELECT wallet_capture(id(10), id(11), 20, false)', '{another amount}', 'an amount instead of all'), ('SELECT wallet_capture(id(1), id(4), 10)', '{another final}', 'another final'),
	('SELECT wallet_capture(id(10), id(4), 10, false)', '{another}', 'another hold'), ('SELECT wallet_release(id(1), id(4), 10)', '{another command}', 'another command'),
	('SELECT wallet_capture(id(1), id(4), 10, false, ''{}'')', '{another metadata}', 'metadata'), ('SELECT wallet_release(id(10), id(6), 5)', '{another}', 'a release of another hold'),
	($$ SELECT wallet_hold('alice', 'bob', 60, 'USD', id(1), NULL, now() + interval '1 h') $$, '{another expires_at}', 'another expires_at'), ($$ SELECT wallet_hold('alice', 'sink', 60, 'USD', id(1)) $$, '{another to_account}', 'another payee'),
	($$ SELECT wallet_transfer('alice', 'bob', 60, 'USD', id(1)) $$, '{another command}', 'a transfer')) AS v (command, words, what);

-- ---- no such hold, no such amount
SELECT refuses('SELECT wallet_capture(id(999), id(20))', 'WA011', 'hold not found', ARRAY[id(999)::text], '', 'no such id');
SELECT refuses('SELECT wallet_release(id(4), id(20))', 'WA011', 'hold not found', ARRAY[id(4)::text], '', 'a capture is no hold');
SELECT is(does('{hold 21 alice bob 1000 USD,capture 22 21,release 22 999 0.001}'), 'insufficient_funds hold_not_found hold_not_found', 'nor is a hold that was refused');
SELECT is(does('{hold 21 alice bob 1000 USD,hold 22 alice bob 1 USD,release 23 22}'), 'insufficient_funds* success success', 'that is not remembered: the id is free; funds are');
SELECT wallet_hold('alice', 'bob', 5, 'USD', id(24)) \g /dev/null
SELECT is((SELECT string_agg((fault_of(format('SELECT wallet_capture(id(24), id(25), %L)', amount))).sqlstate || ' ' || (fault_of(format('SELECT wallet_release(id(24), id(25), %L)', amount))).sqlstate, ' ' ORDER BY n)
	FROM unnest('{0,-1,NaN,0.001,1e36}'::text[]) WITH ORDINALITY u (amount, n)), 'WA006 WA006 WA006 WA006 WA006 WA006 WA007 WA007 WA008 WA008', 'amounts that are none');
SELECT is((SELECT string_agg((fault_of(format('SELECT wallet_hold(%L, %L, %L, %L, id(25))', payer, payee, amount, currency))).sqlstate, ' ' ORDER BY n)
	FROM (VALUES (1, 'alice', 'alice', '1', 'USD'), (2, 'nobody', 'bob', '1', 'USD'), (3, 'alice', 'nobody', '1', 'USD'), (4, 'alice', 'bob', '0', 'USD'), (5, 'alice', 'bob', '0.001', 'USD'), (6, 'alice', 'bob', '1', 'ZZZ'), (7, '', 'bob', '1', 'USD')) AS v (n, payer, payee, amount, currency)),
	'WA005 WA002 WA002 WA006 WA007 WA009 WA023', 'a hold is refused as a transfer is');
SELECT is(does('{release 25 24 1,capture 26 24 4.01,release 27 24 4.01,capture 28 24 4,capture 29 24 1}'), 'success exceeds_hold exceeds_hold success hold_settled', 'bulk: as words');
SELECT is(does('{capture 26 24 4.01,release 27 24 4.01,capture 29 24 1}'), 'exceeds_hold* exceeds_hold* hold_settled*', 'which are remembered');
SELECT refuses('SELECT wallet_capture(id(24), id(26), 4.01)', 'WA014', 'amount exceeds what remains of the hold', ARRAY[id(26)::text], '', 'by the single door too');
SELECT shows('SELECT * FROM events(''{26,29}'')', $$ VALUES (26, 0, 'capture', 'exceeds_hold', 4.01, NULL::numeric, 35.00, 45.00, 4.00, 15, 4), (29, 0, 'capture', 'hold_settled', 1.00, NULL, 31.00, 49.00, 0.00, 16, 5) $$, 'a refusal records what it saw');

-- ---- frozen and closed accounts, ceilings
SELECT open('dora'), open('eve'), open('fay', 'USD', 0, 5) \g /dev/null
SELECT pay('world', 'dora', 100) \g /dev/null
SELECT is(does('{hold 40 dora eve 10 USD,hold 41 dora eve 20 USD,freeze 42 eve USD,freeze 43 dora USD}'), 'success success success success', 'payer and payee are frozen');
SELECT is(answer(wallet_capture(id(40), id(44), 3, false)) || ', ' || answer(wallet_release(id(40), id(45))), 'success 3.00 97.00 3.00, success 7.00 97.00 3.00', 'what was granted is captured and released all the same');
SELECT refuses($$ SELECT wallet_hold('dora', 'sink', 1, 'USD', id(46)) $$, 'WA003', 'account is frozen', '{dora,payer}', NULL, 'a frozen account places no hold');
SELECT refuses($$ SELECT wallet_hold('alice', 'eve', 1, 'USD', id(46)) $$, 'WA003', 'account is frozen', '{eve,payee}', NULL, 'and no hold is placed for it');
SELECT is(does('{unfreeze 47 dora USD,unfreeze 48 eve USD,transfer 49 eve sink 3 USD,close 50 eve USD}'), 'success success success success', 'the payee closes: holds for it do not hinder');
SELECT refuses('SELECT wallet_capture(id(41), id(51), 1)', 'WA004', 'account is closed', '{eve,payee,USD}', '', 'a hold for a closed payee is not captured');
SELECT is((fault_of('SELECT wallet_capture(id(41), id(51), 20.01)')).sqlstate, 'WA014', 'too much is told before that');
SELECT refuses($$ SELECT wallet_hold('dora', 'eve', 1, 'USD', id(51)) $$, 'WA004', 'account is closed', '{eve,payee}', NULL, 'nor is a new one placed');
SELECT is(does('{capture 51 41}') || ' ' || answer(wallet_release(id(41), id(52))) || ' ' || has('dora'), 'account_closed success 20.00 97.00 0.00 97.00 0.00 97.00 open 7', 'it can be released');
SELECT is(does('{hold 53 dora fay 10 USD,capture 54 53 5.01,capture 55 53 5 false,capture 56 53}'), 'success ceiling_exceeded success ceiling_exceeded', 'a hold may be above the payee''s ceiling, a capture not');
SELECT refuses('SELECT wallet_capture(id(53), id(57))', 'WA017', 'ceiling exceeded', '{fay,"has 5.00","at most 5.00","5.00 would"}', '', 'in words');

-- ---- versions, moments
SELECT refuses($$ SELECT wallet_hold('dora', 'sink', 1, 'USD', id(60), NULL, NULL, 8) $$, 'WA022', 'account version does not match', '{dora,9,8}', NULL, 'expected_version: another');
SELECT is((wallet_hold('dora', 'sink', 1, 'USD', id(60), NULL, NULL, 9)).status, 'success', 'expected_version: that one');
SELECT refuses($$ SELECT wallet_hold('dora', 'sink', 1, 'USD', id(61), NULL, clock_timestamp() - interval '1 s') $$, 'WA024', 'invalid argument', '{"expires_at is 20",past}', NULL, 'an expires_at that is past');
SELECT is((SELECT string_agg((fault_of(format($$ SELECT wallet_hold('dora', 'sink', 1, 'USD', id(61), NULL, %L) $$, moment))).sqlstate, ' ') FROM unnest('{infinity,-infinity,1969-07-20 20:17+00,4713-01-01 00:00+00 BC}'::text[]) moment),
	'WA024 WA024 WA024 WA024', 'infinite and older ones');
SELECT is(does('{hold 61 dora sink 1 USD expires_at=2001-01-01T00:00Z,hold 61 dora sink 1 USD expires_at=2200-01-01T00:00Z,hold 62 dora sink 1000 USD expires_at=2001-01-01T00:00Z}'), 'invalid_argument success invalid_argument', 'bulk: leaves the id free, and is told before funds');
SELECT is(next_expiry('dora'), '2200-01-01 00:00+00', 'next_expiry is that of the only hold that expires');
SELECT is(does('{hold 63 dora sink 1 USD expires_at=2199-01-01T00:00Z,hold 64 dora sink 1 USD expires_at=2201-01-01T00:00Z,hold 65 dora sink 1 USD expires_at=2199-01-01T00:00Z}') || next_expiry('dora')::timestamp, 'success success success2199-01-01 00:00:00', 'the earliest of several');
SELECT wallet_release(id(63), id(66)), wallet_capture(id(65), id(67), 0.5, false) \g /dev/null
SELECT is(next_expiry('dora'), '2199-01-01 00:00+00', 'settled: of the next, here of the same moment');
SELECT wallet_capture(id(65), id(68), 0.25) \g /dev/null
SELECT is(next_expiry('dora'), '2200-01-01 00:00+00', 'settled by a final capture: of the next');
SELECT is(does('{release 69 64,release 70 61}'), 'success success', 'all are settled');
SELECT is(next_expiry('dora'), NULL, 'none');
SELECT is((SELECT array_agg(expires_at::timestamp ORDER BY event_id) FROM wallet.hold WHERE id IN (id(60), id(61), id(64))), '{NULL,"2200-01-01 00:00:00","2201-01-01 00:00:00"}', 'wallet.hold keeps the moments');

-- ---- the spending limit: counted when placed, given back in the same window (here until 2038)
SELECT open('gina') \g /dev/null
SELECT pay('world', 'gina', 100), wallet_hold('gina', 'sink', 1, 'USD', id(80)), wallet_set_spend_limit('gina', 'USD', 50, 2147483647, id(81)) \g /dev/null
SELECT is(does('{hold 82 gina shop 30 USD,transfer 83 gina shop 20.01 USD,hold 84 gina shop 20.01 USD,transfer 85 gina shop 20 USD}'), 'success spend_limit_exceeded spend_limit_exceeded success', 'a hold is spent when it is placed');
SELECT refuses($$ SELECT wallet_hold('gina', 'shop', 0.01, 'USD', id(86)) $$, 'WA018', 'spending limit exceeded', '{gina,50.00,2147483647,"spent 50.00",0.01}', '', 'all is spent');
SELECT is(answer(wallet_release(id(82), id(86), 10)) || ' ' || spent('gina'), 'success 10.00 80.00 30.00 40.00', 'a release gives back');
SELECT is(answer(wallet_capture(id(82), id(87), 5, false)) || ' ' || spent('gina'), 'success 5.00 75.00 35.00 40.00', 'a capture counts nothing again');
SELECT is(answer(wallet_capture(id(82), id(88), 5)) || ' ' || spent('gina'), 'success 5.00 70.00 40.00 30.00', 'a final one gives back the rest');
SELECT is(does('{transfer 89 gina shop 20.01 USD,transfer 90 gina shop 20 USD,release 91 80}') || ' ' || spent('gina'), 'spend_limit_exceeded success success 49.00', 'which can be spent; what was held before the limit is given back too, of what is spent');

-- ---- in groups
SELECT open('hal') \g /dev/null
SELECT pay('world', 'hal', 100), wallet_hold('hal', 'bob', 40, 'USD', id(100)) \g /dev/null
SELECT is(does('{capture 101 100 10 false,hold 102 hal shop 60 USD,capture 103 102 1 false,transfer 104 hal shop 0.01 USD}', true), 'group_failed group_failed group_failed insufficient_funds', 'a group that fails');
SELECT is(has('hal') || ' ' || holds('hal'), '100.00 40.00 60.00 open 3 100:bob:40.00/40.00', 'leaves holds as they were');
SELECT is(hold(102), NULL, 'and no new one');
SELECT refuses('SELECT wallet_capture(id(102), id(105))', 'WA011', 'hold not found', NULL, NULL, 'there is none to capture');
SELECT is(does('{hold 106 hal shop 60 USD,capture 107 106 1 false,release 108 106 9,capture 109 106}', true), 'success success success success', 'a group that lives off its own hold');
SELECT is(has('hal') || ' ' || hold(106), '49.00 40.00 9.00 open 7 2 60.00 0.00', 'and settles it');

-- ---- now they expire: t is past
SELECT pg_sleep(GREATEST(0, 0.005 + EXTRACT(epoch FROM t - clock_timestamp())::float8)) FROM moment \g /dev/null

-- nothing has swept it
SELECT is((SELECT held::text FROM wallet.balance WHERE account = account('x1')) || ' ' || hold(301), '30.00 1 30.00 30.00', 'the rows of x1 still count a hold that has expired');
SELECT is(has('x1'), '100.00 0.00 100.00 open 3', 'wallet_account does not');
SELECT shows($$ SELECT held, available FROM wallet.accounts WHERE name = 'x1' $$, 'VALUES (0.00, 100.00)', 'nor wallet.accounts');
SELECT is(holds('x1'), NULL, 'nor wallet_holds');
SELECT is(has('x2') || ' ' || holds('x2'), '100.00 15.00 85.00 open 7 314:shop:7.00/7.00 315:shop:8.00/8.00', 'those of x2 that have not expired count');
SELECT refuses('SELECT wallet_capture(id(301), id(302))', 'WA013', 'hold has expired', ARRAY[id(301)::text, 'expired at 20'], '', 'it is not captured');
SELECT refuses('SELECT wallet_release(id(301), id(302), 1)', 'WA013', 'hold has expired', ARRAY[id(301)::text, 'expired at 20'], '', 'nor released');
SELECT is((fault_of('SELECT wallet_capture(id(301), id(302), 1000)')).sqlstate, 'WA013', 'that is told before too much');
SELECT is(hold(301), '1 30.00 30.00', 'a single refusal sweeps nothing');
SELECT is(answer(wallet_hold('x1', 'shop', 30, 'USD', id(301), NULL, (SELECT t FROM moment))), 'success* 30.00 100.00 0.00', 'the hold again: it was placed');

-- a refusal in bulk sweeps it, and one event is before it
SELECT is(does('{capture 302 301 1}'), 'hold_expired', 'a capture in bulk');
SELECT shows('SELECT * FROM events(''{301,302}'')', $$ VALUES (301, 0, 'hold', 'success', 30.00, 30.00, 100.00, 0.00, 30.00, 3, 1), (301, 1, 'expire', 'success', NULL, 30.00, 100.00, NULL, 0.00, 4, NULL),
	(302, 0, 'capture', 'hold_expired', 1.00, NULL, 100.00, 111.00, 0.00, 4, 8) $$, 'has the expire event before it: leg 1 of the hold''s id');
SELECT is((SELECT array_agg(e.event_id - c.event_id) FROM wallet.event e, wallet.event c WHERE e.transaction_id = id(301) AND e.leg = 1 AND c.transaction_id = id(302)), '{-1}', 'with the id just before');
SELECT is(hold(301) || ' ' || (next_expiry('x1') IS NULL), '3 30.00 30.00 true', 'it is counted as expired; what remained stays told');
SELECT is((fault_of('SELECT wallet_capture(id(301), id(303))')).sqlstate || ' ' || (fault_of('SELECT wallet_release(id(301), id(303))')).sqlstate || ' ' || does('{release 304 301,capture 302 301 1}'), 'WA013 WA013 hold_expired hold_expired*', 'swept, the answers are the same');
SELECT is((SELECT count(*) FROM wallet_get(id(301))), 2::bigint, 'it expires once');

-- several fold into one, by moment and then by age; the money is there for the command itself
SELECT refuses($$ SELECT wallet_transfer('x2', 'sink', 85.01, 'USD', id(316)) $$, 'WA001', 'insufficient funds', '{x2,"85.00 USD available","held 15.00",85.01}', '', 'what is available is what the reader was told');
SELECT is((wallet_transfer('x2', 'sink', 85, 'USD', id(316))).from_balance, 15.00, 'all of it can be paid at once');
SELECT shows($$ SELECT e.transaction_id = id(312), e.leg, e.amount, e.debit_balance, e.debit_held, e.debit_version, e.credit, e.group_first, e.actor = session_user, e.event_id - c.event_id FROM wallet.event e, wallet.event c
	WHERE e.kind = 7 AND e.debit = account('x2') AND c.transaction_id = id(316) $$, $$ VALUES (true, 1, 35.00, 100.00, 15.00, 8, NULL, NULL, true, -1) $$, 'one event for three holds, with the id of the earliest');
SELECT is(hold(311) || ', ' || hold(312) || ', ' || hold(313) || ', ' || hold(314) || ', ' || hold(315), '3 10.00 10.00, 3 20.00 20.00, 3 5.00 5.00, 1 7.00 7.00, 1 8.00 8.00', 'all three have expired, the others not');
SELECT is(next_expiry('x2'), (SELECT t + interval '1 h' FROM moment), 'next_expiry is that of the next');
SELECT is(has('x2') || ' ' || answer(wallet_capture(id(315), id(317))), '15.00 15.00 0.00 open 9 success 8.00 7.00 119.00', 'which can be captured');

-- a payee's holds too; first the payer's
SELECT is((wallet_transfer('alice', 'x3', 1, 'USD', id(323))).to_balance, 101.00, 'x3 is paid');
SELECT shows('SELECT * FROM events(''{320,323}'') OFFSET 1', $$ VALUES (320, 1, 'expire', 'success', NULL::numeric, 30.00, 100.00, NULL::numeric, 0.00, 4, NULL::bigint), (323, 0, 'transfer', 'success', 1.00, 1.00, 30.00, 101.00, 0.00, 17, 5) $$, 'after its hold has expired');
SELECT is((wallet_transfer('x5', 'x4', 100, 'USD', id(324))).to_balance, 200.00, 'x5 pays all to x4');
SELECT shows($$ SELECT n, leg, kind, amount, held FROM events('{321,322,324}') OFFSET 2 $$, $$ VALUES (322, 1, 'expire', 50.00, 0.00), (321, 1, 'expire', 40.00, 0.00), (324, 0, 'transfer', 100.00, 0.00) $$, 'after holds of both have expired, the payer''s first');
SELECT is((SELECT max(event_id) - min(event_id) FROM wallet.event WHERE transaction_id = id(324) OR transaction_id IN (id(321), id(322)) AND leg = 1), 2::bigint, 'three ids in a row');

-- the spending limit
SELECT is(spent('x6') || ' ' || does('{transfer 331 x6 shop 1 USD,transfer 332 x6 shop 50.01 USD,transfer 333 x6 shop 50 USD}') || ' ' || spent('x6'), '50.00 spend_limit_exceeded* spend_limit_exceeded success 50.00', 'what expires in the window it was placed in is given back');
SELECT shows('SELECT n, leg, status FROM events(''{330,332,333}'') OFFSET 1', $$ VALUES (330, 1, 'success'), (332, 0, 'spend_limit_exceeded'), (333, 0, 'success') $$, 'the replay of a refusal has swept nothing: it decides nothing');

-- what remained of it
SELECT is(answer(wallet_capture(id(340), id(341), 10, false)) || ', ' || answer(wallet_release(id(340), id(342), 5)) || ' ' || hold(340), 'success* 10.00 90.00 10.00, success* 5.00 90.00 10.00 1 30.00 15.00', 'capture and release of before, again');
SELECT is((wallet_transfer('x7', 'sink', 90, 'USD', id(343))).from_balance, 0.00, 'x7 pays all it has');
SELECT shows('SELECT * FROM events(''{340}'') OFFSET 1', $$ VALUES (340, 1, 'expire', 'success', NULL::numeric, 15.00, 90.00, NULL::numeric, 0.00, 6, NULL::bigint) $$, 'what expired is what remained');

-- a group: judged once, before its first member
SELECT is(does('{transfer 351 x8 sink 1 USD,capture 352 350,transfer 353 x8 sink 2 USD}', true), 'group_failed hold_expired group_failed', 'in a group');
SELECT shows('SELECT n, leg, status, from_balance, held, from_version FROM events(''{350,351,352,353}'') OFFSET 1', $$ VALUES (350, 1, 'success', 100.00, 0.00, 4), (351, 0, 'group_failed', 100.00, 0.00, 4), (352, 0, 'hold_expired', 99.00, 0.00, 5), (353, 0, 'group_failed', 100.00, 0.00, 4) $$,
	'the expire event is before the group, and is not undone with it');
SELECT shows('SELECT DISTINCT event_id - group_first FROM wallet.event WHERE transaction_id IN (id(350), id(351), id(352)) ORDER BY 1 NULLS FIRST', 'VALUES (NULL::bigint), (0), (1)', 'it has no group');
SELECT is(does('{transfer 372 x10 sink 60 USD,transfer 373 x10 sink 40 USD}', true), 'success success', 'a group that lives off what has expired');
SELECT is((SELECT count(*) FROM bulk('{381 x11 nobody 1 USD,382 x11 sink 1 USD}', '{1,1}')) || ' ' || hold(380), '2 1 100.00 100.00', 'a group of which nothing is recorded sweeps nothing');

-- other commands about the account
SELECT is((wallet_close('x9', 'USD', id(362))).status, 'success', 'an account whose hold has expired can be closed');
SELECT shows('SELECT * FROM events(''{360,362}'') OFFSET 1', $$ VALUES (360, 1, 'expire', 'success', NULL::numeric, 50.00, 0.00, NULL::numeric, 0.00, 3, NULL::bigint), (362, 0, 'close', 'success', NULL, NULL, 0.00, NULL, 0.00, 3, NULL) $$, 'after that');
SELECT is(answer(wallet_sweep('x12', 'sink', 1000, 'USD', id(391))), 'success 100.00 0.00 398.75', 'a sweep takes what has expired');
SELECT is((wallet_hold('x13', 'sink', 100, 'USD', id(396))).amount, 100.00, 'a hold too');

-- ---- 20,000 at once
SELECT open('rich'), pay('world', 'rich', 20001) \g /dev/null
-- Written down first, so that the moment is set when the call begins.
CREATE TABLE many AS SELECT string_agg(format('{"command": "hold", "from_account": "rich", "to_account": "shop", "amount": 1, "currency": "USD", "transaction_id": "%s", "expires_at": "MOMENT"}', id(100000 + i)), ',' ORDER BY i) AS commands FROM generate_series(1, 20000) i;
UPDATE moment SET t = clock_timestamp() + interval '1 s';
SELECT is((SELECT string_agg(DISTINCT o.status, ' ') || count(*) FROM many, expires() e, wallet_execute(format('[%s]', replace(commands, 'MOMENT', split_part(e, '=', 2)))::jsonb || said('transfer 401 rich sink 1.01 USD')) o WHERE o.ord <= 20000 OR o.status = 'insufficient_funds'),
	'insufficient_funds success20001', 'an account places 20,000 holds, and has 1.00 left');
SELECT pg_sleep(GREATEST(0, 0.005 + EXTRACT(epoch FROM t - clock_timestamp())::float8)) FROM moment \g /dev/null
SELECT is(has('rich'), '20001.00 0.00 20001.00 open 20002', 'all have expired');
SELECT is((wallet_transfer('rich', 'sink', 20001, 'USD', id(402))).from_balance, 0.00, 'all of it can be paid');
SELECT shows($$ SELECT e.transaction_id = id(100001), e.amount, e.debit_held, e.debit_version, e.event_id - c.event_id FROM wallet.event e, wallet.event c WHERE e.kind = 7 AND e.debit = account('rich') AND c.transaction_id = id(402) $$,
	'VALUES (true, 20000.00, 0.00, 20003, -1)', 'after one event');
SELECT shows($$ SELECT state, count(*), sum(remaining) FROM wallet.hold WHERE debit = account('rich') GROUP BY state $$, 'VALUES (3, 20000, 20000.00)', 'of all of them');
SELECT is(next_expiry('rich'), NULL, 'none is left');

SELECT sound();
SELECT replays();
SELECT * FROM finish();
