-- Groups of format-1.md, 7: that succeed, that fail by a member, that fail by an older refusal; with what their members bring forth.
\ir common.sql

SELECT run(true, $$
	define_currency code=COIN exponent=3 transaction_id=1
	define_currency code=GEM exponent=0 transaction_id=7
$$, 'success success');
SELECT run(true, $$
	open name=@world currency=COIN transaction_id=2 floor=null
	open name=alice currency=COIN transaction_id=3
	open name=@world currency=GEM transaction_id=8 floor=null
$$, 'success success success');
SELECT run(true, $$
	open name=bob currency=COIN transaction_id=4 parent=alice
	transfer from_account=@world to_account=alice amount=100 currency=COIN transaction_id=5
$$, 'success success');
SELECT run(true, $$ transfer from_account=alice to_account=bob amount=40.125 currency=COIN transaction_id=6 $$, 'success');

-- Fails at its third member; a definition, an opening and a hold of the group are undone.
SELECT run(true, $$
	define_currency code=RUBY exponent=1 transaction_id=9
	open name=carol currency=COIN transaction_id=10
	transfer from_account=alice to_account=bob amount=50 currency=COIN transaction_id=11
	transfer from_account=bob to_account=alice amount=90.126 currency=COIN transaction_id=12
	hold from_account=bob to_account=alice amount=1 currency=COIN transaction_id=13
$$, 'group_failed group_failed group_failed insufficient_funds group_failed');
SELECT run(true, $$
	hold from_account=alice to_account=bob amount=9 currency=COIN transaction_id=20 expires_at=1_day
	capture hold_id=20 transaction_id=21 amount=4 final=false
	release hold_id=20 transaction_id=22 amount=2
	reverse original=21 transaction_id=23 amount=1.5
	capture hold_id=20 transaction_id=24 amount=4
$$, 'group_failed group_failed group_failed group_failed exceeds_hold');
-- Those behind the guilty one were never stepped.
SELECT run(true, $$
	transfer from_account=alice to_account=bob amount=1000 currency=COIN transaction_id=111
	hold from_account=@world to_account=alice amount=50 currency=COIN transaction_id=114
	capture hold_id=114 transaction_id=115
	reverse original=115 transaction_id=116
	open name=kid currency=COIN transaction_id=112 parent=alice
	sweep from_account=alice to_account=bob up_to=1 currency=COIN transaction_id=113
	freeze name=bob currency=COIN transaction_id=117 reason=never
$$, 'insufficient_funds group_failed group_failed group_failed group_failed group_failed group_failed');
-- The same, and this time it goes well.
SELECT run(false, $$ open name=carol currency=COIN transaction_id=30 $$, 'success');
SELECT run(true, $$
	hold from_account=alice to_account=carol amount=9 currency=COIN transaction_id=31 expires_at=1_day
	capture hold_id=31 transaction_id=32 amount=4 final=false
	release hold_id=31 transaction_id=33 amount=2
	reverse original=32 transaction_id=34 amount=1.5
	capture hold_id=31 transaction_id=35 amount=2
	reverse original=35 transaction_id=36
$$, 'success success success success success success');

-- Fails by a refusal that was recorded before.
SELECT run(false, $$ transfer from_account=bob to_account=alice amount=1000 currency=COIN transaction_id=40 $$, 'insufficient_funds');
SELECT run(true, $$
	transfer from_account=alice to_account=bob amount=1 currency=COIN transaction_id=41
	transfer from_account=bob to_account=alice amount=1000 currency=COIN transaction_id=40
	sweep from_account=alice to_account=carol up_to=1 currency=COIN transaction_id=42
	set_floor name=alice currency=COIN floor=1 transaction_id=43
$$, 'group_failed insufficient_funds group_failed group_failed');

SELECT run(true, $$
	open name=dave currency=COIN transaction_id=44
	hold from_account=alice to_account=bob amount=1 currency=COIN transaction_id=45 expires_at=1_day
	transfer from_account=bob to_account=alice amount=1000 currency=COIN transaction_id=40
$$, 'group_failed group_failed insufficient_funds');

-- A member that is recorded already is not undone; a group of one; groups beside each other, and alone between them.
SELECT run(true, $$
	transfer from_account=alice to_account=bob amount=40.125 currency=COIN transaction_id=6
	transfer from_account=alice to_account=bob amount=1000 currency=COIN transaction_id=50
	freeze name=bob currency=COIN transaction_id=51
$$, 'success insufficient_funds group_failed');
SELECT run(true, $$ freeze name=bob currency=COIN transaction_id=52 reason=alone_in_its_group $$, 'success');
SELECT run(true, $$ unfreeze name=bob currency=COIN transaction_id=53 $$, 'success');
SELECT ord, status FROM wallet_transfers(
	ARRAY['alice', 'bob', 'alice', 'bob', 'alice', 'bob'], ARRAY['bob', 'alice', 'bob', 'alice', 'bob', 'alice'], ARRAY[1, 2, 3, 1000, 4, 5],
	ARRAY['COIN', 'COIN', 'COIN', 'COIN', 'COIN', 'COIN'], ARRAY[u(60), u(61), u(62), u(63), u(64), u(65)], ARRAY[1, 1, 2, 2, 3, 4]) \g /dev/null

-- What is due comes before the group, and is not undone with it.
SELECT run(false, $$ hold from_account=alice to_account=bob amount=3 currency=COIN transaction_id=70 expires_at=0.1_s $$, 'success');
SELECT pg_sleep(0.2);
SELECT run(true, $$
	capture hold_id=70 transaction_id=71
	transfer from_account=alice to_account=bob amount=1 currency=COIN transaction_id=72
$$, 'hold_expired group_failed');

-- Every other status as the guilty member.
SELECT run(true, $$
	set_ceiling name=carol currency=COIN ceiling=5 transaction_id=80
	transfer from_account=alice to_account=carol amount=5.001 currency=COIN transaction_id=81
$$, 'group_failed ceiling_exceeded');
SELECT run(true, $$
	set_spend_limit name=alice currency=COIN amount=2 window_seconds=60 transaction_id=82
	transfer from_account=alice to_account=carol amount=1 currency=COIN transaction_id=83
	transfer from_account=alice to_account=carol amount=1.001 currency=COIN transaction_id=84
$$, 'group_failed group_failed spend_limit_exceeded');
SELECT run(true, $$
	freeze name=alice currency=COIN transaction_id=85
	transfer from_account=alice to_account=carol amount=1 currency=COIN transaction_id=86
$$, 'group_failed account_frozen');
SELECT run(false, $$ open name=erin currency=COIN transaction_id=87 $$, 'success');
SELECT run(true, $$
	close name=erin currency=COIN transaction_id=88
	transfer from_account=alice to_account=erin amount=1 currency=COIN transaction_id=89
$$, 'group_failed account_closed');
SELECT run(true, $$
	transfer from_account=alice to_account=bob amount=1 currency=COIN transaction_id=90
	reverse original=90 transaction_id=91 amount=0.5
	reverse original=90 transaction_id=92 amount=0.501
$$, 'group_failed group_failed exceeds_original');
SELECT run(true, $$
	remove_floor name=alice currency=COIN transaction_id=93
	reverse original=93 transaction_id=94
$$, 'group_failed not_reversible');
SELECT run(true, $$
	transfer from_account=alice to_account=bob amount=1 currency=COIN transaction_id=95
	close name=alice currency=COIN transaction_id=96
$$, 'group_failed account_not_empty');
SELECT run(true, $$
	capture hold_id=31 transaction_id=97
	transfer from_account=alice to_account=bob amount=1 currency=COIN transaction_id=98
$$, 'hold_settled group_failed');
-- What the failed groups left can be named: a reversal of one of their members.
SELECT run(false, $$
	reverse original=11 transaction_id=99
	reverse original=114 transaction_id=118
	reverse original=112 transaction_id=119
$$, 'not_reversible not_reversible not_reversible');
