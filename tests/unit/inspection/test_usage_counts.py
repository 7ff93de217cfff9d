"""Counts only."""

from collections.abc import Callable
from typing import Any

import pytest

from beacon_audit.inspection import InspectionContext
from beacon_audit.inspection.usage_counts import MOST, detect
from harness.inspected import places

type Build = Callable[..., InspectionContext]

WINDOW = {"from_timestamp": "2026-03-25T02:00:00+00:00", "to_timestamp": "2026-03-26T02:00:00+00:00"}


def pointers(document: Any, context: InspectionContext) -> list[str]:
    found = places(detect, document, context)
    assert {code for code, _ in found} <= {"promise.usage-count"}
    return [pointer for _, pointer in found]


def test_counts_of_documented_things_are_as_promised(context: Build) -> None:
    measures = {"users": 63, "active_pats_30d": 0, "prompt_pulls": MOST, "langgraph.platform.runs": 1}
    assert pointers({"measures": measures, **WINDOW}, context()) == []


@pytest.mark.parametrize("value", [-1, MOST + 1, 1.5, 1.0, "63", None, True, [1], {"alice": 1}])
def test_value_that_is_no_count_is_found(value: object, context: Build) -> None:
    assert pointers({"measures": {"users": 5, "runs": value}}, context()) == ["/measures/runs"]


@pytest.mark.parametrize(
    "name",
    [
        "alice@example.com",
        "Users",
        "users of alice",
        "",
        "users_",
        "3a1c2b6f-4430",
        "a" * 40,
        "user_12345",
        "a_b_c_d_e_f",
    ],
)
def test_name_that_is_no_name_of_things_is_found_and_not_shown(name: str, context: Build) -> None:
    assert pointers({"measures": {name: 1}}, context()) == ["/measures"]


@pytest.mark.parametrize("measures", [[], "x", 1])
def test_measures_that_are_none_are_found(measures: object, context: Build) -> None:
    assert pointers({"measures": measures}, context()) == ["/measures"]


@pytest.mark.parametrize(
    "time",
    ["yesterday", "2026-03-25", 1, None, "2026-13-25T02:00:00Z", "2026-03-25T02:00:00+02:00", "2026-03-25T02:00:00Z "],
)
def test_time_outside_of_its_grammar_is_found(time: object, context: Build) -> None:
    assert pointers({"measures": {}, **WINDOW, "from_timestamp": time}, context()) == ["/from_timestamp"]


@pytest.mark.parametrize("end", ["2026-03-25T01:59:59+00:00", "2028-03-25T02:00:00+00:00"])
def test_window_that_is_backwards_or_over_a_year_is_found(end: str, context: Build) -> None:
    assert pointers({"measures": {}, **WINDOW, "to_timestamp": end}, context()) == ["/to_timestamp"]


def test_where_counts_were_not_promised_nothing_is_said(context: Build) -> None:
    assert pointers({"measures": {"x y": "z"}}, context(promises=frozenset())) == []
    assert pointers([], context()) == []
