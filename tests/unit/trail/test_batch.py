"""Batches: their exact bytes, and what damage at which place means."""

import hashlib
import hmac

import pytest

from beacon_audit.trail.batch import HEADER_BYTES, MAGIC, NO_MAC, START, Batch, Next, Stop, encode_batch, iter_batches
from beacon_audit.trail.frames import PayloadFile, frame_bytes
from harness.journal_bytes import journal

ENTRIES = [b"first entry".ljust(50, b"."), b"second entry".ljust(61, b".")]
PAYLOADS = [PayloadFile("2025-10-01/01.json.zst", b"body of one"), PayloadFile("2025-10-01/02.json.zst", b"")]
#: Where the fields of the header end, and what follows them.
FIELDS, BEFORE, MAC = 44, 76, 108


def read(data: bytes, place: Next | None = START) -> tuple[list[tuple[bytes, ...]], Stop]:
    """The entries of the whole batches of ``data``, and why reading stopped."""
    *batches, stop = iter_batches(data, place)
    assert isinstance(stop, Stop)
    return [batch.entries for batch in batches if isinstance(batch, Batch)], stop


def test_a_batch_has_the_documented_bytes() -> None:
    entries = b"\x00\x32" + ENTRIES[0] + b"\x00\x3d" + ENTRIES[1]
    payloads = b"\x162025-10-01/01.json.zst\x00\x00\x00\x0bbody of one" + b"\x162025-10-01/02.json.zst" + bytes(4)
    frames = entries + payloads
    head = b"\xffbatch3\n" + b"".join(
        [
            (7).to_bytes(8), (900).to_bytes(8), (850).to_bytes(8),
            (2).to_bytes(4), len(entries).to_bytes(4), len(frames).to_bytes(4), b"m" * 32,
        ]
    )  # fmt: skip
    content = hashlib.sha256(frames).digest()
    mac = hmac.digest(b"key", head + content, "sha256")
    expected = head + mac + hashlib.sha256(head + mac + content).digest() + frames

    data, following = encode_batch(
        Next(7, 900, b"m" * 32), 850, ENTRIES, PAYLOADS, lambda sealed: hmac.digest(b"key", sealed, "sha256")
    )

    assert data == expected
    assert following == Next(8, 902, mac)
    assert len(data) - len(frames) == HEADER_BYTES == 140
    assert sum(frame_bytes(entry) for entry in ENTRIES) == len(entries)


def test_what_the_mac_is_of_and_everything_else_comes_back() -> None:
    data, following = encode_batch(Next(7, 900, b"m" * 32), 850, ENTRIES, PAYLOADS, lambda _: b"M" * 32)

    batch, stop = iter_batches(data, Next(7, 900, b"m" * 32))

    assert isinstance(batch, Batch)
    assert stop == Stop("clean", len(data), "the journal ends with a whole batch")
    assert (batch.place, batch.open_index, batch.next) == (Next(7, 900, b"m" * 32), 850, following)
    assert (batch.entries, batch.payloads, batch.mac) == (tuple(ENTRIES), tuple(PAYLOADS), b"M" * 32)
    assert batch.sealed == data[:BEFORE] + hashlib.sha256(data[HEADER_BYTES:]).digest()


def test_payload_files_come_back_with_the_entries_of_their_batch() -> None:
    data = b"".join(journal((ENTRIES, PAYLOADS), ENTRIES))

    first, second, _ = iter_batches(data, START)

    assert isinstance(first, Batch)
    assert isinstance(second, Batch)
    assert first.payloads == tuple(PAYLOADS)
    assert second.payloads == ()


def test_whole_batches_end_clean() -> None:
    place = Next(4, 40, b"x" * 32)
    data = b"".join(journal(ENTRIES, ENTRIES[:1], place=place))

    batches, stop = read(data, place)

    assert batches == [tuple(ENTRIES), tuple(ENTRIES[:1])]
    assert (stop.kind, stop.offset) == ("clean", len(data))


def test_no_bytes_end_clean() -> None:
    assert list(iter_batches(b"", START)) == [Stop("clean", 0, "the journal ends with a whole batch")]


def test_a_batch_says_where_it_lies() -> None:
    first, second = journal(ENTRIES, ENTRIES)

    items = list(iter_batches(first + second, START))

    assert isinstance(items[1], Batch)
    assert (items[1].place.number, items[1].place.first) == (1, 2)
    assert (items[1].offset, items[1].end) == (len(first), 2 * len(first))


def test_every_proper_prefix_of_the_last_batch_is_torn_at_its_start() -> None:
    first, last = journal(ENTRIES, (ENTRIES, PAYLOADS))
    for length in range(1, len(last)):
        batches, stop = read(first + last[:length])
        assert batches == [tuple(ENTRIES)]
        assert (stop.kind, stop.offset) == ("torn", len(first))


def test_every_changed_bit_of_the_last_batch_ends_before_it() -> None:
    first, last = journal(ENTRIES, (ENTRIES, PAYLOADS))
    for position in range(len(last) * 8):
        changed = bytearray(last)
        changed[position // 8] ^= 1 << position % 8
        batches, stop = read(first + bytes(changed))
        assert batches == [tuple(ENTRIES)]
        assert stop.kind in ("torn", "corrupt")
        assert stop.offset == len(first)


def test_every_changed_bit_of_an_earlier_batch_is_corruption() -> None:
    first, last = journal((ENTRIES, PAYLOADS), ENTRIES)
    for position in range(len(first) * 8):
        changed = bytearray(first)
        changed[position // 8] ^= 1 << position % 8
        batches, stop = read(bytes(changed) + last)
        assert batches == []
        assert (stop.kind, stop.offset) == ("corrupt", 0)


def test_a_damaged_batch_before_a_damaged_batch_is_corruption() -> None:
    data = bytearray(b"".join(journal(ENTRIES, ENTRIES)))
    data[HEADER_BYTES] ^= 1
    data[-1] ^= 1

    _, stop = read(bytes(data))

    assert (stop.kind, stop.offset) == ("corrupt", 0)
    assert stop.reason == "its hash is wrong, and another batch follows it"


def test_a_damaged_batch_before_the_first_bytes_of_another_is_corruption() -> None:
    data = bytearray(journal(ENTRIES)[0])
    data[-1] ^= 1

    _, stop = read(bytes(data) + MAGIC[:3])

    assert stop == Stop("corrupt", 0, "its hash is wrong, and more bytes follow it")


def test_blocks_that_never_reached_the_disk_read_as_a_torn_tail() -> None:
    """Also where what is lost is the MAC alone: a whole batch with another MAC is no accident."""
    entries = [bytes([65 + i]) * 600 for i in range(10)]
    (data,) = journal((entries, [PayloadFile("2025-10-01/1", b"z" * 999)]))
    for start, end in ((0, 512), (512, 1024), (BEFORE, MAC), (len(data) - 512, len(data)), (0, len(data))):
        _, stop = read(data[:start] + bytes(end - start) + data[end:])
        assert (stop.kind, stop.offset) == ("torn", 0)


def test_a_batch_out_of_order_is_corruption() -> None:
    first, second, third = journal(ENTRIES, ENTRIES, ENTRIES)
    for data in (second + first, first + third, first + first):
        _, stop = read(data)
        assert stop.kind == "corrupt"
        assert "expected batch" in stop.reason


def test_a_batch_that_begins_with_another_entry_is_corruption() -> None:
    first, _ = journal(ENTRIES, ENTRIES)
    (second,) = journal(ENTRIES, place=Next(1, 3, first[BEFORE:MAC]))

    _, stop = read(first + second)

    assert stop == Stop("corrupt", len(first), "expected a batch that begins with entry 2, came one with entry 3")


def test_a_batch_that_was_written_behind_another_one_is_corruption() -> None:
    """Two batches with the same number can both be ours: of one of them the tail of the journal was cut."""
    first, _ = journal(ENTRIES, ENTRIES)
    _, second = journal(ENTRIES[::-1], ENTRIES)

    _, stop = read(first + second)

    assert stop == Stop("corrupt", len(first), "it was not written behind the batch that stands before it")


@pytest.mark.parametrize(
    ("at", "value", "reason"),
    [
        (32, (3).to_bytes(4), "its frames do not add up"),
        (32, (1).to_bytes(4), "its frames do not add up"),
        (32, (0).to_bytes(4), "its header is none that this writer writes"),
        (32, (2**32 - 1).to_bytes(4), "its header is none that this writer writes"),
        (36, (0).to_bytes(4), "its header is none that this writer writes"),
        (36, (114).to_bytes(4), "its frames do not add up"),
        (36, (2**32 - 1).to_bytes(4), "its header is none that this writer writes"),
        (24, (1).to_bytes(8), "its header is none that this writer writes"),
    ],
    ids=["count", "fewer", "none", "all", "length-none", "length-less", "length-all", "open"],
)
def test_a_header_that_does_not_fit_is_corruption_even_with_the_right_hash(at: int, value: bytes, reason: str) -> None:
    (data,) = journal(([e.ljust(150, b".") for e in ENTRIES], PAYLOADS))
    changed = bytearray(data)
    changed[at : at + len(value)] = value

    assert read(hashed_again(changed)) == ([], Stop("corrupt", 0, f"its hash is right, but {reason}"))


@pytest.mark.parametrize("position", [-1, -5, -12, -16])
def test_payload_files_that_do_not_fit_the_frames_are_refused_even_with_the_right_hash(position: int) -> None:
    data = bytearray(journal((ENTRIES, [PayloadFile("2025-10-01/1", b"")]))[0])
    data[position] ^= 0x80

    batches, stop = read(hashed_again(data))

    assert (batches, stop.kind) == ([], "corrupt")


def hashed_again(data: bytearray) -> bytes:
    content = hashlib.sha256(data[HEADER_BYTES:]).digest()
    return bytes(data[:MAC]) + hashlib.sha256(data[:MAC] + content).digest() + data[HEADER_BYTES:]


def test_a_payload_that_looks_like_a_batch_does_not_make_a_torn_tail_corrupt() -> None:
    """Compressed bytes are anything; only a header that makes sense begins a batch."""
    place = Next(7, 14, NO_MAC)
    (seventh,) = journal(ENTRIES, place=place)
    for inner in (MAGIC, MAGIC + bytes(140), MAGIC + b"\xff" * 140, journal(ENTRIES)[0], seventh):
        (data,) = journal((ENTRIES, [PayloadFile("2025-10-01/1", b"before" + inner + b"behind")]), place=place)

        _, stop = read(data[:-3], place)

        assert stop == Stop("torn", 0, "it is shorter than its header says")


def test_a_batch_of_nothing_or_of_too_much_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    for entries in ([], [b"x" * 44]):
        with pytest.raises(ValueError, match="1 or more entries"):
            journal(entries)
    monkeypatch.setattr("beacon_audit.trail.frames.FRAMES_LIMIT", 1000)
    monkeypatch.setattr("beacon_audit.trail.frames.ENTRIES_LIMIT", 900)
    journal([b"x" * 898])
    journal(([b"x" * 898], [PayloadFile("2025-10-01/1", b"y" * 83)]))
    for content in ([b"x" * 899], ([b"x" * 898], [PayloadFile("2025-10-01/1", b"y" * 84)])):
        with pytest.raises(ValueError, match="1 or more entries"):
            journal(content)
