#!/usr/bin/env bash
# The model against a live server, then the self-test of the checker.
#
#   test/model/check.sh [COMMANDS]     how many commands to play; default 50000
#   WALLET_MODEL_PGHOST=DIR            a running private server to use (with PGPORT, PGUSER), else one is started
#   WALLET_MODEL_SEED=N                the same commands again; only the interleaving differs
#   WALLET_MODEL_NO_VERIFY=1           without wallet_replay and wallet_verify, while they learn a new kind
#   WALLET_MODEL_SPARED=1              leaves out what is known to go wrong (author.py, SPARED), to see what else does
#   PYTHON=/usr/bin/python3            with psycopg2
#
# Databases of its own are made and dropped. The last line is "N passed, N failed".

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
top=$(cd "$here/../.." && pwd -P)
commands=${1:-50000}
python=${PYTHON:-/usr/bin/python3}
seed=${WALLET_MODEL_SEED:-$((RANDOM * 32768 + RANDOM))}
export PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1

started='' databases=() log=''

clean_up() {
    local database
    for database in "${databases[@]}"; do
        psql -qX -d postgres -c "DROP DATABASE IF EXISTS $database WITH (FORCE)" >/dev/null 2>&1 || true
    done
    [ -z "$started" ] || "$top/tools/server.sh" drop "$started" || true
    [ -z "$log" ] || rm -f "$log"
}

# A server of our own. Commits need not survive a crash here: there is none.
start_server() {
    [ "$(id -u)" -ne 0 ] || exec "$top/tools/as-user.sh" test/model/check.sh "$commands"
    mkdir -p "$top/build"
    started=$top/build/model-server.$$
    printf '%s\n' 'fsync = off' 'synchronous_commit = off' 'max_connections = 40' 'log_min_messages = warning' \
        'log_min_error_statement = panic' >"$started.conf"
    local env
    env=$("$top/tools/server.sh" start "$started" "$started.conf")
    rm -f "$started.conf"
    eval "$env"
}

# play DATABASE ARG...: model.py on an empty ledger; adds to $passed and $failed.
passed=0 failed=0
play() {
    local database=$1 code=0 counts
    shift
    databases+=("$database")
    psql -qX -v ON_ERROR_STOP=1 -d postgres -c "CREATE DATABASE $database"
    psql -qX -v ON_ERROR_STOP=1 -d "$database" -c 'CREATE EXTENSION wallet'
    PGDATABASE=$database "$python" "$here/model.py" --seed "$seed" "$@" >"$log" 2>&1 || code=$?
    counts=$(sed -nE '$s/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p' "$log")
    if [ -n "$counts" ]; then
        sed '$d' "$log"
    else
        cat "$log"
        echo "not ok 0 - model.py $* ended with exit code $code"
        counts='0 1'
    fi
    passed=$((passed + ${counts% *})) failed=$((failed + ${counts#* }))
}

trap clean_up EXIT
if [ -n "${WALLET_MODEL_PGHOST:-}" ]; then
    export PGHOST=$WALLET_MODEL_PGHOST
else
    start_server
fi
log=$(mktemp)
play "model_$$" --commands "$commands"
play "model_self_$$" --self-test
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
