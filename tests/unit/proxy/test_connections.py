"""Connections beyond the limit are turned away and counted, and make room again when they are closed."""

import pytest

from beacon_audit.proxy.connections import Connections, connections_for


def test_connections_beyond_the_limit_are_turned_away_and_counted_once() -> None:
    connections = Connections(2)
    assert [connections.enter(name) for name in "abcd"] == [True, True, False, False]
    assert connections.take_turned_away() == 2
    assert connections.take_turned_away() == 0


def test_closed_connection_makes_room_and_one_that_was_turned_away_does_not() -> None:
    connections = Connections(1)
    assert connections.enter("a")
    assert not connections.enter("b")
    connections.leave("b")
    assert not connections.enter("c")
    connections.leave("a")
    assert connections.enter("c")


@pytest.mark.parametrize(
    ("limit", "descriptors", "most"),
    [(1000, 65_536, 1000), (1000, 7000, 1000), (1000, 4096, 516), (1000, 256, 21), (5, 256, 5), (1000, 8, 1)],
)
def test_limit_is_lowered_to_what_there_are_descriptors_for(limit: int, descriptors: int, most: int) -> None:
    assert connections_for(limit, descriptors) == most
