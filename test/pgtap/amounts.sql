-- Goal: money is exact: what is no amount is refused, nothing is rounded, every result shows the currency's decimals, and the
-- extension reads and builds numeric exactly as numeric's own text input and output do.
-- Method: edge values one by one against SPEC 2 and 10; then some five thousand random amounts at every exponent, each moved there and
-- back, with what comes back compared, in text and byte by byte, with a decimal string that was put together digit by digit.
\ir lib/setup.sql
SELECT plan(96);

SELECT wallet_define_currency('PTS', 0, id(1)), wallet_define_currency('ETH', 18, id(2)), wallet_define_currency('QUARK', 30, id(3)) \g /dev/null
SELECT open('world', c, NULL), open('moon', c, NULL), open('a', c), open('b', c) FROM unnest(ARRAY['USD', 'JPY', 'PTS', 'ETH', 'QUARK', 'BHD', 'CLF']) AS c \g /dev/null

-- What a payment out of the world answers: amount and both balances, or the SQLSTATE. It is undone.
CREATE FUNCTION answer(amount text, currency text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	r wallet.receipt;
BEGIN
	BEGIN
		r := wallet_transfer('world', 'a', amount::numeric, currency, wallet_uuid());
		RAISE EXCEPTION USING ERRCODE = 'UNDO1';
	EXCEPTION
		WHEN SQLSTATE 'UNDO1' THEN RETURN concat_ws(' ', r.amount, r.from_balance, r.to_balance);
		WHEN OTHERS THEN RETURN SQLSTATE;
	END;
END $$;

SELECT is(answer(amount, currency), wanted, format('%s %s', CASE WHEN length(amount) > 50 THEN left(amount, 47) || '...' ELSE amount END, currency))
FROM (VALUES
	-- no amounts
	('NaN', 'USD', 'WA006'), ('Infinity', 'USD', 'WA006'), ('-Infinity', 'USD', 'WA006'), ('-1', 'USD', 'WA006'), ('-0.001', 'USD', 'WA006'), ('-1e400', 'USD', 'WA006'),
	('0', 'USD', 'WA006'), ('0.00', 'USD', 'WA006'), ('-0', 'USD', 'WA006'), ('-0.00', 'USD', 'WA006'), ('0.000000', 'JPY', 'WA006'), ('0e-400', 'USD', 'WA006'),
	-- scale
	('0.01', 'USD', '0.01 -0.01 0.01'), ('0.001', 'USD', 'WA007'), ('0.009', 'USD', 'WA007'), ('1.999', 'USD', 'WA007'), ('0.0100', 'USD', '0.01 -0.01 0.01'),
	('1.000', 'USD', '1.00 -1.00 1.00'), ('1', 'USD', '1.00 -1.00 1.00'), ('1.5', 'USD', '1.50 -1.50 1.50'), ('1.5000000000000000000000000000000000000000', 'USD', '1.50 -1.50 1.50'),
	('1.50000000000000000000000000000000000000001', 'USD', 'WA007'), ('1e-400', 'USD', 'WA007'), ('1e-2', 'USD', '0.01 -0.01 0.01'), ('1e-3', 'USD', 'WA007'),
	('10000', 'USD', '10000.00 -10000.00 10000.00'), ('9999.99', 'USD', '9999.99 -9999.99 9999.99'), ('10000.0001', 'USD', 'WA007'), ('100000000', 'USD', '100000000.00 -100000000.00 100000000.00'),
	('1', 'JPY', '1 -1 1'), ('1.0', 'JPY', '1 -1 1'), ('1.00000000000', 'JPY', '1 -1 1'), ('1.5', 'JPY', 'WA007'), ('0.1', 'JPY', 'WA007'), ('0.00001', 'JPY', 'WA007'), ('1e3', 'JPY', '1000 -1000 1000'),
	('0.001', 'BHD', '0.001 -0.001 0.001'), ('0.0001', 'BHD', 'WA007'), ('12345.678', 'BHD', '12345.678 -12345.678 12345.678'),
	('0.0001', 'CLF', '0.0001 -0.0001 0.0001'), ('0.00001', 'CLF', 'WA007'), ('1.0001', 'CLF', '1.0001 -1.0001 1.0001'), ('10000.0000', 'CLF', '10000.0000 -10000.0000 10000.0000'),
	('7', 'PTS', '7 -7 7'), ('7.1', 'PTS', 'WA007'),
	('0.000000000000000001', 'ETH', '0.000000000000000001 -0.000000000000000001 0.000000000000000001'), ('0.0000000000000000001', 'ETH', 'WA007'),
	('1', 'ETH', '1.000000000000000000 -1.000000000000000000 1.000000000000000000'),
	('1e-30', 'QUARK', '0.000000000000000000000000000001 -0.000000000000000000000000000001 0.000000000000000000000000000001'), ('1e-31', 'QUARK', 'WA007'),
	-- size: 38 digits of minor units
	(repeat('9', 38), 'JPY', concat_ws(' ', repeat('9', 38), '-' || repeat('9', 38), repeat('9', 38))), ('1' || repeat('0', 38), 'JPY', 'WA008'), (repeat('9', 39), 'JPY', 'WA008'),
	('1' || repeat('0', 37), 'JPY', concat_ws(' ', '1' || repeat('0', 37), '-1' || repeat('0', 37), '1' || repeat('0', 37))),
	(repeat('9', 36) || '.99', 'USD', concat_ws(' ', repeat('9', 36) || '.99', '-' || repeat('9', 36) || '.99', repeat('9', 36) || '.99')),
	('1' || repeat('0', 36), 'USD', 'WA008'), (repeat('9', 37) || '.99', 'USD', 'WA008'), (repeat('9', 37), 'USD', 'WA008'),
	(repeat('9', 20) || '.' || repeat('9', 18), 'ETH', concat_ws(' ', repeat('9', 20) || '.' || repeat('9', 18), '-' || repeat('9', 20) || '.' || repeat('9', 18), repeat('9', 20) || '.' || repeat('9', 18))),
	('1' || repeat('0', 20), 'ETH', 'WA008'),
	(repeat('9', 8) || '.' || repeat('9', 30), 'QUARK', concat_ws(' ', repeat('9', 8) || '.' || repeat('9', 30), '-' || repeat('9', 8) || '.' || repeat('9', 30), repeat('9', 8) || '.' || repeat('9', 30))),
	('1e8', 'QUARK', 'WA008'), ('1e400', 'USD', 'WA008'), ('1e4000', 'JPY', 'WA008'), ('1e131071', 'USD', 'WA008'),
	('170141183460469231731687303715884105727', 'JPY', 'WA008'), ('340282366920938463463374607431768211456', 'JPY', 'WA008'), ('340282366920938463463374607431768211457', 'JPY', 'WA008'),
	-- both: scale comes first
	('1e40', 'JPY', 'WA008'), (repeat('9', 40) || '.9', 'JPY', 'WA007')) AS v (amount, currency, wanted);

-- ---- the type's own modifiers do not matter
SELECT is((SELECT (wallet_transfer('world', 'a', 1.5::numeric(40, 20), 'USD', id(10))).amount::text), '1.50', 'numeric(40, 20)');
SELECT is((SELECT (wallet_transfer('world', 'a', 2::int, 'USD', id(11))).amount::text), '2.00', 'an integer');
SELECT is((SELECT (wallet_transfer('world', 'a', round(10::numeric / 3, 2), 'USD', id(12))).amount::text), '3.33', 'round(10 / 3, 2)');
SELECT is((fault_of($$ SELECT wallet_transfer('world', 'a', 10::numeric / 3, 'USD', id(13)) $$)).sqlstate, 'WA007', '10 / 3 is not rounded');
SELECT is((fault_of($$ SELECT wallet_transfer('world', 'a', (0.1::float8 + 0.2::float8)::numeric + 1e-17, 'USD', id(13)) $$)).sqlstate, 'WA007', 'nor is what float arithmetic makes');

-- ---- what is shown everywhere
SELECT is(wallet_balance('b', 'USD')::text, '0.00', 'an empty balance in USD');
SELECT is(wallet_balance('b', 'JPY')::text, '0', 'in JPY');
SELECT is(wallet_balance('b', 'QUARK')::text, '0.' || repeat('0', 30), 'with 30 decimals');
SELECT is((SELECT concat_ws(' ', balance, held, available, floor) FROM wallet_account('b', 'BHD')), '0.000 0.000 0.000 0.000', 'wallet_account');
SELECT is((SELECT concat_ws(' ', balance, held, available) FROM wallet.accounts WHERE name = 'b' AND currency = 'CLF'), '0.0000 0.0000 0.0000', 'wallet.accounts');
SELECT is((SELECT concat_ws(' ', balance, held) FROM wallet_replay() WHERE name = 'b' AND currency = 'ETH'), '0.000000000000000000 0.000000000000000000', 'wallet_replay');
SELECT is((SELECT concat_ws(' ', requested, amount, from_balance_before, from_balance_after, to_balance_before, to_balance_after, from_held_after) FROM wallet_get(id(11))),
	'2.00 2.00 -1.50 -3.50 1.50 3.50 0.00', 'wallet_get');
SELECT is((SELECT string_agg(concat_ws(' ', amount, balance_before, balance_after), ', ' ORDER BY amount) FROM wallet.entry WHERE transaction_id = id(11)), '-2.00 -1.50 -3.50, 2.00 1.50 3.50', 'wallet.entry');
SELECT wallet_open('limits', 'USD', id(20), -1, 5000) \g /dev/null
SELECT is((SELECT concat_ws(' ', floor, ceiling, available) FROM wallet_account('limits', 'USD')), '-1.00 5000.00 1.00', 'floor and ceiling');
SELECT is((SELECT concat_ws(' ', floor, ceiling) FROM wallet.balance WHERE account = account('limits')), '-1.00 5000.00', 'and in wallet.balance');

-- ---- random amounts at every exponent
SELECT setseed(0.271828) \g /dev/null
SELECT wallet_define_currency('E' || e, e, wallet_uuid()) FROM generate_series(0, 30) e \g /dev/null
SELECT open('left', 'E' || e, NULL), open('right', 'E' || e, NULL) FROM generate_series(0, 30) e \g /dev/null

-- digits: 1 to 38 random ones, many of them 0 or 9, the first not 0; plain: the same with the point where the exponent has it.
CREATE FUNCTION random_digits() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	digits text := 1 + floor(random() * 9)::int;
	spread double precision := (ARRAY[1, 1, 0.6, 0.2])[1 + floor(random() * 4)::int];
BEGIN
	FOR i IN 2 .. 1 + floor(random() * 38)::int LOOP
		digits := digits || CASE WHEN random() < spread THEN floor(random() * 10)::int WHEN random() < 0.8 THEN 0 ELSE 9 END;
	END LOOP;
	RETURN digits;
END $$;
CREATE TABLE sample AS
SELECT row_number() OVER () AS n, e, digits,
	   CASE WHEN e = 0 THEN digits
			ELSE lpad(left(digits, greatest(length(digits) - e, 0)), greatest(length(digits) - e, 1), '0') || '.' || lpad(right(digits, least(e, length(digits))), e, '0') END AS plain
FROM (SELECT e, random_digits() AS digits FROM generate_series(0, 30) e, generate_series(1, 160)) AS s;
SELECT ok(count(*) > 4900 AND count(DISTINCT digits) > 4000 AND max(length(digits)) = 38 AND min(length(digits)) = 1, 'the sample is one') FROM sample;
SELECT is(count(*), 0::bigint, 'its decimal strings are what numeric itself writes') FROM sample WHERE plain::numeric::text <> plain OR plain::numeric <> digits::numeric * ('1e-' || e)::numeric;

-- There and back, so that balances start from 0 each time. Some are written with more decimals than they need, some with fewer.
CREATE TABLE written AS
SELECT n, e, plain, way, (CASE n % 3 WHEN 0 THEN plain::numeric WHEN 1 THEN (plain || CASE e WHEN 0 THEN '.' ELSE '' END || repeat('0', (n % 37)::int))::numeric ELSE trim_scale(plain::numeric) END) AS asked
FROM sample, generate_series(0, 1) way;
CREATE TABLE result AS
SELECT w.n, w.e, w.plain, w.way, o.*
FROM (SELECT array_agg(CASE way WHEN 0 THEN 'left' ELSE 'right' END ORDER BY n, way) AS payers, array_agg(CASE way WHEN 0 THEN 'right' ELSE 'left' END ORDER BY n, way) AS payees,
			 array_agg(asked ORDER BY n, way) AS amounts, array_agg('E' || e ORDER BY n, way) AS currencies, array_agg(wallet_uuid() ORDER BY n, way) AS ids FROM written) AS a,
	 wallet_transfers(payers, payees, amounts, currencies, ids) AS o
JOIN (SELECT row_number() OVER (ORDER BY n, way) AS ord, * FROM written) AS w USING (ord);

SELECT is(count(*) FILTER (WHERE status <> 'success'), 0::bigint, 'each of them is accepted') FROM result;
SELECT is(count(*) FILTER (WHERE amount::text IS DISTINCT FROM plain), 0::bigint, 'amount as text') FROM result;
SELECT is(count(*) FILTER (WHERE numeric_send(amount) IS DISTINCT FROM numeric_send(plain::numeric)), 0::bigint, 'amount, digit by digit') FROM result;
SELECT is(count(*) FILTER (WHERE to_balance::text IS DISTINCT FROM CASE way WHEN 0 THEN plain ELSE CASE e WHEN 0 THEN '0' ELSE '0.' || repeat('0', e) END END), 0::bigint, 'the payee''s balance as text') FROM result;
SELECT is(count(*) FILTER (WHERE numeric_send(from_balance) IS DISTINCT FROM numeric_send(CASE way WHEN 0 THEN -plain::numeric ELSE plain::numeric * 0 END)), 0::bigint, 'the payer''s, negative, digit by digit') FROM result;
SELECT is(count(*) FILTER (WHERE numeric_send(ev.amount) IS DISTINCT FROM numeric_send(plain::numeric) OR numeric_send(ev.requested) IS DISTINCT FROM numeric_send(plain::numeric)
	OR pg_column_size(ev.amount) > pg_column_size(plain::numeric)), 0::bigint, 'what is stored, digit by digit, and no larger than numeric''s own')
FROM result r JOIN wallet.event ev USING (event_id);
SELECT is(count(*) FILTER (WHERE hash_numeric(amount) <> hash_numeric(plain::numeric) OR amount + 1 - 1 <> plain::numeric OR amount * 3 <> plain::numeric * 3), 0::bigint, 'numeric computes with it as with its own') FROM result;
SELECT is((SELECT sum(amount) FROM result WHERE way = 0 AND e = 7), (SELECT sum(plain::numeric) FROM sample WHERE e = 7), 'sums');
SELECT sound();
SELECT * FROM finish();
