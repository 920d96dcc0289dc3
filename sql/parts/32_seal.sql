-- What the events were when they were sealed.

CREATE TABLE wallet.seal (
	block bigint NOT NULL,
	first_event bigint NOT NULL,
	last_event bigint NOT NULL,
	digest bytea NOT NULL,
	head bytea NOT NULL,
	CONSTRAINT seal_pkey PRIMARY KEY (block)
);

SELECT pg_catalog.pg_extension_config_dump('wallet.seal', '');

CREATE TRIGGER immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON wallet.seal FOR EACH STATEMENT EXECUTE FUNCTION wallet.refuse_change();
ALTER TABLE wallet.seal ENABLE ALWAYS TRIGGER immutable;

COMMENT ON TABLE wallet.seal IS 'One row per 256 events in event_id order, made once they are complete: their digest, and the head that it makes with all before it (doc/format-1.md, 3). Immutable.';
COMMENT ON COLUMN wallet.seal.block IS 'Events 256 * block to 256 * block + 255, counted from 0.';
