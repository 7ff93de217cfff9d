"""Pieces of what clients say over any of the protocols, and the choice among them."""

import itertools
import random
from collections.abc import Callable, Iterator

from harness.client import HOST
from harness.usage_reports import PATH

METHODS = (b"POST", b"POST", b"POST", b"GET", b"HEAD", b"post", b"CONNECT", b"PRI", b"M-SEARCH", b"")
TARGETS = (
    PATH.encode(), PATH.encode(), PATH.encode(), b"/v1/beacon/verify", b"/", b"*", b"/a?b=c", b"/%2e%2e/a", b"//a/b",
    f"https://{HOST}{PATH}".encode(), b"http://elsewhere.example/", f"{HOST}:443".encode(), b"",
)  # fmt: skip
LENGTHS: tuple[Callable[[int], bytes], ...] = (
    *(lambda length: b"%d" % length,) * 40,
    lambda length: b"%d" % (length + 1), lambda length: b"%d" % max(0, length - 1), lambda length: b"+%d" % length,
    lambda length: b"%d, %d" % (length, length), lambda length: b"0%d" % length, lambda _: b"-1", lambda _: b"0",
    lambda _: b"99999999999999999999",
)  # fmt: skip
#: Pieces that mean something to a reader of any of the protocols.
WORDS = (
    b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"0\r\n\r\n", b" ", b":", b"\x00", b"\x0b", b"\xff", b"chunked",
    b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n", b"POST / HTTP/1.1\r\n", b"HTTP/1.1", b"ffffffffffffffff\r\n", b"-1",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01", b"\x17\x03\x03", b"\x15\x03\x03\x00\x02\x02\x28", b"\x80",
    b"\x00\x00\x00", b"\x00\x00\x04\x08\x00\x00\x00\x00\x00\x7f\xff\xff\xff", b";a=b", b"a" * 2000,
)  # fmt: skip


def split(data: bytes, chance: random.Random) -> Iterator[bytes]:
    """In pieces, at random places, none of them empty."""
    places = sorted(chance.randint(0, len(data)) for _ in range(chance.choice((0, 0, 1, 3, 10))))
    for begin, end in itertools.pairwise((0, *places, len(data))):
        if begin < end:
            yield data[begin:end]


def rarely(chance: random.Random, usual: bytes, odd: tuple[bytes, ...], how_often: float = 0.06) -> bytes:
    """Mostly what is usual."""
    return chance.choice(odd) if chance.random() < how_often else usual
