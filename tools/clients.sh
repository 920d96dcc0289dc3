#!/usr/bin/env bash
# make clients: the same program through psql, Python, Node, Go and Java. The last line is "N passed, N failed".
#
#   CLIENTS="node java" make clients     only some; default: all of test/clients/run.sh
#
# Installs missing Debian packages (about 1 GB on disk for all), starts a server of its own, and, when all ran,
# writes test/results/clients.txt. The output of a client is in build/out/clients.

set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

results=test/results/clients.txt
out=build/out/clients
server=build/clients-server

if [ -z "${WALLET_CLIENTS_INSIDE:-}" ]; then
    tools/setup.sh clients
    code=0
    WALLET_CLIENTS_INSIDE=1 tools/as-user.sh tools/clients.sh "$@" || code=$?
    [ ! -e $out/results.txt ] || { mkdir -p test/results && cp $out/results.txt $results; }
    exit $code
fi

export LANG=C.UTF-8 LC_ALL=C.UTF-8
rm -rf $out
mkdir -p $out
trap 'tools/server.sh drop $server || true' EXIT

# JDBC needs a port and, since others on this machine can reach it, a password.
WALLET_TCP_PASSWORD=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
export WALLET_TCP_PASSWORD
printf '%s\n' 'local all all trust' 'host all all 127.0.0.1/32 scram-sha-256' >$out/hba.conf
printf '%s\n' "listen_addresses = '127.0.0.1'" "port = $((15500 + RANDOM % 1000))" "hba_file = '$top/$out/hba.conf'" \
    'fsync = off' >$out/server.conf
env=$(tools/server.sh start $server $out/server.conf)
eval "$env"
psql -qX <<<"ALTER ROLE postgres PASSWORD '$WALLET_TCP_PASSWORD'"

read -ra clients <<<"${CLIENTS:-}"
test/clients/run.sh "${clients[@]}" 2>&1 | tee $out/log
cp build/clients/*.log $out/ 2>/dev/null || true

passed=$(grep -c '^ok - ' $out/log || true)
failed=$(grep -c '^not ok - ' $out/log || true)
if [ -z "${CLIENTS:-}" ]; then
    {
        echo "make clients, $(date -u +%F), PostgreSQL $(psql -qAtX -c 'SHOW server_version' | cut -d' ' -f1), $(. /etc/os-release && echo "$PRETTY_NAME")"
        echo
        grep '^# ' $out/log | sed 's/^# //' | while read -r name rest; do
            printf '%-10s %3d passed %3d failed   %s\n' "${name%:}" "$(grep -c "^ok - clients/$name" $out/log || true)" \
                "$(grep -c "^not ok - clients/$name" $out/log || true)" "$rest"
        done
        echo
        echo "$passed passed, $failed failed"
    } >$out/results.txt
fi
say "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
