#!/usr/bin/env python3
"""Forges golden logs, with a trailer and a head that fit, and wants wallet-replay to see it. TAP.

test/golden/forge.py WALLET_REPLAY WORK

Goal: a result that is not what the machine decides is reported, with its event and its field, by the machine and
not by a digest. Method: in each event each result is changed alone; expire events are left out or moved; a group
loses its first event; the same id comes twice. Whoever forges digests the file again, so heads agree.
"""
import hashlib
import struct
import subprocess
import sys
from pathlib import Path

from check import FIELDS, HERE, KINDS

RESULTS = ["amount", "debit_balance", "credit_balance", "debit_held", "debit_version", "credit_version", "debit_prev", "credit_prev", "cause"]
SIZES = {"uuid": 16, "digest": 32}


def split(data):
    at, events = 16, []
    while length := struct.unpack_from("<I", data, at)[0]:
        events.append(data[at + 4:at + 4 + length])
        at += 4 + length
    return events


def join(events):
    head = hashlib.sha256(b"wallet format 1").digest()
    digests = [hashlib.sha256(e).digest() for e in events]
    for i in range(0, len(digests), 256):
        head = hashlib.sha256(head + hashlib.sha256(b"".join(digests[i:i + 256])).digest()).digest()
    return b"wallet log 1\n\0\0\0" + b"".join(struct.pack("<I", len(e)) + e for e in events) + struct.pack("<IQ", 0, len(events)) + head


def number(event, at):
    return struct.unpack_from("<q", event, at)[0]


def event_id(event):
    return number(event, 2)


def kind(event):
    return KINDS[struct.unpack_from("<H", event, 28)[0]]


def places(event):
    """Where each optional field begins, and how long it is."""
    present, at, found = struct.unpack_from("<I", event, 33)[0], 37, {}
    for bit, (name, size) in enumerate(FIELDS):
        if present >> bit & 1:
            size = SIZES.get(size, size)
            if size == "counted":
                size = 4 + struct.unpack_from("<I", event, at)[0]
            found[name] = (at, size)
            at += size
    return found


def plus_one(event, at, size):
    number = int.from_bytes(event[at:at + size], "little") + 1
    return event[:at] + (number % (1 << 8 * size)).to_bytes(size, "little") + event[at + size:]


class Test:
    def __init__(self, program, work):
        self.program, self.file, self.number, self.failed = program, Path(work) / "forged.log", 0, 0

    def replay(self, events):
        self.file.write_bytes(join(events))
        done = subprocess.run([self.program, self.file], capture_output=True, text=True, check=False, timeout=60)
        return done.returncode, done.stderr

    def say(self, faults, what):
        self.number += 1
        self.failed += bool(faults)
        print(f"{'not ok' if faults else 'ok'} {self.number} - {what}")
        for fault in faults[:5]:
            print("# " + fault)

    def must_say(self, events, words, faults):
        code, said = self.replay(events)
        if code != 1 or words not in said:
            faults.append(f"wanted '{words}', exit code {code}: {said[:300]!r}")

    def results(self, name, events):
        faults, tried = [], 0
        for i, event in enumerate(events):
            for field, (at, size) in places(event).items():
                if field not in RESULTS:
                    continue
                tried += 1
                words = f"event {event_id(event)}: {field}: " if field != "cause" else ": cause: "
                self.must_say(events[:i] + [plus_one(event, at, size)] + events[i + 1:], words, faults)
        self.say(faults, f"{name}: each of {tried} results that was changed is named")

    def statuses(self, name, events):
        """Another refusal for each refusal: of insufficient_funds account_frozen, of others insufficient_funds."""
        faults, tried = [], 0
        for i, event in enumerate(events):
            status = struct.unpack_from("<H", event, 30)[0]
            if status in (0, 19):
                continue
            tried += 1
            changed = event[:30] + struct.pack("<H", 3 if status == 1 else 1) + event[32:]
            self.must_say(events[:i] + [changed] + events[i + 1:], f"event {event_id(event)}: status: ", faults)
        self.say(faults, f"{name}: each of {tried} refusals for another reason is named")

    def expiry(self, name, events):
        faults, expires = [], [i for i, e in enumerate(events) if kind(e) == "expire"]
        for i in expires:
            self.must_say(events[:i] + events[i + 1:], "", faults)
            # Undue: the same again, later.
            later = event_id(events[-1]) + 1
            again = events[i][:2] + struct.pack("<q", later) + events[i][10:]
            self.must_say(events + [again], f"event {later}: status: it is recorded as success; decided again it is invalid_argument", faults)
        self.say(faults, f"{name}: {len(expires)} expire events, left out or once too often")

    def order(self, name, events):
        faults = []
        for i in range(0, len(events) - 1, 7):
            swapped = events[:i] + [events[i + 1], events[i]] + events[i + 2:]
            self.must_say(swapped, f"event {event_id(events[i])}: event_id: it is not greater", faults)
            self.must_say(events[:i + 1] + events[i:], f"event {event_id(events[i])}: event_id: it is not greater", faults)
        self.say(faults, f"{name}: order of events")

    def groups(self, name, events):
        faults, tried = [], 0
        firsts = [number(e, places(e)["group_first"][0]) if "group_first" in places(e) else None for e in events]
        for i, event in enumerate(events):
            # A group of one that moves nothing, if it is taken out, is missed by a head kept elsewhere alone.
            if firsts[i] != event_id(event) or firsts[i + 1:i + 2] != [firsts[i]]:
                continue
            tried += 1
            self.must_say(events[:i] + events[i + 1:], "event ", faults)
        self.say(faults, f"{name}: each of {tried} groups that lost its first event")

    def causes(self, name, events):
        """All members of a group agree on another cause: one that is no refusal, or no event."""
        faults, groups = [], {}
        for i, event in enumerate(events):
            found = places(event)
            if "group_first" in found:
                groups.setdefault(number(event, found["group_first"][0]), []).append((i, found.get("cause", (None,))[0]))
        # Without a guilty member of its own, that is.
        outside = [m for m in groups.values() if all(at is not None for _, at in m)]
        for members in outside:
            for cause in (event_id(events[0]), event_id(events[0]) - 1):
                changed = list(events)
                for i, at in members:
                    changed[i] = events[i][:at] + struct.pack("<q", cause) + events[i][at + 8:]
                self.must_say(changed, f"event {event_id(events[members[0][0]])}: cause: it is no older refusal", faults)
        self.say(faults, f"{name}: {len(outside)} groups that failed by a refusal from outside, and say another")

    def same_id(self, name, events):
        """A hold that is referred to later is placed again under its id."""
        faults, last = [], event_id(events[-1])
        named = {e[at:at + 16] for e in events for at, _ in [places(e).get("related", (0, 0))] if at}
        again = [e for e in events if e[10:26] in named and kind(e) == "transfer" and "group_first" not in places(e)]
        for n, event in enumerate(again, 1):
            self.must_say(events + [event[:2] + struct.pack("<q", last + n) + event[10:]], "transaction_id: an older event has it too", faults)
        self.say(faults, f"{name}: {len(again)} ids that come twice")

    def run(self):
        for path in sorted((HERE / "format-1").glob("*.log")):
            events = split(path.read_bytes())
            if len(events) > 256:
                continue
            code, said = self.replay(events)
            self.say([said] * (code != 0), f"{path.name}: taken apart and put together it is the same")
            for test in (self.results, self.statuses, self.expiry, self.order, self.groups, self.causes, self.same_id):
                test(path.name, events)
        print(f"1..{self.number}")
        return 1 if self.failed else 0


if __name__ == "__main__":
    sys.exit(Test(*sys.argv[1:]).run())
