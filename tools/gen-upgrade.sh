#!/usr/bin/env bash
# Writes the upgrade script to the version under work: the parts that are new in it, and what closes it.
#
#   tools/gen-upgrade.sh            writes sql/wallet--FROM--TO.sql
#   tools/gen-upgrade.sh --check    only says whether it is what would be written
#
# A part that both versions have and that changed goes into the closing file as ALTER or CREATE OR REPLACE.
# Once TO is released its script is as frozen as the version is: then FROM and $new_parts move on.

set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

from=1.0
to=$(sed -n "s/^default_version *= *'\(.*\)'.*/\1/p" wallet.control)
script=sql/wallet--$from--$to.sql
new_parts="14_holds 32_seal 45_instance 51_commands 52_history 53_tree 54_standby 55_reconcile 56_rights 57_proof 58_repair 59_snapshot"

generate() {
    local part
    printf '%s\n' "\\echo Use \"ALTER EXTENSION wallet UPDATE TO '$to'\" to load this file. \\quit" \
        "-- From $from to $to. Made by tools/gen-upgrade.sh from sql/parts and sql/upgrade; do not edit." \
        "-- Afterwards the database has what sql/parts make in a fresh one, object for object (test/t/040_upgrade.pl)."
    for part in $new_parts; do
        [ -e "sql/parts/$part.sql" ] || continue
        printf '\n-- ---- %s\n' "$part"
        cat "sql/parts/$part.sql"
    done
    printf '\n'
    cat "sql/upgrade/$from--$to.closing.sql"
}

if [ "${1:-}" = --check ]; then
    cmp -s <(generate) "$script" || { say "$script is not what tools/gen-upgrade.sh would write"; exit 1; }
else
    generate >"$script"
fi
