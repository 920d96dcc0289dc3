#!/usr/bin/env bash
# make soak: hundreds of rounds of kill -9 at failpoints, under the load of many clients (test/t/030_kill.pl).
#
#   SOAK_ROUNDS=300      how many
#   SOAK_CLIENTS=8       an even number
#   SOAK_SECONDS=3600    after which no further round begins
#   SOAK_SEED=...        repeats a run; default: a new one, which is printed
#
# The last line is "N passed, N failed"; what the rounds amounted to is printed and kept in test/results/soak.txt.

set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

if [ -z "${SOAK_INSIDE:-}" ]; then
    trap 'exit 130' INT TERM HUP
    tools/setup.sh check
    rm -rf build/out/soak
    code=0
    SOAK_INSIDE=1 tools/as-user.sh tools/soak.sh || code=$?
    if [ -e build/out/soak/soak.txt ]; then
        mkdir -p test/results
        cp build/out/soak/soak.txt test/results/
        cat test/results/soak.txt
        say "kept in test/results/soak.txt"
    fi
    exit $code
fi

mkdir -p "$top/build/out/soak"
export KILL_ROUNDS=${SOAK_ROUNDS:-300} KILL_CLIENTS=${SOAK_CLIENTS:-8} KILL_SECONDS=${SOAK_SECONDS:-3600} KILL_FSYNC=1
export KILL_SUMMARY=$top/build/out/soak/soak.txt
[ -z "${SOAK_SEED:-}" ] || export WALLET_SEED=$SOAK_SEED
TESTS=030_kill TEST_TIMEOUT=$((KILL_SECONDS + 600)) tools/check.sh tap
