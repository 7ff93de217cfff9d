"""To the proxy itself, in the clear: CONNECT in odd forms, and requests that are not one."""

from collections.abc import Iterator

from harness.ambiguous_http1.case import GOOD, HOST_LINE, LENGTH_LINE, POST, Case, head, report
from harness.client import HOST
from harness.usage_reports import PATH

_TO = f"{HOST}:443".encode()

#: A whole head; in none of them a tunnel may open.
_CONNECTS = {
    "HTTP/2.0": head(b"CONNECT " + _TO + b" HTTP/2.0"),
    "HTTP/0.9": head(b"CONNECT " + _TO + b" HTTP/0.9"),
    "no version": head(b"CONNECT " + _TO),
    "two spaces": head(b"CONNECT  " + _TO + b" HTTP/1.1"),
    "tab": head(b"CONNECT\t" + _TO + b"\tHTTP/1.1"),
    "lower case": head(b"connect " + _TO + b" HTTP/1.1"),
    "URL": head(b"CONNECT https://" + _TO + b" HTTP/1.1"),
    "path": head(b"CONNECT " + _TO + b"/ HTTP/1.1"),
    "slash": head(b"CONNECT / HTTP/1.1"),
    "asterisk": head(b"CONNECT * HTTP/1.1"),
    "no port": head(b"CONNECT " + HOST.encode() + b" HTTP/1.1"),
    "another port": head(b"CONNECT " + HOST.encode() + b":8443 HTTP/1.1"),
    "port of five nines": head(b"CONNECT " + HOST.encode() + b":99999 HTTP/1.1"),
    "port that wraps": head(b"CONNECT " + HOST.encode() + b":65979 HTTP/1.1"),
    "leading zero": head(b"CONNECT " + HOST.encode() + b":0443 HTTP/1.1"),
    "port with a sign": head(b"CONNECT " + HOST.encode() + b":+443 HTTP/1.1"),
    "full-width port": head(b"CONNECT " + HOST.encode() + ":\uff14\uff14\uff13 HTTP/1.1".encode()),
    "user": head(b"CONNECT a@" + _TO + b" HTTP/1.1"),
    "brackets": head(b"CONNECT [" + HOST.encode() + b"]:443 HTTP/1.1"),
    "address": head(b"CONNECT 127.0.0.1:443 HTTP/1.1"),
    "mapped address": head(b"CONNECT [::ffff:127.0.0.1]:443 HTTP/1.1"),
    "number": head(b"CONNECT 2130706433:443 HTTP/1.1"),
    "NUL": head(b"CONNECT " + HOST.encode() + b"\x00.example.net:443 HTTP/1.1"),
    "elsewhere": head(b"CONNECT example.net:443 HTTP/1.1"),
    "bare LF": b"CONNECT " + _TO + b" HTTP/1.1\n\n",
    "space before the colon": head(b"CONNECT " + _TO + b" HTTP/1.1", b"Host : a"),
    "two lengths": head(b"CONNECT " + _TO + b" HTTP/1.1", b"Content-Length: 5", b"Content-Length: 0"),
    "length and chunks": head(b"CONNECT " + _TO + b" HTTP/1.1", b"Content-Length: 5", b"Transfer-Encoding: chunked"),
}
_OTHERS = {
    "origin form": report(LENGTH_LINE),
    "http": report(LENGTH_LINE, first=f"POST http://{HOST}{PATH} HTTP/1.1".encode()),
    "https": report(LENGTH_LINE, first=f"POST https://{HOST}{PATH} HTTP/1.1".encode()),
    "elsewhere": head(b"GET http://example.net/ HTTP/1.1", b"Host: example.net"),
    "asterisk": head(b"OPTIONS * HTTP/1.1", HOST_LINE),
    "no host": head(POST, LENGTH_LINE),
    "two lengths": report(LENGTH_LINE, LENGTH_LINE),
    "preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "SOCKS": b"\x05\x01\x00\r\n\r\n",
    "text": b"hello\r\n\r\n",
}


def cases() -> Iterator[Case]:
    for name, data in _CONNECTS.items():
        yield Case(f"CONNECT: {name}", data, place="outside")
    for name, data in _OTHERS.items():
        yield Case(f"in the clear: {name}", data, place="outside")
    opened = head(b"CONNECT " + _TO + b" HTTP/1.1")
    # The tunnel opens (the first answer), and what is in it is no TLS.
    yield Case("in the tunnel, in the clear: a request", opened + GOOD, answers=2, place="outside")
    yield Case("in the tunnel, in the clear: a tunnel", opened + opened, answers=2, place="outside")
    yield Case("in the tunnel, in the clear: text", opened + b"SSH-2.0-OpenSSH_9.9\r\n\r\n", answers=2, place="outside")
    yield Case("in the tunnel, in the clear: NULs", opened + bytes(100), answers=1, place="outside")
    # What a CONNECT says beside its target is read by nobody.
    yield Case("CONNECT: folded", head(b"CONNECT " + _TO + b" HTTP/1.1", b"Host: a\r\n b"), refusals=0, place="outside")
    yield Case(
        "CONNECT: with a body", head(b"CONNECT " + _TO + b" HTTP/1.1", LENGTH_LINE) + GOOD, answers=2, place="outside"
    )
    yield Case("CONNECT: cut off", opened[:30], answers=0, place="outside")
