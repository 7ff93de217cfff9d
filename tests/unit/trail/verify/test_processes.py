"""In several processes and over several parts, the verdict is the same as in one."""

from pathlib import Path

import pytest

from beacon_audit.trail.tiles import TilePlace
from beacon_audit.trail.verify import Verdict, verify_trail
from beacon_audit.trail.verify.chunk import CHUNK_ENTRIES
from harness.log_builder import build_log, exchanges, make_signer

SIZE = 2 * CHUNK_ENTRIES + 778


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("log")
    build_log(directory, exchanges(SIZE), signer=make_signer(), every=100)
    return directory


def verify(directory: Path, processes: int) -> Verdict:
    seen: list[tuple[int, int]] = []
    verdict = verify_trail(
        directory,
        make_signer().verifier,
        anchors=[],
        payloads=None,
        progress=lambda done, total: seen.append((done, total)),
        processes=processes,
    )
    assert seen == [(CHUNK_ENTRIES, SIZE), (2 * CHUNK_ENTRIES, SIZE), (SIZE, SIZE)]
    return verdict


def test_two_processes_say_what_one_says(log: Path) -> None:
    one, two = verify(log, 1), verify(log, 2)
    assert one == two
    assert (one.verdict, one.checkpoints) == ("unanchored", SIZE // 100 + 2)


@pytest.mark.parametrize("index", [0, CHUNK_ENTRIES - 1, CHUNK_ENTRIES, SIZE - 2])
def test_altered_entry_is_named_wherever_it_is(log: Path, index: int) -> None:
    place = TilePlace(None, index // 256, min(256, SIZE - index // 256 * 256))
    path = log / place.path
    before = path.read_bytes()
    position = 0
    for _ in range(index % 256):
        position += 2 + int.from_bytes(before[position : position + 2])
    data = bytearray(before)
    data[position + 10] ^= 1
    path.write_bytes(data)
    try:
        verdict = verify(log, 1)
    finally:
        path.write_bytes(before)
    assert verdict.verdict == "tampered"
    found = [p for p in verdict.problems if p.code == "bundle-mismatch"]
    assert [(p.entry, p.file, p.offset) for p in found] == [(index, place.path, position)]
