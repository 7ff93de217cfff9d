"""What breaks a promise is found wherever a text can stand, and where the promise was not made it breaks none."""

import base64
from collections.abc import Callable

import pytest

from beacon_audit.inspection import InspectionContext, inspect
from beacon_audit.model.json_value import JsonValue
from harness.dirty_texts import DIRTY, NOT_A_METHOD, NOT_A_ROUTE, PROSE
from harness.telemetry_places import PLACES, PROMISES

type Build = Callable[..., InspectionContext]

CASES = [(code, text) for code, texts in DIRTY.items() for text in texts]
PROMISE_OF = {
    "promise.database-text": "no-content",
    "promise.connection-string": "no-content",
    "promise.free-text": "no-content",
    "promise.value-grammar": "no-content",
    "promise.email-address": "no-identity",
    "promise.ip-address": "no-identity",
    "promise.uuid-value": "no-identity",
}


def codes(place: str, text: str, context: InspectionContext) -> set[str]:
    return {finding.code for finding in inspect(PLACES[place](text), context).findings}


@pytest.mark.parametrize(("code", "text"), CASES)
def test_dirty_text_is_found_in_every_place(code: str, text: str, context: Build) -> None:
    versions = {"service.version", "telemetry.sdk.version", "scope version"} if code == "promise.ip-address" else set()
    own = {"service.instance.id"} if code == "promise.uuid-value" else set()
    assert [place for place in PLACES.keys() - versions - own if code not in codes(place, text, context())] == []


@pytest.mark.parametrize("text", PROSE)
@pytest.mark.parametrize("place", ["some.label", "span name", "metric unit", "trace state"])
def test_prose_is_found_where_a_label_or_a_name_belongs(text: str, place: str, context: Build) -> None:
    assert "promise.free-text" in codes(place, text, context())


@pytest.mark.parametrize("place", ["metric description", "log body", "status message"])
def test_sentences_have_a_bound_too(place: str, context: Build) -> None:
    for text in ("a " * 40, "why do\nyou ask?", "What is it?", "tell me what I have", '{"role": "user"}', "x" * 257):
        assert "promise.free-text" in codes(place, text, context()), text


@pytest.mark.parametrize("text", NOT_A_ROUTE)
def test_endpoint_that_is_no_route_template_is_found(text: str, context: Build) -> None:
    assert "promise.value-grammar" in codes("endpoint", text, context())
    assert "promise.value-grammar" in codes("http.route", text, context())


@pytest.mark.parametrize("text", NOT_A_METHOD)
def test_method_that_is_none_is_found(text: str, context: Build) -> None:
    assert "promise.value-grammar" in codes("method", text, context())


@pytest.mark.parametrize("code", [*DIRTY, "promise.free-text", "promise.value-grammar"])
def test_where_it_was_not_promised_it_breaks_nothing_but_secrets_always_do(code: str, context: Build) -> None:
    text = {"promise.free-text": PROSE[0], "promise.value-grammar": "/a?b"}.get(code) or DIRTY[code][0]
    place = "endpoint" if code == "promise.value-grammar" else "some.label"
    promise = PROMISE_OF.get(code)
    assert code in codes(place, text, context(promises=frozenset({promise} if promise else ())))
    if promise:
        assert code not in codes(place, text, context(promises=PROMISES - {promise}))


@pytest.mark.parametrize(("code", "text"), CASES)
def test_message_and_pointer_hold_nothing_of_the_text(code: str, text: str, context: Build) -> None:
    located = inspect({"attributes": [{"key": text, text: {text: text}}]}, context())
    assert code in {finding.code for finding in located.findings}
    if len(text) > 8:
        assert not any(text in finding.message + finding.pointer for finding in located.findings)
    assert located.withheld == {text}


@pytest.mark.parametrize("code", ["promise.secret", "promise.email-address", "promise.database-text"])
def test_text_is_found_in_protobuf_bytes_and_behind_base64(code: str, context: Build) -> None:
    for text in DIRTY[code]:
        data = base64.b64encode(f"\x0a\x07{text}".encode()).decode()
        document: JsonValue = {"attributes": [{"key": "k", "value": {"bytesValue": data}}]}
        assert code in {finding.code for finding in inspect(document, context()).findings}, text
        veiled = base64.b64encode(f"some text around {text} and behind it".encode()).decode()
        found = inspect({"attributes": [{"key": "k", "value": {"stringValue": veiled}}]}, context()).findings
        assert {code, "promise.free-text"} <= {finding.code for finding in found}, text
