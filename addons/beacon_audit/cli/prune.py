"""``beacon-audit prune``: delete payload files dated before a day, and record who did it and why.

The trail keeps every entry, and every proof stays whole; what is gone are the redacted bodies with their salts. A
running proxy holds the trail: stop it first, or let it prune by itself (``recording.retention_days``). With ``--json``
one object ``{"before","files","days","entry"}``. Exit status 0, or 4 when nothing could be recorded (then nothing was
deleted) or something could not be deleted (then run it again).
"""

import argparse
import os
import pwd
from datetime import UTC, date, datetime

from beacon_audit.cli.exit_status import FINE
from beacon_audit.cli.output import print_json, print_text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--before", metavar="DATE", required=True, type=day, help="a day (UTC), today at the latest")
    parser.add_argument("--reason", metavar="TEXT", required=True, type=reason, help="why; it stands in the trail")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def day(text: str) -> str:
    try:
        parsed = date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("expected a day such as 2026-01-31") from None
    if parsed > datetime.now(UTC).date():
        raise argparse.ArgumentTypeError("expected a day that is not in the future: payloads of today may be in use")
    return parsed.isoformat()


def reason(text: str) -> str:
    if not text.strip() or not text.isprintable() or len(text) > 500:
        raise argparse.ArgumentTypeError("expected 1 to 500 printable characters")
    return text.strip()


def run(args: argparse.Namespace) -> int:
    from beacon_audit.home import open_home, open_trail_writer
    from beacon_audit.proxy.identity import new_id, now
    from beacon_audit.trail.prune import prune

    home = open_home(args.home)
    writer = open_trail_writer(home, new_id=new_id, now=now)
    try:
        done = prune(
            writer, home.payloads, before=args.before, by=operator(), reason=args.reason, new_id=new_id, now=now
        )
    finally:
        writer.close()
    if args.json:
        print_json({"before": args.before, "files": done.files, "days": done.days, "entry": done.index})
    elif done.index is None:
        print_text(f"nothing to delete: no payload file in {home.payloads} is dated before {args.before}")
    else:
        print_text(f"deleted {done.files} payload files of {done.days} days; entry {done.index} of the trail says so")
    return FINE


def operator() -> str:
    """Who runs this, as the system knows them."""
    uid = os.getuid()
    try:
        return f"{pwd.getpwuid(uid).pw_name} (uid {uid})"
    except KeyError:
        return f"uid {uid}"
