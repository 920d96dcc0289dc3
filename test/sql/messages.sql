-- Goal: what a person sees who is refused: ERROR, DETAIL and HINT as psql prints them, and the SQLSTATE for programs.
-- Method: each refusal of this build once, with fixed names and amounts; what names an event, and so differs from run to run, is in test/pgtap.
CREATE EXTENSION wallet;
CREATE FUNCTION id(n int) RETURNS uuid LANGUAGE sql AS $$ SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid $$;
SELECT wallet_open('world', 'USD', id(1), NULL) > 0 AS opened, wallet_open('world', 'JPY', id(2), NULL) > 0 AS opened, wallet_open('alice', 'USD', id(3)) > 0 AS opened,
	wallet_open('alice', 'EUR', id(4)) > 0 AS opened, wallet_open('bob', 'USD', id(5), ceiling => 50) > 0 AS opened, wallet_open('yen', 'JPY', id(6), -500) > 0 AS opened;
SELECT status FROM wallet_transfer('world', 'alice', 100, 'USD', id(10));
SELECT status FROM wallet_transfers('{alice}', '{world}', '{1000}', '{USD}', ARRAY[id(11)]);

-- money
SELECT wallet_transfer('alice', 'world', 100.01, 'USD', id(20));
\echo :LAST_ERROR_SQLSTATE
SELECT wallet_transfer('yen', 'world', 501, 'JPY', id(20));
SELECT wallet_transfer('alice', 'bob', 50.01, 'USD', id(20));
\echo :LAST_ERROR_SQLSTATE
SELECT wallet_transfer('alice', 'bob', 0, 'USD', id(20));
\echo :LAST_ERROR_SQLSTATE
SELECT wallet_transfer('alice', 'bob', -0.50, 'USD', id(20));
SELECT wallet_transfer('alice', 'bob', NULL, 'USD', id(20));
SELECT wallet_transfer('alice', 'bob', 'NaN', 'USD', id(20));
SELECT wallet_transfer('alice', 'bob', 9.999, 'USD', id(20));
\echo :LAST_ERROR_SQLSTATE
SELECT wallet_transfer('world', 'yen', 1.5, 'JPY', id(20));
SELECT wallet_transfer('world', 'yen', 1e38, 'JPY', id(20));
\echo :LAST_ERROR_SQLSTATE
SELECT wallet_transfer('world', 'alice', 1e36, 'USD', id(20));
SELECT wallet_transfer('world', 'yen', 1e1000, 'JPY', id(20));
BEGIN;
SELECT status FROM wallet_transfer('world', 'yen', 99999999999999999999999999999999999999, 'JPY', id(20));
SELECT wallet_transfer('world', 'yen', 2, 'JPY', id(21));
ROLLBACK;
BEGIN;
SELECT wallet_open('full', 'JPY', id(20)) > 0 AS opened;
SELECT wallet_open('other', 'JPY', id(21), floor => NULL) > 0 AS opened;
SELECT status FROM wallet_transfer('other', 'full', 99999999999999999999999999999999999999, 'JPY', id(22));
SELECT wallet_transfer('world', 'full', 3, 'JPY', id(23));
ROLLBACK;

-- accounts
SELECT wallet_transfer('nobody', 'bob', 1, 'USD', id(20));
\echo :LAST_ERROR_SQLSTATE
SELECT wallet_transfer('world', 'alice', 1, 'JPY', id(20));
SELECT wallet_transfer('alice', 'alice', 1, 'USD', id(20));
\echo :LAST_ERROR_SQLSTATE
SELECT wallet_transfer('', 'alice', 1, 'USD', id(20));
\echo :LAST_ERROR_SQLSTATE
SELECT wallet_transfer('alice', repeat('x', 256), 1, 'USD', id(20));
SELECT wallet_transfer(NULL, 'alice', 1, 'USD', id(20));
SELECT wallet_open('@transit:B', 'USD', id(20));
SELECT wallet_open('alice', 'USD', id(20));
\echo :LAST_ERROR_SQLSTATE
SELECT wallet_open('carol', 'USD', id(20), parent => 'dave');
SELECT wallet_open('carol', 'USD', id(20), floor => 'NaN');
SELECT wallet_open('carol', 'USD', id(20), ceiling => 'Infinity');
SELECT wallet_open('carol', 'USD', id(20), floor => -1e36);
SELECT wallet_open('carol', 'USD', id(20), ceiling => 1e36);
SELECT wallet_open('carol', 'USD', id(20), owner => 'no such role');
\echo :LAST_ERROR_SQLSTATE

-- currencies
SELECT wallet_transfer('alice', 'bob', 1, 'BTC', id(20));
\echo :LAST_ERROR_SQLSTATE
SELECT wallet_define_currency('btc', 8, id(20));
SELECT wallet_define_currency('BTC', 31, id(20));
SELECT wallet_define_currency('USD', 2, id(20));

-- ids, versions, moments, metadata
SELECT wallet_transfer('alice', 'bob', 1, 'USD', NULL);
SELECT wallet_transfer('alice', 'bob', 1, 'USD', id(20), expected_version => 7);
\echo :LAST_ERROR_SQLSTATE
SELECT wallet_transfer('alice', 'bob', 1, 'USD', id(20), effective_at => 'infinity');
-- the clock is in the detail of this one
DO $$ DECLARE said text; BEGIN PERFORM wallet_transfer('alice', 'bob', 1, 'USD', id(20), effective_at => '2250-01-01 00:00+00');
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS said = PG_EXCEPTION_DETAIL;
	RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = regexp_replace(said, 'recorded at 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?-0[78]', 'recorded at NOW');
END $$;
\echo :LAST_ERROR_SQLSTATE
SELECT wallet_transfer('alice', 'bob', 1, 'USD', id(20), metadata => to_jsonb(repeat('x', 70000)));
\echo :LAST_ERROR_SQLSTATE

-- a limit that no function of this build sets
BEGIN;
UPDATE wallet.balance SET spend_limit = 10, window_seconds = 86400, window_number = 0, spent = 9 FROM wallet.account WHERE id = account AND name = 'alice' AND wallet.account.currency = 'USD';
SELECT wallet_transfer('alice', 'bob', 10.01, 'USD', id(20));
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;

-- bulk calls as a whole
SELECT * FROM wallet_transfers('{alice,alice}', '{bob}', '{1,1}', '{USD,USD}', ARRAY[id(20), id(21)]);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM wallet_transfers('{alice,alice}', '{bob,bob}', '{1,NULL}', '{USD,USD}', ARRAY[id(20), id(21)]);
SELECT * FROM wallet_transfers('{{alice,alice}}', '{bob,bob}', '{1,1}', '{USD,USD}', ARRAY[id(20), id(21)]);
SELECT * FROM wallet_transfers('{alice}', NULL, '{1}', '{USD}', ARRAY[id(20)]);

-- rights
CREATE ROLE wallet_messages_teller;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO wallet_messages_teller;
GRANT USAGE ON SCHEMA wallet TO wallet_messages_teller;
SET ROLE wallet_messages_teller;
SELECT (wallet_transfer('world', 'alice', 1, 'USD', id(20))).status;
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM wallet.balance;
RESET ROLE;

-- the past
UPDATE wallet.event SET status = 0;
\echo :LAST_ERROR_SQLSTATE
TRUNCATE wallet.account;
SELECT * FROM wallet_replay(-1);

-- nothing of this has left a trace
SELECT kind, status, count(*) FROM wallet.journal GROUP BY 1, 2 ORDER BY 1, 2;
SELECT bool_and(ok) AS sound FROM wallet_verify(true);

DROP FUNCTION id;
SET wallet.allow_drop = on;
DROP EXTENSION wallet;
DROP ROLE wallet_messages_teller;
