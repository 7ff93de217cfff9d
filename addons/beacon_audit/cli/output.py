"""What commands print: machine lines as JSON, text for people without anything that could steer a terminal.

Methods, hosts and paths come from whoever talks to the proxy. Shown as they came, an escape sequence or a
right-to-left override in a path could rewrite the reviewer's screen, so everything unprintable is shown as an escape.
"""

import json
import sys
from functools import lru_cache
from typing import TextIO


def printable(text: str) -> str:
    """``text`` with every control, format, surrogate and unassigned character written as a backslash escape."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def print_json(value: object) -> None:
    """One JSON value on one line of stdout, flushed, in ASCII only (so in any locale, and harmless on a terminal)."""
    sys.stdout.write(json.dumps(value, separators=(",", ":")) + "\n")
    sys.stdout.flush()


def print_text(text: str = "", stream: TextIO | None = None) -> None:
    """Lines of text; what the stream's encoding cannot express is written as an escape."""
    target = stream or sys.stdout
    encoding = target.encoding or "ascii"
    target.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    target.flush()


def paint(text: str, style: str, stream: TextIO | None = None) -> str:
    """``text`` in a rich style on a terminal, else unchanged. Keeps its width: only escape sequences are added."""
    target = stream or sys.stdout
    return _styled(text, style, target) if target.isatty() else text


@lru_cache(maxsize=256)
def _styled(text: str, style: str, terminal: TextIO) -> str:
    from rich.console import Console
    from rich.text import Text

    console = Console(file=terminal, highlight=False, soft_wrap=True)
    with console.capture() as capture:
        console.print(Text(text, style=style), end="")
    return capture.get()
