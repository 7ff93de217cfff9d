r"""An eye of the tests' own for secrets in what was written. It shares no code with ``beacon_audit.redaction``.

It looks for *pieces*: eight characters in a row are enough, so that a value that was cut before it was scrubbed is
found too. Pieces are looked for in plain (any case), in hexadecimal, as lists of bytes, in base64 of any phase and
either alphabet, and in these of each other and of UTF-16, in the data as it is and after undoing escapes, up to three
layers in any order, each with what is invisible and without. Meant for random secrets: it may be wrong about words of
a language.
"""

import base64
import html
import re
import unicodedata
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import re2
import zstandard

PIECE = 8
_LAYERS = 3
_INVISIBLE = bytes(range(0x21)) + b"\x7f"
_UNSEEN = re.compile(
    r"[\x00-\x20\x7f-\xa0\xad\u0300-\u036f\u200b-\u200f\u2028-\u202f\u2060-\u206f\u3000\ufe00-\ufe0f\ufeff"
    r"\U000e0000-\U000e0fff]+"
)
_BACKSLASHED = re.compile(
    rb"\\+(?:u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{2})\}|x([0-9a-fA-F]{2})|([0-3][0-7]{2})|([/\"'\\nrt]))"
)
_PERCENT_U = re.compile(rb"%u00([0-9a-fA-F]{2})")
_STANDARD = bytes.maketrans(b"-_", b"+/")


@dataclass(frozen=True, slots=True)
class Needles:
    """``folded`` is looked for in lower-cased data, ``exact`` in data as it is with the standard base64 alphabet."""

    folded: Any
    exact: Any

    def in_any_view(self, data: bytes) -> bool:
        for view in _views(data):
            lower, standard = view.lower(), view.translate(_STANDARD)
            if self.folded.search(lower) or self.exact.search(standard):
                return True
        return False


def needles(secret: str) -> Needles:
    """The pieces of ``secret`` that are looked for."""
    data = secret.encode().translate(None, _INVISIBLE)
    hexadecimal, percent = data.hex(), "".join(f"%{byte:02x}" for byte in data)
    inner = [hexadecimal, hexadecimal.upper(), percent, percent.upper(), *_in_base64(data)]
    wide = [secret.encode(f"utf-16-{order}") for order in ("le", "be")]
    folded = [
        *_cut(data.lower()),
        *_cut(hexadecimal, 2 * PIECE),
        *(piece for text in wide for piece in _cut(text.hex(), 4 * PIECE)),
        *(piece for text in inner for piece in _cut(text.encode().hex(), 4 * PIECE)),
    ]
    for separator in (":", "-", ",", ",0x", "="):
        folded += _cut(separator.join(f"{byte:02x}" for byte in data), PIECE * (2 + len(separator)))
    folded += _cut(",".join(map(str, data)), PIECE * 4)
    exact = [
        *(piece for text in _in_base64(data) for piece in _cut(text, PIECE + 4)),
        *(piece for each in wide for text in _in_base64(each) for piece in _cut(text, PIECE * 3)),
        *(piece for each in inner for text in _in_base64(each.encode()) for piece in _cut(text, PIECE * 3)),
    ]
    return Needles(_any_of(folded), _any_of(exact))


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


def _in_base64(data: bytes) -> list[str]:
    """In each phase, without the characters at either end that depend on what stands there."""
    encoded = [base64.b64encode(bytes(phase) + data).decode() for phase in range(3)]
    return [text[4 if phase else 0 : -4] for phase, text in enumerate(encoded)]


def _cut(data: str | bytes, size: int = PIECE) -> list[bytes]:
    """Pieces end to end: any run of twice the size holds one of them whole."""
    encoded = data.encode() if isinstance(data, str) else data
    return [encoded[start : start + size] for start in range(0, len(encoded) - size + 1, size)]


def _any_of(pieces: Iterable[bytes]) -> Any:  # re2 ships no type information
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = 64 << 20
    pattern = b"|".join(re2.escape(piece) for piece in sorted(set(pieces)))
    return re2.compile(pattern or rb"[^\x00-\xff]", options)


def _views(data: bytes) -> Iterator[bytes]:
    seen = {data}
    layer = [data]
    for _ in range(_LAYERS + 1):
        yield from layer
        yield from (view.translate(None, _INVISIBLE) for view in layer)
        following = [undo(view) for view in layer for undo in _UNDO]
        layer = [view for view in dict.fromkeys(following) if view not in seen]
        seen.update(layer)


def _without_backslashes(data: bytes) -> bytes:
    def meant(match: re.Match[bytes]) -> bytes:
        code, octal, character = match[1] or match[2] or match[3], match[4], match[5]
        if code or octal:
            number = int(code, 16) if code else int(octal, 8)
            return bytes((number,)) if number < 0x100 else chr(number).encode("utf-8", "replace")
        return b"\n" if character in b"nrt" else character

    return _BACKSLASHED.sub(meant, data)


def _without_percent(data: bytes) -> bytes:
    return urllib.parse.unquote_to_bytes(_PERCENT_U.sub(rb"%\1", data)) if b"%" in data else data


def _without_entities(data: bytes) -> bytes:
    return html.unescape(data.decode("latin-1")).encode("latin-1", "replace") if b"&" in data else data


def _as_seen(data: bytes) -> bytes:
    if data.isascii():
        return data.translate(None, _INVISIBLE)
    seen = unicodedata.normalize("NFKC", _UNSEEN.sub("", data.decode("utf-8", "replace")))
    return _UNSEEN.sub("", seen).encode()


_UNDO: tuple[Callable[[bytes], bytes], ...] = (_without_percent, _without_backslashes, _without_entities, _as_seen)
