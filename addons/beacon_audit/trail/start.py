"""The first moment of a trail: a signed checkpoint of an empty log, so that a log without one is known as deleted."""

from pathlib import Path

from beacon_audit.errors import TrailError
from beacon_audit.trail.append_file import AppendFile
from beacon_audit.trail.checkpoint import Checkpoint, encode_log_line
from beacon_audit.trail.fresh_files import FreshFiles
from beacon_audit.trail.merkle import EMPTY_ROOT
from beacon_audit.trail.note import NOTE_LIMIT, Signer, sign_note
from beacon_audit.trail.publication import MAKING
from beacon_audit.trail.published import CHECKPOINT, CHECKPOINT_LOG
from beacon_audit.trail.regular_file import read_regular
from beacon_audit.trail.segment import STATE
from beacon_audit.trail.storage import Storage


def start_trail(directory: Path, signer: Signer, storage: Storage | None = None) -> None:
    """Begin the trail in the existing, empty ``directory``, or complete a beginning that was interrupted.

    Raises:
        TrailError: something else is there.
        OSError: it cannot be written.
    """
    files = storage or Storage()
    note = sign_note(Checkpoint(signer.verifier.name, 0, EMPTY_ROOT).text, signer).encode()
    line = encode_log_line(note)
    log = directory / CHECKPOINT_LOG
    making = directory / STATE / MAKING
    found = [*directory.iterdir(), *(making.parent.iterdir() if making.parent.is_dir() else ())]
    for path in found:
        begun = path == log and _is_torn(read_regular(path, NOTE_LIMIT), line)
        if not begun and path not in (making, making.parent):
            raise TrailError(f"{path}: expected an empty directory to begin a trail in, found this")
    files.remove(log)
    file = AppendFile.create(log, files)
    try:
        file.append(line)
    finally:
        file.close()
    FreshFiles(directory, making, files).write([(directory / CHECKPOINT, note)])


def _is_torn(data: bytes, line: bytes) -> bool:
    """Whether a crash while ``line`` was written can have left ``data``: its beginning, with zeros for lost blocks."""
    return len(data) <= len(line) and all(came in (0, meant) for came, meant in zip(data, line, strict=False))
