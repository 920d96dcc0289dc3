-- Goal: a name is 1 to 255 bytes of anything, compared byte by byte; what begins with @transit: is nobody's to use, through any door.
-- Method: lengths around the limit in bytes of one to four, odd Unicode opened side by side, each then paid and read back on its own.
\ir lib/setup.sql
SELECT plan(48);

SELECT open('world', 'USD', NULL), open('bob') \g /dev/null
CREATE FUNCTION opens(name text) RETURNS text LANGUAGE sql AS $$ SELECT COALESCE((fault_of(format('SELECT wallet_open(%L, ''USD'', wallet_uuid())', name))).sqlstate, 'opened') $$;

-- ---- length
SELECT is(opens(''), 'WA023', 'empty');
SELECT is(opens('x'), 'opened', 'one byte');
SELECT is(opens(repeat('x', 255)), 'opened', '255 bytes');
SELECT is(opens(repeat('x', 256)), 'WA023', '256 bytes');
SELECT is(opens(repeat('é', 127) || 'x'), 'opened', '255 bytes in 128 characters');
SELECT is(opens(repeat('é', 128)), 'WA023', '256 bytes in 128 characters');
SELECT is(opens(repeat('😀', 63) || 'xyz'), 'opened', '255 bytes in 66 characters');
SELECT is(opens(repeat('😀', 64)), 'WA023', '256 bytes in 64 characters');
SELECT is(opens(repeat('x', 1048576)), 'WA023', 'a megabyte');
SELECT cmp_ok(length((fault_of(format('SELECT wallet_open(%L, ''USD'', wallet_uuid())', repeat('x', 1048576)))).detail), '<', 1000, 'a megabyte is not repeated in the detail');
SELECT matches((fault_of(format('SELECT wallet_open(%L, ''USD'', wallet_uuid())', repeat('é', 128)))).detail, '256', 'but its length is');
SELECT is((fault_of(format('SELECT wallet_transfer(%L, ''bob'', 1, ''USD'', id(1))', repeat('x', 1048576)))).sqlstate, 'WA023', 'transfer: payer of a megabyte');
SELECT is((fault_of(format('SELECT wallet_transfer(''world'', %L, 1, ''USD'', id(1))', repeat('x', 256)))).sqlstate, 'WA023', 'transfer: payee of 256 bytes');
SELECT is((fault_of(format('SELECT wallet_open(''x'', ''USD'', id(1), parent => %L)', repeat('x', 256)))).sqlstate, 'WA023', 'open: parent of 256 bytes');
SELECT is((SELECT string_agg(status, ' ' ORDER BY ord) FROM wallet_transfers(ARRAY[repeat('x', 256), 'world', 'world'], ARRAY['bob', repeat('é', 128), ''], '{1,1,1}', '{USD,USD,USD}', ARRAY[id(1), id(2), id(3)])),
	'invalid_name invalid_name invalid_name', 'bulk: 256 bytes and none');
SELECT is(wallet_balance(repeat('x', 1048576), 'USD'), NULL, 'balance of a megabyte: no such account');

-- ---- anything goes, and nothing is the same but the same
CREATE TABLE odd (n serial, name text, what text);
INSERT INTO odd (name, what) VALUES
	('Anna', 'plain'), ('anna', 'lower case'), ('ANNA', 'upper case'), (' Anna', 'blank before'), ('Anna ', 'blank after'), (E'Anna\n', 'newline'), (E'An\tna', 'tab'), (E'\x01', 'a control character'),
	(U&'caf\00E9', 'composed'), (U&'cafe\0301', 'decomposed'), (U&'\0627\0644\0639\0631\0628\064A\0629', 'right to left'), (U&'\202Eabc\202C', 'direction override'), (U&'An\200Bna', 'zero-width space'), (U&'An\00A0na', 'no-break space'),
	('👩‍👩‍👧', 'a family of emoji'), ('👩👩👧', 'the same unjoined'), (U&'\FB03', 'a ligature'), ('ffi', 'its letters'), ('ﬃ', 'the ligature again') , ('Ａ', 'full width'), ('A', 'half width'), (U&'\0130', 'dotted I'), ('I', 'I'), ('ı', 'dotless i'),
	(U&'\+10FFFF', 'the last code point'), (U&'\FFFE', 'no character'), ('''; DROP TABLE x; --', 'quotes'), ('"', 'a double quote'), (E'\\', 'a backslash'), ('%s%n%d', 'a format'), ('$1', 'a dollar'), ('NULL', 'NULL'), ('{}', 'braces'),
	('@', 'only @'), ('@x', 'local'), ('@fees', 'local, longer'), ('@transit', 'transit without its colon'), ('@Transit:x', 'another case'), (' @transit:x', 'blank first'), ('x@transit:x', 'not at the beginning'), ('@@transit:x', 'two @'), ('transit:x', 'no @');
DELETE FROM odd WHERE what = 'the ligature again';
SELECT lives_ok(format('SELECT open(%L)', name), 'opened: ' || what) FROM odd WHERE n IN (6, 8, 12, 25, 26, 34, 35, 37, 38, 39, 40) ORDER BY n;
SELECT lives_ok($$ SELECT open(name) FROM odd WHERE n NOT IN (6, 8, 12, 25, 26, 34, 35, 37, 38, 39, 40) $$, 'opened: all the others');
SELECT is((SELECT count(*) FROM odd JOIN wallet.account USING (name)), (SELECT count(*) FROM odd), 'each is an account of its own');
SELECT is((SELECT string_agg(DISTINCT (pay('world', name, n)).status, ' ') FROM odd), 'success', 'each is paid');
SELECT is((SELECT count(*) FROM odd WHERE wallet_balance(name, 'USD') = n), (SELECT count(*) FROM odd), 'each has got what was for it alone');
SELECT is((SELECT count(*) FROM odd JOIN wallet_replay() USING (name) WHERE balance = n), (SELECT count(*) FROM odd), 'replay knows each');
SELECT is(opens(E'Anna\n'), 'WA020', 'a second opening of an odd name is refused');
SELECT matches((fault_of($$ SELECT wallet_transfer('%s%n%d', 'bob', 1000000, 'USD', id(4)) $$)).detail, '%s%n%d', 'a format in a name is text');
SELECT matches((fault_of($$ SELECT wallet_transfer('%s%s%s%n', 'bob', 1, 'USD', id(4)) $$)).detail, '%s%s%s%n', 'also when it is not there');

-- ---- @transit:
SELECT is(opens('@transit:'), 'WA023', 'open: @transit:');
SELECT is(opens('@transit:x'), 'WA023', 'open: @transit:x');
SELECT is((fault_of($$ SELECT wallet_open('child', 'USD', id(5), parent => '@transit:x') $$)).sqlstate, 'WA023', 'open: as a parent');
SELECT is((fault_of($$ SELECT wallet_transfer('@transit:x', 'bob', 1, 'USD', id(5)) $$)).sqlstate, 'WA023', 'transfer: as a payer');
SELECT is((fault_of($$ SELECT wallet_transfer('world', '@transit:x', 1, 'USD', id(5)) $$)).sqlstate, 'WA023', 'transfer: as a payee');
SELECT is(told('{5 @transit:x bob 1 USD,6 world @transit:x 1 USD,7 world @transit: 1 USD,8 world @transit 1 USD}'), 'invalid_name invalid_name invalid_name success', 'bulk: in both places');

-- ---- two currencies
SELECT open('eva', 'USD'), open('eva', 'EUR'), open('eva', 'JPY'), open('world', 'EUR', NULL) \g /dev/null
SELECT isnt(account('eva', 'USD'), account('eva', 'EUR'), 'one name, two currencies: two accounts');
SELECT pay('world', 'eva', 5), pay('world', 'eva', 7, 'EUR') \g /dev/null
SELECT is(ARRAY[wallet_balance('eva', 'USD'), wallet_balance('eva', 'EUR'), wallet_balance('eva', 'JPY'), wallet_balance('eva', 'CHF')], '{5.00,7.00,0,NULL}', 'with balances of their own');
SELECT matches((fault_of($$ SELECT wallet_transfer('eva', 'bob', 1, 'CHF', id(9)) $$)).hint, 'EUR.*JPY.*USD', 'the hint lists all the currencies of the name');
SELECT matches((fault_of($$ SELECT wallet_transfer('eva', 'bob', 1, 'CHF', id(9)) $$)).hint, 'EUR.*JPY.*USD', 'and again');
SELECT is((SELECT array_agg(DISTINCT h.hint) FROM generate_series(1, 50) g, LATERAL (SELECT (fault_of(format('SELECT wallet_transfer(''world'', ''bob'', %s, ''CHF'', id(9))', g))).hint) h), ARRAY['"world" has accounts in EUR, USD.'], 'and fifty times');

-- ---- a lesser collation changes nothing
SELECT is((SELECT string_agg(name COLLATE "C", '|' ORDER BY name) FROM (SELECT name FROM wallet.account WHERE name COLLATE "C" IN ('Anna', 'anna', 'ANNA')) s), 'ANNA|Anna|anna', 'names sort by bytes');
SELECT sound();
SELECT * FROM finish();
