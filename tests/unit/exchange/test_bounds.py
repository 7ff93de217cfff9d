"""Work and memory for one body are bounded, whatever it is (``docs/architecture.md``, "What a body can cost").

Counted and not timed: the calls that Python makes, and the bytes that its allocators hand out. What is in C (parsing,
regular expressions) shows in the limit of time that each test has: quadratic work on the largest body takes hours.
"""

import gzip
import json
import os
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest

import harness
from beacon_audit.wire.json_body import MOST_VALUES
from beacon_audit.wire.json_structure import structure_of
from harness.hostile_bodies import HOSTILE, HostileBody
from harness.memory import peak_memory
from harness.whole_judgement import POLICY, judge_and_record

LAUNCHERS = Path(harness.__file__).parent / "launchers"
_SMALL = 10 << 10
#: Twice, and what is done once for any body, and tables that grow by doubling.
_MOST = 2.6


def calls(action: Callable[[], object]) -> int:
    """How many functions are called, those in C included."""
    count = 0

    def counting(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(counting)
    try:
        action()
    finally:
        sys.setprofile(None)
    return count


def costs(body: HostileBody, size: int) -> tuple[int, int]:
    made = body.make(size)

    def action() -> None:
        judge_and_record(body.endpoint, made, protobuf=body.protobuf)

    action()
    with peak_memory() as peak:
        action()
    return calls(action), peak.bytes


@pytest.mark.parametrize("body", HOSTILE, ids=str)
def test_body_twice_the_size_costs_twice_the_calls_and_the_memory(body: HostileBody) -> None:
    calls_once, bytes_once = costs(body, _SMALL)
    calls_twice, bytes_twice = costs(body, 2 * _SMALL)
    assert calls_twice <= _MOST * calls_once
    assert bytes_twice <= _MOST * bytes_once


#: In bytes: what a judgement may take of memory for each decoded byte, for each value, and at all. The figures of
#: ``docs/architecture.md``; the worst that was seen is two thirds of them.
PER_BYTE, PER_VALUE, AT_ALL = 16, 1024, 256 << 20


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the peak of a process from /proc")
@pytest.mark.parametrize(
    ("name", "mebibytes"),
    [
        ("one text of letters and one wide character", 32),
        ("one text of colons", 16),
        ("one text of percent escapes", 16),
        ("one text of letters below levels that are wrong", 3),
        ("brackets without end", 62),
        ("empty objects", 62),
        ("attributes, each a sentence", 6),
        ("texts of base64", 8),
        ("transactions without anything", 0.25),
        ("values below levels that are wrong", 0.1),
        ("protobuf: one field again", 1),
        ("protobuf: one attribute of many values, again and again", 8),
        ("protobuf: one text that is not UTF-8", 8),
    ],
)
def test_largest_body_takes_no_more_memory_than_is_said(name: str, mebibytes: float) -> None:
    (body,) = [each for each in HOSTILE if each.name == name]
    size = int(mebibytes * (1 << 20))
    result = subprocess.run(
        [sys.executable, str(LAUNCHERS / "memory_of_a_body.py"), name, str(size)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}, capture_output=True, check=True,
    )  # fmt: skip
    taken = json.loads(result.stdout)
    structure = structure_of(body.make(size)) if not body.protobuf else b"," * MOST_VALUES
    values = min(MOST_VALUES, sum(map(structure.count, (b",", b"[", b"{"))))
    assert taken["action"] == "refused"
    assert taken["peak"] - taken["before"] <= PER_BYTE * size + PER_VALUE * values + AT_ALL


def test_bomb_takes_memory_for_the_limit_and_not_for_what_it_holds() -> None:
    packed = zlib.compressobj(wbits=31)
    bomb = b"".join(packed.compress(bytes(1 << 20)) for _ in range(300)) + packed.flush()
    judge_and_record("license-verify", gzip.compress(b"{}"), encodings=("gzip",))
    with peak_memory() as peak:
        judgement = judge_and_record("license-verify", bomb, encodings=("gzip",))
    assert judgement.decision.code == "wire.decoded-too-large"
    assert peak.bytes < 3 * POLICY.limits.decoded_bytes


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"[" * (62 << 20), "wire.json-too-large"),
        (b'{"a":' * (12 << 20), "wire.json-too-large"),
        (b'{"a":' * 900_000, "wire.json-depth"),
        (b"[" + b"{}," * (16 << 20) + b"{}]", "wire.json-too-large"),
        (b"9" * (16 << 20), "wire.json-invalid"),
        (b"[" + b"1" * (16 << 20) + b"]", "wire.json-invalid"),
    ],
    ids=["brackets", "objects", "fewer objects", "empty objects", "digits", "digits in a list"],
)
def test_largest_body_that_is_nothing_is_refused_before_it_costs_anything(body: bytes, code: str) -> None:
    assert judge_and_record("license-verify", body).decision.code == code
    assert calls(lambda: judge_and_record("license-verify", body)) < 20_000  # a few for each 64 KiB
