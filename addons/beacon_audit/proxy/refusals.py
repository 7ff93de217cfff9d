"""What a client is told when its request stays in. Pure, but for making mitmproxy's response object.

A refusal must not make a client try again and again. OTLP exporters drop a batch on 400 and retry on 408, 429, 5xx, a
closed connection or a refused CONNECT, so OTLP gets 400 with a ``google.rpc.Status`` (OTLP/HTTP specification,
"Failures"); everything else gets 403. 503 is for what has nothing to do with the request: nothing can be recorded, the
proxy is going down, or there is no room for its body; trying again later is right. No body repeats a value of the
request.
"""

import time
from dataclasses import dataclass

import orjson
from mitmproxy import http

from beacon_audit.model import Endpoint

INVALID_ARGUMENT = 3  # google.rpc.Code
REFUSED_STATUS = 403
UNAVAILABLE_STATUS = 503
PROTOBUF = "application/x-protobuf"
_REASONS = {200: b"OK", 400: b"Bad Request", 403: b"Forbidden", 503: b"Service Unavailable"}


@dataclass(frozen=True, slots=True)
class Refusal:
    """``body`` is JSON in UTF-8, or what ``media_type`` says. ``record`` is the id of what is on record about it, for
    ``beacon-audit show``; a header names it, since not every body can."""

    status: int
    body: bytes
    media_type: bytes = b"application/json"
    record: str | None = None
    retry_after_s: int | None = None

    def response(self) -> http.Response:
        """The response object; a new one for each flow."""
        now = time.time()
        length = b"%d" % len(self.body)
        fields = [(b"content-type", self.media_type), (b"x-beacon-audit", b"refused"), (b"content-length", length)]
        if self.record is not None:
            fields.append((b"x-beacon-audit-record", self.record.encode()))
        if self.retry_after_s is not None:
            fields.append((b"retry-after", b"%d" % self.retry_after_s))
        # The constructor, not Response.make: every request gets a refusal first, and make costs as much as judging it.
        return http.Response(
            b"HTTP/1.1", self.status, _REASONS[self.status], http.Headers(fields), self.body, None, now, now
        )


def refuse(
    endpoint: Endpoint | None, *, record: str, code: str, reason: str, sink: bool, protobuf: bool = False
) -> Refusal:
    """The refusal of one request. ``sink`` answers OTLP with an empty success, which the record does not hide.
    ``protobuf``: the request said it is that; OTLP answers in the encoding of the request."""
    if endpoint is None or endpoint.otlp is None:
        return refuse_otherwise(record=record, code=code, reason=reason)
    message = f"beacon-audit refused this batch: {reason} ({code}, record {record})"
    if protobuf:
        return Refusal(200 if sink else 400, b"" if sink else _status_protobuf(message), PROTOBUF.encode(), record)
    if sink:
        return Refusal(200, b"{}", record=record)
    return Refusal(400, orjson.dumps({"code": INVALID_ARGUMENT, "message": message}), record=record)


def _status_protobuf(message: str) -> bytes:
    """``google.rpc.Status``: field 1 ``code``, a varint; field 2 ``message``, a string of under 16,384 bytes."""
    text = message.encode()[:16383].decode("utf-8", "ignore").encode()
    return bytes((0x08, INVALID_ARGUMENT, 0x12, 0x80 | len(text) & 0x7F, len(text) >> 7)) + text


def refuse_otherwise(*, record: str, code: str, reason: str) -> Refusal:
    """The refusal of anything that is not OTLP."""
    body = {"error": "refused by beacon-audit", **_why(record, code, reason)}
    return Refusal(REFUSED_STATUS, orjson.dumps(body), record=record)


def unavailable(reason: str, record: str | None = None, *, retry_after_s: int | None = None) -> Refusal:
    """The refusal of what may be allowed a moment later. ``reason`` comes from us, never from the request. ``record``
    is ``None`` while nothing can be recorded."""
    body = {"error": "unavailable", "reason": reason, "retry": "safe: nothing of this request was sent"}
    if record is not None:
        body["record"] = record
    return Refusal(UNAVAILABLE_STATUS, orjson.dumps(body), record=record, retry_after_s=retry_after_s)


def response_withheld(reason: str, record: str | None = None) -> Refusal:
    """The answer when a request was sent but its response must not be released."""
    body = {"error": "response withheld", "record": record, "reason": reason, "sent": True}
    return Refusal(UNAVAILABLE_STATUS, orjson.dumps(body), record=record)


def _why(record: str, code: str, reason: str) -> dict[str, str]:
    return {"record": record, "code": code, "reason": reason}
