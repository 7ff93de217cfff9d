"""Why a request has no end, in words of ours: mitmproxy's own quote what the client sent. Pure.

mitmproxy refuses a request whose end is disputable before a hook sees it, and tells ``flow.error``. The rules are held
against the head a second time here, so that the record names the one that was broken.

Source: RFC 9112 §6.1, §6.3 and §7.1; RFC 9110 §5.6.2 and §8.6.
"""

import re
from collections.abc import Sequence

from mitmproxy import http

from beacon_audit.model import Finding
from beacon_audit.proxy.chunks import CHUNK_PROBLEMS

_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_LENGTH = re.compile(rb"0|[1-9][0-9]{0,18}")
_CODINGS = frozenset({b"chunked", b"gzip,chunked", b"deflate,chunked", b"compress,chunked"})
_UNFINISHED = "the request was not read to its end, or is not valid HTTP"


def unfinished(flow: http.HTTPFlow) -> Finding:
    """The finding for a request that was not read to its end, and was not too large."""
    told = flow.error.msg if flow.error is not None else ""
    data = flow.request.data
    reason = told if told in CHUNK_PROBLEMS else framing_problem(data.headers.fields, data.http_version)
    return Finding("wire.http-message", "", reason or _UNFINISHED)


def framing_problem(headers: Sequence[tuple[bytes, bytes]], version: bytes) -> str | None:
    """Why nobody can be sure where the body ends; ``None`` if everybody is."""
    if not all(_TOKEN.fullmatch(name) for name, _ in headers):
        return "the name of a header has characters that do not belong there"
    lengths = [value for name, value in headers if name.lower() == b"content-length"]
    codings = [value for name, value in headers if name.lower() == b"transfer-encoding"]
    if lengths and codings:
        return "the request has a length and a transfer coding"
    if len(lengths) > 1:
        return "the request has more than one Content-Length"
    if len(codings) > 1:
        return "the request has more than one Transfer-Encoding"
    if codings and version != b"HTTP/1.1":
        return "the request has a transfer coding, which its version of HTTP does not know"
    if any(re.sub(rb"[\t ]*,[\t ]*", b",", value).lower() not in _CODINGS for value in codings):
        return "the transfer coding of the request is none that ends with chunked"
    if not all(map(_LENGTH.fullmatch, lengths)):
        return "the Content-Length is not written as a number"
    return None
