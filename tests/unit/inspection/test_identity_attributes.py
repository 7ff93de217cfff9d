"""Attribute keys that identify a person are found, whatever the contract documents."""

from collections.abc import Callable

import pytest

from beacon_audit.inspection import InspectionContext
from beacon_audit.inspection.identity_attributes import detect
from beacon_audit.inspection.subject import read_subject

type Build = Callable[..., InspectionContext]


def places(key: str, context: InspectionContext) -> list[tuple[str, str]]:
    subject = read_subject({"spans": [{"attributes": [{"key": key, "value": {"stringValue": "x"}}]}]})
    return [(finding.code, finding.pointer) for finding in detect(subject, context)]


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
    assert places(key, context()) == [("promise.identity-attribute", "/spans/0/attributes/0/key")]


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
    assert places(key, context()) == []


def test_only_attribute_keys_count(context: Build) -> None:
    subject = read_subject({"spans": [{"name": "user.id"}], "user.id": "x", "db.statement": "x"})
    assert list(detect(subject, context())) == []


def test_key_of_the_other_list_is_left_to_its_detector(context: Build) -> None:
    assert places("db.statement", context()) == []


def test_every_occurrence_is_reported(context: Build) -> None:
    key = "user.id"
    subject = read_subject({"attributes": [{"key": key}, {"key": "env"}, {"key": key}]})
    assert [finding.pointer for finding in detect(subject, context())] == ["/attributes/0/key", "/attributes/2/key"]
