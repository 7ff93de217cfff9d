"""The framing of the journal: what one durable write holds, and what the bytes after a crash can mean.

A batch, integers big-endian::

    magic(8) ‖ number(u64) ‖ first(u64) ‖ open(u64) ‖ count(u32) ‖ entries length(u32) ‖ length(u32)
    ‖ before(32) ‖ MAC(32) ‖ SHA-256(32) ‖ frames(length)

The MAC covers what is before it and the hash of the frames, with a key that only the writer has (``journal_keys``);
``before`` is the MAC of the batch before. So who has that key knows that he wrote the batch, and behind which. The hash
covers all that and the MAC, and needs no key: it tells a whole batch from a torn one. Batches are numbered through all
segments; ``first`` is the index of the first entry, ``open`` that of the oldest intent that had no outcome before the
batch, or ``first``. ``frames`` says what the frames are. Everything here is pure.

Batch N+1 is written only after batch N is on stable storage. So a crash can damage the *last* batch only (a torn
tail, which was never acknowledged), and damage with another batch behind it is corruption. The magic starts with a byte
that UTF-8 never uses, so no entry can imitate it.
"""

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from beacon_audit.trail.frames import (
    FRAMES_LIMIT,
    PayloadFile,
    encode_frames,
    fits,
    split_entries,
    split_payloads,
)
from beacon_audit.trail.payload_files import is_payload_file

MAGIC = b"\xffbatch3\n"
_FIELDS = struct.Struct(">8sQQQIII")
_HASH_BYTES = 32
_BEFORE_AT = _FIELDS.size
_MAC_AT = _BEFORE_AT + _HASH_BYTES
_HASH_AT = _MAC_AT + _HASH_BYTES
HEADER_BYTES = _HASH_AT + _HASH_BYTES
#: What stands in the place of a MAC before the first batch.
NO_MAC = bytes(_HASH_BYTES)


@dataclass(frozen=True, slots=True)
class Next:
    """What the batch that comes next must say of itself: its ``number``, the index of its ``first`` entry, the MAC of
    the one ``before``."""

    number: int = 0
    first: int = 0
    before: bytes = NO_MAC


#: Before the first batch of a log.
START = Next()


@dataclass(frozen=True, slots=True)
class Batch:
    """A whole batch whose hash is right. ``offset`` and ``end`` are its first byte and the byte after its last.
    ``sealed`` is what its ``mac`` is of, which nobody has checked yet."""

    place: Next
    open_index: int
    offset: int
    end: int
    entries: tuple[bytes, ...]
    payloads: tuple[PayloadFile, ...]
    sealed: bytes
    mac: bytes

    @property
    def next(self) -> Next:
        """What follows it."""
        return Next(self.place.number + 1, self.place.first + len(self.entries), self.mac)


@dataclass(frozen=True, slots=True)
class Stop:
    """Why reading ended at ``offset``. ``reason`` is a sentence part such as "its hash is wrong".

    ``clean``: the bytes end with a whole batch. ``torn``: what is left can come from a crash in the middle of the
    last write. ``corrupt``: it cannot.
    """

    kind: Literal["clean", "torn", "corrupt"]
    offset: int
    reason: str


def encode_batch(
    place: Next,
    open_index: int,
    entries: Sequence[bytes],
    payloads: Sequence[PayloadFile],
    mac: Callable[[bytes], bytes],
) -> tuple[bytes, Next]:
    """The bytes of the batch at ``place``, and what follows it. ``mac`` gives the MAC of the bytes that it is given.
    Raises ``ValueError`` for more than a batch takes."""
    frames, entries_length = encode_frames(entries, payloads)
    fields = _FIELDS.pack(
        MAGIC, place.number, place.first, open_index, len(entries), entries_length, len(frames)
    )  # fmt: skip
    content = sha256(frames).digest()
    head = fields + place.before
    seal = mac(head + content)
    batch = b"".join((head, seal, sha256(head + seal + content).digest(), frames))
    return batch, Next(place.number + 1, place.first + len(entries), seal)


def iter_batches(data: bytes, place: Next | None) -> Iterator[Batch | Stop]:
    """Every batch of ``data`` in order, then exactly one `Stop`.

    ``data`` starts at a batch boundary; its first batch must be the one at ``place``, if that is known.
    """
    view = memoryview(data)
    offset = 0
    while offset < len(data):
        item = _decode(view, offset)
        if isinstance(item, _Fault):
            yield _explain(data, offset, place.number if place else None, item)
            return
        if place is not None and item.place != place:
            yield Stop("corrupt", offset, _difference(place, item.place))
            return
        yield item
        offset, place = item.end, item.next
    yield Stop("clean", offset, "the journal ends with a whole batch")


@dataclass(frozen=True, slots=True)
class _Fault:
    """What is wrong with a batch. ``whole``: its hash is right, so no crash left it so."""

    reason: str
    whole: bool = False


def _decode(view: memoryview, offset: int) -> Batch | _Fault:
    """The batch at ``offset``, or what is wrong with it."""
    header = bytes(view[offset : offset + HEADER_BYTES])
    if len(header) < HEADER_BYTES:
        return _Fault("its header is cut short")
    magic, number, first, open_index, count, entries_length, length = _FIELDS.unpack_from(header)
    if magic != MAGIC:
        return _Fault("it does not start like a batch")
    start, end = offset + HEADER_BYTES, offset + HEADER_BYTES + length
    if length > FRAMES_LIMIT or end > len(view):
        return _Fault("it is shorter than its header says")
    content = sha256(view[start:end]).digest()
    if sha256(header[:_HASH_AT] + content).digest() != header[_HASH_AT:]:
        return _Fault("its hash is wrong")
    # Counted before it is split: what somebody else wrote may say that it has a great many entries of no bytes.
    if not fits(count, entries_length, length) or open_index > first:
        return _Fault("its header is none that this writer writes", whole=True)
    entries = split_entries(view[start : start + entries_length], count)
    payloads = split_payloads(view[start + entries_length : end])
    if entries is None or payloads is None:
        return _Fault("its frames do not add up", whole=True)
    if not all(is_payload_file(payload.file) for payload in payloads):
        return _Fault("it holds a file whose name is none of a payload file", whole=True)
    place = Next(number, first, header[_BEFORE_AT:_MAC_AT])
    return Batch(
        place, open_index, offset, end, entries, payloads, header[:_MAC_AT] + content, header[_MAC_AT:_HASH_AT]
    )


def _difference(expected: Next, came: Next) -> str:
    if came.number != expected.number:
        return f"expected batch {expected.number}, came batch {came.number}"
    if came.first != expected.first:
        return f"expected a batch that begins with entry {expected.first}, came one with entry {came.first}"
    return "it was not written behind the batch that stands before it"


def _explain(data: bytes, offset: int, number: int | None, fault: _Fault) -> Stop:
    """Tell a torn tail from corruption: a crash leaves nothing behind the batch that it interrupted."""
    if fault.whole:
        return Stop("corrupt", offset, f"its hash is right, but {fault.reason}")
    follower = data.find(MAGIC, offset + 1)
    while follower >= 0:
        if _plausible(data, follower, number):
            return Stop("corrupt", offset, f"{fault.reason}, and another batch follows it")
        follower = data.find(MAGIC, follower + 1)
    if _plausible(data, offset, number, own=True):
        length = _FIELDS.unpack_from(data, offset)[-1]
        if len(data) - offset > HEADER_BYTES + length:
            return Stop("corrupt", offset, f"{fault.reason}, and more bytes follow it")
    return Stop("torn", offset, fault.reason)


def _plausible(data: bytes, offset: int, number: int | None, *, own: bool = False) -> bool:
    """Whether a batch may begin at ``offset``: the one with ``number`` itself (``own``) or one behind it. Compressed
    payloads may hold the magic by chance; a header that makes sense they do not."""
    if len(data) - offset < HEADER_BYTES:
        return False
    magic, came, first, open_index, count, entries_length, length = _FIELDS.unpack_from(data, offset)
    likely: bool = magic == MAGIC and open_index <= first and fits(count, entries_length, length)
    if number is None or not likely:
        return likely
    return bool(came == number if own else number < came < number + 2**32)
