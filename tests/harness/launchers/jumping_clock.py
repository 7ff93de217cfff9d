"""The command line under a wall clock that jumps: ``jumping_clock.py run …`` for ``-m beacon_audit.cli run …``.

The file named by ``BEACON_AUDIT_TEST_FAULT``, if it is there, holds by how many seconds the clock is wrong now. Every
reading of the wall clock in this process goes by it, mitmproxy's too; the monotonic clock does not. Retention is looked
after all the time.
"""

import datetime as standard
import os
import sys
import time
from pathlib import Path

SWITCH = Path(os.environ["BEACON_AUDIT_TEST_FAULT"])
_time = time.time


def wrong_by() -> float:
    try:
        return float(SWITCH.read_text() or 0)
    except FileNotFoundError:
        return 0.0


def jumping_time() -> float:
    return _time() + wrong_by()


class JumpingDatetime(standard.datetime):
    @classmethod
    def now(cls, tz: standard.tzinfo | None = None) -> "JumpingDatetime":
        return cls.fromtimestamp(jumping_time(), tz)


if __name__ == "__main__":
    time.time = jumping_time
    time.time_ns = lambda: int(jumping_time() * 1e9)
    standard.datetime = JumpingDatetime  # type: ignore[misc]

    from beacon_audit.cli import main
    from beacon_audit.proxy import retention

    retention.INTERVAL_SECONDS = 0.05
    sys.exit(main(sys.argv[1:]))
