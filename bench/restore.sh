#!/usr/bin/env bash
# How long a ledger takes to be dumped, restored and proven: tools/as-user.sh bench/restore.sh
#
#   EVENTS=10000000     transfers to load
#   ACCOUNTS=10000      accounts among which money moves
#   BATCH=8000          transfers a call and a commit
#   ONLY=load           stop when it is loaded, and say what the calls took
#   JOBS=2              of pg_dump and pg_restore
#   COMPRESS=1          of pg_dump, 0 to 9
#   SETTINGS='shared_buffers = 4GB'   more server settings, one a line
#
# A durable server of its own in build/restore, removed at the end. 10,000,000 events take about 10 GB of disk and as many
# minutes. The report is printed, and kept in build/out/restore/.

set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../tools/lib.sh"

events=${EVENTS:-10000000} accounts=${ACCOUNTS:-10000} batch=${BATCH:-8000} jobs=${JOBS:-2} compress=${COMPRESS:-1}
server=build/restore out=build/out/restore
calls=$(((events + batch - 1) / batch))
export LANG=C.UTF-8 LC_ALL=C.UTF-8 PSQLRC=/dev/null

mkdir -p "$out"
rm -f "$out"/*
trap 'exit 130' INT TERM HUP
trap 'tools/server.sh drop "$server" >/dev/null 2>&1 || true' EXIT
tools/server.sh drop "$server"
cat >"$out/server.conf" <<EOF
shared_buffers = 1GB
max_wal_size = 8GB
checkpoint_timeout = 15min
maintenance_work_mem = 512MB
max_parallel_maintenance_workers = 2
${SETTINGS:-}
EOF
tools/server.sh start "$server" "$out/server.conf" >"$out/env"
. "$out/env"

note() { printf '%s\n' "$*" >&2; }
sql() { psql -qXAt -v ON_ERROR_STOP=1 -d "$1" -c "$2"; }
# timed NAME CMD...: its seconds in $NAME.
timed() {
    local began
    began=$(date +%s%N)
    "${@:2}"
    printf -v "$1" '%s' "$(awk -v t=$(($(date +%s%N) - began)) 'BEGIN { printf "%.1f", t / 1e9 }')"
}
grouped() { sed -E ':a; s/^([0-9]+)([0-9]{3})/\1,\2/; ta' <<<"$1"; }
per_second() { grouped "$(awk -v n="$1" -v t="$2" 'BEGIN { printf "%d", n / t }')"; }
megabytes() { grouped "$(($1 / 1000000))"; }
# What must be the same on both sides; cheap, because the proof is wallet_verify's.
state() { sql "$1" "SELECT count(*), max(event_id), sum(amount), (SELECT sum(version) FROM wallet.balance), (SELECT count(*) FROM wallet.milestone) FROM wallet.event"; }

# ---- Load

note "loading $(grouped $((calls * batch))) transfers"
createdb bank
psql -qX -v ON_ERROR_STOP=1 -v accounts="$accounts" -v batch="$batch" -d bank >/dev/null <<'EOF'
SET client_min_messages = warning;
CREATE EXTENSION wallet;
CREATE SCHEMA bench;
-- A billion may be owed, so that nothing is refused.
CREATE TABLE bench.account AS SELECT n, wallet_open('account ' || n, 'USD', wallet_uuid(), -1000000000) AS id FROM generate_series(1, :accounts) n;
CREATE UNIQUE INDEX ON bench.account (n);
SELECT setseed(0.5);
CREATE TABLE bench.pattern AS
	SELECT p, array_agg(payer.id ORDER BY i) AS from_ids, array_agg(payee.id ORDER BY i) AS to_ids, array_agg(round(cents / 100.0, 2) ORDER BY i) AS amounts
	FROM (SELECT p, i, floor(random() * :accounts)::integer AS a, floor(random() * (:accounts - 1))::integer AS further, 1 + floor(random() * 1000)::integer AS cents
		  FROM generate_series(0, 63) p, generate_series(1, :batch) i) c
	JOIN bench.account payer ON payer.n = 1 + a
	JOIN bench.account payee ON payee.n = 1 + (a + 1 + further) % :accounts
	GROUP BY p;
-- What each call and its commit took, making its ids not counted.
CREATE UNLOGGED TABLE bench.took (n integer PRIMARY KEY, ms double precision NOT NULL);
CREATE PROCEDURE bench.load(calls integer, batch integer) LANGUAGE plpgsql AS $$
DECLARE
	ids uuid[];
	began timestamptz;
	refused integer;
BEGIN
	FOR n IN 1 .. calls LOOP
		ids := ARRAY(SELECT wallet_uuid() FROM generate_series(1, batch));
		began := clock_timestamp();
		SELECT count(*) INTO refused
		FROM bench.pattern p, wallet_transfers_by_id(p.from_ids, p.to_ids, p.amounts, ids) o
		WHERE p.p = n % 64 AND o.status <> 'success';
		IF refused > 0 THEN
			RAISE EXCEPTION '% transfers were refused', refused;
		END IF;
		COMMIT;
		INSERT INTO bench.took VALUES (n, 1000 * extract(epoch FROM clock_timestamp() - began));
		COMMIT;
	END LOOP;
END
$$;
-- Median of the calls after which the log held between so many and half as many events more.
CREATE FUNCTION bench.call_at(events bigint, batch integer) RETURNS double precision LANGUAGE sql AS $$
	SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) FROM bench.took WHERE n::bigint * batch BETWEEN events AND events * 1.5 $$;
VACUUM ANALYZE;
EOF
timed load sql bank "CALL bench.load($calls, $batch)"
IFS='|' read -r call_small call_large growth < <(sql bank "SELECT round(s::numeric, 1), round(l::numeric, 1), round((l / s)::numeric, 2) FROM bench.call_at(100000, $batch) s, bench.call_at($((calls * batch * 2 / 3)), $batch) l")
calls_took="A bulk call of $(grouped "$batch") and its commit, median: $call_small ms from 100,000 events on, $call_large ms from $(grouped $((calls * batch * 2 / 3))) on: ratio $growth"
if [ "${ONLY:-}" = load ]; then
    say "$(grouped $((calls * batch))) transfers loaded in $load s. $calls_took" | tee "$out/report.txt"
    exit
fi
sql bank "DROP SCHEMA bench CASCADE" 2>/dev/null
count=$(sql bank "SELECT count(*) FROM wallet.event")
[ "$count" -eq $((calls * batch + accounts)) ] || die "$count events, not $((calls * batch + accounts))"

IFS='|' read -r heap indexes database < <(sql bank "SELECT pg_table_size('wallet.event'), pg_indexes_size('wallet.event'), pg_database_size('bank')")

# ---- Dump, restore, prove

note "dumping"
timed dump pg_dump -Fd -j "$jobs" -Z "$compress" -f "$server/dump" bank
dump_bytes=$(du -sb "$server/dump" | cut -f 1)
note "restoring"
createdb restored
timed restore pg_restore -j "$jobs" -d restored "$server/dump"
timed vacuum sql restored "VACUUM ANALYZE"
note "proving"
prove() { [ "$(sql restored "SELECT bool_and(ok) AND bool_and(examined > 0 OR check_name IN ('refusals', 'currencies')) FROM wallet_verify($1)")" = t ] || die "the restored ledger does not verify"; }
timed verify prove false
timed thorough prove true
[ "$(state bank)" = "$(state restored)" ] || die "the restored ledger is another: $(state bank), $(state restored)"
[ -n "$(sql restored "SELECT wallet_paused()")" ] || die "the copy is not paused"
sql restored "SELECT status FROM wallet_transfer('account 1', 'account 2', 1, 'USD', wallet_uuid())" | grep -qx success || die "the restored ledger takes no command"

cpu=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)
row() { printf '  %-34s %10s s  %14s events/s\n' "$1" "$2" "$(per_second "$count" "$2")"; }
{
    say "wallet $(sql bank "SELECT extversion FROM pg_extension WHERE extname = 'wallet'") · $(date -u +%Y-%m-%d) · PostgreSQL $(sql bank "SHOW server_version" | sed 's/ .*//') · $(nproc) × ${cpu:-$(uname -m)}"
    say "$(sql bank "SELECT string_agg(name || ' ' || current_setting(name), ', ') FROM pg_settings WHERE name IN ('fsync', 'shared_buffers', 'max_wal_size', 'maintenance_work_mem')")"
    say "$(grouped "$count") events, $(grouped "$accounts") accounts"
    say
    row "load, $(grouped "$batch") a call" "$load"
    say "  $calls_took"
    row "pg_dump -Fd -j $jobs -Z $compress" "$dump"
    row "pg_restore -j $jobs" "$restore"
    row "VACUUM ANALYZE" "$vacuum"
    row "wallet_verify()" "$verify"
    row "wallet_verify(thorough)" "$thorough"
    say
    say "  wallet.event: $(megabytes "$heap") MB ($((heap / count)) bytes an event), its indexes $(megabytes "$indexes") MB ($((indexes / count))); database $(megabytes "$database") MB; dump $(megabytes "$dump_bytes") MB ($((dump_bytes / count)))"
} | tee "$out/report.txt"
rm -f "$out/env" "$out/server.conf"
