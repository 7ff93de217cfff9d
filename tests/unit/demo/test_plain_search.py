"""Looking for secrets in files."""

from pathlib import Path

import zstandard

from beacon_audit.demo.plain_search import files_with


def test_secret_is_found_in_plain_and_in_compressed_files(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    plain, packed = tmp_path / "a" / "proxy.log", tmp_path / "b.json.zst"
    plain.write_bytes(b"\xff first-secret \x00")
    packed.write_bytes(zstandard.compress(b'{"key": "second-secret"}'))
    (tmp_path / "c.txt").write_text("neither of them")
    assert files_with(tmp_path, ("first-secret", "second-secret")) == (plain, packed)
    assert files_with(tmp_path, ("second-secret",)) == (packed,)


def test_compressed_stream_without_a_declared_size_is_read(tmp_path: Path) -> None:
    packed = tmp_path / "a.json.zst"
    with packed.open("wb") as file, zstandard.ZstdCompressor().stream_writer(file) as stream:
        stream.write(b"a secret")
    assert files_with(tmp_path, ("a secret",)) == (packed,)
