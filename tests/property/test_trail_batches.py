"""Laws of the journal's framing, for any entries and any damage."""

from hypothesis import assume, given
from hypothesis import strategies as st

from beacon_audit.trail.batch import START, Batch, Next, Stop, iter_batches
from beacon_audit.trail.frames import PayloadFile
from harness.journal_bytes import journal as encoded

type Journal = list[tuple[list[bytes], list[PayloadFile]]]

entries = st.lists(st.binary(min_size=45, max_size=300), min_size=1, max_size=8)
files = st.builds(
    PayloadFile,
    st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}/[0-9a-z][0-9a-z._-]{0,99}", fullmatch=True),
    st.binary(max_size=300),
)
numbers = st.integers(0, 2**63)
journals = st.lists(st.tuples(entries, st.lists(files, max_size=3)), min_size=1, max_size=6)


def encode(journal: Journal, place: Next = START) -> list[bytes]:
    return encoded(*journal, place=place)


def read(data: bytes, place: Next | None = START) -> tuple[Journal, Stop]:
    *batches, stop = iter_batches(data, place)
    assert isinstance(stop, Stop)
    assert all(isinstance(batch, Batch) for batch in batches)
    return [(list(batch.entries), list(batch.payloads)) for batch in batches if isinstance(batch, Batch)], stop


@given(journals, st.builds(Next, numbers, numbers, st.binary(min_size=32, max_size=32)), st.booleans())
def test_what_was_encoded_comes_back(journal: Journal, place: Next, known: bool) -> None:
    batches, stop = read(b"".join(encode(journal, place)), place if known else None)

    assert batches == journal
    assert stop.kind == "clean"


@given(journals, st.data())
def test_a_journal_cut_anywhere_keeps_every_whole_batch_and_is_never_called_corrupt(
    journal: Journal, data: st.DataObject
) -> None:
    parts = encode(journal)
    whole = b"".join(parts)
    cut = data.draw(st.integers(0, len(whole)))
    kept = 0
    while kept < len(parts) and len(b"".join(parts[: kept + 1])) <= cut:
        kept += 1

    batches, stop = read(whole[:cut])

    assert batches == journal[:kept]
    assert stop.offset == len(b"".join(parts[:kept]))
    assert stop.kind == ("clean" if cut == stop.offset else "torn")


@given(journals, st.data())
def test_no_changed_bit_goes_unnoticed(journal: Journal, data: st.DataObject) -> None:
    parts = encode(journal)
    changed = bytearray(b"".join(parts))
    position = data.draw(st.integers(0, len(changed) * 8 - 1))
    changed[position // 8] ^= 1 << position % 8
    hit = next(i for i in range(len(parts)) if position // 8 < len(b"".join(parts[: i + 1])))

    batches, stop = read(bytes(changed))

    assert batches == journal[:hit]
    assert stop.offset == len(b"".join(parts[:hit]))
    assert stop.kind == "corrupt" if hit < len(parts) - 1 else stop.kind in ("torn", "corrupt")


@given(journals, st.data())
def test_blocks_of_the_last_batch_that_never_reached_the_disk_are_a_torn_tail(
    journal: Journal, data: st.DataObject
) -> None:
    parts = encode(journal)
    last = bytearray(parts[-1])
    start = data.draw(st.integers(0, len(last) - 1))
    end = data.draw(st.integers(start + 1, len(last)))
    assume(any(last[start:end]))
    last[start:end] = bytes(end - start)

    batches, stop = read(b"".join(parts[:-1]) + bytes(last))

    assert batches == journal[:-1]
    assert (stop.kind, stop.offset) == ("torn", len(b"".join(parts[:-1])))


@given(st.binary(max_size=400), numbers)
def test_any_bytes_are_read_without_an_exception(data: bytes, first: int) -> None:
    batches, stop = read(data, Next(first, first))

    assert batches == []
    assert stop.offset == 0
    assert stop.kind == ("torn" if data else "clean")
