#!/usr/bin/env bash
# make bench: wallet against a hand-written plpgsql ledger (baseline.sql), on a durable server of its own.
#
#   BENCH=quick         about a minute, 10,000 accounts only; not for quoting
#   BENCH_ROUNDS=3      how often everything is measured, in turns
#   BENCH_SECONDS=8     how long each measurement of a round takes
#   BENCH_ACCOUNTS=1000000   accounts of the large ledger, 0: no large ledger
#   BENCH_SETTINGS='shared_buffers = 4GB'   more server settings, one a line
#
# The whole takes about ten minutes and 15 GB of disk. The results are printed, and kept in
# bench/results/<date>-<machine>.txt (of quick runs: build/out/bench).

set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../tools/lib.sh"

trap 'exit 130' INT TERM HUP
tools/setup.sh bench
rm -rf build/out/bench
tools/as-user.sh bench/measure.sh
[ "${BENCH:-}" != quick ] || exit 0
mkdir -p bench/results
cp build/out/bench/*.txt bench/results/
for file in build/out/bench/*.txt; do
    say "kept in bench/results/${file##*/}"
done
