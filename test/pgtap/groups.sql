-- Goal: format-1 7 as SQL shows it: commands of a group stand or fall together; a remembered refusal records all of them, another none.
-- Method: scenario after scenario with accounts of its own: what the call answers, which rows of wallet.event are left, what later
-- commands of the same call see; after each the whole ledger is replayed and must agree.
\ir lib/setup.sql
SELECT plan(88);

SELECT open('world', 'USD', NULL), open('world', 'JPY', NULL), open('moon', 'JPY', NULL) \g /dev/null

-- Accounts p (100.00), q and r (0.00) with a prefix: pa, qa, ra ...
CREATE FUNCTION trio(x text) RETURNS void LANGUAGE sql AS $$
	SELECT open('p' || x), open('q' || x), open('r' || x);
	SELECT pay('world', 'p' || x, 100);
$$;
-- The events of ids, in order: number, status, amount, balances, versions, place in the group counted from group_first, place of the cause.
CREATE FUNCTION rows(numbers bigint[]) RETURNS TABLE (n bigint, status text, amount numeric, debit_balance numeric, credit_balance numeric, debit_version bigint, credit_version bigint, place bigint, cause_is bigint, chained boolean)
LANGUAGE sql AS $$
	SELECT u.n, j.status, e.amount, e.debit_balance, e.credit_balance, e.debit_version, e.credit_version, e.event_id - e.group_first,
		(SELECT u2.n FROM unnest(numbers) u2 (n) JOIN wallet.event c ON c.transaction_id = id(u2.n) WHERE c.event_id = e.cause),
		e.debit_prev IS NOT NULL AND e.credit_prev IS NOT NULL
	FROM unnest(numbers) u (n) JOIN wallet.event e ON e.transaction_id = id(u.n) JOIN wallet.status s ON s.number = e.status
	JOIN LATERAL (SELECT s.name AS status) j ON true ORDER BY e.event_id
$$;

-- ---- 1 all succeed
SELECT trio('a') \g /dev/null
SELECT is(told('{101 pa qa 60 USD,102 qa ra 50 USD,103 ra pa 1 USD}', '{1,1,1}'), 'success success success', 'a group whose members live off one another');
SELECT results_eq($$ SELECT * FROM rows('{101,102,103}') $$, $$ VALUES
	(101::bigint, 'success', 60.00, 40.00, 60.00, 3::bigint, 2::bigint, 0::bigint, NULL::bigint, true), (102, 'success', 50.00, 10.00, 50.00, 3, 2, 1, NULL, true), (103, 'success', 1.00, 49.00, 41.00, 3, 4, 2, NULL, true) $$,
	'their events: consecutive from group_first');
SELECT is((SELECT count(*) FROM wallet.event WHERE group_first IS NOT NULL AND transaction_id NOT IN (id(101), id(102), id(103))), 0::bigint, 'others have no group_first');
SELECT sound('after a group that succeeded');

-- ---- 2 refused in the middle, remembered
SELECT trio('b') \g /dev/null
SELECT results_eq($$ SELECT status, event_id IS NOT NULL, recorded_at IS NOT NULL, amount, from_balance, to_balance, replayed FROM bulk('{110 pb qb 60 USD,111 qb rb 100 USD,112 pb rb 10 USD,113 pb qb 100 USD}', '{1,1,1,2}') ORDER BY ord $$,
	$$ VALUES ('group_failed', true, true, NULL::numeric, 100.00, 0.00, false), ('insufficient_funds', true, true, NULL, 60.00, 0.00, false), ('group_failed', true, true, NULL, 100.00, 0.00, false),
		('success', true, true, 100.00, 0.00, 100.00, false) $$, 'the guilty tells what it saw, the others what is there after the undo; the next command sees the restored state');
SELECT results_eq($$ SELECT * FROM rows('{110,111,112,113}') $$, $$ VALUES
	(110::bigint, 'group_failed', NULL::numeric, 100.00, 0.00, 2::bigint, 1::bigint, 0::bigint, 111::bigint, false), (111, 'insufficient_funds', NULL, 60.00, 0.00, 2, 1, 1, NULL, false),
	(112, 'group_failed', NULL, 100.00, 0.00, 2, 1, 2, 111, false), (113, 'success', 100.00, 0.00, 100.00, 3, 2, 0, NULL, true) $$, 'all are recorded, in order, with the guilty as cause');
SELECT is((SELECT array_agg(DISTINCT e.requested) FROM wallet.event e WHERE transaction_id IN (id(110), id(111), id(112))), '{10.00,60.00,100.00}', 'with what was asked');
SELECT results_eq($$ SELECT balance, version, guard_event = (SELECT event_id FROM wallet.event WHERE transaction_id = id(112)) FROM wallet.balance WHERE account = account('rb') $$, $$ VALUES (0.00, 1::bigint, true) $$,
	'a refusal moves the guard of the accounts it read, and nothing else');
SELECT sound('after a group that was refused in the middle');

-- the same group again: everything is answered from the records
SELECT is(told('{110 pb qb 60 USD,111 qb rb 100 USD,112 pb rb 10 USD}', '{1,1,1}'), 'group_failed* insufficient_funds* group_failed*', 'the same group again: the same answers');
SELECT is(told('{112 pb rb 10 USD}'), 'group_failed*', 'one of them alone: group_failed for ever');
SELECT is((fault_of($$ SELECT wallet_transfer('pb', 'rb', 10, 'USD', id(112)) $$)).sqlstate, 'WA019', 'through the single door too');
SELECT is((fault_of($$ SELECT wallet_transfer('pb', 'rb', 10, 'USD', id(112)) $$)).message, 'another command of the group was refused', 'in these words');
-- with a new member: it fails by the first older refusal
SELECT is(told('{114 pb rb 0.01 USD,110 pb qb 60 USD,111 qb rb 100 USD,115 qb rb 1 USD}', '{7,7,7,7}'), 'group_failed group_failed* insufficient_funds* group_failed', 'a group with members that are refused already fails');
SELECT results_eq($$ SELECT * FROM rows('{114,115,110}') WHERE n <> 110 $$, $$ VALUES (114::bigint, 'group_failed', NULL::numeric, 0.00, 0.00, 3::bigint, 1::bigint, 0::bigint, 110::bigint, false), (115, 'group_failed', NULL, 100.00, 0.00, 2, 1, 1, 110, false) $$,
	'its new members are recorded, the cause is the first older refusal');
SELECT sound('after the same group again and one with new members');

-- ---- 3 guilty first, guilty last
SELECT trio('c') \g /dev/null
SELECT is(told('{120 qc rc 1 USD,121 pc qc 5 USD}', '{1,1}'), 'insufficient_funds group_failed', 'the first is guilty, though the second would have paid for it');
SELECT is(told('{122 pc qc 5 USD,123 pc rc 95.01 USD}', '{1,1}'), 'group_failed insufficient_funds', 'the last is guilty');
SELECT results_eq($$ SELECT * FROM rows('{122,123}') $$, $$ VALUES (122::bigint, 'group_failed', NULL::numeric, 100.00, 0.00, 2::bigint, 1::bigint, 0::bigint, 123::bigint, false), (123, 'insufficient_funds', NULL, 95.00, 0.00, 3, 1, 1, NULL, false) $$, 'it saw 95.00');
SELECT sound('after guilty ones at both ends');

-- ---- 4 not remembered, seen before stepping: nothing is recorded
SELECT trio('d') \g /dev/null
SELECT is(told('{130 pd qd 60 USD,131 qd nobody 1 USD,132 pd rd 10 USD,133 pd qd 100 USD}', '{1,1,1,2}'), 'group_failed account_not_found group_failed success', 'an unknown account fails the group; the next command sees the state before it');
SELECT is_empty($$ SELECT * FROM rows('{130,131,132}') $$, 'without a trace');
SELECT is((SELECT count(*) FROM bulk('{134 qd nobody 1 USD,135 pd rd 10 USD}', '{1,1}') WHERE event_id IS NULL AND recorded_at IS NULL AND from_balance IS NULL AND to_balance IS NULL AND amount IS NULL AND NOT replayed AND transaction_id IS NOT NULL), 2::bigint, 'the receipts name the id and nothing else');
SELECT is(told('{132 qd rd 10 USD,130 qd pd 60 USD}', '{1,1}'), 'success success', 'every id stayed free, for other content too');
SELECT sound('after a group that left nothing');

-- each fault that needs no stepping, last in a group whose first would be refused by its funds
SELECT trio('e') \g /dev/null
SELECT wallet_transfer('pe', 'qe', 1, 'USD', id(140)) \g /dev/null
SELECT is(told(ARRAY['141 re qe 1 USD', '142 ' || rest], '{1,1}'), 'group_failed ' || wanted, 'judged before anything is stepped: ' || wanted)
FROM (VALUES ('nobody qe 1 USD', 'account_not_found'), ('qe nobody 1 USD', 'account_not_found'), ('qe qe 1 USD', 'same_account'), ('qe re NaN USD', 'invalid_amount'), ('qe re 0.001 USD', 'invalid_scale'), ('qe re 1e40 USD', 'amount_overflow'),
	('qe re 1 ZZZ', 'unknown_currency'), ('@transit:x re 1 USD', 'invalid_name')) AS v (rest, wanted);
SELECT is(told('{141 re qe 1 USD,140 pe qe 2 USD}', '{1,1}'), 'group_failed transaction_id_conflict', 'judged before anything is stepped: transaction_id_conflict');
SELECT is_empty($$ SELECT * FROM rows('{141,142}') $$, 'none of them has left anything');
SELECT is(told('{143 pe qe 1 USD,142 nobody qe 1 USD,144 qe re NaN USD,140 pe qe 2 USD}', '{1,1,1,1}'), 'group_failed account_not_found group_failed group_failed', 'of several the first in order is the culprit');

-- ---- 5 not remembered, found while stepping: undone, and ids of events are used again
SELECT open('full', 'JPY'), open('some', 'JPY'), open('more', 'JPY') \g /dev/null
SELECT pay('moon', 'full', 99999999999999999999999999999999999999, 'JPY'), pay('world', 'some', 100, 'JPY') \g /dev/null
SELECT is(told('{150 some more 60 JPY,151 more some 10 JPY,152 world full 1 JPY,153 some more 1 JPY,154 some more 100 JPY}', '{1,1,1,1,2}'), 'group_failed group_failed amount_overflow group_failed success', 'a balance out of range fails the group without a trace');
SELECT is_empty($$ SELECT * FROM rows('{150,151,152,153}') $$, 'nothing is recorded');
SELECT results_eq($$ SELECT * FROM rows('{154}') $$, $$ VALUES (154::bigint, 'success', 100::numeric, 0::numeric, 100::numeric, 3::bigint, 2::bigint, 0::bigint, NULL::bigint, true) $$, 'the next command saw the restored state');
SELECT is(told('{150 more some 60 JPY}'), 'success', 'the ids stayed free');
SELECT sound('after a group that was undone without a trace');

-- ---- 6 a member that has succeeded before, alone
SELECT trio('f') \g /dev/null
SELECT wallet_transfer('pf', 'qf', 30, 'USD', id(160)) \g /dev/null
SELECT is(told('{161 qf rf 30 USD,160 pf qf 30 USD,162 rf pf 5 USD}', '{1,1,1}'), 'success success* success', 'a recorded success replays and takes no part');
SELECT results_eq($$ SELECT n, place, debit_balance, credit_balance FROM rows('{161,162}') $$, $$ VALUES (161::bigint, 0::bigint, 0.00, 30.00), (162, 1, 25.00, 75.00) $$, 'the others are a group without it');
SELECT is((SELECT group_first FROM wallet.event WHERE transaction_id = id(160)), NULL, 'its record stays as it was');
SELECT is(told('{163 qf rf 30 USD,160 pf qf 30 USD,164 pf qf 1 USD}', '{1,1,1}'), 'insufficient_funds success* group_failed', 'when the group fails it is not undone');
SELECT is(ARRAY[wallet_balance('pf', 'USD'), wallet_balance('qf', 'USD'), wallet_balance('rf', 'USD')], '{75.00,0.00,25.00}', 'no balance says otherwise');
SELECT is(told('{165 nobody rf 30 USD,160 pf qf 30 USD,166 pf qf 1 USD}', '{1,1,1}'), 'account_not_found success* group_failed', 'nor when it fails without a trace');
SELECT is(told('{160 pf qf 30 USD,161 qf rf 30 USD}', '{1,1}'), 'success* success*', 'a group of nothing but recorded successes');
SELECT sound('after groups with recorded successes');

-- ---- 7 a member that was refused before, alone: the culprit
SELECT trio('g') \g /dev/null
SELECT is(told('{170 qg rg 10 USD}'), 'insufficient_funds', 'refused alone');
SELECT pay('world', 'qg', 50) \g /dev/null
SELECT is(told('{171 pg qg 1 USD,170 qg rg 10 USD,172 pg rg 1 USD,173 pg rg 100 USD}', '{1,1,1,2}'), 'group_failed insufficient_funds* group_failed success', 'a recorded refusal is the culprit, though there is money now');
SELECT results_eq($$ SELECT * FROM rows('{170,171,172}') WHERE n <> 170 $$, $$ VALUES (171::bigint, 'group_failed', NULL::numeric, 100.00, 50.00, 2::bigint, 2::bigint, 0::bigint, 170::bigint, false), (172, 'group_failed', NULL, 100.00, 0.00, 2, 1, 1, 170, false) $$,
	'the others are recorded, the cause is that older event');
SELECT is(told('{174 pg qg 1 USD,170 qg rg 10 USD,175 nobody rg 1 USD}', '{1,1,1}'), 'group_failed insufficient_funds* account_not_found', 'a fault that is never recorded comes before a recorded refusal');
SELECT is_empty($$ SELECT * FROM rows('{174,175}') $$, 'and then nothing is recorded');
SELECT sound('after groups with a recorded refusal');

-- ---- 8 the same id twice
SELECT trio('h') \g /dev/null
SELECT results_eq($$ SELECT status, event_id = first_value(event_id) OVER (ORDER BY ord), from_balance, replayed FROM bulk('{180 ph qh 10 USD,181 ph qh 20 USD,180 ph qh 10 USD,180 ph qh 10.0 USD}', '{1,1,1,1}') ORDER BY ord $$,
	$$ VALUES ('success', true, 90.00, false), ('success', false, 70.00, false), ('success', true, 90.00, true), ('success', true, 90.00, true) $$, 'in one group: one member, the others are answered as the first');
SELECT is(told('{182 ph qh 1 USD,183 rh qh 1 USD,182 ph qh 1 USD}', '{1,1,1}'), 'group_failed insufficient_funds group_failed*', 'in a group that fails and is recorded');
SELECT is(told('{184 ph qh 1 USD,185 nobody qh 1 USD,184 ph qh 1 USD}', '{1,1,1}'), 'group_failed account_not_found group_failed', 'in a group that fails without a trace');
SELECT is(told('{186 ph qh 1 USD,186 ph qh 2 USD,187 ph rh 1 USD}', '{1,1,1}'), 'group_failed transaction_id_conflict group_failed', 'with other content: a conflict, without a trace');
SELECT is(told('{187 rh qh 1 USD,187 rh qh 1 USD}', '{1,1}'), 'insufficient_funds insufficient_funds*', 'the guilty twice');
SELECT is(told('{188 ph qh 1 USD,189 ph qh 1 USD,188 ph qh 1 USD,190 rh qh 1 USD}', '{1,1,2,2}'), 'success success success* insufficient_funds', 'in two groups: the second time it is a recorded success');
SELECT is(told('{191 ph qh 1 USD,192 rh qh 1 USD,191 ph qh 1 USD,193 ph qh 1 USD}', '{1,1,2,2}'), 'group_failed insufficient_funds group_failed* group_failed', 'in two groups: or a recorded refusal, the culprit of the second');
SELECT is((SELECT c.transaction_id FROM wallet.event e JOIN wallet.event c ON c.event_id = e.cause WHERE e.transaction_id = id(193)), id(191), 'which its cause says');
SELECT is(told('{194 ph qh 1 USD,195 nobody qh 1 USD,194 ph qh 2 USD,196 ph qh 1 USD}', '{1,1,2,2}'), 'group_failed account_not_found success success', 'in two groups: or judged anew, with any content, if it was not recorded');
SELECT is(told('{197 rh qh 1 USD,198 ph qh 1 USD,197 rh qh 1 USD,199 ph qh 1 USD}', '{1,2,3,3}'), 'insufficient_funds success insufficient_funds* group_failed', 'a refusal alone, then in a group');
SELECT sound('after ids that came twice');

-- ---- 9 groups of one, numbers, atomic
SELECT trio('i') \g /dev/null
SELECT is(told('{200 pi qi 1 USD,201 qi ri 10 USD,202 pi nobody 1 USD,203 pi qi 1 USD}', '{-5,2147483647,0,-2147483648}'), 'success insufficient_funds account_not_found success', 'groups of one stand alone; any numbers, in any order');
SELECT results_eq($$ SELECT n, place FROM rows('{200,201,203}') $$, $$ VALUES (200::bigint, 0::bigint), (201, 0), (203, 0) $$, 'each is its own first');
SELECT is((fault_of($$ SELECT told('{204 pi qi 1 USD,205 pi qi 1 USD,206 pi qi 1 USD}', '{1,2,1}') $$)).sqlstate, 'WA024', 'members that are not neighbours are an error');
SELECT matches((fault_of($$ SELECT told('{204 pi qi 1 USD,205 pi qi 1 USD,206 pi qi 1 USD}', '{8,2,8}') $$)).message || COALESCE((fault_of($$ SELECT told('{204 pi qi 1 USD,205 pi qi 1 USD,206 pi qi 1 USD}', '{8,2,8}') $$)).detail, ''), '\m3\M', 'which names the position');
SELECT is_empty($$ SELECT * FROM rows('{204,205,206}') $$, 'and leaves nothing');
SELECT is(told('{207 pi qi 10 USD,208 qi ri 12 USD}', NULL, true), 'success success', 'atomic: all are one group');
SELECT results_eq($$ SELECT n, place FROM rows('{207,208}') $$, $$ VALUES (207::bigint, 0::bigint), (208, 1) $$, 'with one group_first');
SELECT is(told('{209 pi qi 10 USD,210 qi ri 12 USD}', NULL, true), 'group_failed insufficient_funds', 'atomic: all fall');
SELECT is(told('{211 pi qi 10 USD,212 qi nobody 12 USD,213 pi qi 1 USD}', NULL, true), 'group_failed account_not_found group_failed', 'atomic: without a trace');
SELECT is(told('{214 pi qi 10 USD,215 qi ri 12 USD}', '{1,2}', true), 'group_failed insufficient_funds', 'atomic wins over groups');
SELECT is(told('{214 pi qi 10 USD,215 qi ri 12 USD}', '{1,2}'), 'group_failed* insufficient_funds*', 'the group number is not content');
SELECT results_eq($$ SELECT o.status, o.from_balance FROM wallet_transfers_by_id(ARRAY[account('pi'), account('qi')], ARRAY[account('qi'), account('ri')], '{1,100}', ARRAY[id(216), id(217)], '{1,1}') o ORDER BY ord $$,
	$$ VALUES ('group_failed', wallet_balance('pi', 'USD')), ('insufficient_funds', wallet_balance('qi', 'USD') + 1) $$, 'by id: groups');
SELECT is((SELECT string_agg(status, ' ' ORDER BY ord) FROM wallet_transfers_by_id(ARRAY[account('pi'), 1], ARRAY[account('qi'), account('ri')], '{1,1}', ARRAY[id(218), id(219)], NULL, true)), 'group_failed account_not_found', 'by id: atomic');
SELECT sound('after groups of one and atomic ones');

-- ---- 10 ceilings, and one account many times
SELECT trio('j'), open('cj', 'USD', 0, 10) \g /dev/null
SELECT is(told('{220 pj cj 6 USD,221 pj cj 6 USD,222 cj pj 6 USD}', '{1,1,1}'), 'group_failed ceiling_exceeded group_failed', 'a ceiling is judged after the members before');
SELECT is(told('{223 pj cj 6 USD,224 cj pj 6 USD,225 pj cj 6 USD}', '{1,1,1}'), 'success success success', 'in another order it holds');
SELECT is((SELECT string_agg(status, ' ') FROM (SELECT DISTINCT status FROM bulk((SELECT array_agg(format('%s pj qj 0.01 USD', 10000 + n) ORDER BY n) FROM generate_series(1, 3000) n), NULL, true)) s), 'success', '3000 members, one payer');
SELECT is((SELECT string_agg(status || ' ' || n, ', ' ORDER BY status) FROM (SELECT status, count(*) n FROM bulk((SELECT array_agg(format('%s pj qj %s USD', 20000 + n, CASE n WHEN 2999 THEN 1000 ELSE 0.01 END) ORDER BY n) FROM generate_series(1, 3000) n), NULL, true) GROUP BY 1) s),
	'group_failed 2999, insufficient_funds 1', '3000 members, the last but one refused');
SELECT is(ARRAY[wallet_balance('pj', 'USD'), wallet_balance('qj', 'USD')], '{64.00,30.00}', 'and all of them undone');
SELECT sound('after large groups, across milestones');

-- ---- 11 a large group that is undone across milestones, then goes on
SELECT is(told('{230 pj qj 1 USD}'), 'success', 'the account goes on');
SELECT sound('and the ledger with it');
SELECT * FROM finish();
