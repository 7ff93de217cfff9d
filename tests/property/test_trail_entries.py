"""Laws of an entry's bytes, and of payload files, for any JSON value."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from beacon_audit.errors import TrailCorrupt, TrailError
from beacon_audit.trail import build_payload, check_payload, read_payload
from beacon_audit.trail.entry import ENTRY_LIMIT, decode_entry, encode_entry

texts = st.text(max_size=30)
scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    scalars | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)
required = st.fixed_dictionaries(
    {"type": st.sampled_from(["open", "intent", "outcome"]), "id": st.just("1"), "time": st.just("t")}
)
fields = st.builds(
    lambda more, base: {**more, **base}, st.dictionaries(texts.filter(lambda k: k != "index"), values), required
)


@given(fields, st.integers(0, 2**63))
def test_fields_come_back_from_their_bytes_and_give_the_same_bytes_again(entry: dict[str, object], index: int) -> None:
    data = encode_entry(entry, index)
    came = decode_entry(data)

    assert came.pop("index") == index
    assert came == entry
    assert encode_entry(came, index) == data
    assert len(data) <= ENTRY_LIMIT


@given(st.dictionaries(st.text() | st.integers(), values | st.binary() | st.integers(), max_size=6), st.booleans())
def test_encoding_raises_nothing_but_our_error(entry: dict[str, object], complete: bool) -> None:
    if complete:
        entry |= {"type": "intent", "id": "1", "time": "t"}
    try:
        encode_entry(entry, 0)
    except TrailError:
        return
    assert complete


@given(st.binary(max_size=200) | values.map(lambda value: json.dumps(value).encode()))
def test_decoding_raises_nothing_but_our_error(data: bytes) -> None:
    try:
        decode_entry(data)
    except TrailCorrupt:
        return


@given(values | st.integers() | st.text(st.characters(), max_size=20), st.binary(min_size=32, max_size=32))
def test_a_payload_of_any_json_value_comes_back_and_fits_its_commitment(document: object, salt: bytes) -> None:
    payload = build_payload(document, salt, name="1.json.zst", date="2025-10-01")
    with TemporaryDirectory() as directory:
        path = Path(directory, "1.json.zst")
        path.write_bytes(zstandard.compress(payload.content))

        assert json.loads(check_payload(path, payload.commitment)) == document
        assert read_payload(path)[0] == salt


@given(st.binary(max_size=300), st.booleans())
def test_reading_a_payload_raises_nothing_but_our_error(content: bytes, compressed: bool) -> None:
    with TemporaryDirectory() as directory:
        path = Path(directory, "1.json.zst")
        path.write_bytes(zstandard.compress(content) if compressed else content)
        with pytest.raises(TrailCorrupt):
            read_payload(path)
