"""A context for each kind of endpoint, with one known secret."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from beacon_audit.inspection import InspectionContext
from beacon_audit.model import Endpoint, OtlpSignal
from harness.telemetry_places import PROMISES

SECRET = "lcl_made_up_key"


@dataclass(frozen=True, slots=True)
class Names:
    attribute_keys: frozenset[str] = frozenset({"env", "user.id", "db.statement"})
    metric_names: frozenset[str] = frozenset({"latency"})
    span_names: frozenset[str] = frozenset({"receive_request"})
    event_names: frozenset[str] = frozenset({"parse_request"})
    scope_names: frozenset[str] = frozenset({"langsmith.metrics"})


@pytest.fixture
def secret() -> str:
    return SECRET


@pytest.fixture
def context() -> Callable[..., InspectionContext]:
    """Builds a context; every promise was made unless ``promises`` says otherwise."""

    def build(
        otlp: OtlpSignal | None = "traces",
        license_pointers: tuple[str, ...] = (),
        promises: frozenset[str] = PROMISES,
    ) -> InspectionContext:
        endpoint = Endpoint(
            "any", "POST", "/any", "operational", None, None, otlp, (), license_pointers, (), promises=promises
        )
        return InspectionContext(endpoint, Names(), lambda text: SECRET in text)

    return build
