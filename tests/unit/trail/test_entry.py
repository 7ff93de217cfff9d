"""Entries: canonical bytes, and nothing that is not an entry."""

from datetime import UTC, datetime

import pytest

from beacon_audit.errors import TrailCorrupt, TrailError
from beacon_audit.trail.entry import ENTRY_LIMIT, decode_entry, encode_entry
from harness.trail import MakeFields


def test_an_entry_is_one_json_object_with_sorted_keys_and_its_index(make_fields: MakeFields) -> None:
    entry = encode_entry(make_fields("refusal", "01", host="é", alert=True, status=None), 7)

    assert entry == (
        b'{"alert":true,"host":"\xc3\xa9","id":"01","index":7,"status":null,"time":"2025-10-01T00:00:00Z","type":"refusal"}'
    )


def test_the_order_in_which_fields_are_given_does_not_change_the_bytes(make_fields: MakeFields) -> None:
    fields = make_fields("intent", "01", b=1, a={"y": 1, "x": 2})
    turned = dict(reversed(fields.items())) | {"a": {"x": 2, "y": 1}}

    assert encode_entry(fields, 0) == encode_entry(turned, 0)


def test_decoding_gives_the_fields_and_the_index_back(make_fields: MakeFields) -> None:
    fields = make_fields("outcome", "01", state="sent", findings=[{"code": "wire.bom"}])

    assert decode_entry(encode_entry(fields, 3)) == {**fields, "index": 3}


@pytest.mark.parametrize("name", ["type", "id", "time"])
@pytest.mark.parametrize("value", [None, "", 5])
def test_an_entry_without_type_id_or_time_is_refused(make_fields: MakeFields, name: str, value: object) -> None:
    with pytest.raises(TrailError, match=f"non-empty string in '{name}'"):
        encode_entry(make_fields() | {name: value}, 0)


def test_an_entry_of_an_unknown_type_is_refused(make_fields: MakeFields) -> None:
    with pytest.raises(TrailError, match="expected a type out of approval, close, heartbeat, intent, key-change"):
        encode_entry(make_fields("intents"), 0)


def test_an_index_among_the_fields_is_refused(make_fields: MakeFields) -> None:
    with pytest.raises(TrailError, match="given by the trail"):
        encode_entry(make_fields(index=0), 0)


@pytest.mark.parametrize("value", [b"bytes", {1: "a"}, 2**64, "\ud800", datetime(2025, 1, 1, tzinfo=UTC), object()])
def test_a_value_that_is_not_json_is_refused_without_showing_it(make_fields: MakeFields, value: object) -> None:
    with pytest.raises(TrailError, match="values of JSON types") as caught:
        encode_entry(make_fields(value=value), 0)
    assert "bytes'" not in str(caught.value)
    assert str(2**64) not in str(caught.value)


def test_an_entry_of_exactly_the_limit_is_taken_and_one_byte_more_is_not(make_fields: MakeFields) -> None:
    room = ENTRY_LIMIT - len(encode_entry(make_fields(reason=""), 0))

    assert len(encode_entry(make_fields(reason="x" * room), 0)) == ENTRY_LIMIT
    with pytest.raises(TrailError, match=f"at most {ENTRY_LIMIT} bytes, came {ENTRY_LIMIT + 1}"):
        encode_entry(make_fields(reason="x" * (room + 1)), 0)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b'{"type":"open"}',
        b'{"id":"1","time":"t","type":"open"}',
        b'{"id":"1","index":-1,"time":"t","type":"open"}',
        b'{"id":"1","index":true,"time":"t","type":"open"}',
        b'{"id":"1","index":1.0,"time":"t","type":"open"}',
        b'{"id":1,"index":1,"time":"t","type":"open"}',
        b"\xff",
    ],
)
def test_bytes_that_are_no_entry_are_corrupt(data: bytes) -> None:
    with pytest.raises(TrailCorrupt, match="trail entry: expected"):
        decode_entry(data)
