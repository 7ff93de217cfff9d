"""JSON Pointers (RFC 6901) for findings.

``json_pointer`` takes the path to a value (object keys and array indexes, from the root) and gives a pointer that
resolves in the document, always: a key that must not be shown is never shortened, because half a secret is no longer
recognised by redaction and half a pointer hides nothing. Instead the pointer ends at the object that holds such a
key. Keys are shown when they are plain (``plain_name``): a key of the payload is its sender's text, and any other
could be a license that nobody knows.

``pointer_tokens`` and ``value_at`` lead the other way, from a pointer to the value.
"""

from collections.abc import Collection, Iterable

from beacon_audit.model.json_value import JsonValue
from beacon_audit.model.plain_name import is_plain_name


def json_pointer(path: Iterable[str | int]) -> str:
    """The pointer to ``path``, or to the innermost object around the first key that cannot be shown."""
    parts: list[str] = []
    for token in path:
        if isinstance(token, str):
            if not can_show_key(token):
                break
            parts.append(escaped(token))
        else:
            parts.append(str(token))
    return "".join(f"/{part}" for part in parts)


def escaped(key: str) -> str:
    """``key`` as a token of a pointer (RFC 6901 §3)."""
    return key.replace("~", "~0").replace("/", "~1")


def pointer_tokens(pointer: str) -> list[str]:
    """The keys and indexes that ``pointer`` leads through, from the root."""
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def value_at(document: JsonValue, tokens: Iterable[str]) -> JsonValue:
    """The value in ``document`` that the tokens of a pointer lead to, ``None`` when there is none."""
    value = document
    for token in tokens:
        if isinstance(value, dict):
            value = value.get(token)
        elif isinstance(value, list) and token.isdecimal() and int(token) < len(value):
            value = value[int(token)]
        else:
            return None
    return value


def can_show_key(key: str) -> bool:
    """Whether a key of the payload may appear in a pointer."""
    return not key or is_plain_name(key)


def without_keys(pointer: str, keys: Collection[str]) -> str:
    """``pointer``, or what of it leads to the innermost object around the first key that is one of ``keys``."""
    for at, key in enumerate(pointer_tokens(pointer), 1):
        if key in keys:
            return "/".join(pointer.split("/")[:at])
    return pointer
