"""``beacon-audit rotate-key``: let a new key sign the trail from here on.

The trail records the change, signed by both keys, so that whoever trusts the old public key can follow it to the new
one. The old private key is deleted; the origin stays. The proxy must not run. Prints the new vkey line, or with
``--json`` one object with ``trail_vkey``. Exit status 0, or 4 when it could not be done.
"""

import argparse

from beacon_audit.cli.exit_status import FINE
from beacon_audit.cli.output import print_json, print_text
from beacon_audit.cli.prune import reason


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reason", metavar="TEXT", required=True, type=reason, help="why; it stands in the trail")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    from beacon_audit.home import open_home, rotate_trail_key
    from beacon_audit.proxy.identity import new_id, now

    home = open_home(args.home)
    vkey = rotate_trail_key(home, reason=args.reason, new_id=new_id, now=now)
    if args.json:
        print_json({"trail_vkey": vkey})
    else:
        print_text(vkey)
    return FINE
