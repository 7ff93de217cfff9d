"""The slow reader: places, in document order."""

import sys

import pytest

from beacon_audit.errors import WireError
from beacon_audit.wire.json_places import find_ambiguities


def test_findings_come_in_document_order() -> None:
    data = b'{"a":99999999999999999999,"b":{"c":1,"c":2},"d":[{"e":0,"e":0},-9999999999999999999]}'
    assert [finding.pointer for finding in find_ambiguities(data)] == ["/a", "/b/c", "/d/0/e", "/d/1"]


def test_message_of_a_duplicate_quotes_neither_key_nor_value() -> None:
    (finding,) = find_ambiguities(b'{"lcl_key":"lcl_value","lcl_key":"lcl_other"}')
    assert "lcl" not in finding.message


def test_duplicate_with_a_key_that_cannot_be_shown_points_to_its_object() -> None:
    key = b'"' + b"k" * 65 + b'"'
    (finding,) = find_ambiguities(b'{"a":{' + key + b":1," + key + b":2}}")
    assert (finding.code, finding.pointer) == ("wire.duplicate-key", "/a")


def test_nesting_beyond_the_reader_is_our_error() -> None:
    levels = 400_000
    with pytest.raises(WireError) as caught:
        find_ambiguities(b"[" * levels + b"]" * levels)
    assert caught.value.code == "wire.json-depth"


def test_integer_too_long_for_python_to_convert_is_found() -> None:
    digits = b"9" * (sys.get_int_max_str_digits() + 1)
    assert [finding.code for finding in find_ambiguities(digits)] == ["wire.integer-range"]
