"""The search for shapes of secrets costs no more than the text is worth. What is found: ``test_dirty_texts``."""

from collections.abc import Callable

import pytest

from beacon_audit.inspection import InspectionContext, secret_shapes, secrets
from beacon_audit.inspection.locate import locate
from beacon_audit.inspection.secret_shapes import MOST_CHECKED, MOST_CHECKED_IN_ALL, secrets_in
from beacon_audit.inspection.subject import read_subject
from beacon_audit.model.json_value import JsonValue
from harness.inspected import places


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


def test_of_more_texts_that_look_like_tokens_than_are_checked_none_is(
    monkeypatch: pytest.MonkeyPatch, context: Callable[..., InspectionContext]
) -> None:
    checked = counted(monkeypatch)
    texts: list[JsonValue] = [f"eyJhbGciOi.eyJhbGciOi.{number}" for number in range(MOST_CHECKED + 1)]
    assert places(secrets.detect, texts[1:], context()) == []
    assert len(checked) == MOST_CHECKED
    assert places(secrets.detect, texts, context()) == [("promise.secret", "")]
    assert len(checked) == MOST_CHECKED


def test_of_texts_with_more_that_looks_like_tokens_than_is_checked_in_all_one_finding_covers_the_body(
    monkeypatch: pytest.MonkeyPatch, context: Callable[..., InspectionContext]
) -> None:
    checked = counted(monkeypatch)
    text = " eyJhbGciOi.eyJhbGciOi." * (MOST_CHECKED // 2)
    texts: list[JsonValue] = [f"{text}{number}" for number in range(MOST_CHECKED_IN_ALL * 2 // MOST_CHECKED)]
    assert places(secrets.detect, texts, context()) == []
    assert len(checked) == MOST_CHECKED_IN_ALL
    assert places(secrets.detect, [*texts, f"{text}more", f"{text}and more"], context()) == [("promise.secret", "")]
    assert len(checked) <= 2 * MOST_CHECKED_IN_ALL + MOST_CHECKED


@pytest.mark.parametrize(
    "texts",
    [
        [f"eyJhbGciOi.eyJhbGciOi.{number}" for number in range(MOST_CHECKED + 1)],
        [f"{' eyJhbGciOi.eyJhbGciOi.' * MOST_CHECKED}{number}" for number in range(12)],
    ],
    ids=["many texts", "many in each"],
)
def test_key_that_is_a_secret_is_withheld_however_much_else_there_is(
    texts: list[JsonValue], context: Callable[..., InspectionContext]
) -> None:
    key = "ls__correcthorsebattery"
    subject = read_subject({"a": texts, "b": {key: 1}})
    located = locate(subject.document, list(secrets.detect(subject, context())))
    assert located.withheld == {key}
    assert "" in [finding.pointer for finding in located.findings]


@pytest.mark.parametrize("before", ["", "x", "AIza-", "AIza" * 3])
@pytest.mark.parametrize("after", ["", " ", "x"])
def test_google_key_has_35_characters_at_least(before: str, after: str) -> None:
    assert list(secrets_in(f"{before}AIza{'k' * 35}{after}".encode()))
    short = f"{before}AIza{'k' * (34 - len(before))} {after}".encode()
    assert list(secrets_in(short)) == []
