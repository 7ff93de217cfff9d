"""The shipped editions, and their samples as fresh copies that a test may change.

A test runs once for every edition. A module about one of them, or about endpoints that only one has, gives its own
``edition``.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from beacon_audit import contracts
from beacon_audit.contracts import Contract, load_contract

EDITIONS = ("langsmith-beacon/2025-10", "langsmith-beacon/2026-08")


@pytest.fixture(scope="session", params=EDITIONS)
def edition(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def loaded() -> dict[str, Contract]:
    return {edition: load_contract(edition) for edition in EDITIONS}


@pytest.fixture
def contract(edition: str, loaded: dict[str, Contract]) -> Contract:
    return loaded[edition]


@pytest.fixture
def edition_path(edition: str) -> Path:
    return Path(contracts.__file__).parent / "editions" / edition


@pytest.fixture
def sample(edition_path: Path) -> Callable[[str], Any]:
    """Reads ``<endpoint>.<request|response>`` as a new document."""
    return lambda name: json.loads((edition_path / "samples" / f"{name}.json").read_bytes())


@pytest.fixture
def places(contract: Contract, sample: Callable[[str], Any]) -> Callable[[str, Callable[[Any], object]], set[str]]:
    """``code pointer`` of what changes when ``change`` is done to the request sample of an endpoint."""

    def differences(name: str, change: Callable[[Any], object]) -> set[str]:
        endpoint = contract.endpoint(name)
        assert endpoint is not None
        document = sample(f"{name}.request")
        before = set(contract.request_findings(endpoint, document))
        change(document)
        after = contract.request_findings(endpoint, document)
        return {f"{finding.code.removeprefix('contract.')} {finding.pointer}" for finding in set(after) - before}

    return differences
