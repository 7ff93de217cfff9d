"""Text from a payload cannot steer a terminal, and machine output is plain ASCII JSON."""

import io
import json

import pytest

from beacon_audit.cli.output import paint, print_json, print_text, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain / text é 世", "plain / text é 世"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\nb\rc\td", "a\\nb\\rc\\td"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("\x9b31m\x7f\x00", "\\x9b31m\\x7f\\x00"),
        ("\ud800", "\\ud800"),
        ("\u200bzero width", "\\u200bzero width"),
    ],
)
def test_unprintable_characters_are_shown_as_escapes(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_machine_line_is_ascii_and_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"path": "/é\n\x1b\ud800\u2028"})
    line = capsys.readouterr().out
    assert line.isascii()
    assert line.count("\n") == 1
    assert json.loads(line) == {"path": "/é\n\x1b\ud800\u2028"}


def test_text_is_shown_on_a_stream_that_cannot_express_it() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", write_through=True)
    print_text("é 世", stream)
    assert raw.getvalue() == b"\\xe9 \\u4e16\n"


def test_text_is_coloured_only_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert paint("refused", "red", io.StringIO()) == "refused"
    assert "\x1b[" in paint("refused", "red", Terminal())
    assert "refused" in paint("refused", "red", Terminal())
