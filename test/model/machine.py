"""The naive machine: the rules of SPEC.md and doc/format-1.md, said as plainly as Python can.

Goal: to predict what each command answers and records. Method: integers and dictionaries; nothing here
was taken from the C code, and no number is ever a float. The machine asks a *view* for what a command may
see (find, account, exponent, state, record, may_debit), and returns what it would do; it changes nothing by itself.
"""

import hashlib
import json
import re
from collections import namedtuple
from functools import lru_cache

LIMIT = 10**38 - 1
NAME_BYTES = 255
METADATA_BYTES = 65536
BULK_MAX = 65536

STATUS = {
    'success': 0, 'insufficient_funds': 1, 'account_not_found': 2, 'same_account': 5, 'invalid_amount': 6,
    'invalid_scale': 7, 'amount_overflow': 8, 'unknown_currency': 9, 'transaction_id_conflict': 10,
    'ceiling_exceeded': 17, 'group_failed': 19, 'account_exists': 20, 'version_conflict': 22,
    'invalid_name': 23, 'invalid_argument': 24, 'invalid_effective_at': 25, 'metadata_too_large': 26,
    'insufficient_privilege': 42,
}
REMEMBERED = {'success', 'insufficient_funds', 'ceiling_exceeded', 'group_failed'}
DEFINE, OPEN, TRANSFER = 1, 2, 3

# format-1.md, 9
BUILT_IN = {code: exponent for exponent, codes in {
    0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
    3: 'BHD IQD JOD KWD LYD OMR TND',
    4: 'CLF UYW',
    2: '''AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF
          CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL
          HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU
          MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR
          SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED
          VES WST XAD XCD XCG YER ZAR ZMW ZWG''',
}.items() for code in codes.split()}

# ---- Commands, as a client asks for them. Money and metadata are the text that was sent.

Define = namedtuple('Define', 'code exponent tid')
Open = namedtuple('Open', 'name currency tid floor ceiling parent owner metadata')
Transfer = namedtuple('Transfer', 'from_account to_account amount currency tid metadata effective_at expected_version',
                      defaults=(None, None, None))
ById = namedtuple('ById', 'from_id to_id amount tid')

# ---- State

Account = namedtuple('Account', 'id name currency exponent floor ceiling parent owner metadata')
State = namedtuple('State', 'balance version last guard')


class Event:
    """One predicted row of wallet.event; money in minor units of `exponent`."""

    __slots__ = ('event_id', 'tid', 'kind', 'status', 'debit', 'credit', 'requested', 'amount', 'debit_balance',
                 'credit_balance', 'debit_version', 'credit_version', 'debit_prev', 'credit_prev', 'group_first', 'cause',
                 'effective_at', 'expected_version', 'metadata', 'detail', 'exponent', 'content')

    def __init__(self, **fields):
        for name in self.__slots__:
            setattr(self, name, fields.get(name))


class Outcome:
    """What one command should answer. `either`: other statuses that the documents leave open."""

    __slots__ = ('status', 'event', 'recorded', 'replayed', 'either')

    def __init__(self, status, event=None, recorded=False, replayed=False, either=()):
        self.status, self.event, self.recorded, self.replayed, self.either = status, event, recorded, replayed, either


class Effects:
    """What a unit (a command, or a group) answers and changes."""

    def __init__(self, outcomes=(), events=(), states=None, opened=None, defined=None):
        self.outcomes, self.events, self.states = list(outcomes), list(events), states or {}
        self.opened, self.defined = opened, defined


# ---- Values

NUMBER = re.compile(r'([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$')


@lru_cache(maxsize=65536)
def parse(text):
    """(digits, decimals) of a number, without trailing zeros after the point; None if it is not finite."""
    match = NUMBER.match(text)
    if not match:
        return None
    sign, whole, fraction, power = match.groups()
    fraction = fraction or ''
    digits, decimals = int((whole + fraction) or '0'), len(fraction) - int(power or 0)
    while decimals > 0 and digits % 10 == 0:
        digits //= 10
        decimals -= 1
        if digits == 0:
            decimals = 0
    return -digits if sign == '-' else digits, decimals


def minor(text, exponent):
    """(status, minor units) of money as text."""
    digits, decimals = parse(text)
    if decimals > exponent:
        return 'invalid_scale', None
    value = digits * 10 ** (exponent - decimals)
    return ('success', value) if abs(value) <= LIMIT else ('amount_overflow', None)


def major(value, exponent):
    """Money as the server must show it: with all decimals of its currency."""
    text = str(abs(value)).rjust(exponent + 1, '0')
    sign = '-' if value < 0 else ''
    return sign + (f'{text[:-exponent]}.{text[-exponent:]}' if exponent else text)


@lru_cache(maxsize=65536)
def jsonb_text(text):
    """How jsonb prints a document made of short keys, whole numbers, strings and the like."""
    def ordered(value):
        if isinstance(value, dict):
            return {key: ordered(value[key]) for key in sorted(value, key=lambda k: (len(k.encode()), k.encode()))}
        return [ordered(item) for item in value] if isinstance(value, list) else value
    return json.dumps(ordered(json.loads(text)), ensure_ascii=False)


def digest(metadata):
    return None if metadata is None else hashlib.sha256(jsonb_text(metadata).encode()).digest()


def detail(**fields):
    """Bytes of format-1.md, 4."""
    tags = {'name': 1, 'currency': 2, 'exponent': 3, 'parent': 4, 'owner': 5, 'floor': 6, 'ceiling': 7}
    sizes = {'exponent': 1, 'parent': 8, 'floor': 16, 'ceiling': 16}
    out = b''
    for field, tag in tags.items():
        value = fields.get(field)
        if value is not None:
            value = value.to_bytes(sizes[field], 'little', signed=field != 'exponent') if field in sizes else value.encode()
            out += bytes([tag]) + len(value).to_bytes(4, 'little') + value
    return out


# ---- What needs no state

def bad_name(name):
    return not name or len(name.encode()) > NAME_BYTES


def bad_metadata(metadata):
    return metadata is not None and len(jsonb_text(metadata).encode()) > METADATA_BYTES


def bad_amount(amount):
    return amount is None or parse(amount) is None or parse(amount)[0] <= 0


class Asked:
    """A command, looked at: its accounts, its amount, its content; `fault` is what is wrong with it without its id."""

    def __init__(self, tid, named, metadata=None, effective_at=None, expected_version=None):
        self.tid, self.named, self.metadata = tid, named, metadata
        self.effective_at, self.expected_version = effective_at, expected_version
        self.payer = self.payee = self.requested = self.fault = None

    @property
    def mismatched(self):
        return self.payer and self.payee and self.payer.currency != self.payee.currency

    def account_fault(self, view):
        """What is wrong with the accounts; told after the id, and without stepping."""
        if self.payer is None or self.payee is None:
            return 'account_not_found'
        if self.mismatched:
            return 'invalid_argument'
        return None if view.may_debit(self.payer) else 'insufficient_privilege'

    @property
    def content(self):
        accounts = [account.id if account else ('nobody', name)
                    for account, name in zip((self.payer, self.payee), self.named)]
        return ('transfer', *accounts, self.requested, self.effective_at, self.expected_version, digest(self.metadata))


def look_at(view, command):
    return look_at_ids(view, command) if isinstance(command, ById) else look_at_names(view, command)


def look_at_names(view, command):
    asked = Asked(command.tid, (command.from_account, command.to_account), command.metadata, command.effective_at,
                  command.expected_version)
    exponent = None if command.currency is None else view.exponent(command.currency)
    if bad_name(command.from_account) or bad_name(command.to_account):
        asked.fault = 'invalid_name'
    elif command.tid is None or command.currency is None or command.effective_at == 'infinity':
        asked.fault = 'invalid_argument'
    elif bad_metadata(command.metadata):
        asked.fault = 'metadata_too_large'
    elif bad_amount(command.amount):
        asked.fault = 'invalid_amount'
    elif exponent is None:
        asked.fault = 'unknown_currency'
    else:
        asked.fault, asked.requested = minor(command.amount, exponent)
        if asked.fault == 'success':
            asked.fault = 'same_account' if command.from_account == command.to_account else None
    if not asked.fault:
        asked.payer = view.find(command.from_account, command.currency)
        asked.payee = view.find(command.to_account, command.currency)
    return asked


def look_at_ids(view, command):
    asked = Asked(command.tid, (command.from_id, command.to_id))
    asked.payer, asked.payee = view.account(command.from_id), view.account(command.to_id)
    if bad_amount(command.amount):
        asked.fault = 'invalid_amount'
    elif asked.payer is None:
        asked.fault = 'account_not_found'
    else:
        asked.fault, asked.requested = minor(command.amount, asked.payer.exponent)
        if asked.fault == 'success':
            asked.fault = 'same_account' if command.from_id == command.to_id else None
    return asked


# ---- Transfers

class Scratch:
    """A view, and what the unit at hand has changed so far."""

    def __init__(self, view):
        self.view, self.states = view, {}

    def state(self, account):
        return self.states.get(account.id) or self.view.state(account)


def refusal(asked, payer, payee):
    """Which numbered check of format-1.md, 6, kind 3 says no."""
    amount = asked.requested
    if asked.expected_version is not None and asked.expected_version != payer.version:
        return 'version_conflict'
    if asked.payee.ceiling is not None and payee.balance + amount > asked.payee.ceiling:
        return 'ceiling_exceeded'
    if payer.balance - amount < -LIMIT or payee.balance + amount > LIMIT:
        return 'amount_overflow'
    if asked.payer.floor is not None and payer.balance - asked.payer.floor < amount:
        return 'insufficient_funds'
    return None


def draft(asked, event_id, status, payer, payee, **fields):
    """An event with its inputs, and what it sees or leaves behind."""
    return Event(event_id=event_id, tid=asked.tid, kind=TRANSFER, status=status, debit=asked.payer.id, credit=asked.payee.id,
                 requested=asked.requested, effective_at=asked.effective_at, expected_version=asked.expected_version,
                 metadata=asked.metadata, exponent=asked.payer.exponent, content=asked.content,
                 debit_balance=payer.balance, credit_balance=payee.balance,
                 debit_version=payer.version, credit_version=payee.version, **fields)


def guard(scratch, asked, event_id):
    for account in (asked.payer, asked.payee):
        scratch.states[account.id] = scratch.state(account)._replace(guard=event_id)


def step(scratch, asked, event_id, group_first=None):
    """Applies one transfer to the scratch, or says why not; the event either way."""
    payer, payee = scratch.state(asked.payer), scratch.state(asked.payee)
    status = refusal(asked, payer, payee)
    if status:
        return draft(asked, event_id, status, payer, payee, group_first=group_first)
    after_payer = State(payer.balance - asked.requested, payer.version + 1, event_id, event_id)
    after_payee = State(payee.balance + asked.requested, payee.version + 1, event_id, event_id)
    scratch.states[asked.payer.id], scratch.states[asked.payee.id] = after_payer, after_payee
    return draft(asked, event_id, 'success', after_payer, after_payee, amount=asked.requested,
                 debit_prev=payer.last, credit_prev=payee.last, group_first=group_first)


def answer_known(known, content):
    if known.content != content:
        return Outcome('transaction_id_conflict')
    return Outcome(known.status, known, replayed=True)


def refuse(asked, status):
    """An unrecorded refusal. No document orders a used id and ids of accounts in different currencies."""
    is_open = status == 'transaction_id_conflict' and asked.mismatched
    return Outcome(status, either=('invalid_argument',) if is_open else ())


def alone(view, command, event_id, moment, raises):
    """A transfer by itself. `raises`: through the single door, where a refusal leaves nothing."""
    asked = look_at(view, command)
    if asked.fault:
        return Effects([Outcome(asked.fault)])
    known = view.record(asked.tid)
    if known:
        answer = answer_known(known, asked.content)
        return Effects([answer if answer.replayed else refuse(asked, answer.status)])
    if asked.effective_at is not None and asked.effective_at > (event_id or moment):
        return Effects([Outcome('invalid_effective_at')])
    fault = asked.account_fault(view)
    if fault:
        return Effects([Outcome(fault)])
    scratch = Scratch(view)
    event = step(scratch, asked, event_id)
    if event.status not in REMEMBERED or (raises and event.status != 'success'):
        return Effects([Outcome(event.status)])
    if event.status != 'success':
        guard(scratch, asked, event_id)
    return Effects([Outcome(event.status, event, recorded=True)], [event], scratch.states)


class Group:
    """Members that stand or fall together: format-1.md, 7, by its four rules."""

    def __init__(self, view, commands, event_ids):
        self.view, self.event_ids = view, event_ids
        self.asked = [look_at(view, command) for command in commands]
        self.outcomes = [None] * len(commands)
        self.twins = {}
        self.members = []

    def judge(self):
        culprit = self.find_culprit()
        if culprit is not None:
            return self.none_recorded(*culprit)
        older = [o.event for o in self.outcomes if o and o.replayed and o.status != 'success']
        if older:
            return self.all_failed(older[0].event_id)
        return self.step_all()

    def find_culprit(self):
        """Rule 1; answers those with a record, finds twins (rule 4) and who takes part on the way."""
        first_of, culprit = {}, None
        for i, asked in enumerate(self.asked):
            fault = self.fault_of(i, asked, first_of)
            if fault and culprit is None:
                culprit = i, fault
        return culprit

    def fault_of(self, i, asked, first_of):
        known = None if asked.fault else self.view.record(asked.tid)
        answer = known and answer_known(known, asked.content)
        if answer and answer.replayed:
            self.outcomes[i] = answer
            return None
        if asked.tid in first_of:
            self.twins[i] = first_of[asked.tid]
            differs = asked.content != self.asked[self.twins[i]].content
            return asked.fault or ('transaction_id_conflict' if differs else None)
        first_of[asked.tid] = i
        self.members.append(i)
        if answer:
            return answer.status
        return asked.fault or asked.account_fault(self.view)

    def none_recorded(self, guilty, status):
        for i, outcome in enumerate(self.outcomes):
            if outcome is None or not outcome.replayed:
                self.outcomes[i] = refuse(self.asked[i], status) if i == guilty else Outcome('group_failed')
        for twin, first in self.twins.items():
            self.answer_unrecorded_twin(twin, first, guilty)
        return Effects(self.outcomes)

    def answer_unrecorded_twin(self, twin, first, guilty):
        """As the first. Of a twin with other content, in a group that fails for another reason, no rule speaks."""
        if twin == guilty or self.outcomes[twin].replayed:
            return
        status = self.outcomes[first].status
        if self.asked[twin].fault is None and self.asked[twin].content == self.asked[first].content:
            self.outcomes[twin] = Outcome(status)
        else:
            self.outcomes[twin] = Outcome('group_failed', either=(status, 'transaction_id_conflict', self.asked[twin].fault))

    def step_all(self):
        scratch, events = Scratch(self.view), []
        first = self.event_ids[self.members[0]] if self.members else None
        for i in self.members:
            event = step(scratch, self.asked[i], self.event_ids[i], first)
            if event.status in REMEMBERED and event.status != 'success':
                return self.all_failed(event.event_id, i, event)
            if event.status != 'success':
                return self.none_recorded(i, event.status)
            events.append(event)
            self.outcomes[i] = Outcome('success', event, recorded=True)
        self.answer_twins()
        return Effects(self.outcomes, events, scratch.states)

    def all_failed(self, cause, guilty=None, guilty_event=None):
        """Rules 2 and 3: everything undone, each member recorded."""
        scratch, events = Scratch(self.view), []
        first = self.event_ids[self.members[0]] if self.members else None
        for i in self.members:
            asked = self.asked[i]
            event = guilty_event if i == guilty else draft(
                asked, self.event_ids[i], 'group_failed', scratch.state(asked.payer), scratch.state(asked.payee),
                group_first=first, cause=cause)
            guard(scratch, asked, event.event_id)
            events.append(event)
            self.outcomes[i] = Outcome(event.status, event, recorded=True)
        self.answer_twins()
        return Effects(self.outcomes, events, scratch.states)

    def answer_twins(self):
        for twin, first in self.twins.items():
            known = self.outcomes[first]
            self.outcomes[twin] = Outcome(known.status, known.event, replayed=True)


# ---- Openings and currencies

CODE = re.compile(r'[A-Z0-9][A-Z0-9_.-]{0,15}\Z')


def limits(command, exponent):
    """(fault, floor, ceiling) in minor units."""
    values = []
    for text in ('0' if command.floor == 'default' else command.floor, command.ceiling):
        status, value = ('success', None) if text is None else minor(text, exponent)
        if status != 'success':
            return status, None, None
        values.append(value)
    return None, values[0], values[1]


def open_fault(view, command, roles):
    if bad_name(command.name) or command.name.startswith('@transit:'):
        return 'invalid_name'
    if command.tid is None or command.currency is None or (command.owner is not None and command.owner not in roles):
        return 'invalid_argument'
    if bad_metadata(command.metadata):
        return 'metadata_too_large'
    exponent = view.exponent(command.currency)
    return 'unknown_currency' if exponent is None else limits(command, exponent)[0]


def open_account(view, command, event_id, roles):
    fault = open_fault(view, command, roles)
    if fault:
        return Effects([Outcome(fault)])
    exponent = view.exponent(command.currency)
    _, floor, ceiling = limits(command, exponent)
    content = ('open', command.name, command.currency, floor, ceiling, command.parent, command.owner, digest(command.metadata))
    known = view.record(command.tid)
    if known:
        return Effects([answer_known(known, content)])
    parent = None if command.parent is None else view.find(command.parent, command.currency)
    if view.find(command.name, command.currency):
        return Effects([Outcome('account_exists')])
    if command.parent is not None and parent is None:
        return Effects([Outcome('account_not_found')])
    account = Account(event_id, command.name, command.currency, exponent, floor, ceiling,
                      parent and parent.id, command.owner, command.metadata)
    event = Event(event_id=event_id, tid=command.tid, kind=OPEN, status='success', credit=event_id, credit_balance=0,
                  credit_version=1, metadata=command.metadata, exponent=exponent, content=content,
                  detail=detail(name=account.name, currency=account.currency, exponent=exponent, parent=account.parent,
                                owner=account.owner, floor=floor, ceiling=ceiling))
    return Effects([Outcome('success', event, recorded=True)], [event],
                   {event_id: State(0, 1, event_id, event_id)}, opened=account)


def define_currency(view, command, event_id):
    if command.tid is None or command.exponent is None or command.code is None or \
            not CODE.match(command.code) or not 0 <= command.exponent <= 30:
        return Effects([Outcome('invalid_argument')])
    content = ('define', command.code, command.exponent)
    known = view.record(command.tid)
    if known:
        return Effects([answer_known(known, content)])
    if view.exponent(command.code) is not None:
        return Effects([Outcome('invalid_argument')])
    event = Event(event_id=event_id, tid=command.tid, kind=DEFINE, status='success', content=content,
                  detail=detail(currency=command.code, exponent=command.exponent))
    return Effects([Outcome('success', event, recorded=True)], [event], defined=(command.code, command.exponent))


# ---- Calls

def units(groups, count, atomic):
    """The positions of a bulk call, cut into commands alone (False) and groups (True)."""
    if atomic:
        return [(True, range(count))] if count else []
    if groups is None:
        return [(False, range(i, i + 1)) for i in range(count)]
    cuts = [i for i in range(count) if i == 0 or groups[i] != groups[i - 1]] + [count]
    return [(True, range(a, b)) for a, b in zip(cuts, cuts[1:])]


def shape_fault(commands, groups):
    """A bulk call that is an error as a whole: too long, a NULL somewhere, or a group that comes back."""
    if len(commands) > BULK_MAX or any(has_null(command) for command in commands):
        return True
    if groups is None:
        return False
    starts = [g for i, g in enumerate(groups) if i == 0 or g != groups[i - 1]]
    return None in groups or len(groups) != len(commands) or len(starts) != len(set(starts))


def has_null(command):
    """Metadata, and what bulk calls have no argument for, may be NULL."""
    return None in (command[:5] if isinstance(command, Transfer) else command)
