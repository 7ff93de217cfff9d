"""What reaches Beacon of HTTP/2 is what was recorded, whatever frames a client sends: a corpus of valid and invalid
connections, sent frame by frame through a real proxy.

In observe mode most of what is only undocumented is let through, so that what is refused there is refused for what it
is, and is refused in enforce mode too (``property/test_policy_decisions.py``).
"""

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from beacon_audit.home import Home
from harness.client import Tunnel
from harness.frame_client import Answers, FrameClient, h2_context
from harness.http1_readers import Message, Unreadable, all_habits, lenient, strict
from harness.http2_corpus import corpus
from harness.http2_corpus.case import FIRST_NUMBER, GOOD, REPORT, Case
from harness.proxy import ProxyProcess, write_policy
from harness.recorded_requests import RecordedRequests
from harness.recording_upstream import RecordingUpstream
from harness.rig import eventually
from harness.usage_reports import PATH, number_of, recorded_number, usage_report

CASES = corpus()
_BYSTANDER = "127.0.0.1"
_WITHOUT = Path(__file__).parents[1] / "harness" / "launchers" / "without.py"


@dataclass(frozen=True)
class Run:
    """The corpus, sent. By the name of the case: what the client saw, what arrived on each connection, what was
    recorded. ``bystander``: the statuses that another client got, one after each case."""

    answers: Mapping[str, Answers]
    arrived: Mapping[str, Sequence[bytes]]
    entries: Mapping[str, Sequence[dict[str, Any]]]
    bystander: Sequence[int]
    home: Home
    stderr: str

    @property
    def recorded(self) -> RecordedRequests:
        return RecordedRequests(self.home)

    def of(self, case: Case, kind: str) -> list[dict[str, Any]]:
        return [entry for entry in self.entries[case.name] if entry["type"] == kind]

    def messages(self, case: Case) -> list[Message]:
        """What arrived, as a strict reader sees it; in no order, for each has a connection of its own."""
        return [message for data in self.arrived[case.name] for message in strict(data)]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    directory = tmp_path_factory.mktemp("frames")
    with RecordingUpstream(directory) as upstream:
        policy = write_policy(directory, None, mode="observe", upstream=upstream.policy)
        with ProxyProcess(directory, policy) as proxy:
            descriptors = open_files(proxy)
            with Tunnel(proxy.address, proxy.home.ca_certificate) as bystander:
                answers, statuses = send_all(proxy, upstream, bystander)
            # Whatever a client did, its socket and those that were opened for it are given back.
            eventually(lambda: open_files(proxy) <= descriptors, seconds=20)
        assert proxy.stop() == 0
    arrived: dict[str, list[bytes]] = {case.name: [] for case in CASES}
    for connection in upstream.connections:
        if connection.label != _BYSTANDER:
            arrived[connection.label].append(bytes(connection.data))
    names = {address(index): case.name for index, case in enumerate(CASES)}
    entries: dict[str, list[dict[str, Any]]] = {name: [] for name in (*arrived, _BYSTANDER)}
    for entry in proxy.entries():
        if entry["type"] in ("intent", "refusal"):
            entries[names.get(entry["source"].partition(":")[0], _BYSTANDER)].append(entry)
    return Run(answers, arrived, entries, statuses, proxy.home, proxy.stderr)


def open_files(proxy: ProxyProcess) -> int:
    return len(list(Path(f"/proc/{proxy.pid}/fd").iterdir()))


def address(index: int) -> str:
    """A loopback address for each case: ports come back, and a record names its sender."""
    return f"127.2.{index // 250}.{index % 250 + 1}"


def send_all(
    proxy: ProxyProcess, upstream: RecordingUpstream, bystander: Tunnel
) -> tuple[dict[str, Answers], list[int]]:
    context = h2_context(proxy.home.ca_certificate)
    numbers = iter(range(FIRST_NUMBER + 1, 10 * FIRST_NUMBER))
    answers, statuses = {}, []
    upstream.label = _BYSTANDER
    statuses.append(bystander.send(PATH, usage_report(0)).status)  # its connection upstream is kept from here on
    for index, case in enumerate(CASES):
        upstream.label = case.name
        with FrameClient(proxy.address, context, source=address(index)) as client:
            client.send(case.begins + numbered(case.data, numbers))
            if case.closes:
                client.read_until(lambda: False)
            elif case.fence:
                client.settle(*dict(case.statuses), *case.resets)
        answers[case.name] = client.answers
        statuses.append(bystander.send(PATH, usage_report(index)).status)
        if case.cut_off:
            eventually(lambda: not unsettled(proxy), seconds=20)  # nothing of it arrives under the name of the next
    return answers, statuses


def unsettled(proxy: ProxyProcess) -> set[str]:
    """The intents that have no outcome yet."""
    entries = proxy.entries()
    ended = {entry["id"] for entry in entries if entry["type"] == "outcome"}
    return {entry["id"] for entry in entries if entry["type"] == "intent"} - ended


def numbered(data: bytes, numbers: Iterator[int]) -> bytes:
    """Each usage report in ``data`` gets a number of its own, of the same length."""
    first, *others = data.split(REPORT)
    return first + b"".join(
        REPORT.replace(b"%d" % FIRST_NUMBER, b"%d" % number) + other
        for other, number in zip(others, numbers, strict=False)
    )


def test_corpus_is_large_and_most_of_it_is_refused() -> None:
    assert sum(bool(case.refused) for case in CASES) >= 300
    assert sum(bool(case.forwarded) for case in CASES) >= 60


def test_every_case_is_answered_as_the_corpus_says(run: Run) -> None:
    wrong = []
    for case in CASES:
        got = run.answers[case.name]
        answered = tuple(sorted(got.statuses.items()))
        if got.closed != case.closes or (not case.cut_off and answered != case.statuses):
            wrong.append((case.name, got))
        if not set(case.resets) <= set(got.resets):
            wrong.append((case.name, got))
    assert wrong == []


def test_every_request_has_one_record_that_names_the_reason(run: Run) -> None:
    wrong = []
    for case in CASES:
        refused = Counter(entry["reason_code"] for entry in run.of(case, "refusal"))
        cut_off = (refused - Counter(case.refused)).total() + len(run.of(case, "intent")) - case.forwarded
        if Counter(case.refused) - refused or cut_off != case.cut_off:
            wrong.append((case.name, len(run.of(case, "intent")), refused))
    assert wrong == []


def test_what_is_refused_opens_no_connection(run: Run) -> None:
    opened = {case.name: len(run.arrived[case.name]) for case in CASES if not case.cut_off}
    assert opened == {case.name: case.forwarded for case in CASES if not case.cut_off}


def test_what_is_taken_back_arrives_only_with_an_intent(run: Run) -> None:
    cut_off = [case for case in CASES if case.cut_off]
    assert len(cut_off) > 10
    for case in cut_off:
        arrived = [data for data in run.arrived[case.name] if data]
        intents = run.of(case, "intent")
        assert len(arrived) <= len(intents)
        assert all(any(run.recorded.agrees(intent, plain(strict(data)[0])) for intent in intents) for data in arrived)


def test_what_arrived_is_what_was_recorded(run: Run) -> None:
    wrong = []
    for case in CASES:
        if case.cut_off:
            continue
        messages, intents = run.messages(case), run.of(case, "intent")
        if len(messages) > 1:  # each report has a number of its own
            messages.sort(key=lambda message: number_of(message.body))
            intents.sort(key=lambda intent: recorded_number(run.home, intent))
        if len(messages) != len(intents) or not all(map(run.recorded.agrees, intents, map(plain, messages))):
            wrong.append((case.name, messages, intents))
    assert wrong == []


def plain(message: Message) -> Message:
    """With the host as a record has it: without the dot at its end."""
    headers = tuple((name, value.removesuffix(b".") if name == b"host" else value) for name, value in message.headers)
    return dataclasses.replace(message, headers=headers)


def test_headers_that_arrived_are_those_that_were_sent(run: Run) -> None:
    wrong = []
    for case in CASES:
        for message in [] if case.cut_off else run.messages(case):
            if sorted(message.headers) != sorted(in_http1(case.fields or GOOD, len(message.body))):
                wrong.append((case.name, message.headers))
    assert wrong == []


def in_http1(fields: Sequence[tuple[bytes, bytes]], length: int) -> list[tuple[bytes, bytes]]:
    """The headers of a request as they have to be in HTTP/1 (RFC 9113 §8.3.1, §8.2.3; RFC 9112 §6.3)."""
    given = dict(fields)
    headers = [(name, value) for name, value in fields if not name.startswith(b":") and name != b"cookie"]
    if b"host" not in given:
        headers.append((b"host", given[b":authority"]))
    if b"content-length" not in given and length:
        headers.append((b"content-length", b"%d" % length))
    crumbs = [value for name, value in fields if name == b"cookie"]
    return [*headers, *([(b"cookie", b"; ".join(crumbs))] if crumbs else [])]


def test_what_arrived_is_the_same_to_every_lenient_reader(run: Run) -> None:
    wrong = [
        (case.name, habits)
        for case in CASES
        for data in run.arrived[case.name]
        for habits in all_habits()
        if lenient(data, habits) != strict(data)
    ]
    assert wrong == []


def test_another_client_is_served_after_each_case(run: Run) -> None:
    assert run.bystander == [200] * (len(CASES) + 1)


def test_nothing_of_it_is_a_defect_to_the_proxy_or_quoted(run: Run) -> None:
    assert "Traceback" not in run.stderr
    assert "defect" not in run.stderr
    assert "x-upper" not in run.stderr.lower()  # what is no header is not quoted


def test_without_the_guard_these_would_leave_or_go_on(tmp_path: Path) -> None:
    """The control: these tests do see what they look for."""
    by_name = {case.name: case for case in CASES}
    with RecordingUpstream(tmp_path) as upstream:
        policy = write_policy(tmp_path, None, mode="observe", upstream=upstream.policy)
        with ProxyProcess(tmp_path, policy, launcher=(str(_WITHOUT), "http2")) as proxy:
            context = h2_context(proxy.home.ca_certificate)
            for number, name in enumerate(("length and the end of the stream", "length and empty trailers"), 1):
                with FrameClient(proxy.address, context) as client:
                    client.send(by_name[name].begins + by_name[name].data)
                    eventually(lambda: sum(bool(each.data) for each in upstream.connections) == number, seconds=20)  # noqa: B023 - not kept
            for name in ("11,000 pings", "1,000 requests that are taken back", "a head that never ends"):
                with FrameClient(proxy.address, context) as client:
                    client.send(by_name[name].begins + by_name[name].data)
                    if by_name[name].fence:
                        assert not client.settle().closed
        assert len(proxy.entries("refusal")) == 1_000  # none for the head
    for connection in upstream.connections:
        with pytest.raises(Unreadable):
            strict(bytes(connection.data))
