"""What clients say: sentences of the protocols, and what becomes of them. The same seed gives the same inputs."""

import gzip
import itertools
import random
from collections.abc import Callable, Iterator

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

from fuzz.connection.case import Case, End, Layer
from fuzz.mutation import change
from harness.client import HOST
from harness.usage_reports import PATH, usage_report

_LAYERS: tuple[Layer, ...] = (*("tls",) * 5, *("h2",) * 3, "plain", "tunnel")
_ENDS: tuple[End, ...] = ("wait", "wait", "wait", "wait", "half", "close", "reset")
_METHODS = (b"POST", b"POST", b"POST", b"GET", b"HEAD", b"post", b"CONNECT", b"PRI", b"M-SEARCH", b"")
_TARGETS = (
    PATH.encode(), PATH.encode(), PATH.encode(), b"/v1/beacon/verify", b"/", b"*", b"/a?b=c", b"/%2e%2e/a", b"//a/b",
    f"https://{HOST}{PATH}".encode(), b"http://elsewhere.example/", f"{HOST}:443".encode(), b"",
)  # fmt: skip
_VERSIONS = (b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.0", b"HTTP/1.2", b"HTTP/2", b"http/1.1", b"")
_LINE_ENDS = (b"\r\n",) * 12 + (b"\n", b"\r", b"\r\r\n")
_LENGTHS: tuple[Callable[[int], bytes], ...] = (
    *(lambda length: b"%d" % length,) * 40,
    lambda length: b"%d" % (length + 1), lambda length: b"%d" % max(0, length - 1), lambda length: b"+%d" % length,
    lambda length: b"%d, %d" % (length, length), lambda length: b"0%d" % length, lambda _: b"-1", lambda _: b"0",
    lambda _: b"99999999999999999999",
)  # fmt: skip
_ODD_FIELDS = (
    b"Expect: 100-continue", b"Upgrade: websocket", b"Connection: close", b"Connection: keep-alive, Upgrade",
    b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding : chunked",
    b"Content-Encoding: gzip", b"Host: elsewhere.example", b"X: \x00", b"X: a\r\n b", b" X: a", b"X:", b": x", b"X",
    b"Trailer: X", b"TE: trailers", b"Content-Length: 0", b"X: " + b"a" * 9000, b"Authorization: Basic YTpi",
)  # fmt: skip
#: Pieces that mean something to a reader of any of the protocols.
WORDS = (
    b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"0\r\n\r\n", b" ", b":", b"\x00", b"\x0b", b"\xff", b"chunked",
    b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n", b"POST / HTTP/1.1\r\n", b"HTTP/1.1", b"ffffffffffffffff\r\n", b"-1",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01", b"\x17\x03\x03", b"\x15\x03\x03\x00\x02\x02\x28", b"\x80",
    b"\x00\x00\x00", b"\x00\x00\x04\x08\x00\x00\x00\x00\x00\x7f\xff\xff\xff", b";a=b", b"a" * 2000,
)  # fmt: skip


def cases(seed: int) -> Iterator[Case]:
    """Without end. Reports among them have numbers from one million on."""
    for index in itertools.count():
        yield case(seed, index)


def case(seed: int, index: int) -> Case:
    """The input of this index."""
    chance = random.Random(f"{seed}/{index}")
    layer = chance.choice(_LAYERS)
    number = 1_000_000 + index
    match layer:
        case "h2":
            data = _http2(chance, number)
        case "tunnel":
            data = _hello(chance)
        case "plain":
            data = _connect(chance) if chance.random() < 0.5 else _http1(chance, number)
        case _:
            data = _http1(chance, number)
    if chance.random() < 0.35:
        changed = bytearray(data)
        for _ in range(chance.choice((1, 1, 2, 5))):
            change(changed, [data], WORDS, chance)
        data = bytes(changed)
    if chance.random() < 0.08:
        data = data[: chance.randint(0, len(data))]
    return Case(layer, tuple(_split(data, chance)), chance.choice(_ENDS), f"{seed}/{index}")


def _split(data: bytes, chance: random.Random) -> Iterator[bytes]:
    places = sorted(chance.randint(0, len(data)) for _ in range(chance.choice((0, 0, 1, 3, 10))))
    for begin, end in itertools.pairwise((0, *places, len(data))):
        if begin < end:
            yield data[begin:end]


def _rarely(chance: random.Random, usual: bytes, odd: tuple[bytes, ...], how_often: float = 0.06) -> bytes:
    return chance.choice(odd) if chance.random() < how_often else usual


def _http1(chance: random.Random, number: int) -> bytes:
    return b"".join(_request(chance, number) for _ in range(chance.choice((1, 1, 1, 2, 4))))


def _request(chance: random.Random, number: int) -> bytes:
    body = usage_report(number) if chance.random() < 0.8 else chance.randbytes(chance.choice((0, 1, 40, 3000)))
    fields = [b"Host: " + _rarely(chance, HOST.encode(), (b"elsewhere.example", b"", b"a b", HOST.encode() + b":443"))]
    if chance.random() < 0.1:
        fields.append(b"Content-Encoding: gzip")
        body = gzip.compress(body, mtime=0)
    fields.append(b"Content-Type: " + _rarely(chance, b"application/json", (b"text/plain", b"application/x-protobuf")))
    if chance.random() < 0.35:
        fields.append(
            b"Transfer-Encoding: " + _rarely(chance, b"chunked", (b"Chunked", b"chunked, identity", b"xchunked"))
        )
        body = _chunked(body, chance)
    else:
        fields.append(b"Content-Length: " + chance.choice(_LENGTHS)(len(body)))
    fields += [chance.choice(_ODD_FIELDS) for _ in range(chance.choice((0,) * 8 + (1, 3)))]
    if chance.random() < 0.2:
        chance.shuffle(fields)
    strange = chance.random() < 0.05
    first = b" ".join(
        (
            _rarely(chance, b"POST", _METHODS, 0.1),
            _rarely(chance, PATH.encode(), _TARGETS),
            _rarely(chance, b"HTTP/1.1", _VERSIONS, 0.1),
        )
    )
    return b"".join(line + chance.choice(_LINE_ENDS[: 15 if strange else 12]) for line in (first, *fields, b"")) + body


def _chunked(body: bytes, chance: random.Random) -> bytes:
    made = bytearray()
    for piece in _split(body, chance):
        size = b"%x" % len(piece)
        made += _rarely(
            chance, size, (size + b";a=b", b"0" + size, size + b" ", b"0x" + size, b"%x" % (len(piece) + 1)), 0.1
        )
        made += b"\r\n" + piece + b"\r\n"
    return bytes(made) + _rarely(
        chance, b"0\r\n\r\n", (b"0\r\nX: a\r\n\r\n", b"0\r\n", b"", b"00\r\n\r\n", b"0;a\r\n\r\n")
    )


def _connect(chance: random.Random) -> bytes:
    target = _rarely(
        chance, f"{HOST}:443".encode(), (b"127.0.0.1:443", HOST.encode(), b"[::1]:443", b"a@b:443", b":443", b"*"), 0.5
    )
    line = b"%b %b %b\r\n" % (_rarely(chance, b"CONNECT", _METHODS), target, _rarely(chance, b"HTTP/1.1", _VERSIONS))
    fields = b"".join(chance.choice(_ODD_FIELDS) + b"\r\n" for _ in range(chance.choice((0, 1, 3))))
    return (
        line
        + fields
        + b"\r\n"
        + chance.choice((b"", b"", b"GET / HTTP/1.1\r\n\r\n", chance.randbytes(30), _hello(chance)))
    )


def _hello(chance: random.Random) -> bytes:
    """A ClientHello (RFC 8446 §4.1.2), in one record or in fragments, and something behind it."""
    name = chance.choice((HOST, HOST, "elsewhere.example", "a" * 60)).encode()
    extensions = [
        (0, _counted(b"\x00" + _counted(name))),  # server_name
        (10, _counted(b"\x00\x1d\x00\x17")),  # supported_groups
        (13, _counted(b"\x04\x03\x08\x04\x04\x01")),  # signature_algorithms
        (43, _counted(b"\x03\x04\x03\x03", 1)),  # supported_versions
        (51, _counted(b"\x00\x1d" + _counted(chance.randbytes(32)))),  # key_share
    ]
    if chance.random() < 0.3:
        extensions.append((16, _counted(_counted(b"h2", 1) + _counted(b"x" * 200, 1))))  # ALPN
    if chance.random() < 0.2:
        extensions.append((chance.randrange(1 << 16), chance.randbytes(chance.choice((0, 1, 40)))))
    body = b"".join(
        (
            b"\x03\x03",
            chance.randbytes(32),
            _counted(chance.randbytes(32), 1),
            _counted(b"\x13\x01\x13\x02\xc0\x2b\xc0\x2f"),
            b"\x01\x00",
            _counted(b"".join(kind.to_bytes(2) + _counted(value) for kind, value in extensions)),
        )
    )
    handshake = b"\x01" + _counted(body, 3)
    records = [b"\x16\x03\x01" + _counted(piece) for piece in _split(handshake, chance)]
    return b"".join(records) + chance.choice((b"", b"", chance.randbytes(50), b"\x14\x03\x03\x00\x01\x01"))


def _counted(data: bytes, width: int = 2) -> bytes:
    return len(data).to_bytes(width) + data


def _http2(chance: random.Random, number: int) -> bytes:
    encoder = hpack.Encoder()
    frames: list[bytes] = [SettingsFrame(0).serialize()]
    for stream in range(1, chance.choice((1, 1, 2, 4)) * 2, 2):
        frames += _http2_request(chance, encoder, stream, number)
    while chance.random() < 0.25:
        frames.insert(chance.randint(1, len(frames)), _odd_frame(chance))
    if chance.random() < 0.03:
        chance.shuffle(frames)
    return _rarely(chance, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (b"", b"PRI * HTTP/2.0\r\n\r\n"), 0.05) + b"".join(
        frames
    )


def _http2_request(chance: random.Random, encoder: hpack.Encoder, stream: int, number: int) -> list[bytes]:
    body = usage_report(number) if chance.random() < 0.8 else chance.randbytes(chance.choice((0, 1, 40, 3000)))
    fields = [
        (b":method", _rarely(chance, b"POST", _METHODS)),
        (b":scheme", _rarely(chance, b"https", (b"http", b"", b"ftp"))),
        (b":path", _rarely(chance, PATH.encode(), _TARGETS)),
        (b":authority", _rarely(chance, HOST.encode(), (b"elsewhere.example", b"", HOST.encode() + b":443"))),
        (b"content-type", b"application/json"),
    ]
    if chance.random() < 0.5:
        fields.append((b"content-length", chance.choice(_LENGTHS)(len(body))))
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
    pieces = list(_split(body, chance)) or [b""]
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
