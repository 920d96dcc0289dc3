-- Goal: wallet_rebuild puts right whatever is wrong in the rows of one account, from its events alone, and tells what; it touches no other account,
-- records that it was there, leaves what is right alone, and refuses when the events themselves are broken.
-- Method: a ledger with milestones, an owner, a parent, refusals and groups; one deed at a time with the triggers disabled: verify must name it, rebuild
-- must tell it, verify must then find nothing, and every other row be what it was; all of it is undone.
\ir lib/setup.sql
SELECT plan(90);

CREATE ROLE wt_rebuild_owner;
SELECT open('world', 'USD', NULL), wallet_open('alice', 'USD', id(1), -50, 100000, NULL, 'wt_rebuild_owner', '{"k": 1}'), wallet_open('bob', 'USD', id(2), parent => 'alice', metadata => '{"b": 2}'), open('carol'), open('bob', 'EUR') \g /dev/null
SELECT wallet_transfer('world', 'alice', 1000, 'USD', id(10)), wallet_transfer('alice', 'bob', 10, 'USD', id(11)), wallet_transfer('bob', 'carol', 4, 'USD', id(12)) \g /dev/null
SELECT bulk('{20 carol bob 500 USD,21 bob alice 1 USD,22 bob carol 500 USD}', '{1,2,2}') \g /dev/null
-- 600 payments to bob: his chain has 603 events (opening, 10 in, 4 out), so his milestones are versions 256 and 512.
SELECT count(*) FROM bulk((SELECT array_agg(format('%s world bob 0.01 USD', 1000 + n) ORDER BY n) FROM generate_series(1, 600) n)) \g /dev/null

-- ---- nothing is wrong
SET client_min_messages = error;
CREATE TABLE before AS SELECT * FROM wallet.balance;
SELECT is_empty(format('SELECT * FROM wallet_rebuild(%L, %L)', name, currency), name || ' in ' || currency || ' is right') FROM wallet.account ORDER BY id;
SELECT shows('SELECT count(*) FROM wallet.event WHERE kind = 19', 'SELECT 0', 'nothing was recorded for that');
SELECT is_empty('(SELECT * FROM before EXCEPT SELECT * FROM wallet.balance) UNION ALL (SELECT * FROM wallet.balance EXCEPT SELECT * FROM before)', 'and nothing written');
SET client_min_messages = warning;
SELECT shows('SELECT version, balance FROM wallet.milestone WHERE account = account(''bob'') ORDER BY version', 'VALUES (256, 8.53), (512, 11.09)', 'bob has two milestones: 6.00 at version 3, a cent with each further one');

-- ---- the deed, what verify says, what rebuild says, what verify says then
CREATE TYPE mending AS (found text, told text, after text, others text, event text);
CREATE FUNCTION mend(deed text, name text DEFAULT 'bob', currency text DEFAULT 'USD') RETURNS mending LANGUAGE plpgsql AS $$
DECLARE
	m mending;
	tab text;
BEGIN
	BEGIN
		CREATE TEMP TABLE rows_before ON COMMIT DROP AS SELECT 'balance' AS t, b.account, to_jsonb(b) AS r FROM wallet.balance b
			UNION ALL SELECT 'account', a.id, to_jsonb(a) FROM wallet.account a UNION ALL SELECT 'milestone ' || s.event_id, s.account, to_jsonb(s) FROM wallet.milestone s;
		FOREACH tab IN ARRAY '{event,account,currency,milestone}'::text[] LOOP EXECUTE format('ALTER TABLE wallet.%I DISABLE TRIGGER immutable', tab); END LOOP;
		EXECUTE deed;
		FOREACH tab IN ARRAY '{event,account,currency,milestone}'::text[] LOOP EXECUTE format('ALTER TABLE wallet.%I ENABLE ALWAYS TRIGGER immutable', tab); END LOOP;
		m.found := broken();
		SELECT string_agg(format('%s: %s -> %s', w.what, COALESCE(w.before, '(none)'), COALESCE(w.after, '(none)')), E'\n') INTO m.told FROM wallet_rebuild(name, currency) w;
		m.after := broken();
		-- Only the guard of this account has moved, to the event of the rebuild.
		SELECT string_agg(format('%s %s: %s', n.t, n.account, n.r), E'\n') INTO m.others
		FROM (SELECT 'balance' AS t, b.account, to_jsonb(b) AS r FROM wallet.balance b
			  UNION ALL SELECT 'account', a.id, to_jsonb(a) FROM wallet.account a UNION ALL SELECT 'milestone ' || s.event_id, s.account, to_jsonb(s) FROM wallet.milestone s) n
		FULL JOIN rows_before o USING (t, account)
		WHERE CASE WHEN t = 'balance' AND account = account(name, currency)
			THEN n.r - 'guard_event' IS DISTINCT FROM o.r - 'guard_event' OR (n.r->>'guard_event')::bigint <> (SELECT max(event_id) FROM wallet.event WHERE kind = 19)
			ELSE n.r IS DISTINCT FROM o.r END;
		SELECT string_agg(format('%s %s %s %s', j.kind, j.status, j.from_account, j.from_balance_after), E'\n') INTO m.event FROM wallet.journal j WHERE j.kind = 'rebuild';
		RAISE EXCEPTION USING ERRCODE = 'UNDO1';
	EXCEPTION
		WHEN SQLSTATE 'UNDO1' THEN NULL;
		WHEN OTHERS THEN m.after := 'raised ' || SQLSTATE || ' ' || SQLERRM;
	END;
	RETURN m;
END $$;
-- One test: verify named it, rebuild told it, all is well again, nothing else has changed, and an event says so.
CREATE FUNCTION mends(deed text, finds text, tells text, description text, name text DEFAULT 'bob', balance numeric DEFAULT 12.00) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	m mending := mend(deed, name);
	good boolean := COALESCE(m.found ~ finds AND m.told ~ tells AND m.after IS NULL AND m.others IS NULL AND m.event = format('rebuild success %s %s', name, balance), false);
BEGIN
	RETURN ok(good, description) || CASE WHEN good THEN '' ELSE E'\n' || diag(format(E'deed: %s\nwanted: %s | %s\nfound: %s\ntold: %s\nafter: %s\nothers: %s\nevent: %s', deed, finds, tells, m.found, m.told, m.after, m.others, m.event)) END;
END $$;
CREATE FUNCTION balance_deed(name text, setting text) RETURNS text LANGUAGE sql AS $$ SELECT format('UPDATE wallet.balance SET %s WHERE account = %s', setting, account(name)) $$;
CREATE FUNCTION account_deed(name text, setting text) RETURNS text LANGUAGE sql AS $$ SELECT format('UPDATE wallet.account SET %s WHERE id = %s', setting, account(name)) $$;

-- ---- the balance row: each column, readable or not
SELECT mends(balance_deed('bob', setting), 'replay: 1 found. .*' || account('bob'), '^' || told || '$', setting)
FROM (VALUES ('balance = balance + 1', 'balance.balance: 13.00 -> 12.00'), ('balance = 1e40', 'balance.balance: 10+ -> 12.00'), ('balance = ''NaN''', 'balance.balance: NaN -> 12.00'), ('balance = ''Infinity''', 'balance.balance: Infinity -> 12.00'),
	('balance = balance::numeric(40, 3)', 'balance.balance: 12.000 -> 12.00'), ('balance = 0.001', 'balance.balance: 0.001 -> 12.00'), ('held = 1', 'balance.held: 1 -> 0.00'), ('floor = -1000000', 'balance.floor: -1000000 -> 0.00'), ('floor = NULL', 'balance.floor: \(none\) -> 0.00'),
	('ceiling = 1', 'balance.ceiling: 1 -> \(none\)'), ('version = version + 1', 'balance.version: 604 -> 603'), ('status = 2', 'balance.status: 2 -> 1'), ('status = 7', 'balance.status: 7 -> 1'), ('last_event = last_event - 1', 'balance.last_event: \d+ -> \d+'),
	('guard_event = guard_event - 1', 'balance.guard_event: \d+ -> \d+'), ('guard_event = guard_event + 1000000000000', 'balance.guard_event: \d+ -> \d+'), ('owned = true', 'balance.owned: t -> f'), ('inbound = 1', 'balance.inbound: 1 -> 0'), ('reserved = 1', 'balance.reserved: 1 -> \(none\)'),
	('next_expiry = 5', 'balance.next_expiry: 5 -> \(none\)'), ('currency = ''EUR''', 'balance.currency: EUR -> USD'), ('currency = ''usd''', 'balance.currency: usd -> USD'), ('exponent = 3', 'balance.exponent: 3 -> 2'), ('exponent = -1', 'balance.exponent: -1 -> 2'), ('exponent = 31', 'balance.exponent: 31 -> 2'),
	('spend_limit = 5', 'balance.spend_limit: 5 -> \(none\)'), ('window_seconds = 60, spend_limit = 5', 'balance.window_seconds: 60 -> \(none\)\nbalance.spend_limit: 5 -> \(none\)'), ('balance = 0, version = 1, last_event = 1', 'balance.version: 1 -> 603\nbalance.last_event: 1 -> \d+\nbalance.balance: 0 -> 12.00')) AS v (setting, told);
SELECT mends(balance_deed('alice', 'owned = false, ceiling = NULL'), 'replay: 1 found', '^balance.owned: f -> t\nbalance.ceiling: \(none\) -> 100000.00$', 'an owner that is not seen lets anybody debit', 'alice', 990.00);
SELECT mends(balance_deed('world', 'balance = 0, floor = 0'), 'replay: 1 found', '^balance.balance: 0 -> -1006.00\nbalance.floor: 0 -> \(none\)$', 'the outside world', 'world', -1006.00);
SELECT mends(format('DELETE FROM wallet.balance WHERE account = %s', account('bob')), 'replay: 1 found. .*has no row in wallet.balance', format('^balance: \(none\) -> \(%s,603,', account('bob')), 'the row is missing');
SELECT mends(format('UPDATE wallet.balance SET account = 77 WHERE account = %s; DELETE FROM wallet.balance WHERE account = 77', account('bob')), 'has no row', '^balance: \(none\) -> ', 'the row went to another account and was deleted there');

-- ---- milestones
SELECT mends(format(deed, account('bob')), 'milestones: ' || finds, '^' || told || '$', deed)
FROM (VALUES ('UPDATE wallet.milestone SET balance = balance + 1 WHERE account = %s AND version = 256', '1 found.*differs', 'milestone \d+.balance: 9.53 -> 8.53'),
	('UPDATE wallet.milestone SET held = ''NaN'', version = 1 WHERE account = %s AND version = 512', '1 found.*differs', 'milestone \d+.version: 1 -> 512\nmilestone \d+.held: NaN -> 0.00'),
	('DELETE FROM wallet.milestone WHERE account = %s AND version = 256', '1 found.*no milestone', 'milestone \d+: \(none\) -> \(\d+,\d+,256,8.53,0.00\)'),
	('DELETE FROM wallet.milestone WHERE account = %s', '2 found.*no milestone.*no milestone', 'milestone \d+: \(none\) -> \([^\n]*\)\nmilestone \d+: \(none\) -> \([^\n]*\)'),
	('INSERT INTO wallet.milestone VALUES (%s, 77, 3, 1.00, 0.00)', '1 found.*none is due', 'milestone 77: \(\d+,77,3,1.00,0.00\) -> \(none\)'),
	('UPDATE wallet.milestone SET event_id = event_id + 1 WHERE account = %s AND version = 512', '2 found', 'milestone \d+: \([^\n]*\) -> \(none\)\nmilestone \d+: \(none\) -> \([^\n]*\)')) AS v (deed, finds, told);

-- ---- the identity
SELECT mends(account_deed('bob', setting), 'accounts: 1 found.*another', '^account.' || told || '$', setting)
FROM (VALUES ('owner = ''postgres''', 'owner: postgres -> \(none\)'), ('parent = NULL', 'parent: \(none\) -> \d+'), ('metadata = NULL', 'metadata: \(none\) -> \{"b": 2\}'), ('metadata = ''{"b": 3}''', 'metadata: \{"b": 3\} -> \{"b": 2\}'),
	('name = ''bobby''', 'name: bobby -> bob'), ('currency = ''CHF''', 'currency: CHF -> USD')) AS v (setting, told);
SELECT mends(format('DELETE FROM wallet.account WHERE id = %s', account('bob')), 'accounts: 1 found.*was opened and is not', format('^account: \(none\) -> \(%s,%s,bob,USD,,"\{""b"": 2\}"\)$', account('bob'), account('alice')), 'the identity is missing');
SELECT mends(format('DELETE FROM wallet.account WHERE id = %1$s; DELETE FROM wallet.balance WHERE account = %1$s; DELETE FROM wallet.milestone WHERE account = %1$s', account('bob')), 'accounts: 1 found.*milestones: 2 found.*replay: 1 found', '^balance: [^\n]*\nmilestone [^\n]*\nmilestone [^\n]*\naccount: [^\n]*$', 'all rows of an account are missing');
SELECT mends(format('UPDATE wallet.account SET id = 77 WHERE id = %s; DELETE FROM wallet.account WHERE id = 77', account('bob')), 'accounts: 1 found', '^account: \(none\) -> ', 'another id, and deleted');
-- The event lost its metadata, the account has it: what fits the digest is kept.
SELECT is((mend(format('UPDATE wallet.event SET metadata = NULL WHERE event_id = %1$s; UPDATE wallet.account SET owner = ''x'' WHERE id = %1$s', account('bob')))).told, 'account.owner: x -> (none)', 'metadata that fits the digest is kept, wherever it is');
-- The name taken by somebody else meanwhile: nothing is guessed.
SELECT matches((mend(format('UPDATE wallet.account SET name = ''bobby'' WHERE id = %s; INSERT INTO wallet.account (id, name, currency) VALUES (77, ''bob'', ''USD'')', account('bob')))).after, '^raised 23505 ', 'another row has the name');

-- ---- the digest in the event is that of the row as found
CREATE FUNCTION digest_of(deed text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	found bytea;
	said bytea;
BEGIN
	BEGIN
		EXECUTE deed;
		SELECT sha256(convert_to(COALESCE((SELECT b::text FROM wallet.balance b WHERE b.account = account('bob')), ''), 'UTF8')) INTO found;
		PERFORM wallet_rebuild('bob', 'USD');
		SELECT substr(detail, 6) INTO said FROM wallet.event WHERE kind = 19 AND substr(detail, 1, 5) = '\x0d20000000'::bytea;
		RAISE EXCEPTION USING ERRCODE = 'UNDO1';
	EXCEPTION WHEN SQLSTATE 'UNDO1' THEN NULL;
	END;
	RETURN CASE WHEN found = said THEN 'the same' ELSE format('%s, not %s', said, found) END;
END $$;
SELECT is(digest_of(balance_deed('bob', 'balance = 77')), 'the same', 'the event has the digest of the row as found');
SELECT is(digest_of(format('DELETE FROM wallet.balance WHERE account = %s', account('bob'))), 'the same', 'or of nothing');

-- ---- refused
SELECT refuses('SELECT wallet_rebuild(''nobody'', ''USD'')', 'WA002', 'account not found', '{nobody,USD}', NULL, 'an account that was never opened');
SELECT refuses('SELECT wallet_rebuild(''bob'', ''CHF'')', 'WA002', 'account not found', '{bob,CHF}', NULL, 'or not in that currency');
SELECT refuses('SELECT wallet_rebuild(''bob'', ''usd'')', 'WA009', 'unknown currency', '{usd}', NULL, 'what is no code');
SELECT refuses('SELECT wallet_rebuild(NULL, ''USD'')', 'WA023', 'invalid account name', '{name}', NULL, 'no name');
SELECT refuses('SELECT wallet_rebuild(''bob'', NULL)', 'WA024', 'invalid argument', '{currency}', NULL, 'no currency');
-- Broken events: of this account, or of one whose money came to it. Of others it makes no difference.
CREATE FUNCTION broken_log(deed text, name text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	f fault;
BEGIN
	BEGIN
		ALTER TABLE wallet.event DISABLE TRIGGER immutable;
		EXECUTE deed;
		EXECUTE balance_deed(name, 'balance = 77');
		f := fault_of(format('SELECT wallet_rebuild(%L, ''USD'')', name));
		RAISE EXCEPTION USING ERRCODE = 'UNDO1';
	EXCEPTION WHEN SQLSTATE 'UNDO1' THEN NULL;
	END;
	RETURN COALESCE(f.sqlstate || ' ' || f.detail, 'none');
END $$;
CREATE FUNCTION ev(n bigint) RETURNS text LANGUAGE sql AS $$ SELECT event_id::text FROM wallet.event WHERE transaction_id = id(n) $$;
SELECT matches(broken_log(format(deed, ev(12)), 'bob'), format('^WA090 Account %s \("bob"\), event (%s|%s|%s)', account('bob'), ev(12), ev(20), ev(1001)), deed)
FROM unnest(ARRAY['UPDATE wallet.event SET amount = amount + 1 WHERE event_id = %s', 'UPDATE wallet.event SET debit_prev = 1 WHERE event_id = %s', 'UPDATE wallet.event SET credit_balance = 1.00 WHERE event_id = %s', 'UPDATE wallet.event SET debit_version = NULL WHERE event_id = %s',
	'UPDATE wallet.event SET format = 2 WHERE event_id = %s', 'UPDATE wallet.event SET amount = ''NaN'' WHERE event_id = %s', 'DELETE FROM wallet.event WHERE event_id = %s', 'UPDATE wallet.event SET status = 1, amount = NULL, debit_prev = NULL, credit_prev = NULL WHERE event_id = %s']) AS deed;
SELECT matches(broken_log('UPDATE wallet.event SET cause = cause - 1 WHERE kind = 3 AND status = 19', 'bob'), '^WA090 ', 'a broken group of its');
SELECT is(broken_log(format('UPDATE wallet.event SET amount = amount + 1 WHERE event_id = %s', ev(12)), 'alice'), 'none', 'alice has no part in that event');
SELECT is(broken_log(format('UPDATE wallet.event SET metadata = ''{}'' WHERE event_id = %s', account('bob')), 'bob'), 'none', 'metadata is no part of what rows are computed from');
SELECT is(fault_of('SELECT wallet_rebuild(''bob'', ''USD'')')::text, NULL, 'and nothing of that was done');

-- ---- for good; and in the caller's transaction
SELECT sound('still sound');
SELECT is_empty('SELECT * FROM before EXCEPT SELECT * FROM wallet.balance', 'no balance has moved');
UPDATE wallet.balance SET balance = balance + 1 WHERE account = account('bob');
BEGIN;
SELECT what FROM wallet_rebuild('bob', 'USD') \g /dev/null
ROLLBACK;
SELECT matches(broken(), 'conservation: .*replay: 1 found', 'ROLLBACK takes a rebuild back');
BEGIN;
SELECT wallet_transfer('world', 'carol', 1, 'USD', id(30)) \g /dev/null
SELECT shows('SELECT what, before, after, event_id > (SELECT max(event_id) FROM wallet.event) FROM wallet_rebuild(''bob'', ''USD'')', 'SELECT ''balance.balance'', ''13.00'', ''12.00'', true', 'told, with an event that is new');
SELECT shows('SELECT event_id = (SELECT guard_event FROM wallet.balance WHERE account = account(''bob'')) FROM wallet.event WHERE kind = 19', 'SELECT true', 'which bob''s guard has seen');
SELECT wallet_transfer('bob', 'carol', 2, 'USD', id(31)) \g /dev/null
SET LOCAL client_min_messages = error;
SELECT is_empty('SELECT * FROM wallet_rebuild(''bob'', ''USD'')', 'right, after a transfer on it in the same transaction');
COMMIT;
SELECT sound('money moves after a rebuild');
SELECT shows('SELECT balance, version FROM wallet_account(''bob'', ''USD'')', 'SELECT 10.00, 604', 'from the right balance');
-- A group that names a rebuilt account, and a refusal after it.
SELECT is(told('{40 bob carol 1 USD,41 carol bob 3 USD,42 bob carol 100 USD}', '{1,1,2}'), 'success success insufficient_funds', 'bulk goes on');
SELECT sound();

-- ---- a redacted opening stays redacted
SELECT status FROM wallet_redact(id(2)) \g /dev/null
SELECT is((mend(account_deed('bob', 'metadata = ''{"b": 2}'''))).told, 'account.metadata: {"b": 2} -> (none)', 'metadata that was redacted does not come back');
SELECT is((mend(format('DELETE FROM wallet.account WHERE id = %s', account('bob')))).after, NULL, 'nor with the row');

-- ---- names that a session remembers
SELECT matches((mend(account_deed('bob', 'name = ''bobby'''))).told, 'bobby', 'bob was somebody else');
SELECT is(fault_of('SELECT pay(''bob'', ''carol'', 1)')::text, NULL, 'and is himself');

DROP ROLE wt_rebuild_owner;
SELECT * FROM finish();
