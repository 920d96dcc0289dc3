#!/usr/bin/env bash
# Runs each fuzz target, test/fuzz/fuzz_*.c, for FUZZ_SECONDS (default 60): tools/fuzz.sh [NAME...]
#
# Starts from test/fuzz/corpus/NAME and from what earlier runs found (build/fuzz/corpus/NAME).
# An input that breaks something is kept in build/out/fuzz.

set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

tools/setup.sh fuzz
make -s -f tools/core.mk fuzz
mkdir -p build/out/fuzz

failed=0
number=0
for binary in build/fuzz/fuzz_*; do
    name=${binary##*/}
    [ -x "$binary" ] && [ -e "test/fuzz/$name.c" ] || continue
    [ $# -eq 0 ] || [[ " $* " == *" $name "* ]] || continue
    number=$((number + 1))
    mkdir -p "build/fuzz/corpus/$name"
    seeds=$(ls -d "test/fuzz/corpus/$name" 2>/dev/null || true)
    log=build/out/fuzz/$name.log
    if "$binary" -max_total_time="${FUZZ_SECONDS:-60}" -timeout=10 -print_final_stats=1 \
        -artifact_prefix="build/out/fuzz/$name-" "build/fuzz/corpus/$name" $seeds >"$log" 2>&1; then
        say "ok $number - $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs"
    else
        failed=$((failed + 1))
        say "not ok $number - $name"
        grep -vE '^#[0-9]+[[:space:]]+(NEW|REDUCE|INITED|pulse)' "$log" | tail -n 40 | sed 's/^/# /'
    fi
done
[ "$failed" -eq 0 ]
