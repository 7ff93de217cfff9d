"""Transfer-Encoding in every disguise: CL.TE, TE.CL, TE.TE (RFC 9112 §6.1, §11.2).

Each disguise comes three times: alone, so that who sees through it reads chunks, and who does not finds a body without
a length; with a length that covers everything (CL.TE), so that who sees chunks finds a request behind them; and with a
length that covers only the beginning of the chunks (TE.CL).
"""

from collections.abc import Iterator

from harness.ambiguous_http1.case import CHUNKED_LINE, CHUNKS, HIDDEN, POST, REPORT, Case, report

_TE = b"Transfer-Encoding:"

#: The line, or lines, that a disguise is. To a reader of RFC 9112, none of them is a coding that it knows.
_DISGUISES = {
    "x before": _TE + b" xchunked",
    "x after": _TE + b" chunkedx",
    "identity last": _TE + b" chunked, identity",
    "identity first": _TE + b" identity, chunked",
    "chunked twice": _TE + b" chunked, chunked",
    "chunked twice without a space": _TE + b" chunked,chunked",
    "comma before": _TE + b" ,chunked",
    "comma after": _TE + b" chunked,",
    "parameter": _TE + b" chunked;q=1",
    "semicolon": _TE + b" chunked;",
    "double quotes": _TE + b' "chunked"',
    "single quotes": _TE + b" 'chunked'",
    "identity": _TE + b" identity",
    "cow": _TE + b" cow",
    "cow first": _TE + b" cow, chunked",
    "empty": _TE,
    "two words": _TE + b" chunked chunked",
    "gzip": _TE + b" gzip",
    "NUL before": _TE + b" \x00chunked",
    "NUL after": _TE + b" chunked\x00",
    "NUL within": _TE + b" chun\x00ked",
    "vertical tab before": _TE + b" \x0bchunked",
    "vertical tab after": _TE + b" chunked\x0b",
    "vertical tab for a space": _TE + b"\x0bchunked",
    "form feed before": _TE + b" \x0cchunked",
    "form feed after": _TE + b" chunked\x0c",
    "bare CR before": _TE + b" \rchunked",
    "bare CR after": _TE + b" chunked\r",
    "bare CR within": _TE + b" chun\rked",
    "a byte over ASCII before": _TE + b" \xffchunked",
    "a byte over ASCII after": _TE + b" chunked\xff",
    "no-break space": _TE + b"\xa0chunked",
    "next line": _TE + b" \x85chunked",
    "backspace": _TE + b" \x08chunked",
    "Kelvin sign": _TE + " chun\u212aed".encode(),
    "long s": _TE + " chunked\u017f".encode(),
    "folded": _TE + b"\r\n chunked",
    "folded with a tab": _TE + b"\r\n\tchunked",
    "folded in the middle": _TE + b" chun\r\n ked",
    "folded with another": _TE + b" identity,\r\n chunked",
    "folded with bare LF": _TE + b"\n chunked",
    "folded behind": _TE + b" chunked\r\n ",
    "space before the colon": b"Transfer-Encoding : chunked",
    "tab before the colon": b"Transfer-Encoding\t: chunked",
    "vertical tab before the colon": b"Transfer-Encoding\x0b: chunked",
    "space before the name": b" Transfer-Encoding: chunked",
    "tab before the name": b"\tTransfer-Encoding: chunked",
    "NUL in the name": b"Transfer\x00-Encoding: chunked",
    "NUL before the colon": b"Transfer-Encoding\x00: chunked",
    "a byte over ASCII in the name": b"Transfer-Encoding\xff: chunked",
    "two colons": b"Transfer-Encoding:: chunked",
    "no colon": b"Transfer-Encoding chunked",
    "space for the dash": b"Transfer Encoding: chunked",
    "behind a bare LF": b"X-Note: a\nTransfer-Encoding: chunked",
    "behind a bare CR": b"X-Note: a\rTransfer-Encoding: chunked",
    "behind CR CR LF": b"X-Note: a\r\r\nTransfer-Encoding: chunked",
    "behind LF CR": b"X-Note: a\n\rTransfer-Encoding: chunked",
    "behind a line of one CR": b"X-Note: a\r\n\r\r\nTransfer-Encoding: chunked",
    "behind a line of spaces": b"X-Note: a\r\n  \r\nTransfer-Encoding: chunked",
    "two headers": CHUNKED_LINE + b"\r\n" + CHUNKED_LINE,
    "two headers, identity last": CHUNKED_LINE + b"\r\nTransfer-Encoding: identity",
    "two headers, identity first": b"Transfer-Encoding: identity\r\n" + CHUNKED_LINE,
    "two headers, cow last": CHUNKED_LINE + b"\r\nTransfer-encoding: cow",
}
#: Read as part of the header before it, so that the chunks are the next request, and refused too.
_SWALLOWED = frozenset({"space before the name", "tab before the name", "behind a bare CR"})
#: Chunked to everybody; with a length beside it, nothing that may go on.
_PLAIN = {
    "chunked": CHUNKED_LINE,
    "capitals": _TE + b" CHUNKED",
    "mixed case": b"tRANSFER-eNCODING: cHuNkEd",
    "spaces around": _TE + b"    chunked   ",
    "tabs around": _TE + b"\tchunked\t",
    "no space": _TE + b"chunked",
}
_ALL = CHUNKS + HIDDEN


def cases() -> Iterator[Case]:
    for name, line in _DISGUISES.items():
        yield Case(f"coding: {name}", report(line, body=CHUNKS), refusals=2 if name in _SWALLOWED else 1)
        yield from _beside_lengths(name, line)
    for name, line in _PLAIN.items():
        allowed = int(name == "chunked" or "around" in name or name == "no space")
        yield Case(f"coding: {name}", report(line, body=CHUNKS), forwarded=1, allowed=allowed, refusals=0)
        yield from _beside_lengths(name, line)
    yield from _other_codings()


def _beside_lengths(name: str, line: bytes) -> Iterator[Case]:
    covers_all = b"Content-Length: %d" % len(_ALL)
    covers_a_line = b"Content-Length: %d" % (_ALL.index(b"\r\n") + 2)
    yield Case(f"length that covers all, then coding: {name}", report(covers_all, line, body=_ALL))
    refusals = 2 if name in _SWALLOWED else 1
    yield Case(f"coding, then length of a line: {name}", report(line, covers_a_line, body=_ALL), refusals=refusals)


def _other_codings() -> Iterator[Case]:
    old = POST.replace(b"1.1", b"1.0")
    yield Case("coding: chunked in HTTP/1.0", report(CHUNKED_LINE, first=old, body=CHUNKS))
    yield Case(
        "coding: chunked in HTTP/1.0 that is kept",
        report(CHUNKED_LINE, b"Connection: keep-alive", first=old, body=CHUNKS),
    )
    yield Case("coding: underscore", report(b"Transfer_Encoding: chunked", body=CHUNKS), answers=2, refusals=2)
    for coding in (b"gzip", b"deflate", b"compress", b"GZIP"):
        yield Case(f"coding: {coding.decode()} and chunked", report(_TE + b" " + coding + b", chunked", body=CHUNKS))
    yield Case("coding: chunked, the body is none", report(CHUNKED_LINE, body=REPORT))
    yield Case(
        "coding: announced in TE",
        report(b"Content-Length: 0", b"TE: chunked", body=CHUNKS),
        answers=2,
        forwarded=1,
        refusals=1,
    )
    yield Case("coding: announced as upgrade", report(b"Content-Length: 0", b"Upgrade: chunked", body=b""))
