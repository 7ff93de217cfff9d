"""Content-Length is the number of bytes, or there is none."""

import pytest

from beacon_audit.wire.content_length import check_content_length


@pytest.mark.parametrize("values", [[], ["5"], ["005"]])
def test_length_that_is_right_or_absent_is_no_finding(values: list[str]) -> None:
    assert check_content_length(values, 5) == ()


@pytest.mark.parametrize(
    "values",
    [
        ["4"],
        ["6"],
        ["0"],
        [""],
        ["five"],
        ["+5"],
        ["5 "],
        ["5, 5"],
        ["5", "5"],
        ["-5"],
        ["0x5"],
        ["\u0665"],
        ["9" * 5000],
    ],
)
def test_length_that_is_wrong_is_found_and_not_quoted(values: list[str]) -> None:
    (finding,) = check_content_length(values, 5)
    assert finding.code == "wire.content-length"
    assert "five" not in finding.message
