"""The payload files of entries, for a bundle: uncompressed, so that a verifier needs nothing but SHA-256.

A file that is not what its entry committed to goes in as it is, and not uncompressed: it is evidence, the verifiers say
so, and it may be a bomb. So does one that was not opened behind too many such. Of one that is larger than its content,
which are holes, and of a large one that was not opened, the first MiB goes in.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

from beacon_audit.review.evidence.log_files import Entry
from beacon_audit.review.evidence.tally import PayloadState
from beacon_audit.trail.payload_files import decode_payload
from beacon_audit.trail.verify.entry_fields import Malformed, payload_of
from beacon_audit.trail.verify.payload_check import PayloadChecker

_SUFFIX = ".zst"


class PayloadFiles:
    """The files in ``directory``. ``prunes`` are the index and the ``before`` of each prune entry, in order: it
    accounts for files of earlier dates that entries before it name."""

    def __init__(self, directory: Path, prunes: Sequence[tuple[int, str]]) -> None:
        self._directory = directory
        self._checker = PayloadChecker()
        self._indexes = [index for index, _ in prunes]
        #: For each prune entry the latest date of it and of those after it.
        self._before = list(accumulate((before for _, before in reversed(prunes)), max))[::-1]

    def find(self, entry: Entry) -> tuple[PayloadState, str, bytes]:
        """What became of the body of ``entry``; when it is there, its name in a bundle and its content."""
        try:
            named = payload_of(entry.fields)
        except Malformed:
            named = None
        if named is None:
            return "none", "", b""
        date, name, commitment = named
        content = self._content(self._directory / date / name, commitment)
        if content is None:
            return ("pruned" if self._is_pruned(entry.index, date) else "missing"), "", b""
        return "present", f"payloads/{date}/{name.removesuffix(_SUFFIX)}", content

    def _is_pruned(self, index: int, date: str) -> bool:
        later = bisect_right(self._indexes, index)
        return later < len(self._indexes) and date < self._before[later]

    def _content(self, path: Path, commitment: str) -> bytes | None:
        found = self._checker.check(path, commitment)
        if found.data is None or found.code is not None:
            return found.data
        salt, body = decode_payload(found.data, path)
        return b"".join((b'{"body":', body, b',"salt":"', salt.hex().encode(), b'"}'))
