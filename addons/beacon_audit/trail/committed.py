"""An entry on its way from the journal to the log, with those of its fields that the way depends on. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Committed:
    """An entry of the journal, durable or about to be. ``kind`` and ``id`` are its fields ``type`` and ``id``."""

    kind: str
    id: str
    entry: bytes


def fields_of(fields: Mapping[str, object], entry: bytes) -> Committed:
    """An entry with those of its ``fields`` that publishing looks at."""
    return Committed(str(fields["type"]), str(fields["id"]), entry)
