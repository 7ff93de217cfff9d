"""The shapes of secrets: keys and tokens of many makers, as data, and the search for them in any text.

A shape is a pattern that ordinary text does not have by chance; where a pattern alone would say too much, a check reads
what was found. How random a text looks is no criterion: ids look so, too, and passwords do not (measured: entropy
flagged 1,910 of 3,026 strings of clean telemetry).

The license has no shape here, because its format is not published; known licenses are searched for by value
(``license_misplaced``). Sources: the makers' documentation of their key formats; RFC 7519 §3 (JWT), RFC 7468 (PEM),
RFC 6750 (bearer), RFC 7617 (basic), RFC 3986 §3.2.1 (credentials in a URL).
"""

import base64
import binascii
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from beacon_audit.inspection.patterns import pattern

_WORD = r"(?:^|[^A-Za-z0-9_])"


@dataclass(frozen=True, slots=True)
class Shape:
    """``kind`` is what a person calls it. ``check`` is given what was found, where the pattern does not settle it."""

    kind: str
    expression: str
    check: Callable[[bytes], bool] = lambda _: True


def _is_jwt(found: bytes) -> bool:
    """Whether a part is the base64url of a JOSE header (RFC 7515 §4), an object with ``alg``; any part, so that nothing
    put in front with a dot hides a token."""
    return any(map(_is_jose_header, found[found.index(b"e") :].split(b".")))


def _is_jose_header(header: bytes) -> bool:
    try:
        decoded = orjson.loads(base64.urlsafe_b64decode(header + b"=" * (-len(header) % 4)))
    except (binascii.Error, ValueError):
        return False
    return isinstance(decoded, dict) and "alg" in decoded


def _has_digit(found: bytes) -> bool:
    """A token, not a word such as the name of an error."""
    return any(48 <= byte <= 57 for byte in found)


def _is_as_long_as_a_google_key(found: bytes) -> bool:
    return len(found) >= len("AIza") + 35


def _is_basic(found: bytes) -> bool:
    """Whether it decodes to ``name:password``."""
    token = found.split()[-1].rstrip(b"=")
    try:
        decoded = base64.b64decode(token + b"=" * (-len(token) % 4)).decode()
    except (binascii.Error, ValueError):
        return False
    return ":" in decoded and decoded.isprintable()


SHAPES = (
    Shape("a LangSmith key", r"lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}"),
    Shape("a LangSmith key", _WORD + r"ls__[A-Za-z0-9]{16,}"),
    Shape("a JSON web token", _WORD + r"e[wy][A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{2,}\.[A-Za-z0-9_-]*", _is_jwt),
    Shape("a PEM block", r"-----? ?BEGIN [A-Z0-9 ]{2,48}-----?"),
    Shape("an AWS access key", _WORD + r"(?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA)[A-Z2-7]{16}(?:[^A-Za-z0-9]|$)"),
    Shape("an AWS secret key", r"(?i:aws_?secret_?(?:access_?)?key)[\"']?\s*[:=]\s*[\"']?[A-Za-z0-9/+]{40}"),
    # Not {35}: where keys could begin in the last 35 characters is a state of the automaton for every combination.
    Shape("a Google API key", r"AIza[0-9A-Za-z_-]{8,}", _is_as_long_as_a_google_key),
    Shape("a Google OAuth secret", r"GOCSPX-[0-9A-Za-z_-]{24,}|" + _WORD + r"ya29\.[0-9A-Za-z_-]{20,}"),
    Shape("an Azure storage key", r"(?i:AccountKey)=[A-Za-z0-9+/]{40,}"),
    Shape("an Azure client secret", r"(?:^|[^A-Za-z0-9])[A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}"),
    Shape("a shared access signature", r"[?&;]sig=[A-Za-z0-9%+/_-]{30,}"),
    Shape("a GitHub token", r"gh[oprsu]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{22,}"),
    Shape("a GitLab token", r"gl(?:pat|dt|rt|ptt)-[A-Za-z0-9_-]{20,}"),
    Shape("a Slack token", r"xox[a-z]-[A-Za-z0-9-]{10,}|xapp-[0-9]-[A-Za-z0-9-]{10,}"),
    Shape("a Slack webhook", r"hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9/]{20,}"),
    Shape("an API key of a model provider", _WORD + r"sk-(?:proj|svcacct|admin|ant|or)-[A-Za-z0-9_-]{20,}", _has_digit),
    Shape("an API key of a model provider", _WORD + r"sk-[A-Za-z0-9]{32,}", _has_digit),
    Shape("an API key of a model provider", _WORD + r"(?:gsk_|xai-|hf_|pcsk_|r8_)[A-Za-z0-9]{30,}", _has_digit),
    Shape("a Stripe key", r"[prs]k_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9]{24,}"),
    Shape("a package registry token", r"npm_[A-Za-z0-9]{36}|pypi-AgE[A-Za-z0-9_-]{40,}"),
    Shape("a SendGrid key", r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    Shape("a Vault token", _WORD + r"hv[bsr]\.[A-Za-z0-9_-]{24,}", _has_digit),
    Shape("a Databricks token", _WORD + r"dapi[a-f0-9]{32}"),
    Shape("a DigitalOcean token", r"do[opr]_v1_[a-f0-9]{64}"),
    Shape("a bearer token", r"(?i:bearer)[\s:=]+[A-Za-z0-9._~+/-]{16,}=*", _has_digit),
    Shape("basic credentials", r"(?i:basic)\s+[A-Za-z0-9+/]{8,}={0,2}", _is_basic),
    # A mask or a template stands for a password and is none: ***, {password}, <password>, $PASSWORD, %s.
    Shape("credentials in a URL", r"[A-Za-z][A-Za-z0-9+.-]*://[^\s/:@?#\x1e]*:[^\s/:@?#*{<$%\x1e][^\s/@?#\x1e]*@"),
    Shape(
        "a password",
        r"(?i:password|passwd|;\s*pwd|api[_-]?key|access[_-]?token|client[_-]?secret)[\"']?=[\"']?[^\s&;,\"'*{<$%\x1e]{4,}",
    ),
)

_ANY = pattern(*(shape.expression for shape in SHAPES))
_EACH: tuple[tuple[Shape, Any], ...] = tuple((shape, pattern(shape.expression)) for shape in SHAPES)
#: A check decodes what was found: up to 10 µs.
MOST_CHECKED = 10_000
#: In all texts of a body.
MOST_CHECKED_IN_ALL = 100_000
MASK = "[withheld: it looks like a secret]"


def secrets_in(data: bytes) -> Iterator[tuple[str, int, int]]:
    """Every secret in the text ``data`` (UTF-8): what it is, and where it begins and ends. In a text that has more than
    ``MOST_CHECKED`` parts of one shape, which nobody writes, every other one counts as a secret, unchecked."""
    for kind, match, is_secret in _look_alikes(data):
        if is_secret:
            yield kind, match.start(), match.end()


def first_secret(data: bytes) -> tuple[str | None, int]:
    """What the first secret in ``data`` is, if there is one, and how many parts were looked at to find it."""
    count = 0
    for kind, _, is_secret in _look_alikes(data):
        count += 1
        if is_secret:
            return kind, count
    return None, count


def _look_alikes(data: bytes) -> Iterator[tuple[str, Any, bool]]:
    if _ANY.search(data):
        for shape, search in _EACH:
            for count, match in enumerate(search.finditer(data)):
                yield shape.kind, match, count >= MOST_CHECKED or shape.check(match.group())


#: For a first search over many texts: what it does not find in them holds no secret.
ANY_SECRET = _ANY


def kind_of_secret(text: str) -> str | None:
    """What the first secret in ``text`` is, if there is one."""
    return first_secret(text.encode("utf-8", "surrogatepass"))[0]


def without_secrets(text: str) -> str:
    """``text`` with ``MASK`` instead of everything in it that has the shape of a secret."""
    data = text.encode("utf-8", "surrogatepass")
    spans = sorted((start, end) for _, start, end in secrets_in(data))
    if not spans:
        return text
    pieces: list[bytes] = []
    copied = 0
    for start, end in spans:
        if start >= copied:
            pieces += (data[copied:start], MASK.encode())
        copied = max(copied, end)
    return b"".join((*pieces, data[copied:])).decode("utf-8", "replace")
