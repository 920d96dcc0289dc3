-- Goal: wallet_verify_account finds each kind of change to one account, by its own check and with a detail that says where; it examines nothing of
-- other accounts; and it costs what the account's chain costs.
-- Method: an intact ledger whose accounts have milestones, openings with everything, refusals and groups; then one deed at a time with the triggers
-- disabled, the account verified, and all of it undone. Deeds on other accounts must go unnoticed.
\ir lib/setup.sql
SELECT plan(117);

SELECT open('world', 'USD', NULL), wallet_open('alice', 'USD', id(2), -50, 100000, NULL, 'postgres', '{"k": 1}'), wallet_open('bob', 'USD', id(3), parent => 'alice'), open('carol'), open('empty'), open('alice', 'JPY') \g /dev/null
SELECT wallet_transfer('world', 'alice', 1000, 'USD', id(10)), wallet_transfer('alice', 'bob', 10, 'USD', id(11), '{"note": "first"}'), wallet_transfer('bob', 'carol', 4, 'USD', id(12)),
	wallet_transfer('alice', 'carol', 1, 'USD', id(13), NULL, '2024-02-29 12:00+00') \g /dev/null
SELECT bulk('{20 carol bob 500 USD,21 bob alice 1 USD,22 bob carol 500 USD,23 bob alice 1 USD}', '{1,2,2,3}') \g /dev/null
SELECT count(*) FROM bulk((SELECT array_agg(format(CASE WHEN n < 10 OR n > 590 THEN '%s alice bob 0.01 USD' ELSE '%s world alice 0.01 USD' END, 1000 + n) ORDER BY n) FROM generate_series(1, 600) n)) \g /dev/null
SELECT wallet_transfer('alice', 'bob', 5, 'USD', id(30)) \g /dev/null
SELECT bulk('{32 bob carol 10000 USD}') \g /dev/null
SELECT sound();

CREATE FUNCTION ev(n bigint) RETURNS text LANGUAGE sql AS $$ SELECT event_id::text FROM wallet.event WHERE transaction_id = id(n) $$;

-- ---- intact
SELECT shows($$ SELECT check_name, ok, examined, detail FROM wallet_verify_account('alice', 'USD') $$,
	format($$ VALUES ('events', true, %1$s, NULL), ('chain', true, %1$s, NULL), ('amounts', true, %1$s, NULL), ('milestones', true, 2, NULL), ('accounts', true, 1, NULL), ('balance', true, 2, NULL) $$, (SELECT version FROM wallet_account('alice', 'USD'))),
	'intact: each check has examined all of the chain, both milestones, the row');
SELECT is((SELECT version FROM wallet_account('alice', 'USD')), 606::bigint, '606 events: an opening, 1000, 10, 1, 1 and 601');
SELECT is((SELECT string_agg(check_name || ' ' || examined, ', ') FROM wallet_verify_account('empty', 'USD')), 'events 1, chain 1, amounts 1, milestones 0, accounts 1, balance 2', 'an account with nothing but its opening');
SELECT is((SELECT string_agg(name || currency, ' ') FROM wallet.account WHERE (SELECT bool_and(ok) FROM wallet_verify_account(name, currency)) IS DISTINCT FROM true), NULL, 'all of them are sound');

-- ---- whom
SELECT refuses($$ SELECT * FROM wallet_verify_account('nobody', 'USD') $$, 'WA002', 'account not found', '{nobody,USD}', 'Open it with wallet_open.', 'no such account is an error: a proof of nothing would be read as a proof');
SELECT refuses($$ SELECT * FROM wallet_verify_account('alice', 'EUR') $$, 'WA002', 'account not found', '{alice,EUR}', '"alice" has accounts in JPY, USD.', 'not in that currency');
SELECT refuses($$ SELECT * FROM wallet_verify_account('alice', 'usd') $$, 'WA002', 'account not found', '{alice,usd}', NULL, 'nor in what is no currency');
SELECT refuses($$ SELECT * FROM wallet_verify_account(NULL, 'USD') $$, 'WA024', 'name and currency must not be NULL', NULL, NULL, 'no name');
SELECT refuses($$ SELECT * FROM wallet_verify_account('alice', NULL) $$, 'WA024', 'name and currency must not be NULL', NULL, NULL, 'no currency');

-- ---- the deed, what verify_account says of the account, and back
CREATE FUNCTION found(deed text, the_name text DEFAULT 'alice') RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	findings jsonb;
	t text;
BEGIN
	BEGIN
		FOREACH t IN ARRAY '{event,account,currency,milestone}'::text[] LOOP
			EXECUTE format('ALTER TABLE wallet.%I DISABLE TRIGGER immutable', t);
		END LOOP;
		EXECUTE deed;
		SELECT COALESCE(jsonb_object_agg(check_name, detail), '{}') INTO findings FROM wallet_verify_account(the_name, 'USD') WHERE NOT ok;
		RAISE EXCEPTION USING ERRCODE = 'UNDO1';
	EXCEPTION
		WHEN SQLSTATE 'UNDO1' THEN NULL;
		WHEN OTHERS THEN findings := jsonb_build_object('raised', SQLSTATE || ' ' || SQLERRM);
	END;
	RETURN findings;
END $$;
-- checks: all that find something, in order; words: in the detail of the first of them.
CREATE FUNCTION tampered(deed text, checks text, words text, description text, the_name text DEFAULT 'alice') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	findings jsonb := found(deed, the_name);
	told text := (SELECT string_agg(k, ' ' ORDER BY array_position('{events,chain,amounts,milestones,accounts,balance,raised}', k)) FROM jsonb_object_keys(findings) k);
	good boolean := told IS NOT DISTINCT FROM checks AND (words IS NULL OR findings->>split_part(checks, ' ', 1) ~ words);
BEGIN
	RETURN ok(good, description) || CASE WHEN good THEN '' ELSE E'\n' || diag(format(E'deed: %s\nwanted: %s ~ %s\nfound: %s', deed, checks, words, left(findings::text, 1500))) END;
END $$;
CREATE FUNCTION event_deed(n bigint, setting text) RETURNS text LANGUAGE sql AS $$ SELECT format('UPDATE wallet.event SET %s WHERE event_id = %s', setting, ev(n)) $$;
CREATE FUNCTION balance_deed(name text, setting text) RETURNS text LANGUAGE sql AS $$ SELECT format('UPDATE wallet.balance SET %s WHERE account = %s', setting, account(name)) $$;
SELECT is(found('SELECT 1'), '{}', 'no deed, no finding');

-- events
SELECT tampered(event_deed(11, setting), 'events', ev(11), 'events: ' || setting)
FROM unnest(ARRAY['metadata = ''{"note": "First"}''', 'metadata = NULL', 'metadata_digest = NULL', 'leg = 1', 'final = true', 'cause = 5', 'debit_held = NULL']) AS setting;
-- An event that cannot be read ends the walk: what lies before it is not examined, and no false alarm is given about it.
SELECT tampered(event_deed(1300, setting), 'events', ev(1300), 'events: ' || setting || ' ends the walk')
FROM unnest('{format = 2,amount = ''NaN'',debit_balance = 1e40,effective_at = ''infinity'',metadata_digest = ''\\x00''}'::text[]) AS setting;
SELECT tampered(event_deed(1300, 'kind = 99'), 'events amounts', ev(1300), 'events: an unknown kind moves no money');

-- chain
SELECT tampered('DELETE FROM wallet.event WHERE event_id = ' || ev(1300), 'chain', ev(1301) || '.*' || ev(1300) || '.*missing', 'chain: an event is deleted');
SELECT tampered('DELETE FROM wallet.event WHERE event_id = ' || ev(30), 'chain', 'wallet.balance names event ' || ev(30) || '.*missing', 'chain: the newest event is deleted');
SELECT tampered('DELETE FROM wallet.event WHERE event_id = ' || account('alice'), 'chain', account('alice') || '.*missing', 'chain: the opening is deleted');
SELECT tampered(event_deed(1300, 'credit_version = credit_version + 1'), 'chain', ev(1300) || '.*version.*' || ev(1301), 'chain: a version is edited');
SELECT tampered(event_deed(1300, 'credit_prev = ' || ev(1298)), 'chain amounts', ev(1298) || '.*version', 'chain: an event is skipped');
SELECT tampered(event_deed(1300, 'credit_prev = ' || ev(1305)), 'chain', ev(1300) || '.*' || ev(1305) || '.*no earlier', 'chain: it leads forward');
SELECT tampered(event_deed(1300, 'credit_prev = ' || ev(1300)), 'chain', ev(1300) || '.*no earlier', 'chain: it leads to itself');
SELECT tampered(event_deed(1300, 'credit_prev = ' || ev(12)), 'chain', ev(12) || '.*not in the chain', 'chain: it leads to another account''s event');
SELECT tampered(event_deed(1300, 'credit_prev = ' || ev(20)), 'chain', ev(20) || '.*not in the chain', 'chain: it leads to a refusal');
SELECT tampered(event_deed(1300, 'credit_prev = NULL'), 'chain', ev(1300) || '.*not in the chain', 'chain: it is cut');
SELECT tampered(event_deed(1300, 'status = 1'), 'chain', ev(1300) || '.*not in the chain', 'chain: a success becomes a refusal');
SELECT tampered(event_deed(1300, 'credit = ' || account('bob')), 'chain', ev(1300) || '.*not in the chain', 'chain: another payee');
SELECT tampered(event_deed(2, 'credit_version = 2'), 'chain', ev(2), 'chain: the opening has another version');
SELECT tampered(format('INSERT INTO wallet.event SELECT (jsonb_populate_record(e, %L::jsonb)).* FROM wallet.event e WHERE event_id = %s; %s', jsonb_build_object('transaction_id', gen_random_uuid(), 'event_id', ev(30)::bigint + 1, 'debit_prev', ev(30), 'credit_prev', ev(30)), ev(30),
	balance_deed('alice', format('last_event = %s', ev(30)::bigint + 1))), 'chain amounts balance', ev(30), 'chain: an event is added at the end');

-- amounts
SELECT tampered(event_deed(1300, 'amount = amount + 1'), 'amounts', ev(1299) || '.*' || ev(1300), 'amounts: an amount is edited');
SELECT tampered(event_deed(1300, 'credit_balance = credit_balance + 1'), 'amounts', ev(1300), 'amounts: a balance after is edited');
SELECT tampered(event_deed(11, 'amount = amount + 1'), 'amounts', ev(11), 'amounts: of a payment');
SELECT tampered(event_deed(11, 'debit_balance = debit_balance - 1'), 'amounts', ev(11), 'amounts: a balance after a payment');
SELECT tampered(event_deed(11, 'debit_held = 1.00'), 'amounts', ev(11), 'amounts: held');
SELECT tampered(event_deed(30, 'debit_held = 1.00'), 'amounts balance', ev(1600) || '.*' || ev(30), 'amounts: held after the newest');
SELECT tampered(event_deed(10, 'amount = amount - 1'), 'amounts', account('alice') || '.*' || ev(10), 'amounts: the first receipt');
SELECT tampered(event_deed(2, 'credit_balance = 5.00'), 'amounts', account('alice')::text, 'amounts: the opening with a balance');
SELECT tampered(event_deed(1300, 'amount = amount * 1.0, requested = requested * 1.0, debit_balance = debit_balance * 1.0, credit_balance = credit_balance * 1.0, debit_held = debit_held * 1.0'), 'amounts', ev(1300), 'amounts: another number of decimals');
SELECT tampered(event_deed(11, 'kind = 4'), 'events amounts', ev(11), 'amounts: a transfer becomes a hold');

-- milestones
CREATE FUNCTION milestone_deed(setting text) RETURNS text LANGUAGE sql AS $$ SELECT format('UPDATE wallet.milestone SET %s WHERE account = %s AND version = 512', setting, account('alice')) $$;
CREATE FUNCTION milestone() RETURNS text LANGUAGE sql AS $$ SELECT event_id::text FROM wallet.milestone WHERE account = account('alice') AND version = 512 $$;
SELECT tampered(milestone_deed(setting), 'milestones', account('alice') || '.*' || milestone(), 'milestones: ' || setting)
FROM unnest(ARRAY['balance = balance + 1', 'held = 1', 'version = 511', 'balance = ''NaN''', 'held = 0.001', 'balance = 1e40']) AS setting;
SELECT tampered(format('DELETE FROM wallet.milestone WHERE account = %s AND version = %s', account('alice'), version), 'milestones', 'no milestone', format('milestones: number %s is deleted', version)) FROM unnest('{256,512}'::int[]) version;
SELECT tampered(format('INSERT INTO wallet.milestone VALUES (%s, %s, 300, 5.00, 0.00)', account('alice'), e), 'milestones', e || '.*none is due', 'milestones: one is inserted ' || place)
FROM (VALUES (ev(1200), 'between'), (account('alice')::text, 'at the opening'), ((ev(30)::bigint + 1)::text, 'at the end'), ('1', 'before all')) AS v (e, place);
SELECT tampered(milestone_deed('event_id = event_id + 1'), 'milestones', '2 found.*no milestone.*none is due|2 found.*none is due.*no milestone', 'milestones: one is moved: both ways');
SELECT tampered(milestone_deed('account = ' || account('bob')), 'milestones', 'no milestone', 'milestones: one goes to another account');

-- accounts
SELECT tampered(format('UPDATE wallet.account SET %s WHERE id = %s', setting, account('alice')), 'accounts', account('alice') || '.*' || word, 'accounts: ' || setting)
FROM (VALUES ('parent = ' || account('bob'), 'parent'), ('owner = NULL', 'owner'), ('owner = ''''', 'owner'), ('metadata = NULL', 'metadata'), ('metadata = ''{"k": 2}''', 'metadata')) AS v (setting, word);
SELECT tampered(format('UPDATE wallet.account SET %s WHERE id = %s', setting, account('bob')), 'accounts', account('bob') || '.*' || word, 'accounts: ' || setting, 'bob')
FROM (VALUES ('parent = NULL', 'parent'), ('owner = ''postgres''', 'owner'), ('metadata = ''{}''', 'metadata')) AS v (setting, word);
SELECT tampered(format('UPDATE wallet.account SET name = ''Alice'' WHERE id = %s', account('alice')), 'accounts', 'name', 'accounts: another name', 'Alice');
SELECT tampered(event_deed(2, 'detail = ''\x00'''), 'accounts', account('alice')::text, 'accounts: an opening that says nothing');
SELECT tampered(event_deed(2, 'detail = (SELECT detail FROM wallet.event WHERE event_id = ' || account('bob') || ')'), 'accounts balance', account('alice') || '.*name', 'accounts: an opening of somebody else');

-- balance
SELECT tampered(balance_deed('alice', setting), 'balance', account('alice') || '.*' || word, 'balance: ' || setting)
FROM (VALUES ('balance = balance + 1', 'balance'), ('held = 1.00', 'held'), ('version = version + 1', 'version'), ('owned = false', 'owned'), ('currency = ''EUR''', 'currency'), ('held = 0', 'decimals'), ('balance = ''NaN''', 'impossible'), ('currency = ''usd''', 'impossible'),
	('guard_event = guard_event - 1', 'guard_event'), ('guard_event = ' || ev(32), 'guard_event'), ('guard_event = 9000000000000000', 'guard_event')) AS v (setting, word);
SELECT tampered(balance_deed('alice', 'exponent = 3'), 'balance', 'decimals', 'balance: another exponent');
SELECT tampered(balance_deed('alice', 'last_event = ' || ev(1600)), 'balance', ev(1600), 'balance: last_event is set back');
SELECT tampered(balance_deed('alice', format('last_event = %s, version = version - 1, balance = balance + 5', ev(1600))), 'balance', 'guard_event', 'balance: all is set back but guard_event');
SELECT tampered(balance_deed('alice', 'last_event = last_event + 1'), 'chain balance', 'missing', 'balance: last_event names nothing');
SELECT tampered(format('DELETE FROM wallet.balance WHERE account = %s', account('alice')), 'balance', account('alice') || '.*no row', 'balance: the row is deleted');

-- ---- held, along kinds that format 1 has and no door of this build writes: their events are planted by hand, as the format says
-- held_after and final are given; a kind that moves money is in both chains, another in the payer's alone.
CREATE FUNCTION plant(n bigint, the_kind int, the_amount numeric, held_after numeric, the_final boolean DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	a wallet.balance := (SELECT b FROM wallet.balance b WHERE account = account('alice'));
	b wallet.balance := (SELECT b FROM wallet.balance b WHERE account = account('bob'));
	e bigint := (SELECT max(event_id) + 1 FROM wallet.event);
	moved numeric := CASE WHEN the_kind = 5 THEN the_amount ELSE 0 END;
BEGIN
	INSERT INTO wallet.event (event_id, transaction_id, leg, kind, status, format, debit, credit, requested, amount, final, related, debit_balance, credit_balance, debit_held, debit_version, credit_version, debit_prev, credit_prev, actor)
		VALUES (e, id(n), CASE WHEN the_kind = 7 THEN 1 ELSE 0 END, the_kind, 0, 1, a.account, CASE WHEN the_kind <> 7 THEN b.account END, CASE WHEN the_kind = 4 THEN the_amount END, the_amount, the_final, CASE WHEN the_kind IN (5, 6) THEN id(50) END,
			a.balance - moved, CASE WHEN the_kind <> 7 THEN b.balance + moved END, held_after, a.version + 1, CASE WHEN the_kind <> 7 THEN b.version + (the_kind = 5)::int END, a.last_event, CASE WHEN the_kind = 5 THEN b.last_event END, 'me');
	UPDATE wallet.balance SET balance = balance - moved, held = held_after, version = version + 1, last_event = e, guard_event = e WHERE account = a.account;
	UPDATE wallet.balance SET balance = balance + moved, version = version + (the_kind = 5)::int, last_event = CASE WHEN the_kind = 5 THEN e ELSE last_event END, guard_event = CASE WHEN the_kind <> 7 THEN e ELSE guard_event END WHERE account = b.account;
END $$;
BEGIN;
SELECT plant(50, 4, 100.00, 100.00), plant(51, 5, 30.00, 70.00, false), plant(52, 6, 20.00, 50.00), plant(53, 5, 10.00, 0.00, true), plant(54, 4, 5.00, 5.00), plant(55, 7, 5.00, 0.00), plant(56, 4, 7.00, 7.00) \g /dev/null
SELECT is(found('SELECT 1', 'alice'), '{}', 'a hold, captures, a release, an expiry: sound');
SELECT is(found('SELECT 1', 'bob'), '{}', 'its payee is sound too: a hold is in the payer''s chain alone');
SELECT results_eq($$ SELECT kind, amount FROM wallet_statement('alice', 'USD', max_rows => 3) $$, $$ VALUES ('capture', -10.00), ('capture', -30.00), ('transfer', -5.00) $$, 'holds and releases are no entries');
SELECT results_eq($$ SELECT kind, amount FROM wallet_statement('bob', 'USD', max_rows => 2) $$, $$ VALUES ('capture', 10.00), ('capture', 30.00) $$, 'nor are they of the payee');
SELECT is((SELECT count(DISTINCT wallet_balance_at('alice', 'USD', wallet_event_time(event_id))) FROM wallet.event WHERE transaction_id IN (id(53), id(54), id(55), id(56))), 1::bigint, 'what only holds changes no balance');
SELECT is(wallet_balance_at('alice', 'USD', 'infinity'), wallet_balance('alice', 'USD'), 'a chain that ends in a hold');
SELECT tampered(format('UPDATE wallet.event SET debit_held = debit_held + 1 WHERE transaction_id = %L', id(n)), 'amounts', ev(n), format('held after event %s', n)) FROM unnest('{50,51,52,53,54,55}'::int[]) n;
SELECT tampered(format('UPDATE wallet.event SET amount = amount + 1 WHERE transaction_id = %L', id(n)), 'amounts', ev(n), format('amount of event %s', n)) FROM unnest('{50,51,52,54,55,56}'::int[]) n;
SELECT tampered(format('UPDATE wallet.event SET debit_held = 9.00 WHERE transaction_id = %L', id(52)), 'amounts', ev(52) || '.*' || ev(53), 'a final capture takes at least its amount from held');
SELECT tampered(balance_deed('alice', 'held = 8.00'), 'balance', 'held', 'held of the row after a hold');
ROLLBACK;
-- A milestone reached as the payee, while something is held.
BEGIN;
SELECT plant(60, 4, 9.00, 9.00) \g /dev/null
SELECT count(*) FROM bulk((SELECT array_agg(format('%s world alice 0.01 USD', 7000 + n) ORDER BY n) FROM generate_series(1, 300) n)) \g /dev/null
SELECT is((SELECT array_agg(held ORDER BY version) FROM wallet.milestone WHERE account = account('alice')), '{0.00,0.00,9.00}', 'the third milestone has something held');
SELECT is(found('SELECT 1', 'alice'), '{}', 'and is sound');
SELECT tampered(format('UPDATE wallet.milestone SET held = %s WHERE account = %s AND version = %s', held, account('alice'), version), 'milestones', account('alice')::text, format('milestone %s with %s held', version, held)) FROM (VALUES (768, 0.00), (512, 9.00)) v (version, held);
ROLLBACK;

-- ---- others' faults are theirs
SELECT is(found(event_deed(12, 'amount = amount + 1') || '; ' || balance_deed('carol', 'balance = 77.00') || '; ' || format('DELETE FROM wallet.milestone WHERE account = %s', account('world'))), '{}', 'what happened to others is not looked at');

-- ---- inside a transaction, read only too
BEGIN;
SELECT wallet_open('new', 'USD', id(40)), wallet_transfer('alice', 'new', 3, 'USD', id(41)) \g /dev/null
SELECT is((SELECT string_agg(check_name || ' ' || examined, ', ') FROM wallet_verify_account('new', 'USD') WHERE ok), 'events 2, chain 2, amounts 2, milestones 0, accounts 1, balance 2', 'what this transaction wrote');
ROLLBACK;
BEGIN READ ONLY;
SELECT is((SELECT bool_and(ok) FROM wallet_verify_account('alice', 'USD')), true, 'in a read-only transaction');
ROLLBACK;
SELECT sound();
SELECT * FROM finish();
