"""The framing of the journal: what one durable write holds, and what the bytes after a crash can mean.

A batch is ``magic(8) ‖ number(u64) ‖ count(u32) ‖ entries length(u32) ‖ length(u32) ‖ SHA-256(32) ‖ frames(length)``,
integers big-endian. The hash covers the 28 bytes before it and the frames. ``frames`` holds ``count`` times
``u16 length ‖ entry``, the framing of entry bundles in C2SP tlog-tiles, and then the payload files of these entries as
``u8 length ‖ file ‖ u32 length ‖ content``. Batches are numbered through all segments. Everything here is pure.

Batch N+1 is written only after batch N is on stable storage. So a crash can damage the *last* batch only (a torn
tail, which was never acknowledged), and damage with another batch behind it is corruption. The magic starts with a byte
that UTF-8 never uses, so no entry can imitate it.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

MAGIC = b"\xffbatch2\n"
#: A batch is no longer than this; a header that says more is damaged.
FRAMES_LIMIT = 1024 * 1024 * 1024

_FIELDS = struct.Struct(">8sQIII")
_FRAME = struct.Struct(">H")
_CONTENT = struct.Struct(">I")
_HASH_BYTES = 32
HEADER_BYTES = _FIELDS.size + _HASH_BYTES


@dataclass(frozen=True, slots=True)
class PayloadFile:
    """A payload file as it is to lie in the payload directory: ``file`` is ``<date>/<name>``, at most 255 bytes."""

    file: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """A whole batch whose hash is right. ``offset`` and ``end`` are its first byte and the byte after its last."""

    number: int
    offset: int
    end: int
    entries: tuple[bytes, ...]
    payloads: tuple[PayloadFile, ...]


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


def encode_batch(number: int, entries: Sequence[bytes], payloads: Sequence[PayloadFile] = ()) -> bytes:
    """The bytes of batch ``number``. Takes at least one entry, each shorter than 64 KiB, `FRAMES_LIMIT` in all."""
    pack = _FRAME.pack
    framed = b"".join([part for entry in entries for part in (pack(len(entry)), entry)])
    frames = b"".join((framed, *(part for payload in payloads for part in _payload_parts(payload))))
    if not entries or len(frames) > FRAMES_LIMIT:
        raise ValueError(f"a batch takes 1 or more entries of {FRAMES_LIMIT} bytes in all, came {len(entries)} entries")
    fields = _FIELDS.pack(MAGIC, number, len(entries), len(framed), len(frames))
    return b"".join((fields, sha256(fields + frames).digest(), frames))


def _payload_parts(payload: PayloadFile) -> tuple[bytes, ...]:
    file = payload.file.encode("ascii")
    return bytes((len(file),)), file, _CONTENT.pack(len(payload.content)), payload.content


def iter_batches(data: bytes, first_number: int | None) -> Iterator[Batch | Stop]:
    """Every batch of ``data`` in order, then exactly one `Stop`.

    ``data`` starts at a batch boundary; its first batch must have the number ``first_number``, if that is known.
    """
    view = memoryview(data)
    offset, number = 0, first_number
    while offset < len(data):
        item = _decode(view, offset)
        if isinstance(item, str):
            yield _explain(data, offset, number, item)
            return
        if number is not None and item.number != number:
            yield Stop("corrupt", offset, f"expected batch {number}, came batch {item.number}")
            return
        yield item
        offset, number = item.end, item.number + 1
    yield Stop("clean", offset, "the journal ends with a whole batch")


def _decode(view: memoryview, offset: int) -> Batch | str:
    """The batch at ``offset``, or what is wrong with it."""
    header = view[offset : offset + HEADER_BYTES]
    if len(header) < HEADER_BYTES:
        return "its header is cut short"
    magic, came, count, entries_length, length = _FIELDS.unpack_from(header)
    if magic != MAGIC:
        return "it does not start like a batch"
    start, end = offset + HEADER_BYTES, offset + HEADER_BYTES + length
    if not entries_length <= length <= FRAMES_LIMIT or end > len(view):
        return "it is shorter than its header says"
    digest = sha256(header[: _FIELDS.size])
    digest.update(view[start:end])
    if digest.digest() != header[_FIELDS.size :]:
        return "its hash is wrong"
    entries = _split(view[start : start + entries_length], count)
    payloads = _split_payloads(view[start + entries_length : end])
    if entries is None or payloads is None:
        return "its frames do not add up"
    return Batch(came, offset, end, entries, payloads)


def _split(frames: memoryview, count: int) -> tuple[bytes, ...] | None:
    """The entries in ``frames``, or nothing when they are not exactly ``count``."""
    entries: list[bytes] = []
    position = 0
    while position + _FRAME.size <= len(frames):
        start = position + _FRAME.size
        position = start + int.from_bytes(frames[position:start])
        entries.append(bytes(frames[start:position]))
    return tuple(entries) if position == len(frames) and len(entries) == count else None


def _split_payloads(frames: memoryview) -> tuple[PayloadFile, ...] | None:
    """The payload files in ``frames``, or nothing when the bytes do not end with one."""
    payloads: list[PayloadFile] = []
    position = 0
    while position < len(frames):
        named = position + 1 + frames[position]
        start = named + _CONTENT.size
        file = bytes(frames[position + 1 : named])
        position = start + int.from_bytes(frames[named:start])
        if position > len(frames) or not file.isascii():
            return None
        payloads.append(PayloadFile(file.decode("ascii"), bytes(frames[start:position])))
    return tuple(payloads)


def _explain(data: bytes, offset: int, number: int | None, fault: str) -> Stop:
    """Tell a torn tail from corruption: a crash leaves nothing behind the batch that it interrupted."""
    follower = data.find(MAGIC, offset + 1)
    while follower >= 0:
        if _plausible(data, follower, number):
            return Stop("corrupt", offset, f"{fault}, and another batch follows it")
        follower = data.find(MAGIC, follower + 1)
    if _plausible(data, offset, number, own=True):
        length = _FIELDS.unpack_from(data, offset)[4]
        if len(data) - offset > HEADER_BYTES + length:
            return Stop("corrupt", offset, f"{fault}, and more bytes follow it")
    return Stop("torn", offset, fault)


def _plausible(data: bytes, offset: int, number: int | None, *, own: bool = False) -> bool:
    """Whether a batch may begin at ``offset``: the one with ``number`` itself (``own``) or one behind it. Compressed
    payloads may hold the magic by chance; a header that makes sense they do not."""
    if len(data) - offset < HEADER_BYTES:
        return False
    magic, came, count, entries_length, length = _FIELDS.unpack_from(data, offset)
    fits: bool = magic == MAGIC and count * _FRAME.size < entries_length <= length <= FRAMES_LIMIT and count > 0
    if number is None or not fits:
        return fits
    return bool(came == number if own else number < came < number + 2**32)
