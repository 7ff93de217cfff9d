"""``coverage.json``: what it says of a log, and that the standalone verifier believes no word of it."""

import copy
import json
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.evidence import Evidence, evidence_of
from harness.log_builder import START, Fields, intent, moment, outcome
from harness.specimen import DAY, KEY_CHANGE, PRUNE

#: What only the exporter knows.
CLAIMS = ("damage", "live")


def test_specimen_is_described(specimen_evidence: Evidence) -> None:
    coverage = specimen_evidence.coverage()
    assert coverage["size"] == 300
    assert coverage["time"] == {"first": moment(0), "last": moment(299)}
    assert coverage["selection"] is None
    assert coverage["entries"] == {"included": [[0, 299]], "selected": [[0, 299]]}
    assert [(run["start"]["index"], run["stop"]["index"], run["stop"]["clean"]) for run in coverage["runs"]] == [
        (0, 180, True),
        (181, 299, True),
    ]
    assert coverage["downtime"] == [
        {"after": 180, "before": 181, "clean": True, "from": moment(180), "to": moment(181)}
    ]
    assert coverage["prunes"] == [{"before": DAY, "files": 1, "index": PRUNE, "time": moment(PRUNE)}]
    assert [change["index"] for change in coverage["key_changes"]] == [KEY_CHANGE]
    assert coverage["payloads"] == {"missing": 0, "none": 172, "present": 2, "pruned": 1}
    assert (coverage["damage"], coverage["live"], coverage["unknown_outcomes"], coverage["in_flight"]) == (
        None, False, [], [],
    )  # fmt: skip


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _leaves(inner, (*path, key))
    if path:
        yield path


def test_no_word_of_it_can_be_another(evidence: Evidence) -> None:
    """Every value replaced, and every field left out."""
    members = evidence.members()
    document = json.loads(members["coverage.json"])
    for path in [path for path in _leaves(document) if path[0] not in CLAIMS]:
        for drop in (False, True)[: 3 - len(path)]:
            altered = copy.deepcopy(document)
            place = altered
            for key in path[:-1]:
                place = place[key]
            if drop:
                del place[path[-1]]
            else:
                place[path[-1]] = "other" if place[path[-1]] != "other" else "another"
            text = json.dumps(altered, sort_keys=True, separators=(",", ":"))
            judgement = evidence.judge({**members, "coverage.json": text.encode()})
            if path == ("selection",) and drop:
                continue  # the same as null
            assert judgement.status == 1, (path, drop)
            assert "coverage-mismatch" in judgement.codes, (path, drop)


def test_crash_is_described(tmp_path: Path) -> None:
    made = evidence_of(
        tmp_path / "home",
        _entry("open", 0),
        intent("a", 1),
        _entry("recovered", 500),
        outcome("a", 500, state="unknown"),
        _entry("open", 501),
        intent("b", 502),
    )
    coverage = made.coverage()
    assert coverage["runs"] == [
        {"start": {"index": 0, "time": moment(0)}, "stop": {"clean": False, "index": 1, "time": moment(1)}},
        {"start": {"index": 4, "time": moment(501)}, "stop": None},
    ]
    assert coverage["downtime"] == [{"after": 1, "before": 2, "clean": False, "from": moment(1), "to": moment(500)}]
    assert coverage["recovered"] == [{"index": 2, "time": moment(500)}]
    assert coverage["unknown_outcomes"] == [{"id": "a", "index": 3}, {"id": "b", "index": 5}]
    assert coverage["damage"]["verdict"] == "incomplete"
    assert made.judge().codes == {"damaged-at-export", "recovered", "unknown-outcome"}


def _entry(kind: str, seconds: float, **fields: object) -> Fields:
    return {"type": kind, "id": f"{kind}-{seconds}", "time": moment(seconds), **fields}


KINDS = st.sampled_from(["open", "close", "recovered", "heartbeat", "intent", "outcome", "unknown", "refusal"])


def _fields(kind: str, identity: str, seconds: float) -> Fields:
    if kind in ("intent", "refusal"):
        return intent(identity, seconds, type=kind, endpoint=None if identity == "a" else "license-verify")
    if kind in ("outcome", "unknown"):
        return outcome(identity, seconds, state="unknown" if kind == "unknown" else "sent")
    return _entry(kind, seconds)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(KINDS, st.sampled_from("abc"), st.sampled_from([0, 1, 100, 151, -200])), max_size=30),
    st.none() | st.tuples(st.integers(-300, 2000), st.integers(0, 1000)),
)
def test_both_implementations_tell_the_same_of_any_log(
    story: list[tuple[str, str, int]], span: tuple[int, int] | None
) -> None:
    """Whatever the entries say, also what no proxy writes: the verifier makes the same coverage of them again."""
    seconds, fields = 1000, []
    for kind, identity, step in story:
        seconds += step
        fields.append(_fields(kind, identity, seconds))
    since, until = (None, None) if span is None else (START + timedelta(seconds=s) for s in (span[0], sum(span)))
    with tempfile.TemporaryDirectory() as directory:
        made = evidence_of(Path(directory) / "home", *fields, since=since, until=until)
        judgement = made.judge()
    assert judgement.answer, judgement.stderr
    assert "coverage-mismatch" not in judgement.codes


@pytest.mark.parametrize("value", ["[]", "null", "{}", '{"version":2}', '{"entries":{},"version":1}', "[" * 100_000])
def test_coverage_that_is_none_is_found(evidence: Evidence, value: str) -> None:
    judgement = evidence.judge({**evidence.members(), "coverage.json": value.encode()})
    assert (judgement.status, judgement.codes) == (1, {"coverage-mismatch"})
