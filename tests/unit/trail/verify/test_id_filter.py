"""The filter never forgets an id, and rarely claims one it never saw."""

from beacon_audit.trail.verify.id_filter import IdFilter


def test_every_id_that_was_added_is_known() -> None:
    ids = IdFilter(1000)
    for number in range(1000):
        ids.add(f"id-{number}")
    assert all(f"id-{number}" in ids for number in range(1000))


def test_ids_that_were_not_added_are_hardly_ever_claimed() -> None:
    ids = IdFilter(20_000)
    for number in range(20_000):
        ids.add(f"id-{number}")
    assert sum(f"other-{number}" in ids for number in range(100_000)) < 10


def test_overfull_filter_still_forgets_nothing() -> None:
    ids = IdFilter(1)
    for number in range(5000):
        ids.add(f"id-{number}")
    assert all(f"id-{number}" in ids for number in range(5000))
