"""Header compression: indices, strings and sizes that are none, and small blocks that stand for much (RFC 7541)."""

from collections.abc import Iterator

from harness.http2_corpus.case import GOOD, REPORT, TYPE, Case
from harness.http2_corpus.wire import END_HEADERS, END_STREAM, block, data, headers, indexed, indexing, table_size

_BLOCK = block(GOOD)
_WHOLE = END_HEADERS | END_STREAM


def cases() -> Iterator[Case]:
    """All of them."""
    for name, odd in (
        ("index 0", b"\x80"),
        ("an index behind the static table", indexed(62)),
        ("an index far behind all tables", indexed(100_000)),
        ("an index that never ends", b"\xff" + b"\xff" * 30),
        ("a name index behind all tables", b"\x0f\xf0\x01\x01a"),
        ("an integer that is cut off", b"\xff"),
        ("a string that is cut off", b"\x10\x7f\x81\x01abc"),
        ("a string of 4 GiB", b"\x10\x01x\x7f\x81\xff\xff\xff\x0f"),
        ("Huffman that is padded with zeros", b"\x10\x01x\x81\x00"),
        ("Huffman with its end in it", b"\x10\x01x\x84\xff\xff\xff\xff"),
        ("a table larger than may be", table_size(4097)),
        ("a table of 4 GiB", table_size(2**32 - 1)),
        ("a table size behind a field", b"\x82" + table_size(100)),
        ("random bytes", bytes(range(255, 128, -3))),
    ):
        yield Case(f"{name}, before the fields", headers(1, odd + _BLOCK) + data(1, REPORT))
    yield Case("a table size behind the fields", headers(1, _BLOCK + table_size(100)) + data(1, REPORT))
    for name, harmless in (
        ("a table of nothing", table_size(0)),
        ("tables of two sizes", table_size(0) + table_size(4096)),
    ):
        yield Case(name, headers(1, harmless + _BLOCK) + data(1, REPORT), (), 1, statuses=((1, 200),), closes=False)
    yield Case("fields out of the tables", headers(1, b"".join(indexing(*field) for field in GOOD)) + data(1, REPORT)
               + headers(3, b"".join(map(indexed, (66, 65, 64, 63, 62)))) + data(3, REPORT), (), 2,
               statuses=((1, 200), (3, 200)), closes=False)  # fmt: skip
    yield Case(
        "a field that has left its table", headers(1, indexing(*TYPE) + table_size(0) + _BLOCK) + data(1, REPORT)
    )
    large = indexing(b"x-odd", b"a" * 4000)
    yield Case("a field of 4,000 bytes, 20 times", headers(1, _BLOCK + large + indexed(62) * 20) + data(1, REPORT))
    yield Case("a field of 4,000 bytes, 16,000 times", headers(1, _BLOCK + large + indexed(62) * 16_000)
               + data(1, REPORT))  # fmt: skip
    yield Case("empty fields, 16,000 times", headers(1, _BLOCK + indexing(b"x", b"") + indexed(62) * 16_000)
               + data(1, REPORT))  # fmt: skip
    yield Case("a block of 40,000 table sizes", headers(1, table_size(0) * 40_000 + _BLOCK, _WHOLE), (), 1,
               statuses=((1, 200),), closes=False)  # fmt: skip
