"""Entries per second of ``beacon-audit verify``, as a ratio to SHA-256 over the same bytes, and its peak memory.

Logs of 10,000, 100,000 and 1,000,000 entries of about 600 bytes are built once. In alternating rounds the largest is
hashed in one pass (the bundles, read from disk, one SHA-256), verified by us, and, when Tessera's ``fsck`` is given
(``go install github.com/transparency-dev/tessera/cmd/fsck@v1.0.4``), checked by it with a worker for each processor. It
is not looked for: the ``fsck`` that a Linux machine has is another. It judges hashes only, not what entries say.
Memory is the sum over all processes of the verifier, at its highest, and should not grow with the log.

    python bench/verify.py [--entries 1000000] [--rounds 3] [--fsck PATH]
"""

import argparse
import hashlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from harness.log_builder import build_log, exchanges, make_signer


def build(directory: Path, entries: int) -> Path:
    """A log of so many entries with a checkpoint for every thousand, and its key beside it."""
    signer = make_signer()
    build_log(directory / "trail", exchanges(entries), signer=signer, every=1000, partials=False)
    (directory / "trail.vkey").write_text(signer.vkey + "\n")
    return directory


def hash_once(log: Path) -> None:
    """SHA-256 over all entry bundles: no verifier can do with less."""
    digest = hashlib.sha256()
    for path in sorted(path for path in (log / "trail" / "tile" / "entries").rglob("*") if path.is_file()):
        digest.update(path.read_bytes())


def verify_command(log: Path) -> list[str]:
    places = ["--trail", str(log / "trail"), "--vkey", str(log / "trail.vkey")]
    return [sys.executable, "-m", "beacon_audit.cli", "verify", *places]


def run_verify(log: Path) -> None:
    status = subprocess.run(verify_command(log), stdout=subprocess.DEVNULL, check=False).returncode
    assert status == 3, f"expected a sound log without an anchor, verify ended with {status}"


def run_fsck(fsck: str, log: Path) -> None:
    url = f"file://{log / 'trail'}"
    command = [fsck, "-N", str(os.cpu_count()), "-ui=false", "-public_key", str(log / "trail.vkey")]
    done = subprocess.run([*command, "-storage_url", url], capture_output=True, text=True, timeout=600, check=True)
    # v1.0.4 ends with status 0 also when the log is broken, and where its workers gave up it waits for ever.
    assert "Successfully fsck'd log" in done.stderr, f"expected fsck to accept the log, it said: {done.stderr}"


def seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def peak_bytes(log: Path) -> int:
    """The memory of the verifier and its processes together, at its highest."""
    peak = 0
    with subprocess.Popen(verify_command(log), stdout=subprocess.DEVNULL) as child:
        while child.poll() is None:
            peak = max(peak, sum(resident(pid) for pid in (child.pid, *children(child.pid))))
            time.sleep(0.02)
    assert child.returncode == 3, f"expected a sound log without an anchor, verify ended with {child.returncode}"
    return peak


def children(pid: int) -> list[int]:
    try:
        below = [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []
    return below + [process for child in below for process in children(child)]


def resident(pid: int) -> int:
    """The resident set. What processes share, their libraries, counts for each: never less than there is."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (FileNotFoundError, ProcessLookupError):
        return 0


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--fsck", metavar="PATH", default="", help="the fsck command of transparency-dev/tessera")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        sizes = (options.entries // 100, options.entries // 10, options.entries)
        logs = {size: build(Path(name) / str(size), size) for size in sizes}
        largest = logs[options.entries]
        candidates: dict[str, Callable[[], None]] = {
            "SHA-256 of the same bytes": lambda: hash_once(largest),
            "beacon-audit verify": lambda: run_verify(largest),
        }
        if options.fsck:
            candidates["Tessera fsck"] = lambda: run_fsck(options.fsck, largest)
        times: dict[str, list[float]] = {}
        for _ in range(options.rounds):
            for what, work in candidates.items():
                times.setdefault(what, []).append(seconds(work))
        memory = {size: peak_bytes(log) for size, log in logs.items()}
    report(options.entries, times, memory)


def report(entries: int, times: dict[str, list[float]], memory: dict[int, int]) -> None:
    table = Table("what", "entries/s", "time as a multiple of SHA-256")
    base = times["SHA-256 of the same bytes"]
    for what, rounds in times.items():
        ratio = statistics.median(mine / theirs for mine, theirs in zip(rounds, base, strict=True))
        table.add_row(what, f"{entries / statistics.median(rounds):,.0f}", f"{ratio:.1f}")
    console = Console(width=100)
    console.print(table)
    for size, peak in memory.items():
        console.print(f"peak memory at {size:,} entries: {peak / 2**20:.0f} MiB")


if __name__ == "__main__":
    main()
