"""Laws of reading protobuf: our errors only, and what the official parser reads, seen from outside.

Official is ``protobuf`` (upb): a second reader that shares no code with ours.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.message import DecodeError, Message
from google.protobuf.unknown_fields import UnknownFieldSet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beacon_audit.contracts.otlp_messages import otlp_request
from beacon_audit.errors import WireError
from beacon_audit.wire.otlp_messages import request_shape
from beacon_audit.wire.otlp_protobuf import read_protobuf
from harness.otlp_messages import REQUESTS, messages, numbers_for_texts, to_document
from harness.otlp_positions import MESSAGES, inside
from harness.protobuf_bytes import chunk, fixed32, fixed64, number

SIGNALS = st.sampled_from(["traces", "metrics", "logs"])
SLOW = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)


def without_defaults(value: Any, signal: Any) -> Any:
    return otlp_request(signal).without_defaults(value)


def parsed(data: bytes, signal: str) -> Message | None:
    """What the official parser knows in ``data``, ``None`` when it refuses it."""
    try:
        message = REQUESTS[signal].FromString(data)
    except DecodeError:
        return None
    message.DiscardUnknownFields()
    return message


@given(SIGNALS, st.binary(max_size=120))
def test_any_bytes_give_a_document_or_our_error(signal: Any, data: bytes) -> None:
    code = "wire.fine"
    try:
        read_protobuf(data, signal, max_depth=32)
    except WireError as error:
        code = error.code
    assert re.fullmatch(r"wire\.[a-z0-9-]+", code)


@SLOW
@given(st.data(), SIGNALS)
def test_message_comes_back_as_its_json(data: st.DataObject, signal: Any) -> None:
    message = data.draw(messages(signal))
    document, findings = read_protobuf(message.SerializeToString(), signal, max_depth=64)
    assert findings == ()
    assert repr(document) == repr(in_order(document, numbers_for_texts(to_document(message), message.DESCRIPTOR)))


def in_order(like: Any, value: Any) -> Any:
    """``value`` with its members in the order of ``like``, so that a comparison of texts tells -0.0 from 0.0."""
    if isinstance(value, list) and isinstance(like, list):
        return [in_order(one, other) for one, other in zip(like, value, strict=True)]
    if isinstance(value, dict) and isinstance(like, dict):
        assert value.keys() == like.keys()
        return {key: in_order(like[key], value[key]) for key in like}
    return value


@st.composite
def damaged(draw: st.DrawFn, signal: str) -> bytes:
    """The bytes of a message, with some of them changed, cut out, doubled or put in."""
    data = bytearray(draw(messages(signal)).SerializeToString())
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data)))
        till = min(len(data), at + draw(st.integers(0, 12)))
        how = draw(st.integers(0, 3))
        if how == 0 and at < len(data):
            data[at] ^= 1 << draw(st.integers(0, 7))
        elif how == 1:
            del data[at:till]
        elif how == 2:
            data[at:at] = data[at:till]
        else:
            data[at:at] = draw(st.binary(max_size=6))
    return bytes(data)


@SLOW
@given(st.data(), SIGNALS)
def test_what_we_find_nothing_in_is_what_the_official_parser_shows(data: st.DataObject, signal: Any) -> None:
    body = data.draw(damaged(signal))
    try:
        document, findings = read_protobuf(body, signal, max_depth=64)
    except WireError:
        return
    message = parsed(body, signal)
    if findings:
        return
    assert message is not None
    shown = numbers_for_texts(to_document(message), message.DESCRIPTOR)
    assert without_defaults(document, signal) == without_defaults(shown, signal)


@SLOW
@given(st.data(), SIGNALS)
def test_what_the_official_parser_writes_back_byte_for_byte_has_no_findings(data: st.DataObject, signal: Any) -> None:
    body = data.draw(damaged(signal))
    message = parsed(body, signal)
    if message is None or message.SerializeToString() != body:
        return
    _, findings = read_protobuf(body, signal, max_depth=64)
    # Only the bits of a NaN survive the way there and back and are a finding.
    assert {finding.code for finding in findings} <= {"wire.protobuf-noncanonical"}
    if findings:
        assert "NaN" in str(to_document(message))


@SLOW
@given(st.data(), SIGNALS)
def test_what_the_official_parser_refuses_we_refuse_or_find_fault_with(data: st.DataObject, signal: Any) -> None:
    body = data.draw(damaged(signal))
    if parsed(body, signal) is not None:
        return
    try:
        _, findings = read_protobuf(body, signal, max_depth=64)
    except WireError:
        return
    assert findings


_NUMBERS = st.sampled_from([1, 2, 3, 5, 6, 7, 9, 15, 16, 99, 2**29 - 1])
_FIELDS = st.one_of(
    st.builds(number, _NUMBERS, st.sampled_from([0, 1, 300, 2**32, 2**64 - 1]), longer=st.integers(0, 1)),
    st.builds(chunk, _NUMBERS, st.sampled_from([b"", b"k", b"a text", b"\x80", b"\xff\xfe", b"\x0a\x00", b"\x08\x01"])),
    st.builds(fixed64, _NUMBERS, st.integers(0, 2**64 - 1)),
    st.builds(fixed32, _NUMBERS, st.integers(0, 2**32 - 1)),
)


@st.composite
def odd(draw: st.DrawFn, signal: str) -> bytes:
    """A message with some fields in it, anywhere, that it may not have, or has already."""
    body = bytearray(draw(messages(signal)).SerializeToString())
    ways = [way for other, way in MESSAGES if other == signal]
    for _ in range(draw(st.integers(1, 3))):
        fields = draw(st.lists(_FIELDS, min_size=1, max_size=3))
        body += inside(draw(st.sampled_from(ways)), b"".join(fields))
    return bytes(body)


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a document with the name of its member."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, key.removesuffix(":again"))
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item, name)
    elif isinstance(value, str):
        yield name, value


def unknown_fields(message: Any) -> Iterator[int]:
    """The numbers of the fields that the official parser keeps without showing them."""
    yield from (field.field_number for field in UnknownFieldSet(message))
    for field, value in message.ListFields():
        if field.message_type:
            for each in value if field.is_repeated else [value]:
                yield from unknown_fields(each)


@SLOW
@given(st.data(), SIGNALS)
def test_whatever_the_official_parser_accepts_we_show_in_full_or_refuse(data: st.DataObject, signal: Any) -> None:
    body = data.draw(odd(signal) | damaged(signal))
    message = parsed(body, signal)
    if message is None:
        return
    try:
        document, _ = read_protobuf(body, signal, max_depth=64)
    except WireError:
        return
    shown = Counter(leaves(document))
    of_theirs = Counter(leaves(to_document(message)))
    # What is no text with us either: 64-bit integers, which ProtoJSON writes as one.
    missing = {leaf for leaf in of_theirs - shown if not leaf[1].removeprefix("-").isdigit()}
    assert missing == set()


@SLOW
@given(st.data(), SIGNALS)
def test_whatever_the_official_parser_hides_is_found_and_shown(data: st.DataObject, signal: Any) -> None:
    body = data.draw(odd(signal) | damaged(signal))
    try:
        message = REQUESTS[signal].FromString(body)
    except DecodeError:
        return
    hidden = set(unknown_fields(message))
    if not hidden:
        return
    try:
        document, findings = read_protobuf(body, signal, max_depth=64)
    except WireError:
        return
    found = {finding.code for finding in findings}
    assert found & {"wire.protobuf-unknown-field", "wire.protobuf-wire-type"}
    text = json.dumps(document)
    assert all(f'"field:{number}": [' in text for number in hidden)


@SLOW
@given(st.data(), SIGNALS)
def test_odd_message_without_findings_is_what_the_official_parser_shows(data: st.DataObject, signal: Any) -> None:
    body = data.draw(odd(signal))
    try:
        document, findings = read_protobuf(body, signal, max_depth=64)
    except WireError:
        return
    if findings:
        return
    message = parsed(body, signal)
    assert message is not None
    shown = numbers_for_texts(to_document(message), message.DESCRIPTOR)
    assert without_defaults(document, signal) == without_defaults(shown, signal)


@pytest.mark.parametrize("signal", ["traces", "metrics", "logs"])
def test_every_message_of_the_descriptors_has_a_shape(signal: Any) -> None:
    seen: dict[str, int] = {}

    def walk(descriptor: Any, shape: Any) -> None:
        if descriptor.full_name in seen:
            return
        seen[descriptor.full_name] = len(descriptor.fields)
        assert shape.name == descriptor.full_name
        assert shape.names == {field.number: field.json_name for field in descriptor.fields}
        for field in descriptor.fields:
            if field.message_type:
                walk(field.message_type, shape.children[field.json_name])

    walk(REQUESTS[signal].DESCRIPTOR, request_shape(signal))
    assert len(seen) > 8
