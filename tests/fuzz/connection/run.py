"""Fuzzes the connection path by hand: ``python tests/fuzz/connection/run.py --seconds 600 [--seed N]``.

The same seed gives the same inputs and the same answers. Exit status 0: no law was broken; else the batch in which one
was is in the current directory, as ``connection-SEED-INDEX.jsonl``, and ``--input FILE`` says it again, one input at a
time.
"""

import argparse
import itertools
import os
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BATCH = 100


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs until the time is up or a law is broken."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--seed", type=int, default=None, help="of clients and upstream (default: a random one)")
    parser.add_argument("--mode", choices=("observe", "enforce"), default="observe")
    parser.add_argument("--input", type=Path, help="say these inputs again")
    given = parser.parse_args(arguments)
    from fuzz.connection.case import Case
    from fuzz.connection.clients import cases
    from fuzz.connection.rig import connection_rig

    seed = random.SystemRandom().randrange(10**9) if given.seed is None else given.seed
    end = time.monotonic() + given.seconds
    with tempfile.TemporaryDirectory() as directory, connection_rig(Path(directory), given.mode) as rig:
        if given.input is not None:
            for line in given.input.read_text().splitlines():
                rig.run([Case.of(line)])
            return 0
        print(f"seed {seed}, {given.mode}, {given.seconds} s", flush=True)
        for number, batch in enumerate(itertools.batched(cases(seed), BATCH)):
            try:
                rig.run(batch)
            except BaseException:
                kept = Path(f"connection-{seed}-{number * BATCH}.jsonl")
                kept.write_text("".join(case.kept() + "\n" for case in batch))
                print(f"a law was broken; the batch is in {kept}", file=sys.stderr)
                raise
            if number % 10 == 9:
                print(dict(rig.figures), flush=True)
            if time.monotonic() > end:
                break
    print(dict(rig.figures))
    return 0


if __name__ == "__main__":
    sys.path[:0] = [os.fspath(ROOT / "addons"), os.fspath(ROOT / "tests")]
    sys.exit(main())
