"""Payload files: what they hold, what an entry commits to, and what a changed or foreign file leads to."""

import hashlib
import json
import tracemalloc
from pathlib import Path

import pytest
import zstandard

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail import Payload, build_payload, check_payload, commitment, read_payload

SALT = bytes(range(32))
DOCUMENT = {"license": "license:ab12:0011223344556677", "n": 1, "a": [None, 1.5, "é"]}


def build(document: object = DOCUMENT) -> Payload:
    return build_payload(document, SALT, name="01.json.zst", date="2025-10-01")


def store(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "payload.json.zst"
    path.write_bytes(zstandard.compress(content))
    return path


def test_a_payload_is_one_json_object_with_body_and_salt() -> None:
    assert json.loads(build().content) == {"body": DOCUMENT, "salt": SALT.hex()}


def test_an_entry_refers_to_file_and_commitment() -> None:
    body = '{"a":[null,1.5,"é"],"license":"license:ab12:0011223344556677","n":1}'.encode()

    assert build().reference == {
        "file": "2025-10-01/01.json.zst",
        "commitment": "sha256:" + hashlib.sha256(SALT + body).hexdigest(),
    }


def test_reading_gives_salt_and_body_as_they_were_committed_to(tmp_path: Path) -> None:
    payload = build()
    salt, body = read_payload(store(tmp_path, payload.content))

    assert salt == SALT
    assert json.loads(body) == DOCUMENT
    assert commitment(salt, body) == payload.commitment


def test_a_file_that_fits_its_commitment_gives_the_body(tmp_path: Path) -> None:
    assert json.loads(check_payload(store(tmp_path, build().content), build().commitment)) == DOCUMENT


def test_a_changed_body_or_salt_is_detected(tmp_path: Path) -> None:
    payload = build()
    for old, new in ((b'"n":1', b'"n":2'), (SALT.hex().encode(), SALT.hex().encode()[::-1])):
        path = store(tmp_path, payload.content.replace(old, new))
        with pytest.raises(TrailCorrupt, match="expected the body that the trail committed to"):
            check_payload(path, payload.commitment)


def test_a_deleted_file_is_told_from_a_changed_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        check_payload(tmp_path / "gone.json.zst", build().commitment)


@pytest.mark.parametrize("document", [None, "text", 0, [], {}, {"salt": "x"}, ',"salt":"' + "0" * 64 + '"}'])
def test_a_body_of_any_json_type_comes_back(tmp_path: Path, document: object) -> None:
    _, body = read_payload(store(tmp_path, build(document).content))

    assert json.loads(body) == document


@pytest.mark.parametrize("document", [{"n": 2**70}, {"text": "\ud800"}])
def test_values_that_only_some_json_writers_take_are_kept(tmp_path: Path, document: object) -> None:
    payload = build(document)

    assert json.loads(check_payload(store(tmp_path, payload.content), payload.commitment)) == document


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b'{"body":,"salt":"' + b"0" * 64 + b'"}',
        b'{"body":1,"salt":"' + b"0" * 63 + b'"}',
        b'{"body":1,"salt":"' + b"G" * 64 + b'"}',
        b'{"body":1,"salt":"' + b"0" * 64 + b'"} ',
        b'{"bodY":1,"salt":"' + b"0" * 64 + b'"}',
    ],
)
def test_a_file_of_another_shape_is_corrupt(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(TrailCorrupt, match="expected a body and its salt"):
        read_payload(store(tmp_path, content))


def test_a_file_that_is_not_zstd_is_corrupt(tmp_path: Path) -> None:
    path = tmp_path / "payload.json.zst"
    path.write_bytes(build().content)
    with pytest.raises(TrailCorrupt, match="expected one zstd frame"):
        read_payload(path)


@pytest.mark.parametrize("more", [b"x", zstandard.compress(b""), zstandard.compress(b"another")])
def test_a_file_with_anything_behind_its_frame_is_corrupt(tmp_path: Path, more: bytes) -> None:
    path = store(tmp_path, build().content)
    path.write_bytes(path.read_bytes() + more)
    with pytest.raises(TrailCorrupt):
        read_payload(path)


def test_a_file_that_was_cut_short_is_corrupt(tmp_path: Path) -> None:
    path = store(tmp_path, build().content)
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(TrailCorrupt):
        read_payload(path)


def test_a_file_that_expands_without_end_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("beacon_audit.trail.payload_files.CONTENT_LIMIT", 10_000)
    content = build("x" * 20_000_000).content
    honest = zstandard.compress(content)
    silent = zstandard.ZstdCompressor(write_content_size=False).compress(content)
    lying = honest.replace(len(content).to_bytes(4, "little"), (9_000).to_bytes(4, "little"), 1)
    assert lying != honest
    path = tmp_path / "payload.json.zst"
    for data in (honest, silent, lying):
        path.write_bytes(data)
        tracemalloc.start()
        try:
            with pytest.raises(TrailCorrupt):
                read_payload(path)
            assert tracemalloc.get_traced_memory()[1] < 2_000_000
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "A.zst", "x\n", "x" * 101, "é"])
def test_a_name_that_could_lead_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="payload file is named by"):
        Payload(name, "2025-10-01", b"{}", "")


@pytest.mark.parametrize("date", ["", "..", "2025-1-1", "2025-10-01/..", "2025-10-01\n", "٢٠٢٥-10-01"])
def test_a_date_that_could_lead_elsewhere_is_refused(date: str) -> None:
    with pytest.raises(ValueError, match="dated YYYY-MM-DD"):
        Payload("01.json.zst", date, b"{}", "")


def test_a_salt_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="a salt has 32 bytes, came 16"):
        build_payload({}, bytes(16), name="01.json.zst", date="2025-10-01")
