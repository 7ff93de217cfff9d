"""What lies behind the checkpoint that is verified: the journal, files of a newer checkpoint, what a crash left; and
partial files of older ones. A log that is being written gets a little time to come to rest."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail.tiles import TILE_WIDTH, TilePlace
from beacon_audit.trail.verify.ahead import Ahead
from beacon_audit.trail.verify.bundles import BUNDLE_LIMIT, Bundles, frame_offset, read_place
from beacon_audit.trail.verify.checkpoint_line import check_note
from beacon_audit.trail.verify.evidence import NotAFile, read_file
from beacon_audit.trail.verify.journal_check import JournalEnd, journal_entries, read_journal
from beacon_audit.trail.verify.key_chain import KeyChain
from beacon_audit.trail.verify.layout import Stray, walk, width_at
from beacon_audit.trail.verify.problem import Problems
from beacon_audit.trail.verify.snapshot import read_note
from beacon_audit.trail.verify.writer_lock import writer_at_work

_PAUSE_S = 0.1
#: A busy writer gets so many times the patience that an idle one gets.
_MOST_PATIENCE = 10
#: Files behind the checkpoint that are remembered; more are surplus without a look into them.
_AHEAD_LIMIT = 20_000


@dataclass(slots=True)
class TailCheck:
    """Of the log in ``directory``, verified up to ``size``, whose newest key is the last of ``chain``."""

    directory: Path
    size: int
    chain: KeyChain
    problems: Problems
    writing: bool
    journal_expected: bool
    patience_s: float
    #: Somebody writes, and not only holds the lock.
    alive: bool = False
    #: There are bundles of so many entries.
    reaches: int = 0
    _older: list[TilePlace] = field(default_factory=list)
    _ahead: list[TilePlace] = field(default_factory=list)
    _bundle: tuple[int, list[bytes]] = (-1, [])

    def list_files(self) -> None:
        """Look at everything that lies there; report what belongs to no trail, remember what is not of this size."""
        for found in walk(self.directory):
            if isinstance(found, Stray):
                path = found.path.encode(errors="replace").decode()
                self.problems.add("surplus-file", f"{found.what} that does not belong into a trail", file=path)
                continue
            if found.level is None:
                self.reaches = max(self.reaches, found.index * TILE_WIDTH + found.width)
            width = width_at(found, self.size)
            if found.width < width:
                self._older.append(found)
            elif found.width > width:
                if len(self._ahead) >= _AHEAD_LIMIT:
                    self._surplus(found)
                else:
                    self._ahead.append(found)

    def check(self) -> JournalEnd:
        """Everything else; gives the end of the journal."""
        for place in self._older:
            self._check_older(place)
        end = self._journal()
        self._wait_for_publication(end)
        if end.problem is not None:
            self.problems.extend([end.problem])
        self._report_tail(end)
        self._check_ahead(time.monotonic() + self.patience_s)
        return end

    def newest_size(self) -> int:
        """The size of the newest checkpoint by now."""
        note = read_note(self.directory)
        try:
            newest = check_note(note, KeyChain(self.chain.keys[-1:])).size if note is not None else 0
        except TrailCorrupt:
            newest = 0
        return max(newest, self.size)

    def later_published(self) -> Iterator[tuple[int, bytes]]:
        """Entries that were published since."""
        return Bundles(self.directory, self.newest_size()).entries(self.size)

    def later(self, start: int) -> Iterator[tuple[int, bytes]]:
        """Entries from ``start`` on, by now: published, or in the journal."""
        newest = self.newest_size()
        yield from Bundles(self.directory, newest).entries(start)
        yield from journal_entries(self.directory, newest)

    def _at_work(self) -> bool:
        return self.writing or writer_at_work(self.directory)

    def _journal(self) -> JournalEnd:
        return read_journal(
            self.directory,
            self.size,
            self._published,
            self.newest_size,
            writing=self._at_work(),
            expected=self.journal_expected,
        )

    def _published(self, index: int) -> bytes | None:
        """An entry of the log; `None` when it cannot be read."""
        number = index // TILE_WIDTH
        if self._bundle[0] != number:
            try:
                _, data = read_place(self.directory, Bundles(self.directory, self.size).place(index))
            except (FileNotFoundError, NotAFile):
                data = b""
            self._bundle = (number, list(Bundles.split(data)))
        entries = self._bundle[1]
        return entries[index % TILE_WIDTH] if index % TILE_WIDTH < len(entries) else None

    def _wait_for_publication(self, end: JournalEnd) -> None:
        """Give a writer the time to publish what the journal held at ``end``; it goes on growing all the while. A
        writer that publishes, if not so much yet, gets more time."""
        newest, begun = self.newest_size(), time.monotonic()
        deadline = begun + self.patience_s
        while self._waits(end) and time.monotonic() < deadline and self._at_work():
            time.sleep(_PAUSE_S)
            if end.torn is not None and self._journal().torn != end.torn:
                end.torn = None  # it was being written
            if self.newest_size() > newest:
                newest = self.newest_size()
                deadline = min(time.monotonic() + self.patience_s, begun + _MOST_PATIENCE * self.patience_s)

    def _waits(self, end: JournalEnd) -> bool:
        """Whether something is still to be published."""
        return end.problem is None and (end.torn is not None or (end.next_index or 0) > self.newest_size())

    def _report_tail(self, end: JournalEnd) -> None:
        newest = self.newest_size()
        if end.problem is None and end.next_index is not None and end.next_index > newest:
            message = f"{end.next_index - newest} entries are in the journal only, and no checkpoint covers them"
            self.problems.add("unsigned-tail", message, entry=newest)
        if end.problem is None and end.torn is not None:
            file, offset = end.torn
            message = "the last batch is not whole; it was never acknowledged: start the proxy, and it records this"
            self.problems.add("torn-tail", message, file=file, offset=offset)

    def _check_older(self, place: TilePlace) -> None:
        """A partial file of an older checkpoint is a prefix of the file that is right now."""
        try:
            _, newer = read_place(self.directory, TilePlace(place.level, place.index, width_at(place, self.size)))
            end = frame_offset(newer, place.width) if place.level is None else place.width * 32
            # No more of it than it should have: there may be very many, and each as long as a bundle can be.
            data = read_file(self.directory / place.path, end)
        except (FileNotFoundError, NotAFile):
            return  # deleted since, or a problem already
        if data != newer[:end]:
            offset = next((i for i, (a, b) in enumerate(zip(data, newer, strict=False)) if a != b), min(len(data), end))
            code = "bundle-mismatch" if place.level is None else "tile-mismatch"
            message = "expected a prefix of the newer file of the same entries"
            self.problems.add(code, message, entry=None, file=place.path, offset=offset)

    def _check_ahead(self, deadline: float) -> None:
        """Files behind the checkpoint: of a newer one by now, or left by a crash, or not the writer's."""
        ahead = self._not_covered(self._ahead)
        unexplained = self._unexplained(ahead)
        while unexplained and time.monotonic() < deadline and self._at_work():
            time.sleep(_PAUSE_S)
            ahead = self._not_covered(ahead)
            unexplained = self._unexplained(ahead)
        for place in ahead:
            if place in unexplained:
                self._surplus(place)
            elif not self.alive:
                message = "a crash left it before its checkpoint was signed; start the proxy, and it is published"
                self.problems.add("unpublished-file", message, file=place.path)

    def _not_covered(self, places: list[TilePlace]) -> list[TilePlace]:
        newest = self.newest_size() if places else 0
        return [place for place in places if width_at(place, newest) < place.width]

    def _unexplained(self, places: list[TilePlace]) -> set[TilePlace]:
        """Those that do not hold what the journal says."""
        if not places:
            return set()
        try:
            expected = self._expected()
        except (FileNotFoundError, NotAFile):
            return set(places)
        return {place for place in places if not self._is(place, expected.expected(place))}

    def _expected(self) -> Ahead:
        width = self.size % TILE_WIDTH
        last = TilePlace(None, self.size // TILE_WIDTH, width)
        bundle = list(Bundles.split(read_place(self.directory, last)[1]))[:width] if width else []
        entries = (entry for _, entry in self.later(self.size))
        return Ahead(self.size, lambda place: read_place(self.directory, place)[1], entries, bundle)

    def _is(self, place: TilePlace, expected: bytes | None) -> bool:
        try:
            return read_file(self.directory / place.path, BUNDLE_LIMIT) == expected
        except (FileNotFoundError, NotAFile):
            return True  # gone, or a problem already

    def _surplus(self, place: TilePlace) -> None:
        message = "behind the newest checkpoint, and not what the journal says"
        self.problems.add("surplus-file", message, file=place.path)
