"""What ended connections and exchanges held is given back before it is much.

mitmproxy's streams and layers refer to themselves, so what they hold, whole bodies among it, is freed by Python's
collector of cycles alone. That one goes by the number of objects and not by their size: of bodies of 16 MiB it kept a
hundred, 1.6 GiB. So it is called whenever ``collect_after`` bytes have come in; and the C library, which would keep
what was freed for itself, is told to return it.
"""

import ctypes
import gc

#: One body of the default ``limits.body_bytes``. A collection takes about ten milliseconds, much less than reading and
#: judging so many bytes.
COLLECT_AFTER = 16 * 1024 * 1024
_C_LIBRARY = ctypes.CDLL(None)


def keep_what_is_there() -> None:
    """What is there at the start stays for as long as the process, so no collection need look at it: it is a hundred
    thousand objects, and takes ninety milliseconds."""
    gc.collect()
    gc.freeze()


class Garbage:
    """Counts what comes in, on all connections together."""

    def __init__(self, collect_after: int = COLLECT_AFTER) -> None:
        self._collect_after = collect_after
        self._uncollected = 0

    def received(self, size: int) -> None:
        """``size`` bytes came from a client or an upstream."""
        self._uncollected += size
        if self._uncollected >= self._collect_after:
            self._uncollected = 0
            gc.collect()
            if hasattr(_C_LIBRARY, "malloc_trim"):  # glibc has it, musl gives memory back by itself
                _C_LIBRARY.malloc_trim(0)
