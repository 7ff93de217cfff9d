"""JSONTestSuite: every body that a parser must refuse is refused, and what is refused besides has its reason here."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from beacon_audit.errors import WireError
from beacon_audit.wire import read_json
from harness.vectors import load_vectors

SUITE = load_vectors("json_test_suite/parsing.json")

#: Bodies that JSON allows and we do not, because readers differ in what they make of them.
STRICTER = {
    "y_object_duplicated_key": "wire.duplicate-key",
    "y_object_duplicated_key_and_value": "wire.duplicate-key",
    "y_number_double_close_to_zero": "wire.number-digits",  # 80 characters for what has 24 at most
}
#: Where JSON leaves it to the parser, we take what readers agree on: a number that is too small is 0 to all of them.
ACCEPTED = {"i_number_double_huge_neg_exp", "i_number_real_underflow"}

#: Each kind of malformed UTF-8 (RFC 3629 §3 and §10): lone, cut off, too long, beyond the range, surrogates, UTF-16.
MALFORMED = (
    b"\x80", b"\xbf", b"\xc3", b"\xe9", b"\xe5", b"\xff", b"\xfe", b"\xc0\xaf", b"\xc1\xbf", b"\xe0\x80\xaf",
    b"\xe0\xff", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xf0\x80\x80\xaf", b"\xf4\x90\x80\x80", b"\xf4\xbf\xbf\xbf",
    b"\xfc\x83\xbf\xbf\xbf\xbf", b"\xfc\x80\x80\x80\x80\x80",
    b"\xe6\x97\xa5\xd1\x88\xfa", b"\xef\xbb", b"\xff\xfe", b"\xfe\xff",
)  # fmt: skip


def contents(value: Any) -> bytes:
    if isinstance(value, str):
        return base64.b64decode(value)
    return base64.b64decode(value["unit"]) * int(value["times"]) + base64.b64decode(value["end"])


def result(data: bytes) -> str:
    """``accepted``, or the code of the first finding; anything but our error fails the test."""
    try:
        _, findings = read_json(data, max_depth=64)
    except WireError as error:
        return error.code
    return findings[0].code if findings else "accepted"


def filled(data: bytes) -> Iterator[bytes]:
    """``data`` with each hole, and each run of holes, filled with what is malformed."""
    hole = "\ufffd".encode()
    for malformed in MALFORMED:
        yield data.replace(hole, malformed)
        for run in (4, 3, 2):
            yield data.replace(hole * run, malformed).replace(hole, malformed)


def test_the_suite_is_whole() -> None:
    names = [*SUITE["whole"], *SUITE["with_holes"]]
    assert [sum(name.startswith(kind) for name in names) for kind in ("y_", "n_", "i_")] == [95, 188, 35]
    assert len(names) == len(set(names)) == 318


@pytest.mark.parametrize("name", SUITE["whole"])
def test_case_is_taken_as_the_suite_asks_or_more_strictly(name: str) -> None:
    got = result(contents(SUITE["whole"][name]))
    if name.startswith("y_"):
        assert got == STRICTER.get(name, "accepted")
    else:
        assert got == "accepted" if name in ACCEPTED else got.startswith("wire.")


@pytest.mark.parametrize("name", SUITE["with_holes"])
def test_case_that_is_not_utf_8_is_refused_whatever_is_wrong_with_it(name: str) -> None:
    data = contents(SUITE["with_holes"][name])
    for body in filled(data):
        assert result(body) in ("wire.json-utf8", "wire.bom", "wire.json-invalid")
