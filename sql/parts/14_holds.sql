-- What later commands need to know of earlier ones and an event's own row does not say.

CREATE TABLE wallet.hold (
	id uuid NOT NULL,
	event_id bigint NOT NULL,
	debit bigint NOT NULL,
	credit bigint NOT NULL,
	expires_at timestamptz,
	state smallint NOT NULL,
	amount numeric NOT NULL,
	remaining numeric NOT NULL,
	CONSTRAINT hold_pkey PRIMARY KEY (id)
) WITH (fillfactor = 80);

-- The open holds of an account in the order in which they expire.
CREATE INDEX hold_open_key ON wallet.hold (debit, expires_at, event_id) WHERE state = 1;

CREATE TABLE wallet.reversal (
	original uuid NOT NULL,
	event_id bigint NOT NULL,
	reversed numeric NOT NULL,
	CONSTRAINT reversal_pkey PRIMARY KEY (original)
);

SELECT pg_catalog.pg_extension_config_dump('wallet.hold', '');
SELECT pg_catalog.pg_extension_config_dump('wallet.reversal', '');

COMMENT ON TABLE wallet.hold IS 'One row per hold: how much of it remains. state: 1 open, 2 settled (captured or released), 3 expired and counted so. Written by the machine only; truth is wallet.event.';
COMMENT ON COLUMN wallet.hold.id IS 'The transaction_id of the command that placed it.';
COMMENT ON TABLE wallet.reversal IS 'One row per transfer, sweep or capture of which something was reversed, and how much. Written by the machine only.';
COMMENT ON COLUMN wallet.reversal.event_id IS 'The original''s event.';
