"""Chunk framing that readers disagree about: sizes, extensions, ends of lines, the end, trailers (RFC 9112 §7.1)."""

from collections.abc import Iterator

from harness.ambiguous_http1.case import CHUNKED_LINE, HIDDEN, LENGTH, REPORT, Case, report

_SIZE = b"%x" % LENGTH
_END = b"0\r\n\r\n"

#: The line of the first chunk, up to its data. These say the same to everybody: once decoded, nothing of them is left.
_PASSING = {
    "capitals": b"%X\r\n" % LENGTH,
    "leading zeros": b"000" + _SIZE + b"\r\n",
    "extension": _SIZE + b";a=b\r\n",
    "extension without a value": _SIZE + b";a\r\n",
    "extension in quotes": _SIZE + b';a="b c"\r\n',
    "extension that looks like a size": _SIZE + b";0\r\n",
    "spaces after": _SIZE + b"  \r\n",
    "two extensions": _SIZE + b";a=b;c=d\r\n",
}
_BROKEN = {
    "0x": b"0x" + _SIZE + b"\r\n",
    "0X": b"0X" + _SIZE + b"\r\n",
    "plus": b"+" + _SIZE + b"\r\n",
    "minus": b"-" + _SIZE + b"\r\n",
    "space before": b" " + _SIZE + b"\r\n",
    "tab before": b"\t" + _SIZE + b"\r\n",
    "underscore": b"0_" + _SIZE + b"\r\n",
    "h after": _SIZE + b"h\r\n",
    "comma": _SIZE + b",\r\n",
    "fraction": _SIZE + b".0\r\n",
    "quoted": b'"' + _SIZE + b'"\r\n',
    "empty": b"\r\n",
    "no digit but an extension": b";a=b\r\n",
    "two sizes": _SIZE + b" 0\r\n",
    "NUL before": b"\x00" + _SIZE + b"\r\n",
    "NUL after": _SIZE + b"\x00\r\n",
    "vertical tab after": _SIZE + b"\x0b\r\n",
    "full-width digits": "\uff11\uff12".encode() + b"\r\n",
    "21 digits": b"0" * 18 + _SIZE + b"\r\n" if len(_SIZE) == 3 else b"0" * (21 - len(_SIZE)) + _SIZE + b"\r\n",
    "wraps 64 bits": b"1" + b"0" * (16 - len(_SIZE)) + _SIZE + b"\r\n",
    "seventeen fs": b"f" * 17 + b"\r\n",
    "bare LF": _SIZE + b"\n",
    "bare CR": _SIZE + b"\r",
    "LF CR": _SIZE + b"\n\r",
    "CR CR LF": _SIZE + b"\r\r\n",
    "extension ended by LF": _SIZE + b";a\n",
    "extension with CR in it": _SIZE + b";a\rb\r\n",
    "extension with LF in it": _SIZE + b";a\nb\r\n",
    "extension with NUL in it": _SIZE + b";a\x00b\r\n",
    "extension with a control in it": _SIZE + b";\x01\r\n",
    "extension that is a whole request": _SIZE + b";\n" + HIDDEN,
}
#: What stands between the data of the chunk and the last one.
_AFTER_DATA = {
    "nothing": b"",
    "LF": b"\n",
    "CR": b"\r",
    "LF CR": b"\n\r",
    "two more bytes": b"xx",
    "two more bytes and a line": b"xx\r\n",
    "an empty line": b"\r\n\r\n",
    "a space": b" \r\n",
}
#: How the last chunk is written; nothing may follow it.
_LAST = {
    "LF LF": b"0\n\n",
    "CR CR": b"0\r\r",
    "LF, then CR LF": b"0\n\r\n",
    "CR LF, then LF": b"0\r\n\n",
    "0x0": b"0x0\r\n\r\n",
    "minus zero": b"-0\r\n\r\n",
    "space before": b" 0\r\n\r\n",
    "21 zeros": b"0" * 21 + b"\r\n\r\n",
}
_TRAILERS = {
    "a field": b"X-Note: a\r\n",
    "a length": b"Content-Length: 5\r\n",
    "a coding": b"Transfer-Encoding: chunked\r\n",
    "a host": b"Host: example.net\r\n",
    "folded": b"X-Note: a\r\n b\r\n",
    "without a colon": b"X-Note\r\n",
    "with a space before the colon": b"X-Note : a\r\n",
    "ended by LF": b"X-Note: a\n",
    "of one CR": b"\r\r\n",
    "of spaces": b"  \r\n",
    "that are a request": HIDDEN[:-2],
}


def _sent(name: str, body: bytes, *, passes: bool = False, answers: int = 1) -> Case:
    data = report(CHUNKED_LINE, body=body)
    return Case(f"chunks: {name}", data, answers, int(passes), int(passes), int(not passes))


def cases() -> Iterator[Case]:
    for name, line in _PASSING.items():
        yield _sent(f"size, {name}", line + REPORT + b"\r\n" + _END, passes=True)
    for name, line in _BROKEN.items():
        yield _sent(f"size, {name}", line + REPORT + b"\r\n" + _END)
    for name, after in _AFTER_DATA.items():
        yield _sent(f"after the data, {name}", _SIZE + b"\r\n" + REPORT + after + _END)
    for name, last in _LAST.items():
        yield _sent(f"last, {name}", _SIZE + b"\r\n" + REPORT + b"\r\n" + last)
    for name, trailers in _TRAILERS.items():
        yield _sent(f"trailers, {name}", _SIZE + b"\r\n" + REPORT + b"\r\n0\r\n" + trailers + b"\r\n")
    yield from _wholes()


def _wholes() -> Iterator[Case]:
    one_by_one = b"".join(b"1\r\n%c\r\n" % byte for byte in REPORT)
    whole = _SIZE + b"\r\n" + REPORT + b"\r\n"
    yield _sent("one byte each", one_by_one + _END, passes=True)
    yield _sent("last chunk with many zeros", whole + b"0000\r\n\r\n", passes=True)
    yield _sent("last chunk with an extension", whole + b"0;a=b\r\n\r\n", passes=True)
    yield Case("chunks: none but the last", report(CHUNKED_LINE, body=_END), forwarded=1, refusals=0)
    yield _sent("size one short", b"%x\r\n" % (LENGTH - 1) + REPORT + b"\r\n" + _END)
    yield _sent("size one over", b"%x\r\n" % (LENGTH + 1) + REPORT + b"\r\n" + _END)
    yield _sent("never ended", whole, answers=0)
    yield _sent("ended within the last chunk", whole + b"0\r\n", answers=0)
    yield _sent("ended within a size", _SIZE, answers=0)
    yield _sent("a size beyond the limit, never sent", b"fffffff0\r\n" + REPORT, answers=0)
    yield _sent("an extension of 70,000 bytes", _SIZE + b";" + b"a" * 70_000 + b"\r\n" + REPORT + b"\r\n" + _END)
    yield _sent("a size of 70,000 zeros", b"0" * 70_000 + _SIZE + b"\r\n" + REPORT + b"\r\n" + _END)
    yield _sent("trailers without end", whole + b"0\r\n" + b"X-Note: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" * 2000)
