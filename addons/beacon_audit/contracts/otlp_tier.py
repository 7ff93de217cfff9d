"""A request over OTLP against two tiers: what the documented samples show, and what the protocol allows beyond them.

Gives the findings of ``validation`` for the documented schema, with these differences:

- ``contract.otlp-structure``: a field that no sample shows and OTLP defines (``kind``, ``flags``, a histogram, another
  kind of attribute value), an id in capitals or a number written as ``NaN``. What stands inside is held to OTLP, whose
  findings then take the place of those of the documented schema.
- A member that holds the default of its type counts as none (``otlp_messages``), so a required one is missing.
- Free texts and numbers outside of what the documentation shows stay what they are: the protocol sets no bounds, and a
  bound that is not kept is how text gets out.

Pure; never raises on a document.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from beacon_audit.contracts.otlp_messages import OtlpMember, OtlpMessage, otlp_request, read_schema
from beacon_audit.contracts.schemas import Schema, SchemaSet, subschemas
from beacon_audit.contracts.validation import DocumentSchema, is_large
from beacon_audit.model.endpoint import OtlpSignal
from beacon_audit.model.finding import Finding
from beacon_audit.model.json_value import JsonValue
from beacon_audit.model.pointer import pointer_tokens, value_at

_STRUCTURE = "contract.otlp-structure"
_STATUS = "status.schema.json"
#: Refuses what means nothing, of any type: "", "0", 0, false, []. It refuses more, which only costs a second look: to
#: ask for exactly these (``not``, ``enum``) takes the engine as long as all the rest.
_STATED: Schema = {
    "type": ["string", "number", "array", "object", "null"],
    "minLength": 2,
    "exclusiveMinimum": 0,
    "minItems": 1,
}
#: Where sub-schemas only ever add to what is refused.
_ADDING = ("items", "additionalProperties")
_ADDING_MAPS = ("properties", "patternProperties", "$defs")
#: Where to refuse more may be to accept more.
_TURNING = ("not", "if", "contains")  # and oneOf


class OtlpTier:
    """Both tiers of one endpoint. ``documented`` is the schema in the file ``name`` of ``schemas``."""

    def __init__(
        self, signal: OtlpSignal, documented: DocumentSchema, schemas: Mapping[str, Schema], name: str
    ) -> None:
        self._documented = documented
        self._screen = (
            SchemaSet({file: _screening(schema) for file, schema in schemas.items()}).checker(name)
            if all(map(_can_screen, schemas.values()))
            else None
        )
        file = f"{signal}.schema.json"
        self._protocol = DocumentSchema(SchemaSet({file: read_schema(signal)}), file)
        self._request = otlp_request(signal)

    def findings(self, document: JsonValue) -> tuple[Finding, ...]:
        """Every difference between ``document`` and what is documented. A documented body costs one look."""
        if self._screen is not None and self._screen.is_valid(document):
            return ()
        meaning = self._request.without_defaults(document)
        documented = self._documented.listed(meaning)
        if not documented.findings or is_large(meaning):
            return documented.findings
        protocol = self._protocol.listed(meaning)
        if not (documented.complete and protocol.complete):
            # What is not listed could be wrong by the protocol, too: nothing is taken for mere structure.
            return tuple(sorted({*documented.findings, *protocol.findings}))
        comparison = _Comparison(self._request, meaning, protocol.findings)
        found: dict[tuple[str, str], Finding] = {}
        for finding in comparison.of(documented.findings):
            found.setdefault((finding.pointer, finding.code), finding)
        return tuple(found[place] for place in sorted(found))


def status_schema() -> DocumentSchema:
    """``google.rpc.Status``: the body of every answer of a status from 400 on (OTLP/HTTP, "Failures")."""
    return DocumentSchema(SchemaSet({_STATUS: read_schema("status")}), _STATUS)


class _Comparison:
    """What the protocol says to the differences between one document and the documentation."""

    def __init__(self, request: OtlpMessage, document: JsonValue, refused: tuple[Finding, ...]) -> None:
        self._request = request
        self._document = document
        self._refused = refused  # by the protocol, in the order of pointers
        self._pointers = [finding.pointer for finding in refused]

    def of(self, documented: tuple[Finding, ...]) -> Iterator[Finding]:
        for finding in documented:
            here = self._between(finding.pointer, f"{finding.pointer}\0")
            if self._has_another_choice(finding):
                continue  # nothing is missing: the other member of the oneof is there, and has a finding of its own
            if finding.code == "contract.undocumented-field":
                message = "OTLP defines this field, but no documented sample shows it"
                yield from here or (Finding(_STRUCTURE, finding.pointer, message),)
                yield from self._between(f"{finding.pointer}/", f"{finding.pointer}0")  # "0" follows "/"
                yield from self._wrong_together(finding.pointer.rpartition("/")[0])
            elif not here and self._has_another_form(finding):
                message = "OTLP allows this form of the value, but no documented sample shows it"
                yield Finding(_STRUCTURE, finding.pointer, message)
            else:
                yield finding

    def _between(self, first: str, last: str) -> tuple[Finding, ...]:
        return self._refused[bisect_left(self._pointers, first) : bisect_left(self._pointers, last)]

    def _wrong_together(self, around: str) -> Iterator[Finding]:
        """What is wrong with the object as a whole: two members of a oneof, each allowed by itself."""
        return (each for each in self._between(around, f"{around}\0") if each.code == "contract.wrong-value")

    def _has_another_choice(self, finding: Finding) -> bool:
        """Whether what is missing was one of a oneof that has another member. The pointer leads to the member, or,
        where several would do, to the object."""
        if finding.code != "contract.missing-field":
            return False
        path = pointer_tokens(finding.pointer)
        for around, name in ((path, None), (path[:-1], path[-1] if path else None)):
            holder = self._request.at(around)
            message = holder.message if isinstance(holder, OtlpMember) else holder
            value = value_at(self._document, around)
            if message is not None and isinstance(value, dict) and (name is None or name in message.choices):
                return not message.choices.isdisjoint(value)
        return False

    def _has_another_form(self, finding: Finding) -> bool:
        if finding.code not in ("contract.wrong-type", "contract.wrong-value"):
            return False
        path = pointer_tokens(finding.pointer)
        member = self._request.at(path)
        return isinstance(member, OtlpMember) and member.fixed_text and isinstance(value_at(self._document, path), str)


def _can_screen(schema: Schema) -> bool:
    """Whether all that ``_screening`` makes of it accepts is accepted by ``schema``. Not so where a reference leads to
    a part that refuses more, or where a member counts as evaluated because it was asked for."""
    for _, node in subschemas(schema):
        choices = node.get("oneOf")
        turning = [*(node[keyword] for keyword in _TURNING if keyword in node)]
        turning += choices if isinstance(choices, list) else []
        if "unevaluatedProperties" in node or any("$ref" in inner for _, inner in subschemas({"allOf": turning})):
            return False
    return True


def _screening(schema: Schema) -> Schema:
    """``schema``, refusing defaults where it asks for a member. What it accepts is documented with and without them."""
    screening = dict(schema)
    for keyword in _ADDING:
        inner = schema.get(keyword)
        if isinstance(inner, dict):
            screening[keyword] = _screening(inner)
    for keyword in _ADDING_MAPS:
        inner = schema.get(keyword)
        if isinstance(inner, dict):
            screening[keyword] = {
                key: _screening(item) if isinstance(item, dict) else item for key, item in inner.items()
            }
    required = schema.get("required")
    if isinstance(required, list):
        _ask_for(screening, [str(name) for name in required])
    return screening


def _ask_for(screening: Schema, required: Sequence[str]) -> None:
    """Refuse defaults of the members ``required``: where they are declared, so that none is looked up twice."""
    declared = screening.get("properties")
    properties = dict(declared) if isinstance(declared, dict) else {}
    elsewhere: Schema = {name: _STATED for name in required if name not in properties}
    properties |= {name: _and(properties[name], _STATED) for name in required if name in properties}
    screening["properties"] = properties
    if elsewhere:
        screening |= _and(screening, {"properties": elsewhere})


def _and(schema: JsonValue, other: Schema) -> Schema:
    """Both. All of ``schema`` stays where it is, for references to it."""
    if not isinstance(schema, dict):
        return {"allOf": [schema, other]}
    more = schema.get("allOf")
    return {**schema, "allOf": [*(more if isinstance(more, list) else []), other]}
