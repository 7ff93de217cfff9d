"""Work and memory for one body are bounded, whatever it is (``docs/architecture.md``, "What a body can cost").

Counted and not timed: the calls that Python makes, and the bytes that its allocators hand out. What is in C (parsing,
regular expressions) shows in the limit of time that each test has: quadratic work on the largest body takes hours.
"""

import sys
from collections.abc import Callable
from types import FrameType

import pytest

from harness.hostile_bodies import HOSTILE, HostileBody
from harness.memory import peak_memory
from harness.whole_judgement import judge_and_record

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
