"""``beacon-audit log``: one line per exchange, oldest first; with ``--json`` one JSON object per line.

An exchange still in flight is listed with state ``unknown``; with ``--follow`` it is listed when it has ended.
``--follow`` goes on until Ctrl-C and lists exchanges in the order in which they end. Exit status 0, or 4 when the trail
cannot be read (after everything before the damage was listed). When nothing was listed, stderr says so, and names a
``--finding`` that this version does not know: a trail may be of another one.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from functools import partial

from beacon_audit.cli.exit_status import FINE
from beacon_audit.cli.output import print_json, print_text

POLL_SECONDS = 0.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    until = partial(moment, ends_range=True)
    parser.add_argument("--since", metavar="TIME", type=moment, help="from this ISO 8601 date or time on (UTC)")
    parser.add_argument(
        "--until", metavar="TIME", type=until, help="before this time, or to the end of this date (UTC)"
    )
    parser.add_argument("--endpoint", metavar="NAME", action="append", help="of this endpoint; may be repeated")
    parser.add_argument("--action", choices=("allowed", "refused", "observed"), action="append", help="may be repeated")
    parser.add_argument(
        "--finding", metavar="CODE", action="append", help="with this finding, or any of this basis; may be repeated"
    )
    parser.add_argument("--follow", action="store_true", help="go on listing as the proxy records")
    parser.add_argument("--json", action="store_true", help="print one JSON object per exchange")


def moment(text: str, *, ends_range: bool = False) -> datetime:
    from beacon_audit.review.selection import read_moment

    try:
        return read_moment(text, ends_range=ends_range)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError("expected a date or time such as 2026-01-31 or 2026-01-31T08:00Z") from None


def run(args: argparse.Namespace) -> int:
    from beacon_audit.cli.exchange_line import exchange_line
    from beacon_audit.cli.finding_codes import hint, is_known
    from beacon_audit.home import open_home
    from beacon_audit.review.exchanges import Exchange, iter_exchanges
    from beacon_audit.review.selection import Selection

    selection = Selection(
        since=args.since,
        until=args.until,
        endpoints=frozenset(args.endpoint or ()),
        actions=frozenset(args.action or ()),
        findings=frozenset(args.finding or ()),
    )
    home = open_home(args.home)

    def follow() -> Iterator[Exchange]:
        from beacon_audit.review.exchanges import ExchangeReader

        reader = ExchangeReader(home)
        while True:
            yield from reader.poll()
            time.sleep(POLL_SECONDS)

    listed = 0
    for exchange in follow() if args.follow else iter_exchanges(home):
        if not selection.matches(exchange):
            continue
        listed += 1
        if args.json:
            print_json(exchange.to_json())
        else:
            print_text(exchange_line(exchange))
    if not listed:
        for code in (code for code in selection.findings if not is_known(code)):
            print_text(f"--finding: this version knows no code {code}; {hint(code)}", sys.stderr)
        if not args.json:
            print_text(f"no such exchange in {home.trail}", sys.stderr)
    return FINE
