"""The forms of a secret: how many there are, and how large."""

import pytest

from beacon_audit.redaction.forms import forms_of

ALPHABET = "kQ7_zR2-mX9bT4"


def secret(length: int) -> str:
    return (ALPHABET * length)[:length]


@pytest.mark.parametrize("length", [8, 44, 1024, 4096])
def test_forms_take_a_bounded_multiple_of_the_secret(length: int) -> None:
    forms = forms_of(secret(length), "token")
    assert len(forms) < 64
    assert sum(len(form.data) for form in forms) < 160 * 1024


def test_of_a_very_long_secret_only_the_common_forms_are_kept() -> None:
    assert any(form.rare for form in forms_of(secret(1024), "token"))
    assert not any(form.rare for form in forms_of(secret(1025), "token"))


@pytest.mark.parametrize("length", [8, 9, 10, 11, 12])
def test_no_form_is_so_short_that_ordinary_text_holds_it(length: int) -> None:
    assert min(len(form.data) for form in forms_of(secret(length), "token")) >= 8


def test_a_short_value_has_none() -> None:
    assert forms_of("abcdefg", "token") == ()
    assert forms_of("a\u200bb\u200bc\u200bd\u200b", "token") == ()
