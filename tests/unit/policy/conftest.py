"""Policy files written on the spot, and the problems that loading them gives."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from beacon_audit.errors import PolicyError, Problem
from beacon_audit.model import Endpoint
from beacon_audit.policy import Policy, load_policy

type Write = Callable[[str], Path]
type Refused = Callable[[str], tuple[Problem, ...]]
type Loaded = Callable[[str], Policy]


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
        with pytest.raises(PolicyError) as caught:
            load_policy(str(write(f"version: 1\n{text}")), cwd=Path.cwd())
        return caught.value.problems

    return problems


@pytest.fixture
def policy() -> Callable[..., Policy]:
    """The default policy with other values in some fields."""
    default = load_policy(None, cwd=Path.cwd())

    def changed(**fields: Any) -> Policy:
        return replace(default, **fields)

    return changed


@pytest.fixture
def metrics() -> Endpoint:
    return Endpoint(
        name="telemetry-metrics",
        method="POST",
        path="/v1/beacon/v1/metrics",
        traffic_class="operational",
        switch="metrics",
        setting="config.telemetry.metrics",
        otlp="metrics",
        media_types=("application/json",),
        license_pointers=(),
        response_secret_pointers=(),
    )


@pytest.fixture
def verify() -> Endpoint:
    return Endpoint(
        name="license-verify",
        method="POST",
        path="/v1/beacon/verify",
        traffic_class="billing",
        switch=None,
        setting=None,
        otlp=None,
        media_types=("application/json",),
        license_pointers=("/license",),
        response_secret_pointers=("/token",),
    )
