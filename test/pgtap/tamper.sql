-- Goal: whoever changes a ledger behind the machine's back is found: each kind of change by its own check of wallet_verify, with a detail that
-- names the event, account, currency or table.
-- Method: an intact ledger with refusals, groups, an own currency and milestones, every check of which has examined something; then one deed
-- at a time, with the triggers disabled and enabled again, a thorough verify, and all of it undone. A few deeds leave the triggers broken.
--
-- Only the seals find an event's transaction_id or actor changed, a backdated effective_at, and a refusal removed whose accounts have been
-- read by later events: in events that are not sealed yet nothing does.
\ir lib/setup.sql
SELECT plan(233);

SELECT wallet_define_currency('OWN', 3, id(1)) \g /dev/null
SELECT open('world', 'USD', NULL), open('world', 'OWN', NULL), wallet_open('alice', 'USD', id(2), -50, 100000, NULL, 'postgres', '{"k": 1}'), wallet_open('bob', 'USD', id(3), parent => 'alice'), open('carol'), open('dave'), open('erin', 'OWN') \g /dev/null
SELECT wallet_transfer('world', 'alice', 1000, 'USD', id(10)), wallet_transfer('alice', 'bob', 10, 'USD', id(11), '{"note": "first"}'), wallet_transfer('bob', 'carol', 4, 'USD', id(12)),
	wallet_transfer('alice', 'carol', 1, 'USD', id(13), NULL, '2024-02-29 12:00+00'), wallet_transfer('carol', 'bob', 2, 'USD', id(14), NULL, NULL, 3) \g /dev/null
SELECT bulk('{20 carol bob 500 USD,21 bob alice 1 USD,22 bob carol 500 USD,23 bob alice 1 USD}', '{1,2,2,3}') \g /dev/null
SELECT bulk('{24 world erin 5 OWN,25 erin world 1 OWN}', NULL, true) \g /dev/null
SELECT count(*) FROM bulk((SELECT array_agg(format('%s world alice 0.01 USD', 1000 + n) ORDER BY n) FROM generate_series(1, 600) n)) \g /dev/null
-- A hold that is open after a capture, one that was released; a transfer of which something was reversed.
SELECT open('fay'), open('gus') \g /dev/null
SELECT wallet_transfer('world', 'fay', 100, 'USD', id(40)), wallet_hold('fay', 'gus', 30, 'USD', id(41)), wallet_capture(id(41), id(42), 10, final => false) \g /dev/null
SELECT wallet_hold('fay', 'gus', 5, 'USD', id(43), NULL, '2200-01-01 00:00+00'), wallet_release(id(43), id(44)) \g /dev/null
SELECT wallet_transfer('fay', 'gus', 8, 'USD', id(45)), wallet_reverse(id(45), id(46), 3) \g /dev/null
SELECT wallet_transfer('alice', 'bob', 5, 'USD', id(30)), wallet_transfer('alice', 'dave', 5, 'USD', id(31)) \g /dev/null
SELECT bulk('{32 dave carol 100 USD}') \g /dev/null

-- Two full blocks, once all of them is below the horizon, which other sessions' transactions hold back.
DO $$ BEGIN FOR i IN 1 .. 1000 LOOP EXIT WHEN wallet_horizon() >= (SELECT max(event_id) FROM wallet.event); PERFORM pg_sleep(0.01); END LOOP; END $$;
SELECT wallet_seal() \g /dev/null

-- ---- intact
SELECT sound('intact');
SELECT results_eq($$ SELECT check_name, ok, examined > 0, detail FROM wallet_verify(true) ORDER BY check_name COLLATE "C" $$,
	$$ SELECT n, true, true, NULL::text FROM unnest(ARRAY['accounts', 'chain', 'conservation', 'currencies', 'events', 'guards', 'holds', 'milestones', 'recompute', 'refusals', 'replay', 'reversals', 'seals']) n $$, 'thorough: each check has examined something');
SELECT results_eq($$ SELECT check_name, ok, examined > 0, detail FROM wallet_verify() ORDER BY check_name COLLATE "C" $$,
	$$ SELECT n, true, true, NULL::text FROM unnest(ARRAY['accounts', 'chain', 'conservation', 'currencies', 'events', 'guards', 'holds', 'milestones', 'refusals', 'replay', 'reversals', 'seals']) n $$, 'not thorough: all but recompute');
SELECT results_eq($$ SELECT v.examined >= n.least FROM (VALUES ('events', (SELECT count(*) FROM wallet.event)), ('accounts', (SELECT count(*) FROM wallet.account)), ('refusals', 4::bigint), ('milestones', 4), ('currencies', (SELECT count(*) FROM wallet.currency)), ('recompute', (SELECT count(*) FROM wallet.event)), ('guards', 8), ('holds', 2), ('reversals', 1), ('seals', 2)) n (check_name, least)
	JOIN wallet_verify(true) v USING (check_name) $$, 'SELECT true FROM generate_series(1, 10)', 'no less than there is: 4 refusals, 4 milestones, 2 holds, a reversal, 2 seals');

-- ---- the deed, what verify says, and back
CREATE FUNCTION found(deed text, with_triggers_restored boolean DEFAULT true) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	findings jsonb;
	t text;
BEGIN
	BEGIN
		IF with_triggers_restored THEN
			FOREACH t IN ARRAY '{event,account,currency,milestone,seal}'::text[] LOOP
				EXECUTE format('ALTER TABLE wallet.%I DISABLE TRIGGER immutable', t);
			END LOOP;
		END IF;
		EXECUTE deed;
		IF with_triggers_restored THEN
			FOREACH t IN ARRAY '{event,account,currency,milestone,seal}'::text[] LOOP
				EXECUTE format('ALTER TABLE wallet.%I ENABLE ALWAYS TRIGGER immutable', t);
			END LOOP;
		END IF;
		SELECT COALESCE(jsonb_object_agg(check_name, detail), '{}') INTO findings FROM wallet_verify(true) WHERE NOT ok;
		RAISE EXCEPTION USING ERRCODE = 'UNDO1';
	EXCEPTION
		WHEN SQLSTATE 'UNDO1' THEN NULL;
		WHEN OTHERS THEN findings := jsonb_build_object('raised', SQLSTATE || ' ' || SQLERRM);
	END;
	RETURN findings;
END $$;
CREATE FUNCTION tampered(deed text, check_name text, words text, description text, with_triggers_restored boolean DEFAULT true) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	findings jsonb := found(deed, with_triggers_restored);
	good boolean := COALESCE(findings->>check_name ~ words, false);
BEGIN
	RETURN ok(good, format('%s: %s', check_name, description)) || CASE WHEN good THEN '' ELSE E'\n' || diag(format(E'deed: %s\nwanted: %s ~ %s\nfound: %s', deed, check_name, words, left(findings::text, 1000))) END;
END $$;
CREATE FUNCTION ev(n bigint) RETURNS text LANGUAGE sql AS $$ SELECT event_id::text FROM wallet.event WHERE transaction_id = id(n) $$;
CREATE FUNCTION event_deed(n bigint, setting text) RETURNS text LANGUAGE sql AS $$ SELECT format('UPDATE wallet.event SET %s WHERE event_id = %s', setting, ev(n)) $$;
CREATE FUNCTION balance_deed(name text, setting text) RETURNS text LANGUAGE sql AS $$ SELECT format('UPDATE wallet.balance SET %s WHERE account = %s', setting, account(name)) $$;
SELECT is(found('SELECT 1'), '{}', 'no deed, no finding');

-- ---- balance
SELECT tampered(balance_deed('bob', 'balance = balance + 1'), check_name, words, 'a balance is edited')
FROM (VALUES ('replay', account('bob') || '.*bob.*balance'), ('conservation', 'USD'), ('recompute', account('bob')::text)) AS v (check_name, words);
SELECT tampered(balance_deed('bob', 'balance = balance + 1') || '; ' || balance_deed('carol', 'balance = balance - 1'), 'replay', account('bob') || '.*balance.*' || account('carol') || '|' || account('carol') || '.*balance.*' || account('bob'), 'two balances, so that the sum is right');
SELECT is(found(balance_deed('bob', 'balance = balance + 1') || '; ' || balance_deed('carol', 'balance = balance - 1'))->'conservation', NULL, 'which conservation cannot see');
SELECT tampered(balance_deed('bob', setting), 'replay', account('bob') || '.*' || word, setting)
FROM (VALUES ('floor = -1000000', 'floor'), ('floor = NULL', 'floor'), ('ceiling = 1', 'ceiling'), ('version = version + 1', 'version'), ('status = 2', 'status'), ('status = 7', 'status'), ('guard_event = guard_event - 1', 'guard_event'),
	('last_event = last_event - 1', 'last_event'), ('held = 1', 'held'), ('owned = true', 'owned'), ('inbound = 1', 'inbound'), ('reserved = 1', 'reserved'), ('spend_limit = 5, window_seconds = 60', 'spend'), ('window_seconds = 60', 'spend|window'), ('next_expiry = 5', 'next_expiry'),
	('balance = balance::numeric(40, 3)', 'decimals'), ('held = 0', 'decimals'), ('floor = 0', 'decimals'), ('exponent = 3', ''), ('currency = ''EUR''', 'currency')) AS v (setting, word);
SELECT tampered(balance_deed('bob', setting), 'replay', account('bob')::text, setting || ' is told, not raised')
FROM unnest(ARRAY['balance = ''NaN''', 'balance = ''Infinity''', 'balance = 0.001', 'balance = 1e40', 'floor = ''NaN''', 'currency = ''usd''', 'exponent = 31', 'exponent = -1', 'spend_limit = 5']) AS setting;
SELECT tampered(format('DELETE FROM wallet.balance WHERE account = %s', account('bob')), 'replay', account('bob') || '.*bob', 'a balance row is deleted');
SELECT tampered('INSERT INTO wallet.balance (account, version, last_event, guard_event, inbound, status, exponent, owned, currency, balance, held) VALUES (77, 1, 77, 77, 0, 1, 2, false, ''USD'', 0.00, 0.00)', 'replay', '\m77\M', 'a balance row is inserted');

-- ---- event: results
SELECT tampered(event_deed(11, 'amount = amount + 1'), check_name, words, 'an amount is edited')
FROM (VALUES ('chain', ev(11)), ('replay', ev(11) || '.*amount'), ('recompute', account('alice')::text)) AS v (check_name, words);
SELECT tampered(event_deed(11, 'requested = requested + 1'), 'replay', ev(11), 'what was asked is edited');
SELECT tampered(event_deed(11, 'requested = requested + 1, amount = amount + 1'), 'chain', ev(11), 'asked and moved are edited');
SELECT tampered(event_deed(11, 'debit_balance = debit_balance + 1'), 'chain', ev(11) || '.*' || account('alice'), 'a balance after is edited');
SELECT tampered(event_deed(11, 'debit_balance = debit_balance + 1'), 'conservation', ev(11), 'a balance after is edited');
SELECT tampered(event_deed(11, 'credit_balance = credit_balance - 1'), 'replay', ev(11) || '.*credit_balance', 'the other balance after');
SELECT tampered(event_deed(11, 'debit_held = 1.00'), 'replay', ev(11) || '.*debit_held', 'held is edited');
SELECT tampered(event_deed(11, 'debit_version = debit_version + 1'), 'chain', ev(11) || '.*version', 'a version is edited');
SELECT tampered(event_deed(11, 'credit_version = NULL'), 'events', ev(11), 'a version is removed');
SELECT tampered(event_deed(12, 'debit_prev = ' || ev(10)), 'chain', ev(12) || '.*' || account('bob'), 'the chain is bent');
SELECT tampered(event_deed(12, 'credit_prev = NULL'), 'chain', ev(12) || '.*' || account('carol'), 'the chain is cut');
SELECT tampered(event_deed(11, 'debit = ' || account('dave')), 'chain', ev(11) || '.*' || account('dave'), 'another payer');
SELECT tampered(event_deed(11, 'credit = 77'), 'chain', ev(11) || '.*77', 'a payee that there is not');
SELECT tampered(event_deed(12, 'status = 1'), 'events', ev(12), 'a success becomes a refusal, and has what no refusal has');
SELECT tampered(event_deed(12, 'status = 1, amount = NULL, debit_prev = NULL, credit_prev = NULL'), 'refusals', ev(12) || '.*insufficient_funds.*success', 'a success becomes a refusal');
SELECT tampered(event_deed(12, 'status = 1, amount = NULL, debit_prev = NULL, credit_prev = NULL'), 'chain', ev(14), 'and is missing in the chain');
SELECT tampered(event_deed(20, 'status = 0'), 'events', ev(20), 'a refusal becomes a success, and lacks what a success has');
SELECT tampered(event_deed(20, 'status = 0, amount = requested, debit_prev = 1, credit_prev = 1'), 'replay', ev(20) || '.*success.*insufficient_funds', 'a refusal becomes a success');
SELECT tampered(event_deed(20, 'status = 17'), 'refusals', ev(20) || '.*ceiling_exceeded.*insufficient_funds', 'a refusal for another reason');
SELECT tampered(event_deed(20, 'debit_balance = debit_balance + 1'), 'refusals', ev(20) || '.*debit_balance', 'what a refusal saw is edited');
SELECT tampered(event_deed(20, 'requested = 0.01'), 'refusals', ev(20), 'a refusal of what would have been done');
SELECT tampered(event_deed(21, 'cause = ' || ev(20)), 'refusals', ev(21) || '.*cause', 'another cause');
SELECT tampered(event_deed(21, 'cause = NULL'), 'events', ev(21) || '.*cause', 'no cause');
SELECT tampered(event_deed(11, 'cause = 5'), 'events', ev(11) || '.*cause', 'a cause where none belongs');
SELECT tampered(event_deed(22, 'group_first = ' || ev(22)), 'refusals', ev(21) || '|' || ev(22), 'a group is parted');
SELECT tampered(event_deed(14, 'expected_version = 4'), 'replay', ev(14) || '.*version_conflict', 'another expected_version');
SELECT tampered(event_deed(13, 'effective_at = ''2250-01-01 00:00+00'''), 'replay', ev(13) || '.*invalid_effective_at', 'effective_at in the future');

-- ---- event: the record itself
SELECT tampered(event_deed(11, setting), 'events', ev(11), setting)
FROM unnest(ARRAY['kind = 2', 'kind = 1', 'kind = 99', 'kind = 0', 'kind = 4', 'status = 2', 'status = 77', 'format = 2', 'leg = 1', 'metadata = ''{"note": "First"}''', 'metadata = NULL', 'metadata_digest = sha256(''x'')', 'metadata_digest = NULL', 'metadata_digest = ''\x00''',
	'debit = NULL', 'amount = ''NaN''', 'amount = 10.0001', 'debit_balance = 1e40', 'final = true', 'related = gen_random_uuid()', 'expires_at = now()', 'effective_at = ''infinity''', 'detail = ''\x00''']) AS setting;
SELECT tampered(event_deed(12, 'metadata = ''{}'''), 'events', ev(12), 'metadata where there was none');
SELECT tampered(event_deed(11, format('event_id = %s - 1', ev(13))), 'chain', ev(12), 'an event moves in time');
SELECT tampered(event_deed(11, 'event_id = -5'), 'events', '-5', 'an event_id that is not positive');

-- ---- events removed and added
SELECT tampered('DELETE FROM wallet.event WHERE event_id = ' || ev(12), 'chain', ev(14) || '.*' || account('bob') || '|' || ev(14) || '.*' || account('carol'), 'an event is deleted from the middle of a chain');
SELECT tampered('DELETE FROM wallet.event WHERE event_id = ' || ev(31), 'replay', account('dave') || '.*dave', 'the last event of a chain is deleted');
SELECT tampered('DELETE FROM wallet.event WHERE event_id = ' || ev(32), 'replay', account('carol') || '|' || account('dave'), 'the last refusal is deleted');
SELECT tampered('DELETE FROM wallet.event WHERE event_id = ' || ev(22), 'refusals', ev(21), 'the guilty one of a group is deleted');
SELECT tampered('DELETE FROM wallet.event WHERE event_id = ' || account('dave'), 'accounts', account('dave') || '.*dave', 'an opening is deleted');
SELECT tampered('DELETE FROM wallet.event WHERE event_id = ' || ev(1), 'currencies', 'OWN', 'the definition of a currency is deleted');
CREATE FUNCTION copy_event(n bigint, setting jsonb) RETURNS text LANGUAGE sql AS $$
	SELECT format('INSERT INTO wallet.event SELECT (jsonb_populate_record(e, %L::jsonb)).* FROM wallet.event e WHERE event_id = %s', jsonb_build_object('transaction_id', gen_random_uuid()) || setting, ev(n))
$$;
SELECT tampered(copy_event(31, jsonb_build_object('event_id', ev(32)::bigint + 1)), 'chain', (ev(32)::bigint + 1)::text, 'an event is inserted at the end');
SELECT tampered(copy_event(31, jsonb_build_object('event_id', ev(32)::bigint + 1)), 'replay', account('dave')::text, 'an event is inserted at the end: the balance');
SELECT tampered(copy_event(12, jsonb_build_object('event_id', ev(13)::bigint - 1)), 'chain', (ev(13)::bigint - 1)::text, 'an event is inserted in the middle');
SELECT tampered(copy_event(32, jsonb_build_object('event_id', ev(32)::bigint + 1)), 'replay', account('dave')::text, 'a refusal is inserted');
SELECT tampered(copy_event(32, jsonb_build_object('event_id', ev(32)::bigint + 1, 'requested', 0.01)), 'refusals', (ev(32)::bigint + 1)::text, 'a refusal of what would have been done is inserted');
SELECT tampered(copy_event(3, jsonb_build_object('event_id', ev(32)::bigint + 1, 'credit', ev(32)::bigint + 1)), 'replay', (ev(32)::bigint + 1)::text || '.*account_exists', 'an account is opened twice');

-- ---- account
SELECT tampered(format('UPDATE wallet.account SET %s WHERE id = %s', setting, account('bob')), 'accounts', account('bob') || '.*' || word, setting)
FROM (VALUES ('name = ''Bob''', 'name'), ('currency = ''EUR''', 'currency'), ('parent = NULL', 'parent'), ('owner = ''postgres''', 'owner'), ('metadata = ''{}''', 'metadata')) AS v (setting, word);
SELECT tampered(format('UPDATE wallet.account SET %s WHERE id = %s', setting, account('alice')), 'accounts', account('alice') || '.*' || word, setting)
FROM (VALUES ('owner = NULL', 'owner'), ('owner = ''''', 'owner'), ('metadata = NULL', 'metadata'), ('metadata = ''{"k": 2}''', 'metadata'), ('parent = ' || account('bob'), 'parent')) AS v (setting, word);
SELECT tampered('UPDATE wallet.account SET name = CASE name WHEN ''bob'' THEN ''carol'' ELSE ''bob'' END || ''!'' WHERE name IN (''bob'', ''carol'')', 'accounts', account('bob') || '.*name.*' || account('carol') || '.*name|' || account('carol') || '.*name.*' || account('bob') || '.*name', 'two names are exchanged');
SELECT tampered('DELETE FROM wallet.account WHERE id = ' || account('bob'), 'accounts', account('bob') || '.*bob', 'an account is deleted');
SELECT tampered('INSERT INTO wallet.account (id, name, currency) VALUES (77, ''mallory'', ''USD'')', 'accounts', '77.*mallory', 'an account is inserted');
SELECT tampered(event_deed(3, 'detail = NULL'), 'events', ev(3), 'the detail of an opening is removed');
SELECT tampered(event_deed(3, 'detail = set_byte(detail, 5, 66)'), 'accounts', account('bob') || '.*name', 'the name in the detail of an opening is edited');

-- ---- currency
SELECT tampered('UPDATE wallet.currency SET exponent = 3 WHERE code = ''USD''', 'currencies', 'USD.*3.*2', 'the exponent of a built-in currency');
SELECT tampered('UPDATE wallet.currency SET exponent = 2 WHERE code = ''OWN''', 'currencies', 'OWN.*2.*3', 'the exponent of an own one');
SELECT tampered('UPDATE wallet.currency SET defined_by = 5 WHERE code = ''OWN''', 'currencies', 'OWN', 'the event that defined one');
SELECT tampered('UPDATE wallet.currency SET builtin = true WHERE code = ''OWN''', 'currencies', 'OWN', 'an own one made built in');
SELECT tampered('UPDATE wallet.currency SET builtin = false WHERE code = ''CHF''', 'currencies', 'CHF', 'a built-in one made an own one');
SELECT tampered('UPDATE wallet.currency SET code = ''DMK'' WHERE code = ''DKK''', 'currencies', 'DMK', 'a code');
SELECT tampered('DELETE FROM wallet.currency WHERE code = ''OWN''', 'currencies', 'OWN', 'an own one deleted');
SELECT tampered('DELETE FROM wallet.currency WHERE code = ''DKK''', 'currencies', 'DKK', 'a built-in one deleted');
SELECT tampered('INSERT INTO wallet.currency VALUES (''FAKE'', 2, false, 5)', 'currencies', 'FAKE', 'one inserted');
SELECT tampered('DELETE FROM wallet.currency WHERE code = ''DKK''; INSERT INTO wallet.currency VALUES (''DMK'', 2, true, NULL)', 'currencies', 'DMK', 'one in another''s place');
SELECT tampered('INSERT INTO wallet.currency VALUES (''USD'', 4, false, 5)', 'currencies', 'USD', 'one that overrules a built-in one');

-- ---- milestones
SELECT account AS m_account, event_id AS m_event FROM wallet.milestone WHERE account = account('alice') ORDER BY version LIMIT 1 \gset
SELECT tampered(format('UPDATE wallet.milestone SET %s WHERE account = %s AND event_id = %s', setting, :m_account, :m_event), 'milestones', :m_account || '.*' || :m_event, setting)
FROM unnest(ARRAY['balance = balance + 1', 'held = 1', 'version = 512', 'balance = ''NaN''']) AS setting;
SELECT tampered(format('UPDATE wallet.milestone SET event_id = event_id + 1 WHERE account = %s AND event_id = %s', :m_account, :m_event), 'milestones', :m_account || '.*' || :m_event, 'a milestone is moved');
SELECT tampered(format('DELETE FROM wallet.milestone WHERE account = %s AND event_id = %s', :m_account, :m_event), 'milestones', :m_account || '.*' || :m_event, 'a milestone is deleted');
SELECT tampered(format('INSERT INTO wallet.milestone VALUES (%s, %s, 3, 10, 0)', account('bob'), ev(12)), 'milestones', account('bob') || '.*' || ev(12), 'a milestone is inserted');

-- ---- holds
SELECT tampered(format('UPDATE wallet.hold SET %s WHERE id = %L', setting, id(41)), 'holds', format('^1 found\. Hold %s has another %s in', id(41), word), setting)
FROM (VALUES ('event_id = event_id + 1', 'event_id'), ('debit = ' || account('gus'), 'account'), ('credit = ' || account('bob'), 'account'), ('expires_at = ''2200-01-01 00:00+00''', 'expires_at'), ('state = 2', 'state'), ('state = 3', 'state'), ('state = 0', 'state'),
	('amount = amount + 1', 'amount'), ('remaining = remaining - 1', 'remaining amount'), ('remaining = 0.00', 'remaining amount'), ('amount = ''NaN''', 'impossible amount'), ('remaining = ''NaN''', 'impossible amount'), ('amount = amount::numeric(40, 3), remaining = remaining::numeric(40, 3)', 'amount'), ('amount = 3000, remaining = 2000', 'number of decimals')) AS v (setting, word);
SELECT tampered(format('UPDATE wallet.hold SET %s WHERE id = %L', setting, id(43)), 'holds', format('^1 found\. Hold %s has another %s in', id(43), word), 'settled: ' || setting)
FROM (VALUES ('expires_at = expires_at + interval ''1 microsecond''', 'expires_at'), ('expires_at = NULL', 'expires_at'), ('state = 1', 'state'), ('remaining = 5.00', 'remaining amount')) AS v (setting, word);
SELECT tampered(format('DELETE FROM wallet.hold WHERE id = %L', id(41)), 'holds', format('^1 found\. Hold %s was placed and is not in', id(41)), 'a hold is deleted');
SELECT tampered(format('INSERT INTO wallet.hold SELECT %L, event_id, debit, credit, expires_at, state, amount, remaining FROM wallet.hold WHERE id = %L', id(77), id(41)), 'holds', format('^1 found\. Hold %s was never placed', id(77)), 'a hold is inserted');
SELECT tampered(format('UPDATE wallet.hold SET id = %L WHERE id = %L', id(77), id(41)), 'holds', format('^2 found\. .*%s was never placed', id(77)), 'a hold under another id');
SELECT tampered(event_deed(41, 'requested = 31.00, amount = 31.00'), 'holds', format('%s has another amount', id(41)), 'the event of a hold is edited');
SELECT tampered('DELETE FROM wallet.event WHERE event_id = ' || ev(44), 'holds', format('%s has another state', id(43)), 'the release of a hold is deleted');

-- ---- reversals
SELECT tampered(format('UPDATE wallet.reversal SET %s WHERE original = %L', setting, id(45)), 'reversals', format('^1 found\. What was reversed of %s differs', id(45)), setting)
FROM unnest(ARRAY['reversed = reversed + 1', 'reversed = 0.00', 'reversed = ''NaN''', 'event_id = event_id + 1']) AS setting;
SELECT tampered(format('DELETE FROM wallet.reversal WHERE original = %L', id(45)), 'reversals', format('^1 found\. Something was reversed of %s', id(45)), 'a reversal is forgotten');
SELECT tampered(format('INSERT INTO wallet.reversal VALUES (%L, %s, 1.00)', id(40), ev(40)), 'reversals', format('^1 found\. Nothing was ever reversed of %s', id(40)), 'one is invented');
SELECT tampered(format('UPDATE wallet.reversal SET original = %L WHERE original = %L', id(40), id(45)), 'reversals', format('^2 found\. Nothing was ever reversed of %s', id(40)), 'one is moved to another transfer');
SELECT tampered('DELETE FROM wallet.event WHERE event_id = ' || ev(46), 'reversals', format('Nothing was ever reversed of %s', id(45)), 'the event of a reversal is deleted');

-- ---- seals
SELECT tampered(event_deed(11, setting), 'seals', '^1 found\. Block 0 ', setting || ', in a sealed event')
FROM unnest(ARRAY['actor = ''mallory''', 'transaction_id = gen_random_uuid()', 'effective_at = ''2001-01-01 00:00+00''', 'metadata_digest = sha256(''x'')', 'amount = 9.99']) AS setting;
SELECT is(found(event_deed(11, setting)) - 'seals', '{}', 'which nothing but the seals finds: ' || setting)
FROM unnest(ARRAY['actor = ''mallory''', 'transaction_id = gen_random_uuid()', 'effective_at = ''2001-01-01 00:00+00''']) AS setting;
SELECT tampered('DELETE FROM wallet.event WHERE event_id = ' || ev(20), 'seals', 'Block 0 ', 'a refusal is deleted that later events passed by');
SELECT tampered(event_deed(1400, 'actor = ''mallory'''), 'seals', '^1 found\. Block 1 ', 'an event of the second block');
SELECT tampered(format('UPDATE wallet.seal SET %s WHERE block = 0', setting), 'seals', '^1 found\. Block 0 ', setting || ' of a seal')
FROM unnest(ARRAY['digest = sha256(''x'')', 'first_event = first_event + 1', 'last_event = last_event - 1']) AS setting;
SELECT tampered('UPDATE wallet.seal SET head = sha256(''x'') WHERE block = 1', 'seals', '^1 found\. Block 1 ', 'the head of a seal');
SELECT tampered('UPDATE wallet.seal SET digest = ''\x00'' WHERE block = 1', 'seals', 'block 1.*too short', 'a digest that is none');
SELECT tampered('DELETE FROM wallet.seal WHERE block = 0', 'seals', 'seal of block 0 should be is one of block 1', 'a seal is deleted');
SELECT tampered('INSERT INTO wallet.seal SELECT 2, last_event + 1, last_event + 2, digest, head FROM wallet.seal WHERE block = 1', 'seals', 'block 2 .*not all there', 'a seal of events that are not there');

-- ---- guards
SELECT tampered(format('ALTER TABLE wallet.%I DISABLE TRIGGER immutable', t), 'guards', 'wallet\.' || t, 'trigger of ' || t || ' disabled', false) FROM unnest(ARRAY['event', 'account', 'currency', 'milestone', 'seal']) t;
SELECT tampered(format('ALTER TABLE wallet.%I DISABLE TRIGGER ALL', t), 'guards', 'wallet\.' || t, 'all triggers of ' || t || ' disabled', false) FROM unnest(ARRAY['event']) t;
SELECT tampered('ALTER TABLE wallet.event ENABLE TRIGGER immutable', 'guards', 'wallet\.event', 'the trigger is enabled, but not ALWAYS', false);
SELECT tampered('ALTER TABLE wallet.event ENABLE REPLICA TRIGGER immutable', 'guards', 'wallet\.event', 'the trigger is enabled in replica mode only', false);
SELECT tampered('ALTER EXTENSION wallet DROP FUNCTION wallet.refuse_change(); DROP TRIGGER immutable ON wallet.account', 'guards', 'wallet\.account', 'the trigger is dropped', false);
CREATE FUNCTION retrigger(definition text) RETURNS text LANGUAGE sql AS $$ SELECT format('DROP TRIGGER immutable ON wallet.event; CREATE TRIGGER immutable %s; ALTER TABLE wallet.event ENABLE ALWAYS TRIGGER immutable', definition) $$;
SELECT is(found(retrigger('BEFORE UPDATE OR DELETE OR TRUNCATE ON wallet.event FOR EACH STATEMENT EXECUTE FUNCTION wallet.refuse_change()'), false), '{}', 'the trigger made anew as it was is no finding');
SELECT tampered(retrigger('BEFORE UPDATE OR DELETE ON wallet.event FOR EACH STATEMENT EXECUTE FUNCTION wallet.refuse_change()'), 'guards', 'wallet\.event', 'the trigger made anew without TRUNCATE', false);
SELECT tampered(retrigger('BEFORE UPDATE OF actor OR DELETE OR TRUNCATE ON wallet.event FOR EACH STATEMENT EXECUTE FUNCTION wallet.refuse_change()'), 'guards', 'wallet\.event', 'the trigger made anew for one column', false);
SELECT tampered(retrigger('BEFORE UPDATE OR DELETE OR TRUNCATE ON wallet.event FOR EACH STATEMENT WHEN (false) EXECUTE FUNCTION wallet.refuse_change()'), 'guards', 'wallet\.event', 'the trigger made anew with a condition', false);
SELECT tampered('CREATE OR REPLACE FUNCTION wallet.refuse_change() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN RETURN NULL; END''', 'guards', 'event|refuse_change', 'the trigger''s function replaced', false);
CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
SELECT tampered(format('CREATE TRIGGER meddle BEFORE INSERT OR UPDATE ON wallet.%I FOR EACH ROW EXECUTE FUNCTION meddle()', t), 'guards', 'wallet\.' || t, 'a foreign trigger on ' || t, false) FROM unnest(ARRAY['event', 'account', 'balance', 'currency', 'milestone', 'hold', 'reversal', 'seal']) t;
SELECT tampered(format('ALTER TABLE wallet.%I ENABLE ROW LEVEL SECURITY', t), 'guards', 'wallet\.' || t, 'row security on ' || t, false) FROM unnest(ARRAY['event', 'account', 'balance', 'currency', 'milestone', 'hold', 'reversal', 'seal']) t;
SELECT tampered('CREATE RULE meddle AS ON INSERT TO wallet.event DO ALSO NOTHING', 'guards', 'wallet\.event', 'a rule on event', false);
SELECT is((fault_of(format('ALTER TABLE wallet.%I ENABLE ROW LEVEL SECURITY; SELECT wallet_transfer(''alice'', ''bob'', 1, ''USD'', id(99))', t))).sqlstate, '0A000', 'wallet does not write past row security on ' || t) FROM unnest(ARRAY['event', 'balance']) t;
SELECT is((fault_of(format('CREATE TRIGGER meddle BEFORE INSERT OR UPDATE ON wallet.%I FOR EACH ROW EXECUTE FUNCTION meddle(); SELECT wallet_transfer(''alice'', ''bob'', 1, ''USD'', id(99))', t))).sqlstate, '0A000', 'nor past a trigger on ' || t) FROM unnest(ARRAY['event', 'balance']) t;
SELECT is((fault_of('CREATE RULE meddle AS ON INSERT TO wallet.event DO ALSO NOTHING; SELECT wallet_transfer(''alice'', ''bob'', 1, ''USD'', id(99))')).sqlstate, '0A000', 'nor past a rule');
SELECT is((fault_of('CREATE TRIGGER meddle AFTER INSERT ON wallet.event FOR EACH STATEMENT EXECUTE FUNCTION meddle(); SELECT bulk(''{99 alice bob 1 USD}'')')).sqlstate, '0A000', 'in bulk neither');

-- ---- the machine itself meets an impossible row
SELECT refuses(balance_deed('bob', setting) || '; SELECT wallet_transfer(''bob'', ''alice'', 1, ''USD'', id(99))', 'WA090', 'ledger would break an invariant', ARRAY[account('bob')::text], 'Run wallet_verify(thorough => true) and keep this server as it is.', 'ledger_corrupt: ' || setting)
FROM unnest(ARRAY['balance = ''NaN''', 'balance = 0.001', 'currency = ''usd''', 'exponent = 31', 'spend_limit = 5']) AS setting;

-- ---- after all that
SELECT sound('all of it is undone');
-- Index entries of rows that were rolled back are met, and marked, by the second verify.
DO $$ BEGIN
	FOR i IN 1 .. 3 LOOP
		BEGIN
			PERFORM count(*) FROM bulk((SELECT array_agg(format('%s alice bob 0.01 USD', 100000 + n)) FROM generate_series(1, 5000) n));
			RAISE EXCEPTION USING ERRCODE = 'UNDO1';
		EXCEPTION WHEN SQLSTATE 'UNDO1' THEN NULL;
		END;
	END LOOP;
END $$;
SELECT count(*) FROM bulk((SELECT array_agg(format('%s alice bob 0.01 USD', 200000 + n)) FROM generate_series(1, 5000) n)) \g /dev/null
SELECT is((SELECT bool_and(ok) FROM generate_series(1, 5), wallet_verify(true)), true, 'verified five times over an index with dead entries');
SELECT * FROM finish();
