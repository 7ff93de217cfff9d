"""A policy file, from bytes to values and problems. Pure: paths are not looked at, nothing is narrowed (``load``).

``parse_policy`` gives a ``Draft`` and notes everything that is wrong in its ``source``; a draft with problems must not
be used. Raises nothing for anything that a file can hold.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from beacon_audit.policy.connection import Reference, UpstreamText, read_reference, read_upstream
from beacon_audit.policy.document import Disabled, EndpointRule, Limits, Mode, Recording, Source, Strictness
from beacon_audit.policy.rules import read_endpoints, read_fingerprints, read_sources, read_telemetry
from beacon_audit.policy.section import Section
from beacon_audit.policy.witnesses import WitnessesText, read_witnesses
from beacon_audit.policy.yaml_source import Source as YamlSource
from beacon_audit.policy.yaml_source import read_yaml

DEFAULT_CONTRACT = "langsmith-beacon/2026-08"

KEYS = (
    "version",
    "mode",
    "contract",
    "strictness",
    "langsmith_config",
    "telemetry",
    "endpoints",
    "license",
    "refusal",
    "recording",
    "upstream",
    "limits",
    "sources",
    "witnesses",
)
_MODES: tuple[Mode, ...] = ("enforce", "observe", "offline")
_STRICTNESSES: tuple[Strictness, ...] = ("lenient", "standard", "strict")
_LIMITS = ("body_bytes", "decoded_bytes", "json_depth", "commit_deadline_s", "connections", "buffered_bytes")
_MIB = 1_048_576


@dataclass(frozen=True, slots=True)
class Draft:
    """A policy as its file has it. ``source`` holds the problems and stays open for those that ``load`` finds."""

    source: YamlSource
    mode: Mode
    contract: str
    strictness: Strictness
    langsmith_config: Reference | None
    disabled: Mapping[str, Disabled]
    endpoints: Mapping[str, EndpointRule]
    license_fingerprints: tuple[str, ...]
    sink: bool
    recording: Recording
    upstream: UpstreamText
    limits: Limits
    sources: tuple[Source, ...]
    witnesses: WitnessesText


def parse_policy(data: bytes, file: str) -> Draft:
    """Read a policy; ``file`` is how messages and places call it."""
    source = read_yaml(data, file)
    top = Section(source, source.root, "", KEYS)
    if source.root is not None:
        _check_version(top, source.root)
    mode = top.choice("mode", _MODES, "enforce")
    return Draft(
        source=source,
        mode=mode,
        contract=_contract(top),
        strictness=top.choice("strictness", _STRICTNESSES, "standard"),
        langsmith_config=read_reference(top, "langsmith_config"),
        disabled=read_telemetry(top),
        endpoints=read_endpoints(top),
        license_fingerprints=read_fingerprints(top),
        sink=top.choice("refusal", ("reject", "sink"), "reject") == "sink",
        recording=_recording(top),
        upstream=read_upstream(top),
        limits=_limits(top),
        sources=read_sources(top),
        witnesses=read_witnesses(top, offline=mode == "offline"),
    )


def _check_version(top: Section, root: yaml.Node) -> None:
    if top.node("version") is None:
        top.source.refuse(root, "expected version: 1, got no version")
    else:
        top.integer("version", 1, 1, 1)


def _contract(top: Section) -> str:
    reference = read_reference(top, "contract")
    node = top.node("contract")
    if reference is None and node is not None and top.is_null(node):
        top.source.refuse(node, "expected the name or directory of a contract, got nothing; leave the key out")
    return DEFAULT_CONTRACT if reference is None else reference.path


def _recording(top: Section) -> Recording:
    section = top.section("recording", ("payloads", "retention_days"))
    default = Recording()
    return Recording(
        payloads="none" if section.choice("payloads", ("redacted", "none"), "redacted") == "none" else "redacted",
        retention_days=section.integer("retention_days", default.retention_days, 1, 36_500),
    )


def _limits(top: Section) -> Limits:
    section = top.section("limits", _LIMITS)
    default = Limits()
    limits = Limits(
        body_bytes=section.integer("body_bytes", default.body_bytes, 1024, 64 * _MIB),
        decoded_bytes=section.integer("decoded_bytes", default.decoded_bytes, 1024, 256 * _MIB),
        json_depth=section.integer("json_depth", default.json_depth, 16, 128),
        commit_deadline_s=section.seconds("commit_deadline_s", default.commit_deadline_s, 0.1, 30),
        connections=section.integer("connections", default.connections, 1, 50_000),
        buffered_bytes=section.integer("buffered_bytes", default.buffered_bytes, 1024, 65_536 * _MIB),
    )
    for key, value in (("decoded_bytes", limits.decoded_bytes), ("buffered_bytes", limits.buffered_bytes)):
        node = section.node(key)
        if node is not None and value < limits.body_bytes:
            top.source.refuse(node, f"expected {section.name(key)} to be at least limits.body_bytes, got less")
    return limits
