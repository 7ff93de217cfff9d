"""The section of a policy about who else vouches for the trail: ``witnesses``. Pure; files are looked at in ``load``.

A witness is named by its submission prefix (C2SP tlog-witness) and its vkey (C2SP signed-note) of type 04, for
timestamped Ed25519 cosignatures (C2SP tlog-cosignature). Every public key counts once: what is signed does not hold the
name of the witness, so one key under two names would be a quorum of two.

No message repeats a URL or a key: a URL may hold a password.
"""

import base64
import binascii
import hashlib
import ipaddress
import re
from dataclasses import dataclass

import yaml

from beacon_audit.policy.connection import Reference, host_and_port, read_reference
from beacon_audit.policy.document import WitnessServer
from beacon_audit.policy.section import Section

_COSIGNATURE = 4
_KEY_BYTES = 1 + 32
#: Scheme, host, port, path. The path is of unreserved characters (RFC 3986); no segment is empty or dots.
_URL = re.compile(
    r"(https?)://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::([0-9]+))?((?:/(?!\.{1,2}(?:/|\Z))[A-Za-z0-9._~-]+)*)/?",
    re.ASCII,
)
_KEY_ID = re.compile(r"[0-9a-f]{8}", re.ASCII)
_USUAL_PORTS = {"http": "80", "https": "443"}


@dataclass(frozen=True, slots=True)
class WitnessesText:
    """``witnesses`` as written, its parts checked by themselves."""

    servers: tuple[WitnessServer, ...]
    quorum: int
    refuse_after_s: float | None
    ca_file: Reference | None


def read_witnesses(top: Section, *, offline: bool) -> WitnessesText:
    """The section ``witnesses``. ``offline``: the policy's mode, in which nobody is contacted."""
    section = top.section("witnesses", ("servers", "quorum", "refuse_after_s", "ca_file"))
    nodes = list(section.items("servers"))
    if nodes and offline:
        section.source.refuse(
            section.entries["servers"][0],
            "expected no witnesses in mode offline, got some; nothing is contacted in that mode: remove them",
        )
    witnesses = WitnessesText(
        servers=_servers(section, nodes),
        quorum=section.integer("quorum", 1, 1, max(1, len(nodes))),
        refuse_after_s=_refuse_after(section),
        ca_file=read_reference(section, "ca_file"),
    )
    if witnesses.refuse_after_s is not None and not nodes:
        section.source.refuse(
            section.entries["refuse_after_s"][0],
            "expected witnesses.servers beside witnesses.refuse_after_s, got none; name a witness or remove this line",
        )
    return witnesses


def _refuse_after(section: Section) -> float | None:
    node = section.node("refuse_after_s")
    if node is None or section.is_null(node):
        return None
    return section.seconds("refuse_after_s", 1.0, 1, 86_400)


def _servers(section: Section, nodes: list[yaml.Node]) -> tuple[WitnessServer, ...]:
    found: list[WitnessServer] = []
    keys: set[bytes] = set()
    for index, node in enumerate(nodes):
        server = Section(section.source, node, f"witnesses.servers[{index}]", ("url", "vkey"))
        url, vkey = _url(server, node), _vkey(server, node)
        if url is None or vkey is None:
            continue
        if url in (other.url for other in found):
            server.source.refuse(server.entries["url"][1], "expected every witness once, got a URL again; remove one")
        elif (public := _public_key(vkey)) in keys:
            server.source.refuse(server.entries["vkey"][1], "expected every key once, got one again; remove one")
        else:
            keys.add(public)
            found.append(WitnessServer(url, vkey))
    return tuple(found)


def _required(server: Section, node: yaml.Node, key: str, expected: str) -> str | None:
    """The text at ``key``. ``expected`` says what belongs there, for when nothing is."""
    found = server.node(key)
    if isinstance(node, yaml.MappingNode) and (found is None or server.is_null(found)):
        server.source.refuse(found or node, f"expected {expected} for {server.name(key)}, got nothing")
        return None
    return server.text(key)


def _url(server: Section, node: yaml.Node) -> str | None:
    text = _required(server, node, "url", "https://host or https://host:port/path")
    if text is None:
        return None
    if "@" in text:
        problem = "expected a URL without user name and password for {}, got one with @"
    elif (url := _normalised(text)) is not None:
        return url
    elif text.startswith("http://"):
        problem = "expected https:// for {}, or http:// and a loopback address such as 127.0.0.1, got something else"
    else:
        problem = "expected https://host or https://host:port/path for {}, got something else"
    server.source.refuse(server.entries["url"][1], problem.format(server.name("url")))
    return None


def _normalised(text: str) -> str | None:
    """The URL with its host in lower case and without a slash at the end; ``None`` unless a witness can have it."""
    parts = _URL.fullmatch(text)
    if parts is None:
        return None
    scheme, host, port, path = parts.groups()
    usual = _USUAL_PORTS[scheme]
    found = host_and_port(host, port or usual)
    if found is None or (scheme == "http" and not _is_loopback(found[0])):
        return None
    shown = f"[{found[0]}]" if ":" in found[0] else found[0]
    return f"{scheme}://{shown}{'' if str(found[1]) == usual else f':{found[1]}'}{path}"


def _is_loopback(host: str) -> bool:
    """Whether ``host`` is an address of this machine. A name is not, ``localhost`` included: it can lead anywhere."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _vkey(server: Section, node: yaml.Node) -> str | None:
    text = _required(server, node, "vkey", "the vkey of a witness (name+key id+key)")
    if text is None or _is_cosigner(text):
        return text
    server.source.refuse(
        server.entries["vkey"][1],
        f"expected a vkey (name+key id+key) of type 04, Ed25519 cosignatures, for {server.name('vkey')}, "
        "got something else; copy the line that the witness publishes",
    )
    return None


def _is_cosigner(text: str) -> bool:
    name, *rest = text.split("+", 2)
    if not name or not name.isprintable() or any(character.isspace() for character in name) or len(rest) != 2:
        return False
    try:
        key = base64.b64decode(rest[1], validate=True)
    except (binascii.Error, ValueError):
        return False
    if base64.b64encode(key).decode() != rest[1] or len(key) != _KEY_BYTES or key[0] != _COSIGNATURE:
        return False
    key_id = hashlib.sha256(name.encode() + b"\n" + key).hexdigest()[:8]
    return bool(_KEY_ID.fullmatch(rest[0])) and rest[0] == key_id


def _public_key(vkey: str) -> bytes:
    return base64.b64decode(vkey.split("+", 2)[2])
