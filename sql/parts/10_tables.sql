-- Truth is wallet.event; everything else follows from it.  No foreign keys and no sequences: pg_restore loads tables in any order.

CREATE TABLE wallet.event (
	event_id bigint NOT NULL,
	transaction_id uuid NOT NULL,
	leg smallint NOT NULL,
	kind smallint NOT NULL,
	status smallint NOT NULL,
	format smallint NOT NULL,
	debit bigint,
	credit bigint,
	debit_version bigint,
	credit_version bigint,
	debit_prev bigint,
	credit_prev bigint,
	group_first bigint,
	cause bigint,
	effective_at timestamptz,
	expires_at timestamptz,
	expected_version bigint,
	related uuid,
	final boolean,
	requested numeric,
	amount numeric,
	debit_balance numeric,
	credit_balance numeric,
	debit_held numeric,
	actor text NOT NULL,
	detail bytea,
	metadata_digest bytea,
	metadata jsonb,
	CONSTRAINT event_pkey PRIMARY KEY (event_id),
	CONSTRAINT event_transaction_id_leg_key UNIQUE (transaction_id, leg)
);

CREATE TABLE wallet.account (
	id bigint NOT NULL,
	parent bigint,
	name text COLLATE "C" NOT NULL,
	currency text COLLATE "C" NOT NULL,
	owner text,
	metadata jsonb,
	CONSTRAINT account_pkey PRIMARY KEY (id),
	CONSTRAINT account_name_currency_key UNIQUE (name, currency)
);

-- Narrow and hot: only the primary key, and room on each page for new versions of its rows.
CREATE TABLE wallet.balance (
	account bigint NOT NULL,
	version bigint NOT NULL,
	last_event bigint NOT NULL,
	guard_event bigint NOT NULL,
	next_expiry bigint,
	window_number bigint,
	window_seconds integer,
	inbound integer NOT NULL,
	status smallint NOT NULL,
	exponent smallint NOT NULL,
	owned boolean NOT NULL,
	currency text COLLATE "C" NOT NULL,
	balance numeric NOT NULL,
	held numeric NOT NULL,
	floor numeric,
	ceiling numeric,
	reserved numeric,
	spend_limit numeric,
	spent numeric,
	CONSTRAINT balance_pkey PRIMARY KEY (account)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

-- A user's definition of a code wins over a built-in one that a later release brings: hence two rows are possible.
CREATE TABLE wallet.currency (
	code text COLLATE "C" NOT NULL,
	exponent smallint NOT NULL,
	builtin boolean NOT NULL DEFAULT false,
	defined_by bigint,
	CONSTRAINT currency_pkey PRIMARY KEY (code, builtin)
);

CREATE TABLE wallet.milestone (
	account bigint NOT NULL,
	event_id bigint NOT NULL,
	version bigint NOT NULL,
	balance numeric NOT NULL,
	held numeric NOT NULL,
	CONSTRAINT milestone_pkey PRIMARY KEY (account, event_id)
);

CREATE TABLE wallet.status (
	number smallint NOT NULL PRIMARY KEY,
	name text NOT NULL UNIQUE,
	sqlstate text,
	remembered boolean NOT NULL,
	message text NOT NULL,
	meaning text NOT NULL,
	hint text
);

CREATE TABLE wallet.kind (
	number smallint NOT NULL PRIMARY KEY,
	name text NOT NULL UNIQUE
);

SELECT pg_catalog.pg_extension_config_dump('wallet.event', '');
SELECT pg_catalog.pg_extension_config_dump('wallet.account', '');
SELECT pg_catalog.pg_extension_config_dump('wallet.balance', '');
SELECT pg_catalog.pg_extension_config_dump('wallet.milestone', '');
SELECT pg_catalog.pg_extension_config_dump('wallet.currency', 'WHERE NOT builtin');

CREATE TYPE wallet.receipt AS (
	status text,
	transaction_id uuid,
	event_id bigint,
	recorded_at timestamptz,
	amount numeric,
	from_balance numeric,
	to_balance numeric,
	replayed boolean
);

CREATE TYPE wallet.outcome AS (
	ord integer,
	status text,
	transaction_id uuid,
	event_id bigint,
	recorded_at timestamptz,
	amount numeric,
	from_balance numeric,
	to_balance numeric,
	replayed boolean
);

COMMENT ON SCHEMA wallet IS 'Tables, views and types of the extension wallet: read them, never write them.';
COMMENT ON TABLE wallet.event IS 'Every command that was decided for good, in the order of event_id. Immutable; the truth from which all else can be computed (doc/format-1.md).';
COMMENT ON TABLE wallet.account IS 'One row per account: a balance of one name in one currency. Immutable; id is the event_id of its opening.';
COMMENT ON TABLE wallet.balance IS 'One row per account: the state that the events add up to. Written by the machine only. status: 1 open, 2 frozen, 3 closed; money in major units.';
COMMENT ON COLUMN wallet.balance.guard_event IS 'Newest event whose decision read this account, refusals included.';
COMMENT ON COLUMN wallet.balance.last_event IS 'Newest event of this account''s chain.';
COMMENT ON COLUMN wallet.balance.owned IS 'The account has an owner: whoever debits it is checked against account.owner.';
COMMENT ON COLUMN wallet.balance.reserved IS 'Room kept under the ceiling for money on its way from other shards.';
COMMENT ON TABLE wallet.currency IS 'Currency codes and their number of decimals; builtin are the active ISO 4217 codes. Immutable.';
COMMENT ON TABLE wallet.milestone IS 'Balance and held after every 256th event of an account: where a look into the past starts. Immutable.';
COMMENT ON TABLE wallet.status IS 'Every answer a command can get, with its SQLSTATE; remembered ones are given again to the same transaction_id for ever.';
COMMENT ON TABLE wallet.kind IS 'Kinds of events.';
COMMENT ON TYPE wallet.receipt IS 'What a command answers: status, its ids, the amount moved, both balances after, and whether this is the answer to a repeated request.';
COMMENT ON TYPE wallet.outcome IS 'A receipt of a bulk call; ord is the position of the command, from 1.';
