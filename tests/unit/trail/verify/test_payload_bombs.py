"""Payload files that are bombs, or large and true: checked in little memory, and in a time that somebody has."""

import hashlib
import tracemalloc
from pathlib import Path

import pytest
import zstandard

from beacon_audit.trail.payload_files import commitment
from beacon_audit.trail.verify.payload_check import PayloadChecker
from beacon_audit.trail.verify.payload_content import STREAMED_FROM, content_fault
from harness.evidence import make_evidence
from harness.specimen import DAY, Specimen

MEBIBYTE = 1024 * 1024
SALT = hashlib.sha256(b"salt").digest()


def content(body: bytes) -> bytes:
    return b'{"body":' + body + b',"salt":"' + SALT.hex().encode() + b'"}'


def compressed(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=1, write_checksum=True).compress(data)


def test_bombs_are_altered_files_and_take_little_memory(specimen: Specimen) -> None:
    bomb = compressed(content(b" " * (128 * MEBIBYTE)))
    assert len(bomb) < 10_000
    for name in ("body-1.json.zst", "body-2.json.zst"):
        (specimen.payloads / DAY / name).write_bytes(bomb)
    tracemalloc.start()
    try:
        verdict = specimen.verify(specimen.anchor)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [problem.code for problem in verdict.problems] == ["payload-altered"] * 2
    assert peak < 64 * MEBIBYTE


@pytest.mark.parametrize("size", [1, STREAMED_FROM - 100, STREAMED_FROM, 3 * STREAMED_FROM])
def test_large_body_matches_its_commitment_and_no_other(size: int) -> None:
    body = bytes(i % 251 for i in range(1000)) * (size // 1000 + 1)
    data = compressed(content(body))
    assert content_fault(data, commitment(SALT, body)) is None
    assert content_fault(data, commitment(SALT, body + b" ")) is not None


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[:-1],
        lambda data: data + b"x",
        lambda data: data + data,
        lambda _: compressed(content(b" " * STREAMED_FROM)[:-1]),
        lambda _: compressed(b" " + content(b" " * STREAMED_FROM)),
        lambda _: compressed(content(b" " * STREAMED_FROM).replace(SALT.hex().encode(), b"X" * 64)),
        lambda _: b"",
        lambda _: b"x" * 100,
        lambda _: zstandard.ZstdCompressor(write_content_size=False).compress(content(b" " * STREAMED_FROM)),
    ],
)
def test_large_file_of_another_form_is_refused(change) -> None:  # type: ignore[no-untyped-def]  # lambdas
    body = b" " * STREAMED_FROM
    data = compressed(content(body))
    assert content_fault(data, commitment(SALT, body)) is None
    assert content_fault(change(data), commitment(SALT, body)) is not None


def test_after_so_many_bytes_of_altered_files_large_ones_are_not_opened(tmp_path: Path) -> None:
    """Each bomb costs a second, and there may be thousands of them."""
    body = b" " * (3 * MEBIBYTE)
    true = compressed(content(body))
    # It says that it is large, and is broken behind that: whoever opens it notices.
    broken = true[:20] + b"\xff" * 20
    for name, data in (("true", true), ("broken", broken), ("small", compressed(content(b"1")))):
        (tmp_path / name).write_bytes(data)
    checker = PayloadChecker(budget=7 * MEBIBYTE)
    commitments = {"true": commitment(SALT, body), "broken": commitment(SALT, body), "small": commitment(SALT, b"1")}

    def found(name: str) -> str | None:
        checked = checker.check(tmp_path / name, commitments[name])
        assert checked.present
        return checked.code

    altered, unchecked = "payload-altered", "payload-unchecked"
    assert [found("true"), found("broken"), found("true"), found("broken")] == [None, altered, None, altered]
    assert [found("broken"), found("broken"), found("true")] == [altered, unchecked, unchecked]
    assert found("small") is None


@pytest.mark.parametrize("claimed", [b"", zstandard.ZstdCompressor().compress(bytes(200 * MEBIBYTE))[:18]])
def test_holes_are_not_read(tmp_path: Path, claimed: bytes) -> None:
    path = tmp_path / "file"
    with path.open("wb") as file:
        file.write(claimed)
        file.truncate(255 * MEBIBYTE)
    tracemalloc.start()
    try:
        checked = PayloadChecker().check(path, commitment(SALT, b"1"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert checked.code == "payload-altered"
    assert peak < 16 * MEBIBYTE


def test_bomb_goes_into_a_bundle_as_it_is(specimen: Specimen) -> None:
    bomb = compressed(content(b" " * (32 * MEBIBYTE)))
    (specimen.payloads / DAY / "body-1.json.zst").write_bytes(bomb)
    made = make_evidence(specimen.home, specimen.key.vkey, specimen.anchor)
    assert made.members()[f"payloads/{DAY}/body-1.json"] == bomb
    assert made.judge().codes == {"payload-altered", "tampered-at-export"}
