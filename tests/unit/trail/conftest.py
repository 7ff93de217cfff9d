"""What every test of the trail starts from."""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from beacon_audit.trail import build_payload
from harness.busy_trail import leave_behind
from harness.promises import Promises
from harness.quick_storage import QuickStorage
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
        state = {"state": "sent"} if kind == "outcome" else {}
        return {"type": kind, "id": identity, "time": "2025-10-01T00:00:00Z", **state, **more}

    return make


@pytest.fixture
def published(trail: Trail, make_fields: MakeFields) -> Trail:
    """A few entries in partial files, and a payload file, closed in good order."""
    writer = trail.open(QuickStorage())
    for number in range(3):
        payload = build_payload({"n": number}, bytes(32), name=f"{number}.json.zst", date="2025-10-01")
        writer.submit(make_fields(identity=f"{number}", payload=payload.reference), payload).result(10)
        writer.publish()
    writer.close()
    return trail


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A directory for very many files, in memory where that can be: what is tested with it waits for no disk."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as directory:
        yield Path(directory)


@pytest.fixture(scope="session")
def crashed_home(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Promises]:
    """A home to be copied: what a crash left of a trail of 247 entries, and what was promised about it."""
    return _crashed(tmp_path_factory, behind=True)


@pytest.fixture(scope="session")
def torn_home(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Promises]:
    """The same after another crash: the last line of ``checkpoints.log`` is torn."""
    return _crashed(tmp_path_factory, behind=False)


def _crashed(tmp_path_factory: pytest.TempPathFactory, *, behind: bool) -> tuple[Path, Promises]:
    home = tmp_path_factory.mktemp("crashed")
    promises = Promises()
    leave_behind(home, promises, behind=behind)
    return home, promises
