-- What a careful team writes by hand when it needs a ledger in PostgreSQL, and what wallet is measured against.
--
-- Exact money in numeric; both accounts locked in id order, so that no two transfers deadlock; funds checked under
-- the lock; one row per transfer, whose primary key is the caller's uuid, so that a transfer sent twice is caught.
-- Made to be fast: accounts by bigint id, one index per table, none on what changes and room on each page, so that
-- every update of a balance is a heap-only one; static statements, whose plans each session caches. No other way to
-- write two ordered row locks, two updates and an insert measured faster.
--
-- Less than wallet does: no refusals kept, no receipt of the first call for the second, no balances in the log,
-- no chain, nothing to replay or verify, one currency per account taken on trust.

CREATE SCHEMA baseline;

CREATE TABLE baseline.account (
	id bigint PRIMARY KEY,
	name text NOT NULL,
	currency text NOT NULL,
	balance numeric NOT NULL,
	floor numeric NOT NULL
) WITH (fillfactor = 70);

CREATE TABLE baseline.transfer (
	transaction_id uuid PRIMARY KEY,
	payer bigint NOT NULL,
	payee bigint NOT NULL,
	amount numeric NOT NULL,
	recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE FUNCTION baseline.transfer(payer bigint, payee bigint, amount numeric, transaction_id uuid) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	locked record;
	found_accounts integer := 0;
	available numeric;
BEGIN
	IF amount <= 0 OR scale(amount) > 2 OR payer = payee THEN
		RAISE EXCEPTION 'cannot transfer % from % to %', amount, payer, payee;
	END IF;

	FOR locked IN
		SELECT a.id, a.balance, a.floor FROM baseline.account a WHERE a.id IN (payer, payee) ORDER BY a.id FOR UPDATE
	LOOP
		found_accounts := found_accounts + 1;
		IF locked.id = payer THEN
			available := locked.balance - locked.floor;
		END IF;
	END LOOP;
	IF found_accounts < 2 THEN
		RAISE EXCEPTION 'no account % or %', payer, payee;
	END IF;
	IF available < amount THEN
		RAISE EXCEPTION 'insufficient funds in account %', payer;
	END IF;

	UPDATE baseline.account a SET balance = a.balance - amount WHERE a.id = payer;
	UPDATE baseline.account a SET balance = a.balance + amount WHERE a.id = payee;
	INSERT INTO baseline.transfer (transaction_id, payer, payee, amount) VALUES (transaction_id, payer, payee, amount);
END
$$;
