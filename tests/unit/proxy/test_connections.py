"""Connections beyond the limit are turned away and counted, and make room again when they are closed."""

import pytest

from beacon_audit.proxy.connections import Connections, connections_for


def test_connections_beyond_the_limit_are_turned_away_and_counted_once() -> None:
    connections = Connections(2)
    assert [connections.enter(name, f"10.0.0.{number}") for number, name in enumerate("abcd")] == [
        True,
        True,
        False,
        False,
    ]
    assert connections.take_turned_away() == 2
    assert connections.take_turned_away() == 0


def test_closed_connection_makes_room_and_one_that_was_turned_away_does_not() -> None:
    connections = Connections(1)
    assert connections.enter("a", "10.0.0.1")
    assert not connections.enter("b", "10.0.0.2")
    connections.leave("b")
    assert not connections.enter("c", "10.0.0.1")
    connections.leave("a")
    assert connections.enter("c", "10.0.0.1")


def test_one_source_has_three_quarters_at_the_most_and_others_the_rest() -> None:
    connections = Connections(8)
    assert [connections.enter(f"a{number}", "10.0.0.1") for number in range(8)] == [True] * 6 + [False] * 2
    assert [connections.enter(f"b{number}", "10.0.0.2") for number in range(3)] == [True] * 2 + [False]
    assert connections.take_turned_away() == 3
    connections.leave("a0")
    connections.leave("a0")
    assert connections.enter("a8", "10.0.0.1")
    assert not connections.enter("a9", "10.0.0.1")


@pytest.mark.parametrize(
    ("addresses", "sources"),
    [
        (["10.0.0.1", "::ffff:10.0.0.1"], 1),
        (["2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:0:9::"], 1),
        (["2001:db8::1", "2001:db8:0:1::1"], 2),
        (["fe80::1%eth0", "fe80::2%eth0"], 1),
        (["10.0.0.1", "10.0.0.2"], 2),
        (["", ""], 1),
    ],
)
def test_source_is_a_host_whatever_address_it_takes(addresses: list[str], sources: int) -> None:
    connections = Connections(len(addresses))  # so that one source has one place less
    entered = [connections.enter(str(number), address) for number, address in enumerate(addresses)]
    assert all(entered) is (sources > 1)


def test_connections_that_were_given_up_are_counted_once_and_known_until_they_are_closed() -> None:
    connections = Connections(2)
    connections.enter("a", "10.0.0.1")
    connections.give_up("a")
    assert (connections.was_given_up("a"), connections.was_given_up("b")) == (True, False)
    connections.leave("a")
    assert not connections.was_given_up("a")
    assert (connections.take_given_up(), connections.take_given_up()) == (1, 0)


@pytest.mark.parametrize(
    ("limit", "descriptors", "most"),
    [(1000, 65_536, 1000), (1000, 7000, 1000), (1000, 4096, 516), (1000, 256, 21), (5, 256, 5), (1000, 8, 1)],
)
def test_limit_is_lowered_to_what_there_are_descriptors_for(limit: int, descriptors: int, most: int) -> None:
    assert connections_for(limit, descriptors) == most
