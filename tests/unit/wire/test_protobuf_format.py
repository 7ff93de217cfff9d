"""Varints, byte by byte."""

import pytest

from beacon_audit.errors import WireError
from beacon_audit.wire.protobuf_format import invalid, read_varint, truncated
from harness.protobuf_bytes import varint


@pytest.mark.parametrize("value", [0, 1, 127, 128, 300, 2**14 - 1, 2**14, 2**32, 2**63 - 1, 2**63, 2**64 - 1])
def test_varint_is_its_value_the_place_behind_it_and_no_longer_than_needed(value: int) -> None:
    data = varint(value)
    assert read_varint(data, 0, len(data)) == (value, len(data), False)
    assert read_varint(b"\xff\xff" + data + b"\xff", 2, len(data) + 3) == (value, len(data) + 2, False)


@pytest.mark.parametrize("longer", [1, 2, 8])
@pytest.mark.parametrize("value", [0, 1, 127])
def test_longer_form_of_a_value_is_read_and_told(value: int, longer: int) -> None:
    data = varint(value, longer=longer)
    assert len(data) == 1 + longer
    assert read_varint(data, 0, len(data)) == (value, len(data), True)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "to end inside"),
        (b"\x80", "to end inside"),
        (b"\xff" * 9, "to end inside"),
        (b"\xff" * 10, "at most 10 bytes"),
        (b"\x80" * 10 + b"\x01", "at most 10 bytes"),
        (b"\xff" * 9 + b"\x02", "at most 64 bits"),
        (b"\xff" * 9 + b"\x7f", "at most 64 bits"),
    ],
)
def test_what_is_no_varint_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(WireError, match=message) as caught:
        read_varint(data, 0, len(data))
    assert caught.value.code == "wire.protobuf-invalid"


def test_varint_does_not_go_on_behind_the_end_of_its_message() -> None:
    with pytest.raises(WireError, match="to end inside"):
        read_varint(b"\x80\x01", 0, 1)
    with pytest.raises(WireError, match="to end inside"):
        read_varint(b"\x01", 1, 1)


def test_errors_have_a_code_and_a_pointer() -> None:
    assert (invalid("x", "/a").code, invalid("x", "/a").pointer) == ("wire.protobuf-invalid", "/a")
    assert (truncated("/b").code, truncated("/b").pointer) == ("wire.protobuf-invalid", "/b")
