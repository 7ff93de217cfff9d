"""Attribute keys that carry contents are found, whatever the contract documents."""

from collections.abc import Callable

import pytest

from beacon_audit.inspection import InspectionContext
from beacon_audit.inspection.content_attributes import detect
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
    assert places(detect, with_key(key), context()) == [("promise.content-attribute", PLACE)]


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
    assert places(detect, with_key(key), context()) == []


def test_only_attribute_keys_count(context: Build) -> None:
    document: JsonValue = {"spans": [{"name": "db.statement"}], "user.id": "x", "db.statement": "x"}
    assert places(detect, document, context()) == []


def test_key_of_the_other_list_is_left_to_its_detector(context: Build) -> None:
    assert places(detect, with_key("user.id"), context()) == []


def test_every_occurrence_is_reported(context: Build) -> None:
    key = "db.statement"
    document: JsonValue = {"attributes": [{"key": key}, {"key": "env"}, {"key": key}]}
    assert [pointer for _, pointer in places(detect, document, context())] == ["/attributes/0/key", "/attributes/2/key"]


def test_where_it_was_not_promised_it_breaks_nothing(context: Build) -> None:
    assert places(detect, with_key("user.id"), context(promises=frozenset())) == []
    assert places(detect, with_key("db.statement"), context(promises=frozenset())) == []
