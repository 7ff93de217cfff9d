"""Bytes to one JSON document, or the reasons why they are not one.

Promise: the document that comes back is what *every* JSON reader makes of the bytes, or a finding says where readers
differ. Takes decoded bytes; gives the document and its findings: ``wire.duplicate-key`` (RFC 8259 §4: behaviour is
unpredictable; names are compared after unescaping), ``wire.integer-range`` (outside [-2^63, 2^64-1], where readers
round silently) and ``wire.number-digits`` (over 40 characters, of which the document shows 17). Raises ``WireError``
when there is no document: ``wire.bom``, ``wire.json-utf8``, ``wire.json-trailing-bytes``, ``wire.json-depth``,
``wire.json-too-large`` (more than ``MOST_VALUES`` values), ``wire.json-invalid``. Nothing else is ever raised.

Most bodies are written as their document would be written again, so writing it again proves that nothing is hidden in
them. The others cost a count of what the document has and the bytes have. Only when the counts disagree is a body read
a second time, by the slower reader that knows where things are. Work is linear in the bytes; memory is bounded by the
bytes and ``MOST_VALUES``, because the values are counted before any is made.
"""

import orjson
import re2

from beacon_audit.errors import WireError
from beacon_audit.model.finding import Finding
from beacon_audit.model.json_value import JsonValue
from beacon_audit.wire.json_places import LONGEST_NUMBER, find_ambiguities
from beacon_audit.wire.json_structure import has_more_values, structure_of

__all__ = ["JsonValue", "read_json"]

_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
# -2^63 has 19 digits and 2^64 has 20; shorter ones fit. Timestamps in nanoseconds have 19 and stay on the fast path.
_LONG_NUMBER = re2.compile(rb"-[0-9]{19}|[0-9]{20}|[0-9.eE+-]{%d}" % (LONGEST_NUMBER + 1))
#: Values and empty containers. A batch of the usual size (512 spans) has about 20,000; each takes up to 400 bytes.
MOST_VALUES = 1_000_000
_NO_BRACKETS = bytes(set(range(256)) - set(b'"[]{}'))
#: So many are not worth 32 rounds.
_MANY_BRACKETS = 1_000_000
# The parser names its reasons in prose; these two deserve codes of their own.
_REASONS = {
    "unexpected content after document": ("wire.json-trailing-bytes", "expected nothing after the JSON document"),
    "depth limit exceeded": ("wire.json-depth", "expected a document that is nested less deeply"),
}


def read_json(data: bytes, *, max_depth: int) -> tuple[JsonValue, tuple[Finding, ...]]:
    """The document in ``data`` with at most ``max_depth`` nested containers, and what is ambiguous about it."""
    if data.startswith(_BYTE_ORDER_MARKS):
        raise WireError("wire.bom", "expected JSON without a byte order mark (RFC 8259 §8.1), got one")
    if has_more_values(data, MOST_VALUES):
        raise WireError("wire.json-too-large", f"expected at most {MOST_VALUES} values in a body, got more")
    document = _parse(data)
    if _is_written_again(document, data) and _is_shallow(data, max_depth):
        return document, ()
    members = _count_members(document, max_depth)
    structure = structure_of(data)
    if structure.count(b":") == members and not _LONG_NUMBER.search(structure):
        return document, ()
    return document, find_ambiguities(data)


def _parse(data: bytes) -> JsonValue:
    failure: WireError | None = None
    document: JsonValue = None
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        failure = _explain(error)
    if failure is not None:
        # Raised here and not above: the parser's error holds the whole body, and must not hang on ours as context.
        raise failure
    return document


def _explain(error: orjson.JSONDecodeError) -> WireError:
    if "UTF-8" in error.msg:
        return WireError("wire.json-utf8", "expected JSON in UTF-8, got bytes that are not UTF-8")
    code, message = _REASONS.get(error.msg, ("wire.json-invalid", "expected a JSON document, got something else"))
    return WireError(code, f"{message} (near character {error.pos})")


def _is_written_again(document: JsonValue, data: bytes) -> bool:
    """Whether ``data`` is what the document looks like, compact or with a space after each colon and comma.

    Then there is one member in the document for each colon outside of a string, so no member was dropped, and no number
    was rounded. Spaces that are left out here never stand behind a backslash, so strings end where they did.
    """
    try:
        written = orjson.dumps(document)
    except orjson.JSONEncodeError:  # nested deeper than it writes
        return False
    return written == data or written == data.replace(b'": ', b'":').replace(b", ", b",")


def _is_shallow(data: bytes, max_depth: int) -> bool:
    """Whether valid JSON certainly has at most ``max_depth`` nested containers, judged by its brackets alone.

    ``""`` is what is left of a string without brackets, and no quotation mark may be escaped. A bracket in a string
    leaves a quotation mark over, which nothing takes away. Each round takes off one level or two.
    """
    if b"\\" in data:
        return False
    brackets = data.translate(None, _NO_BRACKETS).replace(b'""', b"")
    if len(brackets) > _MANY_BRACKETS:
        return False
    for _ in range(max_depth // 2):
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
    return not brackets


def _count_members(document: JsonValue, max_depth: int) -> int:
    """The number of members of all objects. Level by level, so that no nesting can exhaust the stack."""
    members = depth = 0
    level: list[JsonValue] = [document] if isinstance(document, dict | list) else []
    while level:
        depth += 1
        if depth > max_depth:
            raise WireError("wire.json-depth", f"expected at most {max_depth} nested levels, got more")
        below: list[JsonValue] = []
        for container in level:
            if type(container) is dict:
                members += len(container)
                below += [value for value in container.values() if type(value) is dict or type(value) is list]
            elif type(container) is list:
                below += [value for value in container if type(value) is dict or type(value) is list]
        level = below
    return members
