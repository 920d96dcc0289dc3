"""The self-test: the checker must be able to fail.

Goal: to see each kind of lie found. Method: a true log and true tables, in which nothing is found; then, one at
a time, a copy of them with one falsification in the answers or in the rows, in which something must be found by
the property whose business it is.
"""

import pickle
import random

from check import Checker
from client import BULK
from machine import OPEN, STATUS, TRANSFER

SUCCESS, GROUP_FAILED = STATUS['success'], STATUS['group_failed']
FALSIFICATIONS = []


def lie(caught_by):
    """Registers a falsification: f(log, tables, rng). Its first line of text is its title."""
    def register(function):
        FALSIFICATIONS.append((function, caught_by))
        return function
    return register


class NoPlace(Exception):
    """Nothing in the log that could be falsified in this way."""


def one(rng, items):
    items = list(items)
    if not items:
        raise NoPlace
    return rng.choice(items)


def lines(log, wanted, final=True):
    """(call, position) of all answers like that."""
    return [(call, i) for tx in log for call in tx.calls if call.answers and call.final == final
            for i, answer in enumerate(call.answers) if wanted(call, answer)]


def is_fresh(call, answer):
    return call.kind in BULK | {'transfer'} and answer.event_id is not None and answer.replayed is False


def is_moved(call, answer):
    return is_fresh(call, answer) and answer.status == 'success'


def rewrite(call, position, **change):
    call.answers[position] = call.answers[position]._replace(**change)


def more(text, digit=1):
    """An amount, its last digit changed."""
    return text[:-1] + str((int(text[-1]) + digit) % 10)


def row_of(rng, tables, table, wanted=lambda row: True):
    return one(rng, (row for row in tables[table] if wanted(row)))


def moved(row):
    return row['kind'] == TRANSFER and row['status'] == SUCCESS


# ---- Lies of the client, or to it: the log must be played again

@lie('recorded')
def wrong_balance_in_an_answer(log, tables, rng):
    call, i = one(rng, lines(log, is_moved))
    rewrite(call, i, from_balance=more(call.answers[i].from_balance))


@lie('recorded')
def two_answers_swapped(log, tables, rng):
    pairs = [(call, i) for call, i in lines(log, is_moved) if i and is_moved(call, call.answers[i - 1])]
    call, i = one(rng, pairs)
    call.answers[i - 1], call.answers[i] = call.answers[i], call.answers[i - 1]


@lie('recorded')
def two_balances_swapped(log, tables, rng):
    call, i = one(rng, (pair for pair in lines(log, is_moved)
                        if pair[0].answers[pair[1]].from_balance != pair[0].answers[pair[1]].to_balance))
    rewrite(call, i, from_balance=call.answers[i].to_balance, to_balance=call.answers[i].from_balance)


@lie('recorded')
def success_told_as_refusal(log, tables, rng):
    rewrite(*one(rng, lines(log, is_moved)), status='insufficient_funds', amount=None)


@lie('recorded')
def refusal_told_as_success(log, tables, rng):
    call, i = one(rng, lines(log, lambda c, a: is_fresh(c, a) and a.status == 'insufficient_funds'))
    rewrite(call, i, status='success', amount='1')


@lie('recorded')
def one_recorded_refusal_for_another(log, tables, rng):
    rewrite(*one(rng, lines(log, lambda c, a: is_fresh(c, a) and a.status == 'insufficient_funds')), status='ceiling_exceeded')


@lie('recorded')
def success_told_as_replayed(log, tables, rng):
    call, i = one(rng, lines(log, lambda c, a: is_moved(c, a) and len(c.answers) > 1))
    rewrite(call, i, replayed=True)


@lie('recorded')
def replay_told_as_new(log, tables, rng):
    call, i = one(rng, lines(log, lambda c, a: a.replayed and len(c.answers) > 1 and c.kind in BULK))
    rewrite(call, i, replayed=False)


@lie('recorded')
def wrong_time_in_an_answer(log, tables, rng):
    call, i = one(rng, lines(log, is_moved))
    rewrite(call, i, recorded_at=call.answers[i].recorded_at + 1)


@lie('recorded')
def amount_without_its_decimals(log, tables, rng):
    call, i = one(rng, lines(log, lambda c, a: is_moved(c, a) and '.' in a.amount and a.amount.endswith('0')))
    rewrite(call, i, amount=call.answers[i].amount[:-1])


@lie('recorded')
def refusal_not_told(log, tables, rng):
    """Of a command between others, no record although it was refused for good."""
    call, i = one(rng, lines(log, lambda c, a: is_fresh(c, a) and a.status == 'insufficient_funds' and len(c.answers) > 5))
    rewrite(call, i, status='account_not_found', event_id=None, recorded_at=None, from_balance=None, to_balance=None)


@lie('undone')
def wrong_balance_in_a_transaction_rolled_back(log, tables, rng):
    call, i = one(rng, lines(log, is_moved, final=False))
    rewrite(call, i, to_balance=more(call.answers[i].to_balance))


@lie('unrecorded')
def wrong_refusal_of_the_single_door(log, tables, rng):
    call = one(rng, (call for tx in log for call in tx.calls if call.error == 'WA001'))
    call.error = 'WA017'


@lie('unrecorded')
def account_said_to_be_missing(log, tables, rng):
    call = one(rng, (call for tx in log for call in tx.calls if call.error == 'WA001'))
    call.error = 'WA002'


@lie('unrecorded')
def refusal_without_a_reason(log, tables, rng):
    """A success of the single door told as insufficient funds, its event gone: nobody lacked money."""
    call, _ = one(rng, lines(log, lambda c, a: is_moved(c, a) and c.kind == 'transfer' and
                             c.commands[0].from_account == '@world'))
    tables['event'] = [row for row in tables['event'] if row['event_id'] != call.answers[0].event_id]
    call.answers, call.error = None, 'WA001'


@lie('errors')
def serialization_failure_in_read_committed(log, tables, rng):
    call = one(rng, (call for tx in log for call in tx.calls if call.error == 'WA001' and not tx.isolation))
    call.error = '40001'


@lie('shapes')
def torn_group_accepted(log, tables, rng):
    call = one(rng, (call for tx in log for call in tx.calls if call.error == 'WA024' and call.kind in BULK))
    call.error, call.answers = None, []


@lie('explained')
def rolled_back_said_to_be_committed(log, tables, rng):
    call, _ = one(rng, lines(log, is_moved, final=False))
    call.tx.committed = True
    for other in call.tx.calls:
        other.dies_at = float('inf')


@lie('explained')
def committed_said_to_be_rolled_back(log, tables, rng):
    call, _ = one(rng, lines(log, is_moved))
    call.tx.committed = False


@lie('explained')
def call_forgotten(log, tables, rng):
    call, _ = one(rng, lines(log, is_moved))
    call.tx.calls.remove(call)


@lie('explained')
def call_told_twice(log, tables, rng):
    call, _ = one(rng, lines(log, is_moved))
    call.tx.calls.append(pickle.loads(pickle.dumps(call)))
    call.tx.calls[-1].tx = call.tx


@lie('clock')
def id_from_the_past(log, tables, rng):
    call, i = one(rng, lines(log, lambda c, a: is_moved(c, a) and c.kind == 'transfer'))
    rewrite(call, i, event_id=call.answers[i].event_id - 10**8, recorded_at=call.answers[i].event_id - 10**8)


TOLD = {function.__name__ for function, _ in FALSIFICATIONS}


# ---- Lies in the tables

@lie('explained')
def event_lost(log, tables, rng):
    tables['event'].remove(row_of(rng, tables, 'event', moved))


@lie('explained')
def refusal_lost(log, tables, rng):
    tables['event'].remove(row_of(rng, tables, 'event', lambda row: row['status'] not in (SUCCESS, GROUP_FAILED)))


@lie('explained')
def command_applied_twice(log, tables, rng):
    row = dict(row_of(rng, tables, 'event', moved))
    row.update(event_id=tables['event'][-1]['event_id'] + 1, leg=1)
    tables['event'].append(row)


@lie('explained')
def same_row_twice(log, tables, rng):
    tables['event'].append(dict(row_of(rng, tables, 'event')))


def field_lie(field, change, wanted=moved, caught_by='event', table='event'):
    """A falsification of one field of one row."""
    def falsify(log, tables, rng):
        row = row_of(rng, tables, table, wanted)
        row[field] = change(row[field])
    falsify.__name__ = f'{table}_row_with_wrong_{field}'
    FALSIFICATIONS.append((falsify, caught_by))


def plus(value):
    return value + 1


for _field in ('amount', 'requested', 'debit_balance', 'credit_balance', 'debit_held'):
    field_lie(_field, more)
for _field in ('debit', 'credit', 'debit_version', 'credit_version', 'debit_prev', 'credit_prev', 'kind', 'leg', 'format'):
    field_lie(_field, plus)
field_lie('status', lambda value: STATUS['ceiling_exceeded'])
field_lie('status', lambda value: SUCCESS, lambda row: row['status'] == GROUP_FAILED)
field_lie('actor', lambda value: value + '?')
field_lie('cause', plus, lambda row: row['cause'] is not None)
field_lie('cause', lambda value: None, lambda row: row['cause'] is not None)
field_lie('group_first', lambda value: None, lambda row: row['group_first'] is not None)
field_lie('group_first', lambda value: value - 10**9, lambda row: row['group_first'] is not None, 'group')
field_lie('effective_at', plus, lambda row: row['effective_at'] is not None)
field_lie('metadata', lambda value: None, lambda row: row['metadata'] is not None)
field_lie('metadata_digest', lambda value: value[:-1] + bytes([value[-1] ^ 1]), lambda row: row['metadata_digest'])
field_lie('detail', lambda value: value[:-1] + bytes([value[-1] ^ 1]), lambda row: row['kind'] == OPEN)
field_lie('debit_balance', more, lambda row: row['status'] == GROUP_FAILED)
field_lie('debit_version', plus, lambda row: row['status'] == STATUS['insufficient_funds'])
for _field in ('version', 'last_event', 'guard_event', 'status', 'exponent', 'inbound'):
    field_lie(_field, plus, lambda row: True, 'balance', 'balance')
for _field in ('balance', 'held'):
    field_lie(_field, more, lambda row: True, 'balance', 'balance')
field_lie('balance', more, lambda row: True, 'conservation', 'balance')
field_lie('floor', more, lambda row: row['floor'] is not None, 'balance', 'balance')
field_lie('ceiling', lambda value: None, lambda row: row['ceiling'] is not None, 'balance', 'balance')
field_lie('parent', plus, lambda row: row['parent'] is not None, 'account', 'account')
field_lie('name', lambda value: value + ' ', lambda row: True, 'account', 'account')
field_lie('exponent', plus, lambda row: True, 'currency', 'currency')
field_lie('balance', more, lambda row: True, 'milestone', 'milestone')
field_lie('version', plus, lambda row: True, 'milestone', 'milestone')
field_lie('available', more, lambda row: row['available'] is not None, 'accounts', 'accounts')
field_lie('amount', more, lambda row: True, 'entry', 'entry')
field_lie('counterparty', lambda value: value + ' ', lambda row: True, 'entry', 'entry')
field_lie('balance', more, lambda row: True, 'replay', 'replay')
field_lie('version', plus, lambda row: True, 'replay', 'replay')
field_lie('ok', lambda value: False, lambda row: True, 'verify', 'verify')
field_lie('examined', lambda value: 0, lambda row: row['check_name'] == 'refusals', 'verify', 'verify')
field_lie('horizon', lambda value: value - 10**10, lambda row: True, 'horizon', 'settings')


def row_lost(table):
    def falsify(log, tables, rng):
        tables[table].remove(row_of(rng, tables, table))
    falsify.__name__ = f'{table}_row_lost'
    FALSIFICATIONS.append((falsify, table))


for _table in ('balance', 'account', 'currency', 'milestone', 'accounts', 'entry', 'replay', 'verify'):
    row_lost(_table)


def run(log, tables):
    """(title, ok, notes) of each test."""
    log, tables = pickle.dumps(log), pickle.dumps(tables)
    played = Checker(pickle.loads(log), pickle.loads(tables)).check_log()
    before = played.other_tables(pickle.loads(tables)).check_tables()
    notes = [difference for prop in before.properties.values() for difference in prop.differences]
    yield 'self-test: nothing is found in what is true', not before.failed(), notes
    for number, (falsify, caught_by) in enumerate(FALSIFICATIONS):
        title = f'self-test: found: {falsify.__name__.replace("_", " ")}'
        told = falsify.__name__ in TOLD
        falsified = pickle.loads(log) if told else None, pickle.loads(tables)
        try:
            falsify(*falsified, random.Random(number))
        except NoPlace:
            yield title, False, ['nothing could be falsified in this way; play more commands']
            continue
        failed = (Checker(*falsified).run() if told else played.other_tables(falsified[1]).check_tables()).failed()
        ok = caught_by in failed and caught_by not in before.failed()
        yield title, ok, [] if ok else [f'expected of the property {caught_by!r}; found by {failed}']
