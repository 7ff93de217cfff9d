"""Makes HOME, or completes one that was left half made; what is there is never overwritten.

Public files are derived from private ones, so a missing public file is made again. A missing private file is made only
where nothing depends on it yet: a public half without its private half, or a trail that has begun, is an error, since
a new key would silently start another identity. Raises ``HomeError``.
"""

import os
import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from beacon_audit.errors import HomeError, TrailCorrupt
from beacon_audit.home.layout import TOKEN_KEY_BYTES, Home, access_problems, open_home
from beacon_audit.home.private_files import create_directory, create_file, exclusive, sync_directory
from beacon_audit.trail.published import CHECKPOINT
from beacon_audit.trail.regular_file import read_regular

if TYPE_CHECKING:
    from beacon_audit.trail.note import Signer

# What an otherwise empty file system may hold at its root.
IGNORED_NAMES = frozenset({"lost+found"})


def create_home(path: Path, contract_hosts: Sequence[str]) -> Home:
    """The home in ``path``, complete. Its authority can sign for every one of ``contract_hosts``."""
    home = Home(path.resolve())
    try:
        _claim(home)
        with exclusive(home.path):
            _refuse_lost_trail(home)
            for directory in home.directories:
                create_directory(directory)
            _refuse_unsafe(home)
            _complete_authority(home, contract_hosts)
            _complete_keys(home)
    except OSError as error:
        raise HomeError(f"{error.filename or home.path}: cannot be made: {error.strerror or error}") from error
    return open_home(path)


def _claim(home: Home) -> None:
    """Takes a new or empty directory for our own; leaves a directory with foreign content alone."""
    home.path.parent.mkdir(parents=True, exist_ok=True)
    create_directory(home.path)
    names = {entry.name for entry in home.path.iterdir()} - IGNORED_NAMES
    if not names:
        home.path.chmod(0o700)
    elif not names & {home.ca.name, home.keys.name}:
        raise HomeError(f"{home.path}: expected a new or empty directory; it holds other files, choose another --home")


def _refuse_lost_trail(home: Home) -> None:
    # Every directory is made before the first key, so a key without a trail means that the trail was taken away.
    if (home.tokens_key.exists() or home.trail_key.exists()) and not home.trail.exists():
        raise HomeError(f"{home.trail}: missing, though this home was complete; restore it, or make a new home")


def _refuse_unsafe(home: Home) -> None:
    if problems := access_problems(home):
        raise HomeError("\n".join(problems))


def _complete_authority(home: Home, hosts: Sequence[str]) -> None:
    # Imported late: `log`, `show` and `--help` need no cryptography.
    from cryptography.exceptions import UnsupportedAlgorithm

    from beacon_audit.home.authority import create_authority, read_authority, uncovered_hosts

    if not home.ca_private.exists():
        _refuse_orphan(home.ca_certificate, home.ca_private, " or delete the latter, and hand a new one to all clients")
        create_file(home.ca_private, create_authority(hosts, now=datetime.now(UTC)).private)
    try:
        authority = read_authority(home.ca_private.read_bytes())
        uncovered = uncovered_hosts(authority, hosts)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _unusable(home.ca_private, "an EC key and its certificate with name constraints", error) from error
    if uncovered:
        raise HomeError(
            f"{home.ca_private}: this authority may not sign for {', '.join(uncovered)}; make a new home for this "
            "contract and hand its ca.crt to the clients"
        )
    _complete_public(home.ca_certificate, authority.certificate, home.ca_private)


def _complete_keys(home: Home) -> None:
    if os.path.lexists(home.trail_key):
        # The key has its name only since the trail has begun, so none is ever begun twice with it.
        if not os.path.lexists(home.trail / CHECKPOINT):
            raise HomeError(
                f"{home.trail / CHECKPOINT}: missing, though this home was complete; restore the trail from a copy, or "
                "make a new home"
            )
        _create_private(home, home.tokens_key, _create_token_key)
    else:
        _begin_trail(home)
    home.token_key()
    signer = _load(home, home.trail_key)
    if os.path.lexists(home.trail_vkey) and os.path.lexists(home.next_trail_key):
        return  # a change of keys was interrupted: `open_trail_writer` makes the two agree
    _complete_public(home.trail_vkey, signer.vkey.encode() + b"\n", home.trail_key)


def _begin_trail(home: Home) -> None:
    """Makes the keys and begins the trail, or goes on where that was interrupted."""
    from beacon_audit.home.trail_key import create_trail_key
    from beacon_audit.trail.start import start_trail

    _refuse_orphan(home.trail_vkey, home.trail_key)
    _create_private(home, home.first_trail_key, create_trail_key, called=home.trail_key)
    _create_private(home, home.tokens_key, _create_token_key)
    if not os.path.lexists(home.trail / CHECKPOINT):
        start_trail(home.trail, _load(home, home.first_trail_key))
    home.first_trail_key.replace(home.trail_key)
    sync_directory(home.keys)


def _create_token_key() -> bytes:
    return secrets.token_hex(TOKEN_KEY_BYTES).encode() + b"\n"


def _load(home: Home, path: Path) -> "Signer":
    from cryptography.exceptions import UnsupportedAlgorithm

    from beacon_audit.trail.note import Signer

    try:
        return Signer.load(path.read_bytes(), _origin(home))
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _unusable(path, "an Ed25519 private key (PKCS #8 PEM)", error) from error


def _origin(home: Home) -> str | None:
    """The name of the log where one has begun: after a change of keys it does not follow from the key any more."""
    from beacon_audit.trail.checkpoint import parse_checkpoint
    from beacon_audit.trail.note import NOTE_LIMIT, parse_note

    try:
        return parse_checkpoint(parse_note(read_regular(home.trail / CHECKPOINT, NOTE_LIMIT)).text).origin
    except FileNotFoundError:
        return None
    except TrailCorrupt as error:
        raise HomeError(str(error)) from None


def _create_private(home: Home, path: Path, create: Callable[[], bytes], called: Path | None = None) -> None:
    """``called``: under which name its owner knows it."""
    if path.exists():
        return
    if any(home.trail.iterdir()):
        raise HomeError(f"{called or path}: missing, but the trail has begun; restore the file from a backup")
    create_file(path, create())


def _refuse_orphan(public: Path, private: Path, otherwise: str = "") -> None:
    # Of a trail there is no other way: nothing would go on with its log, and without the key nobody could check it.
    if os.path.lexists(public):
        raise HomeError(f"{private}: missing, but {public.name} is there; restore it from a backup" + otherwise)


def _complete_public(path: Path, content: bytes, private: Path) -> None:
    if not os.path.lexists(path):
        create_file(path, content, mode=0o644)
    elif path.read_bytes().strip() != content.strip():
        raise HomeError(f"{path}: does not belong to {private}; delete it, and init makes it again")


def _unusable(path: Path, expected: str, error: Exception) -> HomeError:
    # Only the kind of error: parsers quote what they could not read.
    return HomeError(f"{path}: expected {expected} ({type(error).__name__}); restore the file from a backup")
