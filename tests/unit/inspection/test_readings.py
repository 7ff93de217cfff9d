"""What is hidden behind one layer of encoding is read."""

import base64
from urllib.parse import unquote_to_bytes

import pytest

from beacon_audit.inspection.patterns import pattern
from beacon_audit.inspection.readings import readings_of
from harness.memory import peak_memory

WANTED = pattern("needle")
TEXT = b"there is a needle in this readable text"


def found(*texts: str, encoded: tuple[str, ...] = ()) -> list[str]:
    return sorted({text for text, _ in readings_of(texts, encoded).matching(WANTED)})


@pytest.mark.parametrize(
    "text",
    [
        "needle",
        "a needle b",
        "%6eeedle",
        base64.b64encode(TEXT).decode(),
        base64.urlsafe_b64encode(TEXT).decode().rstrip("="),
        TEXT.hex(),
        TEXT.hex().upper(),
        f"data:text/plain;base64,{base64.b64encode(TEXT).decode()}",
    ],
)
def test_text_is_found_plain_and_behind_one_encoding(text: str) -> None:
    assert found("other", text) == [text]


def test_bytes_are_read_as_they_are_and_without_nul() -> None:
    for data in (b"\x0a\x06needle\xff\xfe", "needle".encode("utf-16-le")):
        encoded = base64.b64encode(data).decode()
        assert found(encoded, encoded=(encoded,)) == [encoded]


def test_neighbours_do_not_make_a_hit_together() -> None:
    assert found("nee", "dle") == []


@pytest.mark.parametrize(
    "text",
    ["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "A" * 50, "=" * 50, "langsmith_" * 6, "%%%"],
)
def test_digests_and_identifiers_hide_no_text(text: str) -> None:
    assert readings_of([text], ()).veiled == frozenset()


def test_run_that_hides_a_text_is_told() -> None:
    text = base64.b64encode(TEXT).decode()
    assert readings_of([text], ()).veiled == {text}


@pytest.mark.parametrize("text", ["\ud800", "\udfff needle", "\x1e"])
def test_odd_characters_are_no_trouble(text: str) -> None:
    assert found(text) == ([text] if "needle" in text else [])


@pytest.mark.parametrize("unit", ["%41", "a%41", "ab%41", "%4", "%%41", "%zz", "%25", "é%C3%A9"])
def test_percent_escapes_are_decoded_wherever_they_stand_in_a_long_text(unit: str) -> None:
    text = unit * 50_000
    ((_, reading),) = [pair for pair in readings_of((text, "%41"), ()).decoded if pair[0] == text]
    assert reading == unquote_to_bytes(text.encode())


def test_text_of_hex_digits_takes_memory_for_what_it_is() -> None:
    text = "41" * 1_000_000
    with peak_memory() as peak:
        readings_of((text,), ())
    assert peak.bytes < 12 * len(text)


def test_text_of_percent_escapes_takes_memory_for_what_it_is() -> None:
    text = "%41" * 1_000_000
    with peak_memory() as peak:
        readings_of((text,), ())
    assert peak.bytes < 12 * len(text)
