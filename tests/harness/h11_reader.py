"""What h11, a published reader that is strict in most things, reads from bytes."""

import h11

from harness.http1_readers import Message, Unreadable

_LONGEST_HEAD = 1 << 17
_ANSWER = h11.Response(status_code=200, headers=[("Content-Length", "0")])


def read_by_h11(data: bytes) -> list[Message]:
    """All requests in ``data``, the name of a coding in lower case. What follows a request that closes the connection,
    which to h11 is every one of HTTP/1.0, is not read.

    Raises:
        Unreadable: h11 refuses them, or waits for more.
    """
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=_LONGEST_HEAD)
    connection.receive_data(data)
    connection.receive_data(b"")
    messages = []
    try:
        while isinstance(request := connection.next_event(), h11.Request):
            body = b""
            while isinstance(event := connection.next_event(), h11.Data):
                body += event.data
            if not isinstance(event, h11.EndOfMessage):
                raise Unreadable("expected the end of a message")
            messages.append(Message(request.method, request.target, tuple(request.headers), body))
            connection.send(_ANSWER)
            connection.send(h11.EndOfMessage())
            if connection.our_state is h11.MUST_CLOSE:
                break
            connection.start_next_cycle()
    except h11.ProtocolError as error:
        raise Unreadable(str(error)) from error
    return messages
