"""The files of a log: their names, which there are, and what is in a bundle and in a tile."""

import pytest

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail.tiles import (
    TilePlace,
    decode_bundle,
    encode_bundle,
    parse_tile_path,
    split_tile,
    tiles_of,
)

PATHS = {
    TilePlace(0, 0): "tile/0/000",
    TilePlace(0, 7, 1): "tile/0/007.p/1",
    TilePlace(1, 999): "tile/1/999",
    TilePlace(2, 1000): "tile/2/x001/000",
    TilePlace(0, 1234067): "tile/0/x001/x234/067",
    TilePlace(63, 1234067, 255): "tile/63/x001/x234/067.p/255",
    TilePlace(None, 0): "tile/entries/000",
    TilePlace(None, 273, 112): "tile/entries/273.p/112",
}


@pytest.mark.parametrize(("place", "path"), PATHS.items())
def test_a_place_has_its_path_and_a_path_its_place(place: TilePlace, path: str) -> None:
    assert place.path == path
    assert parse_tile_path(path) == place


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/x000/000",
        "tile/0/x000/x001/000",
        "tile/0/001/000",
        "tile/0/x001/x000",
        "tile/00/000",
        "tile/01/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/-01",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/",
        "tile/0/000.p",
        "tile/0/000/",
        "/tile/0/000",
        "./tile/0/000",
        "tile//0/000",
        "tile/0/../0/000",
        "tile/0/000\n",
        "tile/0/\N{ARABIC-INDIC DIGIT ZERO}00",
        "tile/Entries/000",
        "tile/entries/000.tmp",
        "tile/0/x" + "/x".join(["999"] * 2000) + "/999",
        "checkpoint",
    ],
)
def test_a_path_that_no_file_of_the_log_has_names_no_place(path: str) -> None:
    assert parse_tile_path(path) is None


def test_only_what_is_not_full_is_partial() -> None:
    assert TilePlace(0, 0, 255).partial
    assert not TilePlace(0, 0).partial


def test_places_sort_bundles_first_then_by_level_index_and_width() -> None:
    places = [TilePlace(None, 0), TilePlace(None, 1, 3), TilePlace(0, 0), TilePlace(0, 1, 2), TilePlace(0, 1, 3)]

    assert sorted([TilePlace(1, 0, 1), *places[::-1]]) == [*places, TilePlace(1, 0, 1)]


def test_an_empty_log_has_no_files() -> None:
    assert list(tiles_of(0)) == []


def test_a_full_tile_has_its_hash_in_the_level_above() -> None:
    # C2SP tlog-tiles: "a tree of size 256 will be represented by a full level 0 tile and a partial level 1 tile".
    assert list(tiles_of(256)) == [TilePlace(None, 0), TilePlace(0, 0), TilePlace(1, 0, 1)]


def test_a_log_of_70000_entries_has_the_files_that_the_specification_counts() -> None:
    places = list(tiles_of(70_000))

    assert places == [
        *(TilePlace(None, index) for index in range(273)),
        TilePlace(None, 273, 112),
        *(TilePlace(0, index) for index in range(273)),
        TilePlace(0, 273, 112),
        TilePlace(1, 0),
        TilePlace(1, 1, 17),
        TilePlace(2, 0, 1),
    ]


def test_a_bundle_has_the_documented_bytes() -> None:
    assert encode_bundle([b"one", b"", b"x" * 300]) == b"\x00\x03one" + b"\x00\x00" + b"\x01\x2c" + b"x" * 300


@pytest.mark.parametrize("entries", [[], [b"one"], [b"", b"two"], [b"x" * 0xFFFF], [b"e"] * 256])
def test_a_bundle_gives_its_entries_back(entries: list[bytes]) -> None:
    assert decode_bundle(encode_bundle(entries), len(entries)) == tuple(entries)


@pytest.mark.parametrize("entries", [[b"x" * 0x10000], [b"e"] * 257])
def test_a_bundle_takes_no_more_than_it_can_say(entries: list[bytes]) -> None:
    with pytest.raises(ValueError, match="a bundle takes up to 256 entries of up to 65535 bytes"):
        encode_bundle(entries)


@pytest.mark.parametrize(
    ("data", "count", "message"),
    [
        (b"\x00\x03one", 2, "expected 2 entries, came 1"),
        (b"", 1, "expected 1 entries, came 0"),
        (b"\x00\x03one\x00\x03two", 1, "expected 1 entries, came 5 more bytes"),
        (b"\x00", 0, "expected 0 entries, came 1 more bytes"),
        (b"\x00\x03one\x00", 2, "expected entry 1 of 2, came its beginning only"),
        (b"\x00\x03on", 1, "expected entry 0 of 1, came its beginning only"),
        (b"\x00", 1, "expected entry 0 of 1, came its beginning only"),
    ],
)
def test_a_bundle_of_other_bytes_is_corrupt(data: bytes, count: int, message: str) -> None:
    with pytest.raises(TrailCorrupt, match=message):
        decode_bundle(data, count)


def test_a_tile_gives_its_hashes() -> None:
    assert split_tile(b"a" * 32 + b"b" * 32, 2) == (b"a" * 32, b"b" * 32)


@pytest.mark.parametrize("length", [0, 32, 63, 65, 96])
def test_a_tile_of_another_length_is_corrupt(length: int) -> None:
    with pytest.raises(TrailCorrupt, match=f"expected 2 hashes of 32 bytes, came {length} bytes"):
        split_tile(b"a" * length, 2)
