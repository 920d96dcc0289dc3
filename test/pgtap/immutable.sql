-- Goal: what happened cannot be changed: UPDATE, DELETE and TRUNCATE of event, account, currency and milestone are refused, for a superuser and
-- in replica mode too; INSERT and COPY, which pg_restore needs, are not.
-- Method: every kind of statement that changes or removes rows, on each of the tables, also where it would touch no row.
\ir lib/setup.sql
SELECT plan(65);

SELECT open('world', 'USD', NULL), open('alice') \g /dev/null
SELECT wallet_define_currency('OWN', 2, id(1)) \g /dev/null
SELECT count(*) FROM bulk((SELECT array_agg(format('%s world alice 1 USD', 1000 + n)) FROM generate_series(1, 256) n)) \g /dev/null
CREATE TABLE before AS SELECT (SELECT string_agg(e::text, '|' ORDER BY event_id) FROM wallet.event e) AS events, (SELECT string_agg(a::text, '|' ORDER BY id) FROM wallet.account a) AS accounts,
	(SELECT string_agg(c::text, '|' ORDER BY code) FROM wallet.currency c) AS currencies, (SELECT string_agg(m::text, '|' ORDER BY account) FROM wallet.milestone m) AS milestones;
SELECT cmp_ok((SELECT count(*) FROM wallet.milestone), '>', 0::bigint, 'there are milestones');

CREATE FUNCTION kept(statement text, name text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	f fault := fault_of(statement);
BEGIN
	RETURN ok(f.sqlstate IS NOT NULL AND f.message LIKE '%wallet.' || name || '%is immutable', format('%s [%s]: %s', statement, current_setting('session_replication_role'), COALESCE(f.message, 'was done')));
END $$;

CREATE FUNCTION all_of_it() RETURNS SETOF text LANGUAGE sql AS $$
	SELECT kept(format(statement, name, a_column), name)
	FROM (VALUES ('event', 'actor'), ('account', 'owner'), ('currency', 'exponent'), ('milestone', 'version')) AS t (name, a_column),
		 (VALUES ('UPDATE wallet.%1$I SET %2$I = %2$I'), ('UPDATE wallet.%1$I SET %2$I = %2$I WHERE false'), ('DELETE FROM wallet.%1$I'), ('DELETE FROM ONLY wallet.%1$I WHERE false'), ('TRUNCATE wallet.%1$I')) AS s (statement)
$$;
SELECT all_of_it();
SET session_replication_role = replica;
SELECT all_of_it();
SET session_replication_role = local;
SELECT kept('UPDATE wallet.event SET status = 0', 'event');
RESET session_replication_role;

-- ---- by other ways
SELECT kept('TRUNCATE wallet.balance, wallet.event', 'event');
SELECT kept('TRUNCATE wallet.account CASCADE', 'account');
SELECT kept('WITH gone AS (DELETE FROM wallet.event RETURNING *) SELECT count(*) FROM gone', 'event');
SELECT kept($$ INSERT INTO wallet.event SELECT * FROM wallet.event ON CONFLICT (event_id) DO UPDATE SET actor = 'me' $$, 'event');
SELECT kept($$ INSERT INTO wallet.currency VALUES ('USD', 4, true) ON CONFLICT (code, builtin) DO UPDATE SET exponent = 4 $$, 'currency');
SELECT kept($$ MERGE INTO wallet.account a USING (VALUES (1)) v ON true WHEN MATCHED THEN UPDATE SET name = a.name || 'x' $$, 'account');
SELECT kept($$ MERGE INTO wallet.milestone m USING (VALUES (1)) v ON true WHEN MATCHED THEN DELETE $$, 'milestone');
SELECT kept('DELETE FROM wallet.event USING wallet.account WHERE credit = id', 'event');
CREATE VIEW eventview AS SELECT * FROM wallet.event;
SELECT kept('DELETE FROM eventview', 'event');
SELECT is((fault_of('UPDATE wallet.event SET actor = actor')).sqlstate, '55000', 'the SQLSTATE is object_not_in_prerequisite_state');
SELECT isnt((fault_of('UPDATE wallet.event SET actor = actor')).hint, '', 'there is a hint');
SELECT isnt((fault_of('UPDATE wallet.journal SET amount = 1')).sqlstate, NULL, 'the journal is no way in');
SELECT isnt((fault_of('DELETE FROM wallet.entry')).sqlstate, NULL, 'nor is entry');

-- an owner of the tables who is no superuser
BEGIN;
CREATE ROLE wt_immutable_owner;
GRANT USAGE ON SCHEMA wallet TO wt_immutable_owner;
GRANT ALL ON ALL TABLES IN SCHEMA wallet TO wt_immutable_owner;
SET LOCAL ROLE wt_immutable_owner;
SELECT kept('UPDATE wallet.event SET status = 0', 'event');
SELECT kept('DELETE FROM wallet.account', 'account');
SELECT is((fault_of('SET LOCAL session_replication_role = replica')).sqlstate, '42501', 'who is no superuser cannot even try replica mode');
ROLLBACK;

SELECT results_eq('SELECT * FROM before', $$ SELECT (SELECT string_agg(e::text, '|' ORDER BY event_id) FROM wallet.event e) AS events, (SELECT string_agg(a::text, '|' ORDER BY id) FROM wallet.account a) AS accounts,
	(SELECT string_agg(c::text, '|' ORDER BY code) FROM wallet.currency c) AS currencies, (SELECT string_agg(m::text, '|' ORDER BY account) FROM wallet.milestone m) AS milestones $$, 'every row is what it was');

-- ---- what pg_restore does
CREATE TABLE backup_event AS SELECT * FROM wallet.event;
CREATE TABLE backup_account AS SELECT * FROM wallet.account;
CREATE TABLE backup_balance AS SELECT * FROM wallet.balance;
CREATE TABLE backup_milestone AS SELECT * FROM wallet.milestone;
CREATE TABLE backup_currency AS SELECT * FROM wallet.currency WHERE NOT builtin;
BEGIN;
SET LOCAL wallet.allow_drop = on;
DROP EXTENSION wallet CASCADE;
CREATE EXTENSION wallet;
SELECT works('INSERT INTO wallet.event SELECT * FROM backup_event', 'INSERT into event');
INSERT INTO wallet.milestone SELECT * FROM backup_milestone;
INSERT INTO wallet.balance SELECT * FROM backup_balance;
INSERT INTO wallet.event SELECT * FROM backup_event;
INSERT INTO wallet.account SELECT * FROM backup_account;
INSERT INTO wallet.currency SELECT * FROM backup_currency;
CREATE FUNCTION broken_again() RETURNS text LANGUAGE sql AS $$ SELECT string_agg(check_name || ': ' || detail, E'\n') FROM wallet_verify(true) WHERE NOT ok $$;
SELECT is(broken_again(), NULL, 'a ledger whose rows were inserted in any order verifies');
SELECT is((SELECT to_balance FROM wallet_transfer('world', 'alice', 1, 'USD', wallet_uuid())), 257.00, 'and goes on');
SELECT is(broken_again(), NULL, 'and still verifies');
ROLLBACK;
BEGIN;
COPY wallet.currency (code, exponent, builtin, defined_by) FROM stdin;
COPIED	2	false	1
\.
SELECT is((SELECT count(*) FROM wallet.currency WHERE code = 'COPIED'), 1::bigint, 'COPY FROM works');
ROLLBACK;
SELECT sound();
SELECT * FROM finish();
