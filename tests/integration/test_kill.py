"""``kill -9`` at random moments under load: nothing left without a durable record, and every record gets one outcome.

15 kills by default; ``BEACON_AUDIT_KILLS`` sets another number.
"""

import os
import random
import ssl
import threading
import time
from collections import Counter
from http.client import HTTPException
from itertools import count
from pathlib import Path

import pytest

from harness.proxy import ProxyProcess
from harness.rig import Rig, running_rig
from harness.usage_reports import PATH, received_numbers, recorded_number, usage_report

KILLS = int(os.environ.get("BEACON_AUDIT_KILLS", "15"))
CLIENTS = 8
LONGEST_S = 0.4


class Load:
    """Clients that send usage reports, each with a number of its own, until the proxy is gone."""

    def __init__(self) -> None:
        self.numbers = count(1)
        self.answered: list[int] = []  # list.append needs no lock

    def run_until_killed(self, rig: Rig, after: float) -> None:
        clients = [threading.Thread(target=self._send, args=(rig,)) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        time.sleep(after)
        rig.proxy.kill()
        for client in clients:
            client.join()

    def _send(self, rig: Rig) -> None:
        try:
            with rig.tunnel() as tunnel:
                while True:
                    number = next(self.numbers)
                    if tunnel.send(PATH, usage_report(number)).status == 200:
                        self.answered.append(number)
        except (OSError, ssl.SSLError, HTTPException):
            return


def outcomes_by_intent(proxy: ProxyProcess) -> dict[str, list[str]]:
    """The states of all outcomes of each intent."""
    found: dict[str, list[str]] = {entry["id"]: [] for entry in proxy.entries("intent")}
    for entry in proxy.entries("outcome"):
        found[entry["id"]].append(entry["state"])
    return found


@pytest.mark.timeout(60 + 6 * KILLS)
def test_everything_that_beacon_received_has_a_durable_record_with_one_outcome(tmp_path: Path) -> None:
    chance = random.Random()
    load = Load()
    with running_rig(tmp_path) as rig:
        for _ in range(KILLS):
            load.run_until_killed(rig, after=chance.uniform(0, LONGEST_S))
            rig.proxy.start()
            unsettled = {key: states for key, states in outcomes_by_intent(rig.proxy).items() if len(states) != 1}
            assert unsettled == {}

        received = Counter(received_numbers(rig.beacon.requests))
        states = {key: states[0] for key, states in outcomes_by_intent(rig.proxy).items()}
        intents = {entry["id"]: recorded_number(rig.proxy.home, entry) for entry in rig.proxy.entries("intent")}
        recovered = rig.proxy.entries("recovered")

    by_number = {number: states[key] for key, number in intents.items()}
    assert len(by_number) == len(intents)
    # Beacon got nothing that was not recorded, and nothing twice.
    assert received.keys() <= by_number.keys()
    assert max(received.values()) == 1
    # No client saw an answer whose outcome is not on record.
    assert {by_number[number] for number in load.answered} <= {"sent"}
    assert all(by_number[number] != "not_sent" for number in received)
    # The kills did hit exchanges in flight, and the trail says so.
    unknown = [number for number, state in by_number.items() if state == "unknown"]
    assert sum(entry["open_intents"] for entry in recovered) == len(unknown)
    assert unknown
    print(
        f"\n{KILLS} kills: {len(by_number)} intents, {received.total()} received by Beacon, "
        f"{len(load.answered)} answered, "
        f"{len(unknown)} unknown (of which received: {len(received.keys() & set(unknown))}), "
        f"{sum(entry['dropped_bytes'] > 0 for entry in recovered)} torn batches cut off"
    )
