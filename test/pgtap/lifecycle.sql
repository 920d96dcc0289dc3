-- Goal: freezing, closing, floors, ceilings, spending limits and sweeps do what SPEC 4 and format-1 6 (kinds 9 to 16) say, and move no money
-- and no version, but for the sweep.
-- Method: each setting is changed, and what it allows and forbids tried from both sides, a cent apart. Windows last until 2038
-- (2147483647 s), but for one of a second, which ends by the clock's setting for tests.
\ir lib/setup.sql
SELECT plan(87);

SELECT open('world', 'USD', NULL), open('world', 'JPY', NULL), open('sink'), open('yen', 'JPY') \g /dev/null
CREATE FUNCTION try(payer text, payee text, amount numeric) RETURNS text LANGUAGE sql AS $$ SELECT COALESCE((fault_of(format('SELECT wallet_transfer(%L, %L, %s, ''USD'', wallet_uuid())', payer, payee, amount))).sqlstate, 'works') $$;
CREATE FUNCTION spent(name text) RETURNS text LANGUAGE sql AS $$ SELECT format('%s of %s per %s', b.spent, b.spend_limit, b.window_seconds) FROM wallet.balance b WHERE b.account = account(name) $$;

-- ---- freeze and unfreeze
SELECT open('alice'), open('bob') \g /dev/null
SELECT pay('world', 'alice', 100), wallet_hold('alice', 'bob', 10, 'USD', id(1)), wallet_hold('alice', 'bob', 10, 'USD', id(2)), wallet_transfer('alice', 'bob', 10, 'USD', id(3)) \g /dev/null
SELECT is(answer(wallet_freeze('alice', 'USD', id(4), 'stolen phone')), 'success - 90.00 -', 'a freeze moves nothing');
SELECT is(has('alice'), '90.00 20.00 70.00 frozen 5', 'and is no version');
SELECT shows('SELECT * FROM events(''{4}'')', $$ VALUES (4, 0, 'freeze', 'success', NULL::numeric, NULL::numeric, 90.00, NULL::numeric, 20.00, 5, NULL::bigint) $$, 'its event');
SELECT is((SELECT strpos(encode(detail, 'escape'), 'stolen phone') > 0 AND debit_prev IS NULL FROM wallet.event WHERE transaction_id = id(4)), true, 'keeps the reason, and is not in the chain');
SELECT refuses($$ SELECT wallet_transfer('alice', 'bob', 1, 'USD', id(9)) $$, 'WA003', 'account is frozen', '{alice,payer,USD}', 'wallet_unfreeze lifts the freeze.', 'nothing goes out');
SELECT refuses($$ SELECT wallet_transfer('bob', 'alice', 1, 'USD', id(9)) $$, 'WA003', 'account is frozen', '{alice,payee,USD}', 'wallet_unfreeze lifts the freeze.', 'nothing comes in');
SELECT is((fault_of($$ SELECT wallet_sweep('alice', 'bob', 1, 'USD', id(9)) $$)).sqlstate || (fault_of($$ SELECT wallet_sweep('bob', 'alice', 1, 'USD', id(9)) $$)).sqlstate, 'WA003WA003', 'no sweep');
SELECT is(does('{capture 5 1,release 6 2,reverse 7 3}'), 'success success success', 'what was granted still works');
SELECT is(has('alice'), '90.00 0.00 90.00 frozen 8', 'as here');
SELECT is((wallet_freeze('alice', 'USD', id(8))).status, 'success', 'frozen again: a success');
SELECT is(does('{transfer 10 alice bob 1 USD,unfreeze 11 alice USD,transfer 12 alice bob 1 USD,transfer 10 alice bob 1 USD}'), 'account_frozen success success account_frozen*', 'unfrozen; the refusal is remembered');
SELECT is((wallet_unfreeze('alice', 'USD', id(13), 'again')).status, 'success', 'unfrozen again: a success');
SELECT is(answer(wallet_freeze('alice', 'USD', id(4), 'stolen phone')), 'success* - 90.00 -', 'the freeze again: its first receipt');
SELECT is(has('alice'), '89.00 0.00 89.00 open 9', 'which freezes nothing');
SELECT is((fault_of($$ SELECT wallet_freeze('alice', 'USD', id(4), 'another reason') $$)).sqlstate || (fault_of($$ SELECT wallet_freeze('alice', 'USD', id(4)) $$)).sqlstate || (fault_of($$ SELECT wallet_freeze('bob', 'USD', id(4), 'stolen phone') $$)).sqlstate
	|| (fault_of($$ SELECT wallet_unfreeze('alice', 'USD', id(4), 'stolen phone') $$)).sqlstate, 'WA010WA010WA010WA010', 'with another reason, none, another account, another command: a conflict');

-- ---- close
SELECT open('carl', 'USD', -100), open('cora') \g /dev/null
SELECT pay('world', 'cora', 0.01) \g /dev/null
SELECT refuses($$ SELECT wallet_close('cora', 'USD', id(20)) $$, 'WA021', 'account is not empty', '{cora,"balance of 0.01 USD"}', '', 'a cent is in it');
SELECT wallet_hold('carl', 'cora', 5, 'USD', id(21)) \g /dev/null
SELECT refuses($$ SELECT wallet_close('carl', 'USD', id(22)) $$, 'WA021', 'account is not empty', '{carl,"balance of 0.00 USD","holds of 5.00"}', '', 'a hold is open');
SELECT pay('carl', 'sink', 3) \g /dev/null
SELECT is(does('{close 22 carl USD,release 23 21,close 24 carl USD,transfer 25 sink carl 3 USD,close 22 carl USD,close 26 carl USD}'), 'account_not_empty success account_not_empty success account_not_empty* success', 'a debt hinders too; refusals are remembered');
SELECT is(has('carl'), '0.00 0.00 100.00 closed 5', 'closed; what its floor would allow is for nobody');
SELECT shows('SELECT * FROM events(''{26}'')', $$ VALUES (26, 0, 'close', 'success', NULL::numeric, NULL::numeric, 0.00, NULL::numeric, 0.00, 5, NULL::bigint) $$, 'its event');
SELECT is((SELECT string_agg((fault_of('SELECT ' || c)).sqlstate, ' ') FROM unnest(ARRAY[$$ wallet_transfer('carl', 'sink', 1, 'USD', id(29)) $$, $$ wallet_transfer('sink', 'carl', 1, 'USD', id(29)) $$, $$ wallet_hold('carl', 'sink', 1, 'USD', id(29)) $$, $$ wallet_hold('cora', 'carl', 0.01, 'USD', id(29)) $$,
	$$ wallet_sweep('carl', 'sink', 1, 'USD', id(29)) $$, $$ wallet_freeze('carl', 'USD', id(29)) $$, $$ wallet_unfreeze('carl', 'USD', id(29)) $$, $$ wallet_close('carl', 'USD', id(29)) $$, $$ wallet_set_floor('carl', 'USD', 0, id(29)) $$, $$ wallet_remove_floor('carl', 'USD', id(29)) $$,
	$$ wallet_set_ceiling('carl', 'USD', 1, id(29)) $$, $$ wallet_set_spend_limit('carl', 'USD', 1, 60, id(29)) $$]) c), 'WA004 WA004 WA004 WA004 WA004 WA004 WA004 WA004 WA004 WA004 WA004 WA004', 'nothing works any more');
SELECT is(does('{close 26 carl USD,unfreeze 30 carl USD,unfreeze 30 carl USD}'), 'success* account_closed account_closed*', 'the closing again: its first receipt');
SELECT is(does('{transfer 31 cora sink 0.01 USD,freeze 32 cora USD,close 33 cora USD}') , 'success success success', 'a frozen account can be closed');
SELECT is((fault_of($$ SELECT open('cora') $$)).sqlstate, 'WA020', 'its name is not free');

-- ---- all of them: accounts that are not there, arguments
SELECT is((SELECT string_agg((fault_of(format('SELECT %s', replace(c, '*', a)))).sqlstate, ' ' ORDER BY n, m) FROM unnest(ARRAY['wallet_freeze(*, id(29))', 'wallet_unfreeze(*, id(29))', 'wallet_close(*, id(29))', 'wallet_set_floor(*, 1, id(29))', 'wallet_remove_floor(*, id(29))', 'wallet_set_ceiling(*, 1, id(29))',
	'wallet_set_spend_limit(*, 1, 60, id(29))']) WITH ORDINALITY u (c, n), unnest(ARRAY['''nobody'', ''USD''', '''alice'', ''ZZZ''', ''''', ''USD'''] ) WITH ORDINALITY v (a, m)),
	trim(repeat('WA002 WA009 WA023 ', 7)), 'unknown account, unknown currency, no name');
SELECT refuses($$ SELECT wallet_freeze('alice', 'JPY', id(29)) $$, 'WA002', 'account not found', '{alice,JPY}', '"alice" has accounts in USD.', 'the hint lists the currencies');
SELECT is((SELECT string_agg((fault_of(format('SELECT wallet_set_floor(''alice'', ''USD'', %L, id(29))', l))).sqlstate || (fault_of(format('SELECT wallet_set_ceiling(''alice'', ''USD'', %L, id(29))', l))).sqlstate
	|| (fault_of(format('SELECT wallet_set_spend_limit(''alice'', ''USD'', %L, 60, id(29))', l))).sqlstate, ' ' ORDER BY n) FROM unnest('{NaN,Infinity,-Infinity,0.001,1e36,-1e36}'::text[]) WITH ORDINALITY u (l, n)),
	'WA006WA006WA006 WA006WA006WA006 WA006WA006WA006 WA007WA007WA007 WA008WA008WA008 WA008WA008WA008', 'limits that are no money');
SELECT is((fault_of($$ SELECT wallet_set_floor('alice', 'USD', NULL, id(29)) $$)).sqlstate, 'WA006', 'no floor is not NULL here');
SELECT is((SELECT count(*) FROM wallet.event WHERE transaction_id = id(29)), 0::bigint, 'all of that left nothing');

-- ---- floor: raised above what there is
SELECT open('fred'), open('gwen') \g /dev/null
SELECT pay('world', 'fred', 50), wallet_hold('fred', 'gwen', 20, 'USD', id(40)), wallet_transfer('fred', 'gwen', 10, 'USD', id(41)), pay('gwen', 'sink', 10), wallet_transfer('gwen', 'fred', 0.5, 'USD', id(42)) FROM pay('world', 'gwen', 0.5) \g /dev/null
SELECT is(answer(wallet_set_floor('fred', 'USD', 80, id(43))), 'success - 40.50 -', 'a floor above the balance');
SELECT is(has('fred'), '40.50 20.00 -59.50 open 5', 'less than nothing is available');
SELECT is((SELECT floor || ' ' || version FROM wallet_account('fred', 'USD')), '80.00 5', 'the floor is told');
SELECT shows('SELECT * FROM events(''{43}'')', $$ VALUES (43, 0, 'set_floor', 'success', 80.00, NULL::numeric, 40.50, NULL::numeric, 20.00, 5, NULL::bigint) $$, 'its event');
SELECT refuses($$ SELECT wallet_transfer('fred', 'sink', 0.01, 'USD', id(44)) $$, 'WA001', 'insufficient funds', '{fred,"-59.50 USD available","floor 80.00"}', '', 'nothing goes out');
SELECT is((fault_of($$ SELECT wallet_hold('fred', 'sink', 0.01, 'USD', id(44)) $$)).sqlstate || (fault_of($$ SELECT wallet_sweep('fred', 'sink', 1, 'USD', id(44)) $$)).sqlstate || (fault_of($$ SELECT wallet_reverse(id(42), id(44)) $$)).sqlstate, 'WA001WA001WA001', 'by no hold, sweep or reversal');
SELECT is(does('{capture 45 40 5 false,release 46 40 5,transfer 48 world fred 1 USD,capture 49 40}'), 'success success success success', 'what is held is captured and released, money comes in');
SELECT is(has('fred'), '26.50 0.00 -53.50 open 9', 'far below the floor');
SELECT is(does('{set_floor 50 fred USD -20,transfer 51 fred sink 46.51 USD,transfer 52 fred sink 46.50 USD}'), 'success insufficient_funds success', 'a floor of -20 lets it go down to that');
SELECT is(has('fred'), '-20.00 0.00 0.00 open 10', 'as here');
SELECT is(does('{set_floor 50 fred USD -20,set_floor 50 fred USD -20.00,set_floor 50 fred USD -21}'), 'success* success* transaction_id_conflict', 'again');

-- ---- remove_floor: from then on only its owner or an admin may debit it
CREATE ROLE wt_lifecycle_teller;
SELECT wallet_grant('wt_lifecycle_teller', 'teller') \g /dev/null
GRANT EXECUTE ON FUNCTION does(text[], boolean), execute(text[], boolean), said(text), id(bigint) TO wt_lifecycle_teller;
SELECT open('hugo'), wallet_open('iris', 'USD', id(60), 0, NULL, NULL, 'wt_lifecycle_teller') \g /dev/null
SELECT pay('world', 'hugo', 10), pay('world', 'iris', 10), wallet_hold('hugo', 'sink', 4, 'USD', id(61)), wallet_hold('hugo', 'sink', 1, 'USD', id(62)) \g /dev/null
SELECT is(answer(wallet_remove_floor('hugo', 'USD', id(63))) || ', ' || answer(wallet_remove_floor('iris', 'USD', id(64))), 'success - 10.00 -, success - 10.00 -', 'the floor goes');
SELECT is(has('hugo'), '10.00 5.00 - open 4', 'no limit to what is available');
SET SESSION AUTHORIZATION wt_lifecycle_teller;
SELECT does('{transfer 65 hugo sink 1 USD,hold 66 hugo sink 1 USD,sweep 67 hugo sink 1 USD,capture 68 61,release 69 62,transfer 70 iris sink 1000 USD,transfer 71 sink hugo 1 USD}') AS bulk \gset
RESET SESSION AUTHORIZATION;
SELECT is(:'bulk'::text, 'insufficient_privilege insufficient_privilege insufficient_privilege success success success success', 'a teller debits it no more, but captures and releases, and pays into it; its own account it overdraws');
SELECT is((wallet_transfer('hugo', 'sink', 1000, 'USD', id(72))).from_balance, -993.00, 'an admin debits it as far as he likes');
SELECT refuses($$ SELECT wallet_close('hugo', 'USD', id(73)) $$, 'WA021', 'account is not empty', '{"-993.00 USD"}', '', 'a debt is not empty');
SELECT is(does('{remove_floor 74 hugo USD,set_floor 75 hugo USD -2000}'), 'success success', 'removed again; then set again');
SET SESSION AUTHORIZATION wt_lifecycle_teller;
SELECT does('{transfer 76 hugo sink 1007.01 USD,transfer 77 hugo sink 1007 USD}') AS bulk \gset
RESET SESSION AUTHORIZATION;
SELECT is(:'bulk'::text, 'insufficient_funds success', 'anybody may debit it again, down to that');

-- ---- ceiling
SELECT open('jane') \g /dev/null
SELECT pay('world', 'jane', 50), wallet_hold('sink', 'jane', 5, 'USD', id(80)), wallet_transfer('jane', 'sink', 10, 'USD', id(81)) \g /dev/null
SELECT is(answer(wallet_set_ceiling('jane', 'USD', 30, id(82))), 'success - 40.00 -', 'a ceiling below the balance');
SELECT is((SELECT ceiling || ' ' || available || ' ' || version FROM wallet_account('jane', 'USD')), '30.00 40.00 3', 'what is there stays there');
SELECT refuses($$ SELECT wallet_transfer('sink', 'jane', 0.01, 'USD', id(83)) $$, 'WA017', 'ceiling exceeded', '{jane,40.00,30.00,0.01}', '', 'nothing comes in');
SELECT is(does('{capture 84 80 1,reverse 85 81 1,sweep 86 sink jane 1 USD,transfer 87 jane sink 15 USD,sweep 88 sink jane 5.01 USD,sweep 89 sink jane 5 USD}'), 'ceiling_exceeded ceiling_exceeded ceiling_exceeded success ceiling_exceeded success', 'by no capture, reversal or sweep, until there is room');
SELECT is(try('sink', 'jane', 0.01) || does('{set_ceiling 90 jane USD 30.01}') || try('sink', 'jane', 0.02) || try('sink', 'jane', 0.01), 'WA017successWA017works', 'raised by a cent');
SELECT is((wallet_set_ceiling('jane', 'USD', NULL, id(91))).status || try('sink', 'jane', 1), 'successworks', 'NULL: none');
SELECT is((SELECT ceiling FROM wallet_account('jane', 'USD')), NULL, 'as is told');
SELECT shows('SELECT n, kind, requested FROM events(''{82,90,91}'')', $$ VALUES (82, 'set_ceiling', 30.00), (90, 'set_ceiling', 30.01), (91, 'set_ceiling', NULL) $$, 'their events');
SELECT is((wallet_set_ceiling('jane', 'USD', -10, id(92))).status || try('sink', 'jane', 0.01), 'successWA017', 'a negative one');

-- ---- spending limit
SELECT open('kate') \g /dev/null
SELECT pay('world', 'kate', 1000), wallet_set_ceiling('kate', 'USD', NULL, id(100)) \g /dev/null
SELECT is(answer(wallet_set_spend_limit('kate', 'USD', 30, 2147483647, id(101))), 'success - 1000.00 -', 'a limit');
SELECT is(does('{transfer 102 kate sink 30.01 USD,transfer 103 kate sink 20 USD,transfer 104 kate sink 10.01 USD,sweep 105 kate sink 10.01 USD,hold 106 kate sink 10.01 USD,transfer 107 sink kate 500 USD}'),
	'spend_limit_exceeded success spend_limit_exceeded spend_limit_exceeded spend_limit_exceeded success', 'what leaves is counted, by transfer, sweep and hold; what comes is not');
SELECT refuses($$ SELECT wallet_sweep('kate', 'sink', 10.01, 'USD', id(108)) $$, 'WA018', 'spending limit exceeded', '{kate,30.00,2147483647,"spent 20.00",10.01}', '', 'in words');
SELECT is(spent('kate'), '20.00 of 30.00 per 2147483647', 'refusals are not counted');
SELECT is(does('{set_spend_limit 109 kate USD 25 2147483647,transfer 110 kate sink 5.01 USD,sweep 111 kate sink 5 USD,transfer 112 kate sink 0.01 USD}') , 'success spend_limit_exceeded success spend_limit_exceeded', 'another limit, the same window: what was spent is spent');
SELECT is(spent('kate'), '25.00 of 25.00 per 2147483647', 'as here');
SELECT is(does('{set_spend_limit 113 kate USD 10 2147483647,transfer 114 kate sink 0.01 USD}'), 'success spend_limit_exceeded', 'a limit below what is spent');
SELECT is(does('{set_spend_limit 115 kate USD 25 2147483646,transfer 116 kate sink 25.01 USD,transfer 117 kate sink 25 USD}'), 'success spend_limit_exceeded success', 'another window: nothing is spent yet');
SELECT is(does('{set_spend_limit 118 kate USD 0 2147483646,transfer 119 kate sink 0.01 USD}'), 'success spend_limit_exceeded', 'a limit of 0: nothing leaves');
SELECT is((wallet_set_spend_limit('kate', 'USD', NULL, NULL, id(120))).status || try('kate', 'sink', 900), 'successworks', 'NULL: none');
SELECT is(does('{set_spend_limit 121 kate USD 5 2147483646,transfer 122 kate sink 5.01 USD,transfer 123 kate sink 5 USD}'), 'success spend_limit_exceeded success', 'set again: from nothing');
SELECT refuses($$ SELECT wallet_set_spend_limit('kate', 'USD', 5, NULL, id(124)) $$, 'WA024', 'invalid argument', '{window_seconds}', NULL, 'a limit needs a window');
SELECT is((fault_of($$ SELECT wallet_set_spend_limit('kate', 'USD', 5, 0, id(124)) $$)).sqlstate || (fault_of($$ SELECT wallet_set_spend_limit('kate', 'USD', 5, -1, id(124)) $$)).sqlstate || (fault_of($$ SELECT wallet_set_spend_limit('kate', 'USD', -0.01, 60, id(124)) $$)).sqlstate, 'WA024WA024WA006', 'windows and limits that are none');
SELECT is((fault_of($$ SELECT wallet_set_spend_limit('kate', 'USD', 5, 60, id(121)) $$)).sqlstate, 'WA010', 'the same id with another window: a conflict');

-- The next second is the next window: the ids of one call are microseconds apart, those of the next call lie 1.1 s later.
SELECT open('lars') \g /dev/null
SELECT pay('world', 'lars', 100), wallet_set_spend_limit('lars', 'USD', 10, 1, id(130)) \g /dev/null
SELECT is(does('{transfer 131 lars sink 10 USD,transfer 132 lars sink 0.01 USD}'), 'success spend_limit_exceeded', 'all of one window');
SET wallet.clock_offset = 1100;
SELECT is(does('{transfer 133 lars sink 10 USD,transfer 134 lars sink 0.01 USD,transfer 132 lars sink 0.01 USD}'), 'success spend_limit_exceeded spend_limit_exceeded*', 'all of a later one');
SELECT is((SELECT b.window_number = e.event_id / 1000000 FROM wallet.balance b, wallet.event e WHERE b.account = account('lars') AND e.transaction_id = id(133)), true, 'which is the second of the event');
RESET wallet.clock_offset;

-- ---- sweep
SELECT open('mona', 'USD', -10), open('nils') \g /dev/null
SELECT pay('world', 'mona', 100), wallet_hold('mona', 'sink', 30, 'USD', id(140)) \g /dev/null
SELECT is(answer(wallet_sweep('mona', 'nils', 15, 'USD', id(141))), 'success 15.00 85.00 15.00', 'as much as was asked for');
SELECT is(answer(wallet_sweep('mona', 'nils', 1000, 'USD', id(142))), 'success 65.00 20.00 80.00', 'or as much as is available: down to the floor, but not what is held');
SELECT is(has('mona'), '20.00 30.00 0.00 open 5', 'nothing is left');
SELECT refuses($$ SELECT wallet_sweep('mona', 'nils', 1000, 'USD', id(143)) $$, 'WA001', 'insufficient funds', '{mona,"0.00 USD available"}', '', 'which is not swept');
SELECT is(does('{sweep 143 mona nils 1000 USD,transfer 144 world mona 0.01 USD,sweep 145 mona nils 1000 USD,sweep 143 mona nils 1000 USD}'), 'insufficient_funds success success insufficient_funds*', 'a cent is');
SELECT is(answer(wallet_sweep('mona', 'nils', 1000, 'USD', id(142))), 'success* 65.00 20.00 80.00', 'again: what was moved then');
SELECT is((fault_of($$ SELECT wallet_sweep('mona', 'nils', 65, 'USD', id(142)) $$)).sqlstate, 'WA010', 'what was moved is not what was asked');
SELECT shows('SELECT * FROM events(''{141,142,143,145}'')', $$ VALUES (141, 0, 'sweep', 'success', 15.00, 15.00, 85.00, 15.00, 30.00, 4, 2), (142, 0, 'sweep', 'success', 1000.00, 65.00, 20.00, 80.00, 30.00, 5, 3),
	(143, 0, 'sweep', 'insufficient_funds', 1000.00, NULL, 20.00, 80.00, 30.00, 5, 3), (145, 0, 'sweep', 'success', 1000.00, 0.01, 20.00, 80.01, 30.00, 7, 4) $$, 'their events');
SELECT is(answer(wallet_sweep('world', 'yen', 5, 'JPY', id(146))), 'success 5 -5 5', 'without a floor: all that was asked for');
SELECT is(does('{freeze 147 mona USD,sweep 148 mona nils 1 USD,sweep 149 nils mona 1 USD}'), 'success account_frozen account_frozen', 'a freeze is told before that nothing is there');
SELECT is(does('{set_spend_limit 150 nils USD 50 2147483647,sweep 151 nils sink 1000 USD,sweep 152 nils sink 50 USD,sweep 153 nils sink 0.01 USD}'), 'success spend_limit_exceeded success spend_limit_exceeded', 'the spending limit counts what would be moved: it does not make it less');
SELECT is((SELECT string_agg((fault_of(format('SELECT wallet_sweep(%L, %L, %s, %L, id(154))', a, b, amount, c))).sqlstate, ' ' ORDER BY n) FROM (VALUES (1, 'sink', 'sink', '1', 'USD'), (2, 'nobody', 'sink', '1', 'USD'), (3, 'sink', 'nobody', '1', 'USD'), (4, 'sink', 'nils', '0', 'USD'),
	(5, 'sink', 'nils', 'NULL', 'USD'), (6, 'sink', 'nils', '0.001', 'USD'), (7, 'sink', 'nils', '1e36', 'USD'), (8, 'sink', 'nils', '1', 'ZZZ')) AS v (n, a, b, amount, c)), 'WA005 WA002 WA002 WA006 WA006 WA007 WA008 WA009', 'a sweep is refused as a transfer is');

SELECT sound();
SELECT replays();
SELECT * FROM finish();
