"""SIGTERM: what is in flight finishes or is recorded as unknown, nothing new comes in, ``close`` is the last entry."""

import os
import signal
import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from itertools import count
from pathlib import Path

import pytest

from beacon_audit.demo.answers import Behaviour
from harness.rig import Rig, eventually, request_head, running_rig
from harness.usage_reports import PATH, recorded_number, usage_report


def terminate(rig: Rig) -> None:
    os.kill(rig.proxy.pid, signal.SIGTERM)


def listens(rig: Rig) -> bool:
    try:
        socket.create_connection(rig.proxy.address, 1).close()
    except ConnectionRefusedError:
        return False
    return True


def assert_closed(rig: Rig) -> None:
    assert [entry["type"] for entry in rig.proxy.entries()][-1] == "close"
    assert "a defect" not in rig.proxy.stderr
    assert "could not be recorded" not in rig.proxy.stderr
    assert "asyncio" not in rig.proxy.stderr


def test_exchange_in_flight_finishes_and_is_recorded(tmp_path: Path) -> None:
    with running_rig(tmp_path, behaviour=Behaviour(delay_s=1)) as rig, ThreadPoolExecutor(1) as client:
        answer = client.submit(rig.send, 1)
        eventually(lambda: rig.beacon.requests)
        terminate(rig)
        eventually(lambda: not listens(rig))
        assert not answer.done()
        assert answer.result().status == 200
        assert rig.proxy.stop() == 0
        (intent,) = rig.proxy.entries("intent")
        assert rig.outcomes() == [(intent["id"], "sent")]
        assert_closed(rig)


def test_new_request_on_an_open_connection_is_refused_while_draining(tmp_path: Path) -> None:
    with running_rig(tmp_path, behaviour=Behaviour(delay_s=0.7)) as rig, ThreadPoolExecutor(1) as client:
        with rig.tunnel() as waiting:
            answer = client.submit(rig.send, 1)
            eventually(lambda: rig.beacon.requests)
            terminate(rig)
            eventually(lambda: not listens(rig))
            refused = waiting.send(PATH, usage_report(2))
        assert refused.status == 503
        assert answer.result().status == 200
        assert rig.proxy.stop() == 0
        (refusal,) = rig.proxy.entries("refusal")
        assert refusal["reason_code"] == "shutdown.draining"
        assert refused.json()["record"] == refused.headers["x-beacon-audit-record"] == refusal["id"]
        assert len(rig.beacon.requests) == 1
        assert_closed(rig)


def test_exchange_that_outlives_the_drain_time_is_recorded_as_unknown(tmp_path: Path) -> None:
    behaviour = Behaviour(delay_s=10)
    with running_rig(tmp_path, fault="short-drain", behaviour=behaviour) as rig, ThreadPoolExecutor(1) as client:
        answer = client.submit(rig.send, 1)
        eventually(lambda: rig.beacon.requests)
        started = time.monotonic()
        assert rig.proxy.stop() == 0
        assert time.monotonic() - started < 8
        assert isinstance(answer.exception(), (OSError, HTTPException))
        (intent,) = rig.proxy.entries("intent")
        assert rig.outcomes() == [(intent["id"], "unknown")]
        assert_closed(rig)

        rig.proxy.start()
        assert rig.outcomes() == [(intent["id"], "unknown")]


@pytest.mark.parametrize("used", [True, False], ids=["after a request", "before any request"])
def test_idle_connection_does_not_hold_up_the_end(tmp_path: Path, used: bool) -> None:
    with running_rig(tmp_path) as rig, rig.tunnel() as tunnel:
        if used:
            assert tunnel.send(PATH, usage_report(1)).status == 200
        started = time.monotonic()
        assert rig.proxy.stop() == 0
        assert time.monotonic() - started < 8
        assert_closed(rig)


def test_request_that_is_half_sent_is_recorded_when_the_drain_time_is_up(tmp_path: Path) -> None:
    body = usage_report(1)
    with running_rig(tmp_path, fault="short-drain") as rig, rig.tunnel() as tunnel:
        tunnel.write(request_head(len(body)) + body[:40])
        time.sleep(0.2)
        started = time.monotonic()
        assert rig.proxy.stop() == 0
        assert time.monotonic() - started < 8
        assert rig.beacon.connections == 0
        assert rig.proxy.entries("intent") == []
        (refusal,) = rig.proxy.entries("refusal")
        assert refusal["reason_code"] == "wire.http-message"
        assert_closed(rig)


def test_end_under_load_leaves_no_intent_open_and_no_answer_unrecorded(tmp_path: Path) -> None:
    numbers, answered = count(1), []

    def client(rig: Rig) -> None:
        try:
            with rig.tunnel() as tunnel:
                while True:
                    number = next(numbers)
                    if tunnel.send(PATH, usage_report(number)).status == 200:
                        answered.append(number)
        except (OSError, HTTPException):
            return

    with running_rig(tmp_path) as rig:
        clients = [threading.Thread(target=client, args=(rig,)) for _ in range(8)]
        for thread in clients:
            thread.start()
        eventually(lambda: len(answered) > 50)
        assert rig.proxy.stop() == 0
        for thread in clients:
            thread.join()
        intents = {entry["id"]: recorded_number(rig.proxy.home, entry) for entry in rig.proxy.entries("intent")}
        outcomes = Counter(key for key, _ in rig.outcomes())
        assert outcomes == Counter(intents.keys())
        sent = {intents[key] for key, state in rig.outcomes() if state == "sent"}
        assert set(answered) == sent  # recorded as sent and answered: the same exchanges
        assert_closed(rig)
