"""A license that was seen once is found in nothing that is written, wherever and however it comes again.

A random value goes through a real proxy process at its most talkative (``--log-level debug``), in every position of a
request and of a response and in every listed form. Then everything that the proxy left behind is searched with an eye
of the tests' own (``harness.leak_search``): files below HOME, unpacked too; stdout and stderr; the bodies of refusals;
the output of ``log`` and ``show``. The control at the end shows that the eye sees, when the proxy is made blind.
"""

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import harness
from beacon_audit.cli import main
from beacon_audit.demo.answers import Behaviour
from beacon_audit.demo.beacon import SimulatedBeacon
from beacon_audit.redaction import Tokens
from harness.canary_positions import (
    DOCUMENTED,
    FREE_TEXT,
    IN_REQUESTS,
    IN_SECRETS,
    UNANSWERED,
    Position,
    answers_with,
)
from harness.client import Answer
from harness.correspondent import Correspondent
from harness.http2_client import Field, fields, post
from harness.leak_search import files_below, leaks_in
from harness.proxy import ProxyProcess, write_policy
from harness.spellings import ALL_SPELLINGS, awkward_secret, random_secret

LAUNCHER = Path(harness.__file__).parent / "launchers" / "canary.py"
#: What a client is told by us, and not by the upstream.
OURS = frozenset({400, 403, 408, 413, 431, 502, 503})


@dataclass
class Stage:
    """``told`` collects what clients were told: name of the position and spelling, and the whole answer."""

    beacon: SimulatedBeacon
    proxy: ProxyProcess
    client: Correspondent
    switch: Path
    told: dict[str, bytes] = field(default_factory=dict)

    def send(self, positions: Mapping[str, Position], value: str, spellings: Sequence[str]) -> None:
        """``value`` in every position, spelled in every way."""
        for name, position in positions.items():
            for spelling in spellings:
                answer = position(self.client, ALL_SPELLINGS[spelling](value))
                self.hear(f"{name}, {spelling}", answer)
                assert answer is not None or spelling != "plain" or name in UNANSWERED, name

    def echo(self, value: str, hands: int, asked_with: str | None = None) -> None:
        """``value`` in every position of a response to a documented request, with ``asked_with`` or the same as its
        license; plain, and a share of the spellings."""
        for number, spelling in enumerate(ALL_SPELLINGS):
            for place, (name, response) in enumerate(answers_with(ALL_SPELLINGS[spelling](value))):
                if spelling == "plain" or (number + place) % hands == 0:
                    self.beacon.behaviour = Behaviour(raw=response)
                    answer = DOCUMENTED["license field"](self.client, asked_with or value)
                    self.hear(f"answer with {name}, {spelling}", answer)
        self.beacon.behaviour = Behaviour()

    def hear(self, name: str, answer: Answer | None) -> None:
        if answer is not None and answer.status in OURS:
            self.told[name] = json.dumps(dict(answer.headers)).encode() + answer.body

    def leaks(self, value: str) -> list[str]:
        """Where ``value`` stands in anything that was written or told."""
        streams = {"stdout": self.proxy.stdout_path.read_bytes(), "stderr": self.proxy.stderr_path.read_bytes()}
        return leaks_in(value, {**files_below(self.proxy.home.path), **streams, **self.told})


@contextmanager
def running(directory: Path, *, launcher: str = "", canary: str = "", in_environment: str = "") -> Iterator[Stage]:
    """A proxy at its most talkative. Ends before what it wrote is looked at."""
    switch = directory / "fault"
    environment = {"BEACON_AUDIT_TEST_FAULT": str(switch), "BEACON_AUDIT_TEST_CANARY": canary}
    if in_environment:
        environment["LANGSMITH_LICENSE_KEY"] = in_environment
    with SimulatedBeacon(directory) as beacon:
        proxy = ProxyProcess(
            directory,
            write_policy(directory, beacon),
            arguments=["--log-level", "debug"],
            environment=environment,
            launcher=(str(LAUNCHER), launcher) if launcher else ("-m", "beacon_audit.cli"),
        )
        with proxy:
            client = Correspondent(proxy)
            yield Stage(beacon, proxy, client, switch)
            client.close()


def dealt(positions: Mapping[str, Position], hands: int) -> Iterator[tuple[dict[str, Position], list[str]]]:
    """Every position with plain and its share of the spellings, each spelling in every ``hands``-th position."""
    for number, (name, position) in enumerate(positions.items()):
        yield {name: position}, ["plain", *list(ALL_SPELLINGS)[number % hands :: hands]]


def printed(stage: Stage, capsys: pytest.CaptureFixture[str]) -> dict[str, bytes]:
    """What ``log`` and ``show`` say of what was recorded."""
    home = str(stage.proxy.home.path)
    found = {}
    records = [entry["id"] for entry in stage.proxy.entries() if entry["type"] in ("intent", "refusal")]
    shown = [("show", record) for record in records[:: max(1, len(records) // 5)]]
    for command in (("log",), *shown):
        for form in ((), ("--json",)):
            assert main([*command, "--home", home, *form]) == 0
            captured = capsys.readouterr()
            found[" ".join((*command, *form))] = (captured.out + captured.err).encode()
    return found


def test_license_of_a_documented_field_is_found_in_nothing_that_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    value = random_secret()
    with running(tmp_path) as stage:
        stage.send({"license field": DOCUMENTED["license field"]}, value, ["plain"])
        for positions, spellings in dealt(IN_REQUESTS, hands=6):
            stage.send(positions, value, spellings)
        stage.echo(value, hands=9)
        stage.send(IN_SECRETS, value, ["plain", "surrounded", "percent", "base64-1", "repr-of-bytes"])
    assert len(stage.told) > len(IN_REQUESTS) * len(ALL_SPELLINGS) / 7
    assert stage.leaks(value) == []
    assert leaks_in(value, printed(stage, capsys)) == []
    [token] = {entry["license"] for entry in stage.proxy.entries("intent")[:1]}
    assert token == Tokens(stage.proxy.home.token_key()).token("license", value)


@pytest.mark.parametrize("learned", ["environment", "license header"])
def test_license_learned_elsewhere_is_found_in_nothing_that_is_written(tmp_path: Path, learned: str) -> None:
    value = awkward_secret() if learned == "environment" else random_secret()
    with running(tmp_path, in_environment=value if learned == "environment" else "") as stage:
        if learned != "environment":
            stage.send({learned: DOCUMENTED[learned]}, value, ["plain"])
        for positions, spellings in dealt(IN_REQUESTS, hands=10):
            stage.send(positions, value, spellings)
        stage.echo(value, hands=24)
    assert stage.leaks(value) == []


def in_http_2(value: str) -> Iterator[tuple[list[Field], list[Field]]]:
    """Fields and trailers of requests with ``value`` in every place that HTTP/2 has one for."""
    spelled = value.encode()
    path = "/v1/beacon/verify"
    for place in ("method", "scheme", "authority"):
        yield fields(path, **{place: value}), []
    yield fields(f"/{value}"), []
    yield [*fields(path), (b"x-other", spelled)], []
    yield [*fields(path), (spelled.lower(), b"1")], []
    yield [*fields(path), (spelled, b"1")], []
    yield [*fields(path), (b"host", spelled)], []
    yield [*fields(path), (b":unknown", spelled)], []
    yield [*fields(path), (b"content-length", spelled)], []
    yield fields(path), [(b"x-trailer", spelled)]


def test_license_is_found_in_nothing_that_is_written_when_it_comes_by_http_2(tmp_path: Path) -> None:
    value = random_secret()
    answered = 0
    with running(tmp_path, in_environment=value) as stage:
        for spelling in ("plain", "upper-case", "percent", "base64-1", "json-some", "line-break-inside"):
            for sent, trailers in in_http_2(ALL_SPELLINGS[spelling](value)):
                with contextlib.suppress(OSError):
                    answered += post(stage.proxy, sent, b'{"license": "lcl_x"}', trailers) is not None
    assert answered > 20
    assert stage.leaks(value) == []


def test_value_that_nobody_ever_learned_is_written_nowhere_but_out_of_free_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not out of the name of anything either: of a member, an attribute, a span, a path, a method, a host."""
    value = random_secret()
    positions = {name: position for name, position in IN_REQUESTS.items() if name not in FREE_TEXT}
    with running(tmp_path) as stage:
        for some, spellings in dealt(positions, hands=6):
            stage.send(some, value, spellings)
        stage.echo(value, hands=18, asked_with="lcl_of_somebody_honest")
    assert len(stage.proxy.entries("refusal")) >= len(positions)
    assert stage.leaks(value) == []
    assert leaks_in(value, printed(stage, capsys)) == []


def test_token_of_a_license_verification_is_found_in_nothing_that_is_written(tmp_path: Path) -> None:
    token = ".".join((random_secret(24), random_secret(60), random_secret(30)))
    with running(tmp_path) as stage:
        stage.beacon.behaviour = Behaviour(body=json.dumps({"token": token}).encode())
        stage.send({"license field": DOCUMENTED["license field"]}, "lcl_of_the_verification", ["plain"])
        stage.beacon.behaviour = Behaviour()
        for positions, spellings in dealt(IN_REQUESTS, hands=16):
            stage.send(positions, token, spellings)
    assert stage.leaks(token) == []


#: Where something can fail, and what to send so that it does.
FAILING = {
    "http_connect": "header value",
    "unreadable_request": "header without a colon",
    "tls_failed_client": "broken ClientHello",
    "client_disconnected": "path",
    "requestheaders": "header value",
    "request": "header value",
    "server_connect": "license field",
    "response": "license field",
    "error": "chunk size",
    "request_of": "header value",
    "judge": "undocumented name",
    "admit": "undocumented name",
    "settle": "license field",
    "record": "path",
    "request_fields": "attribute value",
    "next_layer": "host",
    "certificate": "host",
    "dial": "license field",
    "noise": "header value",
}


def fail_everywhere(stage: Stage, value: str, places: Sequence[str] = tuple(FAILING)) -> None:
    """Every place fails in its turn while ``value`` is sent, each with a connection of its own."""
    for place in places:
        stage.switch.write_text(place)
        # A connection that fails inside mitmproxy is not always closed.
        client = Correspondent(stage.proxy, timeout=0.5)
        stage.hear(f"{place} fails", {**IN_REQUESTS, **DOCUMENTED}[FAILING[place]](client, value))
        client.close()
        stage.switch.unlink()


@pytest.mark.parametrize("known", [True, False], ids=["learned", "never learned"])
def test_hooks_that_raise_with_the_value_in_their_message_write_it_nowhere(tmp_path: Path, known: bool) -> None:
    value = random_secret()
    with running(tmp_path, launcher="loud", canary=value, in_environment=value if known else "") as stage:
        if known:
            fail_everywhere(stage, value)
        else:
            # Not out of what a library says on purpose, nor out of what the system says of a connection (OSError).
            fail_everywhere(stage, "lcl_another", [place for place in FAILING if place not in ("noise", "dial")])
    assert "canary.py" in stage.proxy.stderr  # the frames are there, the messages are not
    assert stage.leaks(value) == []


def test_control_a_proxy_that_does_not_scrub_is_seen_to_leak(tmp_path: Path) -> None:
    value = random_secret()
    with running(tmp_path, launcher="deaf", canary=value, in_environment=value) as stage:
        stage.send({name: IN_REQUESTS[name] for name in FREE_TEXT}, value, ["plain"])
        fail_everywhere(stage, value)
    leaks = stage.leaks(value)
    assert "stderr" in leaks
    assert any(name.startswith("trail/") for name in leaks), leaks
    assert any(name.startswith("payloads/") for name in leaks), leaks


@pytest.mark.parametrize("spelling", ALL_SPELLINGS)
def test_every_form_is_seen_by_the_search_of_these_tests(spelling: str) -> None:
    for value in (random_secret(), awkward_secret()):
        text = f'2025-10-02 12:00:00 WARNING a line with "{ALL_SPELLINGS[spelling](value)}" in it\n'.encode()
        assert leaks_in(value, {"text": text}) == ["text"]
        assert leaks_in(random_secret(), {"text": text}) == []
