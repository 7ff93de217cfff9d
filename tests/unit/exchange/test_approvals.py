"""An approval holds for exactly the name that was approved, of the kind that was approved, in this installation."""

import pytest

from beacon_audit.errors import TrailCorrupt
from beacon_audit.exchange.approvals import Approvals, name_to_approve
from beacon_audit.inspection import Role
from beacon_audit.redaction import Tokens, hidden_token
from beacon_audit.trail.approval import approval_fields

TOKENS = Tokens(b"k" * 32)
SENTENCE = "GET /runs/{id} of a user"


def approvals(*names: str, kind: str = "span-name", tokens: Tokens = TOKENS) -> Approvals:
    made = Approvals(tokens)
    made.add(approval_fields({kind: list(names)}, by="a", operator="b", reason="c"))
    return made


@pytest.mark.parametrize("name", ["tenant.plan", SENTENCE, "x" * 65, "caf\u00e9", "\ud800"])
def test_approved_name_is_covered_and_its_neighbours_are_not(name: str) -> None:
    made = approvals(name_to_approve(name, TOKENS))
    assert made.covers("span-name", name)
    for other in (f"{name} ", f" {name}", name.upper(), name[:-1], "", f"{name}\0"):
        assert other == name or not made.covers("span-name", other)


@pytest.mark.parametrize("kind", ["attribute-key", "metric-name", "event-name", "scope-name"])
def test_approval_of_one_kind_is_none_of_another(kind: Role) -> None:
    assert not approvals("a").covers(kind, "a")


def test_name_that_is_no_plain_word_does_not_stand_in_an_approval() -> None:
    assert name_to_approve(SENTENCE, TOKENS) == hidden_token(TOKENS, SENTENCE)
    assert not approvals(SENTENCE).covers("span-name", SENTENCE)


def test_token_of_another_installation_covers_nothing() -> None:
    assert not approvals(name_to_approve(SENTENCE, Tokens(b"o" * 32))).covers("span-name", SENTENCE)


def test_name_that_is_spelled_like_an_approved_token_is_not_covered() -> None:
    token = hidden_token(TOKENS, SENTENCE)
    assert not approvals(token).covers("span-name", token)


def test_nothing_is_covered_before_anything_is_approved() -> None:
    assert not Approvals(TOKENS).covers("span-name", "a")


def test_fields_that_are_no_approval_are_refused() -> None:
    with pytest.raises(TrailCorrupt):
        Approvals(TOKENS).add({"names": {"span-name": ["a"]}})
