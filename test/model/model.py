#!/usr/bin/python3
"""Plays random commands against a live server through several sessions and checks all of it against a naive model.

    model.py [--commands N] [--sessions N] [--seed S] [--self-test]

The server is that of PGHOST, PGPORT, PGUSER and PGDATABASE; the database must have the extension and an empty
ledger. Prints a line per property; the last lines are "N passed, N failed" and nothing else.
"""

import argparse
import sys
import time

import client
import play
from check import Checker, statuses_seen

# (door, answer) that a long run must have seen, else it has not tried what it claims to have tried.
REFUSED_FOR_GOOD = ('insufficient_funds', 'account_frozen', 'account_closed', 'ceiling_exceeded', 'spend_limit_exceeded')
ABOUT_HOLDS = ('hold_settled', 'hold_expired', 'exceeds_hold', 'exceeds_original', 'not_reversible', 'account_not_empty')
COVERAGE = [
    *((door, status + again) for door in ('transfers', 'by_id', 'execute') for again in ('', ' again')
      for status in ('success', 'group_failed', *REFUSED_FOR_GOOD)),
    *((door, status) for door in ('transfers', 'by_id', 'execute') for status in (
        'account_not_found', 'same_account', 'invalid_amount', 'invalid_scale', 'amount_overflow',
        'transaction_id_conflict', 'insufficient_privilege')),
    *((door, status) for door in ('transfers', 'execute') for status in ('unknown_currency', 'invalid_name', 'WA024')),
    ('by_id', 'invalid_argument'),
    *(('execute', status) for status in (
        *ABOUT_HOLDS, 'hold_not_found', 'original_not_found', 'account_exists', 'version_conflict', 'invalid_argument',
        'invalid_effective_at', 'metadata_too_large')),
    *(('transfer', status) for status in (
        'success', 'success again', '42501', 'WA001', 'WA002', 'WA003', 'WA004', 'WA005', 'WA006', 'WA007', 'WA008',
        'WA009', 'WA010', 'WA017', 'WA018', 'WA019', 'WA022', 'WA023', 'WA024', 'WA025', 'WA026')),
    *(('hold', status) for status in (
        'success', 'success again', '42501', 'WA001', 'WA002', 'WA003', 'WA004', 'WA010', 'WA018', 'WA022', 'WA024')),
    *(('capture', status) for status in (
        'success', 'success again', 'WA006', 'WA010', 'WA011', 'WA012', 'WA013', 'WA014', 'WA017', 'WA024')),
    *(('release', status) for status in ('success', 'success again', 'WA011', 'WA012', 'WA013', 'WA014', 'WA024')),
    *(('reverse', status) for status in ('success', 'success again', '42501', 'WA015', 'WA016', 'WA024', 'WA028')),
    *(('sweep', status) for status in (
        'success', 'success again', '42501', 'WA001', 'WA002', 'WA003', 'WA004', 'WA017', 'WA018')),
    *((door, status) for door in ('freeze', 'unfreeze', 'close', 'set_floor', 'set_ceiling', 'set_spend_limit')
      for status in ('success', 'WA002', 'WA004')),
    ('close', 'WA021'), ('remove_floor', 'success'),
    *(('open', status) for status in ('success', 'WA002', 'WA007', 'WA008', 'WA009', 'WA010', 'WA020', 'WA023', 'WA024')),
    ('define', 'success'), ('define', 'WA024'),
]
COVERAGE_FROM = 50000


class Report:
    """TAP-like lines; the numbers keep them apart from the lines of the suites around."""

    def __init__(self):
        self.passed = self.failed = 0

    def line(self, ok, text, notes=()):
        self.passed, self.failed = self.passed + bool(ok), self.failed + (not ok)
        print(f'{"ok" if ok else "not ok"} {self.passed + self.failed} - {text}')
        for note in notes:
            print('#   ' + note.replace('\n', '\n#   '))
        sys.stdout.flush()

    def properties(self, checker, complete):
        """A long run must have had something to look at, for each property."""
        for prop in checker.properties.values():
            notes = prop.differences + ([f'… and {prop.found - len(prop.differences)} more']
                                        if prop.found > len(prop.differences) else [])
            self.line(prop.ok and (prop.examined or not complete), f'{prop.title} ({prop.examined} looked at)', notes)

    def coverage(self, log):
        seen = statuses_seen(log)
        for (door, status), count in sorted(seen.items()):
            print(f'# {door:10} {status:32} {count:8}')
        missing = [pair for pair in COVERAGE if pair not in seen]
        self.line(not missing, f'all {len(COVERAGE)} answers were seen', [f'never seen: {missing}'] if missing else [])


def timed(title, function, *arguments):
    began = time.monotonic()
    result = function(*arguments)
    print(f'# {title}: {time.monotonic() - began:.1f} s')
    return result


def run(report, options):
    log, session = timed('play', play.play, options.seed, options.commands, options.sessions)
    tables = timed('read', client.read_tables, session)
    print(f'# {play.commands_in(log)} commands in {sum(len(tx.calls) for tx in log)} calls of {len(log)} transactions, '
          f'{len(tables["event"])} events, {len(tables["balance"])} accounts')
    checker = timed('check', Checker(log, tables).run)
    complete = options.commands >= COVERAGE_FROM
    report.properties(checker, complete)
    if complete:
        report.coverage(log)


def self_test(report, options):
    import falsify
    log, session = play.play(options.seed, options.commands, options.sessions)
    for title, ok, notes in falsify.run(log, client.read_tables(session)):
        report.line(ok, title, notes)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--commands', type=int, default=None)
    parser.add_argument('--sessions', type=int, default=6)
    parser.add_argument('--seed', default=None)
    parser.add_argument('--self-test', action='store_true')
    options = parser.parse_args()
    options.seed = options.seed or str(time.time_ns() % 10**9)
    options.commands = options.commands or (9000 if options.self_test else 100000)
    print(f'# {"self-test" if options.self_test else "model"}: seed {options.seed}, {options.commands} commands, '
          f'{options.sessions} sessions')
    report = Report()
    (self_test if options.self_test else run)(report, options)
    print(f'{report.passed} passed, {report.failed} failed')
    return 1 if report.failed else 0


if __name__ == '__main__':
    sys.exit(main())
