"""Attribute keys that identify a person are found, whatever the contract documents."""

from collections.abc import Callable

import pytest

from beacon_audit.inspection import InspectionContext
from beacon_audit.inspection.identity_attributes import detect
from beacon_audit.model.json_value import JsonValue
from harness.inspected import places
from harness.telemetry_places import span

type Build = Callable[..., InspectionContext]

PLACE = "/resourceSpans/0/scopeSpans/0/spans/0/attributes/0/key"


def with_key(key: str) -> JsonValue:
    return span(attributes=[{"key": key, "value": {"stringValue": "x"}}])


@pytest.mark.parametrize(
    "key",
    [
        "enduser.id",
        "user.email",
        "user.full.name",
        "session.id",
        "client.address",
        "source.address",
        "http.client_ip",
        "geo.country.iso_code",
        "device.id",
        "tls.client.subject",
        "User.Email",
        " user.id",
        "USER.ID\n",
    ],
)
def test_listed_key_is_found_in_any_case(key: str, context: Build) -> None:
    assert places(detect, with_key(key), context()) == [("promise.identity-attribute", PLACE)]


@pytest.mark.parametrize(
    "key",
    [
        "user_agent.original",
        "user",
        "user.",
        "session_id",
        "device.model.name",
        "myuser.id",
        "clientXaddress",
        "server.address",
    ],
)
def test_key_that_only_resembles_a_listed_one_is_not_found(key: str, context: Build) -> None:
    assert places(detect, with_key(key), context()) == []


def test_only_attribute_keys_count(context: Build) -> None:
    document: JsonValue = {"spans": [{"name": "user.id"}], "user.id": "x", "db.statement": "x"}
    assert places(detect, document, context()) == []


def test_key_of_the_other_list_is_left_to_its_detector(context: Build) -> None:
    assert places(detect, with_key("db.statement"), context()) == []


def test_every_occurrence_is_reported(context: Build) -> None:
    key = "user.id"
    document: JsonValue = {"attributes": [{"key": key}, {"key": "env"}, {"key": key}]}
    assert [pointer for _, pointer in places(detect, document, context())] == ["/attributes/0/key", "/attributes/2/key"]


def test_where_it_was_not_promised_it_breaks_nothing(context: Build) -> None:
    assert places(detect, with_key("user.id"), context(promises=frozenset())) == []
    assert places(detect, with_key("db.statement"), context(promises=frozenset())) == []
