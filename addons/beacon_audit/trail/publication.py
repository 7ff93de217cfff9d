"""Publishing: from entries that are durable in the journal to a signed log that others can check.

`Publication.publish` takes the entries that were committed since the last call and their payload files, and makes
durable, in this order: the payload files; the bundles and hash tiles, full ones and the partial ones of the new size;
the signed checkpoint as a line of ``checkpoints.log``; the file ``checkpoint``. Then it deletes what is not needed any
more: partial files of what is full now, and segments of the journal before the one with the last published entry. The
order is why a crash at any moment leaves nothing that has to be guessed (docs/trail-format.md).

Raises `OSError` or `TrailError`; nothing may be published after that. Not safe for threads.
"""

import json
import os
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail.append_file import AppendFile
from beacon_audit.trail.checkpoint import Checkpoint, encode_log_line
from beacon_audit.trail.committed import Committed
from beacon_audit.trail.frames import PayloadFile
from beacon_audit.trail.fresh_files import FreshFiles
from beacon_audit.trail.key_change import check_key_change
from beacon_audit.trail.merkle import leaf_hash
from beacon_audit.trail.note import Signer, sign_note
from beacon_audit.trail.published import CHECKPOINT, CHECKPOINT_LOG, Published
from beacon_audit.trail.regular_file import is_directory
from beacon_audit.trail.segment import STATE, list_segments
from beacon_audit.trail.storage import Storage
from beacon_audit.trail.tiles import TILE_WIDTH, TilePlace, encode_bundle, tiles_of

#: Where files are made before they get their name.
MAKING = "new"
PAYLOADS_MAKING = ".new"


class Publication:
    """The published part of the trail in ``directory``, to be continued. ``signers`` are the keys that may sign: the
    one in force and, while a key is replaced, the next."""

    def __init__(
        self, directory: Path, payloads: Path, storage: Storage, published: Published, signers: Sequence[Signer]
    ) -> None:
        self._directory = directory
        self._payloads = payloads
        self._storage = storage
        self._signers = {signer.vkey: signer for signer in signers}
        self.signer = published.signer
        self.note = published.note
        self._frontier = published.frontier
        self._bundle = list(published.bundle)
        making = directory / STATE / MAKING
        self._tiles = FreshFiles(directory, making, storage)
        self._bodies = FreshFiles(payloads, payloads / PAYLOADS_MAKING, storage)
        self._partial = {place for place in tiles_of(self.size) if place.partial}
        self._tiles.clear()
        self._bodies.clear()
        self._log = AppendFile.resume(directory / CHECKPOINT_LOG, storage, published.log_bytes)

    @property
    def size(self) -> int:
        """How many entries are published."""
        return self._frontier.size

    def close(self) -> None:
        """Give the files back."""
        self._log.close()

    def publish(self, committed: Sequence[Committed], payloads: Sequence[PayloadFile]) -> bytes:
        """Publish what follows the entries that are published; the note of the new checkpoint."""
        if not committed:
            return self.note
        self._bodies.write([(self._payloads / payload.file, payload.content) for payload in payloads])
        full = self._add(committed)
        partial = self._partial_files()
        new = [file for file in partial if file[0] not in self._partial]
        self._tiles.write([(self._directory / place.path, data) for place, data in (*full, *new)])
        self._partial = {place for place, _ in partial}
        self._sign()
        self._delete_partials([place for place, _ in full])
        self._delete_segments()
        return self.note

    def _add(self, committed: Sequence[Committed]) -> list[tuple[TilePlace, bytes]]:
        """Take the entries into the tree; the tiles and bundles that are full now."""
        full: list[tuple[TilePlace, bytes]] = []
        for item in committed:
            if item.kind == "key-change":
                self._change_key(item.entry)
            self._bundle.append(item.entry)
            full += self._frontier.append(leaf_hash(item.entry))
            if len(self._bundle) == TILE_WIDTH:
                full.append((TilePlace(None, self.size // TILE_WIDTH - 1), encode_bundle(self._bundle)))
                self._bundle.clear()
        return full

    def _partial_files(self) -> list[tuple[TilePlace, bytes]]:
        partial = self._frontier.partial_tiles()
        if self._bundle:
            partial.append((TilePlace(None, self.size // TILE_WIDTH, len(self._bundle)), encode_bundle(self._bundle)))
        return partial

    def _change_key(self, entry: bytes) -> None:
        old, new = check_key_change(json.loads(entry))
        if old.vkey != self.signer.vkey or new.vkey not in self._signers:
            raise TrailCorrupt("trail entry: expected a change from the key in force to the next one, came other keys")
        self.signer = self._signers[new.vkey]

    def _sign(self) -> None:
        checkpoint = Checkpoint(self.signer.verifier.name, self.size, self._frontier.root())
        self.note = sign_note(checkpoint.text, self.signer).encode()
        self._log.append(encode_log_line(self.note))
        self.show_note()

    def show_note(self) -> None:
        """Let the file ``checkpoint`` hold the newest note."""
        self._tiles.write([(self._directory / CHECKPOINT, self.note)])

    def _delete_partials(self, full: Sequence[TilePlace]) -> None:
        for place in full:
            directory = (self._directory / place.path).with_name(f"{place.path.rpartition('/')[2]}.p")
            if not is_directory(directory):
                continue
            for width in range(1, TILE_WIDTH):
                path = directory / f"{width}"
                if os.path.lexists(path):
                    self._storage.remove(path)
            self._storage.remove_directory(directory)

    def _delete_segments(self) -> None:
        """Delete the segments before the one that holds the last published entry.

        That one stays: a start learns from its last batch how the journal goes on and which intents are open.
        """
        state = self._directory / STATE
        done = [segment for segment, after in pairwise(list_segments(state)) if after.first_index < self.size]
        for segment in done:
            self._storage.remove(segment.path)
            # One by one: of two names that were removed a power failure may bring back the first, and leave a gap.
            self._storage.sync_directory(state)
