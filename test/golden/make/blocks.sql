-- More than two blocks of 256 events, with a last one that is not full; a chain past its second milestone; amounts of 38 digits.
\ir common.sql

SELECT run(false, $$
	open name=@world currency=KRW transaction_id=1 floor=null
	open name=rich currency=KRW transaction_id=2
	open name=poor currency=KRW transaction_id=3
	transfer from_account=@world to_account=rich amount=99999999999999999999999999999999999999 currency=KRW transaction_id=4
	transfer from_account=rich to_account=poor amount=1 currency=KRW transaction_id=5
$$, 'success success success success success');
SELECT count(*) AS done FROM generate_series(100, 699) AS n, LATERAL wallet_transfers(
	ARRAY[CASE WHEN n % 3 = 0 THEN 'poor' ELSE 'rich' END], ARRAY[CASE WHEN n % 3 = 0 THEN 'rich' ELSE 'poor' END],
	ARRAY[(n::numeric ^ (n % 12))::numeric(38, 0)], ARRAY['KRW'], ARRAY[u(n)], NULL, ARRAY[jsonb_build_object('n', n)]) \gset
