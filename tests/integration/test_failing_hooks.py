"""Every hook, and every call behind one, fails in every way that Python has: nothing leaves that is not on record.

The table names every hook method of every addon of the chain, and every coroutine that they wait in; one that is added
later fails the first two tests until it has a row. Each row says by what a client makes it run and how far a request
may get when it fails:

- ``IN``: no connection upstream is opened;
- ``OUT``: the request has its intent, and no byte of it leaves;
- ``BACK``: it was sent and has its intent; what Beacon answered stays here;
- ``FREE``: nothing hangs on it. A request may be served, on record like any other.

A failure strikes once (``launchers/failing_hooks.py``). Meanwhile another client is served, also while a hook hangs.
What ends the process is followed by a new one, as a service manager would do.
"""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import pytest

from beacon_audit.cli import main
from harness.launchers.failing_hooks import places_behind
from harness.rig import eventually
from harness.struck import StruckRig, struck_rig
from harness.struck_clients import (
    Act,
    Victim,
    connects_elsewhere,
    is_cut_off,
    posts,
    posts_half,
    posts_what_is_refused,
    writes_no_http,
    writes_no_tls,
)
from harness.usage_reports import LICENSE

type Stage = Literal["IN", "OUT", "BACK", "FREE"]
type When = Literal["at once", "on arrival", "on leaving"]


@dataclass(frozen=True, slots=True)
class Row:
    """``when``: the failure is armed before the client acts, when its request is at Beacon, or before it leaves.
    ``waits``: it waits for something by itself, in which it can be cancelled."""

    place: str
    act: Act
    stage: Stage
    when: When = "at once"
    waits: bool = True

    def __str__(self) -> str:
        return f"{self.place}-{self.act.__name__}-{self.when.replace(' ', '-')}"


HOOKS = [
    Row("AuditAddon.client_connected", posts, "IN", waits=False),
    Row("AuditAddon.http_connect", posts, "IN", waits=False),
    Row("AuditAddon.http_connect", connects_elsewhere, "IN"),
    Row("AuditAddon.requestheaders", posts, "IN", waits=False),
    Row("AuditAddon.request", posts, "IN"),
    Row("AuditAddon.unreadable_request", writes_no_http, "IN"),
    Row("AuditAddon.tls_failed_client", writes_no_tls, "IN"),
    Row("AuditAddon.error", posts_half, "IN"),
    Row("AuditAddon.server_connect", posts, "OUT", waits=False),
    Row("AuditAddon.response", posts, "BACK"),
    Row("AuditAddon.error", is_cut_off, "BACK"),
    Row("AuditAddon.client_disconnected", posts, "FREE", "on leaving", waits=False),
    Row("NextLayer.next_layer", posts, "IN", waits=False),
    Row("TlsConfig.tls_clienthello", posts, "FREE", waits=False),  # it leaves what it is given as it is
    Row("TlsConfig.tls_start_client", posts, "IN", waits=False),
    Row("TlsConfig.tls_start_server", posts, "OUT", waits=False),
    Row("TlsConfig.request", posts, "FREE", waits=False),  # the audit has decided before
    Row("Proxyserver.server_connect", posts, "OUT", waits=False),
]
#: Hooks that run before there is a client.
AT_THE_START = (
    "Core.configure",
    "NextLayer.configure",
    "Proxyserver.configure",
    "Proxyserver.load",
    "Proxyserver.running",
    "TlsConfig.configure",
    "TlsConfig.load",
    "TlsConfig.running",
)
#: Hooks that nothing calls: there is no QUIC (``chain.PINNED``).
NEVER = ("TlsConfig.quic_start_client", "TlsConfig.quic_start_server")

BEHIND = [
    Row("AuditAddon._admit", posts, "IN"),
    Row("AuditAddon._refused_unread", writes_no_http, "IN"),
    Row("AuditAddon._record_error", posts_half, "IN"),
    Row("AuditAddon._record_error", is_cut_off, "BACK"),
    Row("AuditAddon._settle", posts, "BACK"),
    Row("Auditor._turn", posts, "IN", waits=False),
    Row("Auditor.admit", posts, "IN"),
    Row("Auditor._refuse", posts_what_is_refused, "IN"),
    Row("Auditor.refuse_unread", writes_no_tls, "IN"),
    Row("Auditor._write", posts, "IN"),
    Row("Auditor._write", posts, "BACK", "on arrival"),
    Row("Auditor.settle", posts, "BACK"),
    Row("Auditor.settle_failed", is_cut_off, "BACK"),
    Row("Auditor._close", posts, "BACK"),
    Row("Recorder.record", posts, "IN"),
    Row("Recorder.record", posts, "BACK", "on arrival"),
    Row("TrailWriter.submit", posts, "IN"),
    Row("TrailWriter.submit", posts, "BACK", "on arrival"),
    Row("GatedEventLoop.create_connection", posts, "OUT"),
    Row("GatedEventLoop._addresses", posts, "OUT"),
    Row("GatedEventLoop.sock_connect", posts, "OUT"),
]
#: What no client waits for.
NO_CLIENT = {
    "AuditAddon.report_floods": "a timer; integration/test_floods.py",
    "AuditAddon.cut_off": "a policy that becomes offline; integration/test_reload.py",
    "AuditAddon.finish": "the end; integration/test_drain.py",
    "Auditor.abandon": "runs only after another failure, which has a row",
    "Auditor.change_policy": "a reload; integration/test_reload.py",
    "Recorder.record_for_certain": "a reload; integration/test_reload.py",
}

RAISING = ("raises", "raises-base", "raises-halt", "raises-cancelled")
WAITING = ("hangs", "cancelled")
ENDING = ("raises-exit", "raises-interrupt")


def ways_to_fail(row: Row) -> tuple[str, ...]:
    """What is called and not awaited cannot wait, without holding up everybody."""
    if row.place == "TrailWriter.submit":
        return RAISING[:2]
    raising = RAISING if row in HOOKS else (RAISING[0], RAISING[-1])
    return (*raising, *WAITING, "cancelled-inside") if row.waits else (*raising, *WAITING)


CASES = [pytest.param(row, kind, id=f"{row}-{kind}") for row in (*HOOKS, *BEHIND) for kind in ways_to_fail(row)]


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StruckRig]:
    with struck_rig(tmp_path_factory.mktemp("hooks")) as made:
        yield made


def fail_once(rig: StruckRig, row: Row, kind: str) -> Victim:
    """The failure has struck this client; it has not left, unless that was what it did."""
    victim = Victim(rig, row.act)
    arm = partial(rig.arm, kind, row.place, victim=victim)
    if row.when == "on arrival":
        rig.beacon.on_arrival = arm
    elif row.when == "at once":
        arm()
    victim.start()
    if row.when == "on leaving":
        assert victim.ended()
        arm()
        victim.leave()
    rig.struck()
    return victim


def broken_law(rig: StruckRig, row: Row, victim: Victim, connections: int) -> str | None:
    """What must not be, seen from Beacon, from the trail and from the client. ``connections``: how many Beacon has had
    from this client."""
    arrived = victim.number in rig.beacon.arrived
    answered = victim.answer is not None and victim.answer.status < 400
    if rig.beacon.unrecorded:
        return "a request arrived before its intent was durable"
    if row.stage == "IN" and (connections or arrived):
        return "something was opened"
    if row.stage == "OUT" and arrived:
        return "the request was sent"
    if row.stage == "BACK" and not arrived:
        return "the request was not sent, so nothing was shown"
    if row.stage in ("IN", "OUT", "BACK") and answered:
        return "the client has Beacon's answer"
    if answered and rig.outcomes(victim.number) != ["sent"]:
        return "the client has an answer whose outcome is not on record"
    if arrived and "not_sent" in rig.outcomes(victim.number):
        return "what was sent is on record as not sent"
    return None


def test_table_has_every_hook_of_every_addon_of_the_chain(rig: StruckRig) -> None:
    assert sorted(rig.chain) == sorted({*(row.place for row in HOOKS), *AT_THE_START, *NEVER})


def test_table_has_everything_that_hooks_wait_for() -> None:
    assert sorted(places_behind()) == sorted({*(row.place for row in BEHIND), *NO_CLIENT})


@pytest.mark.parametrize(("row", "kind"), CASES)
def test_nothing_leaves_unrecorded_when_it_fails(rig: StruckRig, row: Row, kind: str) -> None:
    before, said = rig.beacon.connections, len(rig.proxy.stderr)
    with fail_once(rig, row, kind) as victim:
        assert rig.bystander() == 200
        if kind != "hangs":
            assert victim.ended(), "the client waits for ever"
        connections = rig.beacon.connections - before - 1
        assert broken_law(rig, row, victim, connections) is None
    assert rig.ends == []
    assert LICENSE not in rig.proxy.stderr[said:]  # what is raised quotes the request
    assert kind in ("hangs", "cancelled-inside") or row in BEHIND or "ERROR" in rig.proxy.stderr[said:]


def test_client_of_a_hook_that_hangs_can_leave_and_its_request_is_on_record(rig: StruckRig) -> None:
    with fail_once(rig, Row("AuditAddon.response", posts, "BACK"), "hangs") as victim:
        assert rig.bystander() == 200
        assert victim.waits
    eventually(lambda: rig.outcomes(victim.number) == ["unknown"])


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        pytest.param(row, kind, id=f"{row}-{kind}")
        for row in {row.place: row for row in HOOKS}.values()
        for kind in (ENDING if row.place == "AuditAddon.request" else ENDING[:1])
    ],
)
def test_proxy_that_a_hook_ends_says_so_and_has_sent_nothing_unrecorded(rig: StruckRig, row: Row, kind: str) -> None:
    before, said, ends = rig.beacon.connections, len(rig.proxy.stderr), len(rig.ends)
    with fail_once(rig, row, kind) as victim:
        rig.ready_again(ends + 1)
        assert victim.ended()
        assert broken_law(rig, row, victim, rig.beacon.connections - before) is None
    assert rig.ends[ends:] == [1]  # not 0, though that is what was raised: a service manager would leave it at that
    assert f"hook {row.place.partition('.')[2]} ends the process" in rig.proxy.stderr[said:]
    assert rig.bystander() == 200


def test_proxy_does_not_start_when_a_hook_of_its_start_fails(rig: StruckRig) -> None:
    """Each of them, one start after the other."""
    ends = len(rig.ends)
    rig.arm("raises", *AT_THE_START)
    end_one(rig)
    rig.never_ready += len(AT_THE_START)
    rig.ready_again(ends + 1 + len(AT_THE_START))
    assert rig.ends[ends:] == [0, *[4 for _ in AT_THE_START]]
    assert rig.bystander() == 200


@pytest.mark.parametrize(
    ("lines", "row", "broken"),
    [
        pytest.param("streams,gate", "AuditAddon.request", None, id="refusals alone hold a request"),
        pytest.param("refusals,gate", "AuditAddon.request", None, id="the stream guard alone holds it"),
        pytest.param("refusals,streams", "AuditAddon.request", None, id="the gate alone holds it"),
        pytest.param(
            "refusals,streams,gate", "AuditAddon.request", "a request arrived before its intent was durable",
            id="nothing holds it",
        ),
        pytest.param(
            "answers", "AuditAddon.response", "the client has Beacon's answer", id="nothing holds an answer"
        ),
    ],
)  # fmt: skip
def test_each_line_holds_alone_and_without_any_the_law_is_seen_broken(
    tmp_path: Path, lines: str, row: str, broken: str | None
) -> None:
    """The controls of the tests above: what they look for is seen where it is."""
    (tried,) = (each for each in HOOKS if each.place == row)
    with struck_rig(tmp_path, lines) as rig, fail_once(rig, tried, "raises") as victim:
        assert victim.ended()
        assert broken_law(rig, tried, victim, rig.beacon.connections) == broken


def test_nobody_is_struck_who_is_not_meant(rig: StruckRig) -> None:
    rig.arm("raises", "AuditAddon.request")
    assert rig.bystander() == 200


def test_every_intent_has_one_outcome_at_the_next_start(rig: StruckRig) -> None:
    end_one(rig)
    rig.ready_again(len(rig.ends) + 1)
    intents = [entry["id"] for entry in rig.proxy.entries("intent")]
    assert len(intents) > len(CASES)
    outcomes = Counter(entry["id"] for entry in rig.proxy.entries("outcome"))
    assert [identity for identity in intents if outcomes[identity] != 1] == []
    assert main(["verify", "--home", str(rig.proxy.home.path)]) in (2, 3)  # 2: some outcomes are unknown


def end_one(rig: StruckRig) -> None:
    os.kill(rig.proxy.entries("open")[-1]["pid"], signal.SIGTERM)
