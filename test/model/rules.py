"""The naive machine, its rules: what each command asks for, the checks in their order, the effects.

Each kind of doc/format-1.md, 6, is a function that looks at a command (what needs no state, then its accounts)
and a rule: numbered checks of which the first that fails is the status, and an effect. Expiry is here too, 8.
"""

import re

import machine
from machine import (CAPTURE, CLOSE, DEFINE, EXPIRE, EXPIRED, FREEZE, HOLD, IS_CLOSED, IS_FROZEN, IS_OPEN, LIMIT,
                     MOVING, OPEN, PLACED, RELEASE, REMOVE_FLOOR, REVERSE, SET_CEILING, SET_FLOOR, SET_SPEND_LIMIT,
                     SETTLED, SWEEP, TRANSFER, UNFREEZE, Account, Event, Held, State, detail, digest, jsonb_text,
                     minor, parse)

CODE = re.compile(r'[A-Z0-9][A-Z0-9_.-]{0,15}\Z')


class Asked:
    """A command, looked at. `fault` is what is wrong without its id, `late` what is told after it, before any step.

    `content` is what was asked, in words that do not depend on what else is in the ledger.
    """

    def __init__(self, kind, tid, metadata=None):
        self.kind, self.tid, self.metadata = kind, tid, metadata
        self.payer = self.payee = self.requested = self.fault = self.late = self.content = None
        self.effective_at = self.expires_at = self.expected_version = self.related = self.final = self.detail = None
        self.exponent = self.opening = self.code = self.window_seconds = self.original = self.parent = None
        self.mismatched = False

    @property
    def accounts(self):
        return self.payer, self.opening[0] if self.opening else self.payee

    @property
    def named(self):
        """Those of its accounts that there are."""
        return [account for account in (self.payer, self.payee) if account]


# ---- What needs no state

def bad_name(name):
    return not name or len(name.encode()) > machine.NAME_BYTES


def bad_metadata(metadata):
    return metadata is not None and len(jsonb_text(metadata).encode()) > machine.METADATA_BYTES


def bad_amount(amount):
    return amount is None or parse(amount) is None or parse(amount)[0] <= 0


def bad_limit(amount):
    """A limit may be zero or negative; that it may be missing is its kind's affair."""
    return amount is not None and parse(amount) is None


def first_fault(*pairs):
    """The status of the first pair that is true."""
    return next((status for wrong, status in pairs if wrong), None)


def scaled(text, exponent):
    """(fault, minor units) of money that may be missing."""
    if text is None:
        return None, None
    status, value = minor(text, exponent)
    return (None if status == 'success' else status), value


# ---- Commands that name two accounts

def look_at_pair(view, command, kind, amount):
    """A transfer, hold or sweep by names."""
    asked = Asked(kind, command.tid, command.metadata)
    asked.effective_at = getattr(command, 'effective_at', None)
    asked.expires_at = getattr(command, 'expires_at', None)
    asked.expected_version = getattr(command, 'expected_version', None)
    exponent = None if command.currency is None else view.exponent(command.currency)
    asked.fault = first_fault(
        (bad_name(command.from_account) or bad_name(command.to_account), 'invalid_name'),
        (command.tid is None or command.currency is None or 'infinity' in (asked.effective_at, asked.expires_at),
         'invalid_argument'),
        (bad_metadata(command.metadata), 'metadata_too_large'), (bad_amount(amount), 'invalid_amount'),
        (exponent is None, 'unknown_currency'))
    if not asked.fault:
        asked.fault, asked.requested = scaled(amount, exponent)
    if not asked.fault and command.from_account == command.to_account:
        asked.fault = 'same_account'
    if not asked.fault:
        asked.exponent = exponent
        asked.payer, asked.payee = (view.find(name, command.currency) for name in (command.from_account, command.to_account))
        asked.late = 'account_not_found' if asked.payer is None or asked.payee is None else None
        fill_content(asked, (command.from_account, command.currency), (command.to_account, command.currency))
    return asked


def fill_content(asked, *accounts):
    asked.content = (asked.kind, *accounts, asked.requested, asked.effective_at, asked.expires_at, asked.expected_version,
                     digest(asked.metadata))


def look_at_transfer(view, command):
    return look_at_pair(view, command, TRANSFER, command.amount)


def look_at_hold(view, command):
    return look_at_pair(view, command, HOLD, command.amount)


def look_at_sweep(view, command):
    return look_at_pair(view, command, SWEEP, command.up_to)


def look_at_ids(view, command):
    asked = Asked(TRANSFER, command.tid)
    asked.payer, asked.payee = view.account(command.from_id), view.account(command.to_id)
    asked.fault = first_fault((bad_amount(command.amount), 'invalid_amount'), (asked.payer is None, 'account_not_found'))
    if not asked.fault:
        asked.exponent = asked.payer.exponent
        asked.fault, asked.requested = scaled(command.amount, asked.exponent)
    if not asked.fault and command.from_id == command.to_id:
        asked.fault = 'same_account'
    if not asked.fault:
        asked.mismatched = bool(asked.payee and asked.payer.currency != asked.payee.currency)
        asked.late = first_fault((asked.payee is None, 'account_not_found'), (asked.mismatched, 'invalid_argument'))
        fill_content(asked, *((account.name, account.currency) if account else ('nobody', number)
                              for account, number in ((asked.payer, command.from_id), (asked.payee, command.to_id))))
    return asked


# ---- Commands about a hold, or about an event of before

def look_at_related(view, command, kind, related, final=None, missing='hold_not_found'):
    """`view.record` gives what stands under the id that the command names, or what the group at hand will put there."""
    asked = Asked(kind, command.tid, command.metadata)
    asked.related, asked.final = related, final
    asked.fault = first_fault(
        (related is None or command.tid is None or (kind == CAPTURE and final is None), 'invalid_argument'),
        (bad_metadata(command.metadata), 'metadata_too_large'),
        (command.amount is not None and bad_amount(command.amount), 'invalid_amount'))
    if asked.fault:
        return asked
    asked.original = view.record(related)
    if asked.original is None or (kind != REVERSE and (asked.original.kind != HOLD or refused(asked.original))):
        asked.late = missing
    else:
        giver, taker = (a if a and view.find(a.name, a.currency) is a else None for a in asked.original.accounts)
        asked.payer, asked.payee = (taker, giver) if kind == REVERSE else (giver, taker)
    amount = command.amount
    if asked.named:
        asked.exponent = asked.named[0].exponent
        asked.fault, amount = scaled(command.amount, asked.exponent)
        asked.requested = amount
    asked.content = (kind, related, amount, final, digest(command.metadata))
    return asked


def refused(record):
    """An event that did not succeed; what a group promises (an Asked) has no status yet."""
    return getattr(record, 'status', 'success') != 'success'


def look_at_capture(view, command):
    return look_at_related(view, command, CAPTURE, command.hold_id, command.final)


def look_at_release(view, command):
    return look_at_related(view, command, RELEASE, command.hold_id)


def look_at_reverse(view, command):
    return look_at_related(view, command, REVERSE, command.original, missing='original_not_found')


# ---- Commands about one account

def look_at_account(view, command, kind, amount=None, fault=None, **fields):
    """Freeze and the like. `fault`: what else needs no state."""
    asked = Asked(kind, command.tid)
    exponent = None if command.currency is None else view.exponent(command.currency)
    asked.fault = first_fault(
        (bad_name(command.name), 'invalid_name'),
        (command.tid is None or command.currency is None, 'invalid_argument'), (fault, fault),
        (bad_limit(amount), 'invalid_amount'), (exponent is None, 'unknown_currency'))
    if not asked.fault:
        asked.exponent = exponent
        asked.fault, asked.requested = scaled(amount, exponent)
        asked.detail = detail(**fields)
        asked.payer = view.find(command.name, command.currency)
        asked.late = None if asked.payer else 'account_not_found'
        asked.content = (kind, command.name, command.currency, asked.requested, asked.detail)
    return asked


def look_at_freeze(view, command):
    return look_at_account(view, command, FREEZE, reason=command.reason)


def look_at_unfreeze(view, command):
    return look_at_account(view, command, UNFREEZE, reason=command.reason)


def look_at_close(view, command):
    return look_at_account(view, command, CLOSE)


def look_at_set_floor(view, command):
    return look_at_account(view, command, SET_FLOOR, command.floor, 'invalid_amount' if command.floor is None else None)


def look_at_remove_floor(view, command):
    return look_at_account(view, command, REMOVE_FLOOR)


def look_at_set_ceiling(view, command):
    return look_at_account(view, command, SET_CEILING, command.ceiling)


def look_at_set_spend_limit(view, command):
    seconds = command.window_seconds
    fault = first_fault((seconds is None or seconds < 1, 'invalid_argument'),
                        (command.amount is not None and parse(command.amount) and parse(command.amount)[0] < 0,
                         'invalid_amount'))
    asked = look_at_account(view, command, SET_SPEND_LIMIT, command.amount, fault, window_seconds=seconds)
    asked.window_seconds = seconds
    return asked


# ---- Openings and currencies

def look_at_open(view, command):
    asked = Asked(OPEN, command.tid, command.metadata)
    floor = '0' if command.floor == 'default' else command.floor
    exponent = None if command.currency is None else view.exponent(command.currency)
    asked.fault = first_fault(
        (bad_name(command.name) or command.name.startswith('@transit:'), 'invalid_name'),
        (command.tid is None or command.currency is None or
         (command.owner is not None and command.owner not in view.roles), 'invalid_argument'),
        (bad_metadata(command.metadata), 'metadata_too_large'),
        (bad_limit(floor) or bad_limit(command.ceiling), 'invalid_amount'), (exponent is None, 'unknown_currency'))
    limits = []
    for text in (floor, command.ceiling):
        if not asked.fault:
            asked.fault, value = scaled(text, exponent)
            limits.append(value)
    if not asked.fault:
        asked.exponent = exponent
        asked.parent = None if command.parent is None else view.find(command.parent, command.currency)
        missing = command.parent is not None and asked.parent is None
        asked.late = 'account_not_found' if missing and not view.find(command.name, command.currency) else None
        asked.opening = (Account(None, command.name, command.currency, exponent, None, command.owner, command.metadata),
                         *limits)
        asked.content = (OPEN, command.name, command.currency, *limits, command.parent, command.owner, digest(command.metadata))
    return asked


def look_at_define(view, command):
    asked = Asked(DEFINE, command.tid)
    asked.fault = first_fault((command.tid is None or command.exponent is None or command.code is None or
                               not CODE.match(command.code) or not 0 <= command.exponent <= 30, 'invalid_argument'))
    asked.code = (command.code, command.exponent)
    asked.content = (DEFINE, *asked.code)
    asked.detail = None if asked.fault else detail(currency=command.code, exponent=command.exponent)
    return asked


LOOK = {
    machine.Transfer: look_at_transfer, machine.ById: look_at_ids, machine.Hold: look_at_hold, machine.Sweep: look_at_sweep,
    machine.Capture: look_at_capture, machine.Release: look_at_release, machine.Reverse: look_at_reverse,
    machine.Freeze: look_at_freeze, machine.Unfreeze: look_at_unfreeze, machine.Close: look_at_close,
    machine.SetFloor: look_at_set_floor, machine.RemoveFloor: look_at_remove_floor,
    machine.SetCeiling: look_at_set_ceiling, machine.SetSpendLimit: look_at_set_spend_limit,
    machine.Open: look_at_open, machine.Define: look_at_define,
}


def look_at(view, command):
    return LOOK[type(command)](view, command)


# ---- Checks

class Step:
    """One command before its accounts: what the checks read, and what the effect leaves behind."""

    def __init__(self, layer, asked, moment):
        self.layer, self.asked, self.moment = layer, asked, moment
        self.payer = layer.state(asked.payer) if asked.payer else None
        self.payee = layer.state(asked.payee) if asked.payee else None
        self.amount = asked.requested
        self.hold = layer.hold(asked.related) if asked.kind in (CAPTURE, RELEASE) else None
        self.chained = set()

    def available(self):
        """None: without limit."""
        return None if self.payer.floor is None else self.payer.balance - self.payer.held - self.payer.floor

    def spent(self):
        """What has left the payer in the window at hand."""
        return self.payer.spent if self.layer.window(self.payer.window_seconds, self.moment) == self.payer.window_number else 0


def not_open(state):
    return {IS_FROZEN: 'account_frozen', IS_CLOSED: 'account_closed'}.get(state.status)


def is_closed(state):
    return 'account_closed' if state is not None and state.status == IS_CLOSED else None


def check_version(step):
    expected = step.asked.expected_version
    return 'version_conflict' if expected is not None and expected != step.payer.version else None


def check_spending(step):
    limit = step.payer.spend_limit
    return 'spend_limit_exceeded' if limit is not None and step.spent() + step.amount > limit else None


def check_ceiling(step):
    ceiling = step.payee.ceiling
    return 'ceiling_exceeded' if ceiling is not None and step.payee.balance + step.amount > ceiling else None


def check_range(step):
    out_of_range = step.payer.balance - step.amount < -LIMIT or step.payee.balance + step.amount > LIMIT
    return 'amount_overflow' if out_of_range else None


def check_funds(step):
    available = step.available()
    return 'insufficient_funds' if available is not None and available < step.amount else None


def check_statuses(step):
    return check_version(step) or not_open(step.payer) or not_open(step.payee)


def check_movement(step):
    return check_spending(step) or check_ceiling(step) or check_range(step)


def check_transfer(step):
    return check_statuses(step) or check_movement(step) or check_funds(step)


def check_sweep(step):
    available = step.available()
    if available is not None:
        step.amount = min(step.amount, available)
    return check_statuses(step) or ('insufficient_funds' if step.amount <= 0 else None) or check_movement(step)


def check_hold(step):
    overflow = 'amount_overflow' if step.payer.held + step.amount > LIMIT else None
    return check_statuses(step) or check_spending(step) or overflow or check_funds(step)


def check_related_hold(step):
    """Checks 1 to 4 of capture and release. What has expired is not settled: whether it was swept makes no difference."""
    hold = step.hold
    if hold is None:
        return 'hold_not_found'
    if hold.state == SETTLED:
        return 'hold_settled'
    if hold.state == EXPIRED or step.layer.reached(hold.expires_at, step.moment):
        return 'hold_expired'
    step.amount = hold.remaining if step.amount is None else step.amount
    return 'exceeds_hold' if step.amount > hold.remaining else None


def check_capture(step):
    return check_related_hold(step) or is_closed(step.payee) or check_ceiling(step) or check_range(step)


def check_reverse(step):
    original = step.layer.record(step.asked.related)
    if original.kind not in (TRANSFER, SWEEP, CAPTURE) or original.status != 'success':
        return 'not_reversible'
    left = original.amount - step.layer.reversed(original.tid, step.asked.payee)[1]
    step.amount = left if step.amount is None else step.amount
    if left <= 0 or step.amount > left:
        return 'exceeds_original'
    return is_closed(step.payer) or is_closed(step.payee) or check_ceiling(step) or check_range(step) or check_funds(step)


def check_not_closed(step):
    return is_closed(step.payer)


def check_close(step):
    empty = step.payer.balance == 0 and step.payer.held == 0
    return is_closed(step.payer) or (None if empty else 'account_not_empty')


def check_open(step):
    account = step.asked.opening[0]
    return 'account_exists' if step.layer.find(account.name, account.currency) else None


def check_define(step):
    return 'invalid_argument' if step.layer.exponent(step.asked.code[0]) is not None else None


# ---- Effects

def spend(step):
    """What leaves is counted in the window at hand."""
    if step.payer.spend_limit is not None:
        number = step.layer.window(step.payer.window_seconds, step.moment)
        step.payer = step.payer._replace(spent=step.spent() + step.amount, window_number=number)


def give_back(layer, payer, hold, amount, moment):
    """Of a hold that was placed in the window at hand. What was never counted cannot be given back."""
    if payer.spend_limit is None:
        return payer
    number = layer.window(payer.window_seconds, moment)
    if number != layer.window(payer.window_seconds, hold.moment) or number != payer.window_number:
        return payer
    return payer._replace(spent=max(payer.spent - amount, 0))


def move(step):
    step.payer = step.payer._replace(balance=step.payer.balance - step.amount)
    step.payee = step.payee._replace(balance=step.payee.balance + step.amount)
    step.chained = {'debit', 'credit'}


def do_transfer(step, event_id):
    move(step)
    spend(step)


def do_hold(step, event_id):
    asked = step.asked
    spend(step)
    hold = Held(asked.tid, event_id, step.moment, asked.payer.id, asked.payee.id, asked.expires_at, PLACED, step.amount,
                step.amount)
    step.layer.holds[asked.tid] = hold
    step.payer = step.payer._replace(held=step.payer.held + step.amount, due=with_due(step.payer.due, hold))
    step.chained = {'debit'}


def with_due(due, hold):
    return due if hold.expires_at is None else tuple(sorted((*due, (hold.expires_at, hold.event_id, hold.tid))))


def without_due(due, hold):
    return tuple(entry for entry in due if entry[2] != hold.tid)


def lower_hold(step, remaining):
    """What remains of the hold; with nothing left it is settled."""
    hold = step.hold
    step.layer.holds[hold.tid] = hold._replace(remaining=remaining, state=PLACED if remaining else SETTLED)
    due = step.payer.due if remaining else without_due(step.payer.due, hold)
    step.payer = step.payer._replace(held=step.payer.held - (hold.remaining - remaining), due=due)


def do_capture(step, event_id):
    rest = step.hold.remaining - step.amount
    move(step)
    if step.asked.final and rest:
        step.payer = give_back(step.layer, step.payer, step.hold, rest, step.moment)
    lower_hold(step, 0 if step.asked.final else rest)


def do_release(step, event_id):
    step.payer = give_back(step.layer, step.payer, step.hold, step.amount, step.moment)
    lower_hold(step, step.hold.remaining - step.amount)
    step.chained = {'debit'}


def do_reverse(step, event_id):
    original = step.layer.record(step.asked.related)
    move(step)
    before = step.layer.reversed(original.tid, step.asked.payee)[1]
    step.layer.reversals[original.tid] = (original.event_id, before + step.amount)


def set_status(status):
    def effect(step, event_id):
        step.payer = step.payer._replace(status=status)
    return effect


def do_set_floor(step, event_id):
    step.payer = step.payer._replace(floor=step.asked.requested)


def do_set_ceiling(step, event_id):
    step.payer = step.payer._replace(ceiling=step.asked.requested)


def do_set_spend_limit(step, event_id):
    """A window stays what it was as long as its length does, with or without a limit."""
    seconds, kept = step.asked.window_seconds, (step.payer.window_number, step.payer.spent)
    number, spent = kept if step.payer.window_seconds == seconds else (None, None) if seconds is None else (0, 0)
    step.payer = step.payer._replace(spend_limit=step.asked.requested, window_seconds=seconds, window_number=number,
                                     spent=spent)


def do_open(step, event_id):
    account, floor, ceiling = step.asked.opening
    step.asked.payee, step.chained = account, {'credit'}
    step.payee = State(0, 0, 0, None, None, IS_OPEN, floor, ceiling, None, None, None, None, ())
    step.layer.open(account)


def do_define(step, event_id):
    step.layer.codes[step.asked.code[0]] = step.asked.code[1]


RULES = {
    DEFINE: (check_define, do_define), OPEN: (check_open, do_open), TRANSFER: (check_transfer, do_transfer),
    HOLD: (check_hold, do_hold), CAPTURE: (check_capture, do_capture), RELEASE: (check_related_hold, do_release),
    REVERSE: (check_reverse, do_reverse), SWEEP: (check_sweep, do_transfer),
    FREEZE: (check_not_closed, set_status(IS_FROZEN)), UNFREEZE: (check_not_closed, set_status(IS_OPEN)),
    CLOSE: (check_close, set_status(IS_CLOSED)), SET_FLOOR: (check_not_closed, do_set_floor),
    REMOVE_FLOOR: (check_not_closed, do_set_floor), SET_CEILING: (check_not_closed, do_set_ceiling),
    SET_SPEND_LIMIT: (check_not_closed, do_set_spend_limit),
}


# ---- Events

def draft(asked, event_id, status, payer, payee, **fields):
    """An event with its inputs, and what it sees or leaves behind."""
    both = (asked.payer, asked.payee)
    event = Event(event_id=event_id, tid=asked.tid, leg=0, kind=asked.kind, status=status, requested=asked.requested,
                  debit=asked.payer and asked.payer.id, credit=asked.payee and asked.payee.id, related=asked.related,
                  final=asked.final, effective_at=asked.effective_at, expires_at=asked.expires_at,
                  expected_version=asked.expected_version, metadata=asked.metadata, detail=asked.detail,
                  exponent=asked.exponent, content=asked.content, accounts=both, **fields)
    if payer:
        event.debit_balance, event.debit_held, event.debit_version = payer.balance, payer.held, payer.version
    if payee:
        event.credit_balance, event.credit_version = payee.balance, payee.version
    if asked.kind == OPEN:
        account, floor, ceiling = asked.opening
        event.detail = detail(name=account.name, currency=account.currency, exponent=account.exponent,
                              parent=asked.parent and asked.parent.id, owner=account.owner, floor=floor, ceiling=ceiling)
    return event


def perform(layer, asked, event_id, moment, group_first=None):
    """Applies one command to the layer, or says why not; the event either way."""
    step = Step(layer, asked, moment)
    check, effect = RULES[asked.kind]
    status = check(step)
    if status:
        return draft(asked, event_id, status, step.payer, step.payee, group_first=group_first)
    if asked.opening:
        asked.opening[0].id, asked.opening[0].parent = event_id, asked.parent and asked.parent.id
    effect(step, event_id)
    prev, chained = {}, []
    for side, account in (('debit', asked.payer), ('credit', asked.payee)):
        state = step.payer if side == 'debit' else step.payee
        if account is None:
            continue
        if side in step.chained:
            prev[side] = state.last
            state = state._replace(version=state.version + 1, last=event_id)
        state = layer.states[account.id] = state._replace(guard=event_id)
        if side in step.chained:
            chained.append((account.id, state))
        step.payer, step.payee = (state, step.payee) if side == 'debit' else (step.payer, state)
    amount = step.amount if asked.kind in MOVING | {HOLD, RELEASE} else None
    event = draft(asked, event_id, 'success', step.payer, step.payee, amount=amount, debit_prev=prev.get('debit'),
                  credit_prev=prev.get('credit'), group_first=group_first, chained=chained)
    layer.records[asked.tid] = event
    return event


# ---- Expiry

def is_due(layer, account, moment):
    due = layer.state(account).due
    return bool(due) and layer.reached(due[0][0], moment)


def expire(layer, account, moment, event_id):
    """All due holds of the account fold into one event."""
    state = layer.state(account)
    first, amount = state.due[0][2], 0
    for entry in state.due:
        if layer.reached(entry[0], moment):
            hold = layer.hold(entry[2])
            layer.holds[hold.tid] = hold._replace(state=EXPIRED)
            state = give_back(layer, without(state, hold), hold, hold.remaining, moment)
            amount += hold.remaining
    prev = state.last
    state = state._replace(version=state.version + 1, last=event_id, guard=event_id)
    layer.states[account.id] = state
    return Event(event_id=event_id, tid=first, leg=1, kind=EXPIRE, status='success', debit=account.id, amount=amount,
                 debit_balance=state.balance, debit_held=state.held, debit_version=state.version, debit_prev=prev,
                 exponent=account.exponent, accounts=(account, None), chained=[(account.id, state)])


def without(state, hold):
    return state._replace(held=state.held - hold.remaining, due=without_due(state.due, hold))
