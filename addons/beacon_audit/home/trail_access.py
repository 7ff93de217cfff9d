"""Opening the trail of an instance for writing, with its keys, and giving it another key.

A key change must not be half done, whatever happens: the next key lies in ``keys/trail.key.next`` before the trail
says ``key-change``, and takes the place of ``trail.key`` after. `open_trail_writer` finds a change that was
interrupted and finishes it, or, when the trail knows nothing of it, forgets it.
"""

from collections.abc import Callable
from pathlib import Path

from beacon_audit.errors import HomeError, UsageError
from beacon_audit.home.layout import Home
from beacon_audit.home.private_files import create_file, replace_file, sync_directory
from beacon_audit.trail.key_change import key_change_fields
from beacon_audit.trail.note import NOTE_LIMIT, Signer, parse_vkey
from beacon_audit.trail.regular_file import read_regular
from beacon_audit.trail.writer import TrailWriter


def open_trail_writer(
    home: Home,
    *,
    new_id: Callable[[], str],
    now: Callable[[], str],
    on_checkpoint: Callable[[bytes], None] = lambda _: None,
) -> TrailWriter:
    """Take over the trail of ``home``. ``new_id`` and ``now`` give an entry's id and time.

    Raises:
        HomeError: a key cannot be used.
        TrailError: see ``TrailWriter.open``.
    """
    signer = _signer(home, home.trail_key)
    upcoming = _signer(home, home.next_trail_key) if home.next_trail_key.exists() else None
    writer = TrailWriter.open(
        home.trail,
        home.payloads,
        signer=signer,
        next_signer=upcoming,
        new_id=new_id,
        now=now,
        on_checkpoint=on_checkpoint,
    )
    try:
        if upcoming is not None:
            writer.publish()
            _settle_keys(home, upcoming, in_force=writer.vkey)
    except BaseException:
        writer.close()
        raise
    return writer


def rotate_trail_key(home: Home, *, reason: str, new_id: Callable[[], str], now: Callable[[], str]) -> str:
    """Let another key sign the trail of ``home`` from here on; the new vkey line. The old private key is deleted.

    Raises:
        HomeError, TrailError: as `open_trail_writer`; what was begun is settled by the next one who opens the trail.
    """
    # Imported late: it takes cryptography, and who only opens a trail makes no key.
    from beacon_audit.home.trail_key import create_trail_key

    open_trail_writer(home, new_id=new_id, now=now).close()
    current = _signer(home, home.trail_key)
    private = create_trail_key()
    upcoming = Signer.load(private, current.verifier.name)
    writer = TrailWriter.open(home.trail, home.payloads, signer=current, next_signer=upcoming, new_id=new_id, now=now)
    try:
        # Not before the trail is ours: who opens it forgets a next key of which the trail knows nothing.
        create_file(home.next_trail_key, private)
        fields = key_change_fields(current, upcoming, reason)
        writer.submit({**fields, "type": "key-change", "id": new_id(), "time": now()}).result()
        writer.publish()
        _settle_keys(home, upcoming, in_force=writer.vkey)
    finally:
        writer.close()
    return upcoming.vkey


def _settle_keys(home: Home, upcoming: Signer, *, in_force: str) -> None:
    """Let the next key take the place of the other when it is in force, and forget it when it is not."""
    if in_force != upcoming.vkey:
        home.next_trail_key.unlink()
        sync_directory(home.keys)
        return
    replace_file(home.trail_vkey, upcoming.vkey.encode() + b"\n", mode=0o644)
    home.next_trail_key.replace(home.trail_key)
    sync_directory(home.keys)


def _signer(home: Home, path: Path) -> Signer:
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        origin = parse_vkey(read_regular(home.trail_vkey, NOTE_LIMIT).decode("ascii", "replace").strip()).name
        return Signer.load(read_regular(path, NOTE_LIMIT), origin)
    except UsageError:
        raise HomeError(f"{home.trail_vkey}: expected a vkey line; delete it, and init makes it again") from None
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise HomeError(
            f"{path}: expected an Ed25519 private key (PKCS #8 PEM), came something else ({type(error).__name__}); "
            "restore the file from a backup"
        ) from None
