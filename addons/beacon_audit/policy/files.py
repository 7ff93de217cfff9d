"""The files that a policy consists of, each read once: what was parsed is what the digest is of.

``PolicyFiles`` gives the bytes of a file, up to one more than the largest that is taken, and remembers its name and
digest. Raises ``OSError``, as reading does.
"""

import hashlib
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from beacon_audit.policy.yaml_source import LARGEST_FILE


@dataclass(frozen=True, slots=True)
class FileRead:
    """``name`` is without directories; ``digest`` (``sha256:<hex>``) is ``None`` when it could not be read whole."""

    name: str
    digest: str | None


@dataclass(slots=True)
class PolicyFiles:
    """``regular_only``: a running proxy must not wait for a pipe that nobody writes to."""

    regular_only: bool = False
    read: list[FileRead] = field(default_factory=list)

    def bytes_of(self, path: Path) -> bytes:
        """What ``path`` holds."""
        try:
            data = self._read(path)
        except OSError:
            self.read.append(FileRead(path.name, None))
            raise
        whole = len(data) <= LARGEST_FILE
        self.read.append(FileRead(path.name, f"sha256:{hashlib.sha256(data).hexdigest()}" if whole else None))
        return data

    def _read(self, path: Path) -> bytes:
        at_once = os.O_NONBLOCK if self.regular_only else 0
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | at_once)) as file:
            if self.regular_only and not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise OSError(0, "it is not a regular file")
            return file.read(LARGEST_FILE + 1)
