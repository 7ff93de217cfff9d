"""Attribute keys that carry contents are found, whatever the contract documents."""

from collections.abc import Callable

import pytest

from beacon_audit.inspection import InspectionContext
from beacon_audit.inspection.content_attributes import detect
from beacon_audit.inspection.subject import read_subject

type Build = Callable[..., InspectionContext]


def places(key: str, context: InspectionContext) -> list[tuple[str, str]]:
    subject = read_subject({"spans": [{"attributes": [{"key": key, "value": {"stringValue": "x"}}]}]})
    return [(finding.code, finding.pointer) for finding in detect(subject, context)]


@pytest.mark.parametrize(
    "key",
    [
        "db.query.text",
        "db.query.parameter.1",
        "db.operation.parameter.name",
        "db.statement",
        "db.user",
        "db.connection_string",
        "http.request.body.content",
        "http.response.body.content",
        "http.request.header.authorization",
        "http.response.header.set-cookie",
        "rpc.grpc.request.metadata.key",
        "url.full",
        "url.query",
        "url.original",
        "http.url",
        "http.target",
        "exception.message",
        "exception.stacktrace",
        "code.stacktrace",
        "graphql.document",
        "log.record.original",
        "messaging.kafka.message.key",
        "gen_ai.prompt",
        "gen_ai.prompt.0.content",
        "gen_ai.completion",
        "gen_ai.completion.0.content",
        "gen_ai.input.messages",
        "gen_ai.output.messages",
        "gen_ai.system_instructions",
        "gen_ai.tool.call.arguments",
        "gen_ai.tool.call.result",
        "gen_ai.retrieval.query.text",
        "DB.Statement",
        " url.full",
    ],
)
def test_listed_key_is_found_in_any_case(key: str, context: Build) -> None:
    assert places(key, context()) == [("promise.content-attribute", "/spans/0/attributes/0/key")]


@pytest.mark.parametrize(
    "key",
    [
        "db.system.name",
        "http.request.method",
        "url.path",
        "exception.type",
        "gen_ai.request.model",
        "gen_ai.prompts",
        "http.request.header",
        "rpc.metadata.x",
    ],
)
def test_key_that_only_resembles_a_listed_one_is_not_found(key: str, context: Build) -> None:
    assert places(key, context()) == []


def test_only_attribute_keys_count(context: Build) -> None:
    subject = read_subject({"spans": [{"name": "db.statement"}], "user.id": "x", "db.statement": "x"})
    assert list(detect(subject, context())) == []


def test_key_of_the_other_list_is_left_to_its_detector(context: Build) -> None:
    assert places("user.id", context()) == []


def test_every_occurrence_is_reported(context: Build) -> None:
    key = "db.statement"
    subject = read_subject({"attributes": [{"key": key}, {"key": "env"}, {"key": key}]})
    assert [finding.pointer for finding in detect(subject, context())] == ["/attributes/0/key", "/attributes/2/key"]
