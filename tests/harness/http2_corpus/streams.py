"""Frames on streams where they do not belong, and heads in pieces (RFC 9113 §5.1, §6.2, §6.10, §8.1)."""

from collections.abc import Iterator

from harness.http2_corpus.case import GOOD, HEAD, MESSAGE, REPORT, Case, request, with_fields
from harness.http2_corpus.wire import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    HAS_PRIORITY,
    HEADERS,
    block,
    continuation,
    data,
    frame,
    headers,
    ping,
    reset,
    settings,
    window_update,
)

_BLOCK = block(GOOD)
_HALF = len(_BLOCK) // 2
_WHOLE = END_HEADERS | END_STREAM
_OPEN = headers(1, _BLOCK)


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _places()
    yield from _pieces()
    yield from _trailers()
    yield from _several()


def _places() -> Iterator[Case]:
    yield Case("data before a head", data(1, REPORT))
    yield Case("data on the connection", data(0, REPORT))
    yield Case("a head on the connection", headers(0, _BLOCK))
    yield Case("a head on a stream of the server", headers(2, _BLOCK) + data(2, REPORT))
    yield Case("data on a stream of the server", data(2, REPORT))
    yield Case("reset of a stream that never was", reset(1))
    yield Case("window of a stream that never was", window_update(1, 5))
    yield Case("a stream below the one before", request(5) + request(3), (HEAD,), cut_off=1)
    yield Case("a stream id again", request(1) + request(1), (), resets=(1,), closes=False, cut_off=1)
    yield Case("data after the end", request(1) + data(1, b"more"), (), resets=(1,), closes=False, cut_off=1)
    yield Case("a head after the end", request(1) + headers(1, _BLOCK, _WHOLE), (), resets=(1,), closes=False,
               cut_off=1)  # fmt: skip
    yield Case("a stream id with the reserved bit", headers(1 | 1 << 31, _BLOCK) + data(1, REPORT), (), 1,
               statuses=((1, 200),), closes=False)  # fmt: skip
    yield Case("the highest stream id", request(2**31 - 1), (), 1, statuses=((2**31 - 1, 200),), closes=False)
    yield Case("a stream behind the highest", request(2**31 - 1) + request(1), (HEAD,), cut_off=1)
    yield Case("reset after a head", _OPEN + reset(1), (MESSAGE,), closes=False)
    yield Case("reset after a part of the body", _OPEN + data(1, b"{", 0) + reset(1), (MESSAGE,), closes=False)
    yield Case("reset, and data after it", _OPEN + reset(1) + data(1, REPORT), (MESSAGE,), resets=(1,), closes=False)
    yield Case("reset, and a head after it", _OPEN + reset(1) + request(1), (MESSAGE,), resets=(1,), closes=False)
    yield Case("reset after a whole request", request(1) + reset(1), (), closes=False, cut_off=1)
    yield Case("reset twice", _OPEN + reset(1) + reset(1), (MESSAGE,), closes=False)
    yield Case("half a body, and the end", _OPEN + data(1, b"{", 0), (MESSAGE,), closes=False)
    yield Case("a head, and the end", _OPEN, (MESSAGE,), closes=False)


def _pieces() -> Iterator[Case]:
    first, second = frame(HEADERS, 0, 1, _BLOCK[:_HALF]), _BLOCK[_HALF:]
    yield Case("a head in two pieces", first + continuation(1, second) + data(1, REPORT), (), 1,
               statuses=((1, 200),), closes=False)  # fmt: skip
    bytewise = b"".join(continuation(1, _BLOCK[at : at + 20], 0) for at in range(20, len(_BLOCK), 20))
    yield Case("a head in pieces of 20 bytes", frame(HEADERS, 0, 1, _BLOCK[:20]) + bytewise + continuation(1, b"")
               + data(1, REPORT), (), 1, statuses=((1, 200),), closes=False)  # fmt: skip
    yield Case("continuation of nothing", continuation(1, _BLOCK))
    yield Case("continuation of a whole head", _OPEN + continuation(1, b""), (MESSAGE,))
    for name, odd in (
        ("data", data(1, REPORT)),
        ("a ping", ping()),
        ("settings", settings()),
        ("a window", window_update(0, 5)),
        ("an unknown frame", frame(0xBE, 0, 1, b"hello")),
        ("another head", headers(3, _BLOCK)),
        ("a head again", headers(1, _BLOCK)),
        ("the rest for another stream", continuation(3, second)),
        ("the rest for the connection", continuation(0, second)),
    ):
        yield Case(f"a head interrupted by {name}", first + odd + continuation(1, second))
    yield Case("a head that never ends", first, fence=False, closes=False)
    yield Case("a head cut off in its frame", headers(1, _BLOCK)[:-5], fence=False, closes=False)
    yield Case("a body cut off in its frame", _OPEN + data(1, REPORT)[:-5], (MESSAGE,), fence=False, closes=False)
    yield Case("continuation without end", first + continuation(1, b"", 0) * 70)
    yield Case("continuation of 16 KiB each", first + continuation(1, b"\0" * 16_384, 0) * 5)
    yield Case("a head that depends on itself", frame(HEADERS, _WHOLE | HAS_PRIORITY, 1, b"\0\0\0\x01\x10" + _BLOCK))
    yield Case("a head with priority", frame(HEADERS, END_HEADERS | HAS_PRIORITY, 1, b"\x80\0\0\0\x10" + _BLOCK)
               + data(1, REPORT), (), 1, statuses=((1, 200),), closes=False)  # fmt: skip
    yield Case("a head too short for its priority", frame(HEADERS, _WHOLE | HAS_PRIORITY, 1, b"\0\0"))
    yield Case("flags that nobody defines", frame(HEADERS, END_HEADERS | 0xD0 & ~HAS_PRIORITY, 1, _BLOCK)
               + frame(DATA, END_STREAM | 0xF6, 1, REPORT), (), 1, statuses=((1, 200),), closes=False)  # fmt: skip
    yield Case("continuation that says the end of the stream", first + frame(CONTINUATION, _WHOLE, 1, second)
               + data(1, REPORT), (), 1, statuses=((1, 200),), closes=False)  # fmt: skip


def _trailers() -> Iterator[Case]:
    body = _OPEN + data(1, REPORT, 0)
    more = block([(b"x-more", b"a")])
    yield Case("trailers", body + headers(1, more, _WHOLE), ("containment.trailers",), statuses=((1, 403),),
               closes=False)  # fmt: skip
    yield Case("empty trailers", body + headers(1, b"", _WHOLE), (), 1, statuses=((1, 200),), closes=False)
    yield Case("trailers before any data", _OPEN + headers(1, more, _WHOLE), ("containment.trailers",),
               statuses=((1, 403),), closes=False)  # fmt: skip
    yield Case("trailers that do not end the stream", body + headers(1, more), (MESSAGE,))
    yield Case("data after such trailers", body + headers(1, more) + data(1, REPORT), (MESSAGE,))
    yield Case("trailers twice", body + headers(1, more, _WHOLE) * 2, (), resets=(1,), closes=False, cut_off=1)
    for name, field in (
        ("a capital", (b"X-More", b"a")), ("a line break", (b"x-more", b"a\r\nb: c")),
        ("a coding", (b"transfer-encoding", b"chunked")), ("a space", (b"x more", b"a")),
    ):  # fmt: skip
        yield Case(f"trailers with {name}", body + headers(1, block([field]), _WHOLE), (MESSAGE,))
    for name, field in (("a length", (b"content-length", b"0")), ("a host", (b"host", b"example.net"))):
        yield Case(f"trailers with {name}", body + headers(1, block([field]), _WHOLE), ("containment.trailers",),
                   statuses=((1, 403),), closes=False)  # fmt: skip


def _several() -> Iterator[Case]:
    foreign = tuple((name, b"example.net" if name == b":authority" else value) for name, value in GOOD)
    bad = with_fields((b"X-Upper", b"v"))
    yield Case("three requests", request(1) + request(3) + request(5), (), 3,
               statuses=((1, 200), (3, 200), (5, 200)), closes=False)  # fmt: skip
    yield Case("three requests, their frames mixed", headers(1, _BLOCK) + headers(3, _BLOCK) + headers(5, _BLOCK)
               + data(5, REPORT) + data(1, REPORT) + data(3, REPORT), (), 3,
               statuses=((1, 200), (3, 200), (5, 200)), closes=False)  # fmt: skip
    yield Case("a refused one between good ones", request(1) + request(3, foreign) + request(5),
               ("containment.host-mismatch",), 2, statuses=((1, 200), (3, 403), (5, 200)), closes=False)  # fmt: skip
    yield Case("refused ones around a good one", request(1, foreign) + request(3) + request(5, foreign),
               ("containment.host-mismatch",) * 2, 1,
               statuses=((1, 403), (3, 200), (5, 403)), closes=False)  # fmt: skip
    scheme = tuple((name, b"http" if name == b":scheme" else value) for name, value in GOOD)
    yield Case("one of another scheme between good ones", request(1) + request(3, scheme) + request(5),
               (HEAD,), 2, statuses=((1, 200), (3, 400), (5, 200)), closes=False)  # fmt: skip
    yield Case("one with trailers between good ones", request(1) + headers(3, _BLOCK) + data(3, REPORT, 0)
               + headers(3, block([(b"x-more", b"a")]), _WHOLE) + request(5), ("containment.trailers",), 2,
               statuses=((1, 200), (3, 403), (5, 200)), closes=False)  # fmt: skip
    yield Case("one that is none behind a good one", request(1) + request(3, bad), (HEAD,), cut_off=1)
    yield Case("one that is none before good ones", request(1, bad) + request(3) + request(5), (HEAD,))
    yield Case("one of the wrong length behind a good one",
               request(1) + request(3, with_fields((b"content-length", b"3"))), (MESSAGE,), cut_off=1)  # fmt: skip
    yield Case("one that is none beside an open one", _OPEN + request(3, bad), (HEAD, MESSAGE))
    yield Case("good ones while others are open and never end",
               b"".join(headers(at, _BLOCK) for at in range(1, 41, 2)) + request(41) + request(43), (MESSAGE,) * 20, 2,
               statuses=((41, 200), (43, 200)), closes=False)  # fmt: skip
    yield Case("more streams than there may be", b"".join(headers(at, _BLOCK) for at in range(1, 203, 2)),
               (HEAD, *[MESSAGE] * 100))  # fmt: skip
