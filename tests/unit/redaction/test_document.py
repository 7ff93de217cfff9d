"""Redacted documents: documented values in clear, secrets and undocumented values as tokens."""

import copy
import json
import re

import pytest

from beacon_audit.redaction import SecretRegistry, Tokens, redact_document

TOKENS = Tokens(b"k" * 32)
LICENSE = "lcl_9f8e7d6c5b4a3f2e"
TOKEN = TOKENS.token("license", LICENSE)


def redacted(
    document: object, *, secrets: dict[str, str] | None = None, hidden: tuple[str, ...] = (), known: str = LICENSE
) -> object:
    registry = SecretRegistry(TOKENS)
    registry.learn(known)
    return redact_document(document, registry=registry, tokens=TOKENS, secrets=secrets or {}, hidden=hidden)


def test_value_at_the_pointer_of_a_secret_becomes_its_token() -> None:
    assert redacted({"license": LICENSE, "count": 5}, secrets={"/license": "license"}) == {"license": TOKEN, "count": 5}


@pytest.mark.parametrize("value", ["short", 12345, 1.5, None, True, ["lcl"], {"a": "b"}, ""])
def test_whatever_stands_at_the_pointer_of_a_secret_is_replaced(value: object) -> None:
    clean = redacted({"license": value}, secrets={"/license": "license"})
    assert isinstance(clean, dict)
    assert re.fullmatch(r"license:[0-9a-f]{4}:[0-9a-f]{16}", clean["license"])


def test_pointer_to_the_whole_document_replaces_it() -> None:
    assert redacted("bare text", secrets={"": "token"}) == TOKENS.token("token", "bare text")


def test_escaped_pointers_and_array_indices_are_followed() -> None:
    document = {"a/b": [{"c~d": "value"}, {"c~d": "other"}]}
    clean = redacted(document, hidden=("/a~1b/1/c~0d",))
    assert isinstance(clean, dict)
    assert "other" not in json.dumps(clean)


def test_pointer_that_leads_nowhere_changes_nothing() -> None:
    assert redacted({"a": [1]}, hidden=("/b/c", "/a/7", "/a/0/x", "/a/x")) == {"a": [1]}


def test_undocumented_value_is_told_only_by_token_type_and_size() -> None:
    clean = redacted({"extra": "prompt of a person", "known": "x"}, hidden=("/extra",))
    token = TOKENS.token("undocumented", b'"prompt of a person"')
    assert clean == {"extra": {"undocumented": token, "type": "str", "bytes": 20}, "known": "x"}


def test_undocumented_value_within_a_secret_does_not_bring_it_back() -> None:
    clean = redacted({"license": {"extra": "inner"}}, secrets={"/license": "license"}, hidden=("/license/extra",))
    assert "inner" not in json.dumps(clean)
    assert "license:" in json.dumps(clean)


@pytest.mark.parametrize("key", ["two words", "word" * 17, "ключ", "lcl_other_0123456789abcdef", "a\n", "a" * 64])
def test_name_that_is_not_plain_is_replaced_with_its_value(key: str) -> None:
    clean = redacted({key: "value"})
    assert isinstance(clean, dict)
    [name] = clean
    assert name == TOKENS.token("name", key)
    assert "value" not in json.dumps(clean)


def test_secret_in_a_documented_value_or_a_name_is_scrubbed() -> None:
    assert redacted({"env": f"x-{LICENSE}", "list": [[LICENSE]]}) == {"env": f"x-{TOKEN}", "list": [[TOKEN]]}


@pytest.mark.parametrize("name", ["k8s.pod.name", "a/b", "v1", "", "receive_request"])
def test_plain_name_stays_with_its_value(name: str) -> None:
    assert redacted({name: "value"}) == {name: "value"}


def test_known_secret_in_a_name_is_told_by_its_own_token() -> None:
    clean = redacted({LICENSE: 1, f"{LICENSE}-4c1d9a7e2b": 2})
    assert isinstance(clean, dict)
    assert list(clean) == [TOKEN, TOKEN + TOKENS.token("name", "-4c1d9a7e2b")]


def test_name_among_very_many_is_hidden_though_it_is_not_searched() -> None:
    clean = redacted({f"{number}-{LICENSE}": number for number in range(1000)})
    assert isinstance(clean, dict)
    assert len(clean) == 1000
    assert LICENSE not in json.dumps(clean)


def test_two_spellings_of_a_secret_as_names_do_not_hide_each_other() -> None:
    clean = redacted({LICENSE: 1, LICENSE.upper(): 2, LICENSE.title(): 3})
    assert isinstance(clean, dict)
    assert list(clean) == [TOKEN, f"{TOKEN}+1", f"{TOKEN}+2"]


@pytest.mark.timeout(20)
def test_thousands_of_spellings_of_a_secret_as_names_cost_no_more_than_they_are() -> None:
    letters = [at for at, character in enumerate(LICENSE) if character.isalpha()]
    spellings = {}
    for number in range(4_000):
        characters = list(LICENSE)
        for bit, at in enumerate(letters[:12]):
            characters[at] = characters[at].upper() if number >> bit & 1 else characters[at].lower()
        spellings["".join(characters)] = number
    clean = redacted(spellings)
    assert isinstance(clean, dict)
    assert len(clean) == len(spellings)
    assert max(map(len, clean)) <= len(TOKEN) + 5  # each name as long as its number, not as the number of names


def test_secret_that_is_all_digits_is_found_in_numbers() -> None:
    clean = redacted({"count": 1234567890123, "other": 5, "yes": True}, known="1234567890123")
    assert clean == {"count": TOKENS.token("license", "1234567890123"), "other": 5, "yes": True}


def test_input_is_not_changed() -> None:
    document = {"license": LICENSE, "extra": [{"a": LICENSE}], "b c": 1}
    before = copy.deepcopy(document)
    redacted(document, secrets={"/license": "license"}, hidden=("/extra/0",))
    assert document == before


def test_values_that_json_cannot_hold_are_hidden_without_an_error() -> None:
    clean = redacted({"surrogate": "\ud800", "large": 2**70}, hidden=("/surrogate", "/large"))
    assert json.dumps(clean).count("undocumented:") == 2


def test_same_undocumented_value_has_the_same_token_whatever_its_key_order() -> None:
    one = redacted({"x": {"a": 1, "b": 2}}, hidden=("/x",))
    assert one == redacted({"x": {"b": 2, "a": 1}}, hidden=("/x",))
