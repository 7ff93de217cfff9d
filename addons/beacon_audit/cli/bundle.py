"""``beacon-audit bundle``: one zip for an auditor, with the log or a part of it, proofs, and a verifier.

``--since`` and ``--until`` are those of ``log``. Whoever has it checks it with ``python3 -I verify.py``, which lies
in it and needs nothing of ours (docs/trail-format.md, "Evidence bundle"). The log is verified first; a damaged one is
exported all the same, because that is evidence too, with a warning here and a field in ``coverage.json``. With
``--json`` one object. Exit status 0; 1 when the zip was written and the log was tampered with; 4 when there is a file
of that name already, or nothing that could be exported.
"""

import argparse
import sys
from functools import partial
from pathlib import Path

from beacon_audit.cli.exit_status import FINE, NO
from beacon_audit.cli.log import moment
from beacon_audit.cli.output import print_json, print_text, printable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    until = partial(moment, ends_range=True)
    parser.add_argument("--since", metavar="TIME", type=moment, help="from this ISO 8601 date or time on (UTC)")
    parser.add_argument(
        "--until", metavar="TIME", type=until, help="before this time, or to the end of this date (UTC)"
    )
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, required=True, help="the zip to write")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    from beacon_audit.cli.output_file import refuse_inside
    from beacon_audit.cli.progress_bar import progress_bar
    from beacon_audit.errors import HomeError
    from beacon_audit.home.layout import Home
    from beacon_audit.review.evidence.export import export

    # Not `open_home`: evidence is made of public files, and an auditor's copy has no private ones.
    home = Home(args.home.resolve())
    if not home.trail.is_dir() or not home.trail_vkey.is_file():
        raise HomeError(f"{args.home}: no trail and public key here; is this the right home?")
    refuse_inside(home, args.output)
    with progress_bar("verifying") as on_verify, progress_bar("exporting") as on_export:
        exported = export(
            home, args.output, since=args.since, until=args.until, on_verify=on_verify, on_export=on_export
        )
    verdict = exported.verdict.verdict
    if args.json:
        print_json(
            {
                "file": str(args.output),
                "size": exported.size,
                "selected": exported.selected,
                "payloads": exported.payloads,
                "verdict": verdict,
                "problems_total": exported.verdict.problems_total,
            }
        )
    else:
        print_text(f"{printable(str(args.output))}: {exported.selected} of {exported.size} entries")
        print_text("check it with: python3 -I verify.py (in it), --vkey and --anchor; see README.txt in it")
    if exported.verdict.problems_total:
        print_text(
            f"warning: the log is {verdict} ({exported.verdict.problems_total} problems), and the evidence says so; "
            f"run: beacon-audit verify --home {printable(str(args.home))}",
            sys.stderr,
        )
    return NO if verdict == "tampered" else FINE
