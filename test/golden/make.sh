#!/usr/bin/env bash
# Makes golden logs out of test/golden/make/NAME.sql: test/golden/make.sh DIR NAME...
#
# Only for logs of names that are not there yet: what was committed is never made again (README). Through real
# commands on a real server, whose environment (PGHOST ...) must be set; DIR must be writable for the server.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
dir=$1
shift

for name in "$@"; do
    [ ! -e "format-1/$name.log" ] || { echo "format-1/$name.log is there, and stays as it is" >&2; exit 1; }
    dropdb --if-exists "golden_$name"
    createdb "golden_$name"
    psql -qX -o /dev/null -d "golden_$name" -f "make/$name.sql"
    psql -qXAt -d "golden_$name" <<SQL
SELECT wallet_export('$dir/$name.log') \gset
COPY (SELECT a.name, a.currency, b.balance, b.held, CASE b.status WHEN 1 THEN 'open' WHEN 2 THEN 'frozen' WHEN 3 THEN 'closed' END, b.version
	FROM wallet.account a JOIN wallet.balance b ON b.account = a.id ORDER BY a.id) TO '$dir/$name.tsv';
COPY (SELECT encode(wallet_head(), 'hex')) TO '$dir/$name.head';
SQL
    dropdb "golden_$name"
done
