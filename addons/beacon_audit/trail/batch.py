"""The framing of the journal: what one durable write holds, and what the bytes after a crash can mean.

A batch is ``magic(8) ‖ number(u64) ‖ count(u32) ‖ length(u32) ‖ SHA-256(32) ‖ frames(length)``, integers big-endian.
The hash covers the 24 bytes before it and the frames. ``frames`` holds ``count`` times ``u16 length ‖ entry``, the
framing of entry bundles in C2SP tlog-tiles, so that a bundle can be cut from a journal without re-framing. Batches
are numbered from 0 through all segments. Everything here is pure.

Batch N+1 is written only after batch N is on stable storage. So a crash can damage the *last* batch only (a torn
tail, which was never acknowledged), and damage with anything behind it is corruption. The magic starts with a byte
that UTF-8 never uses, so no entry can imitate it.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

MAGIC = b"\xffbatch1\n"
FRAMES_LIMIT = 16 * 1024 * 1024

_FIELDS = struct.Struct(">8sQII")
_FRAME = struct.Struct(">H")
_HASH_BYTES = 32
HEADER_BYTES = _FIELDS.size + _HASH_BYTES


@dataclass(frozen=True, slots=True)
class Batch:
    """A whole batch whose hash is right. ``offset`` and ``end`` are its first byte and the byte after its last."""

    number: int
    offset: int
    end: int
    entries: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Stop:
    """Why reading ended at ``offset``. ``reason`` is a sentence part such as "its hash is wrong".

    ``clean``: the bytes end with a whole batch. ``torn``: what is left can come from a crash in the middle of the
    last write. ``corrupt``: it cannot.
    """

    kind: Literal["clean", "torn", "corrupt"]
    offset: int
    reason: str


def frame_bytes(entry: bytes) -> int:
    """How many bytes of ``frames`` an entry takes."""
    return _FRAME.size + len(entry)


def encode_batch(number: int, entries: Sequence[bytes]) -> bytes:
    """The bytes of batch ``number``. Takes at least one entry, each shorter than 64 KiB, `FRAMES_LIMIT` in all."""
    pack = _FRAME.pack
    frames = b"".join([part for entry in entries for part in (pack(len(entry)), entry)])
    if not entries or len(frames) > FRAMES_LIMIT:
        raise ValueError(f"a batch takes 1 or more entries of {FRAMES_LIMIT} bytes in all, came {len(entries)} entries")
    fields = _FIELDS.pack(MAGIC, number, len(entries), len(frames))
    return b"".join((fields, sha256(fields + frames).digest(), frames))


def iter_batches(data: bytes, first_number: int) -> Iterator[Batch | Stop]:
    """Every batch of ``data`` in order, then exactly one `Stop`.

    ``data`` starts at a batch boundary; its first batch must have the number ``first_number``.
    """
    view = memoryview(data)
    offset, number = 0, first_number
    while offset < len(data):
        item = _decode(view, offset)
        if isinstance(item, str):
            yield _explain(data, offset, number, item)
            return
        if item.number != number:
            yield Stop("corrupt", offset, f"expected batch {number}, came batch {item.number}")
            return
        yield item
        offset, number = item.end, number + 1
    yield Stop("clean", offset, "the journal ends with a whole batch")


def _decode(view: memoryview, offset: int) -> Batch | str:
    """The batch at ``offset``, or what is wrong with it."""
    header = view[offset : offset + HEADER_BYTES]
    if len(header) < HEADER_BYTES:
        return "its header is cut short"
    magic, came, count, length = _FIELDS.unpack_from(header)
    if magic != MAGIC:
        return "it does not start like a batch"
    start, end = offset + HEADER_BYTES, offset + HEADER_BYTES + length
    if length > FRAMES_LIMIT or end > len(view):
        return "it is shorter than its header says"
    digest = sha256(header[: _FIELDS.size])
    digest.update(view[start:end])
    if digest.digest() != header[_FIELDS.size :]:
        return "its hash is wrong"
    entries = _split(view[start:end], count)
    if entries is None:
        return "its frames do not add up"
    return Batch(came, offset, end, entries)


def _split(frames: memoryview, count: int) -> tuple[bytes, ...] | None:
    """The entries in ``frames``, or nothing when they are not exactly ``count``."""
    entries: list[bytes] = []
    position = 0
    while position + _FRAME.size <= len(frames):
        start = position + _FRAME.size
        position = start + int.from_bytes(frames[position:start])
        entries.append(bytes(frames[start:position]))
    return tuple(entries) if position == len(frames) and len(entries) == count else None


def _explain(data: bytes, offset: int, number: int, fault: str) -> Stop:
    """Tell a torn tail from corruption: a crash leaves nothing behind the batch that it interrupted."""
    if data.find(MAGIC, offset + 1) >= 0:
        return Stop("corrupt", offset, f"{fault}, and another batch follows it")
    if len(data) - offset >= HEADER_BYTES:
        magic, came, count, length = _FIELDS.unpack_from(data, offset)
        plausible = magic == MAGIC and came == number and count > 0 and count * _FRAME.size < length <= FRAMES_LIMIT
        if plausible and len(data) - offset > HEADER_BYTES + length:
            return Stop("corrupt", offset, f"{fault}, and more bytes follow it")
    return Stop("torn", offset, fault)
