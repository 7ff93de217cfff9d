"""One input: what a client says, on which layer, in which pieces, how it ends, and what seeds the answers to it.

As JSON it is what is kept of an input that broke a law.
"""

import base64
import json
from dataclasses import asdict, dataclass
from typing import Literal

type Layer = Literal["plain", "tunnel", "tls", "h2"]
type End = Literal["wait", "half", "close", "reset"]


@dataclass(frozen=True, slots=True)
class Case:
    """``layer``: bytes to the proxy itself, after its 200 to a CONNECT, or inside of the tunnel's TLS, which offered
    HTTP/1.1 or HTTP/2. ``end``: the client waits for an answer and ends its side, ends it at once, closes, or
    resets. ``answers`` seeds the
    upstream."""

    layer: Layer
    pieces: tuple[bytes, ...]
    end: End
    answers: str

    def kept(self) -> str:
        """This input, for a file."""
        return json.dumps({**asdict(self), "pieces": [base64.b64encode(piece).decode() for piece in self.pieces]})

    @staticmethod
    def of(kept: str) -> "Case":
        """The input that was kept."""
        fields = json.loads(kept)
        return Case(**{**fields, "pieces": tuple(map(base64.b64decode, fields["pieces"]))})
