"""A trail in a temporary directory, with ids and times that count up."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from beacon_audit.home.trail_key import create_trail_key
from beacon_audit.trail import Storage, TrailWriter, read_trail, start_trail
from beacon_audit.trail.note import Signer

type MakeFields = Callable[..., dict[str, object]]


SIGNER = Signer.load(create_trail_key())
#: The key that a key change of these tests puts in the place of `SIGNER`.
NEXT_SIGNER = Signer.load(create_trail_key(), SIGNER.verifier.name)


@dataclass
class Trail:
    """Opens writers of one trail and reads it back; whatever is still open is closed after the test."""

    home: Path
    queue_limit: int = 4096
    segment_bytes: int = 64 * 1024 * 1024
    publish_s: float = 0.05
    heartbeat_s: float = 60.0
    time: str = "2025-10-02T00:00:00Z"
    signer: Signer = SIGNER
    next_signer: Signer | None = None
    on_checkpoint: Callable[[bytes], None] = lambda _: None
    opened: list[TrailWriter] = field(default_factory=list)
    _ids: Iterator[int] = field(default_factory=count)

    @property
    def directory(self) -> Path:
        return self.home / "trail"

    @property
    def state(self) -> Path:
        return self.directory / ".state"

    @property
    def payloads(self) -> Path:
        return self.home / "payloads"

    def begin(self, storage: Storage | None = None) -> None:
        """Sign the checkpoint of the empty log, where none is."""
        for directory in (self.directory, self.payloads):
            directory.mkdir(parents=True, exist_ok=True)
        if not (self.directory / "checkpoint").exists():
            start_trail(self.directory, SIGNER, storage)

    def open(self, storage: Storage | None = None) -> TrailWriter:
        """A writer; of a trail that begins here when the directory is empty."""
        if not any(self.directory.iterdir()):
            start_trail(self.directory, SIGNER)
        writer = TrailWriter.open(
            self.directory,
            self.payloads,
            signer=self.signer,
            next_signer=self.next_signer,
            on_checkpoint=self.on_checkpoint,
            publish_s=self.publish_s,
            heartbeat_s=self.heartbeat_s,
            new_id=self.new_id,
            now=lambda: self.time,
            queue_limit=self.queue_limit,
            segment_bytes=self.segment_bytes,
            storage=storage,
        )
        self.opened.append(writer)
        return writer

    def new_id(self) -> str:
        return f"made-{next(self._ids)}"

    def entries(self) -> list[dict[str, object]]:
        return list(read_trail(self.directory))

    def types(self) -> list[object]:
        return [entry["type"] for entry in self.entries()]

    def segments(self) -> list[Path]:
        """The files of the journal, oldest first."""
        return sorted(self.state.glob("journal-*.wal"))

    def journal(self) -> Path:
        """The newest file of the journal."""
        return self.segments()[-1]
