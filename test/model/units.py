"""The naive machine, its units: a command alone, or a group that stands or falls together (doc/format-1.md, 6 to 8)."""

import machine
from machine import HOLD, OPEN, REMEMBERED, REVERSE, SWEEP, TRANSFER, Outcome
from rules import draft, expire, is_due, look_at, perform

DEBITING = {TRANSFER, HOLD, SWEEP, REVERSE}


class Changes:
    """What was changed, and not by whom: of accounts, holds, reversals, records, names and codes."""

    TABLES = ('states', 'holds', 'reversals', 'records', 'names', 'codes')

    def __init__(self):
        for table in self.TABLES:
            setattr(self, table, {})

    def absorb(self, other):
        for table in self.TABLES:
            getattr(self, table).update(getattr(other, table))


class Layer(Changes):
    """A view, and changes upon it that may be thrown away. Layers lie upon layers."""

    def __init__(self, under):
        super().__init__()
        self.under, self.floors = under, {}
        self.roles, self.reached, self.window = under.roles, under.reached, under.window

    def open(self, account):
        self.names[account.name, account.currency] = account

    def find(self, name, currency):
        return self.names.get((name, currency)) or self.under.find(name, currency)

    def account(self, number):
        return self.under.account(number)

    def exponent(self, code):
        return self.codes[code] if code in self.codes else self.under.exponent(code)

    def record(self, tid):
        return self.records.get(tid) or self.under.record(tid)

    def state(self, account):
        return self.states.get(account.id) or self.under.state(account)

    def hold(self, tid):
        return self.holds.get(tid) or self.under.hold(tid)

    def reversed(self, tid, account):
        return self.reversals.get(tid) or self.under.reversed(tid, account)

    def may_debit(self, account):
        """An account with an owner, or without a floor, is debited by its owner or an admin only."""
        key = account.name, account.currency
        floor = self.floors[key] if key in self.floors else self.state(account).floor
        return (account.owner is None and floor is not None) or self.under.is_master(account)

    def is_master(self, account):
        return self.under.is_master(account)


class Clock:
    """The ids of a call: one after the other."""

    def __init__(self, first):
        self.next = first

    def take(self, count=1):
        self.next += count
        return self.next - count


class Effects:
    """What a unit answers, records and changes."""

    def __init__(self, outcomes=(), events=(), changes=None, either=()):
        self.outcomes, self.events, self.changes = list(outcomes), list(events), changes or Changes()
        # Other answers of a group that the documents leave open.
        self.either = either
        self.changes.records.update((event.tid, event) for event in self.events if event.leg == 0)


def answer_known(known, content):
    if known.content != content:
        return Outcome('transaction_id_conflict')
    return Outcome(known.status, known, replayed=True)


def refuse(asked, status):
    """An unrecorded refusal. No document orders a used id and ids of accounts in different currencies, nor says what
    the scale is of money about something that is not there."""
    if asked.related and (status == 'transaction_id_conflict' or (asked.late and asked.exponent is None)):
        return Outcome(status, either=('invalid_scale', 'amount_overflow'))
    is_open = status == 'transaction_id_conflict' and asked.mismatched
    return Outcome(status, either=('invalid_argument',) if is_open else ())


def faulty(view, asked):
    """The scale of what is about a hold or an original needs these: whether the id comes before it, no rule says."""
    known = asked.related and asked.fault in ('invalid_scale', 'amount_overflow') and view.record(asked.tid)
    return Outcome(asked.fault, either=('transaction_id_conflict',) if known else ())


def untimely(layer, asked, moment):
    """Moments that are not recorded."""
    if asked.effective_at is not None and not layer.reached(asked.effective_at, moment):
        return 'invalid_effective_at'
    return 'invalid_argument' if layer.reached(asked.expires_at, moment) else None


def late_fault(layer, asked):
    """What is told after the id and before any step: accounts, holds and originals that are not there; rights."""
    if asked.late:
        return asked.late
    barred = asked.kind in DEBITING and asked.payer and not layer.may_debit(asked.payer)
    return 'insufficient_privilege' if barred else None


def guard(layer, asked, event_id):
    for account in asked.named:
        state = exists(layer, account)
        if state:
            layer.states[account.id] = state._replace(guard=event_id)


def exists(layer, account):
    """The state of an account, unless its opening was undone."""
    return account and layer.find(account.name, account.currency) is account and layer.state(account) or None


# ---- Alone

def alone(view, command, clock, raises):
    """A command by itself. `raises`: through a single door, where a refusal leaves nothing."""
    base = Layer(view)
    asked = look_at(base, command)
    if asked.fault:
        return Effects([faulty(view, asked)])
    known = view.record(asked.tid)
    if known:
        answer = answer_known(known, asked.content)
        return Effects([answer if answer.replayed else refuse(asked, answer.status)])
    events = expire_until_nothing_is_due(base, asked.named, clock)
    fault = untimely(base, asked, clock.next) or late_fault(base, asked)
    if fault:
        return Effects([refuse(asked, fault)], () if raises else events, None if raises else base)
    step = Layer(base)
    event = perform(step, asked, clock.next, clock.next)
    if raises and event.status != 'success':
        return Effects([Outcome(event.status)])
    if event.status not in REMEMBERED:
        return Effects([Outcome(event.status)], events, base)
    clock.take()
    base.absorb(step)
    if event.status != 'success':
        guard(base, asked, event.event_id)
    return Effects([Outcome(event.status, event, recorded=True)], events + [event], base)


def expire_until_nothing_is_due(layer, accounts, clock):
    events = []
    while any(is_due(layer, account, clock.next) for account in accounts):
        account = next(account for account in accounts if is_due(layer, account, clock.next))
        moment = clock.take()
        events.append(expire(layer, account, moment, moment))
    return events


# ---- Groups

class Group:
    """Members that stand or fall together: format-1.md, 7, by its four rules."""

    def __init__(self, view, commands, clock):
        self.view, self.clock, self.commands = view, clock, commands
        self.base, self.expires = Layer(view), []
        self.asked = []
        self.outcomes = [None] * len(commands)
        self.twins = {}
        self.members = []

    def judge(self):
        culprits = self.find_culprits()
        if culprits:
            return self.none_recorded(*culprits[0], culprits[1:] if self.of_all_kinds else ())
        older = [o.event for o in self.outcomes if o and o.replayed and o.status != 'success']
        self.prepare()
        if older:
            return self.all_failed(older[0].event_id)
        return self.step_all()

    def find_culprits(self):
        """Rule 1; answers those with a record, finds twins (rule 4) and who takes part on the way."""
        look, first_of, culprits = Layer(self.view), {}, []
        for i, command in enumerate(self.commands):
            asked = look_at(look, command)
            self.asked.append(asked)
            fault = self.fault_of(i, asked, look, first_of)
            if fault:
                culprits.append((i, fault))
            elif i in self.members:
                self.promise(look, asked)
        return culprits

    @staticmethod
    def promise(look, asked):
        """What later members may name, if all goes well: holds and originals, but no account or currency of their own group."""
        look.records[asked.tid] = asked

    def fault_of(self, i, asked, look, first_of):
        known = None if asked.fault else self.view.record(asked.tid)
        answer = known and answer_known(known, asked.content)
        if answer and answer.replayed:
            self.outcomes[i] = answer
            return None
        if asked.tid in first_of and asked.tid is not None:
            self.twins[i] = first_of[asked.tid]
            differs = asked.content != self.asked[self.twins[i]].content
            return asked.fault or ('transaction_id_conflict' if differs else None)
        first_of[asked.tid] = i
        self.members.append(i)
        if answer:
            return answer.status
        return asked.fault or late_fault(look, asked)

    @property
    def of_all_kinds(self):
        """Of several culprits by rule 1 transfers are told the first in order; of other kinds no rule says so."""
        return any(not isinstance(command, (machine.Transfer, machine.ById)) for command in self.commands)

    def none_recorded(self, guilty, status, others=()):
        answers = [self.unrecorded(*culprit) for culprit in ((guilty, status), *others)]
        return Effects(answers[0], self.expires, self.base, answers[1:])

    def unrecorded(self, guilty, status):
        """What the members are told if this one is the culprit."""
        outcomes = [outcome if outcome and outcome.replayed else Outcome('group_failed') for outcome in self.outcomes]
        asked = self.asked[guilty]
        outcomes[guilty] = faulty(self.view, asked) if status == asked.fault else refuse(asked, status)
        for twin, first in self.twins.items():
            self.answer_unrecorded_twin(outcomes, twin, first, guilty)
        return outcomes

    def answer_unrecorded_twin(self, outcomes, twin, first, guilty):
        """As the first. Of a twin with other content, in a group that fails for another reason, no rule speaks."""
        if twin == guilty or outcomes[twin].replayed:
            return
        status = outcomes[first].status
        if self.asked[twin].fault is None and self.asked[twin].content == self.asked[first].content:
            outcomes[twin] = Outcome(status)
        else:
            outcomes[twin] = Outcome('group_failed', either=(status, 'transaction_id_conflict', self.asked[twin].fault))

    def prepare(self):
        """What is due is judged once, at the id that the first member would have had; then the members get their ids."""
        moment, accounts = self.clock.next, []
        for i in self.members:
            accounts += [a for a in self.asked[i].named if a not in accounts and exists(self.base, a)]
        for account in accounts:
            if is_due(self.base, account, moment):
                self.expires.append(expire(self.base, account, moment, self.clock.take()))
        self.first = self.clock.next
        self.ids = {i: self.first + n for n, i in enumerate(self.members)}
        for i in self.members:
            if self.asked[i].opening:
                self.asked[i].opening[0].id = self.ids[i]

    def step_all(self):
        layer, events = Layer(self.base), []
        for i in self.members:
            asked = self.asked[i]
            fault = untimely(layer, asked, self.first)
            event = None if fault else perform(layer, asked, self.ids[i], self.first, self.first)
            status = fault or event.status
            if status in REMEMBERED and status != 'success':
                return self.all_failed(event.event_id, i, event)
            if status != 'success':
                return self.none_recorded(i, status)
            events.append(event)
            self.outcomes[i] = Outcome('success', event, recorded=True)
        self.base.absorb(layer)
        return self.recorded(events)

    def all_failed(self, cause, guilty=None, guilty_event=None):
        """Rules 2 and 3: everything undone, each member recorded."""
        events = []
        for i in self.members:
            asked = self.asked[i]
            if asked.kind == OPEN:
                asked.payee = None
            event = guilty_event if i == guilty else draft(
                asked, self.ids[i], 'group_failed', exists(self.base, asked.payer), exists(self.base, asked.payee),
                group_first=self.first, cause=cause)
            events.append(event)
            self.outcomes[i] = Outcome(event.status, event, recorded=True)
        for i in self.members:
            guard(self.base, self.asked[i], self.ids[i])
        return self.recorded(events)

    def recorded(self, events):
        self.clock.take(len(self.members))
        for twin, first in self.twins.items():
            known = self.outcomes[first]
            self.outcomes[twin] = Outcome(known.status, known.event, replayed=True)
        return Effects(self.outcomes, self.expires + events, self.base)


# ---- Calls

def units(groups, count, atomic):
    """The positions of a bulk call, cut into commands alone (False) and groups (True)."""
    if atomic:
        return [(True, range(count))] if count else []
    if groups is None:
        return [(False, range(i, i + 1)) for i in range(count)]
    cuts = [i for i in range(count) if i == 0 or groups[i] is None or groups[i] != groups[i - 1]] + [count]
    return [(groups[a] is not None, range(a, b)) for a, b in zip(cuts, cuts[1:])]


def shape_fault(kind, commands, groups, atomic):
    """A bulk call that is an error as a whole: too long, a NULL in an array, a group that comes back, no command."""
    if len(commands) > machine.BULK_MAX or any(isinstance(command, machine.Junk) for command in commands):
        return True
    if kind != 'execute' and any(has_null(command) for command in commands):
        return True
    if groups is None or (kind == 'execute' and atomic):
        return False
    starts = [g for i, g in enumerate(groups) if g is not None and (i == 0 or g != groups[i - 1])]
    return (kind != 'execute' and None in groups) or len(groups) != len(commands) or len(starts) != len(set(starts))


def has_null(command):
    """Metadata, and what calls with arrays have no argument for, may be NULL."""
    return None in (command[:5] if isinstance(command, machine.Transfer) else command)
