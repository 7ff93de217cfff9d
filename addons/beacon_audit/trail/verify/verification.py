"""`verify_trail`: the steps in their order, and the verdict.

Nothing in the directory is believed before the trusted key has signed it; in particular no size, since that says how
much is read. Memory does not grow with the log (but for open intents): parts of it are verified in other processes, and
their results are taken in order.
"""

import os
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import orjson

from beacon_audit.trail.checkpoint import Checkpoint
from beacon_audit.trail.merkle import EMPTY_ROOT
from beacon_audit.trail.note import VerifierKey
from beacon_audit.trail.published import CHECKPOINT_LOG
from beacon_audit.trail.verify.bundles import Bundles
from beacon_audit.trail.verify.checkpoint_line import check_line
from beacon_audit.trail.verify.checkpoint_lines import CheckpointLines
from beacon_audit.trail.verify.chunk import CHUNK_ENTRIES, Chunk, verify_chunk
from beacon_audit.trail.verify.entry_fields import EXCHANGE, Malformed, kind_of, read_entry
from beacon_audit.trail.verify.entry_order import EntryOrder, second_look
from beacon_audit.trail.verify.entry_scan import GAP
from beacon_audit.trail.verify.journal_check import JournalEnd
from beacon_audit.trail.verify.layout import WITNESSED
from beacon_audit.trail.verify.ordered_map import ordered_map
from beacon_audit.trail.verify.payload_ledger import PayloadLedger
from beacon_audit.trail.verify.problem import LISTED, Problems
from beacon_audit.trail.verify.snapshot import Snapshot, read_note, take_snapshot
from beacon_audit.trail.verify.special_entries import judge_special
from beacon_audit.trail.verify.tail_check import TailCheck
from beacon_audit.trail.verify.targets import find_targets
from beacon_audit.trail.verify.tree_check import TreeCheck
from beacon_audit.trail.verify.trust import Trusted, establish_trust
from beacon_audit.trail.verify.verdict import Answer, Verdict

#: From so many entries on another process pays.
_LARGE = 100_000
_PROCESSES = 2
#: A log of which more bundles are missing, and their tiles with them, is not read any further.
_UNREAD_LIMIT = 10_000

type Progress = Callable[[int, int], None]


def verify_trail(
    directory: Path,
    key: VerifierKey,
    *,
    anchors: Sequence[bytes],
    payloads: Path | None,
    progress: Progress,
    journal_expected: bool = False,
    processes: int | None = None,
    patience_s: float = 3.0,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Verdict:
    """Verify the log in ``directory`` as it stands, trusting ``key``, which may be any key of its chain.

    ``anchors`` are notes as `read_anchors` gives them, read before this is called. Without ``payloads``, the directory,
    payload files are not looked at. ``progress`` is told how many entries of how many are done. ``journal_expected``:
    this is where the log is written, so its journal must be there. ``patience_s`` is how long a writer at work is
    waited for; ``now`` tells the time, by which one is judged to be at work.

    Raises:
        OSError: something cannot be read.
    """
    problems = Problems()
    witnessed = read_note(directory, WITNESSED)  # before the checkpoint, which must not be older
    snapshot = take_snapshot(directory, problems, patience_s)
    taken = now()
    trusted = establish_trust(directory, key, snapshot, problems)
    if trusted.newest is None:
        return _verdict(trusted, problems, len(anchors))
    targets = find_targets(trusted, anchors, witnessed, problems)
    tree = TreeCheck(directory, trusted.newest, problems, targets)
    tail = TailCheck(
        directory, trusted.newest.size, trusted.chain, problems, snapshot.writing, journal_expected, patience_s
    )
    run = _Run(trusted, trusted.newest, problems, tree, tail, payloads)
    run.read(directory, snapshot, progress, processes)
    return run.finish(len(anchors), taken)


class _Run:
    """The verification of a log up to ``newest``."""

    def __init__(
        self,
        trusted: Trusted,
        newest: Checkpoint,
        problems: Problems,
        tree: TreeCheck,
        tail: TailCheck,
        payloads: Path | None,
    ) -> None:
        self._trusted = trusted
        self._newest = newest
        self._problems = problems
        self._tree = tree
        self._tail = tail
        self._payloads = payloads
        self._bundles = Bundles(tail.directory, newest.size)
        self._order = EntryOrder(newest.size, self._report)
        self._ledger = PayloadLedger(payloads) if payloads is not None else None
        self._unread = 0
        self._lines = 0

    def read(self, directory: Path, snapshot: Snapshot, progress: Progress, processes: int | None) -> None:
        """Read all entries."""
        size = self._newest.size
        lines = CheckpointLines(directory, snapshot.log_bytes, self._problems)
        chain = self._trusted.chain
        start = [check_line(line, chain) for line in lines.up_to(0)]
        self._tree.take_lines(start, {0: (EMPTY_ROOT, EMPTY_ROOT)})
        self._tail.list_files()
        count = processes or (min(_PROCESSES, len(os.sched_getaffinity(0))) if size >= _LARGE else 1)
        for result in ordered_map(verify_chunk, self._chunks(lines), count):
            self._tree.take(result)
            self._order.take(result.first, result.scanned)
            for index, entry in sorted(result.scanned.special.items()):
                judge_special(index, entry, chain, self._on_prune, self._report)
            if self._ledger is not None:
                self._ledger.count(result.scanned.payloads)
            self._unread += result.unread
            progress(result.end, size)
        for line in lines.rest():
            checked = check_line(line, chain)
            self._tree.take_lines([checked], {})
            if checked.root is not None:
                message = f"line {line.number} speaks of {line.size} entries, and the newest checkpoint of {size}"
                self._problems.add("rolled-back", message, file=CHECKPOINT_LOG, offset=line.offset)
        self._lines = lines.count

    def finish(self, anchors: int, taken: datetime) -> Verdict:
        """What is judged from all of them, and the verdict on the log as it was at the time ``taken``."""
        # Anybody can hold a lock. A proxy also has something signed, every minute.
        last = self._order.last_time
        fresh = last is not None and -GAP <= taken - last <= GAP
        self._tail.alive = self._tail.writing and (fresh or not self._newest.size)
        self._tree.finish()
        second_look(self._order, self._exchanges(), self._report)
        end = self._tail.check()
        in_flight = self._open_intents(end)
        self._account_payloads()
        return _verdict(
            self._trusted,
            self._problems,
            anchors,
            tree=self._tree,
            lines=self._lines,
            alive=self._tail.alive,
            in_flight=in_flight,
            ledger=self._ledger,
        )

    def _chunks(self, lines: CheckpointLines) -> Iterator[Chunk]:
        size, sizes = self._newest.size, self._tree.sizes
        for first in range(0, size, CHUNK_ENTRIES):
            if self._unread > _UNREAD_LIMIT:
                self._problems.add("missing-bundle", f"so much is missing that nothing from entry {first} on was read")
                if self._tail.reaches > first:
                    message = f"there are entries behind {first}, which were not read"
                    self._problems.add("unconfirmed-entries", message, entry=first)
                return
            end = min(size, first + CHUNK_ENTRIES)
            wanted = tuple(sizes[bisect_right(sizes, first) : bisect_right(sizes, end)])
            chain, directory = self._trusted.chain, self._bundles.directory
            yield Chunk(directory, self._payloads, size, first, end, wanted, lines.up_to(end), chain)

    def _report(self, code: str, message: str, index: int) -> None:
        # Of problems that are not listed nobody sees the offset, and looking it up takes time.
        offset = self._bundles.offset(index) if self._problems.total < 4 * LISTED else None
        self._problems.add(code, message, entry=index, file=self._bundles.place(index).path, offset=offset)

    def _on_prune(self, index: int, before: str) -> None:
        if self._ledger is not None:
            self._ledger.prune(index, before)

    def _exchanges(self) -> Iterator[tuple[int, int, str]]:
        for index, entry in self._bundles.entries():
            try:
                fields = read_entry(entry)
                kind = kind_of(fields)
            except Malformed:
                continue
            if kind in EXCHANGE:
                yield index, kind, str(fields["id"])

    def _open_intents(self, end: JournalEnd) -> int:
        """Report those that will not have an outcome; the number of the others."""
        lost = dict(self._order.stale) if self._tail.alive else self._order.stale | self._order.open
        for identity, index in sorted(lost.items(), key=lambda item: item[1]):
            # What cannot be read may hold the outcome of an earlier intent.
            if identity not in end.settled and index > self._order.blind_to:
                self._report("unknown-outcome", f"the log ends without an outcome of {identity}", index)
        return len(self._order.open) if self._tail.alive else 0

    def _account_payloads(self) -> None:
        ledger, size = self._ledger, self._newest.size
        if ledger is None:
            return
        if any(ledger.missing(self._order.blind_to)):
            # Files may have been pruned while this was reading.
            for index, entry in self._tail.later_published():
                fields = orjson.loads(entry)
                if fields.get("type") == "prune":
                    ledger.prune(index, str(fields.get("before")))
        self._problems.extend(ledger.missing(self._order.blind_to))
        self._problems.extend(ledger.unfinished(self._tail.patience_s if self._tail.writing else 0))
        self._problems.extend(ledger.surplus(self._bundles.entries, self._tail.later, size))


def _verdict(
    trusted: Trusted,
    problems: Problems,
    anchors: int,
    *,
    tree: TreeCheck | None = None,
    lines: int = 0,
    alive: bool = False,
    in_flight: int = 0,
    ledger: PayloadLedger | None = None,
) -> Verdict:
    anchored = tree.anchored_size if tree is not None else None
    answer: Answer = "ok" if anchored else "unanchored"
    if problems.total:
        answer = "tampered" if problems.tampered else "incomplete"
    newest = trusted.newest
    return Verdict(
        verdict=answer,
        origin=trusted.chain.origin,
        size=newest.size if newest else None,
        root=newest.root if newest else None,
        problems=problems.listed(),
        problems_total=problems.total,
        anchored_size=anchored,
        anchors=anchors,
        checkpoints=lines,
        keys=tuple(key.vkey for key in trusted.chain.keys),
        writer_at_work=alive,
        in_flight=in_flight,
        payloads=ledger.total if ledger is not None else None,
    )
