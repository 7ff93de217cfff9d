"""What in a ``langsmith_config.yaml`` only seems to turn telemetry off.

Everything that ``langsmith_config`` cannot accept, and settings that are correct but leave something on: the vendor's
snippet of 2025-10 turns metrics and traces off and has no ``logs``, which later releases send unless told otherwise.
"""

from pathlib import Path

from beacon_audit.errors import Problem
from beacon_audit.policy.langsmith_config import LangsmithConfig, parse_langsmith_config


def lint_langsmith_config(path: Path) -> tuple[Problem, ...]:
    """Every problem of the file at ``path``, by place.

    Raises:
        OSError: it cannot be read.
    """
    config = parse_langsmith_config(path.read_bytes(), str(path))
    _refuse_missing_logs(config)
    return tuple(sorted(config.source.problems))


def _refuse_missing_logs(config: LangsmithConfig) -> None:
    if config.telemetry is None or "logs" in config.present or not {"metrics", "traces"} <= config.disabled.keys():
        return
    config.source.refuse(
        config.telemetry,
        "expected logs: false beside metrics and traces, got no logs; newer releases send logs unless it is false",
    )
