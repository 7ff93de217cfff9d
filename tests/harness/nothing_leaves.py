"""What a refusal has to be, seen from outside: nothing at the simulated Beacon, one record in the trail."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from beacon_audit.demo.beacon import SimulatedBeacon
from harness.proxy import ProxyProcess

_PATIENCE_S = 5.0


@contextmanager
def nothing_leaves(beacon: SimulatedBeacon, proxy: ProxyProcess) -> Iterator[dict[str, Any]]:
    """What happens inside is refused: no connection and no byte reaches ``beacon``, and the trail gets one entry, a
    refusal, whose fields stand in the given dictionary afterwards."""
    before, already = (beacon.connections, beacon.bytes_received), len(proxy.entries())
    refusal: dict[str, Any] = {}
    yield refusal
    deadline = time.monotonic() + _PATIENCE_S
    while len(entries := proxy.entries()[already:]) == 0 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [entry["type"] for entry in entries] == ["refusal"]
    assert (beacon.connections, beacon.bytes_received) == before
    refusal.update(entries[0])
