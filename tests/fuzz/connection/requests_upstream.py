"""What a strict reader finds on a connection that may have been cut off. Pure."""

from harness.http1_readers import Message, strict


def whole_requests(data: bytes) -> tuple[list[Message], bytes]:
    """The whole requests at the beginning of ``data``, and what is behind them."""
    messages: list[Message] = []
    while data:
        length = _length_of_first(data)
        if length is None:
            return messages, data
        messages += strict(data[:length])
        data = data[length:]
    return messages, b""


def _length_of_first(data: bytes) -> int | None:
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    fields = [line.partition(b":") for line in data[:end].lower().split(b"\r\n")[1:]]
    codings = [value for name, _, value in fields if name == b"transfer-encoding"]
    lengths = [value.strip() for name, _, value in fields if name == b"content-length"]
    at = end + 4
    if not codings:
        at += int(lengths[0]) if lengths else 0
        return at if at <= len(data) else None
    while (line := data.find(b"\r\n", at)) >= 0:
        size = int(data[at:line], 16)
        at = line + 2 + size + 2
        if size == 0:
            return at if at <= len(data) else None
    return None
