"""Lint: telemetry that stays on, and observability settings where nothing reads them.

The vendor's snippet of 2025-10 turns metrics and traces off and has no ``logs``, which later releases send unless told
otherwise. ``observability`` belongs under ``config``; the vendor's own examples have had it at the top level, and its
page on exporting telemetry shows ``config.tracing``, which the chart does not read either.
"""

import yaml

from beacon_audit.policy.langsmith_config import CONFIG_SWITCHES, LangsmithConfig

#: Path of a mapping → keys in it that the chart reads elsewhere.
_MISPLACED = {
    (): {"observability": "config.observability", "tracing": "config.observability.tracing"},
    ("config",): {"tracing": "config.observability.tracing"},
    ("config", "telemetry"): {
        "observability": "config.observability",
        "tracing": "config.telemetry.traces for Beacon, or config.observability.tracing for a collector of yours",
    },
}


def lint_telemetry(config: LangsmithConfig) -> None:
    """Note the problems in ``config.source``."""
    _refuse_one_left_on(config)
    _refuse_misplaced(config, config.source.root, ())


def _refuse_one_left_on(config: LangsmithConfig) -> None:
    off = [switch for switch in CONFIG_SWITCHES if switch in config.disabled]
    left = [switch for switch in CONFIG_SWITCHES if switch not in config.present]
    if config.telemetry is None or len(off) < len(CONFIG_SWITCHES) - 1 or not left:
        return
    (missing,) = left
    newer = "; newer releases send logs unless it is false" if missing == "logs" else "; it is on unless it is false"
    config.source.refuse(
        config.telemetry, f"expected {missing}: false beside {' and '.join(off)}, got no {missing}{newer}"
    )


def _refuse_misplaced(config: LangsmithConfig, node: yaml.Node | None, path: tuple[str, ...]) -> None:
    if not isinstance(node, yaml.MappingNode):
        return
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            continue
        belongs = _MISPLACED.get(path, {}).get(key.value)
        if belongs is not None:
            here = ".".join((*path, key.value))
            config.source.refuse(key, f"expected {belongs}, got {here}, which the chart does not read; move it")
        elif (*path, key.value) in _MISPLACED:
            _refuse_misplaced(config, value, (*path, key.value))
