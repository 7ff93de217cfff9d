"""A secret as a member's name, as a JSON Pointer has it (RFC 6901, section 4).

Findings of ours name no such member any more; others may.
"""

import base64

import pytest

from beacon_audit.redaction import SecretRegistry, Tokens

TOKENS = Tokens(bytes(range(32)))
SECRETS = ["key/with/slashes-9d21", "key~with~tildes-9d21", "k~1e~0y/4f~2~01a77b", "~~~//~/~0123456789"]


def pointer_to(*keys: str) -> str:
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)


def knowing(secret: str) -> SecretRegistry:
    registry = SecretRegistry(TOKENS)
    registry.learn(secret)
    return registry


@pytest.mark.parametrize("secret", SECRETS)
def test_secret_in_a_pointer_is_found_and_replaced(secret: str) -> None:
    registry = knowing(secret)
    pointer = pointer_to("trace_transactions", "0", secret, "id")
    assert registry.contains(pointer)
    assert registry.scrub(pointer) == f"/trace_transactions/0/{TOKENS.token('license', secret)}/id"


def test_base64_form_with_a_slash_is_found_in_a_pointer() -> None:
    secret = "???>>>???~~~lcl_4d1f??"
    encoded = base64.b64encode(secret.encode()).decode()
    assert "/" in encoded
    assert encoded not in knowing(secret).scrub(pointer_to(encoded))
    assert TOKENS.token("license", secret) in knowing(secret).scrub(pointer_to(encoded))


def test_pointers_without_a_secret_are_left_as_they_are() -> None:
    pointer = pointer_to("a/b", "c~d", "4")
    assert knowing(SECRETS[0]).scrub(pointer) == pointer == "/a~1b/c~0d/4"


def test_percent_escape_right_after_a_backslash_of_the_secret_hides_nothing() -> None:
    secret = "kGT'd7FguoV8FW\\n.FbB0JxXuj"
    spelled = "/v1/k%47T'd7FguoV8FW\\%6E.FbB%30JxXuj"
    assert knowing(secret).contains(spelled)
    assert "FbB" not in knowing(secret).scrub(spelled)
