"""Redaction held against an eye that shares no code with it: ``harness.leak_search``."""

import hashlib
import json

from hypothesis import given
from hypothesis import strategies as st

from beacon_audit.redaction import SecretRegistry, Tokens, redact_document
from harness.leak_search import leaks_in
from harness.spellings import ALL_SPELLINGS

TOKENS = Tokens(bytes(range(32)))
# Made by a hash: the eye takes any eight characters for a piece, so a secret must not look like anything else.
SECRETS = st.integers(0, 2**32).map(lambda seed: "lcl_" + hashlib.sha256(seed.to_bytes(8)).hexdigest()[::2] + "-/+~Z")
AROUND = st.text(max_size=20)
FORMS = st.sampled_from(sorted(ALL_SPELLINGS))


def knowing(secret: str) -> SecretRegistry:
    registry = SecretRegistry(TOKENS)
    registry.learn(secret)
    return registry


@given(SECRETS, FORMS, AROUND, AROUND)
def test_no_piece_of_a_secret_is_left_in_a_text(secret: str, form: str, before: str, after: str) -> None:
    text = f"{before}{ALL_SPELLINGS[form](secret)}{after}"
    clean = knowing(secret).scrub(text)
    assert leaks_in(secret, {form: clean.encode("utf-8", "surrogatepass")}) == []


@given(SECRETS, st.lists(FORMS, min_size=1, max_size=4), AROUND)
def test_no_piece_of_a_secret_is_left_in_a_document(secret: str, forms: list[str], around: str) -> None:
    spelled = [around + ALL_SPELLINGS[form](secret) for form in forms]
    document = {"a": spelled, "b": {text: [text, {"name": text}] for text in spelled}, "license": secret}
    redacted = redact_document(
        document, registry=knowing(secret), tokens=TOKENS, secrets={"/license": "license"}, hidden={"/a/0"}
    )
    assert leaks_in(secret, {"document": json.dumps(redacted).encode()}) == []


@given(SECRETS, st.text(max_size=200))
def test_text_without_a_secret_is_left_as_it_is(secret: str, text: str) -> None:
    assert knowing(secret).scrub(text) == text
