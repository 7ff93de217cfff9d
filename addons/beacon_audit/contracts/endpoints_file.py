"""Reads ``endpoints.yaml``: one mapping of plain YAML, and where in the file each of its values stands.

Takes bytes. Gives the values, and for a JSON Pointer the ``line:column`` of the value, or of what encloses the place
where it should be. Raises ``ContractError`` for anything that is not plain YAML: a key given twice, which YAML forbids
and PyYAML lets pass, a key that is no text, nesting without end.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from beacon_audit.errors import ContractError
from beacon_audit.model.pointer import pointer_tokens


@dataclass(frozen=True, slots=True)
class PlacedValues:
    """``file`` is how messages call the file."""

    file: str
    values: Mapping[str, Any]
    _root: yaml.Node

    def at(self, pointer: str) -> str:
        """``file:line:column`` of what ``pointer`` (RFC 6901) leads to, as far as it leads."""
        node = self._root
        for token in pointer_tokens(pointer):
            child = _child(node, token)
            if child is None:
                break
            node = child
        return _place(self.file, node.start_mark)


def read_placed(data: bytes, file: str) -> PlacedValues:
    """The values in ``data``.

    Raises:
        ContractError: it is not a mapping in plain YAML; says where.
    """
    try:
        loader = _StrictLoader(data)
        root = loader.get_single_node()
        values = loader.construct_document(root) if root is not None else None
    except yaml.MarkedYAMLError as error:
        reason = " ".join(f"{error.context or ''} {error.problem or ''}".split())
        place = _place(file, error.problem_mark or error.context_mark)
        raise ContractError(f"{place}: expected YAML, got something else: {reason}") from None
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise ContractError(f"{file}: expected YAML, got something else ({type(error).__name__})") from None
    if not isinstance(root, yaml.MappingNode) or not isinstance(values, dict):
        raise ContractError(f"{file}:1:1: expected settings (key: value), got something else")
    return PlacedValues(file, values, root)


class _StrictLoader(yaml.SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        self._refuse_repeated(node)
        mapping = super().construct_mapping(node, deep=deep)
        if not all(isinstance(key, str) for key in mapping):
            raise yaml.constructor.ConstructorError(None, None, "a key is not a text, quote it", node.start_mark)
        return mapping

    def _refuse_repeated(self, node: yaml.MappingNode) -> None:
        seen: set[tuple[str, str]] = set()
        for key in _plain_keys(node):
            if (key.tag, key.value) in seen:
                raise yaml.constructor.ConstructorError(None, None, "a key is given twice", key.start_mark)
            seen.add((key.tag, key.value))


def _plain_keys(node: yaml.MappingNode) -> Iterator[yaml.ScalarNode]:
    return (key for key, _ in node.value if isinstance(key, yaml.ScalarNode))


def _child(node: yaml.Node, token: str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == token), None)
    if isinstance(node, yaml.SequenceNode) and token.isdecimal() and int(token) < len(node.value):
        found: yaml.Node = node.value[int(token)]
        return found
    return None


def _place(file: str, mark: yaml.Mark | None) -> str:
    return f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else file
