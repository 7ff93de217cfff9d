"""A policy, read and complete: what may leave, and what is recorded about it. Values only, no behaviour but look-ups.

Every value here is in force: defaults are filled in, ``langsmith_config`` has narrowed ``telemetry``, paths are
absolute. Limits are in bytes, levels and seconds. ``docs/policy-reference.md`` says what each key of the file means.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from beacon_audit.model.decision import Disposition

type Mode = Literal["enforce", "observe", "offline"]
type Strictness = Literal["lenient", "standard", "strict"]
type Network = ipaddress.IPv4Network | ipaddress.IPv6Network

#: The keys under ``telemetry``, in the order of the documentation. Each names a class of traffic of some edition.
SWITCHES = ("metrics", "traces", "logs", "usage_snapshot")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a file; ``line`` and ``column`` count from 1."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class EndpointRule:
    """What the policy says about one endpoint. ``findings`` maps finding codes to what they lead to, whatever the
    strictness. ``place`` is where the rule stands."""

    action: Literal["refuse"] | None
    findings: Mapping[str, Disposition]
    place: Place


@dataclass(frozen=True, slots=True)
class Limits:
    """``body_bytes`` counts a body as received, ``decoded_bytes`` without its content encoding. ``connections`` are
    those of clients, open at the same time; ``buffered_bytes`` counts the bodies of all of them, as received."""

    body_bytes: int = 16_777_216
    decoded_bytes: int = 67_108_864
    json_depth: int = 64
    commit_deadline_s: float = 2.0
    connections: int = 1000
    buffered_bytes: int = 268_435_456


@dataclass(frozen=True, slots=True)
class Recording:
    """Whether redacted bodies are kept, and for how long they are meant to be."""

    payloads: Literal["none", "redacted"] = "redacted"
    retention_days: int = 400


@dataclass(frozen=True, slots=True)
class Upstream:
    """How Beacon is reached. ``address``: dial this host and port instead, with the same SNI and Host.
    ``ca_file``: absolute path of the certificates to trust instead of the usual ones. ``proxy``: scheme, host and port
    of a parent proxy. There is an address or a proxy, never both."""

    address: tuple[str, int] | None = None
    ca_file: Path | None = None
    proxy: tuple[str, str, int] | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A name for the clients of one network."""

    name: str
    network: Network


@dataclass(frozen=True, slots=True)
class WitnessServer:
    """A witness of the trail: its submission prefix, without a slash at the end, and its public key, a vkey line."""

    url: str
    vkey: str


@dataclass(frozen=True, slots=True)
class Witnessing:
    """Who cosigns the trail's checkpoints. ``quorum`` of ``servers`` must have cosigned one; when they have not for
    ``refuse_after_s`` seconds, nothing may leave (``None``: it may). ``ca_file``: as in ``Upstream``."""

    servers: tuple[WitnessServer, ...] = ()
    quorum: int = 1
    refuse_after_s: float | None = None
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Disabled:
    """Who turned a telemetry switch off: ``setting`` (a dotted key) at this place of this file (its base name)."""

    file: str
    line: int
    column: int
    setting: str


@dataclass(frozen=True, slots=True)
class Policy:
    """``contract`` is a reference for ``load_contract``. ``disabled`` has an entry for every switch that is false in
    ``telemetry``. ``license_fingerprints`` are tokens (``license:<kid>:<16 hex>``); empty means any license may leave.
    ``name`` is the base name of the file or the name of the preset. ``digest`` (``sha256:<hex>``) changes with
    everything that is in force and with nothing else: it is the hash of ``effective`` as canonical JSON. ``places``
    says where the keys at the top of the file stand."""

    mode: Mode
    contract: str
    strictness: Strictness
    telemetry: Mapping[str, bool]
    endpoints: Mapping[str, EndpointRule]
    license_fingerprints: tuple[str, ...]
    refusal: Literal["reject", "sink"]
    recording: Recording
    upstream: Upstream
    limits: Limits
    sources: tuple[Source, ...]
    name: str
    digest: str
    effective: Mapping[str, object]
    disabled: Mapping[str, Disabled] = field(default_factory=dict)
    witnesses: Witnessing = field(default_factory=Witnessing)
    places: Mapping[str, Place] = field(default_factory=dict, compare=False)

    def source_name(self, address: str) -> str | None:
        """The name of the smallest of ``sources`` that holds this IP address; ``None`` when there is none."""
        try:
            client = ipaddress.ip_address(address)
        except ValueError:
            return None
        if isinstance(client, ipaddress.IPv6Address) and client.ipv4_mapped is not None:
            client = client.ipv4_mapped
        holding = [source for source in self.sources if client in source.network]
        return max(holding, key=lambda source: source.network.prefixlen).name if holding else None
