"""The file ``checkpoint.witnessed``: the newest checkpoint that a quorum of witnesses has cosigned, with cosignatures.

`write_witnessed` returns when it is on stable storage in the place of the one before; it raises `OSError`, or
`TrailUnavailable` for a short write, and then the one before is still whole. Not safe for threads.
"""

from pathlib import Path

from beacon_audit.errors import TrailUnavailable
from beacon_audit.trail.publication import MAKING
from beacon_audit.trail.segment import STATE
from beacon_audit.trail.storage import Storage

WITNESSED = "checkpoint.witnessed"


def write_witnessed(directory: Path, note: bytes, storage: Storage) -> None:
    """Let ``note`` be the witnessed checkpoint of the trail in ``directory``."""
    # Among the writer's files in the making, which verify knows, under a name that the writer never uses: numbers.
    making = directory / STATE / MAKING
    storage.make_directory(making)
    fresh = making / WITNESSED
    storage.remove(fresh)
    descriptor = storage.create(fresh)
    try:
        written = storage.write(descriptor, note)
        if written != len(note):
            raise TrailUnavailable(f"{fresh}: expected to write {len(note)} bytes, wrote {written}; is the disk full?")
        storage.sync_data(descriptor)
    finally:
        storage.close(descriptor)
    storage.replace(fresh, directory / WITNESSED)
    storage.sync_directory(directory)
