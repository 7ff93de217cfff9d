"""HTTP/2 as clients say it: frames of requests, mostly good, and others between them."""

import random
from collections.abc import Callable

import hpack
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    PriorityFrame,
    PushPromiseFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from fuzz.connection.pieces import LENGTHS, METHODS, TARGETS, rarely, split
from harness.client import HOST
from harness.usage_reports import PATH, usage_report


def http2(chance: random.Random, number: int) -> bytes:
    """A connection with requests of reports with this number."""
    encoder = hpack.Encoder()
    frames: list[bytes] = [SettingsFrame(0).serialize()]
    for stream in range(1, chance.choice((1, 1, 2, 4)) * 2, 2):
        frames += _http2_request(chance, encoder, stream, number)
    while chance.random() < 0.25:
        frames.insert(chance.randint(1, len(frames)), _odd_frame(chance))
    if chance.random() < 0.03:
        chance.shuffle(frames)
    return rarely(chance, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (b"", b"PRI * HTTP/2.0\r\n\r\n"), 0.05) + b"".join(
        frames
    )


def _http2_request(chance: random.Random, encoder: hpack.Encoder, stream: int, number: int) -> list[bytes]:
    body = usage_report(number) if chance.random() < 0.8 else chance.randbytes(chance.choice((0, 1, 40, 3000)))
    fields = [
        (b":method", rarely(chance, b"POST", METHODS)),
        (b":scheme", rarely(chance, b"https", (b"http", b"", b"ftp"))),
        (b":path", rarely(chance, PATH.encode(), TARGETS)),
        (b":authority", rarely(chance, HOST.encode(), (b"elsewhere.example", b"", HOST.encode() + b":443"))),
        (b"content-type", b"application/json"),
    ]
    if chance.random() < 0.5:
        fields.append((b"content-length", chance.choice(LENGTHS)(len(body))))
    if chance.random() < 0.1:
        fields.append(chance.choice(((b"host", b"elsewhere.example"), (b"connection", b"close"), (b"Upper", b"a"),
                                     (b"te", b"trailers"), (b"transfer-encoding", b"chunked"), (b"x", b"a\r\nb"),
                                     (b":method", b"GET"), (b":odd", b"a"), (b"x", b"a" * 20_000))))  # fmt: skip
    if chance.random() < 0.05:
        chance.shuffle(fields)
    block = encoder.encode(fields)
    head = HeadersFrame(stream, block)
    made: list[bytes] = []
    if chance.random() < 0.2:
        cut = chance.randint(0, len(block))
        head = HeadersFrame(stream, block[:cut])
        last = ContinuationFrame(stream, block[cut:], flags={"END_HEADERS"})
        made = [head.serialize(), last.serialize()]
    else:
        head.flags.add("END_HEADERS")
        made = [head.serialize()]
    pieces = list(split(body, chance)) or [b""]
    made += [DataFrame(stream, piece).serialize() for piece in pieces[:-1]]
    last_data = DataFrame(stream, pieces[-1])
    if chance.random() < 0.85:
        last_data.flags.add("END_STREAM")
    made.append(last_data.serialize())
    if chance.random() < 0.1:
        trailers = HeadersFrame(stream, encoder.encode([(b"x", b"a")]), flags={"END_HEADERS", "END_STREAM"})
        made.append(trailers.serialize())
    return made


def _odd_frame(chance: random.Random) -> bytes:
    stream = chance.choice((0, 1, 1, 2, 3, 5, 2**31 - 1))
    kinds: tuple[Callable[[], Frame], ...] = (
        lambda: RstStreamFrame(stream or 1, error_code=8),
        lambda: WindowUpdateFrame(stream, window_increment=chance.choice((1, 2**31 - 1))),
        lambda: PingFrame(0, b"12345678"),
        lambda: GoAwayFrame(0, last_stream_id=stream),
        lambda: PriorityFrame(stream or 1, depends_on=stream, stream_weight=1),
        lambda: PushPromiseFrame(stream or 1, promised_stream_id=2, data=b""),
        lambda: SettingsFrame(0, settings={chance.randint(1, 8): chance.choice((0, 1, 2**31 - 1, 2**32 - 1))}),
        lambda: SettingsFrame(0, flags={"ACK"}),
        lambda: DataFrame(stream or 1, b"x" * chance.choice((0, 1, 16_384))),
    )
    if chance.random() < 0.1:
        body = chance.randbytes(chance.choice((0, 4, 30)))
        return len(body).to_bytes(3) + chance.randbytes(2) + stream.to_bytes(4) + body
    return chance.choice(kinds)().serialize()
