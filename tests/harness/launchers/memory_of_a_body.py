"""Judges one hostile body in a process of its own and prints, as JSON, what that took: ``before`` and ``peak`` are the
resident memory of the process in bytes before the body existed and at its highest, ``size`` is that of the body.

Usage: ``python memory_of_a_body.py NAME SIZE``.
"""

import json
import re
import sys
from pathlib import Path

from harness.hostile_bodies import HOSTILE
from harness.whole_judgement import judge_and_record


def resident(what: str) -> int:
    """``VmRSS`` or ``VmHWM`` (the highest so far) of this process."""
    found = re.search(rf"^{what}:\s+([0-9]+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024


def main() -> None:
    name, size = sys.argv[1], int(sys.argv[2])
    (body,) = [each for each in HOSTILE if each.name == name]
    judge_and_record(body.endpoint, body.make(1000), protobuf=body.protobuf)  # what is loaded once
    before = resident("VmRSS")
    data = body.make(size)
    judgement = judge_and_record(body.endpoint, data, protobuf=body.protobuf)
    result = {"before": before, "peak": resident("VmHWM"), "size": len(data), "action": judgement.decision.action}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
