"""A corpus of HTTP/1 requests that are malformed, or that one reader reads otherwise than another.

Written from RFC 9110 and RFC 9112 and from the forms of request smuggling that were published: two lengths, length and
coding (CL.TE, TE.CL), disguised codings (TE.TE), chunk framing, ends of lines, folding, odd bytes in names, versions,
targets and what the next hop takes out. Each case says what has to come of it (``Case``).
"""

from collections.abc import Sequence

from harness.ambiguous_http1 import around, chunks, codings, fields, lengths, request_lines, sequences
from harness.ambiguous_http1.case import Case

_PARTS = (lengths, codings, chunks, request_lines, fields, sequences, around)


def corpus() -> Sequence[Case]:
    """All cases; no two have the same name."""
    cases = [case for part in _PARTS for case in part.cases()]
    assert len({case.name for case in cases}) == len(cases)
    return cases
