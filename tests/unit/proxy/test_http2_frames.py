"""HTTP/2 cut into frames: the same in whatever pieces it comes, and nothing that is too long is waited for."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beacon_audit.proxy.http2_frames import FrameReader, Piece
from harness.http2_corpus.wire import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    HEADERS,
    PREFACE,
    continuation,
    data,
    frame,
    headers,
    ping,
    settings,
)

LONGEST, LONGEST_HEAD = 1000, 100


def reader() -> FrameReader:
    return FrameReader(LONGEST, LONGEST_HEAD)


def begun() -> FrameReader:
    """One that has read the preface."""
    made = reader()
    assert [piece.data for piece in made.read(PREFACE)] == [PREFACE]
    return made


frames = st.builds(
    frame, st.integers(0, 255), st.integers(0, 255), st.integers(0, 2**32 - 1), st.binary(max_size=LONGEST_HEAD)
)


@given(st.lists(frames.filter(lambda sent: sent[3] != CONTINUATION), max_size=5), st.lists(st.integers(0, 600)))
def test_frames_come_out_as_they_went_in_however_they_are_cut(sent: list[bytes], cuts: list[int]) -> None:
    stream = PREFACE + b"".join(sent)
    edges = [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
    read = reader()
    pieces = [piece for start, end in pairwise(edges) for piece in read.read(stream[start:end])]
    assert b"".join(piece.data for piece in pieces) == stream
    assert [piece.data for piece in pieces if piece.kind is not None] == sent
    assert not any(piece.too_long for piece in pieces)


def test_piece_says_what_it_is() -> None:
    assert [*begun().read(data(1 << 31 | 5, b"abc") + ping(b""))] == [
        Piece(DATA, 5, is_empty=False, too_long=False, data=data(1 << 31 | 5, b"abc")),
        Piece(6, 0, is_empty=True, too_long=False, data=ping(b"")),
    ]


@pytest.mark.parametrize(
    ("kind", "length"),
    [(DATA, LONGEST + 1), (0xBE, 2**24 - 1), (HEADERS, LONGEST_HEAD + 1), (CONTINUATION, LONGEST_HEAD + 1)],
)
def test_frame_that_says_it_is_too_long_is_not_waited_for(kind: int, length: int) -> None:
    (piece,) = begun().read(frame(kind, 0, 1, b"", length=length))
    assert piece.too_long
    assert len(piece.data) == 9


def test_frames_of_one_head_are_counted_together() -> None:
    read = begun()
    half = bytes(LONGEST_HEAD // 2)
    sent = headers(1, half, 0) + continuation(1, half, 0) + continuation(1, b"x", 0)
    assert [piece.too_long for piece in read.read(sent)] == [False, False, True]


def test_next_head_is_counted_anew() -> None:
    read = begun()
    for stream in (1, 3, 5):
        (piece,) = read.read(headers(stream, bytes(LONGEST_HEAD)))
        assert not piece.too_long


@pytest.mark.parametrize(
    ("sent", "within"),
    [
        pytest.param(b"", False, id="nothing"),
        pytest.param(PREFACE[:3], True, id="a part of the preface"),
        pytest.param(PREFACE, False, id="the preface"),
        pytest.param(PREFACE + settings(), False, id="settings"),
        pytest.param(PREFACE + headers(1, b"abc"), False, id="a whole head"),
        pytest.param(PREFACE + headers(1, b"abc")[:-1], True, id="a part of a frame of a head"),
        pytest.param(PREFACE + headers(1, b"abc", 0), True, id="a head to be continued"),
        pytest.param(PREFACE + headers(1, b"abc", 0) + continuation(1, b"", END_HEADERS), False, id="continued"),
        pytest.param(PREFACE + headers(1, b"abc") + data(1, b"abc")[:-1], False, id="a part of a body"),
    ],
)
def test_it_knows_whether_an_end_would_be_within_a_head(sent: bytes, within: bool) -> None:
    read = reader()
    assert [*read.read(sent)] or not sent
    assert read.within_head is within
