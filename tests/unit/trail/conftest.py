"""What every test of the trail starts from."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.trail import MakeFields, Trail


@pytest.fixture
def trail(tmp_path: Path) -> Iterator[Trail]:
    (tmp_path / "trail").mkdir()
    (tmp_path / "payloads").mkdir()
    trail = Trail(tmp_path)
    yield trail
    for writer in trail.opened:
        writer.close()


@pytest.fixture
def make_fields() -> MakeFields:
    """Fields of an entry that `encode_entry` takes."""

    def make(kind: str = "refusal", identity: str = "01", **more: object) -> dict[str, object]:
        return {"type": kind, "id": identity, "time": "2025-10-01T00:00:00Z", **more}

    return make
