-- Goal: floors, ceilings, the range of 38 digits, expected versions and effective moments hold exactly, to the last minor unit.
-- Method: each limit is met from both sides, one minor unit apart.
\ir lib/setup.sql
SELECT plan(61);

SELECT open('world', 'USD', NULL), open('moon', 'USD', NULL), open('sun', 'USD', NULL), open('sink', 'USD', NULL) \g /dev/null
CREATE FUNCTION try(payer text, payee text, amount numeric) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN (wallet_transfer(payer, payee, amount, 'USD', wallet_uuid())).status;
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;

-- ---- floors
SELECT open('zero'), open('minus', 'USD', -100), open('plus', 'USD', 50), open('free', 'USD', NULL), open('cent', 'USD', -0.01) \g /dev/null
SELECT is(try('zero', 'sink', 0.01), 'WA001', 'floor 0: nothing is there');
SELECT is(try('world', 'zero', 10), 'success', 'floor 0: paid in');
SELECT is(try('zero', 'sink', 10.01), 'WA001', 'floor 0: one cent too much');
SELECT is(try('zero', 'sink', 10), 'success', 'floor 0: all of it');
SELECT is(try('minus', 'sink', 100.01), 'WA001', 'floor -100: one cent too much');
SELECT is(try('minus', 'sink', 100), 'success', 'floor -100: down to it');
SELECT is(wallet_balance('minus', 'USD'), -100.00, 'floor -100: the balance is negative');
SELECT is(try('minus', 'sink', 0.01), 'WA001', 'floor -100: nothing more');
SELECT is(try('world', 'minus', 0.5), 'success', 'floor -100: below 0 it can be paid');
SELECT is(try('minus', 'sink', 0.51), 'WA001', 'floor -100: and has what it was paid: too much');
SELECT is(try('minus', 'sink', 0.5), 'success', 'floor -100: just that');
SELECT is(try('cent', 'sink', 0.02), 'WA001', 'floor -0.01: two cents');
SELECT is(try('cent', 'sink', 0.01), 'success', 'floor -0.01: one cent');
SELECT is((SELECT available FROM wallet_account('plus', 'USD')), -50.00, 'floor 50: an empty account has less than nothing available');
SELECT is(try('world', 'plus', 50), 'success', 'floor 50: below its floor it can be paid');
SELECT is(try('plus', 'sink', 0.01), 'WA001', 'floor 50: at its floor it cannot pay');
SELECT is(try('world', 'plus', 0.02), 'success', 'floor 50: above it');
SELECT is(try('plus', 'sink', 0.03), 'WA001', 'floor 50: what is above, and no more');
SELECT is(try('plus', 'sink', 0.02), 'success', 'floor 50: what is above');
SELECT is(try('free', 'sink', 1e30), 'success', 'no floor: as much as one likes');
SELECT is((SELECT available FROM wallet_account('free', 'USD')), NULL, 'no floor: available is NULL');
SELECT is((SELECT available FROM wallet.accounts WHERE name = 'free'), NULL, 'no floor: also in the view');
SELECT is((SELECT balance || ' ' || available FROM wallet_account('minus', 'USD')), '-100.00 0.00', 'available = balance - held - floor');

-- ---- ceilings
SELECT open('cap', 'USD', 0, 100), open('shut', 'USD', 0, 0), open('open', 'USD', 0, NULL), open('debt', 'USD', -100, -10) \g /dev/null
SELECT is(try('world', 'cap', 100.01), 'WA017', 'ceiling 100: one cent too much');
SELECT is(try('world', 'cap', 99.99), 'success', 'ceiling 100: just below');
SELECT is(try('world', 'cap', 0.02), 'WA017', 'ceiling 100: one cent too much again');
SELECT is(try('world', 'cap', 0.01), 'success', 'ceiling 100: up to it');
SELECT is(try('cap', 'sink', 5), 'success', 'ceiling 100: paying makes room');
SELECT is(try('world', 'cap', 5), 'success', 'ceiling 100: that much');
SELECT is(try('world', 'shut', 0.01), 'WA017', 'ceiling 0: nothing comes in');
SELECT is(try('world', 'open', 1e30), 'success', 'no ceiling');
SELECT is(try('debt', 'sink', 50), 'success', 'ceiling -10: above it an account can pay');
SELECT is(try('world', 'debt', 40.01), 'WA017', 'ceiling -10: one cent too much');
SELECT is(try('world', 'debt', 40), 'success', 'ceiling -10: up to it');
SELECT is((fault_of($$ SELECT open('x', 'USD', 0, 1e36) $$)).sqlstate, 'WA008', 'a ceiling of 39 digits');
SELECT isnt(open('widest', 'USD', -999999999999999999999999999999999999.99, 999999999999999999999999999999999999.99), NULL, 'floor and ceiling at the ends of the range');

-- ---- 38 digits
SELECT open('rich', 'USD', 0) \g /dev/null
SELECT is(try('moon', 'rich', 999999999999999999999999999999999999.98), 'success', 'a balance one cent below the range');
SELECT is(try('sun', 'rich', 0.02), 'WA008', 'payee out of range by one cent');
SELECT is(try('sun', 'rich', 0.01), 'success', 'payee at the end of the range');
SELECT is(wallet_balance('rich', 'USD')::text, '999999999999999999999999999999999999.99', 'which is 38 digits');
SELECT is(try('sun', 'rich', 0.01), 'WA008', 'and not one more');
SELECT is(wallet_balance('moon', 'USD')::text, '-999999999999999999999999999999999999.98', 'the payer is as deep');
SELECT is(try('moon', 'sink', 0.02), 'WA008', 'payer out of range by one cent');
SELECT is(try('moon', 'sink', 0.01), 'success', 'payer at the end of the range');
SELECT is(try('moon', 'sink', 0.01), 'WA008', 'and not one more');
SELECT is(try('rich', 'moon', 999999999999999999999999999999999999.99), 'success', 'all of it in one transfer');
SELECT is(try('widest', 'sun', 0.01), 'success', 'available of more than 38 digits is no overflow: the widest account pays');
SELECT is(try('world', 'widest', 0.01), 'success', 'and is paid');

-- ---- expected_version
SELECT open('v') \g /dev/null
SELECT is((SELECT version FROM wallet_account('v', 'USD')), 1::bigint, 'an opening is version 1');
SELECT pay('world', 'v', 10) \g /dev/null
SELECT is((SELECT version FROM wallet_account('v', 'USD')), 2::bigint, 'a credit counts');
SELECT is((fault_of($$ SELECT wallet_transfer('v', 'sink', 1, 'USD', id(1), NULL, NULL, 1) $$)).sqlstate, 'WA022', 'an older version');
SELECT is((fault_of($$ SELECT wallet_transfer('v', 'sink', 1, 'USD', id(1), NULL, NULL, 3) $$)).sqlstate, 'WA022', 'a newer one');
SELECT is((fault_of($$ SELECT wallet_transfer('v', 'sink', 1, 'USD', id(1), NULL, NULL, 9223372036854775807) $$)).sqlstate, 'WA022', 'the newest possible');
SELECT is((wallet_transfer('v', 'sink', 1, 'USD', id(1), NULL, NULL, 2)).status, 'success', 'the right one, though the id was refused before');
SELECT told('{2 v sink 1000 USD}') \g /dev/null
SELECT is((wallet_transfer('v', 'sink', 1, 'USD', id(3), NULL, NULL, 3)).status, 'success', 'a recorded refusal does not count');
SELECT is((SELECT array_agg(version ORDER BY version) FROM wallet.entry WHERE name = 'v'), '{2,3,4}', 'versions go up by one');

-- ---- effective_at
CREATE FUNCTION at(moment text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN (wallet_transfer('world', 'sink', 1, 'USD', wallet_uuid(), NULL, moment::timestamptz)).status;
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;
SELECT is((SELECT string_agg(at(moment), ' ' ORDER BY n) FROM unnest(ARRAY['infinity', '-infinity', '294276-12-31 23:59:59+00', '2250-01-01 00:00+00', (clock_timestamp() + interval '1 minute')::text, 'now', '1970-01-01 00:00+00', '1969-07-20 20:17+00', '4713-01-01 00:00+00 BC']) WITH ORDINALITY AS u (moment, n)),
	'WA024 WA024 WA025 WA025 WA025 success success success success', 'infinite, future and past moments');
SELECT is((SELECT array_agg(effective_at ORDER BY effective_at) FROM wallet.event WHERE effective_at < '1971-01-01'), ARRAY['4713-01-01 00:00+00 BC', '1969-07-20 20:17+00', '1970-01-01 00:00+00']::timestamptz[], 'are recorded as they were said');
SELECT is((SELECT effective_at FROM wallet.entry WHERE transaction_id = id(3) AND name = 'v'), (SELECT recorded_at FROM wallet.entry WHERE transaction_id = id(3) AND name = 'v'), 'without one the entry counts when it was recorded');
SELECT is((SELECT count(*) FROM wallet.event WHERE effective_at > wallet_event_time(event_id)), 0::bigint, 'none lies after its event');
SELECT sound();
SELECT * FROM finish();
