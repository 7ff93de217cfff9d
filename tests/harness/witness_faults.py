"""Ways in which a witness can misbehave, each for `SimulatedWitness.misbehaviour`."""

import socket
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

from harness.witness import Misbehaviour, Reply, SimulatedWitness

#: In every answer that is not one: it must not turn up anywhere.
MARK = "QX7-not-for-any-log"

type Send = Callable[[BaseHTTPRequestHandler], None]


def _checkpoint(body: bytes) -> str:
    """The text of the checkpoint in a request."""
    return body.partition(b"\n\n")[2].decode().partition("\n\n")[0] + "\n"


def wrong_signature(witness: SimulatedWitness, body: bytes) -> Reply:
    """By its key and name, over a larger tree."""
    origin, size, root, _ = _checkpoint(body).split("\n")
    return Reply(200, body=witness.cosign(f"{origin}\n{int(size) + 1}\n{root}\n"))


def stale(witness: SimulatedWitness, body: bytes) -> Reply:
    """What it was asked first, for ever."""
    return Reply(200, body=witness.cosign(_checkpoint(witness.requests[0]), at=1_700_000_000))


def no_time(witness: SimulatedWitness, body: bytes) -> Reply:
    return Reply(200, body=witness.cosign(_checkpoint(body), at=0))


def nothing(_witness: SimulatedWitness, _body: bytes) -> Reply:
    return Reply(200)


def garbage(_witness: SimulatedWitness, _body: bytes) -> Reply:
    return Reply(200, body=f"{MARK} \0\x1b[31m {'x' * 500}\n".encode())


def page(_witness: SimulatedWitness, _body: bytes) -> Reply:
    return Reply(200, "text/html", f"<html>{MARK}</html>\n".encode())


def moved_text(witness: SimulatedWitness, body: bytes) -> Reply:
    """Lines before an empty line would belong to the text that is signed."""
    line = "— other.example AAAAAAAAAAAA\n"
    return Reply(200, body=f"{line}\n".encode() + witness.cosign(f"{_checkpoint(body)}\n{line}"))


def status(code: int) -> Misbehaviour:
    return lambda _witness, _body: Reply(code, body=MARK.encode())


def redirect(target: str) -> Misbehaviour:
    return lambda _witness, _body: Reply(307, body=MARK.encode(), headers={"Location": target})


def conflict(size: str, content_type: str = "text/x.tlog.size") -> Misbehaviour:
    """The same answer whatever was asked."""
    return lambda _witness, _body: Reply(409, content_type, f"{size}\n".encode())


def slow(seconds: float) -> Misbehaviour:
    """Right, but late."""

    def answer(witness: SimulatedWitness, body: bytes) -> Reply:
        time.sleep(seconds)
        return witness.answer(body)

    return answer


def long_body(_witness: SimulatedWitness, _body: bytes) -> Reply:
    return Reply(200, body=b"x" * 10_000_000)


def huge(witness: SimulatedWitness, body: bytes) -> Reply:
    """A right cosignature with much behind it."""
    return Reply(200, body=witness.cosign(_checkpoint(body)) + b"x" * 10_000_000)


def raw(*parts: bytes) -> Misbehaviour:
    """Exactly these bytes, then the end of the connection."""
    return _sent(lambda handler: handler.wfile.writelines(parts))


def _sent(send: Send) -> Misbehaviour:
    def close_after(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        send(handler)

    return lambda _witness, _body: Reply(0, send=close_after)


def _endless(head: bytes, more: bytes, pause_s: float = 0.0) -> Misbehaviour:
    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(head)
        while True:  # until the other side has had enough
            handler.wfile.write(more)
            time.sleep(pause_s)

    return _sent(send)


def _wait(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.recv(1)


def _abort(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


endless_body = _endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 1000)
endless_chunks = _endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n")
endless_head = _endless(b"HTTP/1.1 200 OK\r\n", b"X-More: " + MARK.encode() + b"\r\n")
endless_line = _endless(b"HTTP/1.1 200 OK\r\nX-Long: ", b"x" * 1000)
endless_continue = _endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n")
dripping = _endless(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n", b"x", 0.02)
silent = _sent(_wait)
aborted = _sent(_abort)
not_http = raw(f"{MARK}\r\n\r\n".encode())
cut_short = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\nxx")
claims_much = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9000000000000\r\n\r\n")
