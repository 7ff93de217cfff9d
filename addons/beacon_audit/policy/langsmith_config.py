"""The telemetry switches of a ``langsmith_config.yaml`` or of values for the langsmith Helm chart.

``config.telemetry.metrics``, ``.traces`` and ``.logs``: what is ``false`` there is refused here; so are usage snapshots
when ``commonEnv`` sets ``PHONE_HOME_USAGE_REPORTING_ENABLED`` to ``"false"``. The file is not ours: unknown keys are
fine, and so are anchors and tags that do not touch these settings. What only looks as if it turned something off is a
problem: ``"false"`` in quotes is true to Helm, ``off`` depends on the reader, ``telemetry`` at the top level is never
read, and an environment variable without quotes is not text, which Kubernetes wants.

Source of the keys: the values of the langsmith chart and the vendor's page on egress (editions 2025-10 and 2026-08).
"""

from dataclasses import dataclass
from pathlib import Path

import yaml

from beacon_audit.policy.common_env import COMMON_ENV, USAGE_REPORTING, Variable, read_common_env
from beacon_audit.policy.document import Disabled
from beacon_audit.policy.scalars import describe, scalar_of
from beacon_audit.policy.yaml_source import Source, read_yaml

#: The switches that the file has, in the order of the documentation.
CONFIG_SWITCHES = ("metrics", "traces", "logs")
_PATH = ("config", "telemetry")
#: What Helm and Kubernetes pass on as it is, and what the reader of the variable may or may not take for "no".
_NOT_FALSE = ("0", "f", "n", "no", "off")


@dataclass(frozen=True, slots=True)
class LangsmithConfig:
    """``disabled``: the switches that are false, with their places. ``present``: every switch that is written down.
    ``telemetry``: the mapping that holds them. ``variables``: those of ``commonEnv``."""

    source: Source
    telemetry: yaml.MappingNode | None
    present: frozenset[str]
    disabled: dict[str, Disabled]
    variables: dict[str, Variable]


def parse_langsmith_config(data: bytes, file: str) -> LangsmithConfig:
    """Read the switches; what is wrong is noted in ``source``. Pure."""
    source = read_yaml(data, file, ours=False)
    telemetry = _telemetry(source)
    disabled: dict[str, Disabled] = {}
    present: set[str] = set()
    for key, value in telemetry.value if telemetry else ():
        if not isinstance(key, yaml.ScalarNode) or key.value not in CONFIG_SWITCHES:
            continue
        present.add(key.value)
        if _is_off(source, key.value, value):
            place = source.place(value)
            setting = ".".join((*_PATH, key.value))
            disabled[key.value] = Disabled(Path(file).name, place.line, place.column, setting)
    variables = read_common_env(source)
    usage = variables.get(USAGE_REPORTING)
    if usage is not None and _is_usage_off(source, usage):
        place = source.place(usage.node)
        disabled["usage_snapshot"] = Disabled(Path(file).name, place.line, place.column, USAGE_REPORTING)
    return LangsmithConfig(source, telemetry, frozenset(present), disabled, variables)


def _telemetry(source: Source) -> yaml.MappingNode | None:
    """The mapping ``config.telemetry``; notes switches that stand where nothing reads them."""
    node: yaml.MappingNode | None = source.root
    for depth, name in enumerate(_PATH):
        if node is None:
            return None
        if source.indirect(node):
            _refuse_indirect(source, node, ".".join(_PATH[:depth]) or "the top level")
        _refuse_misplaced(source, node, _PATH[:depth])
        node = _mapping_at(source, node, name, ".".join(_PATH[: depth + 1]))
    if node is not None and source.indirect(node):
        _refuse_indirect(source, node, ".".join(_PATH))
    if node is not None:
        _refuse_misplaced_variable(source, node)
    return node


def _mapping_at(source: Source, node: yaml.MappingNode, name: str, path: str) -> yaml.MappingNode | None:
    child = next((value for key, value in node.value if key.value == name), None)
    if child is None or (isinstance(child, yaml.ScalarNode) and scalar_of(child) is None):
        return None
    if not isinstance(child, yaml.MappingNode):
        source.refuse(child, f"expected a mapping for {path}, got {describe(child)}")
        return None
    return child


def _refuse_misplaced(source: Source, node: yaml.MappingNode, path: tuple[str, ...]) -> None:
    """``telemetry`` belongs under ``config``, the switches under ``config.telemetry``, dots in a key mean nothing."""
    misplaced = {f"config.telemetry.{switch}": f"config.telemetry.{switch}" for switch in CONFIG_SWITCHES}
    misplaced |= {f"telemetry.{switch}": f"config.telemetry.{switch}" for switch in CONFIG_SWITCHES}
    misplaced["config.telemetry"] = "config.telemetry"
    if not path:
        misplaced["telemetry"] = "config.telemetry"
    _refuse_misplaced_variable(source, node)
    for key, _ in node.value:
        belongs = misplaced.get(key.value) if isinstance(key, yaml.ScalarNode) else None
        if belongs is not None:
            source.refuse(
                key,
                f"expected {belongs} as nested keys, got {key.value} here, where LangSmith does not read it; move it",
            )


def _refuse_misplaced_variable(source: Source, node: yaml.MappingNode) -> None:
    """The vendor's page shows the variable as if it were a setting; the chart reads it in ``commonEnv`` only."""
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode) and key.value == USAGE_REPORTING:
            source.refuse(
                key,
                f"expected {USAGE_REPORTING} in the list {COMMON_ENV}, got it here, where the chart does not read it; "
                f'write - {{name: {USAGE_REPORTING}, value: "false"}} there',
            )


def _is_usage_off(source: Source, variable: Variable) -> bool:
    if variable.value is None:
        return False  # valueFrom: what it is stands elsewhere
    if source.indirect(variable.value):
        _refuse_indirect(source, variable.value, USAGE_REPORTING)
    found = variable.scalar
    if isinstance(found, str) and found.lower() in ("true", "false"):
        return found.lower() == "false"
    if found is False or (isinstance(found, str) and found.lower() in _NOT_FALSE) or not isinstance(found, bool | str):
        source.refuse(
            variable.value,
            f'expected "true" or "false" in quotes for {USAGE_REPORTING}, got {describe(variable.value)}; '
            "Kubernetes passes on text only",
        )
    return False


def _refuse_indirect(source: Source, node: yaml.Node, path: str) -> None:
    source.refuse(
        node, f"expected plain keys at {path}, got an anchor, alias, tag or merge key (<<); write the settings out"
    )


def _is_off(source: Source, switch: str, value: yaml.Node) -> bool:
    setting = ".".join((*_PATH, switch))
    found = scalar_of(value) if isinstance(value, yaml.ScalarNode) else None
    if source.indirect(value):
        _refuse_indirect(source, value, setting)
    elif isinstance(found, str) and found.lower() in ("false", "no", "off"):
        source.refuse(
            value, f"expected true or false for {setting}, got quoted text, which counts as true; remove the quotes"
        )
    elif not isinstance(found, bool):
        source.refuse(value, f"expected true or false for {setting}, got {describe(value)}; write it out")
    return found is False
