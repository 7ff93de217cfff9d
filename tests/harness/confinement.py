"""What a service manager does to a process before it runs: another user, no capability, nothing writable.

Linux system calls by ctypes, between fork and exec, for root only. Source of the numbers: the headers of Linux.
"""

import ctypes
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

import beacon_audit

#: What a process needs as ``PYTHONPATH`` wherever it begins.
PACKAGE = str(Path(beacon_audit.__file__).parents[1])
#: Nobody in particular.
STRANGER = 65_534
_CLONE_NEWNS = 0x00020000
_MS_BIND, _MS_REC, _MS_PRIVATE = 0x1000, 0x4000, 0x40000
_MOUNT_SETATTR = 442  # the same number on every architecture
_AT_FDCWD, _AT_RECURSIVE, _MOUNT_ATTR_RDONLY = -100, 0x8000, 1
_PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 24, 38
_LAST_CAPABILITY = Path("/proc/sys/kernel/cap_last_cap")

_libc = ctypes.CDLL(None, use_errno=True)


class _MountAttributes(ctypes.Structure):
    _fields_ = (
        ("attr_set", ctypes.c_uint64), ("attr_clr", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64), ("userns_fd", ctypes.c_uint64),
    )  # fmt: skip


def confine(writable: Path) -> Callable[[], None]:
    """A function for ``preexec_fn``: nothing but ``writable`` can be written, the user is `STRANGER`, there is no
    capability and no way to one. It raises ``OSError``. The interpreter and the package can be read, wherever they
    lie."""
    needed = (Path(sys.base_prefix), Path(sys.prefix), Path(PACKAGE))

    def confined() -> None:
        os.chdir("/")
        _call("unshare", _CLONE_NEWNS)
        _call("mount", None, b"/", None, _MS_REC | _MS_PRIVATE, None)
        _reveal(needed)
        place = os.fsencode(writable)
        _call("mount", place, place, None, _MS_BIND, None)
        _set_attributes(b"/", _AT_RECURSIVE, _MountAttributes(attr_set=_MOUNT_ATTR_RDONLY))
        _set_attributes(place, 0, _MountAttributes(attr_clr=_MOUNT_ATTR_RDONLY))
        for capability in range(int(_LAST_CAPABILITY.read_text()) + 1):
            _call("prctl", _PR_CAPBSET_DROP, capability, 0, 0, 0)
        become_a_stranger()
        _call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)

    return confined


def confined_or_skipped(writable: Path) -> Callable[[], None]:
    """``confine``, or a skipped test where that is not possible. ``writable`` exists."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    confined = confine(writable)
    try:
        subprocess.run([sys.executable, "-c", ""], preexec_fn=confined, capture_output=True, check=True)
    except subprocess.SubprocessError:
        pytest.skip("root may not make a mount namespace here, or the kernel is older than 5.12")
    return confined


def give_away(directory: Path) -> None:
    """Everything in ``directory`` belongs to `STRANGER`."""
    for path in (directory, *directory.rglob("*")):
        os.chown(path, STRANGER, STRANGER)


def _reveal(directories: Sequence[Path]) -> None:
    """Let everybody reach ``directories`` where one above them is closed: in its place there is an empty one, with
    nothing in it but the way to them."""
    kept = {path: os.open(path, os.O_PATH) for path in map(Path.resolve, directories)}
    for closed in {found for path in kept if (found := _closed_above(path)) is not None}:
        _call("mount", b"none", os.fsencode(closed), b"tmpfs", 0, b"mode=755")
    for path, descriptor in kept.items():
        if not path.exists():
            path.mkdir(parents=True)
            source = f"/proc/self/fd/{descriptor}".encode()
            _call("mount", source, os.fsencode(path), None, _MS_BIND | _MS_REC, None)


def _closed_above(path: Path) -> Path | None:
    above = reversed(path.parents)
    return next((directory for directory in above if not directory.stat().st_mode & stat.S_IXOTH), None)


def become_a_stranger() -> None:
    """Be `STRANGER` from now on, for good."""
    os.setgroups([])
    os.setresgid(STRANGER, STRANGER, STRANGER)
    os.setresuid(STRANGER, STRANGER, STRANGER)


def _set_attributes(path: bytes, flags: int, attributes: _MountAttributes) -> None:
    size = ctypes.c_size_t(ctypes.sizeof(attributes))
    _call("syscall", _MOUNT_SETATTR, _AT_FDCWD, path, flags, ctypes.byref(attributes), size)


def _call(name: str, *arguments: object) -> None:
    if getattr(_libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
