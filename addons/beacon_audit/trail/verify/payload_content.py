"""Whether the content of a payload file is what its entry committed to: a large one piece by piece, in little memory.

The form is that of docs/trail-format.md ("Payload files"). The salt stands behind the body and goes before it into the
commitment, so a large file is decompressed twice. Pure.
"""

import re
from collections.abc import Iterator
from hashlib import sha256

import zstandard

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail.payload_files import CONTENT_LIMIT, check_content

#: Content of so many bytes and more is not held in memory.
STREAMED_FROM = 8 * 1024 * 1024
#: What our own writer uses is far smaller.
_WINDOW = 16 * 1024 * 1024
#: zstd can make a 32768th of something: a piece of 16 MiB at most.
_FEED = 512
_HEAD = b'{"body":'
_END = re.compile(rb',"salt":"([0-9a-f]{64})"\}')
_END_BYTES = 75
_PLACE = "payload file"


def content_size(data: bytes) -> int:
    """How many bytes of content ``data`` says to have; 0 when it says nothing of use."""
    try:
        size = int(zstandard.frame_content_size(data))
    except zstandard.ZstdError:
        return 0
    return size if 0 <= size <= CONTENT_LIMIT else 0


def compressed_limit(size: int) -> int:
    """At most so many bytes hold ``size`` bytes of content: what cannot be compressed grows a little."""
    return size + size // 128 + 1024


def content_fault(data: bytes, commitment: str) -> str | None:
    """What is wrong with the bytes of a payload file; `None` when they are what ``commitment`` is of."""
    size = content_size(data)
    try:
        if size < STREAMED_FROM:
            check_content(data, commitment, _PLACE)
        elif _streamed_commitment(data, size) != commitment:
            return f"{_PLACE}: expected the body that the trail committed to, came another one"
    except TrailCorrupt as error:
        return str(error)
    return None


def _streamed_commitment(data: bytes, size: int) -> str:
    head, end, length = b"", b"", 0
    for piece in _pieces(data):
        head = (head + piece[: len(_HEAD)])[: len(_HEAD)]
        end = (end + piece[-_END_BYTES:])[-_END_BYTES:]
        length += len(piece)
    salt = _END.fullmatch(end)
    if head != _HEAD or salt is None or length != size:
        raise TrailCorrupt(f"{_PLACE}: expected a body and its salt, came something else")
    digest = sha256(bytes.fromhex(salt[1].decode()))
    position, stop = 0, size - _END_BYTES
    for piece in _pieces(data):
        start = max(len(_HEAD) - position, 0)
        digest.update(memoryview(piece)[start : max(stop - position, 0)])
        position += len(piece)
    return f"sha256:{digest.hexdigest()}"


def _pieces(data: bytes) -> Iterator[bytes]:
    decoder = zstandard.ZstdDecompressor(max_window_size=_WINDOW).decompressobj()
    try:
        for start in range(0, len(data), _FEED):
            yield decoder.decompress(data[start : start + _FEED])
    except zstandard.ZstdError:
        raise TrailCorrupt(f"{_PLACE}: expected one zstd frame, came something else") from None
    if not decoder.eof or decoder.unused_data:
        raise TrailCorrupt(f"{_PLACE}: expected one zstd frame, came less or more")
