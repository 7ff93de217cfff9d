"""The search for shapes of secrets costs no more than the text is worth. What is found: ``test_dirty_texts``."""

from collections.abc import Callable

import pytest

from beacon_audit.inspection import secret_shapes
from beacon_audit.inspection.secret_shapes import MOST_CHECKED, secrets_in


def counted(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What was decoded to see whether it is a JSON web token."""
    checked: list[bytes] = []

    def counting(check: Callable[[bytes], bool]) -> Callable[[bytes], bool]:
        def run(found: bytes) -> bool:
            checked.append(found)
            return check(found)

        return run

    each = tuple(
        (secret_shapes.Shape(shape.kind, shape.expression, counting(shape.check)), search)
        for shape, search in secret_shapes._EACH
    )
    monkeypatch.setattr(secret_shapes, "_EACH", each)
    return checked


def test_text_of_what_looks_like_a_token_and_is_none_is_a_secret_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    checked = counted(monkeypatch)
    assert list(secrets_in(b" eyJhbGciOi.eyJhbGciOi." * MOST_CHECKED)) == []
    assert len(checked) == MOST_CHECKED
    found = list(secrets_in(b" eyJhbGciOi.eyJhbGciOi." * (MOST_CHECKED + 5)))
    assert [kind for kind, *_ in found] == ["a JSON web token"] * 5
    assert len(checked) == 2 * MOST_CHECKED
