#!/usr/bin/env bash
# Checks the floors of src/: who includes whom, and what core must not know. One line per offence.

set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Each floor, and what it may include. src/*.c stand on the roof and may include everything.
declare -A below=(
    [core]="core"
    [pg]="core pg"
    [store]="core pg store"
    [apply]="core pg store apply"
    [api]="core pg store apply api"
    [engine]="core pg store apply engine"
    [audit]="core pg store apply audit"
    [cluster]="core pg store apply cluster"
    [replay]="core replay"
)
# With -Isrc, a floor of one of these names would hide the server's own headers.
server_dirs="access archive backup bootstrap catalog commands common datatype executor fe_utils foreign jit lib
    libpq mb nodes optimizer parser partitioning pch port portability postmaster regex replication rewrite
    snowball statistics storage tcop tsearch utils"
core_headers="stdint.h stdbool.h stddef.h string.h"
# A program that needs no PostgreSQL: the C library, and OpenSSL for SHA-256.
replay_headers="errno.h fcntl.h inttypes.h pthread.h stdarg.h stdio.h stdlib.h string.h sys/mman.h sys/stat.h unistd.h openssl/evp.h"
core_types="float|double|_Float[0-9]*|time_t|FILE|Datum"
core_calls="malloc|calloc|realloc|free|alloca|palloc|pfree|time|clock|clock_gettime|gettimeofday|rand|random|getenv|setlocale|printf|fprintf|abort|exit"

offences=0
offence() { say "$*"; offences=$((offences + 1)); }

# "LINE:WHAT" for each include; WHAT keeps its quote or bracket.
includes() { sed -nE '/^[[:space:]]*#[[:space:]]*include/{=;s/.*include[[:space:]]*(["<][^">]*).*/\1/p}' "$1" | paste -d: - -; }

# Without comments and strings, line numbers kept.
bare_code() { gcc -fpreprocessed -dD -E -x c "$1" 2>/dev/null | awk '
    /^# [0-9]+ "/ { line = $2 - 1; next }
    { line++; gsub(/"([^"\\]|\\.)*"/, "\"\""); print line ":" $0 }'; }

check_include() {
    local file=$1 floor=$2 line=${3%%:*} what=${3#*:} name other
    name=${what:1}
    other=${name%%/*}
    if [[ $what == '<'* ]]; then
        [ "$floor" != core ] || [[ " $core_headers " == *" $name "* ]] ||
            offence "$file:$line: core may not include <$name>"
        [ "$floor" != replay ] || [[ " $replay_headers " == *" $name "* ]] ||
            offence "$file:$line: replay may not include <$name>"
    elif [[ $name == */* && -n ${below[$other]:-} ]]; then
        [[ " ${below[$floor]} " == *" $other "* ]] || offence "$file:$line: $floor may not include $name"
    elif [[ $name == ../* || $name == */../* || -e src/$name ]]; then
        offence "$file:$line: $name: include \"floor/name.h\""
    elif [ ! -e "${file%/*}/$name" ] && [[ $floor == core || $floor == replay ]]; then
        offence "$file:$line: $floor may not include \"$name\""
    fi
}

for path in src/*/; do
    [ -d "$path" ] || continue
    floor=$(basename "$path")
    if [[ " $(echo $server_dirs) " == *" $floor "* ]]; then
        offence "src/$floor: hides the server's headers of that name"
    elif [ -z "${below[$floor]:-}" ]; then
        offence "src/$floor: unknown floor; say in tools/floors.sh what it may include"
    else
        for file in src/"$floor"/*.[ch] src/"$floor"/*.def; do
            [ -e "$file" ] || continue
            while read -r line; do
                check_include "$file" "$floor" "$line"
            done < <(includes "$file")
        done
    fi
done

for file in src/core/*.[ch] src/core/*.def; do
    [ -e "$file" ] || continue
    while read -r line; do
        offence "$file:$line"
    done < <(bare_code "$file" | grep -vE '^[0-9]+:[[:space:]]*#[[:space:]]*include' |
        { grep -E "(^|[^A-Za-z0-9_])(($core_types)([^A-Za-z0-9_]|$)|($core_calls)[[:space:]]*\()" || true; } |
        sed 's/$/   <- not in core/')
done

# Dependency files are named by basename alone.
while read -r name; do
    offence "src: files of different directories are named $name"
done < <(find src -name '*.[ch]' 2>/dev/null | sed 's/\.[ch]$//' | sort -u | sed 's|.*/||' | sort | uniq -d)

while read -r file; do
    offence "$file: PG_VERSION_NUM belongs in src/pg/compat.h"
done < <(grep -rlwE 'PG_VERSION_NUM|PG_MAJORVERSION_NUM' src 2>/dev/null | grep -vx src/pg/compat.h || true)

[ "$offences" -eq 0 ]
