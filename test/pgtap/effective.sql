-- Goal: wallet_balance_effective sums what is effective up to one moment as it was known at another: all entries, no others, exactly.
-- Method: a ledger with plain, backdated, grouped and refused transfers in a random order that is the same each time; a grid of both axes over
-- every moment that means anything against a plain sum over wallet.event; the edges by hand.
\ir lib/setup.sql
SELECT plan(45);

CREATE FUNCTION at(n bigint) RETURNS timestamptz LANGUAGE sql AS $$ SELECT wallet_event_time(event_id) FROM wallet.event WHERE transaction_id = id(n) AND leg = 0 $$;
CREATE FUNCTION said(the_account bigint, effective timestamptz, known timestamptz) RETURNS numeric LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN wallet_event_time(the_account) <= known THEN
		(SELECT credit_balance FROM wallet.event WHERE event_id = the_account) + COALESCE(sum(CASE WHEN e.credit = the_account THEN e.amount ELSE -e.amount END), 0) END
	FROM wallet.event e WHERE e.status = 0 AND e.kind IN (3, 5, 8, 9, 22, 23, 26, 27) AND the_account IN (e.debit, e.credit)
		AND wallet_event_time(e.event_id) <= known AND COALESCE(e.effective_at, wallet_event_time(e.event_id)) <= effective
$$;

-- ---- by hand: opened, then 100 now, 10 backdated to 2020, 5 backdated to 2022, 1 paid as of 2021
SELECT open('world', 'USD', NULL), open('alice'), open('bob') \g /dev/null
SELECT wallet_transfer('world', 'alice', 100, 'USD', id(1)) \g /dev/null
SELECT wallet_transfer('world', 'alice', 10, 'USD', id(2), NULL, '2020-06-01 00:00+00') \g /dev/null
SELECT wallet_transfer('world', 'alice', 5, 'USD', id(3), NULL, '2022-06-01 00:00+00') \g /dev/null
SELECT wallet_transfer('alice', 'bob', 1, 'USD', id(4), NULL, '2021-06-01 00:00+00') \g /dev/null

SELECT is(wallet_balance_effective('alice', 'USD', 'infinity'), 114.00, 'everything');
SELECT is(wallet_balance_effective('alice', 'USD', now()), 114.00, 'now');
SELECT is(wallet_balance_effective('alice', 'USD', '2019-01-01'), 0.00, 'before all of it: 0.00, for the account is known now');
SELECT is(wallet_balance_effective('alice', 'USD', '2020-06-01 00:00+00'), 10.00, 'effective is inclusive');
SELECT is(wallet_balance_effective('alice', 'USD', timestamptz '2020-06-01 00:00+00' - interval '1 microsecond'), 0.00, 'to the microsecond');
SELECT is(wallet_balance_effective('alice', 'USD', '2021-12-31'), 9.00, 'with a payment: 10 - 1');
SELECT is(wallet_balance_effective('alice', 'USD', '2023-01-01'), 14.00, 'and another receipt: 10 - 1 + 5');
SELECT is(wallet_balance_effective('bob', 'USD', '2021-12-31'), 1.00, 'the other side');
SELECT is(wallet_balance_effective('world', 'USD', '2021-12-31'), -10.00, 'below 0');
SELECT is(wallet_balance_effective('alice', 'USD', '2023-01-01', at(2)), 10.00, 'known when only the first was recorded');
SELECT is(wallet_balance_effective('alice', 'USD', '2023-01-01', at(2) - interval '1 microsecond'), 0.00, 'known before: the plain 100 is effective later');
SELECT is(wallet_balance_effective('alice', 'USD', 'infinity', at(2)), 110.00, 'all that was known then');
SELECT is(wallet_balance_effective('alice', 'USD', 'infinity', at(1)), wallet_balance_at('alice', 'USD', at(1)), 'known bounds as wallet_balance_at does');
SELECT is(wallet_balance_effective('alice', 'USD', '2023-01-01', 'infinity'), 14.00, 'known infinity is all');
SELECT is(wallet_balance_effective('alice', 'USD', '2023-01-01', NULL), 14.00, 'known NULL is all');
SELECT is(wallet_balance_effective('alice', 'USD', 'infinity', wallet_event_time(account('alice'))), 0.00, 'known at its opening');
SELECT is(wallet_balance_effective('alice', 'USD', 'infinity', wallet_event_time(account('alice') - 1)), NULL, 'not known before its opening');
SELECT is(wallet_balance_effective('alice', 'USD', '-infinity', '-infinity'), NULL, 'nor at -infinity');
SELECT is(wallet_balance_effective('alice', 'USD', '-infinity'), 0.00, 'effective -infinity: nothing is');
SELECT is(wallet_balance_effective('alice', 'USD', '4713-01-01 BC'), 0.00, 'the first moment that PostgreSQL knows');
SELECT is(wallet_balance_effective('alice', 'USD', '294276-12-31', '294276-12-31'), 114.00, 'the last');
SELECT is(wallet_balance_effective('alice', 'USD', NULL), NULL, 'effective NULL: NULL');
SELECT is(ARRAY[wallet_balance_effective(NULL, 'USD', now()), wallet_balance_effective('alice', NULL, now()), wallet_balance_effective('nobody', 'USD', now()), wallet_balance_effective('alice', 'EUR', now()), wallet_balance_effective('alice', 'usd', now())],
	ARRAY[NULL, NULL, NULL, NULL, NULL]::numeric[], 'no such account: NULL');
SELECT is(wallet_balance_effective('alice', 'USD', '2023-01-01')::text, '14.00', 'with the currency''s decimals');
SELECT is(wallet_balance_effective('alice', 'USD', '2019-01-01')::text, '0.00', 'zero too');

-- ---- refusals do not count
SELECT is_empty($$ SELECT indexrelid::regclass FROM pg_index WHERE indrelid = 'wallet.event'::regclass AND indpred IS NOT NULL AND pg_get_expr(indpred, indrelid) <> '((effective_at IS NOT NULL) AND (status = 0))' $$, 'the indexes hold backdated successes alone');
SELECT is((SELECT count(*) FROM pg_index WHERE indrelid = 'wallet.event'::regclass AND indpred IS NOT NULL), 2::bigint, 'there are two of them');
-- A refused one with an effective_at is recorded by no door of this build: it is planted, in a chain of nobody, and must not be counted.
BEGIN;
INSERT INTO wallet.event (event_id, transaction_id, leg, kind, status, format, debit, credit, requested, debit_balance, credit_balance, debit_held, debit_version, credit_version, effective_at, actor)
	SELECT max(event_id) + 1, id(6), 0, 3, 1, 1, account('alice'), account('bob'), 500.00, 114.00, 1.00, 0.00, 5, 2, '2020-01-01', 'me' FROM wallet.event;
SELECT is(wallet_balance_effective('alice', 'USD', '2023-01-01'), 14.00, 'a refusal moved nothing');
ROLLBACK;

-- ---- a transaction sees its own
BEGIN;
SELECT wallet_open('new', 'USD', id(7)) \g /dev/null
SELECT wallet_transfer('world', 'new', 8, 'USD', id(8), NULL, '2020-01-01') \g /dev/null
SELECT is(wallet_balance_effective('new', 'USD', '2020-01-01 12:00+00'), 8.00, 'opened and backdated in this transaction');
SELECT is(wallet_balance_effective('new', 'USD', '2020-01-01 12:00+00', now()), NULL, 'which its own now() does not know');
ROLLBACK;

-- ---- more than 38 digits on the way and in the end
SELECT open('world', 'JPY', NULL), open('a', 'JPY', NULL), open('b', 'JPY', NULL) \g /dev/null
SELECT wallet_transfer('world', 'a', 99999999999999999999999999999999999999, 'JPY', id(20 + n * 2), NULL, '2020-01-01'), wallet_transfer('a', 'b', 99999999999999999999999999999999999999, 'JPY', id(21 + n * 2)) FROM generate_series(0, 0) n \g /dev/null
SELECT wallet_transfer('b', 'world', 99999999999999999999999999999999999999, 'JPY', id(25)) \g /dev/null
SELECT wallet_transfer('world', 'a', 99999999999999999999999999999999999999, 'JPY', id(26), NULL, '2020-01-02') \g /dev/null
SELECT is(wallet_balance_effective('a', 'JPY', '2021-01-01')::text, '199999999999999999999999999999999999998', 'a balance that the account never had, of 39 digits');
SELECT is(wallet_balance_effective('world', 'JPY', '2021-01-01')::text, '-199999999999999999999999999999999999998', 'below 0 too');
SELECT is(wallet_balance_effective('a', 'JPY', 'infinity')::text, '99999999999999999999999999999999999999', 'in the end as recorded');

-- ---- a grid over a random ledger
SELECT setseed(0.25) \g /dev/null
SELECT open('x'), open('y', 'USD', -1000000) \g /dev/null
CREATE TABLE did AS SELECT n, (ARRAY['x', 'y', 'world'])[1 + n % 3] AS payer, (ARRAY['y', 'world', 'x'])[1 + n % 3] AS payee, 1 + floor(random() * 900) AS cents,
	CASE WHEN random() < 0.5 THEN timestamptz '2020-01-01' + floor(random() * 40) * interval '1 day' END AS effective FROM generate_series(1, 150) n;
DO $$
DECLARE
	d did;
BEGIN
	FOR d IN SELECT * FROM did ORDER BY n LOOP
		BEGIN
			PERFORM wallet_transfer(d.payer, d.payee, d.cents::numeric / 100, 'USD', id(1000 + d.n), NULL, d.effective);
		EXCEPTION WHEN SQLSTATE 'WA001' THEN NULL;
		END;
		IF d.n % 30 = 0 THEN
			PERFORM bulk(ARRAY[format('%s x y 1000000 USD', 5000 + d.n), format('%s world x 0.5 USD', 6000 + d.n), format('%s world y 0.25 USD', 7000 + d.n)], '{1,2,2}');
		END IF;
	END LOOP;
END $$;
SELECT cmp_ok((SELECT count(*) FROM wallet.event WHERE effective_at IS NOT NULL AND status = 0), '>', 50::bigint, 'many are backdated');
CREATE TABLE axis AS SELECT moment FROM (SELECT DISTINCT effective_at FROM wallet.event WHERE effective_at IS NOT NULL) e (moment)
	UNION SELECT wallet_event_time(event_id) FROM wallet.event WHERE event_id % 7 = 0
	UNION SELECT wallet_event_time(event_id - 1) FROM wallet.event WHERE event_id % 11 = 0 UNION SELECT 'infinity';
CREATE TABLE grid AS SELECT a.name, e.moment AS effective, k.moment AS known, said(a.id, e.moment, k.moment)::text AS wanted, wallet_balance_effective(a.name, a.currency, e.moment, k.moment)::text AS told
	FROM axis e, axis k, wallet.account a WHERE a.name IN ('x', 'y', 'world') AND a.currency = 'USD';
SELECT cmp_ok((SELECT count(*) FROM grid), '>', 5000::bigint, 'a grid of both axes');
SELECT is_empty('SELECT * FROM grid WHERE wanted IS DISTINCT FROM told', 'at every point the sum is that of plain SQL');
SELECT cmp_ok((SELECT count(DISTINCT told) FROM grid WHERE name = 'x'), '>', 50::bigint, 'and they differ');
SELECT is_empty($$ SELECT effective, known FROM grid WHERE name <> 'world' GROUP BY effective, known HAVING count(told) NOT IN (0, 1, 2) $$, 'NULL only where the account is not known');
SELECT is((SELECT wallet_balance_effective('x', 'USD', 'infinity')), wallet_balance('x', 'USD'), 'all of it is the balance');

-- ---- what it needs: rights on the function alone
BEGIN;
CREATE ROLE wt_effective;
GRANT EXECUTE ON FUNCTION wallet_balance_effective(text, text, timestamptz, timestamptz) TO wt_effective;
SET LOCAL ROLE wt_effective;
SELECT is(wallet_balance_effective('alice', 'USD', '2023-01-01'), 14.00, 'rights on the function are enough');
ROLLBACK;

-- ---- an installation of the version before has no such indexes: it goes on, but for this
BEGIN;
DROP INDEX wallet.event_debit_effective_at_event_id_idx, wallet.event_credit_effective_at_event_id_idx;
SELECT is((wallet_transfer('world', 'alice', 1, 'USD', id(9), NULL, '2020-01-01')).status, 'success', 'without the indexes transfers go on');
SELECT is(wallet_balance_at('alice', 'USD', 'infinity'), 115.00, 'and balances are told');
SELECT is((fault_of($$ SELECT wallet_balance_effective('alice', 'USD', '2023-01-01') $$)).sqlstate, '42P01', 'what needs them says so');
ROLLBACK;
SELECT is(wallet_balance_effective('alice', 'USD', '2023-01-01'), 14.00, 'and works when they are back');
SELECT sound();
SELECT * FROM finish();
