"""``beacon-audit show ID``: one exchange in full: fields, findings with their places, payloads, the trail's entries.

With ``--json`` one object: ``exchange`` as in ``log --json``, ``entries`` as in the trail, ``payloads`` with
``request`` and ``response`` (``state``, ``file``, ``commitment``, ``body``). Exit status 0; 1 when a payload is not
what the trail committed to; 4 when there is no such exchange.
"""

import argparse

from beacon_audit.cli.exit_status import FINE, NO
from beacon_audit.cli.output import print_json, print_text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", type=str.lower, help="the exchange's id, as `log` and refusals give it")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    from beacon_audit.cli.dossier_page import dossier_lines
    from beacon_audit.home import open_home
    from beacon_audit.review.dossier import read_dossier

    dossier = read_dossier(open_home(args.home), args.id)
    if args.json:
        print_json(dossier.to_json())
    else:
        for line in dossier_lines(dossier):
            print_text(line)
    return NO if dossier.altered else FINE
