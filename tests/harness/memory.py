"""How much memory a piece of code takes at its worst moment, as Python's allocators count it: the same on any machine;
and how much a process has.
"""

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


def memory_of(pid: int) -> int:
    """The resident set of a process in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


@dataclass
class Peak:
    """``bytes`` is known when the block has ended."""

    bytes: int = 0


@contextmanager
def peak_memory() -> Iterator[Peak]:
    """Measures the block: the most that it held at once, beyond what was there before."""
    peak = Peak()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        yield peak
        _, highest = tracemalloc.get_traced_memory()
        peak.bytes = highest - before
    finally:
        tracemalloc.stop()
