"""A deterministic corpus of HTTP/2 connections, valid and not: ``corpus`` gives all cases, each with what must come of
it. What a client does depending on what it reads is in the tests themselves.
"""

from collections.abc import Sequence

from harness.http2_corpus import connection, fields, header_blocks, lengths, pseudo_headers, streams
from harness.http2_corpus.case import Case


def corpus() -> Sequence[Case]:
    """All cases; their names are distinct."""
    parts = (pseudo_headers, fields, lengths, streams, connection, header_blocks)
    cases = [case for part in parts for case in part.cases()]
    assert len({case.name for case in cases}) == len(cases)
    return cases
