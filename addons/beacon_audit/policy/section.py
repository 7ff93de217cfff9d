"""One mapping of a policy file, read key by key; what is wrong is noted and the default taken, so that all is found.

A policy with a noted problem is never used, so the default that stands in for a wrong value is never in force.
"""

import difflib
import re
from collections.abc import Iterator, Sequence

import yaml

from beacon_audit.policy.scalars import Surprise, describe, scalar_of
from beacon_audit.policy.yaml_source import Source

#: A key that may be repeated in a message: no URL, nothing long, no digits (keys and passwords have them).
_SHOWN_KEY = re.compile(r"[A-Za-z_][A-Za-z_.-]{0,39}", re.ASCII)


class Section:
    """``path`` is the dotted name of the mapping ("" at the top), ``known`` its keys (``None``: any are)."""

    def __init__(self, source: Source, node: yaml.Node | None, path: str, known: Sequence[str] | None) -> None:
        self.source = source
        self.path = path
        self.entries: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        if node is None:
            return
        if not isinstance(node, yaml.MappingNode):
            source.refuse(node, f"expected a mapping for {path}, got {describe(node)}")
            return
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue  # noted when the tree was read
            if known is not None and key.value not in known:
                hint = did_you_mean(key.value, known) or f"; expected one of {', '.join(known)}"
                source.refuse(key, f"unknown key{shown_key(key.value)}{hint}")
            else:
                self.entries.setdefault(key.value, (key, value))

    def node(self, key: str) -> yaml.Node | None:
        """The value at ``key``, ``None`` when the key is absent."""
        return self.entries[key][1] if key in self.entries else None

    def name(self, key: str) -> str:
        """The dotted name of ``key``."""
        return f"{self.path}.{key}" if self.path else key

    def section(self, key: str, known: Sequence[str] | None) -> "Section":
        """The mapping at ``key``."""
        return Section(self.source, self.node(key), self.name(key), known)

    def items(self, key: str) -> Iterator[yaml.Node]:
        """The nodes of the list at ``key``."""
        node = self.node(key)
        if isinstance(node, yaml.SequenceNode):
            yield from node.value
        elif node is not None:
            self._refuse(key, node, "a list")

    def choice[T: str](self, key: str, options: Sequence[T], default: T) -> T:
        """One of ``options``."""
        node = self.node(key)
        if node is None:
            return default
        value = self.source_text(node)
        for option in options:
            if value == option:
                return option
        hint = did_you_mean(value, options) if value is not None else ""
        self._refuse(key, node, _any_of(options), hint)
        return default

    def flag(self, key: str, default: bool) -> bool:
        """``true`` or ``false``, unquoted."""
        node = self.node(key)
        value = _plain(node)
        if node is None or isinstance(value, bool):
            return default if not isinstance(value, bool) else value
        self._refuse(key, node, "true or false without quotes")
        return default

    def integer(self, key: str, default: int, low: int, high: int) -> int:
        """An integer within ``low`` and ``high``, both included."""
        node = self.node(key)
        value = _plain(node)
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        if node is not None:
            hint = " out of this range" if type(value) is int and low < high else ""
            expected = f"an integer from {low} to {high}" if low < high else f"the integer {low}"
            self._refuse(key, node, expected, hint)
        return default

    def seconds(self, key: str, default: float, low: float, high: float) -> float:
        """A number of seconds within ``low`` and ``high``, both included."""
        node = self.node(key)
        value = _plain(node)
        if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
            return float(value)
        if node is not None:
            hint = " out of this range" if type(value) in (int, float) else ""
            self._refuse(key, node, f"a number of seconds from {low:g} to {high:g}", hint)
        return default

    def text(self, key: str) -> str | None:
        """Text that is not empty; ``None`` when the key is absent or null."""
        node = self.node(key)
        if node is None or self.is_null(node):
            return None
        value = self.source_text(node)
        if not value:
            self._refuse(
                key, node, "text", "; put it in quotes" if isinstance(node, yaml.ScalarNode) and value is None else ""
            )
            return None
        return value

    def source_text(self, node: yaml.Node) -> str | None:
        """The text of a scalar, ``None`` when it is anything else."""
        value = _plain(node)
        return value if isinstance(value, str) else None

    def is_null(self, node: yaml.Node) -> bool:
        """Whether ``node`` says nothing on purpose."""
        return isinstance(node, yaml.ScalarNode) and scalar_of(node) is None

    def _refuse(self, key: str, node: yaml.Node, expected: str, hint: str = "") -> None:
        self.source.refuse(node, f"expected {expected} for {self.name(key)}, got {describe(node)}{hint}")


def _plain(node: yaml.Node | None) -> bool | int | float | str | Surprise | None:
    return scalar_of(node) if isinstance(node, yaml.ScalarNode) else None


def shown_key(key: str) -> str:
    """The key with a space before it, or nothing when it is not a plain word."""
    return f" {key}" if _SHOWN_KEY.fullmatch(key) else ""


def _any_of(options: Sequence[str]) -> str:
    return f"one of {', '.join(options)}" if len(options) > 1 else options[0]


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """``; did you mean …?`` when one of ``known`` is close to ``word``, else nothing."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""
