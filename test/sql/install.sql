-- Goal: CREATE EXTENSION and DROP EXTENSION do what SPEC 2 and 3 say, in every kind of place, and say what to do when they refuse.
-- Method: a database per place; after each success the ledger is used once.
\set SHOW_CONTEXT never
CREATE ROLE wallet_install_other;

-- 1. The first schema of search_path gets the functions, the schema wallet all the rest.
CREATE DATABASE wallet_install TEMPLATE template0 ENCODING 'UTF8';
\c wallet_install
CREATE EXTENSION wallet;
SELECT n.nspname, CASE d.classid WHEN 'pg_proc'::regclass THEN 'functions' WHEN 'pg_class'::regclass THEN 'tables, views' END AS what, count(*) > 0 AS some
FROM pg_depend d
JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'wallet'
LEFT JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid AND p.proname LIKE 'wallet%'
LEFT JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
JOIN pg_namespace n ON n.oid = COALESCE(p.pronamespace, c.relnamespace)
GROUP BY 1, 2 ORDER BY 1, 2;
SELECT wallet_open('world', 'USD', '00000000-0000-7000-8000-000000000001', NULL) > 0 AS opened;
SELECT bool_and(ok) AS sound FROM wallet_verify(true);

-- 2. It is dropped only on purpose, by whatever way.
DROP EXTENSION wallet;
DROP EXTENSION wallet CASCADE;
DROP SCHEMA wallet CASCADE;
DROP SCHEMA public CASCADE;
SELECT count(*) AS accounts FROM wallet.account;
SET wallet.allow_drop = on;
DROP EXTENSION wallet;
RESET wallet.allow_drop;
SELECT count(*) AS schemas_left FROM pg_namespace WHERE nspname = 'wallet';
SELECT count(*) AS functions_left FROM pg_proc WHERE proname LIKE 'wallet%';

-- 3. It can be made again, with a ledger that knows nothing of the first; in another schema this time.
CREATE SCHEMA app;
CREATE EXTENSION wallet SCHEMA app;
SELECT wallet_balance('world', 'USD');
SELECT app.wallet_balance('world', 'USD') IS NULL AS unknown;
SELECT app.wallet_open('world', 'USD', '00000000-0000-7000-8000-000000000001', NULL) > 0 AS opened;
SELECT app.wallet_open('alice', 'USD', '00000000-0000-7000-8000-000000000002') > 0 AS opened;
SELECT status, amount, from_balance, to_balance, replayed FROM app.wallet_transfer('world', 'alice', 5, 'USD', '00000000-0000-7000-8000-000000000003');
SELECT kind, status, from_account, to_account, amount FROM app.wallet_get('00000000-0000-7000-8000-000000000003');
SELECT name, balance FROM wallet.accounts ORDER BY name;
SELECT bool_and(ok) AS sound FROM app.wallet_verify(true);
DROP SCHEMA app CASCADE;
SET wallet.allow_drop = on;
DROP SCHEMA app CASCADE;
RESET wallet.allow_drop;

-- 4. A schema wallet that was there before is used only when it is named, empty and one's own.
CREATE SCHEMA wallet;
CREATE EXTENSION wallet;
CREATE EXTENSION wallet SCHEMA wallet;
SELECT wallet.wallet_open('world', 'USD', '00000000-0000-7000-8000-000000000001', NULL) > 0 AS opened;
SELECT bool_and(ok) AS sound FROM wallet.wallet_verify(true);
SET wallet.allow_drop = on;
DROP EXTENSION wallet;
RESET wallet.allow_drop;
SELECT count(*) AS schemas_left FROM pg_namespace WHERE nspname = 'wallet';
CREATE TABLE wallet.mine (n int);
CREATE EXTENSION wallet SCHEMA wallet;
DROP TABLE wallet.mine;
CREATE FUNCTION wallet.mine() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE EXTENSION wallet SCHEMA wallet;
DROP FUNCTION wallet.mine();
ALTER SCHEMA wallet OWNER TO wallet_install_other;
CREATE EXTENSION wallet SCHEMA wallet;
CREATE EXTENSION wallet;
DROP SCHEMA wallet;
CREATE EXTENSION wallet SCHEMA nowhere;
CREATE EXTENSION wallet;
CREATE EXTENSION wallet;
CREATE EXTENSION IF NOT EXISTS wallet;
ALTER EXTENSION wallet SET SCHEMA pg_catalog;

-- 5. Two databases of one server are two ledgers.
CREATE DATABASE wallet_install_two TEMPLATE template0 ENCODING 'UTF8';
SELECT wallet_open('world', 'USD', '00000000-0000-7000-8000-000000000001', NULL) > 0 AS opened;
\c wallet_install_two
CREATE EXTENSION wallet;
SELECT wallet_balance('world', 'USD') IS NULL AS unknown;
SELECT wallet_open('world', 'USD', '00000000-0000-7000-8000-000000000001', 0) > 0 AS opened;
SELECT bool_and(ok) AS sound FROM wallet_verify(true);

-- 6. A role that is no superuser cannot install it, even where it may create anything.
GRANT ALL ON DATABASE wallet_install_two TO wallet_install_other;
SET wallet.allow_drop = on;
DROP EXTENSION wallet;
SET ROLE wallet_install_other;
CREATE EXTENSION wallet;
RESET ROLE;

-- 7. Other encodings are refused.
CREATE DATABASE wallet_install_latin1 TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C';
\c wallet_install_latin1
CREATE EXTENSION wallet;
CREATE DATABASE wallet_install_ascii TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C';
\c wallet_install_ascii
CREATE EXTENSION wallet;
SELECT count(*) AS schemas_left FROM pg_namespace WHERE nspname = 'wallet';

\c postgres
DROP DATABASE wallet_install;
DROP DATABASE wallet_install_two;
DROP DATABASE wallet_install_latin1;
DROP DATABASE wallet_install_ascii;
DROP ROLE wallet_install_other;
