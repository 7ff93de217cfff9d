"""A chunked body has one reading, or none, however its bytes arrive; what h11 would have made of it stands beside."""

import itertools

import h11
import pytest
from h11._readers import ChunkedReader
from h11._receivebuffer import ReceiveBuffer
from hypothesis import given
from hypothesis import strategies as st

from beacon_audit.proxy.chunks import CHUNK_PROBLEMS, CUT_OFF, NO_SIZE, NOT_ITS_SIZE, TRAILERS, BadChunks
from beacon_audit.proxy.chunks import StrictChunkedReader as Strict

type Reader = Strict | ChunkedReader
#: A chunk of five bytes, up to its data.
GOOD = b"5\r\nhello\r\n"
END = b"0\r\n\r\n"


class CountingBuffer(ReceiveBuffer):
    """Knows how many bytes were copied out of it to be looked at, and how many were taken."""

    copied = 0

    def __bytes__(self) -> bytes:
        self.copied += len(self)
        return super().__bytes__()

    def _extract(self, count: int) -> bytearray:
        taken = super()._extract(count)
        self.copied += len(taken)
        return taken


def read(reader: Reader, *pieces: bytes, buffer: ReceiveBuffer | None = None) -> tuple[bytes, bytes] | None:
    """The body and what is left behind it, ``None`` if there is more to come."""
    buffer = ReceiveBuffer() if buffer is None else buffer
    body = b""
    for piece in pieces:
        buffer += piece
        while (event := reader(buffer)) is not None:
            if isinstance(event, h11.EndOfMessage):
                return body, bytes(buffer)
            body += event.data
    return None


def one_by_one(data: bytes) -> list[bytes]:
    return [bytes([byte]) for byte in data]


WHOLE = {
    "usual": GOOD + END,
    "nothing": END,
    "capitals": b"A\r\n0123456789\r\n" + END,
    "leading zeros": b"0005\r\nhello\r\n000\r\n\r\n",
    "white space after": b"5 \t\r\nhello\r\n" + END,
    "an extension": b"5;a=b\r\nhello\r\n0;c\r\n\r\n",
    "quotes in an extension": b'5;a="b; c"\r\nhello\r\n' + END,
    "line ends in the data": b"4\r\n\r\n\r\n\r\n" + END,
}


@pytest.mark.parametrize("data", WHOLE.values(), ids=WHOLE)
def test_what_everybody_reads_alike_is_read_as_h11_reads_it(data: bytes) -> None:
    expected = read(ChunkedReader(), data + b"next")
    assert expected is not None
    assert read(Strict(), data + b"next") == expected
    assert read(Strict(), *one_by_one(data + b"next")) == (expected[0], b"")


BROKEN = {
    "a hexadecimal prefix": (b"0x5\r\nhello\r\n" + END, NO_SIZE),
    "a sign": (b"+5\r\nhello\r\n" + END, NO_SIZE),
    "white space before": (b" 5\r\nhello\r\n" + END, NO_SIZE),
    "no size": (b"\r\nhello\r\n" + END, NO_SIZE),
    "seventeen digits": (b"0" * 16 + b"5\r\nhello\r\n" + END, NO_SIZE),
    "LF after the size": (b"5\nhello\r\n" + END, NO_SIZE),
    "CR after the size": (b"5\rhello\r\n" + END, NO_SIZE),
    "a letter after the size": (b"5g\r\nhello\r\n" + END, NO_SIZE),
    "LF in an extension": (b"5;a\nb\r\nhello\r\n" + END, NO_SIZE),
    "CR in an extension": (b"5;a\rb\r\nhello\r\n" + END, NO_SIZE),
    "NUL in an extension": (b"5;\x00\r\nhello\r\n" + END, NO_SIZE),
    "a byte over ASCII in an extension": (b"5;\xff\r\nhello\r\n" + END, NO_SIZE),
    "an extension without end": (b"5;" + b"a" * 5000, NO_SIZE),
    "an extension of 5,000 bytes": (b"5;" + b"a" * 5000 + b"\r\nhello\r\n" + END, NO_SIZE),
    "more data than its size": (b"4\r\nhello\r\n" + END, NOT_ITS_SIZE),
    "LF after the data": (b"5\r\nhello\n" + END, NOT_ITS_SIZE),
    "nothing after the data": (b"5\r\nhello" + END, NOT_ITS_SIZE),
    "CR CR after the data": (b"5\r\nhello\r\r\n" + END, NOT_ITS_SIZE),
    "a trailer": (GOOD + b"0\r\nx: y\r\n\r\n", TRAILERS),
    "LF at the end": (GOOD + b"0\r\n\n", TRAILERS),
    "LF after the last size": (GOOD + b"0\n\n", NO_SIZE),
    "a second last chunk": (GOOD + b"0\r\n" + END, TRAILERS),
}


@pytest.mark.parametrize(("data", "problem"), BROKEN.values(), ids=BROKEN)
def test_what_readers_disagree_about_is_no_body(data: bytes, problem: str) -> None:
    for pieces in ([data], one_by_one(data)):
        with pytest.raises(BadChunks) as raised:
            read(Strict(), *pieces)
        assert str(raised.value) == problem
        assert problem in CHUNK_PROBLEMS


@pytest.mark.parametrize(
    "name", ["CR in an extension", "NUL in an extension", "LF at the end", "an extension of 5,000 bytes"]
)
def test_h11_would_have_read_it(name: str) -> None:
    assert read(ChunkedReader(), BROKEN[name][0]) == (b"hello", b"")


@pytest.mark.parametrize("beginning", [b"x", b"5x", b"5;\n", b"5\rx", b"0\r\nx", b"5\r\nhellox"])
def test_beginning_that_can_become_nothing_is_not_waited_for(beginning: bytes) -> None:
    with pytest.raises(BadChunks):
        read(Strict(), *one_by_one(beginning))


@pytest.mark.parametrize("data", [b"", b"5", b"5\r", b"5\r\n", b"5\r\nhel", GOOD, GOOD + b"0\r\n", GOOD + b"0\r\n\r"])
def test_body_that_is_cut_off_has_no_end(data: bytes) -> None:
    reader = Strict()
    assert read(reader, data) is None
    with pytest.raises(BadChunks, match=CUT_OFF):
        reader.read_eof()


@given(chunks=st.lists(st.binary(min_size=1, max_size=20), max_size=8), cuts=st.lists(st.integers(0, 300), max_size=10))
def test_body_is_the_same_however_it_arrives(chunks: list[bytes], cuts: list[int]) -> None:
    data = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + END
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = [data[start:end] for start, end in itertools.pairwise(edges)]
    assert read(Strict(), *pieces) == (b"".join(chunks), b"")


@given(data=st.binary(max_size=60) | st.lists(st.sampled_from(list(b"05af;x \t\r\n\x00")), max_size=60).map(bytes))
def test_any_bytes_are_a_body_or_no_body_and_never_another_error(data: bytes) -> None:
    ended = []
    for pieces in ([data], one_by_one(data)):
        try:
            found = read(Strict(), *pieces)
            ended.append("waits" if found is None else found[0].hex())
        except BadChunks:
            ended.append("bad")
    assert ended[0] == ended[1]


def test_work_is_linear_in_the_bytes() -> None:
    """A body in chunks of one byte each, of which there are ten thousand in the buffer at once."""
    data = b"1\r\nx\r\n" * 10_000
    buffer = CountingBuffer()
    assert read(Strict(), data, END, buffer=buffer) == (b"x" * 10_000, b"")
    assert buffer.copied < 2 * len(data)
