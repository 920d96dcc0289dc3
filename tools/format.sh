#!/usr/bin/env bash
# Lays out our C code as PostgreSQL does: tools/format.sh [--check]
#
# Type names come from the debug information of our own objects, so it compiles first.
# --check changes nothing, prints what would change, and fails if anything would.

set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

check=${1:-}
[ -n "$check" ] || tools/setup.sh format

options="-bad -bap -bbb -bc -bl -cli1 -cp33 -cdb -nce -d0 -di12 -nfc1 -i4 -l79 -lp -lpl -nip -npro -sac -tpg -ts4"
# Type names that are common words too; PostgreSQL's own list leaves them out as well.
words="ANY|FD_SET|U|abs|allocfunc|boolean|date|digit|ilist|interval|iterator|other|pointer|printfunc|reference|string|timestamp|type|wrap"

files=$(find src test/unit test/fuzz test/sim bench -name '*.[ch]' 2>/dev/null | sort || true)
[ -n "$files" ] || exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# All of it must compile, or names are missing and declarations come out wrong.
{ build_checked && make -s -f tools/core.mk unit fuzz; } >"$work/messages" 2>&1 ||
    { tail -n 20 "$work/messages" >&2; die "this does not compile; mend that first"; }
mkdir -p build/unit build/fuzz
find build/gcc build/unit build/fuzz -name '*.o' -exec objdump -W {} + |
    grep -A 3 'DW_TAG_typedef' | sed -nE 's/.*DW_AT_name.*: ([A-Za-z_0-9]+)[[:space:]]*$/\1/p' |
    grep -vxE "$words" | sort -u >"$work/typedefs"

# What PostgreSQL's own wrapper mends too: "char *" alone on a line. And compound literals,
# which the formatter takes for blocks: "= (Type) {0};" on one line, fields at one depth.
mend() {
    perl -0pi -e '
        s/[ \t]+$//gm;
        s/^([A-Za-z_]\S*)[ \t]+\*$/$1 */gm;
        s/\)\n\t+\{\n\t+0\n\t+\};/) {0};/g;
        s/^((\t+)\S.*\(\w+\)\n\2\{\n)((?:\2\t+\..*\n)+)(?=\2\})/my ($head, $tabs, $fields) = ($1, $2, $3); $fields =~ s,^\t+,$tabs\t,gm; $head . $fields/gem;
    ' "$1"
}

# Until it changes nothing more: one pass may move what the next one then aligns.
layout() {
    local pass
    cp "$1" "$2"
    for pass in 1 2 3; do
        cp "$2" "$work/before"
        pg_bsd_indent "$work/before" "$2" $options -U"$work/typedefs" >"$work/messages" 2>&1 ||
            { cat "$work/messages" >&2; die "cannot lay out $1"; }
        mend "$2"
        ! cmp -s "$work/before" "$2" || break
    done
}

changed=0
for file in $files; do
    layout "$file" "$work/after"
    if ! cmp -s "$file" "$work/after"; then
        changed=$((changed + 1))
        if [ -n "$check" ]; then
            diff -u --label "$file" --label "$file (formatted)" "$file" "$work/after" || true
        else
            cat "$work/after" >"$file"
            say "formatted $file"
        fi
    fi
done
[ -z "$check" ] || [ "$changed" -eq 0 ] || { say "$changed files: run make format"; exit 1; }
