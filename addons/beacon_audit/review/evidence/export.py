"""`export`: the log of a home, or the part of it that somebody asked for, as an evidence bundle.

The log is verified before anything is written. One that is damaged is exported all the same, with what is left of it
and with what the verifier said: it is evidence. Memory does not grow with the log but for the list of files that a zip
ends with, open intents, and what ``coverage.json`` quotes. Reads while a writer is at work, and changes nothing.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path

from beacon_audit.errors import TrailCorrupt, UsageError
from beacon_audit.home import Home
from beacon_audit.review.evidence.archive import Archive
from beacon_audit.review.evidence.contract_files import files_of_contract
from beacon_audit.review.evidence.coverage import coverage_document, selection_of
from beacon_audit.review.evidence.exchanges import OpenIntents, partners
from beacon_audit.review.evidence.extent import Extent, everything, part
from beacon_audit.review.evidence.log_files import Entry, LogFiles
from beacon_audit.review.evidence.payloads import PayloadFiles
from beacon_audit.review.evidence.snapshot import Snapshot, take_snapshot
from beacon_audit.review.evidence.survey import Survey
from beacon_audit.review.evidence.tally import EXCHANGE, PayloadState, Tally
from beacon_audit.trail.note import VerifierKey, parse_vkey
from beacon_audit.trail.proof import format_inclusion, inclusion_proof
from beacon_audit.trail.published import CHECKPOINT, CHECKPOINT_LOG
from beacon_audit.trail.tile_tree import TileTree
from beacon_audit.trail.verify import Verdict, verify_trail
from beacon_audit.trail.verify.checkpoint_lines import LINE_LIMIT
from beacon_audit.trail.verify.evidence import NotAFile, open_file, read_file

type Progress = Callable[[int, int], None]

_HERE = Path(__file__).parent
_PIECE = 1024 * 1024
_VKEY_LIMIT = 4096


@dataclass(frozen=True, slots=True)
class Exported:
    """``selected`` of ``size`` entries were asked for and exported; ``verdict`` is what our own verifier said."""

    size: int
    selected: int
    payloads: int
    verdict: Verdict


def export(
    home: Home,
    path: Path,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    on_verify: Progress = lambda _done, _total: None,
    on_export: Progress = lambda _done, _total: None,
) -> Exported:
    """Write the bundle at ``path``. Without ``since`` and ``until`` (exclusive) it holds the whole log.

    Raises:
        UsageError: ``path`` is taken, or the public key cannot be read.
        TrailError: there is no checkpoint, so nothing could be shown by any evidence.
        OSError: something cannot be read or written.
    """
    with Archive(path) as archive:
        key = _public_key(home)
        verdict = verify_trail(
            home.trail, key, anchors=(), payloads=home.payloads, progress=on_verify, journal_expected=True
        )
        keys = [parse_vkey(line) for line in verdict.keys]
        snapshot = take_snapshot(home, key, keys, alive=verdict.writer_at_work)
        bundle = _Bundle(snapshot, verdict, archive, on_export)
        return bundle.write(since, until)


def _public_key(home: Home) -> VerifierKey:
    try:
        return parse_vkey(read_file(home.trail_vkey.resolve(), _VKEY_LIMIT).decode("ascii").strip())
    except (UsageError, UnicodeDecodeError, NotAFile, FileNotFoundError):
        raise UsageError(f"{home.trail_vkey}: expected the public key of the log as one vkey line") from None


class _Bundle:
    """One bundle, while it is written. What is damaged is left out; ``verdict`` says what that is."""

    def __init__(self, snapshot: Snapshot, verdict: Verdict, archive: Archive, progress: Progress) -> None:
        self._snapshot = snapshot
        self._verdict = verdict
        self._archive = archive
        self._progress = progress
        self._log = LogFiles(snapshot)

    def write(self, since: datetime | None, until: datetime | None) -> Exported:
        selection = selection_of(since, until)
        survey = Survey(since, until)
        for entry in self._log.entries():
            survey.take(entry)
        extent = everything(self._log.size) if selection is None else self._part(survey)
        self._add_frame(survey)
        self._add_log(extent)
        self._add_policies(survey)
        with_files = self._add_contracts(survey)
        self._add_proofs(sorted({*survey.proved, *extent.ends}))
        tally, open_intents = self._add_payloads(survey, extent)
        self._archive.add(
            "coverage.json",
            coverage_document(
                self._snapshot,
                survey,
                extent,
                tally,
                selection=selection,
                open_intents=open_intents,
                ends=self._ends(),
                with_files=with_files,
                verdict=self._verdict,
            ),
        )
        selected = sum(last - first + 1 for first, last in extent.selected)
        return Exported(self._log.size, selected, tally.payloads["present"], self._verdict)

    def _part(self, survey: Survey) -> Extent:
        size, core = self._log.size, survey.core
        others = partners(self._log.entries(), core) if core is not None else ()
        ends = (0, size - 1) if size else ()
        return part(size, core, others, chain(survey.proved, survey.quoted, ends))

    def _ends(self) -> Sequence[str]:
        found = [self._log.entry(index) for index in (0, self._log.size - 1)] if self._log.size else []
        times = [entry.time for entry in found if entry is not None]
        return times if len(times) == len(found) else ()

    def _add_frame(self, survey: Survey) -> None:
        snapshot, add = self._snapshot, self._archive.add
        # The key that signed the checkpoint: after the last change of key its new one.
        vkey = str(survey.key_changes[-1]["new"]) if survey.key_changes else snapshot.vkey
        add("README.txt", (_HERE / "README.txt").read_bytes())
        add("verify.py", (_HERE / "verify.py").read_bytes())
        add(CHECKPOINT, snapshot.note)
        if snapshot.log_bytes:
            add(CHECKPOINT_LOG, _lines(snapshot.trail / CHECKPOINT_LOG, snapshot.log_bytes))
        add("trail.vkey", vkey.encode() + b"\n")

    def _add_log(self, extent: Extent) -> None:
        for place in self._log.places:
            if place.level is None and not extent.holds(place.index):
                continue
            try:
                data = self._log.read(place)
            except TrailCorrupt:
                continue
            self._archive.add(place.path, data)

    def _add_policies(self, survey: Survey) -> None:
        from beacon_audit.review.evidence.policy_files import policy_file

        for policy in survey.policies:
            entry = self._log.entry(int(str(policy["index"])))
            if entry is not None and (file := policy_file(entry.fields)) is not None:
                self._archive.add(*file)

    def _add_contracts(self, survey: Survey) -> frozenset[str]:
        with_files = set()
        for digest, reference in survey.contracts.items():
            files = files_of_contract(reference, digest)
            for name, content in files.items():
                self._archive.add(f"contract/{digest.removeprefix('sha256:')}/{name}", content)
                with_files.add(digest)
        return frozenset(with_files)

    def _add_proofs(self, indexes: Sequence[int]) -> None:
        tree = TileTree(self._log.size, self._log.read)
        for index in indexes:
            entry = self._log.entry(index)
            if entry is None:
                continue
            try:
                proof = inclusion_proof(index, self._log.size, tree.node)
            except TrailCorrupt:
                continue
            content = format_inclusion(index, entry.data, proof, self._snapshot.note)
            self._archive.add(f"proofs/{index}.tlog-proof", content)

    def _add_payloads(self, survey: Survey, extent: Extent) -> tuple[Tally, list[tuple[int, str, bool]]]:
        prunes = [(int(str(prune["index"])), str(prune["before"])) for prune in survey.prunes]
        files = PayloadFiles(self._snapshot.payloads, prunes)
        tally, open_intents = Tally(), OpenIntents()
        selected = iter(extent.selected)
        span = next(selected, None)
        for entry in self._entries(extent):
            open_intents.take(entry)
            while span is not None and entry.index > span[1]:
                span = next(selected, None)
            if span is None or entry.index < span[0]:
                continue
            state: PayloadState = "none"
            if entry.kind in EXCHANGE:
                state, name, content = files.find(entry)
                if state == "present":
                    self._archive.add(name, content)
            tally.take(entry, state)
        spans = extent.selected
        return tally, [left for left in open_intents.left() if any(a <= left[0] <= b for a, b in spans)]

    def _entries(self, extent: Extent) -> Iterator[Entry]:
        for entry in self._log.entries([number for number in self._log.bundles if extent.holds(number)]):
            if entry is not None:
                yield entry
                if entry.index % 1024 == 0:
                    self._progress(entry.index, self._log.size)


def _lines(path: Path, length: int) -> Iterator[bytes]:
    """The first ``length`` bytes of a file, in pieces; what is too long for a line is cut and the last: it may be a
    hole without end, and no verifier reads on behind it."""
    with os.fdopen(open_file(path), "rb") as file:
        piece = bytearray()
        while length > 0 and (line := file.readline(min(length, LINE_LIMIT + 1))):
            piece += line
            length = length - len(line) if len(line) <= LINE_LIMIT else 0
            if len(piece) >= _PIECE:
                yield bytes(piece)
                piece.clear()
        yield bytes(piece)
