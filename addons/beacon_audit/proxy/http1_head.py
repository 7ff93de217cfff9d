"""The head of an HTTP/1 request as bytes: what mitmproxy smooths over before anything of ours can see it. Pure.

It ends lines at a bare LF, splits the first line at any white space, and takes vertical tabs, form feeds and CRs off
the ends of values. What it writes upstream is then clean, but it is not what was sent, and whoever stands before or
behind us may have read something else. So what is not written as the RFC has it is refused as bytes. That names,
values and the target are made of the right characters is for ``proxy.containment``, which sees HTTP/2 too.

Source: RFC 9112 §2.2, §3, §5.1.
"""

import re

#: Where mitmproxy takes a head to end.
HEAD_END = re.compile(rb"\n\r?\n")
#: RFC 9112 §2.2: empty lines before a request are passed over. mitmproxy waits for more bytes after them.
EMPTY_LINES = re.compile(rb"(?:\r\n)+")
_FIRST_LINE = re.compile(rb"[!-~]+ [!-~\x80-\xff]+ [!-~]+")
_WHITE = b" \t"


def head_problem(head: bytes) -> str | None:
    """What is wrong with a whole head, its empty line included; ``None`` if it is written as it should be. Quotes
    nothing of it."""
    lines = head.split(b"\r\n")
    if any(b"\n" in line for line in lines):
        return "a line of the request head ends without CR"
    if not _FIRST_LINE.fullmatch(lines[0]):
        return "the first line is not three words with single spaces between them"
    values = (line.partition(b":")[2] for line in lines[1:])
    if any(value.strip() != value.strip(_WHITE) for value in values):
        return "a header has a control character at an end of its value"
    return None
