-- Goal: wallet_reverse gives back what a transfer, sweep or capture has moved, whole or in parts, never more, and nothing else can be
-- reversed; the payee gives it under its own floor and owner; a freeze does not hinder, the end of an account does (format-1 6, kind 8).
-- Method: originals of every kind, one after the other, with accounts of their own; amounts one cent apart on both sides of what is left.
\ir lib/setup.sql
SELECT plan(88);

SELECT open('world', 'USD', NULL), open('world', 'JPY', NULL), open('sink') \g /dev/null
-- Accounts a (100.00), b and c (0.00) with a suffix.
CREATE FUNCTION trio(x text) RETURNS void LANGUAGE sql AS $$
	SELECT open('a' || x), open('b' || x), open('c' || x);
	SELECT pay('world', 'a' || x, 100);
$$;
CREATE FUNCTION reversed(n bigint) RETURNS text LANGUAGE sql AS $$ SELECT r.reversed::text FROM wallet.reversal r WHERE r.original = id(n) $$;

-- ---- in parts, until nothing is left
SELECT trio('1') \g /dev/null
SELECT wallet_transfer('a1', 'b1', 60, 'USD', id(1)) \g /dev/null
SELECT is(reversed(1), NULL, 'nothing is reversed yet');
SELECT is(answer(wallet_reverse(id(1), id(2), 20)), 'success 20.00 40.00 60.00', 'a part: from is who gives back, to who gets it back');
SELECT is(reversed(1), '20.00', 'it is counted');
SELECT is(has('a1') || ', ' || has('b1'), '60.00 0.00 60.00 open 4, 40.00 0.00 40.00 open 3', 'it is an event of both accounts');
SELECT refuses('SELECT wallet_reverse(id(1), id(3), 40.01)', 'WA015', 'amount exceeds what is left to reverse', '{60.00,20.00,40.01,USD}', '', 'a cent more than is left');
SELECT is(answer(wallet_reverse(id(1), id(3), 10.01)), 'success 10.01 29.99 70.01', 'another part; the id was free');
SELECT is(answer(wallet_reverse(id(1), id(4))), 'success 29.99 0.00 100.00', 'all that is left');
SELECT is(reversed(1), '60.00', 'that is all');
SELECT refuses('SELECT wallet_reverse(id(1), id(5))', 'WA015', 'amount exceeds what is left to reverse', '{60.00}', '', 'all of nothing');
SELECT refuses('SELECT wallet_reverse(id(1), id(5), 0.01)', 'WA015', 'amount exceeds what is left to reverse', '{60.00,0.01}', '', 'a cent of nothing');
SELECT shows('SELECT * FROM events(''{2,3,4}'')', $$ VALUES
	(2::bigint, 0, 'reverse', 'success', 20.00, 20.00, 40.00, 60.00, 0.00, 3::bigint, 4::bigint), (3, 0, 'reverse', 'success', 10.01, 10.01, 29.99, 70.01, 0.00, 4, 5),
	(4, 0, 'reverse', 'success', NULL, 29.99, 0.00, 100.00, 0.00, 5, 6) $$, 'as it was asked and as it was done: "all" is no amount');
SELECT is((SELECT array_agg(DISTINCT related) FROM wallet.event WHERE transaction_id IN (id(2), id(3), id(4))), ARRAY[id(1)], 'they name the original');
SELECT shows($$ SELECT kind, amount, counterparty FROM wallet.entry WHERE name = 'b1' ORDER BY event_id $$,
	$$ VALUES ('transfer', 60.00, 'a1'), ('reverse', -20.00, 'a1'), ('reverse', -10.01, 'a1'), ('reverse', -29.99, 'a1') $$, 'the statement of who gave it back');

-- at once
SELECT is(does('{transfer 11 a1 b1 70 USD,reverse 12 11,reverse 13 11 0.01}'), 'success success exceeds_original', 'whole, in the call that made it');
SELECT is(has('a1'), '100.00 0.00 100.00 open 8', 'all is back');

-- ---- idempotency
SELECT is(answer(wallet_reverse(id(1), id(2), 20)), 'success* 20.00 40.00 60.00', 'again: the first receipt');
SELECT is(answer(wallet_reverse(id(1), id(4))), 'success* 29.99 0.00 100.00', 'again: all that was left then');
SELECT refuses('SELECT wallet_reverse(id(1), id(2), 21)', 'WA010', 'transaction id was used for a different command', ARRAY[id(2)::text, 'another amount'], NULL, 'another amount');
SELECT refuses('SELECT wallet_reverse(id(1), id(4), 29.99)', 'WA010', 'transaction id was used for a different command', '{another amount}', NULL, 'what came of "all" is not what was asked');
SELECT refuses('SELECT wallet_reverse(id(1), id(2))', 'WA010', 'transaction id was used for a different command', '{another amount}', NULL, 'nor is "all" the amount that was');
SELECT is((fault_of('SELECT wallet_reverse(id(11), id(2), 20)')).sqlstate, 'WA010', 'another original');
SELECT is((fault_of('SELECT wallet_reverse(id(999), id(2), 20)')).sqlstate, 'WA010', 'an original that is not there: the id is looked at first');
SELECT is((fault_of('SELECT wallet_reverse(id(1), id(2), 20, ''{}'')')).sqlstate, 'WA010', 'other metadata');
SELECT is((fault_of('SELECT wallet_reverse(id(1), id(1))')).sqlstate, 'WA010', 'the original''s own id');

-- ---- amounts
SELECT is((SELECT string_agg((fault_of(format('SELECT wallet_reverse(id(1), id(20), %L)', amount))).sqlstate, ' ' ORDER BY n) FROM unnest('{0,-1,NaN,0.001,1e36}'::text[]) WITH ORDINALITY u (amount, n)),
	'WA006 WA006 WA006 WA007 WA008', 'amounts that are none');
SELECT refuses('SELECT wallet_reverse(id(999), id(20), 0.001)', 'WA028', 'original not found', ARRAY[id(999)::text], NULL, 'an original that is not there: whatever the amount');
SELECT is(does('{reverse 20 999,transfer 20 a1 b1 1 USD}'), 'original_not_found success', 'which is not remembered');

-- ---- what cannot be reversed
SELECT trio('2') \g /dev/null
SELECT wallet_define_currency('GEMS', 0, id(30)), wallet_open('d2', 'USD', id(31)), wallet_hold('a2', 'b2', 10, 'USD', id(32)), wallet_release(id(32), id(33), 1), wallet_freeze('d2', 'USD', id(34)),
	wallet_set_ceiling('d2', 'USD', 5, id(35)) \g /dev/null
SELECT is(does('{transfer 36 c2 a2 5 USD}'), 'insufficient_funds', 'a refusal');
SELECT wallet_transfer('a2', 'b2', 5, 'USD', id(37)), wallet_reverse(id(37), id(38)) \g /dev/null
SELECT refuses(format('SELECT wallet_reverse(id(%s), id(40))', n), 'WA016', 'event cannot be reversed', ARRAY[(SELECT event_id::text FROM wallet.event WHERE transaction_id = id(n)), word], '', 'cannot be reversed: ' || word)
FROM (VALUES (30, 'define_currency'), (31, 'open'), (32, 'hold'), (33, 'release'), (34, 'freeze'), (35, 'set_ceiling'), (36, 'refusal (insufficient_funds)'), (38, 'reverse')) AS v (n, word);
SELECT is(does('{reverse 41 38,reverse 42 31,reverse 43 36 1}'), 'not_reversible not_reversible not_reversible', 'in bulk');
SELECT is(does('{reverse 41 38,reverse 42 31,reverse 43 36 1}'), 'not_reversible* not_reversible* not_reversible*', 'is remembered');
SELECT shows('SELECT * FROM events(''{41}'')', $$ VALUES (41::bigint, 0, 'reverse', 'not_reversible', NULL::numeric, NULL::numeric, 100.00, 0.00, 9.00, 6::bigint, 3::bigint) $$, 'with the accounts of the original, the other way round');
SELECT is(reversed(38), NULL, 'nothing was counted');

-- ---- captures and sweeps
SELECT trio('3') \g /dev/null
SELECT is(does('{hold 50 a3 b3 30 USD,capture 51 50 25 false}'), 'success success', 'a capture');
SELECT is(answer(wallet_reverse(id(51), id(52), 15)), 'success 15.00 10.00 90.00', 'a part of a capture');
SELECT is(has('a3'), '90.00 5.00 85.00 open 5', 'the hold is as it was: what was captured does not come back to it');
SELECT is(answer(wallet_capture(id(50), id(53))), 'success 5.00 85.00 15.00', 'the rest of the hold is captured');
SELECT refuses('SELECT wallet_reverse(id(51), id(54), 10.01)', 'WA015', 'amount exceeds what is left to reverse', '{25.00,15.00,10.01}', '', 'each capture is an original of its own');
SELECT is(does('{reverse 54 51,reverse 55 53}'), 'success success', 'both are reversed');
SELECT is(has('a3') || ', ' || has('b3'), '100.00 0.00 100.00 open 8, 0.00 0.00 0.00 open 6', 'all is back');
SELECT is(answer(wallet_sweep('a3', 'c3', 1000, 'USD', id(56))), 'success 100.00 0.00 100.00', 'a sweep');
SELECT refuses('SELECT wallet_reverse(id(56), id(57), 100.01)', 'WA015', 'amount exceeds what is left to reverse', '{100.00,0.00,100.01}', '', 'what it asked for does not count');
SELECT is(answer(wallet_reverse(id(56), id(57))), 'success 100.00 0.00 100.00', 'what it moved does');

-- ---- under the payee's own floor, ceiling of the payer, and no spending limit
SELECT trio('4') \g /dev/null
SELECT is(does('{transfer 60 a4 b4 60 USD,transfer 61 b4 c4 30 USD,hold 62 b4 c4 20 USD}'), 'success success success', 'the payee has spent half of it, and holds 20.00');
SELECT refuses('SELECT wallet_reverse(id(60), id(63))', 'WA001', 'insufficient funds', '{b4,10.00,30.00,20.00,60.00}', '', 'it cannot give what it has not');
SELECT refuses('SELECT wallet_reverse(id(60), id(63), 10.01)', 'WA001', 'insufficient funds', '{b4,10.00,10.01}', '', 'not a cent of what it holds');
SELECT is(answer(wallet_reverse(id(60), id(63), 10)), 'success 10.00 20.00 50.00', 'what is available');
SELECT wallet_set_floor('b4', 'USD', -10, id(64)) \g /dev/null
SELECT is(does('{reverse 65 60 10.01,reverse 66 60 10}'), 'insufficient_funds success', 'with a floor of -10 it can owe 10.00');
SELECT is(has('b4'), '10.00 20.00 0.00 open 6', 'and does');
SELECT wallet_set_ceiling('a4', 'USD', 79.99, id(67)) \g /dev/null
SELECT pay('world', 'b4', 100), wallet_set_spend_limit('b4', 'USD', 1, 2147483647, id(68)) \g /dev/null
SELECT refuses('SELECT wallet_reverse(id(60), id(69), 20)', 'WA017', 'ceiling exceeded', '{a4,60.00,79.99,20.00}', '', 'over the ceiling of who gets it back');
SELECT is(answer(wallet_reverse(id(60), id(69), 19.99)), 'success 19.99 90.01 79.99', 'up to it; a spending limit does not count what goes back');
SELECT is((SELECT spent::text FROM wallet.balance WHERE account = account('b4')), '0.00', 'nothing is spent by it');
SELECT refuses('SELECT wallet_reverse(id(60), id(70), 20.02)', 'WA015', 'amount exceeds what is left to reverse', '{60.00,39.99,20.02}', '', 'too much is told before the ceiling');

SELECT trio('5') \g /dev/null
SELECT wallet_set_spend_limit('a5', 'USD', 60, 2147483647, id(80)), wallet_transfer('a5', 'b5', 60, 'USD', id(81)), wallet_reverse(id(81), id(82)) \g /dev/null
SELECT is((fault_of($$ SELECT wallet_transfer('a5', 'b5', 0.01, 'USD', id(83)) $$)).sqlstate, 'WA018', 'what came back stays spent');

-- ---- frozen and closed
SELECT trio('6') \g /dev/null
SELECT is(does('{transfer 90 a6 b6 60 USD,transfer 91 a6 c6 10 USD,freeze 92 a6 USD,freeze 93 b6 USD}'), 'success success success success', 'both are frozen');
SELECT is(answer(wallet_reverse(id(90), id(94), 20)), 'success 20.00 40.00 50.00', 'what was granted is given back all the same');
SELECT is(does('{reverse 95 91,transfer 96 c6 sink 0.01 USD}'), 'success insufficient_funds', 'the other transfer too');
SELECT wallet_close('c6', 'USD', id(97)) \g /dev/null
SELECT refuses('SELECT wallet_reverse(id(91), id(98))', 'WA015', 'amount exceeds what is left to reverse', '{10.00}', '', 'nothing left is told before the end of an account');
SELECT is(does('{unfreeze 100 a6 USD,unfreeze 101 b6 USD,transfer 102 a6 sink 60 USD,transfer 103 b6 sink 40 USD,close 104 a6 USD}'), 'success success success success success', 'who paid is closed');
SELECT refuses('SELECT wallet_reverse(id(90), id(105), 1)', 'WA004', 'account is closed', '{a6,payee,USD}', '', 'nothing can be given back to it');
SELECT trio('7') \g /dev/null
SELECT is(does('{transfer 110 a7 b7 60 USD,transfer 111 b7 sink 60 USD,close 112 b7 USD}'), 'success success success', 'who was paid is closed');
SELECT refuses('SELECT wallet_reverse(id(110), id(113), 1)', 'WA004', 'account is closed', '{b7,payer,USD}', '', 'it gives nothing back');
SELECT is(does('{reverse 113 110}') || ' ' || does('{reverse 113 110}'), 'account_closed account_closed*', 'in bulk it is remembered');

-- ---- in groups
SELECT trio('8') \g /dev/null
SELECT wallet_transfer('a8', 'b8', 60, 'USD', id(120)), wallet_reverse(id(120), id(121), 5) \g /dev/null
SELECT is(does('{reverse 122 120 10,reverse 123 120 20,transfer 124 c8 b8 1 USD}', true), 'group_failed group_failed insufficient_funds', 'a group that fails');
SELECT is(reversed(120) || ' ' || has('b8'), '5.00 55.00 0.00 55.00 open 3', 'has reversed nothing');
SELECT is(does('{reverse 125 120 55,reverse 126 120 0.01}'), 'success exceeds_original', 'all of it can still be');
SELECT is(does('{transfer 127 a8 b8 7 USD,reverse 128 127 3,reverse 129 127 4}', true), 'success success success', 'an original and its reversals in one group');
SELECT is(does('{transfer 130 a8 b8 7 USD,reverse 131 130 3,reverse 132 130 4.01}', true), 'group_failed group_failed exceeds_original', 'or none of them');
SELECT refuses('SELECT wallet_reverse(id(130), id(133))', 'WA016', 'event cannot be reversed', '{refusal,group_failed}', '', 'what failed moved nothing');
SELECT is(does('{reverse 134 135,transfer 135 a8 b8 7 USD}'), 'original_not_found success', 'an original that comes later is not there yet');

-- ---- the currency's own decimals
SELECT open('y1', 'JPY'), open('y2', 'JPY') \g /dev/null
SELECT pay('world', 'y1', 100, 'JPY'), wallet_transfer('y1', 'y2', 60, 'JPY', id(140)) \g /dev/null
SELECT is((fault_of('SELECT wallet_reverse(id(140), id(141), 0.5)')).sqlstate, 'WA007', 'half a yen');
SELECT is(answer(wallet_reverse(id(140), id(141), 1)) || ' ' || reversed(140), 'success 1 59 41 1', 'one yen');

-- ---- whose money it is
CREATE ROLE wt_reversals_shop;
CREATE ROLE wt_reversals_teller;
SELECT wallet_grant('wt_reversals_shop', 'teller'), wallet_grant('wt_reversals_teller', 'teller') \g /dev/null
GRANT EXECUTE ON FUNCTION id(bigint), fault_of(text), answer(wallet.receipt), does(text[], boolean), execute(text[], boolean), said(text) TO wt_reversals_shop, wt_reversals_teller;
SELECT trio('9'), wallet_open('shop', 'USD', id(150), 0, NULL, NULL, 'wt_reversals_shop') \g /dev/null
SELECT wallet_transfer('a9', 'shop', 60, 'USD', id(151)), wallet_transfer('shop', 'a9', 10, 'USD', id(152)), wallet_transfer('a9', 'world', 1, 'USD', id(153)) \g /dev/null
SET SESSION AUTHORIZATION wt_reversals_teller;
SELECT (fault_of('SELECT wallet_reverse(id(151), id(154), 5)')).* \gset
SELECT does('{reverse 154 151 5,reverse 155 152,reverse 156 153,reverse 157 151 1000}') AS bulk \gset
RESET SESSION AUTHORIZATION;
SELECT is(:'sqlstate' || ' ' || :'message', '42501 permission denied to debit the account', 'a teller does not reverse out of an account that has another owner');
SELECT matches(:'detail'::text, 'wt_reversals_shop.*shop', 'and is told whose it is');
SELECT is(:'bulk'::text, 'insufficient_privilege success insufficient_privilege insufficient_privilege', 'in bulk; into it it may; out of an account without a floor it may not; that comes before how much is left');
SELECT is((SELECT count(*) FROM wallet.event WHERE transaction_id IN (id(154), id(156), id(157))), 0::bigint, 'none of it is recorded');
SET SESSION AUTHORIZATION wt_reversals_shop;
SELECT answer(wallet_reverse(id(151), id(154), 5)) AS shop \gset
RESET SESSION AUTHORIZATION;
SELECT is(:'shop'::text, 'success 5.00 55.00 44.00', 'its owner does');
SELECT is(answer(wallet_reverse(id(151), id(158), 5)), 'success 5.00 50.00 49.00', 'so does an admin');

SELECT is((SELECT string_agg(r.original::text || r.reversed, ' ') FROM wallet.reversal r WHERE r.reversed <>
	(SELECT sum(e.amount) FROM wallet.event e WHERE e.kind = 8 AND e.status = 0 AND e.related = r.original)), NULL, 'what is counted is the sum of the events');
SELECT sound();
SELECT replays();
SELECT * FROM finish();
