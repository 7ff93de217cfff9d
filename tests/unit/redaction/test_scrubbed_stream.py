"""The stream: whole lines, no secrets, however the writes cut them."""

import base64
import io
import textwrap

import pytest

from beacon_audit.redaction import ScrubbedStream, SecretRegistry, Tokens
from beacon_audit.redaction.scrubbed_stream import LONGEST_LINE, WITHHELD_LINE

TOKENS = Tokens(b"k" * 32)
LICENSE = "lcl_9f8e7d6c5b4a3f2e1d0c9b8a7f6e5d4c"
TOKEN = TOKENS.token("license", LICENSE)


class Console:
    """A stream with a registry that knows the license, and what came out of it so far."""

    def __init__(self) -> None:
        self.below = io.StringIO()
        self.registry = SecretRegistry(TOKENS)
        self.registry.learn(LICENSE)
        self.stream = ScrubbedStream(self.below, self.registry)

    @property
    def said(self) -> str:
        return self.below.getvalue()

    def after(self, *writes: str) -> str:
        for text in writes:
            self.stream.write(text)
            self.stream.flush()
        self.stream.close()
        return self.said


def test_line_without_a_secret_comes_out_at_once() -> None:
    console = Console()
    assert console.stream.write("ready\n") == 6
    assert console.said == "ready\n"


def test_part_of_a_line_waits_for_its_end_even_when_flushed() -> None:
    console = Console()
    console.stream.write(f"key {LICENSE[:9]}")
    console.stream.flush()
    assert console.said == ""
    console.stream.write(f"{LICENSE[9:]}\n")
    assert console.said == f"key {TOKEN}\n"


def test_rest_of_a_line_comes_out_at_close() -> None:
    console = Console()
    console.stream.write("no line end")
    console.stream.close()
    assert console.said == "no line end"


@pytest.mark.parametrize("width", [1, 2, 3, 4, 5, 8, 12, 20, 35])
def test_secret_wrapped_to_a_width_is_seen_over_all_its_lines(width: int) -> None:
    lines = [line + "\n" for line in textwrap.wrap(LICENSE, width)]
    said = "".join(Console().after("begin\n", *lines, "end\n").split())
    assert said.startswith("begin")
    assert said.endswith("end")
    assert TOKEN in said
    # What came out before a beginning was recognised: at most three characters.
    assert len(said) - len(f"begin{TOKEN}end") <= 3


@pytest.mark.parametrize("width", [7, 10, 16, 30])
@pytest.mark.parametrize(
    "form",
    [
        "".join(f"%{byte:02X}" for byte in LICENSE.encode()),
        "".join(f"\\u{byte:04x}" for byte in LICENSE.encode()),
        LICENSE.encode().hex(),
        base64.b64encode(b"x" + LICENSE.encode()).decode(),
    ],
)
def test_encoded_secret_wrapped_to_a_width_is_seen(form: str, width: int) -> None:
    said = Console().after(*(form[start : start + width] + "\n" for start in range(0, len(form), width)))
    assert TOKEN in said
    # Three characters, each in up to six, and an escape that was begun.
    assert sum(len(line) for line in said.replace(TOKEN, "").split()) <= 23
    assert form[24:40] not in "".join(said.split())


def test_line_that_only_began_like_a_secret_comes_out_with_the_next_write() -> None:
    console = Console()
    console.stream.write(f"prefix {LICENSE[:5]}\n")
    assert console.said == "prefix "
    console.stream.write("other\n")
    assert console.said == f"prefix {LICENSE[:5]}\nother\n"


def test_secret_cut_over_two_prefixed_lines_leaves_no_piece() -> None:
    said = Console().after(f"12:00 INFO {LICENSE[:18]}\n", f"12:01 INFO {LICENSE[18:]}\n")
    assert said == f"12:00 INFO {TOKEN}[piece]\n12:01 INFO {TOKEN}[piece]\n"


def test_beginning_that_is_never_finished_is_replaced_at_close() -> None:
    assert Console().after(f"{LICENSE[:20]}\n") == f"{TOKEN}[piece]\n"


def test_line_that_is_too_long_is_withheld_and_the_next_one_is_not() -> None:
    console = Console()
    said = console.after("x" * LONGEST_LINE, LICENSE, f"{LICENSE}\n", "next\n")
    assert said == f"{WITHHELD_LINE}\nnext\n"


def test_line_that_is_too_long_and_never_ends_is_withheld() -> None:
    assert Console().after("x" * (LONGEST_LINE + 1), LICENSE) == f"{WITHHELD_LINE}\n"


def test_carriage_returns_end_lines_too() -> None:
    console = Console()
    console.stream.write("10 %\r")
    assert console.said == "10 %\r"


def test_text_whose_scrubbing_fails_is_withheld(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(_: str) -> str:
        raise RuntimeError(LICENSE)

    console = Console()
    monkeypatch.setattr(console.registry, "scrub_line", failing)
    assert console.after("text\n") == f"{WITHHELD_LINE}\n"
    monkeypatch.setattr(console.registry, "unfinished_at", failing)
    assert console.after("text\n") == f"{WITHHELD_LINE}\n" * 2


def test_print_goes_through() -> None:
    console = Console()
    print("the key is", LICENSE, {"key": LICENSE.encode()}, file=console.stream)
    assert console.said == f"the key is {TOKEN} {{'key': b'{TOKEN}'}}\n"


def test_bytes_have_no_way_around() -> None:
    with pytest.raises(AttributeError):
        _ = Console().stream.buffer  # type: ignore[attr-defined]
