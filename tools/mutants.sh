#!/usr/bin/env bash
# make mutants: can the tests fail? Breaks the code in one place after the other, and wants a test to notice.
#
#   tools/mutants.sh [NAME...]     default: all of tools/mutants/table.sh, which see
#   TEST_TIMEOUT=90                seconds after which a test program is taken for hung: that counts as noticed
#
# Each mutant is one substitution in a copy of the tree, build/mutants, and is run against the tests that the
# table names for it. First those tests run without any mutation, and must pass. The last line is "N passed,
# N failed"; a survivor, a mutation that does not apply any more or does not compile is a failure.

set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

tools/setup.sh check
! is_root || exec tools/as-user.sh tools/mutants.sh "$@"

tree=$top/build/mutants
out=$top/build/out/mutants
wanted=("$@")
names=()
declare -A file_of code_of tests_of argued_of

# mutant NAME FILE TESTS PERL: TESTS is "SUITE/NAME ..."; PERL works on the whole file, $_.
mutant() {
    names+=("$1")
    file_of[$1]=$2 tests_of[$1]=$3 code_of[$1]=$4
}

# argued NAME FILE PERL REASON: no test notices, and this is why; the reason is printed, and not counted.
argued() { argued_of[$1]=$4; }

. tools/mutants/table.sh

chosen() { [ ${#wanted[@]} -eq 0 ] || [[ " ${wanted[*]} " == *" $1 "* ]]; }

# Afresh: objects that an interrupted run left may be of a mutant, and younger than their source.
copy_tree() {
    rm -rf "$tree"
    mkdir -p "$tree"
    tar --format=posix --exclude='./build' --exclude='./.git' --exclude='*.o' --exclude='*.so' --exclude='.deps' -cf - . | tar -xf - -C "$tree"
}

# run_tests SUITE/NAME...: true if all pass. What they say goes to $log.
run_tests() {
    local suite code=0
    for suite in $(printf '%s\n' "$@" | sed 's,/.*,,' | sort -u); do
        TESTS=$(printf '%s\n' "$@" | sed -n "s,^$suite/,,p" | xargs) TEST_TIMEOUT=${TEST_TIMEOUT:-90} PGISOLATIONTIMEOUT=15 \
            "$tree/tools/check.sh" "$suite" >>"$log" 2>&1 || code=1
        # Once noticed is enough.
        [ $code -eq 0 ] || return 1
    done
}

compiles() { (cd "$tree" && . tools/lib.sh && build_checked) >>"$log" 2>&1; }

passed=0 failed=0
ok() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); }

rm -rf "$out"
mkdir -p "$out"
copy_tree

baseline=
for name in "${names[@]}"; do
    ! chosen "$name" || baseline="$baseline ${tests_of[$name]}"
done
baseline=$(tr ' ' '\n' <<<"$baseline" | sort -u | xargs)
log=$out/baseline.log
# shellcheck disable=SC2086
if [ -n "$baseline" ]; then
    say "without a mutation: $baseline"
    run_tests $baseline || { tail -n 30 "$log"; die "these must pass before mutants mean anything"; }
fi

for name in "${names[@]}"; do
    chosen "$name" || continue
    log=$out/$name.log
    began=$SECONDS
    file=$tree/${file_of[$name]}
    cp -p "$file" "$file.kept"
    perl -0777 -pi -e "${code_of[$name]}" "$file"
    if cmp -s "$file" "$file.kept"; then
        bad
        verdict='does not apply any more'
    elif ! diff -u "$file.kept" "$file" >"$log" && ! compiles; then
        bad
        verdict="does not compile: $log"
    elif run_tests ${tests_of[$name]}; then
        bad
        verdict="SURVIVED ${tests_of[$name]}"
    else
        ok
        verdict="killed by $(sed -n 's/^not ok - \([^:]*\).*/\1/p' "$log" | head -n 1)"
    fi
    mv "$file.kept" "$file"
    touch "$file"
    printf '%-28s %4d s  %s\n' "$name" $((SECONDS - began)) "$verdict"
done

for name in "${!argued_of[@]}"; do
    ! chosen "$name" || printf '%-28s         not tested: %s\n' "$name" "${argued_of[$name]}"
done | sort

say
say "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
