"""How many client connections may be open at once, and how many were turned away. Pure.

Each costs memory and file descriptors, whoever opened it; a flood must not cost those of the others, nor an entry in
the trail each. So connections beyond the limit are closed before anything is read, and recorded as a number.

A trail that cannot open a file is given up until a restart. So the limit is lowered to what there are descriptors for.
"""

#: What a client connection may take: itself, and five upstream at a time, which is mitmproxy's bound over HTTP/2.
DESCRIPTORS_EACH = 6
#: Kept for the trail and all else, and for connections that are accepted only to be closed; of few, half of them.
DESCRIPTORS_KEPT = 1000


def connections_for(limit: int, descriptors: int) -> int:
    """``limit``, or how many connections a process may have that is allowed so many file descriptors."""
    kept = min(DESCRIPTORS_KEPT, descriptors // 2)
    return max(1, min(limit, (descriptors - kept) // DESCRIPTORS_EACH))


class Connections:
    """The client connections that are open. ``limit`` is ``limits.connections`` of the policy."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._open: set[str] = set()
        self._turned_away = 0

    def enter(self, connection: str) -> bool:
        """Whether there is room for this connection."""
        if len(self._open) >= self.limit:
            self._turned_away += 1
            return False
        self._open.add(connection)
        return True

    def leave(self, connection: str) -> None:
        """The connection was closed, or was never let in."""
        self._open.discard(connection)

    def take_turned_away(self) -> int:
        """How many were turned away since the last call."""
        count, self._turned_away = self._turned_away, 0
        return count
