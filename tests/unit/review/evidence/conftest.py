"""A bundle of the specimen, made once: tests alter copies of it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harness.evidence import Evidence, make_evidence
from harness.log_builder import START
from harness.specimen import Specimen, build_specimen


@pytest.fixture(scope="session")
def specimen_evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """All of the specimen. Not to be written to."""
    specimen = build_specimen(tmp_path_factory.mktemp("evidence") / "home")
    return make_evidence(specimen.home, specimen.key.vkey, specimen.anchor)


@pytest.fixture
def evidence(specimen_evidence: Evidence, tmp_path: Path) -> Evidence:
    """The same, in a directory of its own."""
    path = tmp_path / "evidence.zip"
    path.write_bytes(specimen_evidence.zip.read_bytes())
    return Evidence(path, specimen_evidence.vkey, specimen_evidence.anchor, specimen_evidence.exported)


@pytest.fixture
def specimen(tmp_path: Path) -> Specimen:
    return build_specimen(tmp_path / "home")


@pytest.fixture
def at() -> Callable[[float], datetime]:
    """The moment so many seconds after the beginning of a specimen."""
    return lambda seconds: START.astimezone(UTC) + timedelta(seconds=seconds)
