"""How many bytes of bodies are held at one time, of all clients together. Pure.

Each exchange has a ``HeldBody``. What it holds counts from the moment that it came until the exchange is over: while
its request is collected, judged, recorded and answered, and while the answer is collected and recorded. ``limit`` is
never exceeded: what does not fit is given up, and whoever gave it is told (``on_given_up``).

Who gives way is the request that began first of those that are still being collected. An honest body is whole within a
moment, so what lies there for long is not, and nobody can take the room for ever by sending slowly. A request that is
whole never gives way: it ends by itself, within the deadline of its record or with its answer.

An answer that was let go counts on for as long as its client does not take it (``Untaken``).

Requests may take ``for_requests`` of ``limit``; the rest is kept for answers, since an answer that does not fit is lost
although its request was sent.
"""

from collections.abc import Callable

from beacon_audit.policy import Limits

#: Of eight parts, how many requests may take.
_PARTS_FOR_REQUESTS, _PARTS = 7, 8


class HeldBody:
    """The bodies of one exchange of the client connection ``client``."""

    def __init__(self, budget: "BodyBudget", client: str, on_given_up: Callable[[], None]) -> None:
        self._budget = budget
        self.client = client
        self.on_given_up = on_given_up
        self.size = 0
        self.collecting = False
        #: The request found no room, or had to make some: nothing of it is held any more.
        self.given_up = False
        self.released = False

    def take(self, size: int, *, answer: bool = False) -> bool:
        """Hold ``size`` bytes more, of the request or of its ``answer``. ``False``: they must not be kept."""
        return self._budget.take(self, size, answer=answer)

    def complete(self) -> None:
        """The request is whole."""
        self._budget.complete(self)

    def release(self) -> None:
        """The exchange is over. May be called again."""
        self._budget.release(self)


class Untaken(HeldBody):
    """What a client has not taken of its answers, by the word of ``measure``. It was counted before, as a body, and
    cannot be refused any more."""

    def __init__(self, budget: "BodyBudget", client: str, measure: Callable[[], int]) -> None:
        super().__init__(budget, client, lambda: None)
        self._measure = measure

    def look(self) -> None:
        """Ask for it again."""
        size = self._measure()
        if size != self.size:
            self._budget.hold(self, size)


class BodyBudget:
    """All bodies that are held. ``limit`` is ``limits.buffered_bytes`` of the policy."""

    def __init__(self, limit: int, for_requests: int) -> None:
        self.limit = limit
        self.held = 0
        self._for_requests = for_requests
        self._held_by_whole = 0
        self._by_client: dict[str, set[HeldBody]] = {}
        #: In the order in which they began.
        self._collecting: dict[HeldBody, None] = {}
        self._untaken: set[Untaken] = set()

    @classmethod
    def of(cls, limits: Limits) -> "BodyBudget":
        """The budget of a policy. One body always fits."""
        limit = limits.buffered_bytes
        return cls(limit, max(limits.body_bytes, limit * _PARTS_FOR_REQUESTS // _PARTS))

    def open(self, client: str, on_given_up: Callable[[], None]) -> HeldBody:
        """An exchange begins, with nothing held."""
        return HeldBody(self, client, on_given_up)

    def take(self, body: HeldBody, size: int, *, answer: bool) -> bool:
        """See ``HeldBody``."""
        if body.released or body.given_up:
            return False
        if not size:
            return True
        limit = self.limit if answer else self._for_requests
        own = body.size if body.collecting else 0
        if self._held_by_whole + own + size > limit:  # nobody who gives way could make room
            self._look_again()
        if self._held_by_whole + own + size > limit:
            return self._no_room(body, answer)
        if not answer and not body.collecting:
            body.collecting = True
            self._collecting[body] = None
        while self.held + size > limit:
            first = next(iter(self._collecting))
            self._give_up(first)
            if first is body:
                return False
        self._by_client.setdefault(body.client, set()).add(body)
        body.size += size
        self.held += size
        if not body.collecting:
            self._held_by_whole += size
        return True

    def untaken(self, client: str, measure: Callable[[], int]) -> Untaken:
        """A place where answers of this client wait."""
        return Untaken(self, client, measure)

    def hold(self, body: Untaken, size: int) -> None:
        """See ``Untaken``."""
        if body.released:
            return
        (self._untaken.add if size else self._untaken.discard)(body)
        self._by_client.setdefault(body.client, set()).add(body)
        self.held += size - body.size
        self._held_by_whole += size - body.size
        body.size = size

    def complete(self, body: HeldBody) -> None:
        """See ``HeldBody``."""
        if body.collecting:
            body.collecting = False
            del self._collecting[body]
            self._held_by_whole += body.size

    def release(self, body: HeldBody) -> None:
        """See ``HeldBody``."""
        body.released = True
        self._forget(body)

    def release_all(self, client: str) -> None:
        """The connection of this client has ended, and nothing of its exchanges goes on."""
        for body in list(self._by_client.get(client, ())):
            self.release(body)

    def _look_again(self) -> None:
        """Clients may have taken something since they were heard of last."""
        for untaken in list(self._untaken):
            untaken.look()

    def _no_room(self, body: HeldBody, answer: bool) -> bool:
        if not answer:
            self._give_up(body)
        return False

    def _give_up(self, body: HeldBody) -> None:
        body.given_up = True
        self._forget(body)
        body.on_given_up()

    def _forget(self, body: HeldBody) -> None:
        self.complete(body)
        self.held -= body.size
        self._held_by_whole -= body.size
        body.size = 0
        if isinstance(body, Untaken):
            self._untaken.discard(body)
        held_by_client = self._by_client.get(body.client, set())
        held_by_client.discard(body)
        if not held_by_client:
            self._by_client.pop(body.client, None)
