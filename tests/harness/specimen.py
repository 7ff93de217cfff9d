"""A small log with one of everything, in a home without private keys: to be tampered with, or damaged.

It verifies as ``ok`` with the anchor: 300 entries in a full and a partial bundle, two runs, exchanges with payloads,
refusals, heartbeats, a change of key, a pruned day, partial files of older checkpoints, and a journal.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import zstandard

from beacon_audit.trail.entry import encode_entry
from beacon_audit.trail.key_change import key_change_fields
from beacon_audit.trail.note import Note, Signer, VerifierKey, parse_note
from beacon_audit.trail.payload_files import Payload, build_payload
from beacon_audit.trail.verify import Verdict, verify_trail
from harness.log_builder import LogBuilder, exchanges, intent, make_signer, moment, outcome, write_journal

SIZE = 300
CHECKPOINTS = (0, 5, 20, 100, 200, 256, 280, SIZE)
KEY_CHANGE = 152
PRUNE = 262
FIRST_IN_JOURNAL = 240
PRUNED_DAY, DAY = "2026-01-01", "2026-01-02"


@dataclass(frozen=True, slots=True)
class Specimen:
    """``entries`` are those of the log, ``notes`` its checkpoints, ``signers`` its keys in order."""

    home: Path
    entries: tuple[bytes, ...]
    notes: tuple[bytes, ...]
    signers: tuple[Signer, ...]

    @property
    def trail(self) -> Path:
        return self.home / "trail"

    @property
    def payloads(self) -> Path:
        return self.home / "payloads"

    @property
    def key(self) -> VerifierKey:
        return self.signers[-1].verifier

    @property
    def anchor(self) -> bytes:
        return self.notes[-1]

    def files(self) -> list[Path]:
        """Every file of trail and payloads."""
        return sorted(p for top in (self.trail, self.payloads) for p in top.rglob("*") if p.is_file())

    def verify(self, *anchors: bytes, key: VerifierKey | None = None, journal: bool = True) -> Verdict:
        """The verdict; ``journal``: it must be there."""
        return verify_trail(
            self.trail,
            key or self.key,
            anchors=anchors,
            payloads=self.payloads,
            progress=lambda _done, _total: None,
            journal_expected=journal,
        )


def codes(verdict: Verdict) -> set[str]:
    """The codes of the problems that were found."""
    return {problem.code for problem in verdict.problems}


def build_specimen(home: Path, *, seed: int = 0) -> Specimen:
    """A fresh one in the directory ``home``; another ``seed`` gives other keys."""
    first = make_signer(seed)
    signers = (first, make_signer(seed + 1, first.verifier.name))
    bodies = [_payload(number, day) for number, day in enumerate((PRUNED_DAY, DAY, DAY))]
    entries = tuple(_entries(signers, bodies))
    for payload in bodies[1:]:
        path = home / "payloads" / payload.reference["file"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(compressed(payload))
    return write_specimen(Specimen(home, entries, (), signers))


def write_specimen(
    specimen: Specimen,
    entries: Sequence[bytes] | None = None,
    *,
    sizes: Sequence[int] = CHECKPOINTS,
    journal: bool = True,
) -> Specimen:
    """The trail of ``specimen`` written, signed with its keys; with other ``entries``, history rewritten."""
    log_entries = specimen.entries if entries is None else tuple(entries)
    trail = specimen.trail
    trail.mkdir(parents=True, exist_ok=True)
    log = LogBuilder(trail, specimen.signers[0])
    for size in sizes:
        for entry in log_entries[log.size : size]:
            if log.size == KEY_CHANGE:
                log.signer = specimen.signers[-1]
            log.add([entry])
        log.sign()
    log.finish()
    if journal:
        write_journal(trail, log_entries[FIRST_IN_JOURNAL : log.size], FIRST_IN_JOURNAL)
    return replace(specimen, entries=log_entries, notes=tuple(log.notes))


def cosigned(note: bytes, signer: Signer) -> bytes:
    """``note`` with one more signature, which is of something else."""
    parsed = parse_note(note)
    return Note(parsed.text, (*parsed.signatures, signer.sign("something else\n"))).encode()


def compressed(payload: Payload) -> bytes:
    """The file of a payload."""
    return zstandard.ZstdCompressor(level=1, write_checksum=True).compress(payload.content)


def renumbered(entries: Sequence[bytes]) -> list[bytes]:
    """``entries`` with their positions as ``index``, as whoever rewrites history would have them."""
    import json

    fields = [json.loads(entry) for entry in entries]
    return [
        encode_entry({name: value for name, value in one.items() if name != "index"}, index)
        for index, one in enumerate(fields)
    ]


def _payload(number: int, day: str) -> Payload:
    salt = hashlib.sha256(b"salt %d" % number).digest()
    body = {"license": "license:ab12:0123456789abcdef", "number": number, "text": "some words " * 20}
    return build_payload(body, salt, name=f"body-{number}.json.zst", date=day)


def _entries(signers: Sequence[Signer], bodies: Sequence[Payload]) -> Iterator[bytes]:
    opening = list(exchanges(2))
    yield from opening
    for index in range(2, SIZE):
        yield encode_entry(_fields(index, signers, bodies), index)


def _fields(index: int, signers: Sequence[Signer], bodies: Sequence[Payload]) -> dict[str, object]:
    common = {"id": f"other-{index}", "time": moment(index)}
    if index == KEY_CHANGE:
        return {"type": "key-change", **common, **key_change_fields(signers[0], signers[1], "yearly")}
    if index == PRUNE:
        return {"type": "prune", **common, "before": DAY, "files": 1, "by": "somebody", "reason": "retention"}
    if index in (180, SIZE - 1):
        return {"type": "close", **common, "reason": "SIGTERM"}
    if index == 181:
        return {"type": "open", **common, "version": "0.0.0"}
    if index % 5 == 4 or index in (179, SIZE - 2):
        return {"type": "heartbeat", **common}
    if index % 5 == 3:
        return intent(f"refused-{index}", index, type="refusal", action="refused", status=403)
    if index % 5 == 2:
        return {"type": "heartbeat", **common}
    payload = {10: bodies[0], 20: bodies[1], 31: bodies[2]}.get(index)
    attached = {"payload": payload.reference if payload else None}
    if index % 5 == 0:
        return intent(f"sent-{index}", index, **attached)
    return outcome(f"sent-{index - 1}", index, **attached)
