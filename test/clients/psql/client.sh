#!/usr/bin/env bash
# psql, from a shell script, as a client of wallet. See ../README.md for what each line asserts.
set -euo pipefail

big=123456789012345678901234567890123456.78
note='{"order": 7, "note": "żółć ☂ \"quoted\" '\''too'\''", "tags": ["a", null], "nested": {"ok": true}}'
errors=$(mktemp)
trap 'rm -f "$errors"' EXIT

# check NAME SAW WANTED
check() { if [ "$2" = "$3" ]; then echo "ok - $1"; else echo "not ok - $1: $2"; fi; }
id() { printf '018f5000-0000-7000-8000-%012d' "$1"; }

# sql STATEMENT [VARIABLE=VALUE...]: values come in as psql variables, :'name', which psql quotes.
sql() {
    local statement=$1 variables=() variable
    shift
    for variable in "$@"; do variables+=(-v "$variable"); done
    psql -qAtX -v ON_ERROR_STOP=1 -v VERBOSITY=verbose "${variables[@]}" <<<"$statement" 2>"$errors"
}

# What the statement was refused with: SQLSTATE, message, DETAIL. Empty if it was not.
sqlstate() { sed -n 's/^.*ERROR:  \([0-9A-Z]\{5\}\): .*/\1/p' "$errors"; }
message() { sed -n 's/^.*ERROR:  [0-9A-Z]\{5\}: //p' "$errors"; }
detail() { sed -n 's/^DETAIL:  //p' "$errors"; }
refused() { if sql "$@" >/dev/null; then : >"$errors"; fi; }

pay="SELECT event_id, amount, from_balance, to_balance, replayed, transaction_id FROM wallet_transfer(:'payer', :'payee', :'amount', 'USD', :'id')"
# transfer PAYER PAYEE AMOUNT NUMBER
transfer() { sql "$pay" payer="$1" payee="$2" amount="$3" id="$(id "$4")"; }
refused_transfer() { refused "$pay" payer="$1" payee="$2" amount="$3" id="$(id "$4")"; }
balance() { sql "SELECT wallet_balance(:'name', 'USD')" name="$1"; }

psql --version | sed 's/^psql (PostgreSQL) \([0-9.]*\).*/# psql \1/'

sql "SELECT wallet_open('@world', 'USD', :'id', floor => NULL)" id="$(id 1)" >/dev/null
account=$(sql "SELECT wallet_open('alice', 'USD', :'id')" id="$(id 2)")
sql "SELECT wallet_open('bob', 'USD', :'id')" id="$(id 3)" >/dev/null
check open_id "$account" "$(sql "SELECT account FROM wallet_account('alice', 'USD')")"

receipt=$(transfer @world alice $big 10)
check exact_38_digits "$(cut -d'|' -f2-5 <<<"$receipt") $(balance alice)" "$big|-$big|$big|f $big"
for number in 11 12 13; do transfer alice bob 0.10 $number >/dev/null; done
check exact_cents "$(balance bob) $(balance alice)" "0.30 123456789012345678901234567890123456.48"
# All that psql hands out is text; a float would show itself by digits that nobody wrote.
check no_float "$(sql "SELECT pg_typeof(wallet_balance('bob', 'USD')), wallet_balance('bob', 'USD')")" "numeric|0.30"
refused "SELECT * FROM wallet_transfer('alice', 'bob', 0.1::float8 + 0.2::float8, 'USD', :'id')" id="$(id 14)"
check float_refused "$(sqlstate)" 42883

refused_transfer bob alice 1000 20
check refusal_sqlstate "$(sqlstate)" WA001
check refusal_detail "$(detail)" 'Account "bob" has 0.30 USD available (balance 0.30, held 0.00, floor 0.00); 1000.00 was asked for.'
# In one session: the error, and then the question.
check refusal_usable "$(psql -qAtX -v id="$(id 20)" 2>/dev/null <<'SQL'
SELECT wallet_transfer('bob', 'alice', 1000, 'USD', :'id');
\echo :LAST_ERROR_SQLSTATE
SELECT wallet_balance('bob', 'USD');
SQL
)" $'WA001\n0.30'

first=$(sql "SELECT event_id FROM wallet_get(:'id')" id="$(id 11)")
again=$(transfer alice bob 0.10 11)
check retry "$(cut -d'|' -f1,2,5 <<<"$again") $(balance bob)" "$first|0.10|t 0.30"
refused_transfer alice bob 0.20 11
check conflict "$(sqlstate) $(detail | grep -o 'another amount')" "WA010 another amount"
check transaction_id "$(cut -d'|' -f6 <<<"$again")" "$(id 11)"
check recorded_at "$(sql "SELECT floor(extract(epoch FROM recorded_at) * 1000) = event_id / 1000 FROM wallet_transfer('alice', 'bob', 0.10, 'USD', :'id')" id="$(id 11)")" t

bulk="SELECT ord, status, amount FROM wallet_transfers('{alice,bob,alice}', '{bob,alice,bob}', :'amounts', '{USD,USD,USD}', :'ids',
        metadatas => ARRAY[NULL, '{\"n\": 2}', '{\"n\": 3}']::jsonb[]) ORDER BY ord"
check bulk "$(sql "$bulk" amounts='{1.05,1000,2.10}' ids="{$(id 30),$(id 31),$(id 32)}")" $'1|success|1.05\n2|insufficient_funds|\n3|success|2.10'
check bulk_metadata "$(sql "SELECT a.metadata IS NULL, b.metadata FROM wallet_get(:'a') a, wallet_get(:'b') b" a="$(id 30)" b="$(id 32)")" 't|{"n": 3}'
refused "$bulk" amounts='{1,NULL,1}' ids="{$(id 33),$(id 34),$(id 35)}"
check bulk_null "$(sqlstate) $(message)" 'WA024 element 2 of array "amounts" is NULL'

sql "SELECT * FROM wallet_transfer('alice', 'bob', 1.00, 'USD', :'id', :'note')" id="$(id 40)" note="$note" >/dev/null
check metadata "$(sql "SELECT metadata = :'note', metadata->>'note' FROM wallet_get(:'id')" id="$(id 40)" note="$note")" "t|żółć ☂ \"quoted\" 'too'"

sql "CREATE TABLE shop_order (id integer PRIMARY KEY, payment uuid NOT NULL)"
# order_and_payment ROLLBACK|COMMIT
order_and_payment() {
    sql "BEGIN; INSERT INTO shop_order VALUES (1, :'id');
         SELECT replayed FROM wallet_transfer('alice', 'bob', 5.00, 'USD', :'id'); $1;" id="$(id 50)"
}
order_and_payment ROLLBACK >/dev/null
check rollback "$(sql "SELECT count(*), (SELECT count(*) FROM wallet_get(:'id')) FROM shop_order" id="$(id 50)") $(balance bob)" "0|0 4.45"
replayed=$(order_and_payment COMMIT)
check commit "$(sql "SELECT count(*) FROM shop_order") $(balance bob) $replayed" "1 9.45 f"

check statement "$(sql "SELECT count(*), sum(amount), wallet_balance('bob', 'USD') FROM wallet.entry WHERE name = 'bob'")" "7|9.45|9.45"
