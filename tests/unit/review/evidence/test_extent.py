"""Which entries and bundles are in a part of a log."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beacon_audit.review.evidence.extent import everything, part, ranges


def test_whole_of_an_empty_log_is_nothing() -> None:
    extent = everything(0)
    assert (extent.included, extent.selected, extent.holds(0), extent.ends) == ((), (), False, ())


def test_whole_log_is_all_of_its_bundles() -> None:
    extent = everything(600)
    assert (extent.included, extent.ends) == (((0, 599),), (0, 599))
    assert [number for number in range(5) if extent.holds(number)] == [0, 1, 2]


@pytest.mark.parametrize(
    ("core", "included"),
    [
        ((300, 310), ((256, 511),)),
        ((256, 310), ((0, 511),)),  # the entry before shows that it begins there
        ((300, 511), ((256, 767),)),  # and the one after, that it ends there
        ((0, 0), ((0, 255),)),
        ((1023, 1023), ((768, 1023),)),
        (None, ()),
    ],
)
def test_entries_around_a_selection_are_in(core: tuple[int, int] | None, included: tuple[tuple[int, int], ...]) -> None:
    assert part(1024, core, (), ()).included == included


def test_last_bundle_may_be_a_partial_one() -> None:
    assert part(1000, (900, 901), (), ()).included == ((768, 999),)


def test_quoted_entries_are_in_and_not_selected() -> None:
    extent = part(1024, (300, 310), [400, 800], [0])
    assert extent.included == ((0, 511), (768, 1023))
    assert extent.selected == ((300, 310), (400, 400), (800, 800))
    assert extent.ends == (300, 800)


@given(st.sets(st.integers(0, 40)))
def test_ranges_hold_exactly_the_numbers(numbers: set[int]) -> None:
    found = ranges(sorted(numbers))
    assert [number for first, last in found for number in range(first, last + 1)] == sorted(numbers)
    assert all(found[i][1] + 1 < found[i + 1][0] for i in range(len(found) - 1))
