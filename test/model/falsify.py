"""The self-test: the checker must be able to fail.

Goal: to see each kind of lie found. Method: a true log and true tables, in which nothing is found; then, one at
a time, a copy of them with one falsification in the answers or in the rows, in which something must be found by
the property whose business it is.
"""

import multiprocessing
import os
import pickle
import random

from check import Checker
from client import BULK, PROOFS
from machine import (CAPTURE, EXPIRE, EXPIRED, FREEZE, HOLD, OPEN, PLACED, RELEASE, REVERSE, SET_FLOOR, SET_SPEND_LIMIT,
                     STATUS, SWEEP, TRANSFER)

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
    return is_fresh(call, answer) and answer.status == 'success' and answer.amount is not None and answer.to_balance is not None


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


def kind_of(call, position, *kinds):
    return type(call.commands[position]).__name__ in kinds


def told(log, status, *kinds, final=True):
    """Recorded answers with that status to commands of these kinds."""
    return [(call, i) for call, i in lines(log, lambda c, a: a.event_id and a.replayed is False and a.status == status, final)
            if kind_of(call, i, *kinds)]


def answer_lie(title, answered, kinds, **change):
    """A falsification of a recorded answer to a command of some kind; a function gets the old value."""
    def falsify(log, tables, rng):
        call, i = one(rng, told(log, answered, *kinds))
        old = call.answers[i]
        rewrite(call, i, **{field: value(getattr(old, field)) if callable(value) else value for field, value in change.items()})
    falsify.__name__ = title
    FALSIFICATIONS.append((falsify, 'recorded'))


def error_lie(was, said):
    """A refusal of a single door told as another."""
    def falsify(log, tables, rng):
        call = one(rng, (call for tx in log for call in tx.calls if call.error == was and call.kind not in BULK))
        call.error = said
    falsify.__name__ = f'{was}_told_as_{said}'
    FALSIFICATIONS.append((falsify, 'unrecorded'))


answer_lie('hold_with_another_amount', 'success', ['Hold'], amount=more)
answer_lie('hold_said_to_have_moved_money', 'success', ['Hold'], from_balance=more)
answer_lie('capture_of_another_amount', 'success', ['Capture'], amount=more)
answer_lie('release_of_another_amount', 'success', ['Release'], amount=more)
answer_lie('reversal_of_another_amount', 'success', ['Reverse'], amount=more)
answer_lie('sweep_of_another_amount', 'success', ['Sweep'], amount=more)
answer_lie('frozen_told_as_closed', 'account_frozen', ['Transfer', 'Hold', 'ById'], status='account_closed')
answer_lie('limit_of_spending_told_as_want_of_funds', 'spend_limit_exceeded', ['Transfer', 'Hold', 'ById'],
           status='insufficient_funds')
answer_lie('irreversible_told_as_more_than_the_original', 'not_reversible', ['Reverse'], status='exceeds_original')
answer_lie('freeze_with_an_amount', 'success', ['Freeze', 'Unfreeze'], amount='0')
answer_lie('opening_in_a_batch_told_as_replayed', 'success', ['Open'], replayed=True)
error_lie('WA011', 'WA012')
error_lie('WA012', 'WA013')
error_lie('WA013', 'WA012')
error_lie('WA014', 'WA012')
error_lie('WA003', 'WA004')
error_lie('WA018', 'WA001')
error_lie('WA021', 'WA004')
error_lie('WA016', 'WA028')


@lie('unrecorded')
def hold_said_to_have_expired(log, tables, rng):
    """What could not be captured for want of room, or for asking too much, had not expired."""
    call = one(rng, (call for tx in log for call in tx.calls if call.kind == 'capture' and call.error in ('WA014', 'WA017')))
    call.error = 'WA013'


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


@lie('explained')
def expiry_lost(log, tables, rng):
    tables['event'].remove(row_of(rng, tables, 'event', kind_is(EXPIRE)))


def kind_is(*kinds, status=SUCCESS):
    return lambda row: row['kind'] in kinds and row['status'] == status


def field_lie(field, change, wanted=moved, caught_by='event', table='event', title=None):
    """A falsification of one field of one row."""
    def falsify(log, tables, rng):
        row = row_of(rng, tables, table, wanted)
        row[field] = change(row[field])
    falsify.__name__ = f'{title or table}_row_with_wrong_{field}'
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


def flip(value):
    return not value


def other_id(value):
    return value[:-1] + ('0' if value[-1] != '0' else '1')


for _field, _change, _kind, _title in (
        ('amount', more, HOLD, 'hold_event'), ('debit_held', more, HOLD, 'hold_event'),
        ('credit_version', plus, HOLD, 'hold_event'),
        ('credit_prev', lambda value: 1, HOLD, 'hold_event'), ('debit_prev', plus, HOLD, 'hold_event'),
        ('final', flip, CAPTURE, 'capture_event'), ('related', other_id, CAPTURE, 'capture_event'),
        ('debit_held', more, CAPTURE, 'capture_event'), ('credit_prev', plus, CAPTURE, 'capture_event'),
        ('amount', more, RELEASE, 'release_event'), ('debit_held', more, RELEASE, 'release_event'),
        ('related', other_id, REVERSE, 'reverse_event'), ('debit', plus, REVERSE, 'reverse_event'),
        ('requested', more, SWEEP, 'sweep_event'), ('amount', more, EXPIRE, 'expire_event'),
        ('debit_held', more, EXPIRE, 'expire_event'), ('debit_version', plus, EXPIRE, 'expire_event'),
        ('debit_prev', plus, EXPIRE, 'expire_event'), ('leg', lambda value: 0, EXPIRE, 'expire_event'),
        ('transaction_id', other_id, EXPIRE, 'expire_event'), ('actor', lambda value: value + '?', EXPIRE, 'expire_event'),
        ('debit_prev', lambda value: 1, FREEZE, 'freeze_event'), ('requested', more, SET_FLOOR, 'floor_event'),
        ('detail', lambda value: value[:-1] + bytes([value[-1] ^ 1]), SET_SPEND_LIMIT, 'limit_event')):
    field_lie(_field, _change, kind_is(_kind), title=_title)
field_lie('expires_at', plus, lambda row: row['expires_at'] is not None)
field_lie('debit_held', more, kind_is(CAPTURE, status=STATUS['hold_expired']), title='expired_capture')
for _field, _change, _wanted in (
        ('next_expiry', plus, lambda row: row['next_expiry']), ('next_expiry', lambda value: None, lambda row: row['next_expiry']),
        ('spend_limit', more, lambda row: row['spend_limit']), ('window_seconds', plus, lambda row: row['window_seconds']),
        ('window_number', plus, lambda row: row['window_number']), ('spent', more, lambda row: row['spent'])):
    field_lie(_field, _change, _wanted, 'balance', 'balance')
for _field, _change, _wanted in (
        ('state', lambda value: value % 3 + 1, lambda row: True),
        ('state', lambda value: PLACED, lambda row: row['state'] == EXPIRED),
        ('remaining', more, lambda row: True), ('amount', more, lambda row: True), ('credit', plus, lambda row: True),
        ('expires_at', plus, lambda row: row['expires_at'])):
    field_lie(_field, _change, _wanted, 'hold', 'hold')
field_lie('reversed', more, lambda row: True, 'reversal', 'reversal')
field_lie('event_id', plus, lambda row: True, 'reversal', 'reversal')
field_lie('held', more, lambda row: True, 'accounts', 'accounts')
field_lie('status', lambda value: 'closed', lambda row: row['status'] != 'closed', 'accounts', 'accounts')
field_lie('held', more, lambda row: True, 'milestone', 'milestone')


def row_lost(table):
    def falsify(log, tables, rng):
        tables[table].remove(row_of(rng, tables, table))
    falsify.__name__ = f'{table}_row_lost'
    FALSIFICATIONS.append((falsify, table))


for _table in ('hold', 'reversal', 'balance', 'account', 'currency', 'milestone', 'accounts', 'entry', 'replay', 'verify'):
    row_lost(_table)


# ---- The tests

TRUE = {}


def run(log, tables):
    """(title, ok, notes) of each test; several processes share the work."""
    TRUE.update(log=pickle.dumps(log), tables=pickle.dumps(tables))
    TRUE['played'] = Checker(pickle.loads(TRUE['log']), pickle.loads(TRUE['tables'])).check_log()
    before = TRUE['played'].other_tables(pickle.loads(TRUE['tables'])).check_tables()
    TRUE['found'] = {name: prop.found for name, prop in before.properties.items()}
    notes = [difference for prop in before.properties.values() for difference in prop.differences]
    yield 'self-test: nothing is found in what is true', not before.failed(), notes
    with multiprocessing.get_context('fork').Pool(min(os.cpu_count(), 4)) as pool:
        yield from filter(None, pool.imap(test, range(len(FALSIFICATIONS))))


def test(number):
    """One falsification: the property whose business it is must find more than in what is true."""
    falsify, caught_by = FALSIFICATIONS[number]
    title = f'self-test: found: {falsify.__name__.replace("_", " ")}'
    if not PROOFS and caught_by in ('replay', 'verify'):
        return None
    replayed = falsify.__name__ in TOLD
    falsified = pickle.loads(TRUE['log']) if replayed else None, pickle.loads(TRUE['tables'])
    try:
        falsify(*falsified, random.Random(number))
    except NoPlace:
        return title, False, ['nothing could be falsified in this way; play more commands']
    checker = Checker(*falsified).run() if replayed else TRUE['played'].other_tables(falsified[1]).check_tables()
    ok = checker.properties[caught_by].found > TRUE['found'][caught_by]
    return title, ok, [] if ok else [f'expected of the property {caught_by!r}; found by {checker.failed()}']
