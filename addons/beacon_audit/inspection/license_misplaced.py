"""Detector: a known secret anywhere but in the field that is documented for the license.

Gives ``promise.license-misplaced`` for every string, and every key, that holds a known secret in any form. A key that
holds one is itself a secret: the pointer ends at the object around it.
"""

from collections.abc import Iterator

from beacon_audit.inspection.context import InspectionContext
from beacon_audit.inspection.subject import Subject, Text, path_of
from beacon_audit.model.finding import Finding
from beacon_audit.model.pointer import json_pointer

_CODE = "promise.license-misplaced"
# A character that no form of a secret holds, so that two neighbours never make one together.
_SEPARATOR = "\x1e"


def detect(subject: Subject, context: InspectionContext) -> Iterator[Finding]:
    """One finding for each text with a misplaced secret. Clean documents cost a single scan."""
    licensed = {tuple(_tokens(pointer)) for pointer in context.endpoint.license_pointers}
    texts = [text for text in subject.texts if not _is_license_field(text, licensed)]
    if not context.contains_secret(_SEPARATOR.join(text.text for text in texts)):
        return
    located = [_finding(text, context) for text in texts if context.contains_secret(text.text)]
    # The scan said yes: without a place, the whole body is suspect rather than none of it.
    yield from located or [Finding(_CODE, "", "a known secret stands outside of the documented license field")]


def _tokens(pointer: str) -> Iterator[str]:
    return (token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:])


def _is_license_field(text: Text, licensed: set[tuple[str, ...]]) -> bool:
    if text.is_key or text.place is None:
        return False
    last = str(text.place[1])
    # The last step settles it for nearly every text, without walking up to the root.
    return any(path[-1] == last and tuple(map(str, path_of(text.place))) == path for path in licensed)


def _finding(text: Text, context: InspectionContext) -> Finding:
    path = path_of(text.place)
    shown = path[: next((at for at, key in enumerate(path) if _is_secret_key(key, context)), len(path))]
    what = "a key" if text.is_key else "a text"
    message = f"expected the license only in its documented field, got a known secret in {what} here"
    return Finding(_CODE, json_pointer(shown), message)


def _is_secret_key(token: str | int, context: InspectionContext) -> bool:
    return isinstance(token, str) and context.contains_secret(token)
