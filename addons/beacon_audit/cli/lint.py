"""``beacon-audit lint FILE…``: settings in a langsmith_config.yaml or Helm values file that only seem to work.

stdout: ``file:line:column: message``, or with ``--json`` one object a line: ``file line column message``. Advice, about
what a file cannot show, is marked: ``advice:`` before the message, ``"advice":true`` in JSON. With ``--home`` and
``--ca-bundle`` the certificates behind ``config.customCa`` are looked at too.

Exit status 0, with advice too; 1 when there is something to put right (a file that is not YAML included); 4 when a file
cannot be read.
"""

import argparse
from pathlib import Path

from beacon_audit.cli.exit_status import FINE, NO
from beacon_audit.cli.output import print_json, print_text, printable
from beacon_audit.errors import PolicyError, Problem, UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help="langsmith_config.yaml or Helm values")
    parser.add_argument("--home", metavar="DIR", type=Path, help="directory of the instance whose CA must be trusted")
    parser.add_argument(
        "--ca-bundle", metavar="FILE", type=Path, help="what the secret of config.customCa was made from (with --home)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object per problem")


def run(args: argparse.Namespace) -> int:
    from beacon_audit.contracts import load_contract
    from beacon_audit.policy.lint import Surroundings, advise_langsmith_config, lint_langsmith_config
    from beacon_audit.policy.parse import DEFAULT_CONTRACT

    around = Surroundings(load_contract(DEFAULT_CONTRACT).hosts, *_certificates(args.home, args.ca_bundle))
    status = FINE
    for path in args.files:
        path.open("rb").close()  # a file that is not there is wrong usage, not a finding
        try:
            problems = lint_langsmith_config(path, around)
        except PolicyError as error:
            problems = error.problems
        for problem in problems:
            status = NO
            _print(problem, advice=False, as_json=args.json)
        for problem in advise_langsmith_config(path):
            _print(problem, advice=True, as_json=args.json)
    return status


def _certificates(home: Path | None, bundle: Path | None) -> tuple[bytes | None, tuple[str, bytes] | None]:
    from beacon_audit.home import Home

    if bundle is not None and home is None:
        raise UsageError("--ca-bundle: expected --home DIR beside it, whose CA is looked for")
    authority = Home(home.resolve()).ca_certificate.read_bytes() if home is not None else None
    return authority, None if bundle is None else (bundle.name, bundle.read_bytes())


def _print(problem: Problem, *, advice: bool, as_json: bool) -> None:
    if as_json:
        place = {"file": problem.file, "line": problem.line, "column": problem.column}
        print_json({**place, "message": problem.message} | ({"advice": True} if advice else {}))
    else:
        place_of = f"{problem.file}:{problem.line}:{problem.column}"
        print_text(printable(f"{place_of}: {'advice: ' if advice else ''}{problem.message}"))
