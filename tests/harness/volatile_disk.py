"""A disk that loses power: what of a recorded run is left of it, after any operation, under several models.

`RecordedDisk` is storage that works and keeps a record of every operation. `VolatileDisk` plays such a record back, in
memory, and knows at every moment what was synced and what was not: the bytes of a file as of its last sync, the names
of a directory as of its last sync. `VolatileDisk.survivors` is the tree that is found after the power has come back.
Nothing is promised for what was not synced, so the models take the extremes, and what lies between.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Literal

from harness.quick_storage import QuickStorage

#: Names of a directory: as of its last sync, or as of now, since a file system may write them earlier than asked, or as
#: of its last sync but for the newest change, since it may write them in any order.
type Names = Literal["synced", "early", "newest"]
#: Bytes that were not synced: they are missing, some are missing, all are zeros, the first half are zeros (blocks reach
#: the disk in any order), all are there.
type Bytes = Literal["dropped", "torn", "zeroed", "holed", "kept"]
#: What is found: the contents of files, and `None` for directories, by path.
type Tree = dict[str, bytes | None]

NAMES: tuple[Names, ...] = ("synced", "early", "newest")
BYTES: tuple[Bytes, ...] = ("dropped", "torn", "zeroed", "holed", "kept")


@dataclass
class File:
    """Its content as it is read ``now``, and as of the last sync."""

    now: bytes = b""
    synced: bytes = b""

    def after(self, model: Bytes) -> bytes:
        more = self.now[len(self.synced) :]
        if model == "dropped" or (not more and self.now != self.synced and model != "kept"):
            return self.synced
        if model == "torn":
            return self.synced + more[: len(more) * 3 // 5]
        if model == "zeroed":
            return self.synced + bytes(len(more))
        if model == "holed":
            return self.synced + bytes(len(more) // 2) + more[len(more) // 2 :]
        return self.now


@dataclass
class Directory:
    """Its ``names`` now, and as of the last sync; ``newest`` is the name that was changed last."""

    names: "dict[str, File | Directory]" = field(default_factory=dict)
    synced: "dict[str, File | Directory]" = field(default_factory=dict)
    newest: str = ""

    def put(self, name: str, node: "File | Directory") -> None:
        self.names[name] = node
        self.newest = name

    def take(self, name: str) -> "File | Directory | None":
        self.newest = name
        return self.names.pop(name, None)

    def after(self, model: Names) -> "dict[str, File | Directory]":
        if model == "early":
            return self.names
        found = dict(self.synced)
        if model == "newest" and self.newest in self.names:
            found[self.newest] = self.names[self.newest]
        elif model == "newest":
            found.pop(self.newest, None)
        return found


class VolatileDisk:
    """The disk that holds the directory ``root``, which is the path in what is played back. In the beginning it has
    what the directory ``content`` has, durably."""

    def __init__(self, root: Path, content: Path) -> None:
        self.root = root
        self._open: dict[int, File] = {}
        self._tree = _load(content)

    def survivors(self, names: Names, unsynced: Bytes) -> Tree:
        """What is found when the power fails now."""
        tree: Tree = {}
        _survivors(self._tree, "", names, unsynced, tree)
        return tree

    def create(self, path: Path, number: int) -> None:
        self._open[number] = File()
        self._parent(path).put(path.name, self._open[number])

    def open_append(self, path: Path, number: int) -> None:
        self._open[number] = self._file(path)

    def write(self, number: int, data: bytes) -> None:
        self._open[number].now += data

    def truncate(self, number: int, size: int) -> None:
        file = self._open[number]
        file.now = file.now[:size]

    def sync_data(self, number: int) -> None:
        self._open[number].synced = self._open[number].now

    def sync_directory(self, path: Path) -> None:
        directory = self._directory(path)
        directory.synced = dict(directory.names)

    def replace(self, source: Path, target: Path) -> None:
        moved = self._parent(source).take(source.name)
        assert moved is not None
        self._parent(target).put(target.name, moved)

    def remove(self, path: Path) -> None:
        self._parent(path).take(path.name)

    def remove_directory(self, path: Path) -> None:
        assert self._parent(path).take(path.name) is not None

    def make_directory(self, path: Path) -> None:
        self._parent(path).put(path.name, Directory())

    def _parent(self, path: Path) -> Directory:
        return self._directory(path.parent)

    def _directory(self, path: Path) -> Directory:
        found = self._tree
        for part in path.relative_to(self.root).parts:
            inner = found.names[part]
            assert isinstance(inner, Directory)
            found = inner
        return found

    def _file(self, path: Path) -> File:
        found = self._parent(path).names[path.name]
        assert isinstance(found, File)
        return found


def _load(path: Path) -> Directory:
    names: dict[str, File | Directory] = {}
    for child in path.iterdir():
        if child.is_dir():
            names[child.name] = _load(child)
        else:
            content = child.read_bytes()
            names[child.name] = File(content, content)
    return Directory(names, dict(names))


def _survivors(directory: Directory, prefix: str, names: Names, unsynced: Bytes, tree: Tree) -> None:
    for name, node in directory.after(names).items():
        if isinstance(node, Directory):
            tree[f"{prefix}{name}"] = None
            _survivors(node, f"{prefix}{name}/", names, unsynced, tree)
        else:
            tree[f"{prefix}{name}"] = node.after(unsynced)


def put(tree: Tree, target: Path) -> None:
    """Write ``tree`` to the new directory ``target``."""
    target.mkdir()
    for path, content in tree.items():
        if content is None:
            (target / path).mkdir()
        else:
            (target / path).write_bytes(content)


class RecordedDisk(QuickStorage):
    """Works, and records: ``operations`` are to be called, one after the other, with a `VolatileDisk`; ``names`` are
    theirs."""

    def __init__(self) -> None:
        self.operations: list[Callable[[VolatileDisk], None]] = []
        self.names: list[str] = []
        self._numbers: dict[int, int] = {}
        self._opened = 0
        self._mutex = Lock()

    @property
    def done(self) -> int:
        """How many operations were done."""
        return len(self.operations)

    def _record(self, operation: Callable[..., None], *arguments: object) -> None:
        def replay(disk: VolatileDisk) -> None:
            operation(disk, *arguments)

        self.operations.append(replay)
        self.names.append(operation.__name__)

    def _number(self, descriptor: int) -> int:
        """Descriptors are used again; these numbers are not."""
        with self._mutex:
            self._opened += 1
            self._numbers[descriptor] = self._opened
            return self._opened

    def create(self, path: Path) -> int:
        descriptor = super().create(path)
        self._record(VolatileDisk.create, path, self._number(descriptor))
        return descriptor

    def open_append(self, path: Path) -> int:
        descriptor = super().open_append(path)
        self._record(VolatileDisk.open_append, path, self._number(descriptor))
        return descriptor

    def write(self, descriptor: int, data: bytes) -> int:
        written = super().write(descriptor, data)
        self._record(VolatileDisk.write, self._numbers[descriptor], data)
        return written

    def truncate(self, descriptor: int, size: int) -> None:
        super().truncate(descriptor, size)
        self._record(VolatileDisk.truncate, self._numbers[descriptor], size)

    def sync_data(self, descriptor: int) -> None:
        self._record(VolatileDisk.sync_data, self._numbers[descriptor])

    def sync_directory(self, path: Path) -> None:
        self._record(VolatileDisk.sync_directory, path)

    def replace(self, source: Path, target: Path) -> None:
        super().replace(source, target)
        self._record(VolatileDisk.replace, source, target)

    def remove(self, path: Path) -> None:
        there = path.exists()
        super().remove(path)
        if there:
            self._record(VolatileDisk.remove, path)

    def remove_directory(self, path: Path) -> None:
        super().remove_directory(path)
        self._record(VolatileDisk.remove_directory, path)

    def make_directory(self, path: Path) -> bool:
        made = super().make_directory(path)
        if made:
            self._record(VolatileDisk.make_directory, path)
        return made
