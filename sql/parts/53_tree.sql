-- Hierarchy: an account may have a parent in the same currency, given when it is opened and never changed, so there are no cycles.

CREATE INDEX account_parent ON wallet.account (parent) WHERE parent IS NOT NULL;

CREATE VIEW wallet.tree AS
	WITH RECURSIVE tree AS (
		SELECT a.id, a.id AS root, a.parent, 0 AS depth, ARRAY[a.name] AS path
		FROM wallet.account a
		WHERE a.parent IS NULL
		UNION ALL
		SELECT a.id, t.root, a.parent, t.depth + 1, t.path || a.name
		FROM tree t
		JOIN wallet.account a ON a.parent = t.id)
	SELECT t.id AS account, a.name, a.currency, r.name AS root, p.name AS parent, t.depth, t.path, b.balance
	FROM tree t
	JOIN wallet.account a ON a.id = t.id
	JOIN wallet.account r ON r.id = t.root
	LEFT JOIN wallet.account p ON p.id = t.parent
	JOIN wallet.balance b ON b.account = t.id;
COMMENT ON VIEW wallet.tree IS 'Accounts with their place in the hierarchy: the root, the path of names from it, and the depth below it.';

CREATE FUNCTION @extschema@.wallet_tree_balance(name text, currency text) RETURNS numeric
	LANGUAGE sql STABLE PARALLEL SAFE
	AS $$ WITH RECURSIVE tree AS (
			  SELECT a.id FROM wallet.account a
			  WHERE a.name OPERATOR(pg_catalog.=) $1 AND a.currency OPERATOR(pg_catalog.=) $2
			  UNION ALL
			  SELECT a.id FROM tree t JOIN wallet.account a ON a.parent OPERATOR(pg_catalog.=) t.id)
		  SELECT pg_catalog.sum(b.balance) FROM tree t JOIN wallet.balance b ON b.account OPERATOR(pg_catalog.=) t.id $$;
COMMENT ON FUNCTION @extschema@.wallet_tree_balance(text, text) IS 'The balance of an account and of all below it; NULL if there is no such account.';
