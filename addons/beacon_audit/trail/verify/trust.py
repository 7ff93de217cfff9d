"""From one trusted key to the newest checkpoint that may be believed.

Until a signature is verified, a size is only a claim, and nothing is read on the strength of it but to look for changes
of key, which ends where the files end.
"""

from dataclasses import dataclass
from pathlib import Path

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail.checkpoint import Checkpoint, decode_log_line
from beacon_audit.trail.note import Note, VerifierKey, parse_note
from beacon_audit.trail.published import CHECKPOINT, CHECKPOINT_LOG
from beacon_audit.trail.verify.bundles import Bundles
from beacon_audit.trail.verify.checkpoint_line import check_note
from beacon_audit.trail.verify.checkpoint_lines import first_line
from beacon_audit.trail.verify.key_chain import KeyChain, claims, find_chain
from beacon_audit.trail.verify.problem import Problems
from beacon_audit.trail.verify.snapshot import Snapshot, read_checkpoint


@dataclass(frozen=True, slots=True)
class Trusted:
    """``chain`` is what the trusted key leads to, ``newest`` the newest checkpoint that it signed, and ``checkpoint``
    the one in the file of that name, if it is signed. `None`: there is none."""

    chain: KeyChain
    newest: Checkpoint | None
    checkpoint: Checkpoint | None


def establish_trust(directory: Path, key: VerifierKey, snapshot: Snapshot, problems: Problems) -> Trusted:
    """What ``key`` says about ``snapshot``; reports a checkpoint that it does not lead to."""
    chain = _chain(directory, key, snapshot)
    own = _verified(snapshot.note, chain, CHECKPOINT, problems)
    last = own if snapshot.last == snapshot.note else _verified(snapshot.last, chain, CHECKPOINT_LOG, problems)
    newest = max((c for c in (own, last) if c is not None), key=lambda c: c.size, default=None)
    return Trusted(chain, newest, own)


def _chain(directory: Path, key: VerifierKey, snapshot: Snapshot) -> KeyChain:
    try:
        first = _note(decode_log_line(first_line(directory)))
    except TrailCorrupt:
        first = None
    ends = [note for note in (_note(snapshot.note), _note(snapshot.last)) if note is not None]
    if first is not None and claims(first, key) and all(claims(note, key) for note in ends):
        return KeyChain((key,))
    sizes = [c.size for c in (read_checkpoint(snapshot.note), read_checkpoint(snapshot.last)) if c is not None]
    return find_chain(key, Bundles(directory, max(sizes, default=0)))


def _note(data: bytes | None) -> Note | None:
    try:
        return parse_note(data) if data is not None else None
    except TrailCorrupt:
        return None


def _verified(data: bytes | None, chain: KeyChain, file: str, problems: Problems) -> Checkpoint | None:
    if data is None:
        return None
    if read_checkpoint(data) is None:
        problems.add("malformed-checkpoint", "expected a signed note with origin, size and root", file=file)
        return None
    try:
        return check_note(data, chain)
    except TrailCorrupt as error:
        problems.add("bad-signature", str(error), file=file)
        return None
