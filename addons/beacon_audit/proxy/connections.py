"""How many client connections may be open at once, and how many were turned away or given up. Pure.

Each costs memory and file descriptors, whoever opened it; a flood must not cost those of the others, nor an entry in
the trail each. So connections beyond the limit are closed before anything is read, and recorded as a number; and so are
those beyond what one source may have of it, and those on which no request came (``proxy.connection_guard``).

A trail that cannot open a file is given up until a restart. So the limit is lowered to what there are descriptors for.
"""

import ipaddress
from collections import Counter

#: Of four parts of the limit, how many one source may have. Ample: all of LangSmith may come from one address.
_PARTS_OF_A_SOURCE, _PARTS = 3, 4
#: The network that an IPv6 host has for itself (RFC 4291 §2.5.4): it may take any address in it.
_HOST_NETWORK = 64
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
        self.limit_of_a_source = max(1, limit * _PARTS_OF_A_SOURCE // _PARTS)
        self._open: dict[str, str] = {}
        self._by_source: Counter[str] = Counter()
        self._turned_away = 0
        self._silent: set[str] = set()
        self._given_up = 0

    def enter(self, connection: str, address: str) -> bool:
        """Whether there is room for this connection from an IP address."""
        source = _source_of(address)
        if len(self._open) >= self.limit or self._by_source[source] >= self.limit_of_a_source:
            self._turned_away += 1
            return False
        self._open[connection] = source
        self._by_source[source] += 1
        return True

    def leave(self, connection: str) -> None:
        """The connection was closed, or was never let in."""
        source = self._open.pop(connection, None)
        if source is not None:
            self._by_source[source] -= 1
            if not self._by_source[source]:
                del self._by_source[source]
        self._silent.discard(connection)

    def give_up(self, connection: str) -> None:
        """No request came on this connection: it is about to be closed."""
        self._silent.add(connection)
        self._given_up += 1

    def was_given_up(self, connection: str) -> bool:
        """Whether it is we who end this connection. What it had begun needs no record of its own."""
        return connection in self._silent

    def take_turned_away(self) -> int:
        """How many were turned away since the last call."""
        count, self._turned_away = self._turned_away, 0
        return count

    def take_given_up(self) -> int:
        """How many were given up since the last call."""
        count, self._given_up = self._given_up, 0
        return count


def _source_of(address: str) -> str:
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv4Address):
        return str(known)
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(ipaddress.ip_network((known, _HOST_NETWORK), strict=False))
