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


class Book:
    """Everything that committed calls did."""

    def __init__(self, admin):
        self.admin = admin
        self.accounts, self.names, self.records, self.currencies = {}, {}, {}, {}
        self.undone = {}

    def enter(self, call, effects):
        if not call.final:
            self.undone.setdefault(call.tx, []).append((call, effects))
            return
        if effects.opened:
            account = Account(effects.opened, call)
            self.accounts[effects.opened.id] = account
            self.names[effects.opened.name, effects.opened.currency] = account
        if effects.defined:
            self.currencies[effects.defined[0]] = (effects.defined[1], call)
        for event in effects.events:
            self.records[event.tid] = (event, call)
        for account, state in effects.states.items():
            self.accounts[account].add(Entry(state.guard, state, call))

    def seal(self):
        for account in self.accounts.values():
            account.seal()


class View:
    """The book as one call sees it; `hidden`: doubtful transactions taken for not yet committed.

    Without a place the call is looked at when its turn comes in the order of events. With one, all events
    are in the book already, and the states are those at that place.
    """

    def __init__(self, book, call, place=None):
        self.book, self.call, self.place = book, call, place
        self.hidden, self.doubtful = frozenset(), set()
        self.states, self.records, self.read = {}, {}, set()
        self.undone = [effects for earlier, effects in book.undone.get(call.tx, ()) if call.sees(earlier)]

    def merge(self, effects):
        """An earlier unit of the same call has done this."""
        self.states.update(effects.states)
        self.records.update((event.tid, event) for event in effects.events)

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
        for effects in self.undone:
            if effects.opened and (effects.opened.name, effects.opened.currency) == (name, currency):
                return effects.opened
        account = self.book.names.get((name, currency))
        return account.facts if account and self.shows(account.call) else None

    def account(self, number):
        for effects in self.undone:
            if effects.opened and effects.opened.id == number:
                return effects.opened
        account = self.book.accounts.get(number)
        return account.facts if account and self.shows(account.call) else None

    def exponent(self, code):
        for effects in self.undone:
            if effects.defined and effects.defined[0] == code:
                return effects.defined[1]
        defined = self.book.currencies.get(code)
        return defined[0] if defined and self.shows(defined[1]) else BUILT_IN.get(code)

    def record(self, tid):
        if tid in self.records:
            return self.records[tid]
        for effects in self.undone:
            for event in effects.events:
                if event.tid == tid:
                    return event
        known = self.book.records.get(tid)
        return known[0] if known and self.shows(known[1]) else None

    def may_debit(self, account):
        """An account with an owner, or without a floor, is debited by its owner or an admin only."""
        open_to_all = account.owner is None and account.floor is not None
        return open_to_all or self.call.tx.actor in (account.owner, self.book.admin)

    def state(self, account):
        if account.id in self.states:
            return self.states[account.id]
        for effects in reversed(self.undone):
            if account.id in effects.states:
                return effects.states[account.id]
        known = self.book.accounts[account.id]
        self.read.add(known)
        if self.place is None:
            return known.history[-1].state
        return known.at(self.place, *known.window(self.call))


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

