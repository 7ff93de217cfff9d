"""Writes a zip that is the same for the same content, and is there whole or not at all.

Members have one fixed time and mode and no other metadata, and come in the order in which they are added. The file is
written beside its place, synced and then given its name, which must be free: evidence is never overwritten.
"""

import os
import zipfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from beacon_audit.errors import UsageError

# The earliest that a zip can express. When a bundle was made says the newest checkpoint.
_TIME = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_MODE = 0o100644


class Archive:
    """A zip at ``path``, to be used with ``with``: leaving the block gives it its name, an exception leaves nothing.

    Raises:
        UsageError: something is there already.
        OSError: it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._making = path.with_name(f".{path.name}.{os.getpid()}.new")

    def __enter__(self) -> Self:
        self._refuse_existing()
        descriptor = os.open(self._making, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        self._file = os.fdopen(descriptor, "w+b")
        self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED)
        return self

    def add(self, name: str, content: bytes | Iterable[bytes]) -> None:
        """A file of the zip, whole or in pieces. A name that is there already is left as it is."""
        if name in self._zip.NameToInfo:
            return
        member = zipfile.ZipInfo(name, _TIME)
        member.compress_type = zipfile.ZIP_DEFLATED
        member.create_system = _UNIX
        member.external_attr = _MODE << 16
        if isinstance(content, bytes):
            self._zip.writestr(member, content)
            return
        with self._zip.open(member, "w", force_zip64=True) as target:
            for piece in content:
                target.write(piece)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            with self._file:
                # Also after an error: an open ZipFile would try to finish when it is collected.
                self._zip.close()
                self._file.flush()
                os.fsync(self._file.fileno())
            if error is None:
                self._publish()
        finally:
            with suppress(FileNotFoundError):
                self._making.unlink()

    def _publish(self) -> None:
        try:
            os.link(self._making, self._path)  # fails where something is, as rename would not
        except FileExistsError:
            self._refuse_existing()
            raise
        except OSError:  # a file system without links
            self._refuse_existing()
            self._making.rename(self._path)
        directory = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def _refuse_existing(self) -> None:
        if os.path.lexists(self._path):
            raise UsageError(f"{self._path}: is there already; evidence is not overwritten, choose another name")
