#!/usr/bin/env bash
# make demo: 200,000 transfers, a crash in the middle, and the proof that nothing was lost and nothing done twice.
#
# Builds wallet, starts a durable server of its own in build/demo and removes it at the end. Installs nothing but
# missing Debian packages. Exits 1 if a promise is broken or something fails.

set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

accounts=10000 funds=500 lines=100000 chunk=5000 crash_after=40000
work=build/demo
server=$work/server

trap 'exit 130' INT TERM HUP PIPE
tools/setup.sh demo
! is_root || exec tools/as-user.sh tools/demo.sh

exec </dev/null
mkdir -p "$work"
exec 9>build/demo.lock
flock -n 9 || die "another demo runs in this tree"
unset WALLET_STAGE TZ
export LANG=C.UTF-8 LC_ALL=C.UTF-8 PSQLRC=/dev/null

# The server must not inherit the lock.
server() { tools/server.sh "$1" "$server" "${@:2}" 9>&-; }
trap 'server drop >/dev/null 2>&1 || true' EXIT

# ---- How it looks

bold='' good='' bad='' plain=''
[ ! -t 1 ] || { bold=$'\e[1m' good=$'\e[32m' bad=$'\e[31m' plain=$'\e[0m'; }
broken=0 bar=''

heading() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
fact() { printf '  %s\n' "$*"; }

# promise TEXT EXPRESSION: says whether it was kept.
promise() {
    if (($2)); then
        printf '  %s✓%s %s\n' "$good" "$plain" "$1"
    else
        printf '  %s✗ %s%s\n' "$bad" "$1" "$plain"
        broken=$((broken + 1))
    fi
}

# 1234567 → 1,234,567
grouped() { sed -E ':a; s/^([0-9]+)([0-9]{3})/\1,\2/; ta' <<<"$1"; }

start_clock() { began=$(date +%s%N); }
stop_clock() { took_ns=$(($(date +%s%N) - began)); took=$(awk -v t=$took_ns 'BEGIN { printf "%.1f s", t / 1e9 }'); }
per_second() { grouped $(($1 * 1000000000 / took_ns)); }

# progress DONE: one line, rewritten in place on a terminal, else printed once by end_progress.
progress() {
    local full=$(($1 * 40 / lines))
    printf -v bar '%*s' "$full" ''
    printf -v bar '%s%*s' "${bar// /█}" $((40 - full)) ''
    bar="  [$bar] $(grouped "$1") of $(grouped $lines)"
    [ ! -t 1 ] || printf '\r%s' "$bar"
}
end_progress() { if [ -t 1 ]; then printf '\n'; else printf '%s\n' "$bar"; fi; }

sql() { psql -qXAt -v ON_ERROR_STOP=1 -c "$1"; }
# show SQL: as psql would.
show() { fact "${bold}wallet=#${plain} $1;"; psql -qX -v ON_ERROR_STOP=1 -P footer=off -c "$1" | sed '/^$/d; s/^/  /'; }

# ---- Sending a file

# As the sender's program does it: the file into a table of its own, then chunk by chunk, each committed. psql prints
# a chunk's answers when the server has said that it is committed, so that $2 is what was acknowledged.
statements() {
    cat <<SQL
TRUNCATE demo.incoming RESTART IDENTITY;
\\copy demo.incoming (transaction_id, from_account, to_account, amount) FROM '$1' (FORMAT csv)
\\o $2
PREPARE apply AS
    SELECT o.transaction_id, o.status, o.event_id, o.replayed
    FROM (SELECT array_agg(from_account ORDER BY line) AS payers, array_agg(to_account ORDER BY line) AS payees,
                 array_agg(amount ORDER BY line) AS amounts, array_agg(transaction_id ORDER BY line) AS ids
          FROM demo.incoming WHERE line > \$1 AND line <= \$2) c,
         wallet_transfers(payers, payees, amounts, array_fill('USD'::text, ARRAY[cardinality(ids)]), ids) o
    ORDER BY o.ord;
\\warn copied
SQL
    local done
    for ((done = chunk; done <= lines; done += chunk)); do
        printf 'EXECUTE apply(%d, %d);\n\\warn %d\n' $((done - chunk)) $done $done
    done
}

# send FILE ANSWERS [CRASH_AFTER]: true if all was sent; took_ns is the time of the transfers alone.
send() {
    local said victims=() complaint=
    : >"$2"
    while read -r said; do
        case $said in
        copied) start_clock; progress 0 ;;
        *[!0-9]*) complaint+="  $said"$'\n' ;;
        *)
            progress "$said"
            [ "$said" != "$((${3:-0} - chunk))" ] || mapfile -t victims < <(processes)
            [ "$said" != "${3:-}" ] || { sleep 0.015; kill -9 "${victims[@]}" 2>/dev/null || true; }
            ;;
        esac
    done < <(statements "$1" "$2" | psql -qXAt -v ON_ERROR_STOP=1 2>&1 >/dev/null)
    stop_clock
    end_progress
    [ -n "$complaint" ] || return 0
    [ -n "${3:-}" ] || printf '%s' "$complaint" >&2
    return 1
}

# All processes of the server, the first is its postmaster: they work in its data directory.
processes() {
    head -n 1 "$PGDATA/postmaster.pid"
    perl -e 'for (glob "/proc/[0-9]*") { print substr($_, 6), "\n" if (readlink("$_/cwd") // "") eq $ARGV[0] }' "$PGDATA"
}

# Starts the server again after kill -9, when no process is left; its lock files still name a dead one.
recover() {
    while [ "$(processes | wc -l)" -gt 1 ]; do sleep 0.05; done
    rm -f "$PGDATA/postmaster.pid" "$PGHOST"/.s.PGSQL.*
    server start >/dev/null
}

answers_by_status() { cut -d'|' -f2 "$1" | sort | uniq -c | sort -rn | awk '{ printf "%s%s %s", sep, $1, $2; sep = " · " }'; }

# ---- 1

heading "1. A PostgreSQL of its own, with wallet"
start_clock
[ ! -t 1 ] || printf '  building …\r'
tools/server.sh stage 9>&- || die "wallet does not build"
server drop
rm -rf "$work"
mkdir -p "$work"
cat >"$work/demo.conf" <<'CONF'
shared_buffers = 256MB
max_wal_size = 2GB
CONF
eval "$(server start "$work/demo.conf")"
sql "CREATE DATABASE wallet"
export PGDATABASE=wallet
sql "CREATE EXTENSION wallet; CREATE SCHEMA demo;
     CREATE TABLE demo.incoming (line integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                                 transaction_id uuid, from_account text, to_account text, amount numeric)"
stop_clock
fact "built and started in $took: PostgreSQL $(sql "SHOW server_version" | sed 's/ .*//'), on $(nproc) cores"
durable=$(sql "SELECT string_agg(name || ' ' || setting, ', ') FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes')")
fact "$durable"
promise "what is committed is on disk" "$([[ $durable != *" off"* ]] && echo 1 || echo 0)"

start_clock
opened=$(sql "SELECT count(wallet_open(format('user-%s', lpad(g::text, 5, '0')), 'USD', wallet_uuid())) FROM generate_series(1, $accounts) g")
sql "SELECT wallet_open('@world', 'USD', wallet_uuid(), floor => NULL)" >/dev/null
stop_clock
fact "$(grouped "$opened") accounts opened in $took by one SELECT wallet_open(…) FROM generate_series(…)"
start_clock
funded=$(sql "SELECT count(*) FROM wallet_transfers(array_fill('@world'::text, ARRAY[$accounts]),
                  (SELECT array_agg(name ORDER BY name) FROM wallet.account WHERE name <> '@world'),
                  array_fill($funds::numeric, ARRAY[$accounts]), array_fill('USD'::text, ARRAY[$accounts]),
                  (SELECT array_agg(wallet_uuid()) FROM generate_series(1, $accounts))) WHERE status = 'success'")
stop_clock
fact "$(grouped "$funded") times $funds.00 USD from @world, the account without a floor, in $took by one wallet_transfers(…)"
promise "all accounts opened and funded" "opened == accounts && funded == accounts"

# ---- 2

heading "2. A file of $(grouped $lines) transfers: \\copy, then wallet_transfers, $(grouped $chunk) a commit"
tools/demo/make-transfers.pl 1 $lines $accounts >"$work/first.csv"
tools/demo/make-transfers.pl 2 $lines $accounts >"$work/second.csv"
tools/demo/predict.pl $accounts $funds "$work" "$work/first.csv" "$work/second.csv"
fact "line 1: $(head -n 1 "$work/first.csv")"
fact "the busiest of the accounts pays in $(grouped "$(cut -d, -f2 "$work/first.csv" | sort | uniq -c | sort -rn | awk 'NR == 1 { print $1 }')") of them, the median one in $(cut -d, -f2 "$work/first.csv" | sort | uniq -c | awk '{ print $1 }' | sort -n | awk '{ n[NR] = $1 } END { print n[int((NR + 1) / 2)] }')"
send "$work/first.csv" "$work/first.answers" || die "the first file could not be applied"
speed=$(per_second $lines)
fact "applied in $took: $speed transfers/s, from one session"
fact "$(answers_by_status "$work/first.answers")"
eval "$(tools/demo/judge.pl "$work/first.csv.expected" "$work/first.answers")"
promise "every answer is the one that 30 lines of Perl foresaw" "as_expected == lines"

# ---- 3

heading "3. A second file, and kill -9 of the whole server in the middle of it"
! send "$work/second.csv" "$work/before.answers" $crash_after || die "the server was faster than its killer"
fact "killed; the log outside the database has $(grouped "$(wc -l <"$work/before.answers")") acknowledged transfers"
start_clock
recover
stop_clock
fact "PostgreSQL recovered in $took; now the same file again, with the same ids"
send "$work/second.csv" "$work/after.answers" || die "the second file could not be applied"
eval "$(tools/demo/judge.pl "$work/second.csv.expected" "$work/after.answers" "$work/before.answers")"
fact "$(answers_by_status "$work/after.answers")"
fact "$(grouped $recorded) events: $(grouped $replayed) were there and only answered again, $(grouped $new) are new, $(grouped $((lines - recorded))) refused without a trace"
fact "in flight at the crash, and never acknowledged: $(grouped $unasked) turned out to be done"
promise "nothing lost: all $(grouped $acknowledged_events) acknowledged events came back, same event and same status" \
    "acknowledged_events > 0 && kept == acknowledged_events"
events=$(sql "SELECT count(*) FROM wallet.event JOIN demo.incoming USING (transaction_id)")
promise "nothing twice: $(grouped "$events") events for $(grouped $recorded) recorded ids" \
    "twice == 0 && events == recorded && replayed == kept + unasked && new + replayed == recorded"
promise "every answer is as foreseen, as if there had been no crash" "as_expected == lines"
sql "SELECT name, balance FROM wallet.accounts ORDER BY name" >"$work/balances.actual"
equal=$(comm -12 "$work/balances.expected" "$work/balances.actual" | wc -l)
promise "$(grouped "$equal") of $(grouped $((accounts + 1))) balances are as foreseen, to the cent" "equal == accounts + 1"

# ---- 4

heading "4. Looking at it"
show "SELECT * FROM wallet.accounts WHERE name IN ('@world', 'user-00007', 'user-00086') ORDER BY name"
show "SELECT recorded_at::time, counterparty, amount, balance_before, balance_after FROM wallet.entry WHERE name = 'user-00086' ORDER BY event_id DESC LIMIT 4"
refused=$(grep -m 1 '|insufficient_funds|' "$work/after.answers" | cut -d'|' -f1)
show "SELECT kind, status, from_account, to_account, requested, from_balance_after FROM wallet_get('$refused')"
show "SELECT kind, status, count(*) FROM wallet.journal GROUP BY kind, status ORDER BY kind, count(*) DESC"

# ---- 5

heading "5. The proof"
total=$(sql "SELECT count(*) FROM wallet.event")
start_clock
read -r replayed_accounts differences <<<"$(psql -qXAt -F ' ' -v ON_ERROR_STOP=1 -c "
    SELECT count(r.account), count(*) FILTER (WHERE (r.balance, r.held, r.version) IS DISTINCT FROM (b.balance, b.held, b.version))
    FROM wallet_replay() r FULL JOIN wallet.balance b ON b.account = r.account")"
stop_clock
promise "wallet_replay(): $(grouped "$total") events from nothing, $differences of $(grouped "$replayed_accounts") accounts differ from the table; $took, $(per_second "$total") events/s" \
    "differences == 0 && replayed_accounts == accounts + 1"
start_clock
verdict=$(show "SELECT * FROM wallet_verify()")
stop_clock
printf '%s\n' "$verdict"
promise "wallet_verify(): all ok, in $took" \
    "$(grep -cE '^[^|]*\| t +\|' <<<"$verdict") >= 9 && $(grep -cE '^[^|]*\| f +\|' <<<"$verdict") == 0"

heading "$([ $broken -eq 0 ] && echo "All promises kept: $speed transfers/s in bulk on one session, $SECONDS s for everything." || echo "$broken promises broken.")"
[ $broken -eq 0 ]
