"""``beacon-audit prove``: proofs that an outsider can check without this log at hand.

With an ID: that each entry of this exchange (or other record) is in the signed log, as a C2SP tlog-proof that carries
the entry. ``-o FILE`` takes the proof of the first entry; that of an outcome goes to ``FILE.outcome``. With ``--since
CHECKPOINT``: that the log of now begins with the log of then; to ``FILE``, or with an ID as well to
``FILE.consistency``. No file is overwritten. ``--json`` prints one object ``{"proofs":[{"file","type","index"}]}``.
Exit status 0, or 4 when there is nothing to prove.
"""

import argparse
from pathlib import Path

from beacon_audit.cli.exit_status import FINE
from beacon_audit.cli.output import print_json, print_text
from beacon_audit.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", nargs="?", type=str.lower, help="the id of a record, as `log` gives it")
    parser.add_argument("--since", metavar="CHECKPOINT", type=Path, help="a file with an earlier checkpoint")
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, required=True, help="where the proof goes")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    from beacon_audit.home import open_home
    from beacon_audit.review.proofs import prove_consistency, prove_inclusion

    if args.id is None and args.since is None:
        raise UsageError("prove: expected an ID, --since CHECKPOINT, or both")
    home = open_home(args.home)
    written: list[dict[str, object]] = []
    if args.id is not None:
        for number, proof in enumerate(prove_inclusion(home, args.id)):
            file = args.output if number == 0 else args.output.with_name(f"{args.output.name}.{proof.kind}")
            _write(file, proof.proof)
            written.append({"file": str(file), "type": proof.kind, "index": proof.index})
    if args.since is not None:
        file = args.output if args.id is None else args.output.with_name(f"{args.output.name}.consistency")
        _write(file, prove_consistency(home, args.since.read_bytes()))
        written.append({"file": str(file), "type": "consistency", "index": None})
    if args.json:
        print_json({"proofs": written})
    else:
        for item in written:
            what = "the log only grew" if item["index"] is None else f"{item['type']} is entry {item['index']}"
            print_text(f"{item['file']}: {what}")
    return FINE


def _write(path: Path, content: bytes) -> None:
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise UsageError(f"{path}: exists and is not overwritten; choose another name") from None
