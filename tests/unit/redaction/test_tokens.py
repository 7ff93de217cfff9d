"""Tokens: the same value is recognised again, and nothing can be told from the token."""

import re

import pytest

from beacon_audit.redaction import Tokens

TOKENS = Tokens(b"k" * 32)


def test_token_names_its_kind_its_key_and_sixteen_hex_digits() -> None:
    token = TOKENS.token("license", "lcl_0123456789")
    assert re.fullmatch(r"license:[0-9a-f]{4}:[0-9a-f]{16}", token)
    assert token.split(":")[1] == TOKENS.kid


def test_same_value_has_the_same_token_and_another_value_another() -> None:
    assert TOKENS.token("license", "one value") == TOKENS.token("license", b"one value")
    assert TOKENS.token("license", "one value") != TOKENS.token("license", "one valuf")


def test_kind_is_part_of_what_is_authenticated() -> None:
    digests = {TOKENS.token(kind, "value").rpartition(":")[2] for kind in ("license", "token")}
    assert len(digests) == 2


def test_kind_and_value_do_not_run_together() -> None:
    assert TOKENS.token("a", "bc").rpartition(":")[2] != TOKENS.token("ab", "c").rpartition(":")[2]


def test_another_key_gives_other_tokens_and_another_kid() -> None:
    other = Tokens(b"j" * 32)
    assert other.kid != TOKENS.kid
    assert other.token("license", "value").rpartition(":")[2] != TOKENS.token("license", "value").rpartition(":")[2]


def test_token_is_not_a_plain_hash_of_the_value() -> None:
    # SHA-256 of "value" without a key: anybody could test guesses against it.
    assert not TOKENS.token("license", "value").endswith("cd42404d52ad55cc")


def test_value_with_a_lone_surrogate_has_a_token() -> None:
    assert TOKENS.token("license", "\ud800") != TOKENS.token("license", "\ud801")


def test_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 16 bytes"):
        Tokens(b"short")


def test_key_does_not_show_in_repr() -> None:
    assert "kkkk" not in repr(TOKENS)
