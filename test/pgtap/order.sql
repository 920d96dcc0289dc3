-- Goal: of two faults at once the one is told that SPEC 10 puts first; after the id come format-1 6's checks of a transfer, in order.
-- Method: a command with two faults for each pair of neighbours, at the single door and, for what bulk can express, in bulk.
-- Where a fault needs a status or limit that no function of this build sets, the balance row is edited by hand and rolled back.
\ir lib/setup.sql
SELECT plan(48);

SELECT open('world', 'USD', NULL), open('moon', 'USD', NULL), open('world', 'JPY', NULL), open('alice'), open('alice', 'JPY'), open('bob'), open('bob', 'JPY'), open('cap', 'USD', 0, 5), open('full', 'USD'), open('empty') \g /dev/null
SELECT pay('world', 'alice', 100), pay('moon', 'full', 999999999999999999999999999999999900.00) \g /dev/null
SELECT wallet_transfer('alice', 'bob', 1, 'USD', id(1), NULL, '2024-02-29 12:00+00') \g /dev/null

-- What comes of a transfer whose arguments are given by name over a good one; by_hand edits wallet.balance before.
CREATE FUNCTION fault(over jsonb, by_hand text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	a jsonb := '{"from_account": "alice", "to_account": "bob", "amount": "1", "currency": "USD", "id": 999}' || over;
	metadata jsonb := CASE WHEN a ? 'big' THEN to_jsonb(repeat('x', 70000)) END;
	transaction_id uuid := id((a->>'id')::bigint);
BEGIN
	BEGIN
		IF by_hand IS NOT NULL THEN
			EXECUTE 'UPDATE wallet.balance SET ' || by_hand;
		END IF;
		PERFORM wallet_transfer(a->>'from_account', a->>'to_account', (a->>'amount')::numeric, a->>'currency', transaction_id, metadata,
			(a->>'effective_at')::timestamptz, (a->>'expected_version')::bigint);
		RAISE EXCEPTION USING ERRCODE = 'UNDO1';
	EXCEPTION
		WHEN SQLSTATE 'UNDO1' THEN RETURN 'none';
		WHEN OTHERS THEN RETURN SQLSTATE;
	END;
END $$;
CREATE FUNCTION future() RETURNS text LANGUAGE sql AS $$ SELECT '2250-01-01 00:00+00' $$;

SELECT is(fault('{}'), 'none', 'without faults there is none');

-- ---- what needs no state
SELECT is(fault('{"from_account": "", "currency": null}'), 'WA023', 'invalid_name before invalid_argument');
SELECT is(fault('{"to_account": "@transit:x", "effective_at": "infinity"}'), 'WA023', 'invalid_name (payee) before invalid_argument');
SELECT is(fault('{"to_account": "", "id": null}'), 'WA023', 'invalid_name before a missing id');
SELECT is(fault('{"currency": null, "big": 1}'), 'WA024', 'invalid_argument before metadata_too_large');
SELECT is(fault('{"effective_at": "-infinity", "big": 1}'), 'WA024', 'an infinite moment before metadata_too_large');
SELECT is(fault('{"big": 1, "amount": "NaN"}'), 'WA026', 'metadata_too_large before invalid_amount');
SELECT is(fault('{"amount": "-1", "currency": "ZZZ"}'), 'WA006', 'invalid_amount before unknown_currency');
SELECT is(fault('{"amount": null, "currency": "ZZZ"}'), 'WA006', 'no amount before unknown_currency');

-- ---- currency, scale, size, same account
SELECT is(fault('{"currency": "ZZZ", "amount": "0.0000000000000000000000000000001"}'), 'WA009', 'unknown_currency before invalid_scale');
SELECT is(fault('{"amount": "1000000000000000000000000000000000000000.001"}'), 'WA007', 'invalid_scale before amount_overflow');
SELECT is(fault('{"amount": "1e40", "to_account": "alice"}'), 'WA008', 'amount_overflow before same_account');
SELECT is(fault('{"amount": "0.001", "to_account": "alice"}'), 'WA007', 'invalid_scale before same_account');
SELECT is(fault('{"to_account": "alice", "id": 1}'), 'WA005', 'same_account before the id is looked at');
SELECT is(fault('{"amount": "0.001", "id": 1}'), 'WA007', 'invalid_scale before the id is looked at');
SELECT is(fault('{"currency": "ZZZ", "id": 1}'), 'WA009', 'unknown_currency before the id is looked at');
SELECT is(fault('{"from_account": "nobody", "to_account": "nobody"}'), 'WA005', 'same_account before account_not_found');

-- ---- the id wins over all that follows
SELECT is(fault(format('{"id": 1, "effective_at": "%s"}', future())::jsonb), 'WA010', 'conflict before invalid_effective_at');
SELECT is(fault('{"id": 1, "to_account": "nobody", "effective_at": "2024-02-29 12:00+00"}'), 'WA010', 'conflict before account_not_found');
SELECT is(fault('{"id": 1, "amount": "1000", "effective_at": "2024-02-29 12:00+00"}'), 'WA010', 'conflict before insufficient_funds');
SELECT is(fault('{"id": 1, "effective_at": "2024-02-29 12:00+00"}'), 'none', 'replay of a success');
SELECT is(fault('{"id": 1, "effective_at": "2024-02-29 12:00+00"}', 'status = 2 WHERE account = account(''alice'')'), 'none', 'replay before account_frozen');
SELECT is(fault('{"id": 1, "effective_at": "2024-02-29 12:00+00"}', 'status = 3'), 'none', 'replay before account_closed');
SELECT is(fault('{"id": 1, "effective_at": "2024-02-29 12:00+00"}', 'balance = 0'), 'none', 'replay before insufficient_funds');

-- ---- times, accounts, owner, version, statuses, limits, funds
SELECT is(fault(format('{"effective_at": "%s", "from_account": "nobody"}', future())::jsonb), 'WA025', 'invalid_effective_at before account_not_found');
SELECT is(fault(format('{"effective_at": "%s", "expected_version": 77}', future())::jsonb), 'WA025', 'invalid_effective_at before version_conflict');
SELECT is(fault('{"to_account": "nobody", "expected_version": 77}'), 'WA002', 'account_not_found (payee) before version_conflict');
SELECT is(fault('{"to_account": "nobody"}', 'status = 2 WHERE account = account(''alice'')'), 'WA002', 'account_not_found (payee) before account_frozen (payer)');
SELECT is(fault('{"expected_version": 77}', 'status = 2 WHERE account = account(''alice'')'), 'WA022', 'version_conflict before account_frozen');
SELECT is(fault('{}', 'status = CASE account WHEN account(''alice'') THEN 2 ELSE 3 END'), 'WA003', 'the payer''s status before the payee''s');
SELECT is(fault('{}', 'status = CASE account WHEN account(''alice'') THEN 3 ELSE 2 END'), 'WA004', 'the payer''s status before the payee''s, the other way round');
SELECT is(fault('{}', 'status = CASE account WHEN account(''bob'') THEN 2 ELSE 1 END, spend_limit = 0, window_seconds = 60'), 'WA003', 'the payee''s status before the spending limit');
SELECT is(fault('{"to_account": "cap", "amount": "6"}', 'spend_limit = 1, window_seconds = 60 WHERE account = account(''alice'')'), 'WA018', 'spend_limit_exceeded before ceiling_exceeded');
SELECT is(fault('{"to_account": "full", "from_account": "world", "amount": "200"}', 'ceiling = balance + 1 WHERE account = account(''full'')'), 'WA017', 'ceiling_exceeded before amount_overflow');
SELECT is(fault('{"to_account": "cap", "from_account": "empty", "amount": "6"}'), 'WA017', 'ceiling_exceeded before insufficient_funds');
SELECT is(fault('{"to_account": "full", "from_account": "empty", "amount": "200"}'), 'WA008', 'amount_overflow before insufficient_funds');

-- ---- the owner, between accounts and statuses
BEGIN;
CREATE ROLE wt_order_owner;
CREATE ROLE wt_order_teller;
SELECT wallet_open('owned', 'USD', wallet_uuid(), owner => 'wt_order_owner') \g /dev/null
GRANT USAGE ON SCHEMA wallet TO wt_order_teller;
GRANT SELECT ON wallet.account TO wt_order_teller;
GRANT UPDATE, SELECT ON wallet.balance TO wt_order_teller;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO wt_order_teller;
SET LOCAL ROLE wt_order_teller;
SELECT is(fault('{"from_account": "owned"}'), '42501', 'the owner is asked');
SELECT is(fault(format('{"from_account": "owned", "effective_at": "%s"}', future())::jsonb), 'WA025', 'invalid_effective_at before the owner');
SELECT is(fault('{"from_account": "owned", "to_account": "nobody"}'), 'WA002', 'account_not_found (payee) before the owner');
SELECT is(fault('{"from_account": "owned"}', 'status = 2 WHERE account = account(''owned'')'), '42501', 'the owner before account_frozen');
SELECT is(fault('{"from_account": "owned", "amount": "1000"}'), '42501', 'the owner before insufficient_funds');
SELECT is(fault('{"from_account": "owned", "id": 1}'), 'WA010', 'conflict before the owner');
ROLLBACK;

-- ---- wallet_open
CREATE FUNCTION open_fault(arguments text) RETURNS text LANGUAGE sql AS $$ SELECT COALESCE((fault_of(format('SELECT wallet_open(%s)', arguments))).sqlstate, 'none') $$;
SELECT is(open_fault($$ 'new', 'ZZZ', id(999), floor => 'NaN' $$), 'WA006', 'open: invalid_amount before unknown_currency');
SELECT is(open_fault($$ 'new', 'USD', id(999), floor => 0.001, ceiling => 'NaN' $$), 'WA006', 'open: invalid_amount (ceiling) before invalid_scale (floor)');
SELECT is(open_fault($$ 'new', 'USD', id(999), floor => 1e40, ceiling => 0.001 $$), 'WA007', 'open: invalid_scale (ceiling) before amount_overflow (floor)');
SELECT is(open_fault($$ 'alice', 'USD', id(1) $$), 'WA010', 'open: conflict before account_exists');
SELECT is(open_fault($$ 'alice', 'USD', id(999), parent => 'nobody' $$), 'WA020', 'open: account_exists before the parent');

-- ---- in bulk the same
SELECT is((SELECT string_agg(status, ' ' ORDER BY ord) FROM bulk(ARRAY['101 @transit:x bob NaN USD', '102 alice bob -1 ZZZ', '103 alice bob 0.001 ZZZ', '104 alice bob 1e40 ZZZ',
		'105 alice alice 1e40 USD', '1 alice alice 1 USD', '1 nobody bob 1 USD', '106 nobody nobody 1 USD', '107 empty cap 6 USD', '108 empty full 200 USD'])),
	'invalid_name invalid_amount unknown_currency unknown_currency amount_overflow same_account transaction_id_conflict same_account ceiling_exceeded amount_overflow',
	'bulk: the same order');
SELECT * FROM finish();
