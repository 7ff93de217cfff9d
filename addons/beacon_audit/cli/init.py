"""``beacon-audit init``: makes or completes HOME and says what to hand to LangSmith. Safe to run again.

stdout: where the files are and a Helm values snippet for people, or with ``--json`` one object with ``home``,
``ca_certificate``, ``trail_vkey`` (the line itself) and ``helm_values``. Exit status 0, or 4 when HOME cannot be made.
"""

import argparse

from beacon_audit.cli.exit_status import FINE
from beacon_audit.cli.output import print_json, print_text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--contract",
        metavar="EDITION|DIR",
        action="append",
        help="a contract whose hosts the CA must be able to sign for (default: every edition that is shipped)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    # Imported late: `--help` must not wait for them.
    from beacon_audit.cli.langsmith_values import helm_values, render_instructions
    from beacon_audit.contracts import available_editions, load_contract
    from beacon_audit.home import create_home

    references = args.contract or available_editions()
    hosts = sorted({host for reference in references for host in load_contract(reference).hosts})
    home = create_home(args.home, hosts)
    vkey = home.trail_vkey.read_text("ascii").strip()
    if args.json:
        print_json(
            {
                "home": str(home.path),
                "ca_certificate": str(home.ca_certificate),
                "trail_vkey": vkey,
                "helm_values": helm_values(),
            }
        )
    else:
        print_text(render_instructions(home, hosts))
    return FINE
