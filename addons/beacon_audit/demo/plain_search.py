"""Looks for a secret in every file below a directory, also inside zstd-compressed payload files.

It looks for the plain value only; that encoded forms are redacted too is what the tests of ``redaction`` are for.
"""

from collections.abc import Iterator
from pathlib import Path

import zstandard

_COMPRESSED = ".zst"


def files_with(directory: Path, secret: str) -> tuple[Path, ...]:
    """The files whose content holds ``secret``, sorted."""
    return tuple(sorted(path for path, content in _contents(directory) if secret.encode() in content))


def _contents(directory: Path) -> Iterator[tuple[Path, bytes]]:
    for path in directory.rglob("*"):
        if not path.is_file():
            continue
        content = path.read_bytes()
        if path.suffix == _COMPRESSED:
            content = zstandard.ZstdDecompressor().decompressobj().decompress(content)
        yield path, content
