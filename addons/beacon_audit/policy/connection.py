"""The section of a policy about how Beacon is reached: ``upstream``. Pure; files are looked at in ``load``.

No message repeats an address or URL: a URL may hold a password.
"""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import yaml

from beacon_audit.policy.section import Section

_HOST = re.compile(r"(?=.{1,253}\Z)(?!-)[A-Za-z0-9-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*", re.ASCII)
_PORT = re.compile(r"[1-9][0-9]{0,4}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Reference:
    """A path in a policy, not looked at yet, and the node that says it."""

    path: str
    node: yaml.Node


@dataclass(frozen=True, slots=True)
class UpstreamText:
    """``upstream`` as written, its parts checked by themselves."""

    address: tuple[str, int] | None
    proxy: tuple[str, str, int] | None
    ca_file: Reference | None


def read_upstream(top: Section) -> UpstreamText:
    """The section ``upstream``."""
    section = top.section("upstream", ("address", "ca_file", "proxy"))
    address, proxy = _address(section), _proxy(section)
    if address is not None and proxy is not None:
        section.source.refuse(
            section.entries["proxy"][0],
            "expected upstream.address or upstream.proxy, got both; a parent proxy dials Beacon itself",
        )
    return UpstreamText(address, proxy, read_reference(section, "ca_file"))


def read_reference(section: Section, key: str) -> Reference | None:
    """The path at ``key``."""
    path = section.text(key)
    if path is None:
        return None
    if not path.isprintable():
        node = section.entries[key][1]
        section.source.refuse(node, f"expected a path for {section.name(key)}, got a character that cannot be shown")
        return None
    return Reference(path, section.entries[key][1])


def _address(section: Section) -> tuple[str, int] | None:
    text = section.text("address")
    if text is None:
        return None
    host, colon, port = text.rpartition(":")
    found = host_and_port(host, port) if colon else None
    if found is None:
        section.source.refuse(
            section.entries["address"][1], "expected host:port or [IPv6]:port for upstream.address, got something else"
        )
    return found


def _proxy(section: Section) -> tuple[str, str, int] | None:
    text = section.text("proxy")
    if text is None:
        return None
    node = section.entries["proxy"][1]
    if "@" in text:
        section.source.refuse(
            node,
            "expected a URL without user name and password for upstream.proxy, got one with @; "
            "let the parent proxy know this one by its address or certificate",
        )
        return None
    try:
        url = urlsplit(text)
        rest = url.path not in ("", "/") or url.query or url.fragment
        host, _, port = url.netloc.rpartition(":")
        found = None if rest else host_and_port(host, port)
    except ValueError:
        found = None
    if found is None or url.scheme not in ("http", "https"):
        section.source.refuse(
            node, "expected http://host:port or https://host:port for upstream.proxy, got something else"
        )
        return None
    return (url.scheme, *found)


def host_and_port(host: str, port: str) -> tuple[str, int] | None:
    """``host`` and ``port`` of a URL or of ``host:port``, as they are dialled; ``None`` for what is neither.

    Host names come out in lower case, IPv6 addresses without brackets.
    """
    if not _PORT.fullmatch(port) or int(port) > 65535:
        return None
    if host.startswith("[") and host.endswith("]"):
        try:
            return str(ipaddress.IPv6Address(host[1:-1])), int(port)
        except ValueError:
            return None
    return (host.lower(), int(port)) if _HOST.fullmatch(host) else None
