"""The template of a log body: its text without what differs from one time to the next. Pure, in linear time.

Quoted texts become ``<text>``, ids (hexadecimal of eight digits or more, UUIDs, tokens that stand for a secret) become
``<id>``, numbers ``<n>``. It is for reading: two programs' bodies may have one template.
"""

import re

#: In characters; what is behind them does not tell templates apart.
LONGEST_TEMPLATE = 200
_LOOKED_AT = 2000

_QUOTED = re.compile(r'"[^"]*+"|`[^`]*+`|(?<!\w)\'[^\']*+\'(?!\w)')
_ID = re.compile(
    r"\b(?:[a-z]+:[0-9a-f]{4}:[0-9a-f]{16}"
    r"|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
    r"|(?=[a-fA-F]{0,64}[0-9])(?:0x)?[0-9a-fA-F]{8,})\b",
    re.ASCII,
)
_NUMBER = re.compile(r"[0-9]+(?:[.,:][0-9]+)*+")


def log_template(body: str) -> str:
    """The template of ``body``."""
    text = body[:_LOOKED_AT]
    for expression, stands_for in ((_QUOTED, "<text>"), (_ID, "<id>"), (_NUMBER, "<n>")):
        text = expression.sub(stands_for, text)
    return text if len(text) <= LONGEST_TEMPLATE else text[: LONGEST_TEMPLATE - 1] + "…"
