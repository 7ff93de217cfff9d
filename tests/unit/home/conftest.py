"""Homes to work on."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from beacon_audit.home import Home, create_home

HOSTS = ("beacon.langchain.com",)


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A directory for very many files, in memory where that can be: what is tested with it waits for no disk."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as directory:
        yield Path(directory)


@pytest.fixture(scope="session")
def made_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home to be copied."""
    return create_home(tmp_path_factory.mktemp("made") / "home", HOSTS)


@pytest.fixture
def home(made_home: Home, scratch: Path) -> Home:
    """A home of one's own."""
    return Home(Path(shutil.copytree(made_home.path, scratch / "home")))
