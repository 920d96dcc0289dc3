# shellcheck shell=bash
# Sourced by the other tools: where things are, and how to complain.
# After it, the working directory is the top of the tree.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$top" || exit 1

PG_CONFIG=${PG_CONFIG:-pg_config}
umask 022
# make's flags are for the make that called us; -j and its job server end here.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES CDPATH

say() { printf '%s\n' "$*"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }
is_root() { [ "$(id -u)" -eq 0 ]; }

# pg bindir | pkglibdir | sharedir | pgxs | ...: what pg_config answers.
pg() { "$PG_CONFIG" --"$1"; }
pg_major() { pg version | sed 's/^PostgreSQL \([0-9]*\).*/\1/'; }
# The directory of pg_regress, pg_isolation_regress and the Perl modules.
pg_test_dir() { (cd "$(dirname "$(pg pgxs)")/../test" && pwd); }

# run_locked FILE CMD...: one at a time; the lock is not inherited by what CMD leaves behind.
run_locked() {
    local lock=$1
    shift
    mkdir -p "$(dirname "$lock")"
    ( flock 9 && "$@" 9>&- ) 9>"$lock"
}

# build_variant NAME [MAKE ARG...]: compiles a copy of the sources in build/NAME; recompiles only what changed.
build_variant() {
    local dir=build/$1
    shift
    run_locked "$dir.lock" compile_copy "$dir" "$@"
}

compile_copy() {
    local dir=$1 object
    shift
    mkdir -p "$dir"
    find "$dir" -type f ! -name '*.o' ! -name '*.Po' -delete
    tar --format=posix --exclude='*.o' --exclude='*.so' -cf - Makefile wallet.control $(ls -d src sql 2>/dev/null) | tar -xf - -C "$dir"
    find "$dir" -name '*.o' | while read -r object; do
        [ -e "${object%.o}.c" ] || rm "$object"
    done
    make -s -C "$dir" PG_CONFIG="$PG_CONFIG" "$@"
}

# The build that the suites run: no warnings, our assertions armed, with failpoints.
checked_args=(CC=gcc WERROR=1 ASSERT=1 FAILPOINTS=1)
build_checked() { build_variant gcc "${checked_args[@]}" "$@"; }
