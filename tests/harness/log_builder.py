"""Builds a whole log on the disk from entries, with the pure core and not with the writer: for tests and for `bench`.

`build_log` leaves what a writer leaves that stopped in good order: bundles, tiles, ``checkpoints.log``, ``checkpoint``,
and, where asked, the partial files of every checkpoint and a journal. It syncs nothing, and takes entries as they come,
so a test may give it some that no writer would write. `exchanges` gives as many entries as wanted.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from beacon_audit.trail.batch import Next
from beacon_audit.trail.checkpoint import Checkpoint, encode_log_line
from beacon_audit.trail.entry import encode_entry
from beacon_audit.trail.frames import PayloadFile
from beacon_audit.trail.frontier import Frontier
from beacon_audit.trail.merkle import leaf_hash
from beacon_audit.trail.note import Signer, sign_note
from beacon_audit.trail.tiles import TILE_WIDTH, TilePlace, encode_bundle, tiles_of
from harness.journal_bytes import journal

type Fields = Mapping[str, object]

START = datetime(2026, 1, 2, 10, tzinfo=UTC)


def make_signer(seed: int = 0, name: str | None = None) -> Signer:
    """The same key for the same ``seed``."""
    return Signer(Ed25519PrivateKey.from_private_bytes(sha256(b"key %d" % seed).digest()), name)


def moment(seconds: float) -> str:
    """A time as entries have it, so many seconds after `START`."""
    return (START + timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class LogBuilder:
    """The log in ``directory``, which grows. ``partials``: keep the partial files of each checkpoint, as a writer does;
    without it only those of the last are there."""

    directory: Path
    signer: Signer
    partials: bool = True
    notes: list[bytes] = field(default_factory=list)
    _frontier: Frontier = field(default_factory=Frontier)
    _bundle: list[bytes] = field(default_factory=list)
    _written: set[Path] = field(default_factory=set)
    _lines: list[bytes] = field(default_factory=list)
    _last: tuple[bytes, ...] = ()

    @property
    def size(self) -> int:
        return self._frontier.size

    def add(self, entries: Iterable[bytes]) -> None:
        """Append entries; full bundles and tiles are written at once."""
        append, bundle = self._frontier.append, self._bundle
        for entry in entries:
            bundle.append(entry)
            self._last = (entry,)
            tiles = append(leaf_hash(entry))
            if tiles:
                self._write(TilePlace(None, self.size // TILE_WIDTH - 1), encode_bundle(bundle))
                bundle.clear()
                for place, data in tiles:
                    self._write(place, data)

    def write_journal(self) -> None:
        """The journal as a writer leaves it that has published all: a segment with the newest entry in it."""
        write_journal(self.directory, self._last, self.size - len(self._last))

    def add_fields(self, *fields: Fields) -> None:
        """Append entries made of fields."""
        for one in fields:
            self.add([encode_entry(one, self.size)])

    def sign(self) -> bytes:
        """Sign a checkpoint of what there is, and write the partial files that it stands for; the note."""
        if self.partials:
            self._write_partials()
        checkpoint = Checkpoint(self.signer.verifier.name, self.size, self._frontier.root())
        self.notes.append(sign_note(checkpoint.text, self.signer).encode())
        self._lines.append(encode_log_line(self.notes[-1]))
        return self.notes[-1]

    def finish(self) -> None:
        """Write the checkpoints and the last partial files, and delete those that are not needed any more."""
        self._write_partials()
        (self.directory / "checkpoints.log").write_bytes(b"".join(self._lines))
        (self.directory / "checkpoint").write_bytes(self.notes[-1])
        for place in [place for place in tiles_of(self.size) if not place.partial]:
            leftovers = self.directory / f"{place.path}.p"
            if leftovers in {path.parent for path in self._written}:
                for path in sorted(leftovers.iterdir()):
                    path.unlink()
                leftovers.rmdir()

    def _write_partials(self) -> None:
        places = self._frontier.partial_tiles()
        if self._bundle:
            width = len(self._bundle)
            places.append((TilePlace(None, self.size // TILE_WIDTH, width), encode_bundle(self._bundle)))
        for place, data in places:
            self._write(place, data)

    def _write(self, place: TilePlace, data: bytes) -> None:
        path = self.directory / place.path
        if place.partial:
            self._written.add(path)
        try:
            path.write_bytes(data)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


def build_log(
    directory: Path,
    entries: Iterable[bytes],
    *,
    signer: Signer,
    every: int = 1000,
    sizes: Sequence[int] = (),
    partials: bool = True,
) -> LogBuilder:
    """A whole log of ``entries`` with a checkpoint at size 0, at ``every`` so many entries (or at ``sizes``), and at
    the end."""
    directory.mkdir(parents=True, exist_ok=True)
    log = LogBuilder(directory, signer, partials)
    log.sign()
    stops = iter(sizes)
    stop = next(stops, None) if sizes else every
    part: list[bytes] = []
    for entry in entries:
        part.append(entry)
        if log.size + len(part) == stop:
            log.add(part)
            part.clear()
            log.sign()
            stop = next(stops, None) if sizes else log.size + every
    log.add(part)
    if part:
        log.sign()
    log.finish()
    return log


def write_journal(
    directory: Path, entries: Sequence[bytes], first: int, *, per_batch: int = 3, payloads: Sequence[PayloadFile] = ()
) -> Path:
    """A journal in the trail ``directory`` that holds ``entries`` from the index ``first`` on; its only segment."""
    state = directory / ".state"
    state.mkdir(exist_ok=True)
    (state / "lock").touch()
    path = state / f"journal-{first:020d}.wal"
    contents = [(entries[i : i + per_batch], payloads if i == 0 else ()) for i in range(0, len(entries), per_batch)]
    path.write_bytes(b"".join(journal(*contents, place=Next(first=first))))
    return path


def exchanges(count: int, *, seconds: float = 0.01) -> Iterator[bytes]:
    """``count`` entries as a proxy writes them that forwards one request after the other: about 600 bytes each."""
    opened = {"type": "open", "id": "open-0", "time": moment(0), "version": "0.0.0", "pid": 1}
    policy = _policy_fields()
    makers: dict[int, Callable[[int], Fields]] = {0: lambda _: opened, 1: lambda _: policy}
    for index in range(count):
        fields = makers[index](index) if index in makers else _exchange_fields(index, seconds)
        yield encode_entry(fields, index)


def _policy_fields() -> Fields:
    document: dict[str, object] = {"mode": "enforce", "strictness": "standard"}
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"))
    digest = f"sha256:{sha256(canonical.encode()).hexdigest()}"
    return {"type": "policy", "id": "policy-0", "time": moment(0), "digest": digest, "document": document}


def _exchange_fields(index: int, seconds: float) -> Fields:
    identity = f"01j{index // 2:023d}"
    if index % 2:
        return outcome(identity, index * seconds, request_id=f"{index:064x}", findings=[_FINDING])
    return intent(identity, index * seconds)


_FINDING = {
    "basis": "contract",
    "code": "contract.otlp-invalid",
    "pointer": "/resourceSpans/0/scopeSpans/0/spans/0/attributes/3/value",
    "message": "expected a value as OTLP has it, came another one; a documented sample shows the same",
    "disposition": "note",
}


def intent(identity: str, seconds: float = 1.0, **fields: object) -> dict[str, object]:
    """The fields of an intent."""
    return {
        "type": "intent",
        "id": identity,
        "time": moment(seconds),
        "source": "10.0.1.5:40000",
        "source_name": "langsmith-backend",
        "method": "POST",
        "host": "beacon.langchain.com",
        "path": "/v1/beacon/verify",
        "endpoint": "license-verify",
        "class": "billing",
        "action": "allowed",
        "reason": "documented, and allowed by the policy",
        "reason_code": "documented",
        "alert": False,
        "findings": [],
        "findings_total": 0,
        "license": "license:ab12:0123456789abcdef",
        "request_bytes": 78,
        "policy": "sha256:" + "a" * 64,
        "contract": "langsmith-beacon/2025-10",
        "payload": None,
        **fields,
    }


def outcome(identity: str, seconds: float = 1.1, **fields: object) -> dict[str, object]:
    """The fields of an outcome."""
    return {
        "type": "outcome",
        "id": identity,
        "time": moment(seconds),
        "state": "sent",
        "status": 200,
        "response_bytes": 132,
        "duration_ms": 18.25,
        "findings": [],
        "findings_total": 0,
        "payload": None,
        **fields,
    }
