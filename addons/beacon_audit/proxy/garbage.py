"""What ended connections and exchanges held is given back before it is much.

mitmproxy's streams and layers refer to themselves, so what they hold, whole bodies among it, is freed by Python's
collector of cycles alone. That one goes by the number of objects and not by their size: of bodies of 16 MiB it kept a
hundred, 1.6 GiB. So it is called whenever ``collect_after`` bytes have come in.
"""

import gc

#: Four bodies of the default ``limits.body_bytes``. A collection takes some hundredths of a second, much less than
#: reading and judging so many bytes.
COLLECT_AFTER = 64 * 1024 * 1024


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
