#!/usr/bin/env bash
# How long a look into the past takes: an account with a million events and a thousand backdated ones, on a durable server of its own;
# and what the two partial indexes for that cost whoever writes. About a minute; run it as tools/as-user.sh bench/history.sh
#
#   BENCH_EVENTS=1000000   events of the account, a multiple of 8000
#   BENCH_LOOKS=1000       calls per figure
#   BENCH_ROUNDS=15        bulk calls with and without the indexes, in turns
#
# Prints its report and leaves it in build/out/bench.

set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../tools/lib.sh"

events=${BENCH_EVENTS:-1000000} looks=${BENCH_LOOKS:-1000} rounds=${BENCH_ROUNDS:-15}
batch=8000 backdated=1000
work=build/bench-history
server=$work/server
out=build/out/bench

exec </dev/null
mkdir -p "$work" "$out"
exec 9>build/bench-history.lock
flock -n 9 || die "another bench/history.sh runs in this tree"
unset WALLET_STAGE TZ
export LANG=C.UTF-8 LC_ALL=C.UTF-8 PSQLRC=/dev/null

# The server must not inherit the lock.
server() { tools/server.sh "$1" "$server" "${@:2}" 9>&-; }
trap 'server drop >/dev/null 2>&1 || true' EXIT
trap 'exit 130' INT TERM HUP PIPE

note() { printf '  %4d s  %s\n' $SECONDS "$*" >&2; }
sql() { psql -qXAt -v ON_ERROR_STOP=1 -d "$db" -c "$1"; }
grouped() { sed -E ':a; s/^([0-9]+)([0-9]{3})/\1,\2/; ta' <<<"$1"; }
db=history

server drop
cat >"$work/bench.conf" <<CONF
shared_buffers = 1GB
max_wal_size = 8GB
checkpoint_timeout = 1h
autovacuum = off
jit = off
CONF
note "building, starting a server"
eval "$(server start "$work/bench.conf")"
psql -qXc "CREATE DATABASE $db" -d postgres
sql "CREATE EXTENSION wallet"
[ "$(sql "SELECT count(*) FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit') AND setting = 'on'")" -eq 2 ] ||
    die "no figures from a server that may lose what it has committed"

# ---- One account that takes part in all, the others in a few: the hot account of a shop. Pays and is paid in turns.

note "an account of $(grouped "$events") events, $(grouped $backdated) of them backdated"
sql "
SELECT count(wallet_open(name, 'USD', wallet_uuid(), NULL)) FROM (SELECT 'hot' AS name UNION ALL SELECT 'other-' || n FROM generate_series(1, 1000) n) x;
CREATE TABLE ids AS SELECT row_number() OVER (ORDER BY id) AS n, id FROM wallet.account WHERE name <> 'hot';
CREATE PROCEDURE fill(total integer, batch integer, backdated integer) LANGUAGE plpgsql AS \$\$
DECLARE
    hot bigint := (SELECT id FROM wallet.account WHERE name = 'hot');
    others bigint[] := ARRAY(SELECT id FROM ids ORDER BY n);
    late integer := ceil(batch::numeric * backdated / total);
BEGIN
    FOR round IN 1 .. total / batch LOOP
        PERFORM count(*) FROM
            (SELECT array_agg(CASE WHEN i % 2 = 0 THEN hot ELSE others[1 + i * 7 % 1000] END ORDER BY i) AS payers,
                    array_agg(CASE WHEN i % 2 = 0 THEN others[1 + i * 7 % 1000] ELSE hot END ORDER BY i) AS payees,
                    array_agg((1 + i % 97)::numeric / 100 ORDER BY i) AS amounts, array_agg(wallet_uuid() ORDER BY i) AS ids
             FROM generate_series(1, batch - late) i) a,
            wallet_transfers_by_id(a.payers, a.payees, a.amounts, a.ids);
        -- Corrections come one by one, days late.
        PERFORM wallet_transfer(CASE WHEN i % 2 = 0 THEN 'hot' ELSE 'other-1' END, CASE WHEN i % 2 = 0 THEN 'other-1' ELSE 'hot' END, 0.50, 'USD', wallet_uuid(),
                effective_at => clock_timestamp() - (1 + (round + i * 7) % 60) * interval '1 day') FROM generate_series(1, late) i;
        COMMIT;
    END LOOP;
END \$\$;" >/dev/null
sql "CALL fill($events, $batch, $backdated)"
sql "VACUUM ANALYZE wallet.event, wallet.balance, wallet.milestone, wallet.account"
chain=$(sql "SELECT version - 1 FROM wallet_account('hot', 'USD')")
late=$(sql "SELECT count(*) FROM wallet.event WHERE effective_at IS NOT NULL")

# ---- Looking back. Each call is timed by itself, inside the server; where to look is drawn before.

sql "
CREATE TABLE looks AS SELECT n, (SELECT event_id FROM wallet.event WHERE event_id >= lo + (random() * (hi - lo))::bigint + 0 * n ORDER BY event_id LIMIT 1) AS event_id
    FROM generate_series(1, $looks) n, (SELECT min(event_id) AS lo, max(event_id) AS hi FROM wallet.event WHERE kind = 3) e;
CREATE TABLE took (what text, us double precision);
CREATE FUNCTION look(what text, call text) RETURNS void LANGUAGE plpgsql AS \$\$
DECLARE
    l looks;
    started timestamptz;
BEGIN
    FOR l IN SELECT * FROM looks ORDER BY n LOOP
        started := clock_timestamp();
        EXECUTE call USING l.event_id;
        INSERT INTO took VALUES (what, extract(epoch FROM clock_timestamp() - started) * 1000000);
    END LOOP;
END \$\$;"
note "$(grouped "$looks") looks of each kind"
for round in 1 2; do
    # The first round fills the caches, as in a server that has been up for a while.
    sql "TRUNCATE took"
    sql "SELECT look('balance_at', 'SELECT wallet_balance_at(''hot'', ''USD'', wallet_event_time(\$1))')" >/dev/null
    sql "SELECT look('statement', 'SELECT count(*) FROM wallet_statement(''hot'', ''USD'', before_event => \$1)')" >/dev/null
    sql "SELECT look('statement_end', 'SELECT count(*) FROM wallet_statement(''hot'', ''USD'') WHERE \$1 > 0')" >/dev/null
    sql "SELECT look('effective', 'SELECT wallet_balance_effective(''hot'', ''USD'', wallet_event_time(\$1))')" >/dev/null
    sql "SELECT look('effective_days', 'SELECT wallet_balance_effective(''hot'', ''USD'', wallet_event_time(\$1) - interval ''1 hour'')')" >/dev/null
    sql "SELECT look('balance', 'SELECT wallet_balance(''hot'', ''USD'') WHERE \$1 > 0')" >/dev/null
    sql "SELECT look('feed', 'SELECT count(*) FROM wallet_feed(\$1, 100)')" >/dev/null
done
from=$(date +%s%N)
sql "SELECT 1 / bool_and(ok)::integer FROM wallet_verify_account('hot', 'USD')" >/dev/null
verify_ms=$((($(date +%s%N) - from) / 1000000))

# ---- What the indexes cost whoever writes: the same bulk calls with and without them, in turns. Server time of the call alone.

note "bulk calls with and without the indexes"
sql "
CREATE TABLE pattern AS
    SELECT array_agg(a.id ORDER BY i) AS payers, array_agg(b.id ORDER BY i) AS payees, array_agg(1.00 ORDER BY i) AS amounts
    FROM generate_series(1, $batch) i JOIN ids a ON a.n = 1 + i % 1000 JOIN ids b ON b.n = 1 + (i * 7 + 1) % 1000 WHERE a.n <> b.n;
CREATE TABLE calls AS SELECT n, ARRAY(SELECT wallet_uuid() FROM generate_series(1, cardinality(payers) + 0 * n)) AS ids FROM generate_series(1, 2 * $rounds + 1) n, pattern;
CREATE TABLE cost (kind text, round integer, us double precision);
CREATE FUNCTION run_call(call integer) RETURNS double precision LANGUAGE plpgsql AS \$\$
DECLARE
    p pattern := (SELECT p FROM pattern p);
    ids uuid[] := (SELECT c.ids FROM calls c WHERE c.n = call);
    started timestamptz := clock_timestamp();
BEGIN
    PERFORM count(*) FROM wallet_transfers_by_id(p.payers, p.payees, p.amounts, ids);
    RETURN extract(epoch FROM clock_timestamp() - started) * 1000000;
END \$\$;" >/dev/null
# one KIND ROUND CALL: all of it is undone, the indexes that were dropped for it are there again.
one() {
    local drop="" us
    [ "$1" = with ] || drop="DROP INDEX wallet.event_debit_effective_at_event_id_idx, wallet.event_credit_effective_at_event_id_idx;"
    us=$(psql -qXAt -v ON_ERROR_STOP=1 -d "$db" -c "BEGIN; $drop SELECT run_call(1); SELECT run_call($3); ROLLBACK" | tail -n 1)
    sql "INSERT INTO cost VALUES ('$1', $2, $us)"
}
call=2
for ((round = 1; round <= rounds; round++)); do
    kinds=(with without)
    [ $((round % 2)) -eq 0 ] || kinds=(without with)
    for kind in "${kinds[@]}"; do
        one "$kind" "$round" "$call"
        call=$((call + 1))
    done
    sql "VACUUM wallet.event, wallet.balance"
done

# ---- The report

median() { sql "SELECT round(percentile_cont(0.5) WITHIN GROUP (ORDER BY us)::numeric / 1000, 3) FROM took WHERE what = '$1'"; }
worst() { sql "SELECT round(percentile_cont(0.99) WITHIN GROUP (ORDER BY us)::numeric / 1000, 3) FROM took WHERE what = '$1'"; }
line() { printf '  %-62s %10s %10s %8s\n' "$1" "$(median "$2")" "$(worst "$2")" "$3"; }
version=$(sql "SHOW server_version" | sed 's/ .*//')
cpu=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)
cpu=${cpu:-$(uname -m)}
name=history-$(date -u +%Y-%m-%d)-$(nproc)-cores-$(tr -cs 'A-Za-z0-9\n' - <<<"${cpu,,}" | cut -c 1-24 | sed 's/^-*//; s/-*$//')-pg${version%%.*}
{
    say "wallet $(sql "SELECT extversion FROM pg_extension WHERE extname = 'wallet'"), history · $(date -u +%Y-%m-%d) · PostgreSQL $version · $(nproc) × $cpu · $(uname -sr | cut -d- -f1)"
    say "One account with $(grouped "$chain") events, $(grouped "$late") of them backdated by up to 60 days; $(grouped "$(sql "SELECT count(*) FROM wallet.milestone WHERE account = (SELECT id FROM wallet.account WHERE name = 'hot')")") milestones."
    say "$(grouped "$looks") calls of each kind at random moments, each timed by itself in a warm server, one session, EXECUTE from plpgsql included."
    say
    printf '  %-62s %10s %10s %8s\n' "" "median ms" "99 % ms" "target"
    line "wallet_balance_at at a random moment" balance_at 2
    line "wallet_statement, 100 rows before a random event" statement 1
    line "wallet_statement, the newest 100 rows" statement_end ""
    line "wallet_balance_effective at a random recorded moment" effective 5
    line "wallet_balance_effective an hour before all recording" effective_days 5
    line "wallet_feed, 100 events after a random one" feed ""
    line "wallet_balance, for comparison" balance ""
    printf '  %-62s %10s\n' "wallet_verify_account, all $(grouped "$chain") events" "$verify_ms"
    say
    say "What the two partial indexes cost a bulk call of $(grouped "$(sql "SELECT cardinality(payers) FROM pattern")") transfers without effective_at, $rounds rounds in turns:"
    say "  with ÷ without: $(sql "SELECT round(percentile_cont(0.5) WITHIN GROUP (ORDER BY w.us / o.us)::numeric, 3) FROM cost w JOIN cost o USING (round) WHERE w.kind = 'with' AND o.kind = 'without'") (median of the rounds' ratios);" \
        "medians $(sql "SELECT string_agg(kind || ' ' || ms || ' ms', ', ' ORDER BY kind) FROM (SELECT kind, round(percentile_cont(0.5) WITHIN GROUP (ORDER BY us)::numeric / 1000, 1) AS ms FROM cost GROUP BY kind) x")"
} >"$out/$name.txt"
say
cat "$out/$name.txt"
