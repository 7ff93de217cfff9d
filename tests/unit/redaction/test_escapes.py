"""Canonical spelling, and the way back from it."""

import pytest

from beacon_audit.redaction.appearance import squeezed_layer
from beacon_audit.redaction.escapes import (
    MAX_LAYERS,
    canonical,
    unescaped,
    unescaped_layer,
    without_unfinished_escape,
)
from beacon_audit.redaction.layers import MOST_REWRITES, Entangled
from harness.memory import peak_memory


@pytest.mark.parametrize(
    ("escaped", "plain"),
    [
        (b"%61%62c", b"abc"),
        (b"%2561%252562", b"ab"),
        (rb"\u0061\u0062", b"ab"),
        (rb"\\u0061\\\\u0062", b"ab"),
        (rb"\x61\x62", b"ab"),
        (rb"\U00000061", b"a"),
        (rb"%5Cu0061", b"a"),
        (rb"\u002561", b"a"),
        (rb"a\/b", b"a/b"),
        (rb"a\"b\'c", b"a\"b'c"),
        (rb"a\n\tb", b"ab"),
        (b"a b\r\n\tc\x00d", b"abcd"),
        (b"'ab'\n  b'cd'", b"'abcd'"),
        (rb"\ud83d\ude00", "\U0001f600".encode()),
        (rb"\u00e9", "\u00e9".encode()),
        (rb"\ud800", b"\xed\xa0\x80"),
        (rb"\Uffffffff", b""),
        (rb"\141\142", b"ab"),
        (rb"\\141\0", b"a"),
        (rb"\u{61}\u{0062}", b"ab"),
        (b"%u0061%25u0062", b"ab"),
        (b"&#97;&#x62;&#X63&#0100;", b"abcd"),
        (b"&amp;#97;&lowbar;&nbsp;&shy;b", b"a_b"),
        (b"&unknown; &lowbar &#;", b"&unknown;&lowbar&#;"),
        (b"&#99999999;", b""),
        (b"100% sure, 5%", b"100%sure,5%"),
        (b"no escapes", b"noescapes"),
    ],
)
def test_escapes_of_any_kind_and_depth_are_decoded(escaped: bytes, plain: bytes) -> None:
    assert canonical(escaped) == plain


def test_every_byte_knows_where_it_came_from() -> None:
    source = rb"ab%41\u0042 \n c"
    layer = unescaped_layer(source)
    assert unescaped(source) == [source, layer.data]
    assert layer.data == b"abAB  c"
    assert layer.source_span(1, 2) == (1, 2)
    assert source[slice(*layer.source_span(2, 3))] == b"%41"
    assert source[slice(*layer.source_span(2, 4))] == rb"%41\u0042"
    assert source[slice(*layer.source_span(6, 7))] == b"c"


def test_spaces_within_a_span_belong_to_it() -> None:
    source = b"x a \n b y"
    layer = squeezed_layer(source)
    assert layer.data == b"xaby"
    assert source[slice(*layer.source_span(1, 3))] == b"a \n b"


def test_text_escaped_without_end_is_given_up() -> None:
    text = b"%61"
    for _ in range(MAX_LAYERS + 1):
        text = text.replace(b"%", rb"\u0025").replace(b"\\", b"%5c")
    with pytest.raises(Entangled):
        unescaped(text)


@pytest.mark.parametrize("unit", [b"%41", b"~1", b"\\", b"%2541"])
def test_text_with_more_escapes_than_can_be_kept_is_given_up(unit: bytes) -> None:
    """Each takes 200 bytes on the way back to its place."""
    unescaped(b"x".join([unit] * (MOST_REWRITES // 2)))
    with pytest.raises(Entangled):
        unescaped(b"x".join([unit] * (MOST_REWRITES + 1)))


def test_text_with_more_spaces_than_can_be_kept_is_given_up() -> None:
    with pytest.raises(Entangled):
        squeezed_layer(b"x ".join([b""] * (MOST_REWRITES + 2)))


@pytest.mark.parametrize("run", [b"%" + b"25" * 1_000_000 + b"41", b"%" + b"25" * 1_000_000])
def test_run_of_escaped_percent_signs_takes_no_memory_of_its_own(run: bytes) -> None:
    with peak_memory() as peak:
        unescaped(run)
    assert peak.bytes < 8 * len(run)


@pytest.mark.parametrize(
    "rest",
    [
        b"%",
        b"%6",
        b"%25",
        b"%252",
        b"\\",
        b"\\\\",
        b"\\u",
        b"\\u00",
        b"\\x",
        b"\\x4",
        b"%6\n",
        b"%u006",
        b"\\u{6",
        b"\\15",
        b"&",
        b"&#10",
        b"&#x6",
        b"&lowb",
    ],
)
def test_unfinished_escape_is_left_out(rest: bytes) -> None:
    assert without_unfinished_escape(b"ab" + rest) == b"ab"


@pytest.mark.timeout(5)
@pytest.mark.parametrize("end", [b"", b"x", b"%", b"'"])
@pytest.mark.parametrize(
    "text",
    [
        b"'" + b"\n" * 300_000,
        b"\\" * 300_000,
        b"%" + b"25" * 150_000,
        b"%25" * 100_000,
        b"\\u" * 150_000,
        b"&" * 300_000,
        b"&#" * 150_000,
        b"&#1" * 100_000,
        b"%41" * 100_000,
    ],
)
def test_text_made_to_cost_time_does_not(text: bytes, end: bytes) -> None:
    canonical(text + end)
    without_unfinished_escape(text + end)
