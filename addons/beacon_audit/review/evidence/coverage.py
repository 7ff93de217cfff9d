"""``coverage.json``: what a bundle covers, what it leaves out, and what is known to be missing. Pure.

Its fields are those of docs/trail-format.md ("Evidence bundle"). It is not signed; a verifier makes it again from the
entries and compares.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from beacon_audit.errors import UsageError
from beacon_audit.review.evidence.extent import Extent
from beacon_audit.review.evidence.snapshot import Snapshot
from beacon_audit.review.evidence.survey import Survey
from beacon_audit.review.evidence.tally import Tally
from beacon_audit.trail.verify import Verdict

VERSION = 1
LIMIT = 16 * 1024 * 1024
_DAMAGE_LISTED = 20


def coverage_document(
    snapshot: Snapshot,
    survey: Survey,
    extent: Extent,
    tally: Tally,
    *,
    selection: Mapping[str, str | None] | None,
    open_intents: Sequence[tuple[int, str, bool]],
    ends: Sequence[str],
    with_files: frozenset[str],
    verdict: Verdict,
) -> bytes:
    """The file. ``open_intents`` are as `OpenIntents.left` gives them, of the selected entries; ``ends`` the times of
    the first and the last entry of the log; ``with_files`` the digests of contracts whose files are in the bundle.

    Raises:
        UsageError: it is larger than a verifier reads.
    """
    in_flight = [_open(index, identity) for index, identity, current in open_intents if snapshot.live and current]
    lost = [_open(index, identity) for index, identity, current in open_intents if not (snapshot.live and current)]
    checkpoint = snapshot.checkpoint
    document = {
        "version": VERSION,
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": base64.b64encode(checkpoint.root).decode("ascii"),
        "time": {"first": ends[0], "last": ends[1]} if ends else None,
        "live": snapshot.live,
        "damage": _damage(verdict),
        "selection": selection,
        "entries": {"included": extent.included, "selected": extent.selected},
        "runs": survey.runs,
        "downtime": survey.downtime,
        "heartbeat_gaps": survey.heartbeat_gaps,
        "recovered": survey.recovered,
        "prunes": survey.prunes,
        "key_changes": survey.key_changes,
        "policies": survey.policies,
        "contracts": [
            {"contract": name, "digest": digest, "files": digest in with_files}
            for digest, name in sorted(survey.contracts.items())
        ],
        "counts": {"types": tally.types, "endpoints": tally.endpoints, "actions": tally.actions},
        "payloads": tally.payloads,
        "unknown_outcomes": sorted([*tally.unknown, *lost], key=lambda item: str(item["index"]).zfill(20)),
        "in_flight": in_flight,
    }
    data = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    if len(data) > LIMIT:
        raise UsageError(f"coverage.json: expected at most {LIMIT} bytes, came {len(data)}; select a shorter time")
    return data


def _open(index: int, identity: str) -> dict[str, object]:
    return {"id": identity, "index": index}


def _damage(verdict: Verdict) -> dict[str, object] | None:
    """What our own verifier found before the export, when it is not sound."""
    if verdict.verdict in ("ok", "unanchored"):
        return None
    listed = [problem.to_json() for problem in verdict.problems[:_DAMAGE_LISTED]]
    return {"verdict": verdict.verdict, "problems": listed, "problems_total": verdict.problems_total}


def selection_of(since: datetime | None, until: datetime | None) -> dict[str, str | None] | None:
    """The time asked for, in the form of entries; ``None`` when it is all."""
    if since is None and until is None:
        return None
    return {"since": _text(since), "until": _text(until)}


def _text(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment is not None else None
