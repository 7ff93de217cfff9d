"""The beginning of TLS as clients say it."""

import random

from fuzz.connection.pieces import split
from harness.client import HOST


def hello(chance: random.Random) -> bytes:
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
    records = [b"\x16\x03\x01" + _counted(piece) for piece in split(handshake, chance)]
    return b"".join(records) + chance.choice((b"", b"", chance.randbytes(50), b"\x14\x03\x03\x00\x01\x01"))


def _counted(data: bytes, width: int = 2) -> bytes:
    return len(data).to_bytes(width) + data
