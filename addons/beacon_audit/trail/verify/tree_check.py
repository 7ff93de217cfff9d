"""The tree over all entries while its parts come in, and every root that was signed or kept, compared at its size.

A root that agrees confirms the entries below it. Entries that no such root confirms, because hashes beside them are
missing, may be anything: they are a problem of their own (docs/trail-format.md, "What is missing").
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from beacon_audit.trail.checkpoint import Checkpoint
from beacon_audit.trail.merkle import EMPTY_ROOT
from beacon_audit.trail.published import CHECKPOINT_LOG
from beacon_audit.trail.verify.bundles import Bundles
from beacon_audit.trail.verify.checkpoint_line import CheckedLine
from beacon_audit.trail.verify.chunk import ChunkResult, Disagreement, Twofold
from beacon_audit.trail.verify.growing_tree import GrowingTree
from beacon_audit.trail.verify.problem import LISTED, Problem, Problems
from beacon_audit.trail.verify.upper_tiles import UpperTiles


@dataclass(frozen=True, slots=True)
class Target:
    """A root that the tree must have at ``size``; ``problem`` is what it means when it has not. ``anchor``: it comes
    from outside."""

    size: int
    root: bytes
    problem: Problem
    anchor: bool = False


class TreeCheck:
    """For the log in ``directory`` up to ``newest``. Takes the parts in order, then `finish`."""

    def __init__(self, directory: Path, newest: Checkpoint, problems: Problems, targets: Iterable[Target]) -> None:
        self._newest = newest
        self._problems = problems
        self._bundles = Bundles(directory, newest.size)
        self._targets: defaultdict[int, list[Target]] = defaultdict(list)
        for target in targets:
            self._targets[target.size].append(target)
        #: The sizes whose roots are wanted.
        self.sizes = sorted(self._targets)
        self._entries = GrowingTree(self._replaced)
        self._tiles = GrowingTree(self._bundles.stored_hash)
        self._upper = UpperTiles(directory)
        self._disagreements: list[Disagreement] = []
        self._disagreements_total = 0
        #: So many entries, from the first on, a signed root confirms; and so many were read.
        self._confirmed = 0
        self._read_to = 0
        self._anchors_left = sum(target.anchor for sized in self._targets.values() for target in sized)
        self._agreed = 0
        self._line_failed = False
        self._signed = False
        #: The largest anchor that the entries agree with.
        self.anchored_size: int | None = None
        self._compare(0, (EMPTY_ROOT, EMPTY_ROOT))

    def take_lines(self, lines: Iterable[CheckedLine], roots: dict[int, Twofold]) -> None:
        """Lines of ``checkpoints.log`` and the roots at their sizes, where they are known."""
        for line in lines:
            # Keys do not come again: behind the first line of a known key there is none of an unknown one.
            self._signed = self._signed or (line.signed and line.root is not None)
            if line.root is None or (self._signed and not line.signed):
                message = f"line {line.number}: {line.fault or 'expected a signature of a key of this log'}"
                self._problems.add("checkpoint-log-damaged", message, file=CHECKPOINT_LOG, offset=line.offset)
            elif (found := roots.get(line.size)) is not None:
                self._line(line, found)

    def take(self, result: ChunkResult) -> None:
        """The next part."""
        self._problems.extend(result.problems)
        self._disagreements_total += len(result.disagreements)
        self._disagreements += result.disagreements[: LISTED - len(self._disagreements)]
        roots = dict(self._whole_roots(result))
        self.take_lines(result.lines, roots)
        for size, found in roots.items():
            self._compare(size, found)
        self._read_to = max(self._read_to, result.read_to)
        for (value, height), (tile_value, _) in zip(result.subtrees, result.tile_subtrees, strict=True):
            self._entries.add(value, height)
            self._tiles.add(tile_value, height)
        for full in result.full:
            self._problems.extend(self._upper.add(full))

    def finish(self) -> None:
        """All parts are in."""
        whole = self._entries.size == self._newest.size
        if whole:
            self._problems.extend(self._upper.finish())
        root = self._entries.root() if whole else None
        if root is None:
            self._report_unconfirmed(self._read_to)
        if self._anchors_left:
            message = f"{self._anchors_left} anchors could not be compared: entries that they speak of are missing"
            self._problems.add("anchor-not-compared", message)
        # Where bundle and tile disagree, the one with which the signed root comes out is right.
        entries_right = root == self._newest.root
        for found in self._disagreements:
            if entries_right:
                problem = Problem(
                    "tile-mismatch",
                    "a hash here is not that of the entry, and the signed root says that the entry is right",
                    found.entry,
                    found.tile,
                    found.tile_offset,
                )
            else:
                problem = Problem(
                    "bundle-mismatch",
                    "the hash of this entry is not the one in the tile, and it does not give the signed root",
                    found.entry,
                    found.bundle,
                    found.bundle_offset,
                )
            self._problems.extend([problem])
        if self._disagreements_total > len(self._disagreements):
            rest = self._disagreements_total - len(self._disagreements)
            self._problems.add("bundle-mismatch", f"{rest} more bundles and their tiles disagree")

    def _whole_roots(self, result: ChunkResult) -> Iterator[tuple[int, Twofold]]:
        for size, (own, tile) in result.roots.items():
            root, tile_root = self._entries.root(own), self._tiles.root(tile)
            if root is not None and tile_root is not None:
                yield size, (root, tile_root)

    def _replaced(self, height: int, number: int) -> bytes | None:
        """The hash of a subtree in which something is unknown, from the tile above. It says nothing about what is
        known of that subtree, so that is confirmed no more."""
        value = self._bundles.stored_hash(height, number)
        if value is not None:
            self._report_unconfirmed(min(self._read_to, (number + 1) << height), number << height)
        return value

    def _report_unconfirmed(self, end: int, start: int = 0) -> None:
        start = max(start, self._confirmed)
        if start < end:
            message = f"nothing signed confirms what is there of the entries {start} to {end - 1}: hashes are missing"
            self._problems.add("unconfirmed-entries", message, entry=start)

    def _compare(self, size: int, found: Twofold) -> None:
        for target in self._targets.get(size, ()):
            self._anchors_left -= target.anchor
            if target.root not in found:
                self._problems.extend([target.problem])
                continue
            self._confirmed = max(size, self._confirmed)
            if target.anchor and target.root == found[0]:
                self.anchored_size = max(size, self.anchored_size or 0)

    def _line(self, line: CheckedLine, found: Twofold) -> None:
        # The entries may be altered and the tiles not, or the other way round; that is reported for itself.
        if line.root in found:
            self._confirmed = max(line.size, self._confirmed) if line.signed else self._confirmed
            self._agreed = line.size if not self._line_failed else self._agreed
            return
        message = f"line {line.number}: the first {line.size} entries have another root than the one signed here"
        entry = None
        if not self._line_failed:
            self._line_failed = True
            entry = self._agreed
            message += f"; the first altered entry is one of {self._agreed} to {line.size - 1}"
        self._problems.add("checkpoint-log-mismatch", message, entry=entry, file=CHECKPOINT_LOG, offset=line.offset)
