"""Policy files written on the spot, and the problems that loading them gives."""

from pathlib import Path

import pytest

from beacon_audit.errors import PolicyError, Problem
from beacon_audit.policy import load_policy
from harness.policies import Loaded, Refused, Write


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes ``policy.yaml`` and gives its path."""

    def to_file(text: str) -> Path:
        path = tmp_path / "policy.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return to_file


@pytest.fixture
def loaded(write: Write) -> Loaded:
    """Loads ``version: 1`` and more lines."""
    return lambda text: load_policy(str(write(f"version: 1\n{text}")), cwd=Path.cwd())


@pytest.fixture
def refused(write: Write) -> Refused:
    """The problems of ``version: 1`` and more lines, which start in line 2."""

    def problems(text: str) -> tuple[Problem, ...]:
        path = write(f"version: 1\n{text}")
        with pytest.raises(PolicyError) as caught:
            load_policy(str(path), cwd=Path.cwd())
        return caught.value.problems

    return problems
