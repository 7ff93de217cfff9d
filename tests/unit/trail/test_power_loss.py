"""The power fails between any two operations: only what was synced is there afterwards, and that is enough.

Two kinds of disk are tried, since a file system may write names on its own account earlier than asked.
"""

from concurrent.futures import Future
from pathlib import Path

import pytest

from beacon_audit.errors import TrailUnavailable
from beacon_audit.trail import Receipt, build_payload, check_payload
from harness.trail import MakeFields, Trail
from harness.volatile_disk import VolatileDisk


def record(trail: Trail, disk: VolatileDisk, make_fields: MakeFields) -> list[tuple[str, Future[Receipt]]]:
    """Records on ``disk`` until the power fails, in batches of one to three; what was submitted."""
    submitted: list[tuple[str, Future[Receipt]]] = []
    try:
        writer = trail.open(disk)
        for size in (1, 3, 2, 1):
            for _ in range(size):
                name = str(len(submitted))
                payload = build_payload({"n": name}, bytes(32), name=f"{name}.json.zst", date=f"2025-10-0{size}")
                fields = make_fields("intent", name, payload=payload.reference)
                submitted.append((name, writer.submit(fields, payload)))
            submitted[-1][1].exception(10)
        writer.close()
    except TrailUnavailable:
        pass
    return submitted


@pytest.mark.parametrize("early_names", [False, True])
@pytest.mark.parametrize("unsynced", [0.0, 0.6, 1.0])
def test_every_acknowledged_record_survives_a_power_failure_at_any_moment(
    trail: Trail, make_fields: MakeFields, tmp_path: Path, early_names: bool, unsynced: float
) -> None:
    trail.segment_bytes = 500
    for moment in range(1000):
        before, after = tmp_path / f"{moment}-before", tmp_path / f"{moment}-after"
        for directory in (before, before / "trail", before / "payloads"):
            directory.mkdir()
        disk = VolatileDisk(moment)
        disk.holds(before)
        trail.home = before
        submitted = record(trail, disk, make_fields)
        disk.survivors(before, after, early_names=early_names, unsynced=unsynced)

        trail.home = after
        trail.open().close()
        found = {str(entry["id"]): entry for entry in trail.entries() if entry["type"] == "intent"}
        for name, future in submitted:
            if future.exception(0) is None:
                reference = found[name]["payload"]
                assert isinstance(reference, dict)
                check_payload(trail.payloads / reference["file"], reference["commitment"])
        if not disk.off:
            assert len(found) == 7
            break


@pytest.mark.parametrize("unsynced", [0.0, 0.6, 1.0])
def test_a_power_failure_during_recovery_leaves_a_trail_that_recovers(
    trail: Trail, make_fields: MakeFields, tmp_path: Path, unsynced: float
) -> None:
    for moment in range(1000):
        before, after = tmp_path / f"{moment}-before", tmp_path / f"{moment}-after"
        for directory in (before, before / "trail", before / "payloads"):
            directory.mkdir()
        trail.home = before
        writer = trail.open()
        for number in range(3):
            writer.submit(make_fields("intent", str(number))).result(10)
        note = (trail.state / "high-water").read_bytes()
        writer.close()
        (trail.state / "high-water").write_bytes(note)
        trail.journal().write_bytes(trail.journal().read_bytes()[:-5])
        disk = VolatileDisk(moment)
        disk.holds(before)
        record(trail, disk, make_fields)
        disk.survivors(before, after, early_names=False, unsynced=unsynced)

        trail.home = after
        trail.open().close()
        assert trail.types()[:3] == ["intent", "intent", "recovered"]
        if not disk.off:
            break
