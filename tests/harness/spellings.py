"""The forms that a secret may take and must be found in: what ``redaction`` promises, spelled out a second time."""

import base64
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
