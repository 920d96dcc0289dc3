#!/usr/bin/env bash
# make check: every test there is, in a tree of its own user, from nothing but the sources.
#
#   tools/check.sh [SUITE...]     default: all, in the order of $all_suites
#   TESTS="transfer hold*"        only test files of these names
#   FUZZ_SECONDS=5                how long each fuzz target runs
#   TEST_TIMEOUT=900              seconds after which a test program is taken for hung
#
# Logs, diffs and results are in build/out/check/SUITE. The last line is "N passed, N failed[, N skipped]".
# A skip counts as a failure unless test/skips.txt lists it: "SUITE/FILE words of the printed reason".
# Settings for all test servers may be added in test/server.conf.

set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

all_suites="floors build format unit golden fuzz regress isolation pgtap tap model docs clients"

tools/setup.sh check
! is_root || exec tools/as-user.sh tools/check.sh "$@"
mkdir -p build
if [ -z "${WALLET_CHECK_LOCKED:-}" ]; then
    flock -n build/check.lock true || say "another check runs in this tree; waiting for it" >&2
    WALLET_CHECK_LOCKED=1 exec flock -o build/check.lock tools/check.sh "$@"
fi

exec </dev/null
unset PGHOST PGHOSTADDR PGPORT PGUSER PGDATABASE PGDATA PGOPTIONS PGSERVICE PGPASSWORD PGPASSFILE PGTZ TZ
export LANG=C.UTF-8 LC_ALL=C.UTF-8 UBSAN_OPTIONS=print_stacktrace=1
export WALLET_STAGE=$top/build/check/stage
out=build/out/check
servers=build/check/run
limit="timeout --foreground -k 10 ${TEST_TIMEOUT:-900}"

# Also what a TAP test that was killed has left.
drop_servers() {
    local path
    for path in "$servers"/*/; do
        [ ! -d "$path" ] || tools/server.sh drop "$path" || true
    done
    for path in build/check/tap/*/tmp_check/*/*/postmaster.pid; do
        [ ! -e "$path" ] || "$(pg bindir)/pg_ctl" -s -m immediate -D "${path%/*}" stop || true
    done
}

# ---- What a suite is made of. It prints "files N", then "ok - NAME" or "not ok - NAME" lines, among others.

# chosen DIR EXT: names of its test files, those in TESTS if that is set; $names.
chosen() {
    local file name pattern patterns
    names=()
    read -ra patterns <<<"${TESTS:-*}"
    for file in "$1"/*."$2"; do
        [ -e "$file" ] || continue
        name=$(basename "$file" ".$2")
        for pattern in "${patterns[@]}"; do
            # shellcheck disable=SC2053
            [[ $name != $pattern ]] || { names+=("$name"); break; }
        done
    done
    say "files ${#names[@]}"
    [ ${#names[@]} -gt 0 ] || say "no tests in $1"
}

# run_tap NAME CMD...: runs one TAP test, and judges it by its lines, its plan and its exit code.
run_tap() {
    local name=$1 log=$dir/${1##*/}.log code=0
    shift
    $limit "$@" >"$log" 2>"$log.err" || code=$?
    cat "$log.err"
    awk -v name="$name" -v code="$code" '
        FILENAME == skips {
            if ($1 == name && sub(/^[^ ]+ +/, "")) listed[$0] = 1
            next
        }
        function skip(what, reason,    known) {
            for (known in listed)
                if (index(reason, known)) { print "ok - " name ": " what " # SKIP " reason; return }
            bad++
            print "not ok - " name ": " what ": skipped, but not listed in test/skips.txt: " reason
        }
        { print "  " $0 }
        /^1\.\.[0-9]+/ {
            plan = substr($1, 4)
            if (match($0, /# *[Ss][Kk][Ii][Pp][^ ]* */)) { results++; plan = 1; skip("all", substr($0, RSTART + RLENGTH)) }
        }
        /^(not )?ok +[0-9-]/ {
            results++
            failed = /^not/
            what = $0
            sub(/^(not )?ok +[0-9]*( *- *)?/, "", what)
            if (match(what, /# *([Ss][Kk][Ii][Pp]|[Tt][Oo][Dd][Oo])[^ ]* */))
                skip(substr(what, 1, RSTART - 1), substr(what, RSTART + RLENGTH))
            else if (failed) { bad++; print "not ok - " name ": " what }
            else print "ok - " name ": " what
        }
        END {
            if (!results) print "not ok - " name ": no results, exit code " code
            else if (code != 0 && !bad) print "not ok - " name ": exit code " code
            else if (plan != "" && plan != results) print "not ok - " name ": planned " plan ", ran " results
        }' skips="$skips" "$skips" "$log"
}

# Builds and stages wallet, once, for whichever suite needs it first.
staged() {
    [ ! -e build/check/staged ] || return 0
    rm -rf "$WALLET_STAGE"
    build_checked || return 1
    make -s -C build/gcc install DESTDIR="$WALLET_STAGE" "${checked_args[@]}" PG_CONFIG="$PG_CONFIG" >/dev/null || return 1
    touch build/check/staged
}

# server NAME: a server without fsync, since nothing in these suites pulls a plug.
server() {
    staged
    {
        echo "fsync = off"
        echo "max_prepared_transactions = 20"
        [ ! -e test/server.conf ] || cat test/server.conf
    } >build/check/server.conf
    tools/server.sh start "$servers/$1" build/check/server.conf >build/check/env
    . build/check/env
}

# pg_regress or one like it: run_regress PROGRAM; $names are its tests.
run_regress() {
    local code=0 name where=()
    [ "$(pg_major)" -eq 15 ] || where=(--expecteddir="$dir")
    # pg_regress gives up at the first test without expected output; we would rather see what it prints.
    mkdir -p "$dir/expected"
    cp -R expected/. "$dir/expected" 2>/dev/null || true
    for name in "${names[@]}"; do
        touch -a "$dir/expected/$name.out"
    done
    $limit "$(pg_test_dir)/$1" --inputdir=test --outputdir="$dir" "${where[@]}" --bindir="$(pg bindir)" \
        --host="$PGHOST" --port="$PGPORT" --user="$PGUSER" --dbname="wallet_$suite" --encoding=UTF8 \
        "${names[@]}" >"$dir/log" 2>&1 || code=$?
    rm -r "$dir/expected"
    # "test NAME ... ok 12 ms" until 15, "ok 1 - NAME 12 ms" from 16 on.
    sed "s/^/  /" "$dir/log"
    sed -nE "s/^(test)? +([^ ]+) +\.\.\. ok .*/ok - $suite\/\2/p
             s/^(test)? +([^ ]+) +\.\.\. (FAILED|failed).*/not ok - $suite\/\2/p
             s/^(not )?ok [0-9]+ +[-+] ([^ ]+).*/\1ok - $suite\/\2/p" "$dir/log"
    return $code
}

# ---- The suites

one() { if "${@:2}"; then say "ok - $1"; else say "not ok - $1"; fi; }

suite_floors() {
    say "files 1"
    one floors tools/floors.sh
    # What is generated and committed is what would be generated.
    [ ! -e src/core/status.def ] || one gen-status tools/gen-status.sh --check
    one gen-upgrade tools/gen-upgrade.sh --check
}

suite_build() {
    [ -e src/wallet.c ] || { say "no src/wallet.c"; return 0; }
    say "files 3"
    one build/gcc staged
    one build/clang build_variant clang CC=clang WERROR=1
    one build/failpoints failpoints_are_for_tests
}

# A build for use knows nothing of failpoints: no symbol and no word. (The checked build shows that we would see them.)
failpoints_are_for_tests() {
    local build
    for build in gcc clang; do
        nm "build/$build/wallet.so" | grep -iE 'failpoint|clock_offset' >"$dir/failpoints.$build" || true
        strip -o "$dir/stripped.so" "build/$build/wallet.so"
        strings -a "$dir/stripped.so" | grep -iE 'failpoint|clock_offset' >>"$dir/failpoints.$build" || true
    done
    rm "$dir/stripped.so"
    [ "$(wc -l <"$dir/failpoints.gcc")" -ge 6 ] && [ ! -s "$dir/failpoints.clang" ]
}

suite_format() {
    say "files 1"
    one format tools/format.sh --check
}

suite_unit() {
    local name
    chosen test/unit c
    [ ${#names[@]} -gt 0 ] || return 0
    make -s -f tools/core.mk unit
    for name in "${names[@]}"; do
        [[ $name != test_* ]] || run_tap "unit/$name" "build/unit/$name"
    done
}

suite_golden() {
    say "files 3"
    staged
    mkdir -p build/check/golden
    run_tap golden/check.py /usr/bin/python3 test/golden/check.py test/golden/format-1/*.log
    run_tap golden/check.sh bash test/golden/check.sh "$WALLET_STAGE$(pg bindir)/wallet-replay" build/check/golden
    run_tap golden/forge.py /usr/bin/python3 test/golden/forge.py "$WALLET_STAGE$(pg bindir)/wallet-replay" build/check/golden
}

suite_fuzz() {
    chosen test/fuzz c
    [ ${#names[@]} -gt 0 ] || return 0
    FUZZ_SECONDS=${FUZZ_SECONDS:-5} run_tap fuzz tools/fuzz.sh "${names[@]}"
}

suite_regress() {
    chosen test/sql sql
    [ ${#names[@]} -gt 0 ] || return 0
    server regress
    run_regress regress/pg_regress
}

suite_isolation() {
    chosen test/specs spec
    [ ${#names[@]} -gt 0 ] || return 0
    server isolation
    run_regress isolation/pg_isolation_regress
}

suite_pgtap() {
    local name
    chosen test/pgtap sql
    [ ${#names[@]} -gt 0 ] || return 0
    server pgtap
    for name in "${names[@]}"; do
        createdb "$name"
        psql -qX -v ON_ERROR_STOP=1 -d "$name" -c 'CREATE EXTENSION pgtap'
        run_tap "pgtap/$name.sql" pg_prove --verbose --dbname "$name" "test/pgtap/$name.sql"
    done
}

suite_tap() {
    local name
    chosen test/t pl
    [ ${#names[@]} -gt 0 ] || return 0
    staged
    { tools/server.sh conf; echo "fsync = on"; [ ! -e test/server.conf ] || cat test/server.conf; } >build/check/tap.conf
    PATH=$(pg bindir):$PATH
    PG_REGRESS=$(pg_test_dir)/regress/pg_regress
    export PATH PG_REGRESS PGPORT=15432 TEMP_CONFIG=$top/build/check/tap.conf
    for name in "${names[@]}"; do
        export TESTDIR=$top/build/check/tap/$name
        rm -rf "$TESTDIR"
        mkdir -p "$TESTDIR"
        run_tap "tap/$name.pl" prove --verbose -I "$(pg_test_dir)/perl" -I test/t "test/t/$name.pl"
        [ ! -d "$TESTDIR/tmp_check/log" ] || cp -R "$TESTDIR/tmp_check/log" "$dir/$name"
    done
}

suite_model() {
    [ -e test/model/check.sh ] || { say "files 0"; say "no test/model/check.sh"; return 0; }
    say "files 1"
    staged
    local code=0
    PYTHON=/usr/bin/python3 $limit bash test/model/check.sh >"$dir/log" 2>&1 || code=$?
    cat "$dir/log"
    tail -n 1 "$dir/log" | sed -nE 's/^([0-9]+) passed, ([0-9]+) failed(, ([0-9]+) skipped)?$/count \1 \2 0\4/p'
    return $code
}

# Each of the ten mistakes in test/docs/broken.md is found.
all_broken() {
    [ "$(/usr/bin/python3 test/docs/run.py test/docs/broken.md | grep -oE '^(not )?ok - ' | uniq -c | xargs)" = "10 not ok -" ]
}

# The examples of README and doc/, each page in a database of its own.
suite_docs() {
    local name pages=()
    if [ -n "${TESTS:-}" ]; then
        chosen doc md
        for name in "${names[@]}"; do
            pages+=("doc/$name.md")
            [ "$name" != README ] || pages+=(README.md)
        done
        [ ${#pages[@]} -gt 0 ] || return 0
    fi
    server docs
    $limit /usr/bin/python3 test/docs/run.py "${pages[@]}"
    one docs/finds-what-is-wrong all_broken
}

# Those clients whose packages are here anyway; make clients runs all.
suite_clients() {
    server clients
    $limit test/clients/run.sh psql psycopg2
}

# ---- Running and counting

passed=0 failed=0 skipped=0

# "PASSED FAILED SKIPPED" of a suite's log; what a crash or a missing result left untold is one failure.
count() {
    awk -v code="$2" '
        /^files /                { files = $2 }
        /^ok - .* # SKIP/        { s++; next }
        /^ok - /                 { p++ }
        /^not ok - /             { f++ }
        /^count /                { p += $2; f += $3; s += $4 }
        END {
            if (!f && (code != 0 || p + s < files)) f++
            print p + 0, f + 0, s + 0
        }' "$1"
}

run_suite() {
    local suite=$1 dir=$out/$1 log=$out/$1.log code p f s began=$SECONDS
    rm -rf "$dir"
    mkdir -p "$dir"
    # Not "|| code=$?": that would switch errexit off inside.
    set +e
    (set -e; "suite_$suite") >"$log" 2>&1
    code=$?
    set -e
    [ ! -e "$servers/$suite/log" ] || cp "$servers/$suite/log" "$dir/server.log"
    drop_servers
    # A server that starts again after a broken assertion may still pass its tests.
    grep -rE 'TRAP: |terminated by signal (7|8|11):' "$dir" 2>/dev/null | sed 's/^/not ok - in a log: /' >>"$log" || true
    read -r p f s <<<"$(count "$log" $code)"
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    printf '%-10s %6d passed %4d failed %4d skipped %5d s%s\n' "$suite" "$p" "$f" "$s" $((SECONDS - began)) \
        "$([ $((p + f + s)) -gt 0 ] || tail -n 1 "$log" | sed 's/^/   /')"
    [ "$f" -gt 0 ] || return 0
    grep -E '^not ok - ' "$log" || say "not ok - $suite: exit code $code, fewer results than tests"
    { cat "$log"; cat "$dir/regression.diffs" 2>/dev/null || true; } | grep -vE '^ *ok ' | tail -n 60 | sed 's/^/    /'
}

for suite in "$@"; do
    [[ " $all_suites " == *" $suite "* ]] || die "no suite $suite; there are: $all_suites"
done
trap drop_servers EXIT
drop_servers
rm -rf "$out" build/check
mkdir -p "$out" build/check
skips=build/check/skips
grep -vE '^[[:space:]]*(#|$)' test/skips.txt >"$skips" 2>/dev/null || true

for suite in ${*:-$all_suites}; do
    run_suite "$suite"
done

say
[ "$skipped" -eq 0 ] && say "$passed passed, $failed failed" || say "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
