-- Goal: the tour that a newcomer takes: open, pay, ask again, be refused, pay in bulk, look back, prove. Every line of output is what SPEC promises.
-- Method: fixed transaction ids; event ids and times, which differ from run to run, are not shown.
CREATE EXTENSION wallet;

-- Money comes from outside: an account without a floor. Accounts of people have the floor 0.
SELECT wallet_open('world', 'USD', '00000000-0000-7000-8000-000000000001', floor => NULL) > 0 AS opened;
SELECT wallet_open('alice', 'USD', '00000000-0000-7000-8000-000000000002') > 0 AS opened;
SELECT wallet_open('bob', 'USD', '00000000-0000-7000-8000-000000000003', ceiling => 100, metadata => '{"tier": "basic"}') > 0 AS opened;

-- A transfer answers with a receipt.
SELECT status, amount, from_balance, to_balance, replayed FROM wallet_transfer('world', 'alice', 250, 'USD', '00000000-0000-7000-8000-000000000010');
SELECT status, amount, from_balance, to_balance, replayed FROM wallet_transfer('alice', 'bob', 12.5, 'USD', '00000000-0000-7000-8000-000000000011', '{"for": "lunch"}');

-- The same id again: the same receipt, and no second lunch.
SELECT status, amount, from_balance, to_balance, replayed FROM wallet_transfer('alice', 'bob', 12.5, 'USD', '00000000-0000-7000-8000-000000000011', '{"for": "lunch"}');

-- What cannot be is refused, and changes nothing.
SELECT * FROM wallet_transfer('bob', 'alice', 1000, 'USD', '00000000-0000-7000-8000-000000000012');
SELECT * FROM wallet_transfer('alice', 'bob', 0.001, 'USD', '00000000-0000-7000-8000-000000000012');
SELECT wallet_balance('alice', 'USD') AS alice, wallet_balance('bob', 'USD') AS bob;

-- Many at once, one status each; 7 and 7 stand or fall together.
SELECT ord, status, amount, from_balance, to_balance, replayed
FROM wallet_transfers(
	'{alice, alice, bob, alice, alice}', '{bob, bob, alice, nobody, bob}', '{1.00, 20, 500, 3, 4}', '{USD, USD, USD, USD, USD}',
	'{00000000-0000-7000-8000-000000000020, 00000000-0000-7000-8000-000000000021, 00000000-0000-7000-8000-000000000022, 00000000-0000-7000-8000-000000000023, 00000000-0000-7000-8000-000000000024}',
	groups => '{1, 7, 7, 8, 9}');

-- Own currencies, other exponents.
SELECT status FROM wallet_define_currency('POINTS', 0, '00000000-0000-7000-8000-000000000030');
SELECT wallet_open('shop', 'POINTS', '00000000-0000-7000-8000-000000000031', floor => NULL) > 0 AS opened, wallet_open('alice', 'POINTS', '00000000-0000-7000-8000-000000000032') > 0 AS opened;
SELECT status, amount, to_balance FROM wallet_transfer('shop', 'alice', 500, 'POINTS', '00000000-0000-7000-8000-000000000033');

-- Everything rolls back with the transaction that it is in.
BEGIN;
SELECT status, from_balance FROM wallet_transfer('alice', 'bob', 50, 'USD', '00000000-0000-7000-8000-000000000040');
ROLLBACK;
SELECT wallet_balance('alice', 'USD');

-- Looking back.
SELECT name, currency, balance, held, available, status FROM wallet.accounts ORDER BY currency, name;
SELECT account > 0 AS id, balance, available, status, floor, ceiling, version, metadata FROM wallet_account('bob', 'USD');
SELECT kind, status, from_account AS payer, to_account AS payee, currency, requested, amount, from_balance_before AS before, from_balance_after AS after FROM wallet.journal ORDER BY event_id;
SELECT amount, balance_before, balance_after, counterparty, metadata FROM wallet.entry WHERE name = 'alice' AND currency = 'USD' ORDER BY event_id;
SELECT kind, status, amount, metadata FROM wallet_get('00000000-0000-7000-8000-000000000011');

-- And the proof: the events, run again from nothing, give these balances.
SELECT name, currency, balance, held, status, version FROM wallet_replay() ORDER BY currency, name;
SELECT check_name, ok, detail FROM wallet_verify(thorough => true);

-- The past does not change.
DELETE FROM wallet.event;

SET wallet.allow_drop = on;
DROP EXTENSION wallet;
