"""A JSON document as it may be written: documented values in clear, everything else as keyed tokens.

``secrets`` maps JSON Pointers to kinds: whatever stands there becomes its token. ``hidden`` names places that no
document describes: the value becomes a token with its JSON type and size, so that a reviewer sees that something was
there, and whether it was the same as before, but not what. The same goes for a member whose name pointers do not show
(``model.pointer``), since a name is a place to hide a value in; two of them are told apart by their tokens. Every key,
string and number that is left is scrubbed of known secrets. The input is not changed.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import orjson

from beacon_audit.model.pointer import can_show_key, pointer_tokens
from beacon_audit.model.text_groups import SEPARATOR, text_groups
from beacon_audit.redaction.names import Names
from beacon_audit.redaction.registry import SecretRegistry
from beacon_audit.redaction.tokens import Tokens

_HIDDEN = ""
# Each search costs some microseconds. The tokens of further names do not tell which key they were, that is all.
_MOST_NAMES_SEARCHED = 256

#: Where something is to be replaced: by member or index, with the kind of token at the leaf.
type _Places = dict[str, "_Places | str"]


@dataclass(slots=True)
class _Redaction:
    names: Names
    searched: int = 0

    @property
    def tokens(self) -> Tokens:
        return self.names.tokens

    def name(self, key: str) -> str:
        """What stands for a name that is not shown."""
        self.searched += 1
        return self.names.name(key) if self.searched <= _MOST_NAMES_SEARCHED else self.tokens.token("name", key)

    def hide(self, value: object) -> dict[str, object]:
        """A value that nobody documented."""
        kind = "null" if value is None else type(value).__name__
        return {"undocumented": hidden_token(self.tokens, value), "type": kind, "bytes": len(_encoded(value))}

    def replace(self, value: object, kind: str) -> object:
        """A value at a place of ``kind``; hidden when it has none."""
        if kind == _HIDDEN:
            return self.hide(value)
        return self.tokens.token(kind, value if isinstance(value, str) else _encoded(value))


def hidden_token(tokens: Tokens, value: object) -> str:
    """What stands in a redacted document for ``value``, a JSON value at a place that is hidden."""
    return tokens.token("undocumented", _encoded(value))


def redact_document(
    document: object, *, registry: SecretRegistry, tokens: Tokens, secrets: Mapping[str, str], hidden: Collection[str]
) -> object:
    """The redacted form of a document made of what ``json`` makes."""
    redaction = _Redaction(Names(registry, tokens))
    places: _Places = {}
    for pointer, kind in (*((pointer, _HIDDEN) for pointer in sorted(hidden)), *secrets.items()):
        if pointer == "":
            return redaction.replace(document, kind)
        _add(places, pointer, kind)
    redacted = _redacted(document, places, redaction)
    # A search over each group of what is left; only in a hit it is looked for again.
    dirty = set(_dirty(_strings(redacted), registry))
    return _scrubbed(redacted, registry, dirty) if dirty else redacted


def _dirty(texts: Iterable[str], registry: SecretRegistry) -> Iterator[str]:
    """Those of ``texts`` that a search finds something in."""
    for group in text_groups(texts):
        if registry.contains(SEPARATOR.join(group)):
            yield from group


def _scrubbed(value: object, registry: SecretRegistry, dirty: Collection[str]) -> object:
    if isinstance(value, dict):
        members = ((registry.scrub(key) if key in dirty else key, item) for key, item in value.items())
        return _members((key, _scrubbed(item, registry, dirty)) for key, item in members)
    if isinstance(value, list):
        return [_scrubbed(item, registry, dirty) for item in value]
    if _is_number(value):
        text = str(value)
        return registry.scrub(text) if text in dirty and registry.contains(text) else value
    return registry.scrub(value) if isinstance(value, str) and value in dirty else value


def _members(members: Iterable[tuple[str, object]]) -> dict[str, object]:
    """An object of ``members``. Two spellings of a secret have one token; neither member may hide the other."""
    clean: dict[str, object] = {}
    again = 0
    for key, item in members:
        name = key
        while name in clean:
            again += 1
            name = f"{key}+{again}"
        clean[name] = item
    return clean


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _redacted(value: object, places: "_Places | None", redaction: _Redaction) -> object:
    if isinstance(value, dict):
        return _members(_member(key, item, places, redaction) for key, item in value.items())
    if isinstance(value, list):
        if not places:
            return [_redacted(item, None, redaction) for item in value]
        return [_placed(item, places.get(str(index)), redaction) for index, item in enumerate(value)]
    return value


def _member(key: str, value: object, places: "_Places | None", redaction: _Redaction) -> tuple[str, object]:
    if not can_show_key(key):
        return redaction.name(key), redaction.hide(value)
    return key, _placed(value, places.get(key) if places else None, redaction)


def _placed(value: object, place: "_Places | str | None", redaction: _Redaction) -> object:
    return redaction.replace(value, place) if isinstance(place, str) else _redacted(value, place, redaction)


def _add(places: _Places, pointer: str, kind: str) -> None:
    *parents, last = pointer_tokens(pointer)
    for part in parents:
        below = places.setdefault(part, {})
        if isinstance(below, str):
            return  # the whole of it is replaced already
        places = below
    places[last] = kind


def _strings(value: object) -> list[str]:
    """Every key, string and number (a license can be all digits), without recursion: the order does not matter."""
    found: list[str] = []
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            found.append(item)
        elif isinstance(item, dict):
            found.extend(item)
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
        elif _is_number(item):
            found.append(str(item))
    return found


def _encoded(value: object) -> bytes:
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        return repr(value).encode("utf-8", "backslashreplace")  # lone surrogates, integers over 64 bits
