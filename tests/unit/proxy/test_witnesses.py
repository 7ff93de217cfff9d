"""Witnesses are asked beside the trail, never in its way; a quorum's result is durable, and its absence is told."""

import logging
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from beacon_audit.demo.certificates import issue
from beacon_audit.errors import UsageError
from beacon_audit.policy import Policy, Witnessing, WitnessServer
from beacon_audit.proxy.witness import Witness
from beacon_audit.proxy.witnesses import Witnesses
from beacon_audit.trail import TrailWriter
from beacon_audit.trail.cosignature import parse_witness_key
from beacon_audit.trail.note import parse_note, signed_by
from beacon_audit.trail.verify.layout import Stray, walk
from beacon_audit.trail.witnessed_file import WITNESSED
from harness import witness_faults as faults
from harness.policies import policy_with
from harness.trail import SIGNER, Trail
from harness.witness import Reply, SimulatedWitness

ORIGIN = SIGNER.verifier.name
LOGS = {ORIGIN: SIGNER.verifier.public}


@pytest.fixture
def trail(tmp_path: Path) -> Iterator[Trail]:
    home = tmp_path / "home"
    for directory in (home, home / "trail", home / "payloads"):
        directory.mkdir()
    trail = Trail(home)
    yield trail
    for writer in trail.opened:
        writer.close()


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[list[SimulatedWitness]]:
    with ExitStack() as started:
        yield [
            started.enter_context(
                SimulatedWitness(tmp_path / f"{number}.json", LOGS, name=f"witness.example/w{number}")
            )
            for number in range(3)
        ]


@pytest.fixture
def opened() -> Iterator[Callable[[Witnesses], Witnesses]]:
    """Closes what it is given."""
    given: list[Witnesses] = []

    def keep(witnesses: Witnesses) -> Witnesses:
        given.append(witnesses)
        return witnesses

    yield keep
    for witnesses in given:
        witnesses.close()


type Opened = Callable[[Witnesses], Witnesses]


def policy(*servers: SimulatedWitness, quorum: int = 1, refuse_after_s: float | None = None) -> Policy:
    named = tuple(WitnessServer(server.url, server.vkey) for server in servers)
    return policy_with(witnesses=Witnessing(named, quorum, refuse_after_s))


def eventually(condition: Callable[[], object], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.01)


def add(writer: TrailWriter) -> int:
    """One more entry; the size of the log with it."""
    entry = {"type": "refusal", "id": "one", "time": "2025-10-01T00:00:00Z"}
    return writer.submit(entry).result().index + 1


def size_of(note: bytes) -> int:
    return int(note.split(b"\n")[1])


def grown(writer: TrailWriter) -> bytes:
    size = add(writer)
    eventually(lambda: size_of(writer.checkpoint) >= size)
    return writer.checkpoint


def stored(trail: Trail) -> bytes:
    path = trail.directory / WITNESSED
    return path.read_bytes() if path.exists() else b""


def stored_size(trail: Trail) -> int:
    return size_of(stored(trail)) if stored(trail) else -1


def names(trail: Trail) -> list[str]:
    return [line.name for line in parse_note(stored(trail)).signatures]


# --- what is stored -------------------------------------------------------------------------------------------------


def test_cosigned_checkpoint_is_stored_and_can_be_verified(
    trail: Trail, servers: list[SimulatedWitness], opened: Opened
) -> None:
    writer = trail.open()
    witnesses = opened(Witnesses.of(policy(servers[0]), trail.directory))
    note = grown(writer)
    witnesses.start(note)
    eventually(lambda: stored_size(trail) == 1)
    assert stored(trail).startswith(note)
    assert signed_by(parse_note(stored(trail)), SIGNER.verifier)
    assert signed_by(parse_note(stored(trail)), parse_witness_key(servers[0].vkey))
    assert [found for found in walk(trail.directory) if isinstance(found, Stray)] == []


def test_it_follows_a_log_whose_writer_hands_it_every_checkpoint(
    trail: Trail, servers: list[SimulatedWitness], opened: Opened
) -> None:
    trail.open().close()
    witnesses = opened(Witnesses.of(policy(*servers, quorum=3), trail.directory))
    writer = TrailWriter.open(
        trail.directory,
        trail.payloads,
        signer=SIGNER,
        new_id=lambda: "id",
        now=lambda: "2025-10-02T00:00:00Z",
        on_checkpoint=witnesses.offer,
        publish_s=0.02,
    )
    trail.opened.append(writer)
    witnesses.start(writer.checkpoint)
    for _ in range(300):
        size = add(writer)
    writer.close()
    witnesses.close(wait_s=10)
    assert stored_size(trail) == size == 300
    assert names(trail) == [ORIGIN, *(server.name for server in servers)]
    assert [server.cosigned(ORIGIN) for server in servers] == [300, 300, 300]
    assert [server.busiest for server in servers] == [1, 1, 1], "one request at a time"


def test_quorum_is_needed_and_the_cosignatures_of_the_rest_are_added(
    trail: Trail, servers: list[SimulatedWitness], opened: Opened
) -> None:
    servers[2].misbehaviour = faults.slow(0.5)
    writer = trail.open()
    witnesses = opened(Witnesses.of(policy(*servers, quorum=2), trail.directory))
    witnesses.start(grown(writer))
    eventually(lambda: stored(trail))
    assert names(trail) == [ORIGIN, servers[0].name, servers[1].name]
    eventually(lambda: len(names(trail)) == 4)


def test_less_than_a_quorum_is_nothing(trail: Trail, servers: list[SimulatedWitness], opened: Opened) -> None:
    servers[1].misbehaviour = faults.status(500)
    servers[2].misbehaviour = faults.wrong_signature
    writer = trail.open()
    witnesses = opened(Witnesses.of(policy(*servers, quorum=2), trail.directory))
    witnesses.start(grown(writer))
    eventually(lambda: servers[1].requests and servers[2].requests and servers[0].cosigned(ORIGIN) == 1)
    time.sleep(0.1)
    assert not stored(trail)


def test_dead_witness_is_not_needed_when_the_others_are_a_quorum(
    trail: Trail, servers: list[SimulatedWitness], opened: Opened
) -> None:
    servers[1].misbehaviour = faults.silent
    writer = trail.open()
    witnesses = opened(Witnesses.of(policy(*servers, quorum=2), trail.directory))
    witnesses.start(grown(writer))
    for size in (2, 3, 4):
        eventually(lambda size=size: stored_size(trail) == size - 1)  # type: ignore[misc]
        witnesses.offer(grown(writer))
    eventually(lambda: stored_size(trail) == 4)
    assert names(trail) == [ORIGIN, servers[0].name, servers[2].name]
    assert len(servers[1].requests) == 1


def test_newest_checkpoint_is_asked_about_and_those_between_are_not(
    trail: Trail, servers: list[SimulatedWitness], opened: Opened
) -> None:
    gate = threading.Event()

    def held(witness: SimulatedWitness, body: bytes) -> Reply:
        gate.wait(10)
        return witness.answer(body)

    servers[0].misbehaviour = held
    writer = trail.open()
    witnesses = opened(Witnesses.of(policy(servers[0]), trail.directory))
    witnesses.start(grown(writer))
    eventually(lambda: servers[0].requests)
    for _ in range(5):
        witnesses.offer(grown(writer))
    gate.set()
    eventually(lambda: stored_size(trail) == 6)
    assert [request.split(b"\n")[0] for request in servers[0].requests] == [b"old 0", b"old 1"]


def test_after_a_restart_it_goes_on(trail: Trail, servers: list[SimulatedWitness], opened: Opened) -> None:
    for size in (1, 2):
        writer = trail.open()
        witnesses = opened(Witnesses.of(policy(servers[0]), trail.directory))
        witnesses.start(grown(writer))
        eventually(lambda size=size: stored_size(trail) == size)  # type: ignore[misc]
        writer.close()
        witnesses.close()
    assert [request.split(b"\n")[0] for request in servers[0].requests] == [b"old 0", b"old 0", b"old 1"]


# --- never in the way -----------------------------------------------------------------------------------------------


def test_trail_is_not_held_up_by_a_witness_that_hangs_or_a_disk_that_does(
    trail: Trail, servers: list[SimulatedWitness], opened: Opened
) -> None:
    servers[1].misbehaviour = faults.silent
    writing, go_on = threading.Event(), threading.Event()

    def slow_disk(_note: bytes) -> None:
        writing.set()
        go_on.wait(10)

    note = grown(trail.open())
    asked = [
        Witness(WitnessServer(server.url, server.vkey), trail.directory, ssl.create_default_context())
        for server in servers[:2]
    ]
    witnesses = opened(Witnesses(asked, quorum=1, refuse_after_s=0.001, keep=slow_disk))
    witnesses.start(note)
    assert writing.wait(10)
    began = time.monotonic()
    for _ in range(1000):
        witnesses.offer(note)
        witnesses.stale()
    assert time.monotonic() - began < 4
    go_on.set()


def test_closing_waits_for_the_last_checkpoint_and_not_for_ever(
    trail: Trail, servers: list[SimulatedWitness], opened: Opened
) -> None:
    writer = trail.open()
    servers[0].misbehaviour = faults.slow(0.3)
    witnesses = opened(Witnesses.of(policy(servers[0]), trail.directory))
    witnesses.start(grown(writer))
    witnesses.close(wait_s=10)
    assert stored_size(trail) == 1
    servers[0].misbehaviour = faults.silent
    witnesses = opened(Witnesses.of(policy(servers[0]), trail.directory))
    witnesses.start(grown(writer))
    began = time.monotonic()
    witnesses.close(wait_s=0.2)
    assert time.monotonic() - began < 4


def test_nothing_is_written_after_it_is_closed(trail: Trail, servers: list[SimulatedWitness], opened: Opened) -> None:
    servers[0].misbehaviour = faults.slow(0.3)
    witnesses = opened(Witnesses.of(policy(servers[0]), trail.directory))
    witnesses.start(grown(trail.open()))
    eventually(lambda: servers[0].requests)
    witnesses.close()
    eventually(lambda: servers[0].cosigned(ORIGIN) == 1)
    time.sleep(0.2)
    assert not stored(trail)


def test_without_witnesses_nothing_happens(trail: Trail, opened: Opened) -> None:
    before = threading.active_count()
    writer = trail.open()
    running = threading.active_count()
    witnesses = opened(Witnesses.of(policy_with(), trail.directory))
    witnesses.start(grown(writer))
    assert threading.active_count() == running > before
    assert witnesses.stale() is None
    began = time.monotonic()
    witnesses.close(wait_s=5)
    assert time.monotonic() - began < 4


# --- how long is too long -------------------------------------------------------------------------------------------


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_time_counts_from_the_start(trail: Trail, servers: list[SimulatedWitness]) -> None:
    clock = Clock()
    witnesses = Witnesses.of(policy(*servers, quorum=2, refuse_after_s=60), trail.directory, clock)
    assert witnesses.stale() is None
    clock.now += 60
    assert witnesses.stale() is None
    clock.now += 0.1
    reason = witnesses.stale()
    assert reason is not None
    assert "no quorum of witnesses (2 of 3)" in reason
    assert "60 s (witnesses.refuse_after_s)" in reason


def test_time_counts_from_the_last_quorum(trail: Trail, servers: list[SimulatedWitness], opened: Opened) -> None:
    clock = Clock()
    writer = trail.open()
    witnesses = opened(Witnesses.of(policy(servers[0], refuse_after_s=60), trail.directory, clock))
    clock.now += 100
    assert witnesses.stale() is not None
    witnesses.start(grown(writer))
    eventually(lambda: witnesses.stale() is None)
    assert stored_size(trail) == 1
    clock.now += 61
    servers[0].misbehaviour = faults.status(500)
    witnesses.offer(grown(writer))
    eventually(lambda: len(servers[0].requests) == 2)
    assert witnesses.stale() is not None, "an answer that is no cosignature does not count"


def test_traffic_that_goes_on_anyway_is_the_default(trail: Trail, servers: list[SimulatedWitness]) -> None:
    clock = Clock()
    witnesses = Witnesses.of(policy(servers[0]), trail.directory, clock)
    clock.now += 1e9
    assert witnesses.stale() is None


def test_idle_log_stays_fresh_while_its_witnesses_answer_and_no_longer(
    trail: Trail, servers: list[SimulatedWitness], opened: Opened
) -> None:
    witnesses = opened(Witnesses.of(policy(servers[0], refuse_after_s=0.9), trail.directory))
    witnesses.start(grown(trail.open()))
    eventually(lambda: stored(trail))
    end = time.monotonic() + 2.5
    while time.monotonic() < end:
        assert witnesses.stale() is None
        time.sleep(0.02)
    assert 6 <= len(servers[0].requests) <= 12
    servers[0].misbehaviour = faults.aborted
    eventually(lambda: witnesses.stale() is not None, 3)
    servers[0].misbehaviour = None
    eventually(lambda: witnesses.stale() is None)


def test_result_that_could_not_be_stored_is_no_quorum(
    trail: Trail, servers: list[SimulatedWitness], opened: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    def full_disk(_note: bytes) -> None:
        raise OSError(28, "No space left on device")

    note = grown(trail.open())
    clock = Clock()
    asked = Witness(WitnessServer(servers[0].url, servers[0].vkey), trail.directory, ssl.create_default_context())
    witnesses = opened(Witnesses([asked], quorum=1, refuse_after_s=60, keep=full_disk, clock=clock))
    clock.now += 61
    witnesses.start(note)
    eventually(lambda: "No space left" in caplog.text)
    assert witnesses.stale() is not None


# --- what is told ---------------------------------------------------------------------------------------------------


def test_failure_is_a_line_without_the_answer_and_its_end_is_told(
    trail: Trail, servers: list[SimulatedWitness], opened: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    servers[0].misbehaviour = faults.garbage
    witnesses = opened(Witnesses.of(policy(servers[0]), trail.directory))
    witnesses.start(grown(trail.open()))
    eventually(lambda: "did not cosign" in caplog.text)
    servers[0].misbehaviour = None
    eventually(lambda: "cosigns again" in caplog.text)
    assert faults.MARK not in caplog.text
    assert "\x1b" not in caplog.text
    [line] = [record for record in caplog.records if "did not cosign" in record.getMessage()]
    assert line.levelno == logging.WARNING
    assert line.getMessage().startswith(f"witness {servers[0].name} did not cosign the audit trail: signed note")


def test_witness_that_has_seen_another_history_is_an_error(
    trail: Trail, servers: list[SimulatedWitness], opened: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    servers[0].misbehaviour = faults.conflict("9")
    witnesses = opened(Witnesses.of(policy(servers[0]), trail.directory))
    witnesses.start(grown(trail.open()))
    eventually(lambda: "rolled back" in caplog.text)
    assert {record.levelno for record in caplog.records if "rolled back" in record.getMessage()} == {logging.ERROR}


def test_defect_does_not_end_the_thread(
    trail: Trail, servers: list[SimulatedWitness], opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    witnesses = opened(Witnesses.of(policy(servers[0]), trail.directory))
    with monkeypatch.context() as broken:
        broken.setattr(Witness, "_request", lambda *_: 1 // 0)
        witnesses.start(grown(trail.open()))
        time.sleep(0.2)
    eventually(lambda: stored(trail))


# --- offline --------------------------------------------------------------------------------------------------------


def test_witnesses_are_not_contacted_in_offline_mode_whatever_made_the_policy(
    trail: Trail, servers: list[SimulatedWitness]
) -> None:
    with pytest.raises(UsageError, match="offline"):
        Witnesses.of(replace(policy(servers[0]), mode="offline"), trail.directory)
    assert servers[0].connections == 0


def test_certificates_that_cannot_be_used_are_refused_at_the_start(
    trail: Trail, servers: list[SimulatedWitness], tmp_path: Path
) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    settings = replace(policy(servers[0]).witnesses, ca_file=tmp_path / "ca.pem")
    with pytest.raises(UsageError, match=r"witnesses\.ca_file"):
        Witnesses.of(policy_with(witnesses=settings), trail.directory)


def test_only_a_witness_with_a_certificate_of_the_named_authority_is_asked(
    trail: Trail, tmp_path: Path, opened: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    certificate = issue(["localhost"])
    (tmp_path / "chain.pem").write_bytes(certificate.chain)
    (tmp_path / "ca.pem").write_bytes(certificate.authority)
    note = grown(trail.open())
    with SimulatedWitness(tmp_path / "state", LOGS, chain=tmp_path / "chain.pem") as server:
        settings = policy(server).witnesses
        opened(Witnesses.of(policy_with(witnesses=settings), trail.directory)).start(note)
        eventually(lambda: "certificate verify failed" in caplog.text)
        assert server.requests == []
        named = replace(settings, ca_file=tmp_path / "ca.pem")
        opened(Witnesses.of(policy_with(witnesses=named), trail.directory)).start(note)
        eventually(lambda: stored_size(trail) == 1)
