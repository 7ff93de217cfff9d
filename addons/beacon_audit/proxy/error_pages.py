"""What a client is told where mitmproxy answers by itself. Pure.

mitmproxy's error pages quote what the client or the upstream sent. Ours stand in the place of ``make_error_response``
and ``format_error``: they say what happened, and which record tells more, and nothing else.

``proxy.guards`` installs them.
"""

import orjson
from mitmproxy import http
from mitmproxy.net.http import http1, status_codes


class RecordNamed(str):
    """In the place of a message of mitmproxy's: the id of a record. Nobody else makes one, so it quotes nothing."""

    __slots__ = ()


def record_named(record: str | None) -> str:
    """The message for an error page that names this record, if there is one."""
    return "" if record is None else RecordNamed(record)


def error_page(status_code: int, message: str = "") -> bytes:
    """The body of an error that mitmproxy answers: the status in words, and the record if the message is one. Any other
    message is left out."""
    reason = status_codes.RESPONSES.get(status_code, "error")
    page = {"error": reason.lower(), "by": "beacon-audit", "see": "the audit log says why"}
    if isinstance(message, RecordNamed):
        page["record"] = str(message)
    return orjson.dumps(page)


def error_response(status_code: int, message: str = "") -> bytes:
    """A whole HTTP/1 error response, with that body."""
    response = http.Response.make(
        status_code, error_page(status_code, message), {"Content-Type": "application/json", "Connection": "close"}
    )
    return bytes(http1.assemble_response(response))
