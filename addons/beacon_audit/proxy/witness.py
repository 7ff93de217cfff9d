"""One witness of the trail, asked to cosign a checkpoint: the client of C2SP tlog-witness, add-checkpoint.

A request holds an old size, hashes that prove that the checkpoint continues that tree, and the signed checkpoint:
nothing of an entry. What the witness cosigned last is remembered, and learned from its 409 when it is not known.

Raises `NoCosignature` and nothing else of its own; no message holds anything of an answer but its status and its size.
Not safe for threads.
"""

import ssl
from http.client import HTTPException
from pathlib import Path

from beacon_audit.errors import TrailCorrupt, TrailError
from beacon_audit.policy import WitnessServer
from beacon_audit.proxy.bounded_http import Answer, BoundedHttp
from beacon_audit.trail.checkpoint import parse_checkpoint
from beacon_audit.trail.cosignature import parse_witness_key, read_cosignature, read_size
from beacon_audit.trail.note import Signature, parse_note
from beacon_audit.trail.proof import consistency_proof, format_consistency
from beacon_audit.trail.published import read_hashes
from beacon_audit.trail.tile_tree import TileTree

TIMEOUT_SECONDS = 10.0
#: An answer with its head.
ANSWER_LIMIT = 64 * 1024
#: The size that is remembered may be wrong once; a second 409 in a row means that somebody else asks for this log.
_ATTEMPTS = 2
_REASONS = {
    400: "it does not understand the request",
    403: "it does not have this log's key; give it the line of keys/trail.vkey",
    404: "it does not know this log; give it the line of keys/trail.vkey",
}


class NoCosignature(TrailError):
    """A witness did not cosign. ``grave``: it says that this log is not the one that it has seen before."""

    def __init__(self, message: str, *, grave: bool = False) -> None:
        super().__init__(message)
        self.grave = grave


class Witness:
    """The witness ``server`` for the log in ``directory`` (``HOME/trail``).

    Raises:
        UsageError: its vkey is not one of a witness.
    """

    def __init__(
        self, server: WitnessServer, directory: Path, context: ssl.SSLContext, *, timeout_s: float = TIMEOUT_SECONDS
    ) -> None:
        self.key = parse_witness_key(server.vkey)
        self._http = BoundedHttp(server.url, context, timeout_s=timeout_s, limit=ANSWER_LIMIT)
        self._directory = directory
        self._cosigned = 0

    def cosign(self, checkpoint: bytes) -> Signature:
        """The cosignature of a signed ``checkpoint`` of the log, checked.

        Raises:
            NoCosignature: there is none, and why.
        """
        try:
            return self._cosign(checkpoint)
        except (TimeoutError, HTTPException, OSError, TrailCorrupt) as error:
            raise NoCosignature(_reason(error)) from None

    def close(self) -> None:
        """Give its connection back."""
        self._http.close()

    def _cosign(self, checkpoint: bytes) -> Signature:
        note = parse_note(checkpoint)
        size = parse_checkpoint(note.text).size
        for _ in range(_ATTEMPTS):
            if self._cosigned > size:
                self._cosigned = 0  # what is remembered is of a later checkpoint; the witness has to say so itself
            answer = self._http.post("/add-checkpoint", self._request(checkpoint, size))
            if answer.status == 200:
                cosignature = read_cosignature(answer.body, note, self.key)
                self._cosigned = size
                return cosignature
            if answer.status != 409:
                break
            self._cosigned = read_size(answer.content_type, answer.body)
            if self._cosigned > size:
                raise NoCosignature(
                    f"it has cosigned {self._cosigned} entries of this log, which has {size}: the log was rolled back, "
                    "or another with its key is elsewhere; run: beacon-audit verify",
                    grave=True,
                )
        raise _refusal(answer)

    def _request(self, checkpoint: bytes, size: int) -> bytes:
        tree = TileTree(size, lambda place: read_hashes(self._directory, place))
        return format_consistency(self._cosigned, consistency_proof(self._cosigned, size, tree.node), checkpoint)


def _refusal(answer: Answer) -> NoCosignature:
    if answer.status == 422:
        return NoCosignature(
            "it does not accept that this checkpoint continues what it cosigned before (status 422): the log was "
            "rolled back, forked or damaged; run: beacon-audit verify",
            grave=True,
        )
    if 300 <= answer.status < 400:
        return NoCosignature(
            f"expected an answer, came a redirect (status {answer.status}); put its target in the policy"
        )
    return NoCosignature(f"{_REASONS.get(answer.status, 'expected status 200')} (status {answer.status})")


def _reason(error: Exception) -> str:
    """Why an attempt failed. What http.client says may quote the answer, so of that only the kind is told."""
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, HTTPException) and not isinstance(error, OSError):
        return f"expected an HTTP answer of at most {ANSWER_LIMIT} bytes, came something else ({type(error).__name__})"
    return str(error)
