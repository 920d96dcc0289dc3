-- Goal: an account with an owner, and one without a floor, is debited only by its owner, the owner's members, the owner of the tables or a superuser;
-- anybody who may call the functions may pay into it. Every event records the session's user.
-- Method: five roles try each account through each door, in a transaction that is rolled back, so that no role is left.
\ir lib/setup.sql
SELECT plan(48);

BEGIN;
CREATE ROLE wt_admin;
CREATE ROLE wt_owner;
CREATE ROLE wt_member IN ROLE wt_owner;
CREATE ROLE wt_aside NOINHERIT IN ROLE wt_owner;
CREATE ROLE wt_teller;
CREATE ROLE wt_super SUPERUSER;
GRANT USAGE ON SCHEMA wallet TO wt_admin, wt_owner, wt_aside, wt_teller;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO wt_admin, wt_owner, wt_aside, wt_teller;
SELECT open('world', 'USD', NULL), open('plain') \g /dev/null
SELECT wallet_open('owned', 'USD', id(1), owner => 'wt_owner'), wallet_open('mint', 'USD', id(2), floor => NULL, owner => 'wt_owner'), wallet_open('gone', 'USD', id(3), owner => 'wt_super') \g /dev/null
SELECT pay('world', 'plain', 1000), pay('world', 'owned', 1000), pay('world', 'gone', 1000) \g /dev/null

-- What happens when the role takes 1 from the account: by name, in bulk and by id; what is answered, each answer once.
CREATE FUNCTION takes(role text, account_name text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	call text;
	result text := '';
	account_id bigint := account(account_name);
	plain_id bigint := account('plain');
BEGIN
	PERFORM set_config('role', role, true);
	FOREACH call IN ARRAY ARRAY[format('SELECT status FROM wallet_transfer(%L, %L, 1, ''USD'', wallet_uuid())', account_name, CASE account_name WHEN 'plain' THEN 'owned' ELSE 'plain' END),
			format('SELECT status FROM wallet_transfers(ARRAY[%L], ARRAY[%L], ''{1}'', ''{USD}'', ARRAY[wallet_uuid()])', account_name, CASE account_name WHEN 'plain' THEN 'owned' ELSE 'plain' END),
			format('SELECT status FROM wallet_transfers_by_id(ARRAY[%s], ARRAY[%s], ''{1}'', ARRAY[wallet_uuid()])', account_id, CASE account_name WHEN 'plain' THEN account_id + 0 ELSE plain_id END)] LOOP
		IF call LIKE '%by_id%' AND account_name = 'plain' THEN
			CONTINUE;
		END IF;
		DECLARE
			told text;
		BEGIN
			EXECUTE call INTO told;
			result := result || CASE WHEN strpos(result, told) > 0 THEN '' ELSE ' ' || told END;
		EXCEPTION WHEN insufficient_privilege THEN
			result := result || CASE WHEN strpos(result, SQLSTATE) > 0 THEN '' ELSE ' ' || SQLSTATE END;
		END;
	END LOOP;
	PERFORM set_config('role', 'none', true);
	RETURN trim(result);
END $$;
SELECT is(takes(role, account_name), wanted, format('%s takes from %s', role, account_name))
FROM (VALUES
	('wt_teller', 'plain', 'success'), ('wt_teller', 'world', '42501 insufficient_privilege'), ('wt_teller', 'owned', '42501 insufficient_privilege'), ('wt_teller', 'mint', '42501 insufficient_privilege'), ('wt_teller', 'gone', '42501 insufficient_privilege'),
	('wt_owner', 'plain', 'success'), ('wt_owner', 'world', '42501 insufficient_privilege'), ('wt_owner', 'owned', 'success'), ('wt_owner', 'mint', 'success'), ('wt_owner', 'gone', '42501 insufficient_privilege'),
	('wt_member', 'plain', 'success'), ('wt_member', 'world', '42501 insufficient_privilege'), ('wt_member', 'owned', 'success'), ('wt_member', 'mint', 'success'), ('wt_member', 'gone', '42501 insufficient_privilege'),
	('wt_aside', 'plain', 'success'), ('wt_aside', 'owned', '42501 insufficient_privilege'),
	('wt_super', 'world', 'success'), ('wt_super', 'owned', 'success'), ('wt_super', 'mint', 'success'), ('wt_super', 'gone', 'success'),
	('none', 'world', 'success'), ('none', 'owned', 'success'), ('none', 'gone', 'success')) AS v (role, account_name, wanted);

-- ---- the words
SET LOCAL ROLE wt_teller;
SELECT refuses($$ SELECT wallet_transfer('owned', 'plain', 1, 'USD', id(10)) $$, '42501', 'permission denied to debit the account', '{wt_owner,owned}', NULL, 'the detail names the owner');
SELECT refuses($$ SELECT wallet_transfer('world', 'plain', 1, 'USD', id(10)) $$, '42501', 'permission denied to debit the account', '{world,floor}', NULL, 'or says that there is no floor');
SELECT is(told('{10 plain owned 1 USD,11 owned plain 1 USD,12 plain owned 1 USD}'), 'success insufficient_privilege success', 'in bulk it is a status, and the rest goes on');
SELECT is(told('{15 plain owned 1 USD,16 owned plain 1 USD,17 plain owned 1 USD}', '{1,1,1}'), 'group_failed insufficient_privilege group_failed', 'in a group it is judged before stepping');
SELECT is(told('{15 plain owned 100000 USD,16 owned plain 1 USD}', '{1,1}'), 'group_failed insufficient_privilege', 'also when an earlier member has not the money');
SELECT is(told('{15 owned nobody 1 USD,16 owned owned 1 USD,17 owned plain 0.001 USD}'), 'account_not_found same_account invalid_scale', 'it is told after what comes before it in SPEC 10');
RESET ROLE;
SELECT is((SELECT string_agg(e.transaction_id::text, ' ' ORDER BY e.transaction_id) FROM wallet.event e WHERE e.transaction_id BETWEEN id(10) AND id(19)), id(10) || ' ' || id(12), 'it is never recorded');
SELECT is(told('{11 owned plain 1 USD}'), 'success', 'so that the id stays free for whoever may');
SET LOCAL ROLE wt_teller;
SELECT is((wallet_transfer('owned', 'plain', 1, 'USD', id(11))).replayed, true, 'and a replay asks nobody');
SELECT is((wallet_transfer('plain', 'world', 1, 'USD', id(18))).status, 'success', 'anybody may pay an account without a floor');
SELECT is((wallet_transfer('plain', 'owned', 1, 'USD', id(19))).status, 'success', 'and one with an owner');
RESET ROLE;

-- ---- owners come and go
GRANT wt_owner TO wt_teller;
SELECT is(takes('wt_teller', 'owned'), 'success', 'a member from now on');
REVOKE wt_owner FROM wt_teller;
SELECT is(takes('wt_teller', 'owned'), '42501 insufficient_privilege', 'and no longer');
ALTER ROLE wt_owner RENAME TO wt_owner_renamed;
SELECT is(takes('wt_owner_renamed', 'owned'), '42501 insufficient_privilege', 'the owner is a name: a role that is renamed is somebody else');
SELECT is(takes('wt_super', 'owned'), 'success', 'a superuser still may');
CREATE ROLE wt_owner;
GRANT USAGE ON SCHEMA wallet TO wt_owner;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO wt_owner;
SELECT is(takes('wt_owner', 'owned'), 'success', 'and who gets the name gets the right');

-- ---- the owner of the tables is an admin
SELECT is(takes('wt_admin', 'world'), '42501 insufficient_privilege', 'an admin to be');
DO $$ DECLARE r record; BEGIN FOR r IN SELECT relname FROM pg_class WHERE relnamespace = 'wallet'::regnamespace AND relkind = 'r' LOOP EXECUTE format('ALTER TABLE wallet.%I OWNER TO wt_admin', r.relname); END LOOP; END $$;
SELECT is(takes('wt_admin', 'world'), 'success', 'the owner of the tables');

-- ---- the actor
SELECT is((SELECT DISTINCT actor FROM wallet.event), session_user::text, 'SET ROLE does not change the actor');
SET SESSION AUTHORIZATION wt_super;
SELECT wallet_transfer('plain', 'owned', 1, 'USD', id(20)), bulk('{21 plain owned 1 USD}') \g /dev/null
RESET SESSION AUTHORIZATION;
SELECT is((SELECT array_agg(actor) FROM wallet.event WHERE transaction_id IN (id(20), id(21))), '{wt_super,wt_super}', 'the actor is the session''s user');
SELECT is((SELECT actor FROM wallet_get(id(20))), 'wt_super', 'which the journal shows');
SELECT sound();
ROLLBACK;

-- a function that runs as its owner lends its rights
BEGIN;
CREATE ROLE wt_clerk;
SELECT open('world', 'USD', NULL), open('x') \g /dev/null
CREATE FUNCTION topup(amount numeric) RETURNS text LANGUAGE sql SECURITY DEFINER AS $$ SELECT (wallet_transfer('world', 'x', amount, 'USD', wallet_uuid())).status $$;
SET LOCAL ROLE wt_clerk;
SELECT is(topup(5), 'success', 'SECURITY DEFINER is how rights are lent');
ROLLBACK;
SELECT is((SELECT count(*) FROM wallet.event), 0::bigint, 'none of this has happened');
SELECT * FROM finish();
