#!/usr/bin/env bash
# Installs the Debian packages that a task needs and this machine lacks; silent when there are none.
#
#   tools/setup.sh build | check | clients | demo | bench | format | fuzz ...
#
# PG_MAJOR=17 asks for another PostgreSQL than 15. As root, or through sudo.

set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

major=${PG_MAJOR:-15}
build="gcc libc6-dev make libssl-dev postgresql-server-dev-$major"
server="$build postgresql-$major"
clang="clang libclang-rt-14-dev libssl-dev"

packages() {
    case $1 in
    build) echo "$build" ;;
    demo) echo "$server" ;;
    bench | model) echo "$server python3 python3-psycopg2" ;;
    format) echo "$build $clang binutils pg-bsd-indent" ;;
    fuzz) echo "$build $clang" ;;
    clients)
        echo "$server python3 python3-psycopg2 python3-psycopg nodejs node-pg" \
            "golang-go golang-github-jackc-pgx-v4-dev default-jdk-headless libpostgresql-jdbc-java"
        ;;
    check)
        echo "$server $clang binutils pg-bsd-indent python3 python3-psycopg2 libipc-run-perl" \
            "postgresql-$major-pgtap libtap-parser-sourcehandler-pgtap-perl"
        ;;
    *) die "no such set of packages: $1" ;;
    esac
}

installed() { [ "$(dpkg-query -W -f '${Status}' "$1" 2>/dev/null)" = "install ok installed" ]; }

[ $# -gt 0 ] || set -- build
wanted=
for set in "$@"; do
    wanted="$wanted $(packages "$set")"
done

if ! command -v dpkg-query >/dev/null; then
    say "setup: this is no Debian; taking for granted what these packages hold:$wanted" >&2
    exit 0
fi
missing=
for package in $wanted; do
    installed "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if ! is_root; then
    command -v sudo >/dev/null && sudo -n true 2>/dev/null ||
        die "these packages are missing, and only root may install them:$missing
Run as root: apt-get install --no-install-recommends$missing"
    as_root="sudo -n"
fi

# Debian starts a server of its own with the package; this line prevents it, for as long as we install.
no_main=/etc/postgresql-common/createcluster.d/wallet-no-main.conf
if [[ $missing == *" postgresql-$major"* ]]; then
    trap '$as_root rm -f $no_main' EXIT
    $as_root mkdir -p "${no_main%/*}"
    echo "create_main_cluster = false" | $as_root tee $no_main >/dev/null
fi

say "setup: installing$missing" >&2
apt() { $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 "$@" </dev/null; }
log=$(mktemp)
{ apt update && apt install --no-install-recommends $missing; } >"$log" 2>&1 ||
    { tail -n 20 "$log" >&2; rm -f "$log"; die "apt-get could not install:$missing"; }
rm -f "$log"
