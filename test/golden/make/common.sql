-- Included first by each of the others: an id of one's own choice, and commands with the statuses that they must have.
\set QUIET on
\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE EXTENSION wallet;

CREATE FUNCTION u(n int) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT format('60d1ea00-0000-4000-8000-%s', lpad(n::text, 12, '0'))::uuid $$;

-- Each line of commands: "command field=value field=value …", values without spaces ("_" stands for one in texts).
CREATE FUNCTION command(line text) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_build_object('command', split_part(line, ' ', 1)) || coalesce(jsonb_object_agg(key,
		CASE WHEN key IN ('transaction_id', 'hold_id', 'original') THEN to_jsonb(u(value::int))
			WHEN value = 'null' THEN 'null'::jsonb
			WHEN key IN ('final') THEN to_jsonb(value::boolean)
			WHEN key IN ('exponent', 'window_seconds', 'expected_version') THEN to_jsonb(value::bigint)
			WHEN key = 'metadata' THEN value::jsonb
			WHEN key IN ('expires_at', 'effective_at') THEN to_jsonb((clock_timestamp() + value::interval)::text)
			ELSE to_jsonb(replace(value, '_', ' ')) END), '{}')
	FROM (SELECT split_part(word, '=', 1), substr(word, strpos(word, '=') + 1)
		FROM regexp_split_to_table(line, ' ') WITH ORDINALITY AS w(word, n) WHERE n > 1) AS words(key, value)
$$;

CREATE FUNCTION run(atomic boolean, lines text, wanted text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	commands jsonb;
	found text;
BEGIN
	SELECT jsonb_agg(command(trim(line, E' \t')) ORDER BY n) INTO commands
	FROM regexp_split_to_table(lines, E'\n') WITH ORDINALITY AS l(line, n) WHERE trim(line, E' \t') <> '';
	SELECT string_agg(status, ' ' ORDER BY ord) INTO found FROM wallet_execute(commands, atomic);
	IF found IS DISTINCT FROM wanted THEN
		RAISE EXCEPTION E'wanted %\n found %\n    of %', wanted, found, lines;
	END IF;
END $$;
