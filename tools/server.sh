#!/usr/bin/env bash
# Private throw-away servers with wallet loaded, from a staged copy: nothing is installed.
#
#   tools/server.sh start DIR [FILE.conf]  make it (or start it again); prints the environment
#   tools/server.sh env DIR                prints the environment: eval "$(tools/server.sh env DIR)"
#   tools/server.sh stop DIR [MODE]        fast (default), smart or immediate
#   tools/server.sh restart DIR [MODE]     stop if it runs, start
#   tools/server.sh crash DIR              kill -9 of the postmaster; returns when all its children are gone
#   tools/server.sh drop DIR               stop at once and remove DIR
#   tools/server.sh conf                   the settings that load the staged wallet
#   tools/server.sh stage                  only build and stage
#
# The superuser is postgres, whoever runs it. Commits are durable: FILE.conf may say fsync = off.
# WALLET_STAGE=DIR names an extension that is staged already; else this builds build/stage.

set -euo pipefail
here=$PWD
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

unset PGHOST PGHOSTADDR PGPORT PGUSER PGDATABASE PGDATA PGOPTIONS PGSERVICE PGPASSWORD PGPASSFILE PGTZ
export PGCTLTIMEOUT=${PGCTLTIMEOUT:-120}
bin=$(pg bindir)
stage_dir=${WALLET_STAGE:-$top/build/stage}

stage() {
    [ -z "${WALLET_STAGE:-}" ] || return 0
    run_locked build/stage.lock make -s -f Makefile install DESTDIR="$stage_dir" PG_CONFIG="$PG_CONFIG" >&2
}

conf() {
    echo "shared_preload_libraries = 'wallet'"
    if [ "$(pg_major)" -ge 18 ]; then
        echo "extension_control_path = '$stage_dir$(pg sharedir):\$system'"
    else
        echo "extension_destdir = '$stage_dir'"
    fi
    echo "dynamic_library_path = '$stage_dir$(pg pkglibdir):\$libdir'"
}

init() {
    local file=${1:-}
    mkdir -p "$dir"
    "$bin/initdb" -D "$data" -U postgres -A trust -N --encoding=UTF8 --locale=C.UTF-8 >"$dir/initdb.log" 2>&1 ||
        { cat "$dir/initdb.log" >&2; die "initdb failed"; }
    # A socket's path may have 107 bytes: not below DIR.
    mktemp -d /tmp/w.XXXXXX >"$dir/socket"
    {
        echo "listen_addresses = ''"
        echo "port = 5432"
        echo "unix_socket_directories = '$(cat "$dir/socket")'"
        echo "timezone = 'UTC'"
        echo "log_timezone = 'UTC'"
        echo "lc_messages = 'C'"
        echo "log_line_prefix = '%m [%p] %a '"
        conf
        [ -z "$file" ] || cat "$file"
    } >>"$data/postgresql.conf"
}

# One line per process of this server: every one of them has its data directory as working directory.
processes() {
    local link
    for link in /proc/[0-9]*/cwd; do
        [ "$(readlink "$link" 2>/dev/null)" != "$data" ] || basename "$(dirname "$link")"
    done
}

running() { "$bin/pg_ctl" -D "$data" status >/dev/null 2>&1; }

# Twice, because a postmaster that died a moment ago may leave a lock file that looks alive.
up() {
    mkdir -p "$(cat "$dir/socket")"
    "$bin/pg_ctl" -D "$data" -l "$dir/log" -s -w start </dev/null >/dev/null 2>&1 ||
        { sleep 1; "$bin/pg_ctl" -D "$data" -l "$dir/log" -s -w start </dev/null >/dev/null 2>&1; } ||
        { tail -n 30 "$dir/log" >&2; die "the server in $dir does not start; its log is $dir/log"; }
}

down() { ! running || "$bin/pg_ctl" -D "$data" -s -w -m "${1:-fast}" stop >&2; }

crash() {
    local try
    running || die "no server runs in $dir"
    kill -9 "$(head -n 1 "$data/postmaster.pid")"
    for try in $(seq 200); do
        [ -n "$(processes)" ] || break
        # A backend that does not look up from its work for 10 s is helped along.
        [ "$try" -lt 100 ] || processes | xargs -r kill -9 2>/dev/null || true
        sleep 0.1
    done
    [ -z "$(processes)" ] || die "processes of $dir survived: $(processes | xargs)"
    # Where nobody reaps orphans, the dead postmaster's number still looks taken.
    rm -f "$data/postmaster.pid" "$(cat "$dir/socket")"/.s.PGSQL.*
}

drop() {
    [ -d "$dir" ] || return 0
    [ ! -d "$data" ] || down immediate
    [ ! -s "$dir/socket" ] || rm -rf "$(cat "$dir/socket")"
    rm -rf "$dir"
}

print_env() {
    [ -s "$dir/socket" ] || die "no server was made in $dir"
    printf 'export PGHOST=%q PGPORT=%q PGUSER=postgres PGDATABASE=postgres PGDATA=%q PGLOG=%q\n' \
        "$(cat "$dir/socket")" "$("$bin/postgres" -C port -D "$data")" "$data" "$dir/log"
    printf 'export WALLET_STAGE=%q PATH=%q:"$PATH"\n' "$stage_dir" "$bin"
}

action=${1:-}
case $action in
conf) conf; exit ;;
stage) stage; exit ;;
start | env | stop | restart | crash | drop) ;;
*) sed -n '2,/^$/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
[ -n "${2:-}" ] || die "$action: which directory?"
! is_root || die "PostgreSQL does not run as root; use: tools/as-user.sh tools/server.sh $*"
dir=$(cd "$here" && realpath -m -- "$2")
data=$dir/data

case $action in
start)
    conf_file=${3:+$(cd "$here" && realpath -m -- "$3")}
    [ -z "$conf_file" ] || [ -r "$conf_file" ] || die "cannot read $conf_file"
    stage
    [ -d "$data" ] || init "$conf_file"
    running || up
    print_env
    ;;
env) print_env ;;
stop) down "${3:-fast}" ;;
restart) down "${3:-fast}"; up ;;
crash) crash ;;
drop) drop ;;
esac
