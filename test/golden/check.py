#!/usr/bin/env python3
"""Reads golden logs as doc/format-1.md describes them, and nothing else: it shares no code with wallet.

test/golden/check.py NAME.log...        TAP; beside each log lie NAME.tsv and NAME.head

Decodes every byte, adds up balances, held and versions from the amounts alone, follows the chains,
computes digests and head, and compares all that with what the events and the files beside them say.
With all logs of the directory it also wants every remembered status and every kind that can be made.
"""
import hashlib
import re
import struct
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
LIMIT = 10**38 - 1
# Section 3: bit, name, how many bytes; section 4: tag, name, type
FIELDS = [("debit", 8), ("credit", 8), ("requested", 16), ("final", 1), ("related", "uuid"), ("group_first", 8), ("effective_at", 8),
          ("expires_at", 8), ("expected_version", 8), ("metadata_digest", "digest"), ("detail", "counted"), ("amount", 16),
          ("debit_balance", 16), ("credit_balance", 16), ("debit_held", 16), ("debit_version", 8), ("credit_version", 8),
          ("debit_prev", 8), ("credit_prev", 8), ("cause", 8)]
MONEY = {"requested", "amount", "debit_balance", "credit_balance", "debit_held"}
DETAIL = {1: ("name", "text"), 2: ("currency", "text"), 3: ("exponent", 1), 4: ("parent", 8), 5: ("owner", "text"), 6: ("floor", 16),
          7: ("ceiling", 16), 8: ("window_seconds", 4), 9: ("reason", "text"), 10: ("peer", "text"), 11: ("remote_name", "text"),
          12: ("until_event", 8), 13: ("digest", "digest"), 14: ("step", 2)}
KINDS = dict(enumerate("define_currency open transfer hold capture release expire reverse sweep freeze unfreeze close set_floor remove_floor "
                       "set_ceiling set_spend_limit snapshot redact rebuild".split(), 1))
MOVES = {"transfer", "capture", "reverse", "sweep"}
STATUS_WORDS = {1: "open", 2: "frozen", 3: "closed"}


class Bytes:
    """A position in bytes that must be used up exactly."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        assert self.at + n <= len(self.data), "ends too early"
        self.at += n
        return self.data[self.at - n:self.at]

    def number(self, n, signed=False):
        return int.from_bytes(self.take(n), "little", signed=signed)

    def counted(self):
        return self.take(self.number(4))

    def done(self):
        return self.at == len(self.data)


def value(source, kind):
    if kind == "uuid":
        return source.take(16)
    if kind == "digest":
        return source.take(32)
    if kind == "counted":
        return source.counted()
    return source.number(kind, signed=kind in (8, 16))


def decode_detail(data):
    source, found, last = Bytes(data), {}, 0
    while not source.done():
        tag = source.number(1)
        assert tag > last and tag in DETAIL, "tags ascend, and are known"
        last = tag
        name, kind = DETAIL[tag]
        inner = Bytes(source.counted())
        found[name] = inner.data.decode() if kind == "text" else value(inner, kind)
        assert kind == "text" or inner.done()
    return found


def decode(data):
    source = Bytes(data)
    event = {"format": source.number(2), "event_id": source.number(8, True), "transaction_id": source.take(16)}
    for name, size in (("leg", 2), ("kind", 2), ("status", 2), ("exponent", 1), ("present", 4)):
        event[name] = source.number(size)
    assert event["format"] == 1 and event["event_id"] > 0 and event["present"] < 1 << len(FIELDS)
    for bit, (name, kind) in enumerate(FIELDS):
        if event["present"] >> bit & 1:
            event[name] = value(source, kind)
            assert name not in MONEY or abs(event[name]) <= LIMIT
    event["actor"] = source.counted().decode()
    assert source.done(), "bytes are left over"
    assert event["exponent"] <= 30 and (event["exponent"] == 0 or MONEY & event.keys())
    assert event.get("final", 0) in (0, 1)
    event["kind"] = KINDS[event["kind"]]
    event["detail"] = decode_detail(event["detail"]) if "detail" in event else {}
    return event


def read_log(data):
    source, events, digests = Bytes(data), [], []
    assert source.take(16) == b"wallet log 1\n\0\0\0"
    while True:
        length = source.number(4)
        if length == 0:
            break
        raw = source.take(length)
        events.append(decode(raw))
        digests.append(hashlib.sha256(raw).digest())
    assert source.number(8) == len(events)
    head = hashlib.sha256(b"wallet format 1").digest()
    for i in range(0, len(digests), 256):
        head = hashlib.sha256(head + hashlib.sha256(b"".join(digests[i:i + 256])).digest()).digest()
    assert source.take(32) == head, "the head of the log"
    assert source.done()
    return events, head


class Account:
    def __init__(self, event):
        self.name, self.currency, self.exponent = (event["detail"][k] for k in ("name", "currency", "exponent"))
        self.balance = self.held = self.version = 0
        self.last, self.status = None, 1


class Book:
    """Sums, and nothing decided: what each success says that it moved."""

    def __init__(self):
        self.accounts, self.holds, self.last_id, self.ids = {}, {}, 0, set()

    def in_chain(self, event, side):
        account = self.accounts[event[side]]
        assert event.get(side + "_prev") == account.last, "the chain"
        account.last = event["event_id"]
        account.version += 1

    def unhold(self, event):
        hold = self.holds[event["related"]]
        amount = hold["left"] if event["kind"] == "capture" and event["final"] else event["amount"]
        hold["left"] -= amount
        assert hold["left"] >= 0
        self.accounts[event["debit"]].held -= amount

    def expire(self, event):
        moment = event.get("group_first", event["event_id"])
        due = [h for h in self.holds.values() if h["payer"] == event["debit"] and h["left"] and h["expires"] is not None and h["expires"] <= moment]
        assert due and sum(h["left"] for h in due) == event["amount"], "what is due is what expires"
        first = min(due, key=lambda h: (h["expires"], h["event_id"]))
        assert first["id"] == event["transaction_id"] and event["leg"] == 1
        for hold in due:
            hold["left"] = 0
        self.accounts[event["debit"]].held -= event["amount"]

    def success(self, event):
        kind = event["kind"]
        if kind == "open":
            assert event["credit"] == event["event_id"]
            self.accounts[event["credit"]] = Account(event)
            return self.in_chain(event, "credit")
        if kind in MOVES:
            self.accounts[event["debit"]].balance -= event["amount"]
            self.accounts[event["credit"]].balance += event["amount"]
            self.in_chain(event, "debit")
            self.in_chain(event, "credit")
        if kind == "hold":
            self.accounts[event["debit"]].held += event["amount"]
            self.holds[event["transaction_id"]] = {"id": event["transaction_id"], "event_id": event["event_id"], "payer": event["debit"],
                                                   "left": event["amount"], "expires": event.get("expires_at")}
        if kind in ("capture", "release"):
            self.unhold(event)
        if kind == "expire":
            self.expire(event)
        if kind in ("hold", "release", "expire"):
            self.in_chain(event, "debit")
        if kind in ("freeze", "unfreeze", "close"):
            self.accounts[event["debit"]].status = {"freeze": 2, "unfreeze": 1, "close": 3}[kind]
        return None

    def add(self, event):
        assert event["event_id"] > self.last_id
        assert (event["transaction_id"], event["leg"]) not in self.ids
        self.last_id = event["event_id"]
        self.ids.add((event["transaction_id"], event["leg"]))
        if event["status"] == 0:
            self.success(event)
        else:
            assert not {"amount", "debit_prev", "credit_prev"} & event.keys(), "a refusal moves nothing"

    def compare(self, event):
        """What the event says of its accounts, if it is not of a group's middle that was undone."""
        for side in ("debit", "credit"):
            account = self.accounts.get(event.get(side))
            if account is None:
                continue
            assert event[side + "_balance"] == account.balance, f"{side}_balance"
            assert event[side + "_version"] == account.version, f"{side}_version"
            assert side == "credit" or event["debit_held"] == account.held, "debit_held"
            assert event["exponent"] == account.exponent


def money(amount, exponent):
    digits = str(abs(amount)).rjust(exponent + 1, "0")
    shown = digits if exponent == 0 else f"{digits[:-exponent]}.{digits[-exponent:]}"
    return "-" * (amount < 0) + shown


def copy_text(text):
    return re.sub(r"[\\\b\f\n\r\t\v]", lambda m: "\\" + dict(zip("\\\b\f\n\r\t\v", "\\bfnrtv"))[m[0]], text)


def balances(book):
    return "".join(f"{copy_text(a.name)}\t{a.currency}\t{money(a.balance, a.exponent)}\t{money(a.held, a.exponent)}\t"
                   f"{STATUS_WORDS[a.status]}\t{a.version}\n" for _, a in sorted(book.accounts.items()))


def check(path):
    events, head = read_log(path.read_bytes())
    book = Book()
    for event in events:
        book.add(event)
        # The guilty member of a failed group saw what was undone.
        guilty = "group_first" in event and event["status"] not in (0, 19)
        if not guilty:
            book.compare(event)
    for currency in {a.currency for a in book.accounts.values()}:
        assert sum(a.balance for a in book.accounts.values() if a.currency == currency) == 0, "money is conserved"
    assert path.with_suffix(".tsv").read_text() == balances(book), "balances"
    assert path.with_suffix(".head").read_text() == (head + struct.pack("<Q", len(events))).hex() + "\n", "the head"
    return {e["kind"] for e in events}, {e["status"] for e in events}


def remembered():
    text = (HERE.parent.parent / "src/core/status.def").read_text()
    return {int(number): name for name, number, flag in re.findall(r'^WALLET_STATUS\((\w+), (\d+), "\w*", (true|false)', text, re.M) if flag == "true"}


def main(arguments):
    number, failed, kinds, statuses = 0, 0, set(), set()

    def say(ok, what):
        nonlocal number, failed
        number += 1
        failed += not ok
        print(f"{'ok' if ok else 'not ok'} {number} - {what}")

    for path in map(Path, arguments):
        try:
            more_kinds, more_statuses = check(path)
            kinds |= more_kinds
            statuses |= more_statuses
            say(True, f"{path.name} is what doc/format-1.md says")
        except (AssertionError, KeyError, UnicodeDecodeError) as error:
            say(False, f"{path.name}: {type(error).__name__} {error}")
    if {Path(a).name for a in arguments} >= {p.name for p in (HERE / "format-1").glob("*.log")}:
        for status, name in remembered().items():
            say(status in statuses, f"some log has the status {name}")
        for name in MADE:
            say(name in kinds, f"some log has the kind {name}")
    print(f"1..{number}")
    return 1 if failed else 0


# Those that this release can make.
MADE = [k for k in KINDS.values() if k != "snapshot"]

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
