#!/usr/bin/env bash
# test/golden/check.sh WALLET_REPLAY WORK: the golden logs, by wallet-replay and by a reader of the format alone. TAP.
#
# Goal: what format 1 means does not change, and a change of a rule is noticed by replay.
# Method: every log gives exactly the balances and the head beside it, by the program and by check.py. Then rules are
# changed in copies of the sources, one by one, and the program made of each must report a difference. (A
# substitution, as tools/mutants.sh has it, and no -D flag: the rules have no second form in the product, and any
# rule can be changed.)

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
top=$(cd "$here/../.." && pwd -P)
replay=$1
work=$2
tree=$work/tree
logs=("$here"/format-1/*.log)
number=0 failed=0

# ok NAME CMD...: true if the command is.
ok() {
    number=$((number + 1))
    local what=$1
    shift
    if "$@"; then
        echo "ok $number - $what"
    else
        failed=$((failed + 1))
        echo "not ok $number - $what"
    fi
}

agrees() {
    "$replay" "$1" --balances --verify-head "$(cat "${1%.log}.head")" >"$work/balances" 2>"$work/summary" || { sed 's/^/# /' "$work/summary"; return 1; }
    diff "$work/balances" "${1%.log}.tsv" | sed 's/^/# /' && grep -qx "wallet_head	$(cat "${1%.log}.head")" "$work/summary"
}

# program [FILE PERL]: makes $tree/wallet-replay, with FILE changed; only what depends on it is compiled again.
program() {
    if [ $# -gt 0 ]; then
        perl -0777 -pi -e "$2" "$tree/src/$1"
        ! cmp -s "$tree/src/$1" "$top/src/$1" || { echo "# $2 does not apply"; return 1; }
    fi
    make -s -C "$tree" -f Makefile COPT=-O0 wallet-replay
}

# reports CODE: what $tree/wallet-replay says of all the logs; CODE 1: of one of them at least that an event differs.
reports() {
    local log worst=0 code
    : >"$work/said"
    for log in "${logs[@]}"; do
        code=0
        timeout 20 "$tree/wallet-replay" "$log" >/dev/null 2>>"$work/said" || code=$?
        [ "$code" -le "$worst" ] || worst=$code
    done
    [ "$worst" -eq "$1" ] && { [ "$1" -eq 0 ] || grep -qE '^event [0-9]+: [a-z_]+: ' "$work/said"; }
}

unchanged_agrees() { program && reports 0; }
changed_reports() { program "$@" && reports 1; }

changed_rule() {
    ok "a change is reported: $1" changed_reports "$2" "$3"
    sed -n '1s/^/# /p' "$work/said"
    cp "$top/src/$2" "$tree/src/$2"
}

mkdir -p "$tree"
cp -Rp "$top/Makefile" "$top/wallet.control" "$top/src" "$tree"
for log in "${logs[@]}"; do
    ok "${log##*/}: wallet-replay gives its balances and its head" agrees "$log"
done
ok "the program made of a copy of the sources finds no difference" unchanged_agrees
changed_rule "what is held may be spent" core/payment.h 's/payer->balance, payer->held, payer->floor\) >= amount/payer->balance, 0, payer->floor) >= amount/'
changed_rule "an expired hold is told as settled" core/rule_capture.c 's/return WALLET_hold_expired/return WALLET_hold_settled/'
changed_rule "holds expire a second later" core/rule_expire.c 's/(first->expires_at) <= wallet_event_moment/$1 + 1000000 <= wallet_event_moment/'
changed_rule "a final capture keeps the rest" core/rule_capture.c 's/event->final \? hold->remaining - amount : 0/0/'
changed_rule "a release does not give back what was spent" core/rule_capture.c 's/wallet_spending_give_back\(payer, /if (payer == NULL) wallet_spending_give_back(payer, /'
changed_rule "more is reversed than was moved" core/rule_reverse.c 's/left <= 0 \|\| \*amount > left/left <= 0/'
changed_rule "frozen accounts receive" core/payment.c 's/\tif \(status == WALLET_success\)\n\t\tstatus = wallet_account_is_open\(view->credit\);\n//'
changed_rule "a group that failed is not undone" core/group.c 's/\tundo_all\(group->batch\);/\tgroup->batch->undo_count = 0;/'
changed_rule "an older refusal does not make a group fail" core/group.c 's/\tif \(cause != 0\)/\tif (cause != 0 \&\& cause == 1)/'
changed_rule "versions count refusals" core/machine.c 's/(status = \(uint16_t\) status;)/$1\n\tif (view->debit)\n\t\tview->debit->version++;/'
echo "1..$number"
[ "$failed" -eq 0 ]
