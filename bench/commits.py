"""Durable commits per second of the trail, as a ratio to bare write-and-sync of the same bytes on the same disk.

So many threads submit an entry of about 600 bytes and wait until it is durable, while the trail is published beside.
The baseline is one thread that appends to a file what the journal has for one such entry and calls ``fdatasync``: what
a commit costs without group commit. Rounds alternate.

    python bench/commits.py [--seconds 3] [--rounds 3]
"""

import argparse
import os
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

from rich.console import Console
from rich.table import Table

from beacon_audit.home import create_home, open_trail_writer
from beacon_audit.trail import TrailWriter
from beacon_audit.trail.batch import Next, encode_batch
from beacon_audit.trail.entry import encode_entry

CONCURRENCY = (1, 8, 64)
FILLER = "x" * 400


def refusal(number: int) -> dict[str, object]:
    """The fields of an entry that stands alone."""
    entry = {"type": "refusal", "id": f"{number:026d}", "time": "2026-01-01T00:00:00.000Z"}
    return {**entry, "reason": FILLER, "findings": [], "payload": None}


def bare(directory: Path, seconds: float) -> float:
    """Appends of a batch with one entry and a sync each, per second."""
    batch, _ = encode_batch(Next(), 0, [encode_entry(refusal(0), 100_000)], (), lambda _: bytes(32))
    descriptor = os.open(directory / "bare", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    began, done = time.perf_counter(), 0
    while time.perf_counter() < began + seconds:
        os.write(descriptor, batch)
        os.fdatasync(descriptor)
        done += 1
    os.close(descriptor)
    return done / (time.perf_counter() - began)


def commits(writer: TrailWriter, threads: int, seconds: float) -> float:
    """Entries that were durable, per second, with so many threads."""
    numbers = count()
    began = time.perf_counter()

    def work(_: int) -> int:
        done = 0
        while time.perf_counter() < began + seconds:
            writer.submit(refusal(next(numbers))).result()
            done += 1
        return done

    with ThreadPoolExecutor(threads) as pool:
        total = sum(pool.map(work, range(threads)))  # raises what a thread raised
    return total / (time.perf_counter() - began)


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
