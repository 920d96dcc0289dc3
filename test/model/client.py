"""The client's side: connections, one SQL statement per kind of call, and the log of what was asked and answered."""

import json
import math
import os
import time
from collections import namedtuple

import psycopg2
import psycopg2.extensions

from machine import (Capture, Close, Define, Freeze, Hold, Junk, Open, Release, RemoveFloor, Reverse, SetCeiling, SetFloor,
                     SetSpendLimit, Sweep, Transfer, Unfreeze)

# One line of an answer; amounts are text as the server shows them, recorded_at is in microseconds.
Answer = namedtuple('Answer', 'status tid event_id recorded_at amount from_balance to_balance replayed')

RECEIPT = '''status, transaction_id::text, event_id, (extract(epoch FROM recorded_at) * 1000000)::bigint,
             amount::text, from_balance::text, to_balance::text, replayed'''


class Tx:
    """A transaction of the log. `end`: when the client knew; `committed` only if COMMIT said so."""

    def __init__(self, session, actor, isolation=None):
        self.session, self.actor, self.isolation = session, actor, isolation
        self.calls, self.ops = [], 0
        self.committed, self.end = False, math.inf


class Call:
    """A call of the log. `op` is its place in the transaction; from `dies_at` on it is rolled back."""

    def __init__(self, kind, commands, groups=None, atomic=False, lower_bound=1):
        self.kind, self.commands, self.groups, self.atomic, self.lower_bound = kind, commands, groups, atomic, lower_bound
        self.answers = self.error = self.message = None
        self.tx = self.op = self.start = self.end = self.wall = self.wall_end = None
        self.dies_at = math.inf

    def again(self):
        """The same call, not yet made."""
        return Call(self.kind, self.commands, self.groups, self.atomic, self.lower_bound)

    @property
    def final(self):
        """It happened, for everybody."""
        return self.tx.committed and self.dies_at == math.inf and self.error is None

    def sees(self, earlier):
        """Whether an earlier call of the same transaction was not rolled back before this one."""
        return earlier.op < self.op < earlier.dies_at


def connect():
    connection = psycopg2.connect('')
    connection.autocommit = True
    # Money stays text: no arithmetic of a library comes between the server and the model.
    psycopg2.extensions.register_type(
        psycopg2.extensions.new_type((1700,), 'MONEY', lambda value, cursor: value), connection)
    with connection.cursor() as cursor:
        cursor.execute("SET timezone = 'UTC'; SET deadlock_timeout = '20ms'; SET statement_timeout = '60s'")
    return connection


def array(values, lower_bound=1):
    """An array literal; everything is quoted but NULL."""
    items = ['NULL' if v is None else '"' + str(v).replace('\\', '\\\\').replace('"', '\\"') + '"' for v in values]
    bounds = f'[{lower_bound}:{lower_bound + len(items) - 1}]=' if items and lower_bound != 1 else ''
    return bounds + '{' + ','.join(items) + '}'


def moment(value):
    """A timestamptz from microseconds since 1970."""
    if value is None or value == 'infinity':
        return value
    return time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(value // 1000000)) + f'.{value % 1000000:06d}+00'


def open_sql(call):
    command = call.commands[0]
    given = {'name': command.name, 'currency': command.currency, 'transaction_id': command.tid, 'floor': command.floor,
             'ceiling': command.ceiling, 'parent': command.parent, 'owner': command.owner, 'metadata': command.metadata}
    if command.floor == 'default':
        del given['floor']
    types = {'transaction_id': 'uuid', 'floor': 'numeric', 'ceiling': 'numeric', 'metadata': 'jsonb'}
    arguments = ', '.join(f"{name} => %s::{types.get(name, 'text')}" for name in given)
    return f'SELECT wallet_open({arguments})', list(given.values())


def define_sql(call):
    command = call.commands[0]
    return f'SELECT {RECEIPT} FROM wallet_define_currency(%s, %s, %s::uuid)', list(command)


def transfer_sql(call):
    c = call.commands[0]
    return (f'SELECT {RECEIPT} FROM wallet_transfer(%s, %s, %s::numeric, %s, %s::uuid, %s::jsonb, %s::timestamptz, %s)',
            [c.from_account, c.to_account, c.amount, c.currency, c.tid, c.metadata, moment(c.effective_at),
             c.expected_version])


def columns(call, width):
    return [array([command[i] for command in call.commands], call.lower_bound) for i in range(width)]


def optional(call, values):
    return None if values is None else array(values, call.lower_bound)


def transfers_sql(call):
    metadatas = [command.metadata for command in call.commands]
    metadatas = metadatas if any(metadatas) else None
    return (f'''SELECT ord, {RECEIPT} FROM wallet_transfers(%s::text[], %s::text[], %s::numeric[], %s::text[], %s::uuid[],
                %s::int[], %s::jsonb[], %s)''',
            columns(call, 5) + [optional(call, call.groups), optional(call, metadatas), call.atomic])


def by_id_sql(call):
    return (f'''SELECT ord, {RECEIPT} FROM wallet_transfers_by_id(%s::bigint[], %s::bigint[], %s::numeric[], %s::uuid[],
                %s::int[], %s)''',
            columns(call, 4) + [optional(call, call.groups), call.atomic])


# The single doors but open, define and transfer: name of the function and of its parameters, in the order of the fields.
DOORS = {
    Hold: ('hold', 'from_account to_account amount currency transaction_id metadata expires_at expected_version'),
    Capture: ('capture', 'hold_id transaction_id amount final metadata'),
    Release: ('release', 'hold_id transaction_id amount metadata'),
    Reverse: ('reverse', 'original transaction_id amount metadata'),
    Sweep: ('sweep', 'from_account to_account up_to currency transaction_id metadata'),
    Freeze: ('freeze', 'name currency transaction_id reason'), Unfreeze: ('unfreeze', 'name currency transaction_id reason'),
    Close: ('close', 'name currency transaction_id'), SetFloor: ('set_floor', 'name currency floor transaction_id'),
    RemoveFloor: ('remove_floor', 'name currency transaction_id'),
    SetCeiling: ('set_ceiling', 'name currency ceiling transaction_id'),
    SetSpendLimit: ('set_spend_limit', 'name currency amount window_seconds transaction_id'),
}
TYPES = {'transaction_id': 'uuid', 'hold_id': 'uuid', 'original': 'uuid', 'amount': 'numeric', 'up_to': 'numeric',
         'floor': 'numeric', 'ceiling': 'numeric', 'metadata': 'jsonb', 'expires_at': 'timestamptz', 'final': 'boolean',
         'expected_version': 'bigint', 'window_seconds': 'int'}
WORDS = {**DOORS, Transfer: ('transfer', 'from_account to_account amount currency transaction_id metadata effective_at '
                                         'expected_version'),
         Open: ('open', 'name currency transaction_id floor ceiling parent owner metadata'),
         Define: ('define_currency', 'code exponent transaction_id')}


def door_sql(call):
    command = call.commands[0]
    word, fields = DOORS[type(command)]
    given = {field: moment(value) if field == 'expires_at' else value for field, value in zip(fields.split(), command)}
    arguments = ', '.join(f"{field} => %s::{TYPES.get(field, 'text')}" for field in given)
    return f'SELECT {RECEIPT} FROM wallet_{word}({arguments})', list(given.values())


def in_words(command, group):
    """An object for wallet_execute; what is NULL by default is left out half of the time."""
    if isinstance(command, Junk):
        return command.text
    word, fields = WORDS[type(command)]
    given = {'command': word}
    for field, value in zip(fields.split(), command):
        if value == 'default' or (value is None and field in ('metadata', 'reason', 'parent', 'effective_at')):
            continue
        if field == 'metadata':
            value = json.loads(value)
        given[field] = moment(value) if field in ('effective_at', 'expires_at') else value
    if group is not None:
        given['group'] = group
    return json.dumps(given, ensure_ascii=False)


def execute_sql(call):
    groups = call.groups or [None] * len(call.commands)
    commands = ','.join(in_words(command, group) for command, group in zip(call.commands, groups))
    return f'SELECT ord, {RECEIPT} FROM wallet_execute(%s::jsonb, %s)', [f'[{commands}]', call.atomic]


SQL = {'open': open_sql, 'define': define_sql, 'transfer': transfer_sql, 'transfers': transfers_sql, 'by_id': by_id_sql,
       'execute': execute_sql, **{word: door_sql for word, _ in DOORS.values()}}
BULK = {'transfers', 'by_id', 'execute'}


def read_answers(call, rows):
    if call.kind == 'open':
        return [Answer('success', call.commands[0].tid, rows[0][0], rows[0][0], None, None, None, None)]
    if call.kind in BULK:
        if [row[0] for row in rows] != list(range(1, len(rows) + 1)):
            raise AssertionError(f'ord does not count from 1: {[row[0] for row in rows]}')
        rows = [row[1:] for row in rows]
    return [Answer(*row) for row in rows]


class Session:
    """A connection that writes down all that it does. `logged` gets every transaction, retried ones too."""

    def __init__(self, number, role=None):
        self.number, self.connection, self.logged = number, connect(), []
        self.cursor = self.connection.cursor()
        if role:
            self.cursor.execute(f'SET SESSION AUTHORIZATION {role}')
        self.actor = self.value('SELECT session_user::text')
        self.tx = None

    def begin(self, isolation=None):
        self.tx = Tx(self.number, self.actor, isolation)
        self.logged.append(self.tx)
        if isolation:
            self.cursor.execute(f'BEGIN ISOLATION LEVEL {isolation}')

    def op(self):
        self.tx.ops += 1
        return self.tx.ops

    def call(self, call):
        """Makes a call inside the transaction at hand; the log has the answer or the error."""
        call.tx, call.op = self.tx, self.op()
        self.tx.calls.append(call)
        sql, values = SQL[call.kind](call)
        call.wall, call.start = time.time_ns() // 1000, time.monotonic_ns()
        try:
            self.cursor.execute(sql, values)
            call.answers = read_answers(call, self.cursor.fetchall())
        except psycopg2.Error as error:
            call.error = error.pgcode or 'lost'
            call.message = f'{error.diag.message_primary or error} / {error.diag.message_detail}'
        call.end, call.wall_end = time.monotonic_ns(), time.time_ns() // 1000

    def single(self, call):
        """A call that is a transaction of its own."""
        self.begin()
        self.call(call)
        self.tx.committed, self.tx.end = call.error is None, call.end
        if self.connection.info.transaction_status != psycopg2.extensions.TRANSACTION_STATUS_IDLE:
            raise AssertionError(f'a transaction is open after {describe(call)}: {call.error} {call.message}')
        return call

    def savepoint(self, name):
        self.cursor.execute(f'SAVEPOINT {name}')
        return self.op()

    def release(self, name):
        self.cursor.execute(f'RELEASE SAVEPOINT {name}')

    def rollback_to(self, name, since):
        """Undoes the calls after the operation `since`, which was the savepoint."""
        self.cursor.execute(f'ROLLBACK TO SAVEPOINT {name}')
        self.kill(since)

    def kill(self, since):
        op = self.op()
        for call in self.tx.calls:
            if call.op > since and call.dies_at == math.inf:
                call.dies_at = op

    def finish(self, commit):
        self.cursor.execute('COMMIT' if commit else 'ROLLBACK')
        # COMMIT of a transaction in which something failed says ROLLBACK.
        self.tx.committed = commit and self.cursor.statusmessage == 'COMMIT'
        if not self.tx.committed:
            self.kill(-1)
        self.tx.end = time.monotonic_ns()

    def value(self, sql, *values):
        self.cursor.execute(sql, values)
        row = self.cursor.fetchone()
        return row and row[0]


# ---- What is in the database at the end

TABLES = {
    'event': '''SELECT event_id, transaction_id::text, leg, kind, status, format, debit, credit, debit_version, credit_version,
                       debit_prev, credit_prev, group_first, cause,
                       (extract(epoch FROM effective_at) * 1000000)::bigint AS effective_at,
                       (extract(epoch FROM expires_at) * 1000000)::bigint AS expires_at,
                       expected_version, related::text, final, requested, amount, debit_balance, credit_balance, debit_held,
                       actor, detail, metadata_digest, metadata::text AS metadata
                FROM wallet.event ORDER BY event_id''',
    'balance': '''SELECT account, version, last_event, guard_event, next_expiry, COALESCE(inbound, 0) AS inbound, status,
                         exponent, owned, currency, balance, held, floor, ceiling, COALESCE(reserved, 0) <> 0 AS reserved,
                         spend_limit, window_seconds, window_number, spent
                  FROM wallet.balance ORDER BY account''',
    'hold': '''SELECT id::text, event_id, debit, credit, (extract(epoch FROM expires_at) * 1000000)::bigint AS expires_at,
                      state, amount, remaining FROM wallet.hold ORDER BY event_id''',
    'reversal': 'SELECT original::text, event_id, reversed FROM wallet.reversal ORDER BY event_id',
    'account': 'SELECT id, parent, name, currency, owner, metadata::text AS metadata FROM wallet.account ORDER BY id',
    'currency': 'SELECT code, exponent, defined_by FROM wallet.currency WHERE NOT builtin ORDER BY code',
    'milestone': 'SELECT account, event_id, version, balance, held FROM wallet.milestone ORDER BY account, event_id',
    'accounts': 'SELECT name, currency, balance, held, available, status FROM wallet.accounts ORDER BY name, currency',
    'entry': '''SELECT account, event_id, amount, balance_before, balance_after, version, counterparty
                FROM wallet.entry ORDER BY account, event_id''',
    'replay': 'SELECT account, name, currency, balance, held, status, version FROM wallet_replay() ORDER BY account',
    'verify': 'SELECT check_name, ok, examined, detail FROM wallet_verify(true)',
    'settings': '''SELECT session_user::text AS actor, wallet_horizon() AS horizon,
                          (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now''',
}
# Set while replay and verify learn a new kind.
PROOFS = not os.environ.get('WALLET_MODEL_NO_VERIFY')


def read_tables(session):
    """Rows of each table as dictionaries."""
    tables = {}
    for table, sql in TABLES.items():
        if table in ('replay', 'verify') and not PROOFS:
            continue
        session.cursor.execute(sql)
        names = [column.name for column in session.cursor.description]
        tables[table] = [dict(zip(names, plain(row))) for row in session.cursor.fetchall()]
    return tables


def plain(row):
    return [bytes(value) if isinstance(value, memoryview) else value for value in row]


def short(value, limit=240):
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= limit else text[:limit] + '…'


def describe(call, position=None):
    """A call for a person."""
    where = f'session {call.tx.session}, {call.tx.actor}, {call.tx.isolation or "autocommit"}, operation {call.op}'
    what = call.kind if position is None else f'{call.kind} [{position + 1} of {len(call.commands)}]'
    command = call.commands[position or 0] if call.commands else None
    group = f', group {call.groups[position or 0]}' if call.groups and position is not None else ''
    return f'{what}{group}{", atomic" if call.atomic else ""} ({where}): {short(str(command))}'

