"""The command line at another time: ``at_another_time.py run …`` in place of ``-m beacon_audit.cli run …``.

The file named by ``BEACON_AUDIT_TEST_FAULT`` is read at the start, if it is there: a JSON object with any of
``days_ago`` (records are dated, and retention is reckoned, that long ago), ``heartbeat_s`` and ``publish_s`` (what the
trail's writer goes by).
"""

import json
import os
import sys
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

from beacon_audit.cli import main
from beacon_audit.proxy import identity, retention
from beacon_audit.trail import TrailWriter


def set_times(*, days_ago: int = 0, **writer: float) -> None:
    class Past(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) - timedelta(days=days_ago)

    for module in (identity, retention):
        module.datetime = Past  # type: ignore[attr-defined]
    open_function = TrailWriter.open.__func__  # type: ignore[attr-defined]
    assert writer.keys() <= open_function.__kwdefaults__.keys()
    open_function.__kwdefaults__.update(writer)


if __name__ == "__main__":
    times = Path(os.environ["BEACON_AUDIT_TEST_FAULT"])
    set_times(**json.loads(times.read_text() if times.exists() else "{}"))
    sys.exit(main(sys.argv[1:]))
