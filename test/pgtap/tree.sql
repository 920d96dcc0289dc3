-- Goal: accounts in a hierarchy, their places and their sums.
-- Method: a small tree in two currencies, sums by hand; money moves within and across it.
\ir lib/setup.sql
SELECT plan(13);
SELECT open('@world', 'USD', NULL), open('@world', 'EUR', NULL), open('firm'), open('firm', 'EUR') \g /dev/null
SELECT wallet_open('north', 'USD', id(1), parent => 'firm'), wallet_open('south', 'USD', id(2), parent => 'firm'),
	wallet_open('shop', 'USD', id(3), parent => 'north'), wallet_open('till', 'USD', id(4), parent => 'shop'), wallet_open('alone', 'USD', id(5)) \g /dev/null
SELECT pay('@world', 'firm', 1), pay('@world', 'north', 20), pay('@world', 'shop', 300), pay('@world', 'till', 4000), pay('@world', 'south', 50000), pay('@world', 'firm', 7, 'EUR') \g /dev/null

SELECT is(wallet_tree_balance('till', 'USD')::text, '4000.00', 'a leaf is its own balance');
SELECT is(wallet_tree_balance('shop', 'USD')::text, '4300.00', 'with what is below it');
SELECT is(wallet_tree_balance('north', 'USD')::text, '4320.00', 'over two levels');
SELECT is(wallet_tree_balance('firm', 'USD')::text, '54321.00', 'over three, and both branches');
SELECT is(wallet_tree_balance('firm', 'EUR')::text, '7.00', 'currencies do not mix');
SELECT is(wallet_tree_balance('alone', 'USD')::text, '0.00', 'an account without children');
SELECT is(wallet_tree_balance('nobody', 'USD'), NULL, 'no such account');
SELECT is(wallet_tree_balance('firm', NULL), NULL, 'no such currency');
SELECT pay('till', 'south', 1000) \g /dev/null
SELECT is(wallet_tree_balance('firm', 'USD')::text, '54321.00', 'what moves within the tree does not change its sum');
SELECT pay('till', 'alone', 21) \g /dev/null
SELECT is(wallet_tree_balance('firm', 'USD')::text, '54300.00', 'what leaves it does');
SELECT shows($$ SELECT name, currency, root, parent, depth, path, balance FROM wallet.tree WHERE root = 'firm' ORDER BY currency, path $$,
	$$ VALUES ('firm', 'EUR', 'firm', NULL::text, 0, '{firm}'::text[], 7.00), ('firm', 'USD', 'firm', NULL, 0, '{firm}', 1.00),
		('north', 'USD', 'firm', 'firm', 1, '{firm,north}', 20.00), ('shop', 'USD', 'firm', 'north', 2, '{firm,north,shop}', 300.00),
		('till', 'USD', 'firm', 'shop', 3, '{firm,north,shop,till}', 2979.00), ('south', 'USD', 'firm', 'firm', 1, '{firm,south}', 51000.00) $$,
	'the view shows each place');
SELECT is((fault_of($$ SELECT wallet_open('x', 'EUR', id(9), parent => 'north') $$)).sqlstate, 'WA002', 'a parent must exist in the same currency');
SELECT sound();
