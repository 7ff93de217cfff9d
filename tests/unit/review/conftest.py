"""A home whose trail was written by the real writer."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest

from beacon_audit.home import Home, create_home, open_trail_writer
from beacon_audit.trail import Payload

type Fields = Mapping[str, object]
type Recorder = Callable[..., Home]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return create_home(tmp_path / "home", ("beacon.langchain.com",))


@pytest.fixture
def record(home: Home) -> Recorder:
    """Appends entries (and payload files) to the trail of ``home``, one after the other, and gives the home."""

    def write(entries: Iterable[Fields], payloads: Mapping[int, Payload] | None = None) -> Home:
        writer = open_trail_writer(home, new_id=lambda: "0" * 26, now=lambda: "2026-01-01T00:00:00.000Z")
        try:
            for position, entry in enumerate(entries):
                writer.submit(entry, (payloads or {}).get(position)).result(timeout=10)
        finally:
            writer.close()
        return home

    return write
