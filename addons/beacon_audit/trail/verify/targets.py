"""The roots that the log must have beside those in ``checkpoints.log``: of ``checkpoint``, of the witnessed one, of
anchors. An anchor that cannot be one of this log's is reported at once."""

from collections.abc import Iterator, Sequence

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail.published import CHECKPOINT
from beacon_audit.trail.verify.anchor import signed_by_chain
from beacon_audit.trail.verify.layout import WITNESSED
from beacon_audit.trail.verify.problem import Problem, Problems
from beacon_audit.trail.verify.tree_check import Target
from beacon_audit.trail.verify.trust import Trusted


def find_targets(
    trusted: Trusted, anchors: Sequence[bytes], witnessed: bytes | None, problems: Problems
) -> list[Target]:
    """Those of the log that is ``trusted``."""
    targets = list(_anchor_targets(trusted, anchors, problems))
    if trusted.checkpoint is not None:
        message = "the entries have another root than the one that is signed"
        problem = Problem("root-mismatch", message, file=CHECKPOINT)
        targets.append(Target(trusted.checkpoint.size, trusted.checkpoint.root, problem))
    if witnessed is not None:
        targets += _witnessed_target(trusted, witnessed, problems)
    return targets


def _anchor_targets(trusted: Trusted, anchors: Sequence[bytes], problems: Problems) -> Iterator[Target]:
    newest = trusted.newest.size if trusted.newest is not None else 0
    for number, note in enumerate(anchors, 1):
        checkpoint = signed_by_chain(note, trusted.chain)
        if checkpoint is None:
            which = f"anchor {number} of {len(anchors)}"
            message = f"{which} is not signed by a key of this log; it belongs to another, or the key was replaced"
            problems.add("foreign-anchor", message)
        elif checkpoint.size > newest:
            message = f"an anchor has {checkpoint.size} entries, the log has {newest}: it was rolled back"
            problems.add("rolled-back", message, entry=newest)
        else:
            message = f"an anchor has another root at {checkpoint.size} entries: the log was forked or rewritten"
            problem = Problem("anchor-mismatch", message)
            yield Target(checkpoint.size, checkpoint.root, problem, anchor=True)


def _witnessed_target(trusted: Trusted, note: bytes, problems: Problems) -> Iterator[Target]:
    try:
        checkpoint = signed_by_chain(note, trusted.chain)
    except TrailCorrupt as error:
        problems.add("malformed-checkpoint", str(error), file=WITNESSED)
        return
    if checkpoint is None:
        problems.add("bad-signature", "expected a checkpoint signed by a key of this log", file=WITNESSED)
    elif trusted.newest is not None and checkpoint.size > trusted.newest.size:
        message = f"it has {checkpoint.size} entries, the newest checkpoint {trusted.newest.size}"
        problems.add("rolled-back", message, file=WITNESSED)
    else:
        problem = Problem("root-mismatch", "the entries have another root than this one", file=WITNESSED)
        yield Target(checkpoint.size, checkpoint.root, problem)
