\echo Use "CREATE EXTENSION wallet" to load this file. \quit
-- The schema wallet holds tables, views and types; functions go where CREATE EXTENSION was told.
DO $do$
DECLARE
	ns oid := (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'wallet');
BEGIN
	IF pg_catalog.getdatabaseencoding() <> 'UTF8' THEN
		RAISE EXCEPTION 'wallet needs a database with encoding UTF8'
			USING ERRCODE = 'feature_not_supported',
				  DETAIL = pg_catalog.format('This database has encoding %s.', pg_catalog.getdatabaseencoding()),
				  HINT = 'Create the database with ENCODING ''UTF8'' TEMPLATE template0.';
	END IF;

	IF ns IS NULL THEN
		CREATE SCHEMA wallet;
	ELSIF '@extschema@' OPERATOR(pg_catalog.<>) 'wallet' THEN
		RAISE EXCEPTION 'schema "wallet" exists already'
			USING ERRCODE = 'duplicate_schema',
				  HINT = 'Rename or drop it; if it is empty and yours, CREATE EXTENSION wallet SCHEMA wallet uses it.';
	ELSIF NOT EXISTS (SELECT FROM pg_catalog.pg_namespace n
					  JOIN pg_catalog.pg_roles r ON r.oid = n.nspowner
					  WHERE n.oid = ns AND r.rolname = current_user) THEN
		RAISE EXCEPTION 'schema "wallet" belongs to another role'
			USING ERRCODE = 'insufficient_privilege',
				  HINT = 'Only a schema owned by the installing role is used.';
	ELSIF EXISTS (SELECT FROM pg_catalog.pg_depend
				  WHERE refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND refobjid = ns AND deptype = 'n'
					AND classid <> 'pg_catalog.pg_extension'::pg_catalog.regclass) THEN
		RAISE EXCEPTION 'schema "wallet" is not empty'
			USING ERRCODE = 'duplicate_object',
				  HINT = 'Drop or move what is in it.';
	END IF;
END
$do$;
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
-- Made by tools/gen-status.sh from src/core/iso4217.def (active ISO 4217 codes, frozen in doc/format-1.md, 9); do not edit.
INSERT INTO wallet.currency (code, exponent, builtin) VALUES
	('AED', 2, true), ('AFN', 2, true), ('ALL', 2, true), ('AMD', 2, true), ('AOA', 2, true), ('ARS', 2, true),
	('AUD', 2, true), ('AWG', 2, true), ('AZN', 2, true), ('BAM', 2, true), ('BBD', 2, true), ('BDT', 2, true),
	('BHD', 3, true), ('BIF', 0, true), ('BMD', 2, true), ('BND', 2, true), ('BOB', 2, true), ('BOV', 2, true),
	('BRL', 2, true), ('BSD', 2, true), ('BTN', 2, true), ('BWP', 2, true), ('BYN', 2, true), ('BZD', 2, true),
	('CAD', 2, true), ('CDF', 2, true), ('CHE', 2, true), ('CHF', 2, true), ('CHW', 2, true), ('CLF', 4, true),
	('CLP', 0, true), ('CNY', 2, true), ('COP', 2, true), ('COU', 2, true), ('CRC', 2, true), ('CUP', 2, true),
	('CVE', 2, true), ('CZK', 2, true), ('DJF', 0, true), ('DKK', 2, true), ('DOP', 2, true), ('DZD', 2, true),
	('EGP', 2, true), ('ERN', 2, true), ('ETB', 2, true), ('EUR', 2, true), ('FJD', 2, true), ('FKP', 2, true),
	('GBP', 2, true), ('GEL', 2, true), ('GHS', 2, true), ('GIP', 2, true), ('GMD', 2, true), ('GNF', 0, true),
	('GTQ', 2, true), ('GYD', 2, true), ('HKD', 2, true), ('HNL', 2, true), ('HTG', 2, true), ('HUF', 2, true),
	('IDR', 2, true), ('ILS', 2, true), ('INR', 2, true), ('IQD', 3, true), ('IRR', 2, true), ('ISK', 0, true),
	('JMD', 2, true), ('JOD', 3, true), ('JPY', 0, true), ('KES', 2, true), ('KGS', 2, true), ('KHR', 2, true),
	('KMF', 0, true), ('KPW', 2, true), ('KRW', 0, true), ('KWD', 3, true), ('KYD', 2, true), ('KZT', 2, true),
	('LAK', 2, true), ('LBP', 2, true), ('LKR', 2, true), ('LRD', 2, true), ('LSL', 2, true), ('LYD', 3, true),
	('MAD', 2, true), ('MDL', 2, true), ('MGA', 2, true), ('MKD', 2, true), ('MMK', 2, true), ('MNT', 2, true),
	('MOP', 2, true), ('MRU', 2, true), ('MUR', 2, true), ('MVR', 2, true), ('MWK', 2, true), ('MXN', 2, true),
	('MXV', 2, true), ('MYR', 2, true), ('MZN', 2, true), ('NAD', 2, true), ('NGN', 2, true), ('NIO', 2, true),
	('NOK', 2, true), ('NPR', 2, true), ('NZD', 2, true), ('OMR', 3, true), ('PAB', 2, true), ('PEN', 2, true),
	('PGK', 2, true), ('PHP', 2, true), ('PKR', 2, true), ('PLN', 2, true), ('PYG', 0, true), ('QAR', 2, true),
	('RON', 2, true), ('RSD', 2, true), ('RUB', 2, true), ('RWF', 0, true), ('SAR', 2, true), ('SBD', 2, true),
	('SCR', 2, true), ('SDG', 2, true), ('SEK', 2, true), ('SGD', 2, true), ('SHP', 2, true), ('SLE', 2, true),
	('SOS', 2, true), ('SRD', 2, true), ('SSP', 2, true), ('STN', 2, true), ('SVC', 2, true), ('SYP', 2, true),
	('SZL', 2, true), ('THB', 2, true), ('TJS', 2, true), ('TMT', 2, true), ('TND', 3, true), ('TOP', 2, true),
	('TRY', 2, true), ('TTD', 2, true), ('TWD', 2, true), ('TZS', 2, true), ('UAH', 2, true), ('UGX', 0, true),
	('USD', 2, true), ('USN', 2, true), ('UYI', 0, true), ('UYU', 2, true), ('UYW', 4, true), ('UZS', 2, true),
	('VED', 2, true), ('VES', 2, true), ('VND', 0, true), ('VUV', 0, true), ('WST', 2, true), ('XAD', 2, true),
	('XAF', 0, true), ('XCD', 2, true), ('XCG', 2, true), ('XOF', 0, true), ('XPF', 0, true), ('YER', 2, true),
	('ZAR', 2, true), ('ZMW', 2, true), ('ZWG', 2, true);
-- Made by tools/gen-status.sh from src/core/status.def and status.c; do not edit.
INSERT INTO wallet.status (number, name, sqlstate, remembered, message, meaning, hint) VALUES
	(0, 'success', '00000', true, 'success', 'The command was carried out.', NULL),
	(1, 'insufficient_funds', 'WA001', true, 'insufficient funds', 'The payer would fall below its floor.', NULL),
	(2, 'account_not_found', 'WA002', false, 'account not found', 'No account has that name in that currency.', 'Open it with wallet_open.'),
	(3, 'account_frozen', 'WA003', true, 'account is frozen', 'A frozen account takes part in no new transfer or hold.', 'wallet_unfreeze lifts the freeze.'),
	(4, 'account_closed', 'WA004', true, 'account is closed', 'A closed account takes part in nothing.', NULL),
	(5, 'same_account', 'WA005', false, 'payer and payee are the same account', 'Money cannot be moved from an account to itself.', NULL),
	(6, 'invalid_amount', 'WA006', false, 'invalid amount', 'The amount is zero, negative, not a finite number, or missing where one is required.', NULL),
	(7, 'invalid_scale', 'WA007', false, 'amount has more decimals than the currency', 'Amounts are never rounded.', 'Round the amount before asking.'),
	(8, 'amount_overflow', 'WA008', false, 'amount is out of range', 'The amount or a resulting balance needs more than 38 digits.', NULL),
	(9, 'unknown_currency', 'WA009', false, 'unknown currency', 'The code is neither built in nor defined.', 'Define it with wallet_define_currency.'),
	(10, 'transaction_id_conflict', 'WA010', false, 'transaction id was used for a different command', 'Same id, other content. The detail names the field.', 'Use a new id for a new command, and the same id with the same content for a retry.'),
	(11, 'hold_not_found', 'WA011', false, 'hold not found', 'No hold has that id.', NULL),
	(12, 'hold_settled', 'WA012', true, 'hold is settled', 'Nothing is left of the hold: captured or released.', NULL),
	(13, 'hold_expired', 'WA013', true, 'hold has expired', 'The hold cannot be captured from expires_at on.', NULL),
	(14, 'exceeds_hold', 'WA014', true, 'amount exceeds what remains of the hold', 'More was asked than remains.', NULL),
	(15, 'exceeds_original', 'WA015', true, 'amount exceeds what is left to reverse', 'More was asked than has not been reversed yet.', NULL),
	(16, 'not_reversible', 'WA016', true, 'event cannot be reversed', 'Only a transfer, sweep or capture can be reversed.', NULL),
	(17, 'ceiling_exceeded', 'WA017', true, 'ceiling exceeded', 'The payee would rise above its ceiling.', NULL),
	(18, 'spend_limit_exceeded', 'WA018', true, 'spending limit exceeded', 'The payer would spend more than its limit in this window.', NULL),
	(19, 'group_failed', 'WA019', true, 'another command of the group was refused', 'Commands of a group stand or fall together.', NULL),
	(20, 'account_exists', 'WA020', false, 'account exists', 'An account with that name and currency was opened before.', NULL),
	(21, 'account_not_empty', 'WA021', true, 'account is not empty', 'Closing needs balance 0, no open hold and nothing on its way.', NULL),
	(22, 'version_conflict', 'WA022', false, 'account version does not match', 'The account changed since the version that was given.', 'Read the account again and decide again.'),
	(23, 'invalid_name', 'WA023', false, 'invalid account name', 'Names have 1 to 255 bytes and do not begin with @transit:.', NULL),
	(24, 'invalid_argument', 'WA024', false, 'invalid argument', 'An argument has a value that it cannot have.', NULL),
	(25, 'invalid_effective_at', 'WA025', false, 'effective_at lies in the future', 'effective_at cannot be later than the event.', NULL),
	(26, 'metadata_too_large', 'WA026', false, 'metadata is too large', 'Metadata may have 65536 bytes as text.', 'Keep large documents elsewhere and put a reference here.'),
	(27, 'cancelled', 'WA027', false, 'command was cancelled', 'The command was cancelled before it was applied.', NULL),
	(28, 'original_not_found', 'WA028', false, 'original not found', 'No event has that transaction id.', NULL),
	(30, 'queue_full', 'WA030', false, 'queue is full', 'The engine''s queue has no room.', 'Try again.'),
	(31, 'engine_unavailable', 'WA031', false, 'engine is not available', 'No worker serves this database, or it is paused.', NULL),
	(32, 'outcome_unknown', 'WA032', false, 'outcome is not known yet', 'The command was handed over; what became of it is not known here.', 'Ask again with the same id.'),
	(33, 'wallet_in_transaction', 'WA033', false, 'transaction has already written to the wallet', 'Waiting for the engine here could wait for this very transaction.', NULL),
	(34, 'clock_unsafe', 'WA034', false, 'clock is not safe', 'The clock and the newest event are too far apart.', 'Set the clock right; see wallet.max_clock_step.'),
	(40, 'shard_unavailable', 'WA040', false, 'shard is not available', 'The other shard did not answer.', 'Try again.'),
	(41, 'wrong_shard', 'WA041', false, 'account lives on another shard', 'The detail names the shard.', NULL),
	(42, 'insufficient_privilege', '42501', false, 'permission denied to debit the account', 'Only its owner or an admin may debit an account that has an owner or no floor.', NULL),
	(90, 'ledger_corrupt', 'WA090', false, 'ledger would break an invariant', 'Nothing was written.', 'Run wallet_verify(thorough => true) and keep this server as it is.'),
	(200, 'queued', NULL, false, 'queued', 'Not decided yet.', NULL),
	(201, 'pending', NULL, false, 'pending', 'Not decided yet: a protocol is under way.', NULL);

INSERT INTO wallet.kind (number, name) VALUES
	(1, 'define_currency'),
	(2, 'open'),
	(3, 'transfer'),
	(4, 'hold'),
	(5, 'capture'),
	(6, 'release'),
	(7, 'expire'),
	(8, 'reverse'),
	(9, 'sweep'),
	(10, 'freeze'),
	(11, 'unfreeze'),
	(12, 'close'),
	(13, 'set_floor'),
	(14, 'remove_floor'),
	(15, 'set_ceiling'),
	(16, 'set_spend_limit'),
	(17, 'snapshot'),
	(18, 'redact'),
	(19, 'rebuild'),
	(20, 'try_debit'),
	(21, 'try_credit'),
	(22, 'confirm_debit'),
	(23, 'confirm_credit'),
	(24, 'cancel_debit'),
	(25, 'cancel_credit'),
	(26, 'transit'),
	(27, 'compensate');
-- The past does not change, for superusers neither.  ALWAYS: also while replication or a restore runs with session_replication_role = replica.
CREATE FUNCTION wallet.refuse_change() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'wallet_sql_refuse_change';
COMMENT ON FUNCTION wallet.refuse_change() IS 'Trigger of the immutable tables: refuses UPDATE, DELETE and TRUNCATE.';
REVOKE ALL ON FUNCTION wallet.refuse_change() FROM PUBLIC;

CREATE TRIGGER immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON wallet.event FOR EACH STATEMENT EXECUTE FUNCTION wallet.refuse_change();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON wallet.account FOR EACH STATEMENT EXECUTE FUNCTION wallet.refuse_change();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON wallet.currency FOR EACH STATEMENT EXECUTE FUNCTION wallet.refuse_change();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON wallet.milestone FOR EACH STATEMENT EXECUTE FUNCTION wallet.refuse_change();
ALTER TABLE wallet.event ENABLE ALWAYS TRIGGER immutable;
ALTER TABLE wallet.account ENABLE ALWAYS TRIGGER immutable;
ALTER TABLE wallet.currency ENABLE ALWAYS TRIGGER immutable;
ALTER TABLE wallet.milestone ENABLE ALWAYS TRIGGER immutable;

-- DROP EXTENSION is refused by the library; in a session that has not loaded it yet, this does.
CREATE FUNCTION wallet.load_guard() RETURNS event_trigger LANGUAGE c AS 'MODULE_PATHNAME', 'wallet_sql_load_guard';
COMMENT ON FUNCTION wallet.load_guard() IS 'Event trigger that only loads the library, whose hook refuses to drop the extension unless wallet.allow_drop is on.';
REVOKE ALL ON FUNCTION wallet.load_guard() FROM PUBLIC;
CREATE EVENT TRIGGER wallet_load_guard ON ddl_command_start
	WHEN TAG IN ('DROP EXTENSION', 'DROP SCHEMA', 'DROP OWNED') EXECUTE FUNCTION wallet.load_guard();
ALTER EVENT TRIGGER wallet_load_guard ENABLE ALWAYS;
COMMENT ON EVENT TRIGGER wallet_load_guard IS 'Loads wallet before anything could drop it.';
-- Helpers that touch no table.

CREATE FUNCTION @extschema@.wallet_uuid() RETURNS uuid
	LANGUAGE c VOLATILE PARALLEL SAFE AS 'MODULE_PATHNAME', 'wallet_sql_uuid';
COMMENT ON FUNCTION @extschema@.wallet_uuid() IS 'A new time-ordered id (UUID version 7): transaction ids made by it are also the fastest to store.';

CREATE FUNCTION @extschema@.wallet_event_time(event_id bigint) RETURNS timestamptz
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'wallet_sql_event_time';
COMMENT ON FUNCTION @extschema@.wallet_event_time(bigint) IS 'The moment of an event: its id is microseconds since 1970-01-01 UTC.';

-- Commands.

CREATE FUNCTION @extschema@.wallet_define_currency(code text, exponent integer, transaction_id uuid) RETURNS wallet.receipt
	LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'wallet_sql_define_currency';
COMMENT ON FUNCTION @extschema@.wallet_define_currency(text, integer, uuid) IS 'Adds a currency code with its number of decimals (0 to 30), for ever.';

CREATE FUNCTION @extschema@.wallet_open(name text, currency text, transaction_id uuid,
	floor numeric DEFAULT 0, ceiling numeric DEFAULT NULL, parent text DEFAULT NULL,
	owner text DEFAULT NULL, metadata jsonb DEFAULT NULL) RETURNS bigint
	LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'wallet_sql_open';
COMMENT ON FUNCTION @extschema@.wallet_open(text, text, uuid, numeric, numeric, text, text, jsonb) IS 'Opens an account and returns its id. floor: lowest balance it may reach, NULL for none (the outside world); ceiling: highest, NULL for none.';

CREATE FUNCTION @extschema@.wallet_transfer(from_account text, to_account text, amount numeric, currency text,
	transaction_id uuid, metadata jsonb DEFAULT NULL, effective_at timestamptz DEFAULT NULL,
	expected_version bigint DEFAULT NULL) RETURNS wallet.receipt
	LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'wallet_sql_transfer';
COMMENT ON FUNCTION @extschema@.wallet_transfer(text, text, numeric, text, uuid, jsonb, timestamptz, bigint) IS 'Moves money inside the caller''s transaction; a refusal raises an error. The same transaction_id again gives the first receipt.';

CREATE FUNCTION @extschema@.wallet_transfers(from_accounts text[], to_accounts text[], amounts numeric[], currencies text[],
	transaction_ids uuid[], groups integer[] DEFAULT NULL, metadatas jsonb[] DEFAULT NULL,
	atomic boolean DEFAULT false) RETURNS SETOF wallet.outcome
	LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1000 AS 'MODULE_PATHNAME', 'wallet_sql_transfers';
COMMENT ON FUNCTION @extschema@.wallet_transfers(text[], text[], numeric[], text[], uuid[], integer[], jsonb[], boolean) IS 'Up to 65,536 transfers in order, one status each; neighbours with the same group number stand or fall together, atomic makes all one group.';

CREATE FUNCTION @extschema@.wallet_transfers_by_id(from_ids bigint[], to_ids bigint[], amounts numeric[],
	transaction_ids uuid[], groups integer[] DEFAULT NULL, atomic boolean DEFAULT false) RETURNS SETOF wallet.outcome
	LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1000 AS 'MODULE_PATHNAME', 'wallet_sql_transfers_by_id';
COMMENT ON FUNCTION @extschema@.wallet_transfers_by_id(bigint[], bigint[], numeric[], uuid[], integer[], boolean) IS 'wallet_transfers with accounts named by id.';

-- Looking back.

CREATE FUNCTION @extschema@.wallet_horizon() RETURNS bigint
	LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'wallet_sql_horizon';
COMMENT ON FUNCTION @extschema@.wallet_horizon() IS 'No event with a smaller or equal id can still appear. NULL on a standby that has been told none.';

CREATE FUNCTION @extschema@.wallet_replay(until_event bigint DEFAULT NULL)
	RETURNS TABLE (account bigint, name text, currency text, balance numeric, held numeric, status text, version bigint)
	LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 10000 AS 'MODULE_PATHNAME', 'wallet_sql_replay';
COMMENT ON FUNCTION @extschema@.wallet_replay(bigint) IS 'Every account as the events alone say, run again from nothing through the machine; until an event, or all that this snapshot sees.';

CREATE FUNCTION @extschema@.wallet_verify(thorough boolean DEFAULT false)
	RETURNS TABLE (check_name text, ok boolean, examined bigint, detail text)
	LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 10 AS 'MODULE_PATHNAME', 'wallet_sql_verify';
COMMENT ON FUNCTION @extschema@.wallet_verify(boolean) IS 'Proves the ledger and names what is broken and where: one row per check. thorough adds a recomputation in plain SQL.';
-- What people read.  Kinds that move money: transfer 3, capture 5, reverse 8, sweep 9, confirm 22 and 23, transit 26, compensate 27.

CREATE VIEW wallet.accounts AS
	SELECT a.name, a.currency, b.balance, b.held,
		   b.balance - b.held - b.floor AS available,
		   CASE b.status WHEN 1 THEN 'open' WHEN 2 THEN 'frozen' WHEN 3 THEN 'closed' END AS status
	FROM wallet.account a
	JOIN wallet.balance b ON b.account = a.id;
COMMENT ON VIEW wallet.accounts IS 'Accounts with their balance; available is NULL where an account has no floor.';

CREATE VIEW wallet.journal AS
	SELECT e.event_id,
		   @extschema@.wallet_event_time(e.event_id) AS recorded_at,
		   e.transaction_id, e.leg, k.name AS kind, s.name AS status,
		   d.name AS from_account, c.name AS to_account,
		   COALESCE(c.currency, d.currency) AS currency,
		   e.requested, e.amount,
		   e.debit_balance + moved.out AS from_balance_before, e.debit_balance AS from_balance_after,
		   e.credit_balance - moved.out AS to_balance_before, e.credit_balance AS to_balance_after,
		   e.debit_held AS from_held_after,
		   e.debit_version AS from_version, e.credit_version AS to_version,
		   e.final, e.related, e.group_first, e.cause, e.effective_at, e.expires_at, e.actor, e.metadata, e.metadata_digest, e.detail, e.format
	FROM wallet.event e
	CROSS JOIN LATERAL (SELECT CASE WHEN e.status = 0 AND e.kind IN (3, 5, 8, 9, 22, 23, 26, 27) THEN e.amount ELSE 0 END AS out) moved
	LEFT JOIN wallet.kind k ON k.number = e.kind
	LEFT JOIN wallet.status s ON s.number = e.status
	LEFT JOIN wallet.account d ON d.id = e.debit
	LEFT JOIN wallet.account c ON c.id = e.credit;
COMMENT ON VIEW wallet.journal IS 'Events for people: names, currencies, kind and status in words, balances before and after. Of a refusal before and after are what it saw.';

CREATE VIEW wallet.entry AS
	SELECT a.id AS account, a.name, a.currency, e.event_id,
		   @extschema@.wallet_event_time(e.event_id) AS recorded_at,
		   COALESCE(e.effective_at, @extschema@.wallet_event_time(e.event_id)) AS effective_at,
		   e.transaction_id, k.name AS kind,
		   side.amount,
		   side.balance_after - side.amount AS balance_before, side.balance_after,
		   side.version, other.name AS counterparty, e.metadata
	FROM wallet.event e
	CROSS JOIN LATERAL (VALUES
		(e.debit, e.credit, -e.amount, e.debit_balance, e.debit_version),
		(e.credit, e.debit, e.amount, e.credit_balance, e.credit_version))
		AS side (account, other, amount, balance_after, version)
	JOIN wallet.account a ON a.id = side.account
	JOIN wallet.account other ON other.id = side.other
	JOIN wallet.kind k ON k.number = e.kind
	WHERE e.status = 0 AND e.kind IN (3, 5, 8, 9, 22, 23, 26, 27);
COMMENT ON VIEW wallet.entry IS 'One row per account whose balance an event changed: signed amount, balance before and after, counterparty.';

CREATE FUNCTION @extschema@.wallet_balance(name text, currency text) RETURNS numeric
	LANGUAGE sql STABLE PARALLEL SAFE
	AS $$ SELECT b.balance FROM wallet.account a JOIN wallet.balance b ON b.account OPERATOR(pg_catalog.=) a.id
		  WHERE a.name OPERATOR(pg_catalog.=) $1 AND a.currency OPERATOR(pg_catalog.=) $2 $$;
COMMENT ON FUNCTION @extschema@.wallet_balance(text, text) IS 'The balance of an account in major units; NULL if there is no such account.';

CREATE FUNCTION @extschema@.wallet_account(name text, currency text)
	RETURNS TABLE (account bigint, balance numeric, held numeric, available numeric, status text, floor numeric, ceiling numeric,
				   version bigint, last_event bigint, parent bigint, owner text, metadata jsonb)
	LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
	AS $$ SELECT a.id, b.balance, b.held,
				 b.balance OPERATOR(pg_catalog.-) b.held OPERATOR(pg_catalog.-) b.floor,
				 CASE WHEN b.status OPERATOR(pg_catalog.=) 1 THEN 'open'
					  WHEN b.status OPERATOR(pg_catalog.=) 2 THEN 'frozen'
					  WHEN b.status OPERATOR(pg_catalog.=) 3 THEN 'closed' END,
				 b.floor, b.ceiling, b.version, b.last_event, a.parent, a.owner, a.metadata
		  FROM wallet.account a JOIN wallet.balance b ON b.account OPERATOR(pg_catalog.=) a.id
		  WHERE a.name OPERATOR(pg_catalog.=) $1 AND a.currency OPERATOR(pg_catalog.=) $2 $$;
COMMENT ON FUNCTION @extschema@.wallet_account(text, text) IS 'The state of one account: balance, held, available (NULL without a floor), status, limits, version; no row if there is none.';

CREATE FUNCTION @extschema@.wallet_get(transaction_id uuid) RETURNS SETOF wallet.journal
	LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
	AS $$ SELECT * FROM wallet.journal j WHERE j.transaction_id OPERATOR(pg_catalog.=) $1 ORDER BY j.leg $$;
COMMENT ON FUNCTION @extschema@.wallet_get(uuid) IS 'The events that were recorded for a transaction_id.';
-- Nothing is granted to PUBLIC.
DO $do$
DECLARE
	f pg_catalog.regprocedure;
BEGIN
	FOR f IN
		SELECT p.oid FROM pg_catalog.pg_proc p
		JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid
		JOIN pg_catalog.pg_extension e ON d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.refobjid = e.oid
		WHERE d.deptype = 'e' AND e.extname = 'wallet'
	LOOP
		EXECUTE pg_catalog.format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
	END LOOP;
END
$do$;
