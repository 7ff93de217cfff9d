"""``beacon-audit inventory approve``: say, on the record, that new names are accepted.

A name is written as the inventory lists it, or as ``KIND:NAME``, then also before it is seen; ``--all`` takes every new
name that the inventory shows. From then on it is a note (``contract.approved-name``) and no finding to look at: in a
running proxy at once, else from its next start. Nothing else is loosened. With ``--json`` one object
``{"approvals":[{"id","entry"}],"names","settled","hidden","running"}``. Exit status 0; 4 when it could not be recorded.
"""

import argparse
import sys
from typing import TYPE_CHECKING

from beacon_audit.cli.exit_status import FINE
from beacon_audit.cli.output import print_json, print_text, printable
from beacon_audit.cli.prune import operator, reason
from beacon_audit.errors import UsageError

if TYPE_CHECKING:
    from beacon_audit.home import Home
    from beacon_audit.review.inventory.choice import Choice


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--by", metavar="WHO", required=True, type=who, help="who approves; it stands in the trail")
    parser.add_argument("--reason", metavar="TEXT", required=True, type=reason, help="why; it stands in the trail")
    parser.add_argument("--all", action="store_true", help="every new name that the inventory shows")
    parser.add_argument("names", metavar="NAME", nargs="*", help="a name as listed, or KIND:NAME")


def who(text: str) -> str:
    if not text.strip() or not text.isprintable() or len(text) > 200:
        raise argparse.ArgumentTypeError("expected 1 to 200 printable characters")
    return text.strip()


def run(args: argparse.Namespace) -> int:
    from beacon_audit.home import open_home
    from beacon_audit.home.approve import record_approvals
    from beacon_audit.inspection import kind_of_secret
    from beacon_audit.proxy.identity import new_id, now
    from beacon_audit.trail.approval import approval_fields, split_names

    if args.all == bool(args.names):
        raise UsageError("inventory approve: expected names, or --all")
    if kind_of_secret(f"{args.by}\n{args.reason}"):
        raise UsageError("--by, --reason: something has the form of a secret, and the trail is never deleted")
    home = open_home(args.home)
    choice = _choice(home, args.names, everything=args.all)
    parts = [
        approval_fields(names, by=args.by, operator=operator(), reason=args.reason)
        for names in split_names(sorted(choice.names))
    ]
    recorded = record_approvals(home, parts, new_id=new_id, now=now)
    running = bool(recorded) and recorded[-1].by_proxy
    if args.json:
        print_json(
            {
                "approvals": [{"id": one.id, "entry": one.index} for one in recorded],
                "names": [f"{kind}:{name}" for kind, name in choice.names],
                "settled": list(choice.settled),
                "hidden": choice.hidden,
                "running": running,
            }
        )
        return FINE
    for one in recorded:
        print_text(f"approval {one.id} (entry {one.index} of the trail)")
    for kind, name in choice.names:
        print_text(f"  {kind}:{printable(name)}")
    for name in choice.settled:
        print_text(f"  {printable(name)} needs no approval")
    if choice.hidden:
        print_text(f"  {choice.hidden} new names are recorded as tokens: approve each by its token or by what it is")
    in_force = "in force in the running proxy" if running else "in force from the next start of the proxy"
    names = "1 name" if len(choice.names) == 1 else f"{len(choice.names)} names"
    print_text(f"{names} approved, {in_force}" if recorded else "nothing to approve")
    return FINE


def _choice(home: "Home", names: list[str], *, everything: bool) -> "Choice":
    from beacon_audit.cli.progress_bar import progress_bar
    from beacon_audit.redaction import Tokens
    from beacon_audit.review.inventory import take_inventory
    from beacon_audit.review.inventory.choice import Choice, kind_and_name, listed_names, typed_pairs

    typed = typed_pairs((name for name in names if kind_and_name(name) is not None), Tokens(home.token_key()))
    plain = [name for name in names if kind_and_name(name) is None]
    if not plain and not everything:
        return Choice(tuple(dict.fromkeys(typed)))
    with progress_bar("reading") as progress:
        inventory = take_inventory(home, progress)
    for gap in inventory.gaps:
        print_text(f"the inventory is partial: {gap}", sys.stderr)
    listed = listed_names(inventory, plain, everything=everything)
    return Choice(tuple(dict.fromkeys((*typed, *listed.names))), listed.settled, listed.hidden)
