"""Laws of reading JSON: our errors only, and the fast path sees exactly what the slow one sees."""

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from beacon_audit.errors import WireError
from beacon_audit.model import Finding
from beacon_audit.wire import read_json

SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
)
# Quotation marks, backslashes and colons are what the fast count could trip over.
TEXTS = st.text(st.sampled_from('"\\:,{}[]ab\n\u00e9') | st.characters(exclude_categories=["Cs"]), max_size=8)
DOCUMENTS = st.recursive(
    SCALARS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)
NOT_QUITE_JSON = st.lists(st.sampled_from([*'{}[]":,\\1-e. ', "\\u00", "null", "\ufeff", "9" * 20])).map("".join)
#: As people and programs write it. The first two are read fast.
SEPARATORS = st.sampled_from([(",", ":"), (", ", ": "), (" ,", " :"), (",\n", ":\t")])


def codes(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.code for finding in findings]


@given(st.binary(max_size=200) | NOT_QUITE_JSON.map(str.encode))
def test_any_bytes_give_a_document_or_our_error(data: bytes) -> None:
    code = "wire.fine"
    try:
        read_json(data, max_depth=64)
    except WireError as error:
        code = error.code
    assert re.fullmatch(r"wire\.[a-z0-9-]+", code)


@given(DOCUMENTS, st.booleans())
def test_document_without_ambiguity_comes_back_whole_and_without_findings(document: object, ascii_only: bool) -> None:
    data = json.dumps(document, ensure_ascii=ascii_only).encode()
    read, findings = read_json(data, max_depth=64)
    assert findings == ()
    assert read == document


@given(st.dictionaries(TEXTS, DOCUMENTS, max_size=4), TEXTS, DOCUMENTS, st.integers(0, 3), st.booleans(), SEPARATORS)
def test_planted_duplicate_is_always_found(
    members: dict[str, object], key: str, value: object, depth: int, escaped: bool, separators: tuple[str, str]
) -> None:
    members[key] = value
    again = "".join(f"\\u{ord(c):04x}" if escaped and ord(c) < 0x10000 else json.dumps(c)[1:-1] for c in key)
    comma, colon = separators
    text = json.dumps(members, separators=separators)[:-1] + f'{comma}"{again}"{colon}{json.dumps(value)}}}'
    for _ in range(depth):
        text = f'{{"around": [{text}]}}'
    _, findings = read_json(text.encode(), max_depth=64)
    assert codes(findings) == ["wire.duplicate-key"]


@given(st.integers(max_value=-(2**63) - 1) | st.integers(min_value=2**64), DOCUMENTS, SEPARATORS)
def test_planted_integer_beyond_64_bits_is_always_found(
    number: int, beside: object, separators: tuple[str, str]
) -> None:
    data = json.dumps({"beside": beside, "planted": [number]}, separators=separators).encode()
    _, findings = read_json(data, max_depth=64)
    assert [(finding.code, finding.pointer) for finding in findings] == [("wire.integer-range", "/planted/0")]


@given(DOCUMENTS, st.integers(0, 6), SEPARATORS)
def test_depth_never_exceeds_the_limit(document: object, limit: int, separators: tuple[str, str]) -> None:
    def depth(value: object) -> int:
        if isinstance(value, dict | list):
            return 1 + max((depth(item) for item in (value.values() if isinstance(value, dict) else value)), default=0)
        return 0

    refused = False
    try:
        read_json(json.dumps(document, separators=separators, ensure_ascii=False).encode(), max_depth=limit)
    except WireError as error:
        refused = error.code == "wire.json-depth"
    assert refused == (depth(document) > limit)


@given(st.lists(st.text(st.sampled_from('[]{}"\\, a'), max_size=6), max_size=12), st.integers(3, 9), SEPARATORS)
def test_brackets_in_texts_hide_no_depth(texts: list[str], depth: int, separators: tuple[str, str]) -> None:
    document: object = texts
    for text in [*texts, *"ab" * depth][:depth]:
        document = [text, {text: document}, text]
    data = json.dumps(document, separators=separators).encode()
    assert read_json(data, max_depth=2 * depth + 1) == (document, ())
    code = ""
    try:
        read_json(data, max_depth=2 * depth)
    except WireError as error:
        code = error.code
    assert code == "wire.json-depth"
