"""The player: several sessions at once send what their authors write, alone, in bulk, in transactions.

Everything follows from the seed but the interleaving, and what depends on the time.
"""

import random
import threading

from author import CAST, DEFINED, EXPONENTS, OWNERS, Author, World, limit
from client import BULK, DOORS, Call, Session
from machine import Define, Open, Transfer

RETRIED = ('40001', '40P01')


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
        elif roll < 0.43:
            self.autocommit(self.author.single(self.version_of))
        elif roll < 0.78:
            self.autocommit(self.door(self.author.command()))
        elif roll < 0.90:
            self.autocommit(self.author.execute())
        else:
            self.autocommit(self.author.bulk())

    @staticmethod
    def door(command):
        return Call(DOORS[type(command)][0], [command])

    def version_of(self, command):
        return self.session.value('SELECT version FROM wallet_account(%s, %s)', command.from_account, command.currency)

    def note(self, call):
        """Tells the others of accounts that were opened, and of members of failed groups, committed or not."""
        self.world.take(len(call.commands))
        if call.kind in BULK:
            self.world.remembered += [command for command, answer in zip(call.commands, call.answers or ())
                                      if answer.status == 'group_failed' and answer.event_id and
                                      isinstance(command, Transfer)][:3]
        for command, answer in zip(call.commands, call.answers or ()):
            if answer.status == 'success':
                self.world.succeeded(command)
            if isinstance(command, Open) and answer.status == 'success':
                self.world.opened(command, answer.event_id)

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
        if roll < 0.60:
            return self.door(self.author.command())
        if roll < 0.80:
            return self.author.single(lambda command: self.rng.randint(1, 60))
        return self.author.bulk(40) if roll < 0.90 else self.author.execute(30)

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
