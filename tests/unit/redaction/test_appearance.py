"""What is left of a text when only that counts which one sees."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beacon_audit.redaction.appearance import squeeze, squeezed_layer
from beacon_audit.redaction.escapes import unescaped, unescaped_layer
from beacon_audit.redaction.layers import Entangled


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a b\r\n\tc\x00d\x1ce\x1ef\x7f", "abcdef"),
        ("a\u200bb\u200dc\xadd\xa0e\u2028f\x85g\u3000h\ufeff", "abcdefgh"),
        ("a\ufe0fb\u0336c\u034fd\u115fe\u2800f\U000e0041g", "abcdefg"),
        ("\uff4c\uff43\uff4c\uff3f\uff11", "lcl_1"),
        ("\U0001d5ba\U0001d7cf\u24d2\u00b2\u2460\u2168\ufb01", "a1c21IXfi"),
        ("\u0661\u096b", "15"),
        ("a\u2013b\u2014c\u2212", "a-b-c\u2212"),
        ("gr\u00f6\u00dfe \u8bf7\u6c42 \u0430", "gr\u00f6\u00dfe\u8bf7\u6c42\u0430"),
        ("\ud800 x", "\ud800x"),
        ("", ""),
    ],
)
def test_what_is_invisible_goes_and_ascii_in_another_dress_is_ascii(text: str, seen: str) -> None:
    assert squeeze(text.encode("utf-8", "surrogatepass")) == seen.encode("utf-8", "surrogatepass")


def test_bytes_that_are_no_utf_8_stay() -> None:
    assert squeeze(b"\xff \xa0a\xe2\x80b \xc2") == b"\xff\xa0a\xe2\x80b\xc2"


def test_taking_a_character_out_makes_no_other_one() -> None:
    # Without the no-break space in the middle, these bytes would be a zero-width one.
    assert squeeze(b"\xe2\x80\xc2\xa0\x8b") == b"\xe2\x80\x8b"


AWKWARD = st.binary(max_size=60) | st.text(
    st.sampled_from("ab 1%\\u0~&#;x{}\n\x1e'\"\u200b\xa0\xad\uff4c\uff05\u0430\u3000\U0001d5ba\ud800"), max_size=60
).map(lambda text: text.encode("utf-8", "surrogatepass"))


@given(AWKWARD)
def test_the_way_back_is_that_of_the_same_rewriting(data: bytes) -> None:
    assert squeezed_layer(data).data == squeeze(data)
    try:
        rounds = unescaped(data)
    except Entangled:
        return
    for source, result in pairwise(rounds):
        assert unescaped_layer(source).data == result


def test_of_very_many_different_characters_all_are_seen_to() -> None:
    text = "".join(chr(code) for code in range(0xFF01, 0xFF5F)).encode()
    assert squeeze(text) == bytes(range(0x21, 0x7F))
    assert squeezed_layer(text).data == squeeze(text)


def test_every_byte_knows_where_it_came_from() -> None:
    source = "x \u200ba\uff4c\xad\u00df y".encode()
    layer = squeezed_layer(source)
    assert layer.data == "xal\u00dfy".encode()
    assert source[slice(*layer.source_span(1, 3))] == "a\uff4c".encode()
    assert source[slice(*layer.source_span(3, 5))] == "\u00df".encode()


@pytest.mark.timeout(5)
@pytest.mark.parametrize("text", ["\u200b" * 150_000, "\u8bf7" * 300_000, "".join(map(chr, range(0x80, 0xD000))) * 6])
def test_text_made_to_cost_time_does_not(text: str) -> None:
    squeeze(text.encode())
    squeezed_layer(text.encode())
