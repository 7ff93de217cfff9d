"""The registry: what was learned is found in every form, and nothing else is touched."""

import base64
import json
import threading
import time
import urllib.parse

import pytest

from beacon_audit.errors import BeaconAuditError
from beacon_audit.redaction import RegistryFull, SecretRegistry, Tokens
from beacon_audit.redaction.registry import LONGEST_SECRET, RECENT, WITHHELD

TOKENS = Tokens(b"k" * 32)
LICENSE = "lcl_9f8e7d6c5b4a/3f2e+1d0c9b8a"
TOKEN = TOKENS.token("license", LICENSE)
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJsYW5nc21pdGgifQ.c2lnbmF0dXJl"


def knowing(*secrets: str, capacity: int = 256) -> SecretRegistry:
    registry = SecretRegistry(TOKENS, capacity)
    for secret in secrets:
        registry.learn(secret)
    return registry


def hexadecimal(secret: str) -> str:
    return secret.encode().hex()


LISTED_FORMS = {
    "plain": LICENSE,
    "lower case": LICENSE.lower(),
    "upper case": LICENSE.upper(),
    "url": urllib.parse.quote(LICENSE, safe=""),
    "url lower case": urllib.parse.quote(LICENSE, safe="").lower(),
    "url twice": urllib.parse.quote(urllib.parse.quote(LICENSE, safe=""), safe=""),
    "url all": "".join(f"%{byte:02X}" for byte in LICENSE.encode()),
    "hex": hexadecimal(LICENSE),
    "hex upper case": hexadecimal(LICENSE).upper(),
    "hex dump": LICENSE.encode().hex(" ", 2),
    "json": json.dumps(LICENSE)[1:-1].replace("/", "\\/"),
    "json all": "".join(f"\\u{ord(character):04x}" for character in LICENSE),
    "json in json": json.dumps(json.dumps(LICENSE).replace("/", "\\/")),
    "url of json": urllib.parse.quote("".join(f"\\u{ord(character):04x}" for character in LICENSE)),
    "repr of bytes": repr(LICENSE.encode()),
    "repr of repr": repr(repr(LICENSE.encode())),
    "escaped bytes": "".join(f"\\x{byte:02x}" for byte in LICENSE.encode()),
    "two lines": f"{LICENSE[:9]}\n{LICENSE[9:]}",
    "two lines, indented": f"{LICENSE[:9]}\r\n      {LICENSE[9:]}",
    "two literals": f"'{LICENSE[:9]}'\n '{LICENSE[9:]}'",
    "two bytes literals": f"b'{LICENSE[:9]}'\n b'{LICENSE[9:]}'",
    "url over two lines": "".join(f"%{byte:02X}" for byte in LICENSE.encode()).replace("%66", "%6\n6"),
    "utf-16": LICENSE.encode("utf-16-le").decode("latin-1"),
    "base64 of a url-encoded body": base64.b64encode(urllib.parse.urlencode({"license": LICENSE}).encode()).decode(),
    "base64 of json": base64.b64encode(json.dumps({"license": LICENSE}).replace("/", "\\/").encode()).decode(),
    "hex of json": json.dumps({"license": LICENSE}).replace("/", "\\/").encode().hex(),
    **{
        f"base64, phase {phase}": base64.b64encode(b"ab"[:phase] + LICENSE.encode() + b"c").decode()
        for phase in range(3)
    },
    **{
        f"url-safe base64, phase {phase}": base64.urlsafe_b64encode(b"?>"[:phase] + LICENSE.encode()).decode()
        for phase in range(3)
    },
    "base64 over lines": base64.encodebytes(b"much text before it. " * 3 + LICENSE.encode()).decode(),
    "base64 in a url": urllib.parse.quote(base64.b64encode(LICENSE.encode()).decode(), safe=""),
}


@pytest.mark.parametrize("form", LISTED_FORMS.values(), ids=LISTED_FORMS.keys())
@pytest.mark.parametrize(
    ("before", "after"), [("", ""), ("license=", "&x=1"), ("{'k': b'\\n", "'}"), ("100%", "%2"), ("é\\", "ü")]
)
def test_every_listed_form_is_found_and_replaced(form: str, before: str, after: str) -> None:
    registry = knowing(LICENSE)
    text = f"{before}{form}{after}"
    assert registry.contains(text)
    clean = registry.scrub(text)
    assert TOKEN in clean
    assert form not in clean
    assert not registry.contains(clean)
    assert registry.scrub_bytes(text.encode()).decode() == clean


def test_text_around_a_secret_stays() -> None:
    assert knowing(LICENSE).scrub(f"before {LICENSE} after, 50% \\o/") == f"before {TOKEN} after, 50% \\o/"
    assert knowing(LICENSE).scrub(f"a=%20b&key={urllib.parse.quote(LICENSE)}&c=%20") == f"a=%20b&key={TOKEN}&c=%20"


@pytest.mark.parametrize(
    "text",
    ["", "nothing here", "lcl_", LICENSE[8:-1], LICENSE[::-1], "50%41 \\u0041 %", "x" * 100_000, "\ud800", "\x00"],
)
def test_text_without_a_secret_is_returned_as_it_is(text: str) -> None:
    registry = knowing(LICENSE)
    assert not registry.contains(text)
    assert registry.scrub(text) == text


def test_characters_of_a_secret_swallowed_by_an_unfinished_escape_are_covered() -> None:
    # "%6" and the "1" of the secret read as one escape, so that its beginning is hidden from whoever decodes first.
    registry = knowing("1bcdefghijklmnop")
    assert registry.scrub("%61bcdefgh%69jklmnop, then").endswith(", then")
    assert "jklmnop" not in registry.scrub("%61bcdefgh%69jklmnop")


@pytest.mark.parametrize(
    "secret", ["schlüssel-0123456", "ключ-лицензии-42", "鍵鍵鍵鍵鍵鍵鍵鍵", "key with spaces in it", "a\\b\"c'd/e%41f"]
)
def test_secret_with_other_characters_is_found_in_every_form(secret: str) -> None:
    registry = knowing(secret)
    data = secret.encode()
    forms = [secret, repr(secret), repr(data), json.dumps(secret), json.dumps(secret, ensure_ascii=False), data.hex()]
    forms += [urllib.parse.quote(secret), urllib.parse.quote_plus(secret), base64.b64encode(b"x" + data).decode()]
    forms += [data.decode("latin-1"), base64.b64encode(json.dumps(secret).encode()).decode()]
    for form in forms:
        assert registry.contains(f"[{form}]"), form
        assert not registry.contains(registry.scrub(f"[{form}]"))


def test_both_alphabets_of_base64_are_known() -> None:
    secret = "~~>>??~~>>??~~"
    for before in (b"", b"?", b"??"):
        standard = base64.b64encode(before + secret.encode()).decode()
        safe = base64.urlsafe_b64encode(before + secret.encode()).decode()
        assert standard != safe
        for form in (standard, safe, urllib.parse.quote(standard, safe=""), json.dumps(standard).replace("/", "\\/")):
            assert TOKENS.token("license", secret) in knowing(secret).scrub(form)


@pytest.mark.parametrize(
    "secret", ["000000000\\%61xyz", "50%2541%25abc\\u0041-license", "\\a\\b\\c\\d\\e\\f\\g\\h12345"]
)
def test_secret_that_looks_escaped_itself_is_found_when_it_was_escaped_again(secret: str) -> None:
    once = urllib.parse.quote(secret, safe="")
    for form in (once, urllib.parse.quote(once, safe=""), json.dumps(secret), json.dumps(json.dumps(secret))):
        for text in (form, f"x{form}y", f"9{form}9"):
            assert knowing(secret).contains(text), form


def test_white_space_around_a_secret_does_not_hide_it() -> None:
    assert knowing(f"  {LICENSE}\n").scrub(f"x{LICENSE}y").startswith("xlicense:")


def test_short_value_gets_a_token_but_is_not_searched_for() -> None:
    registry = SecretRegistry(TOKENS)
    assert registry.learn("e") == TOKENS.token("license", "e")
    assert registry.learn("1234567") == TOKENS.token("license", "1234567")
    assert registry.learn("     a     \t") == TOKENS.token("license", "     a     \t")
    assert registry.scrub("e 1234567 a") == "e 1234567 a"


def test_value_of_eight_characters_is_searched_for() -> None:
    assert knowing("12345678").scrub("<12345678>") == f"<{TOKENS.token('license', '12345678')}>"


def test_word_that_every_token_holds_is_no_secret() -> None:
    registry = knowing("license:", LICENSE)
    assert registry.scrub(f"license: {LICENSE}") == f"license: {TOKEN}"


def test_secret_within_a_secret_is_replaced_with_it() -> None:
    registry = knowing("inner_secret", "the_inner_secret_and_more")
    outer = TOKENS.token("license", "the_inner_secret_and_more")
    assert registry.scrub("<the_inner_secret_and_more>") == f"<{outer}>"
    assert registry.scrub("<inner_secret>") == f"<{TOKENS.token('license', 'inner_secret')}>"


def test_overlapping_secrets_leave_nothing_of_either() -> None:
    registry = knowing("abcdefghijklmnop", "ijklmnopqrstuvwx")
    assert registry.scrub("<abcdefghijklmnopqrstuvwx>") in {
        f"<{TOKENS.token('license', secret)}>" for secret in ("abcdefghijklmnop", "ijklmnopqrstuvwx")
    }


def test_secrets_that_share_their_middle_are_told_apart() -> None:
    short, long = "aaaaaaaaSHAREDxx", "bbbbbbbbSHAREDxxyyzz"
    registry = knowing(short, long)
    assert registry.scrub(f"{short}!") == f"{TOKENS.token('license', short)}!"
    assert registry.scrub(f"{long}!") == f"{TOKENS.token('license', long)}!"
    assert short not in registry.scrub(f"{short}yyz")


def test_secret_of_many_thousand_characters_is_replaced_whole() -> None:
    secret = "".join(f"{number:x}-" for number in range(900))
    assert knowing(secret).scrub(f"({secret})") == f"({TOKENS.token('license', secret)})"
    assert not knowing(secret).contains(secret[:3000])


def test_hundreds_of_secrets_are_all_found() -> None:
    secrets = [f"license-{number:04}-{'x' * (number % 7)}key" for number in range(256)]
    registry = knowing(*secrets)
    for secret in secrets:
        assert registry.scrub(f"[{secret}]") == f"[{TOKENS.token('license', secret)}]"


def test_learning_twice_takes_no_room() -> None:
    registry = knowing(LICENSE, capacity=1)
    assert registry.learn(LICENSE) == TOKEN
    with pytest.raises(RegistryFull, match="1 licenses are known already"):
        registry.learn("another_license")


def test_full_registry_still_finds_what_it_knows() -> None:
    registry = knowing(LICENSE, capacity=1)
    with pytest.raises(BeaconAuditError):
        registry.learn("another_license")
    assert registry.contains(LICENSE)
    assert not registry.contains("another_license")


def test_secret_that_is_too_long_to_keep_is_refused_without_being_quoted() -> None:
    with pytest.raises(RegistryFull, match="at most 4096 characters") as caught:
        knowing("secret" * LONGEST_SECRET)
    assert "secretsecret" not in str(caught.value)


def test_secret_that_is_escaped_without_end_is_refused() -> None:
    secret = "%61"
    for _ in range(10):
        secret = secret.replace("%", "\\u0025").replace("\\", "%5c")
    with pytest.raises(RegistryFull, match="escaped this deeply"):
        knowing(secret)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("part", ["\\", "%", "%25", "\\u0025", "ab", "é", " ", "a/"])
def test_longest_secret_is_learned_in_little_time(part: str) -> None:
    secret = (part * LONGEST_SECRET)[: LONGEST_SECRET - 10] + "0123456789"
    assert knowing(secret).contains(f"<{secret}>")


def test_old_tokens_are_forgotten_and_licenses_never() -> None:
    registry = knowing(LICENSE)
    tokens = [f"{JWT}{number}" for number in range(RECENT + 1)]
    for token in tokens:
        registry.learn(token, "token")
    assert registry.contains(LICENSE)
    assert all(registry.contains(token) for token in tokens[1:])
    assert not registry.contains(tokens[0])


def test_license_that_was_seen_as_a_token_first_is_never_forgotten() -> None:
    registry = SecretRegistry(TOKENS)
    registry.learn(LICENSE, "token")
    registry.learn(LICENSE, "license")
    for number in range(RECENT * 2):
        registry.learn(f"{JWT}{number}", "token")
    assert registry.contains(LICENSE)


def test_license_for_a_while_is_forgotten_when_newer_ones_came_and_not_when_it_is_used() -> None:
    registry = SecretRegistry(TOKENS)
    for name in ("used again and again", "not used again"):
        registry.learn(name, for_good=False)
    for number in range(RECENT - 1):
        registry.learn(f"another license, {number}", for_good=False)
        registry.learn("used again and again", for_good=False)
    assert registry.contains("used again and again")
    assert not registry.contains("not used again")


def test_license_for_a_while_can_be_kept_for_good() -> None:
    registry = SecretRegistry(TOKENS)
    registry.learn(LICENSE, for_good=False)
    registry.learn(LICENSE)
    for number in range(RECENT * 2):
        registry.learn(f"another license, {number}", for_good=False)
    assert registry.contains(LICENSE)


def test_token_of_another_kind_names_its_kind() -> None:
    registry = SecretRegistry(TOKENS)
    registry.learn(JWT, "token")
    assert registry.scrub(f"Bearer {JWT}") == f"Bearer {TOKENS.token('token', JWT)}"


def test_other_tokens_that_begin_alike_are_left_alone() -> None:
    header = JWT.partition(".")[0]
    other = f"{header}.e30.b3RoZXI"
    assert knowing(JWT).scrub(other) == other


def test_text_escaped_beyond_any_use_counts_as_a_secret_and_is_withheld() -> None:
    registry = knowing(LICENSE)
    text = "%61"
    for _ in range(10):
        text = text.replace("%", "\\u0025").replace("\\", "%5c")
    assert registry.contains(text)
    assert registry.scrub(text) == WITHHELD
    assert registry.scrub_line(text) == WITHHELD


@pytest.mark.timeout(20)
def test_text_that_resembles_a_secret_over_and_over_is_withheld_in_little_time() -> None:
    registry = knowing("a" * 100 + "b")
    assert registry.contains("a" * 1_000_000)
    assert registry.scrub("a" * 1_000_000) == WITHHELD


def test_clean_text_of_twelve_kilobytes_is_searched_in_a_millisecond() -> None:
    registry = knowing(LICENSE, JWT)
    text = json.dumps({f"resource.attribute.{number}": f"some value {number}" for number in range(300)})[:12_000]
    best = min(timed(registry, text) for _ in range(20))
    assert best < 0.001


def timed(registry: SecretRegistry, text: str) -> float:
    start = time.perf_counter()
    assert not registry.contains(text)
    return time.perf_counter() - start


def test_pieces_of_a_secret_are_left_out_of_log_lines_only() -> None:
    registry = knowing(LICENSE)
    assert registry.scrub(f"tail {LICENSE[8:16]} x") == f"tail {LICENSE[8:16]} x"
    assert registry.scrub_line(f"tail {LICENSE[8:16]} x") == f"tail {TOKEN}[piece] x"
    assert registry.scrub_line(f"tail {LICENSE[8:15]} x") == f"tail {LICENSE[8:15]} x"
    assert registry.scrub_line(f"'{hexadecimal(LICENSE)[4:24]}\\n'") == f"'{TOKEN}[piece]\\n'"
    assert registry.scrub_line(f"cut{LICENSE[:12]}Traceback") == f"cut{TOKEN}[piece]Traceback"
    assert registry.scrub_line(f"key={LICENSE[:14]}") == f"key={TOKEN}[piece]"


def test_beginning_of_a_secret_at_the_end_of_a_text_is_seen_in_every_form() -> None:
    registry = knowing(LICENSE)
    for form in ("plain", "hex", "url all", "json all", "escaped bytes", "base64, phase 0"):
        text = f"line\n{LISTED_FORMS[form][:26]}"
        assert registry.unfinished_at(text) == 5, form
    assert registry.unfinished_at(f"é {LICENSE[:10]}\n") == 2
    assert registry.unfinished_at(f"{LICENSE[:3]}") == 3
    assert registry.unfinished_at(f"{LICENSE[:10]} and more") == 19
    assert SecretRegistry(TOKENS).unfinished_at("text") == 4


def test_secrets_do_not_show_in_repr() -> None:
    assert LICENSE not in repr(knowing(LICENSE))


def test_learning_and_searching_from_many_threads_loses_nothing() -> None:
    registry = knowing(LICENSE)
    failures: list[str] = []

    def learn(start: int) -> None:
        for number in range(start, start + 20):
            registry.learn(f"license-number-{number:05}")
            if not registry.contains(f"license-number-{number:05}") or not registry.contains(LICENSE):
                failures.append(str(number))

    threads = [threading.Thread(target=learn, args=(100 * index,)) for index in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert all(registry.contains(f"license-number-{100 * index + 19:05}") for index in range(6))
