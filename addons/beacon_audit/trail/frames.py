"""The frames of a batch: entries, then the payload files of these entries, and how much of either there can be. Pure.

An entry is ``u16 length ‖ entry``, the framing of entry bundles in C2SP tlog-tiles; a payload file is
``u8 length ‖ file ‖ u32 length ‖ content``. The limits are what the writer keeps to, so who reads need not take more
memory than that for what somebody else wrote: files can be made large without taking room on the disk.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from beacon_audit.trail.entry import ENTRY_LIMIT
from beacon_audit.trail.payload_files import CONTENT_LIMIT

#: The writer adds no more to a batch that has so many bytes.
BATCH_BYTES = 16 * 1024 * 1024
_ENTRY_FRAME = struct.Struct(">H")
_CONTENT = struct.Struct(">I")
#: No entry is shorter: the four fields that each has, with one character in each text.
ENTRY_LEAST = len(b'{"id":"i","index":0,"time":"t","type":"open"}')
#: All entries of a batch.
ENTRIES_LIMIT = BATCH_BYTES + _ENTRY_FRAME.size + ENTRY_LIMIT
#: A batch: the largest payload file behind a batch that is nearly full, names, and room for content that zstd cannot
#: make smaller.
FRAMES_LIMIT = CONTENT_LIMIT + 4 * BATCH_BYTES


@dataclass(frozen=True, slots=True)
class PayloadFile:
    """A payload file as it is to lie in the payload directory: ``file`` is ``<date>/<name>``, at most 255 bytes."""

    file: str
    content: bytes


def frame_bytes(entry: bytes) -> int:
    """How many bytes of ``frames`` an entry takes."""
    return _ENTRY_FRAME.size + len(entry)


def encode_frames(entries: Sequence[bytes], payloads: Sequence[PayloadFile]) -> tuple[bytes, int]:
    """The frames, and how many bytes of them are entries. Raises ``ValueError`` for what is no batch of ours."""
    pack = _ENTRY_FRAME.pack
    framed = b"".join([part for entry in entries for part in (pack(len(entry)), entry)])
    frames = b"".join((framed, *(part for payload in payloads for part in _payload_parts(payload))))
    if not fits(len(entries), len(framed), len(frames)):
        raise ValueError(
            f"a batch takes 1 or more entries of {ENTRY_LEAST} or more bytes, {ENTRIES_LIMIT} in all and "
            f"{FRAMES_LIMIT} with their payload files; came {len(entries)} of {len(framed)}, {len(frames)} in all"
        )
    return frames, len(framed)


def _payload_parts(payload: PayloadFile) -> tuple[bytes, ...]:
    file = payload.file.encode("ascii")
    return bytes((len(file),)), file, _CONTENT.pack(len(payload.content)), payload.content


def fits(count: int, entries_length: int, length: int) -> bool:
    """Whether a batch can have so many entries of so many bytes, and so many bytes in all."""
    least = count * (_ENTRY_FRAME.size + ENTRY_LEAST)
    return 0 < least <= entries_length <= ENTRIES_LIMIT and entries_length <= length <= FRAMES_LIMIT


def split_entries(frames: memoryview, count: int) -> tuple[bytes, ...] | None:
    """The entries in ``frames``, or nothing when they are not exactly ``count``."""
    entries: list[bytes] = []
    position = 0
    while position + _ENTRY_FRAME.size <= len(frames) and len(entries) < count:
        start = position + _ENTRY_FRAME.size
        position = start + int.from_bytes(frames[position:start])
        entries.append(bytes(frames[start:position]))
    return tuple(entries) if position == len(frames) and len(entries) == count else None


def split_payloads(frames: memoryview) -> tuple[PayloadFile, ...] | None:
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
