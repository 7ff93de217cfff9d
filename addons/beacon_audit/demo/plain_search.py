"""Looks for secrets in every file below a directory, also inside zstd-compressed payload files.

It looks for the plain values only; that encoded forms are redacted too is what the tests of ``redaction`` are for.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import zstandard

_COMPRESSED = ".zst"


def files_with(directory: Path, secrets: Sequence[str]) -> tuple[Path, ...]:
    """The files whose content holds any of ``secrets``, sorted."""
    wanted = [secret.encode() for secret in secrets]
    return tuple(sorted(path for path, content in _contents(directory) if any(secret in content for secret in wanted)))


def _contents(directory: Path) -> Iterator[tuple[Path, bytes]]:
    for path in directory.rglob("*"):
        if not path.is_file():
            continue
        content = path.read_bytes()
        if path.suffix == _COMPRESSED:
            content = zstandard.ZstdDecompressor().decompressobj().decompress(content)
        yield path, content
