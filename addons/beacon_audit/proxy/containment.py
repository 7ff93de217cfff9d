"""Is this request going where it says, by the way it should? Pure.

Default deny: the scheme is https inside a TLS session of ours, the destination is a host and port of the contract, and
everything that names a destination (CONNECT target, SNI, Host, ``:authority``, absolute-form target) names that same
one. Names are compared after normalisation: case, one trailing dot, IDNA A-labels, a default port. A disagreement is
how traffic for one place is made to look like traffic for another (domain fronting), so it is refused in every mode.

Sources: RFC 9110 §4.2, §7.2 and §7.6.1, RFC 9112 §3.2, RFC 9113 §8.3.1, RFC 6066 §3.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from beacon_audit.model import Finding, Request

_HOST_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*", re.ASCII)
# RFC 9110 §5.5: a field value with CR, LF or NUL is invalid; other controls are of no use to an honest sender.
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
#: Documented requests have at most 15 headers of under 2 KiB, a license and a token in them included.
MAX_HEADERS = 32
MAX_HEADER_BYTES = 16384
# RFC 9110 §5.6.2; RFC 9112 §3.2 with RFC 3986 §3.3 and §3.4. What is not in them has no meaning that all readers share:
# some cut a target at a fragment, turn a backslash around, or take a method with a space in it for a line of their own.
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
_TARGET = re.compile(r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*", re.ASCII)
#: What Connection may list: options of the connection itself. ``containment.upgrade`` is about the last two.
_OPTIONS = frozenset({"close", "keep-alive", "te", "upgrade", "http2-settings"})
#: Without them, a request is another one.
_ESSENTIAL = frozenset({"host", "content-length", "transfer-encoding"})
_PORT = re.compile(r"[1-9][0-9]{0,4}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Destination:
    """The documented places: ``hosts`` as lower-case A-labels without trailing dot. ``known``: what some other hosts
    are, for the reason of a refusal."""

    hosts: tuple[str, ...]
    port: int
    known: Mapping[str, str] = field(default_factory=dict)


def normalised_host(text: str) -> str | None:
    """The A-label form of a host name, ``None`` for anything that is not a host name (IP literals with a colon too)."""
    name = text.lower().removesuffix(".")
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii").lower()
        except UnicodeError:
            return None
    return name if len(name) <= 253 and _HOST_NAME.fullmatch(name) else None


def split_authority(text: str, default_port: int) -> tuple[str, int] | None:
    """``host[:port]`` as a normalised pair, ``None`` if it is not that. On the wire a name is ASCII (RFC 9110 §4.2.1);
    IDNA would take other characters out, or others in their place, and they would be sent on as they came."""
    if not text.isascii():
        return None
    name, colon, port = text.partition(":")
    host = normalised_host(name)
    if host is None or (colon and not _PORT.fullmatch(port)):
        return None
    return host, int(port) if colon else default_port


def connect_findings(authority: str, allowed: Destination) -> tuple[Finding, ...]:
    """What is wrong with a CONNECT target."""
    target = split_authority(authority, allowed.port)
    if target is None:
        return (Finding("containment.connect-target", "", "the CONNECT target is not host:port"),)
    return tuple(_undocumented(target, allowed))


def containment_findings(
    request: Request, allowed: Destination, *, tunnelled: bool, redirected: bool = False
) -> tuple[Finding, ...]:
    """Everything that is wrong with where a request goes and how. ``tunnelled``: it must have come by a CONNECT;
    ``redirected``: on a connection that was made to some other place."""
    if redirected and request.original_destination is None:
        return (Finding("containment.not-redirected", "", "the connection was made to the proxy itself"),)
    found = [
        *_wrong_way(request, tunnelled),
        *_wrong_form(request),
        *_wrong_hop(request),
        *_undocumented((request.host, request.port), allowed),
    ]
    for code, what, value in _names(request):
        named = split_authority(value, request.port)  # without a port it names that of its own connection
        if named != (request.host, request.port):
            found.append(Finding(code, "", f"{what} does not name the destination of the connection"))
    return tuple(dict.fromkeys(found))


def _undocumented(target: tuple[str, int], allowed: Destination) -> Iterator[Finding]:
    host, port = target
    if host not in allowed.hosts:
        known = f"{host}: {allowed.known[host]}; " if host in allowed.known else ""
        only = "host is" if len(allowed.hosts) == 1 else "hosts are"
        message = f"{known}the only documented {only} {', '.join(allowed.hosts)}"
        yield Finding("containment.undocumented-host", "", message)
    if port != allowed.port:
        yield Finding("containment.undocumented-port", "", f"the only documented port is {allowed.port}")


def _wrong_way(request: Request, tunnelled: bool) -> Iterator[Finding]:
    if not request.tls:
        yield Finding("containment.plaintext", "", "the request did not come inside a TLS session")
    if request.scheme != "https":
        yield Finding("containment.scheme", "", "the only documented scheme is https")
    if request.sni is None:
        yield Finding("containment.sni-missing", "", "the TLS client named no server (SNI)")
    if tunnelled and request.connect_target is None:
        yield Finding("containment.no-connect", "", "the request did not come through a CONNECT tunnel")
    if request.authority is not None and request.http_version.startswith("HTTP/1"):
        yield Finding("containment.absolute-form", "", "the request target is a whole URL, as for a proxy in clear")
    if request.authority is None and not request.host_headers:
        yield Finding("containment.host-missing", "", "the request has no Host header")
    if len(request.host_headers) > 1:
        yield Finding("containment.host-duplicate", "", "the request has more than one Host header")


def _wrong_form(request: Request) -> Iterator[Finding]:
    """A message that could become something else than one plain request on its way."""
    if any(request.header_values("upgrade")) or request.method == "CONNECT":
        yield Finding("containment.upgrade", "", "the request asks to leave HTTP for another protocol")
    if request.header_values("expect"):
        # The usual one is answered here and goes no further. Upstream, an answer of 100 would be one too many.
        yield Finding("containment.expectation", "", "the request expects something that is not plain 100-continue")
    if any(_CONTROL.search(text) for text in (request.target, *(value for _, value in request.headers))):
        yield Finding("containment.control-character", "", "a header or the target has a control character in it")
    if not (_TOKEN.fullmatch(request.method) and _is_target(request) and all(map(_is_name, request.headers))):
        message = "the method, the target or the name of a header has characters that do not belong there"
        yield Finding("containment.request-form", "", message)
    size = sum(len(name) + len(value) for name, value in request.headers)
    if len(request.headers) > MAX_HEADERS or size > MAX_HEADER_BYTES:
        message = f"the request has more than {MAX_HEADERS} headers, or more than {MAX_HEADER_BYTES} bytes of them"
        yield Finding("containment.headers-too-large", "", message)
    if request.has_trailers:
        yield Finding("containment.trailers", "", "the request has trailers, which no documented request has")


def _is_name(header: tuple[str, str]) -> bool:
    """No token, or one that is an essential header to a reader that takes underscores for dashes, as CGI does."""
    name = header[0]
    return bool(_TOKEN.fullmatch(name)) and ("_" not in name or name.replace("_", "-") not in _ESSENTIAL)


def _is_target(request: Request) -> bool:
    return bool(_TARGET.fullmatch(request.target)) or (request.target, request.method) == ("*", "OPTIONS")


def _wrong_hop(request: Request) -> Iterator[Finding]:
    """What is for the next one on the way, who then reads another request than was judged (RFC 9110 §7.6.1)."""
    present = {name for name, _ in request.headers}
    listed = {
        option.strip(" \t").lower() for value in request.header_values("connection") for option in value.split(",")
    }
    if listed & (present | _ESSENTIAL) - _OPTIONS:
        message = "the Connection header lists a header, which the next reader would take out"
        yield Finding("containment.hop-by-hop", "", message)
    if any(value.lower() != "chunked" for value in request.header_values("transfer-encoding")):
        yield Finding("containment.hop-by-hop", "", "the body has a transfer coding other than chunked")


def _names(request: Request) -> Sequence[tuple[str, str, str]]:
    """Everything in a request that names a destination: finding code, what it is, its value."""
    names = [("containment.host-mismatch", "the Host header", value) for value in request.host_headers]
    if request.sni is not None:
        names.append(("containment.sni-mismatch", "the TLS server name (SNI)", request.sni))
    if request.authority is not None:
        names.append(("containment.host-mismatch", "the authority of the request target", request.authority))
    if request.connect_target is not None:
        names.append(("containment.connect-mismatch", "the CONNECT target", request.connect_target))
    return names
