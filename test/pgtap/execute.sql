-- Goal: wallet_execute takes commands of every kind, in order, each seeing those before it; groups stand or fall together with what they brought
-- forth; what is no command is an error that names the place; it gives nobody a right that the commands by themselves do not give.
-- Method: calls with what they answer and what is left after; accounts, currencies and holds are born, used and undone within one call.
\ir lib/setup.sql
SELECT plan(114);

SELECT open('world', 'USD', NULL), open('sink'), open('alice') \g /dev/null
SELECT pay('world', 'alice', 100) \g /dev/null

-- ---- every command, as the words of its function
SELECT shows($$ SELECT ord, status, transaction_id, amount, from_balance, to_balance, replayed, recorded_at = wallet_event_time(event_id) FROM wallet_execute('[
	{"command": "define_currency", "code": "GEMS", "exponent": 1, "transaction_id": "0190a000-0000-7000-8000-000000000001"},
	{"command": "open", "name": "mine", "currency": "GEMS", "transaction_id": "0190a000-0000-7000-8000-000000000002", "floor": null, "metadata": {"a": [1, null, "x"]}},
	{"command": "open", "name": "vault", "currency": "GEMS", "transaction_id": "0190a000-0000-7000-8000-000000000003"},
	{"command": "open", "name": "box", "currency": "GEMS", "transaction_id": "0190a000-0000-7000-8000-000000000004", "floor": -5.5, "ceiling": 1e3, "parent": "vault", "owner": "postgres"},
	{"command": "transfer", "from_account": "mine", "to_account": "vault", "amount": 100, "currency": "GEMS", "transaction_id": "0190a000-0000-7000-8000-000000000005", "metadata": null, "effective_at": "2001-02-03T04:05:06Z", "expected_version": 1},
	{"command": "hold", "from_account": "vault", "to_account": "box", "amount": "60.0", "currency": "GEMS", "transaction_id": "0190a000-0000-7000-8000-000000000006", "expires_at": "2200-01-01T00:00:00Z", "expected_version": "2", "metadata": "text"},
	{"command": "capture", "hold_id": "0190a000-0000-7000-8000-000000000006", "transaction_id": "0190a000-0000-7000-8000-000000000007", "amount": 12.5, "final": false},
	{"command": "release", "hold_id": "0190a000-0000-7000-8000-000000000006", "transaction_id": "0190a000-0000-7000-8000-000000000008", "amount": 7.5, "metadata": {}},
	{"command": "capture", "hold_id": "0190a000-0000-7000-8000-000000000006", "transaction_id": "0190a000-0000-7000-8000-000000000009", "amount": null},
	{"command": "reverse", "original": "0190a000-0000-7000-8000-000000000009", "transaction_id": "0190a000-0000-7000-8000-00000000000a", "amount": 10},
	{"command": "sweep", "from_account": "box", "to_account": "vault", "up_to": 1000, "currency": "GEMS", "transaction_id": "0190a000-0000-7000-8000-00000000000b"},
	{"command": "freeze", "name": "box", "currency": "GEMS", "transaction_id": "0190a000-0000-7000-8000-00000000000c", "reason": "why"},
	{"command": "unfreeze", "name": "box", "currency": "GEMS", "transaction_id": "0190a000-0000-7000-8000-00000000000d"},
	{"command": "set_floor", "name": "box", "currency": "GEMS", "floor": -6, "transaction_id": "0190a000-0000-7000-8000-00000000000e"},
	{"command": "remove_floor", "name": "box", "currency": "GEMS", "transaction_id": "0190a000-0000-7000-8000-00000000000f"},
	{"command": "set_ceiling", "name": "box", "currency": "GEMS", "ceiling": null, "transaction_id": "0190a000-0000-7000-8000-000000000010"},
	{"command": "set_spend_limit", "name": "box", "currency": "GEMS", "amount": 7, "window_seconds": 2147483647, "transaction_id": "0190a000-0000-7000-8000-000000000011"},
	{"command": "transfer", "from_account": "vault", "to_account": "box", "amount": 5.5, "currency": "GEMS", "transaction_id": "0190a000-0000-7000-8000-000000000012", "group": 7},
	{"command": "close", "name": "box", "currency": "GEMS", "transaction_id": "0190a000-0000-7000-8000-000000000013", "group": 7}]') o ORDER BY ord $$,
	$$ SELECT n, 'success', id(n), amount, a, b, false, true FROM (VALUES (1, NULL::numeric, NULL::numeric, NULL::numeric), (2, NULL, NULL, 0.0), (3, NULL, NULL, 0.0), (4, NULL, NULL, 0.0), (5, 100.0, -100.0, 100.0), (6, 60.0, 100.0, 0.0),
		(7, 12.5, 87.5, 12.5), (8, 7.5, 87.5, 12.5), (9, 40.0, 47.5, 52.5), (10, 10.0, 42.5, 57.5), (11, 48.0, -5.5, 105.5), (12, NULL, -5.5, NULL), (13, NULL, -5.5, NULL), (14, NULL, -5.5, NULL), (15, NULL, -5.5, NULL), (16, NULL, -5.5, NULL), (17, NULL, -5.5, NULL),
		(18, 5.5, 100.0, 0.0), (19, NULL, 0.0, NULL)) AS v (n, amount, a, b) $$, 'each command once, in order');
SELECT is((SELECT array_agg(e.kind::int ORDER BY event_id) FROM wallet.event e WHERE transaction_id BETWEEN id(1) AND id(19)), '{1,2,2,2,3,4,5,6,5,8,9,10,11,13,14,15,16,3,12}', 'their kinds');
SELECT shows($$ SELECT name, parent = account('vault', 'GEMS'), owner, floor, ceiling, status, version, metadata FROM wallet_account('box', 'GEMS'), (VALUES ('box')) v (name) UNION ALL SELECT 'mine', parent IS NULL, owner, floor, ceiling, status, version, metadata FROM wallet_account('mine', 'GEMS') $$,
	$$ VALUES ('box', true, 'postgres', NULL::numeric, NULL::numeric, 'closed', 6::bigint, NULL::jsonb), ('mine', true, NULL, NULL, NULL, 'open', 2, '{"a": [1, null, "x"]}') $$, 'the accounts are as they were asked for');
SELECT shows('SELECT effective_at, expires_at, expected_version, final, metadata FROM wallet.event WHERE transaction_id BETWEEN id(5) AND id(9) ORDER BY event_id',
	$$ VALUES ('2001-02-03 04:05:06+00'::timestamptz, NULL::timestamptz, 1, NULL::boolean, NULL::jsonb), (NULL, '2200-01-01 00:00+00', 2, NULL, '"text"'), (NULL, NULL, NULL, false, NULL), (NULL, NULL, NULL, NULL, '{}'), (NULL, NULL, NULL, true, NULL) $$, 'optional fields are recorded; JSON''s null is as if left out');
SELECT is((SELECT floor FROM wallet_account('vault', 'GEMS')), 0.0, 'a field that is left out has the function''s default');
SELECT is((SELECT group_first IS NOT NULL FROM wallet.event WHERE transaction_id = id(19)), true, 'the last two were a group');

-- ---- the same content at either door; no commands
SELECT is(answer(wallet_hold('vault', 'box', 60, 'GEMS', id(6), '"text"', '2200-01-01 00:00+00', 2)), 'success* 60.0 100.0 0.0', 'the single door replays what was executed');
SELECT wallet_transfer('alice', 'sink', 1.5, 'USD', id(20), '{"b": 1, "a": 2}') \g /dev/null
SELECT is((SELECT string_agg(status || replayed, ' ') FROM wallet_execute(jsonb_build_array(said('transfer 20 alice sink 1.50 USD') || '{"metadata": {"a": 2, "b": 1}}', said('transfer 20 alice sink 1.51 USD') || '{"metadata": {"a": 2, "b": 1}}'))), 'successtrue transaction_id_conflictfalse', 'and the other way round');
SELECT is_empty($$ SELECT * FROM wallet_execute('[]') $$, 'no commands: no rows');
SELECT is_empty($$ SELECT * FROM wallet_execute('[]', true) $$, 'nor as one group');

-- ---- order: later commands see what earlier ones did
SELECT is(does('{transfer 30 a1 sink 1 USD,open 31 a1 USD,transfer 32 a1 sink 1 USD,transfer 33 world a1 5 USD,transfer 34 a1 sink 1 USD,freeze 35 a1 USD,transfer 36 a1 sink 1 USD,unfreeze 37 a1 USD,transfer 38 a1 sink 1 USD,capture 39 40,hold 40 a1 sink 3 USD,capture 41 40,close 42 a1 USD,transfer 43 world a1 1 USD}'),
	'account_not_found success insufficient_funds success success success account_frozen success success hold_not_found success success success account_closed', 'a life in one call');
SELECT is(has('a1'), '0.00 0.00 0.00 closed 6', 'and what is left of it');
SELECT is(does('{open 44 a2 GOLD,define_currency 45 GOLD 3,open 46 a2 GOLD floor=-1,open 47 a3 GOLD parent=a2,open 48 a4 GOLD parent=a5,open 49 a5 GOLD,transfer 50 a2 a3 0.001 GOLD,transfer 51 a2 a3 0.0001 GOLD,define_currency 52 GOLD 3}'),
	'unknown_currency success success success account_not_found success success invalid_scale invalid_argument', 'currencies, accounts and parents are there from where they were born');
SELECT is((SELECT parent FROM wallet.account WHERE name = 'a3'), account('a2', 'GOLD'), 'the parent is that of this call');
SELECT is(does('{open 53 a6 USD,open 54 a6 USD,open 53 a6 USD,open 53 a7 USD,transfer 55 world a6 1 USD}'), 'success account_exists success* transaction_id_conflict success', 'a name is born once');
SELECT is(does('{open 56 a7 USD parent=nobody,transfer 57 world a7 1 USD}') || ' ' || does('{open 58 a7 USD,transfer 57 world a7 1 USD}'), 'account_not_found account_not_found success success', 'an opening that is refused is none: the name is free, and the ids');

-- ---- groups
SELECT is(does('{open 60 b1 USD,transfer 61 world b1 100 USD,hold 62 b1 sink 60 USD group=1,capture 63 62 10 false group=1,reverse 64 63 4 group=1}'), 'success success success success success', 'a group that lives off what it brings forth');
SELECT is(has('b1') || ' ' || (SELECT remaining FROM wallet.hold WHERE id = id(62)) || ' ' || (SELECT reversed FROM wallet.reversal WHERE original = id(63)), '94.00 50.00 44.00 open 5 50.00 4.00', 'and what it leaves');
SELECT is((SELECT count(DISTINCT group_first) || ' ' || max(event_id - group_first) FROM wallet.event WHERE transaction_id BETWEEN id(60) AND id(64)), '1 2', 'its ids are in a row');
SELECT is(does('{capture 65 62 50 group=5,transfer 66 b1 sink 44 USD group=5,transfer 67 b1 sink 0.01 USD group=5,capture 68 62 1 false group=6}'), 'group_failed group_failed insufficient_funds success', 'a capture of a group that fails is undone, for the next command too');
SELECT is(has('b1') || ' ' || (SELECT state || ' ' || remaining FROM wallet.hold WHERE id = id(62)), '93.00 49.00 44.00 open 6 1 49.00', 'the hold is as before');
SELECT shows('SELECT * FROM events(''{65,66,67}'')', $$ VALUES (65, 0, 'capture', 'group_failed', 50.00, NULL::numeric, 94.00, 12.50, 50.00, 5, 7),
	(66, 0, 'transfer', 'group_failed', 44.00, NULL, 94.00, 12.50, 50.00, 5, 7), (67, 0, 'transfer', 'insufficient_funds', 0.01, NULL, 0.00, 106.50, 0.00, 7, 9) $$, 'the guilty saw the hold captured, the others what is after the undo');
SELECT is(does('{hold 70 b1 sink 40 USD group=1,capture 71 70 1 false group=1,release 72 62 9 group=1,reverse 73 63 1 group=1,freeze 74 b1 USD group=1,set_floor 75 b1 USD 1 group=1,set_ceiling 76 b1 USD 1 group=1,set_spend_limit 77 b1 USD 1 60 group=1,transfer 78 sink nobody 1 USD group=1}'),
	'group_failed group_failed group_failed group_failed group_failed group_failed group_failed group_failed account_not_found', 'a fault that needs no stepping');
SELECT is(does('{hold 70 b1 sink 40 USD group=1,capture 71 70 1 false group=1,release 72 62 9 group=1,reverse 73 63 1 group=1,set_floor 75 b1 USD 1 group=1,set_ceiling 76 b1 USD 1 group=1,set_spend_limit 77 b1 USD 1 60 group=1,freeze 74 b1 USD group=1,transfer 78 b1 sink 1 USD group=1}'),
	'group_failed group_failed group_failed group_failed group_failed group_failed group_failed group_failed account_frozen', 'the ids were free; one that is found by stepping');
SELECT is(has('b1') || ' ' || (SELECT format('%s/%s/%s', floor, ceiling, spend_limit) FROM wallet.balance WHERE account = account('b1')) || ' ' || (SELECT remaining FROM wallet.hold WHERE id = id(62)) || ' ' || (SELECT reversed FROM wallet.reversal WHERE original = id(63)), '93.00 49.00 44.00 open 6 0.00// 49.00 4.00', 'all is undone');
SELECT is((SELECT count(*) FROM wallet.hold WHERE id = id(70)), 0::bigint, 'no hold is left');

-- what a group opens or defines is there after it, not for its own members: if it failed, their records would name what never was
SELECT is(does('{open 80 b2 USD group=1,transfer 81 world b2 5 USD group=1,transfer 82 world b2 1 USD,open 83 b2 USD group=2,transfer 84 alice sink 1000 USD group=2,transfer 82 world b2 1 USD,open 80 b2 USD,transfer 82 world b2 1 USD}'),
	'group_failed account_not_found account_not_found group_failed insufficient_funds account_not_found success success', 'an account born in a group that fails is none: its name is free, and there when it is born at last');
SELECT shows('SELECT n, kind, status, to_balance FROM events(''{80,81,82,83}'')', $$ VALUES (83, 'open', 'group_failed', NULL::numeric), (80, 'open', 'success', 0.00), (82, 'transfer', 'success', 1.00) $$, 'recorded is what failed for a remembered reason');
SELECT is(does('{open 83 b2 USD}'), 'group_failed*', 'for ever');
SELECT is(does('{open 85 p1 USD group=1,open 86 p2 USD parent=p1 group=1}'), 'group_failed account_not_found', 'a parent of the same group');
SELECT is(does('{open 85 p1 USD group=1,transfer 87 alice sink 0.01 USD group=1,open 86 p2 USD parent=p1 group=2,transfer 88 world p1 1 USD group=2}'), 'success success success success', 'of one before');
SELECT is(does('{define_currency 89 TIN 2 group=1,open 90 b3 TIN group=1,open 90 b3 TIN}'), 'group_failed unknown_currency unknown_currency', 'a currency of the same group');
SELECT is(does('{define_currency 89 TIN 0 group=1,transfer 91 alice sink 0.01 USD group=1,open 90 b3 TIN group=2}'), 'success success success', 'of one before: it may come with other decimals than those that failed');
SELECT is(does('{transfer 92 alice sink 1 USD,hold 93 alice sink 7 USD,capture 94 93 7.01}', true), 'group_failed group_failed exceeds_hold', 'atomic: all are one group');
SELECT is(does('{transfer 95 alice sink 1 USD group=3,hold 96 alice sink 7 USD group=4,release 101 96 group=3}', true), 'success success success', 'atomic: whatever their numbers say');
SELECT is(does('{transfer 97 alice sink 1 USD group=1,transfer 98 alice sink 1 USD group=null,transfer 99 alice sink 1000 USD group=2,transfer 100 alice sink 1 USD group=2}'), 'success success insufficient_funds group_failed', 'no number: alone');

-- ---- what is no command: an error, and nothing of the call is done
CREATE FUNCTION error(commands jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	words text;
BEGIN
	PERFORM * FROM wallet_execute(commands);
	RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS words = PG_EXCEPTION_CONTEXT;
	RETURN format('%s %s', SQLSTATE, SQLERRM) || COALESCE(' | ' || substring(words FROM '^((field "[^"]*" of )?command \d+)'), '');
END $$;
-- A good command, and one that has a fault.
CREATE FUNCTION with_fault(fault jsonb) RETURNS text LANGUAGE sql AS $$ SELECT error(jsonb_build_array(said('transfer 200 alice sink 1 USD'), fault)) $$;
CREATE TABLE before AS SELECT count(*) FROM wallet.event;
SELECT is(error(NULL), 'WA024 "commands" must not be NULL', 'NULL');
SELECT is((fault_of($$ SELECT * FROM wallet_execute('[]', NULL) $$)).message, '"atomic" must not be NULL', 'atomic NULL');
SELECT is(error(c), 'WA024 "commands" must be an array of objects', 'no array: ' || c::text) FROM unnest(ARRAY['{}', '1', 'null', '"x"', 'true', '{"command": "open"}']::jsonb[]) AS c;
SELECT is(with_fault(c), 'WA024 a command is an object | command 2', 'no object: ' || c::text) FROM unnest(ARRAY['1', 'null', '[]', '"transfer"', 'true', '[{}]']::jsonb[]) AS c;
SELECT is(with_fault(c), 'WA024 it has no "command" | command 2', 'no command: ' || c::text) FROM unnest(ARRAY['{}', '{"command": null}', '{"command": 1}', '{"command": {}}', '{"Command": "open"}']::jsonb[]) AS c;
SELECT is(with_fault(c), 'WA024 it has no "transaction_id" | command 2', 'no id: ' || c::text) FROM unnest(ARRAY[said('transfer - alice sink 1 USD'), said('transfer - alice sink 1 USD') || '{"transaction_id": null}', said('close -')]) AS c;
SELECT is(with_fault(jsonb_build_object('command', c)), format('WA024 there is no command "%s" | command 2', c), 'no such command: ' || c) FROM unnest('{"",Transfer,transfers,open_,wallet_open,expire,snapshot,redact,rebuild,try_debit,transit,compensate}'::text[]) AS c;
SELECT is(with_fault(said('transfer 201 alice sink 1 USD') || jsonb_build_object(f, NULL)), format('WA024 a "transfer" has no field "%s" | command 2', f), 'no such field: ' || f) FROM unnest('{Amount,hold_id,"",name,Group}'::text[]) AS f;
SELECT is(with_fault(said('close 201 alice USD') || '{"reason": "x"}'), 'WA024 a "close" has no field "reason" | command 2', 'a field of another command');
SELECT is(with_fault(said('transfer 201 alice sink 1 USD') || jsonb_build_object(f, v)), format('%s | field "%s" of command 2', wanted, f), format('field %s: %s', f, v))
FROM (VALUES ('amount', 'true'::jsonb, 'WA024 a value of another type is wanted'), ('amount', '[1]', 'WA024 a value of another type is wanted'), ('amount', '{}', 'WA024 a value of another type is wanted'), ('amount', '"1,0"', '22P02 invalid input syntax for type numeric: "1,0"'),
	('amount', '""', '22P02 invalid input syntax for type numeric: ""'), ('from_account', '1', 'WA024 a number is of no use here'), ('from_account', 'false', 'WA024 a value of another type is wanted'), ('currency', '840', 'WA024 a number is of no use here'),
	('transaction_id', '1', 'WA024 a number is of no use here'), ('transaction_id', '"x"', '22P02 invalid input syntax for type uuid: "x"'), ('effective_at', '1700000000', 'WA024 a number is of no use here'), ('effective_at', '"x"', '22007 invalid input syntax for type timestamp with time zone: "x"'),
	('expected_version', '1.5', 'WA024 a whole number is wanted'), ('expected_version', '1e30', '22003 bigint out of range'), ('expected_version', '"1.5"', '22P02 invalid input syntax for type bigint: "1.5"'), ('group', '0.5', 'WA024 a whole number is wanted'),
	('group', '2147483648', '22003 integer out of range'), ('group', 'true', 'WA024 a value of another type is wanted'), ('group', '[]', 'WA024 a value of another type is wanted')) AS v (f, v, wanted);
SELECT is(with_fault(said('capture 201 62 1') || jsonb_build_object('final', v)), format('%s | field "final" of command 2', wanted), 'field final: ' || v::text)
FROM (VALUES ('1'::jsonb, 'WA024 a number is of no use here'), ('"perhaps"', '22P02 invalid input syntax for type boolean: "perhaps"'), ('{}', 'WA024 a value of another type is wanted')) AS v (v, wanted);
SELECT matches(error(jsonb_build_array(said('transfer 200 alice sink 1 USD group=8'), said('transfer 201 alice sink 1 USD group=9'), said('transfer 202 alice sink 1 USD group=8'))), '^WA024 .*\m3\M.*\m8\M', 'a group number that comes back: position and number');
SELECT matches(error(jsonb_build_array(said('transfer 200 alice sink 1 USD group=8'), said('transfer 201 alice sink 1 USD'), said('transfer 202 alice sink 1 USD group=8'))), '^WA024 .*\m3\M.*\m8\M', 'one without a number parts a group too');
SELECT matches(error((SELECT jsonb_agg('{}'::jsonb) FROM generate_series(1, 65537))), '^WA024 .*65536.*65537', 'too many commands');
SELECT is((SELECT count(*) FROM wallet.event), (SELECT count FROM before), 'nothing was done by any of these');

-- ---- what is a command and cannot be carried out is a status
SELECT is(does(ARRAY['transfer 210', 'transfer 210 alice sink - USD', 'transfer 210 alice - 1 USD', 'transfer 210 alice sink 1', 'hold 210 alice sink null USD', 'capture 210', 'release 210', 'reverse 210', 'sweep 210 alice sink - USD', 'capture 210 62 1 null',
	'open 210', 'open 210 b9', 'open 210 b9 USD owner=nobody_at_all', 'define_currency 210 gems 1', 'define_currency 210 TOP', 'freeze 210', 'close 210 alice', 'set_floor 210 alice USD', 'set_spend_limit 210 alice USD 5', 'set_spend_limit 210 alice USD 5 0', 'transfer 210 alice sink NaN USD', 'capture 210 62 0']),
	'invalid_name invalid_amount invalid_name invalid_argument invalid_amount invalid_argument invalid_argument invalid_argument invalid_amount invalid_argument'
	|| ' invalid_name invalid_argument invalid_argument invalid_argument invalid_argument invalid_name invalid_argument invalid_amount invalid_argument invalid_argument invalid_amount invalid_amount', 'what is missing or NULL, as at the single door');
SELECT is((SELECT count(*) FROM wallet.event), (SELECT count FROM before), 'none of it is recorded');

-- ---- numbers are never rounded
SELECT wallet_define_currency('WEI', 18, id(220)), open('w1', 'WEI', NULL), open('w2', 'WEI') \g /dev/null
SELECT is((SELECT string_agg(o.amount::text, ' ' ORDER BY ord) FROM wallet_execute('[{"command": "transfer", "from_account": "w1", "to_account": "w2", "amount": 12345678901234567890.123456789012345678, "currency": "WEI", "transaction_id": "0190a000-0000-7000-8000-000000000300"},
	{"command": "transfer", "from_account": "w1", "to_account": "w2", "amount": "12345678901234567890.123456789012345678", "currency": "WEI", "transaction_id": "0190a000-0000-7000-8000-000000000301"},
	{"command": "transfer", "from_account": "w1", "to_account": "w2", "amount": 1e-18, "currency": "WEI", "transaction_id": "0190a000-0000-7000-8000-000000000302"}]') o), '12345678901234567890.123456789012345678 12345678901234567890.123456789012345678 0.000000000000000001', 'numbers and strings, all 38 digits');

-- ---- rights: EXECUTE on the function of the command
CREATE ROLE wt_execute_teller;
CREATE ROLE wt_execute_nobody;
SELECT wallet_grant('wt_execute_teller', 'teller') \g /dev/null
GRANT USAGE ON SCHEMA wallet TO wt_execute_nobody;
GRANT EXECUTE ON FUNCTION error(jsonb), does(text[], boolean), execute(text[], boolean), said(text), id(bigint) TO wt_execute_teller, wt_execute_nobody;
SET SESSION AUTHORIZATION wt_execute_teller;
SELECT string_agg(error(jsonb_build_array(said('transfer 230 alice sink 1 USD'), said(c))), E'\n' ORDER BY n) AS errors
FROM unnest('{freeze 231 alice USD,unfreeze 231 alice USD,close 231 alice USD,set_floor 231 alice USD 1,remove_floor 231 alice USD,set_ceiling 231 alice USD 1,set_spend_limit 231 alice USD 1 1,open 231 me USD,define_currency 231 MINE 2}'::text[]) WITH ORDINALITY u (c, n) \gset
SELECT does('{transfer 232 alice sink 1 USD,hold 233 alice sink 2 USD,capture 234 233 1 false,release 235 233,reverse 236 234,sweep 237 alice sink 1 USD,transfer 238 world alice 1 USD}') AS moved \gset
RESET SESSION AUTHORIZATION;
SELECT is(:'errors'::text, (SELECT string_agg(format('42501 permission denied for function wallet_%s | command 2', f), E'\n' ORDER BY n) FROM unnest('{freeze,unfreeze,close,set_floor,remove_floor,set_ceiling,set_spend_limit,open,define_currency}'::text[]) WITH ORDINALITY u (f, n)), 'a teller has no right to what an admin does');
SELECT is((SELECT count(*) FROM wallet.event WHERE transaction_id IN (id(230), id(231))), 0::bigint, 'and nothing else of such a call is done');
SELECT is(:'moved'::text, 'success success success success success success insufficient_privilege', 'what a teller may, it may here; whose money it is, is asked here too');
GRANT EXECUTE ON FUNCTION wallet_freeze(text, text, uuid, text) TO wt_execute_teller;
REVOKE EXECUTE ON FUNCTION wallet_sweep(text, text, numeric, text, uuid, jsonb) FROM wt_execute_teller;
SET SESSION AUTHORIZATION wt_execute_teller;
SELECT does('{freeze 240 alice USD}') AS freezes, error(jsonb_build_array(said('transfer 241 sink alice 1 USD'), said('transfer 242 sink alice 1 USD'), said('sweep 243 sink alice 1 USD'))) AS sweeps \gset
SET SESSION AUTHORIZATION wt_execute_nobody;
SELECT error(jsonb_build_array(said('transfer 244 sink alice 1 USD'))) AS nobody \gset
RESET SESSION AUTHORIZATION;
SELECT is(:'freezes'::text, 'success', 'with EXECUTE on it, it may');
SELECT is(:'sweeps'::text, '42501 permission denied for function wallet_sweep | command 3', 'without, it may not');
SELECT is(:'nobody'::text, '42501 permission denied for function wallet_execute', 'the function itself needs it too');
SELECT is((SELECT actor FROM wallet.event WHERE transaction_id = id(240)), 'wt_execute_teller', 'the actor is who asked');

SELECT sound();
SELECT replays();
SELECT * FROM finish();
