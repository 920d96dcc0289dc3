-- Goal: every status that the functions of this build can give is given, with its SQLSTATE, message, detail and hint.
-- Method: one refusal after another at the single door, each against SPEC 10 and status.def; then in bulk, where the status is
-- a word, and is recorded exactly if SPEC says remembered.
--
-- Frozen, closed and spending limits can be decided already, but no function of this build sets them: their balance row is
-- edited by hand here, in a transaction that is rolled back. Not produced: WA011 to WA016, WA021, WA027, WA028 (holds, reversals,
-- close: no such function yet), WA030 to WA033 (engine), WA034 (needs another clock: test/t), WA040, WA041 (cluster), WA090 (tamper.sql).
\ir lib/setup.sql
SELECT plan(113);

-- ---- the table is the list of SPEC 10

SELECT results_eq(
	$$ SELECT number::int, name, sqlstate, remembered FROM wallet.status WHERE number < 200 ORDER BY number $$,
	$$ VALUES (0, 'success', '00000', true), (1, 'insufficient_funds', 'WA001', true), (2, 'account_not_found', 'WA002', false),
		(3, 'account_frozen', 'WA003', true), (4, 'account_closed', 'WA004', true), (5, 'same_account', 'WA005', false),
		(6, 'invalid_amount', 'WA006', false), (7, 'invalid_scale', 'WA007', false), (8, 'amount_overflow', 'WA008', false),
		(9, 'unknown_currency', 'WA009', false), (10, 'transaction_id_conflict', 'WA010', false), (11, 'hold_not_found', 'WA011', false),
		(12, 'hold_settled', 'WA012', true), (13, 'hold_expired', 'WA013', true), (14, 'exceeds_hold', 'WA014', true),
		(15, 'exceeds_original', 'WA015', true), (16, 'not_reversible', 'WA016', true), (17, 'ceiling_exceeded', 'WA017', true),
		(18, 'spend_limit_exceeded', 'WA018', true), (19, 'group_failed', 'WA019', true), (20, 'account_exists', 'WA020', false),
		(21, 'account_not_empty', 'WA021', true), (22, 'version_conflict', 'WA022', false), (23, 'invalid_name', 'WA023', false),
		(24, 'invalid_argument', 'WA024', false), (25, 'invalid_effective_at', 'WA025', false), (26, 'metadata_too_large', 'WA026', false),
		(27, 'cancelled', 'WA027', false), (28, 'original_not_found', 'WA028', false), (30, 'queue_full', 'WA030', false),
		(31, 'engine_unavailable', 'WA031', false), (32, 'outcome_unknown', 'WA032', false), (33, 'wallet_in_transaction', 'WA033', false),
		(34, 'clock_unsafe', 'WA034', false), (40, 'shard_unavailable', 'WA040', false), (41, 'wrong_shard', 'WA041', false),
		(42, 'insufficient_privilege', '42501', false), 		(90, 'ledger_corrupt', 'WA090', false) $$,
	'wallet.status lists what SPEC lists');
SELECT results_eq($$ SELECT name FROM wallet.status WHERE COALESCE(sqlstate, '') = '' ORDER BY name $$,
	$$ VALUES ('pending'), ('queued') $$, 'only queued and pending have no SQLSTATE');

-- ---- the ground

SELECT open('world', 'USD', NULL), open('world', 'EUR', NULL), open('world', 'JPY', NULL), open('alice'), open('alice', 'EUR'), open('bob'),
	open('cap', 'USD', 0, 50), open('full', 'JPY'), open('yen', 'JPY') \g /dev/null
SELECT pay('world', 'alice', 100), pay('world', 'cap', 45), pay('world', 'full', 99999999999999999999999999999999999999, 'JPY') \g /dev/null
SELECT wallet_transfer('alice', 'bob', 1, 'USD', id(1)) \g /dev/null
CREATE TABLE events_before AS SELECT count(*) FROM wallet.event;

CREATE FUNCTION asks(payer text, payee text, amount text, currency text DEFAULT 'USD', rest text DEFAULT '', n bigint DEFAULT 999) RETURNS text
LANGUAGE sql AS $$ SELECT format('SELECT * FROM wallet_transfer(%L, %L, %L, %L, id(%s)%s)', payer, payee, amount, currency, n, rest) $$;

-- ---- wallet_transfer

SELECT works(asks('alice', 'bob', '1'), 'success raises nothing');
SELECT refuses(asks('alice', 'bob', '150'), 'WA001', 'insufficient funds', '{alice,99.00,150.00,USD}', '', 'insufficient_funds tells account, available and asked');
SELECT throws_ok(asks('alice', 'bob', '99.01'), 'WA001', 'insufficient funds', 'one cent too much is insufficient_funds');
SELECT works(asks('alice', 'bob', '99.00'), 'all that is there is not too much');
SELECT refuses(asks('nobody', 'bob', '1'), 'WA002', 'account not found', '{nobody,USD}', 'Open it with wallet_open.', 'account_not_found: payer');
SELECT refuses(asks('bob', 'nobody', '1'), 'WA002', 'account not found', '{nobody,USD}', 'Open it with wallet_open.', 'account_not_found: payee');
SELECT refuses(asks('nobody', 'noone', '1'), 'WA002', 'account not found', '{nobody,USD}', 'Open it with wallet_open.', 'account_not_found: the payer is told first');
SELECT matches((fault_of(asks('alice', 'yen', '1', 'JPY'))).hint, 'EUR.*USD|USD.*EUR', 'account_not_found: the hint lists the currencies of the payer''s name');
SELECT is((fault_of(asks('alice', 'yen', '1', 'JPY'))).sqlstate, 'WA002', 'payer known in other currencies only');
SELECT matches((fault_of(asks('yen', 'alice', '1', 'JPY'))).hint, 'EUR.*USD|USD.*EUR', 'account_not_found: the hint lists the currencies of the payee''s name');
SELECT doesnt_match((fault_of(asks('alice', 'yen', '1', 'JPY'))).hint, 'JPY', 'the hint does not list a currency that the name has not');
SELECT refuses(asks('alice', 'alice', '1'), 'WA005', 'payer and payee are the same account', '{alice,USD}', '', 'same_account');
SELECT refuses(asks('alice', 'bob', '0'), 'WA006', 'invalid amount', '{"amount is 0"}', '', 'invalid_amount: zero');
SELECT refuses(asks('alice', 'bob', '-1'), 'WA006', 'invalid amount', '{"amount is -1"}', '', 'invalid_amount: negative');
SELECT refuses(asks('alice', 'bob', 'NaN'), 'WA006', 'invalid amount', '{"amount is NaN"}', '', 'invalid_amount: NaN');
SELECT refuses(asks('alice', 'bob', 'Infinity'), 'WA006', 'invalid amount', '{"amount is Infinity"}', '', 'invalid_amount: infinite');
SELECT refuses(asks('alice', 'bob', '-Infinity'), 'WA006', 'invalid amount', '{"amount is -Infinity"}', '', 'invalid_amount: minus infinite');
SELECT refuses(asks('alice', 'bob', NULL), 'WA006', 'invalid amount', '{"amount is NULL"}', '', 'invalid_amount: NULL');
SELECT refuses(asks('alice', 'bob', '0.001'), 'WA007', 'amount has more decimals than the currency', '{USD,2}', 'Round the amount before asking.', 'invalid_scale');
SELECT refuses(asks('world', 'alice', '1000000000000000000000000000000000000'), 'WA008', 'amount is out of range', '{1000000000000000000000000000000000000,USD}', '', 'amount_overflow: the amount');
SELECT refuses(asks('world', 'full', '1', 'JPY'), 'WA008', 'amount is out of range', '{world,JPY,-99999999999999999999999999999999999999,"taking 1 "}', '', 'amount_overflow: the balance');
SELECT refuses(asks('alice', 'bob', '1', 'ZZZ'), 'WA009', 'unknown currency', '{ZZZ}', 'Define it with wallet_define_currency.', 'unknown_currency');
SELECT refuses(asks('alice', 'bob', '1', 'usd'), 'WA009', 'unknown currency', '{usd}', 'Define it with wallet_define_currency.', 'unknown_currency: codes are upper case');
SELECT refuses(asks('alice', 'bob', '1', ''), 'WA009', 'unknown currency', NULL, 'Define it with wallet_define_currency.', 'unknown_currency: empty');
SELECT refuses(asks('alice', 'bob', '1', repeat('A', 100000)), 'WA009', 'unknown currency', NULL, 'Define it with wallet_define_currency.', 'unknown_currency: a very long one');
SELECT refuses(asks('alice', 'bob', '2', 'USD', '', 1), 'WA010', 'transaction id was used for a different command', ARRAY[id(1)::text, 'amount'],
	'Use a new id for a new command, and the same id with the same content for a retry.', 'transaction_id_conflict');
SELECT refuses(asks('alice', 'cap', '5.01'), 'WA017', 'ceiling exceeded', '{cap,45.00,50.00,5.01}', '', 'ceiling_exceeded tells balance, ceiling and amount');
SELECT works(asks('alice', 'cap', '5.00'), 'up to the ceiling is not over it');
SELECT refuses(asks('alice', 'bob', '1', 'USD', ', NULL, NULL, 7'), 'WA022', 'account version does not match', '{alice,3,7}', 'Read the account again and decide again.', 'version_conflict');
SELECT refuses(asks('', 'bob', '1'), 'WA023', 'invalid account name', NULL, '', 'invalid_name: payer');
SELECT refuses(asks('alice', '@transit:B', '1'), 'WA023', 'invalid account name', '{@transit:B}', '', 'invalid_name: payee');
SELECT refuses(asks('alice', 'bob', '1', NULL), 'WA024', 'invalid argument', '{currency}', '', 'invalid_argument: no currency');
SELECT refuses($$ SELECT wallet_transfer('alice', 'bob', 1, 'USD', NULL) $$, 'WA024', 'invalid argument', '{transaction_id}', '', 'invalid_argument: no id');
SELECT refuses(asks('alice', 'bob', '1', 'USD', $$, NULL, 'infinity' $$), 'WA024', 'invalid argument', '{effective_at}', '', 'invalid_argument: infinite moment');
SELECT refuses(asks('alice', 'bob', '1', 'USD', $$, NULL, now() + interval '1 hour' $$), 'WA025', 'effective_at lies in the future', '{"effective_at is 20","recorded at 20"}', '', 'invalid_effective_at');
SELECT refuses(asks('alice', 'bob', '1', 'USD', $$, to_jsonb(repeat('x', 65535)) $$), 'WA026', 'metadata is too large', '{65537,65536}',
	'Keep large documents elsewhere and put a reference here.', 'metadata_too_large: 65537 bytes as text');
SELECT works(asks('alice', 'bob', '1', 'USD', $$, to_jsonb(repeat('x', 65534)) $$), 'metadata of 65536 bytes as text is not too large');
SELECT refuses(asks('alice', 'bob', '1', 'USD', $$, to_jsonb(repeat('é', 32768)) $$), 'WA026', 'metadata is too large', NULL, NULL, 'metadata is measured in bytes');

-- ---- by hand: what later functions will set

CREATE FUNCTION with_row(setting text, statement text) RETURNS text LANGUAGE sql AS $$ SELECT format('DO $d$ BEGIN UPDATE wallet.balance SET %s; PERFORM s FROM (%s) AS s; END $d$', setting, statement) $$;

SELECT refuses(with_row('status = 2 WHERE account = account(''alice'')', asks('alice', 'bob', '1')), 'WA003', 'account is frozen', '{alice,payer}', 'wallet_unfreeze lifts the freeze.', 'account_frozen: payer');
SELECT refuses(with_row('status = 2 WHERE account = account(''bob'')', asks('alice', 'bob', '1')), 'WA003', 'account is frozen', '{bob,payee}', 'wallet_unfreeze lifts the freeze.', 'account_frozen: payee');
SELECT refuses(with_row('status = 3 WHERE account = account(''alice'')', asks('alice', 'bob', '1')), 'WA004', 'account is closed', '{alice,payer}', '', 'account_closed: payer');
SELECT refuses(with_row('status = 3 WHERE account = account(''bob'')', asks('alice', 'bob', '1')), 'WA004', 'account is closed', '{bob,payee}', '', 'account_closed: payee');
SELECT refuses(with_row('spend_limit = 10, window_seconds = 86400, window_number = 0, spent = 0 WHERE account = account(''alice'')', asks('alice', 'bob', '10.01')),
	'WA018', 'spending limit exceeded', '{alice,10.00,86400,10.01}', '', 'spend_limit_exceeded');
SELECT works(with_row('spend_limit = 10, window_seconds = 86400, window_number = 0, spent = 0 WHERE account = account(''alice'')', asks('alice', 'bob', '10.00')),
	'up to the spending limit is not over it');

-- ---- wallet_open

CREATE FUNCTION opens(name text, currency text, rest text DEFAULT '', n bigint DEFAULT 998) RETURNS text
LANGUAGE sql AS $$ SELECT format('SELECT wallet_open(%L, %L, id(%s)%s)', name, currency, n, rest) $$;

SELECT works(opens('new', 'USD'), 'an opening raises nothing');
SELECT refuses(opens('new', 'USD', ', parent => ''nobody'''), 'WA002', 'account not found', '{nobody,USD}', 'Open it with wallet_open.', 'open: no such parent');
SELECT refuses(opens('new', 'JPY', ', parent => ''alice'''), 'WA002', 'account not found', '{alice,JPY}', NULL, 'open: the parent must have the same currency');
SELECT matches((fault_of(opens('new', 'JPY', ', parent => ''alice'''))).hint, 'EUR.*USD|USD.*EUR', 'open: the hint lists the parent''s currencies');
SELECT refuses(opens('new', 'USD', ', floor => ''NaN'''), 'WA006', 'invalid amount', '{"floor is NaN"}', '', 'open: floor NaN');
SELECT refuses(opens('new', 'USD', ', floor => ''-Infinity'''), 'WA006', 'invalid amount', '{"floor is -Infinity"}', '', 'open: an infinite floor is not how no floor is said');
SELECT refuses(opens('new', 'USD', ', ceiling => ''Infinity'''), 'WA006', 'invalid amount', '{"ceiling is Infinity"}', '', 'open: ceiling infinite');
SELECT refuses(opens('new', 'USD', ', floor => 0.001'), 'WA007', 'amount has more decimals than the currency', '{USD,2}', 'Round the amount before asking.', 'open: floor with too many decimals');
SELECT refuses(opens('new', 'JPY', ', ceiling => 0.1'), 'WA007', 'amount has more decimals than the currency', '{JPY,0}', 'Round the amount before asking.', 'open: ceiling with too many decimals');
SELECT refuses(opens('new', 'USD', ', floor => -1e36'), 'WA008', 'amount is out of range', '{"floor is -1000000000000000000000000000000000000"}', '', 'open: floor of 39 digits');
SELECT refuses(opens('new', 'USD', ', ceiling => 1e36'), 'WA008', 'amount is out of range', '{"ceiling is 1000000000000000000000000000000000000"}', '', 'open: ceiling of 39 digits');
SELECT refuses(opens('new', 'ZZZ'), 'WA009', 'unknown currency', '{ZZZ}', 'Define it with wallet_define_currency.', 'open: unknown_currency');
SELECT refuses(opens('new', 'USD', '', 1), 'WA010', 'transaction id was used for a different command', ARRAY[id(1)::text],
	'Use a new id for a new command, and the same id with the same content for a retry.', 'open: an id that a transfer has used');
SELECT refuses(opens('alice', 'USD'), 'WA020', 'account exists', '{alice,USD}', '', 'account_exists');
SELECT refuses(opens('', 'USD'), 'WA023', 'invalid account name', NULL, '', 'open: invalid_name');
SELECT refuses(opens('new', 'USD', ', parent => ''@transit:B'''), 'WA023', 'invalid account name', '{@transit:B}', '', 'open: invalid name of the parent');
SELECT refuses(opens('new', 'USD', ', owner => ''no such role'''), 'WA024', 'invalid argument', '{no such role}', '', 'open: an owner that is no role');
SELECT refuses(opens('new', NULL), 'WA024', 'invalid argument', '{currency}', '', 'open: no currency');
SELECT refuses($$ SELECT wallet_open('new', 'USD', NULL) $$, 'WA024', 'invalid argument', '{transaction_id}', '', 'open: no id');
SELECT refuses(opens('new', 'USD', ', metadata => to_jsonb(repeat(''x'', 65535))'), 'WA026', 'metadata is too large', '{65537,65536}',
	'Keep large documents elsewhere and put a reference here.', 'open: metadata_too_large');

-- ---- wallet_define_currency

SELECT works($$ SELECT wallet_define_currency('USDC', 6, id(997)) $$, 'a definition raises nothing');
SELECT wallet_define_currency('POINTS', 0, id(2)) \g /dev/null
SELECT refuses(format('SELECT wallet_define_currency(%L, 2, id(997))', code), 'WA024', 'invalid argument', NULL, '', 'define_currency: ' || what)
FROM (VALUES ('', 'an empty code'), (repeat('A', 17), '17 bytes'), ('usdc', 'lower case'), ('_A', 'the first is no letter or digit'), ('.A', 'a dot first'), ('A B', 'a blank'),
	('É', 'not ASCII'), ('A/B', 'a slash'), (E'A\n', 'a newline')) AS v (code, what);
SELECT works(format('SELECT wallet_define_currency(%L, 2, id(997))', code), 'define_currency: code ' || code)
FROM unnest(ARRAY['A', '1INCH', 'A_B.C-D', repeat('Z', 16)]) AS code;
SELECT refuses(format('SELECT wallet_define_currency(''NEW'', %s, id(997))', exponent), 'WA024', 'invalid argument', '{30}', '', 'define_currency: exponent ' || exponent)
FROM unnest(ARRAY[-1, 31, 2147483647, -2147483648]) AS exponent;
SELECT refuses($$ SELECT wallet_define_currency('POINTS', 0, id(997)) $$, 'WA024', 'invalid argument', '{POINTS,already defined}', '', 'define_currency: defined before with the same exponent');
SELECT refuses($$ SELECT wallet_define_currency('POINTS', 3, id(997)) $$, 'WA024', 'invalid argument', '{POINTS,already defined}', '', 'define_currency: defined before with another exponent');
SELECT refuses($$ SELECT wallet_define_currency('USD', 2, id(997)) $$, 'WA024', 'invalid argument', '{USD,already defined}', '', 'define_currency: built in');
SELECT refuses($$ SELECT wallet_define_currency('NEW', 0, id(2)) $$, 'WA010', 'transaction id was used for a different command', ARRAY[id(2)::text], NULL, 'define_currency: an id that has been used');

-- ---- 42501, wallet_replay

SET SESSION AUTHORIZATION DEFAULT;
BEGIN;
CREATE ROLE wt_statuses_teller;
GRANT USAGE ON SCHEMA wallet TO wt_statuses_teller;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO wt_statuses_teller;
SET LOCAL ROLE wt_statuses_teller;
SELECT refuses(asks('world', 'alice', '1'), '42501', 'permission denied to debit the account', '{world,floor}', '', 'insufficient_privilege: no floor, not an admin');
SELECT is(told('{70 world alice 1 USD,71 alice bob 1 USD}'), 'insufficient_privilege success', 'bulk: insufficient_privilege');
SELECT is((SELECT array_agg(event_id IS NOT NULL ORDER BY ord) FROM bulk('{70 world alice 1 USD,71 alice bob 1 USD}')), '{f,t}', 'bulk: which is not recorded');
ROLLBACK;
SELECT refuses(format('SELECT * FROM wallet_replay(%s)', wallet_horizon() + 3600000000), 'WA024', 'until_event lies above the horizon', NULL, NULL, 'replay above the horizon');
SELECT is((fault_of('SELECT * FROM wallet_replay(-1)')).sqlstate, 'WA024', 'replay until a negative event');

SELECT is((SELECT count(*) FROM wallet.event), (SELECT count FROM events_before) + 1, 'no refusal has left an event: one currency was defined');

-- ---- in bulk: words, recorded or not

CREATE FUNCTION one(command text, setting text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	o wallet.outcome;
	result text;
BEGIN
	BEGIN
		IF setting IS NOT NULL THEN
			EXECUTE 'UPDATE wallet.balance SET ' || setting;
		END IF;
		SELECT * INTO o FROM bulk(ARRAY[command]);
		result := format('%s %s', o.status, CASE WHEN EXISTS (SELECT FROM wallet.event e WHERE e.transaction_id = o.transaction_id) THEN 'recorded' ELSE 'forgotten' END);
		IF (o.event_id IS NULL) <> (result LIKE '%forgotten') OR (o.recorded_at IS NULL) <> (o.event_id IS NULL) OR o.replayed THEN
			result := result || ' but ' || o::text;
		END IF;
		RAISE EXCEPTION USING ERRCODE = 'UNDO1';
	EXCEPTION WHEN SQLSTATE 'UNDO1' THEN
		RETURN result;
	END;
END $$;

SELECT is(one('50 alice bob 1 USD'), 'success recorded', 'bulk: success');
SELECT is(one('50 alice bob 150 USD'), 'insufficient_funds recorded', 'bulk: insufficient_funds');
SELECT is(one('50 alice nobody 1 USD'), 'account_not_found forgotten', 'bulk: account_not_found');
SELECT is(one('50 alice bob 1 USD', 'status = 2 WHERE account = account(''alice'')'), 'account_frozen recorded', 'bulk: account_frozen');
SELECT is(one('50 alice bob 1 USD', 'status = 3 WHERE account = account(''bob'')'), 'account_closed recorded', 'bulk: account_closed');
SELECT is(one('50 alice alice 1 USD'), 'same_account forgotten', 'bulk: same_account');
SELECT is(one('50 alice bob NaN USD'), 'invalid_amount forgotten', 'bulk: invalid_amount');
SELECT is(one('50 alice bob 0.001 USD'), 'invalid_scale forgotten', 'bulk: invalid_scale');
SELECT is(one('50 alice bob 1e36 USD'), 'amount_overflow forgotten', 'bulk: amount_overflow of the amount');
SELECT is(one('50 world full 1 JPY'), 'amount_overflow forgotten', 'bulk: amount_overflow of a balance');
SELECT is(one('50 alice bob 1 ZZZ'), 'unknown_currency forgotten', 'bulk: unknown_currency');
SELECT is(one('50 alice cap 6 USD'), 'ceiling_exceeded recorded', 'bulk: ceiling_exceeded');
SELECT is(one('50 alice bob 11 USD', 'spend_limit = 10, window_seconds = 60 WHERE account = account(''alice'')'), 'spend_limit_exceeded recorded', 'bulk: spend_limit_exceeded');
SELECT is(one('50 @transit:x bob 1 USD'), 'invalid_name forgotten', 'bulk: invalid_name');
SELECT is(told('{1 alice bob 2 USD}'), 'transaction_id_conflict', 'bulk: transaction_id_conflict');
SELECT is((SELECT string_agg(status, ' ' ORDER BY ord) FROM wallet_transfers('{alice}', '{bob}', '{1}', '{USD}', ARRAY[id(51)], NULL, ARRAY[to_jsonb(repeat('x', 65535))])),
	'metadata_too_large', 'bulk: metadata_too_large');
SELECT is(told('{52 alice bob 150 USD,53 alice bob 1 USD}', '{1,1}'), 'insufficient_funds group_failed', 'bulk: group_failed');

SELECT is((SELECT string_agg(status, ' ' ORDER BY ord) FROM wallet_transfers_by_id(
		ARRAY[account('alice'), 1, account('alice'), account('alice'), account('alice'), 1], ARRAY[account('bob'), account('bob'), 1, account('alice'), account('alice', 'EUR'), account('bob')],
		'{1, 1, 1, 1, 1, 0.001}', ARRAY[id(60), id(61), id(62), id(63), id(64), id(65)])),
	'success account_not_found account_not_found same_account invalid_argument account_not_found', 'by id: unknown payer, unknown payee, same, two currencies, unknown before scale');
SELECT sound();
SELECT * FROM finish();
