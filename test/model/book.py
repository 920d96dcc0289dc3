"""What is known of the ledger from the log alone, and which part of it a call can have seen.

The book holds what committed calls did, in event_id order. Rows are locked until commit and ids are taken
after the locks, so the state of an account that a call recorded something about is exactly what the book
says at that place. Other things (that an account exists, that an id is used) become visible with the commit
of another transaction, and a client knows only between which two moments that was: such a transaction is
*certain* if it was over before the call's snapshot, *impossible* if the call that did it began after the end
of this one, *doubtful* otherwise.
"""

from bisect import bisect_left, bisect_right

from machine import BUILT_IN
from units import Changes


class Entry:
    """One line of an account's history: its state after an event that names it."""

    __slots__ = ('event_id', 'state', 'call')

    def __init__(self, event_id, state, call):
        self.event_id, self.state, self.call = event_id, state, call


class Account:
    """An account, who opened it, and all that happened to it."""

    def __init__(self, facts, call):
        self.facts, self.call, self.history = facts, call, []
        self.own = {}

    def add(self, entry):
        self.own.setdefault(entry.call.tx, []).append(len(self.history))
        self.history.append(entry)

    def seal(self):
        """Arrays to search by time, when the history is complete."""
        self.ids = [entry.event_id for entry in self.history]
        self.ends = smallest_from_here([entry.call.tx.end for entry in self.history])
        self.starts = smallest_from_here([entry.call.start for entry in self.history])

    def window(self, call):
        """First and last place in the history that the call can have looked from."""
        held = [i for i in self.own.get(call.tx, ()) if call.sees(self.history[i].call)]
        if held:
            return held[-1], held[-1]
        first = bisect_left(self.ends, snapshot_start(call)) - 1
        last = bisect_left(self.starts, call.end) - 1
        return max(first, 0), max(last, first, 0)

    def at(self, place, first, last):
        """The state at a place in the order of events, within the window."""
        index = bisect_right(self.ids, place) - 1
        return self.history[min(max(index, first), last)].state


def smallest_from_here(values):
    result, smallest = [], float('inf')
    for value in reversed(values):
        smallest = min(smallest, value)
        result.append(smallest)
    return result[::-1]


def snapshot_start(call):
    """No snapshot of the call is older than this."""
    return call.tx.calls[0].start if call.tx.isolation == 'REPEATABLE READ' else call.start


class Past:
    """What a hold, or what was reversed of an event, was after each event that changed it."""

    def __init__(self):
        self.ids, self.values = [], []

    def add(self, event_id, value):
        self.ids.append(event_id)
        self.values.append(value)

    def at(self, event_id):
        index = bisect_right(self.ids, event_id) - 1
        return self.values[index] if index >= 0 else None


class Book:
    """Everything that committed calls did."""

    def __init__(self, admin, roles):
        self.admin, self.roles = admin, roles
        self.accounts, self.names, self.records, self.currencies = {}, {}, {}, {}
        self.holds, self.reversals, self.undone = {}, {}, {}

    def enter(self, call, effects):
        """What a unit did; of what will be rolled back only its own transaction knows."""
        changes = effects.changes
        if not call.final:
            self.undone.setdefault(call.tx, []).append((call, changes))
            return
        for account in changes.names.values():
            self.accounts[account.id] = self.names[account.name, account.currency] = Account(account, call)
        for code, exponent in changes.codes.items():
            self.currencies[code] = exponent, call
        for tid, event in changes.records.items():
            self.records[tid] = event, call
        for account, state in changes.states.items():
            self.accounts[account].add(Entry(state.guard, state, call))
        for tid, hold in changes.holds.items():
            self.holds.setdefault(tid, Past()).add(changes.states[hold.debit].guard, hold)
        for tid, reversal in changes.reversals.items():
            payer = self.records[tid][0].accounts[0]
            self.reversals.setdefault(tid, Past()).add(changes.states[payer.id].guard, reversal)

    def seal(self):
        for account in self.accounts.values():
            account.seal()


class View(Changes):
    """The book as one call sees it; `hidden`: doubtful transactions taken for not yet committed.

    Without a place the call is looked at when its turn comes in the order of events. With one, all events
    are in the book already, and the states are those at that place; its moment is known to lie between two
    only, and `thresholds` collects those in between that decided something.
    """

    def __init__(self, book, call, place=None, latest=0):
        super().__init__()
        self.book, self.call, self.place, self.latest, self.roles = book, call, place, latest, book.roles
        self.hidden, self.doubtful = frozenset(), set()
        self.read, self.thresholds = set(), set()
        for earlier, changes in book.undone.get(call.tx, ()):
            if call.sees(earlier):
                self.absorb(changes)

    def shows(self, by):
        if by.tx is self.call.tx:
            return self.call.sees(by)
        if by.tx.end < snapshot_start(self.call):
            return True
        if by.start > self.call.end:
            return False
        self.doubtful.add(by.tx)
        return by.tx not in self.hidden

    # -- what the machine asks

    def find(self, name, currency):
        if (name, currency) in self.names:
            return self.names[name, currency]
        account = self.book.names.get((name, currency))
        return account.facts if account and self.shows(account.call) else None

    def account(self, number):
        for account in self.names.values():
            if account.id == number:
                return account
        account = self.book.accounts.get(number)
        return account.facts if account and self.shows(account.call) else None

    def exponent(self, code):
        if code in self.codes:
            return self.codes[code]
        defined = self.book.currencies.get(code)
        return defined[0] if defined and self.shows(defined[1]) else BUILT_IN.get(code)

    def record(self, tid):
        if tid in self.records:
            return self.records[tid]
        known = self.book.records.get(tid)
        return known[0] if known and self.shows(known[1]) else None

    def is_master(self, account):
        return self.call.tx.actor in (account.owner, self.book.admin)

    def state(self, account):
        if account.id in self.states:
            return self.states[account.id]
        known = self.book.accounts[account.id]
        self.read.add(known)
        if self.place is None:
            return known.history[-1].state
        return known.at(self.place, *known.window(self.call))

    def past(self, past, account):
        """A hold or reversal, as of the state of one of its accounts."""
        if past is None:
            return None
        return past.values[-1] if self.place is None else past.at(self.state(account).guard)

    def hold(self, tid):
        if tid in self.holds:
            return self.holds[tid]
        past = self.book.holds.get(tid)
        return past and self.past(past, self.book.accounts[past.values[0].debit].facts)

    def reversed(self, tid, account):
        """(event, amount) of what was reversed."""
        if tid in self.reversals:
            return self.reversals[tid]
        return self.past(self.book.reversals.get(tid), account) or (None, 0)

    def reached(self, threshold, moment):
        """Whether a threshold, which may be none, lies at or before the moment."""
        if threshold is None or threshold <= moment:
            return threshold is not None
        if threshold <= self.latest:
            self.thresholds.add(threshold)
        return False

    def window(self, seconds, moment):
        """The number of the spending window."""
        if seconds is None:
            return None
        length = seconds * 10**6
        self.reached((moment // length + 1) * length, moment)
        return moment // length


def places(book, call, accounts):
    """Places in the order of events from which the call can have looked at these accounts, the newest first.

    A place in the middle of another transaction is none: it holds its locks until it ends.
    """
    windows = [(account, *account.window(call)) for account in accounts]
    oldest = max((account.ids[first] for account, first, _ in windows), default=0)
    later = sorted({(entry.event_id, entry.call.tx) for account, first, last in windows
                    for entry in account.history[first + 1:last + 1] if entry.event_id > oldest}, key=lambda pair: pair[0])
    ends = {tx: i for i, (_, tx) in enumerate(later)}
    result, open_until = [oldest], -1
    for i, (event_id, tx) in enumerate(later):
        open_until = max(open_until, ends[tx])
        if open_until == i:
            result.append(event_id)
    return result[::-1]

