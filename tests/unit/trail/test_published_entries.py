"""Published entries that a start reads again: all of them right, and none that the signed root does not cover."""

from pathlib import Path

import pytest

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail.entry import encode_entry
from beacon_audit.trail.frontier import Frontier
from beacon_audit.trail.merkle import leaf_hash
from beacon_audit.trail.published import read_tile
from beacon_audit.trail.published_entries import PublishedEntries
from harness.log_builder import LogBuilder, build_log, make_signer

#: A full tile of level 1, and one entry more.
LARGE = 256 * 256 + 1


def entry(index: int) -> bytes:
    return encode_entry({"type": "heartbeat", "id": "i", "time": "t"}, index)


def build(directory: Path, size: int) -> LogBuilder:
    return build_log(directory, map(entry, range(size)), signer=make_signer(), every=size or 1, partials=False)


def published(directory: Path, size: int) -> PublishedEntries:
    return PublishedEntries(directory, Frontier.read(size, lambda place: read_tile(directory, place)))


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("large")
    build(directory, LARGE)
    return directory


@pytest.mark.parametrize("size", [1, 255, 256, 257, 600])
def test_entries_from_any_one_on_come_back(tmp_path: Path, size: int) -> None:
    build(tmp_path, size)
    log = published(tmp_path, size)
    for start in {0, 1, 254, 255, 256, size - 1, size}:
        assert list(log.entries(start)) == [(index, entry(index)) for index in range(start, size)]
    assert all(log.leaf(index) == leaf_hash(entry(index)) for index in range(size))


def test_an_empty_log_has_none(tmp_path: Path) -> None:
    assert list(published(tmp_path, 0).entries(0)) == []


def test_entries_of_a_large_log_are_proved_over_several_levels(large: Path) -> None:
    log = published(large, LARGE)

    assert [index for index, _ in log.entries(LARGE - 300)] == list(range(LARGE - 300, LARGE))
    assert log.leaf(70) == leaf_hash(entry(70))


@pytest.mark.parametrize("tile", ["tile/0/007", "tile/1/000"])
def test_a_tile_of_any_level_that_is_not_the_signed_one_is_refused(large: Path, tile: str) -> None:
    path = large / tile
    data = path.read_bytes()
    try:
        path.write_bytes(bytes([data[0] ^ 1]) + data[1:])
        with pytest.raises(TrailCorrupt, match=f"{tile}: its hashes are not those"):
            published(large, LARGE).leaf(7 * 256 + 1)
    finally:
        path.write_bytes(data)


def test_a_bundle_with_another_entry_is_refused(large: Path) -> None:
    path = large / "tile/entries/255"
    data = path.read_bytes()
    try:
        path.write_bytes(data.replace(b'"i"', b'"j"', 1))
        with pytest.raises(TrailCorrupt, match="entry 65280 is not the one that was published"):
            list(published(large, LARGE).entries(65280))
    finally:
        path.write_bytes(data)
