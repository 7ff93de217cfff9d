"""JSON Pointers (RFC 6901) for findings.

``json_pointer`` takes the path to a value (object keys and array indexes, from the root) and gives a pointer that
resolves in the document, always: a key that must not be shown is never shortened, because half a secret is no longer
recognised by redaction and half a pointer hides nothing. Instead the pointer ends at the object that holds such a
key. Keys are shown when they are plain (``plain_name``): a key of the payload is its sender's text, and any other
could be a license that nobody knows.
"""

from collections.abc import Collection, Iterable

from beacon_audit.model.plain_name import is_plain_name


def json_pointer(path: Iterable[str | int]) -> str:
    """The pointer to ``path``, or to the innermost object around the first key that cannot be shown."""
    parts: list[str] = []
    for token in path:
        if isinstance(token, str):
            if not can_show_key(token):
                break
            parts.append(token.replace("~", "~0").replace("/", "~1"))
        else:
            parts.append(str(token))
    return "".join(f"/{part}" for part in parts)


def can_show_key(key: str) -> bool:
    """Whether a key of the payload may appear in a pointer."""
    return not key or is_plain_name(key)


def without_keys(pointer: str, keys: Collection[str]) -> str:
    """``pointer``, or what of it leads to the innermost object around the first key that is one of ``keys``."""
    tokens = pointer.split("/")
    for at, token in enumerate(tokens):
        if at and token.replace("~1", "/").replace("~0", "~") in keys:
            return "/".join(tokens[:at])
    return pointer
