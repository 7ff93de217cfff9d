"""``beacon-audit prove``: proofs that an outsider can check without this log at hand.

With an ID: that each entry of this exchange (or other record) is in the signed log, as a C2SP tlog-proof that carries
the entry. ``-o FILE`` takes the proof of the first entry; that of an outcome goes to ``FILE.outcome``. With ``--since
CHECKPOINT``: that the log of now begins with the log of then; to ``FILE``, or with an ID as well to
``FILE.consistency``. CHECKPOINT holds one, as in the trail or as a line of the proxy's stdout. No file is overwritten,
and none is written unless all can be proven. ``--json`` prints one object ``{"proofs":[{"file","type","index"}]}``.
Exit status 0, or 4 when there is nothing to prove.
"""

import argparse
import os
from collections.abc import Mapping
from pathlib import Path

from beacon_audit.cli.exit_status import FINE
from beacon_audit.cli.output import print_json, print_text, printable
from beacon_audit.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", nargs="?", type=str.lower, help="the id of a record, as `log` gives it")
    parser.add_argument("--since", metavar="CHECKPOINT", type=Path, help="a file with an earlier checkpoint")
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, required=True, help="where the proof goes")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    from beacon_audit.cli.output_file import refuse_inside
    from beacon_audit.home import open_home
    from beacon_audit.review.proofs import prove_consistency, prove_inclusion

    if args.id is None and args.since is None:
        raise UsageError("prove: expected an ID, --since CHECKPOINT, or both")
    home = open_home(args.home)
    refuse_inside(home, args.output)
    proofs: list[tuple[str, int | None, bytes]] = []
    if args.id is not None:
        proofs += [(proof.kind, proof.index, proof.proof) for proof in prove_inclusion(home, args.id)]
    if args.since is not None:
        proofs.append(("consistency", None, prove_consistency(home, args.since.read_bytes(), str(args.since))))
    files = [args.output, *(Path(f"{args.output}.{kind}") for kind, _, _ in proofs[1:])]
    _write(dict(zip(files, (proof for _, _, proof in proofs), strict=True)))
    written = [
        {"file": str(file), "type": kind, "index": index} for file, (kind, index, _) in zip(files, proofs, strict=True)
    ]
    if args.json:
        print_json({"proofs": written})
    else:
        for item in written:
            what = "the log only grew" if item["index"] is None else f"{item['type']} is entry {item['index']}"
            print_text(f"{printable(str(item['file']))}: {what}")
    return FINE


def _write(files: Mapping[Path, bytes]) -> None:
    if taken := next((path for path in files if os.path.lexists(path)), None):
        raise UsageError(f"{taken}: exists and is not overwritten; choose another name")
    for path, content in files.items():
        with path.open("xb") as file:
            file.write(content)
