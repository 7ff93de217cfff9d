"""Never more is held than the limit, whoever gives way, and everything that was held is given back."""

import random

import pytest

from beacon_audit.policy import Limits
from beacon_audit.proxy.body_budget import BodyBudget, HeldBody


class Clients:
    """Opens bodies in a budget, and knows which of them were told that they were given up."""

    def __init__(self, limit: int, for_requests: int | None = None) -> None:
        self.budget = BodyBudget(limit, limit if for_requests is None else for_requests)
        self.told: list[str] = []

    def open(self, name: str, size: int = 0, *, client: str = "client", whole: bool = False) -> HeldBody:
        body = self.budget.open(client, lambda: self.told.append(name))
        assert not size or body.take(size)
        if whole:
            body.complete()
        return body


def test_request_that_began_first_gives_way() -> None:
    clients = Clients(10)
    first, second = clients.open("first", 4), clients.open("second", 4)
    newest = clients.open("newest", 6)
    assert clients.told == ["first"]
    assert (first.given_up, second.given_up, newest.given_up) == (True, False, False)
    assert clients.budget.held == 10


def test_request_that_began_first_gives_way_to_others_when_it_asks_for_more() -> None:
    clients = Clients(10)
    first = clients.open("first", 4)
    clients.open("second", 6)
    assert not first.take(1)
    assert clients.told == ["first"]
    assert clients.budget.held == 6


def test_what_was_given_up_takes_nothing_more() -> None:
    clients = Clients(10)
    first = clients.open("first", 4)
    clients.open("second", 10)
    assert not first.take(0)
    assert not first.take(1)
    assert (clients.told, clients.budget.held) == (["first"], 10)


def test_whole_request_never_gives_way() -> None:
    clients = Clients(10)
    clients.open("whole", 8, whole=True)
    newest = clients.open("newest")
    assert not newest.take(3)
    assert (clients.told, clients.budget.held) == (["newest"], 8)


def test_nobody_gives_way_for_nothing() -> None:
    clients = Clients(10)
    clients.open("whole", 6, whole=True)
    clients.open("collecting", 2)
    assert not clients.open("newest").take(5)
    assert (clients.told, clients.budget.held) == (["newest"], 8)


def test_room_for_answers_is_kept_from_requests() -> None:
    clients = Clients(10, for_requests=8)
    sent = clients.open("sent", 8, whole=True)
    assert not clients.open("newest").take(1)
    assert sent.take(2, answer=True)
    assert not sent.take(1, answer=True)
    assert (clients.told, sent.given_up, clients.budget.held) == (["newest"], False, 10)


def test_answer_takes_the_room_of_requests_that_are_still_collected() -> None:
    clients = Clients(10)
    sent = clients.open("sent", 2, whole=True)
    clients.open("collecting", 7)
    assert sent.take(5, answer=True)
    assert (clients.told, clients.budget.held) == (["collecting"], 7)


def test_one_body_of_the_largest_size_always_fits() -> None:
    budget = BodyBudget.of(Limits(body_bytes=4096, buffered_bytes=4096))
    assert budget.open("client", lambda: None).take(4096)


def test_release_is_once_whoever_asks_for_it() -> None:
    clients = Clients(10)
    body = clients.open("one", 4)
    body.release()
    body.release()
    clients.budget.release_all("client")
    assert clients.budget.held == 0
    assert not body.take(1)


def test_client_that_left_gives_back_all_of_its_own_and_nothing_else() -> None:
    clients = Clients(10)
    for name in "ab":
        clients.open(name, 2, client="left", whole=name == "a")
    clients.open("c", 3, client="stays")
    clients.budget.release_all("left")
    clients.budget.release_all("left")
    assert (clients.budget.held, clients.told) == (3, [])


def test_answer_that_its_client_does_not_take_counts_until_it_does() -> None:
    clients = Clients(10)
    waiting = [6]
    untaken = clients.budget.untaken("client", lambda: waiting[0])
    untaken.look()
    assert clients.budget.held == 6
    assert not clients.open("too much").take(5)
    waiting[0] = 0
    assert clients.open("enough").take(5)
    assert clients.budget.held == 5
    waiting[0] = 20  # it is there already
    untaken.look()
    assert not clients.open("newest").take(1)
    clients.budget.release_all("client")
    untaken.look()
    assert clients.budget.held == 0


@pytest.mark.parametrize("seed", range(20))
def test_count_is_what_is_held_whatever_happens(seed: int) -> None:
    """Against a model: the sizes that each body was let keep."""
    choose = random.Random(seed)
    limit, for_requests = 100, 80
    budget = BodyBudget(limit, for_requests)
    kept: dict[HeldBody, int] = {}

    def opened() -> HeldBody:
        body = budget.open(f"client {choose.randrange(3)}", lambda: kept.__setitem__(body, 0))
        kept[body] = 0
        return body

    bodies = [opened() for _ in range(4)]
    for _ in range(3000):
        body = choose.choice(bodies)
        match choose.randrange(12):
            case 0:
                body.release()
                kept[body] = 0
                bodies.remove(body)
                bodies.append(opened())
            case 1:
                body.complete()
            case 2:
                client = f"client {choose.randrange(3)}"
                budget.release_all(client)
                kept.update((each, 0) for each in kept if each.client == client)
            case _:
                size = choose.randrange(20)
                answer = not body.collecting and choose.random() < 0.5
                if body.take(size, answer=answer):
                    kept[body] += size
        assert budget.held == sum(kept.values()) <= limit
    for body in bodies:
        body.release()
    assert budget.held == 0
    assert not budget._by_client
    assert not budget._collecting
    assert not budget._untaken
