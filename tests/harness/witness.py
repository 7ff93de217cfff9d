"""A witness as C2SP tlog-witness describes it, on a loopback port, strict; or, when told so, one that misbehaves.

It shares no code with what it judges: notes, proofs and cosignatures are read and made here again, consistency proofs
by the recursion of Go's ``sumdb/tlog`` where ours follows RFC 9162. What it has cosigned is on disk before it answers.
"""

import base64
import hashlib
import json
import os
import re
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_OLD = re.compile(r"old (0|[1-9][0-9]*)", re.ASCII)
_EMPTY_ROOT = hashlib.sha256(b"").digest()


@dataclass
class Reply:
    """An answer, to be sent as it is. ``send`` takes the place of the usual way to send it."""

    status: int
    content_type: str = "text/plain; charset=utf-8"
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    send: "Callable[[BaseHTTPRequestHandler], None] | None" = None


type Misbehaviour = Callable[["SimulatedWitness", bytes], Reply]


class SimulatedWitness:
    """``logs`` maps origins to the Ed25519 keys of logs. ``misbehaviour``, when set, answers instead. ``requests``,
    ``paths`` and ``heads`` hold what was received, ``connections`` counts what was opened, ``busiest`` is the largest
    number of requests at a time."""

    def __init__(
        self, state: Path, logs: Mapping[str, bytes], *, name: str = "witness.example/w1", chain: Path | None = None
    ) -> None:
        self.logs = dict(logs)
        self.name = name
        self.misbehaviour: Misbehaviour | None = None
        self.requests: list[bytes] = []
        self.paths: list[str] = []
        self.heads: list[dict[str, str]] = []
        self.connections = 0
        self.busy = 0
        self.busiest = 0
        self._key = Ed25519PrivateKey.generate()
        self._state = state
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.witness = self
        self._scheme = "http"
        if chain is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(chain)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
            self._scheme = "https"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """By name with TLS, so that there is a name in the certificate; by address without."""
        return f"{self._scheme}://{'localhost' if self._scheme == 'https' else '127.0.0.1'}:{self.port}/prefix"

    @property
    def vkey(self) -> str:
        key = b"\4" + self._key.public_key().public_bytes_raw()
        return f"{self.name}+{_key_id(self.name, key).hex()}+{base64.b64encode(key).decode()}"

    def cosigned(self, origin: str) -> int:
        """The size of the last checkpoint that it cosigned for ``origin``."""
        return self._recorded(origin)[0]

    def answer(self, body: bytes) -> Reply:
        """What is answered to an add-checkpoint with ``body``."""
        try:
            head, _, note = body.partition(b"\n\n")
            old, proof = _read_head(head)
            text, size, root, lines = _read_checkpoint(note)
        except ValueError:
            return Reply(400)
        origin = text.partition("\n")[0]
        if origin not in self.logs:
            return Reply(404)
        if not _is_signed(text, lines, origin, self.logs[origin]):
            return Reply(403)
        if old > size:
            return Reply(400)
        with self._lock:  # checking the old size and recording the new one must be one step
            recorded, recorded_root = self._recorded(origin)
            if old != recorded:
                return Reply(409, "text/x.tlog.size", f"{recorded}\n".encode())
            try:
                _check_consistency(old, recorded_root, size, root, proof)
            except ValueError:
                return Reply(422)
            self._record(origin, size, root)
        return Reply(200, body=self.cosign(text))

    def cosign(self, text: str, *, at: int | None = None) -> bytes:
        """The signature line for a checkpoint."""
        seconds = int(time.time()) if at is None else at
        signed = self._key.sign(f"cosignature/v1\ntime {seconds}\n{text}".encode())
        key_id = _key_id(self.name, b"\4" + self._key.public_key().public_bytes_raw())
        return f"— {self.name} {base64.b64encode(key_id + seconds.to_bytes(8) + signed).decode()}\n".encode()

    def _recorded(self, origin: str) -> tuple[int, bytes]:
        try:
            logs = json.loads(self._state.read_text())
        except FileNotFoundError:
            logs = {}
        size, root = logs.get(origin, (0, _EMPTY_ROOT.hex()))
        return int(size), bytes.fromhex(root)

    def _record(self, origin: str, size: int, root: bytes) -> None:
        logs = json.loads(self._state.read_text()) if self._state.exists() else {}
        logs[origin] = (size, root.hex())
        with self._state.open("w") as file:
            json.dump(logs, file)
            file.flush()
            os.fsync(file.fileno())


class _Server(ThreadingHTTPServer):
    witness: SimulatedWitness
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients go away; that is their right."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        self.server.witness.connections += 1
        super().setup()

    def do_POST(self) -> None:
        witness = self.server.witness
        body = self.rfile.read(int(self.headers["Content-Length"]))
        witness.busy += 1
        witness.busiest = max(witness.busy, witness.busiest)
        try:
            witness.requests.append(body)
            witness.paths.append(self.path)
            witness.heads.append(dict(self.headers))
            if self.path != "/prefix/add-checkpoint":
                reply = Reply(404)
            else:
                reply = witness.answer(body) if witness.misbehaviour is None else witness.misbehaviour(witness, body)
        finally:
            witness.busy -= 1
        if reply.send is not None:
            reply.send(self)
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that it overrides
        """Nothing on stderr."""


def _key_id(name: str, key: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]


def _decode(text: str, length: int | None = None) -> bytes:
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text or (length is not None and len(data) != length):
        raise ValueError("base64")
    return data


def _read_head(head: bytes) -> tuple[int, list[bytes]]:
    lines = head.decode("ascii").split("\n")
    old = _OLD.fullmatch(lines[0])
    if old is None or len(lines) > 1 + 63:
        raise ValueError("old size")
    return int(old[1]), [_decode(line, 32) for line in lines[1:]]


def _read_checkpoint(note: bytes) -> tuple[str, int, bytes, list[str]]:
    text, empty_line, signatures = note.decode().rpartition("\n\n")
    lines = text.split("\n")
    if not empty_line or not signatures.endswith("\n") or len(lines) < 3 or not lines[0]:
        raise ValueError("note")
    if not re.fullmatch("0|[1-9][0-9]*", lines[1], re.ASCII):
        raise ValueError("size")
    return f"{text}\n", int(lines[1]), _decode(lines[2], 32), signatures[:-1].split("\n")


def _is_signed(text: str, lines: list[str], origin: str, public: bytes) -> bool:
    """Whether there is a signature by the log's key, and every one that claims to be is right."""
    start = f"— {origin} "
    own = [_decode(line.removeprefix(start)) for line in lines if line.startswith(start)]
    own = [value[4:] for value in own if value[:4] == _key_id(origin, b"\1" + public)]
    try:
        for value in own:
            Ed25519PublicKey.from_public_bytes(public).verify(value, text.encode())
    except InvalidSignature:
        return False
    return bool(own)


def _check_consistency(old: int, old_root: bytes, new: int, new_root: bytes, proof: list[bytes]) -> None:
    if new == 0 and new_root != _EMPTY_ROOT:
        raise ValueError("root of the empty tree")
    if old == 0:
        if proof:
            raise ValueError("a proof for nothing")
    elif _run_proof(proof, 0, new, old, old_root) != (old_root, new_root):
        raise ValueError("roots")


def _run_proof(proof: list[bytes], low: int, high: int, old: int, old_root: bytes) -> tuple[bytes, bytes]:
    """``runTreeProof`` of Go's sumdb/tlog: the roots of both trees within the leaves from ``low`` to ``high``."""
    if old == high:
        if (low == 0) == bool(proof) or len(proof) > 1:
            raise ValueError("length of the proof")
        return (proof[0], proof[0]) if low else (old_root, old_root)
    if not proof:
        raise ValueError("length of the proof")
    middle = low + (1 << ((high - low - 1).bit_length() - 1))
    if old <= middle:
        before, after = _run_proof(proof[:-1], low, middle, old, old_root)
        return before, _node(after, proof[-1])
    before, after = _run_proof(proof[:-1], middle, high, old, old_root)
    return _node(proof[-1], before), _node(proof[-1], after)


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()
