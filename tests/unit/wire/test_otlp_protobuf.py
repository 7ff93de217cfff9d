"""Protobuf to the document that its JSON would be, and what no document shows."""

import re
import struct
import tracemalloc
from typing import Any

import pytest

from beacon_audit.errors import WireError
from beacon_audit.wire import otlp_protobuf
from beacon_audit.wire.otlp_protobuf import read_protobuf, read_protobuf_status
from beacon_audit.wire.protobuf_remarks import MOST_REMARKS
from harness.protobuf_bytes import attribute, chunk, double, fixed32, fixed64, metric, number, tag, trace, varint

SPAN = "/resourceSpans/0/scopeSpans/0/spans/0"
METRIC = "/resourceMetrics/0/scopeMetrics/0/metrics/0"


def read(data: bytes, signal: Any = "traces", *, max_depth: int = 64) -> tuple[Any, list[str]]:
    """The document, and the findings as ``code pointer`` without what all codes begin with."""
    document, findings = read_protobuf(data, signal, max_depth=max_depth)
    assert all(finding.message for finding in findings)
    return document, [f"{finding.code.removeprefix('wire.protobuf-')} {finding.pointer}" for finding in findings]


def span(*fields: bytes) -> tuple[Any, list[str]]:
    """The only span of a request, and the findings with pointers from there."""
    document, found = read(trace(*fields))
    return document["resourceSpans"][0]["scopeSpans"][0]["spans"][0], [each.replace(SPAN, "") for each in found]


def point(kind: int, *fields: bytes) -> tuple[Any, list[str]]:
    """The only data point of a metric whose data is field ``kind``."""
    document, found = read(metric(chunk(kind, chunk(1, *fields))), "metrics")
    (data,) = document["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][0].values()
    return data["dataPoints"][0], [re.sub(r" .*/dataPoints/0", " ", each) for each in found]


def code_of(data: bytes, signal: Any = "traces", *, max_depth: int = 64) -> str:
    with pytest.raises(WireError) as caught:
        read_protobuf(data, signal, max_depth=max_depth)
    return caught.value.code


# --- the document ---------------------------------------------------------------------------------------------------


def test_no_byte_is_a_message_without_fields() -> None:
    assert read(b"") == ({}, [])


def test_same_bytes_are_what_the_field_says_that_they_are() -> None:
    """An attribute of the scope and the status of a span, which stand equally deep."""
    same = chunk(2, chunk(1, "v"))
    document, found = read(chunk(1, chunk(2, chunk(1, chunk(3, same)), chunk(2, chunk(15, same)))))
    (scope,) = document["resourceSpans"][0]["scopeSpans"]
    assert scope["scope"] == {"attributes": [{"value": {"stringValue": "v"}}]}
    assert scope["spans"] == [{"status": {"message": "\n\x01v"}}]
    assert found == []


def test_ids_are_hex_times_and_enums_numbers_and_order_is_free() -> None:
    assert span(
        fixed64(7, 2**64 - 1), number(6, 2), chunk(5, "name"), chunk(2, bytes(range(8))), chunk(1, bytes([255] * 16)),
        fixed32(16, 257), chunk(15, number(3, 1)),
    ) == (
        {
            "startTimeUnixNano": 2**64 - 1, "kind": 2, "name": "name", "spanId": "0001020304050607",
            "traceId": "ff" * 16, "flags": 257, "status": {"code": 1},
        },
        [],
    )  # fmt: skip


def test_attribute_values_of_every_kind_are_those_of_json() -> None:
    values = {
        "stringValue": (chunk(1, "\u00e4"), "\u00e4"),
        "boolValue": (number(2, 1), True),
        "intValue": (number(3, 2**64 - 5), -5),
        "doubleValue": (double(4, 0.5), 0.5),
        "arrayValue": (chunk(5, chunk(1, chunk(1, "a")), chunk(1)), {"values": [{"stringValue": "a"}, {}]}),
        "kvlistValue": (chunk(6, chunk(1, chunk(1, "k"), chunk(2))), {"values": [{"key": "k", "value": {}}]}),
        "bytesValue": (chunk(7, b"\xff\x00"), "/wA="),
        "stringValueStrindex": (number(8, 7), 7),
    }  # fmt: skip
    document, found = span(*(chunk(9, chunk(1, name), chunk(2, data)) for name, (data, _) in values.items()))
    assert document["attributes"] == [{"key": name, "value": {name: value}} for name, (_, value) in values.items()]
    assert found == []


def test_written_defaults_are_shown_and_are_no_fault() -> None:
    assert span(chunk(5), number(10, 0), fixed64(7, 0), chunk(15)) == (
        {"name": "", "droppedAttributesCount": 0, "startTimeUnixNano": 0, "status": {}},
        [],
    )


@pytest.mark.parametrize(
    ("value", "shown"), [(float("nan"), "NaN"), (float("inf"), "Infinity"), (float("-inf"), "-Infinity"), (-0.0, -0.0)]
)
def test_numbers_that_json_lacks_are_texts(value: float, shown: object) -> None:
    document, found = point(5, double(4, value))
    assert (repr(document["asDouble"]), found) == (repr(shown), [])


def test_lists_of_numbers_are_unpacked() -> None:
    packed = chunk(6, struct.pack("<2Q", 3, 4)) + chunk(7, struct.pack("<d", float("inf")))
    assert point(9, packed) == ({"bucketCounts": [3, 4], "explicitBounds": ["Infinity"]}, [])
    buckets = chunk(8, number(1, 3), chunk(2, varint(300), varint(1)))
    assert point(10, buckets, number(6, 4)) == ({"positive": {"offset": -2, "bucketCounts": [300, 1]}, "scale": 2}, [])
    assert point(9, chunk(6)) == ({"bucketCounts": []}, [])


def test_signed_point_and_strings_in_a_list() -> None:
    assert point(5, tag(6, 1) + struct.pack("<q", -1)) == ({"asInt": -1}, [])
    document, found = read(chunk(1, chunk(1, chunk(3, chunk(3, "a"), chunk(3, "b")))))
    assert document == {"resourceSpans": [{"resource": {"entityRefs": [{"idKeys": ["a", "b"]}]}}]}
    assert found == []


def test_responses_and_status() -> None:
    answer = chunk(1, number(1, 3), chunk(2, "too old"))
    for signal, name in (
        ("traces", "rejectedSpans"),
        ("metrics", "rejectedDataPoints"),
        ("logs", "rejectedLogRecords"),
    ):
        document, findings = read_protobuf(answer, signal, max_depth=64, response=True)  # type: ignore[arg-type]
        assert (document, findings) == ({"partialSuccess": {name: 3, "errorMessage": "too old"}}, ())
    status = number(1, 3) + chunk(2, "no") + chunk(3, chunk(1, "type"), chunk(2, b"\0"))
    document, findings = read_protobuf_status(status, max_depth=64)
    assert (document, findings) == ({"code": 3, "message": "no", "details": [{"typeUrl": "type", "value": "AA=="}]}, ())


# --- what no document of other parsers shows ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "shown"),
    [
        (number(99, 5), 5),
        (chunk(99, "a text"), "a text"),
        (chunk(99, b"half \xff text"), "half \ufffd text"),
        (fixed64(99, 7), 7),
        (fixed32(99, 7), 7),
    ],
)
def test_unknown_field_is_found_and_shown(field: bytes, shown: object) -> None:
    assert span(field) == ({"field:99": [shown]}, ["unknown-field /field:99"])


def test_unknown_field_that_comes_again_is_one_finding_and_all_is_shown() -> None:
    document, found = read(number(2**29 - 1, 1) + chunk(2**29 - 1, "x"))
    assert document == {f"field:{2**29 - 1}": [1, "x"]}
    assert found == [f"unknown-field /field:{2**29 - 1}"]


def test_known_field_of_another_wire_type_is_found_and_shown() -> None:
    assert span(number(5, 1), chunk(6, "SERVER")) == (
        {"field:5": [1], "field:6": ["SERVER"]},
        ["wire-type /field:5", "wire-type /field:6"],
    )


def test_repeated_field_is_found_and_every_value_shown() -> None:
    assert span(chunk(5, "hidden"), chunk(5, "shown"), chunk(5, "last")) == (
        {"name": "hidden", "name:again": [{"name": "shown"}, {"name": "last"}]},
        ["repeated-field /name"],
    )
    assert span(fixed64(7, 1), fixed64(7, 1)) == (
        {"startTimeUnixNano": 1, "startTimeUnixNano:again": [{"startTimeUnixNano": 1}]},
        ["repeated-field /startTimeUnixNano"],
    )


def test_repeated_message_that_parsers_merge_is_found() -> None:
    document, found = span(chunk(15, number(3, 1)), chunk(15, chunk(2, "a"), number(99, 1)))
    assert document == {"status": {"code": 1}, "status:again": [{"status": {"message": "a", "field:99": [1]}}]}
    assert found == ["repeated-field /status", "unknown-field /status:again/0/status/field:99"]


def test_two_members_of_a_oneof_are_found() -> None:
    assert span(chunk(9, chunk(1, "k"), chunk(2, chunk(1, "hidden"), number(3, 5)))) == (
        {"attributes": [{"key": "k", "value": {"stringValue": "hidden", "intValue": 5}}]},
        ["repeated-field /attributes/0/value/intValue"],
    )
    assert point(5, double(4, 1.0), fixed64(6, 1))[1] == ["repeated-field /asInt"]
    assert read(metric(chunk(5), chunk(7)), "metrics")[1] == [f"repeated-field {METRIC}/sum"]


def test_fault_in_an_attribute_is_found_in_every_copy_of_it() -> None:
    """Equal attributes are read once, but only where there is nothing to say about them."""
    data = chunk(1, "k") + number(99, 1)
    document, found = span(chunk(9, data), chunk(9, data), chunk(9, attribute("k", "v")), chunk(9, attribute("k", "v")))
    assert found == ["unknown-field /attributes/0/field:99", "unknown-field /attributes/1/field:99"]
    assert document["attributes"][2] == document["attributes"][3] == {"key": "k", "value": {"stringValue": "v"}}


def test_text_that_is_not_utf8_is_found_and_what_can_be_read_is_shown() -> None:
    assert span(chunk(5, b"lcl_\xff\xed\xa0\x80key"))[1] == ["utf8 /name"]
    assert span(chunk(5, b"lcl_\xffkey"))[0] == {"name": "lcl_\ufffdkey"}


@pytest.mark.parametrize(
    ("field", "name", "shown"),
    [
        (number(10, 2**32), "droppedAttributesCount", 2**32),
        (number(6, 2**31), "kind", 2**31),
        (number(6, 2**64 - 2**31 - 1), "kind", -(2**31) - 1),
    ],
)
def test_integer_that_parsers_cut_off_is_found_and_shown_whole(field: bytes, name: str, shown: int) -> None:
    assert span(field) == ({name: shown}, [f"integer-range /{name}"])


@pytest.mark.parametrize("value", [2**31 - 1, 2**64 - 2**31, 2**64 - 1, 0])
def test_integer_at_the_limits_of_its_type_is_fine(value: int) -> None:
    assert span(number(6, value)) == ({"kind": value if value < 2**63 else value - 2**64}, [])


def test_truth_is_one_or_zero() -> None:
    value = [chunk(9, chunk(2, number(2, each))) for each in (0, 1, 2)]
    document, found = span(*value)
    assert [each["value"]["boolValue"] for each in document["attributes"]] == [False, True, 2]
    assert found == ["integer-range /attributes/2/value/boolValue"]


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        (number(10, 5, longer=1), ["noncanonical /droppedAttributesCount"]),
        (number(10, 5, longer=8), ["noncanonical /droppedAttributesCount"]),
        (number(10, 0, longer=1), ["noncanonical /droppedAttributesCount"]),
        (tag(5, 2) + b"\x81\x00a", ["noncanonical /name"]),
        (tag(5, 2) + b"\x81\x80\x00a", ["noncanonical /name"]),
        (b"\xaa\x00\x01a", ["noncanonical "]),
        (number(99, 1, longer=1), ["unknown-field /field:99", "noncanonical /field:99"]),
    ],
)
def test_longer_varint_than_needed_is_found_as_the_channel_it_is(fields: bytes, found: list[str]) -> None:
    assert span(fields)[1] == found


def test_packed_list_in_pieces_or_unpacked_is_found() -> None:
    one = struct.pack("<Q", 1)
    assert point(9, chunk(6, one), chunk(6, one)) == ({"bucketCounts": [1, 1]}, ["noncanonical /bucketCounts"])
    assert point(9, fixed64(6, 1), fixed64(6, 2)) == ({"bucketCounts": [1, 2]}, ["noncanonical /bucketCounts"])
    assert point(10, chunk(8, number(2, 300)))[1] == ["noncanonical /positive/bucketCounts"]
    assert point(10, chunk(8, chunk(2, varint(1), varint(1, longer=1))))[1] == ["noncanonical /positive/bucketCounts/1"]


@pytest.mark.parametrize("bits", [0x7FF8000000000000, 0xFFF8000000000000, 0x7FF8000000000001])
def test_nan_as_languages_write_it_is_fine(bits: int) -> None:
    assert point(5, fixed64(4, bits)) == ({"asDouble": "NaN"}, [])


def test_nan_with_a_payload_is_found_alone_and_in_a_list() -> None:
    assert point(5, fixed64(4, 0x7FF8000000C0FFEE)) == ({"asDouble": "NaN"}, ["noncanonical /asDouble"])
    assert point(9, chunk(7, struct.pack("<Q", 0x7FF4_0000_0000_0000)))[1] == ["noncanonical /explicitBounds/0"]


# --- bytes that are no message --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b"\x0a",
        b"\x0a\x05a",
        b"\x80",
        chunk(1)[:1] + b"\xff" * 4,
        trace(tag(7, 1) + b"1234567"),
        trace(tag(16, 5) + b"123"),
        trace(tag(10, 0)),
        trace(tag(10, 0) + b"\x80"),
        trace(chunk(5, "a")[:-1]),
        trace(tag(99, 1) + b"1"),
        trace(chunk(99, "ab")[:-1]),
        trace(chunk(5, "a"), tag(5, 2) + b"\x05a"),
        chunk(1, tag(2, 2) + b"\x02") + chunk(1),  # the length leads out of its message and stays in the body
        chunk(1, chunk(2, chunk(2, tag(7, 1)))) + bytes(8),
        # The same, and what is behind the message is one too, whichever way it is cut.
        chunk(1, chunk(2, chunk(2, tag(7, 1)))) + chunk(1) * 4,
        chunk(1, chunk(2, chunk(2, tag(10, 0)))) + chunk(1),
        chunk(1, chunk(2, chunk(2, tag(16, 5)))) + chunk(1) * 2,
        b"\x0a\x01\x0a",
    ],
)
def test_field_that_ends_behind_its_message_is_refused(data: bytes) -> None:
    assert code_of(data) == "wire.protobuf-invalid"


@pytest.mark.parametrize(
    "field",
    [
        b"\x00\x01", tag(0, 2) + b"\x00", b"\x80\x00\x01",
        tag(99, 3) + tag(99, 4), tag(5, 3) + tag(5, 4), tag(99, 4), tag(5, 6) + b"\x00", tag(5, 7),
        tag(10, 0) + b"\x80" * 10 + b"\x01", tag(10, 0) + b"\xff" * 9 + b"\x02",
        varint(1 << 32) + b"\x01", varint(10 << 3, longer=5) + b"\x01",
    ],
)  # fmt: skip
def test_what_no_parser_reads_is_refused(field: bytes) -> None:
    assert code_of(trace(field)) == "wire.protobuf-invalid"


@pytest.mark.parametrize(
    "data",
    [
        chunk(9, chunk(1, chunk(6, b"1234567"))),
        chunk(9, chunk(1, chunk(7, b"123456789"))),
        chunk(10, chunk(1, chunk(8, chunk(2, b"\x80")))),
        chunk(10, chunk(1, chunk(8, chunk(2, b"\x01\xff")))),
    ],
)
def test_packed_list_with_a_part_of_a_number_is_refused(data: bytes) -> None:
    assert code_of(metric(data), "metrics") == "wire.protobuf-invalid"


# --- bounds ---------------------------------------------------------------------------------------------------------


def nested(levels: int) -> bytes:
    value = chunk(1, "deep")
    for _ in range(levels):
        value = chunk(5, chunk(1, value))
    return chunk(9, chunk(2, value))


def test_depth_is_counted_as_in_the_document() -> None:
    def depth(value: Any) -> int:
        below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
        return 0 if below is None else 1 + max(map(depth, below), default=0)

    document, _ = read(trace(nested(5)))
    assert read(trace(nested(5)), max_depth=depth(document))[0] == document
    assert code_of(trace(nested(5)), max_depth=depth(document) - 1) == "wire.protobuf-depth"


def test_attribute_that_was_read_before_is_not_allowed_deeper_than_others() -> None:
    inner = chunk(1, "k") + chunk(2, chunk(5, chunk(1, chunk(5, chunk(1, chunk(1, "deep"))))))
    outer = chunk(1, "k") + chunk(2, chunk(6, chunk(1, inner)))
    limit = 16
    assert read(trace(chunk(9, inner)), max_depth=limit)[1] == []
    assert code_of(trace(chunk(9, inner), chunk(9, outer)), max_depth=limit) == "wire.protobuf-depth"


def test_lists_of_scalars_and_hidden_values_count_as_depth() -> None:
    depth = 10  # of a data point
    data = metric(chunk(9, chunk(1, chunk(6, bytes(8)))))
    assert read(data, "metrics", max_depth=depth + 1)[1] == []
    assert code_of(data, "metrics", max_depth=depth) == "wire.protobuf-depth"
    assert code_of(trace(number(99, 1)), max_depth=7) == "wire.protobuf-depth"
    assert code_of(trace(chunk(5), chunk(5)), max_depth=8) == "wire.protobuf-depth"


@pytest.mark.parametrize(
    ("data", "signal"),
    [
        (chunk(1) * 1000, "traces"),
        (trace(chunk(9) * 1000), "traces"),
        (trace(number(99, 1) * 1000), "traces"),
        (trace(chunk(5) * 1000), "traces"),
        (trace(chunk(9, chunk(1, b"k"), chunk(2, chunk(5, chunk(1, number(2, 1)) * 20))) * 40), "traces"),
        (chunk(1, chunk(1, chunk(3, chunk(3) * 1000))), "traces"),
        (metric(chunk(10, chunk(1, chunk(8, chunk(2, bytes(1000)))))), "metrics"),
        (metric(chunk(10, chunk(1, chunk(8, number(2, 1) * 1000)))), "metrics"),
    ],
)
def test_number_of_values_is_bounded(monkeypatch: pytest.MonkeyPatch, data: bytes, signal: str) -> None:
    read(data, signal)
    monkeypatch.setattr(otlp_protobuf, "MOST_VALUES", 900)
    assert code_of(data, signal) == "wire.protobuf-too-large"


def test_memory_is_bounded_however_many_values_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(otlp_protobuf, "MOST_VALUES", 10_000)
    buckets = metric(chunk(10, chunk(1, chunk(8, chunk(2, bytes(range(128)) * 10_000)))))
    for data, signal in (
        (chunk(1) * 1_000_000, "traces"),
        (trace(number(99, 1) * 500_000), "traces"),
        (trace(chunk(5) * 500_000), "traces"),
        (buckets, "metrics"),
    ):
        tracemalloc.start()
        assert code_of(data, signal) == "wire.protobuf-too-large"
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 5_000_000


def test_memory_does_not_grow_with_the_nesting_of_attributes() -> None:
    """Each is remembered in case that it comes again; a copy at every level of them would be many times the body."""
    value = chunk(1, "x" * 1_000_000)
    for _ in range(13):
        value = chunk(6, chunk(1, chunk(1, "k"), chunk(2, value)))
    data = trace(chunk(9, chunk(1, "k"), chunk(2, value)))
    tracemalloc.start()
    assert read(data)[1] == []
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * len(data)


def test_work_does_not_grow_with_the_nesting_of_attributes() -> None:
    """What is copied is hashed, too; this is a copy for the text, and none for each level around it."""
    copied = []

    class Counted(bytes):
        def __getitem__(self, where: Any) -> Any:
            found = super().__getitem__(where)
            copied.append(len(found) if isinstance(found, bytes) else 0)
            return found

    data = chunk(1, chunk(1, nested_around("x" * 100_000, 13)))
    read(Counted(data))
    assert sum(copied) < 2 * len(data)


def nested_around(text: str, levels: int) -> bytes:
    """A field 1 with an attribute in whose value there is another, and so on; in the last, ``text``."""
    value = chunk(1, text)
    for _ in range(levels):
        value = chunk(6, chunk(1, chunk(1, "k"), chunk(2, value)))
    return chunk(1, chunk(1, "k"), chunk(2, value))


def test_findings_are_bounded_and_the_last_covers_the_body() -> None:
    _, findings = read_protobuf(chunk(1, number(99, 1)) * (MOST_REMARKS + 5), "traces", max_depth=64)
    assert len(findings) == MOST_REMARKS + 1
    assert (findings[-1].code, findings[-1].pointer) == ("wire.protobuf-unknown-field", "")
    assert findings[-2].pointer == f"/resourceSpans/{MOST_REMARKS - 1}/field:99"


def test_nothing_of_the_body_stands_in_a_message() -> None:
    _, findings = read_protobuf(
        trace(chunk(99, "canary"), chunk(5, b"canary\xff"), chunk(5, "canary")), "traces", max_depth=64
    )
    assert len(findings) == 3
    assert not any("canary" in finding.message + finding.pointer for finding in findings)
