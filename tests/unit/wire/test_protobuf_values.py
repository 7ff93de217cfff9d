"""Values of protobuf fields: what OTLP/JSON shows for them, and what is said of those that could have been others."""

import math
import struct
from typing import Any

import pytest

from beacon_audit.errors import WireError
from beacon_audit.wire.otlp_messages import (
    BOOL,
    DOUBLE,
    FIXED32,
    FIXED64,
    INT32,
    INT64,
    SFIXED64,
    SINT32,
    UINT32,
    UINT64,
)
from beacon_audit.wire.protobuf_format import BYTES_WIRE, FIXED32_WIRE, FIXED64_WIRE, VARINT_WIRE
from beacon_audit.wire.protobuf_remarks import Remarks
from beacon_audit.wire.protobuf_values import Values
from harness.protobuf_bytes import tag, varint

PLACE = (None, "here")
SIGN = 1 << 64  # negative numbers travel as what is missing to it


class Reading:
    """The values in ``data``, and what was said of them."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.remarks = Remarks()
        self.values = Values(data, self.remarks)

    def number(self, kind: int) -> Any:
        """The number that ``data`` is."""
        value, after = self.values.number(kind, 0, len(self.data), PLACE)
        assert after == len(self.data)
        return value

    @property
    def said(self) -> list[tuple[str, str]]:
        return [(finding.code.removeprefix("wire.protobuf-"), finding.pointer) for finding in self.remarks.findings()]


@pytest.mark.parametrize(
    ("kind", "bits", "value"),
    [
        (INT32, 0, 0), (INT32, 2**31 - 1, 2**31 - 1), (INT32, SIGN - 2**31, -(2**31)), (INT32, SIGN - 1, -1),
        (INT64, 2**63 - 1, 2**63 - 1), (INT64, 2**63, -(2**63)), (INT64, SIGN - 5, -5),
        (UINT32, 2**32 - 1, 2**32 - 1), (UINT64, 2**64 - 1, 2**64 - 1),
        (SINT32, 0, 0), (SINT32, 1, -1), (SINT32, 2, 1), (SINT32, 2**32 - 1, -(2**31)), (SINT32, 2**32 - 2, 2**31 - 1),
    ],
)  # fmt: skip
def test_integer_has_the_sign_of_its_kind(kind: int, bits: int, value: int) -> None:
    reading = Reading(varint(bits))
    assert (reading.number(kind), reading.said) == (value, [])


@pytest.mark.parametrize(
    ("kind", "bits", "value"),
    [
        (INT32, 2**31, 2**31), (INT32, 2**32 - 1, 2**32 - 1), (INT32, SIGN - 2**31 - 1, -(2**31) - 1),
        (UINT32, 2**32, 2**32), (UINT32, SIGN - 1, SIGN - 1), (SINT32, 2**32, 2**31), (SINT32, 2**32 + 1, -(2**31) - 1),
        (BOOL, 2, 2), (BOOL, SIGN - 1, SIGN - 1),
    ],
)  # fmt: skip
def test_integer_that_parsers_would_cut_off_is_given_whole_and_told(kind: int, bits: int, value: int) -> None:
    reading = Reading(varint(bits))
    assert (reading.number(kind), reading.said) == (value, [("integer-range", "/here")])


@pytest.mark.parametrize(("bits", "value"), [(0, False), (1, True)])
def test_truth_is_no_number(bits: int, value: bool) -> None:
    assert Reading(varint(bits)).number(BOOL) is value


@pytest.mark.parametrize("kind", [INT32, INT64, UINT32, UINT64, SINT32, BOOL])
def test_longer_varint_is_told_whatever_it_holds(kind: int) -> None:
    reading = Reading(varint(1, longer=1))
    reading.number(kind)
    assert reading.said == [("noncanonical", "/here")]


@pytest.mark.parametrize(
    ("kind", "form", "value"),
    [(FIXED64, "<Q", 2**64 - 1), (SFIXED64, "<q", -(2**63)), (FIXED32, "<I", 2**32 - 1), (DOUBLE, "<d", -0.0)],
)
def test_number_of_fixed_length_is_little_endian(kind: int, form: str, value: float) -> None:
    reading = Reading(struct.pack(form, value))
    assert (repr(reading.number(kind)), reading.said) == (repr(value), [])


@pytest.mark.parametrize(
    ("value", "shown"), [(math.inf, "Infinity"), (-math.inf, "-Infinity"), (math.nan, "NaN"), (-math.nan, "NaN")]
)
def test_double_that_json_lacks_is_a_text(value: float, shown: str) -> None:
    reading = Reading(struct.pack("<d", value))
    assert (reading.number(DOUBLE), reading.said) == (shown, [])


@pytest.mark.parametrize("bits", [0x7FF8000000000002, 0x7FF0000000000001, 0xFFFFFFFFFFFFFFFF])
def test_nan_that_says_something_is_told(bits: int) -> None:
    reading = Reading(struct.pack("<Q", bits))
    assert (reading.number(DOUBLE), reading.said) == ("NaN", [("noncanonical", "/here")])


@pytest.mark.parametrize("data", [varint(1 << 32), varint(1, longer=5), b"\xff" * 10, b"\x80"])
def test_tag_of_more_than_32_bits_or_5_bytes_is_refused(data: bytes) -> None:
    with pytest.raises(WireError) as caught:
        Reading(data).values.tag(0, len(data), PLACE)
    assert caught.value.code == "wire.protobuf-invalid"


def test_tag_in_more_bytes_than_it_needs_is_told() -> None:
    reading = Reading(varint(10, longer=4))
    assert reading.values.tag(0, 5, PLACE) == (10, 5)
    assert reading.said == [("noncanonical", "/here")]


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        ("\u00e4\U0001f600".encode(), "\u00e4\U0001f600"),
        (b"a\xffb", "a\ufffdb"),
        (b"\xc0\xaf", "\ufffd\ufffd"),  # a slash, written longer than needed
        (b"\xed\xa0\x80", "\ufffd\ufffd\ufffd"),  # half of a surrogate pair
        (b"a\xc3", "a\ufffd"),
    ],
)
def test_text_shows_what_can_be_read_of_it(data: bytes, shown: str) -> None:
    reading = Reading(b"-" + data + b"-")
    assert reading.values.text(1, 1 + len(data), PLACE) == shown
    assert reading.said == ([("utf8", "/here")] if "\ufffd" in shown else [])


def test_packed_list_tells_which_of_its_numbers_is_odd() -> None:
    data = varint(1) + varint(2, longer=1) + varint(3)
    reading = Reading(data)
    assert list(reading.values.packed(UINT64, 0, len(data), PLACE)) == [1, 2, 3]
    assert reading.said == [("noncanonical", "/here/1")]


def test_packed_list_that_ends_inside_of_a_number_is_refused() -> None:
    reading = Reading(bytes(16))
    with pytest.raises(WireError, match="to end inside"):
        list(reading.values.packed(FIXED64, 0, 12, PLACE))


@pytest.mark.parametrize(
    ("wire", "data", "value"),
    [
        (VARINT_WIRE, varint(SIGN - 1), SIGN - 1),
        (BYTES_WIRE, b"\x03a\xffb", "a\ufffdb"),
        (BYTES_WIRE, b"\x00", ""),
        (FIXED64_WIRE, struct.pack("<Q", 7), 7),
        (FIXED32_WIRE, struct.pack("<I", 7), 7),
    ],
)
def test_value_of_an_unknown_field_is_what_its_wire_type_says(wire: int, data: bytes, value: object) -> None:
    reading = Reading(data)
    assert reading.values.unread(wire, 0, len(data), PLACE) == (value, len(data))
    assert reading.said == []


@pytest.mark.parametrize("wire", [3, 4, 6, 7])
def test_group_and_wire_types_that_do_not_exist_are_refused(wire: int) -> None:
    with pytest.raises(WireError, match="wire type 0, 1, 2 or 5"):
        Reading(bytes(8)).values.unread(wire, 0, 8, PLACE)


def test_unknown_text_that_is_longer_than_its_message_is_refused() -> None:
    with pytest.raises(WireError, match="to end inside"):
        Reading(b"\x03abc").values.unread(BYTES_WIRE, 0, 3, PLACE)


@pytest.mark.parametrize(
    ("wire", "data"),
    [(VARINT_WIRE, varint(300, longer=1)), (BYTES_WIRE, b"\x02ab"), (FIXED64_WIRE, bytes(8)), (FIXED32_WIRE, bytes(4))],
)
def test_skipping_says_nothing_and_leads_behind_the_value(wire: int, data: bytes) -> None:
    reading = Reading(data)
    assert reading.values.skip(tag(5, wire)[0], 0, len(data)) == len(data)
    assert reading.said == []
