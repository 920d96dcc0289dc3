-- Goal: seals and heads are what doc/format-1.md, 3 says, and a change of the past is located by them.
-- Method: a ledger of some 700 events of every kind that there is, in bulk and one by one. The digests are computed once more
-- here, in SQL, from bytes that are put together field by field by the table of the format; then the past is changed.
\ir lib/setup.sql
SELECT plan(26);

-- ---- Format 1, 3, in SQL. Little-endian, n bytes.
CREATE FUNCTION le(v numeric, n int) RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
	x numeric := CASE WHEN v < 0 THEN v + 256::numeric ^ n ELSE v END;
	r bytea := '';
BEGIN
	FOR i IN 1 .. n LOOP
		r := r || set_byte('\x00'::bytea, 0, mod(x, 256)::int);
		x := div(x, 256);
	END LOOP;
	RETURN r;
END $$;
CREATE FUNCTION counted(b bytea) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$ SELECT le(length(b), 4) || b $$;
CREATE FUNCTION uuid_bytes(u uuid) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$ SELECT decode(replace(u::text, '-', ''), 'hex') $$;
CREATE FUNCTION moment(t timestamptz) RETURNS numeric LANGUAGE sql AS $$ SELECT trunc(extract(epoch FROM t) * 1000000) $$;
CREATE FUNCTION canonical(e wallet.event) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
	exponent int := COALESCE(scale(e.requested), scale(e.amount), scale(e.debit_balance), scale(e.credit_balance), scale(e.debit_held), 0);
	unit numeric := 10::numeric ^ exponent;
	present bigint := 0;
	body bytea := '';
	part bytea;
	bit int := 0;
BEGIN
	FOREACH part IN ARRAY ARRAY[le(e.debit, 8), le(e.credit, 8), le(e.requested * unit, 16), CASE WHEN e.final IS NOT NULL THEN le(e.final::int, 1) END, uuid_bytes(e.related),
			le(e.group_first, 8), le(moment(e.effective_at), 8), le(moment(e.expires_at), 8), le(e.expected_version, 8), e.metadata_digest, counted(e.detail),
			le(e.amount * unit, 16), le(e.debit_balance * unit, 16), le(e.credit_balance * unit, 16), le(e.debit_held * unit, 16), le(e.debit_version, 8), le(e.credit_version, 8),
			le(e.debit_prev, 8), le(e.credit_prev, 8), le(e.cause, 8)] LOOP
		IF part IS NOT NULL THEN
			present := present + 2 ^ bit;
			body := body || part;
		END IF;
		bit := bit + 1;
	END LOOP;
	RETURN le(e.format, 2) || le(e.event_id, 8) || uuid_bytes(e.transaction_id) || le(e.leg, 2) || le(e.kind, 2) || le(e.status, 2)
		|| le(exponent, 1) || le(present, 4) || body || counted(convert_to(e.actor, 'UTF8'));
END $$;
CREATE FUNCTION digests(before bigint DEFAULT 9223372036854775807) RETURNS TABLE (block bigint, first_event bigint, last_event bigint, events bigint, digest bytea) LANGUAGE sql AS $$
	SELECT n / 256, min(event_id), max(event_id), count(*), sha256(string_agg(sha256(canonical(e)), ''::bytea ORDER BY event_id))
	FROM (SELECT e, event_id, row_number() OVER (ORDER BY event_id) - 1 AS n FROM wallet.event e WHERE event_id <= before) x GROUP BY 1 $$;
CREATE FUNCTION heads(before bigint DEFAULT 9223372036854775807) RETURNS TABLE (block bigint, head bytea, events bigint) LANGUAGE sql AS $$
	WITH RECURSIVE d AS MATERIALIZED (SELECT * FROM digests(before)), h AS (
		SELECT -1::bigint AS block, sha256('wallet format 1') AS head, 0::bigint AS events
		UNION ALL
		SELECT d.block, sha256(h.head || d.digest), h.events + d.events FROM h JOIN d ON d.block = h.block + 1)
	SELECT * FROM h $$;
CREATE FUNCTION expected_head() RETURNS bytea LANGUAGE sql AS $$ SELECT head || le(events, 8) FROM heads() ORDER BY block DESC LIMIT 1 $$;

-- ---- Nothing yet
SELECT is(wallet_seal(), NULL, 'nothing to seal');
SELECT is(wallet_head(), sha256('wallet format 1') || le(0, 8), 'the head of no events');
SELECT shows('SELECT * FROM wallet_verify_against(wallet_head())', $$ VALUES ('head', true, 0, NULL::text), ('seals', true, 0, NULL) $$, 'and it verifies');

-- ---- 700 events
SELECT wallet_define_currency('ETH', 18, id(1)), wallet_open('@world', 'ETH', id(2), NULL, metadata => '{"why": "ж"}'), wallet_open('eve', 'ETH', id(3), -1e19, 1e19, '@world'), wallet_open('world', 'USD', id(4), NULL, owner => current_user) \g /dev/null
SELECT open('alice'), open('bob'), open('rich', 'USD', 0, 50) \g /dev/null
SELECT pay('world', 'alice', 500), wallet_transfer('@world', 'eve', 0.000000000000000001, 'ETH', id(5)), wallet_transfer('eve', '@world', 1.5e18, 'ETH', id(6), '{}', '2001-02-03 04:05:06.789+00', 2) \g /dev/null
SELECT count(*) FROM bulk(ARRAY(SELECT format('%s alice bob 0.01 USD', 100 + n) FROM generate_series(1, 400) n)) \g /dev/null
SELECT count(*) FROM bulk(ARRAY(SELECT format('%s bob alice %s USD', 600 + n, CASE n WHEN 3 THEN 900 ELSE 0.02 END) FROM generate_series(1, 100) n), ARRAY(SELECT n / 10 FROM generate_series(1, 100) n)) \g /dev/null
SELECT count(*) FROM bulk(ARRAY(SELECT format('%s alice rich 51 USD', 800 + n) FROM generate_series(1, 190) n)) \g /dev/null
SELECT cmp_ok(count(*), '=', 700::bigint, 'events') FROM wallet.event;
SELECT cmp_ok(count(DISTINCT status), '=', 4::bigint, 'of success and three refusals') FROM wallet.event;

SELECT is(wallet_seal(), (SELECT event_id FROM wallet.event ORDER BY event_id OFFSET 511 LIMIT 1), 'two full blocks are sealed');
SELECT set_eq('SELECT block, first_event, last_event, digest FROM wallet.seal', 'SELECT block, first_event, last_event, digest FROM digests() WHERE events = 256', 'as the format says, digest by digest');
SELECT set_eq('SELECT block, head FROM wallet.seal', 'SELECT block, head FROM heads() WHERE block BETWEEN 0 AND 1', 'and head by head');
SELECT is(wallet_seal(), (SELECT max(last_event) FROM wallet.seal), 'sealing again finds nothing to do');
SELECT is((SELECT count(*) FROM wallet.seal), 2::bigint, 'and adds nothing');
SELECT is(wallet_head(), expected_head(), 'the head is over the open block, too');
CREATE TABLE kept AS SELECT wallet_head() AS head;
SELECT shows('SELECT v.* FROM kept, wallet_verify_against(head) v', $$ VALUES ('head', true, 700, NULL::text), ('seals', true, 2, NULL) $$, 'it verifies');

-- ---- The ledger goes on
SELECT count(*) FROM bulk(ARRAY(SELECT format('%s alice bob 0.01 USD', 2000 + n) FROM generate_series(1, 100) n)) \g /dev/null
SELECT isnt(wallet_head(), (SELECT head FROM kept), 'the head moves on');
SELECT shows('SELECT v.* FROM kept, wallet_verify_against(head) v', $$ VALUES ('head', true, 700, NULL::text), ('seals', true, 2, NULL) $$, 'the old head still verifies: the log begins with what it digested');
SELECT is(wallet_seal(), (SELECT event_id FROM wallet.event ORDER BY event_id OFFSET 767 LIMIT 1), 'the next block is sealed');
SELECT set_eq('SELECT block, head FROM wallet.seal', 'SELECT block, head FROM heads() WHERE block BETWEEN 0 AND 2', 'resumed where the last seal ended');

-- ---- An open transaction keeps what is above the horizon out
SELECT ok((SELECT max(last_event) FROM wallet.seal) <= wallet_horizon(), 'seals stop at the horizon');

-- ---- Tampering
SELECT refuses('UPDATE wallet.seal SET block = 9', '55000', 'table "wallet.seal" is immutable', NULL, NULL, 'seals are immutable');
SELECT refuses('TRUNCATE wallet.seal', '55000', 'table "wallet.seal" is immutable', NULL, NULL, 'for TRUNCATE, too');
SELECT refuses('SELECT wallet_verify_against(NULL)', 'WA024', 'head must not be NULL', NULL, NULL, 'no head');
SELECT refuses($$ SELECT wallet_verify_against('\x00') $$, 'WA024', 'a head has 40 bytes, not 1', NULL, NULL, 'no head, either');
ALTER TABLE wallet.event DISABLE TRIGGER immutable;
ALTER TABLE wallet.seal DISABLE TRIGGER immutable;
CREATE FUNCTION tampered(statement text) RETURNS TABLE (r text) LANGUAGE plpgsql AS $$
DECLARE
	answer text[];
BEGIN
	BEGIN
		EXECUTE statement;
		SELECT array_agg(concat_ws(' ', v.check_name, v.ok, regexp_replace(v.detail, '[0-9]{16}', 'ID', 'g'))) INTO answer FROM kept, wallet_verify_against(head) v;
		RAISE EXCEPTION USING ERRCODE = 'UNDO1';
	EXCEPTION WHEN SQLSTATE 'UNDO1' THEN
		RETURN QUERY SELECT unnest(answer);
	END;
END $$;
-- An actor: nothing else in the ledger depends on it.
SELECT is((SELECT string_agg(r, '; ') FROM tampered($$ UPDATE wallet.event SET actor = 'mallory' WHERE event_id = (SELECT event_id FROM wallet.event ORDER BY event_id OFFSET 300 LIMIT 1) $$)),
	'head f The first 700 events are not those that were digested. The first block that differs from its seal is 1: events ID to ID.; seals f 1 found. Block 1 (events ID to ID) is not what was sealed.',
	'a changed actor is located to its block');
SELECT is((SELECT string_agg(r, '; ') FROM tampered($$ UPDATE wallet.event SET actor = 'mallory' WHERE event_id = (SELECT event_id FROM wallet.event ORDER BY event_id OFFSET 699 LIMIT 1) $$)),
	'head f The first 700 events are not those that were digested. The first block that differs from its seal is 2: events ID to ID.; seals f 1 found. Block 2 (events ID to ID) is not what was sealed.',
	'in the block that was open then, too');
SELECT is((SELECT string_agg(r, '; ') FROM tampered($$ DELETE FROM wallet.event WHERE event_id > (SELECT event_id FROM wallet.event ORDER BY event_id OFFSET 696 LIMIT 1) $$)),
	'head f The head is of 700 events; there are only 697: the end was cut off.; seals t', 'a tail that was cut off');
SELECT matches((SELECT string_agg(r, '; ') FROM tampered($$ DELETE FROM wallet.event WHERE event_id = (SELECT event_id FROM wallet.event ORDER BY event_id OFFSET 100 LIMIT 1) $$)),
	'^head f The first 700 events .* The first block that differs from its seal is 0: .*; seals f 3 found\. Block 0', 'an event that was removed');
-- Whoever rewrites the seals as well is found by the head alone.
SELECT is((SELECT string_agg(r, '; ') FROM tampered($$ DELETE FROM wallet.seal; UPDATE wallet.event SET actor = 'mallory' WHERE event_id = (SELECT min(event_id) FROM wallet.event); SELECT wallet_seal() $$)),
	'head f The first 700 events are not those that were digested, though the seals agree with them: log and seals were both rewritten, or the change lies in events not sealed.; seals t',
	'log and seals rewritten alike: only the head kept elsewhere tells');
SELECT * FROM finish();
