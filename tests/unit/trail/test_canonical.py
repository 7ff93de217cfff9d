"""One spelling for bytes and numbers: what Python's own parsers let pass is refused."""

import pytest

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail.canonical import from_base64, from_decimal, to_base64


@pytest.mark.parametrize(("data", "text"), [(b"", ""), (b"f", "Zg=="), (b"fo", "Zm8="), (b"\xff\xfe\xfd", "//79")])
def test_bytes_have_the_base64_of_the_rfc(data: bytes, text: str) -> None:
    assert to_base64(data) == text
    assert from_base64(text, "here") == data


@pytest.mark.parametrize(
    "text",
    [
        "Zh==",  # unused bits that are not zero
        "Zm9=",
        "Zg",
        "Zg=",
        "Zg===",
        "Zg==\n",
        " Zg==",
        "Zg==Zg==",
        "__79",  # the alphabet for URLs
        "Zé==",
        "\N{FULLWIDTH LATIN CAPITAL LETTER Z}g==",
    ],
)
def test_other_spellings_of_base64_are_refused(text: str) -> None:
    with pytest.raises(TrailCorrupt, match="here: expected base64"):
        from_base64(text, "here")


def test_another_number_of_bytes_is_refused() -> None:
    with pytest.raises(TrailCorrupt, match="here: expected 32 bytes in base64, came 2"):
        from_base64("Zm8=", "here", 32)


@pytest.mark.parametrize("number", [0, 7, 10, 20852163, 2**63 - 1])
def test_a_number_has_its_decimal_digits(number: int) -> None:
    assert from_decimal(str(number), "here") == number


@pytest.mark.parametrize(
    "text",
    [
        *("", "00", "01", "-1", "+1", "1_000", " 1", "1 ", "1\n", "1.0", "1e3", "0x1", str(2**63), "9" * 5000),
        *("\N{ARABIC-INDIC DIGIT ONE}", "\N{SUPERSCRIPT TWO}"),
    ],
)
def test_other_spellings_of_a_number_are_refused(text: str) -> None:
    with pytest.raises(TrailCorrupt, match="here: expected a decimal number"):
        from_decimal(text, "here")
