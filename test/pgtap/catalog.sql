-- Goal: the extension is a good guest: every object says what it is, nothing is granted to PUBLIC, a role without rights can do nothing, functions
-- are marked as what they are, pg_dump carries what it must.
-- Method: the catalogs, asked for all members of the extension, so that an object that is added later is held to the same.
\ir lib/setup.sql
SELECT plan(42);

CREATE VIEW member AS SELECT d.classid, d.objid FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass WHERE e.extname = 'wallet' AND d.deptype = 'e';
SELECT cmp_ok((SELECT count(*) FROM member), '>', 20::bigint, 'the extension has members');

-- ---- comments
SELECT is_empty($$ SELECT pg_describe_object(classid, objid, 0) FROM member m WHERE classid = 'pg_class'::regclass AND (SELECT relkind FROM pg_class WHERE oid = objid) IN ('r', 'v', 'm', 'f', 'p') AND obj_description(objid, 'pg_class') IS NULL $$, 'tables and views have comments');
SELECT is_empty($$ SELECT pg_describe_object(classid, objid, 0) FROM member m WHERE classid = 'pg_proc'::regclass AND obj_description(objid, 'pg_proc') IS NULL $$, 'functions have comments');
SELECT is_empty($$ SELECT pg_describe_object(m.classid, m.objid, 0) FROM member m JOIN pg_type t ON t.oid = m.objid LEFT JOIN pg_class c ON c.oid = t.typrelid WHERE m.classid = 'pg_type'::regclass AND (c.relkind = 'c' OR t.typtype IN ('e', 'd')) AND obj_description(t.oid, 'pg_type') IS NULL $$, 'types have comments');
SELECT isnt(obj_description('wallet'::regnamespace, 'pg_namespace'), NULL, 'the schema has a comment');
SELECT isnt((SELECT obj_description(oid, 'pg_extension') FROM pg_extension WHERE extname = 'wallet'), NULL, 'the extension has a comment');
SELECT isnt(col_description('wallet.balance'::regclass, attnum), NULL, 'wallet.balance.' || attname || ' has a comment') FROM pg_attribute WHERE attrelid = 'wallet.balance'::regclass AND attname IN ('guard_event', 'last_event', 'owned', 'reserved') ORDER BY attname;

-- ---- rights
SELECT is_empty($$ SELECT pg_describe_object(m.classid, m.objid, 0), a.privilege_type FROM member m JOIN pg_proc p ON p.oid = m.objid, aclexplode(COALESCE(p.proacl, acldefault('f', p.proowner))) a WHERE m.classid = 'pg_proc'::regclass AND a.grantee = 0 $$, 'PUBLIC may execute no function');
SELECT is_empty($$ SELECT pg_describe_object(m.classid, m.objid, 0), a.privilege_type FROM member m JOIN pg_class c ON c.oid = m.objid, aclexplode(COALESCE(c.relacl, acldefault('r', c.relowner))) a WHERE m.classid = 'pg_class'::regclass AND a.grantee = 0 $$, 'PUBLIC has nothing of any relation');
SELECT is_empty($$ SELECT n.nspname, a.privilege_type FROM pg_namespace n, aclexplode(COALESCE(n.nspacl, acldefault('n', n.nspowner))) a WHERE n.nspname = 'wallet' AND a.grantee = 0 $$, 'PUBLIC has nothing of the schema');

BEGIN;
CREATE ROLE wt_nobody;
GRANT EXECUTE ON FUNCTION fault_of(text) TO wt_nobody;
CREATE TABLE calls AS SELECT format('SELECT %s(%s)', p.oid::regproc, (SELECT string_agg(format('%s::%s', CASE t WHEN 'bigint'::regtype THEN '0' ELSE 'NULL' END, format_type(t, NULL)), ', ') FROM unnest(p.proargtypes) t)) AS call FROM member m JOIN pg_proc p ON p.oid = m.objid WHERE m.classid = 'pg_proc'::regclass AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype);
CREATE TABLE relations AS SELECT c.oid::regclass::text AS relation, c.relkind FROM member m JOIN pg_class c ON c.oid = m.objid WHERE m.classid = 'pg_class'::regclass AND c.relkind IN ('r', 'v');
GRANT SELECT ON calls, relations TO wt_nobody;
SET LOCAL ROLE wt_nobody;
SELECT is_empty($$ SELECT call, fault_of(call) FROM calls WHERE (fault_of(call)).sqlstate IS DISTINCT FROM '42501' $$, 'a role without rights can call nothing');
SELECT is_empty($$ SELECT relation FROM relations WHERE (fault_of('SELECT * FROM ' || relation)).sqlstate IS DISTINCT FROM '42501' $$, 'and read nothing');
SELECT is_empty($$ SELECT relation FROM relations WHERE (fault_of(format('INSERT INTO %s SELECT * FROM %1$s', relation))).sqlstate IS DISTINCT FROM '42501' OR (fault_of('DELETE FROM ' || relation)).sqlstate IS DISTINCT FROM '42501' OR (fault_of('TRUNCATE ' || relation)).sqlstate IS DISTINCT FROM '42501' AND relkind = 'r' $$, 'and write nothing');
SELECT is((fault_of('CREATE TABLE wallet.mine ()')).sqlstate, '42501', 'and create nothing in the schema');
SELECT is((fault_of('SET wallet.allow_drop = on')).sqlstate, '42501', 'nor set wallet.allow_drop');
SELECT is((fault_of('SET wallet.max_clock_step = 5')).sqlstate, '42501', 'nor wallet.max_clock_step');
RESET ROLE;
-- A role that may call a command needs no rights on the tables: the command writes them itself.
GRANT USAGE ON SCHEMA wallet TO wt_nobody;
GRANT EXECUTE ON FUNCTION wallet_transfer(text, text, numeric, text, uuid, jsonb, timestamptz, bigint) TO wt_nobody;
GRANT EXECUTE ON FUNCTION id(bigint) TO wt_nobody;
SELECT open('a'), open('b'), open('w', 'USD', NULL) \g /dev/null
SELECT pay('w', 'a', 10) \g /dev/null
SET LOCAL ROLE wt_nobody;
SELECT is((SELECT (wallet_transfer('a', 'b', 1, 'USD', id(1))).status), 'success', 'a role that may call wallet_transfer can move money');
SELECT is((fault_of('SELECT * FROM wallet.balance')).sqlstate, '42501', 'and still reads no table');
SELECT is((fault_of('UPDATE wallet.balance SET balance = 1')).sqlstate, '42501', 'and writes none');
ROLLBACK;

-- ---- markings
SELECT shows($$ SELECT p.proname::text || ' ' || p.provolatile::text || p.proparallel::text || p.proisstrict::text || p.prosecdef::text FROM member m JOIN pg_proc p ON p.oid = m.objid WHERE m.classid = 'pg_proc'::regclass AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype) ORDER BY p.proname::text COLLATE "C" $$,
	$$ VALUES
		('apply_grants vufalsefalse'),
		('expired ssfalsefalse'),
		('long_work vufalsefalse'),
		('store_horizon vufalsefalse'),
		('wallet_account ssfalsefalse'),
		('wallet_balance ssfalsefalse'),
		('wallet_balance_at ssfalsefalse'),
		('wallet_balance_effective ssfalsefalse'),
		('wallet_capture vufalsefalse'),
		('wallet_close vufalsefalse'),
		('wallet_define_currency vufalsefalse'),
		('wallet_event_time istruefalse'),
		('wallet_execute vufalsefalse'),
		('wallet_export vufalsefalse'),
		('wallet_feed vufalsefalse'),
		('wallet_freeze vufalsefalse'),
		('wallet_get ssfalsefalse'),
		('wallet_grant vufalsefalse'),
		('wallet_head vufalsefalse'),
		('wallet_hold vufalsefalse'),
		('wallet_holds ssfalsefalse'),
		('wallet_horizon vufalsefalse'),
		('wallet_open vufalsefalse'),
		('wallet_paused vufalsefalse'),
		('wallet_rebuild vufalsefalse'),
		('wallet_redact vufalsefalse'),
		('wallet_release vufalsefalse'),
		('wallet_remove_floor vufalsefalse'),
		('wallet_replay vufalsefalse'),
		('wallet_resume vufalsefalse'),
		('wallet_reverse vufalsefalse'),
		('wallet_revoke vufalsefalse'),
		('wallet_seal vufalsefalse'),
		('wallet_set_ceiling vufalsefalse'),
		('wallet_set_floor vufalsefalse'),
		('wallet_set_spend_limit vufalsefalse'),
		('wallet_statement ssfalsefalse'),
		('wallet_sweep vufalsefalse'),
		('wallet_transfer vufalsefalse'),
		('wallet_transfers vufalsefalse'),
		('wallet_transfers_by_id vufalsefalse'),
		('wallet_tree_balance ssfalsefalse'),
		('wallet_unfreeze vufalsefalse'),
		('wallet_uuid vsfalsefalse'),
		('wallet_verify vufalsefalse'),
		('wallet_verify_account ssfalsefalse'),
		('wallet_verify_against vufalsefalse'),
		('wallet_wait_event vufalsefalse') $$, 'commands and audits are volatile and parallel unsafe, readers stable and safe, an event''s time immutable');
SELECT is_empty($$ SELECT p.oid::regprocedure FROM member m JOIN pg_proc p ON p.oid = m.objid WHERE m.classid = 'pg_proc'::regclass AND p.pronamespace <> 'public'::regnamespace AND p.proname LIKE 'wallet\_%' $$, 'functions are where CREATE EXTENSION was told');
SELECT is_empty($$ SELECT m.objid::regclass FROM member m JOIN pg_class c ON c.oid = m.objid WHERE m.classid = 'pg_class'::regclass AND c.relnamespace <> 'wallet'::regnamespace $$, 'tables and views are in the schema wallet');
SELECT is_empty($$ SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'wallet'::regnamespace AND c.relkind = 'S' $$, 'there are no sequences');
SELECT is_empty($$ SELECT conname FROM pg_constraint WHERE connamespace = 'wallet'::regnamespace AND contype = 'f' $$, 'there are no foreign keys');

-- ---- triggers
SELECT shows($$ SELECT tgrelid::regclass::text || ' ' || tgname || ' ' || tgenabled::text FROM pg_trigger WHERE tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'wallet'::regnamespace) ORDER BY 1 $$,
	$$ VALUES ('wallet.account immutable A'), ('wallet.currency immutable A'), ('wallet.event immutable A'), ('wallet.milestone immutable A'), ('wallet.seal immutable A') $$, 'immutable tables have their trigger, ENABLE ALWAYS; no table has another');

-- ---- dump
SELECT set_eq($$ SELECT c::regclass::text || ' ' || w FROM pg_extension, unnest(extconfig, extcondition) AS u (c, w) WHERE extname = 'wallet' $$,
	$$ VALUES ('wallet.event '), ('wallet.account '), ('wallet.balance '), ('wallet.milestone '), ('wallet.instance '), ('wallet.bundle_grant '), ('wallet.hold '), ('wallet.reversal '), ('wallet.seal '), ('wallet.currency WHERE NOT builtin') $$, 'pg_dump carries the ledger, and of currencies what is not built in');
SELECT is((SELECT extrelocatable FROM pg_extension WHERE extname = 'wallet'), false, 'the extension is not relocatable');

-- ---- the built-in currencies, as format-1 9 lists them
SELECT is((SELECT string_agg(code, ' ' ORDER BY code) FROM wallet.currency WHERE exponent = 0), 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF', 'exponent 0');
SELECT is((SELECT string_agg(code, ' ' ORDER BY code) FROM wallet.currency WHERE exponent = 3), 'BHD IQD JOD KWD LYD OMR TND', 'exponent 3');
SELECT is((SELECT string_agg(code, ' ' ORDER BY code) FROM wallet.currency WHERE exponent = 4), 'CLF UYW', 'exponent 4');
SELECT is((SELECT string_agg(code, ' ' ORDER BY code) FROM wallet.currency WHERE exponent = 2),
	'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR '
	'IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS '
	'UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG', 'exponent 2');
SELECT is((SELECT count(*) FROM wallet.currency WHERE NOT builtin OR defined_by IS NOT NULL OR exponent NOT IN (0, 2, 3, 4)), 0::bigint, 'and no others');
SELECT is_empty($$ SELECT code FROM wallet.currency WHERE (fault_of(format('SELECT wallet_open(''x'', %L, wallet_uuid())', code))).sqlstate IS NOT NULL $$, 'an account can be opened in each');
SELECT is_empty($$ SELECT c.code FROM wallet.currency c, LATERAL (SELECT (fault_of(format('SELECT wallet_open(''x'', %L, wallet_uuid(), floor => -1e-%s)', code, exponent + 1))).sqlstate AS s) f WHERE s IS DISTINCT FROM 'WA007' $$, 'and the machine knows the same exponent as the table');

-- ---- settings
SELECT set_eq($$ SELECT name || ' ' || context FROM pg_settings WHERE name LIKE 'wallet.%' $$, $$ VALUES ('wallet.allow_drop superuser'), ('wallet.clock_offset superuser'), ('wallet.failpoint superuser'), ('wallet.max_clock_step superuser'), ('wallet.name_cache_size user'), ('wallet.paused sighup') $$, 'the settings of this build, which has failpoints');
SELECT is((SELECT setting FROM pg_settings WHERE name = 'wallet.allow_drop'), 'off', 'the ledger cannot be dropped by default');
SELECT is((fault_of('SET wallet.no_such_setting = 1')).sqlstate IS NOT NULL, true, 'the prefix wallet is reserved');
SELECT matches((fault_of('DROP EXTENSION wallet CASCADE')).hint, 'wallet\.allow_drop', 'DROP EXTENSION is refused, and says how');
SELECT matches((fault_of('DROP SCHEMA wallet CASCADE')).message, 'wallet', 'DROP SCHEMA too');
SELECT * FROM finish();
