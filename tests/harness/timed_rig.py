"""A simulated Beacon and a real proxy process in front of it, which can be told to live at another time."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from beacon_audit.demo.beacon import SimulatedBeacon
from harness.proxy import ProxyProcess, write_policy
from harness.rig import Rig

_LAUNCHER = Path(__file__).parent / "launchers" / "at_another_time.py"


@contextmanager
def timed_rig(directory: Path, **settings: Any) -> Iterator[Rig]:
    """Not started yet: `start_at` does it. Stopped at the end. ``settings`` are top-level keys of the policy."""
    times = directory / "times.json"
    with SimulatedBeacon(directory) as beacon:
        proxy = ProxyProcess(
            directory,
            write_policy(directory, beacon, **settings),
            environment={"BEACON_AUDIT_TEST_FAULT": str(times)},
            launcher=(str(_LAUNCHER),),
        )
        try:
            yield Rig(beacon, proxy, times)
        finally:
            if proxy.ready:
                proxy.stop()


def start_at(rig: Rig, **times: float) -> None:
    """Start the proxy with those ``times`` (``days_ago``, ``heartbeat_s``, ``publish_s``)."""
    rig.switch.write_text(json.dumps(times))
    rig.proxy.start()
