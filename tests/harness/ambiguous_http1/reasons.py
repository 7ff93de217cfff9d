"""What may stand as the reason of a refusal, by what a case is about."""

from collections.abc import Mapping

_HEAD, _MESSAGE = "wire.http-head", "wire.http-message"
_CONTROL, _FORM = "containment.control-character", "containment.request-form"
_HOP, _UPGRADE = "containment.hop-by-hop", "containment.upgrade"
_HOSTS = ("containment.host-missing", "containment.host-duplicate", "containment.host-mismatch")

#: By the name of a case up to its colon.
CODES: Mapping[str, tuple[str, ...]] = {
    "length": (_MESSAGE, _HEAD, "wire.body-too-large"),
    "length beside a good one": (_MESSAGE, _HEAD),
    "length name": (_MESSAGE, _HEAD, _FORM),
    "length name, good one first": (_MESSAGE, _HEAD),
    "two lengths": (_MESSAGE,),
    "three lengths": (_MESSAGE,),
    "coding": (_MESSAGE, _HEAD, _CONTROL, _FORM, _HOP, _UPGRADE),
    "length that covers all, then coding": (_MESSAGE, _HEAD, _CONTROL),
    "coding, then length of a line": (_MESSAGE, _HEAD, _CONTROL),
    "chunks": (_MESSAGE,),
    "first line": (_HEAD,),
    "method": (_HEAD, _FORM, _MESSAGE),
    "target": (_HEAD, _FORM, "containment.absolute-form"),
    "prior knowledge of HTTP/2": (_HEAD,),
    "bytes that are not HTTP": (_HEAD,),
    "TLS within TLS": ("containment.tls-handshake",),
    "before a request": (_HEAD,),
    "field": (_HEAD, _MESSAGE, _CONTROL),
    "field, first of all": (_HEAD, _MESSAGE, _CONTROL),
    "connection": (_HOP, _CONTROL, _UPGRADE),
    "host": (*_HOSTS, _CONTROL, _MESSAGE),
    "expect": ("containment.expectation", _HEAD),
    "size": (_HEAD, _CONTROL, "containment.headers-too-large"),
    "lines": (_HEAD,),
    "in a row": (_HEAD, _MESSAGE, _CONTROL, _UPGRADE, "containment.host-missing"),
    "behind": (_HEAD,),
    "ends": (_HEAD, _MESSAGE),
    "CONNECT": (
        _HEAD,
        _MESSAGE,
        "containment.connect-target",
        "containment.undocumented-host",
        "containment.undocumented-port",
    ),
    "in the clear": (_HEAD, _MESSAGE, "containment.no-connect"),
    "in the tunnel, in the clear": (_HEAD, _MESSAGE, "containment.plaintext"),
}

#: Of these the record says no more than that they did not end, or are not valid.
WITHOUT_A_RULE = frozenset(
    {
        "length: one byte over",
        "ends: in the body",
        "method: CONNECT",
        "method: CONNECT with a path",
        "in a row: good, then tunnel",
        "in the tunnel, in the clear: a tunnel",
    }
)
