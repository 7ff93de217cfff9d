"""Content-Length against the DATA frames, and bodies where none is expected (RFC 9113 §8.1.1)."""

from collections.abc import Iterator

from harness.http2_corpus.case import (
    GOOD,
    HEAD,
    LENGTH,
    MESSAGE,
    REPORT,
    Case,
    forwarded,
    instead,
    refused,
    request,
    with_fields,
)
from harness.http2_corpus.wire import (
    DATA,
    END_HEADERS,
    END_STREAM,
    PADDED,
    block,
    data,
    frame,
    headers,
)

_MORE, _LESS = b"%d" % (len(REPORT) + 1), b"%d" % (len(REPORT) - 1)
_NONE = END_HEADERS | END_STREAM


def _length(*values: bytes) -> bytes:
    return block(with_fields(*((b"content-length", value) for value in values)))


def cases() -> Iterator[Case]:
    """All of them."""
    yield forwarded("length", *with_fields((b"content-length", LENGTH)))
    for name, value in (("more than came", _MORE), ("less than came", _LESS), ("zero", b"0"), ("huge", b"9" * 5)):
        yield Case(f"length {name}", headers(1, _length(value)) + data(1, REPORT), (MESSAGE,))
    yield Case("length huge, beyond the body limit", headers(1, _length(b"9" * 12)) + data(1, REPORT),
               ("wire.body-too-large",))  # fmt: skip
    for value in (
        b"", b" ", b"0x10", b"1e2", b"5.0", b"5,5", b"5, 5", b"5;5", b"abc", b"\xd9\xa5", LENGTH + b"," + LENGTH,
        b"9" * 5000,
    ):  # fmt: skip
        said = value if len(value) < 100 else b"of 5,000 digits"
        yield Case(f"length {said!r}", headers(1, _length(value)) + data(1, REPORT))
    for value in (b"+5", b"-5", b"-0", b"1_0"):
        yield Case(f"length {value!r}", headers(1, _length(value)) + data(1, REPORT), (MESSAGE,))
    for value in (b"00" + LENGTH, b"+" + LENGTH, LENGTH + b"\x0b", LENGTH[:1] + b"_" + LENGTH[1:]):
        yield refused(f"length {value!r}", MESSAGE, *with_fields((b"content-length", value)), status=400)
    for name, values in (("that agree", (LENGTH, LENGTH)), ("of which the first is right", (LENGTH, b"0"))):
        fields = with_fields(*((b"content-length", value) for value in values))
        yield refused(f"two lengths {name}", MESSAGE, *fields, status=400)
    yield Case("two lengths of which the second is right", headers(1, _length(b"0", LENGTH)) + data(1, REPORT),
               (MESSAGE,))  # fmt: skip
    yield from _without_data()
    get = instead((b":method", b"GET"))
    yield Case("GET", headers(1, block(get), _NONE), (), 1, statuses=((1, 404),), closes=False, fields=get)
    yield forwarded("GET with a body", *get, status=404)
    yield Case("POST without a body", headers(1, block(GOOD), _NONE), (), 1, statuses=((1, 200),), closes=False)
    zero = with_fields((b"content-length", b"0"))
    yield Case(
        "POST of length 0", headers(1, block(zero), _NONE), (), 1, statuses=((1, 200),), closes=False, fields=zero
    )
    yield Case(
        "a body in frames of one byte",
        headers(1, block(GOOD)) + b"".join(data(1, REPORT[at : at + 1], 0) for at in range(len(REPORT))) + data(1, b""),
        (),
        1,
        statuses=((1, 200),),
        closes=False,
    )
    yield from _padding()
    yield forwarded("a body that looks like a request", *GOOD, body=b"GET / HTTP/1.1\r\n\r\n")


def _without_data() -> Iterator[Case]:
    """Nothing but a head ends these streams; h2 holds the length against DATA frames alone."""
    five, empty = headers(1, _length(b"5"), _NONE), headers(1, b"", _NONE)
    yield Case("length and the end of the stream", five, (MESSAGE,))
    yield Case("length, the end of the stream and the next request", five + request(3), (MESSAGE,))
    yield Case("length and an empty last frame", headers(1, _length(b"5")) + data(1, b""), (MESSAGE,))
    yield Case("length and empty trailers", headers(1, _length(b"5")) + empty, (MESSAGE,))
    part = headers(1, _length(b"5")) + data(1, b"{}", 0)
    yield Case("length, a part of the body and empty trailers", part + empty, (MESSAGE,))
    yield Case("no length, no data and empty trailers", headers(1, block(GOOD)) + empty, (), 1,
               statuses=((1, 200),), closes=False)  # fmt: skip


def _padding() -> Iterator[Case]:
    half = len(REPORT) // 2
    padded = frame(DATA, PADDED, 1, b"\x05" + REPORT[:half] + bytes(5)) + data(1, REPORT[half:])
    yield Case("padded data", headers(1, block(GOOD)) + padded, (), 1, statuses=((1, 200),), closes=False)
    length = with_fields((b"content-length", LENGTH))
    yield Case("padding does not count", headers(1, block(length)) + padded, (), 1, statuses=((1, 200),), closes=False,
               fields=length)  # fmt: skip
    for name, payload in (
        ("as long as the frame", b"\x05abcd"),
        ("longer than the frame", b"\xffabcd"),
        ("announced, and the frame is empty", b""),
    ):
        bad = frame(DATA, PADDED | END_STREAM, 1, payload)
        yield Case(f"padding of data {name}", headers(1, block(GOOD)) + bad, (MESSAGE,))
        yield Case(f"padding of a head {name}", frame(1, PADDED | END_HEADERS, 1, payload) + request(3), (HEAD,))
    yield Case(
        "padding with bytes in it",
        headers(1, block(GOOD)) + frame(DATA, PADDED | END_STREAM, 1, b"\x05" + REPORT + b"hello"),
        (),
        1,
        statuses=((1, 200),),
        closes=False,
    )
