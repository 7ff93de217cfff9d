"""A simulated Beacon and a proxy in front of it in either listening mode, for tests that hold in both.

``running`` starts them; ``client`` connects as the mode wants it, through a tunnel or directly; ``message`` writes a
usage report with a request line and Host headers of the test's own; ``codes`` are those that a record names.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from beacon_audit.demo.beacon import SimulatedBeacon
from harness.client import HOST, Tunnel
from harness.proxy import ProxyProcess, write_policy
from harness.rig import Rig
from harness.usage_reports import usage_report

BODY = usage_report(1)


@contextmanager
def running(directory: Path, listening: str, **settings: object) -> Iterator[Rig]:
    with (
        SimulatedBeacon(directory) as beacon,
        ProxyProcess(directory, write_policy(directory, beacon, **settings), mode=listening) as proxy,
    ):
        yield Rig(beacon, proxy, directory / "unused")


def tunnel_target(rig: Rig) -> str | None:
    """The CONNECT target of the documented host, ``None`` in reverse mode."""
    return f"{HOST}:443" if rig.proxy.ready["mode"] == "regular" else None


def client(rig: Rig, **options: Any) -> Tunnel:
    given = {"connect": tunnel_target(rig), "timeout": 10, **options}
    return Tunnel(rig.proxy.address, rig.proxy.home.ca_certificate, **given)


def codes(refusal: Mapping[str, Any]) -> set[str]:
    return {str(refusal["reason_code"]), *(str(finding["code"]) for finding in refusal["findings"])}


def message(target: str, *lines: str, method: str = "POST") -> bytes:
    fixed = ("Content-Type: application/json", f"Content-Length: {len(BODY)}", "", "")
    return "\r\n".join((f"{method} {target} HTTP/1.1", *lines, *fixed)).encode("utf-8") + BODY
