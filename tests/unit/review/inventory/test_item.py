"""One line of the inventory: counted rightly, bounded, and with an example that gives nothing away."""

import pytest

from beacon_audit.inspection import without_secrets
from beacon_audit.review.inventory.item import LONGEST_EXAMPLE, MOST_VALUES, Item, example_of

SECRET = "lsv2_pt_" + "0a" * 16 + "_" + "0a" * 5


def item(name: str = "n", value: object = None) -> Item:
    return Item("field-path", name, hidden=False, index=7, time="t7", value=value)


def test_sightings_of_one_exchange_are_one_exchange() -> None:
    made = item()
    for index, endpoint, refused in ((7, "a", False), (7, "a", False), (9, "b", True), (9, "b", True), (12, "a", True)):
        made.see(index, f"t{index}", endpoint, index, refused=refused)
    assert (made.count, made.exchanges, made.refused, made.endpoints) == (5, 3, 2, {"a", "b"})
    assert (made.first_index, made.first_seen, made.last_seen) == (7, "t7", "t12")
    assert (len(made.values), made.all_values) == (3, True)


def test_values_are_counted_up_to_a_bound_that_shows() -> None:
    made = item()
    for value in range(MOST_VALUES - 1):
        made.see(1, "t", "e", value, refused=False)
    assert (len(made.values), made.all_values) == (MOST_VALUES - 1, True)
    for value in range(10 * MOST_VALUES):
        made.see(1, "t", "e", str(value), refused=False)
    assert (len(made.values), made.all_values) == (MOST_VALUES, False)


@pytest.mark.parametrize("value", [None, True, 2**80, "\ud800", [2**80], {"b": 1, "a": [None]}, "x" * 10**6])
def test_any_value_is_told_apart_from_another_and_not_from_itself(value: object) -> None:
    made = item(value=value)
    for each in (value, value, "another"):
        made.see(1, "t", "e", each, refused=False)
    assert len(made.values) == 2
    assert len(made.example) <= LONGEST_EXAMPLE


@pytest.mark.parametrize(
    ("value", "example"),
    [
        ({"stringValue": "x"}, "x"),
        ({"intValue": "5"}, "5"),
        ({"undocumented": "undocumented:ab12:00", "type": "str", "bytes": 3}, "undocumented:ab12:00"),
        ([{"key": "a", "value": {"stringValue": "b"}}, {"key": "c"}], "a=b c=null"),
        ({"a": 1}, '{"a": 1}'),
        ([], "[]"),
        (None, "null"),
    ],
)
def test_example_is_what_a_person_would_write(value: object, example: str) -> None:
    assert example_of(value) == example


def test_secret_shows_in_neither_name_nor_example_even_where_it_would_be_cut() -> None:
    made = item(f"a {SECRET}", "x" * (LONGEST_EXAMPLE - 20) + f" {SECRET}")
    assert made.name == without_secrets(f"a {SECRET}")
    assert "lsv2_pt_0a" not in made.name + made.example
