"""The audit trail: entries that are durable before anything leaves, a signed log of them, and payload files beside it.

Pure: ``entry``, ``entry_form``, ``frames``, ``batch``, ``journal_keys``, ``open_intents``, ``merkle``, ``tiles``,
``frontier``, ``note``, ``checkpoint``, ``proof``, ``key_change``. ``storage`` is every file operation that durability
rests on. ``writer`` is the only writer: its journal (``journal``, one batch, one sync) is what a request waits for, and
``publisher`` turns it into the log that ``docs/trail-format.md`` describes. ``recovery`` starts it, and takes from the
journal what ``own_journal`` can prove to be the writer's. ``reader`` reads while it writes. ``verify`` trusts nobody.
"""

from beacon_audit.trail.entry import ENTRY_LIMIT
from beacon_audit.trail.payload_files import Payload, build_payload, check_payload, commitment, read_payload
from beacon_audit.trail.reader import TrailReader, read_trail
from beacon_audit.trail.start import start_trail
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
    "start_trail",
]
