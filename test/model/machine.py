"""The naive machine, its words: commands, state, events, values, as SPEC.md and doc/format-1.md define them.

Goal: to predict what each command answers and records. Method: integers, tuples and dictionaries; nothing here
was taken from the C code, and no number is ever a float. rules.py says what each kind does, units.py what
becomes of commands alone and in groups. The machine asks a *view* (book.py) for what a command may see, and
returns what it would do; it changes nothing by itself.
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
    'success': 0, 'insufficient_funds': 1, 'account_not_found': 2, 'account_frozen': 3, 'account_closed': 4,
    'same_account': 5, 'invalid_amount': 6, 'invalid_scale': 7, 'amount_overflow': 8, 'unknown_currency': 9,
    'transaction_id_conflict': 10, 'hold_not_found': 11, 'hold_settled': 12, 'hold_expired': 13, 'exceeds_hold': 14,
    'exceeds_original': 15, 'not_reversible': 16, 'ceiling_exceeded': 17, 'spend_limit_exceeded': 18,
    'group_failed': 19, 'account_exists': 20, 'account_not_empty': 21, 'version_conflict': 22, 'invalid_name': 23,
    'invalid_argument': 24, 'invalid_effective_at': 25, 'metadata_too_large': 26, 'original_not_found': 28,
    'insufficient_privilege': 42,
}
REMEMBERED = {
    'success', 'insufficient_funds', 'account_frozen', 'account_closed', 'hold_settled', 'hold_expired', 'exceeds_hold',
    'exceeds_original', 'not_reversible', 'ceiling_exceeded', 'spend_limit_exceeded', 'group_failed', 'account_not_empty',
}

(DEFINE, OPEN, TRANSFER, HOLD, CAPTURE, RELEASE, EXPIRE, REVERSE, SWEEP, FREEZE, UNFREEZE, CLOSE, SET_FLOOR, REMOVE_FLOOR,
 SET_CEILING, SET_SPEND_LIMIT) = range(1, 17)
MOVING = {TRANSFER, CAPTURE, REVERSE, SWEEP}
IS_OPEN, IS_FROZEN, IS_CLOSED = 1, 2, 3
PLACED, SETTLED, EXPIRED = 1, 2, 3

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
Hold = namedtuple('Hold', 'from_account to_account amount currency tid metadata expires_at expected_version',
                  defaults=(None, None, None))
Capture = namedtuple('Capture', 'hold_id tid amount final metadata', defaults=(None, True, None))
Release = namedtuple('Release', 'hold_id tid amount metadata', defaults=(None, None))
Reverse = namedtuple('Reverse', 'original tid amount metadata', defaults=(None, None))
Sweep = namedtuple('Sweep', 'from_account to_account up_to currency tid metadata', defaults=(None,))
Freeze = namedtuple('Freeze', 'name currency tid reason', defaults=(None,))
Unfreeze = namedtuple('Unfreeze', 'name currency tid reason', defaults=(None,))
Close = namedtuple('Close', 'name currency tid')
SetFloor = namedtuple('SetFloor', 'name currency floor tid')
RemoveFloor = namedtuple('RemoveFloor', 'name currency tid')
SetCeiling = namedtuple('SetCeiling', 'name currency ceiling tid')
SetSpendLimit = namedtuple('SetSpendLimit', 'name currency amount window_seconds tid')
# Something in wallet_execute that is no command at all.
Junk = namedtuple('Junk', 'text tid', defaults=(None,))

# ---- State. `due`: (expires_at, event_id, transaction_id) of the open holds that expire, the next one first.

State = namedtuple('State', 'balance held version last guard status floor ceiling spend_limit window_seconds '
                            'window_number spent due')
# A hold; `moment`: the one at which its placing was judged.
Held = namedtuple('Held', 'tid event_id moment debit credit expires_at state amount remaining')


class Account:
    """What never changes of an account. One that is opened in the call at hand gets its id with its event."""

    __slots__ = ('id', 'name', 'currency', 'exponent', 'parent', 'owner', 'metadata')

    def __init__(self, *values):
        for field, value in zip(self.__slots__, values):
            setattr(self, field, value)


class Event:
    """One predicted row of wallet.event; money in minor units of `exponent`."""

    __slots__ = ('event_id', 'tid', 'leg', 'kind', 'status', 'debit', 'credit', 'requested', 'amount', 'debit_balance',
                 'credit_balance', 'debit_held', 'debit_version', 'credit_version', 'debit_prev', 'credit_prev',
                 'group_first', 'cause', 'effective_at', 'expires_at', 'expected_version', 'related', 'final', 'metadata',
                 'detail', 'exponent', 'content', 'accounts', 'chained')

    def __init__(self, **fields):
        for name in self.__slots__:
            setattr(self, name, fields.get(name))


class Outcome:
    """What one command should answer. `either`: other statuses that the documents leave open."""

    __slots__ = ('status', 'event', 'recorded', 'replayed', 'either')

    def __init__(self, status, event=None, recorded=False, replayed=False, either=()):
        self.status, self.event, self.recorded, self.replayed, self.either = status, event, recorded, replayed, either


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
    """Bytes of format-1.md, 4; None if the command has none of these fields."""
    tags = {'name': 1, 'currency': 2, 'exponent': 3, 'parent': 4, 'owner': 5, 'floor': 6, 'ceiling': 7, 'window_seconds': 8,
            'reason': 9}
    sizes = {'exponent': 1, 'parent': 8, 'floor': 16, 'ceiling': 16, 'window_seconds': 4}
    out = b''
    for field, tag in tags.items():
        value = fields.get(field)
        if value is not None:
            signed = field not in ('exponent', 'window_seconds')
            value = value.to_bytes(sizes[field], 'little', signed=signed) if field in sizes else value.encode()
            out += bytes([tag]) + len(value).to_bytes(4, 'little') + value
    return out or None
