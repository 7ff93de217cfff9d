"""Approvals as entries: their fields, and how long lists are split."""

from typing import Any, get_args

import pytest

from beacon_audit.errors import TrailCorrupt
from beacon_audit.inspection import Role
from beacon_audit.trail.approval import LONGEST_NAME, NAME_KINDS, approval_fields, read_approval, split_names
from beacon_audit.trail.entry import ENTRY_LIMIT, encode_entry

GOOD: dict[str, Any] = {"by": "a", "operator": "b", "reason": "c", "names": {"span-name": ["x"]}}


def test_what_can_be_approved_are_the_names_that_can_be_new() -> None:
    assert set(NAME_KINDS) == set(get_args(Role.__value__))


def test_names_are_sorted_and_stand_once() -> None:
    fields = approval_fields({"span-name": ["b", "a", "b"], "attribute-key": ["c"]}, by="a", operator="b", reason="c")
    assert list(fields["names"].items()) == [("attribute-key", ["c"]), ("span-name", ["a", "b"])]  # type: ignore[attr-defined]
    assert read_approval(fields) == {"attribute-key": ("c",), "span-name": ("a", "b")}


@pytest.mark.parametrize(
    "wrong",
    [
        {"by": ""},
        {"operator": None},
        {"reason": 1},
        {"names": None},
        {"names": {}},
        {"names": ["x"]},
        {"names": {"endpoint": ["x"]}},
        {"names": {"span-name": []}},
        {"names": {"span-name": "x"}},
        {"names": {"span-name": ["x", ""]}},
        {"names": {"span-name": [1]}},
    ],
)
def test_fields_that_are_no_approval_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(TrailCorrupt, match="approval: expected"):
        read_approval({**GOOD, **wrong})


def test_approval_of_nothing_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="expected names"):
        approval_fields({}, by="a", operator="b", reason="c")


def test_long_list_becomes_entries_that_fit_and_lose_nothing() -> None:
    names = [("span-name", f"{number:06d}" + '"\U0001f980' * ((LONGEST_NAME - 6) // 2)) for number in range(300)]
    names += [("metric-name", f"m{number}") for number in range(5000)]
    parts = list(split_names(names))
    assert len(parts) > 2
    assert [(kind, name) for part in parts for kind, group in part.items() for name in group] == names
    for part in parts:
        fields = approval_fields(part, by="\U0001f980" * 200, operator="o" * 100, reason="\U0001f980" * 500)
        assert len(encode_entry({**fields, "type": "approval", "id": "x" * 26, "time": "t"}, 2**62)) <= ENTRY_LIMIT


def test_no_names_make_no_entry() -> None:
    assert list(split_names([])) == []
