"""Fuzzes by hand: ``make fuzz``, or ``python tests/fuzz/run.py --seconds 60 [--target NAME]``.

With ``atheris`` (``pip install atheris``; Linux and macOS) inputs are led by the code that they reach; without it they
are random changes of the seeds. Exit status 0: no law was broken; else the input that broke one is in the current
directory, as ``crash-…``, and running it again is ``--input FILE``.
"""

import argparse
import hashlib
import importlib.util
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_NAMES = ("json_body", "gzip_member", "headers", "protobuf", "whole_request")
_LONGEST_INPUT = 4096
_SLOWEST_INPUT_S = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one target, or all in turn, each in a process of its own."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=60, help="for each target (default 60)")
    parser.add_argument("--target", choices=_NAMES)
    parser.add_argument("--input", type=Path, help="run this one input")
    parser.add_argument("--seed", type=int, help="of the random changes")
    given = parser.parse_args(arguments)
    if given.target is None:
        return max(_in_own_process(name, given.seconds) for name in _NAMES)
    led = importlib.util.find_spec("atheris") is not None and given.seed is None
    if given.input is None:
        print(f"{given.target}: {given.seconds} s, {'atheris' if led else 'random changes'}", flush=True)
    if led and given.input is None:
        return _led(given.target, given.seconds)
    target = _target(given.target)
    if given.input is not None:
        target(given.input.read_bytes())
        return 0
    return _random(given.target, target, given.seconds, given.seed or 0)


def _in_own_process(name: str, seconds: int) -> int:
    command = [sys.executable, __file__, "--target", name, "--seconds", str(seconds)]
    return subprocess.run(command, check=False).returncode


def _target(name: str) -> Callable[[bytes], None]:
    from fuzz.targets import TARGETS

    return TARGETS[name]


def _random(name: str, target: Callable[[bytes], None], seconds: int, seed: int) -> int:
    from fuzz.mutation import mutations
    from fuzz.seeds import SEEDS, WORDS

    end = time.monotonic() + seconds
    count = 0
    for data in mutations(SEEDS[name], WORDS, random.Random(seed)):
        try:
            target(data)
        except BaseException:
            file = Path(f"crash-{hashlib.sha256(data).hexdigest()[:16]}")
            file.write_bytes(data)
            print(f"{name}: input {count} broke a law; it is in {file}", file=sys.stderr)
            raise
        count += 1
        if time.monotonic() > end:
            break
    print(f"{name}: {count} inputs")
    return 0


def _led(name: str, seconds: int) -> int:
    import atheris

    with atheris.instrument_imports(include=["beacon_audit"]):
        target = _target(name)
    from fuzz.seeds import SEEDS, WORDS

    corpus = Path(tempfile.mkdtemp(prefix="fuzz-"))
    for at, seed in enumerate(SEEDS[name]):
        (corpus / f"seed-{at}").write_bytes(seed)
    words = corpus.with_suffix(".dict")
    words.write_text("".join(f'"{"".join(f"\\x{byte:02x}" for byte in word)}"\n' for word in WORDS))
    options = [
        f"-max_total_time={seconds}", f"-max_len={_LONGEST_INPUT}", f"-timeout={_SLOWEST_INPUT_S}", f"-dict={words}",
        "-rss_limit_mb=4096", "-verbosity=0", "-print_final_stats=1",
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *options, os.fspath(corpus)], target)
    atheris.Fuzz()  # ends the process
    return 0


if __name__ == "__main__":
    sys.path[:0] = [os.fspath(ROOT / "addons"), os.fspath(ROOT / "tests")]
    sys.exit(main())
