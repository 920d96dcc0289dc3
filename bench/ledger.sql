-- Two ledgers side by side with the same :accounts accounts, and the arguments of bulk calls made in advance.
-- Accounts may go a billion below zero, so that nothing is refused and no funding is needed.
-- A wallet account's name is a number of ten digits, so that pgbench can make it.

\set QUIET on
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET work_mem = '256MB';

CREATE SCHEMA bench;
CREATE TABLE bench.account (n integer PRIMARY KEY, id bigint NOT NULL, name text NOT NULL);

-- In steps, because an opening is a call of its own, and a million of them make a long transaction.
CREATE PROCEDURE bench.open_accounts(accounts integer) LANGUAGE plpgsql AS $$
BEGIN
	FOR low IN 1 .. accounts BY 50000 LOOP
		INSERT INTO bench.account
			SELECT n, wallet_open((1000000000 + n)::text, 'USD', wallet_uuid(), -1000000000), (1000000000 + n)::text
			FROM generate_series(low, least(low + 49999, accounts)) n;
		COMMIT;
	END LOOP;
END
$$;
CALL bench.open_accounts(:accounts);

INSERT INTO baseline.account (id, name, currency, balance, floor)
	SELECT n, name, 'USD', 0.00, -1000000000 FROM bench.account ORDER BY n;

-- Who pays whom how much, uniformly: 64 bulk calls of :batch transfers, used again and again with new ids.
CREATE TABLE bench.pattern (
	n integer PRIMARY KEY,
	from_ids bigint[], to_ids bigint[], from_names text[], to_names text[], amounts numeric[], currencies text[]
);
ALTER TABLE bench.pattern
	ALTER from_ids SET STORAGE EXTERNAL, ALTER to_ids SET STORAGE EXTERNAL, ALTER from_names SET STORAGE EXTERNAL,
	ALTER to_names SET STORAGE EXTERNAL, ALTER amounts SET STORAGE EXTERNAL, ALTER currencies SET STORAGE EXTERNAL;
SELECT setseed(0.5) \g /dev/null
INSERT INTO bench.pattern
	SELECT p, array_agg(payer.id ORDER BY i), array_agg(payee.id ORDER BY i),
		   array_agg(payer.name ORDER BY i), array_agg(payee.name ORDER BY i),
		   array_agg(round(cents / 100.0, 2) ORDER BY i), array_agg('USD'::text)
	FROM (SELECT p, i, floor(random() * :accounts)::integer AS a, floor(random() * (:accounts - 1))::integer AS further,
				 1 + floor(random() * 1000)::integer AS cents
		  FROM generate_series(0, 63) p, generate_series(1, :batch) i) c
	JOIN bench.account payer ON payer.n = 1 + a
	JOIN bench.account payee ON payee.n = 1 + (a + 1 + further) % :accounts
	GROUP BY p;

-- New ids for the calls that are about to be measured.
CREATE UNLOGGED TABLE bench.call (n integer PRIMARY KEY, ids uuid[] NOT NULL);
ALTER TABLE bench.call ALTER ids SET STORAGE EXTERNAL;
CREATE SEQUENCE bench.next;

CREATE FUNCTION bench.prepare_calls(calls integer, batch integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	TRUNCATE bench.call;
	INSERT INTO bench.call
		SELECT n, ARRAY(SELECT wallet_uuid() FROM generate_series(1, batch + 0 * n)) FROM generate_series(1, calls) n;
	PERFORM setval('bench.next', 1, false);
END
$$;

VACUUM ANALYZE;
