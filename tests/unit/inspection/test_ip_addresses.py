"""What looks like an address and is none."""

from collections.abc import Callable

import pytest

from beacon_audit.inspection import InspectionContext
from beacon_audit.inspection.ip_addresses import detect
from harness.inspected import places
from harness.telemetry_places import attributes, span

type Build = Callable[..., InspectionContext]


@pytest.mark.parametrize(
    "text",
    [
        "v1.2.3.4", "version 1.2.3.4", "version=1.2.3.4", "Chrome/120.0.0.0", "1.2.3", "1.2.3.4.5", "256.1.1.1",
        "1.2.3.999", "01.2.3.4", "1.2.3.4-rc1.2", "127.0.0.1", "127.8.8.8:80", "on 0.0.0.0:80", "255.255.255.255",
        "::", "::1", "12:30:45", "00:1a:2b:3c:4d:5e", "std::vector", "dead::beef", "a::b", "1:2:3", "f00:",
        "2025-01-06T10:00:00+00:00", "x10.0.0.1y",
    ],
)  # fmt: skip
def test_text_without_an_address_is_clean(text: str, context: Build) -> None:
    assert places(detect, {"spans": [{"name": text}]}, context()) == []


def test_value_that_is_called_a_version_may_have_four_numbers(context: Build) -> None:
    document = span(attributes=attributes(service__version="1.2.3.4", agent_version="1.2.3.4"))
    assert places(detect, document, context()) == []
    assert places(detect, span(attributes=attributes(peer="1.2.3.4")), context()) != []


def test_long_text_of_many_versions_takes_linear_time(context: Build) -> None:
    assert places(detect, {"name": "v1.2.3.4 " * 50_000}, context()) == []
    assert places(detect, {"name": "::" * 100_000 + "1:" * 100_000}, context()) == []
