"""What a YAML scalar says, when everybody agrees on it.

YAML 1.1 (PyYAML, Helm) reads ``off`` and ``no`` as false, ``010`` as eight, ``1:30`` as ninety and ``2025-10-01`` as a
date; YAML 1.2 reads some of these as text. ``scalar_of`` gives a value only where both agree and a person would too
(``true``, ``false``, ``null``, plain decimal numbers, text) and a ``Surprise`` for everything else. Pure.
"""

import re
from dataclasses import dataclass

import yaml

_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})", re.ASCII)
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,17}", re.ASCII)
#: Text to PyYAML, but not to other readers: YAML 1.1 itself, or YAML 1.2.
_BOOLEAN_ELSEWHERE = frozenset({"y", "Y", "n", "N"})
_NUMBER_ELSEWHERE = re.compile(r"0o[0-7]+|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)[eE][-+]?[0-9]+", re.ASCII)
_KINDS = {"bool": "true or false", "int": "a number", "float": "a number", "timestamp": "a date"}

type Scalar = bool | int | float | str | None


@dataclass(frozen=True, slots=True)
class Surprise:
    """A plain scalar that readers of YAML disagree on; ``read_as`` is what some of them take it for."""

    read_as: str


def scalar_of(node: yaml.ScalarNode) -> Scalar | Surprise:
    """The value of ``node``. What is quoted is text."""
    text: str = node.value
    if node.style is not None:
        return text
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if text in _NULL:
        return None
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    return _text_or_surprise(node.tag, text)


def _text_or_surprise(tag: str, text: str) -> str | Surprise:
    if text in _BOOLEAN_ELSEWHERE:
        return Surprise(_KINDS["bool"])
    if _NUMBER_ELSEWHERE.fullmatch(text):
        return Surprise(_KINDS["int"])
    kind = tag.removeprefix("tag:yaml.org,2002:")
    if kind in ("value", "merge"):
        return Surprise("an instruction")
    return Surprise(_KINDS[kind]) if kind in _KINDS else text


def describe(node: yaml.Node) -> str:
    """What came, for a message, without its content."""
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    if not isinstance(node, yaml.ScalarNode):
        return "a list"
    value = scalar_of(node)
    if isinstance(value, Surprise):
        return f"a word that YAML 1.1 reads as {value.read_as} and others may not"
    names = {bool: "true or false", int: "an integer", float: "a decimal number", str: "text"}
    if value is None:
        return "nothing"
    return "quoted text" if isinstance(value, str) and node.style is not None else names[type(value)]
