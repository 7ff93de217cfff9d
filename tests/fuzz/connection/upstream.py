"""An upstream that keeps what it is sent, connection by connection, and answers as the seed of the request says."""

import contextlib
import hashlib
from collections.abc import Callable

from beacon_audit.demo.answers import Behaviour, response_bytes
from beacon_audit.demo.received import BadRequest, ReceivedRequest, read_requests
from beacon_audit.demo.tls_stream import TlsStream
from fuzz.connection.answers import answer
from harness.recording_upstream import RecordingUpstream


class FuzzUpstream(RecordingUpstream):
    """While ``seed`` is ``None`` it answers as documented. What it answers depends on the seed and the bytes of the
    request alone, not on who comes first."""

    patience_s = 60
    seed: str | None = None

    def _converse(self, stream: TlsStream, read: Callable[[], bytes]) -> None:
        with contextlib.suppress(BadRequest):
            for request in read_requests(read):
                pieces, closes = self._answer(request)
                for piece in pieces:
                    stream.write(piece)
                if closes:
                    return

    def _answer(self, request: ReceivedRequest) -> tuple[list[bytes], bool]:
        if self.seed is None:
            return [response_bytes(request, Behaviour())], False
        return answer(f"{self.seed}/{hashlib.sha256(request.head + request.body).hexdigest()}")
