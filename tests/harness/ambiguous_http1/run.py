"""Cases sent through a real proxy process, and all that came of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.ambiguous_http1.case import REPORT, Case
from harness.proxy import ProxyProcess, write_policy
from harness.raw_client import RawClient
from harness.recorded_requests import RecordedRequests
from harness.recording_upstream import RecordingUpstream
from harness.rig import eventually

_PLAIN = ("-m", "beacon_audit.cli")
_FIRST_NUMBER = 100_000


@dataclass(frozen=True)
class Run:
    """Cases, sent. By the name of the case: what was sent, what arrived on each connection, and what was recorded."""

    mode: str
    cases: Sequence[Case]
    sent: Mapping[str, bytes]
    arrived: Mapping[str, Sequence[bytes]]
    entries: Mapping[str, Sequence[dict[str, Any]]]
    recorded: RecordedRequests
    stderr: str

    def captured(self) -> list[bytes]:
        """What arrived, connection by connection."""
        return [data for case in self.cases for data in self.arrived[case.name]]

    def of(self, case: Case, kind: str) -> list[dict[str, Any]]:
        return [entry for entry in self.entries[case.name] if entry["type"] == kind]

    def expected(self, case: Case) -> tuple[int, int]:
        """How many requests leave, and how many are refused."""
        if self.mode == "observe":
            return case.forwarded, case.refusals
        return case.allowed, case.refusals + case.forwarded - case.allowed


def run_of(directory: Path, mode: str, cases: Sequence[Case], launcher: Sequence[str] = _PLAIN) -> Run:
    """All of ``cases`` through a proxy of their own."""
    with RecordingUpstream(directory) as upstream:
        policy = write_policy(directory, None, mode=mode, upstream=upstream.policy)
        with ProxyProcess(directory, policy, launcher=launcher) as proxy:
            descriptors = len(list(Path(f"/proc/{proxy.pid}/fd").iterdir()))
            sent = _send_all(cases, proxy, upstream)
            # Whatever a client did, its socket and those that were opened for it are given back.
            eventually(lambda: len(list(Path(f"/proc/{proxy.pid}/fd").iterdir())) <= descriptors, seconds=20)
        assert proxy.stop() == 0
    arrived: dict[str, list[bytes]] = {case.name: [] for case in cases}
    for connection in upstream.connections:
        arrived[connection.label].append(bytes(connection.data))
    entries: dict[str, list[dict[str, Any]]] = {case.name: [] for case in cases}
    names = {_address(index): case.name for index, case in enumerate(cases)}
    for entry in proxy.entries():
        if entry["type"] in ("intent", "refusal"):
            entries[names[entry["source"].partition(":")[0]]].append(entry)
    return Run(mode, cases, sent, arrived, entries, RecordedRequests(proxy.home), proxy.stderr)


def _address(index: int) -> str:
    """A loopback address for each case: ports come back, and a record names its sender."""
    return f"127.1.{index // 250}.{index % 250 + 1}"


def _send_all(cases: Sequence[Case], proxy: ProxyProcess, upstream: RecordingUpstream) -> dict[str, bytes]:
    client = RawClient(proxy.address, proxy.home.ca_certificate)
    numbers = iter(range(_FIRST_NUMBER, 10 * _FIRST_NUMBER))
    sent = {}
    for index, case in enumerate(cases):
        upstream.label = case.name
        sent[case.name] = _numbered(case.data, numbers)
        client.say(sent[case.name], answers=case.answers, tunnelled=case.place == "tunnel", source=_address(index))
    return sent


def _numbered(data: bytes, numbers: Iterator[int]) -> bytes:
    """Each usage report in ``data`` gets a number of its own, of the same length."""
    first, *others = data.split(REPORT)
    return first + b"".join(
        REPORT.replace(b"%d" % _FIRST_NUMBER, b"%d" % number) + other
        for other, number in zip(others, numbers, strict=False)
    )
