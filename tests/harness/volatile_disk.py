"""Storage that loses power.

`VolatileDisk` keeps beside the real files what a disk would hold: the bytes of a file as of its last sync, the names
of a directory as of its last sync. `VolatileDisk.survivors` builds the tree that is found after the power has come
back.
"""

import os
from pathlib import Path

from beacon_audit.trail import Storage


class VolatileDisk(Storage):
    """Counts operations that change something and has no power from the one numbered ``lasts_for`` on."""

    def __init__(self, lasts_for: int) -> None:
        self.left = lasts_for
        self.off = False
        self._paths: dict[int, Path] = {}
        self._bytes: dict[int, bytes] = {}
        self._names: dict[Path, dict[str, int]] = {}

    def _operate(self) -> None:
        if self.left == 0:
            self.off = True
            raise OSError("no power")
        self.left -= 1

    def create(self, path: Path) -> int:
        self._operate()
        descriptor = super().create(path)
        self._paths[descriptor] = path
        return descriptor

    def open_append(self, path: Path) -> int:
        descriptor = super().open_append(path)
        self._paths[descriptor] = path
        return descriptor

    def write(self, descriptor: int, data: bytes) -> int:
        self._operate()
        return super().write(descriptor, data)

    def truncate(self, descriptor: int, size: int) -> None:
        self._operate()
        super().truncate(descriptor, size)

    def sync_data(self, descriptor: int) -> None:
        self._operate()
        super().sync_data(descriptor)
        self._bytes[os.fstat(descriptor).st_ino] = self._paths[descriptor].read_bytes()

    def sync_directory(self, path: Path) -> None:
        self._operate()
        super().sync_directory(path)
        self._names[path] = {child.name: child.lstat().st_ino for child in path.iterdir()}

    def replace(self, source: Path, target: Path) -> None:
        self._operate()
        super().replace(source, target)

    def remove(self, path: Path) -> None:
        self._operate()
        super().remove(path)

    def make_directory(self, path: Path) -> bool:
        self._operate()
        return super().make_directory(path)

    def holds(self, directory: Path) -> None:
        """Everything in ``directory`` was there, and durable, before."""
        for path in (directory, *directory.rglob("*")):
            if path.is_dir():
                self._names[path] = {child.name: child.lstat().st_ino for child in path.iterdir()}
            else:
                self._bytes[path.lstat().st_ino] = path.read_bytes()

    def survivors(self, source: Path, target: Path, *, early_names: bool, unsynced: float) -> None:
        """Build at ``target`` what is left of ``source``; ``unsynced`` is the share of unsynced bytes that made it."""
        target.mkdir()
        now = {child.name: child.lstat().st_ino for child in source.iterdir()}
        for name, inode in (now if early_names else self._names.get(source, {})).items():
            path = source / name
            if path.is_dir():
                self.survivors(path, target / name, early_names=early_names, unsynced=unsynced)
                continue
            synced = self._bytes.get(inode, b"")
            current = path.read_bytes() if now.get(name) == inode else synced
            more = current[len(synced) :]
            (target / name).write_bytes(synced + more[: int(len(more) * unsynced)])
