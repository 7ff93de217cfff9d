"""The audit trail: entries that are durable before anything leaves, and the payload files they commit to.

``entry`` and ``batch`` are pure. ``storage`` is every file operation that durability rests on. ``writer`` is the only
writer, built from ``journal`` (one batch, one sync), ``payload_store`` and ``recovery``. ``reader`` reads while it
writes, through ``cursor``.
"""

from beacon_audit.trail.entry import ENTRY_LIMIT
from beacon_audit.trail.payload_files import Payload, build_payload, check_payload, commitment, read_payload
from beacon_audit.trail.reader import TrailReader, read_trail
from beacon_audit.trail.storage import Storage
from beacon_audit.trail.writer import Receipt, TrailWriter

__all__ = [
    "ENTRY_LIMIT",
    "Payload",
    "Receipt",
    "Storage",
    "TrailReader",
    "TrailWriter",
    "build_payload",
    "check_payload",
    "commitment",
    "read_payload",
    "read_trail",
]
