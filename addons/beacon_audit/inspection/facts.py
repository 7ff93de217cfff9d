"""A fact: something that a document says, however often and wherever it says it.

Detectors judge facts, of which a body has few; only those that are suspicious are located again (``locate``). A fact
is a tuple because a set of thousands is built for every body.
"""

from typing import Literal, NamedTuple

type Role = Literal["attribute-key", "metric-name", "span-name", "event-name", "scope-name"]

#: What ``name`` means in the objects of a list that is called so.
ROLE_IN_LIST: dict[str, Role] = {"metrics": "metric-name", "spans": "span-name", "events": "event-name"}


class Fact(NamedTuple):
    """``kind`` says what ``name`` is, and where ``text`` stands:

    - ``text``: anywhere, as a value or as a key; ``name`` is empty;
    - ``field``: the value of a member that is called ``name`` (empty: in a list of texts);
    - ``attribute``: the ``stringValue`` of an attribute whose key is ``name``;
    - ``name``: what an object of the role ``name`` is called.
    """

    kind: Literal["text", "field", "attribute", "name"]
    name: str
    text: str


class Suspicion(NamedTuple):
    """What a detector has to say of a fact, or of the value at a path (keys and indexes from the root). ``message``
    never contains a value from the payload."""

    code: str
    about: Fact | tuple[str | int, ...]
    message: str


def anywhere(text: str) -> Fact:
    """The fact that ``text`` stands in a document at all."""
    return Fact("text", "", text)
