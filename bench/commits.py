"""Durable commits per second of the trail, as a ratio to bare write-and-sync of the same bytes on the same disk.

So many threads submit an entry of about 600 bytes and wait until it is durable, while the trail is published beside.
The baseline is one thread that appends as many bytes to a file and calls ``fdatasync``: what a commit costs without
group commit. Rounds alternate.

    python bench/commits.py [--seconds 3] [--rounds 3]
"""

import argparse
import os
import statistics
import tempfile
import threading
import time
from itertools import count
from pathlib import Path

from rich.console import Console
from rich.table import Table

from beacon_audit.home import create_home, open_trail_writer
from beacon_audit.trail import TrailWriter

CONCURRENCY = (1, 8, 64)
FILLER = "x" * 400


def bare(directory: Path, seconds: float) -> float:
    """Appends of 600 bytes with a sync each, per second."""
    descriptor = os.open(directory / "bare", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    end, done = time.perf_counter() + seconds, 0
    while time.perf_counter() < end:
        os.write(descriptor, b"x" * 600)
        os.fdatasync(descriptor)
        done += 1
    os.close(descriptor)
    return done / seconds


def commits(writer: TrailWriter, threads: int, seconds: float) -> float:
    """Entries that were durable, per second, with so many threads."""
    numbers, done = count(), [0] * threads
    end = time.perf_counter() + seconds

    def work(thread: int) -> None:
        while time.perf_counter() < end:
            entry = {"type": "refusal", "id": f"{next(numbers):026d}", "time": "2026-01-01T00:00:00.000Z"}
            writer.submit({**entry, "reason": FILLER, "findings": [], "payload": None}).result()
            done[thread] += 1

    workers = [threading.Thread(target=work, args=(thread,)) for thread in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(done) / seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rates: dict[int, list[float]] = {threads: [] for threads in CONCURRENCY}
    baseline: list[float] = []
    # Beside the code and not in a temporary directory, which may lie in memory.
    with tempfile.TemporaryDirectory(dir=Path(__file__).parent) as name:
        home = create_home(Path(name) / "home", ("beacon.langchain.com",))
        writer = open_trail_writer(home, new_id=lambda: "0" * 26, now=lambda: "2026-01-01T00:00:00.000Z")
        try:
            for _ in range(options.rounds):
                baseline.append(bare(Path(name), options.seconds))
                for threads in CONCURRENCY:
                    rates[threads].append(commits(writer, threads, options.seconds))
        finally:
            writer.close()
    table = Table("threads", "durable entries/s", "ratio to bare write and sync")
    table.add_row("bare", f"{statistics.median(baseline):,.0f}", "1.00")
    for threads, rounds in rates.items():
        ratio = statistics.median(rate / base for rate, base in zip(rounds, baseline, strict=True))
        table.add_row(str(threads), f"{statistics.median(rounds):,.0f}", f"{ratio:.2f}")
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
