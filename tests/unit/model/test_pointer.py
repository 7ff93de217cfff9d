"""JSON Pointers as findings carry them."""

import pytest

from beacon_audit.model.pointer import json_pointer


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


@pytest.mark.parametrize(
    "key",
    [
        "\x1b[2J",
        "a\nb",
        "\u202eabc",
        "\x00",
        "x" * 60 + "lcl_0123456789abcdef",
        "lcl_9f8e7d6c5b4a3f2e",
        "the prompt of a user",
        "alice@example.com",
    ],
)
def test_key_that_is_not_plain_ends_the_pointer_before_it(key: str) -> None:
    assert json_pointer(("a", key, "b")) == "/a"
    assert json_pointer((key,)) == ""
