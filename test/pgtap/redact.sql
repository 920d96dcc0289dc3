-- Goal: wallet_redact erases what people wrote, and nothing else: metadata of all legs and of the account that an opening made, once, inside the
-- caller's transaction, with an event that says so; replay, verify and retries go on as before; whoever erases or restores metadata himself is found.
-- Method: metadata that can be searched for; the events before and after compared column by column; indexes of users' own over metadata, checked
-- by amcheck and by what they find; deeds with the triggers disabled.
\ir lib/setup.sql
CREATE EXTENSION amcheck;
SELECT plan(65);

SELECT open('world', 'USD', NULL), wallet_open('alice', 'USD', id(1), metadata => '{"mail": "alice@example.org"}'), open('bob') \g /dev/null
SELECT wallet_transfer('world', 'alice', 100, 'USD', id(10)), wallet_transfer('alice', 'bob', 5, 'USD', id(11), '{"note": "for Bob Roberts"}'), wallet_transfer('alice', 'bob', 1, 'USD', id(12), '{"note": "plain"}') \g /dev/null
SELECT bulk('{20 bob alice 1000 USD}') \g /dev/null
SELECT transaction_id FROM wallet_transfers('{bob}', '{alice}', '{1000}', '{USD}', ARRAY[id(21)], NULL, ARRAY['{"note": "refused"}'::jsonb]) \g /dev/null
-- A document that is stored out of line.
SELECT status FROM wallet_transfer('alice', 'bob', 2, 'USD', id(13), (SELECT jsonb_build_object('long', string_agg(md5(n::text), '')) FROM generate_series(1, 500) n)) \g /dev/null

-- Indexes that users made: on metadata, partial, over an expression, and one that has nothing to do with it.
CREATE INDEX by_note ON wallet.event ((metadata->>'note'));
CREATE INDEX with_note ON wallet.event (event_id) WHERE metadata IS NOT NULL;
CREATE INDEX without ON wallet.event (event_id) WHERE metadata IS NULL;
CREATE INDEX by_debit ON wallet.event (debit, event_id);
CREATE INDEX by_mail ON wallet.account USING gin (metadata);
CREATE TABLE before AS SELECT * FROM wallet.event;

-- ---- a transfer
SELECT shows('SELECT status, transaction_id, amount, from_balance, to_balance, replayed FROM wallet_redact(id(11), id(50))', format('SELECT ''success'', %L, NULL, NULL, NULL, false', id(50)), 'the receipt');
SELECT shows('SELECT metadata, metadata_digest IS NOT NULL FROM wallet.event WHERE transaction_id = id(11)', 'SELECT NULL, true', 'metadata is gone, its digest stays');
SELECT is_empty('SELECT to_jsonb(e) - ''metadata'' FROM wallet.event e JOIN before b USING (event_id) WHERE to_jsonb(e) - ''metadata'' <> to_jsonb(b) - ''metadata''', 'nothing else of any event has changed');
SELECT shows('SELECT count(*) FROM wallet.event e JOIN before b USING (event_id) WHERE e.metadata IS DISTINCT FROM b.metadata', 'SELECT 1', 'and no other metadata');
SELECT shows('SELECT kind, status, leg, from_account, to_account, amount, related, from_balance_after, metadata FROM wallet_get(id(50))', format('SELECT ''redact'', ''success'', 0, NULL, NULL, NULL, %L, NULL, NULL', id(11)), 'the event that says so');
SELECT shows('SELECT debit, credit, debit_prev, credit_prev, detail, actor = session_user FROM wallet.event WHERE transaction_id = id(50)', 'SELECT NULL, NULL, NULL, NULL, NULL, true', 'names no account and who did it');
SELECT sound('verifies after a transfer was redacted');

-- ---- it is still the same command
SELECT shows('SELECT status, from_balance, replayed FROM wallet_transfer(''alice'', ''bob'', 5, ''USD'', id(11), ''{"note": "for Bob Roberts"}'')', 'SELECT ''success'', 95.00, true', 'a retry with the same metadata replays, by its digest');
SELECT refuses('SELECT wallet_transfer(''alice'', ''bob'', 5, ''USD'', id(11), ''{"note": "for Bob"}'')', 'WA010', 'transaction id was used for a different command', '{metadata}', NULL, 'with other metadata it conflicts');
SELECT refuses('SELECT wallet_transfer(''alice'', ''bob'', 5, ''USD'', id(11))', 'WA010', 'transaction id was used for a different command', '{metadata}', NULL, 'and with none');

-- ---- once
SELECT shows('SELECT status, replayed FROM wallet_redact(id(11), id(50))', 'SELECT ''success'', true', 'the same redaction again replays');
SELECT refuses('SELECT wallet_redact(id(12), id(50))', 'WA010', 'transaction id was used for a different command', '{target}', NULL, 'its id for another target conflicts');
SELECT refuses('SELECT wallet_redact(id(12), id(10))', 'WA010', 'transaction id was used for a different command', '{}', NULL, 'and so does the id of a transfer');
SELECT refuses('SELECT wallet_transfer(''alice'', ''bob'', 5, ''USD'', id(50))', 'WA010', 'transaction id was used for a different command', '{}', NULL, 'and the other way round');
SELECT shows('SELECT status, replayed FROM wallet_redact(id(11), id(51))', 'SELECT ''success'', false', 'what is erased can be redacted again under another id');
SELECT shows('SELECT status, replayed FROM wallet_redact(id(12))', 'SELECT ''success'', false', 'without an id');
SELECT shows('SELECT status, replayed FROM wallet_redact(id(12))', 'SELECT ''success'', true', 'without an id the same target is the same command');
-- By hand, from another program: printf 'wallet redact' and the 16 bytes of id(12) through sha256sum, version 8 and variant set.
SELECT shows('SELECT transaction_id FROM wallet_redact(id(12))', format('SELECT (substr(h, 1, 12) || ''8'' || substr(h, 14, 3) || to_hex((''x'' || substr(h, 17, 1))::bit(4)::int & 3 | 8) || substr(h, 18, 15))::uuid FROM (SELECT encode(sha256(''wallet redact''::bytea || decode(replace(%L, ''-'', ''''), ''hex'')), ''hex'')) AS s (h)', id(12)), 'its id is a hash of the target');
SELECT sound('verifies after more of them');
SELECT is_empty('SELECT * FROM wallet_verify_account(''alice'', ''USD'') WHERE NOT ok', 'and so do its accounts');

-- ---- an opening: the account too
SELECT shows('SELECT metadata FROM wallet.account WHERE name = ''alice''', 'SELECT ''{"mail": "alice@example.org"}''', 'alice has a mail address');
SELECT shows('SELECT status FROM wallet_redact(id(1))', 'SELECT ''success''', 'her opening is redacted');
SELECT shows('SELECT id, parent, name, currency, owner, metadata FROM wallet.account WHERE name = ''alice''', format('SELECT %s, NULL, ''alice'', ''USD'', NULL, NULL', account('alice')), 'the account has none any more');
SELECT shows('SELECT metadata FROM wallet_account(''alice'', ''USD'')', 'SELECT NULL', 'nor does wallet_account show any');
SELECT shows('SELECT metadata FROM wallet.event WHERE transaction_id = id(1)', 'SELECT NULL', 'nor its opening');
SELECT shows(format('SELECT wallet_open(''alice'', ''USD'', %L, metadata => ''{"mail": "alice@example.org"}'')', id(1)), format('SELECT %s', account('alice')), 'the opening replays with the same metadata');
SELECT shows('SELECT status FROM wallet_transfer(''alice'', ''bob'', 1, ''USD'', id(14))', 'SELECT ''success''', 'and money moves');
SELECT sound('verifies after an opening was redacted');
SELECT is_empty('SELECT * FROM wallet_verify_account(''alice'', ''USD'') WHERE NOT ok', 'alone, too');

-- ---- what has no metadata, what is large, what was refused, what was redacted
SELECT shows('SELECT status, replayed FROM wallet_redact(id(10))', 'SELECT ''success'', false', 'an event without metadata');
SELECT shows('SELECT status FROM wallet_redact(id(13))', 'SELECT ''success''', 'a document out of line');
SELECT shows('SELECT status FROM wallet_redact(id(21))', 'SELECT ''success''', 'a recorded refusal');
SELECT shows('SELECT status FROM wallet_redact(id(50))', 'SELECT ''success''', 'a redaction');
SELECT shows('SELECT count(*) FROM wallet.event WHERE metadata IS NOT NULL', 'SELECT 0', 'nothing is left');
SELECT shows('SELECT status, replayed FROM wallet_transfers(''{bob}'', ''{alice}'', ''{1000}'', ''{USD}'', ARRAY[id(21)], NULL, ARRAY[''{"note": "refused"}''::jsonb])', 'SELECT ''insufficient_funds'', true', 'the refusal is remembered');
SELECT sound('verifies after all of them');

-- ---- indexes
SET enable_seqscan = off;
SELECT shows('SELECT count(*) FROM wallet.event WHERE metadata->>''note'' = ''plain''', 'SELECT 0', 'an index over an expression finds it no more');
SELECT shows('SELECT count(*) FROM wallet.event WHERE metadata IS NULL AND event_id > 0', 'SELECT 18', 'a partial index has all that came into it');
SELECT shows('SELECT count(*) FROM wallet.account WHERE metadata @> ''{"mail": "alice@example.org"}''', 'SELECT 0', 'nor does the GIN index of accounts');
RESET enable_seqscan;
SELECT lives_ok(format('SELECT bt_index_check(%L, true)', i), i || ' is complete') FROM unnest(ARRAY['by_note', 'with_note', 'without', 'by_debit']) AS n, LATERAL (SELECT 'wallet.' || n) AS q (i);
SELECT lives_ok(format('SELECT bt_index_check(%L, true)', i), i || ' is complete') FROM unnest(ARRAY['wallet.event_pkey', 'wallet.event_transaction_id_leg_key', 'wallet.account_pkey', 'wallet.account_name_currency_key']) AS i;

-- ---- refused
SELECT refuses('SELECT wallet_redact(id(99))', 'WA028', 'original not found', ARRAY[id(99)::text], NULL, 'a target that there is not');
SELECT refuses('SELECT wallet_redact(id(99), id(99))', 'WA028', 'original not found', ARRAY[id(99)::text], NULL, 'nor can it be its own');
SELECT refuses('SELECT wallet_redact(NULL)', 'WA024', 'invalid argument', '{target,"NULL"}', NULL, 'no target');

-- ---- the caller's transaction
SELECT status FROM wallet_transfer('alice', 'bob', 1, 'USD', id(30), '{"note": "kept"}') \g /dev/null
BEGIN;
SELECT status FROM wallet_redact(id(30)) \g /dev/null
SAVEPOINT s;
ROLLBACK;
SELECT shows('SELECT metadata->>''note'' FROM wallet.event WHERE transaction_id = id(30)', 'SELECT ''kept''', 'ROLLBACK brings it back');
SELECT shows('SELECT status, replayed FROM wallet_redact(id(30))', 'SELECT ''success'', false', 'and the redaction was never');
BEGIN;
SELECT status FROM wallet_transfer('alice', 'bob', 1, 'USD', id(31), '{"note": "brief"}') \g /dev/null
SELECT status FROM wallet_redact(id(31)) \g /dev/null
SELECT wallet_open('zoe', 'USD', id(32), metadata => '{"mail": "zoe"}') > 0, (wallet_redact(id(32))).status \g /dev/null
COMMIT;
SELECT shows('SELECT count(*) FROM wallet.event WHERE transaction_id IN (id(31), id(32)) AND metadata IS NULL AND metadata_digest IS NOT NULL', 'SELECT 2', 'what this transaction wrote can be redacted in it');
SELECT shows('SELECT metadata FROM wallet.account WHERE name = ''zoe''', 'SELECT NULL', 'with its account');
SELECT sound('verifies after them');

-- ---- behind the machine's back
SELECT status FROM wallet_transfer('alice', 'bob', 1, 'USD', id(40), '{"note": "still here"}') \g /dev/null
SELECT wallet_open('yan', 'USD', id(41), metadata => '{"mail": "yan"}') > 0 \g /dev/null
CREATE FUNCTION whole() RETURNS text LANGUAGE sql AS $$ SELECT string_agg(check_name || ': ' || detail, E'\n' ORDER BY check_name) FROM wallet_verify(true) WHERE NOT ok $$;
CREATE FUNCTION found(deed text, verdict text DEFAULT 'whole()') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	said text;
BEGIN
	BEGIN
		ALTER TABLE wallet.event DISABLE TRIGGER immutable;
		ALTER TABLE wallet.account DISABLE TRIGGER immutable;
		EXECUTE deed;
		ALTER TABLE wallet.event ENABLE ALWAYS TRIGGER immutable;
		ALTER TABLE wallet.account ENABLE ALWAYS TRIGGER immutable;
		EXECUTE 'SELECT ' || verdict INTO said;
		RAISE EXCEPTION USING ERRCODE = 'UNDO1';
	EXCEPTION WHEN SQLSTATE 'UNDO1' THEN NULL;
	END;
	RETURN said;
END $$;
CREATE FUNCTION ev(n bigint) RETURNS text LANGUAGE sql AS $$ SELECT event_id::text FROM wallet.event WHERE transaction_id = id(n) $$;
CREATE FUNCTION redaction_of(n bigint) RETURNS text LANGUAGE sql AS $$ SELECT min(event_id)::text FROM wallet.event WHERE kind = 18 AND related = id(n) $$;
SELECT is(found('UPDATE wallet.event SET metadata = NULL WHERE transaction_id = id(40)'), format('events: 1 found. Event %s has lost its metadata.', ev(40)), 'metadata erased without an event that says so');
SELECT is(found('UPDATE wallet.event SET metadata = NULL WHERE transaction_id = id(40); DELETE FROM wallet.event WHERE transaction_id = id(50) OR related = id(50)'), format('events: 1 found. Event %s has lost its metadata.', ev(40)), 'the redact event of another does not excuse it, and another still excuses id(11)');
SELECT is(found('DELETE FROM wallet.event WHERE kind = 18 AND related = id(1)'), format(E'accounts: 1 found. Account %s has another metadata than its opening event says.\nevents: 1 found. Event %s has lost its metadata.', account('alice'), ev(1)), 'a redact event removed');
SELECT is(found('UPDATE wallet.event SET metadata = ''{"note": "plain"}'' WHERE transaction_id = id(12)'), format('events: 1 found. Event %s has metadata, which event %s has erased.', ev(12), redaction_of(12)), 'metadata put back, though it is the right one');
SELECT is(found('UPDATE wallet.account SET metadata = ''{"mail": "alice@example.org"}'' WHERE name = ''alice'''), format('accounts: 1 found. Account %s has another metadata than its opening event says.', account('alice')), 'and in the account');
SELECT matches(found('UPDATE wallet.event SET metadata = ''{"note": "other"}'' WHERE transaction_id = id(40)'), format('events: 1 found. Event %s has other metadata', ev(40)), 'metadata changed');
CREATE FUNCTION broken_account() RETURNS text LANGUAGE sql AS $$ SELECT string_agg(check_name || ': ' || detail, E'\n') FROM wallet_verify_account('alice', 'USD') WHERE NOT ok $$;
SELECT is(found('UPDATE wallet.event SET metadata = NULL WHERE transaction_id = id(40)', 'broken_account()'), format('events: 1 found. Event %s has other metadata than its digest says.', ev(40)), 'wallet_verify_account finds it too');
SELECT is(found('UPDATE wallet.event SET metadata = NULL WHERE transaction_id = id(40); UPDATE wallet.event SET related = id(40) WHERE transaction_id = id(51)', 'broken_account()'), NULL, 'and takes a redaction under whatever id');
SELECT matches(found('UPDATE wallet.event SET related = id(99) WHERE transaction_id = id(50)'), format('Event %s is recorded as success; decided again it is original_not_found', ev(50)), 'a redaction of what there is not');
SELECT is(found('UPDATE wallet.account SET metadata = NULL WHERE name = ''yan'''), format('accounts: 1 found. Account %s has another metadata than its opening event says.', account('yan')), 'an account erased without its opening');
SELECT * FROM finish();
