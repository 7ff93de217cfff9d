"""What an upstream says: the documented answer, and what becomes of it. The same seed gives the same answer."""

import gzip
import random

from fuzz.connection.pieces import WORDS
from fuzz.mutation import change

_BODY = b'{"inserted_count": 1}'
_FIRST = (
    b"HTTP/1.1 200 OK", b"HTTP/1.1 200 OK", b"HTTP/1.1 200 OK", b"HTTP/1.0 200 OK", b"HTTP/1.1 204 No Content",
    b"HTTP/1.1 304 Not Modified", b"HTTP/1.1 101 Switching Protocols", b"HTTP/1.1 500 ", b"HTTP/1.1 99 Odd",
    b"HTTP/1.1 1000 Odd", b"HTTP/2 200 OK", b"HTTP/1.1 307 Temporary Redirect", b"ICY 200 OK", b"HTTP/1.1", b"",
)  # fmt: skip
_FIELDS = (
    b"Connection: close", b"Transfer-Encoding: chunked", b"Content-Length: 5", b"Content-Encoding: gzip", b"X: a\x00b",
    b"X", b" folded", b"Location: http://elsewhere.example/", b"Upgrade: websocket", b"Set-Cookie: a=b",
    b"X: " + b"a" * 70_000,
)  # fmt: skip


def answer(seed: str) -> tuple[list[bytes], bool]:
    """The pieces of an answer, and whether the connection is closed after it."""
    chance = random.Random(seed)
    if chance.random() < 0.4:
        return [_whole(b"HTTP/1.1 200 OK", _BODY)], False
    made = b"".join(
        chance.choice((b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"))
        for _ in range(chance.choice((0, 0, 1, 12)))
    )
    made += b"".join(_answer(chance) for _ in range(chance.choice((1, 1, 1, 1, 2))))
    if chance.random() < 0.4:
        changed = bytearray(made)
        change(changed, [made], WORDS, chance)
        made = bytes(changed)
    if chance.random() < 0.2:
        made = made[: chance.randint(0, len(made))]
    cut = chance.randint(0, len(made))
    # Whoever waits for the rest of a damaged answer is told that there is none.
    return [piece for piece in (made[:cut], made[cut:]) if piece], True


def _whole(first: bytes, body: bytes, *fields: bytes) -> bytes:
    lines = (first, b"Content-Type: application/json", b"Content-Length: %d" % len(body), *fields)
    return b"".join(line + b"\r\n" for line in (*lines, b"")) + body


def _answer(chance: random.Random) -> bytes:
    first = chance.choice(_FIRST)
    fields = [chance.choice(_FIELDS) for _ in range(chance.choice((0, 0, 1, 2)))]
    match chance.randrange(5):
        case 0:
            chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (_BODY[:5], _BODY[5:]))
            end = chance.choice((b"0\r\n\r\n", b"0\r\nX: a\r\n\r\n", b"", b"zz\r\n"))
            return first + b"\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + end
        case 1:
            return _whole(
                first, gzip.compress(_BODY * chance.choice((1, 5000)), mtime=0), b"Content-Encoding: gzip", *fields
            )
        case 2:
            return first + b"\r\nContent-Type: application/json\r\n\r\n" + _BODY  # until it closes
        case 3:
            return _whole(first, _BODY).replace(
                b"Content-Length: ", b"Content-Length: " + chance.choice((b"1", b"-", b"0, ", b"x"))
            )
        case _:
            return _whole(first, chance.randbytes(chance.choice((0, 10, 100_000))), *fields)
