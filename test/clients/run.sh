#!/usr/bin/env bash
# Runs the client programs, each in a database of its own, and judges what they print.
#
#   test/clients/run.sh [CLIENT...]     default: all; the server is that of PGHOST, PGPORT, PGUSER
#   WALLET_TCP_PASSWORD                 for java, which needs the server on 127.0.0.1:PGPORT with a password
#
# Prints "files N", then per client a line "# CLIENT: versions", and per assertion of README.md one line
# "ok - clients/CLIENT: ASSERTION" or "not ok - ...". What a client leaves out is a failure.

set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../tools/lib.sh"

here=test/clients
all="psql psycopg2 psycopg3 node go java"
work=build/clients
# The rows of the table that is headed "assertion".
read -ra assertions <<<"$(sed -nE '/^\| assertion /,/^$/s/^\| `([a-z0-9_]+)` \| .*/\1/p' $here/README.md | xargs)"

# Debian's Go libraries are sources below /usr/share/gocode, without modules.
client() {
    case $1 in
    psql) bash $here/psql/client.sh ;;
    psycopg2 | psycopg3) PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 $here/python/client.py "$1" ;;
    node) NODE_PATH=/usr/share/nodejs /usr/bin/nodejs $here/node/client.js ;;
    go)
        env GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE="$top/$work/go" GOFLAGS= CGO_ENABLED=0 \
            "${GO:-/usr/bin/go}" build -o $work/client $here/go/client.go && $work/client
        ;;
    java)
        javac -encoding UTF-8 -cp /usr/share/java/postgresql.jar -d $work/java $here/java/Client.java &&
            java -Dfile.encoding=UTF-8 -Dstdout.encoding=UTF-8 -cp /usr/share/java/postgresql.jar:$work/java Client
        ;;
    *) die "no client $1; there are: $all" ;;
    esac
}

# judge NAME LOG: each assertion once, nothing else.
judge() {
    awk -v name="$1" -v wanted="${assertions[*]}" '
        BEGIN { n = split(wanted, list, " "); for (i = 1; i <= n; i++) known[list[i]] = 1 }
        /^# /      { print "# " name ": " substr($0, 3) }
        /^ok - /   { if (!($3 in known)) { print "not ok - clients/" name ": unknown assertion " $3 } else seen[$3] = "ok"; next }
        /^not ok - / { what = $4; sub(/:$/, "", what); if (what in known) seen[what] = "not"; }
        { print "  " $0 }
        END {
            for (i = 1; i <= n; i++) {
                a = list[i]
                if (seen[a] == "ok") print "ok - clients/" name ": " a
                else if (seen[a] == "not") print "not ok - clients/" name ": " a
                else print "not ok - clients/" name ": " a ": not printed"
            }
        }' "$2"
}

[ "${1:-}" != --client ] || { client "$2"; exit; }
read -ra names <<<"${*:-$all}"
[ ${#assertions[@]} -ge 19 ] || die "README.md lists ${#assertions[@]} assertions"
mkdir -p $work/java
say "files ${#names[@]}"
for name in "${names[@]}"; do
    export PGDATABASE=client_$name
    psql -qX -d postgres -v ON_ERROR_STOP=1 -c "CREATE DATABASE $PGDATABASE"
    psql -qX -v ON_ERROR_STOP=1 -c 'CREATE EXTENSION wallet'
    # In a shell of its own, so that a client that hangs can be ended.
    timeout -k 5 "${CLIENT_TIMEOUT:-120}" bash $here/run.sh --client "$name" >$work/$name.log 2>&1 || say "not ok - $name: exit code $?" >>$work/$name.log
    judge "$name" $work/$name.log
done
