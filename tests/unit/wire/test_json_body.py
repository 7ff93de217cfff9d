"""JSON: a document that all readers agree on, or what they would disagree about."""

import json

import pytest

from beacon_audit.errors import WireError
from beacon_audit.model import Finding
from beacon_audit.wire import JsonValue, json_body, read_json
from harness.memory import peak_memory


def fault(data: bytes, max_depth: int = 64) -> WireError:
    with pytest.raises(WireError) as caught:
        read_json(data, max_depth=max_depth)
    return caught.value


def places(data: bytes) -> list[tuple[str, str]]:
    _, findings = read_json(data, max_depth=64)
    return [(finding.code, finding.pointer) for finding in findings]


@pytest.mark.parametrize(
    ("data", "document"),
    [
        (b'{"license": "x"}', {"license": "x"}),
        (b" [1, -2, 3.5, true, null]\n", [1, -2, 3.5, True, None]),
        (b'"text"', "text"),
        (b'{"a:b": "c:d", "e\\":": ["\\\\", {}]}', {"a:b": "c:d", 'e":': ["\\", {}]}),
        ('{"ü": "日本"}'.encode(), {"ü": "日本"}),
    ],
)
def test_clean_document_comes_back_without_findings(data: bytes, document: JsonValue) -> None:
    assert read_json(data, max_depth=64) == (document, ())


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"])
def test_byte_order_mark_is_refused(mark: bytes) -> None:
    assert fault(mark + b"{}").code == "wire.bom"


@pytest.mark.parametrize("data", [b'"\xff"', b'"\xc0\xaf"', b'"\xed\xa0\x80"', b"\x80"])
def test_bytes_that_are_not_utf_8_are_refused(data: bytes) -> None:
    assert fault(data).code == "wire.json-utf8"


@pytest.mark.parametrize("data", [b"{} {}", b"{}x", b"1 2", b"{}\x00", b'{"a":1}//note'])
def test_bytes_after_the_document_are_refused(data: bytes) -> None:
    assert fault(data).code == "wire.json-trailing-bytes"


@pytest.mark.parametrize(
    "data",
    [
        b"", b" ", b"{", b'{"a":1,}', b"{'a':1}", b"[NaN]", b"[Infinity]", b"[1e999]", b"[01]", b"[+1]", b"[.5]",
        b'"\\ud800"', b'"\x01"', b'{"token": "x" //comment\n}', b'/**/{"a":1}', b"{a:1}", b"\x00",
    ],
)  # fmt: skip
def test_bytes_that_are_not_json_are_refused(data: bytes) -> None:
    assert fault(data).code == "wire.json-invalid"


def test_error_quotes_no_payload_and_holds_on_to_none() -> None:
    error = fault(b'{"license": "lcl_made_up", }')
    assert "lcl" not in str(error)
    assert error.__cause__ is None
    assert error.__context__ is None


def test_depth_is_counted_in_containers() -> None:
    assert read_json(b"[[[1]]]", max_depth=3)[0] == [[[1]]]
    assert fault(b"[[[1]]]", max_depth=2).code == "wire.json-depth"
    assert fault(b'{"a":{"b":{}}}', max_depth=2).code == "wire.json-depth"
    assert read_json(b"1", max_depth=0)[0] == 1


@pytest.mark.parametrize("levels", [65, 1_000, 1_025, 900_000])
def test_nesting_of_any_depth_is_refused_in_the_same_way(levels: int) -> None:
    assert fault(b"[" * levels + b"]" * levels).code == "wire.json-depth"


@pytest.mark.parametrize(
    ("data", "pointers"),
    [
        (b'{"a":1,"a":2}', ["/a"]),
        (b'{"a":1,"a":2,"a":3}', ["/a", "/a"]),
        (b'{"license":"x","licens\\u0065":"y"}', ["/license"]),
        (b'{"x":[{"b":1},{"b":1,"c":0,"b":2}]}', ["/x/1/b"]),
        (b'{"a":{"k":1,"k":1},"a":{"k":1,"k":1}}', ["/a", "/a/k", "/a/k"]),
        (b'{"":1,"":2}', ["/"]),
        (b'{"a/b":1,"a/b":2}', ["/a~1b"]),
        (b'{"q\\"":1,"q\\"":2}', [""]),
        (b'{"s\\\\":"\\\\","s\\\\":":"}', [""]),
    ],
)
def test_every_duplicate_key_is_found_where_it_is(data: bytes, pointers: list[str]) -> None:
    assert sorted(places(data)) == [("wire.duplicate-key", pointer) for pointer in sorted(pointers)]


@pytest.mark.parametrize("number", [b"-9223372036854775808", b"18446744073709551615", b"0", b"1678886400000000000"])
def test_integer_that_fits_in_64_bits_is_exact(number: bytes) -> None:
    document, findings = read_json(b"[" + number + b"]", max_depth=64)
    assert document == [int(number)]
    assert findings == ()


@pytest.mark.parametrize("number", [b"-9223372036854775809", b"18446744073709551616", b"9" * 40, b"-" + b"9" * 300])
def test_integer_beyond_64_bits_is_found_where_it_is(number: bytes) -> None:
    assert places(b'{"a":[0,' + number + b"]}") == [("wire.integer-range", "/a/1")]


@pytest.mark.parametrize("number", [b"0." + b"1" * 39, b"1e" + b"0" * 38 + b"1", b"-1." + b"0" * 38])
def test_number_with_more_digits_than_any_reader_keeps_is_found_where_it_is(number: bytes) -> None:
    """A place for megabytes that no parsed view shows."""
    assert len(number) == 41
    assert places(b'{"a":[0,' + number + b"]}") == [("wire.number-digits", "/a/1")]
    assert places(b'{"a":[0,' + number[:-1] + b"]}") == []


@pytest.mark.parametrize("number", [b"-1.7976931348623157e+308", b"0.1000000000000000055511151231257827", b"1e-400"])
def test_number_as_programs_write_it_is_no_finding(number: bytes) -> None:
    assert places(b"[" + number + b"]") == []


@pytest.mark.parametrize(
    "unit", [b"0,", b"[],", b"{},", b'"",', b'{"a":0},', b'"\\",""",', b"null,"], ids=lambda unit: unit.decode()
)
def test_values_without_end_are_refused_before_any_is_made(unit: bytes) -> None:
    data = b"[" + unit * 1_100_000 + b"0]"
    with peak_memory() as peak:
        assert fault(data).code == "wire.json-too-large"
    assert peak.bytes <= 4 * len(data) + 100_000


@pytest.mark.parametrize("end", [b"]", b'"', b""])
def test_values_without_end_are_not_hidden_by_a_mistake_behind_them(end: bytes) -> None:
    assert fault(b"[" + rb'{},"\"",' * 500_000 + end).code == "wire.json-too-large"


def test_many_commas_in_a_text_are_no_values() -> None:
    text = "[{,\\" * 600_000
    assert read_json(b'["' + text.replace("\\", "\\\\").encode() + b'"]', max_depth=64) == ([text], ())


@pytest.mark.parametrize(
    ("unit", "code"),
    [
        (b'{"a":1,"a":2}', "wire.duplicate-key"),
        (b"18446744073709551616", "wire.integer-range"),
        (b"0." + b"1" * 39, "wire.number-digits"),
    ],
)
def test_of_many_ambiguities_some_are_listed_and_one_covers_the_body(unit: bytes, code: str) -> None:
    found = places(b"[" + b",".join([unit] * 101) + b"]")
    assert [name for name, _ in found] == [code] * 101
    assert [pointer for _, pointer in found[:100]] == sorted(
        (p for _, p in found[:100]), key=lambda p: int(p.split("/")[1])
    )
    assert found[100] == (code, "")
    assert places(b"[" + b",".join([unit] * 100) + b"]") == found[:100]


def test_integer_that_not_even_a_double_holds_is_refused() -> None:
    assert fault(b"[" + b"9" * 5000 + b"]").code == "wire.json-invalid"


def test_digits_inside_a_string_or_a_fraction_are_no_integer() -> None:
    assert places(b'["99999999999999999999999", 0.12345678901234567890123, 1e22]') == []


def test_clean_body_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(data: bytes) -> tuple[Finding, ...]:
        raise AssertionError("the slow reader was asked")

    monkeypatch.setattr(json_body, "find_ambiguities", never)
    data = b'{"timeUnixNano": 1678886400000000000, "a\\\\": "\\":{\\"", "b": {"c": "::"}}'
    read_json(data, max_depth=64)


def test_brackets_between_escaped_quotation_marks_do_not_flatten_a_document() -> None:
    document: object = []
    for _ in range(65):
        document = ['"]"', document, '"["']
    assert fault(json.dumps(document, separators=(",", ":")).encode()).code == "wire.json-depth"
