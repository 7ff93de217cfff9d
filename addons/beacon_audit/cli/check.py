"""``beacon-audit check FILE… --endpoint NAME``: what would become of a request with this body, without sending it.

A file holds one body as it would be received (``-``: stdin); it is judged exactly as the proxy judges a request, with
the default policy at the strictness asked for. ``--json`` gives one object a line: ``file endpoint verdict action
findings reason reason_code``, where ``verdict`` is ``documented``, ``otlp``, ``undocumented`` or ``malformed`` and
``action`` is ``allow`` or ``refuse``.

Exit status 0; 1 when a file would be refused; 4 when one cannot be read (the others are judged all the same).
"""

import argparse
import sys
from pathlib import Path

from beacon_audit.cli.exit_status import FINE, NO, UNUSABLE
from beacon_audit.cli.output import print_json, print_text, printable

STDIN = "-"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", nargs="+", help="a request body; - for stdin")
    parser.add_argument("--endpoint", metavar="NAME", required=True, help="the endpoint it would be sent to")
    parser.add_argument("--contract", metavar="EDITION|DIR", help="a shipped edition or a directory")
    parser.add_argument(
        "--strictness", choices=("lenient", "standard", "strict"), default="standard", help="(standard)"
    )
    parser.add_argument(
        "--content-type", metavar="TYPE", action="append", help="Content-Type (default: the documented one)"
    )
    parser.add_argument(
        "--content-encoding", metavar="CODING", action="append", default=[], help="Content-Encoding, such as gzip"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object per file")


def run(args: argparse.Namespace) -> int:
    # Imported late: `--help` must not wait for them.
    from beacon_audit.cli.trial import Trial, render_trial

    trial = Trial.prepare(args.endpoint, args.contract, args.strictness, args.content_type, args.content_encoding)
    status = FINE
    for name in args.files:
        try:
            body = _read(name, trial.limit)
        except OSError as error:
            print_text(f"{printable(name)}: {error.strerror or type(error).__name__}", sys.stderr)
            status = UNUSABLE
            continue
        result = trial.judge(name, body)
        if args.json:
            print_json(result.to_json())
        else:
            print_text(render_trial(result))
        status = max(status, NO if result.refused else FINE)
    return status


def _read(name: str, limit: int) -> bytes:
    """At most one byte more than ``limit``, which is enough to see that it is too large."""
    if name == STDIN:
        return sys.stdin.buffer.read(limit + 1)
    with Path(name).open("rb") as file:
        return file.read(limit + 1)
