-- Not a test: what the pgTAP tests share. Each of them begins with \ir lib/setup.sql.
SET client_min_messages = warning;
CREATE EXTENSION wallet;

-- A transaction id that a test can name again.
CREATE FUNCTION id(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE
AS $$ SELECT ('0190a000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid $$;

CREATE FUNCTION open(name text, currency text DEFAULT 'USD', floor numeric DEFAULT 0, ceiling numeric DEFAULT NULL) RETURNS bigint
LANGUAGE sql AS $$ SELECT wallet_open(name, currency, wallet_uuid(), floor, ceiling) $$;

CREATE FUNCTION pay(payer text, payee text, amount numeric, currency text DEFAULT 'USD') RETURNS wallet.receipt
LANGUAGE sql AS $$ SELECT wallet_transfer(payer, payee, amount, currency, wallet_uuid()) $$;

CREATE FUNCTION account(name text, currency text DEFAULT 'USD') RETURNS bigint
LANGUAGE sql AS $$ SELECT a.id FROM wallet.account a WHERE a.name = $1 AND a.currency = $2 $$;

-- One test: a query gives these rows, in this order, as text: 1.0 is not 1.00 here, and collations do not matter.
CREATE FUNCTION shows(query text, wanted text, description text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	a text;
	b text;
BEGIN
	EXECUTE format('SELECT string_agg(r::text, E''\n'') FROM (%s) AS r', query) INTO a;
	EXECUTE format('SELECT string_agg(r::text, E''\n'') FROM (%s) AS r', wanted) INTO b;
	RETURN is(a, b, description);
END $$;

-- ---- refusals

CREATE TYPE fault AS (sqlstate text, message text, detail text, hint text);

-- What a statement raises; all NULL if it raises nothing. What it did is undone.
CREATE FUNCTION fault_of(statement text) RETURNS fault LANGUAGE plpgsql AS $$
DECLARE
	f fault;
BEGIN
	BEGIN
		EXECUTE statement;
		RAISE EXCEPTION USING ERRCODE = 'UNDO1';
	EXCEPTION
		WHEN SQLSTATE 'UNDO1' THEN
			RETURN NULL;
		WHEN OTHERS THEN
			GET STACKED DIAGNOSTICS f.sqlstate = RETURNED_SQLSTATE, f.message = MESSAGE_TEXT,
				f.detail = PG_EXCEPTION_DETAIL, f.hint = PG_EXCEPTION_HINT;
	END;
	RETURN f;
END $$;

-- One test: SQLSTATE and message are these, the detail holds each of these words, the hint is this ('' none, NULL any).
CREATE FUNCTION refuses(statement text, sqlstate text, message text, words text[], hint text, description text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	f fault := fault_of(statement);
	word text;
	good boolean := f.sqlstate IS NOT DISTINCT FROM sqlstate AND f.message IS NOT DISTINCT FROM message
		AND (hint IS NULL OR f.hint IS NOT DISTINCT FROM hint);
BEGIN
	FOREACH word IN ARRAY COALESCE(words, '{}') LOOP
		good := good AND strpos(COALESCE(f.detail, ''), word) > 0;
	END LOOP;
	RETURN ok(good, description) || CASE WHEN good THEN '' ELSE E'\n' || diag(format(
		E'raised: %s | %s | %s | %s\nwanted: %s | %s | %s | %s', f.sqlstate, f.message, f.detail, f.hint, sqlstate, message, words, hint)) END;
END $$;

-- One test: the statement raises nothing. What it did is undone.
CREATE FUNCTION works(statement text, description text) RETURNS text LANGUAGE sql
AS $$ SELECT is(fault_of(statement)::text, NULL, description) $$;

-- ---- bulk calls, written shortly: 'NUMBER PAYER PAYEE AMOUNT CURRENCY', NUMBER as in id()

CREATE FUNCTION bulk(commands text[], groups int[] DEFAULT NULL, atomic boolean DEFAULT false) RETURNS SETOF wallet.outcome
LANGUAGE sql AS $$
	SELECT o.*
	FROM (SELECT array_agg(split_part(c, ' ', 2) ORDER BY n) AS payers, array_agg(split_part(c, ' ', 3) ORDER BY n) AS payees,
				 array_agg(split_part(c, ' ', 4)::numeric ORDER BY n) AS amounts, array_agg(split_part(c, ' ', 5) ORDER BY n) AS currencies,
				 array_agg(id(split_part(c, ' ', 1)::bigint) ORDER BY n) AS ids
		  FROM unnest(commands) WITH ORDINALITY AS u (c, n)) AS a,
		 wallet_transfers(a.payers, a.payees, a.amounts, a.currencies, a.ids, groups, NULL, atomic) AS o
$$;

-- Its statuses in order; a star marks what was replayed.
CREATE FUNCTION told(commands text[], groups int[] DEFAULT NULL, atomic boolean DEFAULT false) RETURNS text
LANGUAGE sql AS $$
	SELECT string_agg(status || CASE WHEN replayed THEN '*' ELSE '' END, ' ' ORDER BY ord) FROM bulk(commands, groups, atomic)
$$;

-- ---- the proof

-- What wallet_verify finds broken, or wallet_verify_account of any account; NULL if nothing is.
CREATE FUNCTION broken() RETURNS text LANGUAGE sql
AS $$ SELECT string_agg(check_name || ': ' || detail, E'\n' ORDER BY check_name)
	  FROM (SELECT * FROM wallet_verify(true) UNION ALL SELECT v.* FROM wallet.account a, wallet_verify_account(a.name, a.currency) v) c
	  WHERE ok IS DISTINCT FROM true $$;

-- One test: everything verifies.
CREATE FUNCTION sound(description text DEFAULT 'the ledger verifies') RETURNS text LANGUAGE sql
AS $$ SELECT is(broken(), NULL, description) $$;

-- One test: what the events say, run from nothing, is what wallet.balance says.
CREATE FUNCTION replays(description text DEFAULT 'wallet_replay gives wallet.balance') RETURNS text LANGUAGE sql
AS $$ SELECT set_eq(
	'SELECT account, balance::text, held::text, CASE status WHEN ''open'' THEN 1 WHEN ''frozen'' THEN 2 WHEN ''closed'' THEN 3 END, version FROM wallet_replay()',
	'SELECT account, balance::text, held::text, status::int, version FROM wallet.balance', description) $$;

-- ---- calls of wallet_execute, written shortly: 'COMMAND NUMBER WORD...', NUMBER as in id(), the words in the order below,
-- '-' for a field that is left out, FIELD=VALUE for any other. All values are strings.

CREATE FUNCTION said(command text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
	words text[] := string_to_array(command, ' ');
	fields text[] := '{transaction_id}'::text[] || CASE
		WHEN words[1] IN ('transfer', 'hold') THEN '{from_account,to_account,amount,currency}'::text[]
		WHEN words[1] = 'sweep' THEN '{from_account,to_account,up_to,currency}'
		WHEN words[1] = 'capture' THEN '{hold_id,amount,final}'
		WHEN words[1] = 'release' THEN '{hold_id,amount}'
		WHEN words[1] = 'reverse' THEN '{original,amount}'
		WHEN words[1] = 'define_currency' THEN '{code,exponent}'
		WHEN words[1] = 'set_floor' THEN '{name,currency,floor}'
		WHEN words[1] = 'set_ceiling' THEN '{name,currency,ceiling}'
		WHEN words[1] = 'set_spend_limit' THEN '{name,currency,amount,window_seconds}'
		ELSE '{name,currency}' END;
	result jsonb := jsonb_build_object('command', words[1]);
	place int := 0;
	word text;
	field text;
BEGIN
	FOREACH word IN ARRAY words[2:] LOOP
		IF strpos(word, '=') > 0 THEN
			field := split_part(word, '=', 1);
			word := substr(word, strpos(word, '=') + 1);
		ELSE
			place := place + 1;
			field := fields[place];
		END IF;
		CONTINUE WHEN word = '-';
		IF field IN ('transaction_id', 'hold_id', 'original') THEN
			word := id(word::bigint)::text;
		END IF;
		result := result || jsonb_build_object(field, NULLIF(word, 'null'));
	END LOOP;
	RETURN result;
END $$;

CREATE FUNCTION execute(commands text[], atomic boolean DEFAULT false) RETURNS SETOF wallet.outcome LANGUAGE sql
AS $$ SELECT * FROM wallet_execute((SELECT jsonb_agg(said(c) ORDER BY n) FROM unnest(commands) WITH ORDINALITY AS u (c, n)), atomic) $$;

-- Its statuses in order; a star marks what was replayed.
CREATE FUNCTION does(commands text[], atomic boolean DEFAULT false) RETURNS text LANGUAGE sql
AS $$ SELECT string_agg(status || CASE WHEN replayed THEN '*' ELSE '' END, ' ' ORDER BY ord) FROM execute(commands, atomic) $$;

-- The events of ids, in order: number, leg, kind, status, what was asked, what moved, and what there was after.
CREATE FUNCTION events(numbers bigint[]) RETURNS TABLE (n bigint, leg int, kind text, status text, requested numeric, amount numeric,
	from_balance numeric, to_balance numeric, held numeric, from_version bigint, to_version bigint)
LANGUAGE sql AS $$
	SELECT u.n, j.leg::int, j.kind, j.status, j.requested, j.amount, j.from_balance_after, j.to_balance_after, j.from_held_after, j.from_version, j.to_version
	FROM unnest(numbers) u (n) JOIN wallet.journal j ON j.transaction_id = id(u.n) ORDER BY j.event_id
$$;

-- Balance, held, available, status, version of an account in one line; '-' for no available.
CREATE FUNCTION has(name text, currency text DEFAULT 'USD') RETURNS text LANGUAGE sql
AS $$ SELECT format('%s %s %s %s %s', a.balance, a.held, COALESCE(a.available::text, '-'), a.status, a.version) FROM wallet_account($1, $2) a $$;

-- What a command answers, in one line: status, amount, both balances; a star marks what was replayed, '-' what is absent.
CREATE FUNCTION answer(r wallet.receipt) RETURNS text LANGUAGE sql
AS $$ SELECT format('%s%s %s %s %s', r.status, CASE WHEN r.replayed THEN '*' END, COALESCE(r.amount::text, '-'), COALESCE(r.from_balance::text, '-'), COALESCE(r.to_balance::text, '-')) $$;
