"""``beacon-audit contract show EDITION`` and ``contract diff OLD NEW``: what a contract says, what another changes.

An edition is a shipped one by its name, or a directory with a contract of one's own, which is checked on the way as
the proxy would check it. stdout: a page for people, or with ``--json`` one object (``contracts.description``,
``contracts.difference``). Exit status 0, whether or not two editions differ; 4 when one cannot be loaded.
"""

import argparse

from beacon_audit.cli.exit_status import FINE
from beacon_audit.cli.output import print_json, print_text

_EDITION = "a shipped edition, or a directory with an endpoints.yaml"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="contract_action", metavar="show|diff", required=True)
    show = actions.add_parser("show", help="print hosts, endpoints and fields of one edition")
    show.add_argument("edition", metavar="EDITION", help=_EDITION)
    diff = actions.add_parser("diff", help="print what changes from one edition to another")
    diff.add_argument("old", metavar="OLD", help=_EDITION)
    diff.add_argument("new", metavar="NEW", help=_EDITION)
    for action in (show, diff):
        action.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    # Imported late: `--help` must not wait for them.
    from beacon_audit.cli.contract_page import difference_page, edition_page
    from beacon_audit.contracts.description import describe_contract
    from beacon_audit.contracts.difference import contract_difference

    if args.contract_action == "show":
        described = describe_contract(args.edition)
    else:
        described = contract_difference(describe_contract(args.old), describe_contract(args.new))
    if args.json:
        print_json(described)
        return FINE
    for line in edition_page(described) if args.contract_action == "show" else difference_page(described):
        print_text(line)
    return FINE
