"""A documented place that traffic may go to, as a contract edition describes it."""

from dataclasses import dataclass
from typing import Literal

type TrafficClass = Literal["billing", "operational", "usage", "content"]
type OtlpSignal = Literal["metrics", "traces", "logs"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint of a contract.

    ``switch`` is the key under ``telemetry`` of the policy that turns it off (``None``: billing, never blocked by a
    telemetry switch), ``setting`` the value in ``langsmith_config.yaml`` that does the same at the source.
    ``license_pointers`` and ``response_secret_pointers`` are JSON Pointers (RFC 6901) of secrets in the request and
    response document. ``license_headers`` are the lower-case names of request headers that may carry the license.
    ``media_types`` are lower-case, without parameters.
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
