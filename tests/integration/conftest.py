"""What several integration tests need."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """One that every user may pass through: those of pytest are their owner's."""
    directory = Path(tempfile.mkdtemp(prefix="beacon-audit-"))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)
