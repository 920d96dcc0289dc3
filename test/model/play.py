"""The player: several sessions at once send random commands, few accounts, many refusals.

Everything follows from the seed but the interleaving. What is sent goes to a pool that all sessions share
before it is sent, so that ids are used again while their first use is still under way.
"""

import json
import os
import random
import threading
import time
import uuid

from client import BULK, Call, Session
from machine import ById, Define, LIMIT, Open, Transfer, major

EXPONENTS = {'USD': 2, 'JPY': 0, 'KWD': 3, 'ETH': 18, 'POINTS': 0, 'FINE.30': 30}
DEFINED = ['ETH', 'POINTS', 'FINE.30']
CURRENCY_WEIGHTS = {'USD': 12, 'JPY': 3, 'KWD': 3, 'ETH': 2, 'POINTS': 2, 'FINE.30': 1}
# name: floor, ceiling, parent in minor units; drawn by weight
CAST = {
    '@world': (None, None, None, 8), 'alice': (0, None, None, 8), 'bob': (0, None, None, 8), 'carl': (-300, None, None, 5),
    'dora': (0, 2000, None, 4), 'erin': (250, None, None, 3), '@fees': ('default', None, None, 3),
    'жанна': (0, 5000, 'alice', 2), 'n' * 255: (None, 700, '@world', 1), 'whale': (None, None, None, 0),
    'vault': (None, None, None, 0),
}
RICH = ['whale', 'vault']
OWNERS = {'carl': 'teller', 'erin': 'admin'}
RETRIED = ('40001', '40P01')


def limit(value, exponent):
    """A floor or ceiling as text; None and 'default' stay."""
    return major(value, exponent) if isinstance(value, int) else value


class World:
    """What the sessions share: the pool of sent commands, the ids of accounts, and how much is still to do."""

    def __init__(self, seed, target):
        self.seed, self.target, self.sent = seed, target, 0
        self.pool, self.openings, self.remembered, self.ids, self.names = [], [], [], {}, {}
        self.admin, self.teller = None, f'model_teller_{os.getpid()}'
        self.lock = threading.Lock()
        self.errors = []

    def take(self, count):
        with self.lock:
            self.sent += count

    def opened(self, command, account):
        self.ids.setdefault((command.name, command.currency), []).append(account)
        self.names[account] = (command.name, command.currency)


class Author:
    """Writes commands at random."""

    def __init__(self, world, rng, is_admin=True):
        self.world, self.rng, self.is_admin = world, rng, is_admin
        self.newest = None

    def chance(self, probability):
        return self.rng.random() < probability

    def tid(self):
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def metadata(self):
        if self.chance(0.7):
            return None
        document = {'order': self.rng.randrange(1000), 'ref': self.rng.choice(('a', 'b"\\', 'ж', '')), 'tag': [1, None, True]}
        keys = list(document)[:self.rng.randint(0, 3)]
        self.rng.shuffle(keys)
        return json.dumps({key: document[key] for key in keys}, ensure_ascii=self.chance(0.5))

    def currency(self):
        return self.rng.choices(list(CURRENCY_WEIGHTS), list(CURRENCY_WEIGHTS.values()))[0]

    def name(self):
        if self.chance(0.12):
            return f'acct{self.rng.randrange(40)}'
        return self.rng.choices(list(CAST), [row[3] for row in CAST.values()])[0]

    def amount(self, exponent):
        """A few minor units mostly; zeros at the end mean nothing."""
        value = self.rng.randint(1, 12) if self.chance(0.3) else self.rng.randint(1, 400)
        if exponent >= 18 and self.chance(0.3):
            value *= 10**15
        text = major(value, exponent)
        if self.chance(0.1) and '.' in text:
            text = text.rstrip('0').rstrip('.') if self.chance(0.5) else text + '00'
        return text

    def huge(self, exponent):
        return major(self.rng.choice((LIMIT, LIMIT - 1, LIMIT // 2, LIMIT // 3, 10**37, 10**36 + 7)), exponent)

    # -- transfers

    def transfer(self):
        currency = self.currency()
        payer, payee = self.name(), self.name()
        while payee == payer:
            payee = self.name()
        amount = self.amount(EXPONENTS[currency])
        if payer == '@world' and not self.is_admin and self.chance(0.85):
            payer, payee = payee, payer
        if self.newest and self.chance(0.04):
            payer, payee, currency = '@world', self.newest.name, self.newest.currency
            amount = self.amount(EXPONENTS[currency])
        if self.chance(0.01):
            payer, payee, amount = *self.rng.sample(RICH, 2), self.huge(EXPONENTS[currency])
        return Transfer(payer, payee, amount, currency, self.tid(), self.metadata())

    def spoil(self, command):
        """One thing that needs no state, or an account that there is not, is wrong afterwards."""
        exponent = EXPONENTS.get(command.currency, 2)
        change = self.rng.choice((
            {'from_account': 'nobody'}, {'to_account': 'nobody'}, {'currency': 'ZZZ'}, {'currency': 'EUR'},
            {'amount': 'NaN'}, {'amount': self.rng.choice(('Infinity', '-Infinity'))},
            {'amount': '-' + self.amount(exponent)}, {'amount': '0'}, {'amount': '0.' + '0' * exponent + '1'},
            {'amount': '1.' + '0' * exponent + '5'}, {'amount': major(LIMIT + 1, exponent)},
            {'amount': '9' * 39}, {'amount': '1e1000'}, {'to_account': command.from_account}, {'from_account': ''},
            {'to_account': 'x' * 256}, {'from_account': 'ж' * 128}))
        return command._replace(**change)

    def vary(self, command):
        """Another content for the same id."""
        names = () if command.from_account in RICH else ('from_account', 'to_account')
        field = self.rng.choice((*names, 'amount', 'currency', 'metadata'))
        value = {'from_account': self.name, 'to_account': self.name, 'currency': self.currency, 'metadata': self.metadata,
                 'amount': lambda: self.amount(EXPONENTS.get(command.currency, 2))}[field]()
        return command._replace(**{field: value})

    def resend(self):
        """A command that somebody sent before, the same or with a field changed; None if the pool has none."""
        pool = self.world.pool
        if not pool:
            return None
        if self.chance(0.02) and self.world.openings:
            return self.transfer()._replace(tid=self.rng.choice(self.world.openings).tid)
        back = min(len(pool), 60 if self.chance(0.5) else 5000)
        command = pool[-self.rng.randint(1, back)]
        return self.vary(command) if self.chance(0.35) else command

    def line(self, fault_rate, earlier):
        """One line of a bulk call."""
        command = None
        if self.chance(0.08):
            command = self.resend()
        elif earlier and self.chance(0.03):
            command = self.rng.choice(earlier)
            command = self.vary(command) if self.chance(0.3) else command
        command = command or self.transfer()
        while self.chance(fault_rate):
            command = self.spoil(command)
        return command._replace(effective_at=None, expected_version=None)

    # -- calls

    def size(self):
        roll = self.rng.random()
        return self.rng.randint(*((0, 10) if roll < 0.6 else (10, 60) if roll < 0.92 else (60, 500)))

    def groups(self, count):
        """Neighbours in groups; numbers in no order."""
        if self.chance(0.5):
            return None
        groups, number, longest = [], self.rng.randrange(-1000, 1000), self.rng.choice((1, 3, 8, 40))
        while len(groups) < count:
            groups += [number] * self.rng.randint(1, longest)
            number += self.rng.randint(1, 9) if self.chance(0.5) else 1
        return groups[:count]

    def bulk(self, longest=500):
        count = min(self.size(), longest)
        atomic = self.chance(0.15)
        if atomic and self.chance(0.8):
            count = min(count, 12)
        rate, lines = self.rng.choice((0, 0, 0.02, 0.15)), []
        for _ in range(count):
            lines.append(self.line(rate, lines))
        call = Call('transfers', lines, self.groups(count), atomic, self.rng.choice((1, 1, 1, 0, -3, 7)))
        self.world.pool.extend(line for line in lines if len(line.to_account) < 256)
        return self.by_id(call) if self.chance(0.25) else self.misshape(call)

    def by_id(self, call):
        """The same lines with accounts named by id; some ids are those of openings that were rolled back."""
        lines = []
        for line in call.commands:
            known = [self.world.ids.get((name, line.currency)) for name in (line.from_account, line.to_account)]
            first, second = [self.rng.choice(ids) if ids else self.rng.choice((1, -1, 0, 2**62)) for ids in known]
            if self.chance(0.01):
                second = self.rng.choice(list(self.world.names))
            lines.append(ById(first, second, line.amount, line.tid))
        return Call('by_id', lines, call.groups, call.atomic, call.lower_bound)

    def misshape(self, call):
        """Rarely: a call that is an error as a whole."""
        count = len(call.commands)
        if count < 3 or not self.chance(0.05):
            return call
        lines, at = list(call.commands), self.rng.randrange(count)
        if self.chance(0.5):
            field = self.rng.choice(('from_account', 'to_account', 'amount', 'currency', 'tid'))
            lines[at] = lines[at]._replace(**{field: None})
            return Call('transfers', lines, call.groups, call.atomic, call.lower_bound)
        bad = self.rng.choice(([1] * (count - 1), [1] * (count - 1) + [None], [1] + [2] * (count - 2) + [1]))
        return Call('transfers', lines, bad, False, call.lower_bound)

    def single(self, version_of):
        """Through the single door, where more can be asked, and more can be wrong."""
        command = (self.resend() if self.chance(0.12) else None) or self.transfer()
        if self.chance(0.03) and self.world.remembered:
            command = self.rng.choice(self.world.remembered[-300:])
        elif self.chance(0.08):
            command = self.spoil(command)
        if self.chance(0.03):
            command = command._replace(**{self.rng.choice(('from_account', 'amount', 'currency', 'tid')): None})
        if self.chance(0.08):
            now = time.time_ns() // 1000
            command = command._replace(effective_at=self.rng.choice((now - 10**9, 5, -10**12, now + 10**10, 'infinity')))
        if self.chance(0.08):
            version = version_of(command)
            command = command._replace(expected_version=version if self.chance(0.7) else (version or 0) + 1)
        if self.chance(0.012):
            command = command._replace(metadata=json.dumps({'big': 'x' * self.rng.choice((65524, 65526, 70000))}))
        if command.tid and len(command.metadata or '') < 1000 and len(command.to_account) < 256 and command.amount and \
                command.currency and command.from_account:
            self.world.pool.append(command)
        return Call('transfer', [command])

    def draw_opening(self):
        currency = self.currency() if self.chance(0.96) else self.rng.choice(('ZZZ', 'EUR', 'T1', 'T2', 'T3'))
        exponent = EXPONENTS.get(currency, 2)
        owner = self.rng.choice((None,) * 8 + (self.world.admin, self.world.teller, 'no such role'))
        return Open(f'acct{self.rng.randrange(40)}', currency, self.tid(),
                    limit(self.rng.choice((0, 0, -200, None, 40, 'default')), exponent),
                    limit(self.rng.choice((None, None, 600, 0, -5)), exponent),
                    self.rng.choice((None, None, None, 'alice', 'nobody', 'acct7')), owner, self.metadata())

    def spoil_opening(self, command):
        exponent = EXPONENTS.get(command.currency, 2)
        limits = ({'floor': major(-LIMIT - 1, exponent)}, {'ceiling': major(LIMIT + 1, exponent)},
                  {'ceiling': '0.' + '0' * exponent + '3'})
        return command._replace(**self.rng.choice((
            {'name': ''}, {'name': None}, {'name': '@transit:B'}, {'name': 'y' * 256}, {'currency': None}, {'tid': None},
            *limits, *limits, {'tid': (self.world.pool or [command])[-1].tid})))

    def opening(self):
        """Of an account; the same again, or with another ceiling; of a name that this session tried before."""
        command, roll = self.draw_opening(), self.rng.random()
        if roll < 0.08:
            command = self.rng.choice(self.world.openings[-50:] or [command])
            if self.chance(0.4):
                command = command._replace(ceiling=major(self.rng.randint(1, 99), EXPONENTS[command.currency]))
        elif roll < 0.24:
            command = self.spoil_opening(command)
        elif roll < 0.5 and self.newest:
            command = command._replace(name=self.newest.name, currency=self.newest.currency)
        if command.tid and command.name and command.currency in EXPONENTS and len(command.name) < 9:
            self.world.openings.append(command)
            self.newest = command
        return Call('open', [command])

    def first_payment(self):
        """To the account opened last by this session, if it was."""
        command = Transfer('@world', self.newest.name, '3', self.newest.currency, self.tid())
        self.world.pool.append(command)
        return Call('transfer', [command])

    def definition(self):
        code = self.rng.choice(('USD', 'ETH', 'usd', '_X', '', 'A' * 17, 'A' * 16, None, *(f'T{self.rng.randrange(90)}',) * 8))
        tid = self.tid() if self.chance(0.9) else None
        if tid and self.chance(0.1) and self.world.pool:
            tid = self.world.pool[-1].tid
        return Call('define', [Define(code, self.rng.choice((0, 2, 6, 30, 31, -1, None)), tid)])


class Player(threading.Thread):
    """One session: draws what to do next until enough has been sent."""

    def __init__(self, world, number, role=None):
        super().__init__(name=f'session {number}', daemon=True)
        self.world = world
        self.rng = random.Random(f'{world.seed}/{number}')
        self.author = Author(world, self.rng, is_admin=role is None)
        self.session = Session(number, role)

    def run(self):
        try:
            while self.world.sent < self.world.target and not self.world.errors:
                self.turn()
        except Exception as error:  # a thread's error must not end in silence
            self.world.errors.append(f'{self.name}: {type(error).__name__}: {error}')

    def turn(self):
        roll = self.rng.random()
        if roll < 0.16:
            self.explicit()
        elif roll < 0.24:
            self.autocommit(self.author.opening())
        elif roll < 0.255:
            self.autocommit(self.author.definition())
        elif roll < 0.65:
            self.autocommit(self.author.single(self.version_of))
        else:
            self.autocommit(self.author.bulk())

    def version_of(self, command):
        return self.session.value('SELECT version FROM wallet_account(%s, %s)', command.from_account, command.currency)

    def note(self, call):
        """Tells the others of accounts that were opened, and of members of failed groups, committed or not."""
        self.world.take(len(call.commands))
        if call.kind == 'transfers':
            self.world.remembered += [command for command, answer in zip(call.commands, call.answers or ())
                                      if answer.status == 'group_failed' and answer.event_id][:3]
        if call.kind == 'open':
            if call.answers:
                self.world.opened(call.commands[0], call.answers[0].event_id)

    def autocommit(self, call):
        for _ in range(20):
            call = self.session.single(call)
            self.note(call)
            if call.error not in RETRIED:
                return
            call = call.again()

    # -- transactions of several calls

    def explicit(self):
        """The same script again, with the same ids, as long as the server says so."""
        isolation = 'REPEATABLE READ' if self.author.chance(0.3) else 'READ COMMITTED'
        script = []
        for _ in range(self.rng.randint(1, 6)):
            script.append(self.step())
            if isinstance(script[-1], Call) and script[-1].kind == 'open' and self.author.newest:
                script.append(self.author.first_payment())
        commit = self.author.chance(0.75)
        for _ in range(20):
            self.session.begin(isolation)
            if self.perform(script, commit) not in RETRIED:
                return

    def step(self):
        roll = self.rng.random()
        if roll < 0.15:
            return 'savepoint'
        if roll < 0.30:
            return self.rng.choice(('rollback', 'release'))
        if roll < 0.38:
            return self.author.opening()
        return self.author.single(lambda command: self.rng.randint(1, 60)) if roll < 0.75 else self.author.bulk(40)

    def perform(self, script, commit):
        """Runs a script; the last error, if that ended it."""
        session, savepoints = self.session, []
        for step in script:
            if step == 'savepoint':
                savepoints.append(session.savepoint(f's{len(savepoints)}'))
            elif step in ('rollback', 'release'):
                self.end_savepoint(step, savepoints)
            else:
                error = self.in_transaction(step.again(), savepoints)
                if error:
                    session.finish(commit=self.rng.random() < 0.5)
                    return error
        session.finish(commit)
        return None

    def end_savepoint(self, step, savepoints):
        if savepoints and step == 'release':
            self.session.release(f's{len(savepoints) - 1}')
            savepoints.pop()
        elif savepoints:
            self.session.rollback_to(f's{len(savepoints) - 1}', savepoints[-1])

    def in_transaction(self, call, savepoints):
        """An error that a savepoint caught is none, unless the server asks for all to be done again."""
        self.session.call(call)
        self.note(call)
        if call.error and call.error not in RETRIED and savepoints:
            self.session.rollback_to(f's{len(savepoints) - 1}', savepoints[-1])
            return None
        return call.error


def make_teller(session, role):
    """Somebody who may call the functions, and is no admin."""
    session.cursor.execute(f"""
        CREATE ROLE {role};
        GRANT USAGE ON SCHEMA wallet TO {role};
        GRANT SELECT ON ALL TABLES IN SCHEMA wallet TO {role};
        GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA wallet, public TO {role}""")


def drop_teller(session, role):
    session.cursor.execute(f'DROP OWNED BY {role}; DROP ROLE {role}')


def set_the_stage(world, session):
    """Currencies and the cast, by calls that are in the log like all others."""
    author = Author(world, random.Random(f'{world.seed}/0'))
    owners = {'teller': world.teller, 'admin': world.admin}
    for code in DEFINED:
        session.single(Call('define', [Define(code, EXPONENTS[code], author.tid())]))
    for currency, exponent in EXPONENTS.items():
        for name, (floor, ceiling, parent, _) in CAST.items():
            command = Open(name, currency, author.tid(), limit(floor, exponent), limit(ceiling, exponent), parent,
                           owners.get(OWNERS.get(name)), author.metadata())
            call = session.single(Call('open', [command]))
            if call.error:
                raise SystemExit(f'cannot open {name} {currency}: {call.error} {call.message}')
            world.opened(command, call.answers[0].event_id)


def play(seed, target, sessions):
    """Plays until `target` commands were sent; the log, in no order, and a session to read with."""
    world, stage = World(seed, target), Session(0)
    world.admin = stage.actor
    make_teller(stage, world.teller)
    try:
        set_the_stage(world, stage)
        log = stage.logged + rehearse(world, sessions)
    finally:
        drop_teller(stage, world.teller)
    return log, stage


def rehearse(world, sessions):
    """All players at once; the last of them is no admin. What they wrote down."""
    players = [Player(world, number) for number in range(1, sessions)] + [Player(world, sessions, world.teller)]
    for player in players:
        player.start()
    for player in players:
        player.join()
        player.session.connection.close()
    if world.errors:
        raise SystemExit('\n'.join(world.errors))
    return [tx for player in players for tx in player.session.logged]


def commands_in(log):
    return sum(len(call.commands) if call.kind in BULK else 1 for tx in log for call in tx.calls)
