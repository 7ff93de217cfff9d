"""Laws of redaction: whatever form a secret has, wherever it stands, nothing of it is in what is written."""

import base64
import io
import json
import re
import string
import urllib.parse
from collections.abc import Callable, Iterator

from hypothesis import assume, given
from hypothesis import strategies as st

from beacon_audit.redaction import ScrubbedStream, SecretRegistry, Tokens, redact_document

TOKENS = Tokens(bytes(range(32)))
# Of these, ">?~" are what makes "+" and "/" in base64.
ORDINARY = string.ascii_letters + string.digits + "_-.+/=>?~"
SECRETS = st.text(st.sampled_from(ORDINARY), min_size=12, max_size=90)
# Secrets that look escaped themselves.
ODD_SECRETS = st.text(st.sampled_from(ORDINARY + "%\\"), min_size=12, max_size=40)
# What stands around: escapes begun and not finished, quotation marks, base64 and hex letters, other scripts.
AROUND = st.text(st.sampled_from("%\\ux6%25 \n\t\"'{}=AZaz09+/é\U0001f600\x1e"), max_size=12)
PHASES = st.binary(max_size=2)


def in_base64(secret: str, before: bytes, encode: Callable[[bytes], bytes]) -> str:
    return encode(before + secret.encode() + b"and more").decode()


def escaped_here_and_there(secret: str, choices: list[int], spellings: list[Callable[[str], str]]) -> str:
    """Each character as one of the spellings, or as it is."""
    ways: list[Callable[[str], str]] = [lambda character: character, *spellings]
    return "".join(
        ways[choices[position % len(choices)] % len(ways)](character) for position, character in enumerate(secret)
    )


PERCENT: list[Callable[[str], str]] = [lambda c: f"%{ord(c):02x}", lambda c: f"%{ord(c):02X}"]
TWICE: list[Callable[[str], str]] = [lambda c: f"%25{ord(c):02x}", lambda c: f"%2525{ord(c):02X}"]
JSON: list[Callable[[str], str]] = [lambda c: f"\\u{ord(c):04x}", lambda c: f"\\u{ord(c):04X}"]
IN_REPR: list[Callable[[str], str]] = [lambda c: f"\\x{ord(c):02x}"]


@st.composite
def spelled_secrets(draw: st.DrawFn) -> tuple[str, str]:
    """A secret and one of its listed forms."""
    secret = draw(SECRETS | ODD_SECRETS)
    before = draw(PHASES)
    choices = draw(st.lists(st.integers(0, 5), min_size=1, max_size=20))
    forms: list[Callable[[], str]] = [
        lambda: secret,
        secret.lower,
        secret.upper,
        lambda: secret.encode().hex(),
        lambda: secret.encode().hex().upper(),
        lambda: secret.encode().hex(" "),
        lambda: in_base64(secret, before, base64.b64encode),
        lambda: in_base64(secret, before, base64.urlsafe_b64encode),
        lambda: in_base64(secret, before * 20, base64.encodebytes),
        lambda: urllib.parse.quote(in_base64(secret, before, base64.b64encode), safe=""),
        lambda: in_base64(json.dumps(secret).replace("/", "\\/"), before, base64.b64encode),
        lambda: in_base64(urllib.parse.quote(secret, safe=""), before, base64.b64encode),
        lambda: urllib.parse.quote(secret, safe=""),
        lambda: urllib.parse.quote(urllib.parse.quote(secret, safe=""), safe=""),
        lambda: json.dumps(secret).replace("/", "\\/"),
        lambda: json.dumps(json.dumps({"license": secret})),
        lambda: urllib.parse.quote(json.dumps(secret)),
        lambda: repr(secret),
        lambda: repr(secret.encode()),
        lambda: repr(repr(secret.encode())),
        lambda: "".join(f"\\x{byte:02x}" for byte in secret.encode()),
    ]
    if set(secret) <= set(ORDINARY):
        spellings = draw(st.sampled_from([PERCENT, TWICE, JSON, IN_REPR, PERCENT + TWICE + JSON + IN_REPR]))
        forms += [lambda: escaped_here_and_there(secret, choices, spellings)] * 6
    return secret, draw(st.sampled_from(forms))()


def knowing(*secrets: str) -> SecretRegistry:
    registry = SecretRegistry(TOKENS)
    for secret in secrets:
        registry.learn(secret)
    return registry


def read_by_an_attacker(text: str, depth: int = 2) -> set[str]:
    """What somebody gets who tries to decode ``text``, by means that share nothing with what is tested."""
    readings = {text, "".join(text.split())}
    for reading in tuple(readings):
        unquoted = reading
        for _ in range(3):
            unquoted = urllib.parse.unquote(unquoted, errors="replace")
            readings.add(unquoted)
        readings.add(re.sub(r"\\+[ux](?:00)?([0-9a-fA-F]{2})", lambda found: chr(int(found[1], 16)), unquoted))
        readings.add(reading.replace("\\/", "/").replace("\\\\", "\\").replace('\\"', '"'))
    if depth:
        for reading in tuple(readings):
            for decoded in decoded_runs("".join(reading.split())):
                readings |= read_by_an_attacker(decoded, depth - 1)
    return readings


def decoded_runs(text: str) -> Iterator[str]:
    for run in re.findall(r"[A-Za-z0-9+/_-]{10,}", text):
        standard = run.replace("-", "+").replace("_", "/")
        for phase in range(4):
            usable = standard[phase:][: (len(standard) - phase) // 4 * 4]
            yield base64.b64decode(usable).decode("latin-1")
    for run in re.findall(r"[A-Fa-f0-9]{16,}", text):
        for phase in range(2):
            yield bytes.fromhex(run[phase:][: (len(run) - phase) // 2 * 2]).decode("latin-1")


def shows(text: str, secret: str) -> bool:
    """Whether nine characters in a row of ``secret`` can be read out of ``text``."""
    readings = [reading.lower() for reading in read_by_an_attacker(text)]
    windows = {secret.lower()[start : start + 9] for start in range(len(secret) - 8)}
    return any(window in reading for window in windows for reading in readings)


def readable(secret: str) -> bool:
    """Not a secret that is mostly backslashes or escapes itself, nor a part of a token: there is nothing to see."""
    letters = sum(character.isalnum() for character in urllib.parse.unquote(secret.replace("\\", "")))
    return letters >= 10 and secret.lower() not in TOKENS.token("license", "")


@given(spelled_secrets(), AROUND, AROUND)
def test_no_form_of_a_secret_is_left_wherever_it_stands(spelled: tuple[str, str], before: str, after: str) -> None:
    secret, form = spelled
    assume(readable(secret))
    registry = knowing(secret)
    text = before + form + after
    assert registry.contains(text)
    clean = registry.scrub(text)
    assume(not shows(f"{before}\x1e{after}", secret))
    assert shows(text, secret) or not secret.isalnum()  # the attacker is able
    assert not shows(clean, secret)
    assert not registry.contains(clean)
    assert registry.scrub(clean) == clean


@given(spelled_secrets(), AROUND, st.lists(st.integers(0, 300), max_size=5))
def test_line_breaks_within_a_form_hide_nothing(spelled: tuple[str, str], before: str, cuts: list[int]) -> None:
    secret, form = spelled
    assume(readable(secret))
    for cut in cuts:
        form = form[: cut % len(form)] + "\n" + form[cut % len(form) :]
    registry = knowing(secret)
    assume(not shows(before, secret))
    assert registry.contains(f"{before}\x1e{form}\x1e")
    assert not shows(registry.scrub(f"{before}\x1e{form}\x1e"), secret)


@given(st.data())
def test_a_document_holds_no_form_of_a_secret_in_any_key_or_value(data: st.DataObject) -> None:
    secret, form = data.draw(spelled_secrets())
    assume(readable(secret))
    leaves = st.none() | st.booleans() | st.integers() | AROUND | st.just(form)
    documents = st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(AROUND | st.just(form), inner, max_size=3),
        max_leaves=12,
    )
    document = {"first": data.draw(documents), "then": [form, {"key": f"x {form} y"}]}
    registry = knowing(secret)
    before = json.dumps(document)
    redacted = redact_document(document, registry=registry, tokens=TOKENS, secrets={}, hidden=())
    assert json.dumps(document) == before
    for text in texts_of(redacted):
        assert not shows(text, secret)


def texts_of(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for key, item in value.items() for text in (key, *texts_of(item))]
    if isinstance(value, list):
        return [text for item in value for text in texts_of(item)]
    return [str(value)]


KEYS = st.text(st.sampled_from(string.ascii_letters + string.digits + "_-"), min_size=20, max_size=60).filter(
    lambda key: len(set(key)) > 9 and "license" not in key.lower()
)


@given(KEYS, st.lists(st.integers(0, 200), max_size=12), st.lists(st.integers(1, 200), max_size=8), st.booleans())
def test_a_stream_passes_on_no_secret_however_it_is_cut(
    secret: str, breaks: list[int], writes: list[int], wrapped: bool
) -> None:
    text = broken_at(secret, breaks) if wrapped else secret
    text = f"begin {text} end\nlast line\n"
    out = io.StringIO()
    stream = ScrubbedStream(out, knowing(secret))
    for part in parts(text, writes):
        stream.write(part)
        stream.flush()
    stream.close()
    said = "".join(out.getvalue().split())
    # Three characters at most are passed on before a beginning is recognised, and they are told of.
    for start in range(len(secret) - 7):
        assert secret[start : start + 8] not in said
    assert said.startswith("begin")
    assert said.endswith("endlastline")


def broken_at(text: str, places: list[int]) -> str:
    for place in sorted({place % len(text) for place in places}, reverse=True):
        text = f"{text[:place]}\n{text[place:]}"
    return text


def parts(text: str, sizes: list[int]) -> list[str]:
    cut = []
    for size in sizes:
        cut.append(text[:size])
        text = text[size:]
    return [*cut, text]


@given(st.text(max_size=200), st.lists(SECRETS, max_size=3))
def test_scrubbing_never_raises_and_leaves_clean_text_alone(text: str, secrets: list[str]) -> None:
    registry = knowing(*secrets)
    clean = registry.scrub(text)
    if not registry.contains(text):
        assert clean == text


@given(st.text(st.sampled_from("%25cu0x\\41\n'\" b"), max_size=300))
def test_text_made_of_escapes_is_searched_without_an_error(text: str) -> None:
    registry = knowing("lcl_0123456789abcdef")
    registry.scrub(text)
    registry.scrub_line(text)
    assert 0 <= registry.unfinished_at(text) <= len(text)


@given(st.binary(max_size=200))
def test_bytes_of_any_encoding_are_searched_without_an_error(data: bytes) -> None:
    registry = knowing("lcl_0123456789abcdef")
    assert registry.scrub_bytes(data) == data
    assert b"lcl_0123456789abcdef" not in registry.scrub_bytes(data + b"lcl_0123456789abcdef" + data)


@given(spelled_secrets(), spelled_secrets(), AROUND)
def test_two_secrets_side_by_side_are_both_found(one: tuple[str, str], other: tuple[str, str], between: str) -> None:
    assume(readable(one[0]) and readable(other[0]))
    registry = knowing(one[0], other[0])
    text = registry.scrub(one[1] + between + other[1])
    assume(not shows(between, one[0]) and not shows(between, other[0]))
    assert not shows(text, one[0])
    assert not shows(text, other[0])
