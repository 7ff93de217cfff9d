"""Regular headers whose name or value is none in HTTP/2, or that belong to a connection (RFC 9113 §8.2)."""

from collections.abc import Iterator

from harness.http2_corpus.case import LENGTH, Case, forwarded, malformed, refused, with_fields
from harness.http2_corpus.wire import Field

_BAD_NAMES = (
    b"X-Upper", b"x-uppeR", b"Content-Type", b"x:y", b"x y", b" x", b"x ", b"x\t", b"x\0", b"x\r", b"x\n", b"x\r\ny",
    b"x\x7f", b"x\x80", b"x\xff", b"\xc3\xa9", b"",
)  # fmt: skip
_NO_TOKENS = (b"x(y)", b"x/y", b"x@y", b"x,y", b"x;y", b'x"y', b"x{y}", b"x=y", b"x[y]", b"x\\y", b"<x>", b"x?y")
_BAD_VALUES = (
    b"\0", b"a\0b", b"a\r\nb: c", b"a\rb", b"a\nb", b"a\r\n b", b"\r\n\r\nGET / HTTP/1.1", b" a", b"a ", b"\ta", b"a\t",
    b" ",
)  # fmt: skip
_CONTROLS = (b"a\x01b", b"a\x0bb", b"a\x0cb", b"a\x1bb", b"a\x7fb")
_OF_A_CONNECTION: tuple[Field, ...] = (
    (b"connection", b"close"), (b"connection", b"keep-alive"), (b"connection", b"content-type"), (b"connection", b""),
    (b"keep-alive", b"timeout=5"), (b"proxy-connection", b"keep-alive"), (b"transfer-encoding", b"chunked"),
    (b"transfer-encoding", b"identity"), (b"transfer-encoding", b""), (b"upgrade", b"h2c"),
    (b"upgrade", b"websocket"), (b"te", b"chunked"), (b"te", b"trailers, deflate"), (b"te", b""),
)  # fmt: skip


def cases() -> Iterator[Case]:
    """All of them."""
    for name in _BAD_NAMES:
        yield malformed(f"name {name!r}", *with_fields((name, b"v")))
    for name in _NO_TOKENS:
        yield refused(f"name {name!r}", "wire.http-message", *with_fields((name, b"v")), status=400)
    for value in _BAD_VALUES:
        yield malformed(f"value {value!r}", *with_fields((b"x-odd", value)))
    for value in _CONTROLS:
        yield refused(f"value {value!r}", "containment.control-character", *with_fields((b"x-odd", value)))
    yield forwarded("value empty", *with_fields((b"x-odd", b"")))
    yield forwarded("value with high bytes", *with_fields((b"x-odd", b"a\xff\xc3\xa9b")))
    yield forwarded("value with inner white space", *with_fields((b"x-odd", b"a \t b")))
    yield forwarded("a field twice", *with_fields((b"x-odd", b"a"), (b"x-odd", b"b")))
    yield forwarded("cookie crumbs", *with_fields((b"cookie", b"a=b"), (b"cookie", b"c=d")))
    for name, value in _OF_A_CONNECTION:
        yield malformed(f"{name.decode()}: {value.decode()}", *with_fields((name, value)))
    yield malformed("length and coding", *with_fields((b"content-length", LENGTH), (b"transfer-encoding", b"chunked")))
    yield forwarded("te: trailers", *with_fields((b"te", b"trailers")))
    yield forwarded("http2-settings", *with_fields((b"http2-settings", b"AAMAAABk")))
    yield refused("expect another thing", "containment.expectation", *with_fields((b"expect", b"200-ok")))
    yield forwarded("trailer, and none come", *with_fields((b"trailer", b"x-more")))
    yield refused("33 headers", "containment.headers-too-large", *with_fields(*[(b"x-odd", b"a")] * 32))
    yield refused("17,000 bytes of headers", "containment.headers-too-large", *with_fields((b"x-odd", b"a" * 17_000)))
    yield malformed("70,000 bytes of headers", *with_fields((b"x-odd", b"a" * 70_000)))
    yield malformed("3,000 headers", *with_fields(*[(b"x", b"y")] * 3000))
    yield refused("an underscore for a dash", "containment.request-form", *with_fields((b"content_length", b"3")))
