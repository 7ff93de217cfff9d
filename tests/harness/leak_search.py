r"""An eye of the tests' own for secrets in what was written. It shares no code with ``beacon_audit.redaction``.

It looks for *pieces*: eight characters in a row are enough, so that a value that was cut before it was scrubbed is
found too. Pieces are looked for in plain (any case), in hexadecimal and in base64 of any phase and either alphabet, in
the data as it is and after undoing percent and backslash escapes, up to three layers in any order, each with white
space and without. Meant for random secrets: it may be wrong about words of a language.
"""

import base64
import re
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import zstandard

PIECE = 8
_LAYERS = 3
_WHITE_SPACE = b" \t\r\n\v\f\0"
_BACKSLASHED = re.compile(rb"\\+(?:u00([0-9a-fA-F]{2})|x([0-9a-fA-F]{2})|([/\"'\\nrt]))")
_STANDARD = bytes.maketrans(b"-_", b"+/")


@dataclass(frozen=True, slots=True)
class Needles:
    """``folded`` are looked for in lower-cased data, ``exact`` in data as it is with the standard base64 alphabet."""

    folded: tuple[bytes, ...]
    exact: tuple[bytes, ...]

    def in_any_view(self, data: bytes) -> bool:
        for view in _views(data):
            lower, standard = view.lower(), view.translate(_STANDARD)
            if any(piece in lower for piece in self.folded) or any(piece in standard for piece in self.exact):
                return True
        return False


def needles(secret: str) -> Needles:
    """The pieces of ``secret`` that are looked for."""
    data = secret.encode().translate(None, _WHITE_SPACE)
    plain = _cut(data.lower())
    hexadecimal = _cut(data.hex().encode(), 2 * PIECE)
    in_base64 = []
    for phase in range(3):
        encoded = base64.b64encode(bytes(phase) + data)
        in_base64 += _cut(encoded[4 if phase else 0 : -4], PIECE + 4)
    return Needles((*plain, *hexadecimal), tuple(in_base64))


def leaks_in(secret: str, texts: Mapping[str, bytes]) -> list[str]:
    """The names of the ``texts`` in which a piece of ``secret`` stands."""
    sought = needles(secret)
    return [name for name, data in texts.items() if sought.in_any_view(data)]


def files_below(directory: Path) -> dict[str, bytes]:
    """Every file by its path, also below hidden directories; compressed ones as they are and unpacked. The paths
    themselves are the text named ``paths``: a name is written too."""
    found = {}
    for path in sorted(path for path in directory.rglob("*") if path.is_file()):
        content = path.read_bytes()
        if path.suffix == ".zst":
            content += b"\0\0" + zstandard.ZstdDecompressor().decompressobj().decompress(content)
        found[str(path.relative_to(directory))] = content
    return {**found, "paths": "\n".join(found).encode()}


def _cut(data: bytes, size: int = PIECE) -> list[bytes]:
    """Pieces end to end: any run of twice the size holds one of them whole."""
    return [data[start : start + size] for start in range(0, len(data) - size + 1, size)]


def _views(data: bytes) -> Iterator[bytes]:
    seen = {data}
    layer = [data]
    for _ in range(_LAYERS + 1):
        yield from layer
        yield from (view.translate(None, _WHITE_SPACE) for view in layer)
        following = [undo(view) for view in layer for undo in _UNDO]
        layer = [view for view in dict.fromkeys(following) if view not in seen]
        seen.update(layer)


def _without_backslashes(data: bytes) -> bytes:
    def meant(match: re.Match[bytes]) -> bytes:
        code, character = match[1] or match[2], match[3]
        if code:
            return bytes((int(code, 16),))
        return b"\n" if character in b"nrt" else character

    return _BACKSLASHED.sub(meant, data)


_UNDO: tuple[Callable[[bytes], bytes], ...] = (
    urllib.parse.unquote_to_bytes,
    _without_backslashes,
    lambda data: data.translate(None, _WHITE_SPACE),
)
