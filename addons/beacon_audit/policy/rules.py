"""The sections of a policy about what may leave: ``telemetry``, ``endpoints``, ``license``, ``sources``.

Each function takes the section's parent and gives its value; problems are noted in the source. Pure.
"""

import ipaddress
import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Literal, get_args

import yaml

from beacon_audit.model.decision import Disposition
from beacon_audit.policy.document import SWITCHES, Disabled, EndpointRule, Network, Source
from beacon_audit.policy.scalars import describe
from beacon_audit.policy.section import Section, did_you_mean, shown_key
from beacon_audit.policy.severity import FIXED_BASES, OVERRIDABLE, is_fixed

_DISPOSITIONS: tuple[Disposition, ...] = get_args(Disposition.__value__)
_ACTIONS: tuple[Literal["refuse"], ...] = ("refuse",)
_FINGERPRINT = re.compile(r"license:[0-9a-f]{4}:[0-9a-f]{16}", re.ASCII)
_SOURCE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_ENDPOINT_NAME = re.compile(r"[a-z][a-z0-9-]{0,63}", re.ASCII)


def read_telemetry(top: Section) -> dict[str, Disabled]:
    """The switches that are false, with their places."""
    section = top.section("telemetry", SWITCHES)
    disabled: dict[str, Disabled] = {}
    for switch in SWITCHES:
        node = section.node(switch)
        if node is not None and not section.flag(switch, True):
            place = section.source.place(node)
            disabled[switch] = Disabled(PurePath(place.file).name, place.line, place.column, section.name(switch))
    return disabled


def read_endpoints(top: Section) -> dict[str, EndpointRule]:
    """The rules by endpoint name. Whether there is such an endpoint, only the contract knows (``endpoint_names``)."""
    section = top.section("endpoints", None)
    rules: dict[str, EndpointRule] = {}
    for name, (key, node) in section.entries.items():
        if not _ENDPOINT_NAME.fullmatch(name):
            section.source.refuse(key, "expected the name of an endpoint, such as telemetry-traces, got something else")
            continue
        rule = section.section(name, ("action", "findings"))
        action = rule.choice("action", _ACTIONS, "refuse") if rule.node("action") is not None else None
        findings = _read_overrides(rule)
        rules[name] = EndpointRule(action, findings, section.source.place(rule.node("action") or node))
    return rules


def _read_overrides(rule: Section) -> Mapping[str, Disposition]:
    section = rule.section("findings", None)
    overrides: dict[str, Disposition] = {}
    for code, (key, _) in section.entries.items():
        if code in OVERRIDABLE:
            overrides[code] = section.choice(code, _DISPOSITIONS, "block")
        elif is_fixed(code) or code in FIXED_BASES:
            section.source.refuse(key, f"finding{shown_key(code)} always blocks; remove this line")
        else:
            hint = did_you_mean(code, tuple(OVERRIDABLE)) or "; docs/policy-reference.md lists the codes"
            section.source.refuse(key, f"unknown finding{shown_key(code)}{hint}")
    return overrides


def read_fingerprints(top: Section) -> tuple[str, ...]:
    """The licenses that may leave. Never repeats a value: a key may have been pasted where its fingerprint belongs."""
    section = top.section("license", ("fingerprints",))
    found: list[str] = []
    for node in section.items("fingerprints"):
        value = section.source_text(node)
        if value is None or not _FINGERPRINT.fullmatch(value):
            section.source.refuse(
                node,
                "expected a license fingerprint as the log shows it (license:<4 hex>:<16 hex>), "
                f"got {describe(node)} of another form; never put a license key here",
            )
        elif value not in found:
            found.append(value)
    return tuple(found)


def read_sources(top: Section) -> tuple[Source, ...]:
    """The names of networks, each name and each network once."""
    found: list[Source] = []
    for index, node in enumerate(top.items("sources")):
        section = Section(top.source, node, f"sources[{index}]", ("name", "cidr"))
        name = _required_text(section, node, "name")
        network = _network(section, _required_text(section, node, "cidr"))
        if name is not None and not _SOURCE_NAME.fullmatch(name):
            top.source.refuse(
                section.entries["name"][1], "expected a name of at most 64 letters, digits, dots, dashes or underscores"
            )
        elif network is not None and any(network == other.network for other in found):
            top.source.refuse(section.entries["cidr"][1], "expected every network once, got one again; remove one")
        elif name is not None and network is not None:
            found.append(Source(name, network))
    return tuple(found)


def _required_text(section: Section, node: yaml.Node, key: str) -> str | None:
    if key not in section.entries and isinstance(node, yaml.MappingNode):
        section.source.refuse(node, f"expected {key} in {section.path}, got none")
    value = section.text(key)
    if value is None and key in section.entries and section.is_null(section.entries[key][1]):
        section.source.refuse(section.entries[key][1], f"expected text for {section.name(key)}, got nothing")
    return value


def _network(section: Section, text: str | None) -> Network | None:
    if text is None:
        return None
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        section.source.refuse(
            section.entries["cidr"][1],
            "expected a network such as 10.0.1.0/24 or fd00::/64, without bits set after its prefix",
        )
        return None
