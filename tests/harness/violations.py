"""Ways in which a request is not as documented, as data: one row of the refusal matrix each.

Every violation takes an endpoint's documented body (bytes) and sends one request; ``code`` is the finding that its
refusal names, ``containment`` tells those that are refused in every mode, ``observe`` included.
"""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from beacon_audit.demo.payloads import Payloads
from harness.client import HOST, Answer, Tunnel

LICENSE = "lcl_3b1de6f0aa927c54d8e1"
PATHS = {
    "license-verify": "/v1/beacon/verify",
    "usage-ingest": "/v1/beacon/ingest-traces",
    "telemetry-metrics": "/v1/beacon/v1/metrics",
    "telemetry-traces": "/v1/beacon/v1/traces",
    "telemetry-logs": "/v1/beacon/v1/logs",
    "usage-snapshot": "/v1/beacon/usage-snapshot",
}
OTLP = ("telemetry-metrics", "telemetry-traces", "telemetry-logs")


def documented(endpoint: str) -> bytes:
    """The documented sample of an endpoint, with our license."""
    return Payloads(LICENSE).documented(endpoint)


@dataclass(frozen=True)
class Sent:
    """How a request is sent: the arguments of ``Tunnel`` and of ``Tunnel.send``."""

    path: str
    body: bytes
    tunnel: dict[str, Any] = field(default_factory=dict)
    request: dict[str, Any] = field(default_factory=dict)

    def to(self, proxy: tuple[str, int], ca_file: Any) -> Answer:
        """Send it on a connection of its own; the answer to the CONNECT if that was refused."""
        with Tunnel(proxy, ca_file, **self.tunnel) as tunnel:
            if tunnel.connect_status != 200:
                return tunnel.connect_answer
            return tunnel.send(self.path, self.body, **self.request)


@dataclass(frozen=True)
class Violation:
    name: str
    code: str
    make: Callable[[str], Sent]
    containment: bool = False

    def __str__(self) -> str:
        return self.name


def _body(change: Callable[[dict[str, Any]], object]) -> Callable[[str], Sent]:
    def make(endpoint: str) -> Sent:
        document = json.loads(documented(endpoint))
        change(document)
        return Sent(PATHS[endpoint], json.dumps(document).encode())

    return make


def _first_member_twice(endpoint: str) -> Sent:
    body = documented(endpoint)
    key = next(iter(json.loads(body)))
    member = json.dumps({key: json.loads(body)[key]})[1:-1]
    return Sent(PATHS[endpoint], b"{" + member.encode() + b"," + body.lstrip()[1:])


def _wrong_type(document: dict[str, Any]) -> None:
    document[next(iter(document))] = 5


def _missing(document: dict[str, Any]) -> None:
    del document[next(iter(document))]


def _with(*, path: str | None = None, tunnel: dict[str, Any] | None = None, **request: Any) -> Callable[[str], Sent]:
    return lambda endpoint: Sent(path or PATHS[endpoint], documented(endpoint), tunnel or {}, request)


def _gzip_twice(endpoint: str) -> Sent:
    body = gzip.compress(documented(endpoint), mtime=0) + gzip.compress(b"smuggled", mtime=0)
    return Sent(PATHS[endpoint], body, request={"headers": {"Content-Encoding": "gzip"}})


_FORM = "application/x-www-form-urlencoded"
VIOLATIONS = (
    Violation("undocumented field", "contract.undocumented-field", _body(lambda document: document.update(extra=1))),
    Violation("wrong type", "contract.wrong-type", _body(_wrong_type)),
    Violation("missing field", "contract.missing-field", _body(_missing)),
    Violation("duplicate key", "wire.duplicate-key", _first_member_twice),
    Violation("not JSON", "wire.json-invalid", lambda endpoint: Sent(PATHS[endpoint], b"{]")),
    Violation("second gzip member", "wire.gzip-trailing-bytes", _gzip_twice),
    Violation("form", "contract.undocumented-media-type", _with(headers={"Content-Type": _FORM})),
    Violation("undocumented path", "contract.undocumented-endpoint", _with(path="/v1/beacon/backup")),
    Violation("engine path", "contract.intelligence-endpoint", _with(path="/intelligence/v1/upload")),
    Violation("other method", "contract.undocumented-endpoint", _with(method="PUT")),
    Violation("lower-case method", "contract.undocumented-endpoint", _with(method="post")),
    Violation("license in a header", "promise.license-misplaced", _with(headers={"User-Agent": LICENSE})),
    Violation("other host", "containment.undocumented-host", _with(tunnel={"connect": "example.net:443"}), True),
    Violation("other port", "containment.undocumented-port", _with(tunnel={"connect": f"{HOST}:8443"}), True),
    Violation("IP literal", "containment.undocumented-host", _with(tunnel={"connect": "127.0.0.1:443"}), True),
    Violation("SNI of another host", "containment.sni-mismatch", _with(tunnel={"sni": "example.net"}), True),
    Violation("no SNI", "containment.sni-missing", _with(tunnel={"sni": None}), True),
    Violation("Host of another place", "containment.host-mismatch", _with(host="example.net"), True),
    Violation("no Host", "containment.host-missing", _with(host=None), True),
    Violation("upgrade", "containment.upgrade", _with(headers={"Upgrade": "websocket"}), True),
    Violation("control character", "containment.control-character", _with(headers={"X-Odd": "a\x0bb"}), True),
    Violation("undocumented header", "contract.undocumented-header", _with(headers={"Cookie": "figures=4711"})),
    Violation("text in a usual header", "contract.header-value", _with(headers={"Accept": "the/figures"})),
    Violation(
        "too many headers", "containment.headers-too-large", _with(headers={f"X-A-{n}": "1" for n in range(40)}), True
    ),
    Violation("huge header", "containment.headers-too-large", _with(headers={"Accept": "a" * 20_000}), True),
)
