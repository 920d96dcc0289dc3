"""The author: writes commands of all kinds at random, over few accounts, so that many are refused.

What is written goes to pools that all sessions share before it is sent, so that ids are used again, holds
captured and transfers reversed, while their first use is still under way.
"""

import json
import os
import threading
import time
import uuid

from client import Call
from machine import (ById, Capture, Close, Define, Freeze, Hold, Junk, LIMIT, Open, Release, RemoveFloor, Reverse, SetCeiling,
                     SetFloor, SetSpendLimit, Sweep, Transfer, Unfreeze, major)

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
# What limits are changed on, what is frozen; money must go on coming in from outside.
GOVERNED = ['alice', 'bob', 'carl', 'dora', 'erin', '@fees', 'жанна']
# The single doors but open, define and transfer, drawn by weight; the second row for admins only.
KINDS = {Hold: 30, Capture: 24, Release: 12, Reverse: 14, Sweep: 8}
ADMIN_KINDS = {Freeze: 2, Unfreeze: 6, Close: 3, SetFloor: 4, RemoveFloor: 1, SetCeiling: 2, SetSpendLimit: 5}
# What the server is known to do wrong is not asked for: ids that are NULL, openings with a parent in wallet_execute,
# amounts for reversals of what has no two accounts, and again what was about things of its own call.
SPARED = bool(os.environ.get('WALLET_MODEL_SPARED'))


def limit(value, exponent):
    """A floor or ceiling as text; None and 'default' stay."""
    return major(value, exponent) if isinstance(value, int) else value


class World:
    """What the sessions share: the pool of sent commands, the ids of accounts, and how much is still to do."""

    def __init__(self, seed, target):
        self.seed, self.target, self.sent = seed, target, 0
        self.pool, self.openings, self.remembered, self.ids, self.names = [], [], [], {}, {}
        self.holds, self.moved, self.others, self.frozen, self.emptied = [], [], [], [], []
        # Holds and movements that somebody was told of.
        self.placed, self.done = [], []
        # Commands about things of their own call.
        self.tied = set()
        self.admin, self.teller = None, f'model_teller_{os.getpid()}'
        self.lock = threading.Lock()
        self.errors = []

    def take(self, count):
        with self.lock:
            self.sent += count

    def succeeded(self, command):
        """There is something now to capture or to reverse."""
        if isinstance(command, Hold):
            self.placed.append(command)
        elif isinstance(command, (Transfer, Sweep, Capture)):
            self.done.append(command)

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
        amount = self.amount(EXPONENTS.get(currency, 2))
        if payer == '@world' and not self.is_admin and self.chance(0.85):
            payer, payee = payee, payer
        if self.newest and self.chance(0.04):
            payer, payee, currency = '@world', self.newest.name, self.newest.currency
            amount = self.amount(EXPONENTS.get(currency, 2))
        if self.chance(0.01):
            payer, payee, amount = *self.rng.sample(RICH, 2), self.huge(EXPONENTS.get(currency, 2))
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
        if SPARED and command.tid in self.world.tied:
            return None
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

    # -- commands of the other kinds

    def command(self, kinds=None):
        """A command of some kind but transfer, as itself or spoilt, or one sent before."""
        if self.chance(0.12) and self.world.others:
            command = self.world.others[-self.rng.randint(1, min(len(self.world.others), 60 if self.chance(0.6) else 3000))]
            if not (SPARED and command.tid in self.world.tied):
                return self.vary_other(command) if self.chance(0.35) else command
        kinds = kinds or ({**KINDS, **ADMIN_KINDS} if self.is_admin else KINDS)
        kind = self.rng.choices(list(kinds), list(kinds.values()))[0]
        command = WRITERS[kind](self, self.tid())
        if self.chance(0.01) and self.world.pool:
            command = command._replace(tid=self.world.pool[-1].tid)
        if self.chance(0.05):
            command = self.spoil_other(command)
        return self.remember(command)

    def remember(self, command):
        if command.tid is None:
            return command
        self.world.others.append(command)
        if isinstance(command, Hold):
            self.world.holds.append(command)
        elif isinstance(command, (Capture, Sweep)):
            self.world.moved.append(command)
        return command

    def pair(self):
        command = self.transfer()
        return command.from_account, command.to_account, command.amount, command.currency

    def write_hold(self, tid):
        expires_at, version = self.expiry(), None
        if self.chance(0.05):
            version = self.rng.randint(1, 300)
        return Hold(*self.pair(), tid, self.metadata(), expires_at, version)

    def expiry(self):
        """None, or soon, so that it comes while others capture; sometimes it is over already."""
        roll, now = self.rng.random(), time.time_ns() // 1000
        if roll < 0.35:
            return None
        if roll < 0.97:
            return now + self.rng.choice((self.rng.randint(300, 5000), self.rng.randint(1000, 60000),
                                          self.rng.randint(50000, 1500000)))
        return self.rng.choice((now - 10**6, 5, now + 10**12, 'infinity'))

    def write_sweep(self, tid):
        payer, payee, amount, currency = self.pair()
        if self.is_admin and self.chance(0.3) and self.world.names:
            payer, currency = self.rng.choice(list(self.world.names.values())[-40:])
            payee = '@world'
        if payer.startswith('acct'):
            self.world.emptied.append((payer, currency))
            amount = major(LIMIT, EXPONENTS.get(currency, 0)) if self.chance(0.8) else amount
        return Sweep(payer, payee, amount, currency, tid, self.metadata())

    def placed(self):
        """A hold, of late mostly; sometimes something else."""
        if self.chance(0.04) or not self.world.holds:
            return self.rng.choice(self.world.pool[-200:]) if self.chance(0.5) and self.world.pool else None
        pool = self.world.placed if self.chance(0.75) and self.world.placed else self.world.holds
        return pool[-self.rng.randint(1, min(len(pool), 25 if self.chance(0.8) else 2000))]

    def part(self, command):
        """Nothing (all), or some of what a command was about."""
        if command is None or self.chance(0.45):
            return None
        amount = getattr(command, 'amount', None) or getattr(command, 'up_to', None)
        exponent = EXPONENTS.get(getattr(command, 'currency', None))
        if exponent is None or self.chance(0.3):
            return amount if amount and exponent is not None else '1'
        return major(self.rng.randint(1, 200), exponent)

    def write_capture(self, tid):
        hold = self.placed()
        return Capture(hold.tid if hold else self.tid(), tid, self.part(hold), self.chance(0.5), self.metadata())

    def write_release(self, tid):
        hold = self.placed()
        return Release(hold.tid if hold else self.tid(), tid, self.part(hold), self.metadata())

    def write_reverse(self, tid):
        pool = self.rng.choice((self.world.done, self.world.done, self.world.done, self.world.pool, self.world.moved,
                                self.world.others))
        if self.chance(0.04) or not pool:
            return Reverse(self.tid(), tid)
        original = pool[-self.rng.randint(1, min(len(pool), 40 if self.chance(0.8) else 2000))]
        amount = None if SPARED and not isinstance(original, (Transfer, Hold, Sweep)) else self.part(original)
        return Reverse(original.tid, tid, amount, self.metadata())

    def governed(self):
        if self.chance(0.25):
            return f'acct{self.rng.randrange(40)}', self.currency()
        return self.rng.choice(GOVERNED), self.currency()

    def write_freeze(self, tid):
        self.world.frozen.append(self.governed())
        return Freeze(*self.world.frozen[-1], tid, self.rng.choice((None, '', 'asked to', 'ж' * 30)))

    def write_unfreeze(self, tid):
        account = self.rng.choice(self.world.frozen[-12:]) if self.world.frozen else self.governed()
        return Unfreeze(*account, tid, self.rng.choice((None, None, 'over')))

    def write_close(self, tid):
        if self.newest and self.chance(0.35):
            return Close(self.newest.name, self.newest.currency, tid)
        if self.world.emptied and self.chance(0.6):
            return Close(*self.rng.choice(self.world.emptied[-10:]), tid)
        account = self.governed()
        return Close(*(account if account[0].startswith('acct') else ('acct1', account[1])), tid)

    def write_set_floor(self, tid):
        name, currency = self.governed()
        return SetFloor(name, currency, major(self.rng.choice((0, 0, 0, -300, -300, 250, 3000)), EXPONENTS.get(currency, 2)), tid)

    def write_remove_floor(self, tid):
        return RemoveFloor(*self.governed(), tid)

    def write_set_ceiling(self, tid):
        name, currency = self.governed()
        return SetCeiling(name, currency, limit(self.rng.choice((None, None, None, 2000, 5000, 0)), EXPONENTS.get(currency, 2)), tid)

    def write_set_spend_limit(self, tid):
        name, currency = self.governed()
        amount = limit(self.rng.choice((None, None, 0, 300, 900, 2000)), EXPONENTS.get(currency, 2))
        return SetSpendLimit(name, currency, amount, self.rng.choice((1, 1, 1, 2, 60)), tid)

    def vary_other(self, command):
        """Another content for the same id."""
        fields = [field for field in command._fields if field not in ('tid', 'expected_version', 'expires_at')]
        field = self.rng.choice(fields)
        values = {'final': lambda: not command.final, 'metadata': self.metadata, 'currency': self.currency, 'name': self.name,
                  'from_account': self.name, 'to_account': self.name, 'window_seconds': lambda: 3,
                  'reason': lambda: self.rng.choice((None, '', 'other')), 'hold_id': lambda: (self.placed() or command).tid,
                  'original': lambda: (self.placed() or command).tid}
        exponent = EXPONENTS.get(getattr(command, 'currency', None), 0)
        return command._replace(**{field: values.get(field, lambda: self.amount(exponent))()})

    def spoil_other(self, command):
        """One thing is wrong that needs no state, or no account has that name."""
        exponent = EXPONENTS.get(getattr(command, 'currency', None), 2)
        wrong = {
            'name': ('', 'nobody', 'x' * 256, None), 'from_account': ('', 'nobody', None), 'to_account': ('nobody', 'x' * 256),
            'currency': ('ZZZ', 'EUR', None), 'hold_id': (None,), 'original': (None,), 'final': (None,),
            'metadata': (json.dumps({'big': 'x' * 70000}),), 'window_seconds': (0, -1),
            'reason': ('r' * 300,), 'expires_at': ('infinity',), 'expected_version': (0, 10**15)}
        numbers = ('NaN', 'Infinity', major(LIMIT + 1, exponent), '1e1000', '0.' + '0' * exponent + '1')
        wrong.update({field: numbers for field in ('amount', 'up_to', 'floor', 'ceiling')})
        if not isinstance(command, SetSpendLimit):
            wrong['amount'] = (*numbers, '0', '-1')
        if isinstance(command, (Capture, Release, Reverse)):
            wrong['amount'] = ('NaN', '0', '-1', '0.' + '0' * 30 + '1', major(LIMIT + 1, 0))
        if SPARED and isinstance(command, Reverse):
            del wrong['amount']
        field = self.rng.choice([field for field in command._fields if field in wrong] + ['tid'])
        value = None if field == 'tid' else self.rng.choice(wrong[field])
        return command._replace(**{field: value})

    # -- calls

    def execute(self, longest=120):
        """Commands of any kind in one call; some are about what was opened, defined, held or moved earlier in it."""
        count = min(self.size(), longest)
        atomic, lines = self.chance(0.15), []
        if atomic and self.chance(0.8):
            count = min(count, 10)
        for _ in range(count):
            lines.append(self.any_line(lines))
        if lines and self.chance(0.02):
            lines[self.rng.randrange(count)] = Junk(self.rng.choice((
                '{"command": "steal"}', '{"command": 7}', '7', '{}', '{"command": "close", "nam": "a"}',
                '{"command": "transfer", "amount": true}', '{"command": "freeze", "group": true}')))
        groups = self.groups(count)
        if groups and self.chance(0.5):
            groups = [None if group % 3 == 0 else group for group in groups]
        if self.chance(0.03) and count > 2:
            groups = [1] + [2] * (count - 2) + [1]
        return Call('execute', lines, groups, atomic)

    def any_line(self, earlier):
        command = self.any_command(earlier)
        return command._replace(tid=self.tid()) if SPARED and command.tid is None else command

    def any_command(self, earlier):
        roll = self.rng.random()
        if roll < 0.18 and earlier:
            return self.sequel(self.rng.choice(earlier[-6:]))
        if roll < 0.40:
            command = self.transfer()
            self.world.pool.append(command)
            if self.chance(0.06):
                command = command._replace(effective_at=self.rng.choice((5, time.time_ns() // 1000 + 10**10, 'infinity')))
            return command._replace(expected_version=self.rng.randint(1, 300)) if self.chance(0.04) else command
        if roll < 0.45 and self.is_admin:
            command = self.draw_opening()
            if SPARED:
                command = command._replace(parent=None)
            self.world.openings.append(command)
            return command
        if roll < 0.46 and self.is_admin:
            return Define(f'T{self.rng.randrange(90)}', self.rng.choice((0, 2, 6)), self.tid())
        return self.command()

    def sequel(self, earlier):
        """Something about a command of the same call; or that command again."""
        tid = self.tid()
        if self.chance(0.1):
            return earlier
        self.world.tied.add(tid)
        if isinstance(earlier, Hold):
            command = self.rng.choice((
                Capture(earlier.tid, tid, None, True), Capture(earlier.tid, tid, self.part(earlier), False),
                Release(earlier.tid, tid, self.part(earlier))))
        elif isinstance(earlier, (Transfer, Sweep, Capture)):
            command = Reverse(earlier.tid, tid, self.part(earlier))
        elif isinstance(earlier, Open) and earlier.name and earlier.currency in EXPONENTS:
            payer, payee = self.rng.choice((('@world', earlier.name), ('@world', earlier.name), (earlier.name, 'alice')))
            command = self.rng.choice((
                Transfer(payer, payee, self.amount(EXPONENTS[earlier.currency]), earlier.currency, tid),
                Hold(payer, payee, self.amount(EXPONENTS[earlier.currency]), earlier.currency, tid),
                Close(earlier.name, earlier.currency, tid), Freeze(earlier.name, earlier.currency, tid)))
            if not isinstance(command, Transfer):
                return self.remember(command)
        elif isinstance(earlier, Define):
            return Open(f'acct{self.rng.randrange(40)}', earlier.code, tid, '0', None, None, None, None)
        else:
            self.world.tied.discard(tid)
            return self.command()
        if isinstance(command, Transfer):
            self.world.pool.append(command)
            return command
        return self.remember(command)

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
                command = command._replace(ceiling=major(self.rng.randint(1, 99), EXPONENTS.get(command.currency, 2)))
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


WRITERS = {Hold: Author.write_hold, Capture: Author.write_capture, Release: Author.write_release, Reverse: Author.write_reverse,
           Sweep: Author.write_sweep, Freeze: Author.write_freeze, Unfreeze: Author.write_unfreeze, Close: Author.write_close,
           SetFloor: Author.write_set_floor, RemoveFloor: Author.write_remove_floor, SetCeiling: Author.write_set_ceiling,
           SetSpendLimit: Author.write_set_spend_limit}
