-- Every kind of command alone, and every status that this build can record outside a group.
\ir common.sql

SELECT run(false, $$
	define_currency code=POINTS exponent=0 transaction_id=1
	define_currency code=WEI.30 exponent=30 transaction_id=2
	open name=@world currency=USD transaction_id=3 floor=null
	open name=alice currency=USD transaction_id=4 metadata={"kyc":true}
	open name=bob currency=USD transaction_id=5 ceiling=1000.00
	open name=carol currency=USD transaction_id=6 floor=-50.00 parent=alice
	open name=shop currency=USD transaction_id=7 owner=postgres
	open name=@mint currency=POINTS transaction_id=8 floor=null
	open name=alice currency=POINTS transaction_id=9
	open name=@tap currency=WEI.30 transaction_id=10 floor=null
	open name=Δήμητρα currency=WEI.30 transaction_id=11
$$, 'success success success success success success success success success success success');
-- Names and owners that a careless printer would spoil.
SELECT wallet_open(E'tab\there\\back\nline', 'USD', u(12));
SELECT wallet_open(repeat('é', 127), 'USD', u(13), owner => 'pg_monitor');

-- 3 transfer, and what it may be refused for
SELECT run(false, $$
	transfer from_account=@world to_account=alice amount=500.00 currency=USD transaction_id=20
	transfer from_account=@world to_account=carol amount=100.01 currency=USD transaction_id=21 metadata={"a":[1,2]}
	transfer from_account=alice to_account=bob amount=20.50 currency=USD transaction_id=22 effective_at=-3_days
	transfer from_account=alice to_account=bob amount=1 currency=USD transaction_id=23 expected_version=3
	transfer from_account=alice to_account=bob amount=500 currency=USD transaction_id=24
	transfer from_account=carol to_account=bob amount=150.01 currency=USD transaction_id=25
	transfer from_account=carol to_account=bob amount=0.01 currency=USD transaction_id=26
	transfer from_account=@world to_account=bob amount=2000 currency=USD transaction_id=27
	transfer from_account=@mint to_account=alice amount=7 currency=POINTS transaction_id=28
	transfer from_account=@tap to_account=Δήμητρα amount=12345678.123456789012345678901234567890 currency=WEI.30 transaction_id=29
$$, 'success success success success insufficient_funds success insufficient_funds ceiling_exceeded success success');

-- 9 sweep
SELECT run(false, $$
	sweep from_account=carol to_account=bob up_to=10 currency=USD transaction_id=30
	sweep from_account=bob to_account=carol up_to=100000 currency=USD transaction_id=31
	sweep from_account=bob to_account=carol up_to=1 currency=USD transaction_id=32
	sweep from_account=@world to_account=alice up_to=3 currency=USD transaction_id=33
$$, 'insufficient_funds success insufficient_funds success');

-- 4, 5, 6 hold, capture, release
SELECT run(false, $$
	hold from_account=alice to_account=shop amount=100 currency=USD transaction_id=40
	hold from_account=alice to_account=shop amount=50 currency=USD transaction_id=41 expires_at=1_day metadata={"order":7}
	hold from_account=alice to_account=bob amount=1000 currency=USD transaction_id=42
	transfer from_account=alice to_account=bob amount=333 currency=USD transaction_id=39
	capture hold_id=40 transaction_id=43 amount=30 final=false
	capture hold_id=40 transaction_id=44 amount=71 final=false
	release hold_id=40 transaction_id=45 amount=10
	release hold_id=40 transaction_id=46 amount=61
	capture hold_id=40 transaction_id=47 amount=20
	capture hold_id=40 transaction_id=48
	release hold_id=40 transaction_id=49
	capture hold_id=41 transaction_id=50
	release hold_id=41 transaction_id=51
	hold from_account=alice to_account=bob amount=5 currency=USD transaction_id=52
	release hold_id=52 transaction_id=53
$$, 'success success insufficient_funds insufficient_funds success exceeds_hold success exceeds_hold success hold_settled hold_settled success hold_settled success success');

-- 7 expire: two holds of one account in one event, a third that is settled before, a fourth that outlives them.
SELECT run(false, $$
	hold from_account=alice to_account=bob amount=11 currency=USD transaction_id=60 expires_at=0.30_s
	hold from_account=alice to_account=bob amount=12 currency=USD transaction_id=61 expires_at=0.31_s
	hold from_account=alice to_account=bob amount=13 currency=USD transaction_id=62 expires_at=0.32_s
	hold from_account=alice to_account=bob amount=14 currency=USD transaction_id=63 expires_at=30_days
	capture hold_id=60 transaction_id=64 amount=1 final=false
	release hold_id=61 transaction_id=65
$$, 'success success success success success success');
SELECT pg_sleep(0.5);
SELECT run(false, $$
	capture hold_id=60 transaction_id=66 amount=1
	capture hold_id=61 transaction_id=67
	release hold_id=62 transaction_id=68
	capture hold_id=63 transaction_id=69 amount=4 final=false
$$, 'hold_expired hold_settled hold_expired success');
-- Due because its payee's command comes, not its own.
SELECT run(false, $$ hold from_account=carol to_account=bob amount=2 currency=USD transaction_id=70 expires_at=0.1_s $$, 'success');
SELECT pg_sleep(0.2);
SELECT run(false, $$ transfer from_account=alice to_account=carol amount=1 currency=USD transaction_id=71 $$, 'success');

-- 8 reverse
SELECT run(false, $$
	reverse original=22 transaction_id=80 amount=20
	transfer from_account=@world to_account=bob amount=40 currency=USD transaction_id=81
	reverse original=22 transaction_id=82 amount=0.50
	reverse original=22 transaction_id=83 amount=20.01
	reverse original=22 transaction_id=84
	reverse original=22 transaction_id=85
	reverse original=43 transaction_id=86 amount=1.25
	reverse original=31 transaction_id=87 amount=1
	reverse original=40 transaction_id=88
	reverse original=24 transaction_id=89
	reverse original=1 transaction_id=90
	reverse original=4 transaction_id=91
	reverse original=82 transaction_id=92 amount=3
$$, 'insufficient_funds success success exceeds_original success exceeds_original success success not_reversible not_reversible not_reversible not_reversible not_reversible');

-- 10, 11 freeze, unfreeze
SELECT run(false, $$
	freeze name=carol currency=USD transaction_id=100 reason=lost_card
	freeze name=carol currency=USD transaction_id=101
	transfer from_account=carol to_account=bob amount=1 currency=USD transaction_id=102
	transfer from_account=alice to_account=carol amount=1 currency=USD transaction_id=103
	hold from_account=carol to_account=bob amount=1 currency=USD transaction_id=104
	sweep from_account=carol to_account=bob up_to=1 currency=USD transaction_id=105
	reverse original=71 transaction_id=106
	unfreeze name=carol currency=USD transaction_id=107 reason=found_again
	transfer from_account=carol to_account=bob amount=1 currency=USD transaction_id=108
$$, 'success success account_frozen account_frozen account_frozen account_frozen success success success');

-- 13 to 16: limits
SELECT run(false, $$
	set_floor name=alice currency=USD floor=100 transaction_id=120
	transfer from_account=alice to_account=bob amount=300 currency=USD transaction_id=121
	set_floor name=alice currency=USD floor=-10 transaction_id=122
	set_ceiling name=alice currency=USD ceiling=400 transaction_id=123
	transfer from_account=@world to_account=alice amount=400 currency=USD transaction_id=124
	set_ceiling name=alice currency=USD ceiling=null transaction_id=125
	remove_floor name=bob currency=USD transaction_id=126
	transfer from_account=bob to_account=alice amount=123.45 currency=USD transaction_id=127
	set_floor name=bob currency=USD floor=0 transaction_id=128
	transfer from_account=bob to_account=alice amount=0.01 currency=USD transaction_id=129
	set_spend_limit name=alice currency=USD amount=100 window_seconds=86400 transaction_id=130
	transfer from_account=alice to_account=bob amount=60 currency=USD transaction_id=131
	hold from_account=alice to_account=bob amount=40 currency=USD transaction_id=132
	transfer from_account=alice to_account=bob amount=0.01 currency=USD transaction_id=133
	hold from_account=alice to_account=bob amount=0.01 currency=USD transaction_id=134
	sweep from_account=alice to_account=bob up_to=0.01 currency=USD transaction_id=135
	release hold_id=132 transaction_id=136 amount=15
	capture hold_id=132 transaction_id=137 amount=20
	transfer from_account=alice to_account=bob amount=20 currency=USD transaction_id=138
	transfer from_account=alice to_account=bob amount=0.01 currency=USD transaction_id=139
	set_spend_limit name=alice currency=USD amount=1000 window_seconds=86400 transaction_id=140
	transfer from_account=alice to_account=bob amount=1 currency=USD transaction_id=141
	set_spend_limit name=alice currency=USD amount=5 window_seconds=3600 transaction_id=142
	transfer from_account=alice to_account=bob amount=4 currency=USD transaction_id=143
	set_spend_limit name=alice currency=USD amount=null transaction_id=144
	transfer from_account=alice to_account=bob amount=6 currency=USD transaction_id=145
$$, 'success insufficient_funds success success ceiling_exceeded success success success success insufficient_funds success success success spend_limit_exceeded spend_limit_exceeded spend_limit_exceeded success success success spend_limit_exceeded success success success success success success');

-- 12 close
SELECT run(false, $$
	open name=dave currency=USD transaction_id=160
	transfer from_account=@world to_account=dave amount=5 currency=USD transaction_id=161
	close name=dave currency=USD transaction_id=162
	hold from_account=dave to_account=bob amount=5 currency=USD transaction_id=163
	hold from_account=alice to_account=dave amount=5 currency=USD transaction_id=164
	capture hold_id=163 transaction_id=165
	freeze name=dave currency=USD transaction_id=166
	close name=dave currency=USD transaction_id=167
	close name=dave currency=USD transaction_id=168
	freeze name=dave currency=USD transaction_id=169
	unfreeze name=dave currency=USD transaction_id=170
	set_floor name=dave currency=USD floor=0 transaction_id=171
	remove_floor name=dave currency=USD transaction_id=172
	set_ceiling name=dave currency=USD ceiling=1 transaction_id=173
	set_spend_limit name=dave currency=USD amount=1 window_seconds=60 transaction_id=174
	transfer from_account=alice to_account=dave amount=1 currency=USD transaction_id=175
	transfer from_account=dave to_account=alice amount=1 currency=USD transaction_id=176
	sweep from_account=dave to_account=alice up_to=1 currency=USD transaction_id=177
	hold from_account=dave to_account=alice amount=1 currency=USD transaction_id=178
	reverse original=161 transaction_id=179
	reverse original=165 transaction_id=180
	capture hold_id=164 transaction_id=181
	release hold_id=164 transaction_id=182
$$, 'success success account_not_empty success success success success success account_closed account_closed account_closed account_closed account_closed account_closed account_closed account_closed account_closed account_closed account_closed account_closed account_closed account_closed success');
