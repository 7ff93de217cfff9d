"""The command line with a leak built in: ``leaky.py LEAK run …`` in place of ``-m beacon_audit.cli run …``.

The value that the proxy makes up for its startup canary is that of ``BEACON_AUDIT_TEST_CANARY``.
"""

import logging
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from beacon_audit.cli import main, run
from beacon_audit.exchange import record
from beacon_audit.exchange.judge import Judgement, judge
from beacon_audit.model import Request
from beacon_audit.proxy import startup_canary
from beacon_audit.redaction import SecretRegistry, log_scrubbing


def _nothing(*_: Any, **__: Any) -> Callable[[], None]:
    return lambda: None


def _log() -> None:
    class Direct(logging.Handler):
        def emit(self, entry: logging.LogRecord) -> None:
            os.write(2, f"{self.format(entry)}\n".encode())

    def to_descriptor(level: str) -> None:
        logging.basicConfig(level=level.upper(), handlers=[Direct()])

    log_scrubbing._patch_handlers = _nothing
    run._log_to_stderr = to_descriptor


def _streams() -> None:
    log_scrubbing._replace_streams = _nothing


def _exceptions() -> None:
    _streams()
    setattr(log_scrubbing, "install_exception_hooks", _nothing)  # noqa: B010 - not exported, to mypy


def _trail() -> None:
    setattr(record.RecordContext, "written", lambda _, fields: fields)  # noqa: B010 - a method is no attribute to mypy


def _payloads() -> None:
    setattr(record, "redact_document", lambda document, **_: document)  # noqa: B010 - as above


def _refusals() -> None:
    def quoting(request: Request, *known: Any, **more: Any) -> Judgement:
        judgement = judge(request, *known, **more)
        return replace(judgement, decision=replace(judgement.decision, reason=f"got {request.target}"))

    setattr(startup_canary, "judge", quoting)  # noqa: B010 - not exported, to mypy


def _deaf() -> None:
    for name in ("scrub", "scrub_bytes", "scrub_line"):
        setattr(SecretRegistry, name, lambda _, text: text)
    setattr(SecretRegistry, "contains", lambda *_: False)  # noqa: B010 - a method is no attribute to mypy
    setattr(SecretRegistry, "unfinished_at", lambda _, text: len(text))  # noqa: B010 - as above


def _mute() -> None:
    logging.disable(logging.CRITICAL)


LEAKS: dict[str, Callable[[], None]] = {
    "none": lambda: None,
    "log": _log,
    "streams": _streams,
    "exceptions": _exceptions,
    "trail": _trail,
    "payloads": _payloads,
    "refusals": _refusals,
    "deaf": _deaf,
    "mute": _mute,
}

if __name__ == "__main__":
    startup_canary._made_up = lambda: os.environ["BEACON_AUDIT_TEST_CANARY"]
    LEAKS[sys.argv[1]]()
    sys.exit(main(sys.argv[2:]))
