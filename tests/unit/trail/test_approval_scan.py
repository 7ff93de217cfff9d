"""Approvals are found wherever they lie, and believed only as far as a checkpoint signs them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail.approval import approval_fields
from beacon_audit.trail.approval_scan import find_approvals
from beacon_audit.trail.entry import encode_entry
from beacon_audit.trail.merkle import leaf_hash
from beacon_audit.trail.tiles import TILE_WIDTH, TilePlace, decode_bundle, encode_bundle, tiles_of
from harness.log_builder import LogBuilder, build_log, make_signer, moment

SIZE = 2 * TILE_WIDTH + 40
AT = (0, 3, TILE_WIDTH - 1, TILE_WIDTH, SIZE - 1)


def approval(index: int, name: str) -> bytes:
    fields = approval_fields({"span-name": [name]}, by="a", operator="b", reason="c")
    return encode_entry({**fields, "type": "approval", "id": f"id-{index}", "time": moment(0)}, index)


@pytest.fixture
def log(tmp_path: Path) -> LogBuilder:
    """A log of two full bundles and a part of one, with approvals at `AT`."""
    other = {"type": "heartbeat", "id": 'x","type":"approval","y":"', "time": moment(0), "z": {"type": "approval"}}
    entries = [approval(i, f"name-{i}") if i in AT else encode_entry(other, i) for i in range(SIZE)]
    return build_log(tmp_path / "trail", entries, signer=make_signer())


def found(log: LogBuilder) -> list[object]:
    return [fields["names"] for fields in find_approvals(log.directory, log.notes[-1])]


def change(log: LogBuilder, number: int, alter: Callable[[bytes], bytes], *, with_tile: bool) -> None:
    """Rewrite a bundle entry by entry, and the hash tile beside it if asked."""
    place = next(p for p in tiles_of(SIZE) if p.level is None and p.index == number)
    path = log.directory / place.path
    entries = [alter(entry) for entry in decode_bundle(path.read_bytes(), place.width)]
    path.write_bytes(encode_bundle(entries))
    if with_tile:
        tile = log.directory / TilePlace(0, number, place.width).path
        tile.write_bytes(b"".join(leaf_hash(entry) for entry in entries))


def test_every_approval_is_found_in_order_and_nothing_else(log: LogBuilder) -> None:
    assert found(log) == [{"span-name": [f"name-{index}"]} for index in AT]


@pytest.mark.parametrize("with_tile", [False, True])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_approval_with_another_name_is_not_believed(log: LogBuilder, number: int, with_tile: bool) -> None:
    change(log, number, lambda entry: entry.replace(b"name-", b"evil-"), with_tile=with_tile)
    with pytest.raises(TrailCorrupt, match=r"the approval at entry [0-9]+ is not what was signed"):
        found(log)


@pytest.mark.parametrize("with_tile", [False, True])
def test_approval_in_the_place_of_another_entry_is_not_believed(log: LogBuilder, with_tile: bool) -> None:
    forged = approval(5, "evil")
    change(log, 0, lambda entry: forged if b'"index":5,' in entry else entry, with_tile=with_tile)
    # With the tile altered, no approval of that bundle can be proved, and the first is named.
    entry = 0 if with_tile else 5
    with pytest.raises(TrailCorrupt, match=f"the approval at entry {entry} is not what was signed"):
        found(log)


def test_approval_that_was_taken_out_approves_nothing(log: LogBuilder) -> None:
    change(log, 0, lambda entry: entry.replace(b'"type":"approval"', b'"type":"heartbeat"'), with_tile=False)
    assert {"span-name": ["name-3"]} not in found(log)


def test_bundle_that_is_cut_ends_the_search(log: LogBuilder) -> None:
    path = log.directory / TilePlace(None, 1).path
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(TrailCorrupt, match="entry bundle"):
        found(log)
