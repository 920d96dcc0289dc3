-- Metadata erased, a derived row computed again: events that move nothing.
\ir common.sql

SELECT run(false, $$
	open name=@world currency=EUR transaction_id=1 floor=null
	open name=alice currency=EUR transaction_id=2 metadata={"name":"Alice"}
	transfer from_account=@world to_account=alice amount=10 currency=EUR transaction_id=3 metadata={"iban":"secret"}
	hold from_account=alice to_account=@world amount=4 currency=EUR transaction_id=4
$$, 'success success success success');
SELECT status FROM wallet_redact(u(3), u(10)) \g /dev/null
SELECT status FROM wallet_redact(u(2), u(11)) \g /dev/null
UPDATE wallet.balance SET balance = 11 WHERE account = (SELECT id FROM wallet.account WHERE name = 'alice');
SELECT what FROM wallet_rebuild('alice', 'EUR') \g /dev/null
SELECT run(false, $$
	reverse original=3 transaction_id=12
	reverse original=10 transaction_id=13
	reverse original=3 transaction_id=14 amount=6
	capture hold_id=4 transaction_id=15
$$, 'insufficient_funds not_reversible success success');
