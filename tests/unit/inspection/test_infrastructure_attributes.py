"""Keys that describe machines are found in telemetry, whatever was promised."""

from collections.abc import Callable

import pytest

from beacon_audit.inspection import InspectionContext
from beacon_audit.inspection.infrastructure_attributes import detect
from harness.inspected import places
from harness.telemetry_places import span

type Build = Callable[..., InspectionContext]


def found(key: str, context: InspectionContext) -> list[str]:
    return [code for code, _ in places(detect, span(attributes=[{"key": key, "value": {"intValue": 1}}]), context)]


@pytest.mark.parametrize(
    "key",
    ["host.name", "host.ip", "k8s.pod.name", "container.id", "process.pid", "net.peer.ip", "url.path", "code.function"],
)
def test_listed_key_is_found(key: str, context: Build) -> None:
    assert found(key, context(promises=frozenset())) == ["promise.infrastructure-attribute"]


@pytest.mark.parametrize("key", ["host.arch", "network.protocol.name", "service.name", "k8s", "netflow.id"])
def test_other_keys_are_not(key: str, context: Build) -> None:
    assert found(key, context()) == []


def test_outside_of_telemetry_there_are_no_attributes(context: Build) -> None:
    assert found("host.name", context(otlp=None)) == []
