-- Goal: what people read is what was promised: columns and types of receipts, outcomes, views and functions; numbers and times that fit together;
-- a replay that agrees with the balances at any moment.
-- Method: SPEC 3, 4, 5, 8, 9 against the catalog and a small ledger whose every number is known.
\ir lib/setup.sql
SELECT plan(69);

-- ---- shapes
CREATE FUNCTION shape(relation regclass) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = relation AND attnum > 0 AND NOT attisdropped
$$;
SELECT is(shape('wallet.receipt'), 'status text, transaction_id uuid, event_id bigint, recorded_at timestamp with time zone, amount numeric, from_balance numeric, to_balance numeric, replayed boolean', 'wallet.receipt');
SELECT is(shape('wallet.outcome'), 'ord integer, ' || shape('wallet.receipt'), 'wallet.outcome is ord and the receipt''s columns');
SELECT is_empty($$ SELECT c FROM unnest(ARRAY['id', 'name', 'currency', 'parent', 'owner', 'metadata']) c EXCEPT SELECT attname FROM pg_attribute WHERE attrelid = 'wallet.account'::regclass $$, 'wallet.account has what SPEC names');
SELECT is_empty($$ SELECT c FROM unnest(ARRAY['account', 'status', 'balance', 'held', 'floor', 'ceiling', 'version', 'last_event', 'guard_event']) c EXCEPT SELECT attname FROM pg_attribute WHERE attrelid = 'wallet.balance'::regclass $$, 'wallet.balance');
SELECT is_empty($$ SELECT c FROM unnest(ARRAY['event_id', 'transaction_id', 'leg', 'kind', 'status', 'debit', 'credit', 'requested', 'amount', 'final', 'debit_balance', 'credit_balance', 'debit_held', 'debit_version', 'credit_version', 'debit_prev', 'credit_prev', 'related', 'group_first',
	'effective_at', 'expires_at', 'expected_version', 'actor', 'detail', 'metadata', 'metadata_digest', 'format', 'cause']) c EXCEPT SELECT attname FROM pg_attribute WHERE attrelid = 'wallet.event'::regclass $$, 'wallet.event has every field of format 1');
SELECT is(shape('wallet.accounts'), 'name text, currency text, balance numeric, held numeric, available numeric, status text', 'wallet.accounts');
SELECT is_empty($$ SELECT c FROM unnest(ARRAY['event_id', 'recorded_at', 'transaction_id', 'kind', 'status', 'from_account', 'to_account', 'currency', 'requested', 'amount', 'from_balance_before', 'from_balance_after', 'to_balance_before', 'to_balance_after', 'effective_at', 'actor', 'metadata']) c
	EXCEPT SELECT attname FROM pg_attribute WHERE attrelid = 'wallet.journal'::regclass $$, 'wallet.journal');
SELECT is_empty($$ SELECT c FROM unnest(ARRAY['account', 'name', 'currency', 'event_id', 'amount', 'balance_before', 'balance_after', 'counterparty', 'recorded_at', 'effective_at']) c EXCEPT SELECT attname FROM pg_attribute WHERE attrelid = 'wallet.entry'::regclass $$, 'wallet.entry');
SELECT is(pg_get_function_result(p.oid), wanted, p.proname)
FROM (VALUES ('wallet_open', 'bigint'), ('wallet_define_currency', 'wallet.receipt'), ('wallet_transfer', 'wallet.receipt'), ('wallet_transfers', 'SETOF wallet.outcome'), ('wallet_transfers_by_id', 'SETOF wallet.outcome'), ('wallet_balance', 'numeric'), ('wallet_get', 'SETOF wallet.journal'),
	('wallet_uuid', 'uuid'), ('wallet_event_time', 'timestamp with time zone'), ('wallet_horizon', 'bigint'), ('wallet_verify', 'TABLE(check_name text, ok boolean, examined bigint, detail text)'),
	('wallet_replay', 'TABLE(account bigint, name text, currency text, balance numeric, held numeric, status text, version bigint)')) AS v (proname, wanted) JOIN pg_proc p USING (proname);
SELECT is((SELECT string_agg(pg_get_function_arguments(oid), ' | ' ORDER BY proname COLLATE "C") FROM pg_proc WHERE proname IN ('wallet_open', 'wallet_transfer', 'wallet_transfers', 'wallet_transfers_by_id', 'wallet_replay', 'wallet_verify')),
	'name text, currency text, transaction_id uuid, floor numeric DEFAULT 0, ceiling numeric DEFAULT NULL::numeric, parent text DEFAULT NULL::text, owner text DEFAULT NULL::text, metadata jsonb DEFAULT NULL::jsonb | until_event bigint DEFAULT NULL::bigint | '
	'from_account text, to_account text, amount numeric, currency text, transaction_id uuid, metadata jsonb DEFAULT NULL::jsonb, effective_at timestamp with time zone DEFAULT NULL::timestamp with time zone, expected_version bigint DEFAULT NULL::bigint | '
	'from_accounts text[], to_accounts text[], amounts numeric[], currencies text[], transaction_ids uuid[], groups integer[] DEFAULT NULL::integer[], metadatas jsonb[] DEFAULT NULL::jsonb[], atomic boolean DEFAULT false | '
	'from_ids bigint[], to_ids bigint[], amounts numeric[], transaction_ids uuid[], groups integer[] DEFAULT NULL::integer[], atomic boolean DEFAULT false | thorough boolean DEFAULT false', 'arguments, their names and defaults');

-- ---- a small ledger
SELECT open('world', 'USD', NULL), wallet_open('alice', 'USD', id(1), -20, 500, 'world', 'postgres', '{"vip": true}'), open('bob') \g /dev/null
SELECT wallet_transfer('world', 'alice', 100, 'USD', id(10)) \g /dev/null
SELECT wallet_transfer('alice', 'bob', 30.5, 'USD', id(11), '{"for": "lunch"}', '2024-02-29 12:00+00') \g /dev/null
SELECT bulk('{12 bob alice 99 USD,13 bob alice 0.5 USD}') \g /dev/null

SELECT shows($$ SELECT balance, held, available, status, floor, ceiling, version, parent, owner, metadata FROM wallet_account('alice', 'USD') $$,
	$$ VALUES (70.00, 0.00, 90.00, 'open', -20.00, 500.00, 4::bigint, account('world'), 'postgres', '{"vip": true}'::jsonb) $$, 'wallet_account');
SELECT is((SELECT account FROM wallet_account('alice', 'USD')), account('alice'), 'wallet_account: the id');
SELECT is((SELECT last_event FROM wallet_account('alice', 'USD')), (SELECT event_id FROM wallet.event WHERE transaction_id = id(13)), 'wallet_account: the last event');
SELECT is(ARRAY[wallet_balance('alice', 'USD'), wallet_balance('alice', 'EUR'), wallet_balance('nobody', 'USD')], '{70.00,NULL,NULL}', 'wallet_balance: NULL where there is no account');
SELECT is_empty($$ SELECT * FROM wallet_account('nobody', 'USD') UNION ALL SELECT * FROM wallet_account('alice', 'usd') $$, 'wallet_account: no row where there is none');
SELECT shows('SELECT * FROM wallet.accounts ORDER BY name', $$ VALUES ('alice', 'USD', 70.00, 0.00, 90.00, 'open'), ('bob', 'USD', 30.00, 0.00, 30.00, 'open'), ('world', 'USD', -100.00, 0.00, NULL, 'open') $$, 'wallet.accounts');
SELECT shows($$ SELECT kind, status, from_account, to_account, currency, requested, amount, from_balance_before, from_balance_after, to_balance_before, to_balance_after, from_version, to_version, metadata, effective_at, actor, format FROM wallet_get(id(11)) $$,
	$$ VALUES ('transfer', 'success', 'alice', 'bob', 'USD', 30.50, 30.50, 100.00, 69.50, 0.00, 30.50, 3::bigint, 2::bigint, '{"for": "lunch"}'::jsonb, '2024-02-29 12:00+00'::timestamptz, 'postgres', 1::smallint) $$, 'wallet_get: before and after');
SELECT shows($$ SELECT kind, status, from_account, to_account, requested, amount, from_balance_before, from_balance_after, to_balance_before, to_balance_after FROM wallet_get(id(12)) $$,
	$$ VALUES ('transfer', 'insufficient_funds', 'bob', 'alice', 99.00, NULL::numeric, 30.50, 30.50, 69.50, 69.50) $$, 'wallet_get of a refusal: before and after are what it saw');
SELECT shows($$ SELECT kind, status, from_account, to_account, currency, requested, amount, from_balance_after, to_balance_before, to_balance_after, to_version, metadata FROM wallet_get(id(1)) $$,
	$$ VALUES ('open', 'success', NULL::text, 'alice', 'USD', NULL::numeric, NULL::numeric, NULL::numeric, 0.00, 0.00, 1::bigint, '{"vip": true}'::jsonb) $$, 'wallet_get of an opening');
SELECT is_empty($$ SELECT * FROM wallet_get(id(99)) $$, 'wallet_get of nothing');
SELECT shows($$ SELECT name, currency, kind, amount, balance_before, balance_after, version, counterparty, metadata FROM wallet.entry WHERE transaction_id IN (id(11), id(12), id(13), id(1)) ORDER BY event_id, amount $$,
	$$ VALUES ('alice', 'USD', 'transfer', -30.50, 100.00, 69.50, 3::bigint, 'bob', '{"for": "lunch"}'::jsonb), ('bob', 'USD', 'transfer', 30.50, 0.00, 30.50, 2, 'alice', '{"for": "lunch"}'),
		('bob', 'USD', 'transfer', -0.50, 30.50, 30.00, 3, 'alice', NULL), ('alice', 'USD', 'transfer', 0.50, 69.50, 70.00, 4, 'bob', NULL) $$, 'wallet.entry: two rows per transfer, none of a refusal or an opening');
SELECT is((SELECT effective_at FROM wallet.entry WHERE transaction_id = id(11) LIMIT 1), '2024-02-29 12:00+00'::timestamptz, 'wallet.entry: effective_at');
SELECT is((SELECT count(*) FROM wallet.entry WHERE effective_at <> recorded_at), 2::bigint, 'wallet.entry: which is recorded_at where nothing was said');
SELECT is((SELECT sum(amount) FROM wallet.entry), 0.00, 'wallet.entry adds up to nothing');
SELECT is_empty($$ SELECT e.name FROM wallet.entry e JOIN wallet.entry p ON p.account = e.account AND p.version = e.version - 1 WHERE p.balance_after <> e.balance_before $$, 'each entry begins where the one before ended');
SELECT is((SELECT count(*) FROM wallet.journal), (SELECT count(*) FROM wallet.event), 'wallet.journal has one row per event');
SELECT is_empty($$ SELECT number FROM wallet.kind WHERE number NOT BETWEEN 1 AND 27 $$, 'kinds are those of format 1');
SELECT is((SELECT string_agg(name, ' ' ORDER BY number) FROM wallet.kind), 'define_currency open transfer hold capture release expire reverse sweep freeze unfreeze close set_floor remove_floor set_ceiling set_spend_limit snapshot redact rebuild try_debit try_credit confirm_debit confirm_credit cancel_debit cancel_credit transit compensate', 'in their order');

-- ---- times
SELECT is(wallet_event_time(0), '1970-01-01 00:00:00+00'::timestamptz, 'event_time: 0');
SELECT is(wallet_event_time(1709208000000001), '2024-02-29 12:00:00.000001+00'::timestamptz, 'event_time: microseconds');
SELECT is(wallet_event_time(-1), '1969-12-31 23:59:59.999999+00'::timestamptz, 'event_time: before 1970');
SELECT is(wallet_event_time(9223372036854775807), '294247-01-10 04:00:54.775807+00'::timestamptz, 'event_time: the last of 64 bits');
SELECT is((fault_of('SELECT wallet_event_time(-9223372036854775808)')).sqlstate, '22008', 'event_time: out of range below');
SELECT is((SELECT count(*) FROM wallet.journal WHERE recorded_at <> wallet_event_time(event_id) OR recorded_at > clock_timestamp() OR recorded_at < clock_timestamp() - interval '10 minutes'), 0::bigint, 'events are of now');
SELECT is((SELECT count(*) FROM (SELECT event_id, lag(event_id) OVER (ORDER BY transaction_id) AS before FROM wallet.event WHERE transaction_id BETWEEN id(10) AND id(13)) s WHERE before >= event_id), 0::bigint, 'and strictly in order');
SELECT cmp_ok((SELECT max(event_id) FROM wallet.event), '<', 9007199254740992, 'an event_id fits a JavaScript number');
SELECT clock_timestamp() AS t0 \gset
SELECT recorded_at > :'t0' AND recorded_at <= clock_timestamp() AS within FROM pay('world', 'bob', 0.01) \gset
SELECT ok(:'within', 'an event is recorded between call and answer');
SELECT is((SELECT count(DISTINCT event_id) FROM bulk((SELECT array_agg(format('%s world bob 0.01 USD', 1000 + n)) FROM generate_series(1, 2000) n))), 2000::bigint, 'ids of one call are distinct');
SELECT cmp_ok((SELECT max(event_id) FROM wallet.event), '<=', (extract(epoch FROM clock_timestamp()) * 1000000 + 2000)::bigint, 'and do not run far ahead of the clock');

-- ---- ids
CREATE TABLE ids AS SELECT n, wallet_uuid() AS u, clock_timestamp() AS t FROM generate_series(1, 20000) n;
SELECT is((SELECT count(DISTINCT u) FROM ids), 20000::bigint, 'wallet_uuid: distinct');
SELECT is((SELECT count(*) FROM ids WHERE substr(u::text, 15, 1) <> '7' OR substr(u::text, 20, 1) NOT IN ('8', '9', 'a', 'b')), 0::bigint, 'wallet_uuid: version 7, variant 10');
SELECT is((SELECT count(*) FROM (SELECT u, lag(u) OVER (ORDER BY n) AS before FROM ids) s WHERE before >= u), 0::bigint, 'wallet_uuid: each greater than the one before');
SELECT is((SELECT count(*) FROM ids WHERE abs(('x' || lpad(replace(left(u::text, 13), '-', ''), 16, '0'))::bit(64)::bigint - extract(epoch FROM t) * 1000) > 1000), 0::bigint, 'wallet_uuid: its first 48 bits are milliseconds');
SELECT cmp_ok((SELECT count(DISTINCT right(u::text, 12)) FROM ids), '=', 20000::bigint, 'wallet_uuid: its last bits are random');

-- ---- replay
SELECT shows('SELECT account, name, currency, balance, held, status, version FROM wallet_replay() ORDER BY account', $$ SELECT a.id, a.name, a.currency, b.balance, b.held, 'open', b.version FROM wallet.account a JOIN wallet.balance b ON b.account = a.id ORDER BY 1 $$, 'replay equals the balances');
CREATE TABLE moments AS SELECT n, (SELECT event_id FROM wallet.event WHERE transaction_id = id(n)) AS e FROM unnest(ARRAY[1, 10, 11, 12, 13]) n;
SELECT shows($$ SELECT n, (SELECT string_agg(name || ' ' || balance || ' ' || version, ', ' ORDER BY name) FROM wallet_replay(e)) FROM moments ORDER BY n $$,
	$$ VALUES (1, 'alice 0.00 1, world 0.00 1'), (10, 'alice 100.00 2, bob 0.00 1, world -100.00 2'), (11, 'alice 69.50 3, bob 30.50 2, world -100.00 2'), (12, 'alice 69.50 3, bob 30.50 2, world -100.00 2'), (13, 'alice 70.00 4, bob 30.00 3, world -100.00 2') $$, 'replay until an event, which is included');
SELECT is((SELECT string_agg(name || ' ' || balance, ', ' ORDER BY name) FROM moments, wallet_replay(e - 1) WHERE n = 11), 'alice 100.00, bob 0.00, world -100.00', 'and one microsecond before');
SELECT is_empty('SELECT * FROM wallet_replay(0)', 'replay until 0: nothing was there');
SELECT is_empty('SELECT * FROM wallet_replay(1)', 'replay until 1970: nothing was there');
SELECT is((SELECT count(*) FROM wallet_replay(wallet_horizon())), 3::bigint, 'replay until the horizon: all there is');
SELECT refuses(format('SELECT * FROM wallet_replay(%s)', extract(epoch FROM clock_timestamp())::bigint * 1000000 + 60000000), 'WA024', 'until_event lies above the horizon', NULL, NULL, 'replay until a minute ahead: the horizon is not there');
SELECT is((fault_of('SELECT * FROM wallet_replay(9223372036854775807)')).sqlstate, 'WA024', 'replay until the end of time');
SELECT cmp_ok(wallet_horizon(), '>=', (SELECT max(event_id) FROM wallet.event), 'what is committed lies below the horizon');
BEGIN;
SELECT event_id AS mine FROM pay('world', 'bob', 1) \gset
SELECT cmp_ok(wallet_horizon(), '<', :mine::bigint, 'what is not committed lies above it');
SELECT is((fault_of(format('SELECT * FROM wallet_replay(%s)', :mine))).sqlstate, 'WA024', 'and cannot be asked for');
SELECT is((SELECT balance FROM wallet_replay() WHERE name = 'bob'), wallet_balance('bob', 'USD'), 'but without a bound one sees one''s own');
ROLLBACK;

-- ---- somebody's operators do not stand in for the built-in ones
CREATE SCHEMA evil;
CREATE FUNCTION evil.yes(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE FUNCTION evil.yes(uuid, uuid) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE FUNCTION evil.plus(numeric, numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT 666.0';
CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.yes);
CREATE OPERATOR evil.= (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = evil.yes);
CREATE OPERATOR evil.- (LEFTARG = numeric, RIGHTARG = numeric, FUNCTION = evil.plus);
SET search_path = evil, pg_catalog, public;
SELECT concat_ws(' ', public.wallet_balance('alice', 'USD'), public.wallet_balance('nobody', 'USD'), (SELECT available FROM public.wallet_account('alice', 'USD')), (SELECT count(*) FROM public.wallet_get(public.id(11))), (SELECT bool_and(ok) FROM public.wallet_verify(true))) AS told \gset
RESET search_path;
SELECT is(:'told'::text, '70.00 90.00 1 t', 'reading with a hostile search_path');
SELECT sound();
SELECT * FROM finish();
