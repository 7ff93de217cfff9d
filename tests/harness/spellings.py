"""The forms that a secret may take and must be found in: what ``redaction`` promises, spelled out a second time."""

import base64
import html
import json
import random
import string
import urllib.parse
from collections.abc import Callable
from functools import partial

type Spelling = Callable[[str], str]

_CHANCE = random.Random(20251002)


def random_secret(length: int = 40) -> str:
    """A license as nobody has one: letters of both cases, digits and what licenses have between them."""
    alphabet = string.ascii_letters + string.digits + "-_"
    return "lcl_" + "".join(_CHANCE.choice(alphabet) for _ in range(length))


def awkward_secret(length: int = 40) -> str:
    """A secret with characters that each encoding has a way of its own for."""
    alphabet = string.ascii_letters + string.digits + "+/=%&'\"\\:;~. "
    inner = "".join(_CHANCE.choice(alphabet) for _ in range(length))
    return f"k{inner}z"


def _some(secret: str, escape: Spelling) -> str:
    return "".join(escape(character) if _CHANCE.random() < 0.4 else character for character in secret)


def _percent(text: str, form: str = "%{:02X}") -> str:
    return "".join(form.format(byte) for byte in text.encode())


def _json(text: str, form: str = "\\u{:04x}") -> str:
    return "".join(form.format(ord(character)) for character in text)


def _base64(secret: str, phase: int, *, urlsafe: bool = False) -> str:
    data = b"ab"[:phase] + secret.encode() + b"xyz"
    return (base64.urlsafe_b64encode if urlsafe else base64.b64encode)(data).decode()


def _in_the_middle(secret: str, gap: str) -> str:
    return f"{secret[:11]}{gap}{secret[11:23]}{gap}{secret[23:]}"


SPELLINGS: dict[str, Spelling] = {
    "plain": str,
    "upper-case": str.upper,
    "lower-case": str.lower,
    "surrounded": lambda secret: f"license={secret};",
    "percent": lambda secret: _percent(secret, "%{:02x}"),
    "percent-some": lambda secret: _some(secret.replace("%", "%25"), _percent),
    "percent-quoted": lambda secret: urllib.parse.quote(secret, safe=""),
    "percent-plus": urllib.parse.quote_plus,
    "percent-twice": lambda secret: urllib.parse.quote(_percent(secret), safe=""),
    "hex": lambda secret: secret.encode().hex(),
    "hex-upper": lambda secret: secret.encode().hex().upper(),
    **{f"base64-{phase}": partial(_base64, phase=phase) for phase in range(3)},
    **{f"base64url-{phase}": partial(_base64, phase=phase, urlsafe=True) for phase in range(3)},
    "json": lambda secret: json.dumps(secret)[1:-1],
    "json-all": _json,
    "json-some": lambda secret: (
        _some(json.dumps(secret)[1:-1].replace("/", "\\/"), _json)
        if "\\" not in secret and '"' not in secret
        else _json(secret, "\\u{:04X}")
    ),
    "space-inside": lambda secret: _in_the_middle(secret, " "),
    "line-break-inside": lambda secret: _in_the_middle(secret, "\r\n"),
    "repr-of-str": repr,
    "repr-of-bytes": lambda secret: repr(secret.encode()),
    "repr-escaped": lambda secret: "".join(f"\\x{byte:02x}" for byte in secret.encode()),
}


def _each(form: str) -> Spelling:
    """Every byte of the secret in ``form``."""
    return lambda secret: "".join(form.format(byte) for byte in secret.encode())


def _between(gap: str) -> Spelling:
    return lambda secret: gap.join(secret)


def _in_base64(data: bytes) -> str:
    return base64.b64encode(b"a" + data + b"xyz").decode()


def _full_width(secret: str) -> str:
    return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in secret)


def _mathematical(secret: str) -> str:
    return "".join(chr(0x1D5BA + ord(letter) - 97) if "a" <= letter <= "z" else letter for letter in secret)


#: Ways to write a secret that an eye, or a decoder that anybody has, sees through.
DISGUISES: dict[str, Spelling] = {
    "octal": _each("\\{:03o}"),
    "html-decimal": _each("&#{};"),
    "html-hex": _each("&#x{:x};"),
    "html-some": lambda secret: html.escape(secret).replace("_", "&lowbar;").replace("-", "&#45"),
    "percent-u": _each("%u{:04x}"),
    "json-braces": _each("\\u{{{:x}}}"),
    "zero-width-space": _between("\u200b"),
    "zero-width-joiner": _between("\u200d"),
    "soft-hyphen": _between("\xad"),
    "no-break-space": _between("\xa0"),
    "line-separator": _between("\u2028"),
    "ideographic-space": _between("\u3000"),
    "next-line": _between("\x85"),
    "file-separator": _between("\x1c"),
    "record-separator": _between("\x1e"),
    "variation-selector": _between("\ufe0f"),
    "tag": _between("\U000e0041"),
    "json-of-zero-width": lambda secret: json.dumps("\u200b".join(secret))[1:-1],
    "full-width": _full_width,
    "mathematical": _mathematical,
    "struck-through": _between("\u0336"),
    "hex-colons": lambda secret: secret.encode().hex(":"),
    "hex-dashes": lambda secret: secret.encode().hex("-"),
    "hex-list": lambda secret: ", ".join(f"0x{byte:02x}" for byte in secret.encode()),
    "hex-of-upper": lambda secret: secret.encode().hex().upper().encode().hex(),
    "quoted-printable": _each("={:02X}"),
    "bytes": lambda secret: str(list(secret.encode())),
    "utf-16": lambda secret: secret.encode("utf-16-le").decode(),
    "utf-16-hex": lambda secret: secret.encode("utf-16-le").hex(),
    "utf-16-be-hex": lambda secret: secret.encode("utf-16-be").hex(),
    "utf-16-base64": lambda secret: _in_base64(secret.encode("utf-16-le")),
    "utf-16-be-base64": lambda secret: _in_base64(secret.encode("utf-16-be")),
    "base64-twice": lambda secret: _in_base64(_in_base64(secret.encode()).encode()),
    "base64url-twice": lambda secret: _in_base64(base64.urlsafe_b64encode(b"ab" + secret.encode())),
    "base64-of-hex": lambda secret: _in_base64(secret.encode().hex().encode()),
    "base64-of-hex-upper": lambda secret: _in_base64(secret.encode().hex().upper().encode()),
    "base64-of-percent": lambda secret: _in_base64(_percent(secret).encode()),
    "hex-of-base64": lambda secret: _in_base64(secret.encode()).encode().hex(),
    "hex-of-percent": lambda secret: _percent(secret, "%{:02x}").encode().hex(),
    "hex-twice": lambda secret: secret.encode().hex().encode().hex(),
}
ALL_SPELLINGS = SPELLINGS | DISGUISES
