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
