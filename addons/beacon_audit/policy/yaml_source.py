"""YAML as a tree of nodes with places, without YAML's ways of making a file mean something that it does not show.

``read_yaml`` takes the bytes of a file and gives its root mapping (``None`` when there is none to speak of) and every
problem. One UTF-8 document, no key twice, nesting and size bounded, no anchors, aliases or tags. In a file that is not
ours (``ours=False``: Helm values) anchors, aliases and tags are legal; ``Source.indirect`` then knows which nodes are
made of them, so that no setting of interest is taken from one.

Never raises for anything that a file can hold. Messages never quote a value. Source: YAML 1.1 as PyYAML reads it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from beacon_audit.errors import Problem
from beacon_audit.policy.document import Place

LARGEST_FILE = 1_048_576
_DEEPEST = 64
_MERGE = "<<"
_QUOTED_NAME = re.compile(r""" (['"])[\w!].+\1""")


@dataclass(slots=True)
class Source:
    """A file being read: ``problems`` grows as it is looked into."""

    file: str
    problems: list[Problem] = field(default_factory=list)
    root: yaml.MappingNode | None = None
    _indirect: frozenset[int] = frozenset()

    def place(self, node: yaml.Node) -> Place:
        """Where ``node`` begins."""
        return Place(self.file, node.start_mark.line + 1, node.start_mark.column + 1)

    def refuse(self, node: yaml.Node, message: str) -> None:
        """Note a problem at ``node``."""
        self.refuse_at(node.start_mark.line, node.start_mark.column, message)

    def refuse_at(self, line: int, column: int, message: str) -> None:
        """Note a problem; ``line`` and ``column`` count from 0, as PyYAML's marks do."""
        self.problems.append(Problem(self.file, line + 1, column + 1, message))

    def indirect(self, node: yaml.Node) -> bool:
        """Whether what ``node`` says depends on an anchor, an alias, a tag or a merge key."""
        merges = isinstance(node, yaml.MappingNode) and any(key.value == _MERGE for key, _ in node.value)
        return merges or id(node) in self._indirect


def read_yaml(data: bytes, file: str, *, ours: bool = True) -> Source:
    """The root mapping of ``data``; ``file`` is how messages call it."""
    source = Source(file)
    text = _decode(data, source)
    if text is None:
        return source
    loader = None
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        _note_syntax(source, error)
        return source
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position)
        column = error.position - (text.rfind("\n", 0, error.position) + 1)
        source.refuse_at(line, column, "expected text, got a control character; remove it")
        return source
    except (ValueError, OverflowError):  # PyYAML's own, for an escape or a version out of every range
        source.refuse_at(loader.line if loader else 0, 0, "expected YAML, got an escape or number that is too large")
        return source
    if ours:
        for (line, column), what in loader.oddities:
            source.refuse_at(line, column, f"expected plain YAML, got {what}; write the value out")
    source._indirect = frozenset(loader.indirect)
    if root is None:
        source.refuse_at(0, 0, "expected settings, got an empty file")
    elif not isinstance(root, yaml.MappingNode):
        source.refuse(root, "expected a mapping (key: value) at the top of the file, got something else")
    else:
        source.root = root
        _refuse_duplicates(source, root)
    return source


class _Loader(yaml.SafeLoader):
    """Composes nodes, keeps an eye on what is written indirectly, and bounds the depth of its own recursion."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.oddities: list[tuple[tuple[int, int], str]] = []
        self.indirect: set[int] = set()
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: object) -> yaml.Node | None:
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]
        what = _oddity(event)
        if self._depth == _DEEPEST:
            raise yaml.composer.ComposerError(None, None, f"at most {_DEEPEST} levels of nesting", event.start_mark)  # type: ignore[arg-type]
        self._depth += 1
        node: yaml.Node | None = super().compose_node(parent, index)  # type: ignore[arg-type]
        self._depth -= 1
        if what is not None:
            self.oddities.append((_start(event), what))
            self.indirect.add(id(node))
        return node


def _start(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line, mark.column) if mark else (0, 0)


def _oddity(event: yaml.Event) -> str | None:
    if isinstance(event, yaml.AliasEvent):
        return "an alias (*name)"
    if getattr(event, "anchor", None) is not None:
        return "an anchor (&name)"
    if getattr(event, "tag", None) is not None:
        return "a tag (!name)"
    return None


def _decode(data: bytes, source: Source) -> str | None:
    if len(data) > LARGEST_FILE:
        source.refuse_at(0, 0, f"expected a file of at most {LARGEST_FILE} bytes, got a larger one")
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        column = error.start - (before.rfind(b"\n") + 1)
        source.refuse_at(before.count(b"\n"), column, "expected UTF-8, got other bytes; save the file as UTF-8")
        return None
    if text.startswith("\ufeff"):
        source.refuse_at(0, 0, "expected UTF-8 without a byte order mark; save the file without one")
        return None
    return text


def _note_syntax(source: Source, error: yaml.MarkedYAMLError) -> None:
    """PyYAML's ``problem`` names tokens and single characters; the name of an alias or tag handle is cut out."""
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    if error.context is not None and "single document" in error.context:
        source.refuse_at(line, column, "expected one document, got another after ---; keep one")
    else:
        problem = _QUOTED_NAME.sub("", error.problem or "it does not parse")
        source.refuse_at(line, column, f"expected YAML: {problem}")


def _refuse_duplicates(source: Source, root: yaml.Node) -> None:
    for mapping in _mappings(root):
        first: dict[str, yaml.Node] = {}
        for key, _ in mapping.value:
            if not isinstance(key, yaml.ScalarNode):
                source.refuse(key, "expected a plain word as key, got a list or mapping")
            elif key.value in first:
                line = first[key.value].start_mark.line + 1
                source.refuse(key, f"expected every key once, got one that line {line} has too; remove one of them")
            else:
                first[key.value] = key


def _mappings(root: yaml.Node) -> Iterator[yaml.MappingNode]:
    """Every mapping once, however many aliases lead to it."""
    seen: set[int] = set()
    pending = [root]
    while pending:
        node = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            yield node
            pending += [child for pair in node.value for child in pair]
        elif isinstance(node, yaml.SequenceNode):
            pending += node.value
