"""What this process holds in memory is shown to nobody: no core dump, no look into it, no key in its environment.

``close_process`` is for the start, before any secret is read. It sets the limit of core dumps to 0, which a core dump
that is piped to a program does not ask for, and therefore the process to "not dumpable" too: then there is no core dump
of any kind, and ``/proc/PID/mem``, ``environ``, ``maps`` and ``fd`` belong to root, so that another process of the same
user can neither read them nor trace this one. No program that it starts could gain a privilege.

``take_from_environment`` gives a variable and leaves it nowhere: not to programs that this one starts, and not in what
the kernel shows as ``/proc/PID/environ`` (even to root), since the text is overwritten where the kernel keeps it. The
process that started this one still has it.

Sources: core(5), prctl(2), proc_pid_environ(5). Elsewhere than on Linux there is the limit alone.
"""

import ctypes
import os
import resource
import sys

_PR_GET_DUMPABLE, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 3, 4, 38


def close_process() -> None:
    """Close this process, for as long as it lives.

    Raises:
        OSError: the system does not allow it.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    for option, value in ((_PR_SET_DUMPABLE, 0), (_PR_SET_NO_NEW_PRIVS, 1)):
        if libc.prctl(option, value, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "expected to close this process to others (prctl), was not allowed to")
    if libc.prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise OSError(0, "expected this process to be closed to others, it is not")


def take_from_environment(name: str) -> str:
    """The value of the variable ``name``, which is not there any more; nothing when it was not."""
    value = os.environ.get(name, "")
    if value and sys.platform == "linux":
        _overwrite(os.fsencode(name) + b"=")
    os.environ.pop(name, None)
    return value


def _overwrite(beginning: bytes) -> None:
    """Zeros in the place of what follows ``beginning``, wherever the environment of C points to."""
    environment = ctypes.POINTER(ctypes.c_void_p).in_dll(ctypes.CDLL(None), "environ")
    position = 0
    while (address := environment[position]) is not None:
        text = ctypes.string_at(address)
        if text.startswith(beginning):
            ctypes.memset(address + len(beginning), 0, len(text) - len(beginning))
        position += 1
