"""A few thousand random inputs for each target; ``make fuzz`` goes on from there."""

import random
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from fuzz.mutation import mutations
from fuzz.seeds import SEEDS, WORDS
from fuzz.targets import TARGETS

RUN = Path(__file__).with_name("run.py")
_INPUTS = {"json_body": 3_000, "gzip_member": 5_000, "headers": 5_000, "protobuf": 1_500, "whole_request": 400}


@pytest.mark.parametrize("name", TARGETS)
def test_random_inputs_break_no_law(name: str) -> None:
    for data in islice(mutations(SEEDS[name], WORDS, random.Random(1)), _INPUTS[name]):
        TARGETS[name](data)


def test_every_target_has_seeds_that_are_read_to_their_end() -> None:
    assert SEEDS.keys() == TARGETS.keys() == _INPUTS.keys()
    for name, target in TARGETS.items():
        for seed in SEEDS[name]:
            target(seed)


def test_broken_law_is_reported_and_its_input_kept(tmp_path: Path) -> None:
    """A fuzzer that cannot fail finds nothing."""
    sabotage = (
        "import sys, random; sys.path[:0] = sys.argv[1:3]\n"
        "from fuzz import run\n"
        "def broken(data):\n"
        "    assert b'license' not in data\n"
        "run._random('json_body', broken, 30, 0)\n"
    )
    root = RUN.parents[2]
    result = subprocess.run(
        [sys.executable, "-c", sabotage, str(root / "addons"), str(root / "tests")],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode != 0
    (crash,) = tmp_path.glob("crash-*")
    assert b"license" in crash.read_bytes()
    assert crash.name in result.stderr


def test_program_runs_as_it_says_it_does(tmp_path: Path) -> None:
    command = [sys.executable, str(RUN), "--target", "headers", "--seconds", "1", "--seed", "5"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "inputs" in result.stdout
