"""Where in a document something stands, while it is being read: a linked list from the value up to the root.

It costs next to nothing to make, and becomes a JSON Pointer only when there is something to report.
"""

from beacon_audit.model.pointer import json_pointer

type Place = tuple[Place, str | int] | None


def pointer_to(place: Place) -> str:
    """The JSON Pointer of a place."""
    path: list[str | int] = []
    while place is not None:
        place, token = place
        path.append(token)
    return json_pointer(reversed(path))
