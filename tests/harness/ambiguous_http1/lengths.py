"""Content-Length in every form that some reader takes for another number (RFC 9112 §6.3, RFC 9110 §8.6)."""

from collections.abc import Iterator

from harness.ambiguous_http1.case import (
    HIDDEN,
    HOST_LINE,
    LENGTH,
    LENGTH_LINE,
    POST,
    REPORT,
    TYPE_LINE,
    Case,
    head,
    report,
)

_N = b"%d" % LENGTH

#: The value as written after ``Content-Length:``. Only the first two mean the same to everybody.
_SPELLINGS = {
    "spaces around": b"   " + _N + b"  ",
    "tabs around": b"\t" + _N + b"\t",
    "no space": _N,
    "plus": b" +" + _N,
    "minus": b" -" + _N,
    "minus zero": b" -0",
    "plus zero": b" +0",
    "leading zero": b" 0" + _N,
    "many leading zeros": b" " + b"0" * 40 + _N,
    "hexadecimal": b" 0x%x" % LENGTH,
    "octal": b" 0o%o" % LENGTH,
    "hexadecimal digits alone": b" ff",
    "list of two": b" " + _N + b", " + _N,
    "list without a space": b" " + _N + b"," + _N,
    "list of two lengths": b" " + _N + b", 0",
    "list that begins empty": b" ," + _N,
    "list that ends empty": b" " + _N + b",",
    "parameter": b" " + _N + b";a=b",
    "fraction": b" " + _N + b".0",
    "exponent": b" " + _N + b"e0",
    "separator": b" %d_%d" % divmod(LENGTH, 10),
    "two numbers": b" " + _N + b" 0",
    "number in parts": b" %d %d" % divmod(LENGTH, 10),
    "quoted": b' "' + _N + b'"',
    "empty": b"",
    "only spaces": b"   ",
    "text": b" all",
    "full-width digits": b" " + "".join(chr(0xFF10 + int(digit)) for digit in _N.decode()).encode(),
    "superscript": b" " + _N + b"\xb2",
    "vertical tab before": b" \x0b" + _N,
    "vertical tab after": b" " + _N + b"\x0b",
    "form feed before": b" \x0c" + _N,
    "NUL after": b" " + _N + b"\x00",
    "NUL before": b" \x00" + _N,
    "bare CR after": b" " + _N + b"\r",
    "bare CR before": b" \r" + _N,
    "no-break space": b" \xa0" + _N,
    "next line": b" " + _N + b"\x85",
    "folded": b"\r\n " + _N,
    "folded after": b" " + _N + b"\r\n ",
    "folded in two": b" %d\r\n %d" % divmod(LENGTH, 10),
    "wraps 64 bits": b" %d" % (2**64 + LENGTH),
    "wraps 32 bits": b" %d" % (2**32 + LENGTH),
    "beyond 63 bits": b" %d" % 2**63,
    "five thousand digits": b" " + b"9" * 5000,
}
_MEANS_THE_SAME = ("spaces around", "tabs around", "no space")
#: More than the proxy takes: it is told so before the body comes.
_TOO_LARGE = ("wraps 32 bits",)

#: Names that some reader takes for Content-Length. The body is that of a request that has none, to all others.
_NAMES = {
    "space before the colon": b"Content-Length : ",
    "tab before the colon": b"Content-Length\t: ",
    "vertical tab before the colon": b"Content-Length\x0b: ",
    "NUL in the name": b"Content\x00-Length: ",
    "NUL before the name": b"\x00Content-Length: ",
    "NUL before the colon": b"Content-Length\x00: ",
    "bare CR before the name": b"\rContent-Length: ",
    "bare CR before the colon": b"Content-Length\r: ",
    "two colons": b"Content-Length:: ",
    "no colon": b"Content-Length ",
    "dash of another script": "Content\u2010Length: ".encode(),
    "a byte over ASCII": b"Content-Length\xff: ",
    "quoted": b'"Content-Length": ',
}


def cases() -> Iterator[Case]:
    for name, value in _SPELLINGS.items():
        passes = int(name in _MEANS_THE_SAME)
        yield Case(
            f"length: {name}", report(b"Content-Length:" + value), forwarded=passes, allowed=passes, refusals=1 - passes
        )
        if not passes and name not in _TOO_LARGE:
            yield Case(f"length beside a good one: {name}", report(LENGTH_LINE, b"Content-Length:" + value))
    for name, field in _NAMES.items():
        yield Case(f"length name: {name}", report(field + _N))
        yield Case(f"length name, good one first: {name}", report(LENGTH_LINE, field + b"0"))
    yield from _two_lengths()
    yield from _lengths_and_bodies()


def _two_lengths() -> Iterator[Case]:
    longer = report(LENGTH_LINE, b"Content-Length: %d" % (LENGTH + len(HIDDEN)), body=REPORT + HIDDEN)
    shorter = report(b"Content-Length: %d" % (LENGTH + len(HIDDEN)), LENGTH_LINE, body=REPORT + HIDDEN)
    yield Case("two lengths: equal", report(LENGTH_LINE, LENGTH_LINE))
    yield Case("two lengths: equal, in another case", report(LENGTH_LINE, b"content-LENGTH: " + _N))
    yield Case("two lengths: the first hides a request", shorter)
    yield Case("two lengths: the second hides a request", longer)
    yield Case("two lengths: zero first", report(b"Content-Length: 0", LENGTH_LINE))
    yield Case("two lengths: zero last", report(LENGTH_LINE, b"Content-Length: 0"))
    yield Case("three lengths", report(LENGTH_LINE, b"Content-Length: 0", LENGTH_LINE))


def _lengths_and_bodies() -> Iterator[Case]:
    post = (HOST_LINE, TYPE_LINE)
    # An underscore is a dash to a reader that makes environment variables of headers (CGI).
    yield Case("length name: underscore", report(LENGTH_LINE, b"Content_Length: 0"))
    yield Case("length name: underscore alone", report(b"Content_Length: %d" % LENGTH), refusals=2)
    yield Case("length: none, no body", head(POST, *post), forwarded=1, refusals=0)
    yield Case("length: none, with a body", report(), forwarded=1, refusals=1)
    yield Case("length: none, with a request in the body", report(body=HIDDEN), answers=2, forwarded=2, refusals=0)
    yield Case(
        "length: zero, with a request behind",
        report(b"Content-Length: 0", body=HIDDEN),
        answers=2,
        forwarded=2,
        refusals=0,
    )
    yield Case("length: one byte short", report(b"Content-Length: %d" % (LENGTH - 1)), forwarded=1, refusals=1)
    yield Case("length: one byte over", report(b"Content-Length: %d" % (LENGTH + 1)), answers=0)
    yield Case("length: beyond the limit", report(b"Content-Length: 99999999999999"))
