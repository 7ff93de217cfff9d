"""``beacon-audit lint FILE…``: settings in a langsmith_config.yaml or Helm values file that only seem to work.

stdout: ``file:line:column: message``, or with ``--json`` one object a line: ``file line column message``. Exit status
0, 1 when there is something to put right (a file that is not YAML included), 4 when a file cannot be read.
"""

import argparse
from pathlib import Path

from beacon_audit.cli.exit_status import FINE, NO
from beacon_audit.cli.output import print_json, print_text, printable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help="langsmith_config.yaml or Helm values")
    parser.add_argument("--json", action="store_true", help="print one JSON object per problem")


def run(args: argparse.Namespace) -> int:
    from beacon_audit.errors import PolicyError
    from beacon_audit.policy.lint import lint_langsmith_config

    status = FINE
    for path in args.files:
        path.open("rb").close()  # a file that is not there is wrong usage, not a finding
        try:
            problems = tuple(lint_langsmith_config(path))
        except PolicyError as error:
            problems = error.problems
        for problem in problems:
            status = NO
            if args.json:
                place = {"file": problem.file, "line": problem.line, "column": problem.column}
                print_json({**place, "message": problem.message})
            else:
                print_text(printable(str(problem)))
    return status
