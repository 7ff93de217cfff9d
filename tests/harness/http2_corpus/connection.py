"""Frames that are about the connection, wrong or not, and its beginning (RFC 9113 §3.4, §4.2, §5.5, §6)."""

import struct
from collections.abc import Iterator

from harness.http2_corpus.case import GOOD, HEAD, MESSAGE, REPORT, Case, request
from harness.http2_corpus.wire import (
    ACK,
    DATA,
    ENABLE_PUSH,
    END_HEADERS,
    GOAWAY,
    HEADERS,
    INITIAL_WINDOW_SIZE,
    MAX_FRAME_SIZE,
    PING,
    PREFACE,
    PRIORITY,
    PUSH_PROMISE,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    block,
    data,
    frame,
    headers,
    ping,
    reset,
    settings,
    window_update,
)

_OPEN = headers(1, block(GOOD))
_MOST = 2**31 - 1


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _beginnings()
    yield from _settings()
    yield from _others()
    yield from _windows()
    yield from _floods()


def _beside(name: str, odd: bytes) -> Iterator[Case]:
    """What is none, alone and beside an open request."""
    yield Case(name, odd)
    yield Case(f"{name}, beside an open request", _OPEN + odd + data(1, REPORT), (HEAD, MESSAGE))


def _harmless(name: str, odd: bytes) -> Case:
    """What changes nothing for the request around it."""
    return Case(name, _OPEN + odd + data(1, REPORT), (), 1, statuses=((1, 200),), closes=False)


def _beginnings() -> Iterator[Case]:
    for name, begins in (
        ("no preface", settings()),
        ("a preface in small letters", PREFACE.lower() + settings()),
        ("a preface with another end", PREFACE[:-2] + b"xx" + settings()),
        ("a preface of HTTP/3.0", PREFACE.replace(b"2.0", b"3.0") + settings()),
        ("HTTP/1.1 in the place of HTTP/2", b"POST / HTTP/1.1\r\nHost: beacon.langchain.com\r\n\r\n"),
        ("an upgrade to h2c", b"GET / HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n"),
        ("zeros", bytes(64)),
    ):
        yield Case(name, request(1), begins=begins)
    yield Case("half a preface", b"", begins=PREFACE[:10], fence=False, closes=False)
    yield Case("nothing at all", b"", (), begins=b"", fence=False, closes=False)
    yield Case("a preface alone", b"", (), begins=PREFACE, fence=False, closes=False)
    yield Case("a request before the settings", request(1), (), 1, begins=PREFACE, statuses=((1, 200),), closes=False)
    yield Case("the preface twice", PREFACE + settings() + request(1))


def _settings() -> Iterator[Case]:
    for name, odd in (
        ("settings of 5 bytes", frame(SETTINGS, 0, 0, b"\0" * 5)),
        ("settings of a stream", frame(SETTINGS, 0, 5)),
        ("an acknowledgement with a payload", frame(SETTINGS, ACK, 0, struct.pack(">HL", 4, 5))),
        ("a window beyond the largest", settings((INITIAL_WINDOW_SIZE, 2**31))),
        ("a frame size below the smallest", settings((MAX_FRAME_SIZE, 100))),
        ("a frame size beyond the largest", settings((MAX_FRAME_SIZE, 2**24))),
        ("push of 2", settings((ENABLE_PUSH, 2))),
    ):
        yield from _beside(name, odd)
    yield _harmless("settings that nobody defines", settings((0xBEEF, 7), (0, 0)))
    yield _harmless("settings that come twice in a frame", settings((ENABLE_PUSH, 0), (ENABLE_PUSH, 0)))
    yield _harmless("acknowledgements that nobody asked for", frame(SETTINGS, ACK, 0) * 5)
    yield _harmless("a header table of nothing", settings((1, 0)))
    yield _harmless("extended CONNECT offered by the client", settings((8, 1)))


def _others() -> Iterator[Case]:
    for name, odd in (
        ("a ping of 7 bytes", ping(b"\0" * 7)),
        ("a ping of 9 bytes", ping(b"\0" * 9)),
        ("a ping of a stream", frame(PING, 0, 5, b"\0" * 8)),
        ("a push promise", frame(PUSH_PROMISE, END_HEADERS, 5, b"\0\0\0\x02" + block(GOOD))),
        ("a reset of the connection", reset(0)),
        ("a goaway of a stream", frame(GOAWAY, 0, 5, bytes(8))),
        ("a goaway of 4 bytes", frame(GOAWAY, 0, 0, bytes(4))),
        ("a frame longer than may be", frame(DATA, 0, 5, b"", length=200_000)),
        ("a frame of 16 MiB announced", frame(HEADERS, END_HEADERS, 3, b"", length=2**24 - 1)),
        ("an unknown frame longer than may be", frame(0xBE, 0, 0, b"", length=200_000)),
        ("priority of the connection", frame(PRIORITY, 0, 0, bytes(5))),
        ("priority of 4 bytes", frame(PRIORITY, 0, 3, bytes(4))),
        ("priority over itself", frame(PRIORITY, 0, 3, b"\0\0\0\x03\x10")),
    ):
        yield from _beside(name, odd)
    yield Case("a reset of 3 bytes", _OPEN + frame(RST_STREAM, 0, 1, bytes(3)), (MESSAGE,))
    yield _harmless("unknown frames", frame(0xBE, 0xFF, 0, b"hello") + frame(0xBE, 0, 1, b"hello"))
    yield _harmless("an ALTSVC frame", frame(0xA, 0, 0, b"\0\x03foobar"))
    yield _harmless("an ORIGIN frame", frame(0xC, 0, 0, b"\0\x03foo"))
    yield _harmless("a PRIORITY_UPDATE frame", frame(0x10, 0, 0, b"\0\0\0\x01u=1"))
    yield _harmless("pings", ping() * 5)
    yield _harmless("pongs that nobody asked for", ping(flags=ACK) * 5)
    yield _harmless("priority", frame(PRIORITY, 0, 9, b"\x80\0\0\x01\x10") + frame(PRIORITY, 0, 1, b"\0\0\0\0\x10"))
    yield Case("goaway", frame(GOAWAY, 0, 0, bytes(8)), ())
    yield Case("goaway beside an open request", _OPEN + frame(GOAWAY, 0, 0, bytes(8)), (MESSAGE,))
    yield Case("goaway behind a request", request(1) + frame(GOAWAY, 0, 0, bytes(8)), (), cut_off=1)
    yield Case("goaway with text in it", frame(GOAWAY, 0, 0, bytes(8) + b"text" * 100), ())


def _windows() -> Iterator[Case]:
    for name, odd in (
        ("a window of 3 bytes", frame(WINDOW_UPDATE, 0, 0, bytes(3))),
        ("a window of 0 more", window_update(0, 0)),
        ("a window beyond the end", window_update(0, _MOST)),
    ):
        yield from _beside(name, odd)
    yield Case("a window of 0 more for a stream", _OPEN + window_update(1, 0) + data(1, REPORT), (MESSAGE,))
    yield Case("a window beyond the end for a stream", _OPEN + window_update(1, _MOST) + data(1, REPORT), (MESSAGE,),
               resets=(1,), closes=False)  # fmt: skip
    yield _harmless("a window as large as it may be", window_update(0, _MOST - 65_535))
    yield _harmless("a window that shrinks below nothing", settings((INITIAL_WINDOW_SIZE, 1)) * 2
                    + settings((INITIAL_WINDOW_SIZE, _MOST)))  # fmt: skip
    yield Case("windows that overflow by the settings", _OPEN + window_update(1, 5)
               + settings((INITIAL_WINDOW_SIZE, _MOST)), (HEAD, MESSAGE))  # fmt: skip


def _floods() -> Iterator[Case]:
    for name, one in (
        ("pings", ping()), ("settings", settings()), ("priorities", frame(PRIORITY, 0, 9, b"\0\0\0\x01\x10")),
        ("windows", window_update(0, 1)), ("unknown frames", frame(0xBE, 0, 0)),
        ("acknowledgements", frame(SETTINGS, ACK, 0)),
    ):  # fmt: skip
        yield Case(f"11,000 {name}", one * 11_000)
    yield Case("11,000 empty frames of data", _OPEN + data(1, b"", 0) * 11_000, (MESSAGE,))
    taken_back = b"".join(headers(at, block(GOOD)) + reset(at) for at in range(1, 2_001, 2))
    yield Case("1,000 requests that are taken back", taken_back, (HEAD, *[MESSAGE] * 101))
    whole = b"".join(request(at) + reset(at) for at in range(1, 2_001, 2))
    yield Case("1,000 whole requests that are taken back", whole, (HEAD,), cut_off=101)
    hundred = range(1, 201, 2)
    yield Case("100 requests at once", b"".join(map(request, hundred)), (), 100,
               statuses=tuple((at, 200) for at in hundred), closes=False)  # fmt: skip
