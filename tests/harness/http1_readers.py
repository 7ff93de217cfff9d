"""Readers of HTTP/1 requests that disagree wherever published ones do, and what they make of the same bytes.

``strict`` takes nothing but what RFC 9112 allows a sender to write. ``readings`` are those of lenient readers, one for
each combination of the habits in ``Habits``. A message is safe on its way when all of them read the same.
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields


@dataclass(frozen=True, slots=True)
class Message:
    """A request as a reader sees it. Names are in lower case, values without white space around them."""

    method: bytes
    target: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    def value(self, name: bytes) -> bytes:
        return next((value for key, value in self.headers if key == name), b"")


class Unreadable(Exception):
    """The bytes are not whole requests to this reader."""


# --- strict ---------------------------------------------------------------------------------------------------------

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_TARGET = rb"(?:/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*|\*)"
_REQUEST_LINE = re.compile(rb"(" + _TOKEN + rb") (" + _TARGET + rb") HTTP/1\.[01]")
_FIELD = re.compile(rb"(" + _TOKEN + rb"):[ \t]*((?:[!-~\x80-\xff](?:[ \t!-~\x80-\xff]*[!-~\x80-\xff])?)?)[ \t]*")
_SIZE = re.compile(rb"(?:0|[1-9a-fA-F][0-9a-fA-F]{0,7})")
_LENGTH = re.compile(rb"(?:0|[1-9][0-9]{0,9})")


def strict(data: bytes) -> list[Message]:
    """All requests in ``data``.

    Raises:
        Unreadable: a byte of it is not as RFC 9112 has it, or belongs to no whole request.
    """
    messages = []
    while data:
        top, end, data = data.partition(b"\r\n\r\n")
        lines = top.split(b"\r\n")
        first = _REQUEST_LINE.fullmatch(lines[0])
        found = [_FIELD.fullmatch(line) for line in lines[1:]]
        if not end or first is None or None in found:
            raise Unreadable("expected a head")
        headers = tuple((match[1].lower(), match[2]) for match in found if match is not None)
        body, data = _strict_body(headers, data)
        messages.append(Message(first[1], first[2], headers, body))
    return messages


def _strict_body(headers: tuple[tuple[bytes, bytes], ...], data: bytes) -> tuple[bytes, bytes]:
    lengths = [value for name, value in headers if name == b"content-length"]
    codings = [value.lower() for name, value in headers if name == b"transfer-encoding"]
    if len(lengths) + len(codings) > 1 or codings not in ([], [b"chunked"]):
        raise Unreadable("expected one way to tell the length")
    if not codings:
        if lengths and not _LENGTH.fullmatch(lengths[0]):
            raise Unreadable("expected a number")
        length = int(lengths[0]) if lengths else 0
        return _exactly(data, length)
    body = b""
    while True:
        line, end, data = data.partition(b"\r\n")
        if not end or not _SIZE.fullmatch(line):
            raise Unreadable("expected the size of a chunk")
        chunk, data = _exactly(data, int(line, 16))
        body += chunk
        if not data.startswith(b"\r\n"):
            raise Unreadable("expected the end of a chunk")
        data = data[2:]
        if not chunk:
            return body, data


def _exactly(data: bytes, length: int) -> tuple[bytes, bytes]:
    if len(data) < length:
        raise Unreadable("expected more bytes")
    return data[:length], data[length:]


# --- lenient --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Habits:
    """What a reader does that others do not; each was seen in a server, a proxy or a framework.

    ``bare_lf`` and ``bare_cr`` end lines. ``length_wins`` where there are length and coding. ``last_wins`` of two
    headers of a name. ``loose_names`` have white space and controls taken out, and an underscore is a dash.
    ``loose_coding`` is chunked where the letters are found anywhere. ``listed_go``: what Connection lists is taken out.
    """

    bare_lf: bool
    bare_cr: bool
    length_wins: bool
    last_wins: bool
    loose_names: bool
    loose_coding: bool
    listed_go: bool


NO_HABITS = Habits(*[False] * len(fields(Habits)))


def all_habits() -> Iterator[Habits]:
    """Every combination."""
    for chosen in itertools.product((False, True), repeat=len(fields(Habits))):
        yield Habits(*chosen)


def single_habits() -> Iterator[Habits]:
    """None of them, and each alone."""
    return (habits for habits in all_habits() if sum(astuple(habits)) <= 1)


_CONTROLS = bytes(range(33)) + b"\x7f"
_KEPT = frozenset((b"close", b"keep-alive", b""))


def lenient(data: bytes, habits: Habits) -> list[Message]:
    """All requests in ``data``, as a reader of these habits takes them. It passes over empty lines before each; what it
    cannot make sense of is a request too: one of nothing but a body."""
    messages: list[Message] = []
    ends = re.compile(b"|".join((b"\r\n", *([b"\n"] * habits.bare_lf), *([rb"\r(?!\n)"] * habits.bare_cr))))
    blank = re.compile(rb"(?:%b){2}" % ends.pattern.join((b"(?:", b")")))
    while data := data.lstrip(b"\r\n"):
        found = blank.search(data)
        if found is None:
            return [*messages, Message(b"", b"", (), data)]
        first, *lines = ends.split(data[: found.start()])
        words = [*first.split(None, 2), b"", b""]
        headers = _lenient_headers(lines, habits)
        body, data = _lenient_body(headers, data[found.end() :], habits)
        messages.append(Message(words[0], words[1], headers, body))
    return messages


def _lenient_headers(lines: list[bytes], habits: Habits) -> tuple[tuple[bytes, bytes], ...]:
    headers: list[tuple[bytes, bytes]] = []
    for line in lines:
        if line[:1] in (b" ", b"\t") and headers:
            headers[-1] = (headers[-1][0], headers[-1][1] + b" " + line.strip())
            continue
        name, _, value = line.partition(b":")
        if habits.loose_names:
            name = name.translate(None, _CONTROLS).replace(b"_", b"-")
        headers.append((name.lower(), value.strip(_CONTROLS)))
    if habits.listed_go:
        listed = {
            word.strip().lower() for name, value in headers if name == b"connection" for word in value.split(b",")
        }
        headers = [(name, value) for name, value in headers if name not in listed - _KEPT]
    return tuple(headers)


def _lenient_body(headers: tuple[tuple[bytes, bytes], ...], data: bytes, habits: Habits) -> tuple[bytes, bytes]:
    lengths = [value for name, value in headers if name == b"content-length"]
    codings = [value.lower() for name, value in headers if name == b"transfer-encoding"]
    which = -1 if habits.last_wins else 0
    if habits.loose_coding:
        is_chunked = any(b"chunked" in value for value in codings)
    else:
        is_chunked = bool(codings) and codings[which] == b"chunked"
    if is_chunked and not (lengths and habits.length_wins):
        return _lenient_chunks(data)
    digits = re.match(rb"\+?([0-9]{1,18})", lengths[which]) if lengths else None
    length = int(digits[1]) if digits else 0
    return data[:length], data[length:]


def _lenient_chunks(data: bytes) -> tuple[bytes, bytes]:
    body = b""
    while data:
        line, _, data = data.partition(b"\n")
        digits = re.match(rb"\s*(?:0x)?([0-9a-f]+)", line, re.IGNORECASE)
        size = int(digits[1], 16) if digits else 0
        body += data[:size]
        data = data[size:]
        data = data[2:] if data.startswith(b"\r\n") else data
        if size == 0:
            break
    return body, data
