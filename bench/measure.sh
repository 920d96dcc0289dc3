#!/usr/bin/env bash
# What bench/run.sh runs as somebody whom PostgreSQL accepts. Writes its report to build/out/bench.

set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../tools/lib.sh"

batch=8000 small=10000 large=${BENCH_ACCOUNTS:-1000000} rounds=${BENCH_ROUNDS:-3} seconds=${BENCH_SECONDS:-8}
proof_calls=125 proof_times=3 wal_transfers=20000
if [ "${BENCH:-}" = quick ]; then
    large=${BENCH_ACCOUNTS:-0} rounds=${BENCH_ROUNDS:-1} seconds=${BENCH_SECONDS:-3} proof_times=1 wal_transfers=4000
fi
work=build/bench
server=$work/server
samples=$work/samples
out=build/out/bench

exec </dev/null
mkdir -p "$work" "$out"
exec 9>build/bench.lock
flock -n 9 || die "another bench runs in this tree"
unset WALLET_STAGE TZ
export LANG=C.UTF-8 LC_ALL=C.UTF-8 PSQLRC=/dev/null

# The server must not inherit the lock.
server() { tools/server.sh "$1" "$server" "${@:2}" 9>&-; }
trap 'server drop >/dev/null 2>&1 || true' EXIT
trap 'exit 130' INT TERM HUP PIPE

note() { printf '  %4d s  %s\n' $SECONDS "$*" >&2; }
sql() { psql -qXAt -v ON_ERROR_STOP=1 -d "$db" -c "$1"; }
# quotient A B [FORMAT]
quotient() { awk -v a="$1" -v b="$2" -v f="${3:-%.0f}" 'BEGIN { printf f, a / b }'; }
grouped() { sed -E ':a; s/^([0-9]+)([0-9]{3})/\1,\2/; ta' <<<"$1"; }

# A figure from a server that forgets commits is worth nothing.
refuse_unless_durable() {
    local db lax
    for db in postgres "$@"; do
        lax=$(sql "SELECT string_agg(name, ' and ') FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit') AND setting = 'off'")
        [ -z "$lax" ] || die "$lax is off: no figures from a server that may lose what it has committed"
    done
}

# ---- Measuring. Each prints one number, and dies if a transfer failed.

# run_pgbench SCRIPT CLIENTS [OPTION...]: transactions per second, connecting not counted.
run_pgbench() {
    local log=$work/pgbench.log script=bench/$1.pgbench clients=$2
    shift 2
    pgbench -n -M prepared -D accounts="$accounts" -c "$clients" -j $((clients < 2 ? clients : 2)) "$@" -f "$script" "$db" \
        >"$log" 2>&1 && grep -q '^number of failed transactions: 0 ' "$log" || { cat "$log" >&2; die "pgbench failed"; }
    sed -n 's/^tps = \([0-9.]*\) .*/\1/p' "$log"
}

# one_by_one SCRIPT CLIENTS: transfers per second.
one_by_one() { run_pgbench "$1" "$2" -T "$seconds"; }

# in_bulk SCRIPT CLIENTS CALLS: transfers per second.
in_bulk() {
    local calls=$(($3 / $2)) before after tps
    [ $calls -ge 2 ] || calls=2
    sql "SELECT bench.prepare_calls($calls * $2, $batch)" >/dev/null
    before=$(sql "SELECT COALESCE(max(event_id), 0) FROM wallet.event")
    tps=$(run_pgbench "$1" "$2" -t $calls)
    after=$(sql "SELECT count(*) FROM wallet.event WHERE event_id > $before AND status = 0")
    [ "$after" -eq $((calls * $2 * batch)) ] || die "$1: $((calls * $2 * batch)) transfers sent, $after succeeded"
    awk -v tps="$tps" -v batch=$batch 'BEGIN { print tps * batch }'
}

# sample NAME CLIENTS: measures it once more. NAME is db/script, db/what.
sample() {
    local db=${1%/*} script=${1#*/} clients=$2 accounts rate key=$1/$2
    accounts=${!db}
    case $script in
    bulk-*)
        # As many calls as it did in that time before.
        rate=$(awk -v k="$key" -v d="$db/${script}" '$1 == k { r = $3 } index($1, d "/") == 1 && !r { r = $3 } END { print r }' "$samples")
        rate=$(in_bulk "$script" "$clients" "$(awk -v r="$rate" -v s="$seconds" -v b=$batch 'BEGIN { printf "%d", r * s / b + 1 }')")
        ;;
    *) rate=$(one_by_one "$script" "$clients") ;;
    esac
    echo "$key $round $rate" >>"$samples"
    note "round $round of $rounds: $(printf '%-34s %9s/s' "$(grouped "$accounts") $script, $clients" "$(grouped "${rate%.*}")")"
}

# Between rounds: dead rows gone, WAL files recycled, and the page images that a checkpoint makes WAL pay for paid.
settle() {
    local db=$1
    sql "VACUUM baseline.account, wallet.balance"
    sql "CHECKPOINT"
    touch_pages
}

touch_pages() {
    sql "SELECT count(*) FROM (SELECT FROM baseline.account FOR UPDATE) x" >/dev/null
    sql "SELECT count(*) FROM (SELECT FROM wallet.balance FOR UPDATE) x" >/dev/null
}

# wal_bytes STATE COUNT CMD...: bytes of WAL that CMD wrote, per COUNT; cold: right after a checkpoint.
wal_bytes() {
    local state=$1 count=$2 from
    shift 2
    if [ "$state" = cold ]; then sql "CHECKPOINT"; else touch_pages; fi
    from=$(sql "SELECT pg_current_wal_insert_lsn()")
    "$@" >/dev/null
    quotient "$(sql "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '$from')")" "$count"
}

# timed NAME SQL: nanoseconds.
timed() {
    local name=$1 query=$2 i from
    for ((i = 1; i <= proof_times; i++)); do
        from=$(date +%s%N)
        sql "$query" >/dev/null
        echo "$name $i $(($(date +%s%N) - from))" >>"$samples"
    done
}

# ticks: of all processors since boot "all", "idle", and "ours": of this script and its server, done and running.
ticks() {
    local files=(/proc/$$/stat) pid
    for pid in $(head -n 1 "$PGDATA/postmaster.pid") $(psql -qXAtc "SELECT pid FROM pg_stat_activity WHERE backend_type <> 'client backend'"); do
        files+=("/proc/$pid/stat")
    done
    # After "(name)": 12 to 15 are the times in and below user and kernel.
    awk 'FILENAME == "/proc/stat" { if ($1 == "cpu") { for (i = 2; i <= 9; i++) all += $i; idle = $5 + $6 } next }
         { sub(/.*\) /, ""); ours += $12 + $13 + $14 + $15 }
         END { print all, idle, ours }' /proc/stat "${files[@]}"
}

# ---- Reading the samples

# median NAME; ratio NAME NAME: median of the ratios of each round; range NAME: smallest–largest.
median() { awk -v k="$1" '$1 == k { print $3 }' "$samples" | middle; }
middle() { sort -g | awk '{ v[NR] = $1 } END { if (NR) print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2; else print "nan" }'; }
ratio() { awk -v a="$1" -v b="$2" '$1 == a { x[$2] = $3 } $1 == b { y[$2] = $3 } END { for (r in x) if (r in y) print x[r] / y[r] }' "$samples" | middle; }
range() {
    awk -v k="$1" '$1 == k { if (!n++ || $3 < low) low = $3; if ($3 > high) high = $3 } END { printf "%d %d\n", low, high }' "$samples" |
        { read -r low high; printf '%s – %s' "$(grouped "$low")" "$(grouped "$high")"; }
}

# ---- Setting up

memory_mb=$(awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo)
buffers_mb=$((memory_mb / 4 < 2048 ? memory_mb / 4 : 2048))
rm -f "$samples"
server drop
: >"$samples"
cat >"$work/bench.conf" <<CONF
shared_buffers = ${buffers_mb}MB
min_wal_size = 4GB
max_wal_size = 12GB
checkpoint_timeout = 1h
autovacuum = off
${BENCH_SETTINGS:-}
CONF
note "building, starting a server"
eval "$(server start "$work/bench.conf")"
read -r all_before idle_before ours_before <<<"$(ticks)"
refuse_unless_durable

ledgers=(small)
[ "$large" -eq 0 ] || ledgers+=(large)
for db in "${ledgers[@]}"; do
    note "a ledger of $(grouped "${!db}") accounts"
    psql -qXc "CREATE DATABASE $db"
    sql "CREATE EXTENSION wallet"
    psql -qX -d "$db" -v ON_ERROR_STOP=1 -f bench/baseline.sql
    psql -qX -d "$db" -v ON_ERROR_STOP=1 -v accounts="${!db}" -v batch=$batch -f bench/ledger.sql
done
refuse_unless_durable "${ledgers[@]}"

# ---- The proof, on a ledger of known size; also what tells how long a bulk call takes

db=small accounts=$small round=0
note "replay and verify"
rate=$(in_bulk bulk-by-id 1 $proof_calls)
for script in bulk-by-id bulk-by-name; do
    echo "small/$script/0 0 $rate" >>"$samples"
    [ "$large" -eq 0 ] || echo "large/$script/0 0 $(quotient "$rate" 3)" >>"$samples"
done
sql "VACUUM ANALYZE"
proof_events=$(sql "SELECT count(*) FROM wallet.event")
timed replay "SELECT count(*) FROM wallet_replay()"
timed verify "SELECT 1 / bool_and(ok)::integer FROM wallet_verify()"
timed thorough "SELECT 1 / bool_and(ok)::integer FROM wallet_verify(true)"

# ---- What is not part of the bulk figures, and what is

from=$(date +%s%N)
sql "SELECT bench.prepare_calls(40, $batch)" >/dev/null
ids_ms=$(awk -v t=$(($(date +%s%N) - from)) 'BEGIN { printf "%.1f", t / 40 / 1e6 }')
run_pgbench arguments 1 -t 20 >/dev/null
arguments_ms=$(quotient 1000 "$(run_pgbench arguments 1 -t 20)" %.1f)

# ---- Rounds

run_plan() {
    local i step
    settle "$1"
    for ((i = 0; i < ${#plan[@]}; i++)); do
        step=${plan[$((round % 2 ? i : ${#plan[@]} - 1 - i))]}
        sample "$1/${step% *}" "${step#* }"
    done
}

for ((round = 1; round <= rounds; round++)); do
    # Every second round backwards, so that none always comes after the same other.
    plan=("baseline 1" "wallet 1" "bulk-by-id 2" "baseline 8" "wallet 8" "bulk-by-id 1" "bulk-by-name 1" "baseline 32" "wallet 32")
    run_plan small
    plan=("bulk-by-id 1" "bulk-by-name 1" "baseline 8" "wallet 8")
    [ "$large" -eq 0 ] || run_plan large
done

# ---- Bytes

note "bytes"
db=small accounts=$small
for script in baseline wallet; do
    for state in cold warm; do
        echo "wal/$script/$state 1 $(wal_bytes $state $wal_transfers run_pgbench $script 8 -t $((wal_transfers / 8)))" >>"$samples"
    done
done
sql "SELECT bench.prepare_calls(20, $batch)" >/dev/null
for state in cold warm; do
    echo "wal/bulk-by-id/$state 1 $(wal_bytes $state $((10 * batch)) run_pgbench bulk-by-id 1 -t 10)" >>"$samples"
done
IFS='|' read -r base_table base_index event_table event_index < <(sql "
    SELECT pg_table_size('baseline.transfer') / b.n, pg_indexes_size('baseline.transfer') / b.n,
           (pg_table_size('wallet.event') + pg_table_size('wallet.milestone')) / e.n,
           (pg_indexes_size('wallet.event') + pg_indexes_size('wallet.milestone')) / e.n
    FROM (SELECT count(*) AS n FROM baseline.transfer) b, (SELECT count(*) AS n FROM wallet.event) e")

read -r all idle ours <<<"$(ticks)"
others=$((100 * (all - all_before - idle + idle_before - ours + ours_before) / (all - all_before)))
[ $others -ge 0 ] || others=0

# ---- The report

refuse_unless_durable "${ledgers[@]}"

cpu=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)
cpu=${cpu:-$(uname -m)}
version=$(sql "SHOW server_version" | sed 's/ .*//')
name=$(date -u +%Y-%m-%d)-$(nproc)-cores-$(tr -cs 'A-Za-z0-9\n' - <<<"${cpu,,}" | cut -c 1-24 | sed 's/^-*//; s/-*$//')-pg${version%%.*}
[ "${BENCH:-}" != quick ] || name+=-quick

line() { printf '  %-38s %13s  %23s  %8s\n' "$@"; }
rate_line() { line "$1" "$(grouped "$(printf '%.0f' "$(median "$2")")")" "$(range "$2")" "${3:-}"; }
bulk_line() { rate_line "$1" "$2" "$(printf '%.2f' "$(ratio "$2" "$3")")"; }
proof_line() {
    local ns
    ns=$(median "$2")
    line "$1" "$(grouped "$(awk -v n="$proof_events" -v t="$ns" 'BEGIN { printf "%d", n * 1e9 / t }')")" "$(awk -v t="$ns" 'BEGIN { printf "%.2f s", t / 1e9 }')" ""
}

{
    say "wallet $(sql "SELECT extversion FROM pg_extension WHERE extname = 'wallet'") · $(date -u +%Y-%m-%d) · PostgreSQL $version · $(nproc) × $cpu · $((memory_mb / 1024)) GB · $(uname -sr | cut -d- -f1)"
    say "$(sql "SELECT string_agg(name || ' ' || current_setting(name), ', ') FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes', 'wal_sync_method', 'shared_buffers')")"
    say "$rounds rounds, $seconds s for each line, in turns; the median, the range, and the median of the rounds' ratios."
    say "pgbench and server share the machine; while they ran, everything else used $others % of its processors$([ $others -lt 10 ] || echo " (do not quote these figures)")."
    say
    say "One transfer a call and a commit, prepared, ids of wallet_uuid() (version 7), $(grouped $small) accounts"
    line "" "transfers/s" "smallest – largest" "ratio"
    for clients in 1 8 32; do
        rate_line "hand-written plpgsql, sessions: $clients" "small/baseline/$clients"
        bulk_line "wallet_transfer, sessions: $clients" "small/wallet/$clients" "small/baseline/$clients"
    done
    say
    say "Bulk, $(grouped $batch) transfers a call and a commit; ratio to the plpgsql ledger with 8 sessions over as many accounts"
    line "" "transfers/s" "smallest – largest" "ratio"
    for db in "${ledgers[@]}"; do
        [ $db = small ] || rate_line "$(grouped "${!db}") accounts, plpgsql, 8" "$db/baseline/8"
        bulk_line "$(grouped "${!db}") accounts, by id" "$db/bulk-by-id/1" "$db/baseline/8"
        bulk_line "$(grouped "${!db}") accounts, by name" "$db/bulk-by-name/1" "$db/baseline/8"
        [ $db = large ] || bulk_line "$(grouped "${!db}") accounts, by id, 2 sessions" "$db/bulk-by-id/2" "$db/baseline/8"
        [ $db = small ] || bulk_line "$(grouped "${!db}") accounts, wallet_transfer, 8" "$db/wallet/8" "$db/baseline/8"
    done
    say "  By name ÷ by id: $(for db in "${ledgers[@]}"; do printf '%.2f (%s accounts) ' "$(ratio "$db/bulk-by-name/1" "$db/bulk-by-id/1")" "$(grouped "${!db}")"; done)"
    say "  Arguments lie ready in tables. Reading them is in the figures: $arguments_ms ms a call; making ids is not: $ids_ms ms a call."
    say "  A call answers what was refused (nothing here); all transfers of all calls are counted afterwards."
    say
    say "Proof, one backend, a ledger of $(grouped "$proof_events") events"
    line "" "events/s" "time" ""
    proof_line "wallet_replay()" replay
    proof_line "wallet_verify()" verify
    proof_line "wallet_verify(thorough)" thorough
    say
    say "Bytes a transfer, $(grouped $small) accounts"
    printf '  %-38s %10s %22s %10s %10s\n' "" "WAL" "WAL after checkpoint" "table" "indexes"
    printf '  %-38s %10s %22s %10s %10s\n' "hand-written plpgsql" "$(median wal/baseline/warm)" "$(median wal/baseline/cold)" "$base_table" "$base_index"
    printf '  %-38s %10s %22s %10s %10s\n' "wallet_transfer" "$(median wal/wallet/warm)" "$(median wal/wallet/cold)" "$event_table" "$event_index"
    printf '  %-38s %10s %22s %10s %10s\n' "wallet_transfers_by_id, bulk" "$(median wal/bulk-by-id/warm)" "$(median wal/bulk-by-id/cold)" "$event_table" "$event_index"
    say "  After a checkpoint full_page_writes puts each page into the WAL once: the first $(grouped $wal_transfers) transfers, $(grouped $((10 * batch))) in bulk."
    say "  Table and indexes of what grows: baseline.transfer; wallet.event and wallet.milestone."
} >"$out/$name.txt"
say
cat "$out/$name.txt"
