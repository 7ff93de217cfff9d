"""``commonEnv`` of values for the langsmith Helm chart: the environment variables that reach its services.

Takes a file being read, gives its variables with their places. What the chart cannot use is noted as a problem: it
wants a list of ``name`` and ``value``, and a mapping (``NAME: value``, as the vendor's page on egress shows a single
variable) makes it fail or changes nothing. Items whose names are not plain text are left to the chart. Pure.

Source: the chart's ``values.yaml`` and templates, and the vendor's page on environment variables.
"""

from dataclasses import dataclass

import yaml

from beacon_audit.policy.scalars import Scalar, Surprise, describe, scalar_of
from beacon_audit.policy.yaml_source import Source

COMMON_ENV = "commonEnv"
#: "false" turns usage snapshots off (vendor's page, edition 2026-08).
USAGE_REPORTING = "PHONE_HOME_USAGE_REPORTING_ENABLED"


@dataclass(frozen=True, slots=True)
class Variable:
    """One item. ``value`` is ``None`` when it is not written here (``valueFrom``). ``node`` is what to point at."""

    name: str
    value: yaml.Node | None
    node: yaml.Node

    @property
    def text(self) -> str | None:
        """The value, when it is quoted or plain text."""
        found = self.scalar
        return found if isinstance(found, str) else None

    @property
    def scalar(self) -> Scalar | Surprise:
        return scalar_of(self.value) if isinstance(self.value, yaml.ScalarNode) else None


def read_common_env(source: Source) -> dict[str, Variable]:
    """The variables by name; of one that is given twice, which the chart refuses, the first."""
    node = value_of(source.root, COMMON_ENV)
    if node is None or (isinstance(node, yaml.ScalarNode) and scalar_of(node) is None):
        return {}
    if not isinstance(node, yaml.SequenceNode):
        source.refuse(
            node,
            f"expected a list of name and value for {COMMON_ENV}, got {describe(node)}, which the chart cannot use; "
            'write each variable as - {name: NAME, value: "text"}',
        )
        return {}
    found: dict[str, Variable] = {}
    for item in node.value:
        variable = _variable(item)
        if variable is None:
            if source.indirect(item):
                source.refuse(item, f"expected a plain name in {COMMON_ENV}, got one by a merge key (<<); write it out")
            continue
        if variable.name in found:
            first = found[variable.name].node.start_mark.line + 1
            source.refuse(item, f"expected every variable once, got one that line {first} has too; remove one of them")
        found.setdefault(variable.name, variable)
    return found


def value_of(node: yaml.Node | None, *path: str) -> yaml.Node | None:
    """What stands at ``path`` below ``node``, ``None`` when nothing does."""
    for name in path:
        if not isinstance(node, yaml.MappingNode):
            return None
        node = next((value for key, value in node.value if key.value == name), None)
    return node


def _variable(item: yaml.Node) -> Variable | None:
    name = value_of(item, "name")
    if not isinstance(name, yaml.ScalarNode) or not isinstance(scalar_of(name), str):
        return None
    return Variable(name.value, value_of(item, "value"), value_of(item, "value") or item)
