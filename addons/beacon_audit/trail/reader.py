"""Reading a trail while its writer may be at work: what is published from its bundles, the rest from the journal.

`read_trail` gives the entries that are durable now. `TrailReader` does the same again and again: its `poll` gives
what has been added since the last call, so that a caller can follow a live trail at its own pace. Entries are dicts of
JSON values as `entry.decode_entry` gives them, in the order of their ``index``. `journal_payload` finds a payload file
that is not published yet.

All raise `TrailError` when there is no trail at all and `TrailCorrupt` on damage that shows in passing; whether the
whole is as it was signed, `beacon-audit verify` says. The unfinished last batch of a live or crashed writer is neither.
"""

from collections.abc import Iterator
from pathlib import Path

from beacon_audit.errors import TrailCorrupt, TrailError
from beacon_audit.trail.cursor import JournalCursor, JournalMoved
from beacon_audit.trail.entry import decode_entry
from beacon_audit.trail.merkle import leaf_hash
from beacon_audit.trail.published import published_size, read_hashes
from beacon_audit.trail.regular_file import read_regular
from beacon_audit.trail.segment import STATE
from beacon_audit.trail.tiles import TILE_LIMIT, TILE_WIDTH, TilePlace, decode_bundle, split_tile

#: So often the journal is looked at again before what it lacks is called missing.
_ATTEMPTS = 3


class TrailReader:
    """A reader of the trail in ``directory`` (``HOME/trail``) that remembers how far it has read; entries before
    ``start`` it never gives."""

    def __init__(self, directory: Path, start: int = 0) -> None:
        if not directory.is_dir():
            raise TrailError(f"no audit trail at {directory}: expected a directory; is this the right home?")
        self._directory = directory
        self._next = start
        self._cursor: JournalCursor | None = None

    def poll(self) -> Iterator[dict[str, object]]:
        """The entries that were added since the last call; call again when it is exhausted."""
        stuck = 0
        while True:
            size = published_size(self._directory)
            yield from self._bundles(size)
            try:
                yield from self._journal()
            except JournalMoved:
                self._cursor = None
                # Segments are deleted after the checkpoint that covers them, so it says more by now; but a cursor that
                # was behind, or a listing made while segments changed, may have seen less than there was.
                stuck = stuck + 1 if published_size(self._directory) == size else 0
                if stuck == _ATTEMPTS:
                    raise TrailCorrupt(
                        f"{self._directory / STATE}: expected the journal to go on after entry {self._next - 1}, found "
                        "a later beginning; run: beacon-audit verify"
                    ) from None
            else:
                return

    def _bundles(self, size: int) -> Iterator[dict[str, object]]:
        while self._next < size:
            number = self._next // TILE_WIDTH
            for fields in self._bundle(number, size)[self._next % TILE_WIDTH :]:
                self._next += 1
                yield fields

    def _bundle(self, number: int, size: int) -> list[dict[str, object]]:
        """The entries of a bundle, held against the hash tile beside it."""
        width = min(TILE_WIDTH, size - number * TILE_WIDTH)
        entries = read_bundle(self._directory, number, width)
        hashes = split_tile(read_hashes(self._directory, TilePlace(0, number, width)), width)
        place = TilePlace(None, number, width).path
        fields = []
        for index, (entry, expected) in enumerate(zip(entries, hashes, strict=False), number * TILE_WIDTH):
            if leaf_hash(entry) != expected:
                raise TrailCorrupt(
                    f"{self._directory / place}: entry {index} is not what was published; run: beacon-audit verify"
                )
            fields.append(_decode(entry, index, place))
        return fields

    def _journal(self) -> Iterator[dict[str, object]]:
        cursor = self._cursor = self._cursor or JournalCursor(self._directory / STATE, self._next)
        for batch in cursor.batches():
            for fields in batch.fields[max(0, self._next - batch.first_index) :]:
                self._next += 1
                yield fields


def read_trail(directory: Path) -> Iterator[dict[str, object]]:
    """Every durable entry of the trail in ``directory`` (``HOME/trail``), oldest first."""
    return TrailReader(directory).poll()


def read_entry(directory: Path, index: int, size: int) -> bytes:
    """The bytes of the entry ``index`` of a log of which ``size`` entries are published, not checked."""
    number = index // TILE_WIDTH
    width = min(TILE_WIDTH, size - number * TILE_WIDTH)
    return read_bundle(directory, number, width)[index % TILE_WIDTH]


def read_bundle(directory: Path, number: int, width: int) -> tuple[bytes, ...]:
    """The first ``width`` entries of a bundle, which may have become a full one meanwhile."""
    for place in (TilePlace(None, number, width), TilePlace(None, number)):
        try:
            return decode_bundle(read_regular(directory / place.path, TILE_LIMIT), place.width)[:width]
        except FileNotFoundError:
            continue
    raise TrailCorrupt(f"{directory / place.path}: missing; run: beacon-audit verify")


def journal_payload(directory: Path, file: str) -> bytes | None:
    """The content of the payload file ``file`` (``<date>/<name>``) while its entry is not published; else ``None``.

    Once it is published the file is the only place: what was deleted there must not come back from here.
    """
    try:
        size = published_size(directory)
        for batch in JournalCursor(directory / STATE).batches():
            for payload in batch.payloads:
                if payload.file == file and batch.first_index + len(batch.entries) > size:
                    return payload.content
    except JournalMoved:
        pass
    return None


def _decode(entry: bytes, index: int, place: str) -> dict[str, object]:
    fields = decode_entry(entry)
    if fields["index"] != index:
        raise TrailCorrupt(f"{place}: expected entry {index}, came entry {fields['index']}; run: beacon-audit verify")
    return fields
