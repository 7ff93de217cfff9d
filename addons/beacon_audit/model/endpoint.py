"""A documented place that traffic may go to, as a contract edition describes it."""

from dataclasses import dataclass
from typing import Literal

type TrafficClass = Literal["billing", "operational", "usage", "content"]
type OtlpSignal = Literal["metrics", "traces", "logs"]
#: Where the payloads of an endpoint are shown: on the vendor's page, in client code only, nowhere.
type EndpointStatus = Literal["documented", "observed", "unpublished"]

ANY_METHOD = "*"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint of a contract.

    ``switch`` is the key under ``telemetry`` of the policy that turns it off (``None``: billing, never blocked by a
    telemetry switch), ``setting`` the value in ``langsmith_config.yaml`` that does the same at the source.
    ``license_pointers`` and ``response_secret_pointers`` are JSON Pointers (RFC 6901) of secrets in the request and
    response document. ``license_headers`` are the lower-case names of request headers that may carry the license.
    ``media_types`` are lower-case, without parameters. ``promises`` are names of what the vendor promises of this
    traffic. ``prefix``: it is everything at and below ``path``, by ``ANY_METHOD``.
    """

    name: str
    method: str
    path: str
    traffic_class: TrafficClass
    switch: str | None
    setting: str | None
    otlp: OtlpSignal | None
    media_types: tuple[str, ...]
    license_pointers: tuple[str, ...]
    response_secret_pointers: tuple[str, ...]
    license_headers: tuple[str, ...] = ()
    promises: frozenset[str] = frozenset()
    status: EndpointStatus = "documented"
    prefix: bool = False

    def covers(self, method: str, path: str) -> bool:
        """Whether a request by ``method`` to ``path`` (without query) is one to this endpoint; case counts."""
        if self.prefix:
            return path == self.path or path.startswith(f"{self.path}/")
        return (self.method, self.path) == (method, path)
