"""``beacon-audit inventory``: everything that recorded exchanges carried, and ``inventory approve`` for what is new.

Lists each attribute key, metric, span, event and scope name, log template, usage measure and field path: where, since
when, how often and with how many values it was carried, an example as it was recorded (redacted), and of names whether
they are documented, approved or new. Works beside a running proxy and on a copy without keys. With ``--json`` one
object. Exit status 0; 2 when bodies are missing, so that the inventory is partial; 4 when the trail cannot be read.
"""

import argparse
from pathlib import Path

from beacon_audit.cli import inventory_approve
from beacon_audit.cli.exit_status import FINE, INCOMPLETE
from beacon_audit.cli.output import print_json, print_text
from beacon_audit.cli.progress_bar import progress_bar
from beacon_audit.errors import HomeError, UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--kind", metavar="KIND", action="append", help="only what is of this kind; may be repeated")
    parser.add_argument("--new-since", metavar="ID", help="only what was first seen after the approval with this id")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    actions = parser.add_subparsers(dest="inventory_action", metavar="[approve]", required=False)
    approve = actions.add_parser("approve", help="approve new names, on the record")
    approve.add_argument("--home", metavar="DIR", type=Path, default=argparse.SUPPRESS, help="as above")
    approve.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON object")
    inventory_approve.add_arguments(approve)


def run(args: argparse.Namespace) -> int:
    from beacon_audit.cli.inventory_page import inventory_lines, item_json
    from beacon_audit.home.layout import Home
    from beacon_audit.review.inventory import KINDS, take_inventory

    # Not `open_home`: who looks needs none of the keys.
    home = Home(args.home.resolve())
    if not home.trail.is_dir():
        raise HomeError(f"{home.path}: no instance here; run: beacon-audit inventory --home DIR")
    if args.inventory_action == "approve":
        return inventory_approve.run(args)
    if unknown := set(args.kind or ()) - set(KINDS):
        raise UsageError(f"--kind: expected one of {', '.join(KINDS)}, came {len(unknown)} other")
    with progress_bar("reading") as progress:
        inventory = take_inventory(home, progress)
    since = -1
    if args.new_since is not None:
        if args.new_since not in inventory.approvals:
            raise UsageError("--new-since: no approval in this trail has that id; `inventory approve` prints it")
        since = inventory.approvals[args.new_since]
    items = [
        item
        for item in inventory.listed()
        if item.first_index > since and (args.kind is None or item.kind in args.kind)
    ]
    if args.json:
        print_json(
            {
                "complete": not inventory.gaps,
                "gaps": inventory.gaps,
                "exchanges": inventory.exchanges,
                "bodies": dict(sorted(inventory.bodies.items())),
                "items": [item_json(inventory, item) for item in items],
            }
        )
    else:
        for line in inventory_lines(inventory, items):
            print_text(line)
    return INCOMPLETE if inventory.gaps else FINE
