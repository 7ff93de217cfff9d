"""``beacon-audit verify``: prove that the trail is whole, unchanged, and the one that was anchored elsewhere.

Takes ``--home``, or ``--trail`` and ``--vkey`` for a copy (then ``--payloads`` for the payload files). Every
``--anchor`` is a file with checkpoints that were kept outside: a signed note, lines of ``checkpoints.log``, or what
``run`` printed. With ``--json`` one object (`trail.verify.Verdict`). Exit status 0: everything was checked and
anchored; 1: tampered with; 2: incomplete; 3: sound, but without an anchor nobody can tell whether it was rolled back or
rewritten with its own key; 4: wrong usage, or something cannot be read.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from beacon_audit.cli.exit_status import FINE, INCOMPLETE, NO, UNANCHORED
from beacon_audit.cli.output import print_json, print_text, printable
from beacon_audit.errors import HomeError, UsageError

if TYPE_CHECKING:
    from beacon_audit.trail.note import VerifierKey

#: A bar appears when it takes longer than this.
PATIENCE_S = 1.0
ANCHOR_LIMIT = 1024 * 1024 * 1024
VKEY_LIMIT = 4096
STATUS = {"ok": FINE, "tampered": NO, "incomplete": INCOMPLETE, "unanchored": UNANCHORED}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--home", metavar="DIR", type=Path, help="directory of the instance (default: as for `run`)")
    parser.add_argument("--trail", metavar="DIR", type=Path, help="directory of a trail, instead of --home")
    parser.add_argument("--vkey", metavar="FILE", type=Path, help="file with the public key to trust (default: HOME's)")
    parser.add_argument("--payloads", metavar="DIR", type=Path, help="directory of payload files (default: HOME's)")
    parser.add_argument(
        "--anchor", metavar="FILE", type=Path, action="append", default=[], help="kept checkpoints; may be repeated"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    from beacon_audit.cli.verdict_page import verdict_lines
    from beacon_audit.trail.verify import verify_trail

    # Anchors first: the log may grow while they are read, and is never older than they are.
    anchors = [note for path in args.anchor for note in _anchors(path)]
    trail, payloads, vkey = _places(args)
    with _progress() as progress:
        verdict = verify_trail(
            trail,
            _trusted_key(vkey),
            anchors=anchors,
            payloads=payloads,
            progress=progress,
            journal_expected=args.trail is None,
        )
    if args.json:
        print_json(verdict.to_json())
    else:
        for line in verdict_lines(verdict, trail):
            print_text(line)
    return STATUS[verdict.verdict]


def _places(args: argparse.Namespace) -> tuple[Path, Path | None, Path]:
    """The trail, the payloads, the file with the key."""
    if args.trail is not None:
        if args.home is not None or args.vkey is None:
            raise UsageError("verify: expected --home DIR, or --trail DIR and --vkey FILE")
        if not args.trail.is_dir():
            raise UsageError(f"{args.trail}: expected the directory of a trail, found none")
        return args.trail.resolve(), args.payloads, args.vkey
    from beacon_audit.cli.entry_point import default_home
    from beacon_audit.home.layout import Home

    # Not `open_home`: who verifies needs none of the private keys, and a trail that is gone is a finding.
    home = Home((args.home or default_home()).resolve())
    vkey = args.vkey or home.trail_vkey
    if not home.path.is_dir() or not vkey.is_file():
        raise HomeError(f"{vkey}: no public key here; is this the right home? run: beacon-audit verify --home DIR")
    return home.trail, args.payloads or home.payloads, vkey


def _trusted_key(path: Path) -> "VerifierKey":
    from beacon_audit.trail.note import ED25519, parse_vkey

    text = _read(path, VKEY_LIMIT).decode("ascii", "replace")
    try:
        key = parse_vkey(text.removesuffix("\n"))
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None
    if key.kind != ED25519:
        raise UsageError(f"{path}: expected the key of a log, came that of a witness")
    return key


def _anchors(path: Path) -> list[bytes]:
    from beacon_audit.trail.verify import read_anchors

    return read_anchors(_read(path, ANCHOR_LIMIT), printable(str(path)))


def _read(path: Path, limit: int) -> bytes:
    with path.open("rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise UsageError(f"{path}: expected at most {limit} bytes")
    return data


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr when that is a terminal and it takes a while; nothing otherwise. Gone when the block ends."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True, highlight=False)
    columns = (TextColumn("verifying"), BarColumn(bar_width=30), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=console, transient=True)
    task = bar.add_task("entries", total=None)
    begun = time.monotonic()

    def on_progress(done: int, total: int) -> None:
        bar.update(task, completed=done, total=total)
        if time.monotonic() - begun > PATIENCE_S:
            bar.start()

    try:
        yield on_progress
    finally:
        bar.stop()
