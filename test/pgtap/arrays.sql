-- Goal: arrays of every wrong shape are refused as a whole, naming array and place; right ones of unusual shape work; 65,536 commands are the limit.
-- Method: one fault per call against SPEC 5; after all refusals not one event more than before.
\ir lib/setup.sql
SELECT plan(35);

SELECT open('world', 'USD', NULL), open('alice'), open('bob') \g /dev/null
SELECT pay('world', 'alice', 1000) \g /dev/null
CREATE TABLE before AS SELECT count(*) AS events FROM wallet.event;

CREATE FUNCTION says(statement text, words text[], description text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	f fault := fault_of(statement);
	told text := concat_ws(' ', f.message, f.detail);
	word text;
	good boolean := f.sqlstate IS NOT DISTINCT FROM 'WA024';
BEGIN
	FOREACH word IN ARRAY words LOOP
		good := good AND told ~ ('\m' || word || '\M');
	END LOOP;
	RETURN ok(COALESCE(good, false), description || ': ' || COALESCE(f.sqlstate || ' ' || told, 'no error'));
END $$;
CREATE FUNCTION call(n int, argument text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	a text[] := ARRAY['''{alice,alice}''::text[]', '''{bob,bob}''::text[]', '''{1,1}''::numeric[]', '''{USD,USD}''::text[]', 'ARRAY[id(1), id(2)]', 'NULL', 'NULL', 'false'];
BEGIN
	a[n] := argument;
	RETURN format('SELECT * FROM wallet_transfers(%s)', array_to_string(a, ', '));
END $$;
CREATE FUNCTION call_by_id(n int, argument text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	a text[] := ARRAY['ARRAY[account(''alice''), account(''alice'')]', 'ARRAY[account(''bob''), account(''bob'')]', '''{1,1}''::numeric[]', 'ARRAY[id(1), id(2)]', 'NULL', 'false'];
BEGIN
	a[n] := argument;
	RETURN format('SELECT * FROM wallet_transfers_by_id(%s)', array_to_string(a, ', '));
END $$;
SELECT is(fault_of(call(8, 'false')) IS NULL AND fault_of(call_by_id(6, 'false')) IS NULL, true, 'without faults there is no error');

-- ---- lengths
SELECT says(call(1, '''{alice,alice,alice}'''), '{3}', 'from_accounts longer');
SELECT says(call(2, '''{bob}'''), '{to_accounts,1}', 'to_accounts shorter');
SELECT says(call(2, '''{}'''), '{to_accounts,0}', 'to_accounts empty');
SELECT says(call(3, '''{1,1,1}'''), '{amounts,3}', 'amounts longer');
SELECT says(call(4, '''{USD}'''), '{currencies,1}', 'currencies shorter');
SELECT says(call(5, 'ARRAY[id(1)]'), '{transaction_ids,1}', 'transaction_ids shorter');
SELECT says(call(6, '''{1,1,1}'''), '{groups,3}', 'groups longer');
SELECT says(call(6, '''{}'''), '{groups,0}', 'groups empty is not groups NULL');
SELECT says(call(7, '''{NULL}'''), '{metadatas,1}', 'metadatas shorter');
SELECT says(call_by_id(2, '''{1}'''), '{to_ids,1}', 'by id: to_ids shorter');
SELECT says(call_by_id(3, '''{1,1,1}'''), '{amounts,3}', 'by id: amounts longer');
SELECT says(call_by_id(4, 'ARRAY[id(1), id(2), id(3)]'), '{transaction_ids,3}', 'by id: transaction_ids longer');
SELECT says(call_by_id(5, '''{1}'''), '{groups,1}', 'by id: groups shorter');

-- ---- dimensions
SELECT says(call(1, '''{{alice,alice}}'''), '{from_accounts}', 'from_accounts of two dimensions');
SELECT says(call(2, '''{{bob},{bob}}'''), '{to_accounts}', 'to_accounts of two dimensions');
SELECT says(call(3, '''{{1,1}}'''), '{amounts}', 'amounts of two dimensions');
SELECT says(call(4, '''{{{USD,USD}}}'''), '{currencies}', 'currencies of three dimensions');
SELECT says(call(5, 'ARRAY[ARRAY[id(1), id(2)]]'), '{transaction_ids}', 'transaction_ids of two dimensions');
SELECT says(call(6, '''{{1,1}}'''), '{groups}', 'groups of two dimensions');
SELECT says(call(7, '''{{NULL,NULL}}'''), '{metadatas}', 'metadatas of two dimensions');
SELECT says(call_by_id(1, '''{{1,1}}'''), '{from_ids}', 'by id: from_ids of two dimensions');

SELECT is((SELECT count(*) FROM wallet.event), (SELECT events FROM before), 'none of these has left anything');

-- ---- unusual, but right
SELECT is_empty($$ SELECT * FROM wallet_transfers('{}', '{}', '{}', '{}', '{}') $$, 'empty arrays: no rows');
SELECT is_empty($$ SELECT * FROM wallet_transfers('{}', '{}', '{}', '{}', '{}', '{}', '{}', true) $$, 'empty arrays, atomic: no rows');
SELECT is_empty($$ SELECT * FROM wallet_transfers_by_id('{}', '{}', '{}', '{}') $$, 'by id: empty arrays: no rows');
SELECT results_eq($$ SELECT ord, status, from_balance FROM wallet_transfers('[5:6]={alice,alice}', '[-1:0]={bob,bob}', '[0:1]={1,2}', '{USD,USD}', ARRAY[id(10), id(11)], '[7:8]={3,4}', '[9:10]={NULL,"{}"}') $$,
	$$ VALUES (1, 'success', 999.00), (2, 'success', 997.00) $$, 'any lower bounds; ord counts from 1');
SELECT is((SELECT array_agg(ord ORDER BY ord) FROM bulk(ARRAY['12 alice bob 1 USD', '13 alice nobody 1 USD', '14 alice bob 1e9 USD'])), '{1,2,3}', 'ord is the place, whatever the status');
CREATE TABLE kept (a text[], b text[], c numeric[], d text[], e uuid[]);
ALTER TABLE kept ALTER a SET STORAGE EXTERNAL, ALTER c SET STORAGE EXTERNAL;
INSERT INTO kept SELECT array_agg('alice'::text), array_agg('bob'::text), array_agg(0.01), array_agg('USD'::text), array_agg(id(20000 + n)) FROM generate_series(1, 3000) n;
SELECT is((SELECT count(*) FROM kept, wallet_transfers(a, b, c, d, e) WHERE status = 'success'), 3000::bigint, 'arrays that are stored out of line');
SELECT is(wallet_balance('bob', 'USD'), 34.00, 'each paid once: 1 + 2 + 1 + 3000 * 0.01');

-- ---- 65,536
CREATE TABLE many AS SELECT array_agg('alice'::text) AS a, array_agg('bob'::text) AS b, array_agg(0.01) AS c, array_agg('USD'::text) AS d, array_agg(id(100000 + n)) AS e,
	array_agg(account('alice')) AS f, array_agg(account('bob')) AS g
FROM generate_series(1, 65537) n;
SELECT says($$ SELECT w.* FROM many, wallet_transfers(a, b, c, d, e) w $$, '{65536,65537}', '65,537 commands are too many');
SELECT says($$ SELECT w.* FROM many, wallet_transfers_by_id(f, g, c, e) w $$, '{65536,65537}', 'by id: 65,537 commands are too many');
SELECT results_eq($$ SELECT status, count(*), max(ord) FROM many, wallet_transfers(a[1:65536], b[1:65536], c[1:65536], d[1:65536], e[1:65536]) GROUP BY status $$,
	$$ VALUES ('success', 65536::bigint, 65536) $$, '65,536 commands are not');
SELECT results_eq($$ SELECT status, replayed, count(*) FROM many, wallet_transfers_by_id(f[1:65536], g[1:65536], c[1:65536], e[1:65536], NULL, true) GROUP BY 1, 2 $$,
	$$ VALUES ('success', true, 65536::bigint) $$, 'the same by id, as one group: all replayed');
SELECT sound();
SELECT * FROM finish();
