"""JSON Pointers as findings carry them."""

import pytest

from beacon_audit.model.pointer import LONGEST_SHOWN_KEY, json_pointer


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ((), ""),
        (("license",), "/license"),
        (("spans", 3, "name"), "/spans/3/name"),
        (("",), "/"),
        (("a/b", "m~n", "~1"), "/a~1b/m~0n/~01"),
    ],
)
def test_path_is_written_as_rfc_6901_says(path: tuple[str | int, ...], pointer: str) -> None:
    assert json_pointer(path) == pointer


def test_key_of_64_characters_is_shown_and_one_of_65_ends_the_pointer_before_it() -> None:
    assert json_pointer(("a", "k" * LONGEST_SHOWN_KEY, "b")) == f"/a/{'k' * 64}/b"
    assert json_pointer(("a", "k" * (LONGEST_SHOWN_KEY + 1), "b")) == "/a"


def test_no_part_of_a_secret_in_a_long_key_is_shown() -> None:
    secret = "lcl_0123456789abcdef"
    assert "lcl" not in json_pointer(("x" * 60 + secret,))


@pytest.mark.parametrize("key", ["\x1b[2J", "a\nb", "\u202eabc", "\x00"])
def test_key_that_a_terminal_would_obey_is_not_shown(key: str) -> None:
    assert json_pointer(("a", key)) == "/a"
