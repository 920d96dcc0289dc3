-- Goal: NULL in every argument of every function has a meaning of its own or a named refusal; nothing crashes, nothing is taken for zero.
-- Method: every argument in turn, against SPEC 4, 5, 8 and the build's decisions; the list of functions is compared with the catalog, so
-- that a function that is added later without its NULLs fails here.
\ir lib/setup.sql
SELECT plan(105);

SELECT open('world', 'USD', NULL), open('alice'), open('bob') \g /dev/null
SELECT pay('world', 'alice', 100) \g /dev/null

SELECT set_eq($$ SELECT p.proname::text || ' ' || p.pronargs FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
		JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'wallet' WHERE p.pronargs > 0 AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype) $$,
	$$ VALUES
		('expired 2'),
		('wallet_account 2'),
		('wallet_balance 2'),
		('wallet_balance_at 3'),
		('wallet_balance_effective 4'),
		('wallet_define_currency 3'),
		('wallet_event_time 1'),
		('wallet_export 2'),
		('wallet_feed 2'),
		('wallet_get 1'),
		('wallet_grant 2'),
		('wallet_open 8'),
		('wallet_rebuild 2'),
		('wallet_redact 2'),
		('wallet_replay 1'),
		('wallet_revoke 2'),
		('wallet_statement 6'),
		('wallet_transfer 8'),
		('wallet_transfers 8'),
		('wallet_transfers_by_id 6'),
		('wallet_verify 1'),
		('wallet_wait_event 2'),
		('wallet_hold 8'),
		('wallet_capture 5'),
		('wallet_release 4'),
		('wallet_reverse 4'),
		('wallet_sweep 6'),
		('wallet_freeze 4'),
		('wallet_unfreeze 4'),
		('wallet_close 3'),
		('wallet_set_floor 4'),
		('wallet_remove_floor 3'),
		('wallet_set_ceiling 4'),
		('wallet_set_spend_limit 5'),
		('wallet_execute 2'),
		('wallet_holds 2'),
		('wallet_tree_balance 2'),
		('wallet_verify_against 1'),
		('wallet_verify_account 2') $$,
	'these are the functions, all of whose arguments are NULL below');

-- ---- wallet_transfer
SELECT is((fault_of($$ SELECT wallet_transfer(NULL, 'bob', 1, 'USD', id(1)) $$)).sqlstate, 'WA023', 'transfer: from_account');
SELECT is((fault_of($$ SELECT wallet_transfer('alice', NULL, 1, 'USD', id(1)) $$)).sqlstate, 'WA023', 'transfer: to_account');
SELECT is((fault_of($$ SELECT wallet_transfer('alice', 'bob', NULL, 'USD', id(1)) $$)).sqlstate, 'WA006', 'transfer: amount');
SELECT is((fault_of($$ SELECT wallet_transfer('alice', 'bob', 1, NULL, id(1)) $$)).sqlstate, 'WA024', 'transfer: currency');
SELECT is((fault_of($$ SELECT wallet_transfer('alice', 'bob', 1, 'USD', NULL) $$)).sqlstate, 'WA024', 'transfer: transaction_id');
SELECT is((fault_of($$ SELECT wallet_transfer(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL) $$)).sqlstate, 'WA023', 'transfer: all of them');
SELECT is((wallet_transfer('alice', 'bob', 1, 'USD', id(1), NULL, NULL, NULL)).status, 'success', 'transfer: metadata, effective_at and expected_version may be NULL');
SELECT ok(metadata IS NULL AND metadata_digest IS NULL AND effective_at IS NULL AND expected_version IS NULL, 'transfer: and are absent from the event')
FROM wallet.event WHERE transaction_id = id(1);
SELECT is((fault_of($$ SELECT wallet_transfer('alice', 'bob', 1, 'USD', id(1), 'null'::jsonb) $$)).sqlstate, 'WA010', 'transfer: the JSON null is metadata, NULL is none');
SELECT is((wallet_transfer('alice', 'bob', 1, 'USD', id(2), 'null'::jsonb)).replayed, false, 'transfer: the JSON null is accepted');
SELECT ok(metadata = 'null'::jsonb AND metadata_digest = sha256('null'), 'transfer: and recorded') FROM wallet.event WHERE transaction_id = id(2);

-- ---- the other commands, one at a time: NULL in each argument that must be given, and the class of each refusal
CREATE FUNCTION refusals(name text, VARIADIC arguments text[]) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(COALESCE((fault_of(format('SELECT %s(%s)', name, (SELECT string_agg(CASE o WHEN n THEN 'NULL' ELSE b END, ', ' ORDER BY o) FROM unnest(arguments) WITH ORDINALITY AS u (b, o))))).sqlstate, 'none'), ' ' ORDER BY n)
	FROM generate_subscripts(arguments, 1) AS n $$;
SELECT is((wallet_hold('alice', 'bob', 10, 'USD', id(50), NULL, NULL, NULL)).status, 'success', 'hold: metadata, expires_at and expected_version may be NULL');
SELECT ok(metadata IS NULL AND expires_at IS NULL AND expected_version IS NULL, 'hold: and are absent from the event') FROM wallet.event WHERE transaction_id = id(50);
SELECT ok(expires_at IS NULL, 'hold: without expires_at it does not expire') FROM wallet.hold WHERE id = id(50);
SELECT is(refusals('wallet_hold', '''alice''', '''bob''', '1', '''USD''', 'id(51)'), 'WA023 WA023 WA006 WA024 WA024', 'hold: from_account, to_account, amount, currency, transaction_id');
SELECT is(refusals('wallet_capture', 'id(50)', 'id(51)', '1', 'true', '''{}'''), 'WA024 WA024 none WA024 none', 'capture: hold_id, transaction_id and final must be given; amount and metadata need not');
SELECT is((fault_of($$ SELECT wallet_capture(id(50), id(51), final => NULL) $$)).detail, 'The final is NULL.', 'capture: final NULL is not taken for false');
SELECT is((wallet_capture(id(50), id(52), 4, false, NULL)).status, 'success', 'capture: metadata NULL');
SELECT is((wallet_capture(id(50), id(53), NULL, false)).amount::text, '6.00', 'capture: amount NULL is all that remains');
SELECT ok(requested IS NULL AND amount = 6, 'capture: and stays NULL in what was asked') FROM wallet.event WHERE transaction_id = id(53);
SELECT is((fault_of($$ SELECT wallet_capture(id(50), id(53), 6, false) $$)).sqlstate, 'WA010', 'capture: NULL and the amount that came of it are two contents');
SELECT is((wallet_hold('alice', 'bob', 10, 'USD', id(54))).status, 'success', 'another hold');
SELECT is(refusals('wallet_release', 'id(54)', 'id(55)', '1', '''{}'''), 'WA024 WA024 none none', 'release: hold_id, transaction_id; amount, metadata');
SELECT is((wallet_release(id(54), id(55), NULL, NULL)).amount::text, '10.00', 'release: amount NULL is all that remains');
SELECT is(refusals('wallet_reverse', 'id(53)', 'id(56)', '1', '''{}'''), 'WA024 WA024 none none', 'reverse: original, transaction_id; amount, metadata');
SELECT is((wallet_reverse(id(53), id(56), NULL, NULL)).amount::text, '6.00', 'reverse: amount NULL is all');
SELECT is(refusals('wallet_sweep', '''alice''', '''bob''', '1', '''USD''', 'id(57)', '''{}'''), 'WA023 WA023 WA006 WA024 WA024 none', 'sweep: from_account, to_account, up_to, currency, transaction_id; metadata');
SELECT is(refusals('wallet_freeze', '''bob''', '''USD''', 'id(57)', '''why'''), 'WA023 WA024 WA024 none', 'freeze: name, currency, transaction_id; reason');
SELECT is(refusals('wallet_unfreeze', '''bob''', '''USD''', 'id(57)', '''why'''), 'WA023 WA024 WA024 none', 'unfreeze: name, currency, transaction_id; reason');
SELECT open('empty') \g /dev/null
SELECT is(refusals('wallet_close', '''empty''', '''USD''', 'id(57)'), 'WA023 WA024 WA024', 'close: name, currency, transaction_id');
SELECT is(refusals('wallet_set_floor', '''bob''', '''USD''', '0', 'id(57)'), 'WA023 WA024 WA006 WA024', 'set_floor: name, currency, floor, which NULL does not remove, transaction_id');
SELECT is(refusals('wallet_remove_floor', '''bob''', '''USD''', 'id(57)'), 'WA023 WA024 WA024', 'remove_floor: name, currency, transaction_id');
SELECT is(refusals('wallet_set_ceiling', '''bob''', '''USD''', '500', 'id(57)'), 'WA023 WA024 none WA024', 'set_ceiling: name, currency, ceiling, transaction_id');
SELECT is((wallet_set_ceiling('bob', 'USD', 500, id(58))).status, 'success', 'a ceiling');
SELECT is((wallet_set_ceiling('bob', 'USD', NULL, id(59))).status, 'success', 'set_ceiling: NULL is accepted');
SELECT ok(ceiling IS NULL, 'set_ceiling: and takes it away') FROM wallet_account('bob', 'USD');
SELECT is(refusals('wallet_set_spend_limit', '''bob''', '''USD''', '5', '60', 'id(57)'), 'WA023 WA024 none WA024 WA024', 'set_spend_limit: name, currency, amount, window_seconds, transaction_id');
SELECT is((wallet_set_spend_limit('bob', 'USD', 5, 60, id(60))).status, 'success', 'a limit');
SELECT is((wallet_set_spend_limit('bob', 'USD', NULL, NULL, id(61))).status, 'success', 'set_spend_limit: without an amount no window is needed');
SELECT ok(spend_limit IS NULL, 'set_spend_limit: and there is no limit') FROM wallet.balance WHERE account = account('bob');

-- ---- wallet_execute: a NULL field is a field left out; its refusal is a status
SELECT is((fault_of('SELECT * FROM wallet_execute(NULL)')).sqlstate, 'WA024', 'execute: commands');
SELECT is((fault_of('SELECT * FROM wallet_execute(''[]'', NULL)')).sqlstate, 'WA024', 'execute: atomic');
SELECT is((fault_of('SELECT * FROM wallet_execute(''null'')')).sqlstate, 'WA024', 'execute: the JSON null');
SELECT is((fault_of('SELECT * FROM wallet_execute(''[null]'')')).sqlstate, 'WA024', 'execute: a command');
SELECT is((fault_of('SELECT * FROM wallet_execute(''[{"command": null}]'')')).sqlstate, 'WA024', 'execute: the word');
SELECT is((SELECT f.sqlstate || ' ' || f.message FROM fault_of('SELECT * FROM wallet_execute(''[{"command": "close", "name": "empty", "currency": "USD", "transaction_id": null}]'')') f), 'WA024 it has no "transaction_id"', 'execute: a NULL transaction_id is an error of the call, as in an array');
SELECT is((SELECT string_agg(status, ' ' ORDER BY ord) FROM wallet_execute(jsonb_build_array(
	jsonb_build_object('command', 'transfer', 'from_account', NULL, 'to_account', 'bob', 'amount', 1, 'currency', 'USD', 'transaction_id', id(70)),
	jsonb_build_object('command', 'transfer', 'from_account', 'alice', 'to_account', 'bob', 'amount', NULL, 'currency', 'USD', 'transaction_id', id(71)),
	jsonb_build_object('command', 'transfer', 'from_account', 'alice', 'to_account', 'bob', 'amount', 1, 'currency', NULL, 'transaction_id', id(72)),
	jsonb_build_object('command', 'capture', 'hold_id', id(50), 'transaction_id', id(73), 'final', NULL),
	jsonb_build_object('command', 'transfer', 'from_account', 'alice', 'to_account', 'bob', 'amount', 1, 'currency', 'USD', 'transaction_id', id(74), 'effective_at', NULL, 'expected_version', NULL, 'group', NULL)))),
	'invalid_name invalid_amount invalid_argument invalid_argument success', 'execute: NULL in a field is what it is in an argument');

-- ---- wallet_redact, wallet_rebuild
SELECT is((fault_of($$ SELECT wallet_redact(NULL, id(3)) $$)).sqlstate, 'WA024', 'redact: target');
SELECT is((wallet_redact(id(2), NULL)).status, 'success', 'redact: transaction_id may be NULL: it is computed');
SELECT is((fault_of($$ SELECT wallet_rebuild(NULL, 'USD') $$)).sqlstate, 'WA023', 'rebuild: name');
SELECT is((fault_of($$ SELECT wallet_rebuild('bob', NULL) $$)).sqlstate, 'WA024', 'rebuild: currency');

-- ---- wallet_open
SELECT is((fault_of($$ SELECT wallet_open(NULL, 'USD', id(9)) $$)).sqlstate, 'WA023', 'open: name');
SELECT is((fault_of($$ SELECT wallet_open('new', NULL, id(9)) $$)).sqlstate, 'WA024', 'open: currency');
SELECT is((fault_of($$ SELECT wallet_open('new', 'USD', NULL) $$)).sqlstate, 'WA024', 'open: transaction_id');
SELECT isnt(wallet_open('bare', 'USD', id(9), NULL, NULL, NULL, NULL, NULL), NULL, 'open: all the others may be NULL');
SELECT ok(floor IS NULL AND ceiling IS NULL AND available IS NULL AND parent IS NULL AND owner IS NULL AND metadata IS NULL, 'open: floor NULL is no floor, ceiling NULL no ceiling')
FROM wallet_account('bare', 'USD');
SELECT isnt(wallet_open('plain', 'USD', id(10)), NULL, 'open: the floor may be left out');
SELECT ok(floor = 0 AND available = 0, 'open: and then is 0, not NULL') FROM wallet_account('plain', 'USD');
SELECT is((fault_of($$ SELECT wallet_open('plain', 'USD', id(10), floor => NULL) $$)).sqlstate, 'WA010', 'open: NULL is another floor than 0');

-- ---- wallet_define_currency
SELECT is((fault_of($$ SELECT wallet_define_currency(NULL, 2, id(20)) $$)).sqlstate, 'WA024', 'define_currency: code');
SELECT is((fault_of($$ SELECT wallet_define_currency('NEW', NULL, id(20)) $$)).sqlstate, 'WA024', 'define_currency: exponent');
SELECT is((fault_of($$ SELECT wallet_define_currency('NEW', 2, NULL) $$)).sqlstate, 'WA024', 'define_currency: transaction_id');

-- ---- wallet_transfers: arrays that are NULL, elements that are NULL
CREATE FUNCTION names_it(statement text, array_name text, place text, description text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	f fault := fault_of(statement);
	told text := concat_ws(' ', f.message, f.detail);
BEGIN
	RETURN ok(f.sqlstate = 'WA024' AND strpos(told, '"' || array_name || '"') > 0 AND (place = '' OR told ~ ('\m' || place || '\M')), description || ': ' || COALESCE(f.sqlstate || ' ' || told, 'no error'));
END $$;
CREATE FUNCTION call(n int, argument text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	a text[] := ARRAY['''{alice,alice,alice}''', '''{bob,bob,bob}''', '''{1,1,1}''', '''{USD,USD,USD}''', 'ARRAY[id(31), id(32), id(33)]', '''{1,1,2}''', '''{NULL,NULL,NULL}''', 'false'];
BEGIN
	a[n] := argument;
	RETURN format('SELECT * FROM wallet_transfers(%s)', array_to_string(a, ', '));
END $$;
SELECT is((fault_of(call(6, '''{1,1,2}''')))::text, NULL, 'transfers: without NULLs there is no error');
SELECT names_it(call(1, 'NULL'), 'from_accounts', '', 'transfers: array NULL');
SELECT names_it(call(2, 'NULL'), 'to_accounts', '', 'transfers: array NULL');
SELECT names_it(call(3, 'NULL'), 'amounts', '', 'transfers: array NULL');
SELECT names_it(call(4, 'NULL'), 'currencies', '', 'transfers: array NULL');
SELECT names_it(call(5, 'NULL'), 'transaction_ids', '', 'transfers: array NULL');
SELECT is((fault_of(call(6, 'NULL')))::text, NULL, 'transfers: groups may be NULL');
SELECT is((fault_of(call(7, 'NULL')))::text, NULL, 'transfers: metadatas may be NULL');
SELECT names_it(call(8, 'NULL'), 'atomic', '', 'transfers: atomic NULL');
SELECT names_it(call(1, '''{alice,NULL,alice}'''), 'from_accounts', '2', 'transfers: element NULL');
SELECT names_it(call(2, '''{bob,bob,NULL}'''), 'to_accounts', '3', 'transfers: element NULL');
SELECT names_it(call(3, '''{NULL,1,1}'''), 'amounts', '1', 'transfers: element NULL');
SELECT names_it(call(4, '''{USD,NULL,NULL}'''), 'currencies', '2', 'transfers: the first of two NULLs');
SELECT names_it(call(5, 'ARRAY[id(31), NULL, id(33)]'), 'transaction_ids', '2', 'transfers: element NULL');
SELECT names_it(call(6, '''{1,1,NULL}'''), 'groups', '3', 'transfers: element NULL');
SELECT is((fault_of(call(7, '''{NULL,"{}",NULL}''')))::text, NULL, 'transfers: elements of metadatas may be NULL');

-- ---- wallet_transfers_by_id
SELECT names_it($$ SELECT * FROM wallet_transfers_by_id(NULL, '{1}', '{1}', ARRAY[id(40)]) $$, 'from_ids', '', 'by id: array NULL');
SELECT names_it($$ SELECT * FROM wallet_transfers_by_id('{1}', NULL, '{1}', ARRAY[id(40)]) $$, 'to_ids', '', 'by id: array NULL');
SELECT names_it($$ SELECT * FROM wallet_transfers_by_id('{1,NULL}', '{1,1}', '{1,1}', ARRAY[id(40), id(41)]) $$, 'from_ids', '2', 'by id: element NULL');
SELECT names_it($$ SELECT * FROM wallet_transfers_by_id('{1,1}', '{NULL,1}', '{1,1}', ARRAY[id(40), id(41)]) $$, 'to_ids', '1', 'by id: element NULL');
SELECT is((SELECT string_agg(COALESCE((fault_of(s)).sqlstate, 'none'), ' ') FROM unnest(ARRAY[
		$$ SELECT * FROM wallet_transfers_by_id('{1}', '{2}', NULL, ARRAY[id(40)]) $$, $$ SELECT * FROM wallet_transfers_by_id('{1}', '{2}', '{1}', NULL) $$,
		$$ SELECT * FROM wallet_transfers_by_id('{1}', '{2}', '{NULL}', ARRAY[id(40)]) $$, $$ SELECT * FROM wallet_transfers_by_id('{1}', '{2}', '{1}', ARRAY[NULL::uuid]) $$,
		$$ SELECT * FROM wallet_transfers_by_id('{1}', '{2}', '{1}', ARRAY[id(40)], '{NULL}') $$, $$ SELECT * FROM wallet_transfers_by_id('{1}', '{2}', '{1}', ARRAY[id(40)], NULL, NULL) $$,
		$$ SELECT * FROM wallet_transfers_by_id('{1}', '{2}', '{1}', ARRAY[id(40)], NULL) $$]) AS s),
	'WA024 WA024 WA024 WA024 WA024 WA024 none', 'by id: amounts, transaction_ids, groups and atomic');

-- ---- reading
SELECT is(ARRAY[wallet_balance(NULL, 'USD'), wallet_balance('alice', NULL), wallet_balance(NULL, NULL)], ARRAY[NULL, NULL, NULL]::numeric[], 'balance: NULL');
SELECT is((SELECT count(*) FROM wallet_account(NULL, 'USD')) + (SELECT count(*) FROM wallet_account('alice', NULL)) + (SELECT count(*) FROM wallet_get(NULL)), 0::bigint, 'account, get: no row');
SELECT is(wallet_event_time(NULL), NULL, 'event_time: NULL');
SELECT is((SELECT count(*) FROM wallet_replay(NULL)), (SELECT count(*) FROM wallet.account), 'replay: NULL is all');
SELECT is(ARRAY[wallet_balance_at(NULL, 'USD', 'infinity'), wallet_balance_at('alice', NULL, 'infinity'), wallet_balance_at('alice', 'USD', NULL), wallet_balance_effective(NULL, 'USD', 'infinity'), wallet_balance_effective('alice', NULL, 'infinity'), wallet_balance_effective('alice', 'USD', NULL)],
	ARRAY[NULL, NULL, NULL, NULL, NULL, NULL]::numeric[], 'balance_at, balance_effective: NULL');
SELECT is(wallet_balance_effective('alice', 'USD', 'infinity', NULL), wallet_balance('alice', 'USD'), 'balance_effective: known NULL is all that is known');
SELECT is((SELECT count(*) FROM wallet_statement(NULL, 'USD')) + (SELECT count(*) FROM wallet_statement('alice', NULL)), 0::bigint, 'statement: name, currency: no row');
SELECT is((SELECT count(*) FROM wallet_statement('alice', 'USD', NULL, NULL, NULL, NULL)), (SELECT count(*) FROM wallet.entry WHERE name = 'alice'), 'statement: since, until, max_rows, before_event: all there are');
SELECT is(ARRAY[(fault_of('SELECT * FROM wallet_verify_account(NULL, ''USD'')')).sqlstate, (fault_of('SELECT * FROM wallet_verify_account(''alice'', NULL)')).sqlstate], '{WA024,WA024}', 'verify_account: name, currency');
DO $$ BEGIN FOR i IN 1 .. 1000 LOOP EXIT WHEN wallet_horizon() >= (SELECT max(event_id) FROM wallet.event); PERFORM pg_sleep(0.01); END LOOP; END $$;
SELECT is((SELECT count(*) FROM wallet_feed(NULL, NULL)), (SELECT count(*) FROM wallet.event), 'feed: after_event NULL is from the first, max_rows NULL all');
SELECT is((SELECT count(*) FROM wallet_verify(NULL)), (SELECT count(*) FROM wallet_verify(false)), 'verify: NULL is not thorough');

SELECT is(ARRAY[wallet_tree_balance(NULL, 'USD'), wallet_tree_balance('alice', NULL)], ARRAY[NULL, NULL]::numeric[], 'tree_balance: NULL');
SELECT is((SELECT count(*) FROM wallet_holds(NULL, 'USD')) + (SELECT count(*) FROM wallet_holds('alice', NULL)), 0::bigint, 'holds: no row');
SELECT is(ARRAY[wallet.expired(NULL, 1), wallet.expired(account('alice'), NULL)], '{0,0}'::numeric[], 'expired: nothing');
SELECT is((fault_of('SELECT * FROM wallet_verify_against(NULL)')).sqlstate, 'WA024', 'verify_against: head');
SELECT is((fault_of('SELECT wallet_export(NULL, NULL)')).sqlstate, 'WA024', 'export: path; until_event NULL is the horizon');
SELECT is((fault_of('SELECT wallet_export(''/nowhere/log'', NULL)')).sqlstate, '58P01', 'export: until_event alone');

-- ---- rights
SELECT is((SELECT string_agg((fault_of(s)).sqlstate || ' ' || (fault_of(s)).message, ', ') FROM unnest(ARRAY['SELECT wallet_grant(NULL, ''reader'')', 'SELECT wallet_grant(current_user, NULL)', 'SELECT wallet_revoke(NULL, ''reader'')', 'SELECT wallet_revoke(current_user, NULL)']) AS s),
	'WA024 "role" must not be NULL, WA024 "bundle" must not be NULL, WA024 "role" must not be NULL, WA024 "bundle" must not be NULL', 'grant, revoke: role, bundle');
SELECT sound();
-- ---- wallet_wait_event
SELECT is(wallet_wait_event(NULL, interval '1 ms'), NULL, 'wait_event: event_id: unknown, at once');
SELECT is(wallet_wait_event((SELECT max(event_id) FROM wallet.event), NULL), true, 'wait_event: timeout, without one it waits as long as it takes');
SELECT * FROM finish();
