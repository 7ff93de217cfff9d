"""What looks like an address and is none."""

from collections.abc import Callable

import pytest

from beacon_audit.inspection import InspectionContext, ip_addresses
from beacon_audit.inspection.ip_addresses import MOST_CHECKED, MOST_CHECKED_IN_ALL, detect
from beacon_audit.inspection.locate import locate
from beacon_audit.inspection.subject import read_subject
from beacon_audit.model.json_value import JsonValue
from harness.inspected import places
from harness.telemetry_places import attributes, span

type Build = Callable[..., InspectionContext]

ATTRIBUTES = "/resourceSpans/0/scopeSpans/0/spans/0/attributes"


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


def test_address_is_none_the_less_one_because_it_is_called_a_version_elsewhere(context: Build) -> None:
    address = "10.0.4.20"
    document = span(name=address, attributes=attributes(agent_version=address, peer=address))
    assert sorted(pointer for _, pointer in places(detect, document, context())) == [
        f"{ATTRIBUTES}/1/value/stringValue",
        "/resourceSpans/0/scopeSpans/0/spans/0/name",
    ]
    document = span(attributes=[*attributes(agent_version=address), *({"key": address, "value": {"intValue": 1}},)])
    assert [pointer for _, pointer in places(detect, document, context())] != []


@pytest.mark.parametrize("text", ["peer 10.0.4.20", "10.0.4.20:443", "2001:db8::1", "1.2.3.4, 10.0.4.20"])
def test_what_is_called_a_version_is_four_numbers_and_no_more(text: str, context: Build) -> None:
    document = span(attributes=attributes(agent_version=text))
    assert places(detect, document, context()) == [("promise.ip-address", f"{ATTRIBUTES}/0/value/stringValue")]


@pytest.mark.parametrize("candidate", ["version 1.2.3.4 ", "b:a:/", "999.1.1.1 "])
def test_text_of_more_candidates_than_are_read_counts_as_an_address(candidate: str, context: Build) -> None:
    assert places(detect, {"name": candidate * MOST_CHECKED}, context()) == []
    assert places(detect, {"name": candidate * (MOST_CHECKED + 1)}, context()) == [("promise.ip-address", "/name")]


def test_more_candidates_than_are_read_in_all_are_one_finding_that_covers_the_body(
    monkeypatch: pytest.MonkeyPatch, context: Build
) -> None:
    looked_at = 0

    def counting(found: bytes) -> bool:
        nonlocal looked_at
        looked_at += 1
        return identifies(found)

    identifies = ip_addresses._identifies
    monkeypatch.setattr(ip_addresses, "_identifies", counting)
    text = "999.1.1.1 " * (MOST_CHECKED // 2)
    texts: list[JsonValue] = [f"{text}{number}" for number in range(MOST_CHECKED_IN_ALL * 2 // MOST_CHECKED)]
    assert places(detect, texts, context()) == []
    assert looked_at == MOST_CHECKED_IN_ALL
    assert places(detect, [*texts, f"{text}more", f"{text}and more"], context()) == [("promise.ip-address", "")]
    assert looked_at <= 2 * MOST_CHECKED_IN_ALL + MOST_CHECKED


def test_key_that_is_an_address_is_withheld_however_much_else_there_is(context: Build) -> None:
    text = "999.1.1.1 " * MOST_CHECKED
    texts: list[JsonValue] = [f"{text[10:]}{number}" for number in range(MOST_CHECKED_IN_ALL // MOST_CHECKED + 2)]
    subject = read_subject({"a": texts, "b": {"10.0.4.20": 1}})
    assert locate(subject.document, list(detect(subject, context()))).withheld == {"10.0.4.20"}


def test_long_text_of_many_versions_takes_linear_time(context: Build) -> None:
    assert places(detect, {"name": "v1.2.3.4 " * 50_000}, context()) == []
    assert places(detect, {"name": "::" * 100_000 + "1:" * 100_000}, context()) == []
