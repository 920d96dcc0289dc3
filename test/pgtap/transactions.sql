-- Goal: single and bulk commands are part of the caller's transaction: each sees the one before, in one statement too; what is rolled back
-- never was, also not in the session's memory of names and currencies; where nothing may be written, nothing is.
-- Method: one session, real transactions (no BEGIN around the file); the ledger is verified at the end.
\ir lib/setup.sql
SELECT plan(65);

SELECT open('world', 'USD', NULL), open('a'), open('b'), open('c'), open('d'), open('e') \g /dev/null
SELECT pay('world', 'a', 100) \g /dev/null

-- Pays 1 and tells between which accounts, by id.
CREATE FUNCTION path(payer text, payee text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	r wallet.receipt := wallet_transfer(payer, payee, 1, 'USD', wallet_uuid());
BEGIN
	RETURN (SELECT debit || ' ' || credit FROM wallet.event WHERE event_id = r.event_id);
END $$;

-- ---- one statement
SELECT results_eq($$ SELECT x.from_balance, y.from_balance FROM wallet_transfer('a', 'b', 10, 'USD', id(1)) x, wallet_transfer('b', 'c', 10, 'USD', id(2)) y $$, $$ VALUES (90.00, 0.00) $$, 'two calls in one statement: the second spends what the first brought');
CREATE TABLE steps (n int, payer text, payee text);
INSERT INTO steps VALUES (1, 'c', 'd'), (2, 'd', 'e'), (3, 'e', 'a');
SELECT is((SELECT string_agg(r::text, ',' ORDER BY n) FROM (SELECT n, (wallet_transfer(payer, payee, 10, 'USD', id(10 + n))).from_balance r FROM (SELECT * FROM steps ORDER BY n OFFSET 0) s) t), '0.00,0.00,0.00', 'a call per row of a SELECT: each row lives off the one before');
SELECT is(wallet_balance('a', 'USD'), 100.00, 'and all of it has come round');
SELECT is((WITH one AS MATERIALIZED (SELECT status FROM wallet_transfer('a', 'b', 1, 'USD', id(20))), two AS MATERIALIZED (SELECT status FROM wallet_transfer('b', 'c', 1, 'USD', id(21))) SELECT one.status || two.status FROM one, two), 'successsuccess', 'in CTEs');
SELECT is((SELECT (fault_of(format('SELECT wallet_transfer(payer, payee, CASE n WHEN 3 THEN 1000 ELSE 0.5 END, ''USD'', id(30 + n)) FROM (SELECT * FROM (VALUES (1, ''a'', ''b''), (2, ''b'', ''c''), (3, ''c'', ''d'')) AS v (n, payer, payee) OFFSET 0) s'))).sqlstate), 'WA001', 'a refusal in the third row raises');
SELECT is_empty($$ SELECT * FROM wallet_get(id(31)) UNION ALL SELECT * FROM wallet_get(id(32)) $$, 'and undoes the rows before it');
SELECT is((SELECT count(*) FROM generate_series(1, 500) n, LATERAL (SELECT (wallet_transfer('a', 'b', 0.01, 'USD', id(1000 + n))).status) s WHERE s.status = 'success'), 500::bigint, '500 rows, one payer');
SELECT is((SELECT string_agg(x.status || y.status, ' ') FROM bulk('{40 b e 5 USD}') x, bulk('{41 e d 5 USD}') y), 'successsuccess', 'two bulk calls in one statement');
CREATE TABLE sales (n int, paid text);
INSERT INTO sales VALUES (1), (2);
UPDATE sales SET paid = (wallet_transfer('a', 'b', 1, 'USD', id(50 + n))).status;
SELECT is((SELECT string_agg(paid, ' ') FROM sales), 'success success', 'in an UPDATE');

-- ---- ROLLBACK
SELECT wallet_balance('a', 'USD') AS before, (SELECT count(*) FROM wallet.event) AS events \gset
BEGIN;
SELECT wallet_transfer('a', 'b', 50, 'USD', id(100)), wallet_open('ghost', 'USD', id(101)), wallet_define_currency('GHOST', 3, id(102)) \g /dev/null
SELECT bulk('{103 a ghost 1 USD,104 a b 1000 USD}') \g /dev/null
SELECT is(wallet_balance('ghost', 'USD'), 1.00, 'inside the transaction it is there');
SELECT sound('inside a transaction');
ROLLBACK;
SELECT is(wallet_balance('a', 'USD'), :before::numeric, 'ROLLBACK: no money has moved');
SELECT is((SELECT count(*) FROM wallet.event), :events::bigint, 'ROLLBACK: no event');
SELECT is(wallet_balance('ghost', 'USD'), NULL, 'ROLLBACK: no account');
SELECT is((fault_of($$ SELECT wallet_transfer('a', 'ghost', 1, 'USD', id(100)) $$)).sqlstate, 'WA002', 'ROLLBACK: nor in the session''s memory');
SELECT is((fault_of($$ SELECT wallet_open('x', 'GHOST', id(100)) $$)).sqlstate, 'WA009', 'ROLLBACK: nor the currency');
SELECT is((SELECT string_agg(status || replayed, ' ') FROM wallet_transfer('a', 'b', 1, 'USD', id(100))), 'successfalse', 'ROLLBACK: the ids are free, for other content');
SELECT is(told('{104 a b 1 USD}'), 'success', 'ROLLBACK: and a refusal is forgotten');

-- ---- a savepoint is rolled back and the same name opened again
BEGIN;
SAVEPOINT s;
SELECT wallet_open('phoenix', 'USD', id(110)) AS first \gset
SELECT is((wallet_transfer('world', 'phoenix', 5, 'USD', id(111))).to_balance, 5.00, 'opened in a savepoint and paid');
ROLLBACK TO SAVEPOINT s;
SELECT wallet_open('phoenix', 'USD', id(112)) AS second \gset
SELECT isnt(:first::bigint, :second::bigint, 'opened again after ROLLBACK TO: another account');
SELECT is((wallet_transfer('world', 'phoenix', 7, 'USD', id(113))).to_balance, 7.00, 'which is the one that is paid');
SELECT is(told('{114 world phoenix 1 USD}'), 'success', 'in bulk too');
COMMIT;
SELECT is((SELECT array_agg(credit ORDER BY event_id) FROM wallet.event WHERE transaction_id IN (id(111), id(113), id(114))), ARRAY[:second, :second]::bigint[], 'no event names the first');
SELECT is(wallet_balance('phoenix', 'USD'), 8.00, 'its balance');
BEGIN;
SAVEPOINT s;
SELECT wallet_define_currency('PHX', 2, id(120)), wallet_open('world', 'PHX', id(121), NULL), wallet_open('a', 'PHX', id(122)) \g /dev/null
SELECT pay('world', 'a', 1.25, 'PHX') \g /dev/null
ROLLBACK TO SAVEPOINT s;
SELECT wallet_define_currency('PHX', 0, id(123)), wallet_open('world', 'PHX', id(124), NULL), wallet_open('a', 'PHX', id(125)) \g /dev/null
COMMIT;
SELECT is((fault_of($$ SELECT pay('world', 'a', 1.25, 'PHX') $$)).sqlstate, 'WA007', 'a currency that was defined again has its second exponent');
SELECT is((pay('world', 'a', 1, 'PHX')).amount::text, '1', 'and amounts are shown with it');
BEGIN;
SELECT wallet_open('later', 'USD', id(130)) AS first \gset
SELECT pay('world', 'later', 1) \g /dev/null
ROLLBACK;
SELECT wallet_open('later', 'USD', id(131)) AS second \gset
SELECT is(path('world', 'later'), account('world') || ' ' || :second, 'the same over two transactions');

-- ---- savepoints and refusals
BEGIN;
SELECT wallet_transfer('a', 'b', 1, 'USD', id(140)) \g /dev/null
SAVEPOINT s;
SELECT throws_ok($$ SELECT wallet_transfer('a', 'b', 1e9, 'USD', id(141)) $$, 'WA001', 'insufficient funds', 'a refusal after a success');
SELECT wallet_transfer('a', 'b', 2, 'USD', id(142)) \g /dev/null
ROLLBACK TO SAVEPOINT s;
SELECT wallet_transfer('a', 'b', 4, 'USD', id(143)) \g /dev/null
COMMIT;
SELECT is((SELECT sum(amount) FROM wallet.event WHERE transaction_id IN (id(140), id(141), id(142), id(143))), 5.00, 'what is outside the savepoint stays');
DO $$
DECLARE
	told text;
	r wallet.receipt;
BEGIN
	FOR i IN 1 .. 100 LOOP
		BEGIN
			r := wallet_transfer('b', 'c', CASE WHEN i % 2 = 0 THEN 0.01 ELSE 1e9 END, 'USD', id(2000 + i));
		EXCEPTION WHEN SQLSTATE 'WA001' THEN
			told := SQLERRM;
		END;
	END LOOP;
	IF told IS DISTINCT FROM 'insufficient funds' THEN
		RAISE EXCEPTION 'told: %', told;
	END IF;
END $$;
SELECT is((SELECT count(*) FROM wallet.event WHERE transaction_id BETWEEN id(2001) AND id(2100)), 50::bigint, 'a handler around each of 100 calls: the half that was refused left nothing');


-- An error in the middle of a bulk call must end in the handler around it, with all that the block did undone: the call has a subtransaction of its own.
CREATE TABLE traces (what text);
DO $$
BEGIN
	FOR i IN 1 .. 3 LOOP
		BEGIN
			INSERT INTO traces VALUES ('inside');
			UPDATE wallet.balance SET balance = 'NaN' WHERE account = account('e');
			PERFORM bulk('{2200 a b 1 USD,2201 b e 1 USD}');
			RAISE EXCEPTION 'not reached';
		EXCEPTION WHEN SQLSTATE 'WA090' THEN
			INSERT INTO traces VALUES ('handled');
		END;
	END LOOP;
END $$;
SELECT is((SELECT string_agg(what, ' ') FROM traces), 'handled handled handled', 'an error inside a bulk call undoes the block that it is in, and ends there');
SELECT is_empty($$ SELECT * FROM wallet_get(id(2200)) $$, 'nothing of the call is left');
CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
BEGIN;
DO $$
BEGIN
	INSERT INTO traces VALUES ('inside');
	CREATE TRIGGER meddle BEFORE INSERT ON wallet.event FOR EACH ROW EXECUTE FUNCTION meddle();
	PERFORM bulk('{2202 world a 1 USD}');
EXCEPTION WHEN feature_not_supported THEN
	INSERT INTO traces VALUES ('unsupported');
END $$;
SELECT is((SELECT string_agg(what, ' ') FROM traces WHERE what <> 'handled'), 'unsupported', 'so does a table that wallet will not write');
SELECT is((SELECT count(*) FROM pg_trigger WHERE tgname = 'meddle'), 0::bigint, 'what the block did is undone');
ROLLBACK;
SELECT is((SELECT string_agg(what, ' ') FROM traces), 'handled handled handled', 'and ROLLBACK undoes the transaction, not a level of it');

-- ---- cursors
BEGIN;
SELECT wallet_balance('c', 'USD') AS before \gset
DECLARE k CURSOR FOR SELECT (wallet_transfer('c', 'd', 0.01, 'USD', id(3000 + n))).status FROM generate_series(1, 10) n;
FETCH 3 FROM k \g /dev/null
SELECT is(wallet_balance('c', 'USD'), :before::numeric - 0.03, 'a cursor: what was fetched is done');
FETCH 2 FROM k \g /dev/null
CLOSE k;
COMMIT;
SELECT is((SELECT count(*) FROM wallet.event WHERE transaction_id BETWEEN id(3001) AND id(3010)), 5::bigint, 'a cursor: the rest is not');
BEGIN;
DECLARE k SCROLL CURSOR FOR SELECT * FROM bulk('{3020 c d 0.01 USD,3021 c d 0.01 USD}');
FETCH ALL FROM k \g /dev/null
FETCH BACKWARD ALL FROM k \g /dev/null
COMMIT;
SELECT is((SELECT count(*) FROM wallet.event WHERE transaction_id IN (id(3020), id(3021))), 2::bigint, 'a cursor that goes back does nothing twice');

-- ---- isolation levels, alone
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT is(wallet_balance('e', 'USD'), 0.00, 'REPEATABLE READ: a snapshot is taken');
SELECT is((pay('a', 'e', 3)).to_balance, 3.00, 'its own writes are seen by the next command: 1');
SELECT is((pay('e', 'd', 2)).from_balance, 1.00, '2');
SELECT is((SELECT from_balance FROM bulk('{3030 e d 1 USD}')), 0.00, '3, in bulk');
SELECT is(told('{3030 e d 1 USD}'), 'success*', 'and its own records');
SELECT open('rr') \g /dev/null
SELECT is((pay('a', 'rr', 1)).to_balance, 1.00, 'and its own accounts');
COMMIT;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT is((pay('a', 'rr', 1)).to_balance, 2.00, 'SERIALIZABLE: 1');
SELECT is((pay('rr', 'a', 2)).from_balance, 0.00, 'SERIALIZABLE: 2');
COMMIT;

-- ---- where nothing may be written
BEGIN READ ONLY;
SELECT is(wallet_balance('rr', 'USD'), 0.00, 'READ ONLY: reading');
SELECT sound('READ ONLY: verifying');
SELECT is((fault_of($$ SELECT wallet_transfer('a', 'b', 1, 'USD', id(150)) $$)).sqlstate, '25006', 'READ ONLY: transfer');
SELECT is((fault_of($$ SELECT bulk('{150 a b 1 USD}') $$)).sqlstate, '25006', 'READ ONLY: bulk');
SELECT is((fault_of($$ SELECT wallet_open('x', 'USD', id(150)) $$)).sqlstate, '25006', 'READ ONLY: open');
SELECT is((fault_of($$ SELECT wallet_define_currency('X', 2, id(150)) $$)).sqlstate, '25006', 'READ ONLY: define_currency');
ROLLBACK;

-- In a parallel worker: a wrapper that lies about being safe, and a planner that is told to believe it.
CREATE FUNCTION lies(n bigint) RETURNS text LANGUAGE plpgsql PARALLEL SAFE AS $$ BEGIN RETURN (wallet_transfer('a', 'b', 1, 'USD', id(n))).status; END $$;
CREATE FUNCTION lies_in_bulk(n bigint) RETURNS text LANGUAGE plpgsql PARALLEL SAFE AS $$ BEGIN RETURN (SELECT status FROM wallet_transfers('{a}', '{b}', '{1}', '{USD}', ARRAY[id(n)])); END $$;
BEGIN;
SELECT set_config(name, 'on', true) FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query') \g /dev/null
SELECT is((fault_of($$ SELECT lies(160) $$)).sqlstate, '25000', 'in a parallel worker a command is refused');
SELECT is((fault_of($$ SELECT lies_in_bulk(160) $$)).sqlstate, '25000', 'and a bulk call');
COMMIT;
SELECT is_empty($$ SELECT * FROM wallet_get(id(160)) $$, 'and nothing has happened');
SELECT is((fault_of($$ SELECT lies(160) $$)).sqlstate, NULL, 'outside of one the same wrapper works');

-- ---- two-phase commit
BEGIN;
SELECT wallet_transfer('a', 'b', 1, 'USD', id(170)), wallet_open('prepared', 'USD', id(171)) \g /dev/null
PREPARE TRANSACTION 'wallet_transactions_1';
ROLLBACK PREPARED 'wallet_transactions_1';
SELECT is_empty($$ SELECT * FROM wallet_get(id(170)) $$, 'ROLLBACK PREPARED: nothing');
BEGIN;
SELECT wallet_transfer('a', 'b', 1, 'USD', id(170)), wallet_open('prepared', 'USD', id(172)) \g /dev/null
PREPARE TRANSACTION 'wallet_transactions_2';
SELECT is(wallet_balance('prepared', 'USD'), NULL, 'PREPARE TRANSACTION: not yet');
SELECT sound('PREPARE TRANSACTION: the ledger is what is committed');
COMMIT PREPARED 'wallet_transactions_2';
SELECT is((SELECT count(*) FROM wallet_get(id(170))), 1::bigint, 'COMMIT PREPARED: all of it');
SELECT is((pay('world', 'prepared', 1)).to_balance, 1.00, 'COMMIT PREPARED: the account can be paid');

-- ---- the extension dropped and made again in one session: nothing of the old ledger is remembered
BEGIN;
SET LOCAL wallet.allow_drop = on;
DROP EXTENSION wallet CASCADE;
CREATE EXTENSION wallet;
SELECT is((fault_of($$ SELECT wallet_transfer('world', 'a', 1, 'USD', id(1)) $$)).sqlstate, 'WA002', 'a new ledger does not know the accounts of the old one');
SELECT wallet_open('a', 'USD', id(1)) AS a, wallet_open('world', 'USD', id(2), NULL) AS w \gset
SELECT is(path('world', 'a'), :w || ' ' || :a, 'and pays its own');
ROLLBACK;
SELECT is(path('world', 'a'), account('world') || ' ' || account('a'), 'after ROLLBACK the old one is back');
SELECT sound();
SELECT * FROM finish();
