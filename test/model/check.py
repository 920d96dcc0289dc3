"""The checker: plays the log through the naive machine and holds every answer and every row against it.

Calls that recorded something are taken in the order of their event ids, rolled-back ones too (they saw what
was committed and what their own transaction had done, and leave nothing). Calls that recorded nothing have no
place in that order: their answer must be right at one of the places from which they can have looked.
"""

from copy import copy, deepcopy
from itertools import combinations
from types import SimpleNamespace

import machine
import units
from book import Book, View, places
from client import BULK, PROOFS, Answer, describe, short
from machine import EXPIRE, MOVING, STATUS, major
from rules import expire

DOUBTFUL_MAX = 7
CLOCK_SLACK = 60 * 1000000
# How far ids may lie outside of the call by the client's clock, in microseconds; how many expire events one is looked for.
CLOCK_SLIP = 500
EXPIRES_TRIED = 12
DIFFERENCES_KEPT = 5
STATUS_WORDS = {machine.IS_OPEN: 'open', machine.IS_FROZEN: 'frozen', machine.IS_CLOSED: 'closed'}
ALWAYS_EXAMINED = {'events', 'chain', 'conservation', 'refusals', 'replay', 'accounts', 'currencies', 'milestones', 'guards',
                   'recompute'}


class Property:
    """Something that must hold; how often it was looked at, and what was found against it."""

    def __init__(self, title):
        self.title, self.examined, self.found, self.differences = title, 0, 0, []

    @property
    def ok(self):
        return self.found == 0

    def saw(self, difference=None):
        self.examined += 1
        if difference:
            self.found += 1
            if len(self.differences) < DIFFERENCES_KEPT:
                self.differences.append(difference)

    def expect(self, what, predicted, got):
        self.saw(None if predicted == got else f'{what}\n  predicted {short(str(predicted))}\n  got       {short(str(got))}')


TITLES = {
    'shapes': 'bulk calls with NULLs or torn groups are errors as a whole',
    'errors': 'no error but those that the call can get',
    'recorded': 'answers of calls that recorded something',
    'undone': 'answers of calls that were rolled back later',
    'unrecorded': 'answers of calls that recorded nothing were true at some moment of the call',
    'order': 'ids ascend within a call, and exceed all that its accounts had seen',
    'clock': 'ids ascend with time, and tell the time',
    'explained': 'every event belongs to one answer of a committed call, and the other way round',
    'event': 'rows of wallet.event: inputs, results, versions, chain, cause, digest, detail',
    'group': 'events of a group are neighbours',
    'hold': 'rows of wallet.hold', 'reversal': 'rows of wallet.reversal',
    'balance': 'rows of wallet.balance', 'account': 'rows of wallet.account', 'currency': 'rows of wallet.currency',
    'milestone': 'rows of wallet.milestone', 'accounts': 'rows of the view accounts', 'entry': 'rows of the view entry',
    'conservation': 'money is conserved in each currency', 'replay': 'wallet_replay()',
    'verify': 'wallet_verify(true) finds all in order, and has looked',
    'horizon': 'wallet_horizon() has reached the last event',
}


def sqlstate(status):
    return '42501' if status == 'insufficient_privilege' else f'WA{STATUS[status]:03d}'


def judge(view, call, unit, clock):
    """What the machine says about one unit of a call."""
    grouped, positions = unit
    if grouped:
        return units.Group(view, [call.commands[i] for i in positions], clock).judge()
    return units.alone(view, call.commands[positions[0]], clock, call.kind not in BULK)


def units_of(call):
    if call.kind in BULK:
        return units.units(call.groups, len(call.commands), call.atomic)
    return [(False, range(1))]


def expected_answer(outcome, command):
    """The line that a client should read."""
    event = outcome.event
    if event is None:
        return Answer(outcome.status, command.tid, None, None, None, None, None, False)
    def money(value):
        return None if value is None else major(value, event.exponent)
    return Answer(outcome.status, command.tid, event.event_id, event.event_id, money(event.amount),
                  money(event.debit_balance), money(event.credit_balance), outcome.replayed)


def line_difference(call, position, outcome, answer):
    """None, or what is wrong with the answer to one command."""
    if call.kind not in BULK and outcome.status != 'success':
        predicted, got = sqlstate(outcome.status), call.error or answer
        if got in map(sqlstate, filter(None, outcome.either)):
            predicted = got
    elif call.error:
        predicted, got = expected_answer(outcome, call.commands[position]), f'{call.error} {call.message}'
    elif call.kind == 'open':
        predicted, got = outcome.event.event_id, answer.event_id
    else:
        predicted, got = expected_answer(outcome, call.commands[position]), answer
        if outcome.either and answer.status in outcome.either:
            predicted = predicted._replace(status=answer.status)
    if predicted == got:
        return None
    return f'{describe(call, position if call.kind in BULK else None)}\n  predicted {predicted}\n  got       {got}'


def unit_difference(call, unit, effects):
    """None, or what is wrong with the answers to a unit; of several ways that the documents leave open one must do."""
    differences = [outcomes_difference(call, unit, outcomes) for outcomes in (effects.outcomes, *effects.either)]
    if None in differences:
        return None
    return differences[0] + (members(call, unit, effects) if unit[0] else '')


def outcomes_difference(call, unit, outcomes):
    for position, outcome in zip(unit[1], outcomes):
        answer = call.answers[position] if call.answers else None
        difference = line_difference(call, position, outcome, answer)
        if difference:
            return difference
    return None


def members(call, unit, effects, shown=8):
    """All of a group, for a person: command, predicted status, answered status."""
    got = [answer.status for answer in call.answers or ()] or [call.error] * len(call.commands)
    lines = [f'\n  member {i + 1}: {outcome.status}, got {got[i]}: {short(str(tuple(call.commands[i])), 200)}'
             for i, outcome in zip(unit[1], effects.outcomes)]
    return ''.join(lines[:shown]) + (f'\n  and {len(lines) - shown} more' if len(lines) > shown else '')


def guesses(doubtful):
    """Which doubtful transactions may not have been visible: those that ended last first, then any."""
    doubtful = sorted(doubtful, key=lambda tx: -tx.end)
    for count in range(1, len(doubtful) + 1):
        yield doubtful[:count]
    for count in range(1, len(doubtful)):
        yield from combinations(doubtful[:DOUBTFUL_MAX], count)


class Checker:
    """Holds a log and the tables against the machine; `properties` say what came of it."""

    def __init__(self, log, tables):
        self.log, self.tables = log, tables
        self.properties = {name: Property(title) for name, title in TITLES.items()}
        self.must = SimpleNamespace(**self.properties)
        self.admin = tables['settings'][0]['actor']
        self.book, self.events = Book(self.admin, {tx.actor for tx in log}), {}
        self.calls = [call for tx in log for call in tx.calls]
        self.fresh = self.find_fresh()
        self.unrecorded_bulk = [call for call in self.calls
                                if call.kind in BULK and call.final and call not in self.fresh]

    def run(self):
        self.check_log()
        return self.check_tables()

    def other_tables(self, tables):
        """A checker of other tables after the same log, which need not be played again."""
        other = copy(self)
        other.tables, other.properties = tables, deepcopy(self.properties)
        other.must = SimpleNamespace(**other.properties)
        return other

    def check_log(self):
        self.play_recorded()
        self.book.seal()
        self.play_unrecorded()
        self.check_clock()
        return self

    def check_tables(self):
        self.check_events()
        self.check_groups()
        self.check_state()
        self.check_views()
        self.check_proofs()
        return self

    def failed(self):
        return [name for name, prop in self.properties.items() if not prop.ok]

    # ---- The log

    def find_fresh(self):
        """The event ids that each call took: {call: {position: event_id}}."""
        fresh, openings = {}, {}
        for call in self.calls:
            if call.kind == 'open' and call.answers:
                openings.setdefault(call.answers[0].event_id, []).append(call)
            elif call.answers:
                ids = {i: a.event_id for i, a in enumerate(call.answers) if a.event_id is not None and a.replayed is False}
                if ids:
                    fresh[call] = ids
        told = {event_id for ids in fresh.values() for event_id in ids.values()}
        for event_id, calls in openings.items():
            if event_id in told:
                continue
            # wallet_open does not say whether it opened or found the opening: whoever was told first opened.
            fresh[min(calls, key=lambda call: (not call.final, call.end))] = {0: event_id}
        return fresh

    def settle(self, view, call, unit, clock):
        """The effects that explain a unit's answers, and None; or the likeliest ones and the difference."""
        view.hidden, view.doubtful = frozenset(), set()
        first = clock.next
        effects = judge(view, call, unit, clock)
        difference = unit_difference(call, unit, effects)
        last = clock.next
        if difference:
            for hidden in guesses(view.doubtful):
                view.hidden, clock.next = frozenset(hidden), first
                other = judge(view, call, unit, clock)
                if unit_difference(call, unit, other) is None:
                    return other, None
        clock.next = last
        return effects, difference

    def play_recorded(self):
        """Calls that recorded something by their smallest ids; between them what expired for calls that did not."""
        named = {}
        self.expires = {row['event_id']: row for row in self.tables['event'] if row['kind'] == EXPIRE}
        claimed = self.claimed_expires()
        turns = [(min(ids.values()), call) for call, ids in self.fresh.items()]
        turns += [(event_id, None) for event_id in self.expires if event_id not in claimed]
        for event_id, call in sorted(turns, key=lambda turn: turn[0]):
            if call:
                self.play_call(call, event_id, named)
            elif event_id not in self.events:
                self.play_expire(event_id, named)

    def claimed_expires(self):
        """The expire events that stand right before what a committed call recorded."""
        claimed = set()
        for call, ids in self.fresh.items():
            for event_id in ids.values() if call.final else ():
                while event_id - 1 in self.expires and event_id - 1 not in claimed:
                    event_id -= 1
                    claimed.add(event_id)
        return claimed

    def play_call(self, call, first, named):
        """Ids of a call follow one another, so that it shows with which one it began: what expired before it took some."""
        before = 0
        while first - before - 1 in self.expires and first - before - 1 not in self.events:
            before += 1
        tries = range(before, -1, -1) if call.final else range(EXPIRES_TRIED)
        played = None
        for count in tries:
            attempt = self.attempt(call, first - count)
            if all(difference is None for _, difference in attempt):
                played = attempt
                break
            played = played or attempt
        prop, last = self.must.recorded if call.final else self.must.undone, 0
        for effects, difference in played:
            prop.saw(difference)
            last = self.check_order(call, effects, named, last)
            self.book.enter(call, effects)
            if call.final:
                self.events.update((event.event_id, (event, call)) for event in effects.events)

    def attempt(self, call, first):
        view, clock = View(self.book, call), units.Clock(first)
        result = []
        for unit in units_of(call):
            result.append(self.settle(view, call, unit, clock))
            view.absorb(result[-1][0].changes)
        return result

    def play_expire(self, event_id, named):
        """What expired at this id for a command that then was refused and not recorded; whose, the clocks say."""
        row = self.expires[event_id]
        account = self.book.accounts.get(row['debit'])
        for call in self.unrecorded_bulk:
            begun = call.wall - CLOCK_SLIP - len(call.commands)
            if begun <= event_id <= call.wall_end + CLOCK_SLIP and account and call.tx.actor == row['actor']:
                layer = units.Layer(View(self.book, call))
                if layer.state(account.facts).due:
                    effects = units.Effects([], [expire(layer, account.facts, event_id, event_id)], layer)
                    self.check_order(call, effects, named, 0)
                    self.book.enter(call, effects)
                    self.events[event_id] = effects.events[0], call
                return

    def check_order(self, call, effects, named, last):
        for event in effects.events:
            seen = max(last, named.get(event.debit, 0), named.get(event.credit, 0))
            self.must.order.saw(None if event.event_id > seen
                                else f'{describe(call)}: event {event.event_id} is not after {seen}')
            last = event.event_id
            if call.final:
                named[event.debit] = named[event.credit] = last
        return last

    def play_unrecorded(self):
        for call in self.calls:
            if call in self.fresh:
                continue
            if call.kind in BULK and units.shape_fault(call.kind, call.commands, call.groups, call.atomic):
                self.must.shapes.expect(describe(call), 'WA024', call.error or 'an answer')
            elif call.error and not call.error.startswith('WA') and call.error != '42501':
                allowed = ('40001', '40P01') if call.tx.isolation == 'REPEATABLE READ' else ('40P01',)
                self.must.errors.saw(None if call.error in allowed else f'{describe(call)}\n  got {call.error} {call.message}')
            elif call.error and call.kind in BULK:
                self.must.errors.saw(f'{describe(call)}\n  got {call.error} {call.message}')
            else:
                self.must.errors.saw()
                self.must.unrecorded.saw(self.unrecorded_difference(call))

    def unrecorded_difference(self, call):
        """None if the answers are right at some place. Which accounts must agree on it, those that are read, shows on the way."""
        read = set()
        while True:
            first, found = None, set(read)
            for place in places(self.book, call, read):
                for view, difference in self.moments(call, place):
                    if difference is None and view.read <= read:
                        return None
                    first = first or difference
                    found |= view.read
            if found == read:
                return first
            read = found

    def moments(self, call, place):
        """What the call answers at a place, at each moment between its beginning and its end that makes a difference."""
        earliest = max(call.wall - len(call.commands) - CLOCK_SLIP, place + 1)
        left, done = [earliest], set()
        while left:
            moment = left.pop()
            done.add(moment)
            view = View(self.book, call, place, max(call.wall_end + CLOCK_SLIP, earliest))
            yield view, self.call_difference(view, call, moment)
            left += view.thresholds - done - set(left)

    def call_difference(self, view, call, moment):
        clock = units.Clock(moment)
        for unit in units_of(call):
            effects, difference = self.settle(view, call, unit, clock)
            if difference:
                return difference
            view.absorb(effects.changes)
        if call.answers and len(call.answers) != len(call.commands):
            return f'{describe(call)}: {len(call.answers)} answers to {len(call.commands)} commands'
        return None

    # ---- Ids

    def check_clock(self):
        """A call that began when another had ended takes higher ids; ids are microseconds since 1970."""
        ended = sorted((call.end, max(ids.values())) for call, ids in self.fresh.items())
        greatest, at = 0, 0
        for call in sorted(self.fresh, key=lambda call: call.start):
            while at < len(ended) and ended[at][0] < call.start:
                greatest = max(greatest, ended[at][1])
                at += 1
            first = min(self.fresh[call].values())
            late = first <= greatest or abs(first - call.wall) > CLOCK_SLACK
            self.must.clock.saw(f'{describe(call)}: id {first} after {greatest}, at {call.wall}' if late else None)

    def check_groups(self):
        ids = [row['event_id'] for row in self.tables['event']]
        place = {event_id: i for i, event_id in enumerate(ids)}
        groups = {}
        for row in self.tables['event']:
            if row['group_first'] is not None:
                groups.setdefault(row['group_first'], []).append(place[row['event_id']])
        for first, at in groups.items():
            whole = ids[at[0]] == first and at[-1] - at[0] + 1 == len(at)
            self.must.group.saw(None if whole else f'group {first}: its events are not neighbours, or it is not the first')

    # ---- Rows

    def check_events(self):
        rows = {}
        for row in self.tables['event']:
            self.must.explained.saw(f'two rows for event {row["event_id"]}' if row['event_id'] in rows else None)
            rows[row['event_id']] = row
        for event_id in sorted(set(rows) | set(self.events)):
            if event_id not in self.events:
                self.must.explained.saw(f'event that nobody was told of: {short(str(rows[event_id]), 400)}')
            elif event_id not in rows:
                self.must.explained.saw(f'no event {event_id} for {describe(self.events[event_id][1])}')
            else:
                self.event_row(*self.events[event_id], rows[event_id])
        self.check_once()

    def check_once(self):
        """No two answers of committed calls claim one event."""
        owners = {}
        for call, ids in self.fresh.items():
            for event_id in ids.values() if call.final else ():
                other = owners.setdefault(event_id, call)
                self.must.explained.saw(None if other is call
                                        else f'event {event_id} answers {describe(call)} and {describe(other)}')

    def event_row(self, event, call, row):
        expected = expected_row(event, call.tx.actor)
        wrong = {field: (value, row[field]) for field, value in expected.items() if row[field] != value}
        self.must.event.saw(wrong and f'event {event.event_id}, field: (predicted, got): {short(str(wrong), 600)}\n'
                                      f'  {describe(call)}')

    def compare(self, prop, key, expected):
        """All rows of a table against those predicted, by their key."""
        rows = {tuple(row[k] for k in key): row for row in self.tables[prop]}
        wanted = {tuple(row[k] for k in key): row for row in expected}
        if len(rows) != len(self.tables[prop]):
            self.properties[prop].saw(f'a key occurs twice among {len(self.tables[prop])} rows')
        for row_key in sorted(set(rows) | set(wanted), key=str):
            got, predicted = rows.get(row_key), wanted.get(row_key)
            if got and predicted:
                got = {field: got[field] for field in predicted}
            if got and predicted and got != predicted:
                differing = [field for field in predicted if got[field] != predicted[field]]
                got, predicted = ({field: row[field] for field in differing} for row in (got, predicted))
            self.properties[prop].expect(f'{prop} {dict(zip(key, row_key))}', predicted, got)

    def all_accounts(self):
        """(facts, state, money formatter) of each account."""
        for account in self.book.accounts.values():
            exponent = account.facts.exponent
            yield account.facts, account.history[-1].state, lambda v, e=exponent: None if v is None else major(v, e)

    def check_state(self):
        self.compare('balance', ['account'], [self.balance_row(*account) for account in self.all_accounts()])
        self.compare('account', ['id'], [
            dict(id=a.id, parent=a.parent, name=a.name, currency=a.currency, owner=a.owner,
                 metadata=a.metadata and machine.jsonb_text(a.metadata)) for a, _, _ in self.all_accounts()])
        defined = [event for event, _ in self.events.values() if event.kind == machine.DEFINE and event.status == 'success']
        self.compare('currency', ['code'], [
            dict(code=event.content[1], exponent=event.content[2], defined_by=event.event_id) for event in defined])
        self.compare('milestone', ['account', 'event_id'], [
            dict(account=account, event_id=event.event_id, version=state.version, balance=major(state.balance, event.exponent),
                 held=major(state.held, event.exponent))
            for event, account, state in self.chain() if state.version % 256 == 0])
        self.check_holds()
        self.check_conservation()

    @staticmethod
    def balance_row(a, s, money):
        return dict(account=a.id, version=s.version, last_event=s.last, guard_event=s.guard,
                    next_expiry=s.due[0][0] if s.due else None, inbound=0, status=s.status, exponent=a.exponent,
                    owned=a.owner is not None, currency=a.currency, balance=money(s.balance), held=money(s.held),
                    floor=money(s.floor), ceiling=money(s.ceiling), reserved=False, spend_limit=money(s.spend_limit),
                    window_seconds=s.window_seconds, window_number=s.window_number, spent=money(s.spent))

    def check_holds(self):
        holds = [past.values[-1] for past in self.book.holds.values()]
        exponents = {account.facts.id: account.facts.exponent for account in self.book.accounts.values()}
        self.compare('hold', ['id'], [
            dict(id=h.tid, event_id=h.event_id, debit=h.debit, credit=h.credit, expires_at=h.expires_at, state=h.state,
                 amount=major(h.amount, exponents[h.debit]), remaining=major(h.remaining, exponents[h.debit]))
            for h in holds])
        self.compare('reversal', ['original'], [
            dict(original=tid, event_id=past.values[-1][0],
                 reversed=major(past.values[-1][1], self.book.records[tid][0].exponent))
            for tid, past in self.book.reversals.items()])

    def chain(self):
        """(event, account, its state afterwards) for each account in whose chain an event is."""
        for event, _ in self.events.values():
            for account, state in event.chained or ():
                yield event, account, state

    def steps(self):
        """(event, account, balance, version) for each account whose balance an event changed."""
        for event, _ in self.events.values():
            if event.kind in MOVING and event.status == 'success':
                yield event, event.debit, event.debit_balance, event.debit_version
                yield event, event.credit, event.credit_balance, event.credit_version

    def check_conservation(self):
        sums = {}
        for row in self.tables['balance']:
            digits, decimals = machine.parse(row['balance'])
            sums[row['currency']] = sums.get(row['currency'], 0) + digits * 10 ** (row['exponent'] - decimals)
        for currency, total in sums.items():
            self.must.conservation.expect(f'sum of all balances in {currency}', 0, total)

    def check_views(self):
        self.compare('accounts', ['name', 'currency'], [self.account_line(*account) for account in self.all_accounts()])
        names = {a.id: a.name for a, _, _ in self.all_accounts()}
        self.compare('entry', ['account', 'event_id'], [
            dict(account=account, event_id=event.event_id, amount=major(change, event.exponent),
                 balance_before=major(balance - change, event.exponent), balance_after=major(balance, event.exponent),
                 version=version, counterparty=names[event.credit if account == event.debit else event.debit])
            for event, account, balance, version in self.steps()
            for change in [-event.amount if account == event.debit else event.amount]])

    def account_line(self, a, s, money):
        """What people read does not count holds that have expired, swept or not."""
        now = self.tables['settings'][0]['now']
        held = s.held - sum(self.book.holds[tid].values[-1].remaining for expires_at, _, tid in s.due if expires_at <= now)
        return dict(name=a.name, currency=a.currency, balance=money(s.balance), held=money(held),
                    status=STATUS_WORDS[s.status], available=None if s.floor is None else money(s.balance - held - s.floor))

    def check_proofs(self):
        last, horizon = max(self.events, default=0), self.tables['settings'][0]['horizon']
        self.must.horizon.saw(None if horizon is not None and horizon >= last else f'horizon {horizon} after event {last}')
        if not PROOFS:
            return
        self.compare('replay', ['account'], [
            dict(account=a.id, name=a.name, currency=a.currency, balance=money(s.balance), held=money(s.held),
                 status=STATUS_WORDS[s.status], version=s.version) for a, s, money in self.all_accounts()])
        for row in self.tables['verify']:
            bad = not row['ok'] or (not row['examined'] and row['check_name'] in ALWAYS_EXAMINED)
            self.must.verify.saw(f'wallet_verify: {row}' if bad else None)
        missing = ALWAYS_EXAMINED - {row['check_name'] for row in self.tables['verify']}
        self.must.verify.saw(f'wallet_verify has no row for {sorted(missing)}' if missing else None)


def expected_row(event, actor):
    """The row of wallet.event for a predicted event."""
    def money(value):
        return None if value is None else major(value, event.exponent)
    row = {field: getattr(event, field) for field in (
        'event_id', 'leg', 'kind', 'debit', 'credit', 'debit_version', 'credit_version', 'debit_prev', 'credit_prev',
        'group_first', 'cause', 'effective_at', 'expires_at', 'expected_version', 'related', 'final', 'detail')}
    row.update({field: money(getattr(event, field)) for field in ('requested', 'amount', 'debit_balance', 'credit_balance',
                                                                  'debit_held')})
    row.update(transaction_id=event.tid, format=1, status=STATUS[event.status], actor=actor,
               metadata_digest=machine.digest(event.metadata),
               metadata=None if event.metadata is None else machine.jsonb_text(event.metadata))
    return row


def statuses_seen(log):
    """(door, status or SQLSTATE) of all answers, and how often."""
    seen = {}
    for call in (call for tx in log for call in tx.calls):
        marks = [answer.status + (' again' if answer.replayed else '') for answer in call.answers or ()]
        for mark in marks + ([call.error] if call.error else []):
            seen[call.kind, mark] = seen.get((call.kind, mark), 0) + 1
    return seen
