"""The tree over all entries while its parts come in, and every root that was signed or kept, compared at its size."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from beacon_audit.trail.merkle import EMPTY_ROOT
from beacon_audit.trail.published import CHECKPOINT_LOG
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
    """For the log in ``directory``. Takes the parts in order, then `finish`."""

    def __init__(self, directory: Path, problems: Problems, targets: Iterable[Target]) -> None:
        self._problems = problems
        self._targets: defaultdict[int, list[Target]] = defaultdict(list)
        for target in targets:
            self._targets[target.size].append(target)
        #: The sizes whose roots are wanted.
        self.sizes = sorted(self._targets)
        self._entries = GrowingTree()
        self._tiles = GrowingTree()
        self._upper = UpperTiles(directory)
        self._disagreements: list[Disagreement] = []
        self._disagreements_total = 0
        self._broken = False
        self._agreed = 0
        self._line_failed = False
        #: The largest anchor that the entries agree with.
        self.anchored_size: int | None = None
        self._compare(0, (EMPTY_ROOT, EMPTY_ROOT))

    def take_lines(self, lines: Iterable[CheckedLine], roots: dict[int, Twofold]) -> None:
        """Lines of ``checkpoints.log`` and the roots at their sizes, where they are known."""
        for line in lines:
            if line.root is None:
                message = f"line {line.number}: {line.fault}"
                self._problems.add("checkpoint-log-damaged", message, file=CHECKPOINT_LOG, offset=line.offset)
            elif (found := roots.get(line.size)) is not None:
                self._line(line, found)

    def take(self, result: ChunkResult) -> None:
        """The next part."""
        self._problems.extend(result.problems)
        self._disagreements_total += len(result.disagreements)
        self._disagreements += result.disagreements[: LISTED - len(self._disagreements)]
        roots = {
            size: (self._entries.root(own), self._tiles.root(tile))
            for size, (own, tile) in result.roots.items()
            if not self._broken
        }
        self.take_lines(result.lines, roots)
        for size, found in roots.items():
            self._compare(size, found)
        self._broken = self._broken or result.broken is not None
        if self._broken:
            return
        for (value, height), (tile_value, _) in zip(result.subtrees, result.tile_subtrees, strict=True):
            self._entries.add(value, height)
            self._tiles.add(tile_value, height)
        for full in result.full:
            self._problems.extend(self._upper.add(full))

    def finish(self, root: bytes) -> None:
        """All parts are in; ``root`` is the one that the newest checkpoint signs."""
        if not self._broken:
            self._problems.extend(self._upper.finish())
        # Where bundle and tile disagree, the one with which the signed root comes out is right.
        entries_right = not self._broken and self._entries.root() == root
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

    def _compare(self, size: int, found: Twofold) -> None:
        for target in self._targets.get(size, ()):
            if target.root not in found:
                self._problems.extend([target.problem])
            elif target.anchor and target.root == found[0]:
                self.anchored_size = max(size, self.anchored_size or 0)

    def _line(self, line: CheckedLine, found: Twofold) -> None:
        # The entries may be altered and the tiles not, or the other way round; that is reported for itself.
        if line.root in found:
            self._agreed = line.size if not self._line_failed else self._agreed
            return
        message = f"line {line.number}: the first {line.size} entries have another root than the one signed here"
        entry = None
        if not self._line_failed:
            self._line_failed = True
            entry = self._agreed
            message += f"; the first altered entry is one of {self._agreed} to {line.size - 1}"
        self._problems.add("checkpoint-log-mismatch", message, entry=entry, file=CHECKPOINT_LOG, offset=line.offset)
