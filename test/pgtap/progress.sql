-- Goal: wallet.progress is empty when nothing long runs, after errors too, and who sees what follows rights. (What it shows of running work: tap/060_repair.)
-- Method: work that ends, fails and is caught in every way that one session can make it.
\ir lib/setup.sql
SELECT plan(15);
SELECT open('world', 'USD', NULL), open('alice') \g /dev/null
SELECT pay('world', 'alice', 100) \g /dev/null

SELECT shows($$ SELECT string_agg(attname || ' ' || format_type(atttypid, NULL), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'wallet.progress'::regclass AND attnum > 0 $$,
	$$ SELECT 'pid integer, database text, role text, command text, started timestamp with time zone, phase text, done bigint, total bigint, rate double precision, eta timestamp with time zone' $$, 'its columns');
SELECT is_empty('SELECT * FROM wallet.progress', 'nothing runs');
SELECT ok(bool_and(ok), 'verify runs') FROM wallet_verify(true);
SELECT is_empty('SELECT * FROM wallet.progress', 'and has ended');
SELECT is((SELECT count(*) FROM wallet_replay()), 2::bigint, 'replay runs');
SELECT is_empty('SELECT * FROM wallet.progress', 'and has ended');
-- Only part of a result is fetched; a cursor is left open.
SELECT is((SELECT count(*) FROM (SELECT * FROM wallet_replay() LIMIT 1) AS q), 1::bigint, 'LIMIT');
BEGIN;
DECLARE c CURSOR FOR SELECT * FROM wallet_verify();
FETCH 1 FROM c \g /dev/null
SELECT is_empty('SELECT * FROM wallet.progress', 'a cursor in the middle of the result is no work');
COMMIT;
-- 70 failures, caught: more than there are slots. Then work is shown and ends as ever.
DO $$
BEGIN
	FOR i IN 1 .. 70 LOOP
		BEGIN
			PERFORM wallet_rebuild('nobody', 'USD');
		EXCEPTION WHEN SQLSTATE 'WA002' THEN NULL;
		END;
	END LOOP;
END $$;
SELECT is_empty('SELECT * FROM wallet.progress', 'work that failed and was caught leaves no slot');
SELECT is(fault_of('SELECT wallet_replay(9223372036854775807)') IS NULL, false, 'an error');
SELECT is_empty('SELECT * FROM wallet.progress', 'leaves none');
-- A verify inside another's rows.
SELECT is((SELECT count(*) FROM wallet_replay() r, LATERAL (SELECT bool_and(ok) FROM wallet_verify() WHERE r.account IS NOT NULL) v (sound) WHERE sound), 2::bigint, 'work once per row of other work');
SELECT is_empty('SELECT * FROM wallet.progress', 'has ended');

CREATE ROLE wt_progress;
GRANT USAGE ON SCHEMA wallet TO wt_progress;
GRANT SELECT ON wallet.progress TO wt_progress;
GRANT EXECUTE ON FUNCTION fault_of(text) TO wt_progress;
SET ROLE wt_progress;
SELECT is((fault_of('SELECT * FROM wallet.progress')).sqlstate, '42501', 'the view alone is not enough: its function is granted too');
RESET ROLE;
GRANT EXECUTE ON FUNCTION wallet.long_work() TO wt_progress;
SET ROLE wt_progress;
SELECT is_empty('SELECT * FROM wallet.progress', 'with both it can be read');
RESET ROLE;
DROP OWNED BY wt_progress;
DROP ROLE wt_progress;
SELECT * FROM finish();
