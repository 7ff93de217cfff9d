"""A name server that knows the addresses of some names and keeps account of what it was asked (RFC 1035, UDP only)."""

import contextlib
import ipaddress
import socket
import struct
import threading
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

_HEADER_BYTES = 12
_TYPES = {1: 4, 28: 6}  # A, AAAA: version of the address


class NameServer:
    """Answers on bound UDP sockets until its end, and closes them. A name that it does not know does not exist."""

    def __init__(self, sockets: Sequence[socket.socket], addresses: Mapping[str, Sequence[str]]) -> None:
        self._sockets = sockets
        self._addresses = addresses
        self._threads = [threading.Thread(target=self._serve, args=(each,), daemon=True) for each in sockets]
        #: Every name that was asked for, in lower case.
        self.asked: list[str] = []

    def _serve(self, bound: socket.socket) -> None:
        while True:
            try:
                question, peer = bound.recvfrom(4096)
            except OSError:
                return
            if len(question) < _HEADER_BYTES:
                return
            bound.sendto(self._answer(question), peer)

    def _answer(self, question: bytes) -> bytes:
        labels, at = [], _HEADER_BYTES
        while length := question[at]:
            labels.append(question[at + 1 : at + 1 + length].decode("ascii", "replace").lower())
            at += 1 + length
        name = ".".join(labels)
        self.asked.append(name)
        wanted = _TYPES.get(int.from_bytes(question[at + 1 : at + 3]))
        packed = [
            ipaddress.ip_address(text).packed
            for text in self._addresses.get(name, ())
            if ipaddress.ip_address(text).version == wanted
        ]
        code = 0 if name in self._addresses else 3  # NXDOMAIN
        head = question[:2] + struct.pack("!HHHHH", 0x8580 | code, 1, len(packed), 0, 0)
        kind = question[at + 1 : at + 5]
        records = b"".join(b"\xc0\x0c" + kind + struct.pack("!IH", 60, len(each)) + each for each in packed)
        return head + question[12 : at + 5] + records

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits
        for thread in self._threads:
            thread.join(5)
        for each in self._sockets:
            each.close()
