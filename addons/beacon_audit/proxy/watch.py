"""What may be written to an upstream connection that is open: bytes of an exchange under way, and TLS's own upkeep.

A connection lives longer than the exchange it was opened for. `WatchedTransport` stands between mitmproxy and the
socket and asks its `Watch` before every write:

- until a request is given the connection (the handshake): a permit of the client connection that had it dialled, for
  that destination, must be in force;
- from then on: the permit of the request that it was given to (``proxy.stream_guard``), which ends with its exchange.
  Behind a parent proxy mitmproxy does not say which connection that is, so there the first rule stays;
- else only what TLS writes on its own: an alert, or one small record of TLS 1.3, where alerts and key updates look like
  data. They have no room for a request, and ``MOST_UPKEEP`` of them may follow one exchange.

Anything else is not written: the connection is torn down, and ``on_breach`` is told, once. But for a handshake: a
client that leaves while its connection is made is nobody's mistake.

Sources: RFC 8446 §5 (records), §6 (alerts), §4.6.3 (key updates); ADR 0010.
"""

import logging
from collections.abc import Callable, Iterable
from typing import Any
from weakref import WeakValueDictionary

from beacon_audit.proxy.permits import Permit, Permits

logger = logging.getLogger(__name__)

#: How many records of upkeep may follow an exchange: the answer to a key update, and the end of the session.
MOST_UPKEEP = 2
_ALERT, _DATA = 21, 23
_MAKING = (b"\x14", b"\x16")  # change cipher spec, handshake
_RECORD_HEADER = 5
#: The longest alert of TLS 1.2 (with CBC and SHA-384), and of TLS 1.3 a key update, which is longer than an alert.
_LONGEST = {_ALERT: 96, _DATA: 32}
#: What a second layer of TLS adds, towards a parent proxy that speaks https.
_NESTED = 32


class Watch:
    """The state of one connection. ``dialled`` is the permit it was opened on."""

    def __init__(self, permits: Permits, dialled: Permit, *, nested: bool) -> None:
        self._permits = permits
        self._dialled = dialled
        self._carried: str | None = None
        self._upkeep = 0
        self._longest = {kind: length + (_NESTED if nested else 0) for kind, length in _LONGEST.items()}

    @property
    def host(self) -> str:
        """Where the connection leads."""
        return self._dialled.host

    def dialled_like(self, permit: Permit) -> bool:
        """Whether the connection was opened for the client connection and destination of ``permit``."""
        ours = self._dialled
        return (ours.client, ours.host, ours.port) == (permit.client, permit.host, permit.port)

    def is_making(self, data: bytes) -> bool:
        """Whether ``data`` belongs to the making of the connection: a handshake, or the CONNECT to a parent proxy."""
        return self._carried is None and (data[:1] in _MAKING or data.startswith(b"CONNECT "))

    def carry(self, exchange: str) -> None:
        """The connection was given to the request of this exchange."""
        self._carried = exchange
        self._upkeep = 0

    def passes(self, data: bytes) -> bool:
        """Whether ``data`` may be written now."""
        if self._under_way():
            return True
        records = _records(data)
        self._upkeep += len(records)
        return (
            bool(records)
            and self._upkeep <= MOST_UPKEEP
            and all(length <= self._longest.get(kind, 0) for kind, length in records)
        )

    def _under_way(self) -> bool:
        if self._carried is not None:
            return self._permits.of(self._carried) is not None
        return self._permits.any_in_force(self._dialled.client, self._dialled.host, self._dialled.port)


def _records(data: bytes) -> list[tuple[int, int]]:
    """Type and length of the TLS records that ``data`` consists of; none if it is anything else."""
    records = []
    at = 0
    while at < len(data):
        length = _RECORD_HEADER + int.from_bytes(data[at + 3 : at + _RECORD_HEADER])
        if data[at + 1 : at + 3] != b"\x03\x03" or at + length > len(data):
            return []
        records.append((data[at], length))
        at += length
    return records


class Watches:
    """The watches of all open connections, by the address of our end."""

    def __init__(self, permits: Permits, on_breach: Callable[[str], None]) -> None:
        self._permits = permits
        self._on_breach = on_breach
        self._watches: WeakValueDictionary[object, Watch] = WeakValueDictionary()

    def transport(self, transport: Any, dialled: Permit, *, nested: bool) -> "WatchedTransport":
        """``transport``, watched."""
        watch = Watch(self._permits, dialled, nested=nested)
        self._watches[transport.get_extra_info("sockname")] = watch
        return WatchedTransport(transport, watch, self._on_breach)

    def carry(self, sockname: object, exchange: str) -> bool:
        """The connection with this address on our end (``None``: behind a parent proxy) was given to a request.
        ``False``: nobody watches it."""
        if sockname is None:
            permit = self._permits.of(exchange)
            return permit is not None and any(watch.dialled_like(permit) for watch in self._watches.values())
        watch = self._watches.get(sockname)
        if watch is not None:
            watch.carry(exchange)
        return watch is not None


class WatchedTransport:
    """A transport of asyncio that writes what its watch lets pass. Everything else of it is as it was."""

    def __init__(self, transport: Any, watch: Watch, on_breach: Callable[[str], None]) -> None:
        self._transport = transport
        self._watch = watch
        self._on_breach = on_breach
        self._broken = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write ``data``, or tear the connection down."""
        if self._broken or not data:
            return
        if self._watch.passes(bytes(data)):
            self._transport.write(data)
            return
        self._broken = True
        self._transport.abort()
        if self._watch.is_making(bytes(data)):
            logger.info("a connection upstream was given up: the client that wanted it has gone")
            return
        logger.error(
            "egress gate: stopped %d bytes on an open connection that no recorded request was using. "
            "This is a defect: please report it",
            len(data),
        )
        self._on_breach(self._watch.host)

    def writelines(self, parts: Iterable[bytes | bytearray | memoryview]) -> None:
        """As ``write``."""
        self.write(b"".join(parts))
