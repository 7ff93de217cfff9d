"""Which headers a request may have, and what may stand in them: a header is as good a way out as a field of a body.

Promise: a header that is not documented, a value outside of its documented form and a header that stands more than once
are findings: ``contract.undocumented-header`` (one for all such headers of a request) and ``contract.header-value``.
Takes headers in order, names in lower case, values as latin-1 text. Pure, never raises. No value is ever quoted; the
name of an undocumented header is the sender's text too, and shown only if it is one plain word.

Documented are the headers that HTTP clients send by themselves (``http-headers.schema.json``) and those of the schema
that ``headers`` of ``endpoints.yaml`` names, whose word goes before the former's; a header that may carry the license
only at the endpoints that say so (``license_headers``).

Not looked at, because what is sent is never altered: the order of headers and the case of their names. White space
around a value does not get as far as here: mitmproxy drops it, and sends one space.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from beacon_audit.contracts.fields import Field, fields_of
from beacon_audit.contracts.schemas import Schema, SchemaSet
from beacon_audit.contracts.validation import DocumentSchema
from beacon_audit.model.finding import Finding
from beacon_audit.model.json_value import JsonValue

#: More than one Host has a finding of its own, which refuses in every mode (``proxy.containment``).
_COUNTED_ELSEWHERE = frozenset({"host"})
_PLAIN_NAME = re.compile(r"[a-z]{1,16}[0-9]?(?:-[a-z]{1,16}[0-9]?){0,4}", re.ASCII)
_LONGEST_SHOWN = 40
_MOST_SHOWN = 4


@dataclass(frozen=True, slots=True)
class HeaderSchema:
    """One schema over headers: an object whose properties are header names. ``fields`` by name; ``None`` where the
    schema says ``false``: such a header is not documented, whatever else says that it is."""

    fields: Mapping[str, Field | None]
    schema: DocumentSchema = field(repr=False)

    @classmethod
    def of(cls, schemas: SchemaSet, parsed: Mapping[str, Schema], file: str) -> Self:
        """The schema in ``file``, which is one of ``schemas`` and of ``parsed``."""
        described = {found.pointer[1:]: found for found in fields_of(parsed, file)}
        properties = parsed[file].get("properties")
        names = properties if isinstance(properties, dict) else {}
        return cls({name: described.get(name) for name in names}, DocumentSchema(schemas, file))


class RequestHeaders:
    """The documented headers of one edition, by the schemas whose word counts, the first one first. ``license_headers``
    are those that some endpoint may carry its license in; a schema has to document them too."""

    def __init__(self, schemas: Sequence[HeaderSchema], license_headers: Collection[str]) -> None:
        self.license_headers = frozenset(license_headers)
        self._schemas = tuple(schemas)
        #: Which schema judges a header that is documented, by name.
        self._judge: dict[str, int] = {}
        for at, schema in reversed(list(enumerate(schemas))):
            self._judge |= dict.fromkeys(schema.fields, at)
        for name, at in list(self._judge.items()):
            if schemas[at].fields[name] is None:
                del self._judge[name]

    def documented(self) -> tuple[tuple[str, Field], ...]:
        """Every documented header, with what its schema says of it."""
        found = ((name, self._schemas[at].fields[name]) for name, at in self._judge.items())
        return tuple((name, says) for name, says in found if says is not None)

    def findings(self, headers: Sequence[tuple[str, str]], carriers: Collection[str]) -> tuple[Finding, ...]:
        """What is wrong with ``headers``. ``carriers`` are the license headers of the endpoint they are sent to."""
        elsewhere = self.license_headers.difference(carriers)
        documents: list[dict[str, JsonValue]] = [{} for _ in self._schemas]
        undocumented: dict[str, None] = {}
        repeated: dict[str, None] = {}
        for name, value in headers:
            judge = self._judge.get(name)
            if judge is None or name in elsewhere:
                undocumented[name] = None
            elif name in documents[judge]:
                repeated[name] = None
            else:
                documents[judge][name] = value
        found = [_undocumented(list(undocumented))] if undocumented else []
        found += [_repeated(name) for name in repeated if name not in _COUNTED_ELSEWHERE]
        for schema, document in zip(self._schemas, documents, strict=True):
            found += map(_wrong_value, schema.schema.findings(document))
        return tuple(found)


def _repeated(name: str) -> Finding:
    return Finding("contract.header-value", "", f"expected the header {name} once, got it again")


def _wrong_value(found: Finding) -> Finding:
    """The schema's finding as one about a header. Its pointer names a documented header, never another."""
    name = found.pointer.removeprefix("/")
    message = found.message.replace("the documented field", "the documented header")
    return Finding("contract.header-value", "", f"header {name}: {message}" if name else message)


def _undocumented(names: Sequence[str]) -> Finding:
    plain = [name for name in names if len(name) <= _LONGEST_SHOWN and _PLAIN_NAME.fullmatch(name)]
    shown = plain[:_MOST_SHOWN]
    others = len(names) - len(shown)
    if others:
        what = f"{others} more" if shown else "a header" if others == 1 else f"{others} headers"
        shown.append(what if shown else f"{what} of another name")
    return Finding("contract.undocumented-header", "", f"expected documented headers only, got {_joined(shown)}")


def _joined(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
